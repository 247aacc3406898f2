/* SPDX-License-Identifier: Apache-2.0 */
/* What is going on ends with what it rests on, and does not end because it has used up what it was
 * given. */
#include "policy/still.h"

#include "tests/check.h"
#include "tests/policy_room.h"

#define POLICY_WITH(use)                                                                           \
    "policy \"test\"\n"                                                                            \
    "role officer\nrole engineer\nrole clerk\n"                                                    \
    "class all\n  tier 1..5\n"                                                                     \
    "rule in\n  verbs deposit\n  class all\n  by engineer\n" use                                   \
    "rule read\n  verbs read\n  class all\n  by engineer\n"                                        \
    "rule people\n  verbs roles leave attribute\n  by clerk\n"                                     \
    "rule hand-over\n  verbs offer accept dispose\n  class any\n  by officer\n"                    \
    "rule change\n  verbs policy\n  by officer\n"
#define USE                                                                                        \
    "rule use\n  verbs use\n  class all\n  by engineer\n  needs 1 of officer\n"                    \
    "  for at most 8h\n  approvals expire after 1h\n  uses at most 1\n"
static const char POLICY[] = POLICY_WITH(USE);
static const char OTHER_POLICY[] = POLICY_WITH("rule use\n  verbs use\n  class all\n  forbid\n");
static const char READ_GUARDED[] =
    "policy \"test\"\n"
    "role officer\nrole engineer\nrole clerk\n"
    "class all\n  tier 1..5\n"
    "rule read\n  verbs read\n  class all\n  by engineer\n  needs 1 of officer\n"
    "rule change\n  verbs policy\n  by officer\n";
static const char *const ROSTER[] = {"alice engineer", "bob officer", "frank clerk",
                                     "gina engineer"};

/* A use of llama@1 that alice has begun under a grant. */
struct going {
    uint8_t request[SR_SHA256_BYTES];
    struct sr_id version;
    struct sr_serving serving;
};

static void begin(struct proom *r, struct going *g, uint64_t bytes)
{
    CHECK(proom_init(r, POLICY, ROSTER, 4) == SR_REASON_NONE);
    CHECK(proom_deposit(r, "alice", "llama@1", 2) == SR_REASON_NONE);
    struct sr_act act = proom_request_act(r, "alice", SR_VERB_USE, "llama@1");
    sr_act_set_number(&act, SR_FIELD_lasts_ms, 2 * PROOM_HOUR);
    if (bytes > 0) {
        sr_act_set_number(&act, SR_FIELD_bytes, bytes);
        sr_act_set_number(&act, SR_FIELD_files, 2);
    }
    CHECK(proom_try(r, &act) == SR_REASON_NONE);
    memcpy(g->request, r->last, sizeof g->request);
    CHECK(proom_say(r, "bob", SR_VERB_APPROVE, g->request) == SR_REASON_NONE);
    CHECK(proom_use(r, "alice", "llama@1", g->request) == SR_REASON_NONE);
    g->version = proom_id("llama@1");
    g->serving = (struct sr_serving){.verb = SR_VERB_USE,
                                     .version = &g->version,
                                     .actor = sr_text_view("alice"),
                                     .fingerprint = proom_key(1)->fingerprint,
                                     .request = g->request};
}

static enum sr_reason asked(const struct proom *r, const struct going *g)
{
    struct sr_decision d = sr_policy_still_holds(r->s, &g->serving, &r->moment);
    CHECK((d.ruling == SR_RULING_ALLOW) == (d.reason == SR_REASON_NONE));
    return d.reason;
}

/* The room says what was handed out. */
static void serve(struct proom *r, const struct going *g, uint64_t bytes, uint64_t files)
{
    struct sr_act act = proom_act(r, SR_VERB_SERVED, "");
    proom_set_version(&act, "llama@1");
    sr_act_set_number(&act, SR_FIELD_bytes, bytes);
    sr_act_set_number(&act, SR_FIELD_files, files);
    sr_act_set_digest(&act, SR_FIELD_request, g->request);
    CHECK(proom_by_room(r, &act) == SR_REASON_NONE);
}

static void ends_when_its_time_is_up(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    CHECK(proom_standing(&r, g.request).state == SR_REQUEST_EXHAUSTED); /* its one use is used */
    CHECK(asked(&r, &g) == SR_REASON_NONE);
    r.moment.now_utc_ms += PROOM_HOUR + 1; /* approvals do not grow old under it */
    CHECK(asked(&r, &g) == SR_REASON_NONE);
    r.moment.now_utc_ms += PROOM_HOUR;
    CHECK(asked(&r, &g) == SR_REASON_REQUEST_EXPIRED);
}

static void ends_when_it_is_revoked(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    CHECK(proom_say(&r, "bob", SR_VERB_REVOKE, g.request) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_GRANT_REVOKED);
}

static void ends_when_it_is_withdrawn(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    CHECK(proom_say(&r, "alice", SR_VERB_WITHDRAW, g.request) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_REQUEST_WITHDRAWN);
}

