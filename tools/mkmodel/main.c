/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gguf.h"
#include "json.h"
#include "noise.h"
#include "plan.h"
#include "safetensors.h"
#include "tokenizer.h"

/*
 * mkmodel: write a large model of random weights for benchmarks. Memory is one block and the list
 * of tensors, whatever the size. The same arguments give the same bytes.
 */

#define BLOCK_BYTES ((size_t)4 << 20)
#define SHARD_GIB 2.0
#define SHARDS_MAX 999
#define GIB_MAX 4096.0
#define FILE_NAME_BYTES 64
#define EXIT_USAGE 2

static const char usage_text[] =
    "usage: mkmodel --gib N OUTDIR [--shards K] [--seed S]\n"
    "       mkmodel --gib N --gguf FILE [--seed S]\n"
    "\n"
    "  N may have a fraction, such as 0.5. Without --shards a file is begun for every 2 GiB;\n"
    "  --shards 1 makes one file, model.safetensors, and no index.\n";

struct options {
    double gib;
    const char *dir;
    const char *gguf;
    uint64_t shards; /* 0: by size */
    uint64_t seed;
};

struct output {
    int fd;
    char *path;
    struct mk_noise *noise;
    uint16_t *block;
};

static void output_close(struct output *o)
{
    if (o->fd >= 0) {
        (void)close(o->fd);
    }
    free(o->path);
    *o = (struct output){.fd = -1};
}

/* Takes path. */
static bool output_open(struct output *o, char *path, struct tl_err *err)
{
    o->path = path;
    o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return o->fd >= 0 || tl_fail(err, "'%s': %s", path, strerror(errno));
}

static bool write_noise(struct output *o, uint64_t count, struct tl_err *err)
{
    while (count > 0) {
        const size_t most = BLOCK_BYTES / sizeof *o->block;
        const size_t here = count < most ? (size_t)count : most;
        mk_noise_fill(o->noise, o->block, here);
        if (!tl_fd_write(o->fd, o->path, o->block, here * sizeof *o->block, err)) {
            return false;
        }
        count -= here;
    }
    return true;
}

/* Weights of a norm in BF16: 1 and a little more. */
static bool write_norm(struct output *o, uint64_t count, struct tl_err *err)
{
    for (uint64_t i = 0; i < count; i++) {
        o->block[i] = (uint16_t)(0x3F80 | (tl_random_u64(&o->noise->random) & 0x0F));
    }
    return tl_fd_write(o->fd, o->path, o->block, (size_t)count * sizeof *o->block, err);
}

static void shard_name(uint64_t shard, uint64_t shards, char out[FILE_NAME_BYTES])
{
    if (shards == 1) {
        (void)snprintf(out, FILE_NAME_BYTES, "model.safetensors");
    } else {
        (void)snprintf(out, FILE_NAME_BYTES, "model-%05llu-of-%05llu.safetensors",
                       (unsigned long long)shard + 1, (unsigned long long)shards);
    }
}

static uint64_t weights_of(const struct mk_item *item)
{
    return item->rows * item->cols;
}

/* The items of a shard are those that begin in its part of the whole: [*first, *end). */
static size_t shard_end(const struct mk_plan *plan, uint64_t shard, uint64_t shards, size_t first)
{
    uint64_t before = 0;
    for (size_t i = 0; i < first; i++) {
        before += weights_of(&plan->items[i]);
    }
    size_t end = first;
    while (end < plan->count && before * shards < plan->weight_count * (shard + 1)) {
        before += weights_of(&plan->items[end++]);
    }
    return end;
}

static bool write_shard(const struct options *options, const struct mk_plan *plan, struct output *o,
                        const char *name, size_t first, size_t end, struct tl_err *err)
{
    SR_CLEANUP(tl_safetensors_header_clear) struct tl_safetensors_header header = {0};
    for (size_t i = first; i < end; i++) {
        const struct mk_item *item = &plan->items[i];
        const uint64_t dims[2] = {item->rows, item->cols};
        tl_safetensors_header_add(&header, item->name, "BF16", item->is_vector ? dims + 1 : dims,
                                  item->is_vector ? 1 : 2, weights_of(item) * 2);
    }
    TL_AUTO_BUF head = {0};
    tl_safetensors_header_end(&header, &head);
    if (!output_open(o, tl_path_join(options->dir, name), err) ||
        !tl_fd_write(o->fd, o->path, head.at, head.len, err)) {
        return false;
    }
    for (size_t i = first; i < end; i++) {
        const struct mk_item *item = &plan->items[i];
        if (!(item->is_vector ? write_norm(o, item->cols, err)
                              : write_noise(o, weights_of(item), err))) {
            return false;
        }
    }
    return true;
}

