/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/keras.h"

#include <string.h>

#include "artifact/inert.h"
#include "base/text.h"
#include "formats/json.h"

/* Models within models nest by about six levels each. */
#define DEPTH_MAX 256

/* Text that is longer than any name of a function. */
#define FUNCTION_NAME_BYTES_MAX 64

struct listed {
    const char *name;
    const char *kind;
    const char *where; /* parts of a module's path, by commas; "*" any */
};

static const struct listed LIST[] = {
#include "keras_classes.gen.h"
};

/* Who owns a module. */
enum owner {
    OWNER_NONE, /* not said */
    OWNER_KERAS,
    OWNER_BUILTINS,
    OWNER_MAIN, /* the script that made the model */
    OWNER_FOREIGN
};

struct frame {
    struct sr_json_value node;
    struct sr_json_iter it; /* of an object */
    size_t index;           /* of an array */
    bool is_object;
    bool holds_names; /* its texts name functions or classes: of activation, loss, metrics... */
};

struct walker {
    struct sr_inspection *in;
    uint64_t offset;
    uint64_t length;
    size_t depth;
    struct frame frames[DEPTH_MAX];
};

/* A reference to a class or function, as an object makes it. */
struct named {
    struct sr_bytes name;
    struct sr_bytes module; /* empty: none */
    struct sr_bytes registered;
    enum owner owner;
};

static bool is(struct sr_bytes text, const char *word)
{
    return sr_text_equal(text, sr_text_view(word));
}

static bool is_one_of(struct sr_bytes text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is(text, *words)) {
            return true;
        }
    }
    return false;
}

static bool ends(struct sr_bytes text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.ptr + text.len - len, word, len) == 0;
}

/* What comes after the last such character; all of it when there is none. */
static struct sr_bytes after_last(struct sr_bytes text, uint8_t c)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != c) {
        at--;
    }
    return sr_bytes(text.ptr + at, text.len - at);
}

static bool is_identifier(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool is_other = (c >= '0' && c <= '9') || c == '.';
        if (!is_letter && (!is_other || i == 0)) {
            return false;
        }
    }
    return text.len > 0;
}

/* A member that is text; false when there is none or it is something else. */
static bool find_text(struct sr_json_value object, const char *key, struct sr_bytes *out)
{
    struct sr_json_value value;
    if (!sr_json_find(object, key, &value) || sr_json_kind(value) != SR_JSON_STRING) {
        return false;
    }
    *out = sr_json_string(value);
    return true;
}

static void find(const struct walker *w, enum sr_rule rule, const char *what, struct sr_bytes text)
{
    char quoted[SR_EVIDENCE_BYTES];
    sr_inspection_find(w->in, rule, w->offset, w->length, "%s '%s'", what,
                       sr_inspection_quote(text, quoted));
}

static void find_named(const struct walker *w, enum sr_rule rule, const struct named *named)
{
    char module[SR_EVIDENCE_BYTES];
    char name[SR_EVIDENCE_BYTES];
    enum sr_verdict verdict = sr_rule_info(rule)->verdict;
    sr_inspection_global(w->in, named->module, named->name,
                         verdict == SR_VERDICT_BLOCK ? "danger" : "unknown");
    sr_inspection_find(w->in, rule, w->offset, w->length, "'%s' of module '%s'",
                       sr_inspection_quote(named->name, name),
                       sr_inspection_quote(named->module, module));
}

/*
 * Modules.
 */

/* Keras under all of its names. KE-4 */
static const char *const KERAS_PACKAGES[] = {"keras",
                                             "tf_keras",
                                             "keras_core",
                                             "keras_hub",
                                             "keras_nlp",
                                             "keras_cv",
                                             "tensorflow.keras",
                                             "tensorflow.python.keras",
                                             "tensorflow_core.keras",
                                             NULL};

static bool is_in_package(struct sr_bytes module, const char *package)
{
    size_t len = strlen(package);
    return sr_text_begins(module, package) && (module.len == len || module.ptr[len] == '.');
}

