/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "acts/act_impl.h"
#include "formats/jcs.h"
#include "formats/members.h"
#include "formats/quote.h"

/* How many fields are lists. */
#define FIELD(name, type, max, text) +(SR_FIELD_TYPE_##type >= SR_FIELD_TYPE_TEXTS)
enum {
    LISTS_MAX = 0
#include "acts/fields.def"
};
#undef FIELD

struct sr_act_text {
    struct sr_act act;
    struct sr_act_name subject;
    uint8_t digest[SR_SHA256_BYTES];
    void *lists[LISTS_MAX];
    size_t list_count;
    size_t len; /* of the statement */
    size_t kept;
    uint8_t bytes[]; /* the statement, and as many for the strings, which are no longer than it */
};

void sr_act_text_free(struct sr_act_text *t)
{
    if (t != NULL) {
        for (size_t i = 0; i < t->list_count; i++) {
            free(t->lists[i]);
        }
        free(t);
    }
}

const struct sr_act *sr_act_text_view(const struct sr_act_text *t)
{
    return &t->act;
}

struct sr_bytes sr_act_text_statement(const struct sr_act_text *t)
{
    return sr_bytes(t->bytes, t->len);
}

const uint8_t *sr_act_text_digest(const struct sr_act_text *t)
{
    return t->digest;
}

/* A string outlives the tree of JSON that it is in. */
static struct sr_bytes keep(struct sr_act_text *t, struct sr_bytes text)
{
    assert(text.len <= t->len - t->kept);
    uint8_t *at = t->bytes + t->len + t->kept;
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    t->kept += text.len;
    return sr_bytes(at, text.len);
}

static enum sr_status decode_hex(struct sr_json_value value, const char *name, void *out,
                                 size_t bytes, struct sr_err *err)
{
    return sr_json_kind(value) == SR_JSON_STRING &&
                   sr_text_unhex(sr_json_string(value), out, bytes) == SR_OK
               ? SR_OK
               : sr_fail(err, SR_MALFORMED, "act: %s: not %zu lower-case hexadecimal digits", name,
                         2 * bytes);
}

static enum sr_status find_hex(struct sr_json_value object, const char *name, void *out,
                               size_t bytes, struct sr_err *err)
{
    struct sr_json_value value;
    SR_TRY(sr_members_get(object, "act", name, SR_JSON_STRING, &value, err));
    return decode_hex(value, name, out, bytes, err);
}

static enum sr_status decode_number(struct sr_json_value value, const char *name, uint64_t *out,
                                    struct sr_err *err)
{
    if (sr_json_kind(value) != SR_JSON_INTEGER || sr_json_integer(value) < 0) {
        return sr_fail(err, SR_MALFORMED, "act: %s: not a number", name);
    }
    *out = (uint64_t)sr_json_integer(value);
    return SR_OK;
}

static enum sr_status find_number(struct sr_json_value object, const char *name, uint64_t *out,
                                  struct sr_err *err)
{
    struct sr_json_value value;
    SR_TRY(sr_members_get(object, "act", name, SR_JSON_INTEGER, &value, err));
    return decode_number(value, name, out, err);
}

/* Memory for count items, which t frees. */
static enum sr_status new_list(struct sr_act_text *t, size_t count, size_t bytes, void **out,
                               struct sr_err *err)
{
    assert(t->list_count < LISTS_MAX);
    void *list = calloc(count, bytes);
    if (list == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an act");
    }
    t->lists[t->list_count++] = list;
    *out = list;
    return SR_OK;
}

static enum sr_status decode_texts(struct sr_act_text *t, const char *name,
                                   struct sr_json_value array, struct sr_act_value *out,
                                   struct sr_err *err)
{
    void *list;
    SR_TRY(new_list(t, out->count, sizeof(struct sr_bytes), &list, err));
    struct sr_bytes *texts = list;
    for (size_t i = 0; i < out->count; i++) {
        struct sr_json_value item = sr_json_at(array, i);
        if (sr_json_kind(item) != SR_JSON_STRING) {
            return sr_fail(err, SR_MALFORMED, "act: %s: item %zu is not a string", name, i);
        }
        texts[i] = keep(t, sr_json_string(item));
    }
    out->texts = texts;
    return SR_OK;
}

static enum sr_status decode_ids(struct sr_act_text *t, const char *name,
                                 struct sr_json_value array, struct sr_act_value *out,
                                 struct sr_err *err)
{
    void *list;
    SR_TRY(new_list(t, out->count, sizeof(struct sr_id), &list, err));
    struct sr_id *ids = list;
    for (size_t i = 0; i < out->count; i++) {
        SR_TRY(decode_hex(sr_json_at(array, i), name, ids[i].bytes, SR_ID_BYTES, err));
    }
    out->ids = ids;
    return SR_OK;
}

