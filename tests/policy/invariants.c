/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "acts/roster.h"
#include "world.h"

/*
 * What must be true of every act that was allowed, whoever decided. Written neither from the code
 * nor from the oracle: each function is one sentence that an auditor would say, looked up in the
 * list. They are necessary, not sufficient: an act that breaks none may still have been wrong.
 */

struct claim {
    const struct history *h;
    const struct sr_act *act;
    const struct sr_state_event *event;
    int64_t now;
    const struct sr_policy *p;
};

static bool said(const struct sr_act *act, enum sr_act_field field, struct sr_bytes text)
{
    return sr_act_has(act, field) && sr_text_equal(act->field[field].text, text);
}

static bool for_request(const struct sr_act *act, const uint8_t *digest)
{
    return sr_act_has(act, SR_FIELD_request) &&
           memcmp(act->field[SR_FIELD_request].digest, digest, SR_SHA256_BYTES) == 0;
}

/* Who answers for somebody: the owner in the act that enrolled them, else themselves. */
static struct sr_bytes answers_for(const struct history *h, struct sr_bytes name)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_ENROL && said(act, SR_FIELD_principal, name) &&
            sr_act_has(act, SR_FIELD_owner)) {
            return act->field[SR_FIELD_owner].text;
        }
    }
    return name;
}

static bool is_one_person(const struct history *h, struct sr_bytes a, struct sr_bytes b)
{
    return sr_text_equal(answers_for(h, a), answers_for(h, b));
}

static bool is_person(const struct history *h, struct sr_bytes name)
{
    return sr_text_equal(answers_for(h, name), name);
}

/* The roster's line for a name, taken apart. */
static bool first_line(const struct history *h, struct sr_bytes name, struct sr_roster *out)
{
    for (size_t i = 0; i < h->entry[0].rosters; i++) {
        *out = h->entry[0].roster[i];
        if (sr_text_equal(out->name, name)) {
            return true;
        }
    }
    return false;
}

static bool was_given_key(const struct history *h, struct sr_bytes name, const char *fingerprint)
{
    struct sr_roster line;
    if (first_line(h, name, &line) && strcmp(keys_fingerprint(line.key), fingerprint) == 0) {
        return true;
    }
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if ((act->verb == SR_VERB_ENROL || act->verb == SR_VERB_ADD_KEY) &&
            said(act, SR_FIELD_principal, name) &&
            strcmp(keys_fingerprint(act->field[SR_FIELD_key].text), fingerprint) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_gone(const struct history *h, struct sr_bytes name)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_LEAVE && (said(act, SR_FIELD_principal, name) ||
                                           said(act, SR_FIELD_principal, answers_for(h, name)))) {
            return true;
        }
    }
    return false;
}

static bool is_key_gone(const struct history *h, const char *fingerprint)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_REVOKE_KEY &&
            strcmp(keys_fingerprint(act->field[SR_FIELD_key].text), fingerprint) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_role(const struct history *h, struct sr_bytes name, const char *role)
{
    struct sr_roster line = {0};
    const struct sr_bytes *roles = line.role;
    size_t count = first_line(h, name, &line) ? line.roles : 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if ((act->verb == SR_VERB_ROLES || act->verb == SR_VERB_ENROL) &&
            said(act, SR_FIELD_principal, name)) {
            roles = act->field[SR_FIELD_roles].texts;
            count = sr_act_has(act, SR_FIELD_roles) ? act->field[SR_FIELD_roles].count : 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (sr_text_equal(roles[i], sr_text_view(role))) {
            return true;
        }
    }
    return false;
}

static bool is_attested(const struct claim *c, struct sr_bytes name, const char *attribute)
{
    for (size_t i = c->h->count; i-- > 0;) {
        const struct sr_act *act = c->h->entry[i].act;
        if (act->verb == SR_VERB_ATTRIBUTE && said(act, SR_FIELD_principal, name) &&
            said(act, SR_FIELD_attribute, sr_text_view(attribute))) {
            return (int64_t)act->field[SR_FIELD_until].number > c->now;
        }
    }
    return false;
}

/* ---- Every act. */

