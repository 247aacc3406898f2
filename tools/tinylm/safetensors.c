/* SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES_MAX 100000000
#define PREFIX_BYTES 8

static const struct {
    const char *name;
    uint64_t bytes;
} dtypes[] = {
    {"F32", 4}, {"BF16", 2}, {"F16", 2},  {"F64", 8},     {"I64", 8},
    {"I32", 4}, {"I16", 2},  {"I8", 1},   {"U64", 8},     {"U32", 4},
    {"U16", 2}, {"U8", 1},   {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1},
};

static uint64_t load_u64(const uint8_t *at)
{
    uint64_t value = 0;
    for (size_t i = PREFIX_BYTES; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

static bool wrong(const struct tl_safetensors *file, const struct tl_json_value *entry,
                  const char *what, struct tl_err *err)
{
    const int len = entry->key_len < 128 ? (int)entry->key_len : 128;
    return tl_fail(err, "'%s': tensor '%.*s': %s", file->path, len, entry->key, what);
}

static bool read_dtype(const struct tl_json_value *value, struct tl_safetensor *out,
                       uint64_t *out_bytes)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (tl_json_is(value, dtypes[i].name)) {
            memcpy(out->dtype, dtypes[i].name, strlen(dtypes[i].name) + 1);
            *out_bytes = dtypes[i].bytes;
            return true;
        }
    }
    return false;
}

/* Elements: the product of the dimensions, each checked against 2^48 so that nothing wraps. */
static bool read_shape(const struct tl_json *json, size_t at, struct tl_safetensor *out)
{
    const uint64_t limit = UINT64_C(1) << 48;
    if (json->values[at].kind != TL_JSON_ARRAY) {
        return false;
    }
    out->count = 1;
    for (size_t i = tl_json_first(at); i < tl_json_end(json, at); i = tl_json_next(json, i)) {
        uint64_t dim = 0;
        if (out->rank == TL_RANK_MAX || !tl_json_u64(&json->values[i], limit, &dim)) {
            return false;
        }
        if (dim != 0 && out->count > limit / dim) {
            return false;
        }
        out->dims[out->rank++] = dim;
        out->count *= dim;
    }
    return true;
}

static bool read_offsets(const struct tl_safetensors *file, size_t at, struct tl_safetensor *out)
{
    const struct tl_json *json = &file->header;
    if (json->values[at].kind != TL_JSON_ARRAY) {
        return false;
    }
    uint64_t offsets[2];
    size_t count = 0;
    for (size_t i = tl_json_first(at); i < tl_json_end(json, at); i = tl_json_next(json, i)) {
        if (count == 2 || !tl_json_u64(&json->values[i], file->data_len, &offsets[count])) {
            return false;
        }
        count++;
    }
    if (count != 2 || offsets[0] > offsets[1]) {
        return false;
    }
    out->at = file->data + offsets[0];
    out->len = (size_t)(offsets[1] - offsets[0]);
    return true;
}

static bool read_entry(const struct tl_safetensors *file, size_t index, struct tl_safetensor *out,
                       struct tl_err *err)
{
    const struct tl_json *json = &file->header;
    const struct tl_json_value *entry = &json->values[index];
    const size_t dtype = tl_json_find(json, index, "dtype");
    const size_t shape = tl_json_find(json, index, "shape");
    const size_t offsets = tl_json_find(json, index, "data_offsets");
    struct tl_safetensor tensor = {0};
    uint64_t bytes = 0;
    if (dtype == 0 || shape == 0 || offsets == 0) {
        return wrong(file, entry, "no dtype, shape or data_offsets", err);
    }
    if (!read_dtype(&json->values[dtype], &tensor, &bytes)) {
        return wrong(file, entry, "unknown dtype", err);
    }
    if (!read_shape(json, shape, &tensor)) {
        return wrong(file, entry, "malformed shape", err);
    }
    if (!read_offsets(file, offsets, &tensor)) {
        return wrong(file, entry, "data_offsets are malformed or outside the file", err);
    }
    if (tensor.count * bytes != tensor.len) {
        return wrong(file, entry, "its shape and dtype do not make its length", err);
    }
    *out = tensor;
    return true;
}

static bool is_metadata(const struct tl_json_value *entry)
{
    return tl_json_key_is(entry, "__metadata__");
}

static bool check_entries(const struct tl_safetensors *file, struct tl_err *err)
{
    const struct tl_json *json = &file->header;
    uint64_t sum = 0;
    for (size_t i = tl_json_first(0); i < tl_json_end(json, 0); i = tl_json_next(json, i)) {
        if (is_metadata(&json->values[i])) {
            continue;
        }
        struct tl_safetensor tensor;
        if (!read_entry(file, i, &tensor, err)) {
            return false;
        }
        sum += tensor.len;
    }
    if (sum != file->data_len) {
        return tl_fail(err,
                       "'%s': the tensors are %llu bytes and the data %zu; truncated or padded",
                       file->path, (unsigned long long)sum, file->data_len);
    }
    return true;
}

