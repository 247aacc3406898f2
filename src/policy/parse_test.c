/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what a policy says is what the structure says; everything else is refused at the
 * line and column where it goes wrong, each with its own message; the first rule that names verb
 * and class is the one that is found.
 */
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/fault.h"

#define HEAD "policy \"lab\"\nrole officer\nrole security\nrole engineer\n"
#define WEIGHTS "class weights\n  tier 3..5\n  kind base instruct\n"
#define POLICY_RULE "rule change\n  verbs policy\n  by officer\n  needs 2 of officer\n"

static const char *const WHOLE =
    "# A policy for the laboratory, with everything.\n"
    "policy \"lab\"\n"
    "role officer\n"
    "role security\n"
    "role engineer # those who build\n"
    "\n"
    "class weights\n"
    "    tier 3..5\n"
    "    kind base instruct\n"
    "class llamas\n"
    "    artifact llama*\n"
    "    tier 2\n"
    "rule use-weights\n"
    "    verbs use read export\n"
    "    class weights llamas\n"
    "    by engineer officer\n"
    "    types human agent\n"
    "    needs 2 of officer and 1 of security, not the requester, distinct persons\n"
    "    requires reason ticket host workload hardware-key verification\n"
    "    attributes training screening\n"
    "    reviewer-attributes training\n"
    "    for at most 8h\n"
    "    request expires after 24h\n"
    "    approvals expire after 12h\n"
    "    wait 90m\n"
    "    hours mon-thu sat 22:00-06:30\n"
    "    bytes at most 200GB\n"
    "    files at most 100\n"
    "    copies at most 2\n"
    "    uses at most 10\n"
    "    witnesses 1 within 10m\n"
    "    checked-against ACC-03 APR-01\n"
    "rule no-export\n"
    "    verbs export\n"
    "    class any\n"
    "    forbid\n" POLICY_RULE "break-glass\n"
    "    holders officer\n"
    "    verbs use read\n"
    "    for at most 30m\n"
    "    review within 24h by security\n"
    "    requires hardware-key\n"
    "suspend without training screening\n"
    "acts within 2d ahead 30s\n"
    "witness w1 w1+12345678+AQ+b/c= https://w1.example/\n"
    "witness w2 w2+12345678+AR==";

/* The message of a policy that is refused, or "" of one that is not; lent until the next call. */
static const char *refusal(const char *text)
{
    static struct sr_err err;
    SR_AUTO(sr_policy) p = NULL;
    err = (struct sr_err){0};
    enum sr_status status = sr_policy_parse(sr_text_view(text), &p, &err);
    CHECK((p == NULL) == (status != SR_OK));
    CHECK(status == err.status);
    CHECK(status == SR_OK || status == SR_MALFORMED || status == SR_TOO_LARGE);
    return status == SR_OK ? "" : err.message;
}

