/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/archive.h"
#include "artifact/inert.h"
#include "artifact/keras.h"
#include "artifact/settings.h"
#include "base/text.h"
#include "formats/json.h"

/* How deep metadata.json and model.weights.json go: lists of files by variable. */
#define METADATA_DEPTH_MAX 8
/* Where a configuration says what it is, from its beginning. */
#define MATCH_BYTES 4096

static void inspect_config(struct sr_inspection *in, const struct sr_subject *blob)
{
    sr_keras_config_inspect(in, blob->bytes, 0);
    /* Two words in a file do not keep other loaders from it. */
    (void)sr_settings_check_json(in, blob);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const struct sr_format CONFIG = {
    .name = "keras-config",
    .title = "a Keras configuration",
    .inspect = inspect_config,
};

static bool is(struct sr_bytes name, const char *wanted)
{
    return sr_text_equal(name, sr_text_view(wanted));
}

/*
 * KE-18: members of a file of its own that Keras does not write may be meant for other readers of
 * JSON, whose rules are not looked at here: "auto_map" makes transformers run code.
 */
static bool is_known_member(struct sr_bytes key)
{
    static const char *const KEYS[] = {
        "class_name",   "config",         "module",          "registered_name", "name",
        "build_config", "compile_config", "backend",         "keras_version",   "model_config",
        "assets",       "weights",        "training_config", "inbound_nodes",   NULL};
    for (const char *const *k = KEYS; *k != NULL; k++) {
        if (is(key, *k)) {
            return true;
        }
    }
    return false;
}

static void inspect_alone(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_json) tree = NULL;
    char quoted[SR_EVIDENCE_BYTES];
    inspect_config(in, blob);
    if (sr_json_decode(blob->bytes, SR_JSON_DEPTH_MAX, &tree, NULL) != SR_OK ||
        sr_json_kind(sr_json_root(tree)) != SR_JSON_OBJECT) {
        return; /* found already */
    }
    struct sr_json_iter it = sr_json_iter(sr_json_root(tree));
    while (sr_json_next(&it)) {
        if (!is_known_member(it.key)) {
            sr_inspection_find(in, SR_RULE_KERAS_UNLISTED, 0, 0, "member '%s'",
                               sr_inspection_quote(it.key, quoted));
        }
    }
}