static bool write_config(const struct options *options, const struct mk_plan *plan,
                         struct tl_err *err)
{
    const struct tl_shape *s = &plan->shape;
    TL_AUTO_BUF config = {0};
    tl_buf_printf(&config,
                  "{\n  \"architectures\": [\"LlamaForCausalLM\"],\n"
                  "  \"model_type\": \"llama\",\n  \"attention_bias\": false,\n"
                  "  \"bos_token_id\": 1,\n  \"eos_token_id\": 2,\n  \"hidden_act\": \"silu\",\n"
                  "  \"hidden_size\": %zu,\n  \"initializer_range\": 0.02,\n"
                  "  \"intermediate_size\": %zu,\n  \"max_position_embeddings\": %zu,\n"
                  "  \"mlp_bias\": false,\n  \"num_attention_heads\": %zu,\n"
                  "  \"num_hidden_layers\": %zu,\n  \"num_key_value_heads\": %llu,\n",
                  s->dim, s->hidden, s->context, s->heads, s->layers,
                  (unsigned long long)plan->key_value_heads);
    tl_buf_printf(&config,
                  "  \"rms_norm_eps\": %.6g,\n  \"rope_scaling\": null,\n"
                  "  \"rope_theta\": %.1f,\n  \"tie_word_embeddings\": false,\n"
                  "  \"torch_dtype\": \"bfloat16\",\n  \"vocab_size\": %zu\n}\n",
                  (double)s->norm_eps, (double)s->rope_theta, s->vocab);
    return tl_file_write(options->dir, "config.json", &config, err);
}

static bool write_folder(const struct options *options, struct mk_noise *noise, uint16_t *block,
                         struct tl_err *err)
{
    MK_AUTO_PLAN plan = {0};
    const uint64_t weights = (uint64_t)(options->gib * 0x1p30 / 2);
    if (!mk_plan_new(weights, 0, &plan, err) || !tl_dir_make(options->dir, err) ||
        !write_config(options, &plan, err)) {
        return false;
    }
    const uint64_t shards =
        options->shards != 0 ? options->shards : (uint64_t)ceil(options->gib / SHARD_GIB);
    mk_noise_init(noise, options->seed, MK_BF16);
    TL_AUTO_BUF index = {0};
    tl_buf_printf(&index,
                  "{\n  \"metadata\": {\n    \"total_size\": %llu\n  },\n  \"weight_map\": {",
                  (unsigned long long)plan.weight_count * 2);
    size_t first = 0;
    for (uint64_t shard = 0; shard < shards; shard++) {
        SR_CLEANUP(output_close) struct output o = {.fd = -1, .noise = noise, .block = block};
        char name[FILE_NAME_BYTES];
        shard_name(shard, shards, name);
        const size_t end = shard_end(&plan, shard, shards, first);
        if (!write_shard(options, &plan, &o, name, first, end, err)) {
            return false;
        }
        for (size_t i = first; i < end; i++) {
            tl_buf_printf(&index, "%s\n    \"%s\": \"%s\"", i > 0 ? "," : "", plan.items[i].name,
                          name);
        }
        first = end;
    }
    tl_buf_printf(&index, "\n  }\n}\n");
    return shards == 1 || tl_file_write(options->dir, "model.safetensors.index.json", &index, err);
}

/* llama.cpp wants norms in F32; they are all 1. */
static bool write_ones(struct output *o, uint64_t count, struct tl_err *err)
{
    TL_AUTO_BUF ones = {0};
    for (uint64_t i = 0; i < count; i++) {
        tl_buf_f32(&ones, 1.0F);
    }
    return tl_fd_write(o->fd, o->path, ones.at, ones.len, err);
}

