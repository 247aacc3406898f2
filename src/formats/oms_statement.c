/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/members.h"
#include "formats/nameset.h"
#include "formats/oms.h"
#include "formats/quote.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define PREDICATE_V1 "https://model_signing/signature/v1.0"
#define PREDICATE_OLD "https://model_signing/Digests/v0.1"
/* statement, predicate, resources, resource; what extra members hold may go deeper */
#define STATEMENT_DEPTH_MAX 32

void sr_oms_statement_free(struct sr_oms_statement *s)
{
    if (s == NULL) {
        return;
    }
    free(s->resources);
    free(s->ignored);
    sr_json_free(s->json);
    free(s);
}

size_t sr_oms_hash_bytes(enum sr_oms_hash hash)
{
    return hash == SR_OMS_SHA256 ? 32 : 64;
}

static bool is_plain_part(struct sr_bytes part)
{
    return part.len > 0 && !sr_text_equal(part, sr_text_view(".")) &&
           !sr_text_equal(part, sr_text_view(".."));
}

bool sr_oms_is_plain(struct sr_bytes path)
{
    if (path.len == 0 || path.len > SR_LIMIT_PATH_BYTES || !sr_text_is_utf8(path)) {
        return false;
    }
    size_t begin = 0;
    for (size_t i = 0; i <= path.len; i++) {
        uint8_t c = i < path.len ? path.ptr[i] : '/';
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && path.ptr[i + 1] < 0xa0)) {
            return false;
        }
        if (c == '/') {
            if (!is_plain_part(sr_bytes(path.ptr + begin, i - begin))) {
                return false;
            }
            begin = i + 1;
        }
    }
    return true;
}

/* O-14 */
static enum sr_status check_name(struct sr_bytes name, bool may_be_dot, struct sr_err *err)
{
    if (sr_oms_is_plain(name) || (may_be_dot && sr_text_equal(name, sr_text_view(".")))) {
        return SR_OK;
    }
    return sr_fail(err, SR_MALFORMED, "statement: name '%s' is not a plain relative path",
                   sr_quote(name).text);
}

/* O-16: "path:begin:end", split at the last two colons, as paths may have some. */
static enum sr_status split_shard(struct sr_oms_resource *r, struct sr_err *err)
{
    struct sr_bytes name = r->name;
    size_t colons[2] = {0};
    size_t found = 0;
    for (size_t i = name.len; i > 0 && found < 2; i--) {
        if (name.ptr[i - 1] == ':') {
            colons[found++] = i - 1;
        }
    }
    if (found == 2) {
        struct sr_bytes begin = sr_bytes(name.ptr + colons[1] + 1, colons[0] - colons[1] - 1);
        struct sr_bytes end = sr_bytes(name.ptr + colons[0] + 1, name.len - colons[0] - 1);
        if (sr_text_parse_u64(begin, 0, SR_LIMIT_FILE_BYTES, &r->begin) == SR_OK &&
            sr_text_parse_u64(end, 1, SR_LIMIT_FILE_BYTES, &r->end) == SR_OK && r->begin < r->end) {
            r->name.len = colons[1];
            return SR_OK;
        }
    }
    return sr_fail(err, SR_MALFORMED, "statement: shard '%s' is not 'path:begin:end'",
                   sr_quote(name).text);
}

static enum sr_status decode_digest(struct sr_bytes text, enum sr_oms_hash hash,
                                    struct sr_oms_resource *r, struct sr_err *err)
{
    if (sr_text_unhex(text, r->digest, sr_oms_hash_bytes(hash)) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "statement: digest of '%s' is not %zu hexadecimal digits",
                       sr_quote(r->name).text, 2 * sr_oms_hash_bytes(hash));
    }
    return SR_OK;
}

/* O-15: "sha256", and for shards also "sha256-sharded-N" as the reference wrote it. */
static bool is_algorithm(const struct sr_oms_statement *s, struct sr_bytes text)
{
    struct sr_bytes hash = sr_text_view(s->hash == SR_OMS_SHA256 ? "sha256" : "blake2b");
    struct sr_bytes sharded = sr_text_view("-sharded-");
    if (text.len < hash.len || memcmp(text.ptr, hash.ptr, hash.len) != 0) {
        return false;
    }
    struct sr_bytes rest = sr_bytes(text.ptr + hash.len, text.len - hash.len);
    uint64_t bytes = 0;
    return rest.len == 0 ||
           (s->method == SR_OMS_SHARDS && rest.len > sharded.len &&
            memcmp(rest.ptr, sharded.ptr, sharded.len) == 0 &&
            sr_text_parse_u64(sr_bytes(rest.ptr + sharded.len, rest.len - sharded.len), 1,
                              SR_LIMIT_FILE_BYTES, &bytes) == SR_OK);
}

