/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

struct sr_json {
    json_t *root;
    size_t cost_bytes;
    size_t peak_bytes;
};

/*
 * Memory.
 *
 * Jansson's own allocations are counted while a text is being decoded. Once one of them has failed,
 * all later ones fail as well: Jansson 2.14 does not notice when its token buffer could not grow,
 * and if the next allocation succeeds it loses a digit, or copies a string past the buffer's end.
 * The bound that hostile text can reach is therefore not enforced here but computed before Jansson
 * sees the text (J-9); the limit here is only the second line.
 */
struct heap {
    size_t bytes_max;
    size_t live_bytes;
    size_t peak_bytes;
    bool has_failed;
};

static _Thread_local struct heap *heap_in_use; /* NULL when nothing is being decoded */

#define CHUNK_HEADER_BYTES 8 /* glibc's, before each allocation */

static void *heap_alloc(size_t len)
{
    struct heap *heap = heap_in_use;
    assert(heap != NULL); /* only decoding allocates: trees are never changed */
    bool fits = len <= heap->bytes_max - heap->live_bytes;
    void *p = fits && !heap->has_failed ? calloc(1, len) : NULL;
    if (p == NULL) {
        heap->has_failed = true;
        return NULL;
    }
    heap->live_bytes += malloc_usable_size(p) + CHUNK_HEADER_BYTES;
    if (heap->live_bytes > heap->peak_bytes) {
        heap->peak_bytes = heap->live_bytes;
    }
    if (heap->live_bytes > heap->bytes_max) {
        heap->has_failed = true;
    }
    return p;
}

static void heap_free(void *p)
{
    if (heap_in_use != NULL && p != NULL) {
        heap_in_use->live_bytes -= malloc_usable_size(p) + CHUNK_HEADER_BYTES;
    }
    free(p);
}

static void set_up_library(void)
{
    json_set_alloc_funcs(heap_alloc, heap_free);
    json_object_seed(0); /* from the kernel's generator: keys of objects are hostile */
}

/*
 * The survey: one pass over the text before Jansson sees it, in constant memory. It enforces what
 * Jansson does not, or not soon enough.
 */
struct survey {
    struct sr_bytes text;
    uint64_t offset; /* of text's first byte, for err */
    unsigned depth;
    unsigned depth_max;
    size_t heap_bytes_max;
    uint64_t cost_bytes;
    size_t token_bytes_max;
    struct sr_err *err;
};

/*
 * What each token may cost Jansson on the heap, from above: the node, its share of the tables
 * (which double, and are copied while they do), and the allocator's overhead. Checked against the
 * real peak by the unit tests and the fuzz target.
 */
#define COST_TEXT 512   /* the lexer, and the smallest allocations of all */
#define COST_OBJECT 288 /* node and 8 buckets */
#define COST_MEMBER 192 /* pair, buckets */
#define COST_ARRAY 192  /* node and 8 slots */
#define COST_ELEMENT 32 /* slots */
#define COST_STRING 128 /* node, and twice the text: the token's copy, and a key's second one */
#define COST_NUMBER 48  /* node */
#define NUMBER_BYTES_MAX 64
#define WORD_BYTES_MAX 5 /* "false" */

static uint64_t absolute(const struct survey *s, size_t at)
{
    return s->offset + at;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_number_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The number of bytes of the string that begins with the quote at text[at]; 0 if it has no end. */
static size_t string_span(struct sr_bytes text, size_t at)
{
    for (size_t i = at + 1; i < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '"') {
            return i + 1 - at;
        }
    }
    return 0;
}

static enum sr_status survey_string(struct survey *s, size_t at, size_t *out_span)
{
    size_t span = string_span(s->text, at);
    if (span == 0) {
        return sr_fail(s->err, SR_MALFORMED, "json: string without end at byte %" PRIu64,
                       absolute(s, at));
    }
    s->cost_bytes += COST_STRING + 2 * (uint64_t)span;
    s->token_bytes_max = span > s->token_bytes_max ? span : s->token_bytes_max;
    *out_span = span;
    return SR_OK;
}

