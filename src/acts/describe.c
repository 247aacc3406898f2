/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

/* What stands before a field's value, where its name in JSON is not what people call it. */
static const char *const LABELS[SR_FIELD_COUNT] = {
    [SR_FIELD_at] = "used at",
    [SR_FIELD_because] = "accepted because",
    [SR_FIELD_break_glass] = "break-glass",
    [SR_FIELD_bytes] = "bytes at most",
    [SR_FIELD_event] = "event in chain",
    [SR_FIELD_host] = "machine",
    [SR_FIELD_lasts_ms] = "for",
    [SR_FIELD_number] = "version number",
    [SR_FIELD_offer] = "offer act",
    [SR_FIELD_policy] = "new policy",
    [SR_FIELD_previous] = "previous event",
    [SR_FIELD_request] = "request act",
    [SR_FIELD_results] = "results text",
    [SR_FIELD_report] = "report text",
    [SR_FIELD_version] = "version id",
    [SR_FIELD_what] = "asks for",
};

/* What comes first, in this order; the others follow in the order of the table. */
static const enum sr_act_field FIRST[] = {
    SR_FIELD_what,     SR_FIELD_artifact, SR_FIELD_number,   SR_FIELD_version,   SR_FIELD_kind,
    SR_FIELD_tier,     SR_FIELD_file,     SR_FIELD_tensor,   SR_FIELD_principal, SR_FIELD_type,
    SR_FIELD_owner,    SR_FIELD_roles,    SR_FIELD_key,      SR_FIELD_attribute, SR_FIELD_to,
    SR_FIELD_at,       SR_FIELD_host,     SR_FIELD_workload, SR_FIELD_bytes,     SR_FIELD_files,
    SR_FIELD_lasts_ms, SR_FIELD_until,    SR_FIELD_reason,   SR_FIELD_ticket,
};

/* A character of a value that is shown as it is, or the '?' that stands for its byte. */
static struct sr_bytes next_character(struct sr_bytes text, bool is_plain)
{
    static const uint8_t MARK = '?';
    size_t len = 1;
    if (!is_plain) {
        return text.ptr[0] >= 0x20 && text.ptr[0] < 0x7f ? sr_bytes(text.ptr, 1)
                                                         : sr_bytes(&MARK, 1);
    }
    while (len < text.len && (text.ptr[len] & 0xc0) == 0x80) {
        len++;
    }
    return sr_bytes(text.ptr, len);
}

static enum sr_status put(struct sr_buf *out, const char *text)
{
    return sr_buf_append(out, sr_text_view(text));
}

static enum sr_status put_spaces(struct sr_buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SR_TRY(put(out, " "));
    }
    return SR_OK;
}

/* A value, broken where a line is full. */
static enum sr_status put_value(struct sr_buf *out, struct sr_bytes text)
{
    bool is_plain = sr_text_is_plain(text);
    size_t column = SR_DESCRIBE_INDENT;
    while (text.len > 0) {
        struct sr_bytes c = next_character(text, is_plain);
        if (column == SR_DESCRIBE_COLUMNS) {
            SR_TRY(put(out, "\n"));
            SR_TRY(put_spaces(out, SR_DESCRIBE_INDENT));
            column = SR_DESCRIBE_INDENT;
        }
        SR_TRY(sr_buf_append(out, c));
        text = sr_bytes(text.ptr + c.len, text.len - c.len);
        column++;
    }
    return put(out, "\n");
}

enum sr_status sr_describe_line(const char *label, struct sr_bytes value, struct sr_buf *out)
{
    size_t len = strlen(label);
    SR_TRY(put(out, label));
    SR_TRY(put_spaces(out, len < SR_DESCRIBE_INDENT ? SR_DESCRIBE_INDENT - len : 1));
    return put_value(out, value);
}

static enum sr_status put_line(struct sr_buf *out, const char *label, const char *value)
{
    return sr_describe_line(label, sr_text_view(value), out);
}

