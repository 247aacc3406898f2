/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/gguf.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/dtype.h"
#include "formats/nameset.h"
#include "formats/quote.h"

/* Types of values, as the file numbers them. */
enum {
    TYPE_U8 = 0,
    TYPE_I8 = 1,
    TYPE_U16 = 2,
    TYPE_I16 = 3,
    TYPE_U32 = 4,
    TYPE_I32 = 5,
    TYPE_BOOL = 7,
    TYPE_STRING = 8,
    TYPE_ARRAY = 9,
    TYPE_U64 = 10,
    TYPE_I64 = 11,
    TYPE_COUNT = 13,
};

/* Bytes of a value; 0 for those that have a length of their own. */
static const uint8_t TYPE_BYTES[TYPE_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

#define KEY_BYTES_MAX 65535
#define NAME_BYTES_MAX 63
#define DIMS_MAX 4
#define ALIGNMENT_DEFAULT 32

struct decoder {
    struct sr_reader r; /* over the head */
    uint64_t head_bytes;
    uint64_t file_bytes;
    uint64_t tensor_count;
    uint64_t kv_count;
    uint64_t alignment;
    uint64_t data_begin; /* 0 until it is known */
    uint64_t data_used;  /* sum of the padded sizes of the tensors so far */
    uint64_t last_end;   /* of the data of the last tensor so far, without padding */
    struct sr_tensors *tensors;
    void (*visit)(void *ctx, const struct sr_gguf_value *value); /* NULL: nobody asks */
    void *ctx;
    struct sr_bytes key; /* of the value that is being read */
    bool is_array;
    struct sr_err *err;
};

struct info {
    struct sr_bytes name;
    const struct sr_dtype *dtype;
    uint32_t rank;
    uint64_t shape[DIMS_MAX];
    uint64_t offset; /* of the data, from data_begin */
    uint64_t bytes;
};

bool sr_gguf_is_name(struct sr_bytes path)
{
    struct sr_bytes suffix = sr_text_view(".gguf");
    return path.len > suffix.len &&
           memcmp(path.ptr + path.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

/* The head ended: because the file does, because metadata is too long, or to be asked for more. */
static enum sr_status head_ends(const struct decoder *d, const char *field)
{
    if (d->head_bytes == d->file_bytes) {
        return sr_fail(d->err, SR_TRUNCATED, "%s at byte %zu: the file ends at byte %" PRIu64,
                       field, d->r.offset, d->file_bytes);
    }
    if (d->head_bytes == SR_LIMIT_GGUF_HEADER_BYTES) { /* U-21 */
        return sr_fail(d->err, SR_TOO_LARGE, "%s at byte %zu: metadata is over %" PRIu64 " bytes",
                       field, d->r.offset, SR_LIMIT_GGUF_HEADER_BYTES);
    }
    return sr_fail(d->err, SR_TRUNCATED, "%s at byte %zu: %" PRIu64 " bytes are not enough", field,
                   d->r.offset, d->head_bytes);
}

static enum sr_status read_u32(struct decoder *d, const char *field, uint32_t *out)
{
    return sr_reader_u32le(&d->r, out) == SR_OK ? SR_OK : head_ends(d, field);
}

static enum sr_status read_u64(struct decoder *d, const char *field, uint64_t *out)
{
    return sr_reader_u64le(&d->r, out) == SR_OK ? SR_OK : head_ends(d, field);
}

/* Take count items of item_bytes each, or say why not: the same whatever the head's length. */
static enum sr_status take_items(struct decoder *d, const char *field, uint64_t count,
                                 uint64_t item_bytes, struct sr_bytes *out)
{
    uint64_t left = d->file_bytes - d->r.offset;
    if (count > left / item_bytes) { /* U-5, U-9 */
        return sr_fail(d->err, SR_MALFORMED,
                       "%s at byte %zu: %" PRIu64 " items of %" PRIu64
                       " bytes, but the file has %" PRIu64 " bytes left",
                       field, d->r.offset, count, item_bytes, left);
    }
    if (sr_reader_take(&d->r, (size_t)(count * item_bytes), out) != SR_OK) {
        return head_ends(d, field);
    }
    return SR_OK;
}

static enum sr_status read_string(struct decoder *d, const char *field, uint64_t bytes_max,
                                  struct sr_bytes *out)
{
    uint64_t len = 0;
    SR_TRY(read_u64(d, field, &len));
    if (len > bytes_max) {
        return sr_fail(d->err, SR_TOO_LARGE,
                       "%s at byte %zu: %" PRIu64 " bytes, the limit is %" PRIu64, field,
                       d->r.offset, len, bytes_max);
    }
    return take_items(d, field, len, 1, out);
}

static enum sr_status check_bools(const struct decoder *d, struct sr_bytes values)
{
    for (size_t i = 0; i < values.len; i++) {
        if (values.ptr[i] > 1) { /* U-10 */
            return sr_fail(d->err, SR_MALFORMED, "value at byte %zu: bool is 0x%02x",
                           d->r.offset - values.len + i, values.ptr[i]);
        }
    }
    return SR_OK;
}

static void tell_text(const struct decoder *d, struct sr_bytes text)
{
    if (d->visit == NULL) {
        return;
    }
    struct sr_gguf_value value = {.key = d->key,
                                  .is_text = true,
                                  .is_element = d->is_array,
                                  .text = text,
                                  .offset = d->r.offset - text.len};
    d->visit(d->ctx, &value);
}

/* Whether values of a type are integers, and signed ones. */
static bool is_integer(uint32_t type, bool *out_has_sign)
{
    *out_has_sign = type == TYPE_I8 || type == TYPE_I16 || type == TYPE_I32 || type == TYPE_I64;
    return *out_has_sign || type == TYPE_U8 || type == TYPE_U16 || type == TYPE_U32 ||
           type == TYPE_U64;
}

/* One integer; floats, booleans and arrays of numbers are of no interest. */
static void tell_number(const struct decoder *d, uint32_t type, struct sr_bytes bytes)
{
    bool has_sign = false;
    if (d->visit == NULL || d->is_array || !is_integer(type, &has_sign)) {
        return;
    }
    struct sr_gguf_value value = {
        .key = d->key, .is_number = true, .offset = d->r.offset - bytes.len};
    for (size_t i = bytes.len; i > 0; i--) {
        value.number = value.number << 8 | bytes.ptr[i - 1];
    }
    if (!has_sign || bytes.ptr[bytes.len - 1] < 0x80) {
        d->visit(d->ctx, &value);
    }
}

/* So many values of a type that is no array. *out is set to the bytes of all but strings. */
static enum sr_status read_values(struct decoder *d, uint32_t type, uint64_t count,
                                  struct sr_bytes *out)
{
    if (type == TYPE_STRING) {
        for (uint64_t i = 0; i < count; i++) {
            SR_TRY(read_string(d, "string", UINT64_MAX, out));
            tell_text(d, *out);
        }
        return SR_OK;
    }
    SR_TRY(take_items(d, "value", count, TYPE_BYTES[type], out));
    tell_number(d, type, *out);
    return type == TYPE_BOOL ? check_bools(d, *out) : SR_OK;
}

static enum sr_status read_type(struct decoder *d, const char *field, uint32_t *out)
{
    uint32_t type = 0;
    SR_TRY(read_u32(d, field, &type));
    if (type >= TYPE_COUNT) { /* U-8, U-9 */
        return sr_fail(d->err, SR_MALFORMED, "%s before byte %zu: %" PRIu32 " is not known", field,
                       d->r.offset, type);
    }
    *out = type;
    return SR_OK;
}

static enum sr_status read_array(struct decoder *d)
{
    uint32_t type = 0;
    uint64_t count = 0;
    struct sr_bytes values;
    SR_TRY(read_type(d, "array type", &type));
    if (type == TYPE_ARRAY) { /* U-9 */
        return sr_fail(d->err, SR_MALFORMED, "array type before byte %zu: array of arrays",
                       d->r.offset);
    }
    SR_TRY(read_u64(d, "array length", &count));
    return read_values(d, type, count, &values);
}

/* U-11 */
static enum sr_status set_alignment(struct decoder *d, uint32_t type, struct sr_bytes value)
{
    if (type != TYPE_U32) {
        return sr_fail(d->err, SR_MALFORMED, "type is %" PRIu32 ", not %d (u32)", type, TYPE_U32);
    }
    uint32_t alignment = 0;
    struct sr_reader r = sr_reader(value);
    SR_TRY(sr_reader_u32le(&r, &alignment));
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        return sr_fail(d->err, SR_MALFORMED, "%" PRIu32 " is not a power of two", alignment);
    }
    if (alignment > SR_LIMIT_GGUF_ALIGNMENT) {
        return sr_fail(d->err, SR_TOO_LARGE, "%" PRIu32 " is over %" PRIu64, alignment,
                       SR_LIMIT_GGUF_ALIGNMENT);
    }
    d->alignment = alignment;
    return SR_OK;
}

static enum sr_status read_value(struct decoder *d, struct sr_bytes key)
{
    uint32_t type = 0;
    struct sr_bytes value;
    SR_TRY(read_type(d, "type", &type));
    d->key = key;
    d->is_array = type == TYPE_ARRAY;
    if (type == TYPE_ARRAY) {
        SR_TRY(read_array(d));
    } else {
        SR_TRY(read_values(d, type, 1, &value));
    }
    if (sr_text_equal(key, sr_text_view("general.alignment"))) {
        return set_alignment(d, type, value);
    }
    return SR_OK;
}

static enum sr_status read_key(struct decoder *d, struct sr_nameset *keys, struct sr_bytes *out)
{
    struct sr_bytes key;
    SR_TRY(read_string(d, "key", KEY_BYTES_MAX, &key)); /* U-6 */
    size_t at = d->r.offset - key.len;
    if (key.len == 0) { /* U-6 */
        return sr_fail(d->err, SR_MALFORMED, "key at byte %zu: empty", at);
    }
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] <= 0x20 || key.ptr[i] >= 0x7f) { /* U-6 */
            return sr_fail(d->err, SR_MALFORMED, "key at byte %zu: 0x%02x is not printable ASCII",
                           at, key.ptr[i]);
        }
    }
    enum sr_status status = sr_nameset_add(keys, key);
    if (status == SR_CONFLICT) { /* U-7 */
        return sr_fail(d->err, SR_MALFORMED, "key '%s' at byte %zu: there twice",
                       sr_quote(key).text, at);
    }
    if (status != SR_OK) {
        return sr_fail(d->err, status, "no memory for %zu keys", sr_nameset_count(keys));
    }
    *out = key;
    return SR_OK;
}

