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

static uint8_t digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (uint8_t)(c - 'a' + 26);
    }
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0' + 52);
    }
    return c == '+' ? 62 : c == '/' ? 63 : NO_DIGIT;
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

static bool check(struct sr_bytes text, size_t bytes)
{
    for (size_t at = 0, done = 0; at < text.len; at += 4, done += 3) {
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
    for (size_t at = 0, done = 0; at < text.len; at += 4) {
        uint32_t bits = 0;
        size_t left = bytes - done < 3 ? bytes - done : 3;
        (void)decode_group(text.ptr + at, left, &bits);
        for (size_t i = 0; i < left; i++) {
            data[done++] = (uint8_t)(bits >> (16 - 8 * i));
        }
    }
    return SR_OK;
}