static struct sr_policy *parsed(const char *text)
{
    struct sr_policy *p = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_policy_parse(sr_text_view(text), &p, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(status == SR_OK);
    return p;
}

static bool is(struct sr_bytes a, const char *b)
{
    return sr_text_equal(a, sr_text_view(b));
}

static void what_a_policy_declares_is_decoded(void)
{
    SR_AUTO(sr_policy) p = parsed(WHOLE);
    if (p == NULL) {
        return;
    }
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t role = 0;
    CHECK(sr_sha256_once(sr_text_view(WHOLE), digest) == SR_OK);
    CHECK(memcmp(digest, p->digest, sizeof digest) == 0);
    CHECK(is(p->text, WHOLE));
    CHECK(p->text.ptr != (const uint8_t *)WHOLE);
    CHECK(is(p->name, "lab"));
    CHECK(p->roles == 3);
    CHECK(strcmp(p->role[2], "engineer") == 0);
    CHECK(sr_policy_find_role(p, sr_text_view("security"), &role));
    CHECK(role == 1);
    CHECK(!sr_policy_find_role(p, sr_text_view("sec"), &role));
    CHECK(p->classes == 2);
    CHECK(p->class[0].line == 7);
    CHECK(p->class[1].line == 10);
    CHECK(p->class[0].tier_min == 3);
    CHECK(p->class[0].tier_max == 5);
    CHECK(p->class[0].kinds == 2);
    CHECK(strcmp(p->class[0].kind[1], "instruct") == 0);
    CHECK(p->class[0].artifact[0] == '\0');
    CHECK(p->class[1].tier_min == 2);
    CHECK(p->class[1].tier_max == 2);
    CHECK(p->class[1].kinds == 0);
    CHECK(strcmp(p->class[1].artifact, "llama*") == 0);
    CHECK(p->suspending == 2);
    CHECK(strcmp(p->suspending_attribute[1], "screening") == 0);
    CHECK(p->act_ms_max == 2 * 86400000);
    CHECK(p->act_ahead_ms == 30000);
    CHECK(p->witnesses == 2);
    CHECK(is(p->witness[0].name, "w1"));
    CHECK(is(p->witness[0].vkey, "w1+12345678+AQ+b/c="));
    CHECK(is(p->witness[0].url, "https://w1.example/"));
    CHECK(is(p->witness[1].vkey, "w2+12345678+AR=="));
    CHECK(p->witness[1].url.len == 0);
}

static void a_break_glass_is_decoded(void)
{
    SR_AUTO(sr_policy) p = parsed(WHOLE);
    if (p == NULL) {
        return;
    }
    const struct sr_policy_break_glass *b = &p->break_glass;
    CHECK(b->is_allowed && b->line == 41 && b->needs_hardware);
    CHECK(b->holders.count == 1 && b->holders.index[0] == 0);
    CHECK(b->verbs == (UINT64_C(1) << SR_VERB_USE | UINT64_C(1) << SR_VERB_READ));
    CHECK(b->lasts_ms_max == 1800000 && b->review_ms_max == 86400000);
    CHECK(b->reviewers.count == 1 && b->reviewers.index[0] == 1);
    SR_AUTO(sr_policy) none = parsed(HEAD POLICY_RULE);
    CHECK(none != NULL && !none->break_glass.is_allowed);
}

static void each_clause_of_a_rule_is_decoded(void)
{
    SR_AUTO(sr_policy) p = parsed(WHOLE);
    if (p == NULL) {
        return;
    }
    const struct sr_policy_rule *r = &p->rule[0];
    CHECK(p->rules == 3);
    CHECK(strcmp(r->name, "use-weights") == 0);
    CHECK(r->line == 13);
    CHECK(r->verbs == (UINT64_C(1) << SR_VERB_USE | UINT64_C(1) << SR_VERB_READ |
                       UINT64_C(1) << SR_VERB_EXPORT));
    CHECK(!r->any_class);
    CHECK(r->classes.count == 2);
    CHECK(r->classes.index[0] == 0);
    CHECK(r->classes.index[1] == 1);
    CHECK(!r->forbids);
    CHECK(!r->by_anyone);
    CHECK(!r->by_unlocked);
    CHECK(r->by.count == 2);
    CHECK(r->by.index[0] == 2);
    CHECK(r->by.index[1] == 0);
    CHECK(r->types ==
          (SR_POLICY_TYPE_BIT(SR_PRINCIPAL_HUMAN) | SR_POLICY_TYPE_BIT(SR_PRINCIPAL_AGENT)));
    CHECK(r->needs == 2);
    CHECK(r->need[0].count == 2);
    CHECK(r->need[0].role == 0);
    CHECK(r->need[1].count == 1);
    CHECK(r->need[1].role == 1);
    CHECK(r->needs_reason);
    CHECK(r->needs_ticket);
    CHECK(r->needs_host);
    CHECK(r->needs_workload);
    CHECK(r->needs_hardware);
    CHECK(r->needs_verification);
    CHECK(r->attributes == 2);
    CHECK(strcmp(r->attribute[1], "screening") == 0);
    CHECK(r->reviewer_attributes == 1);
    CHECK(strcmp(r->reviewer_attribute[0], "training") == 0);
    CHECK(r->lasts_ms_max == 8 * 3600000);
    CHECK(r->request_ms_max == 24 * 3600000);
    CHECK(r->approval_ms_max == 12 * 3600000);
    CHECK(r->wait_ms == 90 * 60000);
    CHECK(r->days == (0x0f | 0x20));
    CHECK(r->minute_from == 22 * 60);
    CHECK(r->minute_to == 6 * 60 + 30);
    CHECK(r->bytes_max == UINT64_C(200000000000));
    CHECK(r->files_max == 100);
    CHECK(r->copies_max == 2);
    CHECK(r->uses_max == 10);
    CHECK(r->witnesses == 1);
    CHECK(r->witness_ms_max == 600000);
    CHECK(r->controls == 2);
    CHECK(is(r->control[1], "APR-01"));
    CHECK(p->rule[1].forbids);
    CHECK(p->rule[1].any_class);
}

static void what_a_rule_does_not_say_is_not_limited(void)
{
    SR_AUTO(sr_policy) p = parsed(HEAD POLICY_RULE);
    if (p == NULL) {
        return;
    }
    const struct sr_policy_rule *r = &p->rule[0];
    CHECK(r->any_class); /* the verb is about no version, so no class need be named */
    CHECK(r->types ==
          (SR_POLICY_TYPE_BIT(SR_PRINCIPAL_HUMAN) | SR_POLICY_TYPE_BIT(SR_PRINCIPAL_SERVICE) |
           SR_POLICY_TYPE_BIT(SR_PRINCIPAL_WORKLOAD)));
    CHECK(r->lasts_ms_max == SR_POLICY_NO_LIMIT && r->request_ms_max == SR_POLICY_NO_LIMIT);
    CHECK(r->approval_ms_max == SR_POLICY_NO_LIMIT && r->wait_ms == 0);
    CHECK(r->bytes_max == SR_POLICY_NO_LIMIT && r->files_max == SR_POLICY_NO_LIMIT);
    CHECK(r->copies_max == SR_POLICY_NO_LIMIT && r->uses_max == SR_POLICY_NO_LIMIT);
    CHECK(r->days == 0x7f && r->minute_from == r->minute_to && r->witnesses == 0);
    CHECK(p->act_ms_max == 86400000 && p->act_ahead_ms == 120000 && p->suspending == 0);
}

struct lookup {
    enum sr_verb verb;
    unsigned tier; /* 0: about no version */
    const char *kind;
    const char *artifact;
    const char *rule; /* NULL: none */
};

static void the_first_rule_of_verb_and_class_is_found(void)
{
    static const struct lookup CASES[] = {
        {SR_VERB_USE, 3, "base", "x", "use-weights"},
        {SR_VERB_USE, 5, "instruct", "x", "use-weights"},
        {SR_VERB_USE, 5, "adapter", "x", NULL},
        {SR_VERB_USE, 2, "base", "x", NULL},
        {SR_VERB_USE, 2, "adapter", "llama", "use-weights"},
        {SR_VERB_USE, 2, "adapter", "llama-2", "use-weights"},
        {SR_VERB_USE, 2, "adapter", "llam", NULL},
        {SR_VERB_EXPORT, 3, "base", "x", "use-weights"},
        {SR_VERB_EXPORT, 1, "base", "x", "no-export"},
        {SR_VERB_DEPOSIT, 3, "base", "x", NULL},
        {SR_VERB_POLICY, 0, "", "", "change"},
        {SR_VERB_USE, 0, "", "", NULL},
        {SR_VERB_EXPORT, 0, "", "", "no-export"},
    };
    SR_AUTO(sr_policy) p = parsed(WHOLE);
    for (size_t i = 0; p != NULL && i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct lookup *c = &CASES[i];
        struct sr_policy_subject subject = {.is_version = c->tier > 0,
                                            .tier = c->tier,
                                            .kind = sr_text_view(c->kind),
                                            .artifact = sr_text_view(c->artifact)};
        const struct sr_policy_rule *rule = sr_policy_rule_for(p, c->verb, &subject);
        bool is_right =
            rule == NULL ? c->rule == NULL : c->rule != NULL && strcmp(rule->name, c->rule) == 0;
        if (!is_right) {
            printf("# case %zu: %s\n", i, rule != NULL ? rule->name : "none");
        }
        CHECK(is_right);
    }
}

/* A policy that is refused, and the message; what is "" is good. */
struct bad {
    const char *text;
    const char *message;
};

static void check_refusals(const struct bad *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *message = refusal(cases[i].text);
        if (strcmp(message, cases[i].message) != 0) {
            printf("# case %zu: '%s'\n#  wanted '%s'\n", i, message, cases[i].message);
        }
        CHECK(strcmp(message, cases[i].message) == 0);
    }
}
#define REFUSED(cases) check_refusals(cases, sizeof(cases) / sizeof((cases)[0]))

