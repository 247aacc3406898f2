/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/decide_impl.h"

/* Requests, what they stand like, and what is said about them: docs/decision.md, D-11 to D-17. */

#define DAY_MS INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)
#define FIRST_DAY 3 /* 1 January 1970 was a Thursday; 0 is Monday */

enum sr_verb sr_ask_what(const struct sr_request *request)
{
    enum sr_verb verb = SR_VERB_REQUEST;
    (void)sr_verb_from_word(sr_ask_text(sr_act_text_view(request->act), SR_FIELD_what), &verb);
    return verb;
}

const struct sr_policy_rule *sr_policy_rule_of(const struct sr_state *s, enum sr_verb verb,
                                               const struct sr_act *act)
{
    struct sr_policy_subject subject = {0};
    if (sr_verb_info(verb)->about == SR_VERB_ABOUT_VERSION) {
        const struct sr_state_version *v = sr_state_version(s, &act->field[SR_FIELD_version].id);
        subject.is_version = true;
        subject.tier = v != NULL ? v->tier : (unsigned)sr_ask_number(act, SR_FIELD_tier);
        subject.kind = v != NULL ? sr_text_view(v->kind) : sr_ask_text(act, SR_FIELD_kind);
        subject.artifact =
            v != NULL ? sr_text_view(v->artifact) : sr_ask_text(act, SR_FIELD_artifact);
    }
    return sr_policy_rule_for(sr_state_policy(s), verb, &subject);
}

static const struct sr_policy_rule *rule_of_request(const struct sr_state *s,
                                                    const struct sr_request *request)
{
    return sr_policy_rule_of(s, sr_ask_what(request), sr_act_text_view(request->act));
}

/* NULL: the room, or nobody. */
static const struct sr_principal *requester_of(const struct sr_state *s,
                                               const struct sr_request *request)
{
    return request->is_room ? NULL : sr_state_principal(s, sr_act_text_view(request->act)->actor);
}

static bool has_active_key(const struct sr_state *s, const struct sr_principal *p,
                           const char *fingerprint)
{
    const struct sr_state_key *key = NULL;
    return sr_state_key_owner(s, fingerprint, &key) == p && key->revoked_utc_ms == 0;
}

/* ---- D-11: conditions. */

static bool is_in_hours(const struct sr_policy_rule *rule, int64_t now)
{
    unsigned minute = (unsigned)(now % DAY_MS / MINUTE_MS);
    unsigned day = (unsigned)((now / DAY_MS + FIRST_DAY) % 7);
    return sr_policy_rule_is_open(rule, day, minute);
}

static enum sr_reason look_at_attributes(struct sr_ask *ask)
{
    const char *lacks = ask->actor == NULL
                            ? NULL
                            : sr_ask_lacks(ask->actor, ask->rule->attributes, ask->rule->attribute,
                                           ask->moment->now_utc_ms);
    return lacks == NULL ? SR_REASON_NONE
                         : sr_ask_no(ask, SR_REASON_ATTRIBUTE_EXPIRED, "%s", lacks);
}

static enum sr_reason look_at_hours(struct sr_ask *ask)
{
    return ask->is_break_glass || is_in_hours(ask->rule, ask->moment->now_utc_ms)
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_HOURS, "%s", ask->rule->name);
}

static enum sr_reason look_at_witnesses(struct sr_ask *ask)
{
    int64_t now = ask->moment->now_utc_ms;
    unsigned count = 0;
    for (size_t i = 0; ask->rule->witnesses > 0 && i < ask->moment->witnessed; i++) {
        int64_t when = ask->moment->witnessed_utc_ms[i];
        count += when > 0 && when <= sr_ask_add_ms(now, ask->policy->act_ahead_ms) &&
                 now - when <= ask->rule->witness_ms_max;
    }
    return count >= ask->rule->witnesses
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_WITNESSES, "%u of %u", count, ask->rule->witnesses);
}

static const struct sr_act *terms_of(const struct sr_ask *ask)
{
    return ask->request != NULL ? sr_act_text_view(ask->request->act) : ask->act;
}

