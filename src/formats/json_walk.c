/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/keys.h"
#include "formats/quote.h"

/* A map or list that is open. */
struct level {
    struct sr_keys *keys; /* of a map; NULL: a list */
    struct sr_bytes key;  /* of the member that is being read */
};

struct walker {
    struct sr_bytes text;
    size_t at;
    struct level levels[SR_JSON_WALK_DEPTH_MAX];
    unsigned depth;
    size_t keys; /* of all open maps */
    char *scratch;
    size_t scratch_bytes;
    void (*visit)(void *ctx, const struct sr_event *event);
    void *ctx;
    struct sr_err *err;
};

static enum sr_status malformed(struct walker *w, size_t at, const char *what)
{
    return sr_fail(w->err, SR_MALFORMED, "json: %s at byte %zu", what, at);
}

static enum sr_status truncated(struct walker *w)
{
    return sr_fail(w->err, SR_TRUNCATED, "json: the text ends too early, after %zu bytes",
                   w->text.len);
}

static enum sr_status no_memory(struct walker *w)
{
    return sr_fail(w->err, SR_NO_MEMORY, "json: no memory at byte %zu", w->at);
}

static void skip_space(struct walker *w)
{
    while (w->at < w->text.len) {
        uint8_t c = w->text.ptr[w->at];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            return;
        }
        w->at++;
    }
}

static bool is_at(const struct walker *w, char c)
{
    return w->at < w->text.len && w->text.ptr[w->at] == (uint8_t)c;
}

/* Strings. */

static bool read_hex4(const struct walker *w, size_t at, uint32_t *out)
{
    if (w->text.len - at < 4) {
        return false;
    }
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t c = w->text.ptr[at + i];
        uint8_t lower = c | 0x20;
        if (c >= '0' && c <= '9') {
            value = value << 4 | (uint32_t)(c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            value = value << 4 | (uint32_t)(lower - 'a' + 10);
        } else {
            return false;
        }
    }
    *out = value;
    return true;
}

