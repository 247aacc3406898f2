/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <assert.h>
#include <string.h>

enum sr_status sr_text_parse_u64(struct sr_bytes text, uint64_t min, uint64_t max, uint64_t *out)
{
    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0')) {
        return SR_MALFORMED;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return SR_MALFORMED;
        }
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return SR_TOO_LARGE;
        }
        value = value * 10 + digit;
    }
    if (value < min || value > max) {
        return SR_TOO_LARGE;
    }
    *out = value;
    return SR_OK;
}

void sr_text_hex(struct sr_bytes data, char *out)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < data.len; i++) {
        out[2 * i] = DIGITS[data.ptr[i] >> 4];
        out[2 * i + 1] = DIGITS[data.ptr[i] & 15];
    }
    out[2 * data.len] = '\0';
}

/* The value of a lower-case hexadecimal digit, or 16. */
static uint8_t digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0');
    }
    return c >= 'a' && c <= 'f' ? (uint8_t)(c - 'a' + 10) : 16;
}

enum sr_status sr_text_unhex(struct sr_bytes text, uint8_t *out, size_t out_bytes)
{
    if (text.len % 2 != 0 || text.len / 2 != out_bytes) {
        return SR_MALFORMED;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (digit_value(text.ptr[i]) > 15) {
            return SR_MALFORMED;
        }
    }
    for (size_t i = 0; i < out_bytes; i++) {
        out[i] = (uint8_t)(digit_value(text.ptr[2 * i]) << 4 | digit_value(text.ptr[2 * i + 1]));
    }
    return SR_OK;
}

/* The rows of the Unicode Standard 15.0, table 3-7: which second bytes may follow which first. */
static const struct {
    uint8_t first_min, first_max, second_min, second_max, len;
} UTF8_ROWS[] = {
    {0x01, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* How many bytes the UTF-8 sequence at the start of text has; 0 if it is not well-formed. */
static size_t sequence_bytes(struct sr_bytes text)
{
    size_t row = 0;
    size_t rows = sizeof UTF8_ROWS / sizeof UTF8_ROWS[0];
    while (row < rows &&
           (text.ptr[0] < UTF8_ROWS[row].first_min || text.ptr[0] > UTF8_ROWS[row].first_max)) {
        row++;
    }
    if (row == rows || text.len < UTF8_ROWS[row].len) {
        return 0;
    }
    size_t len = UTF8_ROWS[row].len;
    if (len > 1 &&
        (text.ptr[1] < UTF8_ROWS[row].second_min || text.ptr[1] > UTF8_ROWS[row].second_max)) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

bool sr_text_is_utf8(struct sr_bytes text)
{
    while (text.len > 0) {
        size_t len = sequence_bytes(text);
        if (len == 0) {
            return false;
        }
        text = sr_bytes(text.ptr + len, text.len - len);
    }
    return true;
}

/* The code point of a sequence that sequence_bytes() has accepted. */
static uint32_t code_point(const uint8_t *c, size_t len)
{
    static const uint8_t LEAD[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    assert(len < sizeof LEAD);
    uint32_t value = c[0] & LEAD[len];
    for (size_t i = 1; i < len; i++) {
        value = value << 6 | (c[i] & 0x3fU);
    }
    return value;
}

bool sr_text_is_plain(struct sr_bytes text)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ACTING[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200b},   {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f},
    };
    while (text.len > 0) {
        size_t len = sequence_bytes(text);
        if (len == 0) {
            return false;
        }
        uint32_t c = code_point(text.ptr, len);
        for (size_t i = 0; i < sizeof ACTING / sizeof ACTING[0]; i++) {
            if (c >= ACTING[i].first && c <= ACTING[i].last) {
                return false;
            }
        }
        text = sr_bytes(text.ptr + len, text.len - len);
    }
    return true;
}

size_t sr_text_put_utf8(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

struct sr_bytes sr_text_view(const char *s)
{
    return sr_bytes(s, strlen(s));
}

bool sr_text_begins(struct sr_bytes text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

bool sr_text_equal(struct sr_bytes a, struct sr_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sr_text_id_equal(const struct sr_id *a, const struct sr_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
