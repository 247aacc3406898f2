/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rule AC-16 of docs/formats/act.md. */
#include "acts/roster.h"

#include <string.h>

#include "acts/act.h"
#include "tests/check.h"

static void test_goes_there_and_back(void)
{
    static const char *const LINES[] = {
        "alice officer ssh-ed25519 AAAA",
        "b\xc3\xb6rje officer,security,r3 spki MCow",
        "a 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 k",
    };
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        struct sr_roster line;
        SR_AUTO(sr_buf) out = NULL;
        CHECK(sr_buf_new(SR_ACT_ITEM_BYTES_MAX, &out) == SR_OK);
        CHECK(sr_roster_parse(sr_text_view(LINES[i]), &line, NULL) == SR_OK);
        CHECK(sr_roster_put(&line, out) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(LINES[i])));
    }
    struct sr_roster line;
    CHECK(sr_roster_parse(sr_text_view(LINES[1]), &line, NULL) == SR_OK);
    CHECK(line.roles == 3 && sr_text_equal(line.role[1], sr_text_view("security")));
    CHECK(sr_text_equal(line.name, sr_text_view("b\xc3\xb6rje")));
    CHECK(sr_text_equal(line.key, sr_text_view("spki MCow")));
}

static void test_refuses(void)
{
    static const char *const WRONG[] = {
        " ",
        "alice",
        "alice officer",
        "alice officer ",
        " officer key",
        "alice  key",
        "alice ,officer key",
        "alice officer, key",
        "alice officer,,security key",
        "alice officer,officer key",
        "alice officer key\n",
        "ali\x1b"
        "ce officer key",
        "a 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 k",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct sr_roster line;
        CHECK(sr_roster_parse(sr_text_view(WRONG[i]), &line, NULL) == SR_MALFORMED);
    }
    struct sr_roster line;
    char big[SR_ACT_ITEM_BYTES_MAX + 1];
    memset(big, 'x', sizeof big);
    memcpy(big, "alice officer ", 14);
    CHECK(sr_roster_parse(sr_bytes(big, sizeof big), &line, NULL) == SR_TOO_LARGE);
    CHECK(sr_roster_parse(sr_bytes(big, sizeof big - 1), &line, NULL) == SR_OK);
    CHECK(sr_roster_parse(sr_bytes(big, 0), &line, NULL) == SR_TOO_LARGE);
    memset(big, 'x', sizeof big);
    memcpy(big + 128, " officer key", 12);
    CHECK(sr_roster_parse(sr_bytes(big, 140), &line, NULL) == SR_MALFORMED);
    CHECK(sr_roster_parse(sr_bytes(big + 1, 139), &line, NULL) == SR_OK);
}

int main(void)
{
    RUN(test_goes_there_and_back);
    RUN(test_refuses);
    return check_done();
}
