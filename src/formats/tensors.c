/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tensors.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/writer.h"
#include "formats/dtype.h"
#include "formats/nameset.h"

/* One block of memory for each tensor, so that views stay valid while others are added. */
struct entry {
    struct sr_tensor tensor; /* name and shape point into this block */
    const struct sr_dtype *dtype;
    uint64_t shape[]; /* rank dimensions, then the name's bytes */
};

struct sr_tensors {
    struct entry **entries;
    size_t count;
    size_t capacity;
    struct sr_nameset *names; /* number of a name = index of the entry */
};

#define FIRST_CAPACITY 16

const char *sr_file_kind_name(enum sr_file_kind kind)
{
    static const char *const NAMES[SR_FILE_KIND_COUNT] = {
        [SR_FILE_OTHER] = "other",
        [SR_FILE_SAFETENSORS] = "safetensors",
        [SR_FILE_GGUF] = "gguf",
    };
    assert((unsigned)kind < SR_FILE_KIND_COUNT);
    return NAMES[kind];
}

enum sr_status sr_tensors_new(struct sr_tensors **out)
{
    SR_AUTO(sr_tensors) t = calloc(1, sizeof *t);
    if (t == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_nameset_new(&t->names));
    *out = SR_TAKE(t);
    return SR_OK;
}

void sr_tensors_free(struct sr_tensors *t)
{
    if (t != NULL) {
        for (size_t i = 0; i < t->count; i++) {
            free(t->entries[i]);
        }
        free(t->entries);
        sr_nameset_free(t->names);
        free(t);
    }
}

static enum sr_status reserve(struct sr_tensors *t)
{
    if (t->count < t->capacity) {
        return SR_OK;
    }
    size_t capacity = t->capacity == 0 ? FIRST_CAPACITY : 2 * t->capacity;
    struct entry **entries = calloc(capacity, sizeof(struct entry *));
    if (entries == NULL) {
        return SR_NO_MEMORY;
    }
    if (t->count > 0) {
        memcpy(entries, t->entries, t->count * sizeof(struct entry *));
    }
    free(t->entries);
    t->entries = entries;
    t->capacity = capacity;
    return SR_OK;
}

static enum sr_status copy_of(const struct sr_tensor *tensor, const struct sr_dtype *dtype,
                              struct entry **out)
{
    size_t shape_bytes = tensor->rank * sizeof(uint64_t);
    struct entry *e = calloc(1, sizeof *e + shape_bytes + tensor->name.len + 1);
    if (e == NULL) {
        return SR_NO_MEMORY;
    }
    uint8_t *name = (uint8_t *)(e->shape + tensor->rank);
    if (tensor->rank > 0) {
        memcpy(e->shape, tensor->shape, shape_bytes);
    }
    memcpy(name, tensor->name.ptr, tensor->name.len);
    e->dtype = dtype;
    e->tensor = *tensor;
    e->tensor.name = sr_bytes(name, tensor->name.len);
    e->tensor.dtype = dtype->name;
    e->tensor.shape = e->shape;
    *out = e;
    return SR_OK;
}

enum sr_status sr_tensors_add(struct sr_tensors *t, const struct sr_tensor *tensor)
{
    if (t->count == SR_LIMIT_TENSORS || tensor->name.len > SR_LIMIT_TENSOR_NAME_BYTES ||
        tensor->rank > SR_LIMIT_TENSOR_RANK) {
        return SR_TOO_LARGE;
    }
    const struct sr_dtype *dtype = sr_dtype_by_name(sr_text_view(tensor->dtype));
    if (tensor->name.len == 0 || !sr_text_is_utf8(tensor->name) || dtype == NULL ||
        tensor->end < tensor->begin) {
        return SR_MALFORMED;
    }
    SR_TRY(reserve(t));
    struct entry *e = NULL;
    SR_TRY(copy_of(tensor, dtype, &e));
    enum sr_status status = sr_nameset_add(t->names, e->tensor.name);
    if (status != SR_OK) {
        free(e);
        return status;
    }
    t->entries[t->count] = e;
    t->count++;
    return SR_OK;
}

size_t sr_tensors_count(const struct sr_tensors *t)
{
    return t->count;
}

struct sr_tensor sr_tensors_at(const struct sr_tensors *t, size_t index)
{
    assert(index < t->count);
    return t->entries[index]->tensor;
}

bool sr_tensors_find(const struct sr_tensors *t, struct sr_bytes name, struct sr_tensor *out)
{
    size_t index = 0;
    if (!sr_nameset_find(t->names, name, &index)) {
        return false;
    }
    *out = t->entries[index]->tensor;
    return true;
}

static enum sr_status encode_one(const struct entry *e, struct sr_buf *out)
{
    SR_TRY(sr_writer_block_u16be(out, e->tensor.name));
    SR_TRY(sr_writer_u8(out, e->dtype->code));
    SR_TRY(sr_writer_u8(out, e->tensor.rank));
    for (uint8_t i = 0; i < e->tensor.rank; i++) {
        SR_TRY(sr_writer_u64be(out, e->shape[i]));
    }
    SR_TRY(sr_writer_u64be(out, e->tensor.begin));
    return sr_writer_u64be(out, e->tensor.end);
}

enum sr_status sr_tensors_encode(const struct sr_tensors *t, struct sr_buf *out)
{
    SR_TRY(sr_writer_u32be(out, (uint32_t)t->count));
    for (size_t i = 0; i < t->count; i++) {
        SR_TRY(encode_one(t->entries[i], out));
    }
    return SR_OK;
}

static enum sr_status decode_one(struct sr_reader *r, struct sr_tensors *t)
{
    struct sr_tensor tensor = {0};
    uint64_t shape[SR_LIMIT_TENSOR_RANK];
    uint8_t code = 0;
    SR_TRY(sr_reader_block_u16be(r, SR_LIMIT_TENSOR_NAME_BYTES, &tensor.name)); /* T-2 */
    SR_TRY(sr_reader_u8(r, &code));
    const struct sr_dtype *dtype = sr_dtype_by_code(code);
    if (dtype == NULL) { /* T-4 */
        return SR_MALFORMED;
    }
    SR_TRY(sr_reader_u8(r, &tensor.rank));
    if (tensor.rank > SR_LIMIT_TENSOR_RANK) { /* T-5 */
        return SR_TOO_LARGE;
    }
    for (uint8_t i = 0; i < tensor.rank; i++) {
        SR_TRY(sr_reader_u64be(r, &shape[i]));
    }
    SR_TRY(sr_reader_u64be(r, &tensor.begin));
    SR_TRY(sr_reader_u64be(r, &tensor.end));
    tensor.dtype = dtype->name;
    tensor.shape = shape;
    return sr_tensors_add(t, &tensor); /* T-2, T-3, T-6 */
}

enum sr_status sr_tensors_decode(struct sr_reader *r, struct sr_tensors **out)
{
    SR_AUTO(sr_tensors) t = NULL;
    SR_TRY(sr_tensors_new(&t));
    struct sr_reader ahead = *r; /* r moves only when the whole index is there */
    uint32_t count = 0;
    SR_TRY(sr_reader_u32be(&ahead, &count));
    if (count > SR_LIMIT_TENSORS) { /* T-1 */
        return SR_TOO_LARGE;
    }
    for (uint32_t i = 0; i < count; i++) {
        SR_TRY(decode_one(&ahead, t));
    }
    *r = ahead;
    *out = SR_TAKE(t);
    return SR_OK;
}
