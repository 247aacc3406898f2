/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/test_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/ssh_key.h"

#define YEAR_MS ((int64_t)365 * 24 * 3600 * 1000)
enum { ROOM_TEXTS = SR_POLICY_LIST_MAX, POLICY_TAIL = 4 };

struct sr_test_room {
    struct sr_state *state;
    struct sr_id id;
    struct sr_test_principal room; /* its own key */
    uint64_t acts;                 /* so far, for nonces */
    uint8_t policy[SR_SHA256_BYTES];
};

/* An act with everything that it points into. */
struct draft {
    struct sr_act act;
    struct sr_act_name subject;
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_bytes texts[ROOM_TEXTS];
    struct sr_act_name document;
    uint8_t digest[SR_SHA256_BYTES]; /* of the act */
};

void sr_test_room_free(struct sr_test_room *room)
{
    if (room != NULL) {
        sr_state_free(room->state);
        free(room);
    }
}

/* SHA-256 of a text: digests and identifiers of things that there are not. */
static enum sr_status digest_of(const char *what, const char *name, uint64_t number,
                                uint8_t out[SR_SHA256_BYTES])
{
    char text[256];
    int len = snprintf(text, sizeof text, "strongroom case: %s %s %llu", what, name,
                       (unsigned long long)number);
    return sr_sha256_once(sr_bytes(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1),
                          out);
}

static enum sr_status id_of(const char *what, const char *name, uint64_t number, struct sr_id *out)
{
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(digest_of(what, name, number, digest));
    memcpy(out->bytes, digest, sizeof out->bytes);
    return SR_OK;
}

/* A line of SSH for 32 bytes that may be a point of Ed25519, and what acts/key.h makes of it. */
static enum sr_status try_key(struct sr_test_principal *principal, const uint8_t point[32])
{
    struct sr_ssh_key key = {
        .type = principal->is_hardware ? SR_SSH_KEY_SK_ED25519 : SR_SSH_KEY_ED25519,
        .point = sr_bytes(point, 32),
        .application = principal->is_hardware ? sr_text_view("ssh:") : sr_bytes(NULL, 0)};
    SR_AUTO(sr_buf) blob = NULL;
    SR_AUTO(sr_buf) line = NULL;
    SR_AUTO(sr_act_key) parsed = NULL;
    SR_TRY(sr_buf_new(SR_SSH_KEY_BLOB_BYTES_MAX, &blob));
    SR_TRY(sr_buf_new(SR_TEST_KEY_BYTES, &line));
    SR_TRY(sr_ssh_key_encode(&key, blob));
    SR_TRY(sr_ssh_key_line(sr_buf_view(blob), line, NULL));
    SR_TRY(sr_act_key_parse(sr_buf_view(line), &parsed, NULL));
    (void)snprintf(principal->key, sizeof principal->key, "%s", sr_act_key_line(parsed));
    (void)snprintf(principal->fingerprint, sizeof principal->fingerprint, "%s",
                   sr_act_key_fingerprint(parsed));
    return SR_OK;
}

enum sr_status sr_test_room_key(struct sr_test_principal *principal)
{
    enum { TRIES = 128 }; /* half of all numbers are no point */
    enum sr_status status = SR_MALFORMED;
    for (uint64_t i = 0; i < TRIES && status == SR_MALFORMED; i++) {
        uint8_t point[SR_SHA256_BYTES];
        SR_TRY(digest_of("key", principal->name, i, point));
        point[31] &= 0x7f;
        status = try_key(principal, point);
    }
    return status == SR_MALFORMED ? SR_INTERNAL : status;
}

static enum sr_status start(struct sr_test_room *room, struct draft *d, enum sr_verb verb,
                            const struct sr_test_principal *actor, int64_t now)
{
    *d = (struct draft){.act = {.verb = verb, .room = room->id, .time_utc_ms = now}};
    uint8_t nonce[SR_SHA256_BYTES];
    SR_TRY(digest_of("nonce", "", room->acts++, nonce));
    memcpy(d->act.nonce, nonce, sizeof d->act.nonce);
    d->act.actor = sr_text_view(actor->name);
    if (sr_verb_info(verb)->group != SR_VERB_GROUP_SYSTEM) {
        memcpy(d->act.policy, room->policy, sizeof d->act.policy);
    }
    return SR_OK;
}