static enum sr_status put_hex(struct sr_buf *out, const char *label, const char *prefix,
                              struct sr_bytes data)
{
    char text[16 + 2 * SR_SHA256_BYTES + 1];
    int len = snprintf(text, sizeof text, "%s", prefix);
    sr_text_hex(data, text + len);
    return put_line(out, label, text);
}

static enum sr_status put_digest(struct sr_buf *out, const char *label,
                                 const uint8_t digest[SR_SHA256_BYTES])
{
    return put_hex(out, label, "sha256:", sr_bytes(digest, SR_SHA256_BYTES));
}

static enum sr_status put_time(struct sr_buf *out, const char *label, int64_t utc_ms)
{
    char text[SR_TIME_TEXT_BYTES];
    sr_time_format(utc_ms, text);
    return put_line(out, label, text);
}

/* "7200000 ms: 2 h 0 min 0 s" */
static void say_duration(uint64_t ms, char *out, size_t out_bytes)
{
    uint64_t s = ms / 1000;
    (void)snprintf(out, out_bytes, "%llu h %llu min %llu s (%llu ms)",
                   (unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60),
                   (unsigned long long)(s % 60), (unsigned long long)ms);
}

/* "200000000000 (200.0 GB)" */
static void say_bytes(uint64_t bytes, char *out, size_t out_bytes)
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    uint64_t whole = bytes;
    uint64_t tenths = 0;
    size_t unit = 0;
    while (whole >= 1000 && unit + 1 < sizeof UNITS / sizeof UNITS[0]) {
        tenths = whole % 1000 / 100;
        whole /= 1000;
        unit++;
    }
    (void)snprintf(out, out_bytes, "%llu (%llu.%llu %s)", (unsigned long long)bytes,
                   (unsigned long long)whole, (unsigned long long)tenths, UNITS[unit]);
}

static enum sr_status put_number(struct sr_buf *out, enum sr_act_field field, const char *label,
                                 uint64_t number)
{
    char text[96];
    if (field == SR_FIELD_lasts_ms) {
        say_duration(number, text, sizeof text);
    } else if (field == SR_FIELD_bytes) {
        say_bytes(number, text, sizeof text);
    } else {
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    }
    return put_line(out, label, text);
}

static enum sr_status put_named_digest(struct sr_buf *out, const char *label,
                                       const struct sr_act_name *item)
{
    char text[SR_ACT_ITEM_NAME_BYTES_MAX + 2 * SR_SHA256_BYTES + 16];
    char hex[2 * SR_SHA256_BYTES + 1];
    size_t len =
        item->name.len < SR_ACT_ITEM_NAME_BYTES_MAX ? item->name.len : SR_ACT_ITEM_NAME_BYTES_MAX;
    sr_text_hex(sr_bytes(item->sha256, sizeof item->sha256), hex);
    int written =
        snprintf(text, sizeof text, "%.*s sha256:%s", (int)len, (const char *)item->name.ptr, hex);
    return sr_describe_line(label, sr_bytes(text, (size_t)written), out);
}

/* One line for each item, the label on the first. */
static enum sr_status put_list(struct sr_buf *out, enum sr_field_type type, const char *label,
                               const struct sr_act_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        const char *shown = i == 0 ? label : "";
        if (type == SR_FIELD_TYPE_TEXTS) {
            SR_TRY(sr_describe_line(shown, value->texts[i], out));
        } else if (type == SR_FIELD_TYPE_IDS) {
            SR_TRY(put_hex(out, shown, "", sr_bytes(value->ids[i].bytes, SR_ID_BYTES)));
        } else {
            SR_TRY(put_named_digest(out, shown, &value->digests[i]));
        }
    }
    return SR_OK;
}

