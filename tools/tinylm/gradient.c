/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "matrix.h"
#include "pass_state.h"

static size_t rows_of(const struct tl_pass *pass)
{
    return pass->sequences * pass->length;
}

/* The gradient of linear(): d_in (+)= d_out tensor, and the tensor's own += d_out^T in. */
static void linear_back(struct tl_pass *pass, const struct tl_tensor *tensor, const float *in,
                        const float *d_out, float *d_in, bool add)
{
    tl_multiply(&(struct tl_product){.m = rows_of(pass),
                                     .n = tensor->cols,
                                     .k = tensor->rows,
                                     .a = d_out,
                                     .a_row = tensor->rows,
                                     .a_col = 1,
                                     .b = pass->model->weights + tensor->offset,
                                     .b_row = tensor->cols,
                                     .c = d_in,
                                     .c_row = tensor->cols,
                                     .add = add});
    tl_multiply(&(struct tl_product){.m = tensor->rows,
                                     .n = tensor->cols,
                                     .k = rows_of(pass),
                                     .a = d_out,
                                     .a_row = 1,
                                     .a_col = tensor->rows,
                                     .b = in,
                                     .b_row = tensor->cols,
                                     .c = pass->grads + tensor->offset,
                                     .c_row = tensor->cols,
                                     .add = true});
}

/*
 * The gradient of the norm y = w x r, r = 1 / root mean square of x, added to d_in:
 * dx = r (w dy) - x r^3 / dim * sum(w dy x).
 */
static void norm_back(struct tl_pass *pass, const struct tl_tensor *tensor, const float *in,
                      const float *inverse, const float *d_out, float *d_in)
{
    const size_t dim = tensor->cols;
    const float *weights = pass->model->weights + tensor->offset;
    float *d_weights = pass->grads + tensor->offset;
    for (size_t row = 0; row < rows_of(pass); row++) {
        const float *x = in + row * dim;
        const float *dy = d_out + row * dim;
        float *dx = d_in + row * dim;
        const float inv = inverse[row];
        float sum = 0;
        for (size_t i = 0; i < dim; i++) {
            sum += weights[i] * dy[i] * x[i];
        }
        const float pull = inv * inv * inv * sum / (float)dim;
        for (size_t i = 0; i < dim; i++) {
            d_weights[i] += dy[i] * (x[i] * inv);
            dx[i] += inv * (weights[i] * dy[i]) - x[i] * pull;
        }
    }
}

/* In place: gradient of the probabilities to gradient of the scores before the softmax. */
static void softmax_back(const float *probs, float *d, size_t count, float scale)
{
    const float sum = tl_dot(probs, d, count);
    for (size_t i = 0; i < count; i++) {
        d[i] = probs[i] * (d[i] - sum) * scale;
    }
}

/* One block of queries of one head; see attend(). */
struct block {
    const struct tl_layer_state *state;
    const float *probs; /* of the first query */
    size_t at;          /* of the head's first element for the first token of the sequence */
    size_t first;       /* query */
    size_t rows;        /* queries */
    size_t keys;        /* that the last query sees */
};

/* d_scores = d_out v^T, then back through the softmax. d_out is in d_norm, v^T in flip. */
static void scores_back(struct tl_pass *pass, const struct block *b)
{
    const size_t dim = pass->model->shape.dim;
    const size_t head = dim / pass->model->shape.heads;
    const float scale = 1.0F / sqrtf((float)head);
    tl_multiply(&(struct tl_product){.m = b->rows,
                                     .n = b->keys,
                                     .k = head,
                                     .a = pass->d_norm + b->at + b->first * dim,
                                     .a_row = dim,
                                     .a_col = 1,
                                     .b = pass->flip,
                                     .b_row = pass->length,
                                     .c = pass->d_scores,
                                     .c_row = pass->length});
    for (size_t r = 0; r < b->rows; r++) {
        softmax_back(b->probs + r * pass->length, pass->d_scores + r * pass->length, b->keys,
                     scale);
    }
}

/* out += scores^T in: what each key gets from the queries that see it. */
static void keys_back(const struct tl_pass *pass, const struct block *b, const float *scores,
                      const float *in, float *out)
{
    const size_t dim = pass->model->shape.dim;
    tl_multiply(&(struct tl_product){.m = b->keys,
                                     .n = dim / pass->model->shape.heads,
                                     .k = b->rows,
                                     .a = scores,
                                     .a_row = 1,
                                     .a_col = pass->length,
                                     .b = in + b->at + b->first * dim,
                                     .b_row = dim,
                                     .c = out + b->at,
                                     .c_row = dim,
                                     .add = true});
}

static void attend_block_back(struct tl_pass *pass, const struct block *b)
{
    const size_t dim = pass->model->shape.dim;
    keys_back(pass, b, b->probs, pass->d_norm, pass->d_v);
    scores_back(pass, b);
    keys_back(pass, b, pass->d_scores, b->state->q, pass->d_k);
    /* d_q = d_scores k */
    tl_multiply(&(struct tl_product){.m = b->rows,
                                     .n = dim / pass->model->shape.heads,
                                     .k = b->keys,
                                     .a = pass->d_scores,
                                     .a_row = pass->length,
                                     .a_col = 1,
                                     .b = b->state->k + b->at,
                                     .b_row = dim,
                                     .c = pass->d_q + b->at + b->first * dim,
                                     .c_row = dim});
}

