/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hf.h"
#include "json.h"
#include "safetensors.h"
#include "tokenizer.h"

#define CONFIG "config.json"
#define INDEX "model.safetensors.index.json"
#define SINGLE "model.safetensors"
#define SHARDS_MAX 1024
#define SHARD_NAME_BYTES 128
#define NUMBER_BYTES_MAX 40

/* A mapped file and what it says. */
struct document {
    struct tl_map map;
    struct tl_json json;
    char *path;
};

static void document_close(struct document *d)
{
    tl_json_clear(&d->json);
    tl_map_close(&d->map);
    free(d->path);
    *d = (struct document){0};
}

static bool document_open(const char *dir, const char *name, struct document *d, struct tl_err *err)
{
    d->path = tl_path_join(dir, name);
    return tl_map_open(d->path, &d->map, err) &&
           tl_json_parse((const char *)d->map.at, d->map.len, d->path, &d->json, err);
}

/* A field that may be absent, and is then `fallback`. */
static bool read_float(const struct tl_json *json, const char *key, float fallback, float *out,
                       struct tl_err *err)
{
    const size_t at = tl_json_find(json, 0, key);
    *out = fallback;
    if (at == 0) {
        return true;
    }
    const struct tl_json_value *value = &json->values[at];
    if (value->kind != TL_JSON_NUMBER || value->len > NUMBER_BYTES_MAX) {
        return tl_fail(err, "'%s': field '%s' is not a number", json->source, key);
    }
    char text[NUMBER_BYTES_MAX + 1] = {0};
    memcpy(text, value->text, value->len);
    *out = strtof(text, NULL);
    return true;
}

/* A field must be absent or have exactly this value (as text in JSON, without quotes). */
static bool require(const struct tl_json *json, const char *key, enum tl_json_kind kind,
                    const char *text, struct tl_err *err)
{
    const size_t at = tl_json_find(json, 0, key);
    const struct tl_json_value *value = &json->values[at];
    if (at == 0 || (value->kind == kind && (text == NULL || tl_json_is(value, text)))) {
        return true;
    }
    return tl_fail(err, "'%s': field '%s' has a value that this tool does not compute with",
                   json->source, key);
}

static bool check_kind(const struct tl_json *json, struct tl_err *err)
{
    if (json->values[0].kind != TL_JSON_OBJECT) {
        return tl_fail(err, "'%s': not an object", json->source);
    }
    if (tl_json_find(json, 0, "model_type") == 0) {
        return tl_fail(err, "'%s': no field 'model_type'", json->source);
    }
    return require(json, "model_type", TL_JSON_STRING, "llama", err) &&
           require(json, "hidden_act", TL_JSON_STRING, "silu", err) &&
           require(json, "attention_bias", TL_JSON_FALSE, NULL, err) &&
           require(json, "mlp_bias", TL_JSON_FALSE, NULL, err) &&
           require(json, "rope_scaling", TL_JSON_NULL, NULL, err) &&
           require(json, "tie_word_embeddings", TL_JSON_TRUE, NULL, err);
}

static bool read_shape(const struct tl_json *json, struct tl_shape *out, struct tl_err *err)
{
    const struct {
        const char *key;
        size_t *out;
    } fields[] = {
        {"vocab_size", &out->vocab},         {"hidden_size", &out->dim},
        {"num_hidden_layers", &out->layers}, {"num_attention_heads", &out->heads},
        {"intermediate_size", &out->hidden}, {"max_position_embeddings", &out->context},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint64_t value = 0;
        if (!tl_json_member_u64(json, 0, fields[i].key, 1U << 24, &value, err)) {
            return false;
        }
        *fields[i].out = (size_t)value;
    }
    uint64_t groups = 0;
    if (!tl_json_member_u64(json, 0, "num_key_value_heads", 1U << 24, &groups, err)) {
        return false;
    }
    if (groups != out->heads) {
        return tl_fail(err, "'%s': grouped key-value heads are not computed with", json->source);
    }
    if (out->vocab != TL_TOKEN_COUNT) {
        return tl_fail(err, "'%s': a vocabulary of %zu is not this tool's of %d", json->source,
                       out->vocab, TL_TOKEN_COUNT);
    }
    return read_float(json, "rms_norm_eps", 1e-6F, &out->norm_eps, err) &&
           read_float(json, "rope_theta", 10000.0F, &out->rope_theta, err);
}

/* The shards of a model, opened when first asked for. */
struct shards {
    const char *dir;
    struct {
        char name[SHARD_NAME_BYTES];
        struct tl_safetensors file;
    } * open;
    size_t count;
};

static void shards_close(struct shards *s)
{
    for (size_t i = 0; i < s->count; i++) {
        tl_safetensors_close(&s->open[i].file);
    }
    free(s->open);
}

