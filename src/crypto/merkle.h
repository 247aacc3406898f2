/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_MERKLE_H
#define SR_CRYPTO_MERKLE_H

#include "crypto/hash.h"

/*
 * The Merkle tree of RFC 6962, section 2.1, with SHA-256: leaf = SHA-256(0x00 || data), node =
 * SHA-256(0x01 || left || right), split at the largest power of two below the number of leaves.
 * The root of no leaves is SHA-256 of nothing. One implementation for sealed bodies and the ledger.
 */

#define SR_MERKLE_LEAF_PREFIX 0x00

/* The hash of a leaf. errors  INTERNAL, NO_MEMORY */
enum sr_status sr_merkle_leaf(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/* The hashes of count leaves, side by side: sr_sha256_many(). errors  INTERNAL, NO_MEMORY */
enum sr_status sr_merkle_leaves(const struct sr_bytes *data, size_t count,
                                uint8_t (*out)[SR_SHA256_BYTES]) SR_MUST_USE;

/* The hash of the node over left and right; out may be either of them. errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_merkle_node(const uint8_t left[SR_SHA256_BYTES],
                              const uint8_t right[SR_SHA256_BYTES],
                              uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/* Leaves added in order, remembering at most one hash for each level. Plain value; start from {0}.
 */
struct sr_merkle {
    uint64_t leaves;
    uint8_t level[64][SR_SHA256_BYTES]; /* level[i] is live when bit i of leaves is set */
};

/* Add one leaf hash. errors  INTERNAL, NO_MEMORY */
enum sr_status sr_merkle_add(struct sr_merkle *m, const uint8_t leaf[SR_SHA256_BYTES]) SR_MUST_USE;

/* The root of all added so far; m goes on as it was. errors  INTERNAL, NO_MEMORY */
enum sr_status sr_merkle_root(const struct sr_merkle *m, uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

#endif /* SR_CRYPTO_MERKLE_H */