/* Give the act its subject and its digest. */
static enum sr_status finish(struct draft *d, const uint8_t *version, struct sr_err *err)
{
    SR_AUTO(sr_buf) statement = NULL;
    SR_TRY(sr_act_subject(&d->act, version, d->subject_name, &d->subject));
    d->act.subjects = &d->subject;
    d->act.subject_count = 1;
    SR_TRY(sr_buf_new(SR_ACT_BYTES_MAX, &statement));
    SR_TRY(sr_act_encode(&d->act, statement, err));
    return sr_sha256_once(sr_buf_view(statement), d->digest);
}

static struct sr_state_event event_of(const struct sr_test_room *room, const struct draft *d,
                                      const struct sr_test_principal *actor)
{
    return (struct sr_state_event){
        .act = &d->act,
        .digest = d->digest,
        .fingerprint = actor->fingerprint,
        .is_room = actor == &room->room,
        .proof = {.is_hardware = actor->is_hardware,
                  .has_presence = actor->is_hardware,
                  .has_verification = actor->has_verification},
        .seq = sr_state_seq(room->state) + 1,
        .time_utc_ms = d->act.time_utc_ms,
    };
}

static void set_word(struct draft *d, enum sr_act_field field, const char *word)
{
    sr_act_set_word(&d->act, field, word);
}

static void set_roles(struct draft *d, const struct sr_policy *p, const struct sr_policy_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        d->texts[i] = sr_text_view(p->role[list->index[i]]);
    }
    if (list->count > 0) {
        sr_act_set_texts(&d->act, SR_FIELD_roles, d->texts, list->count);
    }
}

static enum sr_status set_version(struct draft *d, const struct sr_test_version *version,
                                  uint64_t fields)
{
    struct sr_id id;
    SR_TRY(id_of("version", version->artifact, version->number, &id));
    set_word(d, SR_FIELD_artifact, version->artifact);
    sr_act_set_number(&d->act, SR_FIELD_number, version->number);
    sr_act_set_id(&d->act, SR_FIELD_version, &id);
    if ((fields & SR_FIELD_BIT(kind)) != 0) {
        set_word(d, SR_FIELD_kind, version->kind);
    }
    if ((fields & SR_FIELD_BIT(tier)) != 0) {
        sr_act_set_number(&d->act, SR_FIELD_tier, version->tier);
    }
    return SR_OK;
}

/* What else a DEPOSIT, or an ACCEPT that brings a version in, says of it. */
static enum sr_status set_inspected(struct draft *d)
{
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(digest_of("lineage", "", 0, d->document.sha256));
    SR_TRY(digest_of("ruleset", "", 0, digest));
    d->document.name = sr_text_view("lineage.json");
    sr_act_set_digests(&d->act, SR_FIELD_documents, &d->document, 1);
    sr_act_set_digest(&d->act, SR_FIELD_ruleset, digest);
    sr_act_set_number(&d->act, SR_FIELD_files, 1);
    set_word(d, SR_FIELD_step, "train");
    set_word(d, SR_FIELD_profile, "default");
    set_word(d, SR_FIELD_verdict, "PASS");
    return SR_OK;
}

static enum sr_status set_handoff(struct draft *d, const struct sr_test_ask *ask)
{
    struct sr_id id;
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(id_of("handoff", ask->version.artifact, ask->version.number, &id));
    SR_TRY(digest_of("card", "", 0, digest));
    sr_act_set_id(&d->act, SR_FIELD_handoff, &id);
    sr_act_set_number(&d->act, SR_FIELD_event, ask->verb == SR_VERB_ACCEPT ? 2 : 1);
    if (ask->verb == SR_VERB_OFFER) {
        set_word(d, SR_FIELD_from, "this organisation");
        set_word(d, SR_FIELD_to, "another organisation");
        sr_act_set_digest(&d->act, SR_FIELD_card, digest);
        sr_act_set_number(&d->act, SR_FIELD_until, (uint64_t)(ask->moment.now_utc_ms + YEAR_MS));
    }
    if (ask->verb == SR_VERB_ACCEPT) {
        set_word(d, SR_FIELD_from, "another organisation");
        sr_act_set_digest(&d->act, SR_FIELD_offer, digest);
        sr_act_set_digest(&d->act, SR_FIELD_previous, digest);
        sr_act_set_digest(&d->act, SR_FIELD_results, digest);
        SR_TRY(set_inspected(d));
    }
    return SR_OK;
}

