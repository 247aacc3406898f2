/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: the state is what the acts say, the same acts make the same state, an act is
 * folded in whole or not at all, and what cannot have been allowed is CORRUPT.
 */
#include "policy/state.h"

#include "tests/check.h"
#include "tests/fault.h"
#include "tests/policy_room.h"

static const char POLICY[] =
    "policy \"state\"\nrole officer\nrole engineer\n"
    "rule all\n  verbs deposit export read enrol roles add-key attribute leave rotate offer "
    "accept reject return dispose\n  class any\n  by officer engineer\n"
    "rule use\n  verbs use\n  class any\n  by engineer\n  needs 1 of officer\n"
    "rule change\n  verbs policy\n  by officer\n  needs 1 of officer\n"
    "break-glass\n  holders officer\n  verbs read\n  for at most 1h\n"
    "  review within 24h by officer\n";
static const char *const ROSTER[] = {"alice engineer", "bob officer,engineer", "carol officer"};

/* A room in which something of everything has happened. */
static void live(struct proom *r)
{
    uint8_t request[SR_SHA256_BYTES];
    CHECK(proom_init(r, POLICY, ROSTER, 3) == SR_REASON_NONE);
    CHECK(proom_deposit(r, "alice", "llama@1", 2) == SR_REASON_NONE);
    CHECK(proom_enrol(r, "bob", "bot", "service", "alice", "engineer", 10) == SR_REASON_NONE);
    CHECK(proom_attest(r, "bob", "alice", "training", PROOM_START * 2) == SR_REASON_NONE);
    struct sr_act act = proom_request_act(r, "alice", SR_VERB_USE, "llama@1");
    CHECK(proom_try(r, &act) == SR_REASON_NONE);
    memcpy(request, r->last, sizeof request);
    r->moment.now_utc_ms++;
    CHECK(proom_say(r, "bob", SR_VERB_APPROVE, request) == SR_REASON_NONE);
    r->moment.now_utc_ms++;
    CHECK(proom_use(r, "alice", "llama@1", request) == SR_REASON_NONE);
}

static void the_state_is_what_the_acts_say(void)
{
    PROOM r = {0};
    live(&r);
    const struct sr_state *s = r.s;
    CHECK(sr_state_has_room(s) && sr_state_room(s)->bytes[0] == 7);
    CHECK(strcmp(sr_act_key_line(sr_state_room_key(s)), proom_key(PROOM_ROOM_KEY)->line) == 0);
    CHECK(sr_state_seq(s) == 7 && sr_state_time(s) == PROOM_START + 2);
    CHECK(sr_state_principal_count(s) == 4 && sr_state_version_count(s) == 1);
    const struct sr_principal *bot = sr_state_principal(s, sr_text_view("bot"));
    CHECK(bot != NULL && bot == sr_state_principal_at(s, 3));
    CHECK(bot->type == SR_PRINCIPAL_SERVICE && strcmp(bot->person, "alice") == 0);
    CHECK(bot->roles == 1 && strcmp(bot->role[0], "engineer") == 0 && bot->seq == 3);
    const struct sr_state_key *key = NULL;
    CHECK(sr_state_key_owner(s, proom_key(10)->fingerprint, &key) == bot && key == &bot->key[0]);
    CHECK(key->from_utc_ms == PROOM_START && key->revoked_utc_ms == 0);
    CHECK(sr_state_key_owner(s, "SHA256:none", NULL) == NULL);
}

