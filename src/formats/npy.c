/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/npy.h"

#include <inttypes.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "formats/quote.h"

#define MAGIC_BYTES 6
static const uint8_t MAGIC[MAGIC_BYTES] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

/* N-3: NumPy itself refuses to evaluate a header of over 10,000 bytes unless told that it may. */
#define HEADER_BYTES_MAX 65536
/* N-8: types nested deeper are not found in practice. */
#define DEPTH_MAX 8
/* N-11: no text or void element of a gigabyte. */
#define ITEM_DIGITS_MAX 9

/* The header's text. */
struct cursor {
    struct sr_bytes text;
    size_t at;
    size_t offset; /* of the text in the file */
    struct sr_err *err;
};

/* A type, or the part of one that has been read. */
struct dtype {
    enum sr_npy_kind kind;
    bool is_big_endian;
    bool has_object;
    uint64_t bytes;
};

static enum sr_status refuse(const struct cursor *c, const char *what)
{
    return sr_fail(c->err, SR_MALFORMED, "npy: header at byte %zu: %s", c->offset + c->at, what);
}

static void skip_spaces(struct cursor *c)
{
    while (c->at < c->text.len && c->text.ptr[c->at] == ' ') {
        c->at++;
    }
}

/* The next character that is no space; 0 at the end, and for a NUL, which is never right. */
static uint8_t peek(struct cursor *c)
{
    skip_spaces(c);
    return c->at < c->text.len ? c->text.ptr[c->at] : 0;
}

static bool accept(struct cursor *c, char mark)
{
    if (peek(c) != (uint8_t)mark) {
        return false;
    }
    c->at++;
    return true;
}

static enum sr_status expect(struct cursor *c, char mark)
{
    if (accept(c, mark)) {
        return SR_OK;
    }
    return sr_fail(c->err, SR_MALFORMED, "npy: header at byte %zu: not '%c'", c->offset + c->at,
                   mark);
}

/* N-6: a string without escapes, of either quote. */
static enum sr_status read_string(struct cursor *c, struct sr_bytes *out)
{
    uint8_t quote = peek(c);
    if (quote != '\'' && quote != '"') {
        return refuse(c, "not a string");
    }
    size_t begin = c->at + 1;
    for (size_t i = begin; i < c->text.len; i++) {
        uint8_t ch = c->text.ptr[i];
        if (ch == quote) {
            *out = sr_bytes(c->text.ptr + begin, i - begin);
            c->at = i + 1;
            return SR_OK;
        }
        if (ch < 0x20 || ch == 0x7f || ch == '\\') {
            c->at = i;
            return refuse(c, "an escape or a control character in a string");
        }
    }
    return refuse(c, "a string that does not end");
}

/* Digits, at most digits_max of them; *out_count of them were there. */
static enum sr_status read_digits(struct sr_bytes text, size_t *at, size_t digits_max,
                                  uint64_t *out)
{
    size_t begin = *at;
    while (*at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9' &&
           *at - begin <= digits_max) {
        (*at)++;
    }
    if (*at - begin > digits_max) {
        return SR_TOO_LARGE;
    }
    return sr_text_parse_u64(sr_bytes(text.ptr + begin, *at - begin), 0, UINT64_MAX, out);
}

/* N-9: a tuple of integers, as Python writes it: `()`, `(3,)`, `(3, 4)`. */
static enum sr_status read_shape(struct cursor *c, bool may_be_long,
                                 uint64_t shape[SR_NPY_RANK_MAX], uint8_t *out_rank)
{
    uint8_t rank = 0;
    bool has_comma = false;
    SR_TRY(expect(c, '('));
    while (peek(c) != ')') {
        if (rank > 0 && !has_comma) {
            return refuse(c, "not ',' or ')'");
        }
        if (rank == SR_NPY_RANK_MAX) {
            return sr_fail(c->err, SR_TOO_LARGE, "npy: header at byte %zu: over %d dimensions",
                           c->offset + c->at, SR_NPY_RANK_MAX);
        }
        if (read_digits(c->text, &c->at, 19, &shape[rank]) != SR_OK) {
            return refuse(c, "not a dimension");
        }
        /* Python 2 wrote its long integers with an L. */
        if (may_be_long && c->at < c->text.len && c->text.ptr[c->at] == 'L') {
            c->at++;
        }
        rank++;
        has_comma = accept(c, ',');
    }
    c->at++;
    if (rank == 1 && !has_comma) {
        return refuse(c, "a dimension in parentheses is not a tuple");
    }
    *out_rank = rank;
    return SR_OK;
}

static bool is_one_of(uint64_t value, const uint8_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value) {
            return true;
        }
    }
    return false;
}

