/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quantity.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static void durations_have_one_unit(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } GOOD[] = {{"1ms", 1}, {"30s", 30000}, {"90m", 5400000}, {"8h", 28800000}, {"2w", 1209600000}};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        int64_t ms = 0;
        CHECK(sr_quantity_duration(sr_text_view(GOOD[i].text), &ms) == SR_OK);
        CHECK(ms == GOOD[i].ms);
    }
    static const char *const BAD[] = {"",    "h",     "8",  "8 h", "08h",
                                      "-8h", "1d12h", "8H", "0h",  "8h "};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        int64_t ms = 7;
        CHECK(sr_quantity_duration(sr_text_view(BAD[i]), &ms) ==
              (strcmp(BAD[i], "0h") == 0 ? SR_TOO_LARGE : SR_MALFORMED));
        CHECK(ms == 7);
    }
    int64_t ms = 0;
    CHECK(sr_quantity_duration(sr_text_view("9223372036854775807s"), &ms) == SR_TOO_LARGE);
}

static void sizes_have_their_units(void)
{
    uint64_t bytes = 0;
    CHECK(sr_quantity_bytes(sr_text_view("200GB"), &bytes) == SR_OK);
    CHECK(bytes == UINT64_C(200000000000));
    CHECK(sr_quantity_bytes(sr_text_view("3KiB"), &bytes) == SR_OK);
    CHECK(bytes == 3072);
    CHECK(sr_quantity_bytes(sr_text_view("9000000TB"), &bytes) == SR_TOO_LARGE);
    CHECK(sr_quantity_bytes(sr_text_view("5kb"), &bytes) == SR_MALFORMED);
}

static void durations_are_shown_in_their_largest_unit(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } CASES[] = {{3600000, "1h"}, {5400000, "90m"}, {129600000, "36h"}, {1500, "1500ms"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[SR_QUANTITY_TEXT_BYTES];
        sr_quantity_put_duration(CASES[i].ms, text);
        CHECK(strcmp(text, CASES[i].text) == 0);
    }
}

int main(void)
{
    RUN(durations_have_one_unit);
    RUN(sizes_have_their_units);
    RUN(durations_are_shown_in_their_largest_unit);
    return check_done();
}
