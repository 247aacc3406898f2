/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_LAYOUT_H
#define SR_SEAL_LAYOUT_H

#include "base/text.h"
#include "seal/body.h"
#include "seal/floe.h"

/*
 * Where the parts of a sealed body lie, and its two public parts, header page and footer. Pure; all
 * arithmetic on offsets in a body is here. source docs/formats/sealed-body.md
 *
 *     header page | segments | trailer | leaf table | footer
 */

#define SR_LAYOUT_PAGE_BYTES 4096
#define SR_LAYOUT_FOOTER_BYTES 32
#define SR_LAYOUT_ROW_BYTES SR_SHA256_BYTES /* of the leaf table, one for each piece */
/* The stream's own header is the last thing in the page, so that a plain FLOE stream starts there
 * and its first segment on a page boundary. */
#define SR_LAYOUT_FLOE_AT (SR_LAYOUT_PAGE_BYTES - SR_FLOE_HEADER_BYTES)

/* All offsets and lengths in bytes; every field follows from the first two. */
struct sr_layout {
    uint64_t plain_bytes;
    uint64_t trailer_bytes; /* as stored */
    uint64_t segments;      /* at least 1 */
    uint64_t stream_bytes;  /* header page and segments: where the trailer begins */
    uint64_t table_at;
    uint64_t table_bytes;
    uint64_t footer_at;
    uint64_t body_bytes;
};

/* One segment of the stream. */
struct sr_layout_segment {
    uint64_t index; /* 0-based */
    uint64_t at;    /* in the body */
    size_t sealed_bytes;
    uint64_t plain_at; /* in the plaintext */
    size_t plain_bytes;
    bool is_final;
};

/* plain_bytes and trailer_plain_bytes within SR_LIMIT_FILE_BYTES and SR_LIMIT_TRAILER_BYTES. */
struct sr_layout sr_layout_of(uint64_t plain_bytes, uint64_t trailer_plain_bytes);

/* index < l->segments. */
struct sr_layout_segment sr_layout_segment(const struct sr_layout *l, uint64_t index);

/* Of the trailer, which is a FLOE stream of its own, behind its header: at counts from its start.
 */
struct sr_layout_segment sr_layout_trailer_segment(const struct sr_layout *l, uint64_t index);
uint64_t sr_layout_trailer_segments(const struct sr_layout *l);
uint64_t sr_layout_trailer_plain_bytes(const struct sr_layout *l);

/* What the leaf table has a row for: 0 is the header page, then the segments, last the trailer. */
uint64_t sr_layout_pieces(const struct sr_layout *l);
/* index < sr_layout_pieces(). */
uint64_t sr_layout_piece_at(const struct sr_layout *l, uint64_t index);
uint64_t sr_layout_piece_bytes(const struct sr_layout *l, uint64_t index);

void sr_layout_encode_footer(const struct sr_layout *l, uint8_t out[SR_LAYOUT_FOOTER_BYTES]);
/*
 * The layout that a footer (hostile) tells, of a body of body_bytes.
 *
 * errors  CORRUPT  not a footer, or its lengths do not agree with body_bytes or with each other
 */
enum sr_status sr_layout_decode_footer(const uint8_t footer[SR_LAYOUT_FOOTER_BYTES],
                                       uint64_t body_bytes, struct sr_layout *out,
                                       struct sr_err *err) SR_MUST_USE;

/* floe_header has SR_FLOE_HEADER_BYTES, out SR_LAYOUT_PAGE_BYTES. */
void sr_layout_encode_page(const struct sr_id *object, const uint8_t *floe_header, uint8_t *out);
/*
 * Check a header page (hostile) up to the FLOE header, which is for floe.h to check.
 *
 * errors  CORRUPT      not a header page, of another object, or a byte is set that must be zero
 *         UNSUPPORTED  another format version, suite or segment length
 */
enum sr_status sr_layout_check_page(const uint8_t *page, const struct sr_id *object,
                                    struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_LAYOUT_H */
