/* SPDX-License-Identifier: Apache-2.0 */
/* TensorFlow's graphs and what lies beside them: docs/formats/tensorflow.md, rules TF-n. */
#include <stdlib.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/graph_calls.h"
#include "artifact/graph_ops.h"
#include "artifact/inert.h"
#include "artifact/keras.h"
#include "base/limits.h"
#include "base/text.h"
#include "formats/tensorflow.h"

/* Names longer than this are looked at as text; shorter strings of a tensor are words. */
#define NAME_BYTES_PLAIN 256
/* Fields that deciding what a file is looks at. */
#define SKIM_FIELDS_MAX (1U << 20)

/* A message that is being read; which of the members are in use depends on its kind. */
struct scope {
    unsigned id;
    struct sr_graph_name name; /* node: op; function */
    struct sr_bytes node;      /* node: its own name; entry: key */
    struct sr_bytes input;     /* node: the first */
    struct sr_bytes path;      /* node: a string in it that looks like a path */
    uint64_t path_offset;
    bool calls_saver;
    bool has_any;
    /* tensor */
    uint64_t elements;
    bool is_shape_wrong;
    uint64_t dtype;
    bool has_content;
    uint64_t content_bytes;
    /* any, Keras object, user object */
    struct sr_bytes type;
    struct sr_bytes value;
    uint64_t value_offset;
};

struct walk {
    struct sr_inspection *in;
    struct sr_protobuf walker;
    struct scope scopes[SR_PROTOBUF_DEPTH_MAX];
    struct sr_graph_calls *calls;
    size_t nodes;     /* depth of the innermost node; 0: none */
    size_t functions; /* depth of the function; 0: none */
};

static void walk_free(struct walk *w)
{
    if (w != NULL) {
        sr_graph_calls_free(w->calls);
        free(w);
    }
}
SR_DEFINE_AUTO(walk)

static bool has(struct sr_bytes text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* Strings in a graph are inert, and words of a vocabulary are of all kinds. */
static void check_text(struct walk *w, struct sr_bytes text, uint64_t offset)
{
    enum sr_inert class = sr_inert_class(text);
    bool is_word = text.len < NAME_BYTES_PLAIN;
    if (class == SR_INERT || (is_word && (class == SR_INERT_CODE || class == SR_INERT_ADDRESS))) {
        return;
    }
    sr_inert_check(w->in, text, offset);
}

static void report_opaque(struct walk *w, uint64_t offset, const char *what, struct sr_bytes name)
{
    char quoted[SR_EVIDENCE_BYTES];
    sr_inspection_find(w->in, SR_RULE_TF_OPAQUE, offset, name.len, "%s '%.200s'", what,
                       sr_inspection_quote(name, quoted));
}

/*
 * Savers (TF-5): TensorFlow 2 writes functions __inference__traced_save_N and ..._restore_N, which
 * only the main graph calls, with a placeholder for the name; TensorFlow 1 writes nodes save/... or
 * save_N/...
 */

static bool is_saver_function(struct sr_bytes name)
{
    return sr_text_begins(name, "__inference__traced_save") ||
           sr_text_begins(name, "__inference__traced_restore");
}

static bool is_saver_part(struct sr_bytes part)
{
    if (!sr_text_begins(part, "save")) {
        return false;
    }
    for (size_t i = 4; i < part.len; i++) {
        bool is_fine = i == 4 ? part.ptr[i] == '_' : part.ptr[i] >= '0' && part.ptr[i] <= '9';
        if (!is_fine) {
            return false;
        }
    }
    return true;
}

/* Whether a node stands in a scope of that name, at any depth. */
static bool is_saver_node(struct sr_bytes name)
{
    size_t begin = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '/') {
            if (is_saver_part(sr_bytes(name.ptr + begin, i - begin))) {
                return true;
            }
            begin = i + 1;
        }
    }
    return false;
}

static bool is_in_saver(const struct walk *w, const struct scope *node)
{
    return w->functions > 0 ? is_saver_function(w->scopes[w->functions].name.name)
                            : is_saver_node(node->node);
}

static bool is_path(struct sr_bytes text)
{
    return sr_text_begins(text, "/") || sr_text_begins(text, "~") || sr_text_begins(text, "..") ||
           has(text, "/../") || has(text, "://");
}