/* `\uXXXX`, or two of them; *at is that of the backslash, and moves past it. */
static bool read_unicode(const struct walker *w, size_t *at, uint32_t *out)
{
    uint32_t high = 0;
    uint32_t low = 0;
    if (!read_hex4(w, *at + 2, &high) || (high >= 0xdc00 && high < 0xe000)) {
        return false;
    }
    *at += 6;
    *out = high;
    if (high < 0xd800 || high >= 0xe000) {
        return true;
    }
    if (w->text.len - *at < 6 || memcmp(w->text.ptr + *at, "\\u", 2) != 0 ||
        !read_hex4(w, *at + 2, &low) || low < 0xdc00 || low >= 0xe000) {
        return false;
    }
    *at += 6;
    *out = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* The escape at *at; moves past it. The text goes on after it: the string has an end. */
static bool read_escape(const struct walker *w, size_t *at, uint32_t *out)
{
    static const char LETTERS[] = "\"\\/bfnrt";
    static const char VALUES[] = "\"\\/\b\f\n\r\t";
    uint8_t c = w->text.ptr[*at + 1];
    if (c == 'u') {
        return read_unicode(w, at, out);
    }
    const char *known = c != 0 ? strchr(LETTERS, c) : NULL;
    if (known == NULL) {
        return false;
    }
    *out = (uint8_t)VALUES[known - LETTERS];
    *at += 2;
    return true;
}

static enum sr_status decode(struct walker *w, size_t begin, size_t end, char *out, size_t *out_len)
{
    size_t len = 0;
    for (size_t at = begin; at < end;) {
        if (w->text.ptr[at] != '\\') {
            out[len++] = (char)w->text.ptr[at++];
            continue;
        }
        uint32_t c = 0;
        size_t from = at;
        if (!read_escape(w, &at, &c) || at > end) {
            return malformed(w, from, "invalid escape");
        }
        len += sr_text_put_utf8(c, out + len);
    }
    *out_len = len;
    return SR_OK;
}

/* The string at the cursor, between its quotes and as it stands; moves past it. */
static enum sr_status take_string(struct walker *w, size_t *out_begin, size_t *out_end,
                                  bool *out_has_escapes)
{
    size_t begin = w->at + 1;
    *out_has_escapes = false;
    for (size_t at = begin; at < w->text.len; at++) {
        uint8_t c = w->text.ptr[at];
        if (c == '"') {
            *out_begin = begin;
            *out_end = at;
            w->at = at + 1;
            return SR_OK;
        }
        if (c < 0x20) {
            return malformed(w, at, "control character in a string");
        }
        if (c == '\\') {
            *out_has_escapes = true;
            at++;
        }
    }
    return truncated(w);
}

static enum sr_status make_room(struct walker *w, size_t len)
{
    if (len <= w->scratch_bytes) {
        return SR_OK;
    }
    char *scratch = realloc(w->scratch, len * 2);
    if (scratch == NULL) {
        return no_memory(w);
    }
    w->scratch = scratch;
    w->scratch_bytes = len * 2;
    return SR_OK;
}

/* A value's text: a view of the input, or of the scratch. */
static enum sr_status read_string(struct walker *w, struct sr_bytes *out)
{
    size_t begin = 0;
    size_t end = 0;
    size_t len = 0;
    bool has_escapes = false;
    SR_TRY(take_string(w, &begin, &end, &has_escapes));
    if (!has_escapes) {
        *out = sr_bytes(w->text.ptr + begin, end - begin);
        return SR_OK;
    }
    SR_TRY(make_room(w, end - begin));
    SR_TRY(decode(w, begin, end, w->scratch, &len));
    *out = sr_bytes(w->scratch, len);
    return SR_OK;
}

/* Keys. */

static enum sr_status read_key(struct walker *w)
{
    struct level *level = &w->levels[w->depth - 1];
    struct sr_bytes key = {0};
    size_t begin = w->at;
    if (!is_at(w, '"')) {
        return w->at == w->text.len ? truncated(w) : malformed(w, w->at, "expected a key");
    }
    SR_TRY(read_string(w, &key));
    if (w->keys == SR_JSON_WALK_KEYS_MAX) {
        return sr_fail(w->err, SR_TOO_LARGE, "json: over %zu keys at byte %zu",
                       SR_JSON_WALK_KEYS_MAX, begin);
    }
    bool is_scratch = w->scratch != NULL && key.ptr == (const uint8_t *)w->scratch;
    enum sr_status status = sr_keys_add(level->keys, &key, is_scratch);
    if (status == SR_CONFLICT) {
        return sr_fail(w->err, SR_MALFORMED, "json: duplicate key '%s' at byte %zu",
                       sr_quote(key).text, begin);
    }
    if (status != SR_OK) {
        return no_memory(w);
    }
    level->key = key;
    w->keys++;
    skip_space(w);
    if (!is_at(w, ':')) {
        return w->at == w->text.len ? truncated(w) : malformed(w, w->at, "expected ':'");
    }
    w->at++;
    return SR_OK;
}

/* Values. */

static void tell(struct walker *w, enum sr_event_kind kind, struct sr_bytes text, size_t offset)
{
    const struct level *level = w->depth > 0 ? &w->levels[w->depth - 1] : NULL;
    struct sr_event event = {.kind = kind,
                             .depth = w->depth,
                             .text = text,
                             .offset = offset,
                             .has_key = level != NULL && level->keys != NULL};
    if (event.has_key) {
        event.key = level->key;
    }
    w->visit(w->ctx, &event);
}

static enum sr_status open_level(struct walker *w, bool is_map)
{
    if (w->depth == SR_JSON_WALK_DEPTH_MAX) {
        return sr_fail(w->err, SR_TOO_LARGE, "json: nested deeper than %d at byte %zu",
                       SR_JSON_WALK_DEPTH_MAX, w->at);
    }
    struct level level = {0};
    if (is_map && sr_keys_new(&level.keys) != SR_OK) {
        return no_memory(w);
    }
    tell(w, is_map ? SR_EVENT_MAP : SR_EVENT_LIST, sr_bytes(NULL, 0), w->at);
    w->levels[w->depth++] = level;
    w->at++;
    return SR_OK;
}

static void drop_level(struct walker *w)
{
    struct level *level = &w->levels[--w->depth];
    w->keys -= level->keys != NULL ? sr_keys_count(level->keys) : 0;
    sr_keys_free(level->keys);
}

static void close_level(struct walker *w)
{
    bool is_map = w->levels[w->depth - 1].keys != NULL;
    drop_level(w);
    tell(w, is_map ? SR_EVENT_MAP_END : SR_EVENT_LIST_END, sr_bytes(NULL, 0), w->at);
    w->at++;
}

static size_t digits_at(const struct walker *w, size_t at)
{
    size_t end = at;
    while (end < w->text.len && w->text.ptr[end] >= '0' && w->text.ptr[end] <= '9') {
        end++;
    }
    return end - at;
}

/* The end of the fraction or exponent at text[at], which *is_valid says has digits; at if there is
 * none. */
static size_t part_end(const struct walker *w, size_t at, const char *signs, bool *is_valid)
{
    if (at == w->text.len || w->text.ptr[at] == 0 || strchr(signs, w->text.ptr[at]) == NULL) {
        return at;
    }
    bool is_exponent = signs[0] == 'e';
    at++;
    at += is_exponent && at < w->text.len && (w->text.ptr[at] == '-' || w->text.ptr[at] == '+');
    size_t digits = digits_at(w, at);
    *is_valid = *is_valid && digits > 0;
    return at + digits;
}

/* source  RFC 8259, section 6 */
static enum sr_status read_number(struct walker *w)
{
    enum { NUMBER_BYTES_MAX = 64 }; /* J-8 */
    size_t begin = w->at;
    size_t at = begin + (w->text.ptr[begin] == '-');
    size_t digits = digits_at(w, at);
    bool is_valid = digits == 1 || (digits > 1 && w->text.ptr[at] != '0');
    at = part_end(w, at + digits, ".", &is_valid);
    at = part_end(w, at, "eE", &is_valid);
    if (!is_valid || at - begin > NUMBER_BYTES_MAX) {
        return malformed(w, begin, "invalid number");
    }
    w->at = at;
    tell(w, SR_EVENT_NUMBER, sr_bytes(w->text.ptr + begin, at - begin), begin);
    return SR_OK;
}

static enum sr_status read_word(struct walker *w)
{
    static const struct {
        const char *word;
        enum sr_event_kind kind;
    } WORDS[] = {{"true", SR_EVENT_BOOL}, {"false", SR_EVENT_BOOL}, {"null", SR_EVENT_NULL}};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        size_t len = strlen(WORDS[i].word);
        if (w->text.len - w->at >= len && memcmp(w->text.ptr + w->at, WORDS[i].word, len) == 0) {
            tell(w, WORDS[i].kind, sr_bytes(w->text.ptr + w->at, len), w->at);
            w->at += len;
            return SR_OK;
        }
    }
    return malformed(w, w->at, "unexpected character");
}