static enum sr_reason look_at_terms(struct sr_ask *ask)
{
    const struct sr_act *terms = terms_of(ask);
    const struct {
        bool is_needed;
        enum sr_act_field field;
    } demands[] = {
        {ask->rule->needs_reason || ask->is_break_glass, SR_FIELD_reason},
        {ask->rule->needs_ticket, SR_FIELD_ticket},
        {ask->rule->needs_host, SR_FIELD_host},
        {ask->rule->needs_workload, SR_FIELD_workload},
    };
    for (size_t i = 0; i < sizeof demands / sizeof demands[0]; i++) {
        if (demands[i].is_needed && !sr_act_has(terms, demands[i].field)) {
            return sr_ask_no(ask, SR_REASON_TERMS_MISSING, "%s",
                             sr_field_info(demands[i].field)->name);
        }
    }
    return SR_REASON_NONE;
}

static enum sr_reason look_at_quota(struct sr_ask *ask, enum sr_act_field field, uint64_t max)
{
    const struct sr_act *terms = terms_of(ask);
    if (max == SR_POLICY_NO_LIMIT) {
        return SR_REASON_NONE;
    }
    if (!sr_act_has(terms, field)) {
        return sr_ask_no(ask, SR_REASON_TERMS_MISSING, "%s", sr_field_info(field)->name);
    }
    return sr_ask_number(terms, field) <= max
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_TOO_MUCH, "%s", sr_field_info(field)->name);
}

static int64_t lasts_max(const struct sr_ask *ask)
{
    int64_t max = ask->rule->lasts_ms_max;
    if (ask->is_break_glass && ask->policy->break_glass.lasts_ms_max < max) {
        max = ask->policy->break_glass.lasts_ms_max;
    }
    return max;
}

static enum sr_reason look_at_quotas(struct sr_ask *ask)
{
    if (!sr_verb_releases(ask->verb) || (!ask->is_request && ask->request == NULL)) {
        return SR_REASON_NONE;
    }
    enum sr_reason reason = look_at_quota(ask, SR_FIELD_bytes, ask->rule->bytes_max);
    if (reason == SR_REASON_NONE) {
        reason = look_at_quota(ask, SR_FIELD_files, ask->rule->files_max);
    }
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    return sr_ask_number(terms_of(ask), SR_FIELD_lasts_ms) <= (uint64_t)lasts_max(ask)
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_TOO_LONG, "%s", ask->rule->name);
}

enum sr_reason sr_ask_conditions(struct sr_ask *ask)
{
    static const struct sr_ask_step STEPS[] = {
        {"attributes", look_at_attributes}, {"hours", look_at_hours},
        {"witnesses", look_at_witnesses},   {"terms", look_at_terms},
        {"quotas", look_at_quotas},
    };
    return sr_ask_steps(ask, STEPS, sizeof STEPS / sizeof STEPS[0]);
}

/* ---- D-14: quorum. */

static bool is_signed_as_demanded(const struct sr_policy_rule *rule, bool is_hardware,
                                  bool has_verification)
{
    return (!rule->needs_hardware || is_hardware) &&
           (!rule->needs_verification || (is_hardware && has_verification));
}

/* As far as it is about them, and not about their roles. */
static bool is_good_reviewer(const struct sr_state *s, const char *person, const struct sr_act *act,
                             enum sr_verb verb, const struct sr_policy_rule *rule,
                             const struct sr_principal *p, int64_t now)
{
    return sr_people_is_here(p) && p->type == SR_PRINCIPAL_HUMAN &&
           strcmp(p->person, person) != 0 && sr_ask_rests(s, p, act, verb, now) == NULL &&
           sr_ask_lacks(p, rule->reviewer_attributes, rule->reviewer_attribute, now) == NULL;
}

static bool may_still_review(const struct sr_state *s, const struct sr_request *request,
                             const struct sr_policy_rule *rule, const struct sr_principal *p,
                             int64_t now)
{
    return is_good_reviewer(s, request->person, sr_act_text_view(request->act),
                            sr_ask_what(request), rule, p, now);
}

bool sr_ask_could_review(const struct sr_state *s, const char *person, const struct sr_act *act,
                         enum sr_verb verb, const struct sr_policy_rule *rule,
                         const struct sr_principal *p, int64_t now_utc_ms)
{
    return is_good_reviewer(s, person, act, verb, rule, p, now_utc_ms) &&
           sr_matching_mask(rule, p->role_bits) != 0;
}

