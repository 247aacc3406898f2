/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models: docs/formats/onnx.md, rules ON-n. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/graph_calls.h"
#include "artifact/graph_ops.h"
#include "artifact/inert.h"
#include "base/text.h"
#include "formats/onnx.h"

/* Names longer than this are looked at as text. */
#define NAME_BYTES_PLAIN 128
/* Strings of a tensor that are shorter are words of a vocabulary. */
#define WORD_BYTES 256
/* Fields of ModelProto that deciding what a file is looks at. */
#define SKIM_FIELDS_MAX 4096

/* A TensorProto that is being read. */
struct tensor {
    uint64_t offset;
    uint64_t elements;
    uint64_t rank;
    uint64_t first_dim;
    uint64_t type;
    uint64_t raw_bytes;
    uint64_t elements_in_field;
    uint64_t location;   /* data_location */
    uint32_t fields;     /* bit n: the data field n has elements */
    bool has_zero;       /* a dimension is 0: no elements at all */
    bool is_shape_wrong; /* a negative dimension, or a product over 64 bits */
    bool has_raw;
    bool has_segment;
    /* external_data */
    struct sr_bytes path;
    uint64_t path_offset;
    uint64_t begin;
    uint64_t length;
    unsigned keys;
    bool is_repeated;
    bool has_offset;
    bool has_length;
};

/* A message that is being read; which of the members are in use depends on its kind. */
struct scope {
    enum sr_onnx_message id;
    struct tensor tensor;
    struct sr_graph_name name; /* node, function; domain: operator set */
    uint32_t values;           /* attribute: bit n: field n is there */
    uint64_t type;
    struct sr_bytes key; /* entry */
    struct sr_bytes value;
    uint64_t value_offset;
    struct tensor parts[2]; /* sparse tensor: values, indices */
    bool has_part[2];
};

struct walk {
    struct sr_inspection *in;
    struct sr_protobuf walker;
    struct scope scopes[SR_PROTOBUF_DEPTH_MAX];
    struct sr_graph_calls *calls;
    size_t function; /* number of the one that is being read */
    bool is_in_function;
    size_t functions;
    bool has_graph;
    bool has_version;
    struct sr_graph_calls *domains; /* opset imports that are not known */
};

static void walk_free(struct walk *w)
{
    if (w != NULL) {
        sr_graph_calls_free(w->calls);
        sr_graph_calls_free(w->domains);
        free(w);
    }
}
SR_DEFINE_AUTO(walk)

/*
 * Text. Strings in a model are inert until somebody feeds them to an interpreter; what exporters
 * write by themselves (stack traces, addresses of papers) is not reported.
 */

static void check_text(struct walk *w, struct sr_bytes text, uint64_t offset, bool is_prose)
{
    enum sr_inert class = sr_inert_class(text);
    if (class == SR_INERT || (is_prose && (class == SR_INERT_CODE || class == SR_INERT_ADDRESS))) {
        return;
    }
    sr_inert_check(w->in, text, offset);
}

static bool ends_with(struct sr_bytes text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

/* metadata_props of PyTorch's exporter: lines of the exported program's source. */
static bool is_trace_key(struct sr_bytes key)
{
    return ends_with(key, "stack_trace") || ends_with(key, "fx_node") ||
           ends_with(key, "name_scopes") || ends_with(key, "class_hierarchy");
}

/* metadata_props where publishers link to their pages: inert, and of no use to a loader. */
static bool is_link(struct sr_bytes key, struct sr_bytes value)
{
    static const char *const KEYS[] = {"docs",    "documentation", "homepage", "license",
                                       "licence", "paper",         "project",  "repository",
                                       "source",  "url",           "website"};
    bool is_key = false;
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        is_key = is_key || sr_text_equal(key, sr_text_view(KEYS[i]));
    }
    return is_key && memmem(value.ptr, value.len, "https://", 8) != NULL &&
           sr_inert_class(value) == SR_INERT_ADDRESS;
}

/*
 * Tensors (ON-4, ON-5).
 */

