/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: only named members pass, a member is there and of its kind, err says which. */
#include "formats/members.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static const char *const NAMES[] = {"a", "b", NULL};

static enum sr_status check(const char *text, struct sr_err *err)
{
    SR_AUTO(sr_json) j = NULL;
    SR_TRY(sr_json_decode(sr_text_view(text), 4, &j, err));
    return sr_members_check(sr_json_root(j), "thing", NAMES, err);
}

static void test_only_named_members(void)
{
    struct sr_err err = {0};
    CHECK(check("{}", &err) == SR_OK);
    CHECK(check("{\"b\":1,\"a\":2}", &err) == SR_OK);
    CHECK(check("{\"a\":1,\"A\":2}", &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "thing: unknown member 'A'") == 0);
    CHECK(check("[]", &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "thing: not an object") == 0);
}

static void test_member_of_its_kind(void)
{
    SR_AUTO(sr_json) j = NULL;
    struct sr_err err = {0};
    struct sr_json_value v;
    struct sr_bytes text;
    CHECK(sr_json_decode(sr_text_view("{\"a\":\"x\",\"b\":[7]}"), 4, &j, NULL) == SR_OK);
    struct sr_json_value root = sr_json_root(j);
    CHECK(sr_members_string(root, "thing", "a", &text, &err) == SR_OK);
    CHECK(sr_text_equal(text, sr_text_view("x")));
    CHECK(sr_members_get(root, "thing", "b", SR_JSON_ARRAY, &v, &err) == SR_OK);
    CHECK(sr_members_string(root, "thing", "b", &text, &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "thing: b: not a string") == 0);
    CHECK(sr_members_string(root, "thing", "c", &text, &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "thing: no member 'c'") == 0);
    CHECK(sr_members_string(v, "thing", "c", &text, &err) == SR_MALFORMED);
}

static void test_taking_members_one_after_the_other(void)
{
    static const char TEXT[] = "{\"a\":\"00ff\",\"b\":12,\"c\":{\"d\":1},\"e\":\"x\\n\"}";
    struct sr_json_members walk = {.text = sr_text_view(TEXT)};
    struct sr_bytes value;
    uint8_t bytes[2];
    uint64_t number;
    CHECK(!sr_members_take(&walk, "b", &value) && !sr_members_take_hex(&walk, "a", bytes, 1));
    CHECK(!sr_members_take_number(&walk, "a", 0, 99, &number));
    CHECK(sr_members_take_hex(&walk, "a", bytes, 2) && bytes[1] == 0xff);
    CHECK(!sr_members_take_number(&walk, "b", 13, 99, &number));
    CHECK(!sr_members_take_word(&walk, "b", &value) && !sr_members_take_end(&walk));
    walk = (struct sr_json_members){.text = sr_text_view(TEXT)};
    CHECK(sr_members_take_word(&walk, "a", &value) && sr_text_equal(value, sr_text_view("00ff")));
    CHECK(sr_members_take_number(&walk, "b", 0, 12, &number) && number == 12);
    CHECK(sr_members_take(&walk, "c", &value) && sr_text_equal(value, sr_text_view("{\"d\":1}")));
    CHECK(!sr_members_take_word(&walk, "e", &value)); /* it has an escape */
    CHECK(sr_members_take(&walk, "e", &value) && sr_members_take_end(&walk));
    walk = (struct sr_json_members){.text = sr_text_view("{\"a\":1}x")};
    CHECK(sr_members_take(&walk, "a", &value) && !sr_members_take_end(&walk));
}

int main(void)
{
    RUN(test_only_named_members);
    RUN(test_member_of_its_kind);
    RUN(test_taking_members_one_after_the_other);
    return check_done();
}