static enum sr_status decode_resource(struct sr_oms_statement *s, struct sr_json_value value,
                                      bool may_be_dot, struct sr_err *err)
{
    struct sr_oms_resource *r = &s->resources[s->resource_count];
    struct sr_bytes algorithm;
    struct sr_bytes digest;
    SR_TRY(sr_members_string(value, "statement: resource", "name", &r->name, err));
    SR_TRY(sr_members_string(value, "statement: resource", "algorithm", &algorithm, err));
    SR_TRY(sr_members_string(value, "statement: resource", "digest", &digest, err));
    if (!is_algorithm(s, algorithm)) {
        return sr_fail(err, SR_MALFORMED, "statement: algorithm '%s' is not the hash_type",
                       sr_quote(algorithm).text);
    }
    SR_TRY(decode_digest(digest, s->hash, r, err));
    if (s->method == SR_OMS_SHARDS) {
        SR_TRY(split_shard(r, err));
    }
    return check_name(r->name, may_be_dot, err);
}

/* O-17: names once each; of shards, the whole "path:begin:end". */
static enum sr_status check_once(struct sr_nameset *names, struct sr_bytes name, struct sr_err *err)
{
    enum sr_status status = sr_nameset_add(names, name);
    return status != SR_CONFLICT
               ? status
               : sr_fail(err, SR_MALFORMED, "statement: '%s' is there twice", sr_quote(name).text);
}

static enum sr_status reserve(struct sr_oms_statement *s, struct sr_json_value list,
                              struct sr_err *err)
{
    size_t count = sr_json_count(list);
    if (count == 0 || count > SR_LIMIT_FILES) { /* O-13 */
        return sr_fail(err, count == 0 ? SR_MALFORMED : SR_TOO_LARGE,
                       "statement: %zu files, not 1 to %d", count, SR_LIMIT_FILES);
    }
    s->resources = calloc(count, sizeof *s->resources);
    return s->resources != NULL ? SR_OK
                                : sr_fail(err, SR_NO_MEMORY, "no memory for a statement's files");
}

static enum sr_status decode_resources(struct sr_oms_statement *s, struct sr_json_value predicate,
                                       struct sr_err *err)
{
    SR_AUTO(sr_nameset) names = NULL;
    struct sr_json_value list;
    SR_TRY(
        sr_members_get(predicate, "statement: predicate", "resources", SR_JSON_ARRAY, &list, err));
    SR_TRY(reserve(s, list, err));
    SR_TRY(sr_nameset_new(&names));
    bool may_be_dot = s->method == SR_OMS_SHARDS || sr_json_count(list) == 1;
    for (size_t i = 0; i < sr_json_count(list); i++) {
        struct sr_json_value value = sr_json_at(list, i);
        struct sr_bytes name;
        SR_TRY(decode_resource(s, value, may_be_dot, err));
        SR_TRY(sr_members_string(value, "statement: resource", "name", &name, err));
        SR_TRY(check_once(names, name, err));
        s->resource_count++;
    }
    return SR_OK;
}

/* O-18 */
static enum sr_status decode_ignored(struct sr_oms_statement *s, struct sr_json_value serialization,
                                     struct sr_err *err)
{
    struct sr_json_value list;
    if (!sr_json_find(serialization, "ignore_paths", &list)) {
        return SR_OK;
    }
    if (sr_json_kind(list) != SR_JSON_ARRAY) {
        return sr_fail(err, SR_MALFORMED, "statement: ignore_paths: not an array");
    }
    size_t count = sr_json_count(list);
    if (count > SR_OMS_IGNORED_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "statement: ignore_paths: %zu, not %d at most", count,
                       SR_OMS_IGNORED_MAX);
    }
    s->has_ignored = true;
    s->ignored = calloc(count + 1, sizeof *s->ignored);
    if (s->ignored == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a statement's ignore_paths");
    }
    for (; s->ignored_count < count; s->ignored_count++) {
        struct sr_json_value value = sr_json_at(list, s->ignored_count);
        if (sr_json_kind(value) != SR_JSON_STRING || !sr_oms_is_plain(sr_json_string(value))) {
            return sr_fail(err, SR_MALFORMED,
                           "statement: ignore_paths: entry %zu is not a plain relative path",
                           s->ignored_count);
        }
        s->ignored[s->ignored_count] = sr_json_string(value);
    }
    return SR_OK;
}

