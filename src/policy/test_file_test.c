/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a case says what the real decision says; one that wants something else is wrong;
 * what is not a file of cases is refused where it goes wrong; every built-in policy answers as its
 * page says.
 */
#include "policy/test_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/fault.h"

static const char POLICY[] =
    "policy \"lab\"\nrole officer\nrole security\nrole engineer\n"
    "class high\n tier 3..5\n"
    "rule no\n verbs export\n class high\n forbid\n"
    "rule use\n verbs use read\n class high\n by engineer\n types human service agent\n"
    " needs 2 of officer and 1 of security\n requires reason\n for at most 8h\n"
    " request expires after 24h\n approvals expire after 24h\n wait 1h\n"
    " hours mon-fri 08:00-20:00\n witnesses 1 within 10m\n"
    "rule plain\n verbs use read deposit\n class any\n by engineer\n"
    "rule people\n verbs enrol roles add-key attribute\n by officer\n needs 1 of officer\n"
    " requires hardware-key verification\n"
    "rule leave\n verbs leave\n by officer\n"
    "rule rotate\n verbs rotate\n by security\n attributes training\n"
    "rule hand\n verbs offer accept dispose\n class any\n by officer\n"
    "rule change\n verbs policy\n by officer\n needs 2 of officer\n"
    "break-glass\n holders officer\n verbs use\n for at most 30m\n review within 1h by security\n";

#define CAST                                                                                       \
    "human alice officer\nhuman bob officer key hardware\nhuman carol security with training\n"    \
    "human dan officer security key software\nhuman erin engineer\n"                               \
    "service vllm engineer of erin\nagent bot engineer of alice\nworkload w of erin\n"             \
    "version llama@1 tier 3\nversion tiny@2 tier 1 kind adapter\n"

struct seen {
    size_t count;
    bool shows;
};

static void see(void *ctx, const struct sr_test_case *result)
{
    struct seen *seen = ctx;
    seen->count++;
    if (!result->is_right && seen->shows) {
        printf("# line %u: %.*s: %d %s %s\n", result->line, (int)result->text.len,
               (const char *)result->text.ptr, (int)result->ruling, sr_reason_slug(result->reason),
               result->detail);
    }
}

static enum sr_status run(struct sr_bytes policy, const char *cases, bool shows,
                          struct sr_test_summary *out, struct sr_err *err)
{
    SR_AUTO(sr_policy) p = NULL;
    struct seen seen = {.shows = shows};
    CHECK(sr_policy_parse(policy, &p, err) == SR_OK);
    if (p == NULL) {
        return SR_MALFORMED;
    }
    enum sr_status status = sr_test_file_run(p, sr_text_view(cases), see, &seen, out, err);
    CHECK(status != SR_OK || seen.count == out->cases);
    return status;
}

