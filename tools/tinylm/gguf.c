/* SPDX-License-Identifier: Apache-2.0 */
#include "gguf.h"

#include <stdio.h>
#include <string.h>

#include "tokenizer.h"

#define VERSION 3

/* Metadata value types. */
enum {
    TYPE_U32 = 4,
    TYPE_I32 = 5,
    TYPE_F32 = 6,
    TYPE_BOOL = 7,
    TYPE_STRING = 8,
    TYPE_ARRAY = 9,
};

void tl_gguf_clear(struct tl_gguf *gguf)
{
    tl_buf_clear(&gguf->meta);
    tl_buf_clear(&gguf->tensors);
}

static void put_text(struct tl_buf *buf, const char *text)
{
    const size_t len = strlen(text);
    tl_buf_u64(buf, len);
    tl_buf_put(buf, text, len);
}

static void put_key(struct tl_gguf *gguf, const char *key, uint32_t type)
{
    put_text(&gguf->meta, key);
    tl_buf_u32(&gguf->meta, type);
    gguf->meta_count++;
}

static void put_u32(struct tl_gguf *gguf, const char *key, uint64_t value)
{
    put_key(gguf, key, TYPE_U32);
    tl_buf_u32(&gguf->meta, (uint32_t)value);
}

static void put_f32(struct tl_gguf *gguf, const char *key, float value)
{
    put_key(gguf, key, TYPE_F32);
    tl_buf_f32(&gguf->meta, value);
}

static void put_bool(struct tl_gguf *gguf, const char *key, bool value)
{
    put_key(gguf, key, TYPE_BOOL);
    const uint8_t byte = value ? 1 : 0;
    tl_buf_put(&gguf->meta, &byte, 1);
}

static void put_string(struct tl_gguf *gguf, const char *key, const char *value)
{
    put_key(gguf, key, TYPE_STRING);
    put_text(&gguf->meta, value);
}

static void put_array(struct tl_gguf *gguf, const char *key, uint32_t type)
{
    put_key(gguf, key, TYPE_ARRAY);
    tl_buf_u32(&gguf->meta, type);
    tl_buf_u64(&gguf->meta, TL_TOKEN_COUNT);
}

static void vocabulary(struct tl_gguf *gguf)
{
    put_string(gguf, "tokenizer.ggml.model", "llama");
    put_string(gguf, "tokenizer.ggml.pre", "default");
    put_array(gguf, "tokenizer.ggml.tokens", TYPE_STRING);
    for (size_t i = 0; i < TL_TOKEN_COUNT; i++) {
        char text[TL_TOKEN_TEXT_BYTES];
        tl_token_text(i, text);
        put_text(&gguf->meta, text);
    }
    put_array(gguf, "tokenizer.ggml.scores", TYPE_F32);
    for (size_t i = 0; i < TL_TOKEN_COUNT; i++) {
        tl_buf_f32(&gguf->meta, 0);
    }
    put_array(gguf, "tokenizer.ggml.token_type", TYPE_I32);
    for (size_t i = 0; i < TL_TOKEN_COUNT; i++) {
        tl_buf_u32(&gguf->meta, (uint32_t)tl_token_type(i));
    }
    put_u32(gguf, "tokenizer.ggml.unknown_token_id", TL_TOKEN_UNKNOWN);
    put_u32(gguf, "tokenizer.ggml.bos_token_id", TL_TOKEN_BEGIN);
    put_u32(gguf, "tokenizer.ggml.eos_token_id", TL_TOKEN_END);
    put_bool(gguf, "tokenizer.ggml.add_bos_token", true);
    put_bool(gguf, "tokenizer.ggml.add_eos_token", false);
    put_bool(gguf, "tokenizer.ggml.add_space_prefix", false);
}

void tl_gguf_llama(struct tl_gguf *gguf, const struct tl_shape *shape, size_t key_value_heads,
                   const char *name, enum tl_gguf_type type)
{
    put_string(gguf, "general.architecture", "llama");
    put_string(gguf, "general.name", name);
    put_u32(gguf, "general.alignment", TL_GGUF_ALIGNMENT);
    put_u32(gguf, "general.file_type", (uint32_t)type);
    put_u32(gguf, "llama.vocab_size", shape->vocab);
    put_u32(gguf, "llama.context_length", shape->context);
    put_u32(gguf, "llama.embedding_length", shape->dim);
    put_u32(gguf, "llama.block_count", shape->layers);
    put_u32(gguf, "llama.feed_forward_length", shape->hidden);
    put_u32(gguf, "llama.rope.dimension_count", shape->dim / shape->heads);
    put_f32(gguf, "llama.rope.freq_base", shape->rope_theta);
    put_u32(gguf, "llama.attention.head_count", shape->heads);
    put_u32(gguf, "llama.attention.head_count_kv", key_value_heads);
    put_f32(gguf, "llama.attention.layer_norm_rms_epsilon", shape->norm_eps);
    vocabulary(gguf);
}

