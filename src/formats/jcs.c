/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/jcs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct member {
    struct sr_bytes key;
    struct sr_json_value value;
};

/* An array or object that is being written. */
struct level {
    struct sr_json_value value;
    struct member *members; /* of an object, sorted */
    size_t count;
    size_t next;
};

struct encoder {
    struct sr_buf *out;
    struct sr_err *err;
    struct level levels[SR_JCS_DEPTH_MAX];
    size_t depth;
};

static void encoder_clear(struct encoder *e)
{
    for (size_t i = 0; i < e->depth; i++) {
        free(e->levels[i].members);
    }
}

static enum sr_status put(struct encoder *e, const char *text)
{
    return sr_buf_append(e->out, sr_text_view(text));
}

/*
 * JC-3: keys are ordered by their UTF-16 code units. That is the order of their bytes of UTF-8, but
 * that code points over U+FFFF (lead bytes f0 to f4) have surrogates and so come before U+E000 to
 * U+FFFF (lead bytes ee and ef). None of these six is a continuation byte.
 */
static unsigned weight(uint8_t c)
{
    return c == 0xee || c == 0xef ? c + 0x10U : c;
}

static int compare_members(const void *a, const void *b) /* lint: callback */
{
    struct sr_bytes x = ((const struct member *)a)->key;
    struct sr_bytes y = ((const struct member *)b)->key;
    size_t len = x.len < y.len ? x.len : y.len;
    for (size_t i = 0; i < len; i++) {
        if (x.ptr[i] != y.ptr[i]) {
            return weight(x.ptr[i]) < weight(y.ptr[i]) ? -1 : 1;
        }
    }
    return x.len < y.len ? -1 : x.len > y.len;
}

/* JC-2 */
static enum sr_status put_byte(struct encoder *e, uint8_t c)
{
    static const char ESCAPED[] = "\"\\\b\t\n\f\r";
    static const char LETTER[] = "\"\\btnfr";
    const char *known = c != 0 ? strchr(ESCAPED, c) : NULL;
    if (known != NULL) {
        uint8_t escape[2] = {'\\', (uint8_t)LETTER[known - ESCAPED]};
        return sr_buf_append(e->out, sr_bytes(escape, sizeof escape));
    }
    if (c < 0x20) {
        char digits[3];
        sr_text_hex(sr_bytes(&c, 1), digits);
        SR_TRY(put(e, "\\u00"));
        return put(e, digits);
    }
    return sr_buf_append(e->out, sr_bytes(&c, 1));
}

static enum sr_status put_string(struct encoder *e, struct sr_bytes text)
{
    SR_TRY(put(e, "\""));
    for (size_t i = 0; i < text.len; i++) {
        SR_TRY(put_byte(e, text.ptr[i]));
    }
    return put(e, "\"");
}

/* JC-4 */
static enum sr_status put_integer(struct encoder *e, int64_t value)
{
    char digits[sizeof "-9007199254740991"];
    char *at = digits + sizeof digits - 1;
    if (value > SR_JCS_INTEGER_MAX || value < -SR_JCS_INTEGER_MAX) {
        return sr_fail(e->err, SR_UNSUPPORTED, "canonical JSON: a number over 2^53 - 1");
    }
    int64_t rest = value < 0 ? -value : value;
    *at = '\0';
    do {
        at--;
        *at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        at--;
        *at = '-';
    }
    return put(e, at);
}

static enum sr_status sort_members(struct encoder *e, struct level *level)
{
    struct sr_json_iter it = sr_json_iter(level->value);
    if (level->count == 0) {
        return SR_OK;
    }
    level->members = calloc(level->count, sizeof *level->members);
    if (level->members == NULL) {
        return sr_fail(e->err, SR_NO_MEMORY, "no memory for canonical JSON");
    }
    for (size_t i = 0; i < level->count && sr_json_next(&it); i++) {
        level->members[i] = (struct member){.key = it.key, .value = it.value};
    }
    qsort(level->members, level->count, sizeof *level->members, compare_members);
    return SR_OK;
}

