/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: 72 bytes and no other number; the message is the one of the specification. */
#include "formats/cosignature.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static void a_cosignature_comes_back(void)
{
    uint8_t bytes[SR_COSIGNATURE_BYTES];
    uint8_t again[SR_COSIGNATURE_BYTES];
    struct sr_cosignature c;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    CHECK(sr_cosignature_decode(sr_bytes(bytes, sizeof bytes), &c, NULL) == SR_OK);
    CHECK(c.utc_s == 0x0001020304050607);
    CHECK(c.signature[0] == 8 && c.signature[63] == 71);
    sr_cosignature_encode(&c, again);
    CHECK(memcmp(bytes, again, sizeof bytes) == 0);
    CHECK(sr_cosignature_decode(sr_bytes(bytes, sizeof bytes - 1), &c, NULL) == SR_MALFORMED);
    CHECK(sr_cosignature_decode(sr_bytes(bytes, 0), &c, NULL) == SR_MALFORMED);
}

static void the_message_is_time_and_text(void)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(256, &out) == SR_OK);
    CHECK(sr_cosignature_message(1679315147, sr_text_view("o\n1\n"), out) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view("cosignature/v1\ntime 1679315147\no\n1\n")));
}

int main(void)
{
    RUN(a_cosignature_comes_back);
    RUN(the_message_is_time_and_text);
    return check_done();
}
