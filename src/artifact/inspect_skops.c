/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "artifact/archive.h"
#include "artifact/inert.h"
#include "artifact/pickle_globals.h"
#include "base/text.h"
#include "formats/json.h"

/*
 * skops: a zip file whose schema.json is a tree of nodes. Each names a class, which the loader
 * imports, and a loader, which says what is done with it. Classes are held against the list of what
 * a pickle may name. docs/formats/skops.md (rules SK-n); source: skops 0.13, skops/io.
 */

#define DEPTH_MAX 400
#define SCHEMA "schema.json"

/* What a loader does with its node. */
enum deed {
    DEED_MAKES,    /* an object of the class, by __new__ and its state, or by calling it */
    DEED_NAMES,    /* the class itself, or one that the loader alone makes */
    DEED_PLAIN,    /* a value that names nothing */
    DEED_FUNCTION, /* finds a function */
    DEED_METHOD,   /* finds a method of an object */
    DEED_OPERATOR, /* calls a function of the module operator */
    DEED_CALLS     /* keeps a function to be called with arguments */
};

struct loader {
    const char *name;
    enum deed deed;
};

static const struct loader LOADERS[] = {
    {"BytearrayNode", DEED_MAKES},
    {"BytesNode", DEED_MAKES},
    {"CachedNode", DEED_MAKES},
    {"DTypeNode", DEED_MAKES},
    {"DefaultDictNode", DEED_MAKES},
    {"DictNode", DEED_MAKES},
    {"FunctionNode", DEED_FUNCTION},
    {"JsonNode", DEED_PLAIN},
    {"ListNode", DEED_MAKES},
    {"LossNode", DEED_MAKES},
    {"MaskedArrayNode", DEED_MAKES},
    {"MethodNode", DEED_METHOD},
    {"NdArrayNode", DEED_MAKES},
    {"ObjectNode", DEED_MAKES},
    {"OperatorFuncNode", DEED_OPERATOR},
    {"PartialNode", DEED_CALLS},
    {"RandomGeneratorNode", DEED_MAKES},
    {"RandomStateNode", DEED_NAMES},
    {"SetNode", DEED_MAKES},
    {"SliceNode", DEED_MAKES},
    {"SparseMatrixNode", DEED_MAKES},
    {"TreeNode", DEED_MAKES},
    {"TupleNode", DEED_MAKES},
    {"TypeNode", DEED_NAMES},
};

static const struct loader *find_loader(struct sr_bytes name)
{
    for (size_t i = 0; i < sizeof LOADERS / sizeof LOADERS[0]; i++) {
        if (sr_text_equal(name, sr_text_view(LOADERS[i].name))) {
            return &LOADERS[i];
        }
    }
    return NULL;
}

/* An object or array on the way down; no recursion. */
struct level {
    struct sr_json_iter members; /* of an object */
    struct sr_json_value array;
    size_t next;
    bool is_array;
};

struct walk {
    struct level levels[DEPTH_MAX];
    size_t depth;
};

static void enter(struct walk *w, struct sr_json_value value)
{
    enum sr_json_kind kind = sr_json_kind(value);
    if ((kind != SR_JSON_OBJECT && kind != SR_JSON_ARRAY) || w->depth == DEPTH_MAX) {
        return; /* the decoder has seen to the depth */
    }
    struct level *level = &w->levels[w->depth++];
    *level = (struct level){.is_array = kind == SR_JSON_ARRAY, .array = value};
    if (!level->is_array) {
        level->members = sr_json_iter(value);
    }
}

/* The next value of the tree, parents first; false at the end. */
static bool walk_next(struct walk *w, struct sr_json_value *out)
{
    while (w->depth > 0) {
        struct level *level = &w->levels[w->depth - 1];
        if (level->is_array && level->next < sr_json_count(level->array)) {
            *out = sr_json_at(level->array, level->next++);
            enter(w, *out);
            return true;
        }
        if (!level->is_array && sr_json_next(&level->members)) {
            *out = level->members.value;
            enter(w, *out);
            return true;
        }
        w->depth--;
    }
    return false;
}

/* A member that is a text. */
static bool find_text(struct sr_json_value object, const char *key, struct sr_bytes *out)
{
    struct sr_json_value value = {0};
    if (!sr_json_find(object, key, &value) || sr_json_kind(value) != SR_JSON_STRING) {
        return false;
    }
    *out = sr_json_string(value);
    return true;
}

static void find_named(struct sr_inspection *in, enum sr_rule rule, struct sr_bytes module,
                       struct sr_bytes name)
{
    char quoted_module[SR_EVIDENCE_BYTES];
    char quoted_name[SR_EVIDENCE_BYTES];
    sr_inspection_find(in, rule, 0, 0, "%.120s.%.120s", sr_inspection_quote(module, quoted_module),
                       sr_inspection_quote(name, quoted_name));
}

