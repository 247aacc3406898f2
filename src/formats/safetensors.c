/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/dtype.h"
#include "formats/json.h"
#include "formats/quote.h"

#define LENGTH_BYTES 8
#define HEADER_BYTES_MIN 2 /* {} */

/* Where a tensor says that its data is, from the first byte after the header. */
struct place {
    uint64_t begin;
    uint64_t end;
    uint64_t key_offset; /* in the file, for messages */
    size_t index;        /* in the tensors as the header has them */
};

struct decoder {
    struct sr_bytes header;
    uint64_t data_begin;
    uint64_t data_bytes;
    struct sr_tensors *tensors; /* in the order of the header */
    struct place *places;       /* one for each tensor */
    size_t place_count;
    size_t place_capacity;
    bool has_metadata;
    struct sr_err *err;
};

#define FIRST_PLACES 64

static void decoder_clear(struct decoder *d)
{
    sr_tensors_free(d->tensors);
    free(d->places);
}

bool sr_safetensors_is_name(struct sr_bytes path)
{
    struct sr_bytes suffix = sr_text_view(".safetensors");
    return path.len > suffix.len &&
           memcmp(path.ptr + path.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

enum sr_status sr_safetensors_head_bytes(struct sr_bytes head, uint64_t file_bytes, uint64_t *out,
                                         struct sr_err *err)
{
    struct sr_reader r = sr_reader(head);
    uint64_t header_bytes = 0;
    if (file_bytes < LENGTH_BYTES + HEADER_BYTES_MIN ||
        sr_reader_u64le(&r, &header_bytes) != SR_OK) { /* S-1 */
        return sr_fail(err, SR_TRUNCATED, "safetensors: the file ends at byte %" PRIu64,
                       file_bytes);
    }
    if (header_bytes > SR_LIMIT_SAFETENSORS_HEADER_BYTES) { /* S-2 */
        return sr_fail(err, SR_TOO_LARGE,
                       "safetensors: header length at byte 0: %" PRIu64 " is over %" PRIu64,
                       header_bytes, SR_LIMIT_SAFETENSORS_HEADER_BYTES);
    }
    if (header_bytes < HEADER_BYTES_MIN) { /* S-2 */
        return sr_fail(err, SR_MALFORMED,
                       "safetensors: header length at byte 0: %" PRIu64 " is less than an object",
                       header_bytes);
    }
    if (header_bytes > file_bytes - LENGTH_BYTES) { /* S-3 */
        return sr_fail(err, SR_TRUNCATED,
                       "safetensors: header of %" PRIu64 " bytes in a file of %" PRIu64,
                       header_bytes, file_bytes);
    }
    *out = LENGTH_BYTES + header_bytes;
    return SR_OK;
}

/* S-7 */
static enum sr_status decode_metadata(struct decoder *d, const struct sr_json_member *member)
{
    SR_AUTO(sr_json) j = NULL;
    if (d->has_metadata) { /* S-6 */
        return sr_fail(d->err, SR_MALFORMED, "duplicate key");
    }
    d->has_metadata = true;
    SR_TRY(sr_json_decode_part(member->value, member->value_offset, 1, &j, d->err));
    if (sr_json_kind(sr_json_root(j)) != SR_JSON_OBJECT) {
        return sr_fail(d->err, SR_MALFORMED, "not an object");
    }
    struct sr_json_iter it = sr_json_iter(sr_json_root(j));
    while (sr_json_next(&it)) {
        if (sr_json_kind(it.value) != SR_JSON_STRING) {
            return sr_fail(d->err, SR_MALFORMED, "value of '%s' is not a string",
                           sr_quote(it.key).text);
        }
    }
    return SR_OK;
}

/* The values of an array of integers from 0 up. Of those after the first max, nothing is said. */
static bool unsigned_integers(struct sr_json_value v, uint64_t *out, size_t max, size_t *out_count)
{
    if (sr_json_kind(v) != SR_JSON_ARRAY) {
        return false;
    }
    size_t count = sr_json_count(v);
    for (size_t i = 0; i < count && i < max; i++) {
        struct sr_json_value item = sr_json_at(v, i);
        if (sr_json_kind(item) != SR_JSON_INTEGER || sr_json_integer(item) < 0) {
            return false;
        }
        out[i] = (uint64_t)sr_json_integer(item);
    }
    *out_count = count;
    return true;
}

/* S-10 */
static enum sr_status decode_dtype(const struct decoder *d, struct sr_json_value v,
                                   const struct sr_dtype **out)
{
    if (sr_json_kind(v) != SR_JSON_STRING) {
        return sr_fail(d->err, SR_MALFORMED, "dtype: not a string");
    }
    const struct sr_dtype *dtype = sr_dtype_by_name(sr_json_string(v));
    if (dtype == NULL || !dtype->in_safetensors) {
        return sr_fail(d->err, SR_MALFORMED, "dtype: '%s' is not known",
                       sr_quote(sr_json_string(v)).text);
    }
    *out = dtype;
    return SR_OK;
}

/* S-11 */
static enum sr_status decode_shape(const struct decoder *d, struct sr_json_value v,
                                   uint64_t shape[SR_LIMIT_TENSOR_RANK], uint8_t *out_rank)
{
    size_t rank = 0;
    if (!unsigned_integers(v, shape, SR_LIMIT_TENSOR_RANK, &rank)) {
        return sr_fail(d->err, SR_MALFORMED, "shape: not an array of integers from 0 up");
    }
    if (rank > SR_LIMIT_TENSOR_RANK) {
        return sr_fail(d->err, SR_TOO_LARGE, "shape: %zu dimensions, the limit is %d", rank,
                       SR_LIMIT_TENSOR_RANK);
    }
    *out_rank = (uint8_t)rank;
    return SR_OK;
}

/* S-12 */
static enum sr_status decode_data_offsets(const struct decoder *d, struct sr_json_value v,
                                          struct place *out)
{
    uint64_t range[2];
    size_t count = 0;
    if (!unsigned_integers(v, range, 2, &count) || count != 2) {
        return sr_fail(d->err, SR_MALFORMED, "data_offsets: not two integers from 0 up");
    }
    if (range[1] < range[0]) {
        return sr_fail(d->err, SR_MALFORMED,
                       "data_offsets: end %" PRIu64 " is before begin %" PRIu64, range[1],
                       range[0]);
    }
    out->begin = range[0];
    out->end = range[1];
    return SR_OK;
}

static enum sr_status check_size(const struct decoder *d, const struct sr_tensor *tensor,
                                 const struct sr_dtype *dtype, const struct place *place)
{
    uint64_t elements = 0;
    uint64_t bytes = 0;
    if (!sr_dtype_elements(tensor->shape, tensor->rank, &elements) ||
        !sr_dtype_bytes(dtype, elements, &bytes)) { /* S-13 */
        return sr_fail(d->err, SR_MALFORMED,
                       "shape: the size overflows or is no whole number of bytes of %s",
                       dtype->name);
    }
    if (bytes != place->end - place->begin) { /* S-14 */
        return sr_fail(d->err, SR_MALFORMED,
                       "data_offsets: %" PRIu64 " to %" PRIu64 ", but shape and dtype need %" PRIu64
                       " bytes",
                       place->begin, place->end, bytes);
    }
    return SR_OK;
}

static enum sr_status add_place(struct decoder *d, const struct place *place)
{
    if (d->place_count == d->place_capacity) {
        size_t capacity = d->place_capacity == 0 ? FIRST_PLACES : 2 * d->place_capacity;
        struct place *places = calloc(capacity, sizeof *places);
        if (places == NULL) {
            return sr_fail(d->err, SR_NO_MEMORY, "no memory for %zu tensors", capacity);
        }
        if (d->place_count > 0) {
            memcpy(places, d->places, d->place_count * sizeof *places);
        }
        free(d->places);
        d->places = places;
        d->place_capacity = capacity;
    }
    d->places[d->place_count] = *place;
    d->place_count++;
    return SR_OK;
}

static enum sr_status add_tensor(struct decoder *d, const struct sr_tensor *tensor)
{
    enum sr_status status = sr_tensors_add(d->tensors, tensor);
    if (status == SR_CONFLICT) { /* S-6 */
        return sr_fail(d->err, SR_MALFORMED, "duplicate key");
    }
    if (status == SR_TOO_LARGE) {
        return sr_tensors_count(d->tensors) == SR_LIMIT_TENSORS
                   ? sr_fail(d->err, status, "over %d tensors", SR_LIMIT_TENSORS)    /* S-17 */
                   : sr_fail(d->err, status, "name of %zu bytes", tensor->name.len); /* S-8 */
    }
    if (status == SR_MALFORMED) { /* S-8: all else was checked before */
        return sr_fail(d->err, status, "name is empty");
    }
    return status == SR_OK ? SR_OK : sr_fail(d->err, status, "no memory for the tensor");
}

static enum sr_status decode_tensor(struct decoder *d, struct sr_bytes name,
                                    const struct sr_json_member *member)
{
    SR_AUTO(sr_json) j = NULL;
    SR_TRY(sr_json_decode_part(member->value, member->value_offset, 2, &j, d->err));
    struct sr_json_value root = sr_json_root(j);
    struct sr_json_value dtype_value;
    struct sr_json_value shape_value;
    struct sr_json_value offsets_value;
    if (sr_json_kind(root) != SR_JSON_OBJECT || sr_json_count(root) != 3 ||
        !sr_json_find(root, "dtype", &dtype_value) || !sr_json_find(root, "shape", &shape_value) ||
        !sr_json_find(root, "data_offsets", &offsets_value)) { /* S-9 */
        return sr_fail(d->err, SR_MALFORMED,
                       "not an object of exactly 'dtype', 'shape' and 'data_offsets'");
    }
    const struct sr_dtype *dtype = NULL;
    uint64_t shape[SR_LIMIT_TENSOR_RANK];
    struct sr_tensor tensor = {.name = name, .shape = shape};
    struct place place = {.key_offset = member->key_offset, .index = d->place_count};
    SR_TRY(decode_dtype(d, dtype_value, &dtype));
    SR_TRY(decode_shape(d, shape_value, shape, &tensor.rank));
    SR_TRY(decode_data_offsets(d, offsets_value, &place));
    SR_TRY(check_size(d, &tensor, dtype, &place));
    tensor.dtype = dtype->name;
    tensor.begin = d->data_begin + place.begin; /* both are under 2^63 */
    tensor.end = d->data_begin + place.end;
    SR_TRY(add_tensor(d, &tensor));
    return add_place(d, &place);
}

static enum sr_status decode_member(struct decoder *d, const struct sr_json_member *member)
{
    SR_AUTO(sr_json) key = NULL;
    enum sr_status status = sr_json_decode_part(member->key, member->key_offset, 0, &key, d->err);
    if (status != SR_OK) {
        return sr_context(d->err, status, "safetensors");
    }
    struct sr_bytes name = sr_json_string(sr_json_root(key));
    bool is_metadata = sr_text_equal(name, sr_text_view("__metadata__"));
    status = is_metadata ? decode_metadata(d, member) : decode_tensor(d, name, member);
    if (status != SR_OK) {
        return sr_context(d->err, status, "safetensors: %s'%s' at byte %" PRIu64,
                          is_metadata ? "" : "tensor ", sr_quote(name).text, member->key_offset);
    }
    return SR_OK;
}

static enum sr_status decode_header(struct decoder *d)
{
    if (d->header.ptr[0] != '{') { /* S-4 */
        return sr_fail(d->err, SR_MALFORMED, "safetensors: header at byte %d: not '{'",
                       LENGTH_BYTES);
    }
    struct sr_json_members members = {.text = d->header, .offset = LENGTH_BYTES};
    for (;;) {
        struct sr_json_member member = {0};
        bool found = false;
        enum sr_status status = sr_json_members_next(&members, &found, &member, d->err);
        if (status != SR_OK) { /* S-5 */
            return sr_context(d->err, status, "safetensors");
        }
        if (!found) {
            break;
        }
        SR_TRY(decode_member(d, &member));
    }
    for (size_t i = members.at; i < d->header.len; i++) {
        if (d->header.ptr[i] != ' ') { /* S-4 */
            return sr_fail(d->err, SR_MALFORMED,
                           "safetensors: header at byte %zu: 0x%02x after the object",
                           LENGTH_BYTES + i, d->header.ptr[i]);
        }
    }
    return SR_OK;
}

static int compare_places(const void *a, const void *b) /* lint: callback */
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Sort the places by where the data is; says whether they were in that order before. */
static bool sort_places(struct decoder *d)
{
    for (size_t i = 1; i < d->place_count; i++) {
        if (compare_places(&d->places[i - 1], &d->places[i]) > 0) {
            qsort(d->places, d->place_count, sizeof *d->places, compare_places);
            return false;
        }
    }
    return true;
}

static enum sr_status check_places(const struct decoder *d)
{
    uint64_t end = 0;
    for (size_t i = 0; i < d->place_count; i++) {
        const struct place *p = &d->places[i];
        if (p->begin != end) { /* S-15 */
            return sr_fail(d->err, SR_MALFORMED,
                           "safetensors: tensor '%s' at byte %" PRIu64
                           ": data_offsets: begin %" PRIu64 " is not %" PRIu64
                           ", the end of the tensor before it",
                           sr_quote(sr_tensors_at(d->tensors, p->index).name).text, p->key_offset,
                           p->begin, end);
        }
        end = p->end;
    }
    if (end > d->data_bytes) { /* S-16 */
        return sr_fail(d->err, SR_TRUNCATED,
                       "safetensors: the data should have %" PRIu64 " bytes but has %" PRIu64, end,
                       d->data_bytes);
    }
    if (end < d->data_bytes) { /* S-16 */
        return sr_fail(d->err, SR_MALFORMED,
                       "safetensors: %" PRIu64 " bytes after the last tensor, at byte %" PRIu64,
                       d->data_bytes - end, d->data_begin + end);
    }
    return SR_OK;
}

/* The tensors in the order of their data, which is how safetensors' own writer has them. */
static enum sr_status sorted_tensors(struct decoder *d, struct sr_tensors **out)
{
    SR_AUTO(sr_tensors) sorted = NULL;
    enum sr_status status = sr_tensors_new(&sorted);
    for (size_t i = 0; status == SR_OK && i < d->place_count; i++) {
        struct sr_tensor tensor = sr_tensors_at(d->tensors, d->places[i].index);
        status = sr_tensors_add(sorted, &tensor);
    }
    if (status != SR_OK) {
        return sr_fail(d->err, status, "safetensors: no memory for %zu tensors", d->place_count);
    }
    *out = SR_TAKE(sorted);
    return SR_OK;
}

enum sr_status sr_safetensors_decode(struct sr_bytes head, uint64_t file_bytes,
                                     struct sr_tensors **out, struct sr_err *err)
{
    uint64_t head_bytes = 0;
    SR_TRY(sr_safetensors_head_bytes(head, file_bytes, &head_bytes, err));
    if (head.len < head_bytes) {
        return sr_fail(err, SR_TRUNCATED, "safetensors: %zu of the first %" PRIu64 " bytes",
                       head.len, head_bytes);
    }
    SR_CLEANUP(decoder_clear)
    struct decoder d = {
        .header = sr_bytes(head.ptr + LENGTH_BYTES, (size_t)head_bytes - LENGTH_BYTES),
        .data_begin = head_bytes,
        .data_bytes = file_bytes - head_bytes,
        .err = err,
    };
    if (sr_tensors_new(&d.tensors) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "safetensors: no memory");
    }
    SR_TRY(decode_header(&d));
    bool was_sorted = sort_places(&d);
    SR_TRY(check_places(&d));
    if (!was_sorted) {
        return sorted_tensors(&d, out);
    }
    *out = SR_TAKE(d.tensors);
    return SR_OK;
}