static void ends_when_the_actor_leaves(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    struct going direct = g;
    direct.serving.verb = SR_VERB_READ;
    direct.serving.request = NULL;
    CHECK(asked(&r, &direct) == SR_REASON_NONE);
    CHECK(proom_leave(&r, "frank", "alice") == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_ACTOR_LEFT);
    CHECK(asked(&r, &direct) == SR_REASON_ACTOR_LEFT);
}

static void ends_when_a_role_or_a_key_is_gone(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    CHECK(proom_roles(&r, "frank", "bob", NULL) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_APPROVALS_MISSING);
    CHECK(proom_roles(&r, "frank", "bob", "officer") == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_NONE);
    struct going direct = g;
    direct.serving.verb = SR_VERB_READ;
    direct.serving.request = NULL;
    CHECK(asked(&r, &direct) == SR_REASON_NONE);
    CHECK(proom_key_act(&r, SR_VERB_REVOKE_KEY, "alice", "alice", 1) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_KEY_REVOKED);
    CHECK(asked(&r, &direct) == SR_REASON_KEY_REVOKED);
}

static void ends_when_the_policy_no_longer_allows_it(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    struct going direct = g;
    direct.serving.verb = SR_VERB_READ;
    direct.serving.request = NULL;
    CHECK(proom_change_policy(&r, "bob", OTHER_POLICY, NULL) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_FORBIDDEN);
    CHECK(asked(&r, &direct) == SR_REASON_NONE);
    CHECK(proom_change_policy(&r, "bob", READ_GUARDED, NULL) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_NO_RULE);
    CHECK(asked(&r, &direct) == SR_REASON_NEEDS_REQUEST);
}

static void without_a_request_the_rule_has_to_allow_it(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    g.serving.verb = SR_VERB_READ;
    g.serving.request = NULL;
    CHECK(proom_roles(&r, "frank", "alice", NULL) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_NOT_BY_ACTOR);
    g.serving.is_room = true; /* whoever has unlocked it: not under this policy */
    CHECK(asked(&r, &g) == SR_REASON_NOT_BY_ACTOR);
}

static void a_quota_ends_it_when_it_is_exceeded(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 1000);
    struct sr_allowance a = sr_policy_allowance(sr_state_request(r.s, g.request));
    CHECK(a.bytes_max == 1000 && a.files_max == 2 && a.bytes_used == 0 && a.files_used == 0);
    serve(&r, &g, 1000, 2);
    CHECK(asked(&r, &g) == SR_REASON_NONE);
    serve(&r, &g, 1, 0);
    CHECK(asked(&r, &g) == SR_REASON_GRANT_EXHAUSTED);
    a = sr_policy_allowance(sr_state_request(r.s, g.request));
    CHECK(a.bytes_used == 1001 && a.files_used == 2);
}

static void ends_when_the_version_is_not_ours(void)
{
    PROOM r = {0};
    struct going g;
    begin(&r, &g, 0);
    struct sr_id handoff = proom_id("handoff");
    struct sr_act act = proom_act(&r, SR_VERB_DISPOSE, "bob");
    proom_set_version(&act, "llama@1");
    sr_act_set_id(&act, SR_FIELD_handoff, &handoff);
    sr_act_set_number(&act, SR_FIELD_event, 1);
    CHECK(proom_try(&r, &act) == SR_REASON_NONE);
    CHECK(asked(&r, &g) == SR_REASON_NO_SUCH_VERSION);
    g.version = proom_id("other@1");
    CHECK(asked(&r, &g) == SR_REASON_NO_SUCH_VERSION);
}

static void what_is_unknown_holds_nothing(void)
{
    PROOM r = {0};
    struct going g;
    const uint8_t none[SR_SHA256_BYTES] = {1};
    begin(&r, &g, 0);
    g.serving.request = none;
    CHECK(asked(&r, &g) == SR_REASON_NO_SUCH_REQUEST);
    g.serving.actor = sr_text_view("zoe");
    CHECK(asked(&r, &g) == SR_REASON_UNKNOWN_ACTOR);
    g.serving.actor = sr_text_view("gina"); /* it is not her key */
    CHECK(asked(&r, &g) == SR_REASON_KEY_REVOKED);
    SR_AUTO(sr_state) empty = NULL;
    CHECK(sr_state_new(&empty) == SR_OK);
    CHECK(sr_policy_still_holds(empty, &g.serving, &r.moment).ruling == SR_RULING_DENY);
}

int main(void)
{
    RUN(ends_when_its_time_is_up);
    RUN(ends_when_it_is_revoked);
    RUN(ends_when_it_is_withdrawn);
    RUN(ends_when_the_actor_leaves);
    RUN(ends_when_a_role_or_a_key_is_gone);
    RUN(ends_when_the_policy_no_longer_allows_it);
    RUN(without_a_request_the_rule_has_to_allow_it);
    RUN(a_quota_ends_it_when_it_is_exceeded);
    RUN(ends_when_the_version_is_not_ours);
    RUN(what_is_unknown_holds_nothing);
    return check_done();
}
