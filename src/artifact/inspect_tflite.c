/* SPDX-License-Identifier: Apache-2.0 */
/* TensorFlow Lite: docs/formats/tflite.md, rules TL-n. */
#include <string.h>

#include "artifact/format.h"
#include "artifact/graph_ops.h"
#include "artifact/inert.h"
#include "formats/tflite.h"

struct walk {
    struct sr_inspection *in;
    struct sr_bytes bytes;
    struct sr_flatbuffer *f;
    size_t model;
    size_t codes;
    size_t buffers;
    size_t subgraphs;
};

static void wrong(struct walk *w, size_t table, const char *what)
{
    sr_inspection_find(w->in, SR_RULE_TFLITE_TENSOR, table, 0, "%s", what);
}

/* TL-3: operators of TensorFlow itself, which a delegate runs. */
static void check_flex(struct walk *w, size_t table, struct sr_bytes name)
{
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_bytes op = sr_bytes(name.ptr + 4, name.len - 4);
    static const enum sr_rule RULES[] = {
        [SR_GRAPH_OP_CODE] = SR_RULE_TF_CODE,
        [SR_GRAPH_OP_FILE] = SR_RULE_TF_FILE,
        [SR_GRAPH_OP_NETWORK] = SR_RULE_TF_NETWORK,
    };
    enum sr_graph_op kind = sr_graph_op_tensorflow(op);
    if (kind == SR_GRAPH_OP_SAVER) {
        kind = SR_GRAPH_OP_FILE;
    }
    if (kind >= SR_GRAPH_OP_CODE) {
        sr_inspection_find(w->in, RULES[kind], table, 0, "'%s'", sr_inspection_quote(name, quoted));
    }
}

/* Operators that are no computation of TensorFlow Lite's own. */
static bool is_foreign(uint64_t code, struct sr_bytes custom)
{
    return custom.len > 0 || code == SR_TFLITE_OP_CUSTOM || code == SR_TFLITE_OP_DELEGATE ||
           code == SR_TFLITE_OP_CUSTOM_CALL || code > SR_TFLITE_OP_LAST;
}

/* Old readers look at one of the two, new ones at the larger. */
static bool are_one_code(uint64_t old, uint64_t now)
{
    return old == now || now == 0 || (old == SR_TFLITE_OP_PLACEHOLDER && now > old);
}

/* TL-2, TL-3 */
static void check_code(struct walk *w, size_t table)
{
    char quoted[SR_EVIDENCE_BYTES];
    uint64_t old = sr_flatbuffer_number(w->f, table, SR_TFLITE_CODE_OLD, 1, 0);
    uint64_t now = sr_flatbuffer_number(w->f, table, SR_TFLITE_CODE_BUILTIN, 4, 0);
    struct sr_bytes custom = sr_flatbuffer_vector(w->f, table, SR_TFLITE_CODE_CUSTOM, 1);
    uint64_t code = old > now ? old : now;
    if (!are_one_code(old, now) || code == SR_TFLITE_OP_PLACEHOLDER) {
        wrong(w, table, "two codes of one operator");
    }
    if (is_foreign(code, custom)) {
        sr_inspection_find(w->in, SR_RULE_TFLITE_CUSTOM, table, 0, "operator %llu '%s'",
                           (unsigned long long)code, sr_inspection_quote(custom, quoted));
    }
    if (custom.len > 4 && memcmp(custom.ptr, "Flex", 4) == 0) {
        check_flex(w, table, custom);
    }
}

