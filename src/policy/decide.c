/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/decide_impl.h"

/* The order of the rules of docs/decision.md, D-1 to D-12. What each looks at is beside. */

/* ---- Helpers. */

/* A cut may leave the beginning of a character: away with it. */
static void trim_utf8(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && !sr_text_is_utf8(sr_bytes(text, len))) {
        text[--len] = '\0';
    }
}

enum sr_reason sr_ask_no(struct sr_ask *ask, enum sr_reason reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(ask->detail, sizeof ask->detail, fmt, args);
    va_end(args);
    for (char *c = ask->detail; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    trim_utf8(ask->detail);
    return reason;
}

enum sr_reason sr_ask_steps(struct sr_ask *ask, const struct sr_ask_step *steps, size_t count)
{
    enum sr_reason reason = SR_REASON_NONE;
    for (size_t i = 0; i < count && reason == SR_REASON_NONE; i++) {
        reason = steps[i].look(ask);
    }
    return reason;
}

struct sr_bytes sr_ask_text(const struct sr_act *act, enum sr_act_field field)
{
    return sr_act_has(act, field) ? act->field[field].text : sr_bytes("", 0);
}

uint64_t sr_ask_number(const struct sr_act *act, enum sr_act_field field)
{
    return sr_act_has(act, field) ? act->field[field].number : 0;
}

int64_t sr_ask_add_ms(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

const char *sr_ask_lacks(const struct sr_principal *p, size_t count,
                         const char (*names)[SR_POLICY_NAME_BYTES], int64_t now_utc_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (!sr_people_has_attribute(p, names[i], now_utc_ms)) {
            return names[i];
        }
    }
    return NULL;
}

const char *sr_ask_rests(const struct sr_state *s, const struct sr_principal *p,
                         const struct sr_act *act, enum sr_verb verb, int64_t now_utc_ms)
{
    const struct sr_policy *policy = sr_state_policy(s);
    if (p->type != SR_PRINCIPAL_HUMAN || policy->suspending == 0) {
        return NULL;
    }
    if (verb == SR_VERB_ATTRIBUTE) {
        const struct sr_principal *whose =
            sr_state_principal(s, sr_ask_text(act, SR_FIELD_principal));
        if (whose != NULL && strcmp(whose->person, p->person) != 0) {
            return NULL;
        }
    }
    return sr_ask_lacks(p, policy->suspending, policy->suspending_attribute, now_utc_ms);
}

/* ---- D-1 to D-5. */

static enum sr_reason look_at_room(struct sr_ask *ask)
{
    const struct sr_id *room = sr_state_room(ask->s);
    if (room == NULL || !sr_text_id_equal(room, &ask->act->room)) {
        return SR_REASON_OTHER_ROOM;
    }
    return sr_verb_info(ask->act->verb)->group == SR_VERB_GROUP_SYSTEM
               ? sr_ask_no(ask, SR_REASON_MALFORMED, "there is a room already")
               : SR_REASON_NONE;
}

static enum sr_reason look_at_clock(struct sr_ask *ask)
{
    int64_t now = ask->moment->now_utc_ms;
    int64_t time = ask->act->time_utc_ms;
    if (now < sr_state_time(ask->s) || now < 0) {
        return sr_ask_no(ask, SR_REASON_CLOCK, "the room's clock is behind its last act");
    }
    if (time <= 0 || time > sr_ask_add_ms(now, ask->policy->act_ahead_ms)) {
        return sr_ask_no(ask, SR_REASON_CLOCK, "it is ahead");
    }
    return now - time > ask->policy->act_ms_max ? sr_ask_no(ask, SR_REASON_CLOCK, "it is too old")
                                                : SR_REASON_NONE;
}

static enum sr_reason look_at_nonce(struct sr_ask *ask)
{
    return sr_state_knows_nonce(ask->s, ask->act->nonce) ? SR_REASON_REPLAYED : SR_REASON_NONE;
}

/* Nothing that ends something waits, and what happened is written down. */
static bool needs_policy(enum sr_verb verb)
{
    return verb != SR_VERB_DENY && verb != SR_VERB_WITHDRAW && verb != SR_VERB_REVOKE &&
           verb != SR_VERB_REVOKE_KEY && verb != SR_VERB_LEAVE &&
           sr_verb_info(verb)->group != SR_VERB_GROUP_RECORD;
}

static enum sr_reason look_at_policy(struct sr_ask *ask)
{
    return needs_policy(ask->act->verb) &&
                   memcmp(ask->act->policy, ask->policy->digest, SR_SHA256_BYTES) != 0
               ? SR_REASON_STALE_POLICY
               : SR_REASON_NONE;
}

static enum sr_reason look_at_room_key(struct sr_ask *ask)
{
    const char *own = sr_act_key_fingerprint(sr_state_room_key(ask->s));
    if (strcmp(own, ask->event->fingerprint) != 0) {
        return sr_ask_no(ask, SR_REASON_NOT_ACTORS_KEY, "it is not the room's");
    }
    enum sr_verb verb = ask->act->verb;
    bool may =
        sr_verb_info(verb)->group != SR_VERB_GROUP_REVIEW || verb == SR_VERB_REQUEST ||
        ((verb == SR_VERB_REVOKE || verb == SR_VERB_REVOKE_KEY) && sr_ask_is_warden(ask->s, NULL));
    return may ? SR_REASON_NONE : SR_REASON_UNKNOWN_ACTOR;
}

static bool is_asked_for_attributes(enum sr_verb verb)
{
    return verb != SR_VERB_WITHDRAW && verb != SR_VERB_REVOKE && verb != SR_VERB_REVOKE_KEY;
}

static enum sr_reason look_at_rights(struct sr_ask *ask)
{
    const struct sr_act *act = ask->act;
    enum sr_verb verb = ask->verb;
    if (ask->request != NULL && sr_verb_info(act->verb)->about == SR_VERB_ABOUT_REQUEST) {
        verb = sr_ask_what(ask->request);
        act = sr_act_text_view(ask->request->act);
    }
    const char *rests = is_asked_for_attributes(ask->act->verb)
                            ? sr_ask_rests(ask->s, ask->actor, act, verb, ask->moment->now_utc_ms)
                            : NULL;
    return rests != NULL ? sr_ask_no(ask, SR_REASON_ATTRIBUTE_EXPIRED, "%s", rests)
                         : SR_REASON_NONE;
}

static enum sr_reason look_at_actor(struct sr_ask *ask)
{
    if (ask->event->is_room) {
        return look_at_room_key(ask);
    }
    enum sr_verb_group group = sr_verb_info(ask->act->verb)->group;
    if (group == SR_VERB_GROUP_SYSTEM || group == SR_VERB_GROUP_RECORD) {
        return SR_REASON_ONLY_THE_ROOM;
    }
    if (ask->actor == NULL) {
        return sr_ask_no(ask, SR_REASON_UNKNOWN_ACTOR, "%.*s", (int)ask->act->actor.len,
                         (const char *)ask->act->actor.ptr);
    }
    const struct sr_state_key *key = NULL;
    if (sr_state_key_owner(ask->s, ask->event->fingerprint, &key) != ask->actor) {
        return sr_ask_no(ask, SR_REASON_NOT_ACTORS_KEY, "%s", ask->event->fingerprint);
    }
    if (!sr_people_is_here(ask->actor)) {
        return sr_ask_no(ask, SR_REASON_ACTOR_LEFT, "%s", ask->actor->name);
    }
    return key->revoked_utc_ms != 0
               ? sr_ask_no(ask, SR_REASON_KEY_REVOKED, "%s", ask->event->fingerprint)
               : look_at_rights(ask);
}

/* ---- D-8 to D-12. */

static enum sr_reason look_at_rule(struct sr_ask *ask)
{
    ask->rule = sr_policy_rule_of(ask->s, ask->verb, ask->act);
    if (ask->rule == NULL) {
        return sr_ask_no(ask, SR_REASON_NO_RULE, "%s", sr_verb_info(ask->verb)->word);
    }
    return ask->rule->forbids ? sr_ask_no(ask, SR_REASON_FORBIDDEN, "%s", ask->rule->name)
                              : SR_REASON_NONE;
}

static enum sr_reason look_at_by(struct sr_ask *ask)
{
    enum sr_reason reason = ask->is_break_glass ? SR_REASON_NONE : sr_ask_by(ask->rule, ask->actor);
    return reason == SR_REASON_NONE ? reason : sr_ask_no(ask, reason, "%s", ask->rule->name);
}

/* Agents never act on their own word: only where people approve what they ask for. */
enum sr_reason sr_ask_by(const struct sr_policy_rule *rule, const struct sr_principal *actor)
{
    if (actor == NULL) {
        return rule->by_unlocked ? SR_REASON_NONE : SR_REASON_NOT_BY_ACTOR;
    }
    if ((rule->types & SR_POLICY_TYPE_BIT(actor->type)) == 0 ||
        (actor->type == SR_PRINCIPAL_AGENT && rule->needs == 0)) {
        return SR_REASON_WRONG_TYPE;
    }
    return rule->by_anyone || (sr_people_list_bits(&rule->by) & actor->role_bits) != 0
               ? SR_REASON_NONE
               : SR_REASON_NOT_BY_ACTOR;
}

bool sr_ask_needs_request(const struct sr_policy_rule *rule, enum sr_verb verb)
{
    bool is_limited =
        rule->lasts_ms_max != SR_POLICY_NO_LIMIT || rule->bytes_max != SR_POLICY_NO_LIMIT ||
        rule->files_max != SR_POLICY_NO_LIMIT || rule->copies_max != SR_POLICY_NO_LIMIT ||
        rule->uses_max != SR_POLICY_NO_LIMIT;
    return rule->needs > 0 || rule->wait_ms > 0 || (sr_verb_releases(verb) && is_limited);
}

static bool is_same_actor(const struct sr_ask *ask)
{
    return ask->request->is_room == ask->event->is_room &&
           sr_text_equal(sr_act_text_view(ask->request->act)->actor, ask->act->actor);
}

static enum sr_reason look_at_request(struct sr_ask *ask)
{
    if (!sr_act_has(ask->act, SR_FIELD_request)) {
        return sr_ask_needs_request(ask->rule, ask->verb)
                   ? sr_ask_no(ask, SR_REASON_NEEDS_REQUEST, "%s", ask->rule->name)
                   : SR_REASON_NONE;
    }
    if (ask->request == NULL) {
        return SR_REASON_NO_SUCH_REQUEST;
    }
    if (!is_same_actor(ask)) {
        return sr_ask_no(ask, SR_REASON_NOT_THE_REQUESTER, "%s", ask->request->person);
    }
    struct sr_err err = {0};
    return sr_act_fits_request(ask->act, sr_act_text_view(ask->request->act), &err) == SR_OK
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_NOT_AS_REQUESTED, "%s", err.message);
}

