/* SPDX-License-Identifier: Apache-2.0 */
#include "train.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "optim.h"
#include "pass.h"
#include "random.h"
#include "tokenizer.h"

#define EVALUATE_WINDOWS 32
#define REPORT_STEPS 25
#define NORM_EPS 1e-5F
#define ROPE_THETA 10000.0F

static const struct {
    const char *name;
    struct tl_recipe recipe;
} recipes[] = {
    {"full",
     {.shape = {.vocab = TL_TOKEN_COUNT,
                .dim = 128,
                .layers = 3,
                .heads = 4,
                .hidden = 352,
                .context = 256,
                .norm_eps = NORM_EPS,
                .rope_theta = ROPE_THETA},
      .steps = 800,
      .steps_warmup = 40,
      .sequences = 1,
      .rate_max = 3e-3F}},
    {"quarter",
     {.shape = {.vocab = TL_TOKEN_COUNT,
                .dim = 64,
                .layers = 3,
                .heads = 2,
                .hidden = 176,
                .context = 128,
                .norm_eps = NORM_EPS,
                .rope_theta = ROPE_THETA},
      .steps = 150,
      .steps_warmup = 15,
      .sequences = 1,
      .rate_max = 6e-3F}},
};

const struct tl_recipe *tl_recipe_find(const char *name)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        if (strcmp(recipes[i].name, name) == 0) {
            return &recipes[i].recipe;
        }
    }
    return NULL;
}

/* A window of text: the begin token and all but the last byte in, every byte out. */
static void fill(const uint8_t *text, size_t length, uint16_t *tokens, uint16_t *targets)
{
    tokens[0] = TL_TOKEN_BEGIN;
    for (size_t i = 0; i < length; i++) {
        targets[i] = tl_token_of(text[i]);
        if (i + 1 < length) {
            tokens[i + 1] = targets[i];
        }
    }
}

struct shard {
    struct tl_pass *pass;
    uint16_t *tokens;
    uint16_t *targets;
    double loss;
    const float *grads;
};

/* What one step's threads share; each writes only to its own shards. */
struct step {
    struct shard *shards;
    const float *transposed;
    size_t sequences;
    size_t length;
    size_t threads;
    float scale;
};

struct worker {
    const struct step *step;
    size_t first;
};

static void *work(void *arg)
{
    const struct worker *worker = arg;
    const struct step *step = worker->step;
    for (size_t i = worker->first; i < TL_SHARDS; i += step->threads) {
        struct shard *shard = &step->shards[i];
        tl_pass_forward(shard->pass, step->transposed, shard->tokens, step->sequences,
                        step->length);
        shard->loss = tl_pass_loss(shard->pass, shard->targets);
        shard->grads = tl_pass_backward(shard->pass, shard->tokens, shard->targets, step->scale);
    }
    return NULL;
}

