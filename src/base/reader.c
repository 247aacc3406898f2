/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include <assert.h>

enum sr_status sr_reader_take(struct sr_reader *r, size_t len, struct sr_bytes *out)
{
    assert(r->rest.ptr != NULL || r->rest.len == 0);

    /* len comes from the input: compare it with what is left, never add it to anything first. */
    if (len > r->rest.len) {
        return SR_TRUNCATED;
    }
    *out = sr_bytes(r->rest.ptr, len);
    if (len > 0) {
        r->rest = sr_bytes(r->rest.ptr + len, r->rest.len - len);
        r->offset += len;
    }
    return SR_OK;
}

/* Read width bytes, most significant first. */
static enum sr_status read_be(struct sr_reader *r, size_t width, uint64_t *out)
{
    assert(width >= 1);
    assert(width <= sizeof *out);

    struct sr_bytes digits;
    SR_TRY(sr_reader_take(r, width, &digits));
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | digits.ptr[i];
    }
    *out = value;
    return SR_OK;
}

enum sr_status sr_reader_u8(struct sr_reader *r, uint8_t *out)
{
    uint64_t value;
    SR_TRY(read_be(r, sizeof *out, &value));
    *out = (uint8_t)value;
    return SR_OK;
}

enum sr_status sr_reader_u16be(struct sr_reader *r, uint16_t *out)
{
    uint64_t value;
    SR_TRY(read_be(r, sizeof *out, &value));
    *out = (uint16_t)value;
    return SR_OK;
}

enum sr_status sr_reader_u32be(struct sr_reader *r, uint32_t *out)
{
    uint64_t value;
    SR_TRY(read_be(r, sizeof *out, &value));
    *out = (uint32_t)value;
    return SR_OK;
}

enum sr_status sr_reader_u64be(struct sr_reader *r, uint64_t *out)
{
    return read_be(r, sizeof *out, out);
}

/* Read width bytes, least significant first. */
static enum sr_status read_le(struct sr_reader *r, size_t width, uint64_t *out)
{
    assert(width >= 1);
    assert(width <= sizeof *out);

    struct sr_bytes digits;
    SR_TRY(sr_reader_take(r, width, &digits));
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value |= (uint64_t)digits.ptr[i] << 8 * i;
    }
    *out = value;
    return SR_OK;
}

enum sr_status sr_reader_u16le(struct sr_reader *r, uint16_t *out)
{
    uint64_t value;
    SR_TRY(read_le(r, sizeof *out, &value));
    *out = (uint16_t)value;
    return SR_OK;
}

enum sr_status sr_reader_u32le(struct sr_reader *r, uint32_t *out)
{
    uint64_t value;
    SR_TRY(read_le(r, sizeof *out, &value));
    *out = (uint32_t)value;
    return SR_OK;
}

enum sr_status sr_reader_u64le(struct sr_reader *r, uint64_t *out)
{
    return read_le(r, sizeof *out, out);
}

enum sr_status sr_reader_block_u16be(struct sr_reader *r, size_t len_max, struct sr_bytes *out)
{
    struct sr_reader ahead = *r; /* r moves only when the whole block is there */
    uint16_t len;
    SR_TRY(sr_reader_u16be(&ahead, &len));
    if (len > len_max) {
        return SR_TOO_LARGE;
    }
    SR_TRY(sr_reader_take(&ahead, len, out));
    *r = ahead;
    return SR_OK;
}

enum sr_status sr_reader_block_u32be(struct sr_reader *r, size_t len_max, struct sr_bytes *out)
{
    struct sr_reader ahead = *r; /* as above */
    uint32_t len;
    SR_TRY(sr_reader_u32be(&ahead, &len));
    if (len > len_max) {
        return SR_TOO_LARGE;
    }
    SR_TRY(sr_reader_take(&ahead, len, out));
    *r = ahead;
    return SR_OK;
}

enum sr_status sr_reader_end(const struct sr_reader *r)
{
    return r->rest.len == 0 ? SR_OK : SR_MALFORMED;
}
