/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/pickle.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "formats/quote.h"

const struct sr_pickle_opcode sr_pickle_opcodes[256] = {
#define PICKLE(name, code, form, bytes, protocol)                                                  \
    [code] = {#name, SR_PICKLE_FORM_##form, bytes, protocol},
#include "formats/pickle.def"
#undef PICKLE
};

static enum sr_status fail(struct sr_err *err, enum sr_status status, const struct sr_pickle_op *op,
                           const char *what)
{
    const char *name = sr_pickle_opcodes[op->code].name;
    return sr_fail(err, status, "pickle: %s at byte %llu: %s", name != NULL ? name : "opcode",
                   (unsigned long long)op->at, what);
}

/* It does not end within the frame, or within the bytes. */
static enum sr_status cut(struct sr_pickle_reader *r, const struct sr_pickle_op *op,
                          const char *what, struct sr_err *err)
{
    r->fault = r->has_frame ? SR_PICKLE_FRAME_CROSSED : SR_PICKLE_NO_FAULT;
    return fail(err, r->has_frame ? SR_MALFORMED : SR_TRUNCATED, op, what);
}

static bool is_digits(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_ascii(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* A decimal integer in one spelling: some readers take 0x10, 0o7, 1_000 and white space, others do
 * not. */
static bool is_integer(struct sr_bytes text)
{
    if (text.len > 0 && text.ptr[0] == '-') {
        text = sr_bytes(text.ptr + 1, text.len - 1);
    }
    return is_digits(text) && (text.len == 1 || text.ptr[0] != '0');
}

/* P-5: INT, whose 00 and 01 are the booleans of protocol 0. */
static bool is_int_line(struct sr_bytes text)
{
    return is_integer(text) || sr_text_equal(text, sr_text_view("00")) ||
           sr_text_equal(text, sr_text_view("01"));
}

static bool is_long_line(struct sr_bytes text)
{
    size_t len = text.len > 0 && text.ptr[text.len - 1] == 'L' ? text.len - 1 : text.len;
    return is_integer(sr_bytes(text.ptr, len));
}

static size_t count_digits(struct sr_bytes text)
{
    size_t i = 0;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9') {
        i++;
    }
    return i;
}

static struct sr_bytes after(struct sr_bytes text, size_t len)
{
    return sr_bytes(text.ptr + len, text.len - len);
}

static bool is_exponent(struct sr_bytes text)
{
    if (text.len < 2 || (text.ptr[0] | 0x20) != 'e') {
        return false;
    }
    return is_digits(after(text, text.ptr[1] == '-' || text.ptr[1] == '+' ? 2 : 1));
}

/* P-5: what repr() writes: -1.5, 1e-07, nan, inf. */
static bool is_float_line(struct sr_bytes text)
{
    if (text.len > 0 && text.ptr[0] == '-') {
        text = after(text, 1);
    }
    if (sr_text_equal(text, sr_text_view("nan")) || sr_text_equal(text, sr_text_view("inf"))) {
        return true;
    }
    size_t whole = count_digits(text);
    text = after(text, whole);
    if (text.len > 0 && text.ptr[0] == '.') {
        text = after(text, 1);
        text = after(text, count_digits(text));
    }
    return whole > 0 && (text.len == 0 || is_exponent(text));
}

static bool is_hex(struct sr_bytes text, size_t at, size_t count)
{
    if (count > text.len - at) {
        return false;
    }
    for (size_t i = at; i < at + count; i++) {
        uint8_t c = text.ptr[i] | 0x20;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

/* One escape that repr() writes: the index of its last byte; 0: it is none. */
static size_t escape_end(struct sr_bytes text, size_t at)
{
    if (at + 1 >= text.len || memchr("\\'\"nrtabfvx", text.ptr[at + 1], 11) == NULL) {
        return 0;
    }
    if (text.ptr[at + 1] != 'x') {
        return at + 1;
    }
    return is_hex(text, at + 2, 2) ? at + 3 : 0;
}

/* P-6: STRING: quotes of one kind around printable ASCII, the escapes that repr() writes. */
static bool is_string_line(struct sr_bytes text)
{
    if (text.len < 2 || (text.ptr[0] != '\'' && text.ptr[0] != '"') ||
        text.ptr[text.len - 1] != text.ptr[0]) {
        return false;
    }
    struct sr_bytes inner = sr_bytes(text.ptr, text.len - 1);
    for (size_t i = 1; i < inner.len; i++) {
        uint8_t c = inner.ptr[i];
        if (c < 0x20 || c > 0x7e || c == text.ptr[0]) {
            return false;
        }
        i = c == '\\' ? escape_end(inner, i) : i;
        if (i == 0) {
            return false;
        }
    }
    return true;
}

/* Eight digits of up to 0010ffff. */
static bool is_code_point(struct sr_bytes text, size_t at)
{
    if (!is_hex(text, at, 8) || text.ptr[at] != '0' || text.ptr[at + 1] != '0') {
        return false;
    }
    return text.ptr[at + 2] == '0' || (text.ptr[at + 2] == '1' && text.ptr[at + 3] == '0');
}

/* P-6: UNICODE: raw-unicode-escape, in which \u and \U begin an escape unless an odd backslash
 * stands before them. */
static bool is_unicode_line(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\\') {
            continue;
        }
        i++;
        if (i < text.len && text.ptr[i] == 'u' && !is_hex(text, i + 1, 4)) {
            return false;
        }
        if (i < text.len && text.ptr[i] == 'U' && !is_code_point(text, i + 1)) {
            return false;
        }
    }
    return true;
}

/* The first two bytes: E0 80-9F and F0 80-8F are overlong, F4 90 and up is too large. */
static bool is_overlong(struct sr_bytes text)
{
    unsigned head = (unsigned)text.ptr[0] << 8 | text.ptr[1];
    return (head >= 0xe080 && head < 0xe0a0) || (head >= 0xf080 && head < 0xf090) || head >= 0xf490;
}

/* One sequence that is not ASCII: its length, or 0 when it is none. Unicode 15, table 3-7, with
 * surrogates. */
static size_t sequence(struct sr_bytes text)
{
    uint8_t lead = text.ptr[0];
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.len < len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return is_overlong(text) ? 0 : len;
}

bool sr_pickle_is_text(struct sr_bytes text)
{
    size_t i = 0;
    while (i < text.len) {
        uint64_t word = 0;
        if (text.len - i >= sizeof word) {
            memcpy(&word, text.ptr + i, sizeof word);
            if ((word & 0x8080808080808080U) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t len = text.ptr[i] < 0x80 ? 1 : sequence(after(text, i));
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

/* A line within the frame; false when there is none. */
static bool take_line(const struct sr_pickle_reader *r, uint64_t *at, struct sr_bytes *out)
{
    const uint8_t *begin = r->bytes.ptr + *at;
    const uint8_t *end = memchr(begin, '\n', r->limit - *at);
    if (end == NULL) {
        return false;
    }
    *out = sr_bytes(begin, (size_t)(end - begin));
    *at += out->len + 1;
    return true;
}

/* P-4: what a line of each opcode may hold. PERSID's text is its application's. */
static bool is_good_line(uint8_t code, struct sr_bytes text)
{
    switch (code) {
    case SR_PICKLE_CODE_INT:
        return is_int_line(text);
    case SR_PICKLE_CODE_LONG:
        return is_long_line(text);
    case SR_PICKLE_CODE_FLOAT:
        return is_float_line(text);
    case SR_PICKLE_CODE_STRING:
        return is_string_line(text);
    case SR_PICKLE_CODE_UNICODE:
        return is_unicode_line(text);
    case SR_PICKLE_CODE_GET:
    case SR_PICKLE_CODE_PUT:
        return is_integer(text) && text.ptr[0] != '-' && text.len <= 19;
    default:
        return is_ascii(text);
    }
}

static enum sr_status next_line(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                struct sr_err *err)
{
    uint64_t at = op->at + 1;
    if (!take_line(r, &at, &op->arg)) {
        return cut(r, op, "no end of its line", err);
    }
    if (!is_good_line(op->code, op->arg)) {
        r->fault = SR_PICKLE_ODD;
        r->odd_end = at;
        return sr_fail(err, SR_MALFORMED, "pickle: %s at byte %llu: '%s' is not read alike by all",
                       sr_pickle_opcodes[op->code].name, (unsigned long long)op->at,
                       sr_quote(op->arg).text);
    }
    r->at = at;
    return SR_OK;
}

/* P-7: a module and a name, neither empty. Python 3 takes UTF-8 here in one opcode and not in the
 * other; that they are read is what matters first, so only what no reader takes is refused. */
static enum sr_status next_lines(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                 struct sr_err *err)
{
    uint64_t at = op->at + 1;
    if (!take_line(r, &at, &op->arg) || !take_line(r, &at, &op->name)) {
        return cut(r, op, "no end of its lines", err);
    }
    if (op->arg.len == 0 || op->name.len == 0 || !sr_pickle_is_text(op->arg) ||
        !sr_pickle_is_text(op->name)) {
        return fail(err, SR_MALFORMED, op, "a name that is empty or not text");
    }
    r->at = at;
    return SR_OK;
}

static bool is_text_code(uint8_t code)
{
    return code == SR_PICKLE_CODE_BINUNICODE || code == SR_PICKLE_CODE_SHORT_BINUNICODE ||
           code == SR_PICKLE_CODE_BINUNICODE8;
}

static enum sr_status next_block(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                 size_t length_bytes, struct sr_err *err)
{
    uint64_t left = r->limit - op->at - 1;
    if (left < length_bytes) {
        return cut(r, op, "its length is cut off", err);
    }
    uint64_t len = sr_pickle_unsigned(sr_bytes(r->bytes.ptr + op->at + 1, length_bytes));
    if (sr_pickle_opcodes[op->code].form == SR_PICKLE_FORM_BLOCK4S && len > INT32_MAX) {
        return fail(err, SR_MALFORMED, op, "its length is negative to some readers");
    }
    if (len > left - length_bytes) {
        return cut(r, op, "it goes on past the end", err);
    }
    op->arg = sr_bytes(r->bytes.ptr + op->at + 1 + length_bytes, len);
    if (is_text_code(op->code) && !sr_pickle_is_text(op->arg)) {
        return fail(err, SR_MALFORMED, op, "not UTF-8");
    }
    r->at = op->at + 1 + length_bytes + len;
    return SR_OK;
}

/* P-2: PROTO is the first opcode or there is none; some readers let a later one change how names
 * are mapped. */
static enum sr_status next_proto(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                 struct sr_err *err)
{
    if (r->limit - op->at < 2) {
        return fail(err, SR_TRUNCATED, op, "no version");
    }
    uint8_t version = r->bytes.ptr[op->at + 1];
    r->protocol = version;
    if (op->at != r->begin || version < 2 || version > 5) {
        r->fault = SR_PICKLE_ODD;
        r->odd_end = op->at + 2;
        return fail(err, SR_MALFORMED, op, "not the first opcode, or the version is not 2 to 5");
    }
    op->arg = sr_bytes(r->bytes.ptr + op->at + 1, 1);
    r->at = op->at + 2;
    return SR_OK;
}

/* P-3: frames hold whole opcodes, do not overlap, and end in the bytes. CPython before 3.13.15 and
 * 3.14.7 did not see to it in C. */
static enum sr_status next_frame(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                 struct sr_err *err)
{
    if (r->limit - op->at < 9) {
        return cut(r, op, "its length is cut off", err);
    }
    if (r->has_frame) {
        r->fault = SR_PICKLE_FRAME_CROSSED;
        return fail(err, SR_MALFORMED, op, "within a frame");
    }
    op->arg = sr_bytes(r->bytes.ptr + op->at + 1, 8);
    uint64_t len = sr_pickle_unsigned(op->arg);
    if (r->ignores_frames) {
        r->at = op->at + 9;
        return SR_OK;
    }
    if (len > r->limit - op->at - 9) {
        r->fault = SR_PICKLE_FRAME_CUT;
        return fail(err, SR_TRUNCATED, op, "the frame goes on past the end");
    }
    r->at = op->at + 9;
    r->limit = r->at + len;
    r->has_frame = true;
    return SR_OK;
}

static enum sr_status next_stop(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                struct sr_err *err)
{
    if (r->has_frame && r->limit != op->at + 1) {
        r->fault = SR_PICKLE_FRAME_CROSSED;
        return fail(err, SR_MALFORMED, op, "its frame goes on");
    }
    r->at = op->at + 1;
    return SR_OK;
}

static enum sr_status next_special(struct sr_pickle_reader *r, struct sr_pickle_op *op,
                                   struct sr_err *err)
{
    switch (op->code) {
    case SR_PICKLE_CODE_PROTO:
        return next_proto(r, op, err);
    case SR_PICKLE_CODE_FRAME:
        return next_frame(r, op, err);
    case SR_PICKLE_CODE_STOP:
        return next_stop(r, op, err);
    case SR_PICKLE_CODE_NEXT_BUFFER:
    case SR_PICKLE_CODE_READONLY_BUFFER:
        return fail(err, SR_MALFORMED, op, "its data is not in the stream");
    default:
        /* Of fixed length, and it did not fit. */
        return cut(r, op, "cut off", err);
    }
}

enum sr_status sr_pickle_next_slow(struct sr_pickle_reader *r, struct sr_pickle_op *out,
                                   struct sr_err *err)
{
    if (r->has_frame && r->at == r->limit) {
        r->has_frame = false;
        r->limit = r->bytes.len;
        return sr_pickle_next(r, out, err);
    }
    if (r->at >= r->limit) {
        return sr_fail(err, SR_TRUNCATED, "pickle: no STOP before byte %llu",
                       (unsigned long long)r->at);
    }
    struct sr_pickle_op op = {.code = r->bytes.ptr[r->at], .at = r->at};
    enum sr_status status = SR_OK;
    switch (sr_pickle_opcodes[op.code].form) {
    case SR_PICKLE_FORM_UNKNOWN:
        return sr_fail(err, SR_MALFORMED, "pickle: no opcode 0x%02x, at byte %llu", op.code,
                       (unsigned long long)op.at);
    case SR_PICKLE_FORM_LINE:
        status = next_line(r, &op, err);
        break;
    case SR_PICKLE_FORM_LINES:
        status = next_lines(r, &op, err);
        break;
    case SR_PICKLE_FORM_BLOCK1:
        status = next_block(r, &op, 1, err);
        break;
    case SR_PICKLE_FORM_BLOCK4:
    case SR_PICKLE_FORM_BLOCK4S:
        status = next_block(r, &op, 4, err);
        break;
    case SR_PICKLE_FORM_BLOCK8:
        status = next_block(r, &op, 8, err);
        break;
    case SR_PICKLE_FORM_NONE:
    case SR_PICKLE_FORM_1:
    case SR_PICKLE_FORM_2:
    case SR_PICKLE_FORM_4:
    case SR_PICKLE_FORM_8:
        status = next_special(r, &op, err);
        break;
    }
    SR_TRY(status);
    *out = op;
    return SR_OK;
}

uint8_t sr_pickle_go_on(struct sr_pickle_reader *r)
{
    uint8_t code = r->bytes.ptr[r->at];
    if (r->fault == SR_PICKLE_ODD) {
        r->at = r->odd_end;
    } else {
        r->ignores_frames = true;
        r->has_frame = false;
        r->limit = r->bytes.len;
    }
    r->fault = SR_PICKLE_NO_FAULT;
    return code;
}

enum sr_status sr_pickle_skip(struct sr_pickle_reader *r, uint64_t bytes, struct sr_err *err)
{
    if (r->has_frame && r->at == r->limit) {
        r->has_frame = false;
        r->limit = r->bytes.len;
    }
    if (r->has_frame) {
        return sr_fail(err, SR_MALFORMED, "pickle: raw bytes at %llu, within a frame",
                       (unsigned long long)r->at);
    }
    if (bytes > r->limit - r->at) {
        return sr_fail(err, SR_TRUNCATED, "pickle: %llu raw bytes at %llu go on past the end",
                       (unsigned long long)bytes, (unsigned long long)r->at);
    }
    r->at += bytes;
    return SR_OK;
}

struct sr_pickle_op sr_pickle_again(struct sr_bytes bytes, uint64_t at)
{
    struct sr_pickle_reader r = sr_pickle_reader(bytes, at);
    struct sr_pickle_op op = {0};
    enum sr_status status = sr_pickle_next(&r, &op, NULL);
    assert(status == SR_OK);
    (void)status;
    return op;
}

/* Decimal digits with a sign; checked before by is_integer(). */
static bool decimal(struct sr_bytes text, int64_t *out)
{
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    int64_t value = 0;
    for (size_t i = is_negative ? 1 : 0; i < text.len; i++) {
        int64_t digit = text.ptr[i] - '0';
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            (is_negative ? __builtin_sub_overflow(value, digit, &value)
                         : __builtin_add_overflow(value, digit, &value))) {
            return false;
        }
    }
    *out = value;
    return true;
}

static bool from_line(const struct sr_pickle_op *op, int64_t *out)
{
    struct sr_bytes text = op->arg;
    if (op->code == SR_PICKLE_CODE_INT && text.len == 2 && text.ptr[0] == '0') {
        return false; /* a boolean */
    }
    if (op->code == SR_PICKLE_CODE_LONG && text.ptr[text.len - 1] == 'L') {
        text.len--;
    }
    return decimal(text, out);
}

bool sr_pickle_integer(const struct sr_pickle_op *op, int64_t *out)
{
    switch (op->code) {
    case SR_PICKLE_CODE_BININT1:
    case SR_PICKLE_CODE_BININT2:
        *out = (int64_t)sr_pickle_unsigned(op->arg);
        return true;
    case SR_PICKLE_CODE_BININT:
        *out = (int32_t)sr_pickle_unsigned(op->arg);
        return true;
    case SR_PICKLE_CODE_LONG1:
    case SR_PICKLE_CODE_LONG4:
        if (op->arg.len > 8) {
            return false;
        }
        *out = (int64_t)sr_pickle_unsigned(op->arg);
        if (op->arg.len > 0 && op->arg.len < 8 && (op->arg.ptr[op->arg.len - 1] & 0x80) != 0) {
            *out -= (int64_t)((uint64_t)1 << (8 * op->arg.len));
        }
        return true;
    case SR_PICKLE_CODE_INT:
    case SR_PICKLE_CODE_LONG:
        return from_line(op, out);
    default:
        return false;
    }
}

bool sr_pickle_slot(const struct sr_pickle_op *op, uint64_t *out)
{
    if (sr_pickle_opcodes[op->code].form == SR_PICKLE_FORM_LINE) {
        int64_t value = 0;
        bool fits = decimal(op->arg, &value);
        *out = (uint64_t)value;
        return fits;
    }
    *out = sr_pickle_unsigned(op->arg);
    return true;
}
