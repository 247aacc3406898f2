/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_GGUF_H
#define TL_GGUF_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/*
 * GGUF v3 files of Llama models (ggml, docs/gguf.md). This module makes the head of a file, that is
 * metadata and tensor list with padding; the data follows, each tensor padded to TL_GGUF_ALIGNMENT.
 */
#define TL_GGUF_ALIGNMENT 32

enum tl_gguf_type {
    TL_GGUF_F32 = 0,
    TL_GGUF_F16 = 1,
};

/* Start from all zero. */
struct tl_gguf {
    struct tl_buf meta;
    uint64_t meta_count;
    struct tl_buf tensors;
    uint64_t tensor_count;
    uint64_t data_len; /* bytes, with padding */
};
void tl_gguf_clear(struct tl_gguf *gguf);
#define TL_AUTO_GGUF SR_CLEANUP(tl_gguf_clear) struct tl_gguf

/* What llama.cpp needs to know: the shape and the vocabulary of tokenizer.h. */
void tl_gguf_llama(struct tl_gguf *gguf, const struct tl_shape *shape, size_t key_value_heads,
                   const char *name, enum tl_gguf_type type);

/* Add a tensor of rows x cols, or of cols when rows is 0. Returns its length without padding. */
uint64_t tl_gguf_tensor(struct tl_gguf *gguf, const char *name, enum tl_gguf_type type,
                        uint64_t rows, uint64_t cols);

/* The bytes from the magic to where the data begins. */
void tl_gguf_head(const struct tl_gguf *gguf, struct tl_buf *out);

/* The name in GGUF of a tensor: TL_PART_COUNT parts of a layer. */
void tl_gguf_part_name(size_t layer, enum tl_part part, char out[TL_NAME_BYTES]);

/*
 * Write a model in F32 for llama.cpp. The rows of the query and key matrices change places: Hugging
 * Face turns element j of a head with element j + half, llama.cpp turns 2j with 2j + 1.
 */
bool tl_gguf_write(const struct tl_model *model, const char *name, const char *path,
                   struct tl_err *err) SR_MUST_USE;

#endif /* TL_GGUF_H */