static void versions_and_requests_are_found(void)
{
    PROOM r = {0};
    live(&r);
    const struct sr_state *s = r.s;
    const struct sr_principal *alice = sr_state_principal(s, sr_text_view("alice"));
    CHECK(alice->attributes == 1 && strcmp(alice->attribute[0].name, "training") == 0);
    const struct sr_state_version *v = sr_state_version_named(s, sr_text_view("llama"), 1);
    struct sr_id id = proom_id("llama@1");
    CHECK(v != NULL && v == sr_state_version(s, &id) && v == sr_state_version_at(s, 0));
    CHECK(strcmp(v->name, "llama@1") == 0 && v->tier == 2 && v->custodian == NULL);
    CHECK(sr_state_version_named(s, sr_text_view("llama"), 2) == NULL);
    CHECK(sr_state_request_count(s) == 1 && sr_state_handoff_count(s) == 0);
    const struct sr_request *q = sr_state_request_at(s, 0);
    CHECK(q == sr_state_request(s, q->digest) && q->reviews == 1 && q->review[0].approves);
    CHECK(q->time_utc_ms == PROOM_START && q->granted_utc_ms == PROOM_START + 1);
    CHECK(q->first_use_utc_ms == PROOM_START + 2 && q->uses == 1 && q->copies == 0);
    CHECK(sr_text_equal(sr_act_text_view(q->act)->actor, sr_text_view("alice")));
}

static void the_same_acts_make_the_same_state(void)
{
    PROOM a = {0};
    PROOM b = {0};
    uint8_t of_a[SR_SHA256_BYTES];
    uint8_t of_b[SR_SHA256_BYTES];
    live(&a);
    live(&b);
    CHECK(sr_state_digest(a.s, of_a) == SR_OK && sr_state_digest(b.s, of_b) == SR_OK);
    CHECK(memcmp(of_a, of_b, sizeof of_a) == 0);
    CHECK(proom_roles(&b, "bob", "bot", NULL) == SR_REASON_NONE);
    CHECK(sr_state_digest(b.s, of_b) == SR_OK && memcmp(of_a, of_b, sizeof of_a) != 0);
    CHECK(proom_roles(&a, "bob", "bot", NULL) == SR_REASON_NONE);
    CHECK(sr_state_digest(a.s, of_a) == SR_OK && memcmp(of_a, of_b, sizeof of_a) == 0);
}

/* Fold in what was not decided. digest is of the act as it is. */
static enum sr_status force(struct proom *r, const struct sr_act *what, bool is_room, uint64_t seq)
{
    struct sr_act copy = *what;
    struct sr_act *act = &copy;
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject = {.name = {NULL, 0}};
    uint8_t digest[SR_SHA256_BYTES] = {0};
    if (act->subject_count == 0 && sr_act_subject(act, digest, name, &subject) == SR_OK) {
        act->subjects = &subject;
        act->subject_count = 1;
    }
    struct sr_policy *policy = r->policy;
    r->policy = NULL;
    struct sr_state_event event = {.act = act,
                                   .digest = digest,
                                   .fingerprint = proom_key(1)->fingerprint,
                                   .is_room = is_room,
                                   .seq = seq,
                                   .time_utc_ms = r->moment.now_utc_ms,
                                   .policy = policy};
    uint8_t before[SR_SHA256_BYTES];
    uint8_t after[SR_SHA256_BYTES];
    CHECK(sr_state_digest(r->s, before) == SR_OK);
    struct sr_err err = {0};
    enum sr_status status = sr_state_apply(r->s, &event, &err);
    CHECK(sr_state_digest(r->s, after) == SR_OK);
    CHECK(status == SR_OK || memcmp(before, after, sizeof before) == 0);
    return status;
}

static void order_room_and_nonce_are_kept(void)
{
    PROOM r = {0};
    live(&r);
    struct sr_act act = proom_act(&r, SR_VERB_ROTATE, "bob");
    sr_act_set_number(&act, SR_FIELD_epoch, 2);
    CHECK(force(&r, &act, false, 7) == SR_CORRUPT); /* seq 7 was there */
    r.moment.now_utc_ms--;
    CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    r.moment.now_utc_ms++;
    act.room.bytes[0] ^= 1;
    CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    act.room.bytes[0] ^= 1;
    act.nonce[0] = 1;
    CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    act = proom_act(&r, SR_VERB_ROTATE, "bob");
    sr_act_set_number(&act, SR_FIELD_epoch, 1);
    CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    sr_act_set_number(&act, SR_FIELD_epoch, 2);
    CHECK(force(&r, &act, false, 12) == SR_OK); /* refused acts have numbers too */
    struct sr_act_name subject = {.name = sr_text_view("room")};
    act.subjects = &subject;
    act.subject_count = 1;
    act.verb = SR_VERB_COUNT;
    CHECK(force(&r, &act, false, 13) == SR_CORRUPT);
}