static enum sr_status decode_digests(struct sr_act_text *t, const char *name,
                                     struct sr_json_value object, struct sr_act_value *out,
                                     struct sr_err *err)
{
    void *list;
    SR_TRY(new_list(t, out->count, sizeof(struct sr_act_name), &list, err));
    struct sr_act_name *digests = list;
    struct sr_json_iter it = sr_json_iter(object);
    for (size_t i = 0; i < out->count && sr_json_next(&it); i++) {
        digests[i].name = keep(t, it.key);
        SR_TRY(decode_hex(it.value, name, digests[i].sha256, SR_SHA256_BYTES, err));
    }
    out->digests = digests;
    return SR_OK;
}

static enum sr_status decode_list(struct sr_act_text *t, const struct sr_field_info *info,
                                  struct sr_json_value value, struct sr_act_value *out,
                                  struct sr_err *err)
{
    bool is_object = info->type == SR_FIELD_TYPE_DIGESTS;
    if (sr_json_kind(value) != (is_object ? SR_JSON_OBJECT : SR_JSON_ARRAY)) {
        return sr_fail(err, SR_MALFORMED, "act: %s: not %s", info->name,
                       is_object ? "an object" : "a list");
    }
    out->count = sr_json_count(value);
    if (out->count < 1 || out->count > (size_t)info->max) {
        return sr_fail(err, SR_MALFORMED, "act: %s: %zu items, not 1 to %lld", info->name,
                       out->count, (long long)info->max);
    }
    if (is_object) {
        return decode_digests(t, info->name, value, out, err);
    }
    return info->type == SR_FIELD_TYPE_TEXTS ? decode_texts(t, info->name, value, out, err)
                                             : decode_ids(t, info->name, value, out, err);
}

static enum sr_status decode_value(struct sr_act_text *t, const struct sr_field_info *info,
                                   struct sr_json_value value, struct sr_act_value *out,
                                   struct sr_err *err)
{
    switch (info->type) {
    case SR_FIELD_TYPE_TEXT:
        if (sr_json_kind(value) != SR_JSON_STRING) {
            return sr_fail(err, SR_MALFORMED, "act: %s: not a string", info->name);
        }
        out->text = keep(t, sr_json_string(value));
        return SR_OK;
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
        return decode_number(value, info->name, &out->number, err);
    case SR_FIELD_TYPE_DIGEST:
        return decode_hex(value, info->name, out->digest, SR_SHA256_BYTES, err);
    case SR_FIELD_TYPE_ID:
        return decode_hex(value, info->name, out->id.bytes, SR_ID_BYTES, err);
    case SR_FIELD_TYPE_FLAG:
        out->number = sr_json_kind(value) == SR_JSON_BOOL && sr_json_bool(value);
        return SR_OK; /* of 0, sr_act_check() says that it is not true */
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
    default:
        return decode_list(t, info, value, out, err);
    }
}

static enum sr_status decode_fields(struct sr_act_text *t, struct sr_json_value predicate,
                                    struct sr_err *err)
{
    struct sr_json_value fields;
    SR_TRY(sr_members_get(predicate, "act", "fields", SR_JSON_OBJECT, &fields, err));
    struct sr_json_iter it = sr_json_iter(fields);
    while (sr_json_next(&it)) {
        enum sr_act_field field;
        if (!sr_field_from_name(it.key, &field)) {
            return sr_fail(err, SR_MALFORMED, "act: '%s': no such field", sr_quote(it.key).text);
        }
        SR_TRY(decode_value(t, sr_field_info(field), it.value, &t->act.field[field], err));
        t->act.has |= UINT64_C(1) << field;
    }
    return SR_OK;
}

static enum sr_status decode_ledger(struct sr_json_value predicate, struct sr_act *act,
                                    struct sr_err *err)
{
    static const char *const MEMBERS[] = {"root", "size", NULL};
    struct sr_json_value ledger;
    if (!sr_json_find(predicate, "ledger", &ledger)) {
        return SR_OK;
    }
    SR_TRY(sr_members_check(ledger, "act: ledger", MEMBERS, err));
    SR_TRY(find_hex(ledger, "root", act->ledger_root, sizeof act->ledger_root, err));
    SR_TRY(find_number(ledger, "size", &act->ledger_size, err));
    return act->ledger_size > 0 ? SR_OK
                                : sr_fail(err, SR_MALFORMED, "act: ledger: a size of nothing");
}

/* What the actor saw: AC-6, AC-7. That policy is there when it has to be is sr_act_check()'s. */
static enum sr_status decode_seen(struct sr_json_value predicate, struct sr_act *act,
                                  struct sr_err *err)
{
    static const uint8_t ZEROS[SR_SHA256_BYTES];
    struct sr_json_value policy;
    if (sr_json_find(predicate, "policy", &policy)) {
        SR_TRY(decode_hex(policy, "policy", act->policy, sizeof act->policy, err));
        if (memcmp(act->policy, ZEROS, sizeof ZEROS) == 0) {
            return sr_fail(err, SR_MALFORMED, "act: policy: all zero");
        }
    }
    return decode_ledger(predicate, act, err);
}

