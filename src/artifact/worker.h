/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_WORKER_H
#define SR_ARTIFACT_WORKER_H

#include <stdnoreturn.h>

#include "artifact/finding.h"

/*
 * The inside of the isolated worker: a process without rights (base/sandbox.h) that looks at the
 * files of one artifact and tells what it finds. inspector.h is the outside.
 *
 * The bytes of a file come in one of two ways. As a descriptor, which is mapped; or, when nobody
 * may have them on a disk, in chunks: a range of address space without memory behind it, in which a
 * read faults, and the fault's handler asks the parent for the chunk. Parsers see no difference.
 *
 * source  docs/design/0011-inspection-isolation.md
 */

struct sr_inspection;

/* sr_inspection_file(), or what a test does in its place. */
struct sr_worker_look {
    void (*file)(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                 struct sr_inspected *out);
};

/* What may be in memory at once of a file that is fetched. */
#define SR_WORKER_CHUNKS_MAX 32

/*
 * Be the worker on a SOCK_SEQPACKET socket, in a fresh child of parent with one thread, until the
 * socket is closed.
 *
 * cpu_s  processor time for the start and the first file; the parent adds to it
 */
noreturn void sr_worker_run(int socket, int parent, enum sr_profile profile, unsigned cpu_s,
                            const struct sr_worker_look *look);

#endif /* SR_ARTIFACT_WORKER_H */
