/* SPDX-License-Identifier: Apache-2.0 */
#include "matrix.h"

#include <stdint.h>
#include <string.h>

/*
 * A tile of c, TILE_M x TILE_N, is summed while k runs. Sixteen columns is the width that GCC 12
 * leaves as a loop and vectorises well; at eight it unrolls first and loses a factor of four.
 */
#define TILE_M 4
#define TILE_N 16
#define LANES 8

static void store(const struct tl_product *g, size_t i, size_t j, const float *sums)
{
    float *c = g->c + i * g->c_row + j;
    if (g->add) {
        for (size_t q = 0; q < TILE_N; q++) {
            c[q] += sums[q];
        }
    } else {
        memcpy(c, sums, TILE_N * sizeof *c);
    }
}

/* Four separate arrays, because the compiler keeps those in registers and one array of rows not. */
static void tile(const struct tl_product *g, size_t i, size_t j)
{
    float sum0[TILE_N] = {0};
    float sum1[TILE_N] = {0};
    float sum2[TILE_N] = {0};
    float sum3[TILE_N] = {0};
    const float *a = g->a + i * g->a_row;
    const float *b = g->b + j;
    for (size_t p = 0; p < g->k; p++) {
        const float a0 = a[0];
        const float a1 = a[g->a_row];
        const float a2 = a[2 * g->a_row];
        const float a3 = a[3 * g->a_row];
        for (size_t q = 0; q < TILE_N; q++) {
            sum0[q] += a0 * b[q];
            sum1[q] += a1 * b[q];
            sum2[q] += a2 * b[q];
            sum3[q] += a3 * b[q];
        }
        a += g->a_col;
        b += g->b_row;
    }
    store(g, i, j, sum0);
    store(g, i + 1, j, sum1);
    store(g, i + 2, j, sum2);
    store(g, i + 3, j, sum3);
}

/* What is left beside the tiles: the same sums in the same order, one element at a time. */
static void edge(const struct tl_product *g, size_t i, size_t i_end, size_t j_begin)
{
    for (; i < i_end; i++) {
        for (size_t j = j_begin; j < g->n; j++) {
            float sum = 0;
            for (size_t p = 0; p < g->k; p++) {
                sum += g->a[i * g->a_row + p * g->a_col] * g->b[p * g->b_row + j];
            }
            float *c = g->c + i * g->c_row + j;
            *c = g->add ? *c + sum : sum;
        }
    }
}

void tl_multiply(const struct tl_product *product)
{
    const struct tl_product *g = product;
    const size_t m_tiled = g->m - g->m % TILE_M;
    const size_t n_tiled = g->n - g->n % TILE_N;
    /* Columns outside: a strip of b, k x TILE_N, stays in the first-level cache for all rows. */
    for (size_t j = 0; j < n_tiled; j += TILE_N) {
        for (size_t i = 0; i < m_tiled; i += TILE_M) {
            tile(g, i, j);
        }
    }
    edge(g, 0, m_tiled, n_tiled);
    edge(g, m_tiled, g->m, 0);
}

void tl_transpose(const float *in, size_t in_row, size_t rows, size_t cols, float *out)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            out[j * rows + i] = in[i * in_row + j];
        }
    }
}

/*
 * exp(x) = 2^n exp(r), n the nearest integer to x / ln 2. ln 2 is split in two so that r is exact
 * enough; the polynomial is the Taylor series to the sixth power, whose error is below 2e-7 for
 * |r| <= ln 2 / 2. libm's expf is not used because it picks its code by CPU.
 */
float tl_exp(float x)
{
    const float clamped = x < -87.0F ? -87.0F : (x > 87.0F ? 87.0F : x);
    const float scaled = clamped * 1.44269504F;
    const int32_t n = (int32_t)(scaled + (scaled < 0 ? -0.5F : 0.5F));
    const float whole = (float)n;
    const float r = (clamped - whole * 0.693359375F) + whole * 2.12194440e-4F;
    float y = 1.0F / 720.0F;
    y = y * r + 1.0F / 120.0F;
    y = y * r + 1.0F / 24.0F;
    y = y * r + 1.0F / 6.0F;
    y = y * r + 0.5F;
    y = y * r + 1.0F;
    y = y * r + 1.0F;
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return y * power;
}

float tl_dot(const float *a, const float *b, size_t n)
{
    float lanes[LANES] = {0};
    const size_t n_tiled = n - n % LANES;
    for (size_t i = 0; i < n_tiled; i += LANES) {
        for (size_t q = 0; q < LANES; q++) {
            lanes[q] += a[i + q] * b[i + q];
        }
    }
    float sum = 0;
    for (size_t q = 0; q < LANES; q++) {
        sum += lanes[q];
    }
    for (size_t i = n_tiled; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void tl_add(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] += y[i];
    }
}
