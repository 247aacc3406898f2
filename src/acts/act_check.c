/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "acts/act_impl.h"
#include "formats/jcs.h"
#include "formats/quote.h"

static const uint8_t zeros[SR_SHA256_BYTES];

static bool is_text(struct sr_bytes text, size_t bytes_max)
{
    return text.len >= 1 && text.len <= bytes_max && sr_text_is_plain(text);
}

static enum sr_status check_text(const char *name, struct sr_bytes text, size_t bytes_max,
                                 struct sr_err *err)
{
    return is_text(text, bytes_max)
               ? SR_OK
               : sr_fail(err, SR_MALFORMED,
                         "act: %s: not 1 to %zu bytes of UTF-8 without control characters", name,
                         bytes_max);
}

static enum sr_status check_number(const struct sr_field_info *info, uint64_t number,
                                   struct sr_err *err)
{
    uint64_t min = info->type == SR_FIELD_TYPE_TIME;
    uint64_t max = info->max < SR_JCS_INTEGER_MAX ? (uint64_t)info->max : SR_JCS_INTEGER_MAX;
    if (number < min || number > max) {
        return sr_fail(err, SR_MALFORMED, "act: %s: not a number of %llu to %llu", info->name,
                       (unsigned long long)min, (unsigned long long)max);
    }
    return SR_OK;
}

static bool equals_earlier(const struct sr_field_info *info, const struct sr_act_value *value,
                           size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (info->type == SR_FIELD_TYPE_TEXTS
                ? sr_text_equal(value->texts[i], value->texts[index])
                : sr_text_id_equal(&value->ids[i], &value->ids[index])) {
            return true;
        }
    }
    return false;
}

/* Names in an order that is the same in bytes and in UTF-16 (RFC 8785): so they are ASCII. */
static bool is_item_name(struct sr_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < 0x20 || name.ptr[i] > 0x7e) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= SR_ACT_ITEM_NAME_BYTES_MAX;
}

static bool is_before(struct sr_bytes a, struct sr_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.ptr, b.ptr, len);
    return order < 0 || (order == 0 && a.len < b.len);
}

static enum sr_status check_item(const struct sr_field_info *info, const struct sr_act_value *value,
                                 size_t i, struct sr_err *err)
{
    if (info->type == SR_FIELD_TYPE_DIGESTS) {
        if (!is_item_name(value->digests[i].name)) {
            return sr_fail(err, SR_MALFORMED, "act: %s: a name that is not 1 to %d bytes of ASCII",
                           info->name, SR_ACT_ITEM_NAME_BYTES_MAX);
        }
        return i == 0 || is_before(value->digests[i - 1].name, value->digests[i].name)
                   ? SR_OK
                   : sr_fail(err, SR_MALFORMED, "act: %s: '%s' is not in order", info->name,
                             sr_quote(value->digests[i].name).text);
    }
    if (info->type == SR_FIELD_TYPE_TEXTS) {
        SR_TRY(check_text(info->name, value->texts[i], SR_ACT_ITEM_BYTES_MAX, err));
    }
    return equals_earlier(info, value, i)
               ? sr_fail(err, SR_MALFORMED, "act: %s: item %zu is there twice", info->name, i)
               : SR_OK;
}

static enum sr_status check_list(const struct sr_field_info *info, const struct sr_act_value *value,
                                 struct sr_err *err)
{
    if (value->count < 1 || value->count > (size_t)info->max) {
        return sr_fail(err, SR_MALFORMED, "act: %s: %zu items, not 1 to %lld", info->name,
                       value->count, (long long)info->max);
    }
    for (size_t i = 0; i < value->count; i++) {
        SR_TRY(check_item(info, value, i, err));
    }
    return SR_OK;
}

static enum sr_status check_value(const struct sr_field_info *info,
                                  const struct sr_act_value *value, struct sr_err *err)
{
    switch (info->type) {
    case SR_FIELD_TYPE_TEXT:
        return check_text(info->name, value->text, (size_t)info->max, err);
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
        return check_number(info, value->number, err);
    case SR_FIELD_TYPE_FLAG:
        return value->number == 1 ? SR_OK
                                  : sr_fail(err, SR_MALFORMED, "act: %s: not true", info->name);
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
        return check_list(info, value, err);
    case SR_FIELD_TYPE_DIGEST:
    case SR_FIELD_TYPE_ID:
    default:
        return SR_OK; /* any value is one */
    }
}

