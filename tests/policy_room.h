/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_POLICY_ROOM_H
#define SR_TESTS_POLICY_ROOM_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/base64.h"
#include "policy/decide.h"

/*
 * A room that is only a state: acts are made, decided and folded in, with a clock that stands until
 * somebody moves it. Nothing is signed; a key is only its line and fingerprint.
 */

#define PROOM_KEYS_MAX 2048
#define PROOM_START INT64_C(1767603600000) /* Monday 5 January 2026, 09:00 UTC */
#define PROOM_HOUR INT64_C(3600000)
#define PROOM_ROOM_KEY 0

struct proom_key {
    char line[192];
    char fingerprint[64];
};

static inline void proom_must(bool is_so, const char *what)
{
    if (!is_so) {
        (void)fprintf(stderr, "the test itself is wrong: %s\n", what);
        abort();
    }
}

static inline void proom_key_line(char *line, size_t bytes, uint64_t seed)
{
    uint8_t blob[51] = {0,   0,   0,   11,  's', 's', 'h', '-', 'e', 'd',
                        '2', '5', '5', '1', '9', 0,   0,   0,   32};
    proom_must(sr_sha256_once(sr_bytes(&seed, sizeof seed), blob + 19) == SR_OK, "hash");
    blob[50] &= 0x7f;
    SR_AUTO(sr_buf) text = NULL;
    proom_must(sr_buf_new(128, &text) == SR_OK &&
                   sr_base64_encode(sr_bytes(blob, sizeof blob), text) == SR_OK,
               "base64");
    (void)snprintf(line, bytes, "ssh-ed25519 %.*s", (int)sr_buf_view(text).len,
                   (const char *)sr_buf_view(text).ptr);
}

/* Key number index, always the same one. Half of all numbers are points of the curve. */
static inline const struct proom_key *proom_key(size_t index)
{
    static struct proom_key keys[PROOM_KEYS_MAX];
    static size_t made;
    static uint64_t seed = 1;
    proom_must(index < PROOM_KEYS_MAX, "so many keys");
    while (made <= index) {
        SR_AUTO(sr_act_key) key = NULL;
        proom_key_line(keys[made].line, sizeof keys[made].line, seed++);
        if (sr_act_key_parse(sr_text_view(keys[made].line), &key, NULL) == SR_OK) {
            (void)snprintf(keys[made].fingerprint, sizeof keys[made].fingerprint, "%s",
                           sr_act_key_fingerprint(key));
            made++;
        }
    }
    return &keys[index];
}

struct proom {
    struct sr_state *s;
    struct sr_moment moment;
    uint64_t seq;
    uint64_t nonce;
    const char *key; /* the next act's: fingerprint; NULL: the actor's first active one */
    struct sr_act_proof proof;
    struct sr_policy *policy;      /* that the next act brings; owned */
    uint8_t last[SR_SHA256_BYTES]; /* digest of the last act that was decided */
    struct sr_decision decision;   /* of it */
};

static inline void proom_clear(struct proom *r)
{
    sr_state_free(r->s);
    sr_policy_free(r->policy);
}
#define PROOM SR_CLEANUP(proom_clear) struct proom

static inline struct sr_policy *proom_policy(const char *text)
{
    struct sr_policy *p = NULL;
    struct sr_err err = {0};
    if (sr_policy_parse(sr_text_view(text), &p, &err) != SR_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        proom_must(false, "the policy");
    }
    return p;
}

/* Actor "" is the room. Everything but the verb's own fields. */
static inline struct sr_act proom_act(struct proom *r, enum sr_verb verb, const char *actor)
{
    struct sr_act act = {.verb = verb, .time_utc_ms = r->moment.now_utc_ms};
    act.room.bytes[0] = 7;
    act.actor = sr_text_view(actor[0] == '\0' ? "root" : actor);
    r->nonce++;
    memcpy(act.nonce, &r->nonce, sizeof r->nonce);
    if (sr_state_policy(r->s) != NULL) {
        memcpy(act.policy, sr_state_policy(r->s)->digest, sizeof act.policy);
    }
    return act;
}

static inline struct sr_id proom_id(const char *name)
{
    struct sr_id id = {{0}};
    memcpy(id.bytes, name, strnlen(name, sizeof id.bytes));
    return id;
}

