/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_PASS_H
#define TL_PASS_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/*
 * A forward pass through a model, and the backward pass that gives the gradient of its loss.
 *
 * A pass owns the activations of up to `sequences` sequences of up to `context` tokens each, one
 * row per token. Several passes may use one model at once, each in its own thread. The result for a
 * token does not depend on what comes after it, nor on the number of sequences beside it.
 */
struct tl_pass;

/* grads: also reserve what backward needs. The pass borrows model, which must outlive it. */
struct tl_pass *tl_pass_new(const struct tl_model *model, size_t sequences, bool with_grads);
void tl_pass_free(struct tl_pass *pass);
SR_DEFINE_AUTO(tl_pass)

/*
 * Compute the probabilities of the token after each token.
 *
 * transposed  of the model's present weights, by tl_model_transpose()
 * tokens      sequences x length token numbers, each below the vocabulary; length <= context
 */
void tl_pass_forward(struct tl_pass *pass, const float *transposed, const uint16_t *tokens,
                     size_t sequences, size_t length);

/* The vocabulary's probabilities after row `row` (sequence * length + position). */
const float *tl_pass_probabilities(const struct tl_pass *pass, size_t row);

/* The sum over all rows of -ln(probability of targets[row]), in nats. */
double tl_pass_loss(const struct tl_pass *pass, const uint16_t *targets);

/*
 * The gradient of the loss times scale, with respect to every weight, replacing what the pass held.
 * Uses up the probabilities. Returns the gradient: weight_count elements, owned by the pass.
 */
const float *tl_pass_backward(struct tl_pass *pass, const uint16_t *tokens, const uint16_t *targets,
                              float scale);

#endif /* TL_PASS_H */
