/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each kernel computes what OpenSSL's SHA-256 does, in every lane, with every number of lanes and
 * blocks, and leaves the lanes' positions behind the last block.
 */
#include "crypto/sha256_lanes.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "tests/check.h"

enum { BLOCKS_MAX = 9, BYTES = BLOCKS_MAX * SR_SHA256_BLOCK_BYTES + 100 };

static uint8_t pool[SR_SHA256_LANES_MAX][BYTES];

/*
 * Fold the padding into a copy of the lane's state, which makes it a digest, and compare with that
 * of OpenSSL over the same whole blocks.
 */
static bool is_right(const struct sr_sha256_lane *lane, const uint8_t *text, size_t blocks)
{
    uint8_t expected[32];
    size_t len = blocks * SR_SHA256_BLOCK_BYTES;
    CHECK(EVP_Digest(text, len, expected, NULL, EVP_sha256(), NULL) == 1);
    uint8_t padding[SR_SHA256_BLOCK_BYTES] = {0x80};
    padding[62] = (uint8_t)(len * 8 >> 8);
    padding[63] = (uint8_t)(len * 8);
    struct sr_sha256_lane copy = *lane;
    struct sr_sha256_lane *last = &copy;
    copy.at = padding;
    sr_sha256_lanes_advance(&last, 1, 1);
    bool right = lane->at == text + len;
    for (size_t i = 0; i < sizeof expected; i++) {
        right = right && (uint8_t)(copy.state[i / 4] >> (24 - 8 * (i % 4))) == expected[i];
    }
    return right;
}

static bool all_lanes_are_right(size_t count, size_t blocks, size_t shift)
{
    struct sr_sha256_lane lanes[SR_SHA256_LANES_MAX];
    struct sr_sha256_lane *list[SR_SHA256_LANES_MAX];
    for (size_t i = 0; i < count; i++) {
        memcpy(lanes[i].state, sr_sha256_lanes_start, sizeof lanes[i].state);
        lanes[i].at = pool[i] + shift;
        list[i] = &lanes[i];
    }
    /* in two steps: the state goes out to memory and back in between */
    sr_sha256_lanes_advance(list, count, blocks / 2);
    sr_sha256_lanes_advance(list, count, blocks - blocks / 2);
    bool right = true;
    for (size_t i = 0; i < count; i++) {
        right = right && is_right(&lanes[i], pool[i] + shift, blocks);
    }
    return right;
}

static void every_lane_is_right(void)
{
    for (size_t count = 1; count <= SR_SHA256_LANES_MAX; count++) {
        for (size_t blocks = 0; blocks <= BLOCKS_MAX; blocks++) {
            CHECK(all_lanes_are_right(count, blocks, 0));
            CHECK(all_lanes_are_right(count, blocks, 1 + (count + blocks) % 63));
        }
    }
}

int main(void)
{
    bool is_broken = true;
    bool usable = sr_sha256_lanes_usable(&is_broken);
    CHECK(!is_broken);
    if (!usable) {
        printf("1..0 # SKIP no SHA extensions\n");
        return 0;
    }
    uint32_t x = 7;
    for (size_t i = 0; i < sizeof pool; i++) {
        x = x * 1664525u + 1013904223u;
        pool[i / BYTES][i % BYTES] = (uint8_t)(x >> 24);
    }
    RUN(every_lane_is_right);
    return check_done();
}