/* N-11: the sizes that there are of each kind. */
static bool set_size(char letter, uint64_t count, struct dtype *out)
{
    static const uint8_t FLOATS[] = {2, 4, 8, 10, 12, 16};
    static const uint8_t COMPLEXES[] = {8, 16, 20, 24, 32};
    out->bytes = count;
    switch (letter) {
    case 'b':
        out->kind = SR_NPY_BOOL;
        return count == 1;
    case 'i':
    case 'u':
        out->kind = letter == 'i' ? SR_NPY_INT : SR_NPY_UINT;
        return count == 1 || count == 2 || count == 4 || count == 8;
    case 'f':
        out->kind = SR_NPY_FLOAT;
        return is_one_of(count, FLOATS, sizeof FLOATS);
    case 'c':
        out->kind = SR_NPY_COMPLEX;
        return is_one_of(count, COMPLEXES, sizeof COMPLEXES);
    case 'm':
    case 'M':
        out->kind = SR_NPY_TIME;
        return count == 8;
    case 'S':
    case 'U':
        out->kind = SR_NPY_TEXT;
        out->bytes = letter == 'U' ? count * 4 : count;
        return true;
    case 'V':
        out->kind = SR_NPY_VOID;
        return true;
    case 'O':
        /* NumPy of before 1.14 wrote the size of a pointer. */
        out->kind = SR_NPY_OBJECT;
        out->has_object = true;
        out->bytes = 0;
        return count == 0 || count == 4 || count == 8;
    default:
        return false;
    }
}

/* N-12: `[ns]`, `[25s]`: the unit of times; nothing for the generic one. */
static bool is_unit(struct sr_bytes text)
{
    static const char *const UNITS[] = {"Y",  "M",  "W",  "D",  "h",  "m", "s",
                                        "ms", "us", "ns", "ps", "fs", "as"};
    if (text.len == 0) {
        return true;
    }
    if (text.len < 3 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']') {
        return false;
    }
    size_t at = 1;
    while (text.ptr[at] >= '0' && text.ptr[at] <= '9' && at < 10) {
        at++;
    }
    struct sr_bytes unit = sr_bytes(text.ptr + at, text.len - 1 - at);
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (sr_text_equal(unit, sr_text_view(UNITS[i]))) {
            return true;
        }
    }
    return false;
}

/* What has an order must say it: the reader's own would be assumed. N-10 */
static bool is_ordered(const struct dtype *type, uint8_t order)
{
    bool needs_order = type->bytes > 1 && type->kind != SR_NPY_TEXT && type->kind != SR_NPY_VOID;
    return !needs_order || order == '<' || order == '>';
}

/* N-10: letter and size; *at moves past them. */
static bool parse_letter(struct sr_bytes text, size_t *at, struct dtype *out)
{
    uint64_t count = 0;
    if (*at >= text.len) {
        return false;
    }
    char letter = (char)text.ptr[(*at)++];
    bool has_size = *at < text.len && text.ptr[*at] != '[';
    if (has_size && read_digits(text, at, ITEM_DIGITS_MAX, &count) != SR_OK) {
        return false;
    }
    return (has_size || letter == 'O') && set_size(letter, count, out);
}

/* N-10: byte order, letter, size, unit: `<f4`, `|O`, `<M8[ns]`. */
static bool parse_simple(struct sr_bytes text, struct dtype *out)
{
    struct dtype type = {0};
    uint8_t order = text.len > 0 ? text.ptr[0] : 0;
    size_t at = order == '<' || order == '>' || order == '|' ? 1 : 0;
    if (!parse_letter(text, &at, &type) || !is_ordered(&type, order)) {
        return false;
    }
    type.is_big_endian = order == '>';
    *out = type;
    struct sr_bytes rest = sr_bytes(text.ptr + at, text.len - at);
    return type.kind == SR_NPY_TIME ? is_unit(rest) : rest.len == 0;
}

static enum sr_status read_simple(struct cursor *c, struct dtype *out)
{
    struct sr_bytes text;
    SR_TRY(read_string(c, &text));
    if (!parse_simple(text, out)) {
        return sr_fail(c->err, SR_MALFORMED, "npy: header before byte %zu: type '%s' is not known",
                       c->offset + c->at, sr_quote(text).text);
    }
    return SR_OK;
}

/* `('name', ` or `(('title', 'name'), `: what stands before the type of a field. N-8 */
static enum sr_status begin_field(struct cursor *c)
{
    struct sr_bytes name;
    SR_TRY(expect(c, '('));
    if (accept(c, '(')) {
        SR_TRY(read_string(c, &name));
        SR_TRY(expect(c, ','));
        SR_TRY(read_string(c, &name));
        SR_TRY(expect(c, ')'));
    } else {
        SR_TRY(read_string(c, &name));
    }
    return expect(c, ',');
}