static const char *check_signer(const struct claim *c)
{
    const struct sr_verb_info *info = sr_verb_info(c->act->verb);
    bool is_rooms = info->group == SR_VERB_GROUP_SYSTEM || info->group == SR_VERB_GROUP_RECORD;
    if (c->event->is_room) {
        return c->act->verb == SR_VERB_APPROVE || c->act->verb == SR_VERB_DENY ||
                       c->act->verb == SR_VERB_JUDGE || c->act->verb == SR_VERB_WITHDRAW
                   ? "the room reviewed"
                   : NULL;
    }
    if (is_rooms) {
        return "somebody spoke for the room";
    }
    if (!was_given_key(c->h, c->act->actor, c->event->fingerprint)) {
        return "the key that signed was never given to the actor";
    }
    if (is_key_gone(c->h, c->event->fingerprint)) {
        return "the key that signed was revoked before";
    }
    return is_gone(c->h, c->act->actor) ? "the actor has left before" : NULL;
}

static bool ends_something(enum sr_verb verb)
{
    return verb == SR_VERB_DENY || verb == SR_VERB_REVOKE || verb == SR_VERB_WITHDRAW ||
           verb == SR_VERB_REVOKE_KEY || verb == SR_VERB_LEAVE ||
           sr_verb_info(verb)->group == SR_VERB_GROUP_RECORD;
}

static const char *check_fresh(const struct claim *c)
{
    enum sr_verb verb = c->act->verb;
    for (size_t i = 0; i < c->h->count; i++) {
        const struct entry *e = &c->h->entry[i];
        if (memcmp(e->act->nonce, c->act->nonce, SR_ACT_NONCE_BYTES) == 0 ||
            memcmp(e->digest, c->event->digest, SR_SHA256_BYTES) == 0) {
            return "this act, or its nonce, was there before";
        }
    }
    if (!sr_text_id_equal(&c->act->room, &c->h->entry[0].act->room)) {
        return "the act is of another room";
    }
    if (c->now < c->h->entry[c->h->count - 1].time_utc_ms) {
        return "the room's clock went back";
    }
    if (c->now - c->act->time_utc_ms > c->p->act_ms_max ||
        c->act->time_utc_ms - c->now > c->p->act_ahead_ms) {
        return "the act's time is far from the clock";
    }
    return !ends_something(verb) && memcmp(c->act->policy, c->p->digest, SR_SHA256_BYTES) != 0
               ? "the actor saw another policy"
               : NULL;
}

/* ---- Reviews. */

static const struct entry *request_named(const struct history *h, const struct sr_act *act)
{
    for (size_t i = 0; i < h->count && sr_act_has(act, SR_FIELD_request); i++) {
        if (h->entry[i].act->verb == SR_VERB_REQUEST && for_request(act, h->entry[i].digest)) {
            return &h->entry[i];
        }
    }
    return NULL;
}

/* Whether something ended a request: a denial, its requester, a revocation, a bad judgement. */
static const char *what_ended(const struct history *h, const struct entry *request)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (!for_request(act, request->digest)) {
            continue;
        }
        if (act->verb == SR_VERB_DENY) {
            return "the request had been denied";
        }
        if (act->verb == SR_VERB_REVOKE ||
            (act->verb == SR_VERB_JUDGE &&
             said(act, SR_FIELD_outcome, sr_text_view("unjustified")))) {
            return "the grant had been revoked";
        }
        if (act->verb == SR_VERB_WITHDRAW && is_one_person(h, act->actor, request->act->actor)) {
            return "the request had been withdrawn";
        }
    }
    return NULL;
}

static const char *check_review(const struct claim *c)
{
    enum sr_verb verb = c->act->verb;
    const struct entry *request = request_named(c->h, c->act);
    if (verb != SR_VERB_APPROVE && verb != SR_VERB_DENY && verb != SR_VERB_JUDGE) {
        return NULL;
    }
    if (request == NULL) {
        return "a review of a request that there is not";
    }
    if (!is_person(c->h, c->act->actor)) {
        return "a service, workload or agent reviewed";
    }
    if (is_one_person(c->h, c->act->actor, request->act->actor)) {
        return "somebody reviewed their own request";
    }
    return verb == SR_VERB_JUDGE ? NULL : what_ended(c->h, request);
}

