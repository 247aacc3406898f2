/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_READER_H
#define SR_BASE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * A bounds-checked cursor over untrusted bytes.
 *
 * Every decoder in src/formats/ is written with this and with nothing else, so that a decoder reads
 * like the table in the format's specification and holds no length arithmetic of its own:
 *
 *     struct sr_reader r = sr_reader(input);
 *     SR_TRY(sr_reader_u16be(&r, &version));
 *     SR_TRY(sr_reader_block_u16be(&r, NAME_BYTES_MAX, &name));
 *     SR_TRY(sr_reader_end(&r));
 *
 * A read does all of its work or none: when it fails, the cursor and *out are as they were.
 * Views that come out point into the input and live as long as it does; nothing is copied and
 * nothing is allocated. Our own formats are big-endian (docs/formats/README.md), those of others
 * are what they are.
 */
struct sr_reader {
    struct sr_bytes rest; /* not yet read; only functions in this header touch it */
    size_t offset;        /* bytes read so far, for error messages */
};

/* Start at the first byte of input. */
static inline struct sr_reader sr_reader(struct sr_bytes input)
{
    return (struct sr_reader){.rest = input, .offset = 0};
}

/*
 * Read an unsigned big-endian integer of 1, 2, 4 or 8 bytes.
 *
 * errors  TRUNCATED  fewer bytes remain than the integer has
 */
enum sr_status sr_reader_u8(struct sr_reader *r, uint8_t *out) SR_MUST_USE;
enum sr_status sr_reader_u16be(struct sr_reader *r, uint16_t *out) SR_MUST_USE;
enum sr_status sr_reader_u32be(struct sr_reader *r, uint32_t *out) SR_MUST_USE;
enum sr_status sr_reader_u64be(struct sr_reader *r, uint64_t *out) SR_MUST_USE;

/* The same, little-endian: safetensors, GGUF, zip. */
enum sr_status sr_reader_u16le(struct sr_reader *r, uint16_t *out) SR_MUST_USE;
enum sr_status sr_reader_u32le(struct sr_reader *r, uint32_t *out) SR_MUST_USE;
enum sr_status sr_reader_u64le(struct sr_reader *r, uint64_t *out) SR_MUST_USE;

/*
 * Take the next len bytes as a view. len may be 0.
 *
 * errors  TRUNCATED  fewer than len bytes remain
 */
enum sr_status sr_reader_take(struct sr_reader *r, size_t len, struct sr_bytes *out) SR_MUST_USE;

/*
 * Take a block: a 2-byte length, then that many bytes.
 *
 * len_max  the limit the format sets for this field, in bytes; checked before the bytes are
 * errors   TOO_LARGE  the length is over len_max
 *          TRUNCATED  the length or the bytes run past the end
 */
enum sr_status sr_reader_block_u16be(struct sr_reader *r, size_t len_max,
                                     struct sr_bytes *out) SR_MUST_USE;
/* The same with a 4-byte length: a `string` of SSH (RFC 4251, section 5). */
enum sr_status sr_reader_block_u32be(struct sr_reader *r, size_t len_max,
                                     struct sr_bytes *out) SR_MUST_USE;

/*
 * Require that everything has been read. Each decoder ends with this: bytes that nobody looked at
 * are bytes that a signature may cover and a parser ignore.
 *
 * errors  MALFORMED  bytes remain
 */
enum sr_status sr_reader_end(const struct sr_reader *r) SR_MUST_USE;

#endif /* SR_BASE_READER_H */