/* What stands after the type of a field: a shape if there is one, `)`; adds it to the record. */
static enum sr_status end_field(struct cursor *c, const struct dtype *field, struct dtype *record)
{
    uint64_t shape[SR_NPY_RANK_MAX];
    uint8_t rank = 0;
    uint64_t bytes = field->bytes;
    if (accept(c, ',')) {
        SR_TRY(read_shape(c, true, shape, &rank));
    }
    for (uint8_t i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(bytes, shape[i], &bytes)) {
            return refuse(c, "the size of a field overflows");
        }
    }
    if (__builtin_add_overflow(record->bytes, bytes, &record->bytes)) {
        return refuse(c, "the size of a record overflows");
    }
    record->has_object = record->has_object || field->has_object;
    return expect(c, ')');
}

/*
 * After a type: end the fields and records that it is the last of. *out_more: a field begins, so
 * another type follows; else type is the whole.
 */
static enum sr_status end_type(struct cursor *c, struct dtype *records, size_t *depth,
                               struct dtype *type, bool *out_more)
{
    *out_more = false;
    while (*depth > 0) {
        struct dtype *record = &records[*depth - 1];
        SR_TRY(end_field(c, type, record));
        bool has_comma = accept(c, ',');
        if (peek(c) != ']') {
            *out_more = true;
            return has_comma ? begin_field(c) : refuse(c, "not ',' or ']'");
        }
        c->at++;
        *type = *record;
        (*depth)--;
    }
    return SR_OK;
}

/* N-8: a type: a string, or a list of fields, whose types are types in turn. */
static enum sr_status read_dtype(struct cursor *c, struct dtype *out)
{
    struct dtype records[DEPTH_MAX];
    size_t depth = 0;
    bool has_more = true;
    struct dtype type = {0};
    while (has_more) {
        if (!accept(c, '[')) {
            SR_TRY(read_simple(c, &type));
            SR_TRY(end_type(c, records, &depth, &type, &has_more));
            continue;
        }
        if (depth == DEPTH_MAX) {
            return sr_fail(c->err, SR_TOO_LARGE,
                           "npy: header at byte %zu: types nested over %d deep", c->offset + c->at,
                           DEPTH_MAX);
        }
        records[depth++] = (struct dtype){.kind = SR_NPY_RECORD};
        SR_TRY(begin_field(c));
    }
    *out = type;
    return SR_OK;
}

static enum sr_status read_bool(struct cursor *c, bool *out)
{
    static const char *const WORDS[] = {"False", "True"};
    skip_spaces(c);
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(WORDS[i]);
        if (c->text.len - c->at >= len && memcmp(c->text.ptr + c->at, WORDS[i], len) == 0) {
            c->at += len;
            *out = i == 1;
            return SR_OK;
        }
    }
    return refuse(c, "not True or False");
}

/* N-5 */
enum { KEY_DESCR, KEY_FORTRAN_ORDER, KEY_SHAPE, KEY_COUNT };

static enum sr_status read_key(struct cursor *c, bool seen[KEY_COUNT], unsigned *out)
{
    static const char *const KEYS[KEY_COUNT] = {"descr", "fortran_order", "shape"};
    struct sr_bytes text;
    SR_TRY(read_string(c, &text));
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (sr_text_equal(text, sr_text_view(KEYS[i])) && !seen[i]) {
            seen[i] = true;
            *out = i;
            return expect(c, ':');
        }
    }
    return sr_fail(c->err, SR_MALFORMED, "npy: header before byte %zu: key '%s' unknown or twice",
                   c->offset + c->at, sr_quote(text).text);
}

static enum sr_status read_dict(struct cursor *c, bool may_be_long, struct sr_npy *npy)
{
    bool seen[KEY_COUNT] = {false};
    struct dtype type = {0};
    SR_TRY(expect(c, '{'));
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        unsigned key = 0;
        SR_TRY(read_key(c, seen, &key));
        if (key == KEY_DESCR) {
            SR_TRY(read_dtype(c, &type));
        } else if (key == KEY_FORTRAN_ORDER) {
            SR_TRY(read_bool(c, &npy->is_fortran));
        } else {
            SR_TRY(read_shape(c, may_be_long, npy->shape, &npy->rank));
        }
        if (!accept(c, ',') && i + 1 < KEY_COUNT) {
            return refuse(c, "not ','");
        }
    }
    SR_TRY(expect(c, '}'));
    npy->kind = type.kind;
    npy->is_big_endian = type.is_big_endian;
    npy->has_object = type.has_object;
    npy->item_bytes = type.bytes;
    return SR_OK;
}

