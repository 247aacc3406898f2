/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { TREE_LEVELS = 33 };

/* The largest power of two below n, n > 1. */
static uint64_t split(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/*
 * The root of leaves lo..hi-1, hi > lo, where lo is a multiple of a power of two that is at least
 * hi - lo: the perfect subtrees in it, joined from the smallest, rightmost, upwards.
 */
static enum sr_status range_root(const struct sr_tree_nodes *nodes, uint64_t lo, uint64_t hi,
                                 uint8_t out[SR_SHA256_BYTES], struct sr_err *err)
{
    uint8_t hash[SR_SHA256_BYTES] = {0};
    uint8_t left[SR_SHA256_BYTES];
    uint64_t end = hi;
    while (end > lo) {
        unsigned level = (unsigned)__builtin_ctzll(end - lo);
        end -= (uint64_t)1 << level;
        SR_TRY(nodes->node(nodes->ctx, level, end >> level, left, err));
        if (end + ((uint64_t)1 << level) == hi) {
            memcpy(hash, left, sizeof hash);
        } else {
            SR_TRY(sr_merkle_node(left, hash, hash));
        }
    }
    memcpy(out, hash, sizeof hash);
    return SR_OK;
}

enum sr_status sr_tree_root(const struct sr_tree_nodes *nodes, uint64_t size,
                            uint8_t out[SR_SHA256_BYTES], struct sr_err *err)
{
    if (size == 0) {
        return sr_sha256_once(sr_bytes(NULL, 0), out);
    }
    return range_root(nodes, 0, size, out, err);
}

/* Proofs are found from the root down and told from the leaves up. */
static void reverse(struct sr_tree_proof *proof)
{
    for (size_t i = 0; i < proof->hashes / 2; i++) {
        uint8_t hash[SR_SHA256_BYTES];
        size_t other = proof->hashes - 1 - i;
        memcpy(hash, proof->hash[i], sizeof hash);
        memcpy(proof->hash[i], proof->hash[other], sizeof hash);
        memcpy(proof->hash[other], hash, sizeof hash);
    }
}

static enum sr_status add_range(const struct sr_tree_nodes *nodes, uint64_t lo, uint64_t hi,
                                struct sr_tree_proof *proof, struct sr_err *err)
{
    assert(proof->hashes < SR_TREE_PROOF_HASHES_MAX);
    SR_TRY(range_root(nodes, lo, hi, proof->hash[proof->hashes], err));
    proof->hashes++;
    return SR_OK;
}

enum sr_status sr_tree_prove_inclusion(const struct sr_tree_nodes *nodes, uint64_t index,
                                       uint64_t size, struct sr_tree_proof *out, struct sr_err *err)
{
    struct sr_tree_proof proof = {0};
    uint64_t lo = 0;
    uint64_t hi = size;
    if (index >= size) {
        return sr_fail(err, SR_NOT_FOUND, "the tree has no such leaf");
    }
    while (hi - lo > 1) {
        uint64_t middle = lo + split(hi - lo);
        if (index < middle) {
            SR_TRY(add_range(nodes, middle, hi, &proof, err));
            hi = middle;
        } else {
            SR_TRY(add_range(nodes, lo, middle, &proof, err));
            lo = middle;
        }
    }
    reverse(&proof);
    *out = proof;
    return SR_OK;
}

enum sr_status sr_tree_prove_consistency(const struct sr_tree_nodes *nodes, uint64_t old_size,
                                         uint64_t size, struct sr_tree_proof *out,
                                         struct sr_err *err)
{
    struct sr_tree_proof proof = {0};
    uint64_t lo = 0;
    uint64_t hi = size;
    if (old_size > size) {
        return sr_fail(err, SR_NOT_FOUND, "the tree never had so many leaves");
    }
    /* The old tree ends within lo..hi; what is left of lo is the same in both. */
    while (old_size > 0 && old_size != hi) {
        uint64_t middle = lo + split(hi - lo);
        if (old_size <= middle) {
            SR_TRY(add_range(nodes, middle, hi, &proof, err));
            hi = middle;
        } else {
            SR_TRY(add_range(nodes, lo, middle, &proof, err));
            lo = middle;
        }
    }
    /* The verifier has the old root, which is this node when nothing is left of it. */
    if (lo > 0) {
        SR_TRY(add_range(nodes, lo, hi, &proof, err));
    }
    reverse(&proof);
    *out = proof;
    return SR_OK;
}

static enum sr_status refuse(struct sr_err *err, const char *what)
{
    return sr_fail(err, SR_UNTRUSTED, "%s", what);
}

/* Where a proof is: numbers of the node and of the last node of its level. */
struct place {
    uint64_t node;
    uint64_t last;
};

static void go_up(struct place *p)
{
    p->node >>= 1;
    p->last >>= 1;
}

/* Whether the next hash is a left sibling; if so, go to the level where that sibling is. */
static bool is_right(struct place *p)
{
    if ((p->node & 1) == 0 && p->node != p->last) {
        return false;
    }
    while ((p->node & 1) == 0 && p->node != 0) {
        go_up(p);
    }
    return true;
}

enum sr_status sr_tree_verify_inclusion(const uint8_t leaf[SR_SHA256_BYTES], uint64_t index,
                                        uint64_t size, const struct sr_tree_proof *proof,
                                        const uint8_t root[SR_SHA256_BYTES], struct sr_err *err)
{
    uint8_t hash[SR_SHA256_BYTES];
    if (index >= size || proof->hashes > SR_TREE_PROOF_HASHES_MAX) {
        return refuse(err, "the leaf is not one of the tree's");
    }
    struct place p = {.node = index, .last = size - 1};
    memcpy(hash, leaf, sizeof hash);
    for (size_t i = 0; i < proof->hashes; i++) {
        if (p.last == 0) {
            return refuse(err, "the proof goes on above the root");
        }
        const uint8_t *sibling = proof->hash[i];
        bool is_left_sibling = is_right(&p);
        SR_TRY(sr_merkle_node(is_left_sibling ? sibling : hash, is_left_sibling ? hash : sibling,
                              hash));
        go_up(&p);
    }
    if (p.last != 0 || memcmp(hash, root, sizeof hash) != 0) {
        return refuse(err, "the proof does not lead to the root");
    }
    return SR_OK;
}

/* Sizes for which there is nothing to prove. */
static enum sr_status verify_without_proof(uint64_t old_size,
                                           const uint8_t old_root[SR_SHA256_BYTES], uint64_t size,
                                           const uint8_t root[SR_SHA256_BYTES],
                                           const struct sr_tree_proof *proof, struct sr_err *err)
{
    uint8_t nothing[SR_SHA256_BYTES];
    SR_TRY(sr_sha256_once(sr_bytes(NULL, 0), nothing));
    if (proof->hashes != 0) {
        return refuse(err, "a proof where there is nothing to prove");
    }
    if (old_size == size && memcmp(old_root, root, SR_SHA256_BYTES) != 0) {
        return refuse(err, "two roots of trees of one size: the log is forked");
    }
    if (old_size == 0 && memcmp(old_root, nothing, sizeof nothing) != 0) {
        return refuse(err, "the tree of no leaves has another root");
    }
    return SR_OK;
}

/* What a consistency proof makes of the old tree and of the new one. */
struct roots {
    uint8_t old[SR_SHA256_BYTES];
    uint8_t now[SR_SHA256_BYTES];
};

static enum sr_status climb(const struct sr_tree_proof *proof, size_t first, struct place *p,
                            struct roots *made, struct sr_err *err)
{
    for (size_t i = first; i < proof->hashes; i++) {
        if (p->last == 0) {
            return refuse(err, "the proof goes on above the root");
        }
        if (is_right(p)) {
            SR_TRY(sr_merkle_node(proof->hash[i], made->old, made->old));
            SR_TRY(sr_merkle_node(proof->hash[i], made->now, made->now));
        } else {
            SR_TRY(sr_merkle_node(made->now, proof->hash[i], made->now));
        }
        go_up(p);
    }
    return p->last == 0 ? SR_OK : refuse(err, "the proof does not lead to the root");
}

enum sr_status sr_tree_verify_consistency(uint64_t old_size,
                                          const uint8_t old_root[SR_SHA256_BYTES], uint64_t size,
                                          const uint8_t root[SR_SHA256_BYTES],
                                          const struct sr_tree_proof *proof, struct sr_err *err)
{
    if (old_size > size || proof->hashes > SR_TREE_PROOF_HASHES_MAX) {
        return refuse(err, "the old tree is larger than the new one");
    }
    if (old_size == size || old_size == 0) {
        return verify_without_proof(old_size, old_root, size, root, proof, err);
    }
    struct place p = {.node = old_size - 1, .last = size - 1};
    while ((p.node & 1) != 0) {
        go_up(&p);
    }
    /* The old tree is a perfect subtree of the new one: the proof leaves its root out. */
    bool is_perfect = (old_size & (old_size - 1)) == 0;
    if (!is_perfect && proof->hashes == 0) {
        return refuse(err, "the proof is empty");
    }
    struct roots made;
    memcpy(made.old, is_perfect ? old_root : proof->hash[0], sizeof made.old);
    memcpy(made.now, made.old, sizeof made.now);
    SR_TRY(climb(proof, is_perfect ? 0 : 1, &p, &made, err));
    if (memcmp(made.old, old_root, sizeof made.old) != 0 ||
        memcmp(made.now, root, sizeof made.now) != 0) {
        return refuse(err, "the proof does not lead to both roots");
    }
    return SR_OK;
}

struct sr_tree {
    uint64_t size;
    struct sr_buf *level[TREE_LEVELS]; /* the hashes of its nodes, side by side */
};

enum sr_status sr_tree_new(struct sr_tree **out)
{
    SR_AUTO(sr_tree) tree = calloc(1, sizeof *tree);
    if (tree == NULL) {
        return SR_NO_MEMORY;
    }
    for (size_t i = 0; i < TREE_LEVELS; i++) {
        SR_TRY(sr_buf_new(SIZE_MAX / 2, &tree->level[i]));
    }
    *out = SR_TAKE(tree);
    return SR_OK;
}

void sr_tree_free(struct sr_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    for (size_t i = 0; i < TREE_LEVELS; i++) {
        sr_buf_free(tree->level[i]);
    }
    free(tree);
}

uint64_t sr_tree_size(const struct sr_tree *tree)
{
    return tree->size;
}

static const uint8_t *node_at(const struct sr_tree *tree, unsigned level, uint64_t index)
{
    return sr_buf_view(tree->level[level]).ptr + index * SR_SHA256_BYTES;
}

enum sr_status sr_tree_append(struct sr_tree *tree, const uint8_t leaf[SR_SHA256_BYTES])
{
    uint8_t hash[SR_SHA256_BYTES];
    uint64_t index = tree->size;
    if (index >> (TREE_LEVELS - 1) != 0) {
        return SR_TOO_LARGE;
    }
    memcpy(hash, leaf, sizeof hash);
    SR_TRY(sr_buf_append(tree->level[0], sr_bytes(hash, sizeof hash)));
    for (unsigned level = 0; (index & 1) != 0; level++, index >>= 1) {
        SR_TRY(sr_merkle_node(node_at(tree, level, index - 1), hash, hash));
        SR_TRY(sr_buf_append(tree->level[level + 1], sr_bytes(hash, sizeof hash)));
    }
    tree->size++;
    return SR_OK;
}

static enum sr_status tree_node(void *ctx, unsigned level, uint64_t index,
                                uint8_t out[SR_SHA256_BYTES], struct sr_err *err)
{
    const struct sr_tree *tree = ctx;
    if (level >= TREE_LEVELS || index >= tree->size >> level) {
        return sr_fail(err, SR_NOT_FOUND, "the tree has no such node");
    }
    memcpy(out, node_at(tree, level, index), SR_SHA256_BYTES);
    return SR_OK;
}

struct sr_tree_nodes sr_tree_nodes(struct sr_tree *tree)
{
    return (struct sr_tree_nodes){.node = tree_node, .ctx = tree};
}