static void what_is_not_a_policy_is_refused_where_it_goes_wrong(void)
{
    static const struct bad CASES[] = {
        {"", "line 1, column 1: a policy begins with its name: policy \"lab\""},
        {"# only\n", "line 1, column 1: a policy begins with its name: policy \"lab\""},
        {"role officer\n", "line 1, column 1: a policy begins with its name: policy \"lab\""},
        {"policy lab\n", "line 1, column 8: lab is not a policy's name in quotes: \"lab\", of a-z, "
                         "0-9, '-' and '.', at most 63"},
        {"policy \"\"\n", "line 1, column 8: \"\" is not a policy's name in quotes: \"lab\", of "
                          "a-z, 0-9, '-' and '.', at most 63"},
        {"policy\n", "line 1, column 7: a name in quotes is missing here"},
        {"policy \"a\" b\n", "line 1, column 12: 'b' should not be there"},
        {"policy \"a\"\npolicy \"b\"\n", "line 2, column 1: 'policy' is there already, in line 1"},
        {HEAD "\n  roles x\n", "line 6, column 3: 'roles' is not known here"},
        {HEAD "tier 3\n", "line 5, column 1: 'tier' is not known here"},
        {HEAD "role officer\n", "line 5, column 6: 'officer' is declared already"},
        {HEAD "role anyone\n", "line 5, column 6: 'anyone' is a word of the language"},
        {HEAD "role Officer\n", "line 5, column 6: 'Officer' is not a role: names have a-z, 0-9 "
                                "and '-' and begin with a letter"},
        {HEAD "role 1st\n", "line 5, column 6: '1st' is not a role: names have a-z, 0-9 and '-' "
                            "and begin with a letter"},
        {HEAD "role\n", "line 5, column 5: a role is missing here"},
        {HEAD "role "
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
         "line 5, column 6: a name has at most 63 characters"},
        {HEAD "role x\r\n", "line 5, column 7: byte 0x0d: lines end with a newline alone"},
        {HEAD "role \xc3\xa9\n", "line 5, column 6: byte 0xc3: only printable ASCII, and visible "
                                 "UTF-8 in comments"},
        {HEAD "# \xe2\x80\xae\n", "line 5, column 3: byte 0xe2: only printable ASCII, and visible "
                                  "UTF-8 in comments"},
        {HEAD "# \x01\n", "line 5, column 3: byte 0x01: only printable ASCII, and visible UTF-8 "
                          "in comments"},
        {HEAD "\xff\n", "the policy is not UTF-8"},
        {HEAD "suspend training\n", "line 5, column 9: 'training' where 'without' should be"},
        {HEAD "suspend without a a\n", "line 5, column 19: 'a' is named twice"},
        {HEAD "suspend without a\nsuspend without b\n",
         "line 6, column 1: 'suspend' is there already, in line 5"},
        {HEAD "acts within 24\n", "line 5, column 13: '24' is not a time: a number and ms, s, m, "
                                  "h, d or w, over 0, at most ten years"},
        {HEAD "acts within 24h behind 2m\n", "line 5, column 17: 'behind' should not be there"},
        {HEAD "witness w\n", "line 5, column 10: its key, NAME+HASH+KEY is missing here"},
        {HEAD "witness w key\n", "line 5, column 11: 'key' is not a key NAME+HASH+KEY"},
        {HEAD "witness w w+1+k ftp://x\n",
         "line 5, column 17: 'ftp://x' is not an address: https://HOST/..."},
        {HEAD "witness w w+1+k\nwitness v v+2+k\n",
         "line 6, column 9: a witness of this name or key is declared already: 'w'"},
    };
    REFUSED(CASES);
    CHECK(strcmp(refusal(HEAD "# Gr\xc3\xb6\xc3\x9f"
                              "e\n" POLICY_RULE),
                 "") == 0);
}