/* AC-9, AC-10: which fields there are. */
static enum sr_status check_fields(const struct sr_act *act, struct sr_err *err)
{
    const struct sr_verb_info *verb = sr_verb_info(act->verb);
    enum sr_verb asked = act->verb;
    bool asks = sr_act_asked_verb(act, &asked);
    if (act->verb == SR_VERB_REQUEST && sr_act_has(act, SR_FIELD_what) && !asks) {
        return sr_fail(err, SR_MALFORMED, "act: what: '%s' is not a verb that can be asked for",
                       sr_quote(act->field[SR_FIELD_what].text).text);
    }
    struct sr_act_masks masks = sr_act_masks(verb, asks ? sr_verb_info(asked) : NULL);
    for (size_t i = 0; i < SR_FIELD_COUNT; i++) {
        const struct sr_field_info *info = sr_field_info((enum sr_act_field)i);
        bool has = (act->has >> i & 1) != 0;
        if (!has && (masks.must >> i & 1) != 0) {
            return sr_fail(err, SR_MALFORMED, "act: %s: missing, '%s' has it", info->name,
                           sr_verb_info(asked)->word);
        }
        if (has && (masks.may >> i & 1) == 0) {
            return sr_fail(err, SR_MALFORMED, "act: %s: '%s' has no such field", info->name,
                           sr_verb_info(asked)->word);
        }
        if (has) {
            SR_TRY(check_value(info, &act->field[i], err));
        }
    }
    return SR_OK;
}

/* AC-6, AC-7: what the actor saw. */
static enum sr_status check_seen(const struct sr_act *act, struct sr_err *err)
{
    bool is_system = sr_verb_info(act->verb)->group == SR_VERB_GROUP_SYSTEM;
    if (is_system != (memcmp(act->policy, zeros, sizeof zeros) == 0)) {
        return sr_fail(err, SR_MALFORMED, "act: policy: %s",
                       is_system ? "there was none before this act" : "missing");
    }
    if (act->ledger_size > SR_JCS_INTEGER_MAX) {
        return sr_fail(err, SR_MALFORMED, "act: ledger: size over 2^53 - 1");
    }
    if (act->ledger_size == 0 && memcmp(act->ledger_root, zeros, sizeof zeros) != 0) {
        return sr_fail(err, SR_MALFORMED, "act: ledger: a root of nothing");
    }
    return SR_OK;
}

/* AC-11 */
static enum sr_status check_subject(const struct sr_act *act, struct sr_err *err)
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name made;
    if (act->subject_count != 1) {
        return sr_fail(err, SR_MALFORMED, "act: subject: not exactly one");
    }
    enum sr_status status = sr_act_subject(act, act->subjects[0].sha256, name, &made);
    if (status != SR_OK) {
        return sr_fail(err, status, "act: subject: cannot be made from the fields");
    }
    if (!sr_text_equal(made.name, act->subjects[0].name)) {
        return sr_fail(err, SR_MALFORMED, "act: subject: '%s', where the fields say '%s'",
                       sr_quote(act->subjects[0].name).text, sr_quote(made.name).text);
    }
    return memcmp(made.sha256, act->subjects[0].sha256, SR_SHA256_BYTES) == 0
               ? SR_OK
               : sr_fail(err, SR_MALFORMED, "act: subject: '%s' has another digest",
                         sr_quote(made.name).text);
}

enum sr_status sr_act_check(const struct sr_act *act, struct sr_err *err)
{
    SR_TRY(check_text("actor", act->actor, SR_ACT_ACTOR_BYTES_MAX, err));
    if (act->time_utc_ms < 1 || act->time_utc_ms > SR_JCS_INTEGER_MAX) {
        return sr_fail(err, SR_MALFORMED, "act: time_utc_ms: not a time after 1970");
    }
    SR_TRY(check_seen(act, err));
    SR_TRY(check_fields(act, err));
    return check_subject(act, err);
}