static enum sr_status open_level(struct encoder *e, struct sr_json_value value, bool is_object)
{
    if (e->depth == SR_JCS_DEPTH_MAX) {
        return sr_fail(e->err, SR_TOO_LARGE, "canonical JSON: nested deeper than %d",
                       SR_JCS_DEPTH_MAX);
    }
    struct level *level = &e->levels[e->depth];
    *level = (struct level){.value = value, .count = sr_json_count(value)};
    e->depth++;
    SR_TRY(put(e, is_object ? "{" : "["));
    return is_object ? sort_members(e, level) : SR_OK;
}

static enum sr_status put_value(struct encoder *e, struct sr_json_value value)
{
    switch (sr_json_kind(value)) {
    case SR_JSON_NULL:
        return put(e, "null");
    case SR_JSON_BOOL:
        return put(e, sr_json_bool(value) ? "true" : "false");
    case SR_JSON_INTEGER:
        return put_integer(e, sr_json_integer(value));
    case SR_JSON_STRING:
        return put_string(e, sr_json_string(value));
    case SR_JSON_ARRAY:
        return open_level(e, value, false);
    case SR_JSON_OBJECT:
        return open_level(e, value, true);
    case SR_JSON_REAL:
    default:
        return sr_fail(e->err, SR_UNSUPPORTED,
                       "canonical JSON: a number with a fraction or an exponent");
    }
}

/* Go on with the innermost array or object: its next element, or its end. */
static enum sr_status step(struct encoder *e)
{
    struct level *level = &e->levels[e->depth - 1];
    bool is_object = sr_json_kind(level->value) == SR_JSON_OBJECT;
    if (level->next == level->count) {
        free(level->members);
        e->depth--;
        return put(e, is_object ? "}" : "]");
    }
    size_t i = level->next++;
    if (i > 0) {
        SR_TRY(put(e, ","));
    }
    if (!is_object) {
        return put_value(e, sr_json_at(level->value, i));
    }
    assert(level->members != NULL);
    SR_TRY(put_string(e, level->members[i].key));
    SR_TRY(put(e, ":"));
    return put_value(e, level->members[i].value);
}

enum sr_status sr_jcs_encode(struct sr_json_value value, struct sr_buf *out, struct sr_err *err)
{
    SR_CLEANUP(encoder_clear) struct encoder e = {.out = out, .err = err};
    SR_TRY(put_value(&e, value));
    while (e.depth > 0) {
        SR_TRY(step(&e));
    }
    return SR_OK;
}

static size_t first_difference(struct sr_bytes a, struct sr_bytes b)
{
    size_t at = 0;
    while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at]) {
        at++;
    }
    return at;
}

/* What is known to be canonical without being written again. */

enum want { WANT_VALUE, WANT_VALUE_OR_END, WANT_KEY, WANT_KEY_OR_END, WANT_NEXT };

struct plain_level {
    bool is_object;
    struct sr_bytes key; /* the last; ptr is NULL before the first */
};

struct plain {
    struct sr_bytes text;
    size_t at;
    enum want want;
    size_t depth;
    struct plain_level level[SR_JCS_DEPTH_MAX];
};

/* The length of the string at `at`, with its quotes; 0: it ends nowhere, or is not plain. */
static size_t plain_string(struct sr_bytes text, size_t at, bool may_escape)
{
    size_t begin = at;
    for (at++; at < text.len && text.ptr[at] != '"'; at++) {
        uint8_t c = text.ptr[at];
        if (c < 0x20 || c >= 0x7f) {
            return 0;
        }
        if (c == '\\') {
            at++;
            if (!may_escape || at == text.len || text.ptr[at] == 0 ||
                strchr("\"\\bfnrt", text.ptr[at]) == NULL) {
                return 0;
            }
        }
    }
    return at < text.len ? at + 1 - begin : 0;
}

/* The same for an integer: not "-0", no zero in front. */
static size_t plain_integer(struct sr_bytes text, size_t at)
{
    size_t sign = text.ptr[at] == '-' ? 1 : 0;
    size_t digits = 0;
    while (at + sign + digits < text.len && text.ptr[at + sign + digits] >= '0' &&
           text.ptr[at + sign + digits] <= '9') {
        digits++;
    }
    bool is_zero = digits > 0 && text.ptr[at + sign] == '0';
    return digits == 0 || digits > 15 || (is_zero && sign + digits > 1) ? 0 : sign + digits;
}