bool sr_ask_counts(const struct sr_state *s, const struct sr_request *request,
                   const struct sr_policy_rule *rule, const struct sr_review *review, int64_t now,
                   bool ignores_age)
{
    int64_t at = request->first_use_utc_ms != 0 ? request->first_use_utc_ms : now;
    if (!review->approves || review->is_withdrawn ||
        memcmp(review->policy, sr_state_policy(s)->digest, SR_SHA256_BYTES) != 0 ||
        (!ignores_age && at - review->time_utc_ms > rule->approval_ms_max)) {
        return false;
    }
    const struct sr_principal *p = sr_state_principal(s, sr_text_view(review->reviewer));
    return may_still_review(s, request, rule, p, now) &&
           sr_matching_mask(rule, p->role_bits) != 0 && has_active_key(s, p, review->fingerprint) &&
           is_signed_as_demanded(rule, review->is_hardware, review->has_verification);
}

bool sr_ask_quorum(const struct sr_state *s, const struct sr_request *request,
                   const struct sr_policy_rule *rule, int64_t now_utc_ms, bool ignores_age,
                   struct sr_matching *m, int64_t *out_since)
{
    int64_t since = request->time_utc_ms;
    sr_matching_init(m, rule);
    for (size_t i = 0; i < request->reviews && !sr_matching_is_full(m); i++) {
        const struct sr_review *review = &request->review[i];
        if (sr_ask_counts(s, request, rule, review, now_utc_ms, ignores_age)) {
            const struct sr_principal *p = sr_state_principal(s, sr_text_view(review->reviewer));
            (void)sr_matching_offer(m, p->person, sr_matching_mask(rule, p->role_bits));
            since = review->time_utc_ms;
        }
    }
    if (!sr_matching_is_full(m)) {
        return false;
    }
    *out_since = since;
    return true;
}

bool sr_ask_granted(const struct sr_state *s, const struct sr_request *request, int64_t now_utc_ms,
                    int64_t *out_since)
{
    if (request->is_break_glass) {
        *out_since = request->time_utc_ms;
        return true;
    }
    const struct sr_policy_rule *rule = rule_of_request(s, request);
    struct sr_matching m;
    return rule != NULL && !rule->forbids &&
           sr_ask_quorum(s, request, rule, now_utc_ms, false, &m, out_since);
}

/* ---- D-13: how a request stands. */

struct look {
    const struct sr_state *s;
    const struct sr_request *request;
    int64_t now;
    struct sr_standing out;
};

static bool stands(struct look *l, enum sr_request_state state, enum sr_reason reason,
                   const char *fmt, ...) SR_PRINTF(4, 5);

/* Always true: "this is the answer". */
static bool stands(struct look *l, enum sr_request_state state, enum sr_reason reason,
                   const char *fmt, ...)
{
    l->out.state = state;
    l->out.reason = reason;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(l->out.detail, sizeof l->out.detail, fmt, args);
    va_end(args);
    return true;
}

static bool is_over(struct look *l)
{
    const struct sr_request *r = l->request;
    if (r->is_denied) {
        return stands(l, SR_REQUEST_DENIED, SR_REASON_REQUEST_DENIED, "%s", "");
    }
    if (r->is_withdrawn) {
        return stands(l, SR_REQUEST_WITHDRAWN, SR_REASON_REQUEST_WITHDRAWN, "%s", "");
    }
    if (r->revoked_utc_ms != 0) {
        return stands(l, SR_REQUEST_REVOKED, SR_REASON_GRANT_REVOKED, "%s", "");
    }
    return r->uses > 0 && !sr_verb_releases(sr_ask_what(r)) &&
           stands(l, SR_REQUEST_USED, SR_REASON_GRANT_EXHAUSTED, "it is good for one act");
}

bool sr_ask_is_holder(const struct sr_policy *policy, const struct sr_principal *p,
                      enum sr_verb verb)
{
    const struct sr_policy_break_glass *glass = &policy->break_glass;
    return glass->is_allowed && p != NULL && p->type == SR_PRINCIPAL_HUMAN &&
           verb != SR_VERB_EXPORT && (glass->verbs >> verb & 1) != 0 &&
           (sr_people_list_bits(&glass->holders) & p->role_bits) != 0;
}

