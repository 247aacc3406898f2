/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/members.h"

#include <string.h>

#include "base/text.h"
#include "formats/quote.h"

static bool is_known(struct sr_bytes key, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (sr_text_equal(key, sr_text_view(names[i]))) {
            return true;
        }
    }
    return false;
}

enum sr_status sr_members_check(struct sr_json_value value, const char *what,
                                const char *const *names, struct sr_err *err)
{
    if (sr_json_kind(value) != SR_JSON_OBJECT) {
        return sr_fail(err, SR_MALFORMED, "%s: not an object", what);
    }
    struct sr_json_iter it = sr_json_iter(value);
    while (sr_json_next(&it)) {
        if (!is_known(it.key, names)) {
            return sr_fail(err, SR_MALFORMED, "%s: unknown member '%s'", what,
                           sr_quote(it.key).text);
        }
    }
    return SR_OK;
}

static const char *kind_name(enum sr_json_kind kind)
{
    static const char *const NAMES[] = {
        [SR_JSON_NULL] = "null",          [SR_JSON_BOOL] = "a boolean",
        [SR_JSON_INTEGER] = "an integer", [SR_JSON_REAL] = "a number",
        [SR_JSON_STRING] = "a string",    [SR_JSON_ARRAY] = "an array",
        [SR_JSON_OBJECT] = "an object",
    };
    return NAMES[kind];
}

enum sr_status sr_members_get(struct sr_json_value object, const char *what, const char *key,
                              enum sr_json_kind kind, struct sr_json_value *out, struct sr_err *err)
{
    struct sr_json_value value;
    if (sr_json_kind(object) != SR_JSON_OBJECT) {
        return sr_fail(err, SR_MALFORMED, "%s: not an object", what);
    }
    if (!sr_json_find(object, key, &value)) {
        return sr_fail(err, SR_MALFORMED, "%s: no member '%s'", what, key);
    }
    if (sr_json_kind(value) != kind) {
        return sr_fail(err, SR_MALFORMED, "%s: %s: not %s", what, key, kind_name(kind));
    }
    *out = value;
    return SR_OK;
}

enum sr_status sr_members_string(struct sr_json_value object, const char *what, const char *key,
                                 struct sr_bytes *out, struct sr_err *err)
{
    struct sr_json_value value;
    SR_TRY(sr_members_get(object, what, key, SR_JSON_STRING, &value, err));
    *out = sr_json_string(value);
    return SR_OK;
}

bool sr_members_take(struct sr_json_members *walk, const char *key, struct sr_bytes *out)
{
    struct sr_json_members at = *walk;
    struct sr_json_member member;
    bool has_found = false;
    if (sr_json_members_next(&at, &has_found, &member, NULL) != SR_OK || !has_found ||
        member.key.len < 2 ||
        !sr_text_equal(sr_bytes(member.key.ptr + 1, member.key.len - 2), sr_text_view(key))) {
        return false;
    }
    *walk = at;
    *out = member.value;
    return true;
}

bool sr_members_take_word(struct sr_json_members *walk, const char *key, struct sr_bytes *out)
{
    struct sr_json_members at = *walk;
    struct sr_bytes value;
    if (!sr_members_take(&at, key, &value) || value.len < 2 || value.ptr[0] != '"' ||
        memchr(value.ptr, '\\', value.len) != NULL) {
        return false;
    }
    *walk = at;
    *out = sr_bytes(value.ptr + 1, value.len - 2);
    return true;
}

bool sr_members_take_hex(struct sr_json_members *walk, const char *key, uint8_t *out, size_t len)
{
    struct sr_json_members at = *walk;
    struct sr_bytes word;
    if (!sr_members_take_word(&at, key, &word) || sr_text_unhex(word, out, len) != SR_OK) {
        return false;
    }
    *walk = at;
    return true;
}

bool sr_members_take_number(struct sr_json_members *walk, const char *key, uint64_t min,
                            uint64_t max, uint64_t *out)
{
    struct sr_json_members at = *walk;
    struct sr_bytes value;
    if (!sr_members_take(&at, key, &value) || sr_text_parse_u64(value, min, max, out) != SR_OK) {
        return false;
    }
    *walk = at;
    return true;
}

bool sr_members_take_end(struct sr_json_members *walk)
{
    struct sr_json_member member;
    bool has_found = true;
    return sr_json_members_next(walk, &has_found, &member, NULL) == SR_OK && !has_found &&
           walk->at == walk->text.len;
}
