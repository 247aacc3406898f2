/* SPDX-License-Identifier: Apache-2.0 */
/* A REF means one thing or is refused; what is refused names what is wrong. */
#include "custody/ref.h"

#include <string.h>

#include "tests/check.h"

static enum sr_status parse(const char *text, struct sr_ref *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_ref_parse(sr_text_view(text), out, &err);
    CHECK((status == SR_OK) == (err.message[0] == '\0'));
    return status;
}

static void parses_names(void)
{
    struct sr_ref ref = {0};
    CHECK(parse("llama", &ref) == SR_OK);
    CHECK(strcmp(ref.name, "llama") == 0 && ref.number == 0 && ref.digits[0] == '\0');
    CHECK(parse("llama-3.1_8b@12", &ref) == SR_OK);
    CHECK(strcmp(ref.name, "llama-3.1_8b") == 0 && ref.number == 12);
    CHECK(parse("0", &ref) == SR_OK);
    CHECK(strcmp(ref.name, "0") == 0 && ref.digits[0] == '\0');
}

static void parses_digests(void)
{
    struct sr_ref ref = {0};
    CHECK(parse("sha256:0123456789ab", &ref) == SR_OK);
    CHECK(ref.name[0] == '\0' && strcmp(ref.digits, "0123456789ab") == 0);
    CHECK(parse("sha256:"
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                &ref) == SR_OK);
    CHECK(strlen(ref.digits) == 64);
    /* Either may be meant. */
    CHECK(parse("deadbeef0123", &ref) == SR_OK);
    CHECK(strcmp(ref.name, "deadbeef0123") == 0 && strcmp(ref.digits, "deadbeef0123") == 0);
    CHECK(parse("deadbeef0123@1", &ref) == SR_OK);
    CHECK(ref.digits[0] == '\0' && ref.number == 1);
}

static void refuses_others(void)
{
    static const char *const bad[] = {
        "",
        "@",
        "@1",
        "llama@",
        "llama@0",
        "llama@01",
        "llama@-1",
        "llama@1@2",
        "llama@x",
        "Llama",
        ".llama",
        "-llama",
        "_x",
        "a/b",
        "a b",
        "a\nb",
        "..",
        "a:b",
        "\xc3\xa4",
        "sha256:",
        "sha256:0123",
        "sha256:ABCDEF012345",
        "sha256:0123456789ag",
        "sha512:0123456789ab",
        "llama@9223372036854775808",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sr_ref ref = {.number = 77};
        CHECK(parse(bad[i], &ref) == SR_MALFORMED);
        CHECK(ref.number == 77);
    }
    struct sr_ref ref = {0};
    CHECK(sr_ref_parse(sr_bytes("a\0b", 3), &ref, NULL) == SR_MALFORMED);
}

static void limits_the_length(void)
{
    char name[SR_LIMIT_NAME_BYTES + 2];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct sr_ref ref = {0};
    CHECK(parse(name, &ref) == SR_TOO_LARGE);
    CHECK(parse(name + 1, &ref) == SR_OK);
    CHECK(strlen(ref.name) == SR_LIMIT_NAME_BYTES);
}

static bool splits(const char *text, const char *ref, const char *inner)
{
    struct sr_bytes out_ref = {0};
    struct sr_bytes out_inner = {0};
    return sr_ref_split(sr_text_view(text), &out_ref, &out_inner, NULL) == SR_OK &&
           sr_text_equal(out_ref, sr_text_view(ref)) &&
           sr_text_equal(out_inner, sr_text_view(inner));
}

static void splits_off_the_file(void)
{
    CHECK(splits("llama:config.json", "llama", "config.json"));
    CHECK(splits("llama@1:a/b:c@d", "llama@1", "a/b:c@d"));
    CHECK(splits("sha256:0123456789ab:x", "sha256:0123456789ab", "x"));
    static const char *const bad[] = {
        "", "llama", "llama:", ":x", "sha256:", "sha256:0123456789ab", "sha256::x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sr_bytes ref = {0};
        struct sr_bytes inner = {0};
        CHECK(sr_ref_split(sr_text_view(bad[i]), &ref, &inner, NULL) == SR_MALFORMED);
    }
}

int main(void)
{
    RUN(parses_names);
    RUN(parses_digests);
    RUN(refuses_others);
    RUN(limits_the_length);
    RUN(splits_off_the_file);
    return check_done();
}