static void attend_back(struct tl_pass *pass, const struct tl_layer_state *s, size_t at,
                        const float *probs)
{
    const size_t dim = pass->model->shape.dim;
    const size_t length = pass->length;
    tl_transpose(s->v + at, dim, length, dim / pass->model->shape.heads, pass->flip);
    for (size_t i = 0; i < length; i += TL_BLOCK) {
        const size_t rows = length - i < TL_BLOCK ? length - i : TL_BLOCK;
        const struct block block = {.state = s,
                                    .probs = probs + i * length,
                                    .at = at,
                                    .first = i,
                                    .rows = rows,
                                    .keys = i + rows};
        attend_block_back(pass, &block);
    }
}

static void attention_back(struct tl_pass *pass, size_t layer)
{
    const struct tl_model *model = pass->model;
    const struct tl_layer_state *s = &pass->layers[layer];
    const size_t dim = model->shape.dim;
    const size_t head = dim / model->shape.heads;
    const size_t length = pass->length;
    linear_back(pass, tl_model_part(model, layer, TL_O), s->attn_out, pass->d_stream, pass->d_norm,
                false);
    memset(pass->d_k, 0, rows_of(pass) * dim * sizeof *pass->d_k);
    memset(pass->d_v, 0, rows_of(pass) * dim * sizeof *pass->d_v);
    for (size_t seq = 0; seq < pass->sequences; seq++) {
        for (size_t h = 0; h < model->shape.heads; h++) {
            const size_t at = seq * length * dim + h * head;
            attend_back(pass, s, at,
                        s->attention + (seq * model->shape.heads + h) * length * length);
        }
    }
    tl_pass_rotate(pass, pass->d_q, -1);
    tl_pass_rotate(pass, pass->d_k, -1);
    linear_back(pass, tl_model_part(model, layer, TL_Q), s->attn_in, pass->d_q, pass->d_norm,
                false);
    linear_back(pass, tl_model_part(model, layer, TL_K), s->attn_in, pass->d_k, pass->d_norm, true);
    linear_back(pass, tl_model_part(model, layer, TL_V), s->attn_in, pass->d_v, pass->d_norm, true);
    norm_back(pass, tl_model_part(model, layer, TL_ATTN_NORM), s->in, s->attn_inv, pass->d_norm,
              pass->d_stream);
}

static void mlp_back(struct tl_pass *pass, size_t layer)
{
    const struct tl_model *model = pass->model;
    const struct tl_layer_state *s = &pass->layers[layer];
    linear_back(pass, tl_model_part(model, layer, TL_DOWN), s->act, pass->d_stream, pass->d_act,
                false);
    for (size_t i = 0; i < rows_of(pass) * model->shape.hidden; i++) {
        const float gate = s->gate[i];
        const float sigmoid = 1.0F / (1.0F + tl_exp(-gate));
        const float slope = sigmoid * (1.0F + gate * (1.0F - sigmoid));
        pass->d_gate[i] = pass->d_act[i] * s->up[i] * slope;
        pass->d_up[i] = pass->d_act[i] * (gate * sigmoid);
    }
    linear_back(pass, tl_model_part(model, layer, TL_GATE), s->mlp_in, pass->d_gate, pass->d_norm,
                false);
    linear_back(pass, tl_model_part(model, layer, TL_UP), s->mlp_in, pass->d_up, pass->d_norm,
                true);
    norm_back(pass, tl_model_part(model, layer, TL_MLP_NORM), s->mid, s->mlp_inv, pass->d_norm,
              pass->d_stream);
}

const float *tl_pass_backward(struct tl_pass *pass, const uint16_t *tokens, const uint16_t *targets,
                              float scale)
{
    assert(pass->grads != NULL);
    const struct tl_model *model = pass->model;
    const size_t dim = model->shape.dim;
    const size_t vocab = model->shape.vocab;
    memset(pass->grads, 0, model->weight_count * sizeof *pass->grads);
    for (size_t row = 0; row < rows_of(pass); row++) {
        float *d_logits = pass->probs + row * vocab;
        d_logits[targets[row]] -= 1.0F;
        for (size_t i = 0; i < vocab; i++) {
            d_logits[i] *= scale;
        }
    }
    linear_back(pass, tl_model_embedding(model), pass->final, pass->probs, pass->d_norm, false);
    memset(pass->d_stream, 0, rows_of(pass) * dim * sizeof *pass->d_stream);
    norm_back(pass, tl_model_norm(model), pass->out, pass->final_inv, pass->d_norm, pass->d_stream);
    for (size_t layer = model->shape.layers; layer-- > 0;) {
        mlp_back(pass, layer);
        attention_back(pass, layer);
    }
    for (size_t row = 0; row < rows_of(pass); row++) {
        tl_add(pass->grads + tokens[row] * dim, pass->d_stream + row * dim, dim);
    }
    return pass->grads;
}