/* What the field is called in this act: of a request, quantities are limits. */
static const char *label_of(const struct sr_act *act, enum sr_act_field field)
{
    const struct sr_verb_info *verb = sr_verb_info(act->verb);
    if (field == SR_FIELD_bytes && act->verb != SR_VERB_REQUEST) {
        return "bytes";
    }
    if (field == SR_FIELD_files && act->verb == SR_VERB_REQUEST) {
        enum sr_verb asked;
        bool is_target =
            sr_act_asked_verb(act, &asked) &&
            ((sr_verb_info(asked)->must | sr_verb_info(asked)->may) & SR_FIELD_BIT(files)) != 0;
        return is_target ? "files" : "files at most";
    }
    if (field == SR_FIELD_policy && verb->group == SR_VERB_GROUP_SYSTEM) {
        return "first policy";
    }
    return LABELS[field] != NULL ? LABELS[field] : sr_field_info(field)->name;
}

static enum sr_status put_field(struct sr_buf *out, const struct sr_act *act,
                                enum sr_act_field field)
{
    const struct sr_field_info *info = sr_field_info(field);
    const struct sr_act_value *value = &act->field[field];
    const char *label = label_of(act, field);
    switch (info->type) {
    case SR_FIELD_TYPE_TEXT:
        return sr_describe_line(label, value->text, out);
    case SR_FIELD_TYPE_NUMBER:
        return put_number(out, field, label, value->number);
    case SR_FIELD_TYPE_TIME:
        return put_time(out, label, (int64_t)value->number);
    case SR_FIELD_TYPE_DIGEST:
        return put_digest(out, label, value->digest);
    case SR_FIELD_TYPE_ID:
        return put_hex(out, label, "", sr_bytes(value->id.bytes, SR_ID_BYTES));
    case SR_FIELD_TYPE_FLAG:
        return put_line(out, label, "YES");
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
    default:
        return put_list(out, info->type, label, value);
    }
}

static enum sr_status put_fields(struct sr_buf *out, const struct sr_act *act)
{
    uint64_t left = act->has;
    for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++) {
        if (sr_act_has(act, FIRST[i])) {
            SR_TRY(put_field(out, act, FIRST[i]));
            left &= ~(UINT64_C(1) << FIRST[i]);
        }
    }
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        if ((left >> i & 1) != 0) {
            SR_TRY(put_field(out, act, (enum sr_act_field)i));
        }
    }
    return SR_OK;
}

/* Where the actor stood: which policy, which ledger. */
static enum sr_status put_seen(struct sr_buf *out, const struct sr_act *act)
{
    char size[64];
    if (sr_verb_info(act->verb)->group != SR_VERB_GROUP_SYSTEM) {
        SR_TRY(put_digest(out, "policy seen", act->policy));
    }
    if (act->ledger_size > 0) {
        (void)snprintf(size, sizeof size, "%llu entries", (unsigned long long)act->ledger_size);
        SR_TRY(put_line(out, "ledger seen", size));
        SR_TRY(put_digest(out, "", act->ledger_root));
    }
    return put_hex(out, "nonce", "", sr_bytes(act->nonce, sizeof act->nonce));
}

enum sr_status sr_act_describe(const struct sr_act *act, struct sr_buf *out)
{
    const struct sr_verb_info *verb = sr_verb_info(act->verb);
    if (sr_act_has(act, SR_FIELD_break_glass)) {
        SR_TRY(put_line(out, "BREAK-GLASS", "without the approvals that the rule demands"));
    }
    SR_TRY(put_line(out, "act", verb->word));
    SR_TRY(put_line(out, "which means", verb->title));
    SR_TRY(sr_describe_line("by", act->actor, out));
    SR_TRY(put_time(out, "at", act->time_utc_ms));
    SR_TRY(put_hex(out, "in room", "", sr_bytes(act->room.bytes, sizeof act->room.bytes)));
    for (size_t i = 0; i < act->subject_count; i++) {
        SR_TRY(sr_describe_line("about", act->subjects[i].name, out));
        SR_TRY(put_digest(out, "with digest", act->subjects[i].sha256));
    }
    SR_TRY(put_fields(out, act));
    return put_seen(out, act);
}