static void classes_say_what_they_mean(void)
{
    static const struct bad CASES[] = {
        {HEAD "class any\n", "line 5, column 7: 'any' is a word of the language"},
        {HEAD WEIGHTS "class weights\n", "line 8, column 7: 'weights' is declared already"},
        {HEAD "class c\n tier 0..3\n",
         "line 6, column 7: '0..3' is not a tier: 1 to 5, or from..to as in 3..5"},
        {HEAD "class c\n tier 4..3\n",
         "line 6, column 7: '4..3' is not a tier: 1 to 5, or from..to as in 3..5"},
        {HEAD "class c\n tier 6\n",
         "line 6, column 7: '6' is not a tier: 1 to 5, or from..to as in 3..5"},
        {HEAD "class c\n tier 3\n tier 3\n",
         "line 7, column 2: 'tier' is there already, in line 6"},
        {HEAD "class c\n kind bsae\n",
         "line 6, column 7: 'bsae' is not a kind of artifact, or is named twice"},
        {HEAD "class c\n kind base base\n",
         "line 6, column 12: 'base' is not a kind of artifact, or is named twice"},
        {HEAD "class c\n artifact *\n",
         "line 6, column 11: '*' is not an artifact's name, nor a beginning and '*'"},
        {HEAD "class c\n artifact a*b\n",
         "line 6, column 11: 'a*b' is not an artifact's name, nor a beginning and '*'"},
        {HEAD POLICY_RULE "suspend without a\nclass late\n",
         "line 10, column 1: classes are declared above the first rule, and this is not in a "
         "rule"},
    };
    REFUSED(CASES);
}

#define USE(clauses)                                                                               \
    HEAD WEIGHTS "rule r\n verbs use\n class weights\n by engineer\n" clauses POLICY_RULE
#define NEEDS " needs 2 of officer\n"