/* O-12 */
static enum sr_status decode_method(struct sr_oms_statement *s, struct sr_json_value serialization,
                                    struct sr_err *err)
{
    struct sr_bytes method;
    struct sr_json_value size;
    SR_TRY(sr_members_string(serialization, "statement: serialization", "method", &method, err));
    bool has_size = sr_json_find(serialization, "shard_size", &size);
    if (sr_text_equal(method, sr_text_view("files"))) {
        s->method = SR_OMS_FILES;
        return !has_size ? SR_OK
                         : sr_fail(err, SR_MALFORMED,
                                   "statement: serialization: shard_size of method 'files'");
    }
    if (!sr_text_equal(method, sr_text_view("shards"))) {
        return sr_fail(err, SR_UNSUPPORTED, "statement: method '%s' is not known",
                       sr_quote(method).text);
    }
    s->method = SR_OMS_SHARDS;
    /* The reference writes 8.0 for 8. Which ranges there are is what the names say. */
    if (!has_size || !((sr_json_kind(size) == SR_JSON_INTEGER && sr_json_integer(size) > 0) ||
                       sr_json_kind(size) == SR_JSON_REAL)) {
        return sr_fail(err, SR_MALFORMED, "statement: serialization: shard_size: not a number");
    }
    return SR_OK;
}

static enum sr_status decode_serialization(struct sr_oms_statement *s,
                                           struct sr_json_value predicate, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"method",     "hash_type",    "allow_symlinks",
                                          "shard_size", "ignore_paths", NULL};
    struct sr_json_value serialization;
    struct sr_json_value symlinks;
    struct sr_bytes hash;
    SR_TRY(sr_members_get(predicate, "statement: predicate", "serialization", SR_JSON_OBJECT,
                          &serialization, err));
    SR_TRY(sr_members_check(serialization, "statement: serialization", MEMBERS, err));
    SR_TRY(decode_method(s, serialization, err));
    SR_TRY(sr_members_string(serialization, "statement: serialization", "hash_type", &hash, err));
    if (sr_text_equal(hash, sr_text_view("blake2b"))) {
        s->hash = SR_OMS_BLAKE2B;
    } else if (!sr_text_equal(hash, sr_text_view("sha256"))) {
        return sr_fail(err, SR_UNSUPPORTED, "statement: hash_type '%s' is not known",
                       sr_quote(hash).text);
    }
    /* Whatever it says, links are refused where the files are looked at. */
    SR_TRY(sr_members_get(serialization, "statement: serialization", "allow_symlinks", SR_JSON_BOOL,
                          &symlinks, err));
    return decode_ignored(s, serialization, err);
}

/* The sha256 of a subject. */
static enum sr_status decode_subject(struct sr_json_value subject, struct sr_bytes *out_name,
                                     struct sr_bytes *out_digest, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"name", "digest", "annotations", NULL};
    static const char *const DIGESTS[] = {"sha256", NULL};
    struct sr_json_value digest;
    SR_TRY(sr_members_check(subject, "statement: subject", MEMBERS, err));
    SR_TRY(sr_members_string(subject, "statement: subject", "name", out_name, err));
    SR_TRY(sr_members_get(subject, "statement: subject", "digest", SR_JSON_OBJECT, &digest, err));
    SR_TRY(sr_members_check(digest, "statement: subject: digest", DIGESTS, err));
    return sr_members_string(digest, "statement: subject: digest", "sha256", out_digest, err);
}

static enum sr_status decode_v1(struct sr_oms_statement *s, struct sr_json_value subjects,
                                struct sr_json_value predicate, struct sr_err *err)
{
    struct sr_bytes digest;
    if (sr_json_count(subjects) != 1) {
        return sr_fail(err, SR_MALFORMED, "statement: %zu subjects, not one",
                       sr_json_count(subjects));
    }
    SR_TRY(decode_subject(sr_json_at(subjects, 0), &s->subject, &digest, err));
    if (sr_text_unhex(digest, s->root, sizeof s->root) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "statement: subject: sha256: not 64 hexadecimal digits");
    }
    SR_TRY(decode_serialization(s, predicate, err));
    return decode_resources(s, predicate, err);
}

/* O-21 */
static enum sr_status decode_old(struct sr_oms_statement *s, struct sr_json_value subjects,
                                 struct sr_err *err)
{
    SR_AUTO(sr_nameset) names = NULL;
    s->method = SR_OMS_DIGESTS;
    s->hash = SR_OMS_SHA256;
    SR_TRY(reserve(s, subjects, err));
    SR_TRY(sr_nameset_new(&names));
    for (size_t i = 0; i < sr_json_count(subjects); i++) {
        struct sr_oms_resource *r = &s->resources[i];
        struct sr_bytes digest;
        SR_TRY(decode_subject(sr_json_at(subjects, i), &r->name, &digest, err));
        SR_TRY(check_name(r->name, false, err));
        SR_TRY(decode_digest(digest, s->hash, r, err));
        SR_TRY(check_once(names, r->name, err));
        s->resource_count++;
    }
    return SR_OK;
}

