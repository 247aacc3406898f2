/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/layout.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "seal/trailer.h"

/* The first catches what damages text files: a stripped eighth bit, changed line ends, a file that
 * is cut at control-Z. */
static const uint8_t PAGE_MAGIC[8] = {0x89, 'S', 'R', 'B', '\r', '\n', 0x1a, '\n'};
static const uint8_t FOOTER_MAGIC[8] = {'S', 'R', 'B', 'E', 'N', 'D', '\r', '\n'};

#define FIELDS_BYTES 32 /* magic, version, suite, segment length, object */

static_assert(SR_BODY_PAYLOAD_BYTES == SR_BODY_SEGMENT_BYTES - SR_FLOE_OVERHEAD_BYTES, "FLOE's");

/* B-5: at least one segment; the last one is empty only when there is nothing at all. */
static uint64_t segments_of(uint64_t plain_bytes)
{
    return plain_bytes == 0 ? 1 : (plain_bytes - 1) / SR_BODY_PAYLOAD_BYTES + 1;
}

static uint64_t sealed_bytes_of(uint64_t plain_bytes)
{
    return plain_bytes + segments_of(plain_bytes) * SR_FLOE_OVERHEAD_BYTES;
}

/* The plaintext length of so many bytes of segments; false when no plaintext makes that many. */
static bool plain_bytes_of(uint64_t sealed_bytes, uint64_t *out)
{
    uint64_t segments = sealed_bytes == 0 ? 0 : (sealed_bytes - 1) / SR_BODY_SEGMENT_BYTES + 1;
    if (sealed_bytes < segments * SR_FLOE_OVERHEAD_BYTES) {
        return false;
    }
    *out = sealed_bytes - segments * SR_FLOE_OVERHEAD_BYTES;
    return sealed_bytes_of(*out) == sealed_bytes;
}

struct sr_layout sr_layout_of(uint64_t plain_bytes, uint64_t trailer_plain_bytes)
{
    assert(plain_bytes <= SR_LIMIT_FILE_BYTES);
    assert(trailer_plain_bytes <= SR_LIMIT_TRAILER_BYTES);

    struct sr_layout l = {
        .plain_bytes = plain_bytes,
        .trailer_bytes = SR_FLOE_HEADER_BYTES + sealed_bytes_of(trailer_plain_bytes),
        .segments = segments_of(plain_bytes),
        .stream_bytes = SR_LAYOUT_PAGE_BYTES + sealed_bytes_of(plain_bytes),
    };
    l.table_at = l.stream_bytes + l.trailer_bytes;
    l.table_bytes = sr_layout_pieces(&l) * SR_LAYOUT_ROW_BYTES;
    l.footer_at = l.table_at + l.table_bytes;
    l.body_bytes = l.footer_at + SR_LAYOUT_FOOTER_BYTES;
    return l;
}

/* Segment index of a stream of plain_bytes whose first segment is at first_at. */
static struct sr_layout_segment segment_of(uint64_t plain_bytes, uint64_t first_at, uint64_t index)
{
    assert(index < segments_of(plain_bytes));
    struct sr_layout_segment s = {
        .index = index,
        .at = first_at + index * SR_BODY_SEGMENT_BYTES,
        .plain_at = index * SR_BODY_PAYLOAD_BYTES,
        .is_final = index == segments_of(plain_bytes) - 1,
    };
    s.plain_bytes = s.is_final ? (size_t)(plain_bytes - s.plain_at) : SR_BODY_PAYLOAD_BYTES;
    s.sealed_bytes = s.plain_bytes + SR_FLOE_OVERHEAD_BYTES;
    return s;
}

struct sr_layout_segment sr_layout_segment(const struct sr_layout *l, uint64_t index)
{
    return segment_of(l->plain_bytes, SR_LAYOUT_PAGE_BYTES, index);
}

