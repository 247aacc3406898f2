/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_RECOVER_H
#define SR_CUSTODY_RECOVER_H

#include "custody/room.h"

/*
 * Clearing up after processes that ended in the middle of a deposit. Called by every operation that
 * writes (deposit, export, use, rotate, scrub of the whole room), never by questions. A deposit
 * that a live process holds is left alone.
 */

struct sr_recover_result {
    uint64_t finished; /* all bodies were sealed and inspected: the act was recorded, the version is
                          in custody */
    uint64_t removed;  /* not all were: its bodies and its reservation are gone */
    uint64_t orphans;  /* blobs that belonged to no version, removed */
};

/* errors  BUSY, CORRUPT, IO, NO_MEMORY */
enum sr_status sr_recover(struct sr_room *r, struct sr_recover_result *out,
                          struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_RECOVER_H */
