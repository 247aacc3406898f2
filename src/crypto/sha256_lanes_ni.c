/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 by the SHA extensions of x86, SR_LANES messages interleaved. Built once for each number
 * of lanes (meson.build), because only unrolled loops keep the state in registers.
 *
 * source  Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: SHA256RNDS2 does
 *         two rounds on the state split as ABEF and CDGH; SHA256MSG1 and SHA256MSG2 make four
 *         words of the schedule
 */
#include "crypto/sha256_lanes.h"

#include <immintrin.h>

#define NAME_OF_(lanes) sr_sha256_lanes_ni_##lanes
#define NAME_OF(lanes) NAME_OF_(lanes)

enum { LANES = SR_LANES, ROUNDS_BY_FOUR = 16 };

struct halves {
    __m128i abef;
    __m128i cdgh;
};

static inline struct halves load(const uint32_t state[8])
{
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    return (struct halves){
        .abef = _mm_alignr_epi8(cdab, efgh, 8),
        .cdgh = _mm_blend_epi16(efgh, cdab, 0xf0),
    };
}

static inline void store(struct halves h, uint32_t state[8])
{
    __m128i feba = _mm_shuffle_epi32(h.abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(h.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Words i..i+3 of a block, most significant byte first (section 2.1). */
static inline __m128i load_words(const uint8_t *at)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), big_endian);
}

/* The next four words of the schedule, from the last sixteen, oldest first. */
static inline __m128i next_words(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    __m128i w = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(w, w12);
}

void NAME_OF(SR_LANES)(struct sr_sha256_lane *const *lanes, size_t blocks)
{
    struct halves h[LANES];
    __m128i w[LANES][4];
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        h[i] = load(lanes[i]->state);
    }
    for (size_t block = 0; block < blocks; block++) {
        struct halves before[LANES];
#pragma GCC unroll 4
        for (int i = 0; i < LANES; i++) {
            before[i] = h[i];
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                w[i][j] = load_words(lanes[i]->at + block * SR_SHA256_BLOCK_BYTES + 16 * j);
            }
        }
#pragma GCC unroll 16
        for (int r = 0; r < ROUNDS_BY_FOUR; r++) {
            const void *constants = sr_sha256_lanes_k + 4 * r;
            __m128i k = _mm_loadu_si128((const __m128i *)constants);
#pragma GCC unroll 4
            for (int i = 0; i < LANES; i++) {
                __m128i wk = _mm_add_epi32(w[i][r & 3], k);
                h[i].cdgh = _mm_sha256rnds2_epu32(h[i].cdgh, h[i].abef, wk);
                h[i].abef =
                    _mm_sha256rnds2_epu32(h[i].abef, h[i].cdgh, _mm_shuffle_epi32(wk, 0x0e));
                if (r < ROUNDS_BY_FOUR - 4) {
                    w[i][r & 3] = next_words(w[i][r & 3], w[i][(r + 1) & 3], w[i][(r + 2) & 3],
                                             w[i][(r + 3) & 3]);
                }
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < LANES; i++) {
            h[i].abef = _mm_add_epi32(h[i].abef, before[i].abef);
            h[i].cdgh = _mm_add_epi32(h[i].cdgh, before[i].cdgh);
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        store(h[i], lanes[i]->state);
        lanes[i]->at += blocks * SR_SHA256_BLOCK_BYTES;
    }
}
