/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/merkle.h"

#include <assert.h>
#include <string.h>

enum { NODE_PREFIX = 0x01, LEVELS = 64 };

enum sr_status sr_merkle_leaf(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES])
{
    uint8_t hash[1][SR_SHA256_BYTES];
    SR_TRY(sr_merkle_leaves(&data, 1, hash));
    memcpy(out, hash[0], SR_SHA256_BYTES);
    return SR_OK;
}

enum sr_status sr_merkle_leaves(const struct sr_bytes *data, size_t count,
                                uint8_t (*out)[SR_SHA256_BYTES])
{
    return sr_sha256_many_prefixed(SR_MERKLE_LEAF_PREFIX, data, count, out);
}

enum sr_status sr_merkle_node(const uint8_t left[SR_SHA256_BYTES],
                              const uint8_t right[SR_SHA256_BYTES], uint8_t out[SR_SHA256_BYTES])
{
    uint8_t node[1 + 2 * SR_SHA256_BYTES];
    node[0] = NODE_PREFIX;
    memcpy(node + 1, left, SR_SHA256_BYTES);
    memcpy(node + 1 + SR_SHA256_BYTES, right, SR_SHA256_BYTES);
    return sr_sha256_once(sr_bytes(node, sizeof node), out);
}

/*
 * The live levels are the perfect subtrees that the leaves so far split into, largest (and
 * leftmost) at the highest level: one for each set bit of their number. A new leaf is a carry
 * rippling up.
 */
enum sr_status sr_merkle_add(struct sr_merkle *m, const uint8_t leaf[SR_SHA256_BYTES])
{
    assert(m->leaves != UINT64_MAX);

    uint8_t hash[SR_SHA256_BYTES];
    memcpy(hash, leaf, sizeof hash);
    unsigned level = 0;
    for (; (m->leaves >> level & 1) != 0; level++) {
        SR_TRY(sr_merkle_node(m->level[level], hash, hash));
    }
    memcpy(m->level[level], hash, sizeof hash);
    m->leaves++;
    return SR_OK;
}

/*
 * RFC 6962 splits n leaves at the largest power of two below n. That cuts off the largest perfect
 * subtree on the left each time, so the root joins them from the smallest, rightmost, upwards.
 */
enum sr_status sr_merkle_root(const struct sr_merkle *m, uint8_t out[SR_SHA256_BYTES])
{
    if (m->leaves == 0) {
        return sr_sha256_once(sr_bytes(NULL, 0), out);
    }
    uint8_t hash[SR_SHA256_BYTES];
    bool is_first = true;
    for (unsigned level = 0; level < LEVELS; level++) {
        if ((m->leaves >> level & 1) == 0) {
            continue;
        }
        if (is_first) {
            memcpy(hash, m->level[level], sizeof hash);
            is_first = false;
            continue;
        }
        SR_TRY(sr_merkle_node(m->level[level], hash, hash));
    }
    memcpy(out, hash, sizeof hash);
    return SR_OK;
}
