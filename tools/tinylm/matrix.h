/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_MATRIX_H
#define TL_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The arithmetic of the transformer: one matrix product and a few loops over rows.
 *
 * All of it is deterministic to the last bit. Every sum is taken in one fixed order, one product
 * after the other for each element of a result, whatever the tile, the vector width or the number
 * of threads; that is why it vectorises over columns and never over the summed index, and why the
 * tool is compiled without contraction into fused multiply-adds (-ffp-contract=off).
 */

/*
 * c = a b, or c += a b when add is set.
 *
 * m, k, n  a is m x k, b is k x n, c is m x n; any of them may be 0
 * a        element (i, p) is a[i * a_row + p * a_col], so a transposed a costs nothing
 * b, c     row-major with b_row and c_row elements from one row to the next; c overlaps neither
 */
struct tl_product {
    size_t m;
    size_t n;
    size_t k;
    const float *a;
    size_t a_row;
    size_t a_col;
    const float *b;
    size_t b_row;
    float *c;
    size_t c_row;
    bool add;
};
void tl_multiply(const struct tl_product *product);

/* out[j][i] = in[i][j]: in has rows x cols elements, in_row apart from row to row; out is packed.
 */
void tl_transpose(const float *in, size_t in_row, size_t rows, size_t cols, float *out);

/* e to the power of x, within 2 ulp; x is clamped to [-87, 87]. Same bits on every CPU. */
float tl_exp(float x);

/* The sum of a[i] * b[i] in eight fixed lanes. */
float tl_dot(const float *a, const float *b, size_t n);

/* x[i] += y[i] */
void tl_add(float *x, const float *y, size_t n);

#endif /* TL_MATRIX_H */
