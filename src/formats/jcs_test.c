/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules JC-1 to JC-6 of docs/formats/jcs.md, with the examples of RFC 8785. */
#include "formats/jcs.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"

static enum sr_status encode(const char *text, struct sr_buf *out)
{
    SR_AUTO(sr_json) j = NULL;
    SR_TRY(sr_json_decode(sr_text_view(text), 64, &j, NULL));
    return sr_jcs_encode(sr_json_root(j), out, NULL);
}

static bool becomes(const char *text, const char *expected)
{
    SR_AUTO(sr_buf) out = NULL;
    return sr_buf_new(4096, &out) == SR_OK && encode(text, out) == SR_OK &&
           sr_text_equal(sr_buf_view(out), sr_text_view(expected));
}

/* Sections 3.2.2 and 3.2.3, the first without its fractions. */
static void test_examples_of_the_rfc(void)
{
    CHECK(becomes("{ \"numbers\": [333333333, 450, 2],\n"
                  "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
                  "\"literals\": [null, true, false] }",
                  "{\"literals\":[null,true,false],\"numbers\":[333333333,450,2],"
                  "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"));
    CHECK(becomes("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
                  "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
                  "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                  "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
                  "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                  "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\","
                  "\"\xe2\x82\xac\":\"Euro Sign\","
                  "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
                  "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}"));
}

static void test_order_of_keys(void)
{
    CHECK(becomes("{\"b\":1,\"a\":2,\"\":3,\"ab\":4,\"B\":5}",
                  "{\"\":3,\"B\":5,\"a\":2,\"ab\":4,\"b\":1}"));
    /* U+D7FF, U+10000, U+10FFFF, U+E000, U+FFFF: order of UTF-16, which is not that of UTF-8. */
    CHECK(becomes("{\"\xef\xbf\xbf\":1,\"\xee\x80\x80\":2,\"\xf4\x8f\xbf\xbf\":3,"
                  "\"\xf0\x90\x80\x80\":4,\"\xed\x9f\xbf\":5}",
                  "{\"\xed\x9f\xbf\":5,\"\xf0\x90\x80\x80\":4,\"\xf4\x8f\xbf\xbf\":3,"
                  "\"\xee\x80\x80\":2,\"\xef\xbf\xbf\":1}"));
    CHECK(becomes("{\"x\":{\"z\":[],\"y\":{}},\"a\":[{\"q\":1,\"p\":[[]]}]}",
                  "{\"a\":[{\"p\":[[]],\"q\":1}],\"x\":{\"y\":{},\"z\":[]}}"));
}

static void test_strings(void)
{
    CHECK(becomes("\"\\b\\t\\n\\f\\r\\u0001\\u001F\\u007f\\/<>&\\u2028\"",
                  "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f/<>&\xe2\x80\xa8\""));
}

static void test_numbers(void)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(64, &out) == SR_OK);
    CHECK(becomes("[ 0,0,-1,9007199254740991,-9007199254740991]",
                  "[0,0,-1,9007199254740991,-9007199254740991]"));
    CHECK(encode("9007199254740992", out) == SR_UNSUPPORTED);
    CHECK(encode("-9007199254740992", out) == SR_UNSUPPORTED);
    CHECK(encode("-9223372036854775808", out) == SR_UNSUPPORTED);
    CHECK(encode("1.0", out) == SR_UNSUPPORTED);
    CHECK(encode("1e2", out) == SR_UNSUPPORTED);
}

static void test_depth(void)
{
    char text[2 * SR_JCS_DEPTH_MAX + 3] = {0};
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_json) json = NULL;
    CHECK(sr_buf_new(256, &out) == SR_OK);
    memset(text, '[', SR_JCS_DEPTH_MAX);
    memset(text + SR_JCS_DEPTH_MAX, ']', SR_JCS_DEPTH_MAX);
    CHECK(becomes(text, text));
    memset(text, '[', SR_JCS_DEPTH_MAX + 1);
    memset(text + SR_JCS_DEPTH_MAX + 1, ']', SR_JCS_DEPTH_MAX + 1);
    CHECK(encode(text, out) == SR_TOO_LARGE);
    CHECK(sr_jcs_decode(sr_text_view(text), &json, NULL) == SR_TOO_LARGE);
}

static enum sr_status decode(const char *text, struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    enum sr_status status = sr_jcs_decode(sr_text_view(text), &json, err);
    CHECK((status == SR_OK) == (json != NULL));
    return status;
}