static void clauses_of_rules_say_what_they_mean(void)
{
    static const struct bad CASES[] = {
        {USE(" verbs use\n"), "line 12, column 2: 'verbs' is there already, in line 9"},
        {USE(" needs\n"), "line 12, column 7: how many persons is missing here"},
        {USE(" needs officer\n"),
         "line 12, column 8: 'officer' is not how many persons: a number from 1 to 16"},
        {USE(" needs 0 of officer\n"),
         "line 12, column 8: '0' is not how many persons: a number from 1 to 16"},
        {USE(" needs 17 of officer\n"),
         "line 12, column 8: '17' is not how many persons: a number from 1 to 16"},
        {USE(" needs 9 of officer and 8 of security\n"),
         "line 12, column 25: more than 16 persons would be needed"},
        {USE(" needs 2\n"), "line 12, column 9: 'of' is missing here"},
        {USE(" needs 2 of\n"), "line 12, column 12: a role is missing here"},
        {USE(" needs 2 of owner\n"), "line 12, column 13: role 'owner' is not declared above"},
        {USE(" needs 2 of officer and 1 of officer\n"),
         "line 12, column 25: role 'officer' is named twice"},
        {USE(" needs 2 of officer 1 of security\n"),
         "line 12, column 21: '1' where 'and' should be"},
        {USE(" needs 2 of officer, not me\n"), "line 12, column 26: 'me' where 'the' should be"},
    };
    REFUSED(CASES);
}

static void terms_of_rules_say_what_they_mean(void)
{
    static const struct bad CASES[] = {
        {USE(" types robot\n"), "line 12, column 8: 'robot' is not a type of principal: human, "
                                "service, workload or agent"},
        {USE(" types human human\n"), "line 12, column 14: type 'human' is named twice"},
        {USE(" requires tickets\n"), "line 12, column 11: 'tickets' is there twice, or is not one "
                                     "of reason, ticket, host, workload, hardware-key, "
                                     "verification"},
        {USE(" attributes\n"), "line 12, column 12: an attribute is missing here"},
        {USE(" for 8h\n"), "line 12, column 6: '8h' where 'at' should be"},
        {USE(" for at most 0h\n"), "line 12, column 14: '0h' is not a time: a number and ms, s, "
                                   "m, h, d or w, over 0, at most ten years"},
        {USE(" for at most 11000d\n"), "line 12, column 14: '11000d' is not a time: a number and "
                                       "ms, s, m, h, d or w, over 0, at most ten years"},
        {USE(" bytes at most 5gb\n"),
         "line 12, column 16: '5gb' is not a size: a number and B, KB, MB, GB, TB, KiB, MiB, GiB "
         "or TiB, over 0, under 2^53 bytes"},
        {USE(" files at most -1\n"),
         "line 12, column 16: '-1' is not how many files: a number from 1 to 1000000000"},
        {USE(NEEDS " approvals expires after 1h\n"),
         "line 13, column 12: 'expires' where 'expire' should be"},
        {USE(" witnesses 33 within 1m\n"),
         "line 12, column 12: '33' is not how many witnesses: a number from 1 to 32"},
        {USE(" checked-against 5\n"), "line 12, column 18: '5' is not a control such as ACC-05, or "
                                      "there are more than 16"},
        {HEAD "rule r\n verbs steal\n", "line 6, column 8: there is no verb 'steal'"},
        {HEAD "rule r\n verbs approve\n",
         "line 6, column 8: verb 'approve' is not decided by rules of a policy"},
        {HEAD "rule r\n verbs init\n",
         "line 6, column 8: verb 'init' is not decided by rules of a policy"},
        {HEAD "rule r\n verbs served\n",
         "line 6, column 8: verb 'served' is not decided by rules of a policy"},
        {HEAD "rule r\n verbs use use\n", "line 6, column 12: verb 'use' is named twice"},
        {HEAD "rule r\n class weights\n",
         "line 6, column 8: class 'weights' is not declared above"},
        {HEAD WEIGHTS "rule r\n class weights weights\n",
         "line 9, column 16: class 'weights' is named twice, or there are more than 16"},
        {HEAD "rule r\n by boss\n", "line 6, column 5: role 'boss' is not declared above"},
        {HEAD "rule r\n by officer officer\n", "line 6, column 13: role 'officer' is named twice"},
        {HEAD "rule r\n by anyone officer\n", "line 6, column 12: 'officer' should not be there"},
        {HEAD POLICY_RULE "rule change\n", "line 9, column 6: 'change' is declared already"},
    };
    REFUSED(CASES);
    CHECK(strcmp(refusal(USE(NEEDS)), "") == 0);
}