static enum sr_status set_about_version(struct draft *d, const struct sr_test_ask *ask)
{
    bool is_new = ask->verb == SR_VERB_DEPOSIT || ask->verb == SR_VERB_ACCEPT;
    bool says = is_new || ask->verb == SR_VERB_OFFER;
    SR_TRY(set_version(d, &ask->version,
                       says ? SR_FIELD_BIT(kind) | SR_FIELD_BIT(tier) : UINT64_C(0)));
    if (ask->verb == SR_VERB_DEPOSIT) {
        return set_inspected(d);
    }
    if (ask->verb == SR_VERB_OFFER || ask->verb == SR_VERB_ACCEPT || ask->verb == SR_VERB_DISPOSE) {
        return set_handoff(d, ask);
    }
    if (!ask->is_request) {
        /* How and where: a request leaves it open. */
        enum sr_act_field how = ask->verb == SR_VERB_EXPORT ? SR_FIELD_to
                                : ask->verb == SR_VERB_READ ? SR_FIELD_file
                                                            : SR_FIELD_at;
        set_word(d, how, ask->verb == SR_VERB_READ ? "config.json" : "/mnt/model");
    }
    return SR_OK;
}

static enum sr_status set_about_principal(struct draft *d, const struct sr_test_ask *ask,
                                          const struct sr_policy *policy)
{
    uint8_t digest[SR_SHA256_BYTES];
    const struct sr_test_principal *about = &ask->about;
    set_word(d, SR_FIELD_principal, about->name);
    if (ask->verb == SR_VERB_ENROL) {
        set_word(d, SR_FIELD_type, sr_principal_type_word(about->type));
        if (about->owner[0] != '\0') {
            set_word(d, SR_FIELD_owner, about->owner);
        }
    }
    if (ask->verb == SR_VERB_ENROL || ask->verb == SR_VERB_ROLES) {
        set_roles(d, policy, &about->roles);
    }
    if (ask->verb == SR_VERB_ENROL || ask->verb == SR_VERB_ADD_KEY) {
        set_word(d, SR_FIELD_key, about->key);
    }
    if (ask->verb == SR_VERB_ATTRIBUTE) {
        set_word(d, SR_FIELD_attribute, about->attribute[0]);
        sr_act_set_number(&d->act, SR_FIELD_until,
                          (uint64_t)(SR_TEST_MONDAY_UTC_MS + 10 * YEAR_MS));
    }
    if (ask->verb == SR_VERB_LEAVE && !ask->is_request) {
        SR_TRY(digest_of("report", about->name, 0, digest));
        sr_act_set_digest(&d->act, SR_FIELD_report, digest);
    }
    return SR_OK;
}

/* The same policy with a comment: other bytes, another version. */
static enum sr_status next_policy(const struct sr_policy *now, struct sr_policy **out)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_POLICY_BYTES_MAX + POLICY_TAIL, &text));
    SR_TRY(sr_buf_append(text, now->text));
    SR_TRY(sr_buf_append(text, sr_bytes("\n#\n", 3)));
    return sr_policy_parse(sr_buf_view(text), out, NULL);
}

static void set_terms(struct draft *d, const struct sr_test_ask *ask)
{
    uint64_t may = ask->is_request ? UINT64_MAX : sr_verb_info(ask->verb)->may;
    if (ask->has_reason) {
        set_word(d, SR_FIELD_reason, "a reason");
    }
    if (ask->has_ticket) {
        set_word(d, SR_FIELD_ticket, "CASE-1");
    }
    if (ask->has_host && (may & SR_FIELD_BIT(host)) != 0) {
        set_word(d, SR_FIELD_host, "host-1");
    }
    if (ask->workload[0] != '\0' && (may & SR_FIELD_BIT(workload)) != 0) {
        set_word(d, SR_FIELD_workload, ask->workload);
    }
}

static void set_limits(struct draft *d, const struct sr_test_ask *ask)
{
    if (ask->lasts_ms > 0) {
        sr_act_set_number(&d->act, SR_FIELD_lasts_ms, (uint64_t)ask->lasts_ms);
    }
    if (ask->bytes > 0) {
        sr_act_set_number(&d->act, SR_FIELD_bytes, ask->bytes);
    }
    if (ask->files > 0) {
        sr_act_set_number(&d->act, SR_FIELD_files, ask->files);
    }
    if (ask->is_break_glass) {
        sr_act_set_number(&d->act, SR_FIELD_break_glass, 1);
    }
}

