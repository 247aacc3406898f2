/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer writes, the reader reads; integers come out big-endian. */
#include "base/writer.h"

#include <string.h>

#include "base/reader.h"
#include "tests/check.h"

static void writes_every_field_big_endian(void)
{
    static const uint8_t WANT[] = {1,  2,  3,  4,  5,  6, 7, 8,   9,  10,
                                   11, 12, 13, 14, 15, 0, 2, 'o', 'k'};
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(sizeof WANT, &b) == SR_OK);
    CHECK(sr_writer_u8(b, 1) == SR_OK);
    CHECK(sr_writer_u16be(b, 0x0203) == SR_OK);
    CHECK(sr_writer_u32be(b, 0x04050607) == SR_OK);
    CHECK(sr_writer_u64be(b, 0x08090a0b0c0d0e0f) == SR_OK);
    CHECK(sr_writer_block_u16be(b, sr_bytes("ok", 2)) == SR_OK);
    CHECK(sr_writer_u8(b, 0) == SR_TOO_LARGE);
    CHECK(sr_buf_view(b).len == sizeof WANT);
    CHECK(memcmp(sr_buf_view(b).ptr, WANT, sizeof WANT) == 0);
}

static void refuses_a_block_its_length_cannot_say(void)
{
    static const uint8_t BIG[UINT16_MAX + 1];
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(1 << 20, &b) == SR_OK);
    CHECK(sr_writer_block_u16be(b, sr_bytes(BIG, sizeof BIG)) == SR_TOO_LARGE);
    CHECK(sr_buf_view(b).len == 0);
    CHECK(sr_writer_block_u16be(b, sr_bytes(BIG, UINT16_MAX)) == SR_OK);
}

static void puts_into_fixed_memory(void)
{
    uint8_t out[8];
    sr_writer_put_u64be(out, 0x0102030405060708);
    struct sr_reader r = sr_reader(sr_bytes(out, sizeof out));
    uint64_t back = 0;
    CHECK(sr_reader_u64be(&r, &back) == SR_OK);
    CHECK(back == 0x0102030405060708);
    sr_writer_put_u32be(out, 0xa0b0c0d0);
    CHECK(out[0] == 0xa0 && out[3] == 0xd0);
}

int main(void)
{
    RUN(writes_every_field_big_endian);
    RUN(refuses_a_block_its_length_cannot_say);
    RUN(puts_into_fixed_memory);
    return check_done();
}