static enum sr_reason look_at_standing(struct sr_ask *ask)
{
    if (ask->request == NULL) {
        return SR_REASON_NONE;
    }
    struct sr_standing standing = sr_policy_standing(ask->s, ask->request, ask->moment);
    return standing.state == SR_REQUEST_GRANTED
               ? SR_REASON_NONE
               : sr_ask_no(ask, standing.reason, "%s", standing.detail);
}

#define STATED                                                                                     \
    (SR_FIELD_BIT(what) | SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket) | SR_FIELD_BIT(lasts_ms) |   \
     SR_FIELD_BIT(host) | SR_FIELD_BIT(workload) | SR_FIELD_BIT(bytes) | SR_FIELD_BIT(files) |     \
     SR_FIELD_BIT(break_glass))

static enum sr_reason look_at_asked(struct sr_ask *ask)
{
    const struct sr_verb_info *info = sr_verb_info(ask->verb);
    uint64_t may = (info->must | info->may | STATED) & ~SR_FIELD_BIT(request);
    if (info->group != SR_VERB_GROUP_ACT || (ask->act->has & ~may) != 0) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "it cannot be asked for like that");
    }
    return SR_REASON_NONE;
}

static enum sr_reason look_at_glass(struct sr_ask *ask)
{
    return ask->is_break_glass ? sr_ask_break_glass(ask) : SR_REASON_NONE;
}