static void check_saver(struct walk *w, const struct scope *s)
{
    char quoted[SR_EVIDENCE_BYTES];
    const char *what = NULL;
    bool is_main = w->functions == 0;
    if (s->path.len > 0 && is_in_saver(w, s)) {
        sr_inspection_find(w->in, SR_RULE_TF_SAVER, s->path_offset, s->path.len,
                           "a saver with the name '%s'", sr_inspection_quote(s->path, quoted));
    }
    if (s->calls_saver && !is_main) {
        what = "a saver is called inside a function";
    } else if (s->calls_saver && !sr_text_equal(s->input, sr_text_view("saver_filename"))) {
        what = "a saver is called with a name that nobody feeds";
    } else if (is_main && sr_text_equal(s->node, sr_text_view("saver_filename")) &&
               !sr_text_equal(s->name.name, sr_text_view("Placeholder"))) {
        what = "the name for the saver is not a placeholder";
    }
    if (what != NULL) {
        sr_inspection_find(w->in, SR_RULE_TF_SAVER, s->name.offset, 0, "%s", what);
    }
}

/*
 * Operators (TF-4).
 */

static enum sr_rule rule_of(enum sr_graph_op op)
{
    static const enum sr_rule RULES[] = {
        [SR_GRAPH_OP_UNKNOWN] = SR_RULE_TF_UNKNOWN_OPERATOR,
        [SR_GRAPH_OP_PURE] = SR_RULE_TF_UNKNOWN_OPERATOR,
        [SR_GRAPH_OP_SAVER] = SR_RULE_TF_SAVER,
        [SR_GRAPH_OP_TABLE] = SR_RULE_TF_ASSET,
        [SR_GRAPH_OP_CODE] = SR_RULE_TF_CODE,
        [SR_GRAPH_OP_FILE] = SR_RULE_TF_FILE,
        [SR_GRAPH_OP_NETWORK] = SR_RULE_TF_NETWORK,
    };
    return RULES[op];
}

/* A name that is an operator's, or a function's of this graph. */
static void use_name(struct walk *w, const struct sr_graph_name *name, bool may_save)
{
    char quoted[SR_EVIDENCE_BYTES];
    enum sr_graph_op op = sr_graph_op_tensorflow(name->name);
    if (op == SR_GRAPH_OP_UNKNOWN) {
        enum sr_status status = sr_graph_calls_call(w->calls, SR_GRAPH_NOBODY, name);
        if (status != SR_OK) {
            sr_inspection_fail(w->in, status, name->offset, NULL);
        }
        return;
    }
    if (op == SR_GRAPH_OP_PURE || (op == SR_GRAPH_OP_SAVER && may_save)) {
        return;
    }
    sr_inspection_find(w->in, rule_of(op), name->offset, name->name.len, "'%s'",
                       sr_inspection_quote(name->name, quoted));
}

static void leave_func(struct walk *w, const struct scope *s)
{
    if (s->name.name.len == 0) {
        return;
    }
    use_name(w, &s->name, false);
    if (w->nodes > 0 && is_saver_function(s->name.name)) {
        w->scopes[w->nodes].calls_saver = true;
    }
}

static void leave_node(struct walk *w, const struct scope *s)
{
    use_name(w, &s->name, is_in_saver(w, s));
    check_saver(w, s);
    w->nodes = 0;
}

static void leave_function(struct walk *w, const struct scope *s)
{
    enum sr_status status = sr_graph_calls_define(w->calls, &s->name);
    if (status != SR_OK) {
        sr_inspection_fail(w->in, status, s->name.offset, NULL);
    }
    /* Keras names what it traces after the layer, and a Lambda after itself. TF-8 */
    if (sr_text_begins(s->name.name, "__inference_lambda") && has(s->name.name, "_layer_call")) {
        report_opaque(w, s->name.offset, "traced from a Lambda layer", s->name.name);
    }
    w->functions = 0;
}

/*
 * Tensors (TF-6).
 */

static void leave_dim(struct walk *w, unsigned depth, uint64_t size)
{
    struct scope *tensor = depth >= 2 ? &w->scopes[depth - 2] : NULL;
    if (tensor == NULL || tensor->id != SR_TF_TENSOR) {
        return;
    }
    tensor->is_shape_wrong = size > INT64_MAX ||
                             __builtin_mul_overflow(tensor->elements, size, &tensor->elements) ||
                             tensor->is_shape_wrong;
}

