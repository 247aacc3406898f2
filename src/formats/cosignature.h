/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_COSIGNATURE_H
#define SR_FORMATS_COSIGNATURE_H

#include "base/buf.h"

/*
 * A witness's signature in a note, cosignature/v1: the time at which the checkpoint was the largest
 * that the witness knew, and an Ed25519 signature of time and text. Pure.
 *
 * The signed message does not name the witness, so one key must not serve two of them.
 * source  C2SP tlog-cosignature v1.0.1; docs/formats/checkpoint.md (rules C-6 to C-8)
 */

#define SR_COSIGNATURE_BYTES 72
#define SR_COSIGNATURE_ED25519_BYTES 64

struct sr_cosignature {
    uint64_t utc_s; /* seconds since 1970, UTC */
    uint8_t signature[SR_COSIGNATURE_ED25519_BYTES];
};

/* Decode what follows a key's ID in a note. data is hostile. errors  MALFORMED  its length (C-6) */
enum sr_status sr_cosignature_decode(struct sr_bytes data, struct sr_cosignature *out,
                                     struct sr_err *err) SR_MUST_USE;
void sr_cosignature_encode(const struct sr_cosignature *c, uint8_t out[SR_COSIGNATURE_BYTES]);

/* Append the message that is signed. text is the note's. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_cosignature_message(uint64_t utc_s, struct sr_bytes text,
                                      struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_COSIGNATURE_H */