static void tensor_dim(struct tensor *t, uint64_t dim)
{
    t->first_dim = t->rank == 0 ? dim : t->first_dim;
    t->rank++;
    t->has_zero = t->has_zero || dim == 0;
    /* A zero saves nobody: the product of the others has to fit as well. */
    uint64_t factor = dim == 0 ? 1 : dim;
    if (dim > INT64_MAX || __builtin_mul_overflow(t->elements, factor, &t->elements)) {
        t->is_shape_wrong = true;
    }
}

static void tensor_data(struct tensor *t, uint32_t field, uint64_t count)
{
    t->fields |= 1U << field;
    t->elements_in_field += count;
}

static void on_tensor(struct walk *w, struct scope *s, const struct sr_protobuf_item *item)
{
    struct tensor *t = &s->tensor;
    switch (item->number) {
    case SR_ONNX_TENSOR_DIMS:
        tensor_dim(t, item->value);
        break;
    case SR_ONNX_TENSOR_TYPE:
        t->type = item->value;
        break;
    case SR_ONNX_TENSOR_RAW:
        t->has_raw = true;
        t->raw_bytes = item->bytes.len;
        break;
    case SR_ONNX_TENSOR_STRINGS:
        check_text(w, item->bytes, item->offset, item->bytes.len < WORD_BYTES);
        tensor_data(t, item->number, 1);
        break;
    case SR_ONNX_TENSOR_LOCATION:
        t->location = item->value;
        break;
    case SR_ONNX_TENSOR_FLOATS:
    case SR_ONNX_TENSOR_INT32S:
    case SR_ONNX_TENSOR_INT64S:
    case SR_ONNX_TENSOR_DOUBLES:
    case SR_ONNX_TENSOR_UINT64S:
        tensor_data(t, item->number, item->count);
        break;
    default:
        break;
    }
}

/* ON-6: location, offset, length, checksum, each once; nothing else. */
static void on_external(struct walk *w, struct tensor *t, const struct scope *entry)
{
    static const char *const KEYS[] = {"location", "offset", "length", "checksum"};
    char quoted[SR_EVIDENCE_BYTES];
    unsigned key = 0;
    while (key < 4 && !sr_text_equal(entry->key, sr_text_view(KEYS[key]))) {
        key++;
    }
    if (key == 4) {
        sr_inspection_find(w->in, SR_RULE_ONNX_EXTERNAL_KEY, entry->value_offset, 0, "key '%s'",
                           sr_inspection_quote(entry->key, quoted));
        return;
    }
    t->is_repeated = t->is_repeated || (t->keys & (1U << key)) != 0;
    t->keys |= 1U << key;
    uint64_t *number = key == 1 ? &t->begin : &t->length;
    if (key == 0) {
        t->path = entry->value;
        t->path_offset = entry->value_offset;
    } else if (key < 3 && sr_text_parse_u64(entry->value, 0, INT64_MAX, number) != SR_OK) {
        sr_inspection_find(w->in, SR_RULE_ONNX_EXTERNAL, entry->value_offset, entry->value.len,
                           "%s '%s' is not a number", KEYS[key],
                           sr_inspection_quote(entry->value, quoted));
    }
    t->has_offset = t->has_offset || key == 1;
    t->has_length = t->has_length || key == 2;
}

static struct sr_bytes without_dot(struct sr_bytes path)
{
    while (path.len > 2 && path.ptr[0] == '.' && path.ptr[1] == '/' && path.ptr[2] != '/') {
        path = sr_bytes(path.ptr + 2, path.len - 2);
    }
    return path;
}

/* NULL: what it says of data outside can be. */
static const char *external_fault(const struct tensor *t, const struct sr_onnx_dtype *dtype,
                                  uint64_t elements)
{
    uint64_t bytes = 0;
    uint64_t end = 0;
    if ((t->keys & 1) == 0) {
        return "no location";
    }
    if (t->is_repeated) {
        return "a key is there twice";
    }
    if (t->has_raw || t->fields != 0) {
        return "data in the model as well";
    }
    if (dtype->bits == 0 || !sr_onnx_dtype_bytes(dtype, elements, &bytes)) {
        return "not a type that can be outside";
    }
    if (t->has_length && t->length != bytes) {
        return "length is not what shape and type say";
    }
    bool is_too_far = __builtin_add_overflow(t->begin, bytes, &end) || end > INT64_MAX;
    return is_too_far ? "offset and length are over 63 bits" : NULL;
}

