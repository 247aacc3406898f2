/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docs/formats/json.md is broken alone; what is read can be walked and written. */
#include "formats/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"

/* A literal with its NULs, without the last one. */
#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t len;
    enum sr_status status;
    const char *message;
} BAD_TEXTS[] = {
    {TEXT("\"\xff\""), SR_MALFORMED, "json: not UTF-8 at byte 1"}, /* J-1 */
    {TEXT("\"\xed\xa0\x80\""), SR_MALFORMED, "json: not UTF-8 at byte 1"},
    {TEXT("\"\xc3"), SR_MALFORMED, "json: string without end at byte 0"},
    {TEXT("\xef\xbb\xbf[]"), SR_MALFORMED, "json: unexpected byte 0xef at byte 0"},
    {TEXT("[true\0]"), SR_MALFORMED, "json: unexpected byte 0x00 at byte 5"}, /* J-2 */
    {TEXT("[1\0]"), SR_MALFORMED, "json: unexpected byte 0x00 at byte 2"},
    {TEXT("[\v]"), SR_MALFORMED, "json: unexpected byte 0x0b at byte 1"},
    {TEXT("\"a\nb\""), SR_MALFORMED, "json: invalid syntax at byte 2"},
    {TEXT("[] []"), SR_MALFORMED, "json: more than one value at byte 4"}, /* J-3 */
    {TEXT("[]]"), SR_MALFORMED, "json: more than one value at byte 3"},
    {TEXT(""), SR_MALFORMED, "json: no value at byte 0"},
    {TEXT("  "), SR_MALFORMED, "json: the text ends too early at byte 2"},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), SR_MALFORMED, "json: duplicate key at byte 15"}, /* J-4 */
    {TEXT("[[[[0]]]]"), SR_TOO_LARGE, "json: nested deeper than 3 at byte 3"},         /* J-5 */
    {TEXT("[{\"a\":[{}]}]"), SR_TOO_LARGE, "json: nested deeper than 3 at byte 7"},
    {TEXT("\"\\u0000\""), SR_MALFORMED, "json: NUL in a string at byte 8"}, /* J-6 */
    {TEXT("{\"\\u0000\":1}"), SR_MALFORMED, "json: NUL in a key at byte 9"},
    {TEXT("\"\\ud800\""), SR_MALFORMED, "json: invalid syntax at byte 8"},
    {TEXT("\"\\udc00\\ud800\""), SR_MALFORMED, "json: invalid syntax at byte 14"},
    {TEXT("9223372036854775808"), SR_MALFORMED, "json: number out of range at byte 19"}, /* J-7 */
    {TEXT("-9223372036854775809"), SR_MALFORMED, "json: number out of range at byte 20"},
    {TEXT("1e400"), SR_MALFORMED, "json: number out of range at byte 5"},
    {TEXT("[-0]"), SR_MALFORMED, "json: integer '-0' at byte 1"},
    {TEXT("01"), SR_MALFORMED, "json: invalid syntax at byte 1"},
    {TEXT("+1"), SR_MALFORMED, "json: invalid syntax at byte 1"},
    {TEXT("1.000000000000000000000000000000000000000000000000000000000000000"), SR_MALFORMED,
     "json: number over 64 bytes long at byte 0"}, /* J-8 */
    {TEXT("[NaN]"), SR_MALFORMED, "json: invalid syntax at byte 4"},
    {TEXT("Infinity"), SR_MALFORMED, "json: unknown word at byte 0"},
    {TEXT("[1,]"), SR_MALFORMED, "json: invalid syntax at byte 4"},
    {TEXT("{\"a\" 1}"), SR_MALFORMED, "json: invalid syntax at byte 6"},
    {TEXT("[\"a\\\"]"), SR_MALFORMED, "json: string without end at byte 1"},
    {TEXT("/**/[]"), SR_MALFORMED, "json: unexpected byte 0x2f at byte 0"},
    {TEXT("['a']"), SR_MALFORMED, "json: unexpected byte 0x27 at byte 1"},
};