static enum sr_status read_keys(struct decoder *d)
{
    SR_AUTO(sr_nameset) keys = NULL;
    if (sr_nameset_new(&keys) != SR_OK) {
        return sr_fail(d->err, SR_NO_MEMORY, "no memory");
    }
    for (uint64_t i = 0; i < d->kv_count; i++) {
        struct sr_bytes key;
        SR_TRY(read_key(d, keys, &key));
        enum sr_status status = read_value(d, key);
        if (status != SR_OK) {
            return sr_context(d->err, status, "key '%s'", sr_quote(key).text);
        }
    }
    return SR_OK;
}

static enum sr_status read_header(struct decoder *d)
{
    struct sr_bytes magic;
    uint32_t version = 0;
    if (sr_reader_take(&d->r, 4, &magic) != SR_OK) { /* U-1 */
        return head_ends(d, "magic");
    }
    if (!sr_text_equal(magic, sr_text_view("GGUF"))) { /* U-1 */
        return sr_fail(d->err, SR_MALFORMED, "magic at byte 0: not 'GGUF'");
    }
    SR_TRY(read_u32(d, "version", &version));
    if (version != 2 && version != 3) { /* U-2; a big-endian 2 or 3 has its low half empty */
        return sr_fail(
            d->err, SR_MALFORMED, "version at byte 4: %s%" PRIu32,
            version != 0 && version % 65536 == 0 ? "big-endian file, " : "not 2 or 3: ", version);
    }
    SR_TRY(read_u64(d, "tensor count", &d->tensor_count));
    SR_TRY(read_u64(d, "key count", &d->kv_count));
    if (d->tensor_count > SR_LIMIT_TENSORS) { /* U-3 */
        return sr_fail(d->err, SR_TOO_LARGE, "tensor count at byte 8: %" PRIu64 " is over %d",
                       d->tensor_count, SR_LIMIT_TENSORS);
    }
    if (d->kv_count > SR_LIMIT_GGUF_KEYS) { /* U-4 */
        return sr_fail(d->err, SR_TOO_LARGE, "key count at byte 16: %" PRIu64 " is over %d",
                       d->kv_count, SR_LIMIT_GGUF_KEYS);
    }
    return SR_OK;
}