/* ---- Grants. */

static bool is_in_class(const struct sr_policy_class *class, unsigned tier, struct sr_bytes kind,
                        struct sr_bytes artifact)
{
    size_t len = strlen(class->artifact);
    bool is_open = len > 0 && class->artifact[len - 1] == '*';
    bool has_kind = class->kinds == 0;
    for (size_t i = 0; i < class->kinds; i++) {
        has_kind |= sr_text_equal(kind, sr_text_view(class->kind[i]));
    }
    return has_kind && tier >= class->tier_min && tier <= class->tier_max &&
           (len == 0 || (is_open ? artifact.len >= len - 1 &&
                                       memcmp(artifact.ptr, class->artifact, len - 1) == 0
                                 : sr_text_equal(artifact, sr_text_view(class->artifact))));
}

/* The first act that says what a version is: deposit or accept. */
static const struct sr_act *origin(const struct history *h, const struct sr_act *act)
{
    for (size_t i = 0; i < h->count && act->verb != SR_VERB_DEPOSIT; i++) {
        const struct sr_act *had = h->entry[i].act;
        if ((had->verb == SR_VERB_DEPOSIT || had->verb == SR_VERB_ACCEPT) &&
            sr_text_id_equal(&had->field[SR_FIELD_version].id, &act->field[SR_FIELD_version].id)) {
            return had;
        }
    }
    return act;
}

static const struct sr_policy_rule *first_rule(const struct claim *c)
{
    const struct sr_act *from = origin(c->h, c->act);
    bool is_version = sr_verb_info(c->act->verb)->about == SR_VERB_ABOUT_VERSION;
    for (size_t i = 0; i < c->p->rules; i++) {
        const struct sr_policy_rule *rule = &c->p->rule[i];
        bool fits = rule->any_class;
        for (size_t k = 0; is_version && k < rule->classes.count; k++) {
            fits |= is_in_class(
                &c->p->class[rule->classes.index[k]], (unsigned)from -> field[SR_FIELD_tier].number,
                from->field[SR_FIELD_kind].text, from->field[SR_FIELD_artifact].text);
        }
        if (fits && (rule->verbs >> c->act->verb & 1) != 0) {
            return rule;
        }
    }
    return NULL;
}

static bool is_same_list(enum sr_field_type type, const struct sr_act_value *x,
                         const struct sr_act_value *y)
{
    bool is_same = x->count == y->count;
    for (size_t i = 0; is_same && i < x->count; i++) {
        if (type == SR_FIELD_TYPE_TEXTS) {
            is_same = sr_text_equal(x->texts[i], y->texts[i]);
        } else if (type == SR_FIELD_TYPE_IDS) {
            is_same = sr_text_id_equal(&x->ids[i], &y->ids[i]);
        } else {
            is_same = sr_text_equal(x->digests[i].name, y->digests[i].name) &&
                      memcmp(x->digests[i].sha256, y->digests[i].sha256, SR_SHA256_BYTES) == 0;
        }
    }
    return is_same;
}

static bool is_same_value(enum sr_act_field field, const struct sr_act *a, const struct sr_act *b)
{
    const struct sr_act_value *x = &a->field[field];
    const struct sr_act_value *y = &b->field[field];
    enum sr_field_type type = sr_field_info(field)->type;
    if (type == SR_FIELD_TYPE_TEXT) {
        return sr_text_equal(x->text, y->text);
    }
    if (type == SR_FIELD_TYPE_ID) {
        return sr_text_id_equal(&x->id, &y->id);
    }
    if (type == SR_FIELD_TYPE_DIGEST) {
        return memcmp(x->digest, y->digest, SR_SHA256_BYTES) == 0;
    }
    return type == SR_FIELD_TYPE_TEXTS || type == SR_FIELD_TYPE_IDS || type == SR_FIELD_TYPE_DIGESTS
               ? is_same_list(type, x, y)
               : x->number == y->number;
}