static void hours_say_what_they_mean(void)
{
#define BAD_SPAN(at, what)                                                                         \
    "line 12, column " at ": '" what "' is not a span of hours: 08:00-18:00, UTC, or 00:00-24:00 " \
    "for all day"
    static const struct bad CASES[] = {
        {USE(" hours 08:00-18:00\n"), "line 12, column 8: '08:00-18:00' is not a day: mon, tue, "
                                      "wed, thu, fri, sat, sun, or two of them as mon-fri"},
        {USE(" hours mon-fri\n"), "line 12, column 15: a span such as 08:00-18:00 is missing here"},
        {USE(" hours mon-fri fri 08:00-18:00\n"),
         "line 12, column 16: 'fri': a day is named twice"},
        {USE(" hours mon-mon 08:00-18:00\n"),
         "line 12, column 8: 'mon-mon' is not a day: mon, tue, wed, thu, fri, sat, sun, or two of "
         "them as mon-fri"},
        {USE(" hours mon 8:00-18:00\n"), BAD_SPAN("12", "8:00-18:00")},
        {USE(" hours mon 08:60-18:00\n"), BAD_SPAN("12", "08:60-18:00")},
        {USE(" hours mon 24:00-06:00\n"), BAD_SPAN("12", "24:00-06:00")},
        {USE(" hours mon 08:00-25:00\n"), BAD_SPAN("12", "08:00-25:00")},
        {USE(" hours mon 08:00-24:01\n"), BAD_SPAN("12", "08:00-24:01")},
        {USE(" hours mon 08:00-08:00\n"), BAD_SPAN("12", "08:00-08:00")},
        {USE(" hours mon 20:00-20:00\n"), BAD_SPAN("12", "20:00-20:00")},
    };
    REFUSED(CASES);
    SR_AUTO(sr_policy) day = parsed(USE(" hours sat-mon 00:00-24:00\n"));
    CHECK(day != NULL && day->rule[0].days == (0x20 | 0x40 | 0x01));
    CHECK(day != NULL && day->rule[0].minute_from == 0 && day->rule[0].minute_to == 0);
    SR_AUTO(sr_policy) late = parsed(USE(" hours sun 18:00-24:00\n"));
    CHECK(late != NULL && late->rule[0].minute_from == 1080 && late->rule[0].minute_to == 0);
}

static void rules_that_could_not_mean_what_they_say_are_refused(void)
{
    static const struct bad CASES[] = {
        {HEAD "rule r\n by officer\n", "line 5, column 1: rule 'r' has no 'verbs'"},
        {HEAD "rule r\n verbs use\n by officer\n",
         "line 5, column 1: rule 'r' has no 'class', and verb 'use' is about versions"},
        {HEAD WEIGHTS "rule r\n verbs use enrol\n class weights\n by officer\n",
         "line 10, column 2: verb 'enrol' is not about versions, so it can only be in a rule with "
         "'class any'"},
        {HEAD "rule r\n verbs enrol\n", "line 5, column 1: rule 'r' says neither 'by' nor "
                                        "'forbid'"},
        {USE(" forbid\n"), "line 11, column 2: 'by' means nothing in a rule with 'forbid'"},
        {HEAD "rule r\n verbs use\n class any\n forbid\n hours mon 00:00-24:00\n",
         "line 9, column 2: 'hours' means nothing in a rule with 'forbid'"},
        {HEAD "rule r\n verbs use\n class any\n by unlocked\n needs 1 of officer\n",
         "line 9, column 2: 'needs' means nothing in a rule by unlocked: there is no principal"},
        {USE(" approvals expire after 1h\n"), "line 12, column 2: 'approvals' means nothing in a "
                                              "rule without 'needs': nobody reviews"},
        {USE(" request expires after 1h\n"), "line 12, column 2: 'request' means nothing in a "
                                             "rule without 'needs': nobody reviews"},
        {USE(" reviewer-attributes a\n"), "line 12, column 2: 'reviewer-attributes' means nothing "
                                          "in a rule without 'needs': nobody reviews"},
        {USE(" requires reason verification\n"),
         "line 12, column 2: hardware-key and verification are of reviewers, and the rule has no "
         "'needs'"},
        {USE(" types human agent\n"),
         "line 12, column 2: an agent may only ask, so a rule for agents has 'needs'"},
        {USE(NEEDS " copies at most 1\n"),
         "line 13, column 2: 'copies' means nothing in a rule with these verbs"},
        {HEAD "rule r\n verbs read\n class any\n by officer\n uses at most 1\n",
         "line 9, column 2: 'uses' means nothing in a rule with these verbs"},
        {HEAD "rule r\n verbs enrol\n by officer\n needs 1 of officer\n bytes at most 1B\n",
         "line 9, column 2: 'bytes' means nothing in a rule with these verbs"},
        {HEAD "rule r\n verbs enrol\n by officer\n needs 1 of officer\n for at most 1h\n",
         "line 9, column 2: 'for' means nothing in a rule with these verbs"},
    };
    REFUSED(CASES);
}

