/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

/* Append the low width bytes of value, most significant first. */
static enum sr_status write_be(struct sr_buf *b, size_t width, uint64_t value)
{
    uint8_t *at = NULL;
    SR_TRY(sr_buf_extend(b, width, &at));
    for (size_t i = 0; i < width; i++) {
        at[i] = (uint8_t)(value >> 8 * (width - 1 - i));
    }
    return SR_OK;
}

enum sr_status sr_writer_u8(struct sr_buf *b, uint8_t value)
{
    return write_be(b, sizeof value, value);
}

enum sr_status sr_writer_u16be(struct sr_buf *b, uint16_t value)
{
    return write_be(b, sizeof value, value);
}

enum sr_status sr_writer_u32be(struct sr_buf *b, uint32_t value)
{
    return write_be(b, sizeof value, value);
}

enum sr_status sr_writer_u64be(struct sr_buf *b, uint64_t value)
{
    return write_be(b, sizeof value, value);
}

enum sr_status sr_writer_block_u16be(struct sr_buf *b, struct sr_bytes data)
{
    if (data.len > UINT16_MAX) {
        return SR_TOO_LARGE;
    }
    SR_TRY(sr_writer_u16be(b, (uint16_t)data.len));
    return sr_buf_append(b, data);
}

enum sr_status sr_writer_block_u32be(struct sr_buf *b, struct sr_bytes data)
{
    if (data.len > UINT32_MAX) {
        return SR_TOO_LARGE;
    }
    SR_TRY(sr_writer_u32be(b, (uint32_t)data.len));
    return sr_buf_append(b, data);
}

void sr_writer_put_u32be(uint8_t out[4], uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * (3 - i));
    }
}

void sr_writer_put_u64be(uint8_t out[8], uint64_t value)
{
    sr_writer_put_u32be(out, (uint32_t)(value >> 32));
    sr_writer_put_u32be(out + 4, (uint32_t)value);
}