/* Whatever else is wrong with the tensor: a loader may have opened the file by then. */
static void check_location(struct walk *w, const struct tensor *t, bool is_fine)
{
    static const char MEMORY[] = "_ORT_MEM_ADDR_";
    if (t->location != 1 || (t->keys & 1) == 0) {
        return;
    }
    if (t->path.len > 0 && memmem(t->path.ptr, t->path.len, MEMORY, sizeof MEMORY - 1) != NULL) {
        sr_inspection_find(w->in, SR_RULE_ONNX_EXTERNAL_MEMORY, t->path_offset, t->path.len,
                           "offset %llu", (unsigned long long)t->begin);
        return;
    }
    struct sr_claim claim = {.file = without_dot(t->path), .offset = t->path_offset};
    uint64_t bytes = 0;
    if (is_fine &&
        sr_onnx_dtype_bytes(sr_onnx_dtype(t->type), t->has_zero ? 0 : t->elements, &bytes)) {
        claim.begin = t->begin;
        claim.end = t->begin + bytes; /* external_fault() saw that it fits */
    }
    sr_inspection_claim(w->in, &claim);
}

static bool is_raw_whole(const struct tensor *t, const struct sr_onnx_dtype *dtype,
                         uint64_t elements)
{
    uint64_t bytes = 0;
    return dtype->bits != 0 && sr_onnx_dtype_bytes(dtype, elements, &bytes) &&
           bytes == t->raw_bytes;
}

static bool is_field_whole(const struct tensor *t, const struct sr_onnx_dtype *dtype,
                           uint64_t elements)
{
    uint64_t groups = elements / dtype->elements + (elements % dtype->elements != 0 ? 1 : 0);
    uint64_t entries = 0;
    return !__builtin_mul_overflow(groups, (uint64_t)dtype->entries, &entries) &&
           entries == t->elements_in_field;
}

/* The data in the model is as much as shape and type say, and in one place; NULL when it is. */
static const char *data_fault(const struct tensor *t, const struct sr_onnx_dtype *dtype,
                              uint64_t elements)
{
    if (t->keys != 0) {
        return "external_data, but data_location does not say so";
    }
    if (t->has_raw && t->fields != 0) {
        return "data in two fields";
    }
    if (t->has_raw) {
        return is_raw_whole(t, dtype, elements) ? NULL
                                                : "raw_data is not as long as shape and type say";
    }
    if (t->fields == 0) {
        return elements == 0 ? NULL : "no data";
    }
    if (t->fields != 1U << dtype->field) {
        return "data in a field of another type";
    }
    return is_field_whole(t, dtype, elements) ? NULL : "not as many elements as the shape says";
}

static const char *tensor_fault(const struct tensor *t)
{
    const struct sr_onnx_dtype *dtype = sr_onnx_dtype(t->type);
    if (t->is_shape_wrong) {
        return "a dimension is negative, or the shape's size is over 64 bits";
    }
    if (dtype == NULL) {
        return "element type is not known";
    }
    if (t->has_segment) {
        return "a segment of a tensor";
    }
    if (t->location > 1) {
        return "data_location is not known";
    }
    return t->location == 0 ? data_fault(t, dtype, t->has_zero ? 0 : t->elements) : NULL;
}

static void leave_tensor(struct walk *w, const struct tensor *t)
{
    enum sr_rule rule = SR_RULE_ONNX_TENSOR;
    const char *what = tensor_fault(t);
    if (what == NULL && t->location == 1) {
        rule = SR_RULE_ONNX_EXTERNAL;
        what = external_fault(t, sr_onnx_dtype(t->type), t->has_zero ? 0 : t->elements);
    }
    if (what != NULL) {
        sr_inspection_find(w->in, rule, t->offset, 0, "%s", what);
    }
    check_location(w, t, what == NULL);
}