static bool is_suspended_by_requester(struct look *l)
{
    const struct sr_request *r = l->request;
    if (r->is_room) {
        return false;
    }
    const struct sr_principal *p = requester_of(l->s, r);
    if (!sr_people_is_here(p)) {
        return stands(l, SR_REQUEST_SUSPENDED, SR_REASON_ACTOR_LEFT, "%s", r->person);
    }
    if (!has_active_key(l->s, p, r->fingerprint)) {
        return stands(l, SR_REQUEST_SUSPENDED, SR_REASON_KEY_REVOKED, "%s", r->fingerprint);
    }
    const char *rests = sr_ask_rests(l->s, p, sr_act_text_view(r->act), sr_ask_what(r), l->now);
    return rests != NULL &&
           stands(l, SR_REQUEST_SUSPENDED, SR_REASON_ATTRIBUTE_EXPIRED, "%s", rests);
}

static bool is_suspended_by_rule(struct look *l)
{
    const struct sr_request *r = l->request;
    const struct sr_policy_rule *rule = l->out.rule;
    const struct sr_principal *p = requester_of(l->s, r);
    if (rule == NULL) {
        return stands(l, SR_REQUEST_SUSPENDED, SR_REASON_NO_RULE, "%s", "");
    }
    if (rule->forbids) {
        return stands(l, SR_REQUEST_SUSPENDED, SR_REASON_FORBIDDEN, "%s", rule->name);
    }
    enum sr_reason reason = r->is_break_glass ? SR_REASON_NONE : sr_ask_by(rule, p);
    if (r->is_break_glass && !sr_ask_is_holder(sr_state_policy(l->s), p, sr_ask_what(r))) {
        reason = SR_REASON_NOT_BREAK_GLASS;
    }
    if (reason != SR_REASON_NONE) {
        return stands(l, SR_REQUEST_SUSPENDED, reason, "%s", rule->name);
    }
    const char *lacks =
        p == NULL ? NULL : sr_ask_lacks(p, rule->attributes, rule->attribute, l->now);
    return lacks != NULL &&
           stands(l, SR_REQUEST_SUSPENDED, SR_REASON_ATTRIBUTE_EXPIRED, "%s", lacks);
}

/* "1 of 2 officer, 0 of 1 security" */
static void describe_missing(struct look *l)
{
    const struct sr_policy *policy = sr_state_policy(l->s);
    const struct sr_policy_rule *rule = l->out.rule;
    size_t at = 0;
    for (size_t i = 0; i < rule->needs && at < sizeof l->out.detail; i++) {
        int len = snprintf(l->out.detail + at, sizeof l->out.detail - at, "%s%u of %u %s",
                           i == 0 ? "" : ", ", l->out.have[i], rule->need[i].count,
                           policy->role[rule->need[i].role]);
        at += len > 0 ? (size_t)len : 0;
    }
}

/* The approvals do not suffice: what is it, then? */
static void stands_without_quorum(struct look *l)
{
    const struct sr_request *r = l->request;
    const struct sr_policy_rule *rule = l->out.rule;
    struct sr_matching m;
    int64_t since = 0;
    bool was_granted = r->granted_utc_ms != 0;
    if (was_granted && r->first_use_utc_ms == 0 &&
        sr_ask_quorum(l->s, r, rule, l->now, true, &m, &since)) {
        (void)stands(l, SR_REQUEST_EXPIRED, SR_REASON_REQUEST_EXPIRED, "its approvals are too old");
        return;
    }
    l->out.until_utc_ms = sr_ask_add_ms(r->time_utc_ms, rule->request_ms_max);
    if (!was_granted && l->now > l->out.until_utc_ms) {
        (void)stands(l, SR_REQUEST_EXPIRED, SR_REASON_REQUEST_EXPIRED, "%s", "");
        return;
    }
    (void)stands(l, was_granted ? SR_REQUEST_SUSPENDED : SR_REQUEST_PENDING,
                 SR_REASON_APPROVALS_MISSING, "%s", "");
    describe_missing(l);
}

static bool is_exhausted(struct look *l)
{
    const struct sr_request *r = l->request;
    const struct sr_act *act = sr_act_text_view(r->act);
    const struct sr_policy_rule *rule = l->out.rule;
    enum sr_verb verb = sr_ask_what(r);
    const char *what = NULL;
    uint64_t files = r->files_opened > r->files_served ? r->files_opened : r->files_served;
    if (!sr_verb_releases(verb)) {
        return false;
    }
    if (verb == SR_VERB_EXPORT && r->copies >= rule->copies_max) {
        what = "copies";
    } else if (verb == SR_VERB_USE && r->uses >= rule->uses_max) {
        what = "uses";
    } else if (sr_act_has(act, SR_FIELD_bytes) &&
               r->bytes_served >= sr_ask_number(act, SR_FIELD_bytes)) {
        what = "bytes";
    } else if (sr_act_has(act, SR_FIELD_files) && files >= sr_ask_number(act, SR_FIELD_files)) {
        what = "files";
    }
    return what != NULL && stands(l, SR_REQUEST_EXHAUSTED, SR_REASON_GRANT_EXHAUSTED, "%s", what);
}