/* SK-3: what is imported has to be on the list, for what is done with it. */
static void check_global(struct sr_inspection *in, struct sr_bytes module, struct sr_bytes name,
                         enum deed deed)
{
    const struct sr_pickle_global *entry = sr_pickle_global_find(module, name);
    enum sr_pickle_role role = entry != NULL ? entry->role : SR_PICKLE_ROLE_UNKNOWN;
    bool is_listed = role == SR_PICKLE_ROLE_TYPE ||
                     (deed == DEED_NAMES && role == SR_PICKLE_ROLE_MARKER) ||
                     (deed == DEED_FUNCTION && role == SR_PICKLE_ROLE_REBUILD);
    if (role == SR_PICKLE_ROLE_DANGER) {
        sr_inspection_global(in, module, name, "danger");
        find_named(in, SR_RULE_PICKLE_GLOBAL_DANGEROUS, module, name);
    } else if (!is_listed) {
        sr_inspection_global(in, module, name, "unknown");
        find_named(in, SR_RULE_PICKLE_GLOBAL_UNKNOWN, module, name);
    } else {
        sr_inspection_global(in, module, name, "type");
        if ((entry->profiles & (1u << sr_inspection_profile(in))) == 0) {
            find_named(in, SR_RULE_PICKLE_GLOBAL_PROFILE, module, name);
        }
    }
}

/* SK-5: attributes of objects, by name: how CVE-2025-54413 reached modules. */
static void check_method(struct sr_inspection *in, struct sr_json_value node,
                         struct sr_bytes module, struct sr_bytes name)
{
    struct sr_json_value content = {0};
    struct sr_bytes func = {0};
    bool is_plain = sr_json_find(node, "content", &content) &&
                    sr_json_kind(content) == SR_JSON_OBJECT && find_text(content, "func", &func) &&
                    func.len > 0 && func.ptr[0] != '_' && memchr(func.ptr, '.', func.len) == NULL;
    find_named(in, is_plain ? SR_RULE_SKOPS_CALL : SR_RULE_SKOPS_METHOD, module, name);
}

/* SK-6: getters alone; the loader calls any name of the module (CVE-2025-54412). */
static void check_operator(struct sr_inspection *in, struct sr_bytes module, struct sr_bytes name)
{
    bool is_operator = sr_text_equal(module, sr_text_view("operator")) ||
                       sr_text_equal(module, sr_text_view("_operator"));
    bool is_getter = sr_text_equal(name, sr_text_view("attrgetter")) ||
                     sr_text_equal(name, sr_text_view("itemgetter")) ||
                     sr_text_equal(name, sr_text_view("methodcaller"));
    find_named(in, is_operator && is_getter ? SR_RULE_SKOPS_CALL : SR_RULE_SKOPS_OPERATOR, module,
               name);
}

/* SK-7: a JSON text within the JSON text. */
static void check_plain(struct sr_inspection *in, struct sr_json_value node)
{
    struct sr_bytes content = {0};
    SR_AUTO(sr_json) json = NULL;
    struct sr_err err = {0};
    if (!find_text(node, "content", &content)) {
        sr_inspection_find(in, SR_RULE_SKOPS_NODE, 0, 0, "a JsonNode without content");
        return;
    }
    if (sr_json_decode(content, DEPTH_MAX, &json, &err) != SR_OK) {
        sr_inspection_find(in, SR_RULE_SKOPS_NODE, 0, 0, "content of a JsonNode: %s", err.message);
        return;
    }
    sr_inert_check(in, content, 0);
}

static void check_node(struct sr_inspection *in, struct sr_json_value node)
{
    struct sr_bytes module = {0};
    struct sr_bytes name = {0};
    struct sr_bytes loader_name = {0};
    bool has_class = find_text(node, "__class__", &name);
    bool has_module = find_text(node, "__module__", &module);
    bool has_loader = find_text(node, "__loader__", &loader_name);
    if (!has_class && !has_module && !has_loader) {
        return; /* not a node: the members of one */
    }
    if (!has_class || !has_module || !has_loader) { /* SK-2 */
        sr_inspection_find(in, SR_RULE_SKOPS_NODE, 0, 0, "a node without class, module or loader");
        return;
    }
    const struct loader *loader = find_loader(loader_name);
    if (loader == NULL) { /* SK-4 */
        find_named(in, SR_RULE_SKOPS_LOADER, sr_text_view("skops"), loader_name);
        check_global(in, module, name, DEED_MAKES);
        return;
    }
    switch (loader->deed) {
    case DEED_PLAIN:
        check_plain(in, node);
        break;
    case DEED_METHOD:
        check_method(in, node, module, name);
        check_global(in, module, name, DEED_MAKES);
        break;
    case DEED_OPERATOR:
        check_operator(in, module, name);
        break;
    case DEED_CALLS:
        find_named(in, SR_RULE_SKOPS_CALL, module, name);
        break;
    case DEED_FUNCTION:
    case DEED_NAMES:
    case DEED_MAKES:
        check_global(in, module, name, loader->deed);
        break;
    }
}