static enum owner owner_of(struct sr_bytes module)
{
    if (module.len == 0) {
        return OWNER_NONE;
    }
    if (is(module, "builtins")) {
        return OWNER_BUILTINS;
    }
    if (is(module, "__main__")) {
        return OWNER_MAIN;
    }
    for (const char *const *p = KERAS_PACKAGES; *p != NULL; p++) {
        if (is_in_package(module, *p)) {
            return OWNER_KERAS;
        }
    }
    return OWNER_FOREIGN;
}

/* The next part of text up to c; false at its end. */
static bool next_part(struct sr_bytes text, uint8_t c, size_t *at, struct sr_bytes *out)
{
    if (*at > text.len) {
        return false;
    }
    size_t begin = *at;
    size_t end = begin;
    while (end < text.len && text.ptr[end] != c) {
        end++;
    }
    *out = sr_bytes(text.ptr + begin, end - begin);
    *at = end + 1;
    return true;
}

static bool has_part(struct sr_bytes text, uint8_t c, struct sr_bytes wanted)
{
    struct sr_bytes part;
    for (size_t at = 0; next_part(text, c, &at, &part);) {
        if (sr_text_equal(part, wanted)) {
            return true;
        }
    }
    return false;
}

/* Whether a listed class is found in that module: one of its places is a part of the path. KE-5 */
static bool is_at(const struct listed *listed, struct sr_bytes module)
{
    struct sr_bytes where = sr_text_view(listed->where);
    struct sr_bytes part;
    if (module.len == 0 || is(where, "*")) {
        return true;
    }
    for (size_t at = 0; next_part(where, ',', &at, &part);) {
        /* "keras" stands for the package's own top, not for anywhere in it. */
        if (is(part, "keras") ? is(module, "keras") : has_part(module, '.', part)) {
            return true;
        }
    }
    return false;
}

/* Parts of Keras that no model is made of: what is there and not listed is a gadget. KE-6 */
static bool is_beside_models(struct sr_bytes module)
{
    static const char *const PARTS[] = {"utils",    "config",       "saving",        "export",
                                        "datasets", "applications", "callbacks",     "wrappers",
                                        "tree",     "distribution", "visualization", NULL};
    struct sr_bytes part;
    for (size_t at = 0; next_part(module, '.', &at, &part);) {
        if (is_one_of(part, PARTS)) {
            return true;
        }
    }
    return false;
}

/*
 * The list.
 */

