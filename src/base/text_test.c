/* SPDX-License-Identifier: Apache-2.0 */
/* One spelling for each value: everything else is refused and leaves the output alone. */
#include "base/text.h"

#include <string.h>

#include "tests/check.h"

static enum sr_status parse(const char *s, uint64_t *out)
{
    return sr_text_parse_u64(sr_text_view(s), 0, UINT64_MAX, out);
}

static void numbers_have_one_spelling(void)
{
    static const char *const BAD[] = {"", "-1", "+1", " 1", "1 ", "01", "00", "1e3", "0x1", "1.0"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(parse(BAD[i], &value) == SR_MALFORMED);
    }
    CHECK(parse("18446744073709551616", &value) == SR_TOO_LARGE);
    CHECK(parse("99999999999999999999", &value) == SR_TOO_LARGE);
    CHECK(value == 7);
    CHECK(parse("18446744073709551615", &value) == SR_OK && value == UINT64_MAX);
    CHECK(parse("0", &value) == SR_OK && value == 0);
    CHECK(sr_text_parse_u64(sr_text_view("4"), 5, 9, &value) == SR_TOO_LARGE);
    CHECK(sr_text_parse_u64(sr_text_view("10"), 5, 9, &value) == SR_TOO_LARGE);
    CHECK(sr_text_parse_u64(sr_text_view("9"), 5, 9, &value) == SR_OK && value == 9);
}

static void hex_goes_there_and_back(void)
{
    static const uint8_t DATA[] = {0x00, 0x9f, 0xa0, 0xff};
    char text[2 * sizeof DATA + 1];
    uint8_t back[sizeof DATA] = {1, 1, 1, 1};
    sr_text_hex(sr_bytes(DATA, sizeof DATA), text);
    CHECK(strcmp(text, "009fa0ff") == 0);
    CHECK(sr_text_unhex(sr_text_view("009fA0ff"), back, sizeof back) == SR_MALFORMED);
    CHECK(sr_text_unhex(sr_text_view("009fa0f"), back, sizeof back) == SR_MALFORMED);
    CHECK(sr_text_unhex(sr_text_view("009fa0ff00"), back, sizeof back) == SR_MALFORMED);
    CHECK(back[0] == 1);
    CHECK(sr_text_unhex(sr_text_view(text), back, sizeof back) == SR_OK);
    CHECK(memcmp(back, DATA, sizeof DATA) == 0);
}

static void utf8_follows_the_table(void)
{
    static const char *const GOOD[] = {"",
                                       "plain",
                                       "\xc2\x80",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const BAD[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x82",
                                      "\xe2\x82z",
                                      "a\xff"};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        CHECK(sr_text_is_utf8(sr_text_view(GOOD[i])));
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(!sr_text_is_utf8(sr_text_view(BAD[i])));
    }
    CHECK(!sr_text_is_utf8(sr_bytes("a\0b", 3)));
}

static void plain_text_does_nothing(void)
{
    static const char *const GOOD[] = {"",
                                       "a b~",
                                       "\xc3\xa9\xe2\x82\xac",
                                       "\xc2\xa0",
                                       "\xe2\x80\x8c",
                                       "\xe2\x80\xaf",
                                       "\xf0\x9f\x98\x80",
                                       "\xe2\x81\xb0"};
    static const char *const BAD[] = {
        "\x1f",             /* the last of C0 */
        "a\x7f",            /* DEL */
        "\xc2\x80",         /* the first of C1 */
        "\xc2\x9f",         /* and the last */
        "\xd8\x9c",         /* Arabic letter mark */
        "a\xe2\x80\x8b",    /* zero width space */
        "\xe2\x80\x8e",     /* left-to-right mark */
        "\xe2\x80\xa8",     /* line separator */
        "\xe2\x80\xae",     /* right-to-left override */
        "\xe2\x81\xa6",     /* isolate */
        "\xef\xbb\xbf",     /* byte order mark */
        "\xf3\xa0\x81\x81", /* a tag */
        "a\xff",            /* not UTF-8 */
    };
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        CHECK(sr_text_is_plain(sr_text_view(GOOD[i])));
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(!sr_text_is_plain(sr_text_view(BAD[i])));
    }
    CHECK(!sr_text_is_plain(sr_bytes("a\0b", 3)));
}

static void equality_looks_at_every_byte(void)
{
    struct sr_id a = {.bytes = {1}};
    struct sr_id b = {.bytes = {1}};
    CHECK(sr_text_id_equal(&a, &b));
    b.bytes[SR_ID_BYTES - 1] = 1;
    CHECK(!sr_text_id_equal(&a, &b));
    CHECK(sr_text_equal(sr_text_view("ab"), sr_text_view("ab")));
    CHECK(!sr_text_equal(sr_text_view("ab"), sr_text_view("abc")));
    CHECK(!sr_text_equal(sr_text_view("ab"), sr_text_view("ac")));
    CHECK(sr_text_equal(sr_bytes(NULL, 0), sr_text_view("")));
    CHECK(sr_text_begins(sr_text_view("abc"), "ab"));
    CHECK(!sr_text_begins(sr_text_view("a"), "ab"));
    CHECK(!sr_text_begins(sr_text_view("bab"), "ab"));
}

int main(void)
{
    RUN(numbers_have_one_spelling);
    RUN(hex_goes_there_and_back);
    RUN(utf8_follows_the_table);
    RUN(plain_text_does_nothing);
    RUN(equality_looks_at_every_byte);
    return check_done();
}
