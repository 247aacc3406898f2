/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of the reader: values come out big-endian; every cut of a valid input fails
 * with TRUNCATED, at the right place; and a read that fails changes nothing the caller can see.
 */
#include "base/reader.h"

#include <assert.h>
#include <string.h>

#include "tests/check.h"

/* A made-up record that uses each kind of field: u8, u16, u32, u64, block. */
static const uint8_t RECORD[] = {
    0x01,                                           /* u8 */
    0x02, 0x03,                                     /* u16 */
    0x04, 0x05, 0x06, 0x07,                         /* u32 */
    0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, /* u64 */
    0x00, 0x03, 'k',  'e',  'y',                    /* block */
};

#define KEY_BYTES_MAX 8

struct record {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    struct sr_bytes key;
};

/* Decode as production decoders do; *offset tells how far it got. */
static enum sr_status decode(struct sr_bytes input, struct record *out, size_t *offset)
{
    struct sr_reader r = sr_reader(input);
    struct record rec = {0};
    enum sr_status status = SR_OK;

    if ((status = sr_reader_u8(&r, &rec.a)) == SR_OK &&
        (status = sr_reader_u16be(&r, &rec.b)) == SR_OK &&
        (status = sr_reader_u32be(&r, &rec.c)) == SR_OK &&
        (status = sr_reader_u64be(&r, &rec.d)) == SR_OK &&
        (status = sr_reader_block_u16be(&r, KEY_BYTES_MAX, &rec.key)) == SR_OK) {
        status = sr_reader_end(&r);
    }
    *offset = r.offset;
    if (status == SR_OK) {
        *out = rec;
    }
    return status;
}

static void reads_every_field(void)
{
    struct record rec = {0};
    size_t offset;

    CHECK(decode(sr_bytes(RECORD, sizeof RECORD), &rec, &offset) == SR_OK);
    CHECK(rec.a == 0x01);
    CHECK(rec.b == 0x0203);
    CHECK(rec.c == 0x04050607);
    CHECK(rec.d == 0x08090a0b0c0d0e0f);
    CHECK(rec.key.len == 3);
    CHECK(rec.key.ptr == RECORD + 17); /* a view, not a copy */
    CHECK(offset == sizeof RECORD);
}

static void rejects_every_truncation(void)
{
    /* Where the reader stands after failing: at the start of the field that was cut. */
    static const size_t FIELD_START[] = {0, 1, 1, 3, 3, 3,  3,  7,  7,  7,
                                         7, 7, 7, 7, 7, 15, 15, 15, 15, 15};
    static_assert(sizeof FIELD_START / sizeof FIELD_START[0] == sizeof RECORD, "one per cut");

    for (size_t len = 0; len < sizeof RECORD; len++) {
        struct record rec = {.a = 0xee};
        size_t offset;
        CHECK(decode(sr_bytes(RECORD, len), &rec, &offset) == SR_TRUNCATED);
        CHECK(offset == FIELD_START[len]);
        CHECK(rec.a == 0xee); /* untouched on failure */
    }
}

static void rejects_trailing_bytes(void)
{
    uint8_t longer[sizeof RECORD + 1] = {0};
    memcpy(longer, RECORD, sizeof RECORD);
    struct record rec;
    size_t offset;

    CHECK(decode(sr_bytes(longer, sizeof longer), &rec, &offset) == SR_MALFORMED);
    CHECK(offset == sizeof RECORD);
}

static void limit_is_checked_before_the_bytes(void)
{
    static const uint8_t CLAIMS_64K[] = {0xff, 0xff, 'x'};
    struct sr_reader r = sr_reader(sr_bytes(CLAIMS_64K, sizeof CLAIMS_64K));
    struct sr_bytes block = sr_bytes("before", 6);

    CHECK(sr_reader_block_u16be(&r, KEY_BYTES_MAX, &block) == SR_TOO_LARGE);
    CHECK(sr_reader_block_u16be(&r, UINT16_MAX, &block) == SR_TRUNCATED);
    CHECK(block.len == 6);
    CHECK(r.offset == 0); /* the length was not consumed either */

    static const uint8_t AT_LIMIT[] = {0x00, 0x02, 'o', 'k'};
    r = sr_reader(sr_bytes(AT_LIMIT, sizeof AT_LIMIT));
    CHECK(sr_reader_block_u16be(&r, 2, &block) == SR_OK);
    CHECK(block.len == 2);
}

