/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/entry.h"

#include <string.h>

#include "formats/jcs.h"
#include "formats/members.h"

#define FORMAT 1

static const char *const OUTCOMES[] = {
    [SR_OUTCOME_ALLOWED] = "allowed",
    [SR_OUTCOME_REFUSED] = "refused",
};

const char *sr_outcome_word(enum sr_outcome outcome)
{
    return OUTCOMES[outcome == SR_OUTCOME_ALLOWED ? SR_OUTCOME_ALLOWED : SR_OUTCOME_REFUSED];
}

bool sr_entry_folds(const struct sr_act *act)
{
    return sr_verb_info(act->verb)->changes || sr_act_has(act, SR_FIELD_request);
}

/* A slug: a-z, 0-9, '-'. */
static bool is_slug(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            return false;
        }
    }
    return text.len > 0 && text.len < SR_ENTRY_REASON_BYTES;
}

static enum sr_status check(const struct sr_entry *entry, struct sr_err *err)
{
    struct sr_bytes reason = sr_text_view(entry->reason);
    if (entry->seq < 1 || entry->seq > SR_JCS_INTEGER_MAX) {
        return sr_fail(err, SR_MALFORMED, "entry: seq: not a number of 1 to 2^53 - 1");
    }
    if (entry->folds > entry->seq) {
        return sr_fail(err, SR_MALFORMED, "entry: folds: more than there are acts");
    }
    if (entry->time_utc_ms < 1 || entry->time_utc_ms > SR_JCS_INTEGER_MAX) {
        return sr_fail(err, SR_MALFORMED, "entry: time_utc_ms: not a time after 1970");
    }
    if (entry->outcome == SR_OUTCOME_ALLOWED ? reason.len != 0 : !is_slug(reason)) {
        return sr_fail(err, SR_MALFORMED, "entry: reason: a refusal has one, of a-z, 0-9, '-'");
    }
    return SR_OK;
}

static enum sr_status put_digest(struct sr_json_writer *w, const char *key,
                                 const uint8_t digest[SR_SHA256_BYTES])
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(digest, SR_SHA256_BYTES));
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, const char *text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(text));
}

static enum sr_status put_number(struct sr_json_writer *w, const char *key, uint64_t number)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, number);
}

/* AC-20: members in the order of canonical JSON. */
static enum sr_status put(struct sr_json_writer *w, const struct sr_entry *entry)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_digest(w, "act", entry->act));
    if (entry->has_cosigned) {
        SR_TRY(put_digest(w, "cosigned", entry->cosigned));
    }
    SR_TRY(put_digest(w, "envelope", entry->envelope));
    SR_TRY(put_number(w, "folds", entry->folds));
    SR_TRY(put_number(w, "format", FORMAT));
    SR_TRY(put_text(w, "outcome", sr_outcome_word(entry->outcome)));
    if (entry->outcome == SR_OUTCOME_REFUSED) {
        SR_TRY(put_text(w, "reason", entry->reason));
    }
    SR_TRY(put_number(w, "seq", entry->seq));
    SR_TRY(put_number(w, "time_utc_ms", (uint64_t)entry->time_utc_ms));
    return sr_json_close_object(w);
}

enum sr_status sr_entry_encode(const struct sr_entry *entry, struct sr_buf *out, struct sr_err *err)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(check(entry, err));
    enum sr_status status = put(&w, entry);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "entry: no room for it");
}

static enum sr_status find_digest(struct sr_json_value object, const char *key,
                                  uint8_t out[SR_SHA256_BYTES], struct sr_err *err)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(object, "entry", key, &text, err));
    return sr_text_unhex(text, out, SR_SHA256_BYTES) == SR_OK
               ? SR_OK
               : sr_fail(err, SR_MALFORMED, "entry: %s: not a digest", key);
}

static enum sr_status find_number(struct sr_json_value object, const char *key, int64_t *out,
                                  struct sr_err *err)
{
    struct sr_json_value value;
    SR_TRY(sr_members_get(object, "entry", key, SR_JSON_INTEGER, &value, err));
    *out = sr_json_integer(value);
    return *out > 0 ? SR_OK : sr_fail(err, SR_MALFORMED, "entry: %s: not a number from 1 on", key);
}

/* outcome, and its reason */
static enum sr_status decode_outcome(struct sr_json_value root, struct sr_entry *out,
                                     struct sr_err *err)
{
    struct sr_json_value value;
    struct sr_bytes word;
    struct sr_bytes reason;
    SR_TRY(sr_members_string(root, "entry", "outcome", &word, err));
    if (sr_text_equal(word, sr_text_view(OUTCOMES[SR_OUTCOME_ALLOWED]))) {
        out->outcome = SR_OUTCOME_ALLOWED;
        return sr_json_find(root, "reason", &value)
                   ? sr_fail(err, SR_MALFORMED, "entry: reason: of what was allowed")
                   : SR_OK;
    }
    if (!sr_text_equal(word, sr_text_view(OUTCOMES[SR_OUTCOME_REFUSED]))) {
        return sr_fail(err, SR_MALFORMED, "entry: outcome: neither allowed nor refused");
    }
    out->outcome = SR_OUTCOME_REFUSED;
    SR_TRY(sr_members_string(root, "entry", "reason", &reason, err));
    if (!is_slug(reason)) {
        return sr_fail(err, SR_MALFORMED, "entry: reason: not 1 to %d of a-z, 0-9, '-'",
                       SR_ENTRY_REASON_BYTES - 1);
    }
    memcpy(out->reason, reason.ptr, reason.len);
    return SR_OK;
}

