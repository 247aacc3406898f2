/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_VERIFY_H
#define SR_CUSTODY_VERIFY_H

#include "base/progress.h"
#include "custody/room.h"

/*
 * Proving that a version is what was deposited: every body is opened, all its segments, its
 * SHA-256 and its tree are checked, and the manifest digest is computed again from the files'.
 */

struct sr_verify_params {
    struct sr_id version;
    /* Told of each damaged or missing file. err is valid during the call. May be NULL. */
    void (*bad)(void *ctx, const struct sr_catalog_file *file, const struct sr_err *err);
    void *bad_ctx;
    struct sr_progress progress;
};

struct sr_verify_result {
    uint64_t files; /* looked at */
    uint64_t bad;
    uint64_t plain_bytes; /* of the good ones */
    bool is_signed;       /* by this room, and rightly; false: not at all */
};

/*
 * Look at every file, also after a bad one. *out is set on CORRUPT too.
 *
 * errors  CORRUPT          a file is damaged or missing; the digest differs; a document is not what
 *                          its act says; or the room's signature is wrong; err has the first
 *         UNAUTHENTICATED  the room is locked
 *         NOT_FOUND        no such version
 *         CONFLICT         it is not sealed; or the keys were rotated
 *         CANCELLED, BUSY, IO, NO_MEMORY
 */
enum sr_status sr_verify(struct sr_room *r, const struct sr_verify_params *params,
                         struct sr_verify_result *out, struct sr_err *err) SR_MUST_USE;

/*
 * The manifest digest of a version: SHA-256 over the SHA-256 digests of its files one after the
 * other, in the byte order of their paths.
 * source  OpenSSF Model Signing 1.0, the subject's digest. errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_verify_digest(const struct sr_catalog_file *files, size_t count,
                                uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

#endif /* SR_CUSTODY_VERIFY_H */
