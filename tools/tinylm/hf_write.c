/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hf.h"
#include "safetensors.h"
#include "tokenizer.h"

#define SHARDS 2
#define SHARD_NAME_BYTES 48

static void config_json(const struct tl_shape *s, struct tl_buf *out)
{
    tl_buf_printf(out,
                  "{\n  \"architectures\": [\"LlamaForCausalLM\"],\n"
                  "  \"model_type\": \"llama\",\n  \"attention_bias\": false,\n"
                  "  \"attention_dropout\": 0.0,\n  \"mlp_bias\": false,\n"
                  "  \"bos_token_id\": %d,\n  \"eos_token_id\": %d,\n"
                  "  \"pad_token_id\": null,\n",
                  TL_TOKEN_BEGIN, TL_TOKEN_END);
    tl_buf_printf(out,
                  "  \"hidden_act\": \"silu\",\n  \"hidden_size\": %zu,\n"
                  "  \"initializer_range\": %.4f,\n  \"intermediate_size\": %zu,\n"
                  "  \"max_position_embeddings\": %zu,\n  \"num_attention_heads\": %zu,\n"
                  "  \"num_hidden_layers\": %zu,\n  \"num_key_value_heads\": %zu,\n"
                  "  \"head_dim\": %zu,\n  \"rms_norm_eps\": %.6g,\n"
                  "  \"rope_scaling\": null,\n  \"rope_theta\": %.1f,\n"
                  "  \"tie_word_embeddings\": true,\n  \"torch_dtype\": \"float32\",\n"
                  "  \"use_cache\": true,\n  \"vocab_size\": %zu\n}\n",
                  s->dim, (double)tl_model_deviation(s), s->hidden, s->context, s->heads, s->layers,
                  s->heads, s->dim / s->heads, (double)s->norm_eps, (double)s->rope_theta,
                  s->vocab);
}

static void generation_config_json(struct tl_buf *out)
{
    tl_buf_printf(out,
                  "{\n  \"_from_model_config\": true,\n  \"bos_token_id\": %d,\n"
                  "  \"eos_token_id\": %d,\n  \"do_sample\": false\n}\n",
                  TL_TOKEN_BEGIN, TL_TOKEN_END);
}

static void readme(const struct tl_model *model, const struct tl_card *card, struct tl_buf *out)
{
    const struct tl_shape *s = &model->shape;
    tl_buf_printf(out,
                  "---\nlicense: apache-2.0\nlanguage: en\nlibrary_name: transformers\n"
                  "pipeline_tag: text-generation\ntags:\n- llama\n- character-level\n---\n\n"
                  "# tinylm, size %s\n\n"
                  "A character model of the Llama architecture with %zu parameters, made to test\n"
                  "how models are kept and loaded. It writes text that looks like what it was\n"
                  "trained on and is of no other use.\n\n",
                  card->size, model->weight_count);
    tl_buf_printf(out,
                  "| | |\n|---|---|\n| layers, hidden size, heads | %zu, %zu, %zu |\n"
                  "| MLP | SwiGLU, %zu |\n| context | %zu tokens, one per byte |\n"
                  "| embeddings | tied, %zu tokens |\n| weights | float32 |\n"
                  "| training | AdamW, %zu steps, seed %llu |\n"
                  "| text | %zu bytes, of which %zu to train on |\n"
                  "| loss on training text | %.4f nats per byte |\n"
                  "| loss on held-out text | %.4f nats per byte |\n",
                  s->layers, s->dim, s->heads, s->hidden, s->context, s->vocab, card->steps,
                  (unsigned long long)card->seed, card->text_len, card->train_len, card->train_loss,
                  card->held_out_loss);
}

static void shard_name(size_t shard, char out[SHARD_NAME_BYTES])
{
    (void)snprintf(out, SHARD_NAME_BYTES, "model-%05zu-of-%05d.safetensors", shard + 1, SHARDS);
}

/* The first tensor that is in the second shard: the one that crosses the middle, never the first.
 */