static bool write_gguf_data(const struct mk_plan *plan, struct output *o, struct tl_err *err)
{
    static const uint8_t zeros[TL_GGUF_ALIGNMENT] = {0};
    for (size_t i = 0; i < plan->count; i++) {
        const struct mk_item *item = &plan->items[i];
        const uint64_t len = weights_of(item) * (item->is_vector ? 4 : 2);
        const size_t pad = (size_t)(-len % TL_GGUF_ALIGNMENT);
        if (!(item->is_vector ? write_ones(o, item->cols, err)
                              : write_noise(o, weights_of(item), err)) ||
            !tl_fd_write(o->fd, o->path, zeros, pad, err)) {
            return false;
        }
    }
    return true;
}

static bool write_gguf(const struct options *options, struct mk_noise *noise, uint16_t *block,
                       struct tl_err *err)
{
    MK_AUTO_PLAN plan = {0};
    const uint64_t weights = (uint64_t)(options->gib * 0x1p30 / 2);
    if (!mk_plan_new(weights, TL_TOKEN_COUNT, &plan, err)) {
        return false;
    }
    mk_noise_init(noise, options->seed, MK_F16);
    TL_AUTO_GGUF gguf = {0};
    tl_gguf_llama(&gguf, &plan.shape, (size_t)plan.key_value_heads, "mkmodel", TL_GGUF_F16);
    for (size_t i = 0; i < plan.count; i++) {
        const struct mk_item *item = &plan.items[i];
        (void)tl_gguf_tensor(&gguf, item->gguf_name, item->is_vector ? TL_GGUF_F32 : TL_GGUF_F16,
                             item->is_vector ? 0 : item->rows, item->cols);
    }
    TL_AUTO_BUF head = {0};
    tl_gguf_head(&gguf, &head);
    SR_CLEANUP(output_close) struct output o = {.fd = -1, .noise = noise, .block = block};
    return output_open(&o, tl_text_copy(options->gguf), err) &&
           tl_fd_write(o.fd, o.path, head.at, head.len, err) && write_gguf_data(&plan, &o, err);
}

static bool parse_u64(const char *text, uint64_t max, uint64_t *out)
{
    const struct tl_json_value number = {.kind = TL_JSON_NUMBER, .text = text, .len = strlen(text)};
    return number.len > 0 && tl_json_u64(&number, max, out);
}

static bool parse_gib(const char *text, double *out)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0) || value > GIB_MAX) {
        return false;
    }
    *out = value;
    return true;
}

static bool parse_option(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--gib") == 0) {
        return parse_gib(value, &o->gib);
    }
    if (strcmp(name, "--shards") == 0) {
        return parse_u64(value, SHARDS_MAX, &o->shards) && o->shards > 0;
    }
    if (strcmp(name, "--seed") == 0) {
        return parse_u64(value, UINT64_MAX, &o->seed);
    }
    if (strcmp(name, "--gguf") == 0) {
        o->gguf = value;
        return true;
    }
    return false;
}

static bool parse(struct options *o, char *const *args, size_t count)
{
    *o = (struct options){.seed = 1};
    for (size_t i = 0; i < count; i++) {
        if (strncmp(args[i], "--", 2) == 0) {
            if (i + 1 == count || !parse_option(o, args[i], args[i + 1])) {
                return false;
            }
            i++;
        } else if (o->dir == NULL) {
            o->dir = args[i];
        } else {
            return false;
        }
    }
    const bool one_output = (o->dir != NULL) != (o->gguf != NULL);
    return o->gib > 0 && one_output && (o->gguf == NULL || o->shards == 0);
}

int main(int argc, char **argv)
{
    struct options options;
    if (argc < 1 || !parse(&options, argv + 1, (size_t)argc - 1)) {
        (void)fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    struct tl_err err = {0};
    struct mk_noise *noise = tl_alloc(1, sizeof *noise);
    uint16_t *block = tl_alloc(BLOCK_BYTES, 1);
    const bool ok = options.gguf != NULL ? write_gguf(&options, noise, block, &err)
                                         : write_folder(&options, noise, block, &err);
    free(noise);
    free(block);
    if (!ok) {
        (void)fprintf(stderr, "mkmodel: %s\n", err.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