/* Version "llama@3": artifact, number, an id made of the name. */
static inline void proom_set_version(struct sr_act *act, const char *name)
{
    const char *at = strchr(name, '@');
    struct sr_id id = proom_id(name);
    proom_must(at != NULL, "the version's name");
    sr_act_set_text(act, SR_FIELD_artifact, sr_bytes(name, (size_t)(at - name)));
    sr_act_set_number(act, SR_FIELD_number, (uint64_t)strtoull(at + 1, NULL, 10));
    sr_act_set_id(act, SR_FIELD_version, &id);
}

/* The digest of a version's manifest: of its name. */
static inline void proom_version_digest(const char *name, uint8_t out[SR_SHA256_BYTES])
{
    proom_must(sr_sha256_once(sr_text_view(name), out) == SR_OK, "hash");
}

/* The subject that an act of the room should have; false: it has none that could be named. */
static inline bool proom_subject(const struct sr_act *act, char name[SR_ACT_SUBJECT_NAME_BYTES],
                                 struct sr_act_name *out)
{
    char version[SR_ACT_SUBJECT_NAME_BYTES];
    uint8_t digest[SR_SHA256_BYTES] = {0};
    if (sr_act_has(act, SR_FIELD_artifact)) {
        (void)snprintf(version, sizeof version, "%.*s@%" PRIu64,
                       (int)act->field[SR_FIELD_artifact].text.len,
                       (const char *)act->field[SR_FIELD_artifact].text.ptr,
                       act->field[SR_FIELD_number].number);
        proom_version_digest(version, digest);
    }
    return sr_act_subject(act, digest, name, out) == SR_OK;
}

/* The first active key of an actor, or any of theirs. */
static inline const char *proom_fingerprint(const struct proom *r, struct sr_bytes actor)
{
    const struct sr_state_key *key = NULL;
    const struct sr_principal *p = sr_state_principal(r->s, actor);
    for (size_t i = 0; p != NULL && i < p->keys && (key == NULL || key->revoked_utc_ms != 0); i++) {
        key = &p->key[i];
    }
    return key == NULL ? "SHA256:none" : sr_act_key_fingerprint(key->key);
}

/*
 * Decide, and fold in what is allowed. act's subjects are set here unless they are there. The room
 * signs when `is_room`.
 */
static inline enum sr_reason proom_submit(struct proom *r, struct sr_act *act, bool is_room)
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject = {.name = {NULL, 0}};
    if (act->subject_count == 0 && proom_subject(act, name, &subject)) {
        act->subjects = &subject;
        act->subject_count = 1;
    }
    SR_AUTO(sr_buf) statement = NULL;
    proom_must(sr_buf_new(SR_ACT_BYTES_MAX, &statement) == SR_OK, "buffer");
    struct sr_err err = {0};
    (void)!sr_act_encode(act, statement, &err); /* what cannot be encoded is decided all the same */
    proom_must(sr_sha256_once(sr_buf_view(statement), r->last) == SR_OK, "hash");
    const char *own =
        is_room ? proom_key(PROOM_ROOM_KEY)->fingerprint : proom_fingerprint(r, act->actor);
    struct sr_state_event event = {.act = act,
                                   .digest = r->last,
                                   .fingerprint = r->key != NULL ? r->key : own,
                                   .is_room = is_room,
                                   .proof = r->proof,
                                   .seq = r->seq + 1,
                                   .time_utc_ms = r->moment.now_utc_ms,
                                   .policy = r->policy};
    r->key = NULL;
    r->decision = sr_policy_decide(r->s, &event, &r->moment);
    if (r->decision.reason == SR_REASON_NONE) {
        r->policy = NULL;
        if (sr_state_apply(r->s, &event, &err) != SR_OK) {
            printf("# allowed, and cannot be applied: %s\n", err.message);
            return SR_REASON_COUNT;
        }
        r->seq++;
    }
    act->subjects = NULL;
    act->subject_count = 0;
    return r->decision.reason;
}

/* A person's act. */
static inline enum sr_reason proom_try(struct proom *r, struct sr_act *act)
{
    return proom_submit(r, act, false);
}

