/* SPDX-License-Identifier: Apache-2.0 */
#include "pass.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "pass_state.h"

static float *floats(size_t count)
{
    return tl_alloc(count, sizeof(float));
}

static void layer_new(struct tl_layer_state *s, const struct tl_shape *shape, size_t sequences)
{
    const size_t rows = sequences * shape->context;
    float **const streams[] = {&s->in, &s->attn_in,  &s->q,   &s->k,
                               &s->v,  &s->attn_out, &s->mid, &s->mlp_in};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        *streams[i] = floats(rows * shape->dim);
    }
    s->attn_inv = floats(rows);
    s->mlp_inv = floats(rows);
    s->attention = floats(rows * shape->heads * shape->context);
    s->gate = floats(rows * shape->hidden);
    s->up = floats(rows * shape->hidden);
    s->act = floats(rows * shape->hidden);
}

static void layer_clear(struct tl_layer_state *s)
{
    float *const all[] = {s->in,      s->attn_in,   s->attn_inv, s->q,   s->k,
                          s->v,       s->attention, s->attn_out, s->mid, s->mlp_in,
                          s->mlp_inv, s->gate,      s->up,       s->act};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

/* Angles of the rotary embedding (arXiv:2104.09864): position x theta^(-2j / head size). */
static void rope_table(struct tl_pass *pass)
{
    const struct tl_shape *shape = &pass->model->shape;
    const size_t half = shape->dim / shape->heads / 2;
    for (size_t j = 0; j < half; j++) {
        const double rate = pow((double)shape->rope_theta, -(double)j / (double)half);
        for (size_t position = 0; position < shape->context; position++) {
            pass->cosine[position * half + j] = (float)cos((double)position * rate);
            pass->sine[position * half + j] = (float)sin((double)position * rate);
        }
    }
}

static void grads_new(struct tl_pass *pass, const struct tl_shape *shape)
{
    const size_t rows = pass->capacity;
    pass->grads = floats(pass->model->weight_count);
    pass->d_stream = floats(rows * shape->dim);
    pass->d_norm = floats(rows * shape->dim);
    pass->d_q = floats(rows * shape->dim);
    pass->d_k = floats(rows * shape->dim);
    pass->d_v = floats(rows * shape->dim);
    pass->d_scores = floats(TL_BLOCK * shape->context);
    pass->d_act = floats(rows * shape->hidden);
    pass->d_gate = floats(rows * shape->hidden);
    pass->d_up = floats(rows * shape->hidden);
}

struct tl_pass *tl_pass_new(const struct tl_model *model, size_t sequences, bool with_grads)
{
    const struct tl_shape *shape = &model->shape;
    const size_t head = shape->dim / shape->heads;
    const size_t rows = sequences * shape->context;
    struct tl_pass *pass = tl_alloc(1, sizeof *pass);
    pass->model = model;
    pass->capacity = rows;
    pass->layers = tl_alloc(shape->layers, sizeof *pass->layers);
    for (size_t l = 0; l < shape->layers; l++) {
        layer_new(&pass->layers[l], shape, sequences);
    }
    pass->out = floats(rows * shape->dim);
    pass->final = floats(rows * shape->dim);
    pass->final_inv = floats(rows);
    pass->probs = floats(rows * shape->vocab);
    pass->logits = floats(rows * shape->vocab);
    pass->log_sums = tl_alloc(rows, sizeof *pass->log_sums);
    pass->cosine = floats(shape->context * head / 2);
    pass->sine = floats(shape->context * head / 2);
    pass->flip = floats(head * shape->context);
    rope_table(pass);
    if (with_grads) {
        grads_new(pass, shape);
    }
    return pass;
}

void tl_pass_free(struct tl_pass *pass)
{
    if (pass == NULL) {
        return;
    }
    for (size_t l = 0; l < pass->model->shape.layers; l++) {
        layer_clear(&pass->layers[l]);
    }
    free(pass->layers);
    float *const all[] = {pass->out,    pass->final,  pass->final_inv, pass->probs, pass->logits,
                          pass->cosine, pass->sine,   pass->flip,      pass->grads, pass->d_stream,
                          pass->d_norm, pass->d_q,    pass->d_k,       pass->d_v,   pass->d_scores,
                          pass->d_act,  pass->d_gate, pass->d_up};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
    free(pass->log_sums);
    free(pass);
}

static void norm_rows(const struct tl_pass *pass, const float *in, const struct tl_tensor *tensor,
                      float *out, float *inverse)
{
    const size_t dim = pass->model->shape.dim;
    const float *weights = pass->model->weights + tensor->offset;
    for (size_t row = 0; row < pass->sequences * pass->length; row++) {
        const float *x = in + row * dim;
        const float mean = tl_dot(x, x, dim) / (float)dim;
        const float inv = 1.0F / sqrtf(mean + pass->model->shape.norm_eps);
        for (size_t i = 0; i < dim; i++) {
            out[row * dim + i] = weights[i] * (x[i] * inv);
        }
        inverse[row] = inv;
    }
}

/* out = in tensor^T for every row, or added to out. */
static void linear(const struct tl_pass *pass, const float *transposed,
                   const struct tl_tensor *tensor, const float *in, float *out, bool add)
{
    tl_multiply(&(struct tl_product){.m = pass->sequences * pass->length,
                                     .n = tensor->rows,
                                     .k = tensor->cols,
                                     .a = in,
                                     .a_row = tensor->cols,
                                     .a_col = 1,
                                     .b = transposed + tensor->offset,
                                     .b_row = tensor->rows,
                                     .c = out,
                                     .c_row = tensor->rows,
                                     .add = add});
}

void tl_pass_rotate(const struct tl_pass *pass, float *x, float direction)
{
    const size_t dim = pass->model->shape.dim;
    const size_t half = dim / pass->model->shape.heads / 2;
    for (size_t row = 0; row < pass->sequences * pass->length; row++) {
        const float *cosine = pass->cosine + row % pass->length * half;
        const float *sine = pass->sine + row % pass->length * half;
        for (size_t begin = 0; begin < dim; begin += 2 * half) {
            float *left = x + row * dim + begin;
            float *right = left + half;
            for (size_t j = 0; j < half; j++) {
                const float l = left[j];
                const float r = right[j];
                left[j] = l * cosine[j] - direction * (r * sine[j]);
                right[j] = r * cosine[j] + direction * (l * sine[j]);
            }
        }
    }
}

/* Scores to probabilities over the first `valid` of `count` places; the rest become 0. */
static void softmax(float *x, size_t valid, size_t count, float scale)
{
    float top = x[0];
    for (size_t i = 1; i < valid; i++) {
        top = x[i] > top ? x[i] : top;
    }
    float sum = 0;
    for (size_t i = 0; i < valid; i++) {
        x[i] = tl_exp((x[i] - top) * scale);
        sum += x[i];
    }
    for (size_t i = 0; i < valid; i++) {
        x[i] /= sum;
    }
    for (size_t i = valid; i < count; i++) {
        x[i] = 0;
    }
}

/* One head of one sequence. at: of the head's first element in q, k, v and out. */
static void attend(struct tl_pass *pass, const struct tl_layer_state *s, size_t at, float *scores)
{
    const size_t dim = pass->model->shape.dim;
    const size_t head = dim / pass->model->shape.heads;
    const size_t length = pass->length;
    const float scale = 1.0F / sqrtf((float)head);
    tl_transpose(s->k + at, dim, length, head, pass->flip);
    for (size_t i = 0; i < length; i += TL_BLOCK) {
        const size_t rows = length - i < TL_BLOCK ? length - i : TL_BLOCK;
        struct tl_product product = {.m = rows,
                                     .n = i + rows,
                                     .k = head,
                                     .a = s->q + at + i * dim,
                                     .a_row = dim,
                                     .a_col = 1,
                                     .b = pass->flip,
                                     .b_row = length,
                                     .c = scores + i * length,
                                     .c_row = length};
        tl_multiply(&product);
        for (size_t r = 0; r < rows; r++) {
            softmax(scores + (i + r) * length, i + r + 1, i + rows, scale);
        }
        product = (struct tl_product){.m = rows,
                                      .n = head,
                                      .k = i + rows,
                                      .a = scores + i * length,
                                      .a_row = length,
                                      .a_col = 1,
                                      .b = s->v + at,
                                      .b_row = dim,
                                      .c = s->attn_out + at + i * dim,
                                      .c_row = dim};
        tl_multiply(&product);
    }
}

static void attention_block(struct tl_pass *pass, const float *transposed, size_t layer)
{
    const struct tl_model *model = pass->model;
    const struct tl_layer_state *s = &pass->layers[layer];
    const size_t dim = model->shape.dim;
    const size_t head = dim / model->shape.heads;
    const size_t square = pass->length * pass->length;
    norm_rows(pass, s->in, tl_model_part(model, layer, TL_ATTN_NORM), s->attn_in, s->attn_inv);
    linear(pass, transposed, tl_model_part(model, layer, TL_Q), s->attn_in, s->q, false);
    linear(pass, transposed, tl_model_part(model, layer, TL_K), s->attn_in, s->k, false);
    linear(pass, transposed, tl_model_part(model, layer, TL_V), s->attn_in, s->v, false);
    tl_pass_rotate(pass, s->q, 1);
    tl_pass_rotate(pass, s->k, 1);
    for (size_t seq = 0; seq < pass->sequences; seq++) {
        for (size_t h = 0; h < model->shape.heads; h++) {
            attend(pass, s, seq * pass->length * dim + h * head,
                   s->attention + (seq * model->shape.heads + h) * square);
        }
    }
    memcpy(s->mid, s->in, pass->sequences * pass->length * dim * sizeof *s->mid);
    linear(pass, transposed, tl_model_part(model, layer, TL_O), s->attn_out, s->mid, true);
}

static void mlp_block(struct tl_pass *pass, const float *transposed, size_t layer, float *out)
{
    const struct tl_model *model = pass->model;
    const struct tl_layer_state *s = &pass->layers[layer];
    const size_t rows = pass->sequences * pass->length;
    norm_rows(pass, s->mid, tl_model_part(model, layer, TL_MLP_NORM), s->mlp_in, s->mlp_inv);
    linear(pass, transposed, tl_model_part(model, layer, TL_GATE), s->mlp_in, s->gate, false);
    linear(pass, transposed, tl_model_part(model, layer, TL_UP), s->mlp_in, s->up, false);
    for (size_t i = 0; i < rows * model->shape.hidden; i++) {
        const float sigmoid = 1.0F / (1.0F + tl_exp(-s->gate[i]));
        s->act[i] = s->gate[i] * sigmoid * s->up[i];
    }
    memcpy(out, s->mid, rows * model->shape.dim * sizeof *out);
    linear(pass, transposed, tl_model_part(model, layer, TL_DOWN), s->act, out, true);
}

/* The stream that leaves a layer enters the next one, or the head. */
static float *layer_out(struct tl_pass *pass, size_t layer)
{
    return layer + 1 < pass->model->shape.layers ? pass->layers[layer + 1].in : pass->out;
}

static void predict(struct tl_pass *pass, const float *transposed)
{
    const size_t vocab = pass->model->shape.vocab;
    norm_rows(pass, pass->out, tl_model_norm(pass->model), pass->final, pass->final_inv);
    linear(pass, transposed, tl_model_embedding(pass->model), pass->final, pass->logits, false);
    for (size_t row = 0; row < pass->sequences * pass->length; row++) {
        const float *logits = pass->logits + row * vocab;
        float *probs = pass->probs + row * vocab;
        float top = logits[0];
        for (size_t i = 1; i < vocab; i++) {
            top = logits[i] > top ? logits[i] : top;
        }
        float sum = 0;
        for (size_t i = 0; i < vocab; i++) {
            probs[i] = tl_exp(logits[i] - top);
            sum += probs[i];
        }
        for (size_t i = 0; i < vocab; i++) {
            probs[i] /= sum;
        }
        pass->log_sums[row] = (double)top + log((double)sum);
    }
}

void tl_pass_forward(struct tl_pass *pass, const float *transposed, const uint16_t *tokens,
                     size_t sequences, size_t length)
{
    const struct tl_model *model = pass->model;
    const size_t dim = model->shape.dim;
    assert(length <= model->shape.context);
    assert(sequences * length <= pass->capacity);
    pass->sequences = sequences;
    pass->length = length;
    for (size_t row = 0; row < sequences * length; row++) {
        assert(tokens[row] < model->shape.vocab);
        memcpy(pass->layers[0].in + row * dim, model->weights + tokens[row] * dim,
               dim * sizeof(float));
    }
    for (size_t layer = 0; layer < model->shape.layers; layer++) {
        attention_block(pass, transposed, layer);
        mlp_block(pass, transposed, layer, layer_out(pass, layer));
    }
    predict(pass, transposed);
}

const float *tl_pass_probabilities(const struct tl_pass *pass, size_t row)
{
    return pass->probs + row * pass->model->shape.vocab;
}

double tl_pass_loss(const struct tl_pass *pass, const uint16_t *targets)
{
    double sum = 0;
    for (size_t row = 0; row < pass->sequences * pass->length; row++) {
        sum += pass->log_sums[row] -
               (double)pass->logits[row * pass->model->shape.vocab + targets[row]];
    }
    return sum;
}
