/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "model.h"
#include "pass.h"
#include "random.h"
#include "tests/check.h"

/*
 * The backward pass gives the slope of the loss: for each tensor, moving its weights a little along
 * a random direction changes the loss as the gradient says. The forward pass of a token depends on
 * nothing after it or beside it. The matrix product equals the sum it stands for.
 */

#define SEQUENCES 2
#define LENGTH 21 /* one block of attention and a part of another */
#define VOCAB 37
#define STEP 2e-3F

/* Odd sizes, so that the edges of the tiles are computed as well as the tiles. */
static const struct tl_shape shape = {.vocab = VOCAB,
                                      .dim = 40,
                                      .layers = 2,
                                      .heads = 2,
                                      .hidden = 52,
                                      .context = LENGTH,
                                      .norm_eps = 1e-5F,
                                      .rope_theta = 10000.0F};

static struct tl_model *new_model(void)
{
    struct tl_err err;
    struct tl_model *model = NULL;
    CHECK(tl_model_new(&shape, &model, &err));
    struct tl_random random = {.state = 7};
    /* Larger than the start of a training, so that no part of the gradient is lost in rounding. */
    for (size_t i = 0; i < model->weight_count; i++) {
        model->weights[i] = 0.2F * tl_random_normal(&random);
    }
    return model;
}

static void fill(uint16_t *tokens, uint64_t seed)
{
    struct tl_random random = {.state = seed};
    for (size_t i = 0; i < SEQUENCES * LENGTH; i++) {
        tokens[i] = (uint16_t)tl_random_below(&random, VOCAB);
    }
}

static double loss_of(struct tl_pass *pass, const struct tl_model *model, const uint16_t *tokens,
                      const uint16_t *targets)
{
    TL_AUTO_FLOATS transposed = tl_alloc(model->weight_count, sizeof(float));
    tl_model_transpose(model, transposed);
    tl_pass_forward(pass, transposed, tokens, SEQUENCES, LENGTH);
    return tl_pass_loss(pass, targets);
}

static void move(struct tl_model *model, const struct tl_tensor *tensor, float by)
{
    struct tl_random random = {.state = 11};
    for (size_t i = 0; i < tensor->rows * tensor->cols; i++) {
        model->weights[tensor->offset + i] += by * tl_random_normal(&random);
    }
}

static void gradient_is_the_slope_of_the_loss(void)
{
    SR_AUTO(tl_model) model = new_model();
    SR_AUTO(tl_pass) pass = tl_pass_new(model, SEQUENCES, true);
    uint16_t tokens[SEQUENCES * LENGTH];
    uint16_t targets[SEQUENCES * LENGTH];
    fill(tokens, 1);
    fill(targets, 2);
    (void)loss_of(pass, model, tokens, targets);
    TL_AUTO_FLOATS grads = tl_alloc(model->weight_count, sizeof(float));
    memcpy(grads, tl_pass_backward(pass, tokens, targets, 1.0F),
           model->weight_count * sizeof(float));
    for (size_t t = 0; t < model->tensor_count; t++) {
        const struct tl_tensor *tensor = &model->tensors[t];
        struct tl_random random = {.state = 11};
        double expected = 0;
        for (size_t i = 0; i < tensor->rows * tensor->cols; i++) {
            expected += (double)grads[tensor->offset + i] * (double)tl_random_normal(&random);
        }
        move(model, tensor, STEP);
        const double above = loss_of(pass, model, tokens, targets);
        move(model, tensor, -2 * STEP);
        const double below = loss_of(pass, model, tokens, targets);
        move(model, tensor, STEP);
        const double found = (above - below) / (2 * (double)STEP);
        const double error = fabs(found - expected) / (fabs(expected) + 0.1);
        if (error > 0.02) {
            printf("# %s: slope %g, gradient %g\n", tensor->name, found, expected);
        }
        CHECK(error <= 0.02);
    }
}

static void later_and_other_tokens_change_nothing(void)
{
    SR_AUTO(tl_model) model = new_model();
    SR_AUTO(tl_pass) pass = tl_pass_new(model, SEQUENCES, false);
    TL_AUTO_FLOATS transposed = tl_alloc(model->weight_count, sizeof(float));
    tl_model_transpose(model, transposed);
    uint16_t tokens[SEQUENCES * LENGTH];
    fill(tokens, 3);
    tl_pass_forward(pass, transposed, tokens, SEQUENCES, LENGTH);
    float full[VOCAB];
    memcpy(full, tl_pass_probabilities(pass, LENGTH + 8), sizeof full);
    tl_pass_forward(pass, transposed, tokens + LENGTH, 1, 9);
    CHECK(memcmp(full, tl_pass_probabilities(pass, 8), sizeof full) == 0);
}

static void product_equals_the_sum(void)
{
    enum { M = 9, N = 35, K = 13 };
    float a[K * M];
    float b[K * N];
    float c[M * N];
    struct tl_random random = {.state = 5};
    for (size_t i = 0; i < K * M; i++) {
        a[i] = tl_random_normal(&random);
    }
    for (size_t i = 0; i < K * N; i++) {
        b[i] = tl_random_normal(&random);
    }
    /* a is given transposed: element (i, p) at a[p * M + i]. */
    const struct tl_product product = {.m = M,
                                       .n = N,
                                       .k = K,
                                       .a = a,
                                       .a_row = 1,
                                       .a_col = M,
                                       .b = b,
                                       .b_row = N,
                                       .c = c,
                                       .c_row = N};
    tl_multiply(&product);
    size_t different = 0;
    for (size_t i = 0; i < M; i++) {
        for (size_t j = 0; j < N; j++) {
            float sum = 0;
            for (size_t p = 0; p < K; p++) {
                sum += a[p * M + i] * b[p * N + j];
            }
            different += sum != c[i * N + j];
        }
    }
    CHECK(different == 0);
}

static void exp_is_close(void)
{
    double worst = 0;
    for (double x = -80; x < 80; x += 0.0137) {
        const double error = fabs((double)tl_exp((float)x) / exp((double)(float)x) - 1);
        worst = error > worst ? error : worst;
    }
    CHECK(worst < 3e-7);
    CHECK(tl_exp(0) == 1.0F);
    CHECK(tl_exp(-1000) > 0);
}

int main(void)
{
    RUN(gradient_is_the_slope_of_the_loss);
    RUN(later_and_other_tokens_change_nothing);
    RUN(product_equals_the_sum);
    RUN(exp_is_close);
    return check_done();
}
