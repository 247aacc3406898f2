/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/base64.h"

#include <stdbool.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NO_DIGIT = 0xff };

/* Three bytes, or what is left of them, as four characters. */
static void encode_group(struct sr_bytes data, uint8_t out[4])
{
    uint32_t bits = (uint32_t)data.ptr[0] << 16;
    bits |= data.len > 1 ? (uint32_t)data.ptr[1] << 8 : 0;
    bits |= data.len > 2 ? (uint32_t)data.ptr[2] : 0;
    out[0] = (uint8_t)ALPHABET[bits >> 18];
    out[1] = (uint8_t)ALPHABET[bits >> 12 & 63];
    out[2] = data.len > 1 ? (uint8_t)ALPHABET[bits >> 6 & 63] : '=';
    out[3] = data.len > 2 ? (uint8_t)ALPHABET[bits & 63] : '=';
}

enum sr_status sr_base64_encode(struct sr_bytes data, struct sr_buf *out)
{
    if (data.len > SIZE_MAX / 2) {
        return SR_TOO_LARGE;
    }
    uint8_t *text = NULL;
    SR_TRY(sr_buf_extend(out, (data.len / 3 + (data.len % 3 != 0)) * 4, &text));
    for (size_t at = 0; at < data.len; at += 3) {
        size_t left = data.len - at;
        encode_group(sr_bytes(data.ptr + at, left < 3 ? left : 3), text);
        text += 4;
    }
    return SR_OK;
}

/* Of each character, the digit that it is plus 1; 0: it is none. */
static const uint8_t DIGITS[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static uint8_t digit(uint8_t c)
{
    return (uint8_t)(DIGITS[c] - 1);
}

/* How many bytes text has; false when its length or padding is wrong. */
static bool count_bytes(struct sr_bytes text, size_t *out)
{
    if (text.len % 4 != 0) {
        return false;
    }
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=') {
        padding++;
    }
    *out = text.len / 4 * 3 - padding;
    return true;
}

/* Digits of one group; those that padding stands for are 0. False for another character. */
static bool decode_group(const uint8_t text[4], size_t bytes, uint32_t *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t value = i <= bytes ? digit(text[i]) : 0;
        if (value == NO_DIGIT) {
            return false;
        }
        bits = bits << 6 | value;
    }
    /* What is behind the last byte has to be zero, or two texts would mean the same. */
    *out = bits;
    return bytes == 3 || (bits & (bytes == 2 ? 0xffU : 0xffffU)) == 0;
}

/* How much of text is groups of four digits, all but the last group. */
static size_t whole_groups(struct sr_bytes text)
{
    return text.len > 4 ? text.len - 4 : 0;
}

static bool check(struct sr_bytes text, size_t bytes)
{
    unsigned none = 0;
    size_t whole = whole_groups(text);
    for (size_t at = 0; at < whole; at++) {
        none |= DIGITS[text.ptr[at]] == 0;
    }
    if (none != 0) {
        return false;
    }
    for (size_t at = whole, done = whole / 4 * 3; at < text.len; at += 4, done += 3) {
        uint32_t bits = 0;
        if (!decode_group(text.ptr + at, bytes - done < 3 ? bytes - done : 3, &bits)) {
            return false;
        }
    }
    return true;
}

enum sr_status sr_base64_decode(struct sr_bytes text, struct sr_buf *out)
{
    size_t bytes = 0;
    uint8_t *data = NULL;
    if (!count_bytes(text, &bytes) || !check(text, bytes)) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_buf_extend(out, bytes, &data));
    size_t whole = whole_groups(text);
    for (size_t at = 0; at < whole; at += 4) {
        const uint8_t *group = text.ptr + at;
        uint32_t bits = (uint32_t)digit(group[0]) << 18 | (uint32_t)digit(group[1]) << 12 |
                        (uint32_t)digit(group[2]) << 6 | digit(group[3]);
        uint8_t *to = data + at / 4 * 3;
        to[0] = (uint8_t)(bits >> 16);
        to[1] = (uint8_t)(bits >> 8);
        to[2] = (uint8_t)bits;
    }
    for (size_t at = whole, done = whole / 4 * 3; at < text.len; at += 4) {
        uint32_t bits = 0;
        size_t left = bytes - done < 3 ? bytes - done : 3;
        (void)decode_group(text.ptr + at, left, &bits);
        for (size_t i = 0; i < left; i++) {
            data[done++] = (uint8_t)(bits >> (16 - 8 * i));
        }
    }
    return SR_OK;
}