/* ON-7: indices is int64, [NNZ] or [NNZ, rank]; the elements of a shape without zeros are counted.
 */
static bool are_indices(const struct tensor *indices, uint64_t entries, uint64_t rank)
{
    uint64_t wanted = 0;
    if (indices->type != SR_ONNX_DTYPE_INT64 || indices->first_dim != entries) {
        return false;
    }
    if (indices->rank != 2) {
        return indices->rank == 1;
    }
    return entries == 0 ||
           (!__builtin_mul_overflow(entries, rank, &wanted) && wanted == indices->elements);
}

/* ON-7: values has one dimension, NNZ. */
static void leave_sparse(struct walk *w, const struct scope *s, uint64_t offset)
{
    const struct tensor *values = &s->parts[0];
    bool is_fine = s->has_part[0] && s->has_part[1] && values->rank == 1 &&
                   !s->tensor.is_shape_wrong && s->tensor.rank > 0 &&
                   are_indices(&s->parts[1], values->first_dim, s->tensor.rank);
    if (!is_fine) {
        sr_inspection_find(w->in, SR_RULE_ONNX_TENSOR, offset, 0,
                           "a sparse tensor whose values and indices do not go together");
    }
}

/*
 * Nodes, functions, operator sets (ON-8 to ON-11).
 */

static void leave_node(struct walk *w, const struct scope *s)
{
    char quoted[SR_EVIDENCE_BYTES];
    enum sr_graph_op op = sr_graph_op_onnx(s->name.domain, s->name.name);
    if (op == SR_GRAPH_OP_CODE) {
        sr_inspection_find(w->in, SR_RULE_ONNX_PYTHON, s->name.offset, s->name.name.len, "'%s'",
                           sr_inspection_quote(s->name.name, quoted));
        return;
    }
    if (op == SR_GRAPH_OP_PURE && !w->is_in_function) {
        return; /* were there a function of that name, it is looked at in its own place */
    }
    enum sr_status status =
        sr_graph_calls_call(w->calls, w->is_in_function ? w->function : SR_GRAPH_NOBODY, &s->name);
    if (status != SR_OK) {
        sr_inspection_fail(w->in, status, s->name.offset, NULL);
    }
}

/* Domains whose operators onnx_ops.def lists: those of other libraries need a native one. */
static bool is_known_domain(struct sr_bytes domain)
{
    static const char *const DOMAINS[] = {
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.preview",
        "ai.onnx.preview.training",
        "ai.onnx.training",
        "com.microsoft",
        "com.microsoft.experimental",
        "com.microsoft.nchwc",
    };
    for (size_t i = 0; i < sizeof DOMAINS / sizeof DOMAINS[0]; i++) {
        if (sr_text_equal(domain, sr_text_view(DOMAINS[i]))) {
            return true;
        }
    }
    return false;
}

static void leave_operator_set(struct walk *w, const struct scope *s)
{
    if (is_known_domain(s->name.domain)) {
        return;
    }
    enum sr_status status = sr_graph_calls_call(w->domains, SR_GRAPH_NOBODY, &s->name);
    if (status != SR_OK) {
        sr_inspection_fail(w->in, status, s->name.offset, NULL);
    }
}

static void leave_function(struct walk *w, const struct scope *s)
{
    enum sr_status status = sr_graph_calls_define(w->calls, &s->name);
    if (status != SR_OK) {
        sr_inspection_fail(w->in, status, s->name.offset, NULL);
    }
    w->function++;
    w->is_in_function = false;
}

