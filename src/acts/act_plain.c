/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "acts/act_impl.h"
#include "formats/jcs.h"
#include "formats/members.h"

/* Strings are views of the statement, so one with an escape in it is not read here. */

static bool read_field(struct sr_bytes value, enum sr_field_type type, struct sr_act_value *out)
{
    bool is_word =
        value.len >= 2 && value.ptr[0] == '"' && memchr(value.ptr, '\\', value.len) == NULL;
    struct sr_bytes word = is_word ? sr_bytes(value.ptr + 1, value.len - 2) : sr_bytes(NULL, 0);
    switch (type) {
    case SR_FIELD_TYPE_TEXT:
        out->text = word;
        return is_word;
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
        return sr_text_parse_u64(value, 0, INT64_MAX, &out->number) == SR_OK;
    case SR_FIELD_TYPE_DIGEST:
        return is_word && sr_text_unhex(word, out->digest, sizeof out->digest) == SR_OK;
    case SR_FIELD_TYPE_ID:
        return is_word && sr_text_unhex(word, out->id.bytes, sizeof out->id.bytes) == SR_OK;
    case SR_FIELD_TYPE_FLAG:
        out->number = 1;
        return sr_text_equal(value, sr_text_view("true"));
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
    default:
        return false; /* lists need memory */
    }
}

static bool read_fields(struct sr_bytes text, struct sr_act *act)
{
    struct sr_json_members walk = {.text = text};
    struct sr_json_member member;
    bool has_more = true;
    while (sr_json_members_next(&walk, &has_more, &member, NULL) == SR_OK && has_more) {
        enum sr_act_field field;
        struct sr_bytes name = sr_bytes(member.key.ptr + 1, member.key.len - 2);
        if (!sr_field_from_name(name, &field) ||
            !read_field(member.value, sr_field_info(field)->type, &act->field[field])) {
            return false;
        }
        act->has |= UINT64_C(1) << field;
    }
    return !has_more;
}

/* What the actor saw; each is there or not. */
static bool read_ledger(struct sr_json_members *predicate, struct sr_act *act)
{
    struct sr_bytes ledger;
    if (!sr_members_take(predicate, "ledger", &ledger)) {
        return true;
    }
    struct sr_json_members walk = {.text = ledger};
    return sr_members_take_hex(&walk, "root", act->ledger_root, sizeof act->ledger_root) &&
           sr_members_take_number(&walk, "size", 1, INT64_MAX, &act->ledger_size) &&
           sr_members_take_end(&walk);
}

static bool read_policy(struct sr_json_members *predicate, struct sr_act *act)
{
    static const uint8_t ZEROS[SR_SHA256_BYTES];
    return !sr_members_take_hex(predicate, "policy", act->policy, sizeof act->policy) ||
           memcmp(act->policy, ZEROS, sizeof ZEROS) != 0;
}

static bool read_predicate(struct sr_bytes text, struct sr_act *act)
{
    struct sr_json_members walk = {.text = text};
    struct sr_bytes fields;
    struct sr_bytes verb;
    uint64_t format;
    uint64_t time_utc_ms;
    if (!sr_members_take_word(&walk, "actor", &act->actor) ||
        !sr_members_take(&walk, "fields", &fields) ||
        !sr_members_take_number(&walk, "format", SR_ACT_FORMAT, SR_ACT_FORMAT, &format) ||
        !read_ledger(&walk, act) ||
        !sr_members_take_hex(&walk, "nonce", act->nonce, sizeof act->nonce) ||
        !read_policy(&walk, act) ||
        !sr_members_take_hex(&walk, "room", act->room.bytes, sizeof act->room.bytes) ||
        !sr_members_take_number(&walk, "time_utc_ms", 0, INT64_MAX, &time_utc_ms) ||
        !sr_members_take_word(&walk, "verb", &verb)) {
        return false;
    }
    act->time_utc_ms = (int64_t)time_utc_ms;
    return sr_members_take_end(&walk) && sr_verb_from_word(verb, &act->verb) &&
           read_fields(fields, act);
}

static bool read_subject(struct sr_bytes list, struct sr_act_name *out)
{
    if (list.len < 2 || list.ptr[0] != '[') {
        return false;
    }
    struct sr_json_members walk = {.text = sr_bytes(list.ptr + 1, list.len - 2)};
    struct sr_bytes digest;
    if (!sr_members_take(&walk, "digest", &digest) ||
        !sr_members_take_word(&walk, "name", &out->name) || !sr_members_take_end(&walk)) {
        return false;
    }
    struct sr_json_members inner = {.text = digest};
    return sr_members_take_hex(&inner, "sha256", out->sha256, sizeof out->sha256) &&
           sr_members_take_end(&inner);
}

bool sr_act_read_plain(struct sr_bytes statement, struct sr_act *act, struct sr_act_name *subject)
{
    struct sr_json_members walk = {.text = statement};
    struct sr_act found = {0};
    struct sr_bytes type;
    struct sr_bytes predicate;
    struct sr_bytes predicate_type;
    struct sr_bytes list;
    if (!sr_jcs_is_plain(statement) || !sr_members_take_word(&walk, "_type", &type) ||
        !sr_text_equal(type, sr_text_view(SR_ACT_STATEMENT_TYPE)) ||
        !sr_members_take(&walk, "predicate", &predicate) ||
        !sr_members_take_word(&walk, "predicateType", &predicate_type) ||
        !sr_text_equal(predicate_type, sr_text_view(SR_ACT_PREDICATE_TYPE)) ||
        !sr_members_take(&walk, "subject", &list) || !sr_members_take_end(&walk) ||
        !read_predicate(predicate, &found) || !read_subject(list, subject)) {
        return false;
    }
    *act = found;
    return true;
}