static bool shard_find(struct shards *s, const char *name, const struct tl_safetensors **out,
                       struct tl_err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->open[i].name, name) == 0) {
            *out = &s->open[i].file;
            return true;
        }
    }
    if (s->count == SHARDS_MAX) {
        return tl_fail(err, "'%s': more than %d shards", s->dir, SHARDS_MAX);
    }
    TL_AUTO_CHARS path = tl_path_join(s->dir, name);
    if (!tl_safetensors_open(path, &s->open[s->count].file, err)) {
        return false;
    }
    memcpy(s->open[s->count].name, name, strlen(name) + 1);
    *out = &s->open[s->count++].file;
    return true;
}

/* Which shard has the tensor. A name that leads out of the folder is refused. */
static bool shard_of(const struct tl_json *index, const char *tensor, char out[SHARD_NAME_BYTES],
                     struct tl_err *err)
{
    const size_t map = tl_json_find(index, 0, "weight_map");
    const size_t at = map == 0 ? 0 : tl_json_find(index, map, tensor);
    if (at == 0) {
        return tl_fail(err, "'%s': no tensor '%s' in 'weight_map'", index->source, tensor);
    }
    const struct tl_json_value *value = &index->values[at];
    const bool plain = value->kind == TL_JSON_STRING && value->len > 0 &&
                       value->len < SHARD_NAME_BYTES &&
                       memchr(value->text, '/', value->len) == NULL &&
                       memchr(value->text, '\\', value->len) == NULL && value->text[0] != '.';
    if (!plain) {
        return tl_fail(err, "'%s': the file of tensor '%s' has no plain name", index->source,
                       tensor);
    }
    memcpy(out, value->text, value->len);
    out[value->len] = '\0';
    return true;
}

static bool read_tensor(struct shards *shards, const char *shard, struct tl_model *model,
                        const struct tl_tensor *tensor, struct tl_err *err)
{
    const struct tl_safetensors *file = NULL;
    struct tl_safetensor found;
    if (!shard_find(shards, shard, &file, err) ||
        !tl_safetensors_find(file, tensor->name, &found, err)) {
        return false;
    }
    const bool fits = tensor->is_vector ? found.rank == 1 && found.dims[0] == tensor->cols
                                        : found.rank == 2 && found.dims[0] == tensor->rows &&
                                              found.dims[1] == tensor->cols;
    if (!fits) {
        return tl_fail(err, "'%s': tensor '%s' has not the shape that config.json asks for",
                       file->path, tensor->name);
    }
    return tl_safetensor_floats(file, tensor->name, &found, model->weights + tensor->offset, err);
}

/* NaN and infinity would make every later comparison meaningless. */
static bool check_finite(const struct tl_model *model, const char *dir, struct tl_err *err)
{
    for (size_t i = 0; i < model->weight_count; i++) {
        if (!isfinite(model->weights[i])) {
            return tl_fail(err, "'%s': weight %zu is not a finite number", dir, i);
        }
    }
    return true;
}

static bool read_weights(const char *dir, struct tl_model *model, struct tl_err *err)
{
    SR_CLEANUP(document_close) struct document index = {0};
    SR_CLEANUP(shards_close) struct shards shards = {.dir = dir};
    shards.open = tl_alloc(SHARDS_MAX, sizeof *shards.open);
    TL_AUTO_CHARS index_path = tl_path_join(dir, INDEX);
    const bool has_index = access(index_path, F_OK) == 0;
    if (has_index && !document_open(dir, INDEX, &index, err)) {
        return false;
    }
    for (size_t i = 0; i < model->tensor_count; i++) {
        char shard[SHARD_NAME_BYTES] = SINGLE;
        if (has_index && !shard_of(&index.json, model->tensors[i].name, shard, err)) {
            return false;
        }
        if (!read_tensor(&shards, shard, model, &model->tensors[i], err)) {
            return false;
        }
    }
    return check_finite(model, dir, err);
}

bool tl_hf_read(const char *dir, struct tl_model **out, struct tl_err *err)
{
    SR_CLEANUP(document_close) struct document config = {0};
    struct tl_shape shape = {0};
    if (!document_open(dir, CONFIG, &config, err) || !check_kind(&config.json, err) ||
        !read_shape(&config.json, &shape, err)) {
        return false;
    }
    SR_AUTO(tl_model) model = NULL;
    struct tl_err why = {0};
    if (!tl_model_new(&shape, &model, &why)) {
        return tl_fail(err, "'%s': %s", config.path, why.text);
    }
    if (!read_weights(dir, model, err)) {
        return false;
    }
    *out = SR_TAKE(model);
    return true;
}
