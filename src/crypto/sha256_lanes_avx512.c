/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of sixteen messages at once in the 32-bit elements of AVX-512 registers: element i of
 * every register belongs to message i. FIPS 180-4, section 6.2.2, word for word.
 */
#include "crypto/sha256_lanes.h"

#include <immintrin.h>

enum { LANES = SR_SHA256_LANES_MAX, WORDS = 16, ROUNDS = 64 };

/* Of vpternlogd: bit 4a + 2b + c of the number is the result for those bits. */
enum { XOR_3 = 0x96, CHOOSE = 0xca, MAJORITY = 0xe8 };

/* Transpose each 4 x 4 of 32-bit elements within the 128-bit parts of rows r, r+1, r+2, r+3. */
static inline void transpose_within(__m512i w[WORDS])
{
#pragma GCC unroll 4
    for (int r = 0; r < WORDS; r += 4) {
        __m512i lo01 = _mm512_unpacklo_epi32(w[r], w[r + 1]);
        __m512i hi01 = _mm512_unpackhi_epi32(w[r], w[r + 1]);
        __m512i lo23 = _mm512_unpacklo_epi32(w[r + 2], w[r + 3]);
        __m512i hi23 = _mm512_unpackhi_epi32(w[r + 2], w[r + 3]);
        w[r] = _mm512_unpacklo_epi64(lo01, lo23);
        w[r + 1] = _mm512_unpackhi_epi64(lo01, lo23);
        w[r + 2] = _mm512_unpacklo_epi64(hi01, hi23);
        w[r + 3] = _mm512_unpackhi_epi64(hi01, hi23);
    }
}

/* Then the 4 x 4 of 128-bit parts: of rows c, c+4, c+8, c+12. */
static inline void transpose_across(__m512i w[WORDS])
{
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
        __m512i even_lo = _mm512_shuffle_i32x4(w[c], w[c + 4], 0x88);
        __m512i odd_lo = _mm512_shuffle_i32x4(w[c], w[c + 4], 0xdd);
        __m512i even_hi = _mm512_shuffle_i32x4(w[c + 8], w[c + 12], 0x88);
        __m512i odd_hi = _mm512_shuffle_i32x4(w[c + 8], w[c + 12], 0xdd);
        w[c] = _mm512_shuffle_i32x4(even_lo, even_hi, 0x88);
        w[c + 8] = _mm512_shuffle_i32x4(even_lo, even_hi, 0xdd);
        w[c + 4] = _mm512_shuffle_i32x4(odd_lo, odd_hi, 0x88);
        w[c + 12] = _mm512_shuffle_i32x4(odd_lo, odd_hi, 0xdd);
    }
}

/* Word j of every lane's block at offset to w[j]. */
static inline void load_blocks(struct sr_sha256_lane *const *lanes, size_t offset, __m512i w[WORDS])
{
    const __m512i big_endian =
        _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) {
        w[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(lanes[i]->at + offset), big_endian);
    }
    transpose_within(w);
    transpose_across(w);
}

static inline __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, XOR_3);
}

/* W[t] from W[t - 16], W[t - 15], W[t - 7] and W[t - 2]. */
static inline __m512i next_word(__m512i w16, __m512i w15, __m512i w7, __m512i w2)
{
    __m512i s0 =
        xor3(_mm512_ror_epi32(w15, 7), _mm512_ror_epi32(w15, 18), _mm512_srli_epi32(w15, 3));
    __m512i s1 =
        xor3(_mm512_ror_epi32(w2, 17), _mm512_ror_epi32(w2, 19), _mm512_srli_epi32(w2, 10));
    return _mm512_add_epi32(_mm512_add_epi32(w16, s0), _mm512_add_epi32(w7, s1));
}

/*
 * One round with the roles of a to h rotated instead of the values: after round t, what was role i
 * is role i + 1, so v[(i - t) & 7] plays role i in round t. wk is the word of the schedule plus the
 * round's constant.
 */
static inline void one_round(__m512i v[8], int t, __m512i wk)
{
    const __m512i a = v[(0 - t) & 7];
    const __m512i e = v[(4 - t) & 7];
    __m512i choice = _mm512_ternarylogic_epi32(e, v[(5 - t) & 7], v[(6 - t) & 7], CHOOSE);
    __m512i s1 = xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));
    /* In this order: each round waits for the sum of the one before, and s1 is last to be known. */
    __m512i t1 = _mm512_add_epi32(v[(7 - t) & 7], wk);
    t1 = _mm512_add_epi32(_mm512_add_epi32(t1, choice), s1);
    __m512i majority = _mm512_ternarylogic_epi32(a, v[(1 - t) & 7], v[(2 - t) & 7], MAJORITY);
    __m512i s0 = xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));
    v[(3 - t) & 7] = _mm512_add_epi32(v[(3 - t) & 7], t1);
    v[(7 - t) & 7] = _mm512_add_epi32(t1, _mm512_add_epi32(s0, majority));
}

static inline void fold_blocks(__m512i h[8], struct sr_sha256_lane *const *lanes, size_t offset)
{
    __m512i w[WORDS];
    __m512i v[8];
    load_blocks(lanes, offset, w);
    for (int j = 0; j < 8; j++) {
        v[j] = h[j];
    }
#pragma GCC unroll 64
    for (int t = 0; t < ROUNDS; t++) {
        __m512i k = _mm512_set1_epi32((int)sr_sha256_lanes_k[t]);
        if (t >= WORDS) {
            w[t & 15] = next_word(w[t & 15], w[(t + 1) & 15], w[(t + 9) & 15], w[(t + 14) & 15]);
        }
        one_round(v, t, _mm512_add_epi32(w[t & 15], k));
    }
    for (int j = 0; j < 8; j++) {
        h[j] = _mm512_add_epi32(h[j], v[j]);
    }
}

void sr_sha256_lanes_avx512_16(struct sr_sha256_lane *const *lanes, size_t blocks)
{
    uint32_t turned[8][LANES]; /* the states, one row for each of a to h */
    __m512i h[8];
    for (int i = 0; i < LANES; i++) {
        for (int j = 0; j < 8; j++) {
            turned[j][i] = lanes[i]->state[j];
        }
    }
    for (int j = 0; j < 8; j++) {
        h[j] = _mm512_loadu_si512(turned[j]);
    }
    for (size_t block = 0; block < blocks; block++) {
        fold_blocks(h, lanes, block * SR_SHA256_BLOCK_BYTES);
    }
    for (int j = 0; j < 8; j++) {
        _mm512_storeu_si512(turned[j], h[j]);
    }
    for (int i = 0; i < LANES; i++) {
        for (int j = 0; j < 8; j++) {
            lanes[i]->state[j] = turned[j][i];
        }
        lanes[i]->at += blocks * SR_SHA256_BLOCK_BYTES;
    }
}
