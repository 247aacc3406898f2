/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_KEYS_KEYFILE_H
#define SR_KEYS_KEYFILE_H

#include "base/buf.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "keys/wrapper.h"

/*
 * The key file as bytes: pure, no keys, no files. What its fields protect is in wrapper_file.c.
 *
 * source  docs/formats/key-file.md (MUSTs F-n)
 */

#define SR_KEYFILE_SALT_BYTES 32
#define SR_KEYFILE_MAC_BYTES 32
#define SR_KEYFILE_WRAPPED_BYTES 60 /* IV 12, key 32, tag 16 */
#define SR_KEYFILE_GENERATION_BYTES (SR_ID_BYTES + SR_KEYFILE_WRAPPED_BYTES)
#define SR_KEYFILE_FIXED_BYTES (16 + SR_KEYFILE_SALT_BYTES + 2 * SR_KEYFILE_MAC_BYTES + 32)
#define SR_KEYFILE_BYTES_MAX                                                                       \
    ((size_t)SR_KEYFILE_FIXED_BYTES + SR_WRAPPER_GENERATIONS_MAX * SR_KEYFILE_GENERATION_BYTES)

/* Limits on what a hostile file can make us compute: 1 MiB to 1 GiB, some ms to some 10 s. */
#define SR_KEYFILE_LOG2_N_MIN 10
#define SR_KEYFILE_LOG2_N_MAX 20
#define SR_KEYFILE_R 8
#define SR_KEYFILE_P_MAX 4

struct sr_keyfile_generation {
    struct sr_id id;
    uint8_t wrapped[SR_KEYFILE_WRAPPED_BYTES];
};

/* A plain value: everything in a key file but its magic, version and checksum. */
struct sr_keyfile {
    uint8_t log2_n;
    uint8_t r;
    uint8_t p;
    uint8_t salt[SR_KEYFILE_SALT_BYTES];
    uint8_t check[SR_KEYFILE_MAC_BYTES]; /* of the passphrase */
    size_t generation_count;             /* 1..SR_WRAPPER_GENERATIONS_MAX, oldest first */
    struct sr_keyfile_generation generations[SR_WRAPPER_GENERATIONS_MAX];
    uint8_t seal[SR_KEYFILE_MAC_BYTES]; /* of everything before it */
};

/*
 * image is hostile. What decodes also encodes to the same bytes.
 *
 * errors  CORRUPT      not a key file, or damaged; err says at which offset
 *         UNSUPPORTED  undamaged, but of another format version
 *         INTERNAL, NO_MEMORY
 */
enum sr_status sr_keyfile_decode(struct sr_bytes image, struct sr_keyfile *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Put the encoded file at the end of the empty buffer out, which can hold SR_KEYFILE_BYTES_MAX.
 *
 * errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_keyfile_encode(const struct sr_keyfile *file, struct sr_buf *out) SR_MUST_USE;

/* The part of an encoded file that its seal covers: everything before the seal. */
struct sr_bytes sr_keyfile_sealed(struct sr_bytes image);

#endif /* SR_KEYS_KEYFILE_H */
