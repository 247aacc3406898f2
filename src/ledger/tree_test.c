/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: for every size up to 70 and every leaf and older size in it, the proof that is
 * made verifies, and nothing else does: another leaf, place, size, root, or a changed, missing or
 * additional hash. The root is that of crypto/merkle.h.
 */
#include "ledger/tree.h"

#include <string.h>

#include "tests/check.h"

enum { LEAVES = 70 };

static struct sr_tree *tree;
static uint8_t leaf[LEAVES][SR_SHA256_BYTES];
static uint8_t root[LEAVES + 1][SR_SHA256_BYTES];

static void plant(void)
{
    struct sr_merkle other = {0};
    CHECK(sr_tree_new(&tree) == SR_OK);
    for (uint8_t i = 0; i <= LEAVES; i++) {
        uint8_t expected[SR_SHA256_BYTES];
        struct sr_tree_nodes nodes = sr_tree_nodes(tree);
        CHECK(sr_tree_root(&nodes, i, root[i], NULL) == SR_OK);
        CHECK(sr_merkle_root(&other, expected) == SR_OK);
        CHECK(memcmp(root[i], expected, sizeof expected) == 0);
        if (i < LEAVES) {
            CHECK(sr_merkle_leaf(sr_bytes(&i, 1), leaf[i]) == SR_OK);
            CHECK(sr_merkle_add(&other, leaf[i]) == SR_OK);
            CHECK(sr_tree_append(tree, leaf[i]) == SR_OK);
        }
    }
    CHECK(sr_tree_size(tree) == LEAVES);
}

static bool includes(uint64_t index, uint64_t size, const struct sr_tree_proof *p)
{
    return sr_tree_verify_inclusion(leaf[index], index, size, p, root[size], NULL) == SR_OK;
}

static bool extends(uint64_t old, uint64_t size, const struct sr_tree_proof *p)
{
    return sr_tree_verify_consistency(old, root[old], size, root[size], p, NULL) == SR_OK;
}

static void every_leaf_is_proved(void)
{
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    for (uint64_t size = 1; size <= LEAVES; size++) {
        for (uint64_t i = 0; i < size; i++) {
            struct sr_tree_proof p;
            CHECK(sr_tree_prove_inclusion(&nodes, i, size, &p, NULL) == SR_OK);
            CHECK(includes(i, size, &p));
            CHECK(size == 1 || sr_tree_verify_inclusion(leaf[(i + 1) % size], i, size, &p,
                                                        root[size], NULL) == SR_UNTRUSTED);
            CHECK(size == 1 || !includes((i + 1) % size, size, &p));
            CHECK(sr_tree_verify_inclusion(leaf[i], i, size, &p, root[size - 1], NULL) ==
                  SR_UNTRUSTED);
            CHECK(sr_tree_verify_inclusion(leaf[i], size, size, &p, root[size], NULL) ==
                  SR_UNTRUSTED);
            p.hashes++;
            CHECK(!includes(i, size, &p));
            p.hashes -= 2;
            CHECK(size == 1 || !includes(i, size, &p));
        }
    }
}

static void every_older_tree_is_proved(void)
{
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    for (uint64_t size = 0; size <= LEAVES; size++) {
        for (uint64_t old = 0; old <= size; old++) {
            struct sr_tree_proof p;
            CHECK(sr_tree_prove_consistency(&nodes, old, size, &p, NULL) == SR_OK);
            CHECK((p.hashes == 0) == (old == 0 || old == size));
            CHECK(extends(old, size, &p));
            CHECK(old == size || old < 2 || !extends(old - 1, size, &p));
            CHECK(sr_tree_verify_consistency(old, root[(old + 1) % LEAVES], size, root[size], &p,
                                             NULL) == SR_UNTRUSTED);
            CHECK(old == 0 ||
                  sr_tree_verify_consistency(old, root[old], size, root[(size + 1) % LEAVES], &p,
                                             NULL) == SR_UNTRUSTED);
            p.hashes++;
            CHECK(!extends(old, size, &p));
            p.hashes -= 2;
            CHECK(old == 0 || old == size || !extends(old, size, &p));
        }
    }
}

static void changed_bits_are_found(void)
{
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    struct sr_tree_proof p;
    struct sr_tree_proof q;
    CHECK(sr_tree_prove_inclusion(&nodes, 42, LEAVES, &p, NULL) == SR_OK);
    CHECK(sr_tree_prove_consistency(&nodes, 43, LEAVES, &q, NULL) == SR_OK);
    for (size_t bit = 0; bit < 256 * p.hashes; bit++) {
        p.hash[bit / 256][bit % 256 / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(!includes(42, LEAVES, &p));
        p.hash[bit / 256][bit % 256 / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 256 * q.hashes; bit++) {
        q.hash[bit / 256][bit % 256 / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(!extends(43, LEAVES, &q));
        q.hash[bit / 256][bit % 256 / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void what_is_not_there_is_not_proved(void)
{
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    struct sr_tree_proof p = {0};
    uint8_t hash[SR_SHA256_BYTES];
    CHECK(sr_tree_prove_inclusion(&nodes, LEAVES, LEAVES, &p, NULL) == SR_NOT_FOUND);
    CHECK(sr_tree_prove_consistency(&nodes, 2, 1, &p, NULL) == SR_NOT_FOUND);
    CHECK(sr_tree_root(&nodes, LEAVES + 1, hash, NULL) == SR_NOT_FOUND);
    CHECK(sr_tree_verify_consistency(2, root[2], 1, root[1], &p, NULL) == SR_UNTRUSTED);
    CHECK(sr_tree_verify_consistency(3, root[3], 5, root[5], &p, NULL) == SR_UNTRUSTED);
    /* Sizes at the end of the range neither overflow nor loop. */
    p.hashes = SR_TREE_PROOF_HASHES_MAX;
    CHECK(sr_tree_verify_inclusion(leaf[0], UINT64_MAX - 1, UINT64_MAX, &p, root[1], NULL) ==
          SR_UNTRUSTED);
    CHECK(sr_tree_verify_consistency(UINT64_MAX - 1, root[1], UINT64_MAX, root[1], &p, NULL) ==
          SR_UNTRUSTED);
    CHECK(sr_tree_verify_consistency((uint64_t)1 << 63, root[1], UINT64_MAX, root[1], &p, NULL) ==
          SR_UNTRUSTED);
    p.hashes++;
    CHECK(sr_tree_verify_inclusion(leaf[0], 0, 1, &p, root[1], NULL) == SR_UNTRUSTED);
}

int main(void)
{
    RUN(plant);
    RUN(every_leaf_is_proved);
    RUN(every_older_tree_is_proved);
    RUN(changed_bits_are_found);
    RUN(what_is_not_there_is_not_proved);
    sr_tree_free(tree);
    return check_done();
}