/* A record is not asked whether it may be, but it has to be about what there is. */
static enum sr_reason look_at_record(struct sr_ask *ask)
{
    return sr_act_has(ask->act, SR_FIELD_request) && ask->request == NULL
               ? SR_REASON_NO_SUCH_REQUEST
               : SR_REASON_NONE;
}

static const struct sr_ask_step FIRST[] = {{"the first act of a room", sr_ask_first}};
static const struct sr_ask_step COMMON[] = {
    {"it is for this room", look_at_room},      {"its time", look_at_clock},
    {"it was not there before", look_at_nonce}, {"the policy that the actor saw", look_at_policy},
    {"the actor and the key", look_at_actor},
};
static const struct sr_ask_step ACT[] = {
    {"the subject", sr_ask_subject},
    {"the state it is in", sr_ask_facts},
    {"there is a rule", look_at_rule},
    {"the rule is for the actor", look_at_by},
    {"the request", look_at_request},
    {"the rule's conditions", sr_ask_conditions},
    {"the request is granted", look_at_standing},
};
static const struct sr_ask_step REQUEST[] = {
    {"what is asked for", look_at_asked},         {"the subject", sr_ask_subject},
    {"the state it is in", sr_ask_facts},         {"there is a rule", look_at_rule},
    {"the rule is for the actor", look_at_by},    {"break-glass", look_at_glass},
    {"the rule's conditions", sr_ask_conditions},
};
static const struct sr_ask_step REVIEW[] = {{"the review", sr_ask_review}};
static const struct sr_ask_step RECORD[] = {
    {"the subject", sr_ask_subject},
    {"the request", look_at_record},
};
#define PLAN(steps)                                                                                \
    (struct sr_ask_plan)                                                                           \
    {                                                                                              \
        steps, sizeof steps / sizeof steps[0]                                                      \
    }