/* One act for each verb, about things that are not there. */
static void what_cannot_be_is_corrupt(void)
{
    PROOM r = {0};
    live(&r);
    for (unsigned verb = 0; verb < SR_VERB_COUNT; verb++) {
        struct sr_act act = proom_act(&r, (enum sr_verb)verb, "nobody");
        const uint8_t digest[SR_SHA256_BYTES] = {1};
        struct sr_id id = proom_id("nothing");
        sr_act_set_word(&act, SR_FIELD_principal, "nobody");
        sr_act_set_word(&act, SR_FIELD_key, "no key");
        sr_act_set_word(&act, SR_FIELD_type, "nothing");
        sr_act_set_word(&act, SR_FIELD_attribute, "training");
        sr_act_set_word(&act, SR_FIELD_what, "use");
        sr_act_set_word(&act, SR_FIELD_artifact, "nothing");
        sr_act_set_number(&act, SR_FIELD_number, 1);
        sr_act_set_id(&act, SR_FIELD_version, &id);
        sr_act_set_id(&act, SR_FIELD_handoff, &id);
        sr_act_set_digest(&act, SR_FIELD_request, digest);
        sr_act_set_digest(&act, SR_FIELD_policy, digest);
        struct sr_act_name two[2] = {{.name = sr_text_view("a@1")}, {.name = sr_text_view("b@1")}};
        act.subjects = two;
        act.subject_count = 2;
        CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    }
    CHECK(sr_state_seq(r.s) == 7);
}

static void reviews_are_by_people_who_are_others(void)
{
    PROOM r = {0};
    live(&r);
    static const char *const NOT[] = {"alice", "bot"}; /* herself; her service */
    for (size_t i = 0; i < 2; i++) {
        struct sr_act act = proom_act(&r, SR_VERB_APPROVE, NOT[i]);
        sr_act_set_digest(&act, SR_FIELD_request, sr_state_request_at(r.s, 0)->digest);
        CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
        act.verb = SR_VERB_JUDGE; /* no break-glass */
        CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    }
    struct sr_act act = proom_act(&r, SR_VERB_WITHDRAW, "carol"); /* has said nothing */
    sr_act_set_digest(&act, SR_FIELD_request, sr_state_request_at(r.s, 0)->digest);
    CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
}

static void a_request_is_what_its_digest_says(void)
{
    PROOM r = {0};
    live(&r);
    struct sr_act act = proom_request_act(&r, "alice", SR_VERB_USE, "llama@1");
    struct sr_act_name subject = {.name = sr_text_view("llama@1"), .sha256 = {2}};
    act.subjects = &subject;
    act.subject_count = 1;
    CHECK(force(&r, &act, false, 8) == SR_CORRUPT);
    CHECK(sr_state_request_count(r.s) == 1);
}

static void many_nonces_and_reviews_fit(void)
{
    PROOM r = {0};
    live(&r);
    uint8_t request[SR_SHA256_BYTES];
    memcpy(request, sr_state_request_at(r.s, 0)->digest, sizeof request);
    for (unsigned i = 0; i < 700; i++) { /* more than a page of nonces */
        CHECK(proom_say(&r, "carol", SR_VERB_APPROVE, request) == SR_REASON_NONE);
        CHECK(proom_say(&r, "carol", SR_VERB_WITHDRAW, request) == SR_REASON_NONE);
    }
    CHECK(sr_state_request_at(r.s, 0)->reviews == 701);
    uint8_t nonce[SR_ACT_NONCE_BYTES] = {1};
    CHECK(sr_state_knows_nonce(r.s, nonce));
    nonce[0] = 0;
    CHECK(!sr_state_knows_nonce(r.s, nonce));
}