static const char *check_scope(const struct sr_act *act, const struct sr_act *request)
{
    uint64_t open = SR_FIELD_BIT(at) | SR_FIELD_BIT(to) | SR_FIELD_BIT(file) |
                    SR_FIELD_BIT(tensor) | SR_FIELD_BIT(host) | SR_FIELD_BIT(workload) |
                    SR_FIELD_BIT(report);
    if (!sr_text_equal(act->actor, request->actor)) {
        return "the grant was somebody else's";
    }
    if (!said(request, SR_FIELD_what, sr_text_view(sr_verb_info(act->verb)->word))) {
        return "the grant was for another verb";
    }
    if (memcmp(act->subjects[0].sha256, request->subjects[0].sha256, SR_SHA256_BYTES) != 0) {
        return "the grant was for another subject";
    }
    uint64_t own = SR_FIELD_BIT(request) | SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket);
    uint64_t fields = (sr_verb_info(act->verb)->must | sr_verb_info(act->verb)->may) & ~own;
    uint64_t only_act = act->has & ~request->has & fields;
    uint64_t only_request = request->has & ~act->has & fields;
    if ((only_act & ~open) != 0 || only_request != 0) {
        return "a field is there that was not approved, or the other way round";
    }
    for (enum sr_act_field f = 0; f < SR_FIELD_COUNT; f++) {
        if ((act->has & request->has & fields) >> f & 1 && !is_same_value(f, act, request)) {
            return "a field is not as it was approved";
        }
    }
    return NULL;
}

static bool is_taken_back(const struct history *h, const struct entry *request, size_t at)
{
    for (size_t i = at + 1; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_WITHDRAW && for_request(act, request->digest) &&
            sr_text_equal(act->actor, h->entry[at].act->actor)) {
            return true;
        }
    }
    return false;
}

static bool is_strong(const struct sr_policy_rule *rule, const struct sr_act_proof *proof)
{
    return (!rule->needs_hardware || proof->is_hardware) &&
           (!rule->needs_verification || proof->has_verification);
}

/* Whether an approval still says yes: of a person who is here, by a key that stands. */
static bool still_says_yes(const struct claim *c, const struct sr_policy_rule *rule,
                           const struct entry *request, size_t at, int64_t used)
{
    const struct entry *e = &c->h->entry[at];
    if (e->act->verb != SR_VERB_APPROVE || !for_request(e->act, request->digest) ||
        !is_person(c->h, e->act->actor) || is_gone(c->h, e->act->actor) ||
        is_key_gone(c->h, e->fingerprint) ||
        is_one_person(c->h, e->act->actor, request->act->actor)) {
        return false;
    }
    if (is_taken_back(c->h, request, at)) {
        return false;
    }
    for (size_t i = 0; i < rule->reviewer_attributes; i++) {
        if (!is_attested(c, e->act->actor, rule->reviewer_attribute[i])) {
            return false;
        }
    }
    return used - e->time_utc_ms <= rule->approval_ms_max && is_strong(rule, &e->proof) &&
           memcmp(e->act->policy, c->p->digest, SR_SHA256_BYTES) == 0;
}

/*
 * Hall's condition: for every choice of needs, at least as many distinct persons with one of their
 * roles as these needs have places together.
 */
static bool suffices(const struct claim *c, const struct sr_policy_rule *rule,
                     const struct sr_bytes *people, size_t count)
{
    for (unsigned chosen = 1; chosen < 1U << rule->needs; chosen++) {
        unsigned places = 0;
        unsigned persons = 0;
        for (size_t i = 0; i < count; i++) {
            bool fits = false;
            for (size_t k = 0; k < rule->needs; k++) {
                fits |= (chosen >> k & 1) != 0 &&
                        has_role(c->h, people[i], c->p->role[rule->need[k].role]);
            }
            persons += fits;
        }
        for (size_t k = 0; k < rule->needs; k++) {
            places += (chosen >> k & 1) != 0 ? rule->need[k].count : 0;
        }
        if (persons < places) {
            return false;
        }
    }
    return true;
}

