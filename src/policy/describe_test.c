/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: all that a rule demands is said, and nothing that it does not. */
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

#include "policy/say.h"
#include "tests/check.h"

static const char TEXT[] =
    "policy \"lab\"\n"
    "role officer\nrole security\nrole engineer\nrole service\n"
    "class weights\n tier 3..5\n"
    "rule use\n verbs use read export\n class weights\n by engineer service\n types human agent\n"
    " needs 2 of officer and 1 of security\n requires ticket reason verification\n"
    " attributes training screening\n reviewer-attributes clearance\n for at most 8h\n"
    " request expires after 24h\n approvals expire after 90m\n wait 1500ms\n"
    " hours mon-wed fri 22:00-06:30\n bytes at most 200GB\n files at most 100\n"
    " copies at most 2\n uses at most 10\n witnesses 2 within 10m\n"
    "rule plain\n verbs use read\n class any\n by anyone\n hours sat-sun 00:00-24:00\n"
    " witnesses 1 within 2w\n"
    "rule no\n verbs export\n class any\n forbid\n"
    "rule change\n verbs policy enrol\n by unlocked\n";

static bool describes(const struct sr_policy_rule *rule, const struct sr_policy *p,
                      const char *wanted)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(4096, &out) == SR_OK);
    CHECK(sr_policy_rule_describe(p, rule, out) == SR_OK);
    struct sr_bytes text = sr_buf_view(out);
    bool is = sr_text_equal(text, sr_text_view(wanted));
    if (!is) {
        printf("# '%.*s'\n", (int)text.len, (const char *)text.ptr);
    }
    return is;
}

static void all_that_a_rule_demands_is_said(void)
{
    SR_AUTO(sr_policy) p = NULL;
    struct sr_err err = {0};
    CHECK(sr_policy_parse(sr_text_view(TEXT), &p, &err) == SR_OK);
    if (p == NULL) {
        printf("# %s\n", err.message);
        return;
    }
    CHECK(describes(&p->rule[0], p,
                    "by engineer or service (human, agent) with training, screening; needs 2 of "
                    "officer and 1 of security, not the requester, each with clearance; requires "
                    "reason, ticket, hardware-key, verification; for at most 8h; request expires "
                    "after 1d; approvals expire after 90m; wait 1500ms; mon-wed fri 22:00-06:30 "
                    "UTC; at most 200GB; at most 100 files; at most 2 copies; at most 10 uses; 2 "
                    "witnesses within 10m"));
    CHECK(describes(&p->rule[1], p, "by anyone; sat-sun 00:00-24:00 UTC; 1 witness within 2w"));
    CHECK(describes(&p->rule[2], p, "forbidden"));
    CHECK(describes(&p->rule[3], p, "by whoever unlocked the room"));
}

static void a_buffer_that_is_full_is_an_error(void)
{
    SR_AUTO(sr_policy) p = NULL;
    CHECK(sr_policy_parse(sr_text_view(TEXT), &p, NULL) == SR_OK);
    for (size_t room = 0; p != NULL && room < 200; room++) {
        SR_AUTO(sr_buf) out = NULL;
        CHECK(sr_buf_new(room, &out) == SR_OK);
        CHECK(sr_policy_rule_describe(p, &p->rule[0], out) == SR_TOO_LARGE);
    }
}

static void sizes_are_said_in_their_largest_unit(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } CASES[] = {{1, "1B"},
                 {1000, "1KB"},
                 {1024, "1KiB"},
                 {1536, "1536B"},
                 {3000000, "3MB"},
                 {UINT64_C(5) << 30, "5GiB"},
                 {UINT64_C(2000000000000), "2TB"},
                 {0, "0B"},
                 {SR_POLICY_NO_LIMIT, "no limit"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        SR_AUTO(sr_buf) out = NULL;
        CHECK(sr_buf_new(64, &out) == SR_OK);
        CHECK(sr_say_size(out, CASES[i].bytes) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(CASES[i].text)));
    }
}

int main(void)
{
    RUN(all_that_a_rule_demands_is_said);
    RUN(a_buffer_that_is_full_is_an_error);
    RUN(sizes_are_said_in_their_largest_unit);
    return check_done();
}
