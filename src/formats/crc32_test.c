/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/crc32.h"

#include "base/text.h"
#include "tests/check.h"

static void the_check_value_is_that_of_the_standard(void)
{
    CHECK(sr_crc32(0, sr_text_view("123456789")) == 0xcbf43926);
    CHECK(sr_crc32_portable(0, sr_text_view("123456789")) == 0xcbf43926);
    CHECK(sr_crc32(0, sr_bytes(NULL, 0)) == 0);
    CHECK(sr_crc32_portable(7, sr_bytes(NULL, 0)) == 7);
}

static void both_agree_on_every_length_and_in_pieces(void)
{
    uint8_t data[1025];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        state = state * 1664525 + 1013904223;
        data[i] = (uint8_t)(state >> 24);
    }
    for (size_t len = 0; len <= sizeof data; len++) {
        uint32_t whole = sr_crc32(0, sr_bytes(data, len));
        uint32_t half = sr_crc32(0, sr_bytes(data, len / 2));
        CHECK(whole == sr_crc32_portable(0, sr_bytes(data, len)));
        CHECK(whole == sr_crc32(half, sr_bytes(data + len / 2, len - len / 2)));
    }
}

int main(void)
{
    RUN(the_check_value_is_that_of_the_standard);
    RUN(both_agree_on_every_length_and_in_pieces);
    return check_done();
}
