/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_STAGING_H
#define SR_ARTIFACT_STAGING_H

#include "base/progress.h"
#include "crypto/hash.h"

/*
 * A file is copied before it is looked at, so that nothing changes under a parser, whoever can
 * write to the file: what is looked at, and what the SHA-256 is of, are the same bytes.
 *
 * The copy is in memory (a sealed memfd), or, when it is large, in an unlinked file in $TMPDIR that
 * is cloned where the file system can. It is hashed by a thread that follows the copying and may
 * still be at it when the copy is handed to an inspector. One thread uses a staging.
 */
struct sr_staging;

/*
 * Copy a file.
 *
 * fd            open for reading, at its begin; O_NONBLOCK, so that a pipe does not stop us
 * path          for messages
 * memory_bytes  the largest file that is copied into memory; 0: a quarter of what is free, at least
 *               256 MiB
 * progress      advance and cancelled; may be NULL
 * errors  UNSUPPORTED  not a regular file; err says what it is
 *         TOO_LARGE    over SR_LIMIT_FILE_BYTES
 *         CONFLICT     it changed meanwhile
 *         CANCELLED, NO_MEMORY, IO (also no space for the copy)
 */
enum sr_status sr_staging_new(int fd, const char *path, uint64_t memory_bytes,
                              const struct sr_progress *progress, struct sr_staging **out,
                              struct sr_err *err) SR_MUST_USE;
void sr_staging_free(struct sr_staging *s);
SR_DEFINE_AUTO(sr_staging)

/* The copy, which nobody can write to through this descriptor. Open as long as s. */
void sr_staging_fd(const struct sr_staging *s, int *out_fd);
uint64_t sr_staging_bytes(const struct sr_staging *s);
/* Of the copy; waits for it. errors  NO_MEMORY, IO, INTERNAL */
enum sr_status sr_staging_sha256(struct sr_staging *s, uint8_t out[SR_SHA256_BYTES],
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_STAGING_H */