static void block_with_a_long_length(void)
{
    static const uint8_t INPUT[] = {0, 0, 0, 2, 'o', 'k', 0xff, 0xff, 0xff, 0xff, 'x'};
    struct sr_reader r = sr_reader(sr_bytes(INPUT, sizeof INPUT));
    struct sr_bytes block = {0};

    CHECK(sr_reader_block_u32be(&r, 1, &block) == SR_TOO_LARGE);
    CHECK(r.offset == 0);
    CHECK(sr_reader_block_u32be(&r, 2, &block) == SR_OK);
    CHECK(block.len == 2 && block.ptr == INPUT + 4 && r.offset == 6);
    CHECK(sr_reader_block_u32be(&r, SIZE_MAX, &block) == SR_TRUNCATED);
    CHECK(r.offset == 6 && block.len == 2);
}

static void huge_length_does_not_wrap(void)
{
    struct sr_reader r = sr_reader(sr_bytes(RECORD, sizeof RECORD));
    struct sr_bytes view;

    CHECK(sr_reader_take(&r, 1, &view) == SR_OK);
    CHECK(sr_reader_take(&r, SIZE_MAX, &view) == SR_TRUNCATED);
    CHECK(sr_reader_take(&r, SIZE_MAX - 1, &view) == SR_TRUNCATED);
    CHECK(r.offset == 1);
}

static void failed_read_leaves_output_alone(void)
{
    struct sr_reader r = sr_reader(sr_bytes(NULL, 0));
    uint8_t u8 = 0xee;
    uint16_t u16 = 0xeeee;
    uint32_t u32 = 0xeeeeeeee;
    uint64_t u64 = 0xeeeeeeeeeeeeeeee;

    CHECK(sr_reader_u8(&r, &u8) == SR_TRUNCATED && u8 == 0xee);
    CHECK(sr_reader_u16be(&r, &u16) == SR_TRUNCATED && u16 == 0xeeee);
    CHECK(sr_reader_u32be(&r, &u32) == SR_TRUNCATED && u32 == 0xeeeeeeee);
    CHECK(sr_reader_u64be(&r, &u64) == SR_TRUNCATED && u64 == 0xeeeeeeeeeeeeeeee);
}

static void little_endian_is_the_other_way_round(void)
{
    struct sr_reader r = sr_reader(sr_bytes(RECORD, 14));
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    CHECK(sr_reader_u16le(&r, &u16) == SR_OK && u16 == 0x0201);
    CHECK(sr_reader_u32le(&r, &u32) == SR_OK && u32 == 0x06050403);
    CHECK(sr_reader_u64le(&r, &u64) == SR_OK && u64 == 0x0e0d0c0b0a090807);
    CHECK(sr_reader_u16le(&r, &u16) == SR_TRUNCATED && u16 == 0x0201);
    CHECK(sr_reader_u32le(&r, &u32) == SR_TRUNCATED && u32 == 0x06050403);
    CHECK(sr_reader_u64le(&r, &u64) == SR_TRUNCATED && u64 == 0x0e0d0c0b0a090807);
}

static void empty_input_is_at_its_end(void)
{
    struct sr_reader r = sr_reader(sr_bytes(NULL, 0));
    struct sr_bytes view = sr_bytes("x", 1);
    uint8_t byte;

    CHECK(sr_reader_end(&r) == SR_OK);
    CHECK(sr_reader_take(&r, 0, &view) == SR_OK);
    CHECK(view.len == 0);
    CHECK(sr_reader_u8(&r, &byte) == SR_TRUNCATED);
}

int main(void)
{
    RUN(reads_every_field);
    RUN(rejects_every_truncation);
    RUN(rejects_trailing_bytes);
    RUN(limit_is_checked_before_the_bytes);
    RUN(block_with_a_long_length);
    RUN(huge_length_does_not_wrap);
    RUN(failed_read_leaves_output_alone);
    RUN(little_endian_is_the_other_way_round);
    RUN(empty_input_is_at_its_end);
    return check_done();
}
