/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/act.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "acts/act_impl.h"

_Static_assert(SR_FIELD_COUNT <= 64, "a set of fields is 64 bits");

static const struct sr_field_info fields[SR_FIELD_COUNT] = {
#define FIELD(id, kind, limit, words)                                                              \
    [SR_FIELD_##id] = {.name = #id, .type = SR_FIELD_TYPE_##kind, .max = limit, .text = words},
#include "acts/fields.def"
#undef FIELD
};

#define ALL_FIELDS (UINT64_MAX >> (64 - SR_FIELD_COUNT))
#define EVERY_SYSTEM UINT64_C(0)
#define EVERY_RECORD SR_FIELD_BIT(request)
#define EVERY_ACT (SR_FIELD_BIT(request) | SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket))
#define EVERY_REVIEW UINT64_C(0)

static const struct sr_verb_info verbs[SR_VERB_COUNT] = {
#define VERB(id, text, class, subject, changing, needed, more, left, heading)                      \
    [SR_VERB_##id] = {.word = text,                                                                \
                      .group = SR_VERB_GROUP_##class,                                              \
                      .about = SR_VERB_ABOUT_##subject,                                            \
                      .changes = changing,                                                         \
                      .must = needed,                                                              \
                      .may = ((more) | EVERY_##class) & ALL_FIELDS & ~(needed),                    \
                      .open = left,                                                                \
                      .title = heading},
#include "acts/verbs.def"
#undef VERB
};

const struct sr_field_info *sr_field_info(enum sr_act_field field)
{
    assert((unsigned)field < SR_FIELD_COUNT);
    return &fields[field];
}

const struct sr_verb_info *sr_verb_info(enum sr_verb verb)
{
    assert((unsigned)verb < SR_VERB_COUNT);
    return &verbs[verb];
}

bool sr_field_from_name(struct sr_bytes name, enum sr_act_field *out)
{
    for (size_t i = 0; i < SR_FIELD_COUNT; i++) {
        if (sr_text_equal(name, sr_text_view(fields[i].name))) {
            *out = (enum sr_act_field)i;
            return true;
        }
    }
    return false;
}

bool sr_verb_from_word(struct sr_bytes word, enum sr_verb *out)
{
    for (size_t i = 0; i < SR_VERB_COUNT; i++) {
        if (sr_text_equal(word, sr_text_view(verbs[i].word))) {
            *out = (enum sr_verb)i;
            return true;
        }
    }
    return false;
}

bool sr_verb_releases(enum sr_verb verb)
{
    return verb == SR_VERB_EXPORT || verb == SR_VERB_READ || verb == SR_VERB_USE;
}

/* The value of a field that is set from now on. */
static struct sr_act_value *set(struct sr_act *act, enum sr_act_field field,
                                enum sr_field_type type)
{
    assert(sr_field_info(field)->type == type);
    act->has |= UINT64_C(1) << field;
    act->field[field] = (struct sr_act_value){0};
    return &act->field[field];
}

void sr_act_set_text(struct sr_act *act, enum sr_act_field field, struct sr_bytes text)
{
    set(act, field, SR_FIELD_TYPE_TEXT)->text = text;
}

void sr_act_set_word(struct sr_act *act, enum sr_act_field field, const char *text)
{
    sr_act_set_text(act, field, sr_text_view(text));
}

void sr_act_set_number(struct sr_act *act, enum sr_act_field field, uint64_t number)
{
    enum sr_field_type type = sr_field_info(field)->type;
    assert(type == SR_FIELD_TYPE_NUMBER || type == SR_FIELD_TYPE_TIME ||
           type == SR_FIELD_TYPE_FLAG);
    set(act, field, type)->number = number;
}

void sr_act_set_id(struct sr_act *act, enum sr_act_field field, const struct sr_id *id)
{
    set(act, field, SR_FIELD_TYPE_ID)->id = *id;
}

void sr_act_set_digest(struct sr_act *act, enum sr_act_field field,
                       const uint8_t digest[SR_SHA256_BYTES])
{
    memcpy(set(act, field, SR_FIELD_TYPE_DIGEST)->digest, digest, SR_SHA256_BYTES);
}

void sr_act_set_texts(struct sr_act *act, enum sr_act_field field, const struct sr_bytes *texts,
                      size_t count)
{
    struct sr_act_value *value = set(act, field, SR_FIELD_TYPE_TEXTS);
    value->texts = texts;
    value->count = count;
}

void sr_act_set_ids(struct sr_act *act, enum sr_act_field field, const struct sr_id *ids,
                    size_t count)
{
    struct sr_act_value *value = set(act, field, SR_FIELD_TYPE_IDS);
    value->ids = ids;
    value->count = count;
}

void sr_act_set_digests(struct sr_act *act, enum sr_act_field field,
                        const struct sr_act_name *digests, size_t count)
{
    struct sr_act_value *value = set(act, field, SR_FIELD_TYPE_DIGESTS);
    value->digests = digests;
    value->count = count;
}

bool sr_act_asked_verb(const struct sr_act *request, enum sr_verb *out)
{
    enum sr_verb asked;
    if (request->verb != SR_VERB_REQUEST || !sr_act_has(request, SR_FIELD_what) ||
        !sr_verb_from_word(request->field[SR_FIELD_what].text, &asked) ||
        verbs[asked].group != SR_VERB_GROUP_ACT) {
        return false;
    }
    *out = asked;
    return true;
}

enum sr_verb_about sr_act_about(const struct sr_act *act)
{
    enum sr_verb asked;
    return sr_verb_info(sr_act_asked_verb(act, &asked) ? asked : act->verb)->about;
}

struct sr_act_masks sr_act_masks(const struct sr_verb_info *verb, const struct sr_verb_info *asked)
{
    if (asked == NULL) {
        return (struct sr_act_masks){.must = verb->must, .may = verb->must | verb->may};
    }
    return (struct sr_act_masks){
        .must = verb->must | (asked->must & ~asked->open),
        .may = asked->must | (asked->may & ~SR_FIELD_BIT(request)) | SR_ACT_TERMS,
    };
}

static enum sr_status name_version(const struct sr_act *act, const uint8_t *digest, char *name,
                                   struct sr_act_name *out)
{
    struct sr_bytes artifact = act->field[SR_FIELD_artifact].text;
    if (!sr_act_has(act, SR_FIELD_artifact) || !sr_act_has(act, SR_FIELD_number) ||
        artifact.len > (size_t)fields[SR_FIELD_artifact].max || digest == NULL) {
        return SR_MALFORMED;
    }
    int len = snprintf(name, SR_ACT_SUBJECT_NAME_BYTES, "%.*s@%llu", (int)artifact.len,
                       (const char *)artifact.ptr,
                       (unsigned long long)act->field[SR_FIELD_number].number);
    out->name = sr_bytes(name, (size_t)len);
    memcpy(out->sha256, digest, SR_SHA256_BYTES);
    return SR_OK;
}

static enum sr_status name_principal(const struct sr_act *act, char *name, struct sr_act_name *out)
{
    struct sr_bytes principal = act->field[SR_FIELD_principal].text;
    if (!sr_act_has(act, SR_FIELD_principal) ||
        principal.len > (size_t)fields[SR_FIELD_principal].max) {
        return SR_MALFORMED;
    }
    int len = snprintf(name, SR_ACT_SUBJECT_NAME_BYTES, "principal:%.*s", (int)principal.len,
                       (const char *)principal.ptr);
    out->name = sr_bytes(name, (size_t)len);
    return sr_sha256_once(principal, out->sha256);
}

/* A subject whose digest is a field of the act. */
static enum sr_status name_digest(const struct sr_act *act, enum sr_act_field field,
                                  const char *word, char *name, struct sr_act_name *out)
{
    if (!sr_act_has(act, field)) {
        return SR_MALFORMED;
    }
    int len = snprintf(name, SR_ACT_SUBJECT_NAME_BYTES, "%s", word);
    out->name = sr_bytes(name, (size_t)len);
    memcpy(out->sha256, act->field[field].digest, SR_SHA256_BYTES);
    return SR_OK;
}

enum sr_status sr_act_subject(const struct sr_act *act, const uint8_t *digest,
                              char name_out[SR_ACT_SUBJECT_NAME_BYTES], struct sr_act_name *out)
{
    struct sr_act_name made = {0};
    switch (sr_act_about(act)) {
    case SR_VERB_ABOUT_VERSION:
        SR_TRY(name_version(act, digest, name_out, &made));
        break;
    case SR_VERB_ABOUT_PRINCIPAL:
        SR_TRY(name_principal(act, name_out, &made));
        break;
    case SR_VERB_ABOUT_REQUEST:
        SR_TRY(name_digest(act, SR_FIELD_request, "request", name_out, &made));
        break;
    case SR_VERB_ABOUT_POLICY:
        SR_TRY(name_digest(act, SR_FIELD_policy, "policy", name_out, &made));
        break;
    case SR_VERB_ABOUT_ROOM:
    default:
        made.name = sr_bytes(memcpy(name_out, "room", sizeof "room"), sizeof "room" - 1);
        SR_TRY(sr_sha256_once(sr_bytes(act->room.bytes, sizeof act->room.bytes), made.sha256));
        break;
    }
    *out = made;
    return SR_OK;
}

static bool names_equal(const struct sr_act_name *a, const struct sr_act_name *b)
{
    return sr_text_equal(a->name, b->name) && memcmp(a->sha256, b->sha256, SR_SHA256_BYTES) == 0;
}

static bool lists_equal(enum sr_field_type type, const struct sr_act_value *a,
                        const struct sr_act_value *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        if (type == SR_FIELD_TYPE_TEXTS) {
            equal = sr_text_equal(a->texts[i], b->texts[i]);
        } else if (type == SR_FIELD_TYPE_IDS) {
            equal = sr_text_id_equal(&a->ids[i], &b->ids[i]);
        } else {
            equal = names_equal(&a->digests[i], &b->digests[i]);
        }
    }
    return equal;
}

static bool values_equal(enum sr_field_type type, const struct sr_act_value *a,
                         const struct sr_act_value *b)
{
    switch (type) {
    case SR_FIELD_TYPE_TEXT:
        return sr_text_equal(a->text, b->text);
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
    case SR_FIELD_TYPE_FLAG:
        return a->number == b->number;
    case SR_FIELD_TYPE_DIGEST:
        return memcmp(a->digest, b->digest, SR_SHA256_BYTES) == 0;
    case SR_FIELD_TYPE_ID:
        return sr_text_id_equal(&a->id, &b->id);
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
    default:
        return lists_equal(type, a, b);
    }
}

static enum sr_status fits_fields(const struct sr_act *act, const struct sr_act *request,
                                  struct sr_err *err)
{
    const struct sr_verb_info *verb = sr_verb_info(act->verb);
    uint64_t own = SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket) | SR_FIELD_BIT(request);
    uint64_t left = verb->open & ~request->has;
    uint64_t terms = SR_ACT_TERMS & ~(verb->must | verb->may);
    uint64_t looked_at = ~(own | left | terms);
    uint64_t in_one = (act->has ^ request->has) & looked_at;
    uint64_t in_both = act->has & request->has & looked_at;
    for (size_t i = 0; i < SR_FIELD_COUNT; i++) {
        if ((in_one >> i & 1) != 0 ||
            ((in_both >> i & 1) != 0 &&
             !values_equal(fields[i].type, &act->field[i], &request->field[i]))) {
            return sr_fail(err, SR_DENIED, "field '%s' is not as in the request", fields[i].name);
        }
    }
    return SR_OK;
}

enum sr_status sr_act_fits_request(const struct sr_act *act, const struct sr_act *request,
                                   struct sr_err *err)
{
    enum sr_verb asked;
    if (!sr_act_asked_verb(request, &asked) || asked != act->verb) {
        return sr_fail(err, SR_DENIED, "the request does not ask for '%s'",
                       sr_verb_info(act->verb)->word);
    }
    if (!sr_text_id_equal(&act->room, &request->room)) {
        return sr_fail(err, SR_DENIED, "the request is of another room");
    }
    if (act->subject_count != 1 || request->subject_count != 1 ||
        !names_equal(&act->subjects[0], &request->subjects[0])) {
        return sr_fail(err, SR_DENIED, "the subject is not that of the request");
    }
    return fits_fields(act, request, err);
}
