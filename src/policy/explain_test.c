/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: the explanation ends with what the decision says, names the step at which it goes
 * wrong, the rule with its line, how the request stands, whose approval counts and who could still
 * approve.
 */
#include "policy/explain.h"

#include "tests/check.h"
#include "tests/policy_room.h"

static const char POLICY[] =
    "policy \"explain\"\nrole officer\nrole security\nrole engineer\nrole commander\n"
    "rule deposit\n  verbs deposit\n  class any\n  by engineer\n  checked-against INT-03\n"
    "rule use\n  verbs use\n  class any\n  by engineer\n"
    "  needs 1 of officer and 1 of security\n  checked-against APR-01 ACC-05\n"
    "rule people\n  verbs roles leave\n  by officer\n"
    "rule change\n  verbs policy\n  by officer\n  needs 1 of security and 1 of officer\n"
    "break-glass\n  holders commander\n  verbs use\n  for at most 1h\n"
    "  review within 24h by security\n";
static const char *const ROSTER[] = {"alice engineer", "bob officer", "carol officer",
                                     "dave security", "grace commander"};

struct text {
    char of[8192];
};

/* What is said of an act that key number key would sign. */
static struct text explained(struct proom *r, const struct sr_act *what, size_t key)
{
    struct sr_act copy = *what;
    struct sr_act *act = &copy;
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject = {.name = {NULL, 0}};
    struct text out = {{0}};
    const uint8_t digest[SR_SHA256_BYTES] = {0};
    SR_AUTO(sr_buf) text = NULL;
    CHECK(proom_subject(act, name, &subject));
    act->subjects = &subject;
    act->subject_count = 1;
    struct sr_state_event event = {.act = act,
                                   .digest = digest,
                                   .fingerprint = proom_key(key)->fingerprint,
                                   .is_room = key == PROOM_ROOM_KEY};
    CHECK(sr_buf_new(sizeof out.of - 1, &text) == SR_OK);
    CHECK(sr_explain_act(r->s, &event, &r->moment, text) == SR_OK);
    memcpy(out.of, sr_buf_view(text).ptr, sr_buf_view(text).len);
    struct sr_decision d = sr_policy_decide(r->s, &event, &r->moment);
    CHECK(strstr(out.of, d.ruling == SR_RULING_ALLOW     ? "\nso: allowed\n"
                         : d.ruling == SR_RULING_PENDING ? "\nso: pending: "
                                                         : "\nso: refused: ") != NULL);
    CHECK(d.reason == SR_REASON_NONE || strstr(out.of, sr_reason_text(d.reason)) != NULL);
    return out;
}

static bool says(const struct text *t, const char *what)
{
    if (strstr(t->of, what) == NULL) {
        printf("# '%s' is not in:\n# %s\n", what, t->of);
        return false;
    }
    return true;
}

static void open_room(struct proom *r)
{
    CHECK(proom_init(r, POLICY, ROSTER, 5) == SR_REASON_NONE);
    CHECK(proom_deposit(r, "alice", "llama@1", 2) == SR_REASON_NONE);
}

static void the_step_that_fails_is_named(void)
{
    PROOM r = {0};
    open_room(&r);
    struct sr_act act = proom_deposit_act(&r, "alice", "llama@2", 2);
    struct text t = explained(&r, &act, 1);
    CHECK(says(&t, "ok: its time\n") && says(&t, "rule 'deposit', line 6: by engineer"));
    CHECK(says(&t, "checked against: INT-03\n") && says(&t, "so: allowed\n"));
    t = explained(&r, &act, 2);
    CHECK(says(&t, "no: the actor and the key: the key that signed is not the actor's: SHA256:"));
    CHECK(strstr(t.of, "rule '") == NULL);
    act = proom_deposit_act(&r, "bob", "llama@2", 2);
    t = explained(&r, &act, 2);
    CHECK(says(&t, "no: the rule is for the actor: the rule is not for the actor's roles"));
    act.verb = SR_VERB_COUNT;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_state_event event = {.act = &act};
    CHECK(sr_buf_new(100, &text) == SR_OK);
    CHECK(sr_explain_act(r.s, &event, &r.moment, text) == SR_OK);
}