static struct sr_act a_deposit(struct proom *r)
{
    return proom_deposit_act(r, "alice", "llama@2", 2);
}

static struct sr_act a_request(struct proom *r)
{
    return proom_request_act(r, "alice", SR_VERB_USE, "llama@1");
}

static struct sr_act a_key(struct proom *r)
{
    struct sr_act act = proom_act(r, SR_VERB_ADD_KEY, "bob");
    sr_act_set_word(&act, SR_FIELD_principal, "alice");
    sr_act_set_word(&act, SR_FIELD_key, proom_key(11)->line);
    return act;
}

static struct sr_act an_enrolment(struct proom *r)
{
    static const struct sr_bytes ROLES[] = {{(const uint8_t *)"engineer", 8}};
    struct sr_act act = proom_act(r, SR_VERB_ENROL, "bob");
    sr_act_set_word(&act, SR_FIELD_principal, "dora");
    sr_act_set_word(&act, SR_FIELD_type, "agent");
    sr_act_set_word(&act, SR_FIELD_owner, "bob");
    sr_act_set_word(&act, SR_FIELD_organisation, "them");
    sr_act_set_texts(&act, SR_FIELD_roles, ROLES, 1);
    sr_act_set_word(&act, SR_FIELD_key, proom_key(11)->line);
    return act;
}

static struct sr_act new_roles(struct proom *r)
{
    static const struct sr_bytes ROLES[] = {{(const uint8_t *)"engineer", 8},
                                            {(const uint8_t *)"officer", 7}};
    struct sr_act act = proom_act(r, SR_VERB_ROLES, "bob");
    sr_act_set_word(&act, SR_FIELD_principal, "alice");
    sr_act_set_texts(&act, SR_FIELD_roles, ROLES, 2);
    return act;
}

static struct sr_act an_attribute(struct proom *r)
{
    struct sr_act act = proom_act(r, SR_VERB_ATTRIBUTE, "bob");
    sr_act_set_word(&act, SR_FIELD_principal, "alice");
    sr_act_set_word(&act, SR_FIELD_attribute, "screening");
    sr_act_set_number(&act, SR_FIELD_until, PROOM_START);
    return act;
}

static struct sr_act an_approval(struct proom *r)
{
    struct sr_act act = proom_act(r, SR_VERB_APPROVE, "carol");
    sr_act_set_digest(&act, SR_FIELD_request, sr_state_request_at(r->s, 0)->digest);
    return act;
}

static struct sr_act an_offer(struct proom *r)
{
    struct sr_act act = proom_act(r, SR_VERB_OFFER, "bob");
    struct sr_id id = proom_id("handoff");
    proom_set_version(&act, "llama@1");
    sr_act_set_id(&act, SR_FIELD_handoff, &id);
    sr_act_set_number(&act, SR_FIELD_event, 1);
    sr_act_set_word(&act, SR_FIELD_from, "us");
    sr_act_set_word(&act, SR_FIELD_to, "them");
    sr_act_set_digest(&act, SR_FIELD_card, act.policy);
    sr_act_set_number(&act, SR_FIELD_until, PROOM_START * 2);
    sr_act_set_number(&act, SR_FIELD_tier, 2);
    sr_act_set_word(&act, SR_FIELD_kind, "base");
    return act;
}