static void policies_that_could_not_mean_what_they_say_are_refused(void)
{
    static const struct bad CASES[] = {
        {HEAD "break-glass\n holders officer\n", "line 5, column 1: break-glass needs 'verbs'"},
        {HEAD "break-glass\n holders officer\n verbs use\n for at most 1h\n" POLICY_RULE,
         "line 5, column 1: break-glass needs 'review'"},
        {HEAD "break-glass\n verbs use export\n", "line 6, column 12: break-glass never exports"},
        {HEAD "break-glass\n verbs policy\n",
         "line 6, column 8: break-glass is for use, read, rotate and leave, not for 'policy'"},
        {HEAD "break-glass\n review within 24h\n", "line 6, column 19: 'by' is missing here"},
        {HEAD "break-glass\n requires reason\n",
         "line 6, column 11: 'reason' where 'hardware-key' should be"},
        {HEAD "break-glass\nbreak-glass\n", "line 5, column 1: break-glass needs 'holders'"},
        {HEAD, "line 4, column 14: nobody could ever change this policy: no rule allows the verb "
               "'policy'"},
        {HEAD "rule r\n verbs policy\n forbid\n" POLICY_RULE,
         "line 9, column 3: rule 'change' never decides 'policy': earlier rules do, for all its "
         "classes"},
        {HEAD "rule r\n verbs policy\n forbid\n",
         "line 7, column 8: nobody could ever change this policy: no rule allows the verb "
         "'policy'"},
        {USE(" witnesses 2 within 1h\n") "witness w w+1+k\n",
         "line 8, column 1: rule 'r' asks for 2 witnesses, and the policy has 1"},
    };
    REFUSED(CASES);
    CHECK(strcmp(refusal(USE(" requires reason\n for at most 8h\n wait 1h\n")), "") == 0);
    CHECK(strcmp(refusal(USE(NEEDS " types human agent\n")), "") == 0);
    CHECK(strcmp(refusal(USE(" witnesses 2 within 1h\n")), "") == 0);
    CHECK(strcmp(refusal(USE(" witnesses 1 within 1h\n") "witness w w+1+k\n"), "") == 0);
    CHECK(strcmp(refusal(USE(" needs 8 of officer and 8 of security\n")), "") == 0);
    CHECK(strcmp(refusal(USE(" checked-against A-1 Z-1 a z AC-3(2)\n")), "") == 0);
}

#define HIDES(line)                                                                                \
    "line " line ", column 2: rule 'r' never decides 'use': earlier rules do, for all its classes"
#define TWO(classes, first, second)                                                                \
    HEAD classes "rule q\n verbs use\n class " first                                               \
                 "\n by officer\nrule r\n verbs use\n class " second                               \
                 "\n by engineer\n" POLICY_RULE

static void a_rule_that_earlier_ones_hide_is_refused(void)
{
#define LOW "class low\n tier 1..2\n"
#define HIGH "class high\n tier 3..5\n"
#define TWO_KINDS "class two\n kind base merge\n"
#define ONE_KIND "class one\n kind merge\n tier 4\n"
#define LLA "class lla\n artifact lla*\n"
#define MERGES "class merges\n kind merge\n"
#define BASES "class bases\n kind base\n"
#define ZEBRA "class zebra\n artifact zebra-stripe*\n"
#define LLAMA "class llama\n artifact llama*\nclass exact\n artifact llama\n"
    static const struct bad CASES[] = {
        {TWO(LOW, "low", "low"), HIDES("12")},
        {TWO(LOW, "any", "low"), HIDES("12")},
        {TWO(LOW, "low", "any"), ""},
        {TWO(LOW HIGH, "low", "high"), ""},
        {TWO(LOW HIGH, "low high", "any"), HIDES("14")},
        {TWO(LOW HIGH, "low", "low high"), ""},
        {TWO(TWO_KINDS ONE_KIND, "two", "one"), HIDES("15")},
        {TWO(TWO_KINDS ONE_KIND, "one", "two"), ""},
        {TWO(TWO_KINDS LOW, "two", "low"), ""},
        {TWO(LLA LLAMA, "lla", "llama"), HIDES("16")},
        {TWO(LLA LLAMA, "lla", "exact"), HIDES("16")},
        {TWO(LLA LLAMA, "llama", "exact"), HIDES("16")},
        {TWO(LLA LLAMA ZEBRA, "llama", "zebra"), ""},
        {TWO(TWO_KINDS, "any", "two"), HIDES("12")},
        {TWO(MERGES BASES, "merges", "bases"), ""},
        {TWO(MERGES TWO_KINDS, "merges", "two"), ""},
        {HEAD "rule a\n verbs enrol\n by officer\nrule b\n verbs roles\n by officer\n"
              "rule r\n verbs enrol\n by officer\n",
         "line 12, column 2: rule 'r' never decides 'enrol': earlier rules do, for all its "
         "classes"},
        {TWO(LLA LLAMA, "llama", "lla"), ""},
        {TWO(LLA LLAMA, "exact", "llama"), ""},
        {TWO(LLA LLAMA, "llama", "any"), ""},
        {HEAD LOW HIGH "rule a\n verbs use\n class low\n by officer\n"
                       "rule b\n verbs use read\n class high\n forbid\n"
                       "rule r\n verbs read use\n class any\n by officer\n",
         "line 18, column 2: rule 'r' never decides 'use': earlier rules do, for all its classes"},
    };
    REFUSED(CASES);
}