static enum sr_status survey_number(struct survey *s, size_t at, size_t *out_span)
{
    size_t span = 1;
    while (at + span < s->text.len && is_number_byte(s->text.ptr[at + span])) {
        span++;
    }
    if (span > NUMBER_BYTES_MAX) { /* J-8 */
        return sr_fail(s->err, SR_MALFORMED, "json: number over %d bytes long at byte %" PRIu64,
                       NUMBER_BYTES_MAX, absolute(s, at));
    }
    if (span == 2 && memcmp(s->text.ptr + at, "-0", 2) == 0) { /* J-7 */
        return sr_fail(s->err, SR_MALFORMED, "json: integer '-0' at byte %" PRIu64,
                       absolute(s, at));
    }
    s->cost_bytes += COST_NUMBER;
    *out_span = span;
    return SR_OK;
}

static enum sr_status survey_word(struct survey *s, size_t at, size_t *out_span)
{
    size_t span = 1;
    while (at + span < s->text.len && is_letter(s->text.ptr[at + span])) {
        span++;
    }
    if (span > WORD_BYTES_MAX) {
        return sr_fail(s->err, SR_MALFORMED, "json: unknown word at byte %" PRIu64,
                       absolute(s, at));
    }
    *out_span = span;
    return SR_OK;
}

static enum sr_status survey_open(struct survey *s, size_t at, uint64_t cost)
{
    if (s->depth == s->depth_max) { /* J-5 */
        return sr_fail(s->err, SR_TOO_LARGE, "json: nested deeper than %u at byte %" PRIu64,
                       s->depth_max, absolute(s, at));
    }
    s->depth++;
    s->cost_bytes += cost;
    return SR_OK;
}

/* One token, or one byte between tokens, at text[at]. */
static enum sr_status survey_token(struct survey *s, size_t at, size_t *out_span)
{
    uint8_t c = s->text.ptr[at];
    *out_span = 1;
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return SR_OK;
    case '{':
        return survey_open(s, at, COST_OBJECT + COST_MEMBER);
    case '[':
        return survey_open(s, at, COST_ARRAY);
    case '}':
    case ']':
        s->depth -= s->depth > 0; /* one too many is Jansson's to refuse */
        return SR_OK;
    case ',':
        s->cost_bytes += COST_ELEMENT;
        return SR_OK;
    case ':':
        s->cost_bytes += COST_MEMBER;
        return SR_OK;
    case '"':
        return survey_string(s, at, out_span);
    default:
        break;
    }
    if (is_letter(c)) {
        return survey_word(s, at, out_span);
    }
    if (is_number_byte(c)) {
        return survey_number(s, at, out_span);
    }
    /* J-2; Jansson 2.14 skips a NUL that follows a number or a word, and reads on. */
    return sr_fail(s->err, SR_MALFORMED, "json: unexpected byte 0x%02x at byte %" PRIu64, c,
                   absolute(s, at));
}

static enum sr_status survey_text(struct survey *s)
{
    s->cost_bytes = COST_TEXT;
    for (size_t at = 0, span = 0; at < s->text.len; at += span) {
        SR_TRY(survey_token(s, at, &span));
    }
    /* The token buffer doubles, and is copied while it does. */
    s->cost_bytes += 3 * ((uint64_t)s->token_bytes_max + NUMBER_BYTES_MAX);
    if (s->cost_bytes > s->heap_bytes_max) { /* J-9 */
        return sr_fail(s->err, SR_TOO_LARGE,
                       "json: decoding would take up to %" PRIu64
                       " bytes of memory, the limit is %zu",
                       s->cost_bytes, s->heap_bytes_max);
    }
    return SR_OK;
}

/* Our words for Jansson's: its own quote the text, which may be cut in the middle of a character.
 */
static const char *fault_text(enum json_error_code code)
{
    static const struct {
        enum json_error_code code;
        const char *text;
    } TEXTS[] = {
        {json_error_duplicate_key, "duplicate key"},               /* J-4 */
        {json_error_invalid_utf8, "not UTF-8"},                    /* J-1 */
        {json_error_numeric_overflow, "number out of range"},      /* J-7 */
        {json_error_end_of_input_expected, "more than one value"}, /* J-3 */
        {json_error_premature_end_of_input, "the text ends too early"},
        {json_error_null_character, "NUL in a string"}, /* J-6 */
        {json_error_null_byte_in_key, "NUL in a key"},  /* J-6 */
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (TEXTS[i].code == code) {
            return TEXTS[i].text;
        }
    }
    return "invalid syntax";
}