static enum sr_status read_shape(struct decoder *d, struct info *info)
{
    SR_TRY(read_u32(d, "rank", &info->rank));
    if (info->rank > DIMS_MAX) { /* U-14 */
        return sr_fail(d->err, SR_MALFORMED, "rank before byte %zu: %" PRIu32 " is over %d",
                       d->r.offset, info->rank, DIMS_MAX);
    }
    for (uint32_t i = 0; i < info->rank; i++) {
        SR_TRY(read_u64(d, "dimension", &info->shape[i]));
    }
    return SR_OK;
}

/* The size of the data, from shape and type. */
static enum sr_status set_bytes(const struct decoder *d, struct info *info)
{
    uint64_t elements = 0;
    if (!sr_dtype_elements(info->shape, (uint8_t)info->rank, &elements) || elements > INT64_MAX) {
        return sr_fail(d->err, SR_MALFORMED, "shape: 2^63 elements or more"); /* U-15 */
    }
    for (uint32_t i = 0; i < info->rank; i++) {
        if (info->shape[i] > INT64_MAX) { /* U-15 */
            return sr_fail(d->err, SR_MALFORMED, "shape: dimension %" PRIu64 " is negative",
                           info->shape[i]);
        }
    }
    uint64_t row = info->rank > 0 ? info->shape[0] : 1;
    if (row % info->dtype->block_elements != 0) { /* U-17 */
        return sr_fail(d->err, SR_MALFORMED,
                       "shape: a row of %" PRIu64 " is not in blocks of %u as %s has", row,
                       info->dtype->block_elements, info->dtype->name);
    }
    if (!sr_dtype_bytes(info->dtype, elements, &info->bytes)) { /* U-15 */
        return sr_fail(d->err, SR_MALFORMED, "shape: the size overflows");
    }
    return SR_OK;
}