/* The first entry that is not before name. */
static size_t lower_bound(struct sr_bytes name)
{
    size_t low = 0;
    size_t high = sizeof LIST / sizeof LIST[0];
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        size_t len = strlen(LIST[mid].name);
        int order = memcmp(LIST[mid].name, name.ptr, len < name.len ? len : name.len);
        if (order < 0 || (order == 0 && len < name.len)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Whether name is listed as one of those kinds (NULL ends them) in that module. */
static bool is_listed(struct sr_bytes name, struct sr_bytes module, const char *const *kinds)
{
    if (name.len == 0) {
        return false;
    }
    for (size_t i = lower_bound(name); i < sizeof LIST / sizeof LIST[0] && is(name, LIST[i].name);
         i++) {
        if (is_one_of(sr_text_view(LIST[i].kind), kinds) && is_at(&LIST[i], module)) {
            return true;
        }
    }
    return false;
}

static const char *const KIND_CLASS[] = {"class", NULL};
static const char *const KIND_SPECIAL[] = {"special", NULL};
static const char *const KIND_FUNCTION[] = {"function", NULL};
static const char *const KIND_NAME[] = {"class", "function", NULL};
static const char *const KIND_OPERATION[] = {"tfop", NULL};
static const char *const KIND_DANGER[] = {"danger", NULL};

/* KE-7: whatever stands before it, as in "keras.utils.get_file" or "Custom>get_file". */
static bool is_danger(struct sr_bytes name)
{
    struct sr_bytes none = {0};
    struct sr_bytes last = after_last(after_last(name, '>'), '.');
    return is_listed(name, none, KIND_DANGER) || is_listed(last, none, KIND_DANGER);
}

/*
 * Code.
 */

/* KE-10: base64 of a code object as marshal writes it: its type, then a small 32-bit number. */
static bool is_marshalled_code(struct sr_bytes text)
{
    while (text.len > 0 && (text.ptr[0] == '\n' || text.ptr[0] == ' ')) {
        text = sr_bytes(text.ptr + 1, text.len - 1);
    }
    return text.len >= 40 && (sr_text_begins(text, "4w") || sr_text_begins(text, "Yw")) &&
           memcmp(text.ptr + 3, "AAA", 3) == 0;
}

static void check_lambda_text(const struct walker *w, const char *key, struct sr_bytes text)
{
    bool is_name = is_identifier(text) && text.len <= FUNCTION_NAME_BYTES_MAX;
    if (is_marshalled_code(text)) {
        return; /* found by check_text() already */
    }
    if (!is_name) {
        find(w, SR_RULE_KERAS_CODE, key, text);
    } else if (is_danger(text)) {
        find(w, SR_RULE_KERAS_GADGET, key, text);
    }
}

/* One of a Lambda's functions. KE-9 */
static void check_lambda_part(const struct walker *w, struct sr_json_value config, const char *key,
                              bool may_be_shape)
{
    struct sr_json_value value;
    if (!sr_json_find(config, key, &value)) {
        return;
    }
    enum sr_json_kind kind = sr_json_kind(value);
    if (kind == SR_JSON_STRING) {
        check_lambda_text(w, key, sr_json_string(value));
        return;
    }
    if (kind != SR_JSON_ARRAY || sr_json_count(value) == 0) {
        return;
    }
    /* [code, defaults, closure], where a shape would be numbers */
    if (!may_be_shape || sr_json_kind(sr_json_at(value, 0)) == SR_JSON_STRING) {
        find(w, SR_RULE_KERAS_CODE, key, sr_text_view("[code, defaults, closure]"));
    }
}

static void check_lambda(const struct walker *w, struct sr_json_value object)
{
    struct sr_json_value config;
    find(w, SR_RULE_KERAS_LAMBDA, "class", sr_text_view("Lambda"));
    if (sr_json_find(object, "config", &config) && sr_json_kind(config) == SR_JSON_OBJECT) {
        check_lambda_part(w, config, "function", false);
        check_lambda_part(w, config, "output_shape", true);
        check_lambda_part(w, config, "mask", true);
    }
}

/*
 * Classes and functions.
 */

/* KE-8: registered under its own name, or in a package of Keras; else it is the publisher's. */
static void check_registered(const struct walker *w, const struct named *named)
{
    static const char *const PACKAGES[] = {"keras>", "keras_hub>", "keras_nlp>", "keras_cv>", NULL};
    struct sr_bytes registered = named->registered;
    if (registered.len == 0 || sr_text_equal(registered, named->name)) {
        return;
    }
    for (const char *const *p = PACKAGES; *p != NULL; p++) {
        if (sr_text_begins(registered, *p) &&
            sr_text_equal(after_last(registered, '>'), named->name)) {
            return;
        }
    }
    find(w, SR_RULE_KERAS_CUSTOM, "registered name", registered);
}

/* What is not on the list. KE-6 */
static void find_unlisted(const struct walker *w, const struct named *named)
{
    bool is_registered = after_last(named->registered, '>').len < named->registered.len;
    if (named->owner == OWNER_KERAS && is_beside_models(named->module)) {
        find_named(w, SR_RULE_KERAS_GADGET, named);
    } else if (is_registered && named->module.len == 0) {
        /* Found in the registry of the process that loads it, or not at all: nothing is imported.
         */
        find_named(w, SR_RULE_KERAS_REGISTERED, named);
        sr_inspection_global(w->in, named->registered, named->name, "unknown");
    } else if (is_registered || after_last(named->name, '>').len < named->name.len) {
        find_named(w, SR_RULE_KERAS_CUSTOM, named);
    } else {
        find_named(w, SR_RULE_KERAS_UNLISTED, named);
    }
}

/* What holds for all that is named; true when it is refused already. */
static bool check_danger(const struct walker *w, const struct named *named)
{
    if (is(after_last(named->name, '>'), "TorchModuleWrapper")) {
        find_named(w, SR_RULE_KERAS_TORCH_MODULE, named);
        return true;
    }
    if (named->owner == OWNER_FOREIGN) { /* KE-4 */
        find_named(w, SR_RULE_KERAS_MODULE, named);
        return true;
    }
    if (is_danger(named->name)) { /* KE-7 */
        find_named(w, SR_RULE_KERAS_GADGET, named);
        return true;
    }
    if (named->owner == OWNER_MAIN) {
        find_named(w, SR_RULE_KERAS_CUSTOM, named);
        return true;
    }
    return false;
}

static void check_class(const struct walker *w, const struct named *named)
{
    struct named plain = *named;
    if (named->owner == OWNER_BUILTINS) { /* a class of Python's own */
        find_named(w, SR_RULE_KERAS_MODULE, named);
        return;
    }
    /* Keras 2.11 registers its own optimisers like those of users. */
    if (sr_text_begins(named->name, "Custom>")) {
        plain.name = after_last(named->name, '>');
        plain.module = sr_text_view("keras.optimizers");
    }
    if (!is_listed(plain.name, plain.module, KIND_CLASS)) {
        find_unlisted(w, named);
        return;
    }
    sr_inspection_global(w->in, named->module, named->name, "type");
    check_registered(w, named);
}

/* {"class_name": "function", "config": name}: KE-7 */
static void check_function(const struct walker *w, struct sr_json_value object, struct named named)
{
    if (!find_text(object, "config", &named.name)) {
        find(w, SR_RULE_KERAS_UNLISTED, "function without a name in module", named.module);
        return;
    }
    if (is(named.registered, "function")) {
        named.registered = sr_bytes(NULL, 0);
    }
    if (check_danger(w, &named)) {
        return;
    }
    /* Keras writes "builtins" for every function; it looks in its own modules for it. */
    struct sr_bytes module = named.owner == OWNER_BUILTINS ? sr_bytes(NULL, 0) : named.module;
    if (!is_listed(named.name, module, KIND_FUNCTION)) {
        find_unlisted(w, &named);
        return;
    }
    check_registered(w, &named);
}

/* TFOpLambda and SlicingOpLambda: the operation's name. KE-11 */
static void check_operation(const struct walker *w, struct sr_json_value object)
{
    struct sr_json_value config;
    struct sr_bytes function = {0};
    struct sr_bytes none = {0};
    if (!sr_json_find(object, "config", &config) || sr_json_kind(config) != SR_JSON_OBJECT ||
        !find_text(config, "function", &function)) {
        find(w, SR_RULE_KERAS_UNLISTED, "operation", sr_text_view("without a name"));
    } else if (is_danger(function)) {
        find(w, SR_RULE_KERAS_GADGET, "operation", function);
    } else if (!is_listed(function, none, KIND_OPERATION)) {
        find(w, SR_RULE_KERAS_UNLISTED, "operation", function);
    }
}

/* A description of tensors. KE-12 */
static void check_spec(const struct walker *w, struct sr_json_value object,
                       const struct named *named)
{
    static const char *const SPECS[] = {"TensorSpec",
                                        "RaggedTensorSpec",
                                        "SparseTensorSpec",
                                        "tf.TensorSpec",
                                        "tf.RaggedTensorSpec",
                                        "tf.SparseTensorSpec",
                                        NULL};
    struct sr_bytes spec = {0};
    bool has_spec = find_text(object, "spec_name", &spec) || find_text(object, "type_spec", &spec);
    bool is_tensorflow = is_in_package(named->module, "tensorflow.python.framework") ||
                         is_in_package(named->module, "tensorflow.python.ops.ragged");
    if (named->module.len > 0 && !is_tensorflow) {
        find_named(w, SR_RULE_KERAS_MODULE, named);
    } else if (!has_spec || !is_one_of(spec, SPECS)) {
        find(w, SR_RULE_KERAS_UNLISTED, "type specification", spec);
    }
}

static void check_named(const struct walker *w, struct sr_json_value object,
                        const struct named *named)
{
    struct sr_bytes last = after_last(named->name, '>');
    struct sr_bytes none = {0};
    if (is(named->name, "__lambda__")) {
        find(w, SR_RULE_KERAS_CODE, "class", named->name);
    } else if (is(named->name, "function")) {
        check_function(w, object, *named);
    } else if (is(named->name, "__typespec__") || is(named->name, "TypeSpec")) {
        check_spec(w, object, named);
    } else if (check_danger(w, named)) {
        return;
    } else if (is(last, "Lambda")) {
        check_lambda(w, object);
    } else if (is(last, "TFOpLambda") || is(last, "SlicingOpLambda")) {
        check_operation(w, object);
    } else if (!is_listed(named->name, none, KIND_SPECIAL)) {
        check_class(w, named);
    }
}

/* A member that says who is meant has to be text or null. KE-3 */
static bool find_reference(const struct walker *w, struct sr_json_value object, const char *key,
                           struct sr_bytes *out)
{
    struct sr_json_value value;
    if (!sr_json_find(object, key, &value) || sr_json_kind(value) == SR_JSON_NULL) {
        return false;
    }
    if (sr_json_kind(value) != SR_JSON_STRING) {
        find(w, SR_RULE_KERAS_UNLISTED, "not text:", sr_text_view(key));
        return false;
    }
    *out = sr_json_string(value);
    return true;
}

static void check_code_types(const struct walker *w, struct sr_json_value object)
{
    static const char *const KEYS[] = {"function_type", "output_shape_type", "mask_type", NULL};
    struct sr_bytes type = {0};
    for (const char *const *key = KEYS; *key != NULL; key++) {
        if (find_text(object, *key, &type) && is(type, "lambda")) { /* KE-9 */
            find(w, SR_RULE_KERAS_CODE, *key, type);
        }
    }
}

/* An object that names no class but says where something is: a Lambda's settings. KE-4 */
static void check_loose(const struct walker *w, const struct named *named)
{
    if (named->owner == OWNER_FOREIGN || named->owner == OWNER_BUILTINS) {
        find_named(w, SR_RULE_KERAS_MODULE, named);
    } else if (named->registered.len > 0) {
        find(w, SR_RULE_KERAS_CUSTOM, "registered name", named->registered);
    }
}

static void check_object(const struct walker *w, struct sr_json_value object)
{
    struct named named = {0};
    struct sr_json_value custom;
    (void)find_reference(w, object, "registered_name", &named.registered);
    (void)find_reference(w, object, "module", &named.module);
    named.owner = owner_of(named.module);
    check_code_types(w, object);
    if (sr_json_find(object, "custom_objects", &custom) &&
        (sr_json_kind(custom) != SR_JSON_OBJECT || sr_json_count(custom) > 0) &&
        sr_json_kind(custom) != SR_JSON_NULL) {
        find(w, SR_RULE_KERAS_CUSTOM, "member", sr_text_view("custom_objects"));
    }
    if (find_reference(w, object, "class_name", &named.name)) {
        check_named(w, object, &named);
    } else {
        check_loose(w, &named);
    }
}

/*
 * The walk.
 */

/* Members whose texts name a function or class, as Keras looks them up. KE-7 */
static bool key_holds_names(struct sr_bytes key)
{
    static const char *const KEYS[] = {
        "activation", "loss", "optimizer", "metrics", "weighted_metrics", "inner_optimizer", NULL};
    return is_one_of(key, KEYS) || ends(key, "_activation") || ends(key, "_initializer") ||
           ends(key, "_regularizer") || ends(key, "_constraint");
}

/* Members that hold a table, or the path of the file that it is in. KE-13 */
static bool key_holds_file(struct sr_bytes key)
{
    static const char *const KEYS[] = {"vocabulary", "merges", "idf_weights", "filepath", NULL};
    return is_one_of(key, KEYS);
}

static void check_text(const struct walker *w, const struct frame *frame, struct sr_bytes key,
                       struct sr_bytes text)
{
    if (is_marshalled_code(text)) {
        find(w, SR_RULE_KERAS_CODE, "marshalled code", text);
    } else if (frame->is_object && key_holds_file(key) && text.len > 0) {
        find(w, SR_RULE_KERAS_FILE, "file", text);
    } else if (frame->holds_names || (frame->is_object && key_holds_names(key))) {
        struct named named = {.name = text};
        if (!check_danger(w, &named) && !is_listed(text, named.module, KIND_NAME)) {
            find_unlisted(w, &named);
        }
    } else { /* KE-14 */
        sr_inert_check(w->in, text, w->offset);
    }
}

static bool push(struct walker *w, struct sr_json_value node, bool holds_names)
{
    if (w->depth >= DEPTH_MAX) {
        return false; /* the decoder allows no more */
    }
    bool is_object = sr_json_kind(node) == SR_JSON_OBJECT;
    struct frame *frame = &w->frames[w->depth++];
    *frame = (struct frame){.node = node, .is_object = is_object, .holds_names = holds_names};
    if (is_object) {
        struct sr_json_value ignored;
        frame->it = sr_json_iter(node);
        check_object(w, node);
        /* An object of a class has names of its own kind in it. */
        frame->holds_names = holds_names && !sr_json_find(node, "class_name", &ignored);
    }
    return true;
}

/* The next value in the container on top; false at its end. */
static bool next(struct frame *frame, struct sr_bytes *out_key, struct sr_json_value *out)
{
    if (frame->is_object) {
        if (!sr_json_next(&frame->it)) {
            return false;
        }
        *out_key = frame->it.key;
        *out = frame->it.value;
        return true;
    }
    if (frame->index >= sr_json_count(frame->node)) {
        return false;
    }
    *out_key = sr_bytes(NULL, 0);
    *out = sr_json_at(frame->node, frame->index++);
    return true;
}

static void walk(struct walker *w, struct sr_json_value root)
{
    (void)push(w, root, false);
    while (w->depth > 0) {
        struct frame *frame = &w->frames[w->depth - 1];
        struct sr_bytes key = {0};
        struct sr_json_value value;
        if (!next(frame, &key, &value)) {
            w->depth--;
            continue;
        }
        enum sr_json_kind kind = sr_json_kind(value);
        if (kind == SR_JSON_STRING) {
            check_text(w, frame, key, sr_json_string(value));
        } else if (kind == SR_JSON_OBJECT || kind == SR_JSON_ARRAY) {
            (void)push(w, value, frame->holds_names || (frame->is_object && key_holds_names(key)));
        }
    }
}

void sr_keras_config_inspect(struct sr_inspection *in, struct sr_bytes json, uint64_t offset)
{
    SR_AUTO(sr_json) tree = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_json_decode_part(json, offset, DEPTH_MAX, &tree, &err);
    if (status != SR_OK) { /* KE-1 */
        sr_inspection_fail(in, status, offset, &err);
        return;
    }
    struct sr_json_value root = sr_json_root(tree);
    if (sr_json_kind(root) != SR_JSON_OBJECT) { /* KE-2 */
        sr_inspection_find(in, SR_RULE_MALFORMED, offset, json.len,
                           "a Keras configuration that is not an object");
        return;
    }
    struct walker w = {.in = in, .offset = offset, .length = json.len};
    walk(&w, root);
}