/* The fields of what is asked for, or done. *out_policy: that a POLICY is about. */
static enum sr_status fill(struct sr_test_room *room, struct draft *d,
                           const struct sr_test_ask *ask, struct sr_policy **out_policy)
{
    const struct sr_policy *policy = sr_state_policy(room->state);
    set_terms(d, ask);
    if (ask->is_request) {
        set_word(d, SR_FIELD_what, sr_verb_info(ask->verb)->word);
        set_limits(d, ask);
    }
    switch (sr_verb_info(ask->verb)->about) {
    case SR_VERB_ABOUT_VERSION:
        return set_about_version(d, ask);
    case SR_VERB_ABOUT_PRINCIPAL:
        return set_about_principal(d, ask, policy);
    case SR_VERB_ABOUT_POLICY:
        SR_TRY(next_policy(policy, out_policy));
        sr_act_set_digest(&d->act, SR_FIELD_policy, (*out_policy)->digest);
        return SR_OK;
    case SR_VERB_ABOUT_ROOM:
        sr_act_set_number(&d->act, SR_FIELD_epoch, sr_state_epoch(room->state) + 1);
        return SR_OK;
    case SR_VERB_ABOUT_REQUEST:
        break;
    }
    return SR_UNSUPPORTED;
}

/* Decide, and fold in what is allowed. Takes policy. */
static enum sr_status decide(struct sr_test_room *room, const struct draft *d,
                             const struct sr_test_principal *actor, struct sr_policy *policy,
                             const struct sr_moment *moment, struct sr_decision *out,
                             struct sr_err *err)
{
    SR_AUTO(sr_policy) brought = policy;
    struct sr_state_event event = event_of(room, d, actor);
    event.policy = brought;
    *out = sr_policy_decide(room->state, &event, moment);
    if (out->ruling != SR_RULING_ALLOW) {
        return SR_OK;
    }
    out->rule = NULL; /* of a policy that may be gone in a moment */
    brought = NULL;
    SR_TRY(sr_state_apply(room->state, &event, err));
    memcpy(room->policy, sr_state_policy(room->state)->digest, sizeof room->policy);
    return SR_OK;
}

enum sr_status sr_test_room_act(struct sr_test_room *room, const struct sr_test_ask *ask,
                                const uint8_t *request, struct sr_decision *out,
                                uint8_t out_digest[SR_SHA256_BYTES], struct sr_err *err)
{
    struct draft d;
    SR_AUTO(sr_policy) policy = NULL;
    uint8_t version[SR_SHA256_BYTES];
    const struct sr_test_principal *actor = ask->actor != NULL ? ask->actor : &room->room;
    SR_TRY(start(room, &d, ask->is_request ? SR_VERB_REQUEST : ask->verb, actor,
                 ask->moment.now_utc_ms));
    SR_TRY(fill(room, &d, ask, &policy));
    if (request != NULL) {
        sr_act_set_digest(&d.act, SR_FIELD_request, request);
    }
    SR_TRY(digest_of("manifest", ask->version.artifact, ask->version.number, version));
    SR_TRY(finish(&d, version, err));
    SR_TRY(
        decide(room, &d, actor, ask->is_request ? NULL : SR_TAKE(policy), &ask->moment, out, err));
    if (out_digest != NULL) {
        memcpy(out_digest, d.digest, SR_SHA256_BYTES);
    }
    return SR_OK;
}

enum sr_status sr_test_room_review(struct sr_test_room *room,
                                   const struct sr_test_principal *reviewer, enum sr_verb verb,
                                   const uint8_t request[SR_SHA256_BYTES],
                                   const struct sr_moment *moment, struct sr_decision *out,
                                   struct sr_err *err)
{
    struct draft d;
    SR_TRY(start(room, &d, verb, reviewer, moment->now_utc_ms));
    sr_act_set_digest(&d.act, SR_FIELD_request, request);
    SR_TRY(finish(&d, NULL, err));
    return decide(room, &d, reviewer, NULL, moment, out, err);
}

