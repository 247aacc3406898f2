/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/reach.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MINUTE_MS ((int64_t)60000)
#define DAY_MS ((int64_t)86400000)

static const enum sr_verb VERBS[] = {SR_VERB_READ, SR_VERB_USE, SR_VERB_EXPORT};

const char *sr_reach_way_word(enum sr_reach_way way)
{
    static const char *const WORDS[] = {"alone", "grant", "break-glass"};
    assert(way <= SR_REACH_BREAK_GLASS);
    return WORDS[way];
}

/* What an act changed that has to be looked at once the state is after it. */
enum change { NOTHING, VERSION, GRANTS, EVERYTHING };

struct own_request {
    uint8_t digest[SR_SHA256_BYTES];
};

struct sr_reach {
    char name[SR_REACH_NAME_BYTES];
    int64_t from_utc_ms;
    int64_t to_utc_ms;
    bool has_begun;
    bool is_over;
    enum change change;
    struct sr_id changed; /* VERSION */
    int64_t changed_utc_ms;
    struct own_request *request;
    size_t requests;
    struct sr_reach_item *item;
    size_t items;
};

enum sr_status sr_reach_new(struct sr_bytes name, int64_t from_utc_ms, int64_t to_utc_ms,
                            struct sr_reach **out, struct sr_err *err)
{
    struct sr_reach *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an answer");
    }
    size_t len = name.len < sizeof r->name ? name.len : sizeof r->name - 1;
    memcpy(r->name, name.ptr, len);
    r->from_utc_ms = from_utc_ms;
    r->to_utc_ms = to_utc_ms;
    *out = r;
    return SR_OK;
}

void sr_reach_free(struct sr_reach *r)
{
    if (r != NULL) {
        free(r->request);
        free(r->item);
        free(r);
    }
}

size_t sr_reach_count(const struct sr_reach *r)
{
    return r->items;
}

const struct sr_reach_item *sr_reach_at(const struct sr_reach *r, size_t index)
{
    assert(index < r->items);
    return &r->item[index];
}

/* Room for one more in an array that doubles at powers of two. */
static enum sr_status grow(void **array, size_t count, size_t bytes)
{
    if ((count & (count - 1)) != 0) {
        return SR_OK;
    }
    void *more = calloc(count == 0 ? 1 : 2 * count, bytes);
    if (more == NULL) {
        return SR_NO_MEMORY;
    }
    if (count > 0) {
        memcpy(more, *array, count * bytes);
    }
    free(*array);
    *array = more;
    return SR_OK;
}

static bool is_same(const struct sr_reach_item *a, const struct sr_reach_item *b)
{
    return a->verb == b->verb && a->way == b->way && a->seq == b->seq &&
           sr_text_id_equal(&a->version, &b->version) && strcmp(a->principal, b->principal) == 0;
}

static enum sr_status add(struct sr_reach *r, const struct sr_state_version *v,
                          const struct sr_reach_item *what)
{
    struct sr_reach_item item = *what;
    item.version = v->id;
    item.number = v->number;
    (void)snprintf(item.artifact, sizeof item.artifact, "%s", v->artifact);
    for (size_t i = 0; i < r->items; i++) {
        if (is_same(&r->item[i], &item)) {
            return SR_OK;
        }
    }
    void *array = r->item;
    SR_TRY(grow(&array, r->items, sizeof *r->item));
    r->item = array;
    r->item[r->items++] = item;
    return SR_OK;
}

/* Asking the decision. */

struct question {
    const struct sr_state *s;
    const struct sr_principal *who;
    const char *fingerprint;
    const struct sr_state_version *version;
    int64_t witnessed[SR_POLICY_WITNESSES_MAX];
};

static const char *active_key(const struct sr_principal *who)
{
    for (size_t i = 0; i < who->keys; i++) {
        if (who->key[i].revoked_utc_ms == 0) {
            return sr_act_key_fingerprint(who->key[i].key);
        }
    }
    return NULL;
}