static size_t plain_word(struct sr_bytes text, size_t at)
{
    static const char *const WORDS[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        size_t len = strlen(WORDS[i]);
        if (text.len - at >= len && memcmp(text.ptr + at, WORDS[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

static bool plain_open(struct plain *p, bool is_object)
{
    if (p->depth == SR_JCS_DEPTH_MAX) {
        return false;
    }
    p->level[p->depth++] = (struct plain_level){.is_object = is_object};
    p->want = is_object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
    p->at++;
    return true;
}

static bool plain_close(struct plain *p, bool is_object)
{
    if (p->depth == 0 || p->level[p->depth - 1].is_object != is_object) {
        return false;
    }
    p->depth--;
    p->want = WANT_NEXT;
    p->at++;
    return true;
}

static bool plain_value(struct plain *p)
{
    uint8_t c = p->text.ptr[p->at];
    if (c == '{' || c == '[') {
        return plain_open(p, c == '{');
    }
    if (c == ']') {
        return p->want == WANT_VALUE_OR_END && plain_close(p, false);
    }
    size_t len = c == '"'                             ? plain_string(p->text, p->at, true)
                 : c == '-' || (c >= '0' && c <= '9') ? plain_integer(p->text, p->at)
                                                      : plain_word(p->text, p->at);
    p->at += len;
    p->want = WANT_NEXT;
    return len > 0;
}

/* JC-3, where keys are ASCII; two that are equal are none too. */
static bool plain_key(struct plain *p)
{
    struct plain_level *level = &p->level[p->depth - 1];
    if (p->text.ptr[p->at] == '}') {
        return p->want == WANT_KEY_OR_END && plain_close(p, true);
    }
    size_t len = p->text.ptr[p->at] == '"' ? plain_string(p->text, p->at, false) : 0;
    if (len == 0 || p->at + len == p->text.len || p->text.ptr[p->at + len] != ':') {
        return false;
    }
    struct sr_bytes key = sr_bytes(p->text.ptr + p->at + 1, len - 2);
    if (level->key.ptr != NULL) {
        size_t shorter = key.len < level->key.len ? key.len : level->key.len;
        int order = memcmp(level->key.ptr, key.ptr, shorter);
        if (order > 0 || (order == 0 && level->key.len >= key.len)) {
            return false;
        }
    }
    level->key = key;
    p->at += len + 1;
    p->want = WANT_VALUE;
    return true;
}

static bool plain_next(struct plain *p)
{
    uint8_t c = p->text.ptr[p->at];
    if (p->depth == 0) {
        return false;
    }
    bool is_object = p->level[p->depth - 1].is_object;
    if (c == ',') {
        p->at++;
        p->want = is_object ? WANT_KEY : WANT_VALUE;
        return true;
    }
    return c == (is_object ? '}' : ']') && plain_close(p, is_object);
}

bool sr_jcs_is_plain(struct sr_bytes text)
{
    struct plain p = {.text = text, .want = WANT_VALUE};
    bool is_plain = true;
    while (is_plain && p.at < text.len) {
        if (p.want == WANT_NEXT) {
            is_plain = plain_next(&p);
        } else if (p.want == WANT_KEY || p.want == WANT_KEY_OR_END) {
            is_plain = plain_key(&p);
        } else {
            is_plain = plain_value(&p);
        }
    }
    return is_plain && p.want == WANT_NEXT && p.depth == 0;
}

enum sr_status sr_jcs_decode(struct sr_bytes text, struct sr_json **out, struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    SR_AUTO(sr_buf) again = NULL;
    SR_TRY(sr_json_decode(text, SR_JCS_DEPTH_MAX, &json, err));
    if (sr_jcs_is_plain(text)) {
        *out = SR_TAKE(json);
        return SR_OK;
    }
    SR_TRY(sr_buf_new(text.len, &again));
    enum sr_status status = sr_jcs_encode(sr_json_root(json), again, err);
    /* A canonical text that is longer than this one is not this one. */
    bool is_longer = status == SR_TOO_LARGE;
    if (status != SR_OK && !is_longer) {
        return status;
    }
    if (is_longer || !sr_text_equal(sr_buf_view(again), text)) {
        return sr_fail(err, SR_MALFORMED, "not canonical JSON: byte %zu is another",
                       first_difference(sr_buf_view(again), text));
    }
    *out = SR_TAKE(json);
    return SR_OK;
}