static const char *check_approvals(const struct claim *c, const struct sr_policy_rule *rule,
                                   const struct entry *request)
{
    struct sr_bytes people[HISTORY_MAX];
    size_t count = 0;
    int64_t used = c->now;
    for (size_t i = c->h->count; i-- > 0;) {
        const struct entry *e = &c->h->entry[i];
        if (for_request(e->act, request->digest) &&
            sr_verb_info(e->act->verb)->group == SR_VERB_GROUP_ACT) {
            used = e->time_utc_ms;
        }
    }
    for (size_t i = 0; i < c->h->count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < count; k++) {
            is_new = is_new && !sr_text_equal(people[k], c->h->entry[i].act->actor);
        }
        if (is_new && c->h->entry[i].time_utc_ms + rule->wait_ms <= c->now &&
            still_says_yes(c, rule, request, i, used)) {
            people[count++] = c->h->entry[i].act->actor;
        }
    }
    return suffices(c, rule, people, count) ? NULL : "too few distinct persons approve of it now";
}

static uint64_t uses_before(const struct claim *c, const struct entry *request)
{
    uint64_t uses = 0;
    for (size_t i = 0; i < c->h->count; i++) {
        uses += for_request(c->h->entry[i].act, request->digest) &&
                sr_verb_info(c->h->entry[i].act->verb)->group == SR_VERB_GROUP_ACT;
    }
    return uses;
}

static uint64_t bytes_before(const struct claim *c, const struct entry *request)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < c->h->count; i++) {
        const struct sr_act *act = c->h->entry[i].act;
        if (act->verb == SR_VERB_SERVED && for_request(act, request->digest)) {
            bytes += act->field[SR_FIELD_bytes].number;
        }
    }
    return bytes;
}

static const char *check_counts(const struct claim *c, const struct sr_policy_rule *rule,
                                const struct entry *request)
{
    uint64_t uses = uses_before(c, request);
    uint64_t bytes = bytes_before(c, request);
    if (!sr_verb_releases(c->act->verb)) {
        return uses > 0 ? "a grant for one act was used twice" : NULL;
    }
    if ((c->act->verb == SR_VERB_EXPORT && uses >= rule->copies_max) ||
        (c->act->verb == SR_VERB_USE && uses >= rule->uses_max)) {
        return "the grant's uses or copies were used up";
    }
    return bytes >= rule->bytes_max || (sr_act_has(request->act, SR_FIELD_bytes) &&
                                        bytes >= request->act->field[SR_FIELD_bytes].number)
               ? "the grant's bytes were used up"
               : NULL;
}

static const char *check_duration(const struct claim *c, const struct sr_policy_rule *rule,
                                  const struct entry *request)
{
    int64_t last = request->time_utc_ms;
    int64_t lasts = rule->lasts_ms_max;
    for (size_t i = 0; i < c->h->count; i++) {
        if (c->h->entry[i].act->verb == SR_VERB_APPROVE &&
            for_request(c->h->entry[i].act, request->digest)) {
            last = c->h->entry[i].time_utc_ms;
        }
    }
    if (sr_act_has(request->act, SR_FIELD_break_glass)) {
        lasts = c->p->break_glass.lasts_ms_max;
    }
    if (sr_act_has(request->act, SR_FIELD_lasts_ms) &&
        (int64_t)request->act->field[SR_FIELD_lasts_ms].number < lasts) {
        lasts = (int64_t)request->act->field[SR_FIELD_lasts_ms].number;
    }
    return c->now - last - rule->wait_ms > lasts ? "the grant's time was over" : NULL;
}

static bool holds_glass(const struct claim *c)
{
    const struct sr_policy_break_glass *glass = &c->p->break_glass;
    for (size_t i = 0; i < glass->holders.count; i++) {
        if (has_role(c->h, c->act->actor, c->p->role[glass->holders.index[i]])) {
            return glass->is_allowed;
        }
    }
    return false;
}

static const char *check_glass(const struct claim *c, enum sr_verb verb)
{
    if (verb == SR_VERB_EXPORT || (c->p->break_glass.verbs >> verb & 1) == 0) {
        return "break-glass for a verb that it is not for";
    }
    return holds_glass(c) && is_person(c->h, c->act->actor) ? NULL
                                                            : "break-glass by who may not break it";
}