static void each_rule_refuses(void)
{
    for (size_t i = 0; i < sizeof BAD_TEXTS / sizeof BAD_TEXTS[0]; i++) {
        SR_AUTO(sr_json) j = NULL;
        struct sr_err err = {0};
        enum sr_status status =
            sr_json_decode(sr_bytes(BAD_TEXTS[i].text, BAD_TEXTS[i].len), 3, &j, &err);
        if (status != BAD_TEXTS[i].status || strcmp(err.message, BAD_TEXTS[i].message) != 0) {
            printf("# case %zu: %s: %s\n", i, sr_status_info(status)->slug, err.message);
        }
        CHECK(status == BAD_TEXTS[i].status);
        CHECK(j == NULL);
        CHECK(strcmp(err.message, BAD_TEXTS[i].message) == 0);
    }
}

static void offsets_count_from_the_whole(void)
{
    SR_AUTO(sr_json) j = NULL;
    struct sr_err err = {0};
    CHECK(sr_json_decode_part(sr_text_view("[1 2]"), 1000, 1, &j, &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "json: invalid syntax at byte 1004") == 0);
    CHECK(sr_json_decode_part(sr_text_view("[#]"), 1000, 1, &j, &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "json: unexpected byte 0x23 at byte 1001") == 0);
    CHECK(sr_json_decode(sr_text_view("[#]"), 1, &j, NULL) == SR_MALFORMED);
}

static void text_over_2_gib_is_refused(void)
{
    SR_AUTO(sr_json) j = NULL;
    CHECK(sr_json_decode(sr_bytes("", (size_t)INT_MAX + 1), 1, &j, NULL) == SR_TOO_LARGE);
}

static void every_kind_is_read(void)
{
    static const char DOC[] = " {\"z\":[null,true,false,-9223372036854775808,9223372036854775807,"
                              "0,1.5,-1e2,0e0],\"a\":\"\\u00e4\\ud83d\\ude00\\n/\",\"m\":{}}\n";
    static const enum sr_json_kind KINDS[] = {
        SR_JSON_NULL,    SR_JSON_BOOL, SR_JSON_BOOL, SR_JSON_INTEGER, SR_JSON_INTEGER,
        SR_JSON_INTEGER, SR_JSON_REAL, SR_JSON_REAL, SR_JSON_REAL,
    };
    SR_AUTO(sr_json) j = NULL;
    CHECK(sr_json_decode(sr_text_view(DOC), 2, &j, NULL) == SR_OK);
    if (j == NULL) {
        return;
    }
    struct sr_json_value root = sr_json_root(j);
    struct sr_json_value z = root;
    CHECK(sr_json_kind(root) == SR_JSON_OBJECT && sr_json_count(root) == 3);
    CHECK(!sr_json_find(root, "zz", &z) && z.node == root.node);
    CHECK(sr_json_find(root, "z", &z) && sr_json_count(z) == 9);
    for (size_t i = 0; i < sr_json_count(z); i++) {
        CHECK(sr_json_kind(sr_json_at(z, i)) == KINDS[i]);
    }
    CHECK(sr_json_bool(sr_json_at(z, 1)) && !sr_json_bool(sr_json_at(z, 2)));
    CHECK(sr_json_integer(sr_json_at(z, 3)) == INT64_MIN);
    CHECK(sr_json_integer(sr_json_at(z, 4)) == INT64_MAX);

    static const char *const ORDER[] = {"z", "a", "m"}; /* that of the text, not of a hash */
    size_t members = 0;
    struct sr_json_iter it = sr_json_iter(root);
    while (sr_json_next(&it)) {
        CHECK(sr_text_equal(it.key, sr_text_view(ORDER[members])));
        members++;
    }
    CHECK(members == 3 && sr_json_kind(it.value) == SR_JSON_OBJECT);
    CHECK(sr_json_find(root, "a", &z));
    CHECK(sr_text_equal(sr_json_string(z), sr_text_view("\xc3\xa4\xf0\x9f\x98\x80\n/")));
}