static void stands_with_quorum(struct look *l, int64_t since)
{
    const struct sr_request *r = l->request;
    const struct sr_policy_rule *rule = l->out.rule;
    const struct sr_act *act = sr_act_text_view(r->act);
    int64_t wait = r->is_break_glass ? 0 : rule->wait_ms;
    int64_t lasts = rule->lasts_ms_max;
    int64_t glass = sr_state_policy(l->s)->break_glass.lasts_ms_max;
    lasts = r->is_break_glass && glass < lasts ? glass : lasts;
    if (sr_act_has(act, SR_FIELD_lasts_ms) &&
        sr_ask_number(act, SR_FIELD_lasts_ms) < (uint64_t)lasts) {
        lasts = (int64_t)sr_ask_number(act, SR_FIELD_lasts_ms);
    }
    /* New approvals make it wait again; they never make it last longer. */
    int64_t first = r->granted_utc_ms != 0 ? r->granted_utc_ms : since;
    l->out.from_utc_ms = sr_ask_add_ms(since, wait);
    l->out.until_utc_ms = sr_ask_add_ms(sr_ask_add_ms(first, wait), lasts);
    if (l->now > l->out.until_utc_ms) {
        (void)stands(l, SR_REQUEST_EXPIRED, SR_REASON_REQUEST_EXPIRED, "%s", "");
    } else if (is_exhausted(l)) {
        return;
    } else if (l->now < l->out.from_utc_ms) {
        (void)stands(l, SR_REQUEST_WAITING, SR_REASON_WAITING, "%s", "");
    } else {
        l->out.state = SR_REQUEST_GRANTED;
        l->out.reason = SR_REASON_NONE;
    }
}

/* Whoever shows a break-glass says whether it is judged, and whether that is late. */
static void describe_judgement(struct look *l)
{
    const struct sr_request *r = l->request;
    if (!r->is_break_glass || r->is_judged || l->out.detail[0] != '\0') {
        return;
    }
    int64_t due = sr_ask_add_ms(r->time_utc_ms, sr_state_policy(l->s)->break_glass.review_ms_max);
    (void)snprintf(l->out.detail, sizeof l->out.detail, "%s",
                   l->now > due ? "break-glass; its review is overdue"
                                : "break-glass; its review is open");
}

struct sr_standing sr_policy_standing(const struct sr_state *s, const struct sr_request *request,
                                      const struct sr_moment *moment)
{
    struct look l = {.s = s, .request = request, .now = moment->now_utc_ms};
    struct sr_matching m;
    int64_t since = request->time_utc_ms;
    l.out.rule = rule_of_request(s, request);
    if (!is_over(&l) && !is_suspended_by_requester(&l) && !is_suspended_by_rule(&l)) {
        bool is_met = request->is_break_glass ||
                      sr_ask_quorum(s, request, l.out.rule, l.now, false, &m, &since);
        if (!request->is_break_glass) {
            memcpy(l.out.have, m.used, sizeof l.out.have);
        }
        if (is_met) {
            stands_with_quorum(&l, since);
        } else {
            stands_without_quorum(&l);
        }
    }
    describe_judgement(&l);
    return l.out;
}

/* ---- D-17: break-glass. */

enum sr_reason sr_ask_break_glass(struct sr_ask *ask)
{
    const struct sr_policy_break_glass *glass = &ask->policy->break_glass;
    if (!sr_ask_is_holder(ask->policy, ask->actor, ask->verb)) {
        return sr_ask_no(ask, SR_REASON_NOT_BREAK_GLASS, "%s", sr_verb_info(ask->verb)->word);
    }
    if (glass->needs_hardware && !ask->event->proof.is_hardware) {
        return SR_REASON_WEAK_SIGNATURE;
    }
    return ask->actor->unjudged > 0 ? SR_REASON_REVIEW_OPEN : SR_REASON_NONE;
}

