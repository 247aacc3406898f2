/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree built leaf by leaf has the root that the recursive definition of RFC 6962 gives, after
 * every leaf, and that of published vectors.
 */
#include "crypto/merkle.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"

enum { LEAVES_MAX = 130 };

static bool is_hex(const uint8_t digest[SR_SHA256_BYTES], const char *expected)
{
    char text[2 * SR_SHA256_BYTES + 1];
    sr_text_hex(sr_bytes(digest, SR_SHA256_BYTES), text);
    return strcmp(text, expected) == 0;
}

/* MTH(D[n]) as section 2.1 words it, over leaf data of one byte, its index, each. */
static void slow_root(size_t first, size_t n, uint8_t out[SR_SHA256_BYTES])
{
    uint8_t text[1 + 2 * SR_SHA256_BYTES] = {0};
    if (n == 0) {
        CHECK(sr_sha256_once(sr_bytes(NULL, 0), out) == SR_OK);
        return;
    }
    if (n == 1) {
        text[1] = (uint8_t)first;
        CHECK(sr_sha256_once(sr_bytes(text, 2), out) == SR_OK);
        return;
    }
    size_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    text[0] = 1;
    slow_root(first, k, text + 1);
    slow_root(first + k, n - k, text + 1 + SR_SHA256_BYTES);
    CHECK(sr_sha256_once(sr_bytes(text, sizeof text), out) == SR_OK);
}

static void agrees_with_the_definition(void)
{
    struct sr_merkle m = {0};
    for (size_t n = 0; n <= LEAVES_MAX; n++) {
        uint8_t expected[SR_SHA256_BYTES];
        uint8_t root[SR_SHA256_BYTES];
        uint8_t again[SR_SHA256_BYTES];
        slow_root(0, n, expected);
        CHECK(sr_merkle_root(&m, root) == SR_OK);
        CHECK(sr_merkle_root(&m, again) == SR_OK);
        CHECK(memcmp(root, expected, sizeof root) == 0);
        CHECK(memcmp(root, again, sizeof root) == 0);
        CHECK(m.leaves == n);

        uint8_t leaf[SR_SHA256_BYTES];
        CHECK(sr_merkle_leaf(sr_bytes(&(uint8_t){(uint8_t)n}, 1), leaf) == SR_OK);
        CHECK(sr_merkle_add(&m, leaf) == SR_OK);
    }
}

/* The eight leaves and roots that the test suites of Certificate Transparency logs share. */
static void gives_the_published_roots(void)
{
    static const uint8_t text[] = {
        0x00, 0x10, 0x20, 0x21, 0x30, 0x31, 0x40, 0x41, 0x42, 0x43, 0x50, 0x51,
        0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65,
        0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
    };
    static const size_t lengths[8] = {0, 1, 1, 2, 2, 4, 8, 16};
    static const char *const roots[8] = {
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    struct sr_merkle m = {0};
    size_t at = 0;
    for (size_t i = 0; i < 8; i++) {
        uint8_t hash[SR_SHA256_BYTES];
        CHECK(sr_merkle_leaf(sr_bytes(text + at, lengths[i]), hash) == SR_OK);
        CHECK(sr_merkle_add(&m, hash) == SR_OK);
        at += lengths[i];
        CHECK(sr_merkle_root(&m, hash) == SR_OK);
        CHECK(is_hex(hash, roots[i]));
    }
    CHECK(at == sizeof text);
}

static void leaves_together_are_as_one_by_one(void)
{
    static uint8_t text[3000];
    struct sr_bytes data[40];
    uint8_t together[40][SR_SHA256_BYTES];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)(i * i >> 3);
    }
    for (size_t i = 0; i < 40; i++) {
        data[i] = sr_bytes(text + i, i < 20 ? i * 13 : 2000 + i);
    }
    CHECK(sr_merkle_leaves(data, 40, together) == SR_OK);
    for (size_t i = 0; i < 40; i++) {
        uint8_t copy[1 + sizeof text] = {SR_MERKLE_LEAF_PREFIX};
        uint8_t alone[SR_SHA256_BYTES];
        memcpy(copy + 1, data[i].ptr, data[i].len);
        CHECK(sr_sha256_once(sr_bytes(copy, 1 + data[i].len), alone) == SR_OK);
        CHECK(memcmp(alone, together[i], sizeof alone) == 0);
        CHECK(sr_merkle_leaf(data[i], alone) == SR_OK);
        CHECK(memcmp(alone, together[i], sizeof alone) == 0);
    }
}

static void failure_leaves_the_tree_alone(void)
{
    /* Our own lanes have nothing that fails. */
    bool is_portable = strcmp(sr_sha256_implementation(), "one by one") == 0;
    struct sr_merkle m = {0};
    uint8_t leaf[SR_SHA256_BYTES] = {1};
    for (int i = 0; i < 7; i++) {
        CHECK(sr_merkle_add(&m, leaf) == SR_OK);
    }
    FAULT_SWEEP {
        struct sr_merkle before = m;
        struct sr_merkle after = m;
        enum sr_status status = sr_merkle_add(&after, leaf);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(status == SR_OK || memcmp(&before, &after, sizeof before) == 0);
    }
    CHECK(fault_sweep_faults() == (is_portable ? 3 : 0)); /* three nodes */
    FAULT_SWEEP {
        uint8_t root[SR_SHA256_BYTES] = {9};
        enum sr_status status = sr_merkle_root(&m, root);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(status == SR_OK || root[0] == 9);
    }
    CHECK(fault_sweep_faults() == (is_portable ? 2 : 0));
}

int main(void)
{
    RUN(failure_leaves_the_tree_alone);
    RUN(agrees_with_the_definition);
    RUN(gives_the_published_roots);
    RUN(leaves_together_are_as_one_by_one);
    return check_done();
}