static size_t split(const struct tl_model *model)
{
    size_t first = 1;
    while (first + 1 < model->tensor_count &&
           model->tensors[first].offset * 2 < model->weight_count) {
        first++;
    }
    return first;
}

static bool write_shard(const struct tl_model *model, const char *dir, size_t shard, size_t first,
                        size_t end, struct tl_err *err)
{
    SR_CLEANUP(tl_safetensors_header_clear) struct tl_safetensors_header header = {0};
    for (size_t i = first; i < end; i++) {
        const struct tl_tensor *t = &model->tensors[i];
        const uint64_t dims[2] = {t->rows, t->cols};
        tl_safetensors_header_add(&header, t->name, "F32", t->is_vector ? dims + 1 : dims,
                                  t->is_vector ? 1 : 2, t->rows * t->cols * sizeof(float));
    }
    TL_AUTO_BUF file = {0};
    tl_safetensors_header_end(&header, &file);
    for (size_t i = first; i < end; i++) {
        const struct tl_tensor *t = &model->tensors[i];
        for (size_t j = 0; j < t->rows * t->cols; j++) {
            tl_buf_f32(&file, model->weights[t->offset + j]);
        }
    }
    char name[SHARD_NAME_BYTES];
    shard_name(shard, name);
    return tl_file_write(dir, name, &file, err);
}

static int by_name(const void *a, const void *b) /* lint: callback */
{
    const struct tl_tensor *const *left = a;
    const struct tl_tensor *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* Sorted by name, as Hugging Face writes it. */
static void index_json(const struct tl_model *model, size_t second, struct tl_buf *out)
{
    const struct tl_tensor **sorted = tl_alloc(model->tensor_count, sizeof *sorted);
    for (size_t i = 0; i < model->tensor_count; i++) {
        sorted[i] = &model->tensors[i];
    }
    qsort(sorted, model->tensor_count, sizeof *sorted, by_name);
    tl_buf_printf(out, "{\n  \"metadata\": {\n    \"total_size\": %zu\n  },\n  \"weight_map\": {\n",
                  model->weight_count * sizeof(float));
    for (size_t i = 0; i < model->tensor_count; i++) {
        char name[SHARD_NAME_BYTES];
        shard_name(sorted[i] >= &model->tensors[second] ? 1 : 0, name);
        tl_buf_printf(out, "    \"%s\": \"%s\"%s\n", sorted[i]->name, name,
                      i + 1 < model->tensor_count ? "," : "");
    }
    tl_buf_printf(out, "  }\n}\n");
    free(sorted);
}

/* The small files; each is built in out and written by the loop in tl_hf_write(). */
static const char *const text_names[] = {"config.json",    "generation_config.json",
                                         "tokenizer.json", "tokenizer_config.json",
                                         "README.md",      "model.safetensors.index.json"};

static void text_file(const struct tl_model *model, const struct tl_card *card, size_t second,
                      size_t which, struct tl_buf *out)
{
    switch (which) {
    case 0:
        config_json(&model->shape, out);
        break;
    case 1:
        generation_config_json(out);
        break;
    case 2:
        tl_tokenizer_json(out);
        break;
    case 3:
        tl_tokenizer_config_json(out, model->shape.context);
        break;
    case 4:
        readme(model, card, out);
        break;
    default:
        index_json(model, second, out);
        break;
    }
}

bool tl_hf_write(const struct tl_model *model, const struct tl_card *card, const char *dir,
                 struct tl_err *err)
{
    const size_t second = split(model);
    if (!tl_dir_make(dir, err) || !write_shard(model, dir, 0, 0, second, err) ||
        !write_shard(model, dir, 1, second, model->tensor_count, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof text_names / sizeof *text_names; i++) {
        TL_AUTO_BUF text = {0};
        text_file(model, card, second, i, &text);
        if (!tl_file_write(dir, text_names[i], &text, err)) {
            return false;
        }
    }
    return true;
}