static const char *check_by(const struct claim *c, const struct sr_policy_rule *rule)
{
    bool may = rule->by_anyone;
    for (size_t i = 0; i < rule->by.count; i++) {
        may = may || has_role(c->h, c->act->actor, c->p->role[rule->by.index[i]]);
    }
    for (size_t i = 0; i < rule->attributes; i++) {
        if (!is_attested(c, c->act->actor, rule->attribute[i])) {
            return "the actor lacks an attribute";
        }
    }
    return may ? NULL : "the rule is for other roles";
}

static const char *check_grant(const struct claim *c, const struct sr_policy_rule *rule,
                               const struct entry *request)
{
    const char *broken = check_scope(c->act, request->act);
    broken = broken != NULL ? broken : what_ended(c->h, request);
    broken = broken != NULL ? broken : check_counts(c, rule, request);
    broken = broken != NULL ? broken : check_duration(c, rule, request);
    if (broken != NULL) {
        return broken;
    }
    if (is_key_gone(c->h, request->fingerprint)) {
        return "the key that signed the request was revoked";
    }
    if (sr_act_has(request->act, SR_FIELD_break_glass)) {
        return check_glass(c, c->act->verb);
    }
    broken = check_by(c, rule);
    return broken != NULL ? broken : check_approvals(c, rule, request);
}

static const char *check_power(const struct claim *c)
{
    if (sr_verb_info(c->act->verb)->group != SR_VERB_GROUP_ACT) {
        return NULL;
    }
    const struct sr_policy_rule *rule = first_rule(c);
    const struct entry *request = request_named(c->h, c->act);
    if (rule == NULL || rule->forbids) {
        return "no rule allows it";
    }
    if (c->event->is_room) {
        return rule->by_unlocked ? NULL : "the room acted where people have to";
    }
    if (sr_act_has(c->act, SR_FIELD_request)) {
        return request != NULL ? check_grant(c, rule, request) : "there is no such request";
    }
    return rule->needs > 0 ? "it needed a request" : check_by(c, rule);
}

/* ---- Break-glass, and the policy itself. */

static const char *check_request(const struct claim *c)
{
    enum sr_verb verb = SR_VERB_COUNT;
    if (c->act->verb != SR_VERB_REQUEST || !sr_act_has(c->act, SR_FIELD_break_glass)) {
        return NULL;
    }
    for (size_t i = 0; i < c->h->count; i++) {
        const struct entry *e = &c->h->entry[i];
        bool is_judged = false;
        for (size_t k = i; k < c->h->count; k++) {
            is_judged = is_judged || (c->h->entry[k].act->verb == SR_VERB_JUDGE &&
                                      for_request(c->h->entry[k].act, e->digest));
        }
        if (e->act->verb == SR_VERB_REQUEST && sr_act_has(e->act, SR_FIELD_break_glass) &&
            is_one_person(c->h, e->act->actor, c->act->actor) && !is_judged) {
            return "the glass was broken again before the review";
        }
    }
    (void)sr_verb_from_word(c->act->field[SR_FIELD_what].text, &verb);
    return check_glass(c, verb);
}

static const char *check_policy(const struct claim *c)
{
    if (c->act->verb != SR_VERB_POLICY) {
        return NULL;
    }
    return c->event->policy != NULL &&
                   memcmp(c->event->policy->digest, c->act->field[SR_FIELD_policy].digest,
                          SR_SHA256_BYTES) == 0
               ? NULL
               : "the policy that comes into force is not the one that was named";
}

const char *invariant_broken(const struct history *h, const struct sr_state_event *event,
                             int64_t now)
{
    static const char *(*const checks[])(const struct claim *) = {
        check_signer, check_fresh, check_review, check_power, check_request, check_policy,
    };
    struct claim c = {h, event->act, event, now, NULL};
    for (size_t i = 0; i < h->count; i++) {
        c.p = h->entry[i].policy != NULL ? h->entry[i].policy : c.p;
    }
    const char *broken = NULL;
    for (size_t i = 0; c.p != NULL && i < sizeof checks / sizeof checks[0] && broken == NULL; i++) {
        broken = checks[i](&c);
    }
    return broken;
}