static enum sr_reason look_at_judgement(struct sr_ask *ask)
{
    const struct sr_request *r = ask->request;
    struct sr_bytes outcome = sr_ask_text(ask->act, SR_FIELD_outcome);
    if (!r->is_break_glass) {
        return SR_REASON_NOT_BREAK_GLASS;
    }
    if (r->is_judged) {
        return SR_REASON_REVIEWED_ALREADY;
    }
    if (ask->actor->type != SR_PRINCIPAL_HUMAN) {
        return SR_REASON_WRONG_TYPE;
    }
    if (strcmp(ask->actor->person, r->person) == 0) {
        return SR_REASON_SELF_APPROVAL;
    }
    if ((sr_people_list_bits(&ask->policy->break_glass.reviewers) & ask->actor->role_bits) == 0) {
        return SR_REASON_NOT_A_REVIEWER;
    }
    return sr_text_equal(outcome, sr_text_view("justified")) ||
                   sr_text_equal(outcome, sr_text_view("unjustified"))
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_MALFORMED, "outcome");
}

/* ---- D-15: reviews. */

static enum sr_reason over_reason(enum sr_request_state state)
{
    switch (state) {
    case SR_REQUEST_DENIED:
        return SR_REASON_REQUEST_DENIED;
    case SR_REQUEST_WITHDRAWN:
        return SR_REASON_REQUEST_WITHDRAWN;
    case SR_REQUEST_REVOKED:
        return SR_REASON_GRANT_REVOKED;
    case SR_REQUEST_USED:
    case SR_REQUEST_EXHAUSTED:
        return SR_REASON_GRANT_EXHAUSTED;
    case SR_REQUEST_EXPIRED:
        return SR_REASON_REQUEST_EXPIRED;
    case SR_REQUEST_PENDING:
    case SR_REQUEST_WAITING:
    case SR_REQUEST_GRANTED:
    case SR_REQUEST_SUSPENDED:
    case SR_REQUEST_STATE_COUNT:
    default:
        return SR_REASON_NONE;
    }
}

enum sr_reason sr_policy_may_review(const struct sr_state *s, const struct sr_request *request,
                                    const struct sr_principal *who, const struct sr_moment *moment)
{
    if (who->type != SR_PRINCIPAL_HUMAN) {
        return SR_REASON_WRONG_TYPE;
    }
    if (!sr_people_is_here(who)) {
        return SR_REASON_ACTOR_LEFT;
    }
    if (strcmp(who->person, request->person) == 0) {
        return SR_REASON_SELF_APPROVAL;
    }
    struct sr_standing standing = sr_policy_standing(s, request, moment);
    enum sr_reason over = over_reason(standing.state);
    if (over != SR_REASON_NONE) {
        return over;
    }
    const struct sr_policy_rule *rule = standing.rule;
    if (request->is_break_glass || rule == NULL || rule->forbids ||
        sr_matching_mask(rule, who->role_bits) == 0) {
        return SR_REASON_NOT_A_REVIEWER;
    }
    return may_still_review(s, request, rule, who, moment->now_utc_ms)
               ? SR_REASON_NONE
               : SR_REASON_ATTRIBUTE_EXPIRED;
}

