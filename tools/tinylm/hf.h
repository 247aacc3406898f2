/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_HF_H
#define TL_HF_H

#include "model.h"

/*
 * A model as a Hugging Face folder: config.json, generation_config.json, tokenizer.json,
 * tokenizer_config.json, README.md, two F32 safetensors shards and model.safetensors.index.json.
 */

/* What the model card says of how the model came about. */
struct tl_card {
    const char *size;
    uint64_t seed;
    size_t steps;
    size_t text_len; /* bytes */
    size_t train_len;
    double train_loss; /* nats per byte */
    double held_out_loss;
};

/* The same model and card give the same bytes. Makes the folder; replaces files of these names. */
bool tl_hf_write(const struct tl_model *model, const struct tl_card *card, const char *dir,
                 struct tl_err *err) SR_MUST_USE;

/*
 * Load a folder as a plain loader does: config.json, the index, then each tensor out of the mapped
 * shard that the index names; model.safetensors alone if there is no index.
 *
 * dir     every file in it is hostile
 * errors  a file that is missing, malformed or truncated; a model that is not a Llama model of the
 *         kind in model.h; a tensor of another shape
 */
bool tl_hf_read(const char *dir, struct tl_model **out, struct tl_err *err) SR_MUST_USE;

#endif /* TL_HF_H */