static uint64_t padded(uint64_t len)
{
    return (len + TL_GGUF_ALIGNMENT - 1) / TL_GGUF_ALIGNMENT * TL_GGUF_ALIGNMENT;
}

uint64_t tl_gguf_tensor(struct tl_gguf *gguf, const char *name, enum tl_gguf_type type,
                        uint64_t rows, uint64_t cols)
{
    put_text(&gguf->tensors, name);
    tl_buf_u32(&gguf->tensors, rows == 0 ? 1 : 2);
    tl_buf_u64(&gguf->tensors, cols); /* the dimension that runs fastest comes first */
    if (rows != 0) {
        tl_buf_u64(&gguf->tensors, rows);
    }
    tl_buf_u32(&gguf->tensors, (uint32_t)type);
    tl_buf_u64(&gguf->tensors, gguf->data_len);
    gguf->tensor_count++;
    const uint64_t len = (rows == 0 ? 1 : rows) * cols * (type == TL_GGUF_F32 ? 4 : 2);
    gguf->data_len += padded(len);
    return len;
}

static void pad(struct tl_buf *buf)
{
    static const uint8_t zeros[TL_GGUF_ALIGNMENT] = {0};
    tl_buf_put(buf, zeros, (size_t)(padded(buf->len) - buf->len));
}

void tl_gguf_head(const struct tl_gguf *gguf, struct tl_buf *out)
{
    tl_buf_put(out, "GGUF", 4);
    tl_buf_u32(out, VERSION);
    tl_buf_u64(out, gguf->tensor_count);
    tl_buf_u64(out, gguf->meta_count);
    tl_buf_put(out, gguf->meta.at, gguf->meta.len);
    tl_buf_put(out, gguf->tensors.at, gguf->tensors.len);
    pad(out);
}

void tl_gguf_part_name(size_t layer, enum tl_part part, char out[TL_NAME_BYTES])
{
    static const char *const names[TL_PART_COUNT] = {
        [TL_ATTN_NORM] = "attn_norm",
        [TL_Q] = "attn_q",
        [TL_K] = "attn_k",
        [TL_V] = "attn_v",
        [TL_O] = "attn_output",
        [TL_MLP_NORM] = "ffn_norm",
        [TL_GATE] = "ffn_gate",
        [TL_UP] = "ffn_up",
        [TL_DOWN] = "ffn_down",
    };
    (void)snprintf(out, TL_NAME_BYTES, "blk.%zu.%s.weight", layer, names[part]);
}

/* The row of the Hugging Face matrix that is row `row` of the query or key matrix in GGUF. */
static size_t turned_row(const struct tl_shape *shape, size_t row)
{
    const size_t head = shape->dim / shape->heads;
    const size_t in_head = row % head;
    return row - in_head + in_head % 2 * (head / 2) + in_head / 2;
}

static void put_weights(const struct tl_model *model, size_t index, bool turned, struct tl_buf *out)
{
    const struct tl_tensor *t = &model->tensors[index];
    for (size_t row = 0; row < t->rows; row++) {
        const size_t from = turned ? turned_row(&model->shape, row) : row;
        for (size_t col = 0; col < t->cols; col++) {
            tl_buf_f32(out, model->weights[t->offset + from * t->cols + col]);
        }
    }
    pad(out);
}

bool tl_gguf_write(const struct tl_model *model, const char *name, const char *path,
                   struct tl_err *err)
{
    TL_AUTO_GGUF gguf = {0};
    TL_AUTO_BUF data = {0};
    tl_gguf_llama(&gguf, &model->shape, model->shape.heads, name, TL_GGUF_F32);
    for (size_t i = 0; i < model->tensor_count; i++) {
        const struct tl_tensor *t = &model->tensors[i];
        char text[TL_NAME_BYTES] = "token_embd.weight";
        bool turned = false;
        if (i + 1 == model->tensor_count) {
            (void)snprintf(text, sizeof text, "output_norm.weight");
        } else if (i > 0) {
            const size_t part = (i - 1) % TL_PART_COUNT;
            tl_gguf_part_name((i - 1) / TL_PART_COUNT, (enum tl_part)part, text);
            turned = part == TL_Q || part == TL_K;
        }
        (void)tl_gguf_tensor(&gguf, text, TL_GGUF_F32, t->is_vector ? 0 : t->rows, t->cols);
        put_weights(model, i, turned, &data);
    }
    TL_AUTO_BUF file = {0};
    tl_gguf_head(&gguf, &file);
    tl_buf_put(&file, data.at, data.len);
    return tl_file_write(NULL, path, &file, err);
}