/* Terms that a rule may require are there, so that they decide nothing. */
static void set_terms(const struct question *q, struct sr_act *act)
{
    sr_act_set_word(act, SR_FIELD_reason, "-");
    sr_act_set_word(act, SR_FIELD_ticket, "-");
    sr_act_set_word(act, SR_FIELD_host, "-");
    for (size_t i = 0; i < sr_state_principal_count(q->s); i++) {
        const struct sr_principal *p = sr_state_principal_at(q->s, i);
        if ((p->type == SR_PRINCIPAL_WORKLOAD || p->type == SR_PRINCIPAL_SERVICE) &&
            p->left_utc_ms == 0) {
            sr_act_set_word(act, SR_FIELD_workload, p->name);
            return;
        }
    }
}

static void set_verb(struct sr_act *act, enum sr_verb verb, bool breaks_glass)
{
    act->verb = verb;
    if (breaks_glass) {
        act->verb = SR_VERB_REQUEST;
        sr_act_set_word(act, SR_FIELD_what, sr_verb_info(verb)->word);
        sr_act_set_number(act, SR_FIELD_break_glass, 1);
        sr_act_set_number(act, SR_FIELD_lasts_ms, 1);
        sr_act_set_number(act, SR_FIELD_bytes, 1);
        sr_act_set_number(act, SR_FIELD_files, 1);
    } else {
        sr_act_set_word(act,
                        verb == SR_VERB_EXPORT ? SR_FIELD_to
                        : verb == SR_VERB_READ ? SR_FIELD_file
                                               : SR_FIELD_at,
                        "/");
    }
}

static struct sr_decision ask(struct question *q, enum sr_verb verb, bool breaks_glass,
                              int64_t now_utc_ms)
{
    static const uint8_t DIGEST[SR_SHA256_BYTES];
    const struct sr_policy *policy = sr_state_policy(q->s);
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    struct sr_act act = {.room = *sr_state_room(q->s),
                         .actor = sr_text_view(q->who->name),
                         .time_utc_ms = now_utc_ms,
                         .nonce = {0xff, 'r', 'e', 'a', 'c', 'h'}};
    memcpy(act.policy, policy->digest, sizeof act.policy);
    set_terms(q, &act);
    set_verb(&act, verb, breaks_glass);
    sr_act_set_word(&act, SR_FIELD_artifact, q->version->artifact);
    sr_act_set_number(&act, SR_FIELD_number, q->version->number);
    sr_act_set_id(&act, SR_FIELD_version, &q->version->id);
    if (sr_act_subject(&act, q->version->digest, name, &subject) != SR_OK) {
        return (struct sr_decision){.ruling = SR_RULING_DENY, .reason = SR_REASON_MALFORMED};
    }
    act.subjects = &subject;
    act.subject_count = 1;
    for (size_t i = 0; i < policy->witnesses; i++) {
        q->witnessed[i] = now_utc_ms;
    }
    struct sr_state_event event = {
        .act = &act,
        .digest = DIGEST,
        .fingerprint = q->fingerprint,
        .proof = {.is_hardware = true, .has_presence = true, .has_verification = true},
        .time_utc_ms = now_utc_ms};
    struct sr_moment moment = {
        .now_utc_ms = now_utc_ms, .witnessed_utc_ms = q->witnessed, .witnessed = policy->witnesses};
    return sr_policy_decide(q->s, &event, &moment);
}

/*
 * Whether it is allowed at some time from `at` on. Where only the hours are wrong, at the beginning
 * of the rule's hours on one of the next days: a week has them all.
 */
static bool is_allowed(const struct sr_reach *r, struct question *q, enum sr_verb verb,
                       bool breaks_glass, int64_t *at)
{
    struct sr_decision d = ask(q, verb, breaks_glass, *at);
    if (d.reason != SR_REASON_HOURS || d.rule == NULL) {
        return d.ruling == SR_RULING_ALLOW;
    }
    int64_t begins = *at - *at % DAY_MS + (int64_t)d.rule->minute_from * MINUTE_MS;
    for (unsigned day = 0; day <= 7 && d.reason == SR_REASON_HOURS && begins <= r->to_utc_ms;
         day++) {
        if (begins >= *at) {
            d = ask(q, verb, breaks_glass, begins);
        }
        *at = d.ruling == SR_RULING_ALLOW ? begins : *at;
        begins += DAY_MS;
    }
    return d.ruling == SR_RULING_ALLOW;
}

