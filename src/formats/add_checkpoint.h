/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_ADD_CHECKPOINT_H
#define SR_FORMATS_ADD_CHECKPOINT_H

#include "base/buf.h"

/*
 * What a log asks a witness: the size that the witness saw last, a proof that the tree has only
 * grown since, and the signed checkpoint to cosign. Pure; a witness answers in ledger/witness.h, a
 * log asks in ledger/cosign.h.
 * source  C2SP tlog-witness v1.0.0; docs/formats/witness.md (rules W-1 to W-5)
 */

/* A checkpoint with a hundred signatures, or with ten that are safe from quantum computers. */
#define SR_ADD_CHECKPOINT_BYTES_MAX ((size_t)256 << 10)
#define SR_ADD_CHECKPOINT_HASHES_MAX 63

struct sr_add_checkpoint {
    uint64_t old_size;
    size_t hashes;
    uint8_t hash[SR_ADD_CHECKPOINT_HASHES_MAX][32];
    struct sr_bytes checkpoint; /* a signed note, not looked into; a view of the input */
};

/*
 * Decode the body of a request. data is hostile and has to outlive *out.
 *
 * errors  MALFORMED  it breaks a rule; the message names the line
 *         TOO_LARGE  over one of the limits above
 *         NO_MEMORY
 */
enum sr_status sr_add_checkpoint_decode(struct sr_bytes data, struct sr_add_checkpoint *out,
                                        struct sr_err *err) SR_MUST_USE;

/* Append the body. errors  MALFORMED (no checkpoint), TOO_LARGE, NO_MEMORY */
enum sr_status sr_add_checkpoint_encode(const struct sr_add_checkpoint *request,
                                        struct sr_buf *out) SR_MUST_USE;

/*
 * Decode the body of the answer 409: the size that the witness has. data is hostile.
 * errors  MALFORMED  not one decimal number and a newline (W-5)
 */
enum sr_status sr_add_checkpoint_decode_size(struct sr_bytes data, uint64_t *out) SR_MUST_USE;

#endif /* SR_FORMATS_ADD_CHECKPOINT_H */