/* ON-12: one value, and the one that the type says. */
static void leave_attribute(struct walk *w, const struct scope *s, uint64_t offset)
{
    static const uint8_t FIELD_OF_TYPE[] = {
        [1] = 2, [2] = 3,  [3] = 4,   [4] = 5,   [5] = 6,   [6] = 7,   [7] = 8,
        [8] = 9, [9] = 10, [10] = 11, [11] = 22, [12] = 23, [13] = 14, [14] = 15,
    };
    uint32_t others = s->values & (s->values - 1);
    const char *what = NULL;
    if (others != 0) {
        what = "an attribute with several values";
    } else if (s->type >= sizeof FIELD_OF_TYPE) {
        what = "an attribute of a type that is not known";
    } else if (s->type != 0 && s->values != 0 && s->values != 1U << FIELD_OF_TYPE[s->type]) {
        what = "an attribute whose value is not of its type";
    }
    if (what != NULL) {
        sr_inspection_find(w->in, SR_RULE_GRAPH_MALFORMED, offset, 0, "%s", what);
    }
}

static void leave_entry(struct walk *w, const struct scope *s, struct scope *parent,
                        const struct sr_protobuf_item *item)
{
    if (parent->id == SR_ONNX_TENSOR && item->number == SR_ONNX_TENSOR_EXTERNAL) {
        on_external(w, &parent->tensor, s);
        return;
    }
    check_text(w, s->key, item->offset, false);
    if (s->value.len > 0 && is_link(s->key, s->value)) {
        return;
    }
    check_text(w, s->value, s->value_offset, is_trace_key(s->key));
}

/*
 * The walk.
 */

static void enter(struct walk *w, const struct sr_protobuf_item *item)
{
    struct scope *s = &w->scopes[item->depth];
    struct scope *parent = &w->scopes[item->depth - 1];
    memset(s, 0, sizeof *s);
    s->id = (enum sr_onnx_message)item->message->id;
    s->tensor.offset = item->offset;
    s->tensor.elements = 1;
    s->name.offset = item->offset;
    if (parent->id == SR_ONNX_ATTRIBUTE) {
        parent->values |= 1U << item->number;
    }
    if (parent->id == SR_ONNX_TENSOR && s->id == SR_ONNX_SEGMENT) {
        parent->tensor.has_segment = true;
    }
    w->is_in_function = w->is_in_function || s->id == SR_ONNX_FUNCTION;
    w->has_graph = w->has_graph || (item->depth == 1 && s->id == SR_ONNX_GRAPH);
}

static void leave(struct walk *w, const struct sr_protobuf_item *item)
{
    struct scope *s = &w->scopes[item->depth];
    struct scope *parent = &w->scopes[item->depth - 1];
    switch (s->id) {
    case SR_ONNX_TENSOR:
        leave_tensor(w, &s->tensor);
        if (parent->id == SR_ONNX_SPARSE_TENSOR) {
            parent->parts[item->number - 1] = s->tensor;
            parent->has_part[item->number - 1] = true;
        }
        break;
    case SR_ONNX_SPARSE_TENSOR:
        leave_sparse(w, s, item->offset);
        break;
    case SR_ONNX_NODE:
        leave_node(w, s);
        break;
    case SR_ONNX_OPERATOR_SET:
        leave_operator_set(w, s);
        break;
    case SR_ONNX_FUNCTION:
        leave_function(w, s);
        break;
    case SR_ONNX_ATTRIBUTE:
        leave_attribute(w, s, item->offset);
        break;
    case SR_ONNX_ENTRY:
        leave_entry(w, s, parent, item);
        break;
    case SR_ONNX_MODEL:
    case SR_ONNX_GRAPH:
    case SR_ONNX_SEGMENT:
    case SR_ONNX_VALUE_INFO:
    case SR_ONNX_TYPE:
    case SR_ONNX_TYPE_PART:
    case SR_ONNX_SHAPE:
    case SR_ONNX_DIMENSION:
    case SR_ONNX_TRAINING:
    case SR_ONNX_ANNOTATION:
    case SR_ONNX_DEVICE:
        break;
    }
}

