/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: nothing is said where nothing changes; what is said has the right sign for the
 * right people, of the right versions; and a to b is b to a with the signs turned round.
 */
#include <stdio.h>
#include <string.h>

#include "policy/explain.h"
#include "tests/check.h"
#include "tests/fault.h"

#define HEAD                                                                                       \
    "policy \"lab\"\nrole officer\nrole security\nrole engineer\n"                                 \
    "class low\n tier 1..2\nclass high\n tier 3..5\nclass llamas\n kind base merge\n artifact "    \
    "llama*\n"
#define TAIL "rule change\n verbs policy\n by officer\n needs 2 of officer\n"

static void show(struct sr_bytes text)
{
    printf("#| ");
    for (size_t i = 0; i < text.len; i++) {
        (void)putchar(text.ptr[i]);
        if (text.ptr[i] == '\n') {
            printf("#| ");
        }
    }
    printf("\n");
}

static bool differ(const char *a, const char *b, const char *wanted)
{
    SR_AUTO(sr_policy) pa = NULL;
    SR_AUTO(sr_policy) pb = NULL;
    SR_AUTO(sr_buf) out = NULL;
    struct sr_err err = {0};
    if (sr_policy_parse(sr_text_view(a), &pa, &err) != SR_OK ||
        sr_policy_parse(sr_text_view(b), &pb, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return false;
    }
    CHECK(sr_buf_new(65536, &out) == SR_OK);
    CHECK(sr_explain_diff(pa, pb, out) == SR_OK);
    bool is = sr_text_equal(sr_buf_view(out), sr_text_view(wanted));
    if (!is) {
        show(sr_buf_view(out));
    }
    return is;
}

#define RULE(name, clauses) "rule " name "\n verbs use read\n class high\n by engineer\n" clauses

static void where_nothing_changes_nothing_is_said(void)
{
    const char *p = HEAD RULE("r", " needs 2 of officer\n for at most 8h\n") TAIL;
    CHECK(differ(p, p, "nobody's power changes\n"));
    /* Another name, another order, another spelling: the same power. */
    CHECK(differ(p,
                 HEAD TAIL RULE("q", " for at most 480m\n needs 2 of officer, distinct persons\n"),
                 "nobody's power changes\n"));
    CHECK(differ(HEAD TAIL, HEAD "rule no\n verbs use\n class any\n forbid\n" TAIL,
                 "nobody's power changes\n"));
}

static void quorums_and_limits_have_signs(void)
{
    CHECK(
        differ(HEAD RULE("r", " needs 2 of officer\n for at most 8h\n requires reason\n") TAIL,
               HEAD RULE("q", " needs 1 of officer and 1 of security\n for at most 1d\n wait 1h\n "
                              "requires ticket hardware-key\n types human agent\n attributes a\n "
                              "reviewer-attributes b\n bytes at most 1GB\n witnesses 1 within 1h\n "
                              "hours mon-fri 08:00-18:00\n uses at most 3\n") TAIL,
               "read, use: rule 'r' (line 12), now rule 'q' (line 12)\n"
               "  of tier 3..5; any kind; any name\n"
               "  ~ who asks: needs 2 of officer, now 1 of officer and 1 of security\n"
               "  + security: now asked for approval\n"
               "  - every service: may no longer\n"
               "  - every workload: may no longer\n"
               "  + every agent: may now\n"
               "  + who asks: need no longer give a reason\n"
               "  - who asks: must now give a ticket\n"
               "  - who asks: must now have reviews by hardware keys\n"
               "  - who asks: must now have a\n"
               "  - who approves: must now have b\n"
               "  + who asks: for at most 8h, now 1d\n"
               "  - who asks: wait none, now 1h\n"
               "  - who asks: at any hour, now mon-fri 08:00-18:00 UTC\n"
               "  - who asks: bytes at most no limit, now 1GB\n"
               "  - who asks: uses at most no limit, now 3\n"
               "  - who asks: witnesses: no witnesses, now 1 within 1h\n"));
    CHECK(differ(HEAD RULE("r", " needs 2 of officer\n") TAIL,
                 HEAD RULE("r", " needs 3 of officer\n") TAIL,
                 "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  - who asks: needs 2 of officer, now 3 of officer\n"));
    CHECK(differ(HEAD RULE("r", " hours mon 08:00-18:00\n") TAIL,
                 HEAD RULE("r", " hours mon 09:00-19:00\n") TAIL,
                 "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  ~ who asks: mon 08:00-18:00 UTC, now mon 09:00-19:00 UTC\n"));
}

static void roles_gain_and_lose(void)
{
    CHECK(differ(HEAD RULE("r", "") TAIL,
                 "policy \"b\"\nrole officer\nrole auditor\n"
                 "rule r\n verbs use\n class any\n by auditor\n needs 1 of officer\n" TAIL,
                 "read: rule 'r' (line 12), now no rule\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  - engineer: may no longer do it, without asking anybody\n"
                 "use: no rule, now rule 'r' (line 4)\n"
                 "  of tier 1..2; any kind; any name\n"
                 "  + auditor: may now ask, with approval of 1 of officer\n"
                 "use: rule 'r' (line 12), now rule 'r' (line 4)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  - engineer: may no longer do it, without asking anybody\n"
                 "  + auditor: may now ask, with approval of 1 of officer\n"
                 "  - who asks: needs nobody's approval, now 1 of officer\n"
                 "  + officer: now asked for approval\n"));
    CHECK(differ("policy \"a\"\nrule all\n verbs use policy\n class any\n by unlocked\n",
                 "policy \"a\"\nrule all\n verbs use policy\n class any\n by anyone\n",
                 "use: rule 'all' (line 2), now rule 'all' (line 2)\n"
                 "  of any tier; any kind; any name\n"
                 "  + who holds no role: may now do it, without asking anybody\n"
                 "  - whoever unlocked the room: may no longer do it\n"
                 "policy: rule 'all' (line 2), now rule 'all' (line 2)\n"
                 "  + who holds no role: may now do it, without asking anybody\n"
                 "  - whoever unlocked the room: may no longer do it\n"));
}

static void versions_are_told_apart_as_the_policies_do(void)
{
    CHECK(differ(HEAD RULE("r", "") TAIL,
                 HEAD "rule no\n verbs use\n class llamas\n forbid\n" RULE("r", "") TAIL,
                 "use: rule 'r' (line 12), now rule 'no' (line 12), which forbids\n"
                 "  of tier 3..5; kind base merge; name llama*\n"
                 "  - engineer: may no longer do it, without asking anybody\n"));
    CHECK(differ(HEAD "rule no\n verbs use\n class llamas\n forbid\nrule q\n verbs use\n class "
                      "any\n by officer\n" TAIL,
                 HEAD "rule q\n verbs use\n class any\n by engineer\n" TAIL,
                 "use: rule 'no' (line 12), which forbids, now rule 'q' (line 12)\n"
                 "  of any tier; kind base merge; name llama*\n"
                 "  + engineer: may now do it, without asking anybody\n"
                 "use: rule 'q' (line 16), now rule 'q' (line 12)\n"
                 "  of any tier; kind other than named here; name llama*\n"
                 "  of any tier; any kind; name other than named here\n"
                 "  - officer: may no longer do it, without asking anybody\n"
                 "  + engineer: may now do it, without asking anybody\n"));
}

#define GLASS(clauses) "break-glass\n holders officer\n" clauses

/* A rule with these hours, and the line that says what changes to the others. */
static bool hours_differ(const char *a, const char *b, const char *line)
{
    char before[512];
    char after[512];
    char wanted[512];
    (void)snprintf(before, sizeof before, "%s%s\n%s", HEAD RULE("r", " hours "), a, TAIL);
    (void)snprintf(after, sizeof after, "%s%s\n%s", HEAD RULE("r", " hours "), b, TAIL);
    (void)snprintf(wanted, sizeof wanted,
                   "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                   "  of tier 3..5; any kind; any name\n  %s\n",
                   line);
    return differ(before, after, *line != '\0' ? wanted : "nobody's power changes\n");
}

static void hours_over_midnight_belong_to_the_day_before(void)
{
    CHECK(hours_differ("mon 22:00-06:00", "mon 22:00-07:00",
                       "+ who asks: mon 22:00-06:00 UTC, now mon 22:00-07:00 UTC"));
    CHECK(hours_differ("mon 22:00-06:00", "mon 22:00-24:00",
                       "- who asks: mon 22:00-06:00 UTC, now mon 22:00-24:00 UTC"));
    CHECK(hours_differ("mon 22:00-06:00", "tue 00:00-06:00",
                       "- who asks: mon 22:00-06:00 UTC, now tue 00:00-06:00 UTC"));
    CHECK(hours_differ("mon-sun 00:00-24:00", "mon-tue wed-sun 00:00-24:00", ""));
    CHECK(hours_differ("mon 08:00-09:00", "mon 08:00-09:01",
                       "+ who asks: mon 08:00-09:00 UTC, now mon 08:00-09:01 UTC"));
    CHECK(hours_differ("mon 08:00-09:00", "mon 08:01-09:00",
                       "- who asks: mon 08:00-09:00 UTC, now mon 08:01-09:00 UTC"));
    CHECK(hours_differ("sun 22:00-06:00", "sun-mon 00:00-24:00",
                       "+ who asks: sun 22:00-06:00 UTC, now mon sun 00:00-24:00 UTC"));
}

static void witnesses_and_expiry_have_signs(void)
{
    CHECK(differ(HEAD RULE("r", " attributes a b\n") TAIL, HEAD RULE("r", " attributes b c\n") TAIL,
                 "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  + who asks: need no longer have a\n"
                 "  - who asks: must now have c\n"));
    CHECK(differ(HEAD RULE("r", " witnesses 2 within 10m\n") TAIL,
                 HEAD RULE("r", " witnesses 1 within 5m\n") TAIL,
                 "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  ~ who asks: witnesses: 2 within 10m, now 1 within 5m\n"));
    CHECK(differ(HEAD RULE("r", " witnesses 2 within 10m\n") TAIL,
                 HEAD RULE("r", " witnesses 2 within 20m\n") TAIL,
                 "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  + who asks: witnesses: 2 within 10m, now 2 within 20m\n"));
    CHECK(differ(HEAD RULE("r", " needs 1 of officer\n request expires after 1h\n approvals "
                                "expire after 1h\n") TAIL "witness w w+1+AQ==\n",
                 HEAD RULE("r", " needs 1 of officer\n request expires after 2h\n approvals "
                                "expire after 30m\n") TAIL "witness v w+1+AQ==\n",
                 "read, use: rule 'r' (line 12), now rule 'r' (line 12)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  + who asks: request expires after 1h, now 2h\n"
                 "  - who asks: approvals expire after 1h, now 30m\n"));
}

static void tiers_are_said_as_people_say_them(void)
{
    CHECK(differ("policy \"a\"\nrole officer\nrole engineer\n" TAIL,
                 "policy \"a\"\nrole officer\nrole engineer\nclass one\n tier 2\n"
                 "class more\n tier 4..5\n"
                 "rule r\n verbs use\n class one more\n by engineer\n" TAIL,
                 "use: no rule, now rule 'r' (line 8)\n"
                 "  of tier 2, 4..5; any kind; any name\n"
                 "  + engineer: may now do it, without asking anybody\n"));
}

static void what_is_not_in_rules_is_compared_too(void)
{
    CHECK(differ(
        HEAD TAIL,
        HEAD TAIL GLASS(
            " verbs use\n for at most 1h\n review within 24h by security\n") "suspend without "
                                                                             "training\nacts "
                                                                             "within 12h\nwitness "
                                                                             "w w+1+AQ==\n",
        "besides the rules\n"
        "  + officer: may now break the glass\n"
        "  + security: now reviews it afterwards\n"
        "  - everybody: must now have training\n"
        "  - everybody: acts within 1d, now 12h\n"
        "  + a witness is now believed:\n"
        "      w+1+AQ==\n"));
    CHECK(differ(
        HEAD TAIL GLASS(" verbs use\n for at most 1h\n review within 24h by security\n"),
        HEAD TAIL GLASS(" verbs read\n for at most 2h\n review within 12h by security engineer\n "
                        "requires hardware-key\n"),
        "besides the rules\n"
        "  + engineer: now reviews it afterwards\n"
        "  + who breaks the glass: may now read\n"
        "  - who breaks the glass: may no longer use\n"
        "  + who breaks the glass: for at most 1h, now 2h\n"
        "  - who breaks the glass: review within 1d, now 12h\n"
        "  - who breaks the glass: must now have a hardware key\n"));
}

/* docs/policy.md shows this policy, this change and this mistake. */
#define PAGE(needs, lasts)                                                                         \
    "policy \"lab\"\n\nrole officer\nrole security\nrole engineer\n\nclass weights\n    tier "     \
    "3..5\n\n"                                                                                     \
    "rule use-weights\n    verbs use read\n    class weights\n    by engineer\n    needs " needs   \
    "\n    requires reason ticket\n    for at most " lasts "\n\nrule change\n    verbs policy\n"   \
    "    by officer security\n    needs 2 of officer and 1 of security\n    wait 24h\n"

static void the_page_shows_what_is_said(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_policy) p = NULL;
    CHECK(differ(PAGE("2 of officer and 1 of security", "8h"), PAGE("2 of officer", "1d"),
                 "read, use: rule 'use-weights' (line 10), now rule 'use-weights' (line 10)\n"
                 "  of tier 3..5; any kind; any name\n"
                 "  + who asks: needs 2 of officer and 1 of security, now 2 of officer\n"
                 "  - security: no longer asked for approval\n"
                 "  + who asks: for at most 8h, now 1d\n"));
    CHECK(sr_policy_parse(sr_text_view(PAGE("2 of oficer", "8h")), &p, &err) == SR_MALFORMED);
    CHECK(strcmp(err.message, "line 14, column 16: role 'oficer' is not declared above") == 0);
}

