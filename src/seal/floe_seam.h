/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_FLOE_SEAM_H
#define SR_SEAL_FLOE_SEAM_H

#include "seal/floe.h"

/*
 * For known-answer tests only: the same as floe.h, with the randomness and the key rotation given
 * by the caller. Sealing two segments under one IV gives the key stream away.
 */

/* The rotation of real streams: a new segment key every 2^20 segments. */
#define SR_FLOE_ROTATION_BITS 20

struct sr_floe_fixed {
    uint32_t segment_bytes;
    unsigned rotation_bits;
    const uint8_t *iv; /* SR_FLOE_IV_BYTES */
};

/* errors  as sr_floe_create() */
enum sr_status sr_floe_create_fixed(const struct sr_secret *key, struct sr_bytes aad,
                                    const struct sr_floe_fixed *fixed, uint8_t *out_header,
                                    struct sr_floe **out, struct sr_err *err) SR_MUST_USE;

/* iv has 12 bytes. errors  as sr_floe_seal() */
enum sr_status sr_floe_seal_fixed(struct sr_floe *f, uint64_t index, bool is_final,
                                  struct sr_bytes plain, const uint8_t *iv, uint8_t *out,
                                  struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_FLOE_SEAM_H */