static struct sr_act an_incoming(struct proom *r)
{
    struct sr_act act = proom_act(r, SR_VERB_ACCEPT, "bob");
    struct sr_id id = proom_id("handoff");
    proom_set_version(&act, "theirs@1");
    sr_act_set_id(&act, SR_FIELD_handoff, &id);
    sr_act_set_number(&act, SR_FIELD_event, 2);
    sr_act_set_digest(&act, SR_FIELD_offer, act.policy);
    sr_act_set_digest(&act, SR_FIELD_previous, act.policy);
    sr_act_set_digest(&act, SR_FIELD_results, act.policy);
    sr_act_set_word(&act, SR_FIELD_from, "them");
    sr_act_set_number(&act, SR_FIELD_tier, 2);
    sr_act_set_word(&act, SR_FIELD_kind, "base");
    sr_act_set_number(&act, SR_FIELD_files, 2);
    sr_act_set_word(&act, SR_FIELD_verdict, "PASS");
    return act;
}

/* Fold act in with the nth call that asks for memory failing; whether one did. */
static bool fold_with_fault(struct proom *r, const struct sr_act *what, unsigned nth)
{
    struct sr_act copy = *what;
    struct sr_act *act = &copy;
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    uint8_t manifest[SR_SHA256_BYTES] = {4};
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t before[SR_SHA256_BYTES];
    uint8_t after[SR_SHA256_BYTES];
    struct sr_act_name subject = {.name = {NULL, 0}};
    SR_AUTO(sr_buf) statement = NULL;
    CHECK(sr_act_subject(act, manifest, name, &subject) == SR_OK);
    act->subjects = &subject;
    act->subject_count = 1;
    CHECK(sr_buf_new(SR_ACT_BYTES_MAX, &statement) == SR_OK);
    CHECK(sr_act_encode(act, statement, NULL) == SR_OK);
    CHECK(sr_sha256_once(sr_buf_view(statement), digest) == SR_OK);
    CHECK(sr_state_digest(r->s, before) == SR_OK);
    struct sr_state_event event = {.act = act,
                                   .digest = digest,
                                   .fingerprint = proom_key(3)->fingerprint,
                                   .seq = r->seq + 1,
                                   .time_utc_ms = r->moment.now_utc_ms};
    fault_arm(nth);
    enum sr_status status = sr_state_apply(r->s, &event, NULL);
    bool has_fired = fault_fired();
    fault_arm(0);
    CHECK(has_fired == (status != SR_OK));
    CHECK(sr_state_digest(r->s, after) == SR_OK);
    CHECK(has_fired == (memcmp(before, after, sizeof before) == 0));
    if (has_fired) { /* and later it is folded in all the same */
        CHECK(sr_state_apply(r->s, &event, NULL) == SR_OK);
    }
    return has_fired;
}

/* Memory fails once at each place: the act is then not folded in at all. */
static void survives_failing_memory(void)
{
    struct sr_act (*const MAKE[])(struct proom *) = {a_deposit,    a_request, a_key,
                                                     an_enrolment, new_roles, an_attribute,
                                                     an_approval,  an_offer,  an_incoming};
    unsigned faults = 0;
    for (size_t i = 0; i < sizeof MAKE / sizeof MAKE[0]; i++) {
        unsigned nth = 0;
        bool goes_on = true;
        while (goes_on) {
            PROOM r = {0};
            live(&r);
            struct sr_act act = MAKE[i](&r);
            goes_on = fold_with_fault(&r, &act, ++nth);
        }
        faults += nth - 1;
    }
    printf("# %u faults\n", faults);
    CHECK(faults > 30);
}

int main(void)
{
    RUN(the_state_is_what_the_acts_say);
    RUN(versions_and_requests_are_found);
    RUN(the_same_acts_make_the_same_state);
    RUN(order_room_and_nonce_are_kept);
    RUN(what_cannot_be_is_corrupt);
    RUN(reviews_are_by_people_who_are_others);
    RUN(a_request_is_what_its_digest_says);
    RUN(many_nonces_and_reviews_fit);
    RUN(survives_failing_memory);
    return check_done();
}
