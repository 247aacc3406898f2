/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets agree with the table in docs/formats/sealed-body.md, up to the largest file; a footer
 * tells one layout or is refused; no byte of the header page is free.
 */
#include "seal/layout.h"

#include <string.h>

#include "base/limits.h"
#include "seal/trailer.h"
#include "tests/check.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES

static const struct sr_id OBJECT = {{7, 7, 7}};

static const uint64_t LENGTHS[] = {
    0,
    1,
    P - 1,
    P,
    P + 1,
    2 * P,
    (uint64_t)5 << 30,
    ((uint64_t)1 << 32) - 1,
    (uint64_t)1 << 32,
    SR_LIMIT_FILE_BYTES,
};
#define LENGTHS_COUNT (sizeof LENGTHS / sizeof LENGTHS[0])

static void parts_follow_each_other(void)
{
    for (size_t i = 0; i < LENGTHS_COUNT; i++) {
        struct sr_layout l = sr_layout_of(LENGTHS[i], SR_TRAILER_FIXED_BYTES + 4);
        uint64_t at = 0;
        uint64_t plain_at = 0;
        uint64_t pieces = sr_layout_pieces(&l);
        uint64_t step = pieces > 5000 ? pieces - 3 : 1; /* of the large ones the first and last */
        for (uint64_t piece = 0; piece < pieces; piece += piece == 1 ? step : 1) {
            if (step > 1 && piece == 1 + step) {
                at = SR_LAYOUT_PAGE_BYTES + (piece - 1) * S;
                plain_at = (piece - 1) * P;
            }
            CHECK(sr_layout_piece_at(&l, piece) == at);
            at += sr_layout_piece_bytes(&l, piece);
            if (piece > 0 && piece <= l.segments) {
                struct sr_layout_segment s = sr_layout_segment(&l, piece - 1);
                CHECK(s.plain_at == plain_at && s.index == piece - 1);
                CHECK(s.sealed_bytes == s.plain_bytes + 32 && s.sealed_bytes <= S);
                CHECK(s.is_final == (piece == l.segments));
                CHECK(s.plain_bytes > 0 || LENGTHS[i] == 0);
                plain_at += s.plain_bytes;
            }
        }
        CHECK(plain_at == LENGTHS[i]);
        CHECK(at == l.table_at);
        CHECK(l.table_bytes == 32 * (l.segments + 2));
        CHECK(l.body_bytes == l.table_at + l.table_bytes + SR_LAYOUT_FOOTER_BYTES);
    }
}

static void footer_tells_the_layout(void)
{
    for (size_t i = 0; i < LENGTHS_COUNT; i++) {
        struct sr_layout l = sr_layout_of(LENGTHS[i], SR_TRAILER_FIXED_BYTES + i * P);
        struct sr_layout told = {0};
        uint8_t footer[SR_LAYOUT_FOOTER_BYTES];
        sr_layout_encode_footer(&l, footer);
        CHECK(sr_layout_decode_footer(footer, l.body_bytes, &told, NULL) == SR_OK);
        CHECK(memcmp(&l, &told, sizeof l) == 0);
        CHECK(sr_layout_decode_footer(footer, l.body_bytes + 1, &told, NULL) == SR_CORRUPT);
        for (size_t bit = 0; bit < sizeof footer * 8; bit++) {
            footer[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(sr_layout_decode_footer(footer, l.body_bytes, &told, NULL) == SR_CORRUPT);
            footer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

/* Lengths that agree with each other, of which one makes no stream or is over its limit. */
static void impossible_lengths_are_refused(void)
{
    static const struct {
        uint64_t stream_bytes;
        uint64_t trailer_bytes;
    } CASES[] = {
        {4096 + 31, 74 + 32 + 108}, /* less than a segment */
        {4096, 74 + 32 + 108},      /* none */
        {4095, 74 + 32 + 108},      /* less than a page */
        {4096 + S + 32, 74 + 140},  /* an empty segment after a full one, B-5 */
        {4096 + S + 31, 74 + 140},  /* not even that */
        {4096 + 33, 74 + 32 + 107}, /* no room for the trailer's fields */
        {4096 + 33, 73},            /* nor for its header */
        {4096 + 33, 74 + 65 * S},   /* a trailer over the limit */
        {4096 + (uint64_t)S * ((1 << 24) + 1024), 74 + 140}, /* a file over the limit */
        {UINT64_MAX - 200, 74 + 140},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_layout l = {0};
        uint8_t footer[SR_LAYOUT_FOOTER_BYTES];
        const uint64_t segments = (CASES[i].stream_bytes - 4096 + S - 1) / S;
        l.stream_bytes = CASES[i].stream_bytes;
        l.trailer_bytes = CASES[i].trailer_bytes;
        l.table_bytes = 32 * (segments + 2);
        sr_layout_encode_footer(&l, footer);
        uint64_t body_bytes = l.stream_bytes + l.trailer_bytes + l.table_bytes + 32;
        CHECK(sr_layout_decode_footer(footer, body_bytes, &l, NULL) == SR_CORRUPT);
    }
}

static void every_byte_of_the_page_counts(void)
{
    uint8_t floe_header[SR_FLOE_HEADER_BYTES];
    uint8_t page[SR_LAYOUT_PAGE_BYTES];
    memset(floe_header, 0xa5, sizeof floe_header);
    sr_layout_encode_page(&OBJECT, floe_header, page);
    CHECK(sr_layout_check_page(page, &OBJECT, NULL) == SR_OK);
    CHECK(memcmp(page + 4022, floe_header, sizeof floe_header) == 0);
    for (size_t bit = 0; bit < 4022 * 8; bit++) {
        enum sr_status expected = bit / 8 >= 8 && bit / 8 < 16 ? SR_UNSUPPORTED : SR_CORRUPT;
        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(sr_layout_check_page(page, &OBJECT, NULL) == expected);
        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    RUN(parts_follow_each_other);
    RUN(footer_tells_the_layout);
    RUN(impossible_lengths_are_refused);
    RUN(every_byte_of_the_page_counts);
    return check_done();
}
