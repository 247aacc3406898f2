/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sha256_lanes.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

const uint32_t sr_sha256_lanes_start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

const uint32_t sr_sha256_lanes_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#if defined(__x86_64__)

#include <cpuid.h>

enum {
    NI_LANES_MAX = 4,
    /* From here on sixteen lanes, some of them idle, beat four at a time: measured on Zen 5. */
    WIDE_FROM = 10,
    TEST_BLOCKS = 2,
};

static bool is_forbidden;
static bool has_ni;
static bool has_wide;
static bool is_broken;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;

/* Whether the CPU has the SHA extensions: CPUID leaf 7, EBX bit 29. */
static bool has_sha_extensions(void)
{
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx >> 29 & 1) != 0;
}

static void advance_narrow(struct sr_sha256_lane *const *lanes, size_t count, size_t blocks)
{
    /* In the fewest groups, and those as equal as can be: 5 = 3 + 2, because 1 alone is slow. */
    for (size_t groups = (count + NI_LANES_MAX - 1) / NI_LANES_MAX; groups > 0; groups--) {
        size_t take = (count + groups - 1) / groups;
        switch (take) {
        case 1:
            sr_sha256_lanes_ni_1(lanes, blocks);
            break;
        case 2:
            sr_sha256_lanes_ni_2(lanes, blocks);
            break;
        case 3:
            sr_sha256_lanes_ni_3(lanes, blocks);
            break;
        default:
            sr_sha256_lanes_ni_4(lanes, blocks);
            break;
        }
        lanes += take;
        count -= take;
    }
}

static void advance_wide(struct sr_sha256_lane *const *lanes, size_t count, size_t blocks)
{
    struct sr_sha256_lane idle[SR_SHA256_LANES_MAX] = {0};
    struct sr_sha256_lane *all[SR_SHA256_LANES_MAX];
    for (size_t i = 0; i < SR_SHA256_LANES_MAX; i++) {
        if (i < count) {
            all[i] = lanes[i];
            continue;
        }
        idle[i].at = lanes[0]->at; /* readable for as long as a lane in use is */
        all[i] = &idle[i];
    }
    sr_sha256_lanes_avx512_16(all, blocks);
}

/* Whether count lanes give the digest of FIPS 180-4's example of two blocks, each of them. */
static bool answers_rightly(void (*advance)(struct sr_sha256_lane *const *, size_t, size_t),
                            size_t count)
{
    static const uint8_t padded[TEST_BLOCKS * SR_SHA256_BLOCK_BYTES] = {
        [0] = 'a', 'b', 'c', 'd', 'b', 'c', 'd', 'e', 'c', 'd', 'e', 'f',  'd',       'e',  'f',
        'g',       'e', 'f', 'g', 'h', 'f', 'g', 'h', 'i', 'g', 'h', 'i',  'j',       'h',  'i',
        'j',       'k', 'i', 'j', 'k', 'l', 'j', 'k', 'l', 'm', 'k', 'l',  'm',       'n',  'l',
        'm',       'n', 'o', 'm', 'n', 'o', 'p', 'n', 'o', 'p', 'q', 0x80, [126] = 1, 0xc0,
    };
    static const uint32_t expected[8] = {
        0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039,
        0xa33ce459, 0x64ff2167, 0xf6ecedd4, 0x19db06c1,
    };
    struct sr_sha256_lane lanes[SR_SHA256_LANES_MAX];
    struct sr_sha256_lane *all[SR_SHA256_LANES_MAX];
    for (size_t i = 0; i < count; i++) {
        memcpy(lanes[i].state, sr_sha256_lanes_start, sizeof lanes[i].state);
        lanes[i].at = padded;
        all[i] = &lanes[i];
    }
    advance(all, count, TEST_BLOCKS);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(lanes[i].state, expected, sizeof expected) != 0) {
            return false;
        }
    }
    return true;
}

static void start(void)
{
    has_ni = !is_forbidden && has_sha_extensions() && __builtin_cpu_supports("avx");
    if (!has_ni) {
        return;
    }
    for (size_t count = 1; count <= NI_LANES_MAX; count++) {
        is_broken = is_broken || !answers_rightly(advance_narrow, count);
    }
    has_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (has_wide) {
        is_broken = is_broken || !answers_rightly(advance_wide, SR_SHA256_LANES_MAX);
    }
}

bool sr_sha256_lanes_usable(bool *out_is_broken)
{
    (void)pthread_once(&start_once, start);
    *out_is_broken = is_broken;
    return has_ni && !is_broken;
}

void sr_sha256_lanes_forbid(void)
{
    is_forbidden = true;
}

bool sr_sha256_lanes_are_wide(void)
{
    (void)pthread_once(&start_once, start);
    return has_wide;
}

void sr_sha256_lanes_advance(struct sr_sha256_lane *const *lanes, size_t count, size_t blocks)
{
    assert(has_ni);
    assert(count >= 1 && count <= SR_SHA256_LANES_MAX);

    if (has_wide && count >= WIDE_FROM) {
        advance_wide(lanes, count, blocks);
        return;
    }
    advance_narrow(lanes, count, blocks);
}

#else

bool sr_sha256_lanes_usable(bool *out_is_broken)
{
    *out_is_broken = false;
    return false;
}

void sr_sha256_lanes_forbid(void)
{
}

bool sr_sha256_lanes_are_wide(void)
{
    return false;
}

void sr_sha256_lanes_advance(struct sr_sha256_lane *const *lanes, size_t count, size_t blocks)
{
    (void)lanes, (void)count, (void)blocks;
    assert(false);
}

#endif