bool sr_ask_has_approved(const struct sr_state *s, const struct sr_request *request,
                         const char *person)
{
    for (size_t i = 0; i < request->reviews; i++) {
        const struct sr_review *r = &request->review[i];
        if (r->approves && !r->is_withdrawn && strcmp(r->person, person) == 0 &&
            memcmp(r->policy, sr_state_policy(s)->digest, SR_SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_reason look_at_approval(struct sr_ask *ask)
{
    enum sr_reason reason = sr_policy_may_review(ask->s, ask->request, ask->actor, ask->moment);
    ask->rule = rule_of_request(ask->s, ask->request);
    if (reason != SR_REASON_NONE || ask->act->verb == SR_VERB_DENY) {
        return reason;
    }
    if (sr_ask_has_approved(ask->s, ask->request, ask->actor->person)) {
        return sr_ask_no(ask, SR_REASON_REVIEWED_ALREADY, "%s", ask->actor->person);
    }
    const struct sr_act_proof *proof = &ask->event->proof;
    return is_signed_as_demanded(ask->rule, proof->is_hardware, proof->has_verification)
               ? SR_REASON_NONE
               : SR_REASON_WEAK_SIGNATURE;
}

/* ---- D-16: taking back. */

bool sr_ask_is_warden(const struct sr_state *s, const struct sr_principal *actor)
{
    struct sr_policy_subject none = {0};
    const struct sr_policy_rule *rule =
        sr_policy_rule_for(sr_state_policy(s), SR_VERB_LEAVE, &none);
    if (rule == NULL || rule->forbids) {
        return false;
    }
    if (actor == NULL) {
        return rule->by_unlocked;
    }
    return actor->type == SR_PRINCIPAL_HUMAN &&
           ((sr_people_list_bits(&rule->by) & actor->role_bits) != 0 ||
            sr_matching_mask(rule, actor->role_bits) != 0);
}

static enum sr_reason ended_reason(const struct sr_request *r)
{
    if (r->is_denied) {
        return SR_REASON_REQUEST_DENIED;
    }
    if (r->is_withdrawn) {
        return SR_REASON_REQUEST_WITHDRAWN;
    }
    return r->revoked_utc_ms != 0 ? SR_REASON_GRANT_REVOKED : SR_REASON_NONE;
}

static bool has_any_approval(const struct sr_request *request, const char *person)
{
    for (size_t i = 0; i < request->reviews; i++) {
        const struct sr_review *r = &request->review[i];
        if (r->approves && !r->is_withdrawn && strcmp(r->person, person) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_reason look_at_withdrawal(struct sr_ask *ask)
{
    enum sr_reason reason = ended_reason(ask->request);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    return strcmp(ask->actor->person, ask->request->person) == 0 ||
                   has_any_approval(ask->request, ask->actor->person)
               ? SR_REASON_NONE
               : SR_REASON_NOT_THE_REQUESTER;
}

static bool may_revoke(const struct sr_ask *ask)
{
    const struct sr_principal *actor = ask->actor;
    if (sr_ask_is_warden(ask->s, actor)) {
        return true;
    }
    if (actor == NULL || strcmp(actor->person, ask->request->person) == 0) {
        return actor != NULL;
    }
    const struct sr_policy_rule *rule = rule_of_request(ask->s, ask->request);
    return actor->type == SR_PRINCIPAL_HUMAN &&
           ((sr_people_list_bits(&ask->policy->break_glass.reviewers) & actor->role_bits) != 0 ||
            (rule != NULL && sr_matching_mask(rule, actor->role_bits) != 0));
}

static enum sr_reason look_at_revocation(struct sr_ask *ask)
{
    enum sr_reason reason = ended_reason(ask->request);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    return may_revoke(ask) ? SR_REASON_NONE : SR_REASON_NOT_A_REVIEWER;
}

static enum sr_reason look_at_key(struct sr_ask *ask)
{
    struct sr_bytes line = sr_ask_text(ask->act, SR_FIELD_key);
    const struct sr_principal *p =
        sr_state_principal(ask->s, sr_ask_text(ask->act, SR_FIELD_principal));
    if (p == NULL) {
        return SR_REASON_NO_SUCH_PRINCIPAL;
    }
    size_t at = 0;
    while (at < p->keys && !sr_text_equal(sr_text_view(sr_act_key_line(p->key[at].key)), line)) {
        at++;
    }
    if (at == p->keys) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "it is no key of %s", p->name);
    }
    if (p->key[at].revoked_utc_ms != 0) {
        return SR_REASON_KEY_REVOKED;
    }
    bool is_own = ask->actor != NULL && strcmp(ask->actor->person, p->person) == 0;
    return is_own || sr_ask_is_warden(ask->s, ask->actor) ? SR_REASON_NONE : SR_REASON_NOT_BY_ACTOR;
}

enum sr_reason sr_ask_review(struct sr_ask *ask)
{
    enum sr_verb verb = ask->act->verb;
    if (verb == SR_VERB_REVOKE_KEY) {
        return look_at_key(ask);
    }
    if (ask->request == NULL) {
        return SR_REASON_NO_SUCH_REQUEST;
    }
    if (verb == SR_VERB_REVOKE) {
        return look_at_revocation(ask);
    }
    if (ask->actor == NULL) {
        return SR_REASON_UNKNOWN_ACTOR; /* the room reviews nothing */
    }
    if (verb == SR_VERB_WITHDRAW) {
        return look_at_withdrawal(ask);
    }
    return verb == SR_VERB_JUDGE ? look_at_judgement(ask) : look_at_approval(ask);
}
