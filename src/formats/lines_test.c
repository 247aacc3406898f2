/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: lines end in newlines; a hash is one spelling of 32 bytes. */
#include "formats/lines.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static void lines_are_taken_whole(void)
{
    struct sr_bytes rest = sr_text_view("a\n\nbc");
    struct sr_bytes line;
    CHECK(sr_lines_take(&rest, &line) && sr_text_equal(line, sr_text_view("a")));
    CHECK(sr_lines_take(&rest, &line) && line.len == 0);
    CHECK(!sr_lines_take(&rest, &line) && sr_text_equal(rest, sr_text_view("bc")));
    CHECK(sr_lines_are_filled(sr_text_view("")) && sr_lines_are_filled(sr_text_view("a\nb\n")));
    CHECK(!sr_lines_are_filled(sr_text_view("a\n\n")) && !sr_lines_are_filled(sr_text_view("a")));
}

static void hashes_have_one_spelling(void)
{
    uint8_t hash[32];
    uint8_t again[32];
    SR_AUTO(sr_buf) out = NULL;
    memset(hash, 0xa5, sizeof hash);
    CHECK(sr_buf_new(256, &out) == SR_OK);
    CHECK(sr_lines_put_hash(hash, out) == SR_OK);
    struct sr_bytes line = sr_buf_view(out);
    CHECK(line.len == 45);
    line.len--;
    CHECK(sr_lines_hash(line, again) == SR_OK && memcmp(hash, again, sizeof hash) == 0);
    CHECK(sr_lines_hash(sr_bytes(line.ptr, 40), again) == SR_MALFORMED);
    /* 33 and 31 bytes, and a bit behind the last byte */
    static const char *const BAD[] = {"paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl",
                                      "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpQ==",
                                      "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaX="};
    for (size_t i = 0; i < 3; i++) {
        CHECK(sr_lines_hash(sr_text_view(BAD[i]), again) == SR_MALFORMED);
    }
    sr_buf_clear(out);
    CHECK(sr_lines_put_number("n ", UINT64_MAX, out) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view("n 18446744073709551615\n")));
}

int main(void)
{
    RUN(lines_are_taken_whole);
    RUN(hashes_have_one_spelling);
    return check_done();
}
