/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/keys.h"
#include "formats/quote.h"

/* A map or list that is open. */
struct level {
    struct sr_keys *keys; /* of a map; NULL: a list */
    struct sr_bytes key;  /* of the member that is being read */
    size_t indent;        /* column of its keys or dashes; not of flow */
    bool is_pending;      /* a key or dash stands there without its value */
    bool has_value;       /* of flow: what comes next is a comma or the end */
};

struct walker {
    struct sr_bytes text;
    size_t at;
    size_t line; /* where the line begins that the cursor is in */
    struct level levels[SR_YAML_DEPTH_MAX];
    unsigned depth;
    bool has_root;
    char *scratch; /* the scalar that is being put together */
    size_t scratch_len;
    size_t scratch_bytes;
    void (*visit)(void *ctx, const struct sr_event *event);
    void *ctx;
    struct sr_err *err;
};

static enum sr_status malformed(struct walker *w, const char *what)
{
    return sr_fail(w->err, SR_MALFORMED, "yaml: %s at byte %zu", what, w->at);
}

static enum sr_status no_memory(struct walker *w)
{
    return sr_fail(w->err, SR_NO_MEMORY, "yaml: no memory at byte %zu", w->at);
}

/* The byte there; a line feed at the end and after it. */
static uint8_t byte_at(const struct walker *w, size_t at)
{
    if (at >= w->text.len) {
        return '\n';
    }
    uint8_t c = w->text.ptr[at];
    return c == '\r' ? '\n' : c;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_gap(uint8_t c)
{
    return is_blank(c) || c == '\n';
}

static struct level *top(struct walker *w)
{
    assert(w->depth > 0);
    return &w->levels[w->depth - 1];
}

static size_t column(const struct walker *w)
{
    return w->at - w->line;
}

/* Y-2: what other readers take for a line break, or refuse; rest is not empty. */
static bool is_strange(struct sr_bytes rest)
{
    static const char *const STRANGE[] = {"\x7f",         "\xc2\x85",     "\xe2\x80\xa8",
                                          "\xe2\x80\xa9", "\xef\xbb\xbf", NULL};
    uint8_t c = rest.ptr[0];
    if (c < 0x20) {
        return c == '\r' ? rest.len < 2 || rest.ptr[1] != '\n' : c != '\t' && c != '\n';
    }
    for (const char *const *s = STRANGE; *s != NULL; s++) {
        if (rest.len >= strlen(*s) && memcmp(rest.ptr, *s, strlen(*s)) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_status check_bytes(struct walker *w)
{
    for (w->at = 0; w->at < w->text.len; w->at++) {
        if (is_strange(sr_bytes(w->text.ptr + w->at, w->text.len - w->at))) {
            return malformed(w, "control character, line break or byte order mark");
        }
    }
    w->at = 0;
    return SR_OK;
}

/* Lines. */

static void next_line(struct walker *w)
{
    while (w->at < w->text.len && w->text.ptr[w->at] != '\n') {
        w->at++;
    }
    w->at += w->at < w->text.len;
    w->line = w->at;
}

static void skip_blanks(struct walker *w)
{
    while (w->at < w->text.len && is_blank(w->text.ptr[w->at])) {
        w->at++;
    }
}

static bool is_at(const struct walker *w, size_t at, const char *what)
{
    size_t len = strlen(what);
    return at <= w->text.len && w->text.len - at >= len && memcmp(w->text.ptr + at, what, len) == 0;
}

/* `---` or `...` at the start of the line. */
static bool is_marker(const struct walker *w, size_t line, const char *marker)
{
    return is_at(w, line, marker) && is_gap(byte_at(w, line + 3));
}

/* Whether nothing but a comment follows in the line. */
static bool is_rest_empty(const struct walker *w)
{
    size_t at = w->at;
    while (at < w->text.len && is_blank(w->text.ptr[at])) {
        at++;
    }
    bool is_comment = byte_at(w, at) == '#' && (at == w->line || is_blank(byte_at(w, at - 1)));
    return byte_at(w, at) == '\n' || is_comment;
}

static enum sr_status end_line(struct walker *w)
{
    if (!is_rest_empty(w)) {
        return malformed(w, "unexpected text after a value");
    }
    next_line(w);
    return SR_OK;
}

/* From the start of a line to the first thing that is neither space nor comment; at the end of the
 * text when there is none. */
static enum sr_status find_content(struct walker *w)
{
    while (w->at < w->text.len) {
        while (w->at < w->text.len && w->text.ptr[w->at] == ' ') {
            w->at++;
        }
        if (is_rest_empty(w)) {
            next_line(w);
        } else if (byte_at(w, w->at) == '\t') {
            return malformed(w, "a tab indents"); /* Y-3 */
        } else {
            return SR_OK;
        }
    }
    return SR_OK;
}

/* Events. */

static void tell(struct walker *w, enum sr_event_kind kind, struct sr_bytes text, size_t offset)
{
    const struct level *level = w->depth > 0 ? top(w) : NULL;
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

/* The value that was waited for is there. */
static void tell_value(struct walker *w, enum sr_event_kind kind, struct sr_bytes text,
                       size_t offset)
{
    tell(w, kind, text, offset);
    w->has_root = true;
    if (w->depth > 0) {
        top(w)->is_pending = false;
        top(w)->has_value = true;
    }
}

static enum sr_status open_level(struct walker *w, bool is_map, size_t indent)
{
    if (w->depth == SR_YAML_DEPTH_MAX) {
        return sr_fail(w->err, SR_TOO_LARGE, "yaml: nested deeper than %d at byte %zu",
                       SR_YAML_DEPTH_MAX, w->at);
    }
    struct level level = {.indent = indent};
    if (is_map && sr_keys_new(&level.keys) != SR_OK) {
        return no_memory(w);
    }
    tell_value(w, is_map ? SR_EVENT_MAP : SR_EVENT_LIST, sr_bytes(NULL, 0), w->at);
    w->levels[w->depth++] = level;
    return SR_OK;
}

static void close_level(struct walker *w)
{
    bool is_map = top(w)->keys != NULL;
    if (top(w)->is_pending) {
        tell_value(w, SR_EVENT_NULL, sr_bytes(NULL, 0), w->at);
    }
    sr_keys_free(SR_TAKE(top(w)->keys));
    w->depth--;
    tell(w, is_map ? SR_EVENT_MAP_END : SR_EVENT_LIST_END, sr_bytes(NULL, 0), w->at);
}

/* Scalars. */

static enum sr_status put(struct walker *w, const void *bytes, size_t len)
{
    if (len > w->scratch_bytes - w->scratch_len) {
        size_t size = 2 * (w->scratch_bytes + len) + 64;
        char *scratch = realloc(w->scratch, size);
        if (scratch == NULL) {
            return no_memory(w);
        }
        w->scratch = scratch;
        w->scratch_bytes = size;
    }
    if (len > 0) {
        memcpy(w->scratch + w->scratch_len, bytes, len);
    }
    w->scratch_len += len;
    return SR_OK;
}

static struct sr_bytes scratch(const struct walker *w)
{
    return sr_bytes(w->scratch, w->scratch_len);
}

static size_t count_digits(struct sr_bytes text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9') {
        end++;
    }
    return end - at;
}

/* The end of digits after `mark` at text[at] (and a sign, if they may have one); at if it is not
 * so.
 */
static size_t part_end(struct sr_bytes text, size_t at, uint8_t mark, bool has_sign)
{
    if (at == text.len || (text.ptr[at] | 0x20) != (mark | 0x20)) {
        return at;
    }
    size_t begin = at + 1;
    begin += has_sign && begin < text.len && (text.ptr[begin] == '-' || text.ptr[begin] == '+');
    size_t digits = count_digits(text, begin);
    return digits > 0 ? begin + digits : at;
}

/* A number as JSON has them; others (octal, hexadecimal, sexagesimal) are read differently by
 * different readers, and are texts here. */
static bool is_number(struct sr_bytes text)
{
    size_t at = text.len > 0 && text.ptr[0] == '-';
    size_t digits = count_digits(text, at);
    if (digits == 0 || (digits > 1 && text.ptr[at] == '0')) {
        return false;
    }
    at = part_end(text, at + digits, '.', false);
    return part_end(text, at, 'e', true) == text.len;
}

static void tell_plain(struct walker *w, struct sr_bytes text, size_t offset)
{
    static const struct {
        const char *word;
        enum sr_event_kind kind;
        const char *text;
    } WORDS[] = {{"null", SR_EVENT_NULL, ""},       {"Null", SR_EVENT_NULL, ""},
                 {"NULL", SR_EVENT_NULL, ""},       {"~", SR_EVENT_NULL, ""},
                 {"true", SR_EVENT_BOOL, "true"},   {"True", SR_EVENT_BOOL, "true"},
                 {"TRUE", SR_EVENT_BOOL, "true"},   {"false", SR_EVENT_BOOL, "false"},
                 {"False", SR_EVENT_BOOL, "false"}, {"FALSE", SR_EVENT_BOOL, "false"}};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (sr_text_equal(text, sr_text_view(WORDS[i].word))) {
            tell_value(w, WORDS[i].kind, sr_text_view(WORDS[i].text), offset);
            return;
        }
    }
    tell_value(w, is_number(text) ? SR_EVENT_NUMBER : SR_EVENT_TEXT, text, offset);
}

/* Within a quoted scalar, a line break and the space around it are one space; each further one is a
 * line break. */
static enum sr_status fold_quoted(struct walker *w, size_t kept)
{
    unsigned breaks = 0;
    while (w->scratch_len > kept && is_blank((uint8_t)w->scratch[w->scratch_len - 1])) {
        w->scratch_len--;
    }
    while (w->at < w->text.len && is_gap(byte_at(w, w->at))) {
        if (w->text.ptr[w->at] == '\n') {
            breaks++;
            w->line = w->at + 1;
        }
        w->at++;
    }
    if (w->at == w->line && (is_marker(w, w->line, "---") || is_marker(w, w->line, "..."))) {
        return malformed(w, "a document ends within quotes");
    }
    if (breaks == 1) {
        return put(w, " ", 1);
    }
    for (unsigned i = 1; i < breaks; i++) {
        SR_TRY(put(w, "\n", 1));
    }
    return SR_OK;
}

static bool read_hex(const struct walker *w, size_t digits, uint32_t *out)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        uint8_t c = byte_at(w, w->at + i);
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
    return value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

/* The escape after a backslash. source  YAML 1.2.2, section 5.7 */
static enum sr_status read_escape(struct walker *w)
{
    static const char LETTERS[] = "0abtnvfre \"/\\N_LP";
    static const uint32_t VALUES[] = {0,   '\a', '\b', '\t', '\n', '\v', '\f',   '\r',  0x1b,
                                      ' ', '"',  '/',  '\\', 0x85, 0xa0, 0x2028, 0x2029};
    char utf8[4];
    uint8_t c = byte_at(w, w->at);
    uint32_t value = 0;
    size_t digits = c == 'U' ? 8 : 0;
    digits = c == 'u' ? 4 : digits;
    digits = c == 'x' ? 2 : digits;
    const char *known = c != 0 ? strchr(LETTERS, c) : NULL;
    w->at++;
    if (digits > 0) {
        if (!read_hex(w, digits, &value)) {
            return malformed(w, "invalid escape");
        }
        w->at += digits;
    } else if (known == NULL) {
        return malformed(w, "invalid escape");
    } else {
        value = VALUES[known - LETTERS];
    }
    size_t len = sr_text_put_utf8(value, utf8);
    return put(w, utf8, len);
}

/* A line break that is escaped: it and the space around it are nothing. */
static void skip_break(struct walker *w)
{
    next_line(w);
    skip_blanks(w);
}

/* One piece of a double-quoted scalar after its backslash. */
static enum sr_status double_escape(struct walker *w, size_t *kept)
{
    w->at++;
    if (byte_at(w, w->at) == '\n') {
        skip_break(w);
    } else {
        SR_TRY(read_escape(w));
    }
    *kept = w->scratch_len;
    return SR_OK;
}

/* The quoted scalar at the cursor, into the scratch; moves past it. */
static enum sr_status read_quoted(struct walker *w)
{
    uint8_t quote = w->text.ptr[w->at];
    size_t begin = w->at;
    size_t kept = 0; /* what folding leaves alone: it was spelled out */
    w->scratch_len = 0;
    w->at++;
    while (w->at < w->text.len) {
        uint8_t c = byte_at(w, w->at);
        if (c == quote && (quote == '"' || byte_at(w, w->at + 1) != quote)) {
            w->at++;
            return SR_OK;
        }
        if (c == '\n') {
            SR_TRY(fold_quoted(w, kept));
        } else if (c == '\\' && quote == '"') {
            SR_TRY(double_escape(w, &kept));
        } else {
            SR_TRY(put(w, w->text.ptr + w->at, 1));
            w->at += c == quote ? 2 : 1; /* '' is a quote */
        }
    }
    w->at = begin;
    return malformed(w, "quotes without end");
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

#define FLOW_SIGNS ",[]{}"

/* Whether a plain scalar ends before the byte; *out_is_key: because a colon makes it a key. */
static bool is_plain_stop(const struct walker *w, size_t at, bool is_flow, bool *out_is_key)
{
    uint8_t c = byte_at(w, at);
    uint8_t next = byte_at(w, at + 1);
    bool is_comment = c == '#' && at > w->line && is_blank(byte_at(w, at - 1));
    *out_is_key = c == ':' && (is_gap(next) || (is_flow && is_one_of(next, FLOW_SIGNS)));
    return c == '\n' || is_comment || *out_is_key || (is_flow && is_one_of(c, FLOW_SIGNS));
}

/* Where a plain scalar ends in its line, without the space after it; is_flow: within brackets. */
static size_t plain_end(const struct walker *w, size_t at, bool is_flow, bool *out_is_key)
{
    size_t end = at;
    while (!is_plain_stop(w, at, is_flow, out_is_key)) {
        end = is_blank(byte_at(w, at)) ? end : at + 1;
        at++;
    }
    return end;
}

/* Y-4: what a plain scalar must not begin with. */
static enum sr_status check_plain_start(struct walker *w)
{
    uint8_t c = byte_at(w, w->at);
    if (c == '!' || c == '&' || c == '*') {
        return malformed(w, "a tag, anchor or alias");
    }
    bool is_indicator = (c == '-' || c == '?' || c == ':') && is_gap(byte_at(w, w->at + 1));
    if (is_indicator || strchr("%@`,[]{}#|>\"'", c) != NULL) {
        return malformed(w, "a value begins with a reserved character");
    }
    return SR_OK;
}

/* Whether the line after this one goes on with a plain scalar of a parent at that column. */
static bool continues(const struct walker *w, size_t at, long parent, size_t *out_at,
                      unsigned *out_breaks)
{
    unsigned breaks = 0;
    while (at < w->text.len) {
        at += byte_at(w, at) == '\n' && w->text.ptr[at] == '\r';
        size_t line = at + 1;
        size_t content = line;
        breaks++;
        while (content < w->text.len && is_blank(w->text.ptr[content])) {
            content++;
        }
        if (content >= w->text.len) {
            return false;
        }
        if (byte_at(w, content) == '\n') {
            at = content;
            continue;
        }
        *out_at = content;
        *out_breaks = breaks;
        return (long)(content - line) > parent && w->text.ptr[content] != '#' &&
               !is_marker(w, line, "---") && !is_marker(w, line, "...");
    }
    return false;
}

/* A plain scalar of a block, maybe of several lines. */
static enum sr_status plain(struct walker *w, long parent)
{
    size_t begin = w->at;
    bool is_key = false;
    SR_TRY(check_plain_start(w));
    size_t end = plain_end(w, w->at, false, &is_key);
    w->scratch_len = 0;
    struct sr_bytes text = sr_bytes(w->text.ptr + begin, end - begin);
    bool is_folded = false;
    while (!is_key) {
        size_t next = 0;
        unsigned breaks = 0;
        w->at = end;
        skip_blanks(w);
        if (byte_at(w, w->at) != '\n' || !continues(w, w->at, parent, &next, &breaks)) {
            break;
        }
        if (!is_folded) {
            SR_TRY(put(w, text.ptr, text.len));
            is_folded = true;
        }
        for (unsigned i = 1; i < breaks; i++) {
            SR_TRY(put(w, "\n", 1));
        }
        SR_TRY(put(w, " ", breaks == 1));
        for (w->line = next; w->text.ptr[w->line - 1] != '\n'; w->line--) {
        }
        end = plain_end(w, next, false, &is_key);
        SR_TRY(put(w, w->text.ptr + next, end - next));
    }
    if (is_key) {
        w->at = end;
        return malformed(w, "a key where none may be");
    }
    tell_plain(w, is_folded ? scratch(w) : text, begin);
    return end_line(w);
}

/* Block scalars. */

struct block {
    bool is_folded;
    bool was_plain;  /* the line before does not begin with a space */
    char chomp;      /* '-', '+' or 0 */
    size_t indent;   /* of its content; 0: not known yet */
    unsigned breaks; /* after the content so far */
};

static enum sr_status read_block_header(struct walker *w, long parent, struct block *out)
{
    *out = (struct block){.is_folded = w->text.ptr[w->at] == '>', .was_plain = true};
    w->at++;
    for (;; w->at++) {
        uint8_t c = byte_at(w, w->at);
        if ((c == '-' || c == '+') && out->chomp == 0) {
            out->chomp = (char)c;
        } else if (c >= '1' && c <= '9' && out->indent == 0) {
            out->indent = (size_t)(parent < 0 ? 0 : parent) + (size_t)(c - '0');
        } else {
            break;
        }
    }
    return end_line(w);
}

/* The content's column, when the header does not say it: that of the first line with any. */
static size_t detect_indent(const struct walker *w, long parent)
{
    size_t at = w->at;
    while (at < w->text.len) {
        size_t line = at;
        while (at < w->text.len && w->text.ptr[at] == ' ') {
            at++;
        }
        if (byte_at(w, at) != '\n') {
            return at - line;
        }
        at += byte_at(w, at) == '\n' && at < w->text.len && w->text.ptr[at] == '\r';
        at++;
    }
    return (size_t)(parent + 1);
}

/* The line breaks before a line of content. */
static enum sr_status put_breaks(struct walker *w, const struct block *block, bool is_plain)
{
    unsigned breaks = block->breaks;
    bool folds = block->is_folded && block->was_plain && is_plain && w->scratch_len > 0;
    if (folds && breaks == 1) {
        return put(w, " ", 1);
    }
    breaks -= folds && breaks > 0;
    for (unsigned i = 0; i < breaks; i++) {
        SR_TRY(put(w, "\n", 1));
    }
    return SR_OK;
}

/* How many spaces the line at the cursor begins with, up to max; *out_is_empty: it has no more. */
static size_t leading_spaces(const struct walker *w, size_t max, bool *out_is_empty)
{
    size_t spaces = 0;
    while (spaces < max && byte_at(w, w->at + spaces) == ' ') {
        spaces++;
    }
    *out_is_empty = byte_at(w, w->at + spaces) == '\n';
    return spaces;
}

/* A line of content that begins after so many spaces. */
static enum sr_status put_line(struct walker *w, struct block *block, size_t spaces)
{
    size_t content = w->at + spaces;
    size_t end = content;
    bool is_plain = !is_blank(byte_at(w, content));
    SR_TRY(put_breaks(w, block, is_plain));
    while (byte_at(w, end) != '\n') {
        end++;
    }
    block->was_plain = is_plain;
    block->breaks = 0;
    return put(w, w->text.ptr + content, end - content);
}

/* The line breaks after the last line. */
static enum sr_status put_end(struct walker *w, const struct block *block)
{
    unsigned kept = w->scratch_len > 0 && block->chomp == 0 ? 1 : 0;
    kept = block->chomp == '+' ? block->breaks : kept;
    for (unsigned i = 0; i < kept; i++) {
        SR_TRY(put(w, "\n", 1));
    }
    return SR_OK;
}

static enum sr_status block_scalar(struct walker *w, long parent)
{
    struct block block = {0};
    size_t begin = w->at;
    SR_TRY(read_block_header(w, parent, &block));
    size_t indent = block.indent > 0 ? block.indent : detect_indent(w, parent);
    w->scratch_len = 0;
    while (w->at < w->text.len && (long)indent > parent) {
        bool is_empty = false;
        size_t spaces = leading_spaces(w, indent, &is_empty);
        bool is_end = is_marker(w, w->line, "---") || is_marker(w, w->line, "...");
        if (!is_empty && (spaces < indent || is_end)) {
            break;
        }
        if (!is_empty) {
            SR_TRY(put_line(w, &block, spaces));
        }
        block.breaks++;
        next_line(w);
    }
    SR_TRY(put_end(w, &block));
    tell_value(w, SR_EVENT_TEXT, scratch(w), begin);
    return SR_OK;
}

/* Keys. */

static enum sr_status add_key(struct walker *w, struct sr_bytes key, bool is_copied)
{
    struct level *level = top(w);
    if (sr_text_equal(key, sr_text_view("<<"))) {
        return malformed(w, "a merge key");
    }
    enum sr_status status = sr_keys_add(level->keys, &key, is_copied);
    if (status == SR_CONFLICT) {
        return sr_fail(w->err, SR_MALFORMED, "yaml: duplicate key '%s' at byte %zu",
                       sr_quote(key).text, w->at);
    }
    if (status != SR_OK) {
        return no_memory(w);
    }
    level->key = key;
    level->is_pending = true;
    level->has_value = false;
    return SR_OK;
}

/* Whether a key stands at the cursor: text, in quotes or not, and a colon in the same line. */
static bool is_key_here(const struct walker *w)
{
    uint8_t quote = byte_at(w, w->at);
    bool is_key = false;
    if (quote != '"' && quote != '\'') {
        (void)plain_end(w, w->at, false, &is_key);
        return is_key && strchr("[]{}!&*|>%@`,#", quote) == NULL;
    }
    size_t at = w->at + 1;
    while (byte_at(w, at) != '\n' && byte_at(w, at) != quote) {
        at += byte_at(w, at) == '\\' && quote == '"' ? 2 : 1;
    }
    at++;
    while (is_blank(byte_at(w, at))) {
        at++;
    }
    return byte_at(w, at) == ':' && is_gap(byte_at(w, at + 1));
}

/* The key at the cursor, and its colon. */
static enum sr_status take_key(struct walker *w)
{
    uint8_t c = byte_at(w, w->at);
    if (c == '"' || c == '\'') {
        SR_TRY(read_quoted(w));
        SR_TRY(add_key(w, scratch(w), true));
    } else {
        bool is_key = false;
        SR_TRY(check_plain_start(w));
        size_t end = plain_end(w, w->at, false, &is_key);
        SR_TRY(add_key(w, sr_bytes(w->text.ptr + w->at, end - w->at), false));
        w->at = end;
    }
    skip_blanks(w);
    if (byte_at(w, w->at) != ':') {
        return malformed(w, "expected ':'");
    }
    w->at++;
    return SR_OK;
}

/* Flow. */

static void skip_flow_space(struct walker *w)
{
    while (w->at < w->text.len) {
        uint8_t c = byte_at(w, w->at);
        bool is_comment = c == '#' && (w->at == w->line || is_gap(byte_at(w, w->at - 1)));
        if (is_comment || (c == '\n' && w->text.ptr[w->at] == '\n')) {
            next_line(w);
        } else if (is_gap(c)) {
            w->at++;
        } else {
            return;
        }
    }
}

static enum sr_status flow_plain(struct walker *w)
{
    bool is_key = false;
    SR_TRY(check_plain_start(w));
    size_t end = plain_end(w, w->at, true, &is_key);
    if (is_key) {
        return malformed(w, "a key where none may be");
    }
    size_t begin = w->at;
    w->at = end;
    tell_plain(w, sr_bytes(w->text.ptr + begin, end - begin), begin);
    return SR_OK;
}

static enum sr_status flow_value(struct walker *w)
{
    uint8_t c = byte_at(w, w->at);
    if (c == '[' || c == '{') {
        SR_TRY(open_level(w, c == '{', 0));
        w->at++;
        return SR_OK;
    }
    if (c == '"' || c == '\'') {
        size_t begin = w->at;
        SR_TRY(read_quoted(w));
        tell_value(w, SR_EVENT_TEXT, scratch(w), begin);
        return SR_OK;
    }
    return flow_plain(w);
}

/* A key of a flow map; after one in quotes the colon may stand without a space. */
static enum sr_status flow_key(struct walker *w)
{
    uint8_t c = byte_at(w, w->at);
    bool is_quoted = c == '"' || c == '\'';
    bool is_key = false;
    if (is_quoted) {
        SR_TRY(read_quoted(w));
        SR_TRY(add_key(w, scratch(w), true));
    } else {
        SR_TRY(check_plain_start(w));
        size_t end = plain_end(w, w->at, true, &is_key);
        SR_TRY(add_key(w, sr_bytes(w->text.ptr + w->at, end - w->at), false));
        w->at = end;
    }
    skip_flow_space(w);
    uint8_t next = byte_at(w, w->at);
    if (next == ':' && (is_quoted || is_key)) {
        w->at++;
        skip_flow_space(w);
        return SR_OK;
    }
    return next == ',' || next == '}' ? SR_OK : malformed(w, "expected ':'");
}

/* In an open map or list of flow: its end, a comma, or what comes next. */
static enum sr_status flow_step(struct walker *w)
{
    struct level *level = top(w);
    bool is_map = level->keys != NULL;
    uint8_t c = byte_at(w, w->at);
    if (w->at == w->text.len) {
        return malformed(w, "brackets without end");
    }
    if (c == (is_map ? '}' : ']')) {
        close_level(w);
        w->at++;
        return SR_OK;
    }
    if (level->is_pending && c != ',') {
        return flow_value(w);
    }
    if (level->has_value || level->is_pending) {
        if (c != ',') {
            return malformed(w, "expected ',' or the end");
        }
        if (level->is_pending) {
            tell_value(w, SR_EVENT_NULL, sr_bytes(NULL, 0), w->at);
        }
        level->has_value = false;
        w->at++;
        return SR_OK;
    }
    return is_map ? flow_key(w) : flow_value(w);
}

static enum sr_status flow(struct walker *w)
{
    unsigned depth = w->depth;
    do {
        SR_TRY(w->depth == depth ? flow_value(w) : flow_step(w));
        if (w->depth > depth) {
            skip_flow_space(w);
        }
    } while (w->depth > depth);
    return end_line(w);
}

/* Blocks. */

/* A value that is no block: what is left of its line and what belongs to it. */
static enum sr_status inline_value(struct walker *w)
{
    long parent = w->depth > 0 ? (long)top(w)->indent : -1;
    uint8_t c = byte_at(w, w->at);
    if (c == '|' || c == '>') {
        return block_scalar(w, parent);
    }
    if (c == '[' || c == '{') {
        return flow(w);
    }
    if (c == '"' || c == '\'') {
        size_t begin = w->at;
        SR_TRY(read_quoted(w));
        tell_value(w, SR_EVENT_TEXT, scratch(w), begin);
        return end_line(w);
    }
    return plain(w, parent);
}

static bool is_dash(const struct walker *w)
{
    return byte_at(w, w->at) == '-' && is_gap(byte_at(w, w->at + 1));
}

/* A node at the cursor; is_open: the map or list that it belongs to is on top already. */
static enum sr_status node(struct walker *w, bool is_open)
{
    for (;; is_open = false) {
        bool dash = is_dash(w);
        if (!dash && !is_key_here(w)) {
            return is_open ? malformed(w, "expected a key or '-'") : inline_value(w);
        }
        if (!is_open) {
            SR_TRY(open_level(w, !dash, column(w)));
        }
        if (!dash) {
            SR_TRY(take_key(w));
        } else {
            top(w)->is_pending = true;
            w->at++;
        }
        if (is_rest_empty(w)) {
            next_line(w);
            return SR_OK;
        }
        skip_blanks(w);
        if (!dash) {
            return inline_value(w);
        }
    }
}

/* Close what ends before a line that begins at that column. */
static void close_to(struct walker *w, size_t at_column)
{
    while (w->depth > 0) {
        const struct level *level = top(w);
        bool ends_list = level->keys == NULL && level->indent == at_column && !is_dash(w);
        if (level->indent <= at_column && !ends_list) {
            return;
        }
        close_level(w);
    }
}

/* A line of content, the cursor at its first character. */
static enum sr_status block_line(struct walker *w)
{
    size_t at_column = column(w);
    close_to(w, at_column);
    if (w->depth == 0) {
        return w->has_root ? malformed(w, "text after the value") : node(w, false);
    }
    const struct level *level = top(w);
    bool is_map = level->keys != NULL;
    if (level->indent < at_column) {
        return level->is_pending ? node(w, false) : malformed(w, "unexpected indentation");
    }
    bool is_value = is_map && is_dash(w); /* a list may stand below its key */
    if (is_value) {
        return level->is_pending ? node(w, false) : malformed(w, "a list without a key");
    }
    if (level->is_pending) {
        tell_value(w, SR_EVENT_NULL, sr_bytes(NULL, 0), w->at);
    }
    return node(w, true);
}

/* `---` and `...` */
static enum sr_status marker(struct walker *w, bool *out_is_end)
{
    bool is_begin = is_marker(w, w->line, "---");
    if (is_begin && (w->has_root || w->depth > 0)) {
        return malformed(w, "a second document");
    }
    *out_is_end = !is_begin;
    w->at += 3;
    return end_line(w);
}

static enum sr_status walk(struct walker *w)
{
    bool is_end = false;
    bool has_begun = false;
    SR_TRY(check_bytes(w));
    for (;;) {
        SR_TRY(find_content(w));
        if (w->at == w->text.len) {
            break;
        }
        bool is_mark =
            column(w) == 0 && (is_marker(w, w->line, "---") || is_marker(w, w->line, "..."));
        if (is_end || (is_mark && has_begun && is_marker(w, w->line, "---"))) {
            return malformed(w, "text after the end, or a second document");
        }
        has_begun = true;
        SR_TRY(is_mark ? marker(w, &is_end) : block_line(w));
    }
    while (w->depth > 0) {
        close_level(w);
    }
    if (!w->has_root) {
        tell_value(w, SR_EVENT_NULL, sr_bytes(NULL, 0), w->text.len);
    }
    return SR_OK;
}

enum sr_status sr_yaml_walk(struct sr_bytes text,
                            void (*visit)(void *ctx, const struct sr_event *event), void *ctx,
                            struct sr_err *err)
{
    if (text.len > SR_YAML_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "yaml: text of %zu bytes, the limit is %zu", text.len,
                       SR_YAML_BYTES_MAX);
    }
    if (!sr_text_is_utf8(text)) {
        return sr_fail(err, SR_MALFORMED, "yaml: not UTF-8, or a NUL");
    }
    struct walker w = {.text = text, .visit = visit, .ctx = ctx, .err = err};
    enum sr_status status = walk(&w);
    while (w.depth > 0) {
        w.depth--;
        sr_keys_free(w.levels[w.depth].keys);
    }
    free(w.scratch);
    return status;
}

bool sr_yaml_front_matter(struct sr_bytes text, struct sr_bytes *out, size_t *out_offset)
{
    struct walker w = {.text = text};
    if (!is_marker(&w, 0, "---")) {
        return false;
    }
    next_line(&w);
    size_t begin = w.at;
    while (w.at < text.len) {
        if (is_marker(&w, w.line, "---")) {
            *out = sr_bytes(text.ptr + begin, w.line - begin);
            *out_offset = begin;
            return true;
        }
        next_line(&w);
    }
    return false;
}
