/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/act_impl.h"
#include "formats/json.h"

static enum sr_status put_hex(struct sr_json_writer *w, const char *key, const void *data,
                              size_t len)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(data, len));
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, struct sr_bytes text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, text);
}

static enum sr_status put_number(struct sr_json_writer *w, const char *key, uint64_t number)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, number);
}

/* DIGESTS: their names are in order, so in the order of canonical JSON. */
static enum sr_status put_digests(struct sr_json_writer *w, const struct sr_act_value *value)
{
    SR_TRY(sr_json_open_object(w));
    for (size_t i = 0; i < value->count; i++) {
        char name[SR_ACT_ITEM_NAME_BYTES_MAX + 1] = {0};
        for (size_t j = 0; j < value->digests[i].name.len; j++) {
            name[j] = (char)value->digests[i].name.ptr[j];
        }
        SR_TRY(put_hex(w, name, value->digests[i].sha256, SR_SHA256_BYTES));
    }
    return sr_json_close_object(w);
}

static enum sr_status put_array(struct sr_json_writer *w, enum sr_field_type type,
                                const struct sr_act_value *value)
{
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < value->count; i++) {
        if (type == SR_FIELD_TYPE_TEXTS) {
            SR_TRY(sr_json_put_string(w, value->texts[i]));
        } else {
            SR_TRY(sr_json_put_hex(w, sr_bytes(value->ids[i].bytes, SR_ID_BYTES)));
        }
    }
    return sr_json_close_array(w);
}

static enum sr_status put_value(struct sr_json_writer *w, enum sr_field_type type,
                                const struct sr_act_value *value)
{
    switch (type) {
    case SR_FIELD_TYPE_TEXT:
        return sr_json_put_string(w, value->text);
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
        return sr_json_put_u64(w, value->number);
    case SR_FIELD_TYPE_DIGEST:
        return sr_json_put_hex(w, sr_bytes(value->digest, SR_SHA256_BYTES));
    case SR_FIELD_TYPE_ID:
        return sr_json_put_hex(w, sr_bytes(value->id.bytes, SR_ID_BYTES));
    case SR_FIELD_TYPE_FLAG:
        return sr_json_put_bool(w, true);
    case SR_FIELD_TYPE_DIGESTS:
        return put_digests(w, value);
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    default:
        return put_array(w, type, value);
    }
}

static enum sr_status put_fields(struct sr_json_writer *w, const struct sr_act *act)
{
    SR_TRY(sr_json_key(w, "fields"));
    SR_TRY(sr_json_open_object(w));
    for (size_t i = 0; i < SR_FIELD_COUNT; i++) {
        const struct sr_field_info *info = sr_field_info((enum sr_act_field)i);
        if ((act->has >> i & 1) != 0) {
            SR_TRY(sr_json_key(w, info->name));
            SR_TRY(put_value(w, info->type, &act->field[i]));
        }
    }
    return sr_json_close_object(w);
}

static enum sr_status put_ledger(struct sr_json_writer *w, const struct sr_act *act)
{
    if (act->ledger_size == 0) {
        return SR_OK;
    }
    SR_TRY(sr_json_key(w, "ledger"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_hex(w, "root", act->ledger_root, SR_SHA256_BYTES));
    SR_TRY(put_number(w, "size", act->ledger_size));
    return sr_json_close_object(w);
}

static enum sr_status put_predicate(struct sr_json_writer *w, const struct sr_act *act)
{
    const struct sr_verb_info *verb = sr_verb_info(act->verb);
    SR_TRY(sr_json_key(w, "predicate"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "actor", act->actor));
    SR_TRY(put_fields(w, act));
    SR_TRY(put_number(w, "format", SR_ACT_FORMAT));
    SR_TRY(put_ledger(w, act));
    SR_TRY(put_hex(w, "nonce", act->nonce, sizeof act->nonce));
    if (verb->group != SR_VERB_GROUP_SYSTEM) {
        SR_TRY(put_hex(w, "policy", act->policy, sizeof act->policy));
    }
    SR_TRY(put_hex(w, "room", act->room.bytes, sizeof act->room.bytes));
    SR_TRY(put_number(w, "time_utc_ms", (uint64_t)act->time_utc_ms));
    SR_TRY(put_text(w, "verb", sr_text_view(verb->word)));
    return sr_json_close_object(w);
}

static enum sr_status put_subject(struct sr_json_writer *w, const struct sr_act_name *subject)
{
    SR_TRY(sr_json_key(w, "subject"));
    SR_TRY(sr_json_open_array(w));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_key(w, "digest"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_hex(w, "sha256", subject->sha256, SR_SHA256_BYTES));
    SR_TRY(sr_json_close_object(w));
    SR_TRY(put_text(w, "name", subject->name));
    SR_TRY(sr_json_close_object(w));
    return sr_json_close_array(w);
}

/* AC-4: members in the order of canonical JSON. */
static enum sr_status put_statement(struct sr_json_writer *w, const struct sr_act *act)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "_type", sr_text_view(SR_ACT_STATEMENT_TYPE)));
    SR_TRY(put_predicate(w, act));
    SR_TRY(put_text(w, "predicateType", sr_text_view(SR_ACT_PREDICATE_TYPE)));
    SR_TRY(put_subject(w, &act->subjects[0]));
    return sr_json_close_object(w);
}

enum sr_status sr_act_encode(const struct sr_act *act, struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_act_check(act, err));
    SR_TRY(sr_buf_new(SR_ACT_BYTES_MAX, &text));
    struct sr_json_writer w = {.out = text};
    enum sr_status status = put_statement(&w, act);
    if (status == SR_OK) {
        status = sr_buf_append(out, sr_buf_view(text));
    }
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status,
                                     "act: its statement is over %d bytes, or cannot "
                                     "be written",
                                     SR_ACT_BYTES_MAX);
}
