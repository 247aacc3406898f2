/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "matrix.h"
#include "random.h"

#define DIM_MAX 8192
#define HIDDEN_MAX 65536
#define LAYERS_MAX 128
#define VOCAB_MAX 1048576
#define CONTEXT_MAX 4096
#define WEIGHTS_MAX ((size_t)1 << 30)

static bool shape_check(const struct tl_shape *s, struct tl_err *err)
{
    const struct {
        const char *name;
        size_t value;
        size_t max;
    } sizes[] = {
        {"vocabulary", s->vocab, VOCAB_MAX},          {"hidden size", s->dim, DIM_MAX},
        {"number of layers", s->layers, LAYERS_MAX},  {"number of heads", s->heads, DIM_MAX},
        {"intermediate size", s->hidden, HIDDEN_MAX}, {"context", s->context, CONTEXT_MAX},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i].value < 1 || sizes[i].value > sizes[i].max) {
            return tl_fail(err, "a %s of %zu is not from 1 to %zu", sizes[i].name, sizes[i].value,
                           sizes[i].max);
        }
    }
    if (s->dim % (2 * s->heads) != 0) {
        return tl_fail(err, "a hidden size of %zu does not divide into %zu heads of even size",
                       s->dim, s->heads);
    }
    if (!(s->norm_eps > 0) || !(s->norm_eps < 1) || !(s->rope_theta > 1) ||
        !(s->rope_theta < 1e9F)) {
        return tl_fail(err, "the model's norm epsilon or rotary base is out of range");
    }
    return true;
}

static void add_tensor(struct tl_model *model, bool is_vector, size_t rows, size_t cols)
{
    model->tensors[model->tensor_count++] = (struct tl_tensor){
        .rows = rows, .cols = cols, .is_vector = is_vector, .offset = model->weight_count};
    model->weight_count += rows * cols;
}

void tl_model_part_name(size_t layer, enum tl_part part, char out[TL_NAME_BYTES])
{
    static const char *const names[TL_PART_COUNT] = {
        [TL_ATTN_NORM] = "input_layernorm", [TL_Q] = "self_attn.q_proj",
        [TL_K] = "self_attn.k_proj",        [TL_V] = "self_attn.v_proj",
        [TL_O] = "self_attn.o_proj",        [TL_MLP_NORM] = "post_attention_layernorm",
        [TL_GATE] = "mlp.gate_proj",        [TL_UP] = "mlp.up_proj",
        [TL_DOWN] = "mlp.down_proj",
    };
    (void)snprintf(out, TL_NAME_BYTES, "model.layers.%zu.%s.weight", layer, names[part]);
}

static void add_layer(struct tl_model *model, size_t layer)
{
    const size_t dim = model->shape.dim;
    const size_t hidden = model->shape.hidden;
    const size_t first = model->tensor_count;
    add_tensor(model, true, 1, dim);
    for (unsigned i = 0; i < 4; i++) {
        add_tensor(model, false, dim, dim);
    }
    add_tensor(model, true, 1, dim);
    add_tensor(model, false, hidden, dim);
    add_tensor(model, false, hidden, dim);
    add_tensor(model, false, dim, hidden);
    for (size_t part = 0; part < TL_PART_COUNT; part++) {
        tl_model_part_name(layer, (enum tl_part)part, model->tensors[first + part].name);
    }
}

bool tl_model_new(const struct tl_shape *shape, struct tl_model **out, struct tl_err *err)
{
    if (!shape_check(shape, err)) {
        return false;
    }
    SR_AUTO(tl_model) model = tl_alloc(1, sizeof *model);
    model->shape = *shape;
    model->tensors = tl_alloc(shape->layers * TL_PART_COUNT + 2, sizeof *model->tensors);
    add_tensor(model, false, shape->vocab, shape->dim);
    (void)snprintf(model->tensors[0].name, TL_NAME_BYTES, "model.embed_tokens.weight");
    for (size_t layer = 0; layer < shape->layers; layer++) {
        add_layer(model, layer);
    }
    add_tensor(model, true, 1, shape->dim);
    (void)snprintf(model->tensors[model->tensor_count - 1].name, TL_NAME_BYTES,
                   "model.norm.weight");
    if (model->weight_count > WEIGHTS_MAX) {
        return tl_fail(err, "%zu weights are over the limit of this tool", model->weight_count);
    }
    model->weights = tl_alloc(model->weight_count, sizeof *model->weights);
    *out = SR_TAKE(model);
    return true;
}

void tl_model_free(struct tl_model *model)
{
    if (model != NULL) {
        free(model->tensors);
        free(model->weights);
        free(model);
    }
}

float tl_model_deviation(const struct tl_shape *shape)
{
    return 0.8F / sqrtf((float)shape->dim);
}

void tl_model_init(struct tl_model *model, uint64_t seed)
{
    struct tl_random random = {.state = seed};
    const float deviation = tl_model_deviation(&model->shape);
    /* Each block adds to the same stream: what 2 * layers blocks add must not grow with them. */
    const float last = deviation / sqrtf(2.0F * (float)model->shape.layers);
    for (size_t t = 0; t < model->tensor_count; t++) {
        const struct tl_tensor *tensor = &model->tensors[t];
        const bool in_layer = t > 0 && t + 1 < model->tensor_count;
        const size_t part = (t - 1) % TL_PART_COUNT;
        const bool ends_block = in_layer && (part == TL_O || part == TL_DOWN);
        float *weights = model->weights + tensor->offset;
        for (size_t i = 0; i < tensor->rows * tensor->cols; i++) {
            weights[i] = tensor->is_vector
                             ? 1.0F
                             : tl_random_normal(&random) * (ends_block ? last : deviation);
        }
    }
}

const struct tl_tensor *tl_model_embedding(const struct tl_model *model)
{
    return &model->tensors[0];
}

const struct tl_tensor *tl_model_part(const struct tl_model *model, size_t layer, enum tl_part part)
{
    return &model->tensors[1 + layer * TL_PART_COUNT + (size_t)part];
}

const struct tl_tensor *tl_model_norm(const struct tl_model *model)
{
    return &model->tensors[model->tensor_count - 1];
}

void tl_model_transpose(const struct tl_model *model, float *out)
{
    for (size_t t = 0; t < model->tensor_count; t++) {
        const struct tl_tensor *tensor = &model->tensors[t];
        tl_transpose(model->weights + tensor->offset, tensor->cols, tensor->rows, tensor->cols,
                     out + tensor->offset);
    }
}