static bool run_step(const struct step *step, struct tl_err *err)
{
    pthread_t threads[TL_SHARDS];
    struct worker workers[TL_SHARDS];
    size_t started = 0;
    bool ok = true;
    for (size_t i = 0; i < step->threads; i++) {
        workers[i] = (struct worker){.step = step, .first = i};
        if (i > 0 && pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
            ok = tl_fail(err, "a thread cannot be started");
            break;
        }
        started = i;
    }
    if (ok) {
        (void)work(&workers[0]);
    }
    for (size_t i = 1; i <= started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return ok;
}

struct trainer {
    struct shard shards[TL_SHARDS];
    float *transposed;
    float *grads;
    struct tl_optim *optim;
};

static void trainer_clear(struct trainer *t)
{
    for (size_t i = 0; i < TL_SHARDS; i++) {
        tl_pass_free(t->shards[i].pass);
        free(t->shards[i].tokens);
        free(t->shards[i].targets);
    }
    free(t->transposed);
    free(t->grads);
    tl_optim_free(t->optim);
}

static void trainer_init(struct trainer *t, const struct tl_model *model,
                         const struct tl_recipe *recipe, size_t steps)
{
    const size_t rows = recipe->sequences * model->shape.context;
    for (size_t i = 0; i < TL_SHARDS; i++) {
        t->shards[i].pass = tl_pass_new(model, recipe->sequences, true);
        t->shards[i].tokens = tl_alloc(rows, sizeof(uint16_t));
        t->shards[i].targets = tl_alloc(rows, sizeof(uint16_t));
    }
    t->transposed = tl_alloc(model->weight_count, sizeof(float));
    t->grads = tl_alloc(model->weight_count, sizeof(float));
    const struct tl_schedule schedule = {
        .rate_max = recipe->rate_max, .steps_warmup = recipe->steps_warmup, .steps_total = steps};
    t->optim = tl_optim_new(model, &schedule);
}

static void draw(struct trainer *t, const struct tl_training *training, size_t sequences,
                 size_t length, struct tl_random *random)
{
    for (size_t i = 0; i < TL_SHARDS; i++) {
        for (size_t seq = 0; seq < sequences; seq++) {
            const size_t at = (size_t)tl_random_below(random, training->len - length + 1);
            fill(training->text + at, length, t->shards[i].tokens + seq * length,
                 t->shards[i].targets + seq * length);
        }
    }
}

bool tl_train(struct tl_model *model, const struct tl_recipe *recipe,
              const struct tl_training *training, struct tl_err *err)
{
    const size_t length = model->shape.context;
    assert(training->len >= length);
    assert(training->threads >= 1 && training->threads <= TL_SHARDS);
    SR_CLEANUP(trainer_clear) struct trainer t = {0};
    trainer_init(&t, model, recipe, training->steps);
    struct tl_random random = {.state = ~training->seed};
    const size_t rows = TL_SHARDS * recipe->sequences * length;
    const struct step step = {.shards = t.shards,
                              .transposed = t.transposed,
                              .sequences = recipe->sequences,
                              .length = length,
                              .threads = training->threads,
                              .scale = 1.0F / (float)rows};
    for (size_t done = 1; done <= training->steps; done++) {
        draw(&t, training, recipe->sequences, length, &random);
        tl_model_transpose(model, t.transposed);
        if (!run_step(&step, err)) {
            return false;
        }
        double loss = 0;
        memset(t.grads, 0, model->weight_count * sizeof *t.grads);
        for (size_t i = 0; i < TL_SHARDS; i++) {
            tl_add(t.grads, t.shards[i].grads, model->weight_count);
            loss += t.shards[i].loss;
        }
        tl_optim_step(t.optim, model, t.grads);
        if (training->report != NULL && (done % REPORT_STEPS == 0 || done == training->steps)) {
            training->report(done, training->steps, loss / (double)rows);
        }
    }
    return true;
}

double tl_evaluate(const struct tl_model *model, const uint8_t *text, size_t len)
{
    const size_t length = model->shape.context;
    assert(len >= length);
    const size_t windows = len / length < EVALUATE_WINDOWS ? len / length : EVALUATE_WINDOWS;
    SR_AUTO(tl_pass) pass = tl_pass_new(model, 1, false);
    TL_AUTO_FLOATS transposed = tl_alloc(model->weight_count, sizeof(float));
    tl_model_transpose(model, transposed);
    uint16_t *tokens = tl_alloc(2 * length, sizeof *tokens);
    double sum = 0;
    for (size_t i = 0; i < windows; i++) {
        fill(text + i * length, length, tokens, tokens + length);
        tl_pass_forward(pass, transposed, tokens, 1, length);
        sum += tl_pass_loss(pass, tokens + length);
    }
    free(tokens);
    return sum / (double)(windows * length);
}

void tl_generate(const struct tl_model *model, uint16_t *tokens, size_t *count, size_t more)
{
    SR_AUTO(tl_pass) pass = tl_pass_new(model, 1, false);
    TL_AUTO_FLOATS transposed = tl_alloc(model->weight_count, sizeof(float));
    tl_model_transpose(model, transposed);
    for (; more > 0 && *count < model->shape.context; more--) {
        tl_pass_forward(pass, transposed, tokens, 1, *count);
        const float *probs = tl_pass_probabilities(pass, *count - 1);
        size_t best = 0;
        for (size_t i = 1; i < model->shape.vocab; i++) {
            best = probs[i] > probs[best] ? i : best;
        }
        if (best == TL_TOKEN_END) {
            return;
        }
        tokens[(*count)++] = (uint16_t)best;
    }
}