static void turn(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if (strncmp(c, "\n  + ", 5) == 0) {
            c[3] = '-';
        } else if (strncmp(c, "\n  - ", 5) == 0) {
            c[3] = '+';
        }
    }
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

static void diff_builtin(const char *a, const char *b, char text[32768])
{
    struct sr_bytes source = {0};
    SR_AUTO(sr_policy) pa = NULL;
    SR_AUTO(sr_policy) pb = NULL;
    SR_AUTO(sr_buf) out = NULL;
    text[0] = '\0';
    CHECK(sr_policy_builtin(a, &source) == SR_OK);
    CHECK(sr_policy_parse(source, &pa, NULL) == SR_OK);
    CHECK(sr_policy_builtin(b, &source) == SR_OK);
    CHECK(sr_policy_parse(source, &pb, NULL) == SR_OK);
    CHECK(sr_buf_new(32767, &out) == SR_OK);
    if (pa != NULL && pb != NULL) {
        CHECK(sr_explain_diff(pa, pb, out) == SR_OK);
        memcpy(text, sr_buf_view(out).ptr, sr_buf_view(out).len);
        text[sr_buf_view(out).len] = '\0';
    }
}

/* From one built-in policy to any other and back: as many gains as there were losses. */
static void the_way_back_has_the_signs_turned_round(void)
{
    static char there[32768];
    static char back[32768];
    for (size_t i = 0; sr_policy_builtin_name(i) != NULL; i++) {
        for (size_t j = 0; sr_policy_builtin_name(j) != NULL; j++) {
            diff_builtin(sr_policy_builtin_name(i), sr_policy_builtin_name(j), there);
            diff_builtin(sr_policy_builtin_name(j), sr_policy_builtin_name(i), back);
            CHECK((i == j) == (strcmp(there, "nobody's power changes\n") == 0));
            turn(back);
            CHECK(count_of(there, "\n  + ") == count_of(back, "\n  + "));
            CHECK(count_of(there, "\n  - ") == count_of(back, "\n  - "));
            CHECK(count_of(there, "\n  ~ ") == count_of(back, "\n  ~ "));
        }
    }
    diff_builtin("tier-3", "tier-4", there);
    CHECK(
        strstr(there, "\n  - who asks: needs 2 of officer, now 2 of officer and 1 of security\n") !=
        NULL);
    CHECK(strstr(there, "\n  - every agent: may no longer\n") != NULL);
}

