/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the vectors of RFC 4648; one spelling for each value; nothing else is accepted.
 */
#include "formats/base64.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static bool encodes(const char *data, const char *text)
{
    SR_AUTO(sr_buf) b = NULL;
    return sr_buf_new(64, &b) == SR_OK && sr_base64_encode(sr_text_view(data), b) == SR_OK &&
           sr_text_equal(sr_buf_view(b), sr_text_view(text));
}

static enum sr_status decodes(const char *text, const char *data)
{
    SR_AUTO(sr_buf) b = NULL;
    if (sr_buf_new(64, &b) != SR_OK) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_base64_decode(sr_text_view(text), b));
    return sr_text_equal(sr_buf_view(b), sr_text_view(data)) ? SR_OK : SR_INTERNAL;
}

static void test_vectors_of_the_rfc(void)
{
    static const char *const VECTORS[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        CHECK(encodes(VECTORS[i][0], VECTORS[i][1]));
        CHECK(decodes(VECTORS[i][1], VECTORS[i][0]) == SR_OK);
    }
}

static void test_other_spellings_are_refused(void)
{
    static const char *const WRONG[] = {
        "Z",    "Zg",     "Zg=",       "Zh==",  "Zm9=", "=",        "====",       "Zg==Zg==",
        "Z===", "Zm9v\n", "Zm9v\nZm9", " Zm9v", "Zm-_", "Zm9vYg=a", "Z\xc3\xa9=", "Zm=v",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(decodes(WRONG[i], "") == SR_MALFORMED);
    }
}

static void test_limit_of_the_buffer(void)
{
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(3, &b) == SR_OK);
    CHECK(sr_base64_decode(sr_text_view("Zm9vYg=="), b) == SR_TOO_LARGE);
    CHECK(sr_base64_encode(sr_text_view("f"), b) == SR_TOO_LARGE);
    CHECK(sr_base64_decode(sr_text_view("Zm9v"), b) == SR_OK);
    CHECK(sr_base64_encode(sr_bytes(NULL, SIZE_MAX), b) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(test_vectors_of_the_rfc);
    RUN(test_other_spellings_are_refused);
    RUN(test_limit_of_the_buffer);
    return check_done();
}
