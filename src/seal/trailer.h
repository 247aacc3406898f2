/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_TRAILER_H
#define SR_SEAL_TRAILER_H

#include "base/buf.h"
#include "seal/body.h"
#include "seal/layout.h"

/*
 * The encrypted end of a sealed body: what the file is, how long, its digests, where its tensors
 * lie. A FLOE stream of its own under the file's key. source docs/formats/sealed-body.md
 */

#define SR_TRAILER_FIXED_BYTES 108 /* all that is in front of the tensor index */

/* What is in a trailer besides the tensors. */
struct sr_trailer {
    enum sr_file_kind kind;
    uint64_t plain_bytes;
    uint8_t sha256[SR_SHA256_BYTES];       /* of the plaintext */
    uint8_t root[SR_SHA256_BYTES];         /* over its segments */
    uint8_t table_digest[SR_SHA256_BYTES]; /* SHA-256 of the leaf table's rows but the last */
};

/* Encode; tensor_index is what sr_tensors_encode() made. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_trailer_encode(const struct sr_trailer *t, struct sr_bytes tensor_index,
                                 struct sr_buf *out) SR_MUST_USE;

/*
 * Decode plain, which was authenticated but is read as if hostile.
 *
 * errors  CORRUPT      not a trailer; err says at which offset in it
 *         UNSUPPORTED  another version or file kind than we know
 *         NO_MEMORY
 */
enum sr_status sr_trailer_decode(struct sr_bytes plain, struct sr_trailer *out,
                                 struct sr_tensors **out_tensors, struct sr_err *err) SR_MUST_USE;

/*
 * Seal plain under key and aad (bind.h) to out, which has l->trailer_bytes.
 *
 * errors  NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_trailer_seal(const struct sr_secret *key, struct sr_bytes aad,
                               const struct sr_layout *l, struct sr_bytes plain, uint8_t *out,
                               struct sr_err *err) SR_MUST_USE;

/*
 * Open sealed (hostile; l->trailer_bytes) to out, which has sr_layout_trailer_plain_bytes().
 *
 * errors  CORRUPT, NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_trailer_unseal(const struct sr_secret *key, struct sr_bytes aad,
                                 const struct sr_layout *l, const uint8_t *sealed, uint8_t *out,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_TRAILER_H */