static void a_request_is_shown_with_its_people(void)
{
    PROOM r = {0};
    uint8_t request[SR_SHA256_BYTES];
    open_room(&r);
    struct sr_act act = proom_request_act(&r, "alice", SR_VERB_USE, "llama@1");
    struct text t = explained(&r, &act, 1);
    CHECK(says(&t, "could approve: bob, carol, dave\n") && says(&t, "so: allowed\n"));
    act = proom_act(&r, SR_VERB_REQUEST, "bob"); /* who asks is not among them */
    sr_act_set_word(&act, SR_FIELD_what, "policy");
    sr_act_set_digest(&act, SR_FIELD_policy, act.policy);
    t = explained(&r, &act, 2);
    CHECK(says(&t, "could approve: carol, dave\n"));
    act = proom_request_act(&r, "alice", SR_VERB_USE, "llama@1");
    CHECK(proom_try(&r, &act) == SR_REASON_NONE);
    memcpy(request, r.last, sizeof request);
    CHECK(proom_say(&r, "bob", SR_VERB_APPROVE, request) == SR_REASON_NONE);
    act = proom_use_act(&r, "alice", "llama@1", request);
    t = explained(&r, &act, 1);
    CHECK(says(&t, "the request is pending: 1 of 1 officer, 0 of 1 security\n"));
    CHECK(says(&t, "approved by bob\ncould approve: carol, dave\nso: pending: "));
    CHECK(proom_roles(&r, "carol", "bob", NULL) == SR_REASON_NONE);
    t = explained(&r, &act, 1);
    CHECK(says(&t, "approved by bob, which does not count now\n"));
    CHECK(proom_say(&r, "bob", SR_VERB_WITHDRAW, request) == SR_REASON_NONE);
    t = explained(&r, &act, 1);
    CHECK(says(&t, "approved by bob, withdrawn\n"));
    act = proom_act(&r, SR_VERB_APPROVE, "alice");
    sr_act_set_digest(&act, SR_FIELD_request, request);
    t = explained(&r, &act, 1);
    CHECK(says(&t, "no: the review: nobody may review what they"));
    CHECK(proom_say(&r, "dave", SR_VERB_DENY, request) == SR_REASON_NONE);
    t = explained(&r, &act, 1);
    CHECK(says(&t, "the request is denied\n") && says(&t, "denied by dave\n"));
    CHECK(says(&t, "could approve: nobody\n"));
}

/* Break-glass is loud: everybody who was not asked is named. */
static void whom_a_break_glass_passes_over_is_named(void)
{
    PROOM r = {0};
    open_room(&r);
    struct sr_act act = proom_request_act(&r, "grace", SR_VERB_USE, "llama@1");
    sr_act_set_number(&act, SR_FIELD_break_glass, 1);
    struct text t = explained(&r, &act, 5);
    CHECK(says(&t, "ok: break-glass\n") && says(&t, "passed over: bob, carol, dave\n"));
    CHECK(proom_try(&r, &act) == SR_REASON_NONE);
    act = proom_use_act(&r, "grace", "llama@1", r.last);
    t = explained(&r, &act, 5);
    CHECK(says(&t, "the request is granted: break-glass; its review is open\n"));
    CHECK(says(&t, "passed over: bob, carol, dave\n"));
}

static void little_room_is_too_little(void)
{
    PROOM r = {0};
    open_room(&r);
    struct sr_act act = proom_deposit_act(&r, "alice", "llama@2", 2);
    struct sr_state_event event = {.act = &act, .fingerprint = proom_key(1)->fingerprint};
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(40, &text) == SR_OK);
    CHECK(sr_explain_act(r.s, &event, &r.moment, text) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(the_step_that_fails_is_named);
    RUN(a_request_is_shown_with_its_people);
    RUN(whom_a_break_glass_passes_over_is_named);
    RUN(little_room_is_too_little);
    return check_done();
}
