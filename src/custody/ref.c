/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/ref.h"

#include <assert.h>
#include <string.h>

static const char digest_prefix[] = "sha256:";

static bool is_name_byte(uint8_t c, bool is_first)
{
    bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return alnum || (!is_first && (c == '.' || c == '_' || c == '-'));
}

static bool is_hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* What of text can be shown in a message. */
static size_t shown(struct sr_bytes text)
{
    return text.len < 64 ? text.len : 64;
}

enum sr_status sr_ref_check_name(struct sr_bytes text, struct sr_err *err)
{
    const char *name = (const char *)text.ptr;
    if (text.len == 0) {
        return sr_fail(err, SR_MALFORMED, "a name is empty");
    }
    if (text.len > SR_LIMIT_NAME_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "name '%.*s...' is over %u bytes", (int)shown(text), name,
                       SR_LIMIT_NAME_BYTES);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_byte(text.ptr[i], i == 0)) {
            return sr_fail(err, SR_MALFORMED,
                           "name '%.*s' has another character than a-z 0-9 . _ - at byte %zu, "
                           "or does not begin with one of a-z 0-9",
                           (int)shown(text), name, i);
        }
    }
    return SR_OK;
}

static bool has_prefix(struct sr_bytes text)
{
    size_t len = sizeof digest_prefix - 1;
    return text.len >= len && memcmp(text.ptr, digest_prefix, len) == 0;
}

static bool is_digits(struct sr_bytes text)
{
    if (text.len < SR_REF_DIGITS_MIN || text.len > SR_REF_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_hex_digit(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

static enum sr_status parse_digest(struct sr_bytes digits, struct sr_ref *out, struct sr_err *err)
{
    if (!is_digits(digits)) {
        return sr_fail(err, SR_MALFORMED,
                       "a digest is 'sha256:' and %u to %u lower-case hexadecimal digits",
                       SR_REF_DIGITS_MIN, SR_REF_DIGITS_MAX);
    }
    struct sr_ref ref = {0};
    memcpy(ref.digits, digits.ptr, digits.len);
    *out = ref;
    return SR_OK;
}

static enum sr_status parse_number(struct sr_bytes text, uint64_t *out, struct sr_err *err)
{
    if (sr_text_parse_u64(text, 1, INT64_MAX, out) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "'%.*s' after the '@' is not a version number",
                       (int)shown(text), text.len == 0 ? "" : (const char *)text.ptr);
    }
    return SR_OK;
}

enum sr_status sr_ref_parse(struct sr_bytes text, struct sr_ref *out, struct sr_err *err)
{
    if (has_prefix(text)) {
        size_t skip = sizeof digest_prefix - 1;
        return parse_digest(sr_bytes(text.ptr + skip, text.len - skip), out, err);
    }
    struct sr_ref ref = {0};
    struct sr_bytes name = text;
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.ptr, '@', text.len);
    if (at != NULL) {
        name.len = (size_t)(at - text.ptr);
        SR_TRY(parse_number(sr_bytes(at + 1, text.len - name.len - 1), &ref.number, err));
    }
    SR_TRY(sr_ref_check_name(name, err));
    memcpy(ref.name, name.ptr, name.len);
    if (at == NULL && is_digits(name)) {
        memcpy(ref.digits, name.ptr, name.len);
    }
    *out = ref;
    return SR_OK;
}

enum sr_status sr_ref_split(struct sr_bytes text, struct sr_bytes *out_ref,
                            struct sr_bytes *out_inner, struct sr_err *err)
{
    size_t skip = has_prefix(text) ? sizeof digest_prefix - 1 : 0;
    const uint8_t *colon = text.len == skip ? NULL : memchr(text.ptr + skip, ':', text.len - skip);
    if (colon == NULL || colon == text.ptr + skip || colon == text.ptr + text.len - 1) {
        return sr_fail(err, SR_MALFORMED, "'%.*s' is not of the form REF:FILE or REF:FILE@TENSOR",
                       (int)shown(text), text.len == 0 ? "" : (const char *)text.ptr);
    }
    size_t ref_len = (size_t)(colon - text.ptr);
    *out_ref = sr_bytes(text.ptr, ref_len);
    *out_inner = sr_bytes(colon + 1, text.len - ref_len - 1);
    return SR_OK;
}