static enum sr_status decode_predicate(struct sr_act_text *t, struct sr_json_value predicate,
                                       struct sr_err *err)
{
    static const char *const MEMBERS[] = {"actor",  "fields", "format",      "ledger", "nonce",
                                          "policy", "room",   "time_utc_ms", "verb",   NULL};
    struct sr_act *act = &t->act;
    struct sr_bytes word;
    uint64_t format;
    uint64_t time_utc_ms;
    SR_TRY(sr_members_check(predicate, "act: predicate", MEMBERS, err));
    SR_TRY(find_number(predicate, "format", &format, err));
    if (format != SR_ACT_FORMAT) {
        return sr_fail(err, SR_UNSUPPORTED, "act: format %llu, where %d is known",
                       (unsigned long long)format, SR_ACT_FORMAT);
    }
    SR_TRY(sr_members_string(predicate, "act", "verb", &word, err));
    if (!sr_verb_from_word(word, &act->verb)) {
        return sr_fail(err, SR_MALFORMED, "act: verb: there is no '%s'", sr_quote(word).text);
    }
    SR_TRY(sr_members_string(predicate, "act", "actor", &act->actor, err));
    act->actor = keep(t, act->actor);
    SR_TRY(find_hex(predicate, "nonce", act->nonce, sizeof act->nonce, err));
    SR_TRY(find_hex(predicate, "room", act->room.bytes, sizeof act->room.bytes, err));
    SR_TRY(find_number(predicate, "time_utc_ms", &time_utc_ms, err));
    act->time_utc_ms = (int64_t)time_utc_ms;
    SR_TRY(decode_seen(predicate, act, err));
    return decode_fields(t, predicate, err);
}

static enum sr_status decode_subject(struct sr_act_text *t, struct sr_json_value root,
                                     struct sr_err *err)
{
    static const char *const MEMBERS[] = {"digest", "name", NULL};
    static const char *const ALGORITHMS[] = {"sha256", NULL};
    struct sr_json_value list;
    struct sr_json_value digest;
    SR_TRY(sr_members_get(root, "act", "subject", SR_JSON_ARRAY, &list, err));
    if (sr_json_count(list) != 1) {
        return sr_fail(err, SR_MALFORMED, "act: subject: not exactly one");
    }
    struct sr_json_value one = sr_json_at(list, 0);
    SR_TRY(sr_members_check(one, "act: subject", MEMBERS, err));
    SR_TRY(sr_members_get(one, "act: subject", "digest", SR_JSON_OBJECT, &digest, err));
    SR_TRY(sr_members_check(digest, "act: subject: digest", ALGORITHMS, err));
    SR_TRY(find_hex(digest, "sha256", t->subject.sha256, sizeof t->subject.sha256, err));
    SR_TRY(sr_members_string(one, "act: subject", "name", &t->subject.name, err));
    t->subject.name = keep(t, t->subject.name);
    t->act.subjects = &t->subject;
    t->act.subject_count = 1;
    return SR_OK;
}

static enum sr_status decode_statement(struct sr_act_text *t, struct sr_json_value root,
                                       struct sr_err *err)
{
    static const char *const MEMBERS[] = {"_type", "predicate", "predicateType", "subject", NULL};
    struct sr_bytes type;
    struct sr_json_value predicate;
    SR_TRY(sr_members_check(root, "act", MEMBERS, err));
    SR_TRY(sr_members_string(root, "act", "_type", &type, err));
    if (!sr_text_equal(type, sr_text_view(SR_ACT_STATEMENT_TYPE))) {
        return sr_fail(err, SR_UNSUPPORTED, "act: _type '%s'", sr_quote(type).text);
    }
    SR_TRY(sr_members_string(root, "act", "predicateType", &type, err));
    if (!sr_text_equal(type, sr_text_view(SR_ACT_PREDICATE_TYPE))) {
        return sr_fail(err, SR_UNSUPPORTED, "act: predicateType '%s'", sr_quote(type).text);
    }
    SR_TRY(sr_members_get(root, "act", "predicate", SR_JSON_OBJECT, &predicate, err));
    SR_TRY(decode_predicate(t, predicate, err));
    return decode_subject(t, root, err);
}

enum sr_status sr_act_decode(struct sr_bytes statement, struct sr_act_text **out,
                             struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    SR_AUTO(sr_act_text) t = NULL;
    if (statement.len > SR_ACT_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "act: a statement of over %d bytes", SR_ACT_BYTES_MAX);
    }
    t = calloc(1, sizeof *t + 2 * statement.len);
    if (t == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an act");
    }
    memcpy(t->bytes, statement.ptr, statement.len);
    t->len = statement.len;
    SR_TRY(sr_sha256_once(statement, t->digest));
    if (sr_act_read_plain(sr_act_text_statement(t), &t->act, &t->subject)) {
        t->act.subjects = &t->subject;
        t->act.subject_count = 1;
    } else {
        SR_TRY(sr_jcs_decode(statement, &json, err)); /* AC-3 */
        SR_TRY(decode_statement(t, sr_json_root(json), err));
    }
    SR_TRY(sr_act_check(&t->act, err));
    *out = SR_TAKE(t);
    return SR_OK;
}