/* Which member of a name a field is; NULL: none. */
static struct sr_bytes *name_part(struct scope *s, uint32_t number)
{
    static const struct {
        enum sr_onnx_message id;
        uint32_t number;
        size_t member;
    } PARTS[] = {
        {SR_ONNX_NODE, SR_ONNX_NODE_OP, offsetof(struct scope, name.name)},
        {SR_ONNX_NODE, SR_ONNX_NODE_DOMAIN, offsetof(struct scope, name.domain)},
        {SR_ONNX_NODE, SR_ONNX_NODE_OVERLOAD, offsetof(struct scope, name.overload)},
        {SR_ONNX_FUNCTION, SR_ONNX_FUNCTION_NAME, offsetof(struct scope, name.name)},
        {SR_ONNX_FUNCTION, SR_ONNX_FUNCTION_DOMAIN, offsetof(struct scope, name.domain)},
        {SR_ONNX_FUNCTION, SR_ONNX_FUNCTION_OVERLOAD, offsetof(struct scope, name.overload)},
        {SR_ONNX_OPERATOR_SET, SR_ONNX_OPERATOR_SET_DOMAIN, offsetof(struct scope, name.domain)},
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        if (PARTS[i].id == s->id && PARTS[i].number == number) {
            return (struct sr_bytes *)(void *)((char *)s + PARTS[i].member);
        }
    }
    return NULL;
}

static void on_string(struct walk *w, struct scope *s, const struct sr_protobuf_item *item)
{
    struct sr_bytes *part = name_part(s, item->number);
    bool is_doc = strcmp(item->field->name, "doc_string") == 0;
    bool is_model = s->id == SR_ONNX_MODEL;
    if (part != NULL) {
        *part = item->bytes;
        s->name.offset = item->offset;
    }
    if (s->id == SR_ONNX_ENTRY && item->number == SR_ONNX_ENTRY_KEY) {
        s->key = item->bytes;
    } else if (s->id == SR_ONNX_ENTRY) {
        s->value = item->bytes;
        s->value_offset = item->offset;
    } else if (is_doc || is_model || item->bytes.len > NAME_BYTES_PLAIN) {
        /* Old exporters put stack traces into the nodes' texts, publishers links into the model's.
         */
        check_text(w, item->bytes, item->offset, is_doc && s->id != SR_ONNX_MODEL);
    }
}

static void on_attribute(struct walk *w, struct scope *s, const struct sr_protobuf_item *item)
{
    if (item->number == SR_ONNX_ATTRIBUTE_TYPE) {
        s->type = item->value;
    } else if (item->field->kind == SR_PROTOBUF_BYTES) {
        check_text(w, item->bytes, item->offset, false);
        s->values |= 1U << item->number;
    } else if (item->field->kind != SR_PROTOBUF_STRING) {
        s->values |= 1U << item->number;
    }
}

static void on_value(struct walk *w, const struct sr_protobuf_item *item)
{
    struct scope *s = &w->scopes[item->depth];
    if (item->field->kind == SR_PROTOBUF_STRING) {
        on_string(w, s, item);
    }
    if (s->id == SR_ONNX_TENSOR) {
        on_tensor(w, s, item);
    } else if (s->id == SR_ONNX_ATTRIBUTE) {
        on_attribute(w, s, item);
    } else if (s->id == SR_ONNX_SPARSE_TENSOR) {
        tensor_dim(&s->tensor, item->value);
    } else if (s->id == SR_ONNX_MODEL && item->number == SR_ONNX_MODEL_IR_VERSION) {
        w->has_version = true;
    }
}

static void on_item(struct walk *w, const struct sr_protobuf_item *item)
{
    switch (item->event) {
    case SR_PROTOBUF_ENTER:
        enter(w, item);
        break;
    case SR_PROTOBUF_LEAVE:
        leave(w, item);
        break;
    case SR_PROTOBUF_VALUE:
    case SR_PROTOBUF_RUN:
        on_value(w, item);
        break;
    case SR_PROTOBUF_UNKNOWN:
        sr_inspection_find(w->in, SR_RULE_GRAPH_UNKNOWN_FIELD, item->offset, item->bytes.len,
                           "%s: field %u", item->message->name, item->number);
        break;
    case SR_PROTOBUF_END:
        break;
    }
}

