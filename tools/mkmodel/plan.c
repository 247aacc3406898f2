/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gguf.h"

#define LAYERS_MAX 512
#define FIT 32 /* the feed-forward is a multiple of this */

/* Sizes of one layer for a hidden size. */
struct layer {
    uint64_t dim;
    uint64_t head;
    uint64_t heads;
    uint64_t groups; /* key-value heads */
    uint64_t attention;
    uint64_t hidden;
};

static struct layer layer_for(uint64_t dim)
{
    struct layer l = {.dim = dim, .head = dim >= 1024 ? 128 : 32};
    l.heads = dim / l.head;
    l.groups = l.heads >= 4 ? l.heads / 4 : l.heads;
    l.attention = 2 * dim * dim + 2 * dim * l.groups * l.head + 2 * dim;
    l.hidden = (dim * 8 / 3 + FIT - 1) / FIT * FIT;
    return l;
}

static uint64_t vocab_for(uint64_t weights)
{
    return weights >= 100000000 ? 32000 : 512;
}

/* How many layers of this width come nearest to the size; 0 if not even one fits. */
static uint64_t layers_for(const struct layer *l, uint64_t weights, uint64_t vocab)
{
    const uint64_t fixed = 2 * vocab * l->dim + l->dim;
    const uint64_t one = l->attention + 3 * l->dim * l->hidden;
    if (weights < fixed + one) {
        return 0;
    }
    const uint64_t layers = (weights - fixed + one / 2) / one;
    return layers <= LAYERS_MAX ? layers : 0;
}

/* Of all widths, the one whose depth is nearest to width / 128. */
static bool choose(uint64_t weights, uint64_t vocab, struct layer *out, uint64_t *out_layers)
{
    static const uint64_t dims[] = {64,   128,  256,  512,  768,  1024, 1536,
                                    2048, 2560, 3072, 4096, 5120, 6144, 8192};
    double best = INFINITY;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        const struct layer l = layer_for(dims[i]);
        const uint64_t layers = layers_for(&l, weights, vocab);
        const double off =
            layers == 0 ? INFINITY : fabs(log((double)layers * 128.0 / (double)dims[i]));
        if (off < best) {
            best = off;
            *out = l;
            *out_layers = layers;
        }
    }
    return best < INFINITY;
}

static void add(struct mk_plan *plan, bool is_vector, uint64_t rows, uint64_t cols)
{
    struct mk_item *item = &plan->items[plan->count++];
    item->is_vector = is_vector;
    item->rows = rows;
    item->cols = cols;
    plan->weight_count += rows * cols;
}

static void name(struct mk_plan *plan, const char *text, const char *gguf)
{
    (void)snprintf(plan->items[plan->count - 1].name, TL_NAME_BYTES, "%s", text);
    (void)snprintf(plan->items[plan->count - 1].gguf_name, TL_NAME_BYTES, "%s", gguf);
}

static void add_layer(struct mk_plan *plan, const struct layer *l, uint64_t hidden, size_t layer)
{
    const uint64_t dim = l->dim;
    const uint64_t sizes[TL_PART_COUNT][2] = {
        [TL_ATTN_NORM] = {1, dim},
        [TL_Q] = {dim, dim},
        [TL_K] = {l->groups * l->head, dim},
        [TL_V] = {l->groups * l->head, dim},
        [TL_O] = {dim, dim},
        [TL_MLP_NORM] = {1, dim},
        [TL_GATE] = {hidden, dim},
        [TL_UP] = {hidden, dim},
        [TL_DOWN] = {dim, hidden},
    };
    for (size_t part = 0; part < TL_PART_COUNT; part++) {
        char text[TL_NAME_BYTES];
        char gguf[TL_NAME_BYTES];
        tl_model_part_name(layer, (enum tl_part)part, text);
        tl_gguf_part_name(layer, (enum tl_part)part, gguf);
        add(plan, part == TL_ATTN_NORM || part == TL_MLP_NORM, sizes[part][0], sizes[part][1]);
        name(plan, text, gguf);
    }
}

bool mk_plan_new(uint64_t weights, size_t vocab, struct mk_plan *out, struct tl_err *err)
{
    const uint64_t words = vocab != 0 ? vocab : vocab_for(weights);
    struct layer l = {0};
    uint64_t layers = 0;
    if (!choose(weights, words, &l, &layers)) {
        return tl_fail(err, "no Llama shape has about %llu weights", (unsigned long long)weights);
    }
    /* layers_for() rounds to the nearest, so this cannot go below half the usual width. */
    const uint64_t rest = weights - 2 * words * l.dim - l.dim - layers * l.attention;
    const uint64_t hidden = rest / (3 * l.dim * layers) / FIT * FIT;
    struct mk_plan plan = {.shape = {.vocab = (size_t)words,
                                     .dim = (size_t)l.dim,
                                     .layers = (size_t)layers,
                                     .heads = (size_t)l.heads,
                                     .hidden = (size_t)hidden,
                                     .context = 4096,
                                     .norm_eps = 1e-5F,
                                     .rope_theta = 10000.0F},
                           .key_value_heads = l.groups};
    plan.items = tl_alloc((size_t)layers * TL_PART_COUNT + 3, sizeof *plan.items);
    add(&plan, false, words, l.dim);
    name(&plan, "model.embed_tokens.weight", "token_embd.weight");
    for (size_t layer = 0; layer < layers; layer++) {
        add_layer(&plan, &l, hidden, layer);
    }
    add(&plan, true, 1, l.dim);
    name(&plan, "model.norm.weight", "output_norm.weight");
    add(&plan, false, words, l.dim);
    name(&plan, "lm_head.weight", "output.weight");
    *out = plan;
    return true;
}

void mk_plan_clear(struct mk_plan *plan)
{
    free(plan->items);
    *plan = (struct mk_plan){0};
}