static void leave_tensor(struct walk *w, const struct scope *s)
{
    uint64_t bytes = 0;
    unsigned width = sr_tf_dtype_bytes(s->dtype);
    const char *what = NULL;
    if (s->is_shape_wrong) {
        what = "a dimension is negative, or the shape's size is over 64 bits";
    } else if (s->has_content && width == 0) {
        what = "bytes of a type that has none";
    } else if (s->has_content && (__builtin_mul_overflow(s->elements, (uint64_t)width, &bytes) ||
                                  bytes != s->content_bytes)) {
        what = "tensor_content is not as long as shape and type say";
    }
    if (what != NULL) {
        sr_inspection_find(w->in, SR_RULE_TF_TENSOR, s->name.offset, 0, "%s", what);
    }
}

static void on_tensor(struct walk *w, struct scope *s, const struct sr_protobuf_item *item)
{
    if (item->number == SR_TF_TENSOR_DTYPE) {
        s->dtype = item->value;
    } else if (item->number == SR_TF_TENSOR_CONTENT) {
        s->has_content = item->bytes.len > 0;
        s->content_bytes = item->bytes.len;
    } else if (item->number == SR_TF_TENSOR_STRING) {
        check_text(w, item->bytes, item->offset);
        if (w->nodes > 0 && is_path(item->bytes)) {
            w->scopes[w->nodes].path = item->bytes;
            w->scopes[w->nodes].path_offset = item->offset;
        }
    }
}

/*
 * Objects, collections, assets (TF-7 to TF-9).
 */

/* A file in the folder assets/ beside saved_model.pb. */
static void refer_asset(struct walk *w, struct sr_bytes name, uint64_t offset)
{
    static const char FOLDER[] = "assets/";
    char path[SR_LIMIT_PATH_BYTES];
    if (name.len >= sizeof path - sizeof FOLDER || name.len == 0) {
        sr_inspection_refer(w->in, name, offset); /* reported there */
        return;
    }
    memcpy(path, FOLDER, sizeof FOLDER - 1);
    memcpy(path + sizeof FOLDER - 1, name.ptr, name.len);
    sr_inspection_refer(w->in, sr_bytes(path, sizeof FOLDER - 1 + name.len), offset);
}

static void leave_any(struct walk *w, const struct scope *s, unsigned depth)
{
    struct sr_bytes name = {0};
    struct scope *outer = depth >= 3 ? &w->scopes[depth - 3] : NULL;
    bool is_asset = has(s->type, "tensorflow.AssetFileDef");
    if (is_asset && outer != NULL && outer->id == SR_TF_COLLECTION_ENTRY) {
        outer->has_any = true;
        if (sr_protobuf_peek(s->value, SR_TF_ASSET_FILENAME, 16, &name)) {
            refer_asset(w, name, s->value_offset);
        }
        return;
    }
    report_opaque(w, s->name.offset, "a packed message", s->type);
}

/* Collections that TensorFlow itself fills: names of nodes, and messages about variables. */
static bool is_known_collection(struct sr_bytes key)
{
    static const char *const KEYS[] = {
        "activations",
        "asset_filepaths",
        "biases",
        "concatenated_variables",
        "cond_context",
        "eval_step",
        "global_step",
        "init_op",
        "legacy_init_op",
        "local_init_op",
        "local_resources",
        "local_variables",
        "losses",
        "metric_variables",
        "model_variables",
        "moving_average_variables",
        "queue_runners",
        "ready_for_local_init_op",
        "ready_op",
        "regularization_losses",
        "resources",
        "save_transpose_map",
        "saved_model_assets",
        "saved_model_main_op",
        "saved_model_train_op",
        "saveable_objects",
        "savers",
        "summaries",
        "summary_op",
        "table_initializer",
        "train_op",
        "trainable_resource_variables",
        "trainable_variables",
        "update_ops",
        "variables",
        "weights",
        "while_context",
    };
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        if (sr_text_equal(key, sr_text_view(KEYS[i]))) {
            return true;
        }
    }
    return false;
}

static void leave_collection(struct walk *w, const struct scope *s)
{
    if (!is_known_collection(s->node) ||
        (s->has_any && !sr_text_equal(s->node, sr_text_view("saved_model_assets")))) {
        report_opaque(w, s->name.offset, "the collection", s->node);
    }
}

/* What object-based models are made of; any other name is looked up among registered classes. */
static bool is_known_identifier(struct sr_bytes identifier)
{
    static const char *const PLAIN[] = {
        "_generic_user_object",  "signature_map",       "optimizer",
        "experimentalOptimizer", "tensorflow_iterator", "_tf_keras_input_layer"};
    for (size_t i = 0; i < sizeof PLAIN / sizeof PLAIN[0]; i++) {
        if (sr_text_equal(identifier, sr_text_view(PLAIN[i]))) {
            return true;
        }
    }
    return sr_text_begins(identifier, "_tf_keras_") || sr_text_begins(identifier, "trackable_");
}