/* A policy of count parts, each made from its number. */
static const char *repeated(const char *head, const char *part, unsigned count, const char *tail)
{
    static char text[131072];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", head);
    for (unsigned i = 0; i < count && len < sizeof text - 100; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%u\n", part, i);
    }
    (void)snprintf(text + len, sizeof text - len, "%s", tail);
    return text;
}

static void what_is_too_much_is_refused(void)
{
    CHECK(strcmp(refusal(repeated(HEAD, "role r", 61, POLICY_RULE)), "") == 0);
    CHECK(strcmp(refusal(repeated(HEAD, "role r", 62, POLICY_RULE)),
                 "line 66, column 6: more than 64 roles") == 0);
    CHECK(strcmp(refusal(repeated(HEAD, "class c", 64, POLICY_RULE)), "") == 0);
    CHECK(strcmp(refusal(repeated(HEAD, "class c", 65, POLICY_RULE)),
                 "line 69, column 7: more than 64 classes") == 0);
    CHECK(strcmp(refusal(repeated(HEAD POLICY_RULE, "# ", 20000, "")),
                 "a policy has at most 65536 bytes") == 0);
    char line[2200];
    (void)snprintf(line, sizeof line, "policy \"a\"\n#%2100s\n", "x");
    CHECK(strcmp(refusal(line), "line 2, column 2049: a line of over 2048 bytes") == 0);
    (void)snprintf(line, sizeof line, "policy \"a\"\nrole%0100d\n", 0);
    CHECK(strncmp(refusal(line), "line 2, column 1: 'role0000", 27) == 0);
    char words[512] = "policy ";
    for (size_t i = 7; i < 300; i++) {
        words[i] = i % 2 != 0 ? 'x' : ' ';
    }
    CHECK(strcmp(refusal(words), "line 1, column 150: more than 72 words") == 0);
}

/* Each beginning of a policy, and each policy with one byte gone: an answer, never a fault. */
static void any_text_has_an_answer(void)
{
    char text[2048];
    size_t len = strlen(WHOLE);
    CHECK(len < sizeof text);
    for (size_t cut = 0; cut < len; cut++) {
        memcpy(text, WHOLE, cut);
        text[cut] = '\0';
        (void)refusal(text);
        memcpy(text + cut, WHOLE + cut + 1, len - cut);
        (void)refusal(text);
    }
    SR_AUTO(sr_policy) p = NULL;
    CHECK(sr_policy_parse(sr_bytes("policy \"a\"\0", 11), &p, NULL) == SR_MALFORMED);
}

static void types_have_their_words(void)
{
    for (enum sr_principal_type type = 0; type < SR_PRINCIPAL_TYPE_COUNT; type++) {
        enum sr_principal_type back = SR_PRINCIPAL_TYPE_COUNT;
        struct sr_bytes word = sr_text_view(sr_principal_type_word(type));
        CHECK(sr_principal_type_from_word(word, &back) && back == type);
    }
    enum sr_principal_type none = SR_PRINCIPAL_AGENT;
    CHECK(!sr_principal_type_from_word(sr_text_view("humans"), &none));
}

static void a_failure_within_is_reported(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_policy) p = NULL;
        enum sr_status status = sr_policy_parse(sr_text_view(WHOLE), &p, NULL);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((p != NULL) == (status == SR_OK));
    }
    CHECK(fault_sweep_faults() >= 4);
}

int main(void)
{
    RUN(what_a_policy_declares_is_decoded);
    RUN(a_break_glass_is_decoded);
    RUN(each_clause_of_a_rule_is_decoded);
    RUN(what_a_rule_does_not_say_is_not_limited);
    RUN(the_first_rule_of_verb_and_class_is_found);
    RUN(what_is_not_a_policy_is_refused_where_it_goes_wrong);
    RUN(classes_say_what_they_mean);
    RUN(clauses_of_rules_say_what_they_mean);
    RUN(terms_of_rules_say_what_they_mean);
    RUN(hours_say_what_they_mean);
    RUN(rules_that_could_not_mean_what_they_say_are_refused);
    RUN(policies_that_could_not_mean_what_they_say_are_refused);
    RUN(a_rule_that_earlier_ones_hide_is_refused);
    RUN(what_is_too_much_is_refused);
    RUN(any_text_has_an_answer);
    RUN(types_have_their_words);
    RUN(a_failure_within_is_reported);
    return check_done();
}