static enum sr_status look_at(struct sr_reach *r, struct question *q, int64_t now_utc_ms)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++) {
        for (unsigned glass = 0; glass < 2; glass++) {
            int64_t at = now_utc_ms;
            struct sr_reach_item item = {.verb = VERBS[i],
                                         .way = glass == 1 ? SR_REACH_BREAK_GLASS : SR_REACH_ALONE};
            if ((glass == 1 && !sr_state_policy(q->s)->break_glass.is_allowed) ||
                !is_allowed(r, q, VERBS[i], glass == 1, &at)) {
                continue;
            }
            item.from_utc_ms = at;
            (void)snprintf(item.principal, sizeof item.principal, "%s", q->who->name);
            SR_TRY(add(r, q->version, &item));
        }
    }
    return SR_OK;
}

/* Of whom it is asked: them, and what they answer for. */
static bool is_theirs(const struct sr_reach *r, const struct sr_principal *p)
{
    return p != NULL && (strcmp(p->name, r->name) == 0 || strcmp(p->person, r->name) == 0);
}

/* version NULL: all. */
static enum sr_status look_at_versions(struct sr_reach *r, const struct sr_state *s,
                                       const struct sr_id *version, int64_t now_utc_ms)
{
    for (size_t i = 0; i < sr_state_principal_count(s); i++) {
        struct question q = {.s = s, .who = sr_state_principal_at(s, i)};
        if (!is_theirs(r, q.who) || (q.fingerprint = active_key(q.who)) == NULL) {
            continue;
        }
        for (size_t k = 0; k < sr_state_version_count(s); k++) {
            q.version = sr_state_version_at(s, k);
            if (version == NULL || sr_text_id_equal(version, &q.version->id)) {
                SR_TRY(look_at(r, &q, now_utc_ms));
            }
        }
    }
    return SR_OK;
}

static enum sr_status look_at_grant(struct sr_reach *r, const struct sr_state *s,
                                    const struct sr_request *request, int64_t now_utc_ms)
{
    const struct sr_act *act = sr_act_text_view(request->act);
    int64_t witnessed[SR_POLICY_WITNESSES_MAX];
    const struct sr_policy *policy = sr_state_policy(s);
    for (size_t i = 0; i < policy->witnesses; i++) {
        witnessed[i] = now_utc_ms;
    }
    struct sr_moment moment = {
        .now_utc_ms = now_utc_ms, .witnessed_utc_ms = witnessed, .witnessed = policy->witnesses};
    struct sr_standing standing = sr_policy_standing(s, request, &moment);
    bool waits = standing.state == SR_REQUEST_WAITING && standing.from_utc_ms <= r->to_utc_ms;
    struct sr_reach_item item = {.way = SR_REACH_GRANT,
                                 .seq = request->seq,
                                 .from_utc_ms = waits ? standing.from_utc_ms : now_utc_ms};
    const struct sr_state_version *v = sr_act_has(act, SR_FIELD_version)
                                           ? sr_state_version(s, &act->field[SR_FIELD_version].id)
                                           : NULL;
    if ((standing.state != SR_REQUEST_GRANTED && !waits) || v == NULL ||
        !sr_act_asked_verb(act, &item.verb) || !sr_verb_releases(item.verb)) {
        return SR_OK;
    }
    size_t len = act->actor.len < sizeof item.principal ? act->actor.len : 0;
    memcpy(item.principal, act->actor.ptr, len);
    return add(r, v, &item);
}

static enum sr_status look_at_grants(struct sr_reach *r, const struct sr_state *s,
                                     int64_t now_utc_ms)
{
    for (size_t i = 0; i < r->requests; i++) {
        const struct sr_request *request = sr_state_request(s, r->request[i].digest);
        if (request != NULL) {
            SR_TRY(look_at_grant(r, s, request, now_utc_ms));
        }
    }
    return SR_OK;
}