static inline enum sr_reason proom_by_room(struct proom *r, struct sr_act *act)
{
    return proom_submit(r, act, true);
}

/* Make a room. roster: "NAME ROLE[,ROLE...]" each; key i + 1 is that of line i. */
static inline enum sr_reason proom_init(struct proom *r, const char *policy,
                                        const char *const *roster, size_t count)
{
    char lines[32][384];
    struct sr_bytes views[32];
    proom_must(count <= 32 && sr_state_new(&r->s) == SR_OK, "a state");
    r->moment.now_utc_ms = PROOM_START;
    r->policy = proom_policy(policy);
    struct sr_act act = proom_act(r, SR_VERB_INIT, "");
    sr_act_set_word(&act, SR_FIELD_key, proom_key(PROOM_ROOM_KEY)->line);
    sr_act_set_digest(&act, SR_FIELD_policy, r->policy->digest);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(lines[i], sizeof lines[i], "%s %s", roster[i], proom_key(i + 1)->line);
        views[i] = sr_text_view(lines[i]);
    }
    if (count > 0) {
        sr_act_set_texts(&act, SR_FIELD_roster, views, count);
    }
    return proom_by_room(r, &act);
}

/* ---- The usual acts. Each returns the reason; NONE: it was allowed. */

static inline struct sr_act proom_deposit_act(struct proom *r, const char *actor, const char *name,
                                              unsigned tier)
{
    static const struct sr_act_name DOCUMENTS[] = {
        {.name = {(const uint8_t *)"lineage.json", 12}, .sha256 = {1}}};
    const uint8_t ruleset[SR_SHA256_BYTES] = {9};
    struct sr_act act = proom_act(r, SR_VERB_DEPOSIT, actor);
    proom_set_version(&act, name);
    sr_act_set_word(&act, SR_FIELD_kind, "base");
    sr_act_set_number(&act, SR_FIELD_files, 3);
    sr_act_set_number(&act, SR_FIELD_tier, tier);
    sr_act_set_word(&act, SR_FIELD_step, "original");
    sr_act_set_word(&act, SR_FIELD_profile, "strict");
    sr_act_set_digest(&act, SR_FIELD_ruleset, ruleset);
    sr_act_set_word(&act, SR_FIELD_verdict, "PASS");
    sr_act_set_digests(&act, SR_FIELD_documents, DOCUMENTS, 1);
    return act;
}

static inline enum sr_reason proom_deposit(struct proom *r, const char *actor, const char *name,
                                           unsigned tier)
{
    struct sr_act act = proom_deposit_act(r, actor, name, tier);
    return proom_try(r, &act);
}

/* A request for a verb about a version; terms that the test policies ask for are there. */
static inline struct sr_act proom_request_act(struct proom *r, const char *actor, enum sr_verb what,
                                              const char *name)
{
    struct sr_act act = proom_act(r, SR_VERB_REQUEST, actor);
    sr_act_set_word(&act, SR_FIELD_what, sr_verb_info(what)->word);
    sr_act_set_word(&act, SR_FIELD_reason, "it is needed");
    if (name != NULL) {
        proom_set_version(&act, name);
    }
    return act;
}

static inline struct sr_act proom_use_act(struct proom *r, const char *actor, const char *name,
                                          const uint8_t *request)
{
    struct sr_act act = proom_act(r, SR_VERB_USE, actor);
    proom_set_version(&act, name);
    sr_act_set_word(&act, SR_FIELD_at, "/models/llama");
    if (request != NULL) {
        sr_act_set_digest(&act, SR_FIELD_request, request);
    }
    return act;
}

static inline enum sr_reason proom_use(struct proom *r, const char *actor, const char *name,
                                       const uint8_t *request)
{
    struct sr_act act = proom_use_act(r, actor, name, request);
    return proom_try(r, &act);
}

/* APPROVE, DENY, WITHDRAW, REVOKE. */
static inline enum sr_reason proom_say(struct proom *r, const char *actor, enum sr_verb verb,
                                       const uint8_t *request)
{
    struct sr_act act = proom_act(r, verb, actor);
    sr_act_set_digest(&act, SR_FIELD_request, request);
    return proom_try(r, &act);
}