void sr_ask_plans(const struct sr_ask *ask, struct sr_ask_plan out[SR_ASK_PLANS_MAX])
{
    enum sr_verb_group group = sr_verb_info(ask->act->verb)->group;
    out[0] = PLAN(COMMON);
    out[1] = PLAN(REVIEW);
    if (ask->act->verb == SR_VERB_REQUEST) {
        out[1] = PLAN(REQUEST);
    } else if (group == SR_VERB_GROUP_ACT) {
        out[1] = PLAN(ACT);
    } else if (group == SR_VERB_GROUP_RECORD) {
        out[1] = PLAN(RECORD);
    } else if (group == SR_VERB_GROUP_SYSTEM && !sr_state_has_room(ask->s)) {
        out[0] = PLAN(FIRST);
        out[1] = (struct sr_ask_plan){NULL, 0};
    }
}

void sr_ask_init(struct sr_ask *ask, const struct sr_state *s, const struct sr_state_event *event,
                 const struct sr_moment *moment)
{
    const struct sr_act *act = event->act;
    *ask = (struct sr_ask){.s = s,
                           .policy = sr_state_policy(s),
                           .event = event,
                           .act = act,
                           .moment = moment,
                           .verb = act->verb};
    if (act->verb == SR_VERB_REQUEST) {
        ask->is_request = true;
        ask->is_break_glass = sr_act_has(act, SR_FIELD_break_glass);
        /* Left at REQUEST when there is no such verb: look_at_asked(). */
        (void)sr_verb_from_word(sr_ask_text(act, SR_FIELD_what), &ask->verb);
    } else if (sr_act_has(act, SR_FIELD_request)) {
        ask->request = sr_state_request(s, act->field[SR_FIELD_request].digest);
        ask->is_break_glass = ask->request != NULL && ask->request->is_break_glass;
    }
    if (!event->is_room) {
        ask->actor = sr_state_principal(s, act->actor);
    }
    if (sr_verb_info(ask->verb)->about == SR_VERB_ABOUT_VERSION) {
        ask->version = sr_state_version(s, &act->field[SR_FIELD_version].id);
    }
}

struct sr_decision sr_policy_decide(const struct sr_state *s, const struct sr_state_event *event,
                                    const struct sr_moment *moment)
{
    struct sr_decision d = {.ruling = SR_RULING_DENY, .reason = SR_REASON_MALFORMED};
    if ((unsigned)event->act->verb >= SR_VERB_COUNT) {
        return d;
    }
    struct sr_ask ask;
    struct sr_ask_plan plans[SR_ASK_PLANS_MAX];
    sr_ask_init(&ask, s, event, moment);
    sr_ask_plans(&ask, plans);
    d.reason = SR_REASON_NONE;
    for (size_t i = 0; i < SR_ASK_PLANS_MAX && d.reason == SR_REASON_NONE; i++) {
        d.reason = sr_ask_steps(&ask, plans[i].steps, plans[i].count);
    }
    d.rule = ask.rule;
    if (d.reason == SR_REASON_NONE) {
        d.ruling = SR_RULING_ALLOW;
        return d;
    }
    d.ruling = sr_reason_status(d.reason) == SR_PENDING ? SR_RULING_PENDING : SR_RULING_DENY;
    memcpy(d.detail, ask.detail, sizeof d.detail);
    return d;
}
