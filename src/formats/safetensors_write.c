/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/dtype.h"
#include "formats/json.h"
#include "formats/nameset.h"
#include "formats/quote.h"

#define LENGTH_BYTES 8
#define ALIGNMENT 8
#define METADATA "__metadata__"

static size_t element_bytes(const struct sr_tensor *tensor)
{
    return sr_dtype_by_name(sr_text_view(tensor->dtype))->block_bytes;
}

static int compare_names(struct sr_bytes a, struct sr_bytes b) /* lint: callback */
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_tensors(const void *a, const void *b) /* lint: callback */
{
    const struct sr_tensor *one = a;
    const struct sr_tensor *other = b;
    size_t one_bytes = element_bytes(one);
    size_t other_bytes = element_bytes(other);
    if (one_bytes != other_bytes) {
        return one_bytes < other_bytes ? 1 : -1;
    }
    return compare_names(one->name, other->name);
}

/* S-8, S-10, S-11: a tensor that the format has room for. */
static enum sr_status check_tensor(const struct sr_tensor *tensor, struct sr_err *err)
{
    const struct sr_dtype *dtype = sr_dtype_by_name(sr_text_view(tensor->dtype));
    struct sr_quoted name = sr_quote(tensor->name);
    if (tensor->name.len == 0 || !sr_text_is_utf8(tensor->name)) {
        return sr_fail(err, SR_MALFORMED, "tensor '%s': its name is empty or not UTF-8", name.text);
    }
    if (tensor->name.len > SR_LIMIT_TENSOR_NAME_BYTES || tensor->rank > SR_LIMIT_TENSOR_RANK) {
        return sr_fail(err, SR_TOO_LARGE, "tensor '%s': name or rank is over the limit", name.text);
    }
    if (sr_text_equal(tensor->name, sr_text_view(METADATA))) {
        return sr_fail(err, SR_MALFORMED, "tensor '%s': safetensors keeps the name for itself",
                       name.text);
    }
    if (dtype == NULL || !dtype->in_safetensors) {
        return sr_fail(err, SR_MALFORMED, "tensor '%s': safetensors has no type %s", name.text,
                       tensor->dtype);
    }
    return SR_OK;
}

/* Begin and end in the data. */
static enum sr_status place(struct sr_tensor *tensor, uint64_t *at, struct sr_err *err)
{
    const struct sr_dtype *dtype = sr_dtype_by_name(sr_text_view(tensor->dtype));
    uint64_t elements = 0;
    uint64_t bytes = 0;
    if (!sr_dtype_elements(tensor->shape, tensor->rank, &elements) ||
        !sr_dtype_bytes(dtype, elements, &bytes)) {
        return sr_fail(err, SR_MALFORMED, "tensor '%s': its shape is no whole number of bytes",
                       sr_quote(tensor->name).text);
    }
    tensor->begin = *at;
    if (__builtin_add_overflow(*at, bytes, at) || *at > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "tensor '%s': all tensors are over the limit of a file",
                       sr_quote(tensor->name).text);
    }
    tensor->end = *at;
    return SR_OK;
}

/* S-6 */
static enum sr_status check_unique(const struct sr_tensor *tensors, size_t count,
                                   struct sr_err *err)
{
    SR_AUTO(sr_nameset) names = NULL;
    if (sr_nameset_new(&names) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for names");
    }
    for (size_t i = 0; i < count; i++) {
        enum sr_status status = sr_nameset_add(names, tensors[i].name);
        if (status != SR_OK) {
            return sr_fail(err, status == SR_CONFLICT ? SR_MALFORMED : status,
                           status == SR_CONFLICT ? "tensor '%s': there twice"
                                                 : "tensor '%s': no memory for its name",
                           sr_quote(tensors[i].name).text);
        }
    }
    return SR_OK;
}

static enum sr_status lay_out(struct sr_tensor *tensors, size_t count, struct sr_err *err)
{
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        SR_TRY(check_tensor(&tensors[i], err));
    }
    SR_TRY(check_unique(tensors, count, err));
    if (count > 1) {
        qsort(tensors, count, sizeof *tensors, compare_tensors);
    }
    for (size_t i = 0; i < count; i++) {
        SR_TRY(place(&tensors[i], &at, err));
    }
    return SR_OK;
}

static enum sr_status put_notes(struct sr_json_writer *w, const struct sr_safetensors_note *notes,
                                size_t count)
{
    if (count == 0) {
        return SR_OK;
    }
    SR_TRY(sr_json_key(w, METADATA));
    SR_TRY(sr_json_open_object(w));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_json_key(w, notes[i].key));
        SR_TRY(sr_json_put_string(w, sr_text_view(notes[i].value)));
    }
    return sr_json_close_object(w);
}

static enum sr_status put_tensor(struct sr_json_writer *w, const struct sr_tensor *tensor)
{
    SR_TRY(sr_json_key(w, (const char *)tensor->name.ptr));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_key(w, "dtype"));
    SR_TRY(sr_json_put_string(w, sr_text_view(tensor->dtype)));
    SR_TRY(sr_json_key(w, "shape"));
    SR_TRY(sr_json_open_array(w));
    for (uint8_t i = 0; i < tensor->rank; i++) {
        SR_TRY(sr_json_put_u64(w, tensor->shape[i]));
    }
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_json_key(w, "data_offsets"));
    SR_TRY(sr_json_open_array(w));
    SR_TRY(sr_json_put_u64(w, tensor->begin));
    SR_TRY(sr_json_put_u64(w, tensor->end));
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

/* The header with its padding. */
static enum sr_status put_header(const struct sr_tensor *tensors, size_t count,
                                 const struct sr_safetensors_note *notes, size_t note_count,
                                 struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_notes(&w, notes, note_count));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(put_tensor(&w, &tensors[i]));
    }
    SR_TRY(sr_json_close_object(&w));
    while (sr_buf_view(out).len % ALIGNMENT != 0) {
        SR_TRY(sr_buf_append(out, sr_bytes(" ", 1)));
    }
    return SR_OK;
}

enum sr_status sr_safetensors_encode(struct sr_tensor *tensors, size_t count,
                                     const struct sr_safetensors_note *notes, size_t note_count,
                                     struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) header = NULL;
    uint8_t length[LENGTH_BYTES];
    if (count > SR_LIMIT_TENSORS) {
        return sr_fail(err, SR_TOO_LARGE, "%zu tensors, the limit is %d", count, SR_LIMIT_TENSORS);
    }
    SR_TRY(lay_out(tensors, count, err));
    enum sr_status status = sr_buf_new(SR_LIMIT_SAFETENSORS_HEADER_BYTES, &header);
    if (status == SR_OK) {
        status = put_header(tensors, count, notes, note_count, header);
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "no room for a header of %zu tensors", count);
    }
    struct sr_bytes text = sr_buf_view(header);
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        length[i] = (uint8_t)((uint64_t)text.len >> 8 * i);
    }
    for (size_t i = 0; i < count; i++) {
        tensors[i].begin += LENGTH_BYTES + text.len;
        tensors[i].end += LENGTH_BYTES + text.len;
    }
    SR_TRY(sr_buf_append(out, sr_bytes(length, sizeof length)));
    return sr_buf_append(out, text);
}