bool tl_safetensors_open(const char *path, struct tl_safetensors *out, struct tl_err *err)
{
    TL_AUTO_SAFETENSORS file = {0};
    if (!tl_map_open(path, &file.map, err)) {
        return false;
    }
    file.path = tl_text_copy(path);
    if (file.map.len < PREFIX_BYTES) {
        return tl_fail(err, "'%s': %zu bytes are too few for a header length", path, file.map.len);
    }
    const uint64_t header_len = load_u64(file.map.at);
    if (header_len > HEADER_BYTES_MAX || header_len > file.map.len - PREFIX_BYTES) {
        return tl_fail(err, "'%s': a header of %llu bytes does not fit into the file", path,
                       (unsigned long long)header_len);
    }
    file.data = file.map.at + PREFIX_BYTES + header_len;
    file.data_len = file.map.len - PREFIX_BYTES - (size_t)header_len;
    if (!tl_json_parse((const char *)file.map.at + PREFIX_BYTES, (size_t)header_len, file.path,
                       &file.header, err)) {
        return false;
    }
    if (file.header.values[0].kind != TL_JSON_OBJECT) {
        return tl_fail(err, "'%s': the header is not an object", path);
    }
    if (!check_entries(&file, err)) {
        return false;
    }
    *out = file;
    file = (struct tl_safetensors){0};
    return true;
}

void tl_safetensors_close(struct tl_safetensors *file)
{
    tl_json_clear(&file->header);
    tl_map_close(&file->map);
    free(file->path);
    *file = (struct tl_safetensors){0};
}

bool tl_safetensors_find(const struct tl_safetensors *file, const char *name,
                         struct tl_safetensor *out, struct tl_err *err)
{
    const size_t at = tl_json_find(&file->header, 0, name);
    if (at == 0 || is_metadata(&file->header.values[at])) {
        return tl_fail(err, "'%s': no tensor '%s'", file->path, name);
    }
    return read_entry(file, at, out, err);
}

static uint32_t load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float from_f32(const uint8_t *at)
{
    return from_bits(load_u32(at));
}

static float from_bf16(const uint8_t *at)
{
    return from_bits((uint32_t)at[0] << 16 | (uint32_t)at[1] << 24);
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
static float from_f16(const uint8_t *at)
{
    const uint32_t half = (uint32_t)at[0] | (uint32_t)at[1] << 8;
    const uint32_t sign = (half & 0x8000) << 16;
    const uint32_t exponent = half >> 10 & 0x1F;
    const uint32_t fraction = half & 0x3FF;
    if (exponent == 0x1F) {
        return from_bits(sign | 0x7F800000 | fraction << 13);
    }
    if (exponent == 0) {
        const float small = (float)fraction * 0x1p-24F;
        return sign != 0 ? -small : small;
    }
    return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

bool tl_safetensor_floats(const struct tl_safetensors *file, const char *name,
                          const struct tl_safetensor *tensor, float *out, struct tl_err *err)
{
    static const struct {
        const char *dtype;
        size_t bytes;
        float (*load)(const uint8_t *at);
    } loads[] = {{"F32", 4, from_f32}, {"BF16", 2, from_bf16}, {"F16", 2, from_f16}};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        if (strcmp(tensor->dtype, loads[i].dtype) == 0) {
            for (uint64_t j = 0; j < tensor->count; j++) {
                out[j] = loads[i].load(tensor->at + j * loads[i].bytes);
            }
            return true;
        }
    }
    return tl_fail(err, "'%s': tensor '%s': dtype '%s' cannot be computed with", file->path, name,
                   tensor->dtype);
}

void tl_safetensors_header_add(struct tl_safetensors_header *header, const char *name,
                               const char *dtype, const uint64_t *dims, size_t rank, uint64_t len)
{
    if (header->json.len == 0) {
        tl_buf_printf(&header->json, "{\"__metadata__\":{\"format\":\"pt\"}");
    }
    tl_buf_printf(&header->json, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", name, dtype);
    for (size_t i = 0; i < rank; i++) {
        tl_buf_printf(&header->json, "%s%llu", i > 0 ? "," : "", (unsigned long long)dims[i]);
    }
    tl_buf_printf(&header->json, "],\"data_offsets\":[%llu,%llu]}",
                  (unsigned long long)header->offset, (unsigned long long)(header->offset + len));
    header->offset += len;
}

void tl_safetensors_header_end(struct tl_safetensors_header *header, struct tl_buf *out)
{
    tl_buf_put(&header->json, "}", 1);
    while (header->json.len % PREFIX_BYTES != 0) {
        tl_buf_put(&header->json, " ", 1);
    }
    tl_buf_u64(out, header->json.len);
    tl_buf_put(out, header->json.at, header->json.len);
}

void tl_safetensors_header_clear(struct tl_safetensors_header *header)
{
    tl_buf_clear(&header->json);
    header->offset = 0;
}