/* All cases are right. */
static bool all_right(struct sr_bytes policy, const char *cases)
{
    struct sr_test_summary summary = {0};
    struct sr_err err = {0};
    if (run(policy, cases, true, &summary, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return false;
    }
    CHECK(summary.cases > 0);
    return summary.wrong == 0;
}

static void acts_that_a_rule_allows_or_not(void)
{
    struct sr_bytes p = sr_bytes(POLICY, sizeof POLICY - 1);
    CHECK(all_right(p, CAST "erin use tiny@2 -> allow\n"
                            "vllm use tiny@2 host -> allow\n"
                            "alice use tiny@2 -> deny not-by-actor\n"
                            "bot use tiny@2 -> deny wrong-type\n"
                            "erin use llama@1 -> deny\n"
                            "erin use llama@1 at sat 12:00 -> deny needs-request\n"
                            "erin export llama@1 -> deny forbidden\n"
                            "erin export tiny@2 -> deny no-rule\n"
                            "erin use other@1 -> deny no-such-version\n"
                            "erin deposit new@1 tier 2 kind adapter -> allow\n"
                            "erin deposit tiny@2 -> deny version-exists\n"
                            "carol rotate -> allow\n"
                            "dan rotate -> deny attribute-expired\n"
                            "alice leave bob -> allow\n"
                            "erin leave bob -> deny not-by-actor\n"
                            "alice offer tiny@2 -> allow\n"
                            "alice accept new@1 tier 2 -> allow\n"
                            "alice dispose llama@1 -> allow\n"
                            "alice policy -> deny needs-request\n"));
}

static void requests_and_reviews(void)
{
    struct sr_bytes p = sr_bytes(POLICY, sizeof POLICY - 1);
    CHECK(all_right(p, CAST "erin request use llama@1 reason for 2h -> pending approvals-missing\n"
                            "  with approvals of alice bob -> pending approvals-missing\n"
                            "  with approvals of alice bob carol -> pending waiting\n"
                            "  with approvals of alice bob carol after 2h -> allow\n"
                            "  with approvals of alice dan carol after 2h -> allow\n"
                            "  with approvals of alice bob carol after 25h -> deny\n"
                            "  with approvals of erin -> deny self-approval\n"
                            "  with approvals of vllm -> deny wrong-type\n"
                            "  with approvals of alice alice -> deny reviewed-already\n"
                            "  with denial of bob -> deny request-denied\n"
                            "vllm request use llama@1 reason for 8h -> pending\n"
                            "  with approvals of erin -> deny self-approval\n"
                            "bot request use llama@1 reason for 1h -> pending\n"
                            "  with approvals of alice -> deny self-approval\n"
                            "erin request use llama@1 for 2h -> deny terms-missing\n"
                            "erin request use llama@1 reason for 9h -> deny too-long\n"
                            "erin request use llama@1 reason for 2h witnesses 0 -> deny witnesses\n"
                            "erin request use llama@1 reason for 1h at sun 09:00 -> deny hours\n"));
    CHECK(all_right(p,
                    CAST "alice request use llama@1 break-glass reason for 30m -> allow\n"
                         "alice request use llama@1 break-glass reason for 31m -> deny too-long\n"
                         "erin request use llama@1 break-glass reason for 1m -> deny "
                         "not-break-glass\n"
                         "alice request enrol frank roles engineer -> pending\n"
                         "  with approvals of dan -> deny weak-signature\n"
                         "  with approvals of bob -> deny weak-signature\n"
                         "bob request enrol frank roles engineer -> pending\n"
                         "  with approvals of alice -> allow\n"
                         "bob request enrol bot2 as agent of erin -> pending\n"
                         "  with approvals of alice -> allow\n"
                         "bob request enrol erin -> deny principal-exists\n"
                         "bob request roles erin roles officer engineer -> pending\n"
                         "  with approvals of alice -> allow\n"
                         "bob request add-key erin -> pending\n"
                         "  with approvals of alice -> allow\n"
                         "bob request attribute erin training -> pending\n"
                         "  with approvals of alice -> allow\n"
                         "alice request policy -> pending\n"
                         "  with approvals of bob -> pending\n"
                         "  with approvals of bob dan -> allow\n"));
}

static void what_is_wrong_is_counted_and_shown(void)
{
    struct sr_bytes p = sr_bytes(POLICY, sizeof POLICY - 1);
    struct sr_test_summary summary = {0};
    struct sr_err err = {0};
    CHECK(run(p,
              CAST "erin use tiny@2 -> deny\nerin use tiny@2 -> allow\n"
                   "alice use tiny@2 -> deny hours\nalice use tiny@2 -> allow\n",
              false, &summary, &err) == SR_OK);
    CHECK(summary.cases == 4);
    CHECK(summary.wrong == 3);
}

static void unlocked_rooms_have_cases_too(void)
{
    struct sr_bytes local = {0};
    CHECK(sr_policy_builtin("local", &local) == SR_OK);
    CHECK(all_right(local, "version llama@1 tier 5\nhuman alice\n"
                           "unlocked use llama@1 -> allow\nunlocked export llama@1 -> allow\n"
                           "unlocked rotate -> allow\nunlocked policy -> allow\n"
                           "unlocked enrol bob -> allow\nunlocked leave alice -> allow\n"
                           "alice use llama@1 -> deny not-by-actor\n"));
}

static void what_is_no_file_of_cases_is_refused_where_it_goes_wrong(void)
{
    static const struct {
        const char *text;
        const char *message;
    } BAD[] = {
        {"erin use tiny@2 -> allow\n", "line 1, column 1: 'erin' is nobody who is named above"},
        {CAST "human alice\n", "line 11, column 7: 'alice' is there already, or is one too many"},
        {CAST "service s engineer\n", "line 11, column 19: 'of' is missing here"},
        {CAST "service s of vllm\n",
         "line 11, column 14: 'vllm' is not human, and so answers for nobody"},
        {CAST "human x boss\n", "line 11, column 9: 'boss' should not be there"},
        {CAST "human x key gold\n", "line 11, column 13: 'gold' where 'verified' should be"},
        {CAST "human j$n\n",
         "line 11, column 7: 'j$n' cannot be a name: letters, digits and . _ - @ +"},
        {CAST "version L@1\n", "line 11, column 9: 'L@1' is not a version such as llama@1"},
        {CAST "version x@1 kind bsae\n", "line 11, column 18: 'bsae' is not a kind of artifact"},
        {CAST "version llama\n", "line 11, column 9: 'llama' is not a version such as llama@1"},
        {CAST "version llama@1\n",
         "line 11, column 9: 'llama@1' is there already, or is one too many"},
        {CAST "version x@1 tier 6\n",
         "line 11, column 18: '6' is not a tier: a number from 1 to 5"},
        {CAST "erin steal tiny@2 -> deny\n", "line 11, column 6: 'steal' is not a verb"},
        {CAST "erin approve tiny@2 -> deny\n",
         "line 11, column 6: 'approve' is not a verb that a case can be about"},
        {CAST "erin use tiny@2 quickly -> deny\n",
         "line 11, column 17: 'quickly' is not known here"},
        {CAST "erin use tiny@2\n", "line 11, column 16: '->' is missing here"},
        {CAST "erin use tiny@2 -> maybe\n",
         "line 11, column 20: 'maybe' is none of allow, deny and pending"},
        {CAST "erin use tiny@2 -> deny because\n",
         "line 11, column 25: 'because' is no reason that there is"},
        {CAST "erin use tiny@2 -> allow none\n", "line 11, column 26: 'none' should not be there"},
        {CAST "erin use tiny@2 at noon 12:00 -> allow\n",
         "line 11, column 20: 'noon' and the next are not a moment such as sat 03:00"},
        {CAST "with approvals of alice -> allow\n",
         "line 11, column 1: 'with' goes below a request"},
        {CAST "erin use tiny@2 -> allow\nwith approvals of alice -> allow\n",
         "line 12, column 1: 'with' goes below a request"},
        {CAST "erin request use llama@1 -> deny\nwith help of alice -> allow\n",
         "line 12, column 6: 'help' where 'approvals' should be"},
        {"\xff", "the file of cases is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct sr_test_summary summary = {.cases = 77};
        struct sr_err err = {0};
        CHECK(run(sr_bytes(POLICY, sizeof POLICY - 1), BAD[i].text, false, &summary, &err) ==
              SR_MALFORMED);
        if (strcmp(err.message, BAD[i].message) != 0) {
            printf("# case %zu: '%s'\n", i, err.message);
        }
        CHECK(strcmp(err.message, BAD[i].message) == 0);
    }
}

/* What docs/policy.md says of the built-in policies. */
#define TIER_CAST                                                                                  \
    "human alice officer with screening training clearance\n"                                      \
    "human bob officer with screening training clearance\n"                                        \
    "human ben officer with screening training clearance\n"                                        \
    "human bea officer with screening training clearance\n"                                        \
    "human carol security with screening training clearance\n"                                     \
    "human chris security with screening training clearance\n"                                     \
    "human erin engineer with screening training\n"                                                \
    "human lapsed officer\n"                                                                       \
    "human soft officer with screening training clearance key software\n"                          \
    "workload vllm of erin\nagent bot engineer of erin\n"
static const struct {
    const char *policy;
    const char *cases;
} TIERS[] = {
    {"tier-1", "version m@1\nerin use m@1 -> allow\nerin export m@1 -> deny needs-request\n"
               "bot use m@1 -> deny wrong-type\n"
               "erin request export m@1 reason for 1h -> pending\n"
               " with approvals of alice -> allow\n"
               "erin deposit n@1 tier 2 -> deny forbidden\nalice leave bob -> allow\n"
               "alice request use m@1 break-glass reason for 1m -> deny not-break-glass\n"
               "erin request enrol new roles officer -> pending\n"
               " with approvals of alice -> pending\n with approvals of alice bob -> allow\n"
               "erin request policy reason -> pending\n"
               " with approvals of alice after 1h -> pending approvals-missing\n"
               " with approvals of alice bob after 9m -> pending waiting\n"
               " with approvals of alice bob after 10m -> allow\n"},
    {"tier-2", "version m@1 tier 2\nerin use m@1 -> deny needs-request\n"
               "bot request use m@1 reason for 1h -> pending\n"
               " with approvals of alice -> allow\n"
               "alice request use m@1 break-glass reason for 2h -> allow\n"
               "erin request export m@1 reason ticket for 1h -> pending\n"
               " with approvals of alice -> pending\n with approvals of alice bob -> allow\n"
               "erin request policy reason -> pending\n"
               " with approvals of alice bob after 1h -> pending approvals-missing\n"
               " with approvals of alice bob carol after 1h -> allow\n"
               "alice request use m@1 break-glass reason for 3h -> deny too-long\n"},
    {"tier-3", "version m@1 tier 3\n"
               "erin request use m@1 reason for 8h -> pending\n"
               " with approvals of alice -> pending\n with approvals of alice bob -> allow\n"
               " with approvals of alice soft -> allow\n"
               " with approvals of alice bob after 9h -> deny request-expired\n"
               "erin request use m@1 reason for 9h -> deny too-long\n"
               "erin request use m@1 for 8h -> deny terms-missing\n"
               "alice request use m@1 reason for 1h -> pending\n"
               " with approvals of alice -> deny self-approval\n"
               "erin request policy reason ticket -> pending\n"
               " with approvals of alice bob carol after 3h -> pending waiting\n"
               " with approvals of alice bob carol after 4h -> allow\n"
               "erin deposit n@1 tier 4 -> deny forbidden\n"},
    {"tier-4",
     "version m@1 tier 4\n"
     "erin request use m@1 reason ticket host workload vllm bytes 1TB for 4h -> pending\n"
     " with approvals of alice bob -> pending\n with approvals of alice bob carol -> allow\n"
     " with approvals of soft -> deny weak-signature\n"
     " with approvals of lapsed -> deny attribute-expired\n"
     "erin request use m@1 reason ticket host workload vllm bytes 3TB for 4h -> deny too-much\n"
     "erin request use m@1 reason ticket host workload vllm for 4h -> deny terms-missing\n"
     "bot request use m@1 reason ticket host workload vllm bytes 1TB for 1h -> deny "
     "wrong-type\n"
     "lapsed leave bob -> deny attribute-expired\nalice leave bob -> allow\n"
     "erin request export m@1 reason ticket host bytes 1TB for 1h at tue 12:00 -> pending\n"
     " with approvals of alice bob ben carol after 23h -> pending waiting\n"
     " with approvals of alice bob ben carol after 24h -> allow\n"
     " with approvals of alice bob ben carol after 1m -> pending waiting\n"
     "erin request export m@1 reason ticket host bytes 1TB for 1h at tue 07:59 -> deny "
     "hours\n"
     "erin request policy reason ticket -> pending\n"
     " with approvals of alice bob ben carol after 23h -> pending waiting\n"
     " with approvals of alice bob ben carol after 24h -> allow\n"
     "alice request use m@1 break-glass reason ticket host workload vllm bytes 1TB for 30m -> "
     "allow\n"
     "soft request use m@1 break-glass reason ticket host workload vllm bytes 1TB for 30m -> deny "
     "weak-signature\n"},
    {"tier-5",
     "version m@1 tier 5\nalice export m@1 -> deny forbidden\n"
     "erin request export m@1 reason -> deny forbidden\n"
     "erin request use m@1 reason ticket host workload vllm bytes 1TB for 2h -> pending\n"
     " with approvals of alice bob ben carol after 30m -> pending waiting\n"
     " with approvals of alice bob ben carol after 1h -> allow\n"
     " with approvals of alice bob carol chris after 1h -> pending\n"
     "erin request use m@1 reason ticket host workload vllm bytes 1TB for 2h witnesses 1 -> "
     "deny witnesses\n"
     "alice request use m@1 break-glass reason for 1m -> deny not-break-glass\n"
     "erin request policy reason ticket -> pending\n"
     " with approvals of alice bob ben carol after 24h -> pending approvals-missing\n"
     " with approvals of alice bob ben carol chris after 24h -> allow\n"
     "erin request offer m@1 reason ticket -> deny not-by-actor\n"},
};

static void the_tiers_answer_as_their_page_says(void)
{
    for (size_t i = 0; i < sizeof TIERS / sizeof TIERS[0]; i++) {
        static char cases[8192];
        struct sr_bytes text = {0};
        (void)snprintf(cases, sizeof cases, "%s%s", TIER_CAST, TIERS[i].cases);
        CHECK(sr_policy_builtin(TIERS[i].policy, &text) == SR_OK);
        bool are_right = all_right(text, cases);
        if (!are_right) {
            printf("# %s\n", TIERS[i].policy);
        }
        CHECK(are_right);
    }
}

/* The policy and the cases of docs/policy.md. */
static const char PAGE_POLICY[] = "policy \"lab\"\n"
                                  "\n"
                                  "role officer\n"
                                  "role security\n"
                                  "role engineer\n"
                                  "\n"
                                  "class weights\n"
                                  "    tier 3..5\n"
                                  "\n"
                                  "rule use-weights\n"
                                  "    verbs use read\n"
                                  "    class weights\n"
                                  "    by engineer\n"
                                  "    needs 2 of officer and 1 of security\n"
                                  "    requires reason ticket\n"
                                  "    for at most 8h\n"
                                  "\n"
                                  "rule change\n"
                                  "    verbs policy\n"
                                  "    by officer security\n"
                                  "    needs 2 of officer and 1 of security\n"
                                  "    wait 24h\n";
static const char PAGE_CASES[] =
    "human    alice  officer\n"
    "human    bob    officer\n"
    "human    carol  security\n"
    "human    erin   engineer\n"
    "service  vllm   engineer of erin\n"
    "agent    helper engineer of alice\n"
    "version  llama@1 tier 3 kind instruct\n"
    "\n"
    "erin use llama@1 -> deny needs-request\n"
    "erin request use llama@1 for 2h reason ticket -> pending approvals-missing\n"
    "    with approvals of alice bob -> pending\n"
    "    with approvals of alice bob carol -> allow\n"
    "    with approvals of alice bob carol after 3h -> deny request-expired\n"
    "    with approvals of erin -> deny self-approval\n"
    "    with denial of bob -> deny request-denied\n"
    "erin request use llama@1 for 9h reason ticket -> deny too-long\n"
    "helper request use llama@1 for 1h reason ticket -> deny wrong-type\n"
    "erin export llama@1 -> deny no-rule\n";

static void the_page_shows_what_comes_of_it(void)
{
    CHECK(all_right(sr_bytes(PAGE_POLICY, sizeof PAGE_POLICY - 1), PAGE_CASES));
}

static void a_failure_within_is_reported(void)
{
    SR_AUTO(sr_policy) p = NULL;
    CHECK(sr_policy_parse(sr_bytes(POLICY, sizeof POLICY - 1), &p, NULL) == SR_OK);
    FAULT_SWEEP {
        struct sr_test_summary summary = {0};
        enum sr_status status = sr_test_file_run(
            p,
            sr_text_view("human erin engineer\nhuman alice officer\nversion tiny@2\n"
                         "erin use tiny@2 -> allow\nerin request rotate -> deny not-by-actor\n"
                         "alice request policy -> pending\n with approvals of erin -> deny\n"),
            NULL, NULL, &summary, NULL);
        /* The decision has no way to fail: where it cannot look, it denies (docs/decision.md). */
        CHECK(status == SR_OK || fault_fired());
        CHECK(fault_fired() || summary.wrong == 0);
    }
    CHECK(fault_sweep_faults() > 100);
}

int main(void)
{
    RUN(acts_that_a_rule_allows_or_not);
    RUN(requests_and_reviews);
    RUN(what_is_wrong_is_counted_and_shown);
    RUN(unlocked_rooms_have_cases_too);
    RUN(what_is_no_file_of_cases_is_refused_where_it_goes_wrong);
    RUN(the_tiers_answer_as_their_page_says);
    RUN(the_page_shows_what_comes_of_it);
    RUN(a_failure_within_is_reported);
    return check_done();
}
