/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_TRAIN_H
#define TL_TRAIN_H

#include "corpus.h"
#include "model.h"

/*
 * Training, evaluation and greedy generation.
 *
 * Each step splits its sequences into TL_SHARDS fixed shards, each with its own gradient, which are
 * added in the order of the shards. Threads take whole shards: the result does not depend on how
 * many there are.
 */
#define TL_SHARDS 4

struct tl_recipe {
    struct tl_shape shape;
    size_t steps;
    size_t steps_warmup;
    size_t sequences; /* in each shard */
    float rate_max;
};

/* By name: "full" (about 0.64 M weights) or "quarter". NULL if there is no such size. */
const struct tl_recipe *tl_recipe_find(const char *name);

/*
 * Train the model, which has its start values, on random windows of text[0..len).
 *
 * len      over the context
 * threads  1 to TL_SHARDS
 * report   called after every 25th step and the last, with the loss of that step; may be NULL
 * errors   a thread cannot be started
 */
struct tl_training {
    const uint8_t *text;
    size_t len;
    uint64_t seed;
    size_t steps;
    size_t threads;
    void (*report)(size_t step, size_t steps, double loss);
};
bool tl_train(struct tl_model *model, const struct tl_recipe *recipe,
              const struct tl_training *training, struct tl_err *err) SR_MUST_USE;

/*
 * The mean loss in nats per byte over up to 32 windows, of context bytes each, from the start of
 * text. len >= context.
 */
double tl_evaluate(const struct tl_model *model, const uint8_t *text, size_t len);

/*
 * Append the most probable continuation: tokens[0..*count) has the prompt; up to `more` are added.
 * Ends at an end token, and when the context is full. tokens has room for context elements.
 */
void tl_generate(const struct tl_model *model, uint16_t *tokens, size_t *count, size_t more);

#endif /* TL_TRAIN_H */