struct sr_standing sr_test_room_standing(const struct sr_test_room *room,
                                         const uint8_t request[SR_SHA256_BYTES],
                                         const struct sr_moment *moment)
{
    return sr_policy_standing(room->state, sr_state_request(room->state, request), moment);
}

/* Fold in what is past, without asking whether it was allowed. */
static enum sr_status happen(struct sr_test_room *room, const struct sr_test_ask *ask,
                             struct sr_err *err)
{
    struct draft d;
    SR_AUTO(sr_policy) none = NULL;
    uint8_t version[SR_SHA256_BYTES];
    SR_TRY(start(room, &d, ask->verb, ask->actor, ask->moment.now_utc_ms));
    SR_TRY(fill(room, &d, ask, &none));
    SR_TRY(digest_of("manifest", ask->version.artifact, ask->version.number, version));
    SR_TRY(finish(&d, version, err));
    struct sr_state_event event = event_of(room, &d, ask->actor);
    return sr_state_apply(room->state, &event, err);
}

static enum sr_status init(struct sr_test_room *room, const struct sr_policy *policy, int64_t past,
                           struct sr_err *err)
{
    struct draft d;
    SR_AUTO(sr_policy) copy = NULL;
    SR_TRY(sr_policy_parse(policy->text, &copy, err));
    SR_TRY(start(room, &d, SR_VERB_INIT, &room->room, past));
    set_word(&d, SR_FIELD_key, room->room.key);
    sr_act_set_digest(&d.act, SR_FIELD_policy, copy->digest);
    SR_TRY(finish(&d, NULL, err));
    struct sr_state_event event = event_of(room, &d, &room->room);
    event.policy = SR_TAKE(copy);
    return sr_state_apply(room->state, &event, err);
}

static enum sr_status admit(struct sr_test_room *room, const struct sr_test_principal *principal,
                            int64_t past, struct sr_err *err)
{
    struct sr_test_ask ask = {.actor = &room->room,
                              .verb = SR_VERB_ENROL,
                              .about = *principal,
                              .moment = {.now_utc_ms = past}};
    SR_TRY(happen(room, &ask, err));
    ask.verb = SR_VERB_ATTRIBUTE;
    for (size_t i = 0; i < principal->attributes; i++) {
        memcpy(ask.about.attribute[0], principal->attribute[i], SR_POLICY_NAME_BYTES);
        SR_TRY(happen(room, &ask, err));
    }
    return SR_OK;
}

/* Everybody and everything is there since a week. */
static enum sr_status people_it(struct sr_test_room *room, const struct sr_policy *policy,
                                const struct sr_test_cast *cast, struct sr_err *err)
{
    int64_t past = SR_TEST_MONDAY_UTC_MS - (int64_t)7 * 24 * 3600 * 1000;
    SR_TRY(init(room, policy, past, err));
    for (size_t i = 0; i < cast->principals; i++) {
        SR_TRY(admit(room, &cast->principal[i], past, err));
    }
    for (size_t i = 0; i < cast->versions; i++) {
        struct sr_test_ask ask = {.actor = &room->room,
                                  .verb = SR_VERB_DEPOSIT,
                                  .version = cast->version[i],
                                  .moment = {.now_utc_ms = past}};
        SR_TRY(happen(room, &ask, err));
    }
    return SR_OK;
}

enum sr_status sr_test_room_new(const struct sr_policy *policy, const struct sr_test_cast *cast,
                                struct sr_test_room **out, struct sr_err *err)
{
    SR_AUTO(sr_test_room) room = calloc(1, sizeof *room);
    if (room == NULL) {
        return SR_NO_MEMORY;
    }
    (void)snprintf(room->room.name, sizeof room->room.name, "the room");
    memcpy(room->policy, policy->digest, sizeof room->policy);
    SR_TRY(sr_test_room_key(&room->room));
    SR_TRY(id_of("room", "", 0, &room->id));
    SR_TRY(sr_state_new(&room->state));
    struct sr_err why = {0};
    enum sr_status status = people_it(room, policy, cast, &why);
    if (status == SR_CORRUPT || status == SR_MALFORMED) {
        return sr_fail(err, SR_MALFORMED, "such people and versions cannot be: %s", why.message);
    }
    SR_TRY(status);
    *out = SR_TAKE(room);
    return SR_OK;
}