/* The value at the cursor, or the beginning of a map or list. */
static enum sr_status read_value(struct walker *w)
{
    skip_space(w);
    if (w->at == w->text.len) {
        return truncated(w);
    }
    size_t begin = w->at;
    uint8_t c = w->text.ptr[begin];
    if (c == '{' || c == '[') {
        return open_level(w, c == '{');
    }
    if (c == '"') {
        struct sr_bytes text = {0};
        SR_TRY(read_string(w, &text));
        tell(w, SR_EVENT_TEXT, text, begin);
        return SR_OK;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return read_number(w);
    }
    return read_word(w);
}

/* In an open map or list: its end, or its next value. is_first: nothing was in it yet. */
static enum sr_status read_next(struct walker *w, bool is_first)
{
    bool is_map = w->levels[w->depth - 1].keys != NULL;
    skip_space(w);
    if (is_at(w, is_map ? '}' : ']')) {
        close_level(w);
        return SR_OK;
    }
    if (!is_first) {
        if (!is_at(w, ',')) {
            return w->at == w->text.len ? truncated(w)
                                        : malformed(w, w->at, "expected ',' or the end");
        }
        w->at++;
        skip_space(w);
    }
    if (is_map) {
        SR_TRY(read_key(w));
    }
    return read_value(w);
}

static enum sr_status walk(struct walker *w)
{
    SR_TRY(read_value(w));
    bool is_first = true;
    while (w->depth > 0) {
        unsigned depth = w->depth;
        SR_TRY(read_next(w, is_first));
        is_first = w->depth > depth;
    }
    skip_space(w);
    if (w->at < w->text.len) {
        return malformed(w, w->at, "more than one value");
    }
    return SR_OK;
}

enum sr_status sr_json_walk(struct sr_bytes text,
                            void (*visit)(void *ctx, const struct sr_event *event), void *ctx,
                            struct sr_err *err)
{
    if (text.len > SR_JSON_WALK_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "json: text of %zu bytes, the limit is %zu", text.len,
                       SR_JSON_WALK_BYTES_MAX);
    }
    if (!sr_text_is_utf8(text)) {
        return sr_fail(err, SR_MALFORMED, "json: not UTF-8, or a NUL");
    }
    struct walker w = {.text = text, .visit = visit, .ctx = ctx, .err = err};
    enum sr_status status = walk(&w);
    while (w.depth > 0) {
        drop_level(&w);
    }
    free(w.scratch);
    return status;
}