uint64_t sr_layout_trailer_plain_bytes(const struct sr_layout *l)
{
    uint64_t plain_bytes = 0;
    bool is_stream = plain_bytes_of(l->trailer_bytes - SR_FLOE_HEADER_BYTES, &plain_bytes);
    assert(is_stream);
    return plain_bytes;
}

uint64_t sr_layout_trailer_segments(const struct sr_layout *l)
{
    return segments_of(sr_layout_trailer_plain_bytes(l));
}

struct sr_layout_segment sr_layout_trailer_segment(const struct sr_layout *l, uint64_t index)
{
    return segment_of(sr_layout_trailer_plain_bytes(l), SR_FLOE_HEADER_BYTES, index);
}

uint64_t sr_layout_pieces(const struct sr_layout *l)
{
    return l->segments + 2;
}

uint64_t sr_layout_piece_at(const struct sr_layout *l, uint64_t index)
{
    assert(index < sr_layout_pieces(l));
    if (index == 0) {
        return 0;
    }
    return index <= l->segments ? sr_layout_segment(l, index - 1).at : l->stream_bytes;
}

uint64_t sr_layout_piece_bytes(const struct sr_layout *l, uint64_t index)
{
    assert(index < sr_layout_pieces(l));
    if (index == 0) {
        return SR_LAYOUT_PAGE_BYTES;
    }
    return index <= l->segments ? sr_layout_segment(l, index - 1).sealed_bytes : l->trailer_bytes;
}

void sr_layout_encode_footer(const struct sr_layout *l, uint8_t out[SR_LAYOUT_FOOTER_BYTES])
{
    sr_writer_put_u64be(out, l->stream_bytes);
    sr_writer_put_u64be(out + 8, l->trailer_bytes);
    sr_writer_put_u64be(out + 16, l->table_bytes);
    memcpy(out + 24, FOOTER_MAGIC, sizeof FOOTER_MAGIC);
}

struct footer {
    uint64_t stream_bytes;
    uint64_t trailer_bytes;
    uint64_t table_bytes;
    struct sr_bytes magic;
};

static enum sr_status decode_fields(struct sr_bytes input, struct footer *out)
{
    struct sr_reader r = sr_reader(input);
    SR_TRY(sr_reader_u64be(&r, &out->stream_bytes));
    SR_TRY(sr_reader_u64be(&r, &out->trailer_bytes));
    SR_TRY(sr_reader_u64be(&r, &out->table_bytes));
    SR_TRY(sr_reader_take(&r, sizeof FOOTER_MAGIC, &out->magic));
    return sr_reader_end(&r);
}

/* The layout of such lengths, whatever they are; false when there is none. */
static bool layout_of_footer(const struct footer *f, struct sr_layout *out)
{
    uint64_t plain_bytes;
    uint64_t trailer_plain_bytes;
    if (f->stream_bytes < SR_LAYOUT_PAGE_BYTES || f->trailer_bytes < SR_FLOE_HEADER_BYTES ||
        !plain_bytes_of(f->stream_bytes - SR_LAYOUT_PAGE_BYTES, &plain_bytes) ||
        !plain_bytes_of(f->trailer_bytes - SR_FLOE_HEADER_BYTES, &trailer_plain_bytes)) {
        return false;
    }
    if (plain_bytes > SR_LIMIT_FILE_BYTES || trailer_plain_bytes > SR_LIMIT_TRAILER_BYTES ||
        trailer_plain_bytes < SR_TRAILER_FIXED_BYTES) {
        return false;
    }
    *out = sr_layout_of(plain_bytes, trailer_plain_bytes);
    return true;
}