/* J-9: the bound is computed from the text; what decoding takes is never above it. */
static void memory_is_bounded(void)
{
    static const struct {
        const char *unit;
        size_t count;
        bool fits;
    } CASES[] = {
        {"{\"k\":[[],{}]}", 5000, true}, {"0", 100000, true},
        {"0", 1500000, false},           {"[]", 30000, true},
        {"[]", 500000, false},           {"{}", 20000, true},
        {"{}", 250000, false},           {"\"\"", 50000, true},
        {"\"\"", 700000, false},         {"null", 300000, true},
        {"null", 4000000, false},        {"1.5", 100000, true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        size_t unit_len = strlen(CASES[i].unit);
        size_t len = (unit_len + 1) * CASES[i].count + 1;
        uint8_t *text = calloc(1, len);
        if (text == NULL) {
            continue;
        }
        text[0] = '[';
        for (size_t n = 0; n < CASES[i].count; n++) {
            memcpy(text + 1 + n * (unit_len + 1), CASES[i].unit, unit_len);
            text[1 + n * (unit_len + 1) + unit_len] = ',';
        }
        text[len - 1] = ']';
        SR_AUTO(sr_json) j = NULL;
        enum sr_status status = sr_json_decode(sr_bytes(text, len), 4, &j, NULL);
        CHECK(status == (CASES[i].fits ? SR_OK : SR_TOO_LARGE));
        if (j != NULL) {
            CHECK(sr_json_count(sr_json_root(j)) == CASES[i].count);
            CHECK(sr_json_peak_bytes(j) > CASES[i].count); /* something was counted */
            CHECK(sr_json_peak_bytes(j) <= sr_json_cost_bytes(j));
            CHECK(sr_json_cost_bytes(j) <= SR_LIMIT_JSON_HEAP_BYTES);
        }
        free(text);
    }
}

/* The same for one object with many keys, and for one long string or key. */
static void memory_of_keys_is_bounded(void)
{
    enum { KEYS = 30000, LONG = 2000000 };
    static char text[LONG + 100];
    size_t len = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        len += (size_t)snprintf(text + len, 20, "%c\"%06x\":%u", i == 0 ? '{' : ',', i, i % 2);
    }
    text[len] = '}';
    SR_AUTO(sr_json) many = NULL;
    CHECK(sr_json_decode(sr_bytes(text, len + 1), 1, &many, NULL) == SR_OK);
    CHECK(many != NULL && sr_json_peak_bytes(many) <= sr_json_cost_bytes(many));
    CHECK(many != NULL && sr_json_count(sr_json_root(many)) == KEYS);

    memset(text, 'x', LONG);
    memcpy(text, "{\"", 2);
    memcpy(text + LONG, "\":1}", 4);
    SR_AUTO(sr_json) key = NULL;
    CHECK(sr_json_decode(sr_bytes(text, LONG + 4), 1, &key, NULL) == SR_OK);
    CHECK(key != NULL && sr_json_peak_bytes(key) <= sr_json_cost_bytes(key));
    memcpy(text, "[\"", 2);
    memcpy(text + LONG, "\"]", 2);
    SR_AUTO(sr_json) string = NULL;
    CHECK(sr_json_decode(sr_bytes(text, LONG + 2), 1, &string, NULL) == SR_OK);
    CHECK(string != NULL && sr_json_peak_bytes(string) <= sr_json_cost_bytes(string));
}

/* Numbers shorter than Jansson's token buffer: see the note on memory in docs/formats/json.md. */
static void survives_failing_memory(void)
{
    static const char DOC[] = "{\"long enough to make the token buffer grow\":[1,{\"b\":\"string"
                              " that is long, longer than the one before\"},[],2.5,null],\"c\":{}}";
    FAULT_SWEEP {
        SR_AUTO(sr_json) j = NULL;
        struct sr_err err = {0};
        enum sr_status status = sr_json_decode(sr_text_view(DOC), 4, &j, &err);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
        CHECK((j == NULL) == fault_fired());
    }
    CHECK(fault_sweep_faults() > 20);
}

static enum sr_status write_example(struct sr_json_writer *w)
{
    static const uint8_t RAW[] = {0x00, 0xff};
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_key(w, "list"));
    SR_TRY(sr_json_open_array(w));
    SR_TRY(sr_json_put_u64(w, 0));
    SR_TRY(sr_json_put_u64(w, UINT64_MAX));
    SR_TRY(sr_json_open_array(w));
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_close_object(w));
    SR_TRY(sr_json_put_bool(w, true));
    SR_TRY(sr_json_put_bool(w, false));
    SR_TRY(sr_json_put_null(w));
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_json_key(w, "text"));
    SR_TRY(sr_json_put_string(w, sr_text_view("\"\\\b\f\n\r\t\x01\x1f \x7f/\xc3\xa4")));
    SR_TRY(sr_json_key(w, "hex"));
    SR_TRY(sr_json_put_hex(w, sr_bytes(RAW, sizeof RAW)));
    SR_TRY(sr_json_key(w, "empty"));
    SR_TRY(sr_json_put_string(w, sr_bytes(NULL, 0)));
    return sr_json_close_object(w);
}

