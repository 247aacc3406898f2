/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_TREE_H
#define SR_LEDGER_TREE_H

#include "crypto/merkle.h"

/*
 * Proofs in the tree of RFC 6962 (crypto/merkle.h): that a leaf is in it, and that an older tree is
 * its beginning. Made from the roots of perfect subtrees, wherever they are kept; verified from
 * nothing but the proof. No input or output.
 * source  RFC 9162, sections 2.1.3 and 2.1.4
 */

#define SR_TREE_PROOF_HASHES_MAX 64

struct sr_tree_proof {
    size_t hashes;
    uint8_t hash[SR_TREE_PROOF_HASHES_MAX][SR_SHA256_BYTES]; /* from the leaves to the root */
};

/*
 * Where nodes come from: out is the root of the 2^level leaves from index * 2^level. Asked only for
 * nodes all of whose leaves are below the size that a proof is for.
 */
struct sr_tree_nodes {
    enum sr_status (*node)(void *ctx, unsigned level, uint64_t index, uint8_t out[SR_SHA256_BYTES],
                           struct sr_err *err);
    void *ctx;
};

/* The root of the first size leaves. errors  those of nodes, INTERNAL, NO_MEMORY */
enum sr_status sr_tree_root(const struct sr_tree_nodes *nodes, uint64_t size,
                            uint8_t out[SR_SHA256_BYTES], struct sr_err *err) SR_MUST_USE;

/*
 * The path from leaf index to the root of the first size leaves.
 * errors  NOT_FOUND  index is not below size; those of nodes, INTERNAL, NO_MEMORY
 */
enum sr_status sr_tree_prove_inclusion(const struct sr_tree_nodes *nodes, uint64_t index,
                                       uint64_t size, struct sr_tree_proof *out,
                                       struct sr_err *err) SR_MUST_USE;

/*
 * That the first old_size leaves of the first size leaves are what they were. Empty when old_size
 * is 0 or size. errors  NOT_FOUND  old_size is over size; those of nodes, INTERNAL, NO_MEMORY
 */
enum sr_status sr_tree_prove_consistency(const struct sr_tree_nodes *nodes, uint64_t old_size,
                                         uint64_t size, struct sr_tree_proof *out,
                                         struct sr_err *err) SR_MUST_USE;

/*
 * Whether proof shows that leaf (its hash) is number index of the tree of size leaves under root.
 * All are hostile but root. errors  UNTRUSTED  it does not; INTERNAL, NO_MEMORY
 */
enum sr_status sr_tree_verify_inclusion(const uint8_t leaf[SR_SHA256_BYTES], uint64_t index,
                                        uint64_t size, const struct sr_tree_proof *proof,
                                        const uint8_t root[SR_SHA256_BYTES],
                                        struct sr_err *err) SR_MUST_USE;

/*
 * Whether proof shows that the tree of old_size leaves under old_root is the beginning of that of
 * size leaves under root. An old_size of 0 goes with the root of no leaves and an empty proof.
 * All are hostile. errors  UNTRUSTED  it does not; INTERNAL, NO_MEMORY
 */
enum sr_status sr_tree_verify_consistency(uint64_t old_size,
                                          const uint8_t old_root[SR_SHA256_BYTES], uint64_t size,
                                          const uint8_t root[SR_SHA256_BYTES],
                                          const struct sr_tree_proof *proof,
                                          struct sr_err *err) SR_MUST_USE;

/* A whole tree in memory, 64 bytes a leaf: for replay and for tests. One thread at a time. */
struct sr_tree;

/* errors  NO_MEMORY */
enum sr_status sr_tree_new(struct sr_tree **out) SR_MUST_USE;
void sr_tree_free(struct sr_tree *tree);
SR_DEFINE_AUTO(sr_tree)
/* errors  TOO_LARGE (2^32 leaves), NO_MEMORY, INTERNAL; the tree is good for nothing afterwards */
enum sr_status sr_tree_append(struct sr_tree *tree,
                              const uint8_t leaf[SR_SHA256_BYTES]) SR_MUST_USE;
uint64_t sr_tree_size(const struct sr_tree *tree);
/* Its nodes, as long as it lives. */
struct sr_tree_nodes sr_tree_nodes(struct sr_tree *tree);

#endif /* SR_LEDGER_TREE_H */