static uint32_t element(struct sr_bytes vector, size_t index)
{
    const uint8_t *at = vector.ptr + 4 * index;
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Whether all numbers of a vector are under count, or -1 where nothing may stand. */
static bool are_under(const struct walk *w, size_t table, unsigned slot, size_t count)
{
    struct sr_bytes vector = sr_flatbuffer_vector(w->f, table, slot, 4);
    for (size_t i = 0; i < vector.len / 4; i++) {
        uint32_t number = element(vector, i);
        if (number >= count && number != UINT32_MAX) {
            return false;
        }
    }
    return true;
}

/* A part of the file beyond the FlatBuffer (TL-5): offsets of 0 and 1 say that there is none. */
static bool add_outside(struct walk *w, size_t table, unsigned offset_slot, unsigned size_slot)
{
    uint64_t offset = sr_flatbuffer_number(w->f, table, offset_slot, 8, 0);
    uint64_t size = sr_flatbuffer_number(w->f, table, size_slot, 8, 0);
    return offset <= 1 || sr_flatbuffer_add(w->f, offset, size) == SR_OK;
}

/* How many bytes the data of a buffer has. */
static uint64_t buffer_bytes(const struct walk *w, size_t buffer)
{
    if (sr_flatbuffer_number(w->f, buffer, SR_TFLITE_BUFFER_OFFSET, 8, 0) > 1) {
        return sr_flatbuffer_number(w->f, buffer, SR_TFLITE_BUFFER_SIZE, 8, 0);
    }
    return sr_flatbuffer_vector(w->f, buffer, SR_TFLITE_BUFFER_DATA, 1).len;
}

/* TL-4: data is as long as shape and type say. */
static bool is_tensor_whole(const struct walk *w, size_t tensor, uint64_t bytes)
{
    struct sr_bytes shape = sr_flatbuffer_vector(w->f, tensor, SR_TFLITE_TENSOR_SHAPE, 4);
    unsigned width =
        sr_tflite_type_bits(sr_flatbuffer_number(w->f, tensor, SR_TFLITE_TENSOR_TYPE, 1, 0));
    uint64_t bits = width;
    if (width == 0 || bytes == 0 ||
        sr_flatbuffer_table(w->f, tensor, SR_TFLITE_TENSOR_SPARSITY) != 0) {
        return true;
    }
    for (size_t i = 0; i < shape.len / 4; i++) {
        uint32_t dim = element(shape, i);
        if (dim > INT32_MAX || __builtin_mul_overflow(bits, (uint64_t)dim, &bits)) {
            return false;
        }
    }
    return bits / 8 + (bits % 8 != 0) == bytes;
}

static void check_tensor(struct walk *w, size_t tensor)
{
    uint64_t index = sr_flatbuffer_number(w->f, tensor, SR_TFLITE_TENSOR_BUFFER, 4, 0);
    if (index >= w->buffers) {
        wrong(w, tensor, "a tensor whose buffer is not there");
        return;
    }
    size_t buffer = sr_flatbuffer_element(w->f, w->model, SR_TFLITE_MODEL_BUFFERS, (size_t)index);
    if (!is_tensor_whole(w, tensor, buffer_bytes(w, buffer))) {
        wrong(w, tensor, "a tensor whose data is not what its shape says");
    }
}

static void check_operator(struct walk *w, size_t op, size_t tensors)
{
    if (sr_flatbuffer_number(w->f, op, SR_TFLITE_OPERATOR_CODE, 4, 0) >= w->codes) {
        wrong(w, op, "an operator whose code is not there");
    }
    if (!are_under(w, op, SR_TFLITE_OPERATOR_INPUTS, tensors) ||
        !are_under(w, op, SR_TFLITE_OPERATOR_OUTPUTS, tensors) ||
        !are_under(w, op, SR_TFLITE_OPERATOR_INTERMEDIATES, tensors)) {
        wrong(w, op, "an operator on a tensor that is not there");
    }
    if (!add_outside(w, op, SR_TFLITE_OPERATOR_LARGE_OFFSET, SR_TFLITE_OPERATOR_LARGE_SIZE)) {
        wrong(w, op, "options outside of the file");
    }
}

static void check_subgraph(struct walk *w, size_t graph)
{
    size_t tensors = sr_flatbuffer_count(w->f, graph, SR_TFLITE_SUBGRAPH_TENSORS);
    size_t operators = sr_flatbuffer_count(w->f, graph, SR_TFLITE_SUBGRAPH_OPERATORS);
    for (size_t i = 0; i < tensors; i++) {
        check_tensor(w, sr_flatbuffer_element(w->f, graph, SR_TFLITE_SUBGRAPH_TENSORS, i));
    }
    for (size_t i = 0; i < operators; i++) {
        check_operator(w, sr_flatbuffer_element(w->f, graph, SR_TFLITE_SUBGRAPH_OPERATORS, i),
                       tensors);
    }
    if (!are_under(w, graph, SR_TFLITE_SUBGRAPH_INPUTS, tensors) ||
        !are_under(w, graph, SR_TFLITE_SUBGRAPH_OUTPUTS, tensors)) {
        wrong(w, graph, "a graph of a tensor that is not there");
    }
}

static void check_buffers(struct walk *w)
{
    for (size_t i = 0; i < w->buffers; i++) {
        size_t buffer = sr_flatbuffer_element(w->f, w->model, SR_TFLITE_MODEL_BUFFERS, i);
        bool is_outside = sr_flatbuffer_number(w->f, buffer, SR_TFLITE_BUFFER_OFFSET, 8, 0) > 1;
        bool is_inside = sr_flatbuffer_vector(w->f, buffer, SR_TFLITE_BUFFER_DATA, 1).len > 0;
        if (is_outside && is_inside) {
            wrong(w, buffer, "a buffer in two places");
        }
        if (!add_outside(w, buffer, SR_TFLITE_BUFFER_OFFSET, SR_TFLITE_BUFFER_SIZE)) {
            wrong(w, buffer, "a buffer outside of the file");
        }
    }
}

static void check_rest(struct walk *w)
{
    struct sr_bytes description =
        sr_flatbuffer_vector(w->f, w->model, SR_TFLITE_MODEL_DESCRIPTION, 1);
    if (description.len > 0) {
        sr_inert_check(w->in, description, (uint64_t)(description.ptr - w->bytes.ptr));
    }
    for (size_t i = 0; i < sr_flatbuffer_count(w->f, w->model, SR_TFLITE_MODEL_METADATA); i++) {
        size_t m = sr_flatbuffer_element(w->f, w->model, SR_TFLITE_MODEL_METADATA, i);
        if (sr_flatbuffer_number(w->f, m, SR_TFLITE_METADATA_BUFFER, 4, 0) >= w->buffers) {
            wrong(w, m, "metadata whose buffer is not there");
        }
    }
    for (size_t i = 0; i < sr_flatbuffer_count(w->f, w->model, SR_TFLITE_MODEL_SIGNATURES); i++) {
        size_t s = sr_flatbuffer_element(w->f, w->model, SR_TFLITE_MODEL_SIGNATURES, i);
        if (sr_flatbuffer_number(w->f, s, SR_TFLITE_SIGNATURE_SUBGRAPH, 4, 0) >= w->subgraphs) {
            wrong(w, s, "a signature of a graph that is not there");
        }
    }
}

static void check_model(struct walk *w)
{
    w->model = sr_flatbuffer_root(w->f);
    w->codes = sr_flatbuffer_count(w->f, w->model, SR_TFLITE_MODEL_CODES);
    w->buffers = sr_flatbuffer_count(w->f, w->model, SR_TFLITE_MODEL_BUFFERS);
    w->subgraphs = sr_flatbuffer_count(w->f, w->model, SR_TFLITE_MODEL_SUBGRAPHS);
    uint64_t version = sr_flatbuffer_number(w->f, w->model, SR_TFLITE_MODEL_VERSION, 4, 0);
    if (version != 3) {
        wrong(w, w->model, "a version that is not 3");
    }
    for (size_t i = 0; i < w->codes; i++) {
        check_code(w, sr_flatbuffer_element(w->f, w->model, SR_TFLITE_MODEL_CODES, i));
    }
    check_buffers(w);
    for (size_t i = 0; i < w->subgraphs; i++) {
        check_subgraph(w, sr_flatbuffer_element(w->f, w->model, SR_TFLITE_MODEL_SUBGRAPHS, i));
    }
    check_rest(w);
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_flatbuffer) f = NULL;
    struct sr_err err = {0};
    enum sr_status status =
        sr_flatbuffer_verify(blob->bytes, &sr_tflite_model, SR_TFLITE_IDENTIFIER, &f, &err);
    if (status == SR_OK) {
        struct walk w = {.in = in, .bytes = blob->bytes, .f = f};
        check_model(&w);
        status = sr_flatbuffer_layout(f, &err);
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static enum sr_match match(const struct sr_subject *blob)
{
    return blob->bytes.len >= 8 && memcmp(blob->bytes.ptr + 4, SR_TFLITE_IDENTIFIER, 4) == 0
               ? SR_MATCH_BYTES
               : SR_MATCH_NO;
}

static const char *const EXTENSIONS[] = {".tflite", ".lite", NULL};
const struct sr_format sr_format_tflite = {
    .name = "tflite",
    .title = "TensorFlow Lite",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