static void a_buffer_that_is_full_is_an_error(void)
{
    SR_AUTO(sr_policy) a = NULL;
    SR_AUTO(sr_policy) b = NULL;
    CHECK(sr_policy_parse(sr_text_view(HEAD RULE("r", "") TAIL), &a, NULL) == SR_OK);
    CHECK(sr_policy_parse(sr_text_view(HEAD RULE("r", " wait 1h\n") TAIL), &b, NULL) == SR_OK);
    for (size_t room = 0; a != NULL && b != NULL && room < 100; room++) {
        SR_AUTO(sr_buf) out = NULL;
        CHECK(sr_buf_new(room, &out) == SR_OK);
        CHECK(sr_explain_diff(a, b, out) == SR_TOO_LARGE);
    }
}

static void a_failure_within_is_reported(void)
{
    SR_AUTO(sr_policy) a = NULL;
    SR_AUTO(sr_policy) b = NULL;
    CHECK(sr_policy_parse(sr_text_view(HEAD RULE("r", "") TAIL), &a, NULL) == SR_OK);
    CHECK(sr_policy_parse(sr_text_view(HEAD RULE("r", " wait 1h\n") TAIL), &b, NULL) == SR_OK);
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(65536, &out) == SR_OK);
    FAULT_SWEEP {
        enum sr_status status = sr_explain_diff(a, b, out);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
    }
    CHECK(fault_sweep_faults() >= 3);
}

int main(void)
{
    RUN(where_nothing_changes_nothing_is_said);
    RUN(quorums_and_limits_have_signs);
    RUN(roles_gain_and_lose);
    RUN(versions_are_told_apart_as_the_policies_do);
    RUN(hours_over_midnight_belong_to_the_day_before);
    RUN(witnesses_and_expiry_have_signs);
    RUN(tiers_are_said_as_people_say_them);
    RUN(what_is_not_in_rules_is_compared_too);
    RUN(the_page_shows_what_is_said);
    RUN(the_way_back_has_the_signs_turned_round);
    RUN(a_buffer_that_is_full_is_an_error);
    RUN(a_failure_within_is_reported);
    return check_done();
}
