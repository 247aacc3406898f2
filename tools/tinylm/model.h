/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_MODEL_H
#define TL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "file.h"

/*
 * A Llama model as Hugging Face transformers defines it (LlamaForCausalLM): its shape, its tensors
 * by name, and all weights in one array. Query, key and value have the same number of heads, no
 * layer has a bias, and the output head is the embedding (tie_word_embeddings).
 */
struct tl_shape {
    size_t vocab;
    size_t dim;    /* hidden_size, a multiple of 2 * heads */
    size_t layers; /* num_hidden_layers */
    size_t heads;
    size_t hidden;  /* intermediate_size of the SwiGLU */
    size_t context; /* max_position_embeddings: tokens, the begin token included */
    float norm_eps;
    float rope_theta;
};

/* Where a tensor stands in a layer, and so in the array: the embedding, layer by layer, the norm.
 */
enum tl_part {
    TL_ATTN_NORM,
    TL_Q,
    TL_K,
    TL_V,
    TL_O,
    TL_MLP_NORM,
    TL_GATE,
    TL_UP,
    TL_DOWN,
    TL_PART_COUNT
};

#define TL_NAME_BYTES 64

struct tl_tensor {
    char name[TL_NAME_BYTES]; /* as in the Hugging Face folder */
    size_t rows;              /* outputs; 1 for a norm */
    size_t cols;              /* inputs */
    bool is_vector;           /* written with one dimension, and not decayed */
    size_t offset;            /* of its first element in the array; row-major */
};

struct tl_model {
    struct tl_shape shape;
    struct tl_tensor *tensors;
    size_t tensor_count;
    float *weights;
    size_t weight_count;
};

/*
 * A model with all weights zero. The caller frees it.
 *
 * errors  a shape that is not consistent or over the limits of this tool (dim 8192, 128 layers,
 *         2^30 weights)
 */
bool tl_model_new(const struct tl_shape *shape, struct tl_model **out,
                  struct tl_err *err) SR_MUST_USE;
void tl_model_free(struct tl_model *model);
SR_DEFINE_AUTO(tl_model)

/*
 * The deviation of the start values. The 0.02 of large models belongs to a hidden size of some
 * thousands; at 128 it leaves the model at the frequencies of single letters for hundreds of steps.
 */
float tl_model_deviation(const struct tl_shape *shape);

/* Start values: norms 1, matrices normal with that deviation, less for those that end a block. */
void tl_model_init(struct tl_model *model, uint64_t seed);

/* The name of a part, as in the Hugging Face folder. */
void tl_model_part_name(size_t layer, enum tl_part part, char out[TL_NAME_BYTES]);

const struct tl_tensor *tl_model_embedding(const struct tl_model *model);
const struct tl_tensor *tl_model_part(const struct tl_model *model, size_t layer,
                                      enum tl_part part);
const struct tl_tensor *tl_model_norm(const struct tl_model *model);

/*
 * Every matrix of the model transposed, at the same offset as the matrix: what a forward pass
 * multiplies with. out has weight_count elements.
 */
void tl_model_transpose(const struct tl_model *model, float *out);

#endif /* TL_MODEL_H */