static enum sr_status load(const struct survey *s, struct sr_json *j)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_up_library);

    struct heap heap = {.bytes_max = s->heap_bytes_max};
    json_error_t fault = {0};
    assert(heap_in_use == NULL);
    heap_in_use = &heap;
    j->root = json_loadb((const char *)s->text.ptr, s->text.len,
                         JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    heap_in_use = NULL;
    j->cost_bytes = (size_t)s->cost_bytes;
    j->peak_bytes = heap.peak_bytes;

    if (heap.has_failed) { /* even if there is a tree: see `Memory` above */
        return sr_fail(s->err, SR_NO_MEMORY, "json: no memory to decode %zu bytes", s->text.len);
    }
    if (j->root == NULL) {
        return sr_fail(s->err, SR_MALFORMED, "json: %s at byte %" PRIu64,
                       fault_text(json_error_code(&fault)),
                       s->offset + (fault.position > 0 ? (uint64_t)fault.position : 0));
    }
    return SR_OK;
}

static enum sr_status decode(struct survey *s, struct sr_json **out)
{
    assert(s->depth_max <= SR_JSON_DEPTH_MAX);

    struct sr_bytes text = s->text;
    struct sr_err *err = s->err;
    if (text.len > INT_MAX) { /* Jansson counts bytes in an int */
        return sr_fail(err, SR_TOO_LARGE, "json: text of %zu bytes", text.len);
    }
    if (text.len == 0) {
        return sr_fail(err, SR_MALFORMED, "json: no value at byte %" PRIu64, s->offset);
    }
    SR_TRY(survey_text(s));
    SR_AUTO(sr_json) j = calloc(1, sizeof *j);
    if (j == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "json: no memory to decode %zu bytes", text.len);
    }
    SR_TRY(load(s, j));
    *out = SR_TAKE(j);
    return SR_OK;
}

enum sr_status sr_json_decode_part(struct sr_bytes text, uint64_t offset, unsigned depth_max,
                                   struct sr_json **out, struct sr_err *err)
{
    struct survey s = {.text = text,
                       .offset = offset,
                       .depth_max = depth_max,
                       .heap_bytes_max = SR_LIMIT_JSON_HEAP_BYTES,
                       .err = err};
    return decode(&s, out);
}

enum sr_status sr_json_decode_within(struct sr_bytes text, unsigned depth_max,
                                     size_t heap_bytes_max, struct sr_json **out,
                                     struct sr_err *err)
{
    struct survey s = {
        .text = text, .depth_max = depth_max, .heap_bytes_max = heap_bytes_max, .err = err};
    return decode(&s, out);
}

enum sr_status sr_json_decode(struct sr_bytes text, unsigned depth_max, struct sr_json **out,
                              struct sr_err *err)
{
    return sr_json_decode_part(text, 0, depth_max, out, err);
}

void sr_json_free(struct sr_json *j)
{
    if (j != NULL) {
        json_decref(j->root);
        free(j);
    }
}

size_t sr_json_cost_bytes(const struct sr_json *j)
{
    return j->cost_bytes;
}

size_t sr_json_peak_bytes(const struct sr_json *j)
{
    return j->peak_bytes;
}

/* The tree. */

struct sr_json_value sr_json_root(const struct sr_json *j)
{
    return (struct sr_json_value){.node = j->root};
}

enum sr_json_kind sr_json_kind(struct sr_json_value v)
{
    static const enum sr_json_kind KINDS[] = {
        [JSON_OBJECT] = SR_JSON_OBJECT, [JSON_ARRAY] = SR_JSON_ARRAY,
        [JSON_STRING] = SR_JSON_STRING, [JSON_INTEGER] = SR_JSON_INTEGER,
        [JSON_REAL] = SR_JSON_REAL,     [JSON_TRUE] = SR_JSON_BOOL,
        [JSON_FALSE] = SR_JSON_BOOL,    [JSON_NULL] = SR_JSON_NULL,
    };
    return KINDS[json_typeof((const json_t *)v.node)];
}