static uint64_t padded(const struct decoder *d, uint64_t bytes)
{
    return (bytes + d->alignment - 1) & ~(d->alignment - 1);
}

/* U-18, and that the sums cannot overflow: what is counted is never far beyond the file. */
static enum sr_status place_data(struct decoder *d, const struct info *info)
{
    if (info->offset != d->data_used) {
        return sr_fail(d->err, SR_MALFORMED,
                       "offset before byte %zu: %" PRIu64 " is not %" PRIu64
                       ", the padded end of the tensor before it",
                       d->r.offset, info->offset, d->data_used);
    }
    if (d->data_used > d->file_bytes || info->bytes > d->file_bytes - d->data_used) { /* U-20 */
        return sr_fail(d->err, SR_MALFORMED,
                       "%" PRIu64 " bytes at %" PRIu64 " are past the end of a file of %" PRIu64,
                       info->bytes, info->offset, d->file_bytes);
    }
    d->last_end = d->data_used + info->bytes;
    d->data_used += padded(d, info->bytes);
    return SR_OK;
}

static enum sr_status add_tensor(struct decoder *d, const struct info *info)
{
    struct sr_tensor tensor = {
        .name = info->name,
        .dtype = info->dtype->name,
        .rank = (uint8_t)info->rank,
        .shape = info->shape,
        .begin = d->data_begin + info->offset,
        .end = d->data_begin + info->offset + info->bytes,
    };
    enum sr_status status = sr_tensors_add(d->tensors, &tensor);
    if (status == SR_CONFLICT) { /* U-13 */
        return sr_fail(d->err, SR_MALFORMED, "there twice");
    }
    return status == SR_OK ? SR_OK : sr_fail(d->err, status, "no memory for the tensor");
}

static enum sr_status read_info(struct decoder *d, struct info *info)
{
    uint32_t type = 0;
    SR_TRY(read_shape(d, info));
    SR_TRY(read_u32(d, "type", &type));
    info->dtype = sr_dtype_by_gguf_type(type);
    if (info->dtype == NULL) { /* U-16 */
        return sr_fail(d->err, SR_MALFORMED, "type before byte %zu: %" PRIu32 " is not known",
                       d->r.offset, type);
    }
    SR_TRY(read_u64(d, "offset", &info->offset));
    SR_TRY(set_bytes(d, info));
    SR_TRY(place_data(d, info));
    return d->data_begin > 0 ? add_tensor(d, info) : SR_OK;
}

/*
 * The tensor infos are read twice: they have to be read to know where the data begins, and that has
 * to be known to add a tensor.
 */