static bool has_word(struct sr_bytes text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* KE-15: a model's architecture in a file of its own, as to_json() writes it. */
static enum sr_match match_config(const struct sr_subject *blob)
{
    struct sr_bytes head = blob->bytes;
    head.len = head.len > MATCH_BYTES ? MATCH_BYTES : head.len;
    if (head.len == 0 || head.ptr[0] != '{') {
        return SR_MATCH_NO;
    }
    bool is_config = has_word(head, "\"class_name\"") && has_word(head, "\"config\"");
    return is_config ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static const char *const JSON_EXTENSIONS[] = {".json", NULL};
const struct sr_format sr_format_keras_config = {
    .name = "keras-config",
    .title = "a Keras configuration",
    .extensions = JSON_EXTENSIONS,
    .match = match_config,
    .inspect = inspect_alone,
};

/*
 * Metadata: numbers and texts, which nobody interprets. KE-17
 */

/* One value that is no object; lists hold numbers and texts. */
static void check_value(struct sr_inspection *in, struct sr_json_value value)
{
    enum sr_json_kind kind = sr_json_kind(value);
    if (kind == SR_JSON_STRING) {
        sr_inert_check(in, sr_json_string(value), 0);
    } else if (kind == SR_JSON_ARRAY || kind == SR_JSON_OBJECT) {
        sr_inspection_find(in, SR_RULE_MALFORMED, 0, 0,
                           "metadata: a list of more than numbers and texts");
    }
}

static void check_texts(struct sr_inspection *in, struct sr_json_value root)
{
    struct sr_json_iter stack[METADATA_DEPTH_MAX];
    size_t depth = 0;
    stack[depth++] = sr_json_iter(root);
    while (depth > 0) {
        struct sr_json_iter *it = &stack[depth - 1];
        if (!sr_json_next(it)) {
            depth--;
            continue;
        }
        sr_inert_check(in, it->key, 0);
        enum sr_json_kind kind = sr_json_kind(it->value);
        if (kind == SR_JSON_OBJECT) {
            stack[depth++] = sr_json_iter(it->value); /* the decoder allows no more */
        } else if (kind != SR_JSON_ARRAY) {
            check_value(in, it->value);
        } else {
            for (size_t i = 0; i < sr_json_count(it->value); i++) {
                check_value(in, sr_json_at(it->value, i));
            }
        }
    }
}

static void inspect_metadata(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_json) tree = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_json_decode(blob->bytes, METADATA_DEPTH_MAX, &tree, &err);
    if (status == SR_OK && sr_json_kind(sr_json_root(tree)) != SR_JSON_OBJECT) {
        status = sr_fail(&err, SR_MALFORMED, "metadata: not an object");
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    check_texts(in, sr_json_root(tree));
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const struct sr_format METADATA = {
    .name = "keras-metadata",
    .title = "metadata of a Keras file",
    .inspect = inspect_metadata,
};

/*
 * The members of a .keras file. KE-16
 */

static bool ends(struct sr_bytes name, const char *with)
{
    size_t len = strlen(with);
    return name.len >= len && memcmp(name.ptr + name.len - len, with, len) == 0;
}

static bool is_asset(struct sr_bytes name)
{
    static const char FOLDER[] = "assets/";
    size_t len = sizeof FOLDER - 1;
    return name.len > len && memcmp(name.ptr, FOLDER, len) == 0;
}

static bool is_folder(struct sr_bytes name)
{
    return ends(name, "/");
}

static bool is_at_top(struct sr_bytes name)
{
    return name.len > 0 && memchr(name.ptr, '/', name.len) == NULL;
}

static void inspect_member(struct sr_inspection *in, struct sr_archive *a, size_t index)
{
    struct sr_bytes name = sr_zip_at(sr_archive_zip(a), index)->name;
    char quoted[SR_EVIDENCE_BYTES];
    if (is(name, "config.json")) {
        (void)sr_archive_look(in, a, index, &CONFIG);
    } else if (is(name, "metadata.json") || (is_at_top(name) && ends(name, ".weights.json"))) {
        (void)sr_archive_look(in, a, index, &METADATA);
    } else if ((is_at_top(name) && ends(name, ".weights.h5")) || is(name, "model.weights.npz") ||
               is_asset(name)) {
        (void)sr_archive_look(in, a, index, NULL);
    } else {
        /* Whatever it is, Keras does not read it; say what it would do if somebody else does. */
        (void)sr_archive_look(in, a, index, NULL);
        sr_inspection_find(in, SR_RULE_ARCHIVE_MEMBER_UNKNOWN,
                           sr_zip_at(sr_archive_zip(a), index)->data_offset, 0, "'%s'",
                           sr_inspection_quote(name, quoted));
    }
}

static void inspect(struct sr_inspection *in, struct sr_archive *archive)
{
    const struct sr_zip *zip = sr_archive_zip(archive);
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        struct sr_bytes name = sr_zip_at(zip, i)->name;
        if (is_folder(name) && (is(name, "assets/") || is_asset(name))) {
            sr_archive_claim(archive, i);
        } else {
            inspect_member(in, archive, i);
        }
    }
}

static bool matches(const struct sr_zip *zip, struct sr_bytes name)
{
    (void)name;
    size_t index = 0;
    return sr_zip_find(zip, sr_text_view("config.json"), &index) &&
           (sr_zip_find(zip, sr_text_view("metadata.json"), &index) ||
            sr_zip_find(zip, sr_text_view("model.weights.h5"), &index) ||
            sr_zip_find(zip, sr_text_view("model.weights.npz"), &index));
}

static const char *const EXTENSIONS[] = {".keras", NULL};
const struct sr_archive_kind sr_archive_kind_keras = {
    .name = "keras",
    .title = "a Keras model",
    .extensions = EXTENSIONS,
    .matches = matches,
    .inspect = inspect,
};