static const char WRITTEN[] = "{\"list\":[0,18446744073709551615,[],{},true,false,null],"
                              "\"text\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f \\u007f/"
                              "\xc3\xa4\",\"hex\":\"00ff\",\"empty\":\"\"}";

static void writes_what_was_asked(void)
{
    SR_AUTO(sr_buf) buf = NULL;
    CHECK(sr_buf_new(1000, &buf) == SR_OK);
    struct sr_json_writer w = {.out = buf};
    CHECK(write_example(&w) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(buf), sr_text_view(WRITTEN)));
    CHECK(sr_json_put_string(&w, sr_text_view("\xff")) == SR_MALFORMED);
    CHECK(sr_text_equal(sr_buf_view(buf), sr_text_view(WRITTEN)));
}

static void writing_stops_at_the_limit(void)
{
    for (size_t limit = 0; limit < sizeof WRITTEN - 1; limit++) {
        SR_AUTO(sr_buf) buf = NULL;
        CHECK(sr_buf_new(limit, &buf) == SR_OK);
        struct sr_json_writer w = {.out = buf};
        CHECK(write_example(&w) == SR_TOO_LARGE);
    }
}

static void object_splits_into_members(void)
{
    static const char DOC[] =
        "{ \"a\" : [1,{\"}\":2}, \"]\\\"\"] ,\"b\":\"x,y\",\n\"c\":{}, \"\\\"\" :7 } tail";
    static const struct {
        const char *key;
        const char *value;
        uint64_t value_offset;
    } PARTS[] = {
        {"\"a\"", "[1,{\"}\":2}, \"]\\\"\"] ", 108},
        {"\"b\"", "\"x,y\"", 132},
        {"\"c\"", "{}", 143},
        {"\"\\\"\"", "7 ", 153},
    };
    struct sr_json_members m = {.text = sr_text_view(DOC), .offset = 100};
    bool found = false;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        struct sr_json_member member = {0};
        CHECK(sr_json_members_next(&m, &found, &member, NULL) == SR_OK && found);
        CHECK(sr_text_equal(member.key, sr_text_view(PARTS[i].key)));
        CHECK(sr_text_equal(member.value, sr_text_view(PARTS[i].value)));
        CHECK(member.value_offset == PARTS[i].value_offset);
    }
    struct sr_json_member none = {0};
    CHECK(sr_json_members_next(&m, &found, &none, NULL) == SR_OK && !found);
    CHECK(m.at == sizeof DOC - sizeof " tail");
}

static void what_does_not_split_is_refused(void)
{
    static const struct {
        const char *text;
        const char *message;
    } CASES[] = {
        {"", "json: expected '{' at byte 50"},
        {"[]", "json: expected '{' at byte 50"},
        {"{", "json: expected a key at byte 51"},
        {"{1:2}", "json: expected a key at byte 51"},
        {"{\"a:1}", "json: expected a key at byte 51"},
        {"{\"a\" 1}", "json: expected ':' at byte 55"},
        {"{\"a\":1", "json: expected ',' or '}' at byte 56"},
        {"{\"a\":\"b}", "json: expected ',' or '}' at byte 55"},
        {"{\"a\":1]", "json: expected ',' or '}' at byte 56"},
        {"{\"a\":1,}", "json: expected a key at byte 57"},
        {"{,}", "json: expected a key at byte 51"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_json_members m = {.text = sr_text_view(CASES[i].text), .offset = 50};
        struct sr_json_member member = {0};
        struct sr_err err = {0};
        bool found = true;
        enum sr_status status = SR_OK;
        while (status == SR_OK && found) {
            status = sr_json_members_next(&m, &found, &member, &err);
        }
        CHECK(status == SR_MALFORMED);
        CHECK(strcmp(err.message, CASES[i].message) == 0);
        if (strcmp(err.message, CASES[i].message) != 0) {
            printf("# case %zu: %s\n", i, err.message);
        }
    }
}

int main(void)
{
    RUN(each_rule_refuses);
    RUN(offsets_count_from_the_whole);
    RUN(text_over_2_gib_is_refused);
    RUN(every_kind_is_read);
    RUN(memory_is_bounded);
    RUN(memory_of_keys_is_bounded);
    RUN(survives_failing_memory);
    RUN(writes_what_was_asked);
    RUN(writing_stops_at_the_limit);
    RUN(object_splits_into_members);
    RUN(what_does_not_split_is_refused);
    return check_done();
}