static enum sr_status read_infos(struct decoder *d)
{
    d->data_used = 0;
    d->last_end = 0;
    for (uint64_t i = 0; i < d->tensor_count; i++) {
        struct info info = {0};
        SR_TRY(read_string(d, "tensor name", NAME_BYTES_MAX, &info.name)); /* U-12 */
        size_t at = d->r.offset - info.name.len;
        if (info.name.len == 0 || !sr_text_is_utf8(info.name)) { /* U-12 */
            return sr_fail(d->err, SR_MALFORMED, "tensor name at byte %zu: empty or not UTF-8", at);
        }
        enum sr_status status = read_info(d, &info);
        if (status != SR_OK) {
            return sr_context(d->err, status, "tensor '%s' at byte %zu", sr_quote(info.name).text,
                              at);
        }
    }
    return SR_OK;
}

/* U-19, U-20: what there is between the infos and the data, and after the data. */
static enum sr_status check_ends(struct decoder *d)
{
    uint64_t infos_end = d->r.offset;
    uint64_t data_begin = padded(d, infos_end);
    uint64_t data_end = d->tensor_count > 0 ? data_begin + d->last_end : infos_end;
    if (d->file_bytes < data_end) {
        return sr_fail(d->err, SR_MALFORMED,
                       "the data ends at byte %" PRIu64 ", the file at %" PRIu64, data_end,
                       d->file_bytes);
    }
    if (d->file_bytes > data_begin + d->data_used) {
        return sr_fail(d->err, SR_MALFORMED, "%" PRIu64 " bytes after the data, at byte %" PRIu64,
                       d->file_bytes - data_begin - d->data_used, data_begin + d->data_used);
    }
    uint64_t padding_end = data_begin < d->file_bytes ? data_begin : d->file_bytes;
    struct sr_bytes padding;
    if (sr_reader_take(&d->r, (size_t)(padding_end - infos_end), &padding) != SR_OK) {
        return head_ends(d, "padding");
    }
    for (size_t i = 0; i < padding.len; i++) {
        if (padding.ptr[i] != 0) {
            return sr_fail(d->err, SR_MALFORMED, "padding at byte %" PRIu64 " is 0x%02x",
                           infos_end + i, padding.ptr[i]);
        }
    }
    d->data_begin = data_begin;
    return SR_OK;
}

static enum sr_status decode(struct decoder *d)
{
    SR_TRY(read_header(d));
    SR_TRY(read_keys(d));
    struct sr_reader infos = d->r;
    SR_TRY(read_infos(d));
    SR_TRY(check_ends(d));
    d->r = infos;
    return read_infos(d);
}

static enum sr_status decode_head(struct sr_bytes head, uint64_t file_bytes,
                                  void (*visit)(void *ctx, const struct sr_gguf_value *value),
                                  void *ctx, struct sr_tensors **out, struct sr_err *err)
{
    /* Nothing after these is looked at, so that what is said does not depend on how long head is.
     */
    uint64_t head_bytes = head.len < file_bytes ? head.len : file_bytes;
    if (head_bytes > SR_LIMIT_GGUF_HEADER_BYTES) {
        head_bytes = SR_LIMIT_GGUF_HEADER_BYTES;
    }
    SR_AUTO(sr_tensors) tensors = NULL;
    if (sr_tensors_new(&tensors) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "gguf: no memory");
    }
    struct decoder d = {
        .r = sr_reader(sr_bytes(head.ptr, (size_t)head_bytes)),
        .head_bytes = head_bytes,
        .file_bytes = file_bytes,
        .alignment = ALIGNMENT_DEFAULT,
        .tensors = tensors,
        .visit = visit,
        .ctx = ctx,
        .err = err,
    };
    enum sr_status status = decode(&d);
    if (status != SR_OK) {
        return sr_context(err, status, "gguf");
    }
    *out = SR_TAKE(tensors);
    return SR_OK;
}

enum sr_status sr_gguf_decode(struct sr_bytes head, uint64_t file_bytes, struct sr_tensors **out,
                              struct sr_err *err)
{
    return decode_head(head, file_bytes, NULL, NULL, out, err);
}

enum sr_status sr_gguf_walk(struct sr_bytes file,
                            void (*visit)(void *ctx, const struct sr_gguf_value *value), void *ctx,
                            struct sr_tensors **out, struct sr_err *err)
{
    return decode_head(file, file.len, visit, ctx, out, err);
}