struct sr_bytes sr_json_string(struct sr_json_value v)
{
    assert(sr_json_kind(v) == SR_JSON_STRING);
    return sr_bytes(json_string_value(v.node), json_string_length(v.node));
}

int64_t sr_json_integer(struct sr_json_value v)
{
    assert(sr_json_kind(v) == SR_JSON_INTEGER);
    return json_integer_value(v.node);
}

bool sr_json_bool(struct sr_json_value v)
{
    assert(sr_json_kind(v) == SR_JSON_BOOL);
    return json_is_true((const json_t *)v.node);
}

size_t sr_json_count(struct sr_json_value v)
{
    enum sr_json_kind kind = sr_json_kind(v);
    assert(kind == SR_JSON_ARRAY || kind == SR_JSON_OBJECT);
    return kind == SR_JSON_ARRAY ? json_array_size(v.node) : json_object_size(v.node);
}

struct sr_json_value sr_json_at(struct sr_json_value array, size_t index)
{
    assert(sr_json_kind(array) == SR_JSON_ARRAY);
    assert(index < json_array_size(array.node));
    return (struct sr_json_value){.node = json_array_get(array.node, index)};
}

bool sr_json_find(struct sr_json_value object, const char *key, struct sr_json_value *out)
{
    assert(sr_json_kind(object) == SR_JSON_OBJECT);
    json_t *node = json_object_get(object.node, key);
    if (node == NULL) {
        return false;
    }
    *out = (struct sr_json_value){.node = node};
    return true;
}

struct sr_json_iter sr_json_iter(struct sr_json_value object)
{
    assert(sr_json_kind(object) == SR_JSON_OBJECT);
    return (struct sr_json_iter){.object = object.node};
}

bool sr_json_next(struct sr_json_iter *it)
{
    void *at =
        it->at == NULL ? json_object_iter(it->object) : json_object_iter_next(it->object, it->at);
    if (at == NULL) {
        return false;
    }
    it->at = at;
    it->key = sr_text_view(json_object_iter_key(at));
    it->value = (struct sr_json_value){.node = json_object_iter_value(at)};
    return true;
}

/* Splitting an object. */

static enum sr_status not_split(const struct sr_json_members *m, size_t at, const char *wanted,
                                struct sr_err *err)
{
    return sr_fail(err, SR_MALFORMED, "json: expected %s at byte %" PRIu64, wanted, m->offset + at);
}

static size_t skip_space(struct sr_bytes text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\r' ||
                             text.ptr[at] == '\n')) {
        at++;
    }
    return at;
}

static bool is_at(struct sr_bytes text, size_t at, char c)
{
    return at < text.len && text.ptr[at] == (uint8_t)c;
}

