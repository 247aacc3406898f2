/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grants.h"

#include "tests/check.h"
#include "tests/policy_room.h"

static const char POLICY[] = "policy \"test\"\n"
                             "role officer\nrole engineer\n"
                             "class all\n  tier 1..5\n"
                             "rule in\n  verbs deposit\n  class all\n  by engineer\n"
                             "rule use\n  verbs use\n  class all\n  by engineer\n"
                             "  needs 1 of officer\n  uses at most 1\n"
                             "rule change\n  verbs policy\n  by officer\n  needs 1 of officer\n";
static const char *const ROSTER[] = {"alice engineer", "bob officer", "erin engineer",
                                     "dan officer"};

static void open_room(struct proom *r)
{
    CHECK(proom_init(r, POLICY, ROSTER, 4) == SR_REASON_NONE);
    CHECK(proom_deposit(r, "alice", "llama@1", 2) == SR_REASON_NONE);
    CHECK(proom_deposit(r, "alice", "llama@2", 2) == SR_REASON_NONE);
}

static void ask(struct proom *r, const char *version, const char *host, bool is_approved,
                uint8_t out[SR_SHA256_BYTES])
{
    struct sr_act act = proom_request_act(r, "alice", SR_VERB_USE, version);
    if (host != NULL) {
        sr_act_set_word(&act, SR_FIELD_host, host);
    }
    CHECK(proom_try(r, &act) == SR_REASON_NONE);
    memcpy(out, r->last, SR_SHA256_BYTES);
    if (is_approved) {
        CHECK(proom_say(r, "bob", SR_VERB_APPROVE, out) == SR_REASON_NONE);
    }
}

/* What there is for somebody who wants to use a version on a machine. */
static struct sr_grants_found find(struct proom *r, const char *actor, const char *version,
                                   const char *host)
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    struct sr_act act = proom_use_act(r, actor, version, NULL);
    CHECK(proom_subject(&act, name, &subject));
    act.subjects = &subject;
    act.subject_count = 1;
    return sr_grants_find(r->s, &act, host, NULL, &r->moment);
}

static bool is(const struct sr_request *request, const uint8_t digest[SR_SHA256_BYTES])
{
    return request != NULL && memcmp(request->digest, digest, SR_SHA256_BYTES) == 0;
}

static void a_grant_is_the_actors_and_of_the_version(void)
{
    PROOM r = {0};
    uint8_t request[SR_SHA256_BYTES];
    open_room(&r);
    CHECK(find(&r, "alice", "llama@1", NULL).granted == NULL);
    ask(&r, "llama@1", NULL, true, request);
    CHECK(is(find(&r, "alice", "llama@1", NULL).granted, request));
    CHECK(is(find(&r, "alice", "llama@1", "rack7").granted, request)); /* anywhere */
    CHECK(find(&r, "alice", "llama@2", NULL).granted == NULL);
    CHECK(find(&r, "erin", "llama@1", NULL).granted == NULL);
}

static void a_machine_that_was_named_is_said_in_the_act(void)
{
    PROOM r = {0};
    uint8_t request[SR_SHA256_BYTES];
    open_room(&r);
    ask(&r, "llama@1", "rack7", true, request);
    CHECK(find(&r, "alice", "llama@1", NULL).granted == NULL);
    CHECK(find(&r, "alice", "llama@1", "rack8").granted == NULL);
    struct sr_grants_found found = find(&r, "alice", "llama@1", "rack7");
    CHECK(is(found.granted, request));
    struct sr_act act = proom_use_act(&r, "alice", "llama@1", NULL);
    sr_grants_place(found.granted, "rack7", "vllm", &act);
    CHECK(sr_act_has(&act, SR_FIELD_host) && !sr_act_has(&act, SR_FIELD_workload));
    CHECK(proom_try(&r, &act) == SR_REASON_NONE);
}

static void an_open_request_is_found_when_nothing_is_granted(void)
{
    PROOM r = {0};
    uint8_t open[SR_SHA256_BYTES];
    uint8_t granted[SR_SHA256_BYTES];
    open_room(&r);
    ask(&r, "llama@1", NULL, true, granted);
    ask(&r, "llama@1", NULL, false, open);
    CHECK(is(find(&r, "alice", "llama@1", NULL).granted, granted)); /* though it is older */
    CHECK(proom_use(&r, "alice", "llama@1", granted) == SR_REASON_NONE);
    struct sr_grants_found found = find(&r, "alice", "llama@1", NULL); /* used up */
    CHECK(found.granted == NULL && is(found.open, open));
    CHECK(found.standing.state == SR_REQUEST_PENDING);
    CHECK(proom_say(&r, "bob", SR_VERB_DENY, open) == SR_REASON_NONE);
    found = find(&r, "alice", "llama@1", NULL);
    CHECK(found.granted == NULL && found.open == NULL);
}

int main(void)
{
    RUN(a_grant_is_the_actors_and_of_the_version);
    RUN(a_machine_that_was_named_is_said_in_the_act);
    RUN(an_open_request_is_found_when_nothing_is_granted);
    return check_done();
}