enum sr_status sr_layout_decode_footer(const uint8_t footer[SR_LAYOUT_FOOTER_BYTES],
                                       uint64_t body_bytes, struct sr_layout *out,
                                       struct sr_err *err)
{
    struct footer f = {0};
    struct sr_layout l = {0};
    SR_TRY(decode_fields(sr_bytes(footer, SR_LAYOUT_FOOTER_BYTES), &f));
    if (memcmp(f.magic.ptr, FOOTER_MAGIC, sizeof FOOTER_MAGIC) != 0) {
        return sr_fail(err, SR_CORRUPT, "no footer at the end of the sealed body");
    }
    /* B-12 */
    if (!layout_of_footer(&f, &l) || l.table_bytes != f.table_bytes || l.body_bytes != body_bytes) {
        return sr_fail(err, SR_CORRUPT,
                       "lengths in the footer do not agree with a sealed body of %llu bytes",
                       (unsigned long long)body_bytes);
    }
    *out = l;
    return SR_OK;
}

void sr_layout_encode_page(const struct sr_id *object, const uint8_t *floe_header, uint8_t *out)
{
    memset(out, 0, SR_LAYOUT_PAGE_BYTES);
    memcpy(out, PAGE_MAGIC, sizeof PAGE_MAGIC);
    out[9] = SR_BODY_FORMAT_VERSION;
    out[11] = SR_BODY_SUITE;
    sr_writer_put_u32be(out + 12, (uint32_t)SR_BODY_SEGMENT_BYTES);
    memcpy(out + 16, object->bytes, sizeof object->bytes);
    memcpy(out + SR_LAYOUT_FLOE_AT, floe_header, SR_FLOE_HEADER_BYTES);
}

struct page {
    struct sr_bytes magic;
    uint16_t version;
    uint16_t suite;
    uint32_t segment_bytes;
    struct sr_bytes object;
    struct sr_bytes zero;
};

static enum sr_status decode_page(struct sr_bytes input, struct page *out)
{
    struct sr_reader r = sr_reader(input);
    SR_TRY(sr_reader_take(&r, sizeof PAGE_MAGIC, &out->magic));
    SR_TRY(sr_reader_u16be(&r, &out->version));
    SR_TRY(sr_reader_u16be(&r, &out->suite));
    SR_TRY(sr_reader_u32be(&r, &out->segment_bytes));
    SR_TRY(sr_reader_take(&r, sizeof((struct sr_id *)0)->bytes, &out->object));
    SR_TRY(sr_reader_take(&r, SR_LAYOUT_FLOE_AT - FIELDS_BYTES, &out->zero));
    return sr_reader_end(&r);
}

enum sr_status sr_layout_check_page(const uint8_t *page, const struct sr_id *object,
                                    struct sr_err *err)
{
    struct page p = {0};
    SR_TRY(decode_page(sr_bytes(page, SR_LAYOUT_FLOE_AT), &p));
    if (memcmp(p.magic.ptr, PAGE_MAGIC, sizeof PAGE_MAGIC) != 0) { /* B-1 */
        return sr_fail(err, SR_CORRUPT, "not a sealed body: no header page at offset 0");
    }
    if (p.version != SR_BODY_FORMAT_VERSION) { /* B-2 */
        return sr_fail(err, SR_UNSUPPORTED, "format version %u of the sealed body, at offset 8",
                       p.version);
    }
    if (p.suite != SR_BODY_SUITE) {
        return sr_fail(err, SR_UNSUPPORTED, "suite %u of the sealed body, at offset 10", p.suite);
    }
    if (p.segment_bytes != SR_BODY_SEGMENT_BYTES) {
        return sr_fail(err, SR_UNSUPPORTED, "segments of %u bytes in the sealed body, at offset 12",
                       p.segment_bytes);
    }
    if (memcmp(p.object.ptr, object->bytes, sizeof object->bytes) != 0) { /* B-4 */
        return sr_fail(err, SR_CORRUPT, "sealed body of another object, at offset 16");
    }
    for (size_t i = 0; i < p.zero.len; i++) { /* B-3 */
        if (p.zero.ptr[i] != 0) {
            return sr_fail(err, SR_CORRUPT, "header page is not zero at offset %zu",
                           FIELDS_BYTES + i);
        }
    }
    return SR_OK;
}