static enum sr_status decode_statement(struct sr_oms_statement *s, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"_type", "subject", "predicateType", "predicate", NULL};
    struct sr_json_value root = sr_json_root(s->json);
    struct sr_json_value subjects;
    struct sr_json_value predicate;
    struct sr_bytes type;
    SR_TRY(sr_members_check(root, "statement", MEMBERS, err));
    SR_TRY(sr_members_string(root, "statement", "_type", &type, err));
    if (!sr_text_equal(type, sr_text_view(STATEMENT_TYPE))) {
        return sr_fail(err, SR_MALFORMED, "statement: _type: not '" STATEMENT_TYPE "'");
    }
    SR_TRY(sr_members_get(root, "statement", "subject", SR_JSON_ARRAY, &subjects, err));
    SR_TRY(sr_members_get(root, "statement", "predicate", SR_JSON_OBJECT, &predicate, err));
    SR_TRY(sr_members_string(root, "statement", "predicateType", &type, err));
    if (sr_text_equal(type, sr_text_view(PREDICATE_V1))) {
        return decode_v1(s, subjects, predicate, err);
    }
    if (sr_text_equal(type, sr_text_view(PREDICATE_OLD))) {
        return decode_old(s, subjects, err);
    }
    return sr_fail(err, SR_UNSUPPORTED,
                   "statement: predicateType '%s' is not about a model's files",
                   sr_quote(type).text);
}

enum sr_status sr_oms_statement_decode(struct sr_bytes payload, struct sr_oms_statement **out,
                                       struct sr_err *err)
{
    SR_AUTO(sr_oms_statement) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a statement");
    }
    enum sr_status status = sr_json_decode_within(payload, STATEMENT_DEPTH_MAX,
                                                  SR_LIMIT_SIGNATURE_HEAP_BYTES, &s->json, err);
    if (status != SR_OK) {
        return sr_context(err, status, "statement");
    }
    SR_TRY(decode_statement(s, err));
    *out = SR_TAKE(s);
    return SR_OK;
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, struct sr_bytes text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, text);
}

static enum sr_status put_digest(struct sr_json_writer *w, const char *key, const uint8_t *digest)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(digest, SR_OMS_ROOT_BYTES));
}

static enum sr_status put_serialization(struct sr_json_writer *w, const struct sr_oms_statement *s)
{
    SR_TRY(sr_json_key(w, "serialization"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "method", sr_text_view("files")));
    SR_TRY(put_text(w, "hash_type", sr_text_view("sha256")));
    SR_TRY(sr_json_key(w, "allow_symlinks"));
    SR_TRY(sr_json_put_bool(w, false));
    SR_TRY(sr_json_key(w, "ignore_paths"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < s->ignored_count; i++) {
        SR_TRY(sr_json_put_string(w, s->ignored[i]));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status put_resources(struct sr_json_writer *w, const struct sr_oms_statement *s)
{
    SR_TRY(sr_json_key(w, "resources"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < s->resource_count; i++) {
        SR_TRY(sr_json_open_object(w));
        SR_TRY(put_text(w, "name", s->resources[i].name));
        SR_TRY(put_text(w, "algorithm", sr_text_view("sha256")));
        SR_TRY(put_digest(w, "digest", s->resources[i].digest));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_subject(struct sr_json_writer *w, const struct sr_oms_statement *s)
{
    SR_TRY(sr_json_key(w, "subject"));
    SR_TRY(sr_json_open_array(w));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "name", s->subject));
    SR_TRY(sr_json_key(w, "digest"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_digest(w, "sha256", s->root));
    SR_TRY(sr_json_close_object(w));
    SR_TRY(sr_json_close_object(w));
    return sr_json_close_array(w);
}

enum sr_status sr_oms_statement_encode(const struct sr_oms_statement *s, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_text(&w, "_type", sr_text_view(STATEMENT_TYPE)));
    SR_TRY(put_subject(&w, s));
    SR_TRY(put_text(&w, "predicateType", sr_text_view(PREDICATE_V1)));
    SR_TRY(sr_json_key(&w, "predicate"));
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_serialization(&w, s));
    SR_TRY(put_resources(&w, s));
    SR_TRY(sr_json_close_object(&w));
    return sr_json_close_object(&w);
}