static enum sr_status decode(struct sr_json_value root, struct sr_entry *out, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"act",         "cosigned", "envelope", "folds",
                                          "format",      "outcome",  "reason",   "seq",
                                          "time_utc_ms", NULL};
    struct sr_json_value cosigned;
    struct sr_json_value folds;
    int64_t format;
    int64_t seq;
    SR_TRY(sr_members_check(root, "entry", MEMBERS, err));
    SR_TRY(find_number(root, "format", &format, err));
    if (format != FORMAT) {
        return sr_fail(err, SR_UNSUPPORTED, "entry: format %lld, where %d is known",
                       (long long)format, FORMAT);
    }
    SR_TRY(find_digest(root, "act", out->act, err));
    SR_TRY(find_digest(root, "envelope", out->envelope, err));
    out->has_cosigned = sr_json_find(root, "cosigned", &cosigned);
    if (out->has_cosigned) {
        SR_TRY(find_digest(root, "cosigned", out->cosigned, err));
    }
    SR_TRY(find_number(root, "seq", &seq, err));
    out->seq = (uint64_t)seq;
    SR_TRY(sr_members_get(root, "entry", "folds", SR_JSON_INTEGER, &folds, err));
    if (sr_json_integer(folds) < 0 || sr_json_integer(folds) > seq) {
        return sr_fail(err, SR_MALFORMED, "entry: folds: not a number of acts");
    }
    out->folds = (uint64_t)sr_json_integer(folds);
    SR_TRY(find_number(root, "time_utc_ms", &out->time_utc_ms, err));
    return decode_outcome(root, out, err);
}

static bool take_outcome(struct sr_json_members *walk, struct sr_entry *out)
{
    struct sr_bytes word;
    struct sr_bytes reason;
    if (!sr_members_take_word(walk, "outcome", &word)) {
        return false;
    }
    if (sr_text_equal(word, sr_text_view(OUTCOMES[SR_OUTCOME_ALLOWED]))) {
        return true;
    }
    out->outcome = SR_OUTCOME_REFUSED;
    if (!sr_text_equal(word, sr_text_view(OUTCOMES[SR_OUTCOME_REFUSED])) ||
        !sr_members_take_word(walk, "reason", &reason) || !is_slug(reason)) {
        return false;
    }
    memcpy(out->reason, reason.ptr, reason.len);
    return true;
}

/* The same without a tree, for who reads a million of them. False: nothing is said. */
static bool decode_plain(struct sr_bytes text, struct sr_entry *out)
{
    struct sr_json_members walk = {.text = text};
    struct sr_entry entry = {.outcome = SR_OUTCOME_ALLOWED};
    uint64_t format;
    uint64_t time;
    if (!sr_jcs_is_plain(text) || !sr_members_take_hex(&walk, "act", entry.act, sizeof entry.act)) {
        return false;
    }
    entry.has_cosigned =
        sr_members_take_hex(&walk, "cosigned", entry.cosigned, sizeof entry.cosigned);
    if (!sr_members_take_hex(&walk, "envelope", entry.envelope, sizeof entry.envelope) ||
        !sr_members_take_number(&walk, "folds", 0, INT64_MAX, &entry.folds) ||
        !sr_members_take_number(&walk, "format", FORMAT, FORMAT, &format) ||
        !take_outcome(&walk, &entry) ||
        !sr_members_take_number(&walk, "seq", 1, INT64_MAX, &entry.seq) ||
        !sr_members_take_number(&walk, "time_utc_ms", 1, INT64_MAX, &time) ||
        !sr_members_take_end(&walk) || entry.folds > entry.seq) {
        return false;
    }
    entry.time_utc_ms = (int64_t)time;
    *out = entry;
    return true;
}

enum sr_status sr_entry_decode(struct sr_bytes text, struct sr_entry *out, struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    struct sr_entry entry = {0};
    if (text.len > SR_ENTRY_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "entry: over %d bytes", SR_ENTRY_BYTES_MAX);
    }
    if (decode_plain(text, out)) {
        return SR_OK;
    }
    SR_TRY(sr_jcs_decode(text, &json, err));
    SR_TRY(decode(sr_json_root(json), &entry, err));
    *out = entry;
    return SR_OK;
}
