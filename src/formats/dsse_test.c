/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules O-5 to O-8 of docs/formats/oms.md. */
#include "formats/dsse.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static enum sr_status decode(const char *text, struct sr_dsse *out, struct sr_err *err)
{
    SR_AUTO(sr_json) j = NULL;
    SR_TRY(sr_json_decode(sr_text_view(text), 8, &j, err));
    return sr_dsse_decode(sr_json_root(j), out, err);
}

static enum sr_status decodes(const char *text)
{
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    return decode(text, &d, NULL);
}

static void test_decodes(void)
{
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    CHECK(decode("{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AQID\"}]}",
                 &d, NULL) == SR_OK);
    CHECK(sr_buf_view(d.keyid).len == 0);
    CHECK(sr_text_equal(sr_buf_view(d.payload), sr_text_view("{}")));
    CHECK(sr_text_equal(sr_buf_view(d.payload_type), sr_text_view("t")));
    CHECK(sr_text_equal(sr_buf_view(d.signature), sr_text_view("\1\2\3")));
}

#define P "\"payload\":\"e30=\","
#define T "\"payloadType\":\"t\","
#define S "\"signatures\":[{\"sig\":\"AQID\"}]"

static void test_keyid_may_be_anything_but_a_number(void)
{
    CHECK(decodes("{" P T "\"signatures\":[{\"sig\":\"AQID\",\"keyid\":\"\"}]}") == SR_OK);
    CHECK(decodes("{" P T "\"signatures\":[{\"sig\":\"AQID\",\"keyid\":null}]}") == SR_OK);
    CHECK(decodes("{" P T "\"signatures\":[{\"sig\":\"AQID\",\"keyid\":1}]}") == SR_MALFORMED);
}

static void test_refuses(void)
{
    static const char *const WRONG[] = {
        "[]",
        "{" T S "}",
        "{" P S "}",
        "{" P T "\"signatures\":[]}",
        "{" P T "\"signatures\":{}}",
        "{" P T "\"signatures\":[{}]}",
        "{" P T "\"signatures\":[7]}",
        "{" P T "\"signatures\":[{\"sig\":\"AQID\"},{\"sig\":\"AQID\"}]}",
        "{" P T "\"signatures\":[{\"sig\":\"\"}]}",
        "{" P T "\"signatures\":[{\"sig\":\"AQI\"}]}",
        "{" P T "\"signatures\":[{\"sig\":\"AQID\",\"cert\":\"x\"}]}",
        "{" P T S ",\"more\":1}",
        "{\"payload\":\"\"," T S "}",
        "{\"payload\":\"e3\"," T S "}",
        "{\"payload\":7," T S "}",
        "{" P "\"payloadType\":7," S "}",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(decodes(WRONG[i]) == SR_MALFORMED);
    }
    char text[4096] = "{" P T "\"signatures\":[{\"sig\":\"";
    size_t len = strlen(text);
    memset(text + len, 'A', 2048);
    memcpy(text + len + 2048, "\"}]}", 5);
    CHECK(decodes(text) == SR_TOO_LARGE);
    CHECK(snprintf(text, sizeof text, "{" P "\"payloadType\":\"%0300d\"," S "}", 0) > 300);
    CHECK(decodes(text) == SR_MALFORMED);
}

/* The example of the DSSE protocol's text. */
static void test_pae(void)
{
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(256, &b) == SR_OK);
    CHECK(sr_dsse_pae(sr_text_view("http://example.com/HelloWorld"), sr_text_view("hello world"),
                      b) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(b), sr_text_view("DSSEv1 29 http://example.com/HelloWorld 11 "
                                                     "hello world")));
}

static void test_encodes_what_it_decodes(void)
{
    SR_AUTO(sr_buf) b = NULL;
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    CHECK(sr_buf_new(1024, &b) == SR_OK);
    struct sr_json_writer w = {.out = b};
    CHECK(sr_dsse_encode(&w, sr_text_view("t"), sr_text_view("{}"), sr_text_view("\1\2\3")) ==
          SR_OK);
    CHECK(sr_buf_append(b, sr_bytes("", 1)) == SR_OK);
    CHECK(strcmp((const char *)sr_buf_view(b).ptr,
                 "{" P T "\"signatures\":[{\"sig\":\"AQID\",\"keyid\":\"\"}]}") == 0);
    CHECK(decode((const char *)sr_buf_view(b).ptr, &d, NULL) == SR_OK);
}

static void test_keyid_goes_there_and_back(void)
{
    SR_AUTO(sr_buf) b = NULL;
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    CHECK(sr_buf_new(1024, &b) == SR_OK);
    struct sr_json_writer w = {.out = b};
    CHECK(sr_dsse_encode_keyed(&w, sr_text_view("t"), sr_text_view("{}"), sr_text_view("\1\2\3"),
                               sr_text_view("SHA256:x")) == SR_OK);
    CHECK(sr_buf_append(b, sr_bytes("", 1)) == SR_OK);
    CHECK(strcmp((const char *)sr_buf_view(b).ptr,
                 "{" P T "\"signatures\":[{\"keyid\":\"SHA256:x\",\"sig\":\"AQID\"}]}") == 0);
    CHECK(decode((const char *)sr_buf_view(b).ptr, &d, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(d.keyid), sr_text_view("SHA256:x")));
}

static void test_two_signatures_are_said_to_be_two(void)
{
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    struct sr_err err = {0};
    CHECK(decode("{" P T "\"signatures\":[{\"sig\":\"AQID\"},{\"sig\":\"AQID\"}]}", &d, &err) ==
          SR_MALFORMED);
    CHECK(strcmp(err.message, "dsseEnvelope: signatures: 2, not exactly one") == 0);
}

int main(void)
{
    RUN(test_decodes);
    RUN(test_keyid_may_be_anything_but_a_number);
    RUN(test_refuses);
    RUN(test_pae);
    RUN(test_encodes_what_it_decodes);
    RUN(test_keyid_goes_there_and_back);
    RUN(test_two_signatures_are_said_to_be_two);
    return check_done();
}