/* schema.json itself: a format that only this kind of archive hands out. */
static void inspect_schema(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_json) json = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_json_decode(blob->bytes, DEPTH_MAX - 1, &json, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    struct walk *w = calloc(1, sizeof *w);
    if (w == NULL) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    struct sr_json_value value = sr_json_root(json);
    if (sr_json_kind(value) != SR_JSON_OBJECT) {
        sr_inspection_find(in, SR_RULE_SKOPS_NODE, 0, 0, "the outermost value is no node");
    }
    enter(w, value);
    do {
        if (sr_json_kind(value) == SR_JSON_OBJECT) {
            check_node(in, value);
        }
    } while (walk_next(w, &value));
    free(w);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const NO_EXTENSIONS[] = {NULL};
static const struct sr_format SCHEMA_FORMAT = {
    .name = "skops-schema",
    .title = "a skops schema",
    .extensions = NO_EXTENSIONS,
    .inspect = inspect_schema,
};

static bool has_suffix(struct sr_bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len > len && memcmp(name.ptr + name.len - len, suffix, len) == 0;
}

/* SK-8: members are arrays, or bytes that nobody interprets. */
static void look_at_member(struct sr_inspection *in, struct sr_archive *archive, size_t index)
{
    struct sr_bytes name = sr_zip_at(sr_archive_zip(archive), index)->name;
    if (has_suffix(name, ".npy") || has_suffix(name, ".npz")) {
        (void)sr_archive_look(in, archive, index, NULL);
    } else if (has_suffix(name, ".bin")) {
        struct sr_bytes content = {0};
        sr_archive_claim(archive, index);
        if (sr_archive_bytes(in, archive, index, &content)) {
            sr_inert_check(in, content, sr_zip_at(sr_archive_zip(archive), index)->data_offset);
        }
    }
}

/* A node that refers to a member. */
static void check_file(struct sr_inspection *in, struct sr_archive *archive,
                       struct sr_json_value node, bool *seen)
{
    struct sr_bytes file = {0};
    struct sr_bytes loader = {0};
    size_t index = 0;
    char quoted[SR_EVIDENCE_BYTES];
    if (!find_text(node, "__loader__", &loader) || !find_text(node, "file", &file)) {
        return;
    }
    if (!sr_zip_find(sr_archive_zip(archive), file, &index)) { /* SK-8 */
        sr_inspection_find(in, SR_RULE_SKOPS_NODE, 0, 0, "no member '%s'",
                           sr_inspection_quote(file, quoted));
        return;
    }
    if (!seen[index]) {
        seen[index] = true;
        look_at_member(in, archive, index);
    }
}

static void check_files(struct sr_inspection *in, struct sr_archive *archive, size_t schema)
{
    SR_AUTO(sr_json) json = NULL;
    struct sr_bytes text = {0};
    if (!sr_archive_bytes(in, archive, schema, &text) ||
        sr_json_decode(text, DEPTH_MAX - 1, &json, NULL) != SR_OK) {
        return; /* told already */
    }
    struct walk *w = calloc(1, sizeof *w);
    bool *seen = calloc(sr_zip_count(sr_archive_zip(archive)), sizeof *seen);
    if (w != NULL && seen != NULL) {
        struct sr_json_value value = sr_json_root(json);
        enter(w, value);
        do {
            if (sr_json_kind(value) == SR_JSON_OBJECT) {
                check_file(in, archive, value, seen);
            }
        } while (walk_next(w, &value));
    } else {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
    }
    free(w);
    free(seen);
}

static bool matches(const struct sr_zip *zip, struct sr_bytes name)
{
    size_t index = 0;
    (void)name;
    return sr_zip_find(zip, sr_text_view(SCHEMA), &index);
}

static void inspect(struct sr_inspection *in, struct sr_archive *archive)
{
    size_t schema = 0;
    if (sr_zip_find(sr_archive_zip(archive), sr_text_view(SCHEMA), &schema)) {
        (void)sr_archive_look(in, archive, schema, &SCHEMA_FORMAT);
        check_files(in, archive, schema);
    }
}

static const char *const EXTENSIONS[] = {".skops", NULL};
const struct sr_archive_kind sr_archive_kind_skops = {
    .name = "skops",
    .title = "skops",
    .extensions = EXTENSIONS,
    .matches = matches,
    .inspect = inspect,
};