/* TF-8. What Keras makes of a Lambda by itself is up to keras.h; here it is beside a graph that was
 * traced from it, and the only reason to name it is to run Python again. */
static void check_lambda(struct walk *w, const struct scope *s)
{
    if (has(s->value, "\"Lambda\"")) {
        sr_inspection_find(w->in, SR_RULE_TF_LAMBDA, s->value_offset, s->value.len,
                           "a Lambda layer");
    }
}

static void leave_object(struct walk *w, const struct scope *s)
{
    if (!is_known_identifier(s->type)) {
        report_opaque(w, s->name.offset, "an object", s->type);
    }
    if (s->id == SR_TF_USER_OBJECT && s->value.len == 0 && sr_text_begins(s->type, "_tf_keras_")) {
        sr_inspection_refer(w->in, sr_text_view("keras_metadata.pb"), s->name.offset);
    } else if (sr_text_begins(s->type, "_tf_keras_")) {
        sr_keras_config_inspect(w->in, s->value, s->value_offset);
        check_lambda(w, s);
    } else {
        check_text(w, s->value, s->value_offset);
    }
}

/*
 * The walk.
 */

static void enter(struct walk *w, const struct sr_protobuf_item *item)
{
    struct scope *s = &w->scopes[item->depth];
    memset(s, 0, sizeof *s);
    s->id = item->message->id;
    s->elements = 1;
    s->name.offset = item->offset;
    if (s->id == SR_TF_NODE) {
        w->nodes = item->depth;
    } else if (s->id == SR_TF_FUNCTION) {
        w->functions = item->depth;
    } else if (s->id == SR_TF_VARIANT || s->id == SR_TF_REGISTERED) {
        report_opaque(w, item->offset, item->message->name, sr_bytes(NULL, 0));
    }
}

static void leave(struct walk *w, const struct sr_protobuf_item *item)
{
    const struct scope *s = &w->scopes[item->depth];
    switch (s->id) {
    case SR_TF_NODE:
        leave_node(w, s);
        break;
    case SR_TF_FUNC:
        leave_func(w, s);
        break;
    case SR_TF_FUNCTION:
        leave_function(w, s);
        break;
    case SR_TF_TENSOR:
        leave_tensor(w, s);
        break;
    case SR_TF_ANY:
        leave_any(w, s, item->depth);
        break;
    case SR_TF_COLLECTION_ENTRY:
        leave_collection(w, s);
        break;
    case SR_TF_USER_OBJECT:
    case SR_TF_KERAS_OBJECT:
        leave_object(w, s);
        break;
    default:
        break;
    }
}

static void on_node(struct scope *s, const struct sr_protobuf_item *item)
{
    if (item->number == SR_TF_NODE_NAME) {
        s->node = item->bytes;
    } else if (item->number == SR_TF_NODE_OP) {
        s->name.name = item->bytes;
        s->name.offset = item->offset;
    } else if (item->number == SR_TF_NODE_INPUT && s->input.len == 0) {
        s->input = item->bytes;
    }
}

static void on_attr(struct walk *w, const struct scope *parent, const struct sr_protobuf_item *item)
{
    char quoted[SR_EVIDENCE_BYTES];
    if (item->number != SR_TF_ATTR_STRING) {
        return;
    }
    check_text(w, item->bytes, item->offset);
    if (parent->id == SR_TF_ATTR_ENTRY && sr_text_begins(item->bytes, "file://")) {
        sr_inspection_find(w->in, SR_RULE_TF_FILE, item->offset, item->bytes.len, "'%s'",
                           sr_inspection_quote(item->bytes, quoted));
    }
}

/* Where the type and the value of what is judged as a pair stand. */
static void on_pair(struct scope *s, const struct sr_protobuf_item *item, uint32_t type,
                    uint32_t value)
{
    if (item->number == type) {
        s->type = item->bytes;
    } else if (item->number == value) {
        s->value = item->bytes;
        s->value_offset = item->offset;
    }
}