static enum sr_status look(struct sr_reach *r, enum change change, const struct sr_state *s,
                           int64_t now_utc_ms)
{
    if (change == NOTHING || !sr_state_has_room(s)) {
        return SR_OK;
    }
    if (change != GRANTS) {
        SR_TRY(look_at_versions(r, s, change == VERSION ? &r->changed : NULL, now_utc_ms));
    }
    return look_at_grants(r, s, now_utc_ms);
}

/* What an act may change for them, who are known by the state before it. */
static enum change change_by(const struct sr_reach *r, const struct sr_act *act,
                             const struct sr_state *before)
{
    const struct sr_act_value *field = act->field;
    switch (sr_verb_info(act->verb)->about) {
    case SR_VERB_ABOUT_VERSION:
        return sr_verb_info(act->verb)->changes ? VERSION : NOTHING;
    case SR_VERB_ABOUT_PRINCIPAL:
        return act->verb == SR_VERB_ENROL ||
                       is_theirs(r, sr_state_principal(before, field[SR_FIELD_principal].text))
                   ? EVERYTHING
                   : NOTHING;
    case SR_VERB_ABOUT_REQUEST:
        return GRANTS;
    case SR_VERB_ABOUT_ROOM:
        return act->verb == SR_VERB_REQUEST  ? GRANTS
               : act->verb == SR_VERB_ROTATE ? NOTHING
                                             : EVERYTHING;
    case SR_VERB_ABOUT_POLICY:
    default:
        return EVERYTHING;
    }
}

static enum sr_status note_request(struct sr_reach *r, const struct sr_act *act,
                                   const uint8_t digest[SR_SHA256_BYTES],
                                   const struct sr_state *before)
{
    if (act->verb != SR_VERB_REQUEST || !is_theirs(r, sr_state_principal(before, act->actor))) {
        return SR_OK;
    }
    void *array = r->request;
    SR_TRY(grow(&array, r->requests, sizeof *r->request));
    r->request = array;
    memcpy(r->request[r->requests++].digest, digest, SR_SHA256_BYTES);
    return SR_OK;
}

/* What the last act changed, now that the state is after it; and how it was when the window began.
 */
static enum sr_status catch_up(struct sr_reach *r, const struct sr_state *s, bool has_come)
{
    if (!r->has_begun && has_come) {
        r->has_begun = true;
        r->change = NOTHING;
        return look(r, EVERYTHING, s, r->from_utc_ms);
    }
    enum change change = r->has_begun ? r->change : NOTHING;
    r->change = NOTHING;
    return look(r, change, s, r->changed_utc_ms);
}

enum sr_status sr_reach_step(struct sr_reach *r, const struct sr_act *act,
                             const uint8_t digest[SR_SHA256_BYTES], int64_t time_utc_ms,
                             const struct sr_state *before, struct sr_err *err)
{
    if (r->is_over) {
        return SR_OK;
    }
    enum sr_status status = catch_up(r, before, time_utc_ms > r->from_utc_ms);
    status = status == SR_OK ? note_request(r, act, digest, before) : status;
    if (status != SR_OK) {
        return sr_fail(err, status, "no memory for an answer");
    }
    r->is_over = time_utc_ms > r->to_utc_ms;
    r->change = r->is_over ? NOTHING : change_by(r, act, before);
    r->changed_utc_ms = time_utc_ms;
    if (sr_act_has(act, SR_FIELD_version)) {
        r->changed = act->field[SR_FIELD_version].id;
    }
    return SR_OK;
}

enum sr_status sr_reach_end(struct sr_reach *r, const struct sr_state *last, struct sr_err *err)
{
    if (r->is_over) {
        return SR_OK;
    }
    enum sr_status status = catch_up(r, last, true);
    r->is_over = true;
    return status == SR_OK ? SR_OK : sr_fail(err, status, "no memory for an answer");
}