static inline enum sr_reason proom_judge(struct proom *r, const char *actor, const char *outcome,
                                         const uint8_t *request)
{
    struct sr_act act = proom_act(r, SR_VERB_JUDGE, actor);
    sr_act_set_digest(&act, SR_FIELD_request, request);
    sr_act_set_word(&act, SR_FIELD_outcome, outcome);
    sr_act_set_word(&act, SR_FIELD_reason, "looked at");
    return proom_try(r, &act);
}

static inline enum sr_reason proom_enrol(struct proom *r, const char *actor, const char *name,
                                         const char *type, const char *owner, const char *role,
                                         size_t key)
{
    struct sr_bytes roles[1] = {sr_text_view(role == NULL ? "" : role)};
    struct sr_act act = proom_act(r, SR_VERB_ENROL, actor);
    sr_act_set_word(&act, SR_FIELD_principal, name);
    sr_act_set_word(&act, SR_FIELD_type, type);
    sr_act_set_word(&act, SR_FIELD_key, proom_key(key)->line);
    if (owner != NULL) {
        sr_act_set_word(&act, SR_FIELD_owner, owner);
    }
    if (role != NULL) {
        sr_act_set_texts(&act, SR_FIELD_roles, roles, 1);
    }
    return proom_try(r, &act);
}

/* role NULL: none any more. */
static inline enum sr_reason proom_roles(struct proom *r, const char *actor, const char *name,
                                         const char *role)
{
    struct sr_bytes roles[1] = {sr_text_view(role == NULL ? "" : role)};
    struct sr_act act = proom_act(r, SR_VERB_ROLES, actor);
    sr_act_set_word(&act, SR_FIELD_principal, name);
    if (role != NULL) {
        sr_act_set_texts(&act, SR_FIELD_roles, roles, 1);
    }
    return proom_try(r, &act);
}

static inline enum sr_reason proom_attest(struct proom *r, const char *actor, const char *name,
                                          const char *attribute, int64_t until)
{
    struct sr_act act = proom_act(r, SR_VERB_ATTRIBUTE, actor);
    sr_act_set_word(&act, SR_FIELD_principal, name);
    sr_act_set_word(&act, SR_FIELD_attribute, attribute);
    sr_act_set_number(&act, SR_FIELD_until, (uint64_t)until);
    return proom_try(r, &act);
}

/* ADD_KEY, REVOKE_KEY. */
static inline enum sr_reason proom_key_act(struct proom *r, enum sr_verb verb, const char *actor,
                                           const char *name, size_t key)
{
    struct sr_act act = proom_act(r, verb, actor);
    sr_act_set_word(&act, SR_FIELD_principal, name);
    sr_act_set_word(&act, SR_FIELD_key, proom_key(key)->line);
    return proom_try(r, &act);
}

static inline enum sr_reason proom_leave(struct proom *r, const char *actor, const char *name)
{
    const uint8_t report[SR_SHA256_BYTES] = {3};
    struct sr_act act = proom_act(r, SR_VERB_LEAVE, actor);
    sr_act_set_word(&act, SR_FIELD_principal, name);
    sr_act_set_digest(&act, SR_FIELD_report, report);
    return proom_try(r, &act);
}

static inline enum sr_reason proom_change_policy(struct proom *r, const char *actor,
                                                 const char *text, const uint8_t *request)
{
    sr_policy_free(r->policy);
    r->policy = proom_policy(text);
    struct sr_act act = proom_act(r, SR_VERB_POLICY, actor);
    sr_act_set_digest(&act, SR_FIELD_policy, r->policy->digest);
    if (request != NULL) {
        sr_act_set_digest(&act, SR_FIELD_request, request);
    }
    enum sr_reason reason = proom_try(r, &act);
    sr_policy_free(r->policy);
    r->policy = NULL;
    return reason;
}

static inline struct sr_standing proom_standing(const struct proom *r, const uint8_t *request)
{
    const struct sr_request *q = sr_state_request(r->s, request);
    proom_must(q != NULL, "the request");
    return sr_policy_standing(r->s, q, &r->moment);
}

#endif /* SR_TESTS_POLICY_ROOM_H */