static enum sr_status walk_all(struct walk *w, struct sr_bytes bytes, struct sr_err *err)
{
    struct sr_protobuf_item item = {0};
    sr_protobuf_init(&w->walker, bytes, &sr_onnx_model);
    w->scopes[0].id = SR_ONNX_MODEL;
    do {
        SR_TRY(sr_protobuf_next(&w->walker, &item, err));
        on_item(w, &item);
    } while (item.event != SR_PROTOBUF_END);
    return SR_OK;
}

static void report_foreign(struct walk *w)
{
    char domain[SR_EVIDENCE_BYTES];
    char name[SR_EVIDENCE_BYTES];
    struct sr_graph_name call = {0};
    size_t at = 0;
    while (sr_graph_calls_foreign(w->calls, &at, &call)) {
        if (sr_graph_op_onnx(call.domain, call.name) != SR_GRAPH_OP_PURE) {
            sr_inspection_find(w->in, SR_RULE_ONNX_UNKNOWN_OPERATOR, call.offset, 0,
                               "'%.100s' of '%.100s'", sr_inspection_quote(call.name, name),
                               sr_inspection_quote(call.domain, domain));
        }
    }
    at = 0;
    while (sr_graph_calls_foreign(w->domains, &at, &call)) {
        if (!sr_graph_calls_has_domain(w->calls, call.domain)) {
            sr_inspection_find(w->in, SR_RULE_ONNX_CUSTOM_DOMAIN, call.offset, call.domain.len,
                               "'%s'", sr_inspection_quote(call.domain, domain));
        }
    }
}

/* What can be said only when all functions are known. */
static void check_calls(struct walk *w)
{
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_graph_name name = {0};
    bool is_cycle = false;
    enum sr_status status = sr_graph_calls_resolve(w->calls, &name);
    if (status == SR_CONFLICT) {
        sr_inspection_find(w->in, SR_RULE_GRAPH_MALFORMED, name.offset, name.name.len,
                           "two functions '%s'", sr_inspection_quote(name.name, quoted));
        return;
    }
    status = status == SR_OK ? sr_graph_calls_cycle(w->calls, &is_cycle, &name) : status;
    if (status != SR_OK) {
        sr_inspection_fail(w->in, status, 0, NULL);
        return;
    }
    if (is_cycle) {
        sr_inspection_find(w->in, SR_RULE_ONNX_FUNCTION_CYCLE, name.offset, name.name.len, "'%s'",
                           sr_inspection_quote(name.name, quoted));
    }
    report_foreign(w);
}

static enum sr_graph_op without_domain(struct sr_bytes name)
{
    return sr_graph_op_onnx(sr_text_view(""), name);
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(walk) w = calloc(1, sizeof *w);
    if (w == NULL || sr_graph_calls_new(&w->calls) != SR_OK ||
        sr_graph_calls_new(&w->domains) != SR_OK) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    w->in = in;
    struct sr_err err = {0};
    enum sr_status status = walk_all(w, blob->bytes, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, w->walker.at, &err);
        sr_graph_scan(in, blob->bytes, SR_ONNX_NODE_OP << 3 | 2, without_domain,
                      SR_RULE_ONNX_PYTHON);
        return;
    }
    if (!w->has_graph || !w->has_version) {
        sr_inspection_find(in, SR_RULE_GRAPH_MALFORMED, 0, 0, "a model without %s",
                           w->has_graph ? "ir_version" : "graph");
    }
    check_calls(w);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".onnx", NULL};

/* Protocol Buffers have no magic number; a file that is fields of ModelProto from its first byte to
 * its last, with a version and a graph, is one. */
static enum sr_match match(const struct sr_subject *blob)
{
    uint64_t seen = 0;
    const uint64_t wanted = 1U << 0 | 1U << 6; /* the first and seventh of its fields */
    bool is_model = sr_protobuf_skim(blob->bytes, &sr_onnx_model, SKIM_FIELDS_MAX, &seen) &&
                    (seen & wanted) == wanted;
    return is_model ? SR_MATCH_BYTES : SR_MATCH_NO;
}

const struct sr_format sr_format_onnx = {
    .name = "onnx",
    .title = "ONNX",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
