/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_STEADY_H
#define SR_ARTIFACT_STEADY_H

#include "base/io.h"
#include "base/progress.h"
#include "crypto/hash.h"

/*
 * A large file that is read more than once, as if it were a copy: what is hashed and what is handed
 * out, however often, are the same bytes, whoever writes to the file meanwhile. Nothing is copied:
 * of each chunk a tag is kept, under a key that is drawn for this file and never leaves the
 * process, and a chunk that comes back otherwise is refused. (staging.h makes real copies, for
 * small files.)
 *
 * Two threads hash the file while it is looked at. Memory: 4 MiB, and 17 bytes for each MiB.
 */
struct sr_steady;

#define SR_STEADY_CHUNK_BYTES ((size_t)1 << 20)

/*
 * Start hashing.
 *
 * fd        open for reading; a copy of it is kept
 * path      for messages; must stay valid as long as what comes out
 * progress  advance is called from another thread; may be NULL
 * errors  UNSUPPORTED  not a regular file
 *         TOO_LARGE    over SR_LIMIT_FILE_BYTES
 *         NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_steady_new(int fd, const char *path, const struct sr_progress *progress,
                             struct sr_steady **out, struct sr_err *err) SR_MUST_USE;
void sr_steady_free(struct sr_steady *s);
SR_DEFINE_AUTO(sr_steady)

/*
 * To be read in whole chunks, from their begin (the last may be shorter); by one thread at a time.
 * Valid as long as s.
 *
 * errors  CONFLICT  the file changed since the chunk was read before, or is shorter
 *         IO, INTERNAL
 */
struct sr_source sr_steady_source(struct sr_steady *s);

/* Of the whole file; waits for it. errors  CONFLICT  it changed; CANCELLED, NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_steady_sha256(struct sr_steady *s, uint8_t out[SR_SHA256_BYTES],
                                struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_STEADY_H */
