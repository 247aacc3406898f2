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

int main(void)
{
    RUN(test_only_named_members);
    RUN(test_member_of_its_kind);
    return check_done();
}