static void test_canonical_to_the_byte(void)
{
    static const struct {
        const char *text;
        const char *where;
    } WRONG[] = {
        {" {}", "byte 0"},         {"{} ", "byte 2"},         {"{\"b\":1,\"a\":2}", "byte 2"},
        {"[1, 2]", "byte 3"},      {"\"\\u0041\"", "byte 1"}, {"\"\\/\"", "byte 1"},
        {"\"\\u000a\"", "byte 2"}, {"\"\\u001F\"", "byte 6"}, {"\"\\u20ac\"", "byte 1"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct sr_err err = {0};
        CHECK(decode(WRONG[i].text, &err) == SR_MALFORMED);
        CHECK(strstr(err.message, "not canonical JSON") != NULL);
        CHECK(strstr(err.message, WRONG[i].where) != NULL);
    }
    CHECK(decode("{\"a\":[],\"b\":{\"c\":null,\"d\":[true,false,-7,\"\x7f\"]}}", NULL) == SR_OK);
    CHECK(decode("-0", NULL) == SR_MALFORMED);
    CHECK(decode("{\"a\":1,\"a\":1}", NULL) == SR_MALFORMED);
    CHECK(decode("[1.5]", NULL) == SR_UNSUPPORTED);
    CHECK(decode("", NULL) == SR_MALFORMED);
    CHECK(decode("[", NULL) == SR_MALFORMED);
}

static const char *const PLAIN[] = {
    "{}",
    "[]",
    "0",
    "-7",
    "\"\"",
    "null",
    "true",
    "[true,false,null]",
    "999999999999999",
    "{\"a\":1,\"ab\":[{},[]],\"b\":{\"\":\"\\\"\\\\\\b\\f\\n\\r\\t\"}}",
};
static const char *const OTHERS[] = {
    "",
    " {}",
    "{} ",
    "{ }",
    "{}{}",
    "[1,]",
    "[,1]",
    "[1 ,2]",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"b\":1,\"a\":2}",
    "{\"ab\":1,\"a\":2}",
    "{\"a\":1,\"a\":2}",
    "{\"a\\n\":1}",
    "[",
    "]",
    "[}",
    "{]",
    "{\"a\":1]",
    "\"",
    "\"\\",
    "\"\\u0000\"",
    "\"\\/\"",
    "\"\t\"",
    "\"\x7f\"",
    "\"\xc3\xa9\"",
    "-0",
    "01",
    "-",
    "1.5",
    "1e3",
    "1000000000000000",
    "tru",
    "null0",
    "{1:2}",
    "a",
};

/* What is said to be plain is canonical; what is not plain is decoded all the same. */
static void test_plain_texts(void)
{
    char deep[2 * (SR_JCS_DEPTH_MAX + 1) + 1];
    for (size_t i = 0; i < sizeof PLAIN / sizeof PLAIN[0]; i++) {
        CHECK(sr_jcs_is_plain(sr_text_view(PLAIN[i])));
        CHECK(decode(PLAIN[i], NULL) == SR_OK && becomes(PLAIN[i], PLAIN[i]));
        for (size_t len = 0; len < strlen(PLAIN[i]); len++) {
            struct sr_bytes cut = sr_bytes(PLAIN[i], len);
            SR_AUTO(sr_json) j = NULL;
            CHECK(!sr_jcs_is_plain(cut) || sr_jcs_decode(cut, &j, NULL) == SR_OK);
        }
    }
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        CHECK(!sr_jcs_is_plain(sr_text_view(OTHERS[i])));
    }
    for (size_t depth = SR_JCS_DEPTH_MAX; depth <= SR_JCS_DEPTH_MAX + 1; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        CHECK(sr_jcs_is_plain(sr_bytes(deep, 2 * depth)) == (depth <= SR_JCS_DEPTH_MAX));
    }
}

static void test_no_memory(void)
{
    SR_AUTO(sr_json) j = NULL;
    CHECK(sr_json_decode(sr_text_view("{\"b\":{\"c\":1},\"a\":2}"), 8, &j, NULL) == SR_OK);
    FAULT_SWEEP {
        SR_AUTO(sr_buf) out = NULL;
        enum sr_status status = sr_buf_new(64, &out);
        if (status == SR_OK) {
            status = sr_jcs_encode(sr_json_root(j), out, NULL);
        }
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
    }
    CHECK(fault_sweep_faults() >= 3);
    SR_AUTO(sr_buf) small = NULL;
    CHECK(sr_buf_new(5, &small) == SR_OK);
    CHECK(sr_jcs_encode(sr_json_root(j), small, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(test_examples_of_the_rfc);
    RUN(test_order_of_keys);
    RUN(test_strings);
    RUN(test_numbers);
    RUN(test_depth);
    RUN(test_canonical_to_the_byte);
    RUN(test_plain_texts);
    RUN(test_no_memory);
    return check_done();
}