static void on_name(struct walk *w, struct scope *s, unsigned depth,
                    const struct sr_protobuf_item *item)
{
    struct scope *parent = depth > 0 ? &w->scopes[depth - 1] : NULL;
    if (s->id == SR_TF_FUNC) {
        s->name.name = item->bytes;
        s->name.offset = item->offset;
    } else if (s->id == SR_TF_OP && parent != NULL && parent->id == SR_TF_FUNCTION) {
        parent->name.name = item->bytes;
        parent->name.offset = item->offset;
    } else if (s->id == SR_TF_ATTR_ENTRY || s->id == SR_TF_COLLECTION_ENTRY) {
        s->node = item->bytes;
    }
}

static void on_value(struct walk *w, const struct sr_protobuf_item *item)
{
    struct scope *s = &w->scopes[item->depth];
    switch (s->id) {
    case SR_TF_NODE:
        on_node(s, item);
        break;
    case SR_TF_TENSOR:
        on_tensor(w, s, item);
        break;
    case SR_TF_ATTR_VALUE:
        on_attr(w, &w->scopes[item->depth - 1], item);
        break;
    case SR_TF_ANY:
        on_pair(s, item, SR_TF_ANY_TYPE, SR_TF_ANY_VALUE);
        break;
    case SR_TF_USER_OBJECT:
        on_pair(s, item, SR_TF_USER_OBJECT_IDENTIFIER, SR_TF_USER_OBJECT_METADATA);
        break;
    case SR_TF_KERAS_OBJECT:
        on_pair(s, item, SR_TF_KERAS_IDENTIFIER, SR_TF_KERAS_METADATA);
        break;
    case SR_TF_DIM:
        if (item->number == SR_TF_DIM_SIZE) {
            leave_dim(w, item->depth, item->value);
        }
        break;
    case SR_TF_ASSET:
        refer_asset(w, item->bytes, item->offset);
        break;
    case SR_TF_OBJECT:
        if (item->number == SR_TF_OBJECT_REGISTERED_NAME && item->bytes.len > 0) {
            report_opaque(w, item->offset, "the registered class", item->bytes);
        }
        break;
    default:
        if (item->number == 1) {
            on_name(w, s, item->depth, item);
        }
        break;
    }
    if (item->field->kind == SR_PROTOBUF_STRING && item->bytes.len > NAME_BYTES_PLAIN &&
        s->id != SR_TF_USER_OBJECT && s->id != SR_TF_KERAS_OBJECT) {
        check_text(w, item->bytes, item->offset);
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

static enum sr_status walk_all(struct walk *w, const struct sr_protobuf_message *root,
                               struct sr_bytes bytes, struct sr_err *err)
{
    struct sr_protobuf_item item = {0};
    sr_protobuf_init(&w->walker, bytes, root);
    w->scopes[0].id = root->id;
    do {
        SR_TRY(sr_protobuf_next(&w->walker, &item, err));
        on_item(w, &item);
    } while (item.event != SR_PROTOBUF_END);
    return SR_OK;
}

static void check_calls(struct walk *w)
{
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_graph_name name = {0};
    size_t at = 0;
    enum sr_status status = sr_graph_calls_resolve(w->calls, &name);
    if (status == SR_CONFLICT) {
        sr_inspection_find(w->in, SR_RULE_GRAPH_MALFORMED, name.offset, name.name.len,
                           "two functions '%s'", sr_inspection_quote(name.name, quoted));
        return;
    }
    while (sr_graph_calls_foreign(w->calls, &at, &name)) {
        sr_inspection_find(w->in, SR_RULE_TF_UNKNOWN_OPERATOR, name.offset, name.name.len, "'%s'",
                           sr_inspection_quote(name.name, quoted));
    }
}

/*
 * What a file is (TF-1).
 */

static bool is_named(struct sr_bytes path, const char *name)
{
    size_t len = strlen(name);
    return path.len >= len && memcmp(path.ptr + path.len - len, name, len) == 0 &&
           (path.len == len || path.ptr[path.len - len - 1] == '/');
}

/* Nodes, each with a name and an operator; out_is_keras: each with an identifier and metadata. */
static const struct sr_protobuf_message *graph_of(struct sr_bytes bytes)
{
    uint64_t seen = 0;
    struct sr_bytes node = {0};
    const struct sr_protobuf_message *node_message = sr_tf_graph.fields[0].message;
    const struct sr_protobuf_message *keras_message = sr_tf_keras_metadata.fields[0].message;
    if (!sr_protobuf_peek(bytes, SR_TF_GRAPH_NODE, SKIM_FIELDS_MAX, &node)) {
        return NULL;
    }
    if (sr_protobuf_skim(bytes, &sr_tf_graph, SKIM_FIELDS_MAX, &seen) &&
        sr_protobuf_skim(node, node_message, SKIM_FIELDS_MAX, &seen) && (seen & 2) != 0) {
        return &sr_tf_graph;
    }
    bool is_keras = sr_protobuf_skim(bytes, &sr_tf_keras_metadata, SKIM_FIELDS_MAX, &seen) &&
                    sr_protobuf_skim(node, keras_message, SKIM_FIELDS_MAX, &seen) &&
                    (seen & 12) == 12;
    return is_keras ? &sr_tf_keras_metadata : NULL;
}

static bool is_meta_graph(struct sr_bytes bytes)
{
    uint64_t seen = 0;
    struct sr_bytes graph = {0};
    return sr_protobuf_skim(bytes, &sr_tf_meta_graph, SKIM_FIELDS_MAX, &seen) &&
           sr_protobuf_peek(bytes, SR_TF_META_GRAPH_GRAPH, SKIM_FIELDS_MAX, &graph) &&
           graph_of(graph) == &sr_tf_graph;
}

static const struct sr_protobuf_message *root_of(const struct sr_subject *blob)
{
    uint64_t seen = 0;
    struct sr_bytes meta = {0};
    if (is_named(blob->name, "fingerprint.pb") &&
        sr_protobuf_skim(blob->bytes, &sr_tf_fingerprint, 16, &seen)) {
        return &sr_tf_fingerprint;
    }
    if (sr_protobuf_skim(blob->bytes, &sr_tf_saved_model, SKIM_FIELDS_MAX, &seen) &&
        sr_protobuf_peek(blob->bytes, SR_TF_MODEL_META_GRAPHS, SKIM_FIELDS_MAX, &meta) &&
        is_meta_graph(meta)) {
        return &sr_tf_saved_model;
    }
    return is_meta_graph(blob->bytes) ? &sr_tf_meta_graph : graph_of(blob->bytes);
}

static const struct sr_protobuf_message *root_by_name(struct sr_bytes name)
{
    if (is_named(name, "keras_metadata.pb")) {
        return &sr_tf_keras_metadata;
    }
    if (is_named(name, "fingerprint.pb")) {
        return &sr_tf_fingerprint;
    }
    return is_named(name, "saved_model.pb") ? &sr_tf_saved_model : &sr_tf_graph;
}

/* A graph as text: not parsed, but looked through for what it must not name. */
static void inspect_text(struct sr_inspection *in, struct sr_bytes bytes)
{
    char quoted[SR_EVIDENCE_BYTES];
    size_t begin = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] != '"' && bytes.ptr[i] != '\'') {
            continue;
        }
        struct sr_bytes name = sr_bytes(bytes.ptr + begin, i - begin);
        enum sr_graph_op op = sr_graph_op_tensorflow(name);
        if (op >= SR_GRAPH_OP_CODE) {
            sr_inspection_find(in, rule_of(op), begin, name.len, "'%s'",
                               sr_inspection_quote(name, quoted));
        }
        begin = i + 1;
    }
    sr_inspection_find(in, SR_RULE_UNSUPPORTED_FORMAT, 0, 0, "a graph as text");
}