/* Where the value that begins at text[at] ends: before the comma or bracket that closes it. */
static size_t value_end(struct sr_bytes text, size_t at)
{
    size_t depth = 0;
    while (at < text.len) {
        uint8_t c = text.ptr[at];
        size_t span = c == '"' ? string_span(text, at) : 1;
        bool is_end = depth == 0 && (c == ',' || c == '}' || c == ']');
        if (is_end || span == 0) {
            break;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        at += span;
    }
    return at;
}

enum sr_status sr_json_members_next(struct sr_json_members *m, bool *out_found,
                                    struct sr_json_member *out, struct sr_err *err)
{
    size_t at = skip_space(m->text, m->at);
    bool is_first = m->at == 0;
    if (is_first && !is_at(m->text, at, '{')) {
        return not_split(m, at, "'{'", err);
    }
    at = is_first ? skip_space(m->text, at + 1) : at;
    if (is_at(m->text, at, '}')) {
        m->at = at + 1;
        *out_found = false;
        return SR_OK;
    }
    if (!is_first) {
        if (!is_at(m->text, at, ',')) {
            return not_split(m, at, "',' or '}'", err);
        }
        at = skip_space(m->text, at + 1);
    }
    size_t key_span = is_at(m->text, at, '"') ? string_span(m->text, at) : 0;
    if (key_span == 0) {
        return not_split(m, at, "a key", err);
    }
    size_t colon = skip_space(m->text, at + key_span);
    if (!is_at(m->text, colon, ':')) {
        return not_split(m, colon, "':'", err);
    }
    size_t value = skip_space(m->text, colon + 1);
    size_t end = value_end(m->text, value);
    *out = (struct sr_json_member){
        .key = sr_bytes(m->text.ptr + at, key_span),
        .value = sr_bytes(m->text.ptr + value, end - value),
        .key_offset = m->offset + at,
        .value_offset = m->offset + value,
    };
    m->at = end;
    *out_found = true;
    return SR_OK;
}

/* Writing. */

static enum sr_status put_text(struct sr_json_writer *w, const char *text)
{
    return sr_buf_append(w->out, sr_text_view(text));
}

/* Before each value and key; what follows the next one is for the caller to say. */
static enum sr_status put_comma(struct sr_json_writer *w)
{
    return w->needs_comma ? put_text(w, ",") : SR_OK;
}

static enum sr_status put_open(struct sr_json_writer *w, const char *bracket)
{
    SR_TRY(put_comma(w));
    w->needs_comma = false;
    return put_text(w, bracket);
}

static enum sr_status put_close(struct sr_json_writer *w, const char *bracket)
{
    w->needs_comma = true;
    return put_text(w, bracket);
}

static enum sr_status put_word(struct sr_json_writer *w, const char *word)
{
    SR_TRY(put_comma(w));
    w->needs_comma = true;
    return put_text(w, word);
}

enum sr_status sr_json_open_object(struct sr_json_writer *w)
{
    return put_open(w, "{");
}

enum sr_status sr_json_close_object(struct sr_json_writer *w)
{
    return put_close(w, "}");
}

enum sr_status sr_json_open_array(struct sr_json_writer *w)
{
    return put_open(w, "[");
}

enum sr_status sr_json_close_array(struct sr_json_writer *w)
{
    return put_close(w, "]");
}

enum sr_status sr_json_key(struct sr_json_writer *w, const char *key)
{
    SR_TRY(sr_json_put_string(w, sr_text_view(key)));
    w->needs_comma = false;
    return put_text(w, ":");
}

/* One byte of a string. DEL is escaped as well: the text may be shown on a terminal. */
static enum sr_status put_byte(struct sr_json_writer *w, uint8_t c)
{
    static const char ESCAPED[] = "\"\\\n\t\r\b\f";
    static const char LETTER[] = "\"\\ntrbf";
    const char *known = c != 0 ? strchr(ESCAPED, c) : NULL;
    if (known != NULL) {
        uint8_t escape[2] = {'\\', (uint8_t)LETTER[known - ESCAPED]};
        return sr_buf_append(w->out, sr_bytes(escape, sizeof escape));
    }
    if (c < 0x20 || c == 0x7f) {
        char digits[3];
        sr_text_hex(sr_bytes(&c, 1), digits);
        SR_TRY(put_text(w, "\\u00"));
        return put_text(w, digits);
    }
    return sr_buf_append(w->out, sr_bytes(&c, 1));
}

enum sr_status sr_json_put_string(struct sr_json_writer *w, struct sr_bytes text)
{
    if (!sr_text_is_utf8(text)) {
        return SR_MALFORMED;
    }
    SR_TRY(put_word(w, "\""));
    for (size_t i = 0; i < text.len; i++) {
        SR_TRY(put_byte(w, text.ptr[i]));
    }
    return put_text(w, "\"");
}

enum sr_status sr_json_put_u64(struct sr_json_writer *w, uint64_t value)
{
    char digits[sizeof "18446744073709551615"];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        at--;
        *at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put_word(w, at);
}

enum sr_status sr_json_put_bool(struct sr_json_writer *w, bool value)
{
    return put_word(w, value ? "true" : "false");
}

enum sr_status sr_json_put_null(struct sr_json_writer *w)
{
    return put_word(w, "null");
}

enum sr_status sr_json_put_hex(struct sr_json_writer *w, struct sr_bytes data)
{
    SR_TRY(put_word(w, "\""));
    for (size_t i = 0; i < data.len; i++) {
        char digits[3];
        sr_text_hex(sr_bytes(data.ptr + i, 1), digits);
        SR_TRY(put_text(w, digits));
    }
    return put_text(w, "\"");
}