/* N-4: after the dict, spaces, and one newline as the last byte. */
static enum sr_status read_padding(struct cursor *c)
{
    skip_spaces(c);
    if (c->at + 1 != c->text.len || c->text.ptr[c->at] != '\n') {
        return refuse(c, "not spaces and a newline at the end");
    }
    return SR_OK;
}

/* N-1, N-2 */
static enum sr_status read_version(struct sr_reader *r, uint8_t *out_major, struct sr_err *err)
{
    struct sr_bytes magic;
    uint8_t major = 0;
    uint8_t minor = 0;
    if (sr_reader_take(r, MAGIC_BYTES, &magic) != SR_OK || !sr_npy_is(magic)) {
        return sr_fail(err, SR_MALFORMED, "npy: magic at byte 0: not '\\x93NUMPY'");
    }
    if (sr_reader_u8(r, &major) != SR_OK || sr_reader_u8(r, &minor) != SR_OK) {
        return sr_fail(err, SR_TRUNCATED, "npy: version at byte 6: the file ends");
    }
    if (major < 1 || major > 3 || minor != 0) {
        return sr_fail(err, SR_MALFORMED, "npy: version at byte 6: %u.%u is not known", major,
                       minor);
    }
    *out_major = major;
    return SR_OK;
}

/* N-3 */
static enum sr_status read_header(struct sr_reader *r, uint8_t major, struct sr_bytes *out,
                                  struct sr_err *err)
{
    uint16_t len16 = 0;
    uint32_t len = 0;
    enum sr_status status = major == 1 ? sr_reader_u16le(r, &len16) : sr_reader_u32le(r, &len);
    len = major == 1 ? len16 : len;
    if (status != SR_OK) {
        return sr_fail(err, SR_TRUNCATED, "npy: header length at byte 8: the file ends");
    }
    if (len > HEADER_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "npy: header length at byte 8: %" PRIu32 " is over %d",
                       len, HEADER_BYTES_MAX);
    }
    if (sr_reader_take(r, len, out) != SR_OK) {
        return sr_fail(err, SR_TRUNCATED, "npy: header of %" PRIu32 " bytes: the file ends", len);
    }
    return SR_OK;
}

/* N-13 */
static enum sr_status check_size(const struct sr_npy *npy, uint64_t data_bytes, struct sr_err *err)
{
    uint64_t bytes = npy->item_bytes;
    for (uint8_t i = 0; i < npy->rank; i++) {
        /* The product without zeros must fit too: readers differ in whether one saves the rest. */
        uint64_t n = npy->shape[i] == 0 ? 1 : npy->shape[i];
        if (__builtin_mul_overflow(bytes, n, &bytes) || bytes > INT64_MAX) {
            return sr_fail(err, SR_TOO_LARGE, "npy: shape: the size overflows");
        }
    }
    for (uint8_t i = 0; i < npy->rank; i++) {
        bytes = npy->shape[i] == 0 ? 0 : bytes;
    }
    if (npy->has_object || bytes == data_bytes) {
        return SR_OK;
    }
    return sr_fail(err, data_bytes < bytes ? SR_TRUNCATED : SR_MALFORMED,
                   "npy: data at byte %" PRIu64 ": %" PRIu64 " bytes, shape and type say %" PRIu64,
                   npy->data_offset, data_bytes, bytes);
}

bool sr_npy_is(struct sr_bytes bytes)
{
    return bytes.len >= MAGIC_BYTES && memcmp(bytes.ptr, MAGIC, MAGIC_BYTES) == 0;
}

enum sr_status sr_npy_data_offset(struct sr_bytes file, size_t *out, struct sr_err *err)
{
    struct sr_reader r = sr_reader(file);
    struct sr_bytes header;
    uint8_t major = 0;
    SR_TRY(read_version(&r, &major, err));
    SR_TRY(read_header(&r, major, &header, err));
    *out = r.offset;
    return SR_OK;
}

enum sr_status sr_npy_decode(struct sr_bytes file, struct sr_npy *out, struct sr_err *err)
{
    struct sr_reader r = sr_reader(file);
    struct sr_npy npy = {0};
    struct sr_bytes header;
    uint8_t major = 0;
    SR_TRY(read_version(&r, &major, err));
    SR_TRY(read_header(&r, major, &header, err));
    npy.data_offset = r.offset;
    struct cursor c = {.text = header, .offset = r.offset - header.len, .err = err};
    if (major == 3 && !sr_text_is_utf8(header)) { /* N-7 */
        return sr_fail(err, SR_MALFORMED, "npy: header at byte %zu: not UTF-8", c.offset);
    }
    SR_TRY(read_dict(&c, major == 1, &npy));
    SR_TRY(read_padding(&c));
    SR_TRY(check_size(&npy, file.len - npy.data_offset, err));
    *out = npy;
    return SR_OK;
}