static bool is_text(const struct sr_subject *blob)
{
    static const char END[] = ".pbtxt";
    size_t len = sizeof END - 1;
    return blob->name.len >= len && memcmp(blob->name.ptr + blob->name.len - len, END, len) == 0;
}

static enum sr_graph_op any_op(struct sr_bytes name)
{
    return sr_graph_op_tensorflow(name);
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    const struct sr_protobuf_message *root = root_of(blob);
    SR_AUTO(walk) w = calloc(1, sizeof *w);
    if (w == NULL || sr_graph_calls_new(&w->calls) != SR_OK) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    if (root == NULL && is_text(blob)) {
        inspect_text(in, blob->bytes);
        return;
    }
    w->in = in;
    struct sr_err err = {0};
    enum sr_status status =
        walk_all(w, root != NULL ? root : root_by_name(blob->name), blob->bytes, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, w->walker.at, &err);
        sr_graph_scan(in, blob->bytes, SR_TF_NODE_OP << 3 | 2, any_op, SR_RULE_TF_CODE);
        return;
    }
    check_calls(w);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static enum sr_match match(const struct sr_subject *blob)
{
    return root_of(blob) != NULL ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static const char *const EXTENSIONS[] = {".pb", ".pbtxt", ".meta", NULL};
const struct sr_format sr_format_tensorflow = {
    .name = "tensorflow",
    .title = "TensorFlow graph",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
