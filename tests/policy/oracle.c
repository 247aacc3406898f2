/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "acts/roster.h"

/* ---- Fields. */

static struct sr_bytes text_of(const struct sr_act *act, enum sr_act_field field)
{
    return sr_act_has(act, field) ? act->field[field].text : sr_bytes("", 0);
}

static bool is_word(struct sr_bytes text, const char *word)
{
    return sr_text_equal(text, sr_text_view(word));
}

static bool same_digest(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, SR_SHA256_BYTES) == 0;
}

static bool about(const struct sr_act *act, enum sr_act_field field, struct sr_bytes name)
{
    return sr_act_has(act, field) && sr_text_equal(act->field[field].text, name);
}

static bool names_request(const struct sr_act *act, const uint8_t *request)
{
    return sr_act_has(act, SR_FIELD_request) &&
           same_digest(act->field[SR_FIELD_request].digest, request);
}

/* All that was allowed up to some moment: a beginning of the list. */
struct past {
    const struct entry *entry;
    size_t count;
};

/* ---- The list: who is who. */

static bool lists(const struct sr_bytes *texts, size_t count, struct sr_bytes text)
{
    for (size_t i = 0; i < count; i++) {
        if (sr_text_equal(texts[i], text)) {
            return true;
        }
    }
    return false;
}

/* The line of the first act for somebody, if there is one. */
static const struct sr_roster *in_roster(const struct entry *e, struct sr_bytes name)
{
    for (size_t i = 0; i < e->rosters; i++) {
        if (sr_text_equal(e->roster[i].name, name)) {
            return &e->roster[i];
        }
    }
    return NULL;
}

struct member {
    bool is_enrolled;
    enum sr_principal_type type;
    struct sr_bytes person;
};

static struct member find_member(const struct past *h, struct sr_bytes name)
{
    struct member m = {0};
    for (size_t i = 0; i < h->count && !m.is_enrolled; i++) {
        const struct sr_act *act = h->entry[i].act;
        const struct sr_roster *line = in_roster(&h->entry[i], name);
        if (line != NULL) {
            m = (struct member){true, SR_PRINCIPAL_HUMAN, line->name};
        } else if (act->verb == SR_VERB_ENROL && about(act, SR_FIELD_principal, name)) {
            m.is_enrolled = sr_principal_type_from_word(text_of(act, SR_FIELD_type), &m.type);
            m.person = m.type == SR_PRINCIPAL_HUMAN ? text_of(act, SR_FIELD_principal)
                                                    : text_of(act, SR_FIELD_owner);
        }
    }
    return m;
}

static bool holds_role(const struct past *h, struct sr_bytes name, const char *role)
{
    bool holds = false;
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        const struct sr_roster *line = in_roster(&h->entry[i], name);
        if (line != NULL) {
            holds = lists(line->role, line->roles, sr_text_view(role));
        } else if ((act->verb == SR_VERB_ENROL || act->verb == SR_VERB_ROLES) &&
                   about(act, SR_FIELD_principal, name)) {
            const struct sr_act_value *roles = &act->field[SR_FIELD_roles];
            holds = sr_act_has(act, SR_FIELD_roles) &&
                    lists(roles->texts, roles->count, sr_text_view(role));
        }
    }
    return holds;
}

static bool holds_one_of(const struct past *h, const struct sr_policy *p,
                         const struct sr_policy_list *roles, struct sr_bytes name)
{
    for (size_t i = 0; i < roles->count; i++) {
        if (holds_role(h, name, p->role[roles->index[i]])) {
            return true;
        }
    }
    return false;
}

/* Oneself, or who answers for one. */
static bool has_left(const struct past *h, struct sr_bytes name)
{
    struct member m = find_member(h, name);
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_LEAVE &&
            (about(act, SR_FIELD_principal, name) || about(act, SR_FIELD_principal, m.person))) {
            return true;
        }
    }
    return false;
}

/* Whose key it is or was; "" when nobody's. */
static struct sr_bytes key_owner(const struct past *h, const char *fingerprint)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        for (size_t k = 0; k < h->entry[i].rosters; k++) {
            if (strcmp(keys_fingerprint(h->entry[i].roster[k].key), fingerprint) == 0) {
                return h->entry[i].roster[k].name;
            }
        }
        if ((act->verb == SR_VERB_ENROL || act->verb == SR_VERB_ADD_KEY) &&
            strcmp(keys_fingerprint(text_of(act, SR_FIELD_key)), fingerprint) == 0) {
            return text_of(act, SR_FIELD_principal);
        }
    }
    return sr_bytes("", 0);
}

static bool key_is_revoked(const struct past *h, const char *fingerprint)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_REVOKE_KEY &&
            strcmp(keys_fingerprint(text_of(act, SR_FIELD_key)), fingerprint) == 0) {
            return true;
        }
    }
    return has_left(h, key_owner(h, fingerprint)); /* D-21 */
}

/* When something attested about somebody ends; 0 when it never was. */
static int64_t attribute_until(const struct past *h, struct sr_bytes name, const char *attribute)
{
    int64_t until = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_ATTRIBUTE && about(act, SR_FIELD_principal, name) &&
            is_word(act->field[SR_FIELD_attribute].text, attribute)) {
            until = (int64_t)act->field[SR_FIELD_until].number;
        }
    }
    return until;
}

static bool has_attributes(const struct past *h, struct sr_bytes name, size_t count,
                           const char (*attribute)[SR_POLICY_NAME_BYTES], int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        if (attribute_until(h, name, attribute[i]) <= now) {
            return false;
        }
    }
    return true;
}

/* There is one: the first act brought it. */
static const struct sr_policy *policy_now(const struct past *h)
{
    const struct sr_policy *p = NULL;
    for (size_t i = 0; i < h->count; i++) {
        p = h->entry[i].policy != NULL ? h->entry[i].policy : p;
    }
    assert(p != NULL);
    return p;
}

/* Whether all rights of a human rest: something that the policy suspends without is gone (D-5). */
static bool is_suspended(const struct past *h, struct sr_bytes name, int64_t now)
{
    const struct sr_policy *p = policy_now(h);
    return find_member(h, name).type == SR_PRINCIPAL_HUMAN &&
           !has_attributes(h, name, p->suspending, p->suspending_attribute, now);
}

static bool same_person(const struct past *h, struct sr_bytes a, struct sr_bytes b)
{
    return sr_text_equal(find_member(h, a).person, find_member(h, b).person);
}

/* ---- The list: versions (D-6, D-19). */

static enum sr_verb asked_verb(const struct sr_act *request)
{
    enum sr_verb verb = SR_VERB_COUNT;
    (void)sr_verb_from_word(text_of(request, SR_FIELD_what), &verb);
    return verb;
}

static bool is_of(const struct sr_act *act, enum sr_verb verb, enum sr_act_field field,
                  const struct sr_id *id)
{
    return act->verb == verb && sr_text_id_equal(&act->field[field].id, id);
}

static bool knows_handoff(const struct past *h, const struct sr_id *handoff)
{
    for (size_t i = 0; i < h->count; i++) {
        if (is_of(h->entry[i].act, SR_VERB_OFFER, SR_FIELD_handoff, handoff) ||
            is_of(h->entry[i].act, SR_VERB_ACCEPT, SR_FIELD_handoff, handoff)) {
            return true;
        }
    }
    return false;
}

/* The offer of a handoff by this room. */
static const struct entry *find_offer(const struct past *h, const struct sr_id *handoff)
{
    for (size_t i = 0; i < h->count; i++) {
        if (is_of(h->entry[i].act, SR_VERB_OFFER, SR_FIELD_handoff, handoff)) {
            return &h->entry[i];
        }
    }
    return NULL;
}

/* An accept that brings a version in: there is no offer of this room before it. */
static bool brings_in(const struct past *h, size_t at)
{
    const struct sr_act *act = h->entry[at].act;
    if (act->verb == SR_VERB_DEPOSIT) {
        return true;
    }
    struct past before = {h->entry, at};
    return act->verb == SR_VERB_ACCEPT && !knows_handoff(&before, &act->field[SR_FIELD_handoff].id);
}

/* The act that brought a version here. */
static const struct sr_act *find_version(const struct past *h, const struct sr_id *id)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (sr_text_id_equal(&act->field[SR_FIELD_version].id, id) && brings_in(h, i)) {
            return act;
        }
    }
    return NULL;
}

static bool version_is_named(const struct past *h, struct sr_bytes artifact, uint64_t number)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (about(act, SR_FIELD_artifact, artifact) &&
            act->field[SR_FIELD_number].number == number && brings_in(h, i)) {
            return true;
        }
    }
    return false;
}

static bool is_handoff(const struct sr_act *act)
{
    return act->verb == SR_VERB_OFFER || act->verb == SR_VERB_ACCEPT ||
           act->verb == SR_VERB_REJECT || act->verb == SR_VERB_RETURN ||
           act->verb == SR_VERB_DISPOSE;
}

/* The last act of a version's chain; NULL: none. */
static const struct entry *chain_end(const struct past *h, const struct sr_id *id)
{
    const struct entry *last = NULL;
    for (size_t i = 0; i < h->count; i++) {
        struct past before = {h->entry, i + 1};
        if (is_handoff(h->entry[i].act) &&
            sr_text_id_equal(&h->entry[i].act->field[SR_FIELD_version].id, id) &&
            find_version(&before, id) != NULL) {
            last = &h->entry[i];
        }
    }
    return last;
}

static bool is_disposed(const struct past *h, const struct sr_id *id)
{
    for (size_t i = 0; i < h->count; i++) {
        if (is_of(h->entry[i].act, SR_VERB_DISPOSE, SR_FIELD_version, id)) {
            return true;
        }
    }
    return false;
}

/* Whether this room is the custodian of a version of its own, or one that came in. */
static bool has_custody(const struct past *h, const struct sr_id *id)
{
    bool is_here = false;
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (!sr_text_id_equal(&act->field[SR_FIELD_version].id, id)) {
            continue;
        }
        if (brings_in(h, i)) {
            is_here = true;
        } else if (act->verb == SR_VERB_ACCEPT) {
            is_here = false;
        } else if (act->verb == SR_VERB_RETURN) {
            is_here = find_offer(h, &act->field[SR_FIELD_handoff].id) != NULL;
        }
    }
    return is_here;
}

/* The last answer to a handoff: ACCEPT, REJECT or RETURN; SR_VERB_COUNT: none. */
static enum sr_verb handoff_answer(const struct past *h, const struct sr_id *handoff)
{
    enum sr_verb answer = SR_VERB_COUNT;
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        struct past before = {h->entry, i};
        if (is_of(act, SR_VERB_ACCEPT, SR_FIELD_handoff, handoff) ||
            (is_of(act, SR_VERB_REJECT, SR_FIELD_handoff, handoff) &&
             knows_handoff(&before, handoff)) ||
            is_of(act, SR_VERB_RETURN, SR_FIELD_handoff, handoff)) {
            answer = act->verb;
        }
    }
    return answer;
}

static bool is_open(const struct past *h, const struct sr_act *offer, int64_t now)
{
    return handoff_answer(h, &offer->field[SR_FIELD_handoff].id) == SR_VERB_COUNT &&
           now < (int64_t)offer->field[SR_FIELD_until].number;
}

static bool has_open_offer(const struct past *h, const struct sr_id *version, int64_t now)
{
    for (size_t i = 0; i < h->count; i++) {
        if (is_of(h->entry[i].act, SR_VERB_OFFER, SR_FIELD_version, version) &&
            is_open(h, h->entry[i].act, now)) {
            return true;
        }
    }
    return false;
}

/* ---- The list: requests. */

static const struct entry *find_request(const struct past *h, const uint8_t *digest)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->entry[i].act->verb == SR_VERB_REQUEST && same_digest(h->entry[i].digest, digest)) {
            return &h->entry[i];
        }
    }
    return NULL;
}

/* The requester's person. Who is at the room's key is nobody else than they say. */
static bool is_requester(const struct past *h, const struct entry *request, struct sr_bytes who)
{
    struct sr_bytes asked = request->act->actor;
    return sr_text_equal(find_member(h, who).person,
                         request->is_room ? asked : find_member(h, asked).person);
}

static bool is_break_glass(const struct entry *request)
{
    return sr_act_has(request->act, SR_FIELD_break_glass);
}

static bool has_act(const struct past *h, const uint8_t *request, enum sr_verb verb)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->entry[i].act->verb == verb && names_request(h->entry[i].act, request)) {
            return true;
        }
    }
    return false;
}

/* Whether somebody, after what stands at `at`, took their review of a request back. */
static bool is_taken_back(const struct past *h, size_t at)
{
    const struct sr_act *review = h->entry[at].act;
    for (size_t i = at + 1; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_WITHDRAW &&
            names_request(act, review->field[SR_FIELD_request].digest) &&
            same_person(h, act->actor, review->actor)) {
            return true;
        }
    }
    return false;
}

/* Whether an approval of this person stands; under the policy in force now, or any. */
static bool has_approved(const struct past *h, const uint8_t *request, struct sr_bytes who,
                         bool under_this_policy)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_APPROVE && names_request(act, request) &&
            same_person(h, act->actor, who) && !is_taken_back(h, i) &&
            (!under_this_policy || same_digest(act->policy, policy_now(h)->digest))) {
            return true;
        }
    }
    return false;
}

static bool is_use(const struct entry *e, const uint8_t *request)
{
    return sr_verb_info(e->act->verb)->group == SR_VERB_GROUP_ACT && names_request(e->act, request);
}

static uint64_t count_uses(const struct past *h, const uint8_t *request, enum sr_verb verb)
{
    uint64_t uses = 0;
    for (size_t i = 0; i < h->count; i++) {
        uses += is_use(&h->entry[i], request) && h->entry[i].act->verb == verb;
    }
    return uses;
}

static int64_t first_use(const struct past *h, const uint8_t *request)
{
    for (size_t i = 0; i < h->count; i++) {
        if (is_use(&h->entry[i], request)) {
            return h->entry[i].time_utc_ms;
        }
    }
    return 0;
}

/* What the room's records say was handed out under a request. */
static uint64_t sum_served(const struct past *h, const uint8_t *request, enum sr_act_field field)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_SERVED && names_request(act, request)) {
            sum += act->field[field].number;
        }
    }
    return sum;
}

static uint64_t count_opened(const struct past *h, const uint8_t *request)
{
    uint64_t opened = 0;
    for (size_t i = 0; i < h->count; i++) {
        opened +=
            h->entry[i].act->verb == SR_VERB_OPENED && names_request(h->entry[i].act, request);
    }
    return opened;
}

/* ---- Rules (D-8). */

static bool class_fits(const struct sr_policy_class *c, const struct sr_policy_subject *s)
{
    if (s->tier < c->tier_min || s->tier > c->tier_max) {
        return false;
    }
    bool fits = c->kinds == 0;
    for (size_t i = 0; i < c->kinds; i++) {
        fits = fits || is_word(s->kind, c->kind[i]);
    }
    size_t len = strlen(c->artifact);
    if (len > 0 && c->artifact[len - 1] == '*') {
        fits = fits && s->artifact.len >= len - 1 &&
               memcmp(s->artifact.ptr, c->artifact, len - 1) == 0;
    } else if (len > 0) {
        fits = fits && is_word(s->artifact, c->artifact);
    }
    return fits;
}

static const struct sr_policy_rule *find_rule(const struct sr_policy *p, enum sr_verb verb,
                                              const struct sr_policy_subject *subject)
{
    for (size_t i = 0; i < p->rules; i++) {
        const struct sr_policy_rule *rule = &p->rule[i];
        if ((rule->verbs >> verb & 1) == 0) {
            continue;
        }
        bool fits = rule->any_class;
        for (size_t k = 0; k < rule->classes.count && subject->is_version; k++) {
            fits = fits || class_fits(&p->class[rule->classes.index[k]], subject);
        }
        if (fits) {
            return rule;
        }
    }
    return NULL;
}

/* By what a version in custody is, else by what the act says itself: it brings it. */
static const struct sr_policy_rule *rule_of(const struct past *h, enum sr_verb verb,
                                            const struct sr_act *act)
{
    struct sr_policy_subject s = {0};
    if (sr_verb_info(verb)->about == SR_VERB_ABOUT_VERSION) {
        const struct sr_act *had = find_version(h, &act->field[SR_FIELD_version].id);
        const struct sr_act *from = had != NULL && verb != SR_VERB_DEPOSIT ? had : act;
        s.is_version = true;
        s.tier = (unsigned)from->field[SR_FIELD_tier].number;
        s.kind = text_of(from, SR_FIELD_kind);
        s.artifact = text_of(from, SR_FIELD_artifact);
    }
    return find_rule(policy_now(h), verb, &s);
}

/* ---- A quorum: every way to put people into places is tried (D-14). */

struct quorum {
    const struct past *h;
    size_t places;
    const char *place[SR_STANDING_PEOPLE_MAX]; /* the role that it is for */
    size_t people;
    struct sr_bytes name[HISTORY_MAX]; /* humans: their name is the person */
    bool is_seated[HISTORY_MAX];
};

static void add_places(struct quorum *q, const struct sr_policy *p,
                       const struct sr_policy_rule *rule)
{
    for (size_t i = 0; i < rule->needs; i++) {
        for (unsigned k = 0; k < rule->need[i].count; k++) {
            q->place[q->places++] = p->role[rule->need[i].role];
        }
    }
}

static bool can_fill(struct quorum *q, size_t from)
{
    if (from == q->places) {
        return true;
    }
    for (size_t i = 0; i < q->people; i++) {
        if (q->is_seated[i] || !holds_role(q->h, q->name[i], q->place[from])) {
            continue;
        }
        q->is_seated[i] = true;
        bool is_full = can_fill(q, from + 1);
        q->is_seated[i] = false;
        if (is_full) {
            return true;
        }
    }
    return false;
}

/* A request to attest something about another person: nobody's own lack of it hinders (D-5). */
static bool is_about_anothers_attribute(const struct past *h, enum sr_verb verb,
                                        const struct sr_act *act, struct sr_bytes who)
{
    struct sr_bytes about_whom = text_of(act, SR_FIELD_principal);
    return verb == SR_VERB_ATTRIBUTE && find_member(h, about_whom).is_enrolled &&
           !same_person(h, about_whom, who);
}

/* Whether somebody who approved could do so now, as a person. */
static bool may_still(const struct past *h, const struct entry *request,
                      const struct sr_policy_rule *rule, const struct entry *e, int64_t now)
{
    struct sr_bytes who = e->act->actor;
    if (find_member(h, who).type != SR_PRINCIPAL_HUMAN || has_left(h, who) ||
        key_is_revoked(h, e->fingerprint) || is_requester(h, request, who)) {
        return false;
    }
    return has_attributes(h, who, rule->reviewer_attributes, rule->reviewer_attribute, now) &&
           (!is_suspended(h, who, now) ||
            is_about_anothers_attribute(h, asked_verb(request->act), request->act, who));
}

static bool is_signed_well(const struct sr_policy_rule *rule, const struct sr_act_proof *proof)
{
    return (!rule->needs_hardware || proof->is_hardware) &&
           (!rule->needs_verification || proof->has_verification);
}

/* Whether an approval counts at now. any_age: were it not too old. */
static bool counts(const struct past *h, const struct entry *request,
                   const struct sr_policy_rule *rule, size_t at, int64_t now, bool any_age)
{
    const struct entry *e = &h->entry[at];
    if (e->act->verb != SR_VERB_APPROVE || !names_request(e->act, request->digest) ||
        is_taken_back(h, at) || !same_digest(e->act->policy, policy_now(h)->digest)) {
        return false;
    }
    int64_t used = first_use(h, request->digest);
    if (!any_age && (used != 0 ? used : now) - e->time_utc_ms > rule->approval_ms_max) {
        return false;
    }
    return is_signed_well(rule, &e->proof) && may_still(h, request, rule, e, now);
}

struct asked {
    const struct entry *request;
    const struct sr_policy_rule *rule;
    int64_t now;
    bool any_age;
};

/* Whether those approvals suffice that were made up to a time. */
static bool has_quorum(const struct past *h, const struct asked *a, int64_t until)
{
    struct quorum q = {.h = h};
    add_places(&q, policy_now(h), a->rule);
    for (size_t i = 0; i < h->count; i++) {
        if (h->entry[i].time_utc_ms <= until &&
            counts(h, a->request, a->rule, i, a->now, a->any_age) &&
            !lists(q.name, q.people, h->entry[i].act->actor)) {
            q.name[q.people++] = h->entry[i].act->actor;
        }
    }
    return can_fill(&q, 0);
}

#define NEVER INT64_MAX

/* When the approvals that count now sufficed first. */
static int64_t quorum_since(const struct past *h, const struct asked *a)
{
    if (a->rule->needs == 0) {
        return a->request->time_utc_ms;
    }
    for (size_t i = 0; i < h->count; i++) {
        if (h->entry[i].act->verb == SR_VERB_APPROVE &&
            names_request(h->entry[i].act, a->request->digest) &&
            has_quorum(h, a, h->entry[i].time_utc_ms)) {
            return h->entry[i].time_utc_ms;
        }
    }
    return NEVER;
}

/* Since when the quorum was there that an act first made, or used (D-13). */
static int64_t granted_first(const struct past *h, const struct entry *request)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct entry *e = &h->entry[i];
        bool is_itself = e == request;
        bool approves = e->act->verb == SR_VERB_APPROVE && names_request(e->act, request->digest);
        if (!is_itself && !approves && !is_use(e, request->digest)) {
            continue;
        }
        struct past then = {h->entry, i + 1};
        struct asked a = {request, rule_of(&then, asked_verb(request->act), request->act),
                          e->time_utc_ms, false};
        if (is_break_glass(request) ||
            (a.rule != NULL && !a.rule->forbids && quorum_since(&then, &a) != NEVER)) {
            return is_break_glass(request) ? request->time_utc_ms : quorum_since(&then, &a);
        }
    }
    return NEVER;
}

/* ---- How a request stands (D-13). */

static bool is_over(int64_t since, int64_t lasts, int64_t now)
{
    return lasts != SR_POLICY_NO_LIMIT && now - since > lasts;
}

static int64_t lasts_of(const struct sr_act *request, int64_t at_most)
{
    if (sr_act_has(request, SR_FIELD_lasts_ms) &&
        (int64_t)request->field[SR_FIELD_lasts_ms].number < at_most) {
        return (int64_t)request->field[SR_FIELD_lasts_ms].number;
    }
    return at_most;
}

/* What is counted is limited by the rule: copies, uses; and by the request: bytes, files. */
static bool is_exhausted(const struct past *h, const struct entry *request,
                         const struct sr_policy_rule *rule)
{
    const uint8_t *digest = request->digest;
    const struct sr_act *asked = request->act;
    uint64_t files = sum_served(h, digest, SR_FIELD_files);
    uint64_t opened = count_opened(h, digest);
    if (!sr_verb_releases(asked_verb(request->act))) {
        return false;
    }
    return count_uses(h, digest, SR_VERB_EXPORT) >= rule->copies_max ||
           count_uses(h, digest, SR_VERB_USE) >= rule->uses_max ||
           (sr_act_has(asked, SR_FIELD_bytes) &&
            sum_served(h, digest, SR_FIELD_bytes) >= asked->field[SR_FIELD_bytes].number) ||
           (sr_act_has(asked, SR_FIELD_files) &&
            (files > opened ? files : opened) >= asked->field[SR_FIELD_files].number);
}

/* By leaving, of oneself or who answers for one: what was not granted yet is withdrawn. */
static enum sr_reason ended_by_leaving(const struct past *h, const struct entry *request)
{
    for (size_t i = 0; i < h->count; i++) {
        struct past before = {h->entry, i};
        const struct sr_act *act = h->entry[i].act;
        struct member m = find_member(h, request->act->actor);
        if (act->verb == SR_VERB_LEAVE && !request->is_room &&
            (about(act, SR_FIELD_principal, request->act->actor) ||
             about(act, SR_FIELD_principal, m.person))) {
            return granted_first(&before, request) == NEVER ? SR_REASON_REQUEST_WITHDRAWN
                                                            : SR_REASON_GRANT_REVOKED;
        }
    }
    return SR_REASON_NONE;
}

static bool is_withdrawn(const struct past *h, const struct entry *request)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_WITHDRAW && names_request(act, request->digest) &&
            is_requester(h, request, act->actor)) {
            return true;
        }
    }
    return ended_by_leaving(h, request) == SR_REASON_REQUEST_WITHDRAWN;
}

static bool is_revoked(const struct past *h, const struct entry *request)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        if (act->verb == SR_VERB_JUDGE && names_request(act, request->digest) &&
            is_word(text_of(act, SR_FIELD_outcome), "unjustified")) {
            return true;
        }
    }
    return has_act(h, request->digest, SR_VERB_REVOKE) ||
           ended_by_leaving(h, request) == SR_REASON_GRANT_REVOKED;
}

static enum sr_reason ended(const struct past *h, const struct entry *request)
{
    if (has_act(h, request->digest, SR_VERB_DENY)) {
        return SR_REASON_REQUEST_DENIED;
    }
    if (is_withdrawn(h, request)) {
        return SR_REASON_REQUEST_WITHDRAWN;
    }
    return is_revoked(h, request) ? SR_REASON_GRANT_REVOKED : SR_REASON_NONE;
}

/* D-9 without what is asked of agents. */
static enum sr_reason by_whom(const struct past *h, const struct sr_policy_rule *rule,
                              struct sr_bytes who, bool is_room)
{
    const struct sr_policy *p = policy_now(h);
    if (is_room) {
        return rule->by_unlocked ? SR_REASON_NONE : SR_REASON_NOT_BY_ACTOR;
    }
    enum sr_principal_type type = find_member(h, who).type;
    if ((rule->types & SR_POLICY_TYPE_BIT(type)) == 0) {
        return SR_REASON_WRONG_TYPE;
    }
    if (!rule->by_anyone && !holds_one_of(h, p, &rule->by, who)) {
        return SR_REASON_NOT_BY_ACTOR;
    }
    return type == SR_PRINCIPAL_AGENT && rule->needs == 0 ? SR_REASON_WRONG_TYPE : SR_REASON_NONE;
}

struct stand {
    enum sr_request_state state;
    enum sr_reason reason;
};

static struct stand suspended(enum sr_reason reason)
{
    return (struct stand){SR_REQUEST_SUSPENDED, reason};
}

/* What of the requester themselves is gone. */
static enum sr_reason requester_is_gone(const struct past *h, const struct asked *a)
{
    const struct entry *r = a->request;
    struct sr_bytes who = r->act->actor;
    if (r->is_room) {
        return SR_REASON_NONE;
    }
    if (has_left(h, who)) {
        return SR_REASON_ACTOR_LEFT;
    }
    if (key_is_revoked(h, r->fingerprint)) {
        return SR_REASON_KEY_REVOKED;
    }
    return is_suspended(h, who, a->now) &&
                   !is_about_anothers_attribute(h, asked_verb(r->act), r->act, who)
               ? SR_REASON_ATTRIBUTE_EXPIRED
               : SR_REASON_NONE;
}

/* Whether the requester could ask for it now: what they lack suspends it. */
static enum sr_reason requester_lacks(const struct past *h, const struct asked *a)
{
    const struct entry *r = a->request;
    struct sr_bytes who = r->act->actor;
    enum sr_reason reason = requester_is_gone(h, a);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    if (a->rule == NULL || a->rule->forbids) {
        return a->rule == NULL ? SR_REASON_NO_RULE : SR_REASON_FORBIDDEN;
    }
    const struct sr_policy *p = policy_now(h);
    if (!is_break_glass(r)) {
        reason = by_whom(h, a->rule, who, r->is_room);
    } else if (!holds_one_of(h, p, &p->break_glass.holders, who)) {
        reason = SR_REASON_NOT_BREAK_GLASS;
    }
    if (reason == SR_REASON_NONE && !r->is_room &&
        !has_attributes(h, who, a->rule->attributes, a->rule->attribute, a->now)) {
        reason = SR_REASON_ATTRIBUTE_EXPIRED;
    }
    return reason;
}

static struct stand without_quorum(const struct past *h, const struct asked *a)
{
    struct asked aged = *a;
    aged.any_age = true;
    bool was_granted = granted_first(h, a->request) != NEVER;
    if (was_granted && first_use(h, a->request->digest) == 0 && quorum_since(h, &aged) != NEVER) {
        return (struct stand){SR_REQUEST_EXPIRED, SR_REASON_REQUEST_EXPIRED};
    }
    if (was_granted) {
        return suspended(SR_REASON_APPROVALS_MISSING);
    }
    if (is_over(a->request->time_utc_ms, a->rule->request_ms_max, a->now)) {
        return (struct stand){SR_REQUEST_EXPIRED, SR_REASON_REQUEST_EXPIRED};
    }
    return (struct stand){SR_REQUEST_PENDING, SR_REASON_APPROVALS_MISSING};
}

static struct stand with_quorum(const struct past *h, const struct asked *a, int64_t since)
{
    int64_t first = granted_first(h, a->request);
    int64_t wait = a->rule->wait_ms;
    int64_t lasts = lasts_of(a->request->act, a->rule->lasts_ms_max);
    if (is_break_glass(a->request)) {
        wait = 0;
        int64_t glass = policy_now(h)->break_glass.lasts_ms_max;
        lasts = lasts < glass ? lasts : glass;
    }
    if (is_over((first == NEVER ? since : first) + wait, lasts, a->now)) {
        return (struct stand){SR_REQUEST_EXPIRED, SR_REASON_REQUEST_EXPIRED};
    }
    if (is_exhausted(h, a->request, a->rule)) {
        return (struct stand){SR_REQUEST_EXHAUSTED, SR_REASON_GRANT_EXHAUSTED};
    }
    if (a->now < since + wait) {
        return (struct stand){SR_REQUEST_WAITING, SR_REASON_WAITING};
    }
    return (struct stand){SR_REQUEST_GRANTED, SR_REASON_NONE};
}

static struct stand standing(const struct past *h, const struct entry *request, int64_t now)
{
    enum sr_reason reason = ended(h, request);
    enum sr_verb verb = asked_verb(request->act);
    if (reason == SR_REASON_REQUEST_DENIED) {
        return (struct stand){SR_REQUEST_DENIED, reason};
    }
    if (reason != SR_REASON_NONE) {
        return (struct stand){
            reason == SR_REASON_GRANT_REVOKED ? SR_REQUEST_REVOKED : SR_REQUEST_WITHDRAWN, reason};
    }
    if (!sr_verb_releases(verb) && count_uses(h, request->digest, verb) > 0) {
        return (struct stand){SR_REQUEST_USED, SR_REASON_GRANT_EXHAUSTED};
    }
    struct asked a = {request, rule_of(h, verb, request->act), now, false};
    reason = requester_lacks(h, &a);
    if (reason != SR_REASON_NONE) {
        return suspended(reason);
    }
    int64_t since = is_break_glass(request) ? request->time_utc_ms : quorum_since(h, &a);
    return since == NEVER ? without_quorum(h, &a) : with_quorum(h, &a, since);
}

/* ---- What comes before any rule, for everybody (D-1 to D-5). */

/* What is asked, and what the answer rests on. */
struct question {
    const struct past *h;
    const struct sr_act *act;
    const struct sr_state_event *event;
    const struct sr_moment *moment;
    int64_t now;
    const struct sr_policy *p;
};

static bool ends_something(enum sr_verb verb)
{
    return verb == SR_VERB_DENY || verb == SR_VERB_REVOKE || verb == SR_VERB_WITHDRAW ||
           verb == SR_VERB_REVOKE_KEY || verb == SR_VERB_LEAVE ||
           sr_verb_info(verb)->group == SR_VERB_GROUP_RECORD;
}

static bool knows_nonce(const struct past *h, const uint8_t *nonce)
{
    for (size_t i = 0; i < h->count; i++) {
        if (memcmp(h->entry[i].act->nonce, nonce, SR_ACT_NONCE_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_reason decide_freshness(const struct question *q)
{
    if (!sr_text_id_equal(&q->act->room, &q->h->entry[0].act->room)) {
        return SR_REASON_OTHER_ROOM;
    }
    if (q->now < q->h->entry[q->h->count - 1].time_utc_ms ||
        q->now - q->act->time_utc_ms > q->p->act_ms_max ||
        q->act->time_utc_ms - q->now > q->p->act_ahead_ms) {
        return SR_REASON_CLOCK;
    }
    if (knows_nonce(q->h, q->act->nonce)) {
        return SR_REASON_REPLAYED;
    }
    if (!same_digest(q->act->policy, q->p->digest) && !ends_something(q->act->verb)) {
        return SR_REASON_STALE_POLICY;
    }
    return SR_REASON_NONE;
}

static const struct sr_policy_rule *leave_rule(const struct past *h)
{
    struct sr_policy_subject nothing = {0};
    return find_rule(policy_now(h), SR_VERB_LEAVE, &nothing);
}

static enum sr_reason decide_rooms(const struct question *q)
{
    enum sr_verb_group group = sr_verb_info(q->act->verb)->group;
    const struct sr_policy_rule *leave = leave_rule(q->h);
    if (group != SR_VERB_GROUP_REVIEW || q->act->verb == SR_VERB_REQUEST) {
        return SR_REASON_NONE;
    }
    bool ends = q->act->verb == SR_VERB_REVOKE || q->act->verb == SR_VERB_REVOKE_KEY;
    return ends && leave != NULL && leave->by_unlocked ? SR_REASON_NONE : SR_REASON_UNKNOWN_ACTOR;
}

/* Whether nobody asks for the attributes without which all rights rest. */
static bool may_be_suspended(const struct question *q)
{
    enum sr_verb verb = q->act->verb;
    const struct sr_act *act = q->act;
    if (verb == SR_VERB_WITHDRAW || verb == SR_VERB_REVOKE || verb == SR_VERB_REVOKE_KEY) {
        return true;
    }
    if (verb == SR_VERB_APPROVE || verb == SR_VERB_DENY || verb == SR_VERB_JUDGE) {
        const struct entry *request = find_request(q->h, act->field[SR_FIELD_request].digest);
        act = request != NULL ? request->act : act;
    }
    if (act->verb == SR_VERB_REQUEST) {
        verb = asked_verb(act);
    }
    return is_about_anothers_attribute(q->h, verb, act, q->act->actor);
}

static enum sr_reason decide_actor(const struct question *q)
{
    enum sr_verb_group group = sr_verb_info(q->act->verb)->group;
    if (q->event->is_room) {
        return decide_rooms(q);
    }
    if (group == SR_VERB_GROUP_SYSTEM || group == SR_VERB_GROUP_RECORD) {
        return SR_REASON_ONLY_THE_ROOM;
    }
    if (!find_member(q->h, q->act->actor).is_enrolled) {
        return SR_REASON_UNKNOWN_ACTOR;
    }
    if (!sr_text_equal(key_owner(q->h, q->event->fingerprint), q->act->actor)) {
        return SR_REASON_NOT_ACTORS_KEY;
    }
    if (has_left(q->h, q->act->actor)) {
        return SR_REASON_ACTOR_LEFT;
    }
    if (key_is_revoked(q->h, q->event->fingerprint)) {
        return SR_REASON_KEY_REVOKED;
    }
    return is_suspended(q->h, q->act->actor, q->now) && !may_be_suspended(q)
               ? SR_REASON_ATTRIBUTE_EXPIRED
               : SR_REASON_NONE;
}

/* ---- D-6: the subject. Of an act, or of what a request asks for: verb and act. */

static bool is_new_version(const struct question *q, enum sr_verb verb, const struct sr_act *act)
{
    return verb == SR_VERB_DEPOSIT ||
           (verb == SR_VERB_ACCEPT && !knows_handoff(q->h, &act->field[SR_FIELD_handoff].id));
}

static bool is_named_right(const struct sr_act *act)
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_bytes artifact = text_of(act, SR_FIELD_artifact);
    (void)snprintf(name, sizeof name, "%.*s@%" PRIu64, (int)artifact.len,
                   (const char *)artifact.ptr, act->field[SR_FIELD_number].number);
    return act->subject_count == 1 && is_word(act->subjects[0].name, name);
}

static bool is_what_is_here(const struct sr_act *act, const struct sr_act *had)
{
    return about(had, SR_FIELD_artifact, text_of(act, SR_FIELD_artifact)) &&
           had->field[SR_FIELD_number].number == act->field[SR_FIELD_number].number &&
           act->subject_count == 1 &&
           same_digest(act->subjects[0].sha256, had->subjects[0].sha256) && is_named_right(act);
}

static enum sr_reason old_version(const struct question *q, enum sr_verb verb,
                                  const struct sr_act *act, const struct sr_act *had)
{
    if (had == NULL && verb == SR_VERB_REJECT &&
        !knows_handoff(q->h, &act->field[SR_FIELD_handoff].id)) {
        return is_named_right(act) ? SR_REASON_NONE : SR_REASON_ALTERED_SUBJECT;
    }
    if (had == NULL) {
        return SR_REASON_NO_SUCH_VERSION;
    }
    return is_what_is_here(act, had) ? SR_REASON_NONE : SR_REASON_ALTERED_SUBJECT;
}

static enum sr_reason decide_subject(const struct question *q, enum sr_verb verb,
                                     const struct sr_act *act)
{
    const struct sr_act *had = find_version(q->h, &act->field[SR_FIELD_version].id);
    uint64_t number = act->field[SR_FIELD_number].number;
    if (sr_verb_info(verb)->about != SR_VERB_ABOUT_VERSION) {
        return SR_REASON_NONE;
    }
    if (!is_new_version(q, verb, act)) {
        return old_version(q, verb, act, had);
    }
    if (had != NULL || version_is_named(q->h, text_of(act, SR_FIELD_artifact), number)) {
        return SR_REASON_VERSION_EXISTS;
    }
    if (!is_named_right(act)) {
        return SR_REASON_ALTERED_SUBJECT;
    }
    return number >= 1 ? SR_REASON_NONE : SR_REASON_MALFORMED;
}

/* ---- D-7: facts of the verb. */

static enum sr_reason inspected(const struct sr_act *act)
{
    struct sr_bytes verdict = text_of(act, SR_FIELD_verdict);
    bool has_because = sr_act_has(act, SR_FIELD_because);
    if (is_word(verdict, "PASS")) {
        return has_because ? SR_REASON_MALFORMED : SR_REASON_NONE;
    }
    return is_word(verdict, "REVIEW") && has_because ? SR_REASON_NONE : SR_REASON_NOT_INSPECTED;
}

static enum sr_reason facts_deposit(const struct question *q, const struct sr_act *act)
{
    uint64_t tier = act->field[SR_FIELD_tier].number;
    if (tier < 1 || tier > 5 || act->field[SR_FIELD_files].number < 1) {
        return SR_REASON_MALFORMED;
    }
    bool has_lineage = false;
    const struct sr_act_value *documents = &act->field[SR_FIELD_documents];
    for (size_t i = 0; i < documents->count; i++) {
        has_lineage = has_lineage || is_word(documents->digests[i].name, "lineage.json");
    }
    if (!has_lineage) {
        return SR_REASON_LINEAGE;
    }
    const struct sr_act_value *parents = &act->field[SR_FIELD_parents];
    for (size_t i = 0; i < parents->count; i++) {
        const struct sr_act *parent = find_version(q->h, &parents->ids[i]);
        if (parent == NULL || parent->field[SR_FIELD_tier].number > tier) {
            return SR_REASON_LINEAGE;
        }
    }
    return inspected(act);
}

static enum sr_reason facts_release(const struct question *q, const struct sr_act *act)
{
    const struct sr_id *id = &act->field[SR_FIELD_version].id;
    if (is_disposed(q->h, id)) {
        return SR_REASON_HANDOFF_STATE;
    }
    return has_custody(q->h, id) ? SR_REASON_NONE : SR_REASON_WRONG_CUSTODIAN;
}

static bool workload_is_here(const struct question *q, const struct sr_act *act)
{
    struct sr_bytes name = text_of(act, SR_FIELD_workload);
    struct member m = find_member(q->h, name);
    return !sr_act_has(act, SR_FIELD_workload) ||
           (m.is_enrolled && (m.type == SR_PRINCIPAL_WORKLOAD || m.type == SR_PRINCIPAL_SERVICE) &&
            !has_left(q->h, name));
}

/* Whether a role is one that a `needs` or `break-glass` names. */
static bool is_weighty(const struct sr_policy *p, const char *role)
{
    for (size_t i = 0; i < p->rules; i++) {
        for (size_t k = 0; k < p->rule[i].needs; k++) {
            if (strcmp(p->role[p->rule[i].need[k].role], role) == 0) {
                return true;
            }
        }
    }
    const struct sr_policy_list *lists[] = {&p->break_glass.holders, &p->break_glass.reviewers};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            if (strcmp(p->role[lists[i]->index[k]], role) == 0) {
                return true;
            }
        }
    }
    return false;
}

static enum sr_reason facts_roles(const struct question *q, const struct sr_act *act,
                                  enum sr_principal_type type)
{
    const struct sr_act_value *roles = &act->field[SR_FIELD_roles];
    bool is_machine = type == SR_PRINCIPAL_AGENT || type == SR_PRINCIPAL_WORKLOAD;
    const char *known[32] = {0};
    for (size_t i = 0; i < roles->count; i++) {
        for (size_t k = 0; k < q->p->roles; k++) {
            known[i] = is_word(roles->texts[i], q->p->role[k]) ? q->p->role[k] : known[i];
        }
        if (known[i] == NULL) {
            return SR_REASON_NO_SUCH_ROLE;
        }
    }
    for (size_t i = 0; i < roles->count; i++) {
        if (is_machine && is_weighty(q->p, known[i])) {
            return SR_REASON_WRONG_TYPE;
        }
    }
    return SR_REASON_NONE;
}

/* Whether somebody has or had a key, or the room, in whatever spelling. */
static bool is_somebodys(const struct past *h, size_t identity)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        bool gives =
            act->verb == SR_VERB_INIT || act->verb == SR_VERB_ENROL || act->verb == SR_VERB_ADD_KEY;
        if (gives && keys_identity(text_of(act, SR_FIELD_key)) == identity) {
            return true;
        }
        for (size_t k = 0; k < h->entry[i].rosters; k++) {
            if (keys_identity(h->entry[i].roster[k].key) == identity) {
                return true;
            }
        }
    }
    return false;
}

static enum sr_reason facts_key(const struct question *q, const struct sr_act *act)
{
    size_t identity = keys_identity(text_of(act, SR_FIELD_key));
    if (identity == KEYS_AND_TWINS) {
        return SR_REASON_MALFORMED;
    }
    return is_somebodys(q->h, identity) ? SR_REASON_KEY_IN_USE : SR_REASON_NONE;
}

static enum sr_reason facts_enrol(const struct question *q, const struct sr_act *act)
{
    if (find_member(q->h, text_of(act, SR_FIELD_principal)).is_enrolled) {
        return SR_REASON_PRINCIPAL_EXISTS;
    }
    enum sr_principal_type type = SR_PRINCIPAL_TYPE_COUNT;
    if (!sr_principal_type_from_word(text_of(act, SR_FIELD_type), &type)) {
        return SR_REASON_MALFORMED;
    }
    struct sr_bytes owner = text_of(act, SR_FIELD_owner);
    struct member m = find_member(q->h, owner);
    if (type == SR_PRINCIPAL_HUMAN && sr_act_has(act, SR_FIELD_owner)) {
        return SR_REASON_MALFORMED;
    }
    if (type != SR_PRINCIPAL_HUMAN &&
        (!m.is_enrolled || m.type != SR_PRINCIPAL_HUMAN || has_left(q->h, owner))) {
        return SR_REASON_NO_OWNER;
    }
    enum sr_reason reason = facts_roles(q, act, type);
    return reason == SR_REASON_NONE ? facts_key(q, act) : reason;
}

static enum sr_reason facts_principal(const struct question *q, enum sr_verb verb,
                                      const struct sr_act *act)
{
    struct sr_bytes name = text_of(act, SR_FIELD_principal);
    struct member m = find_member(q->h, name);
    if (!m.is_enrolled || has_left(q->h, name)) {
        return SR_REASON_NO_SUCH_PRINCIPAL;
    }
    if (verb == SR_VERB_ROLES) {
        return facts_roles(q, act, m.type);
    }
    return verb == SR_VERB_ADD_KEY ? facts_key(q, act) : SR_REASON_NONE;
}

static enum sr_reason facts_rotate(const struct question *q, const struct sr_act *act)
{
    uint64_t epoch = 1;
    for (size_t i = 0; i < q->h->count; i++) {
        if (q->h->entry[i].act->verb == SR_VERB_ROTATE) {
            epoch = q->h->entry[i].act->field[SR_FIELD_epoch].number;
        }
    }
    return act->field[SR_FIELD_epoch].number > epoch ? SR_REASON_NONE : SR_REASON_MALFORMED;
}

/* Whether somebody has a key that is not revoked. */
static bool can_sign(const struct past *h, struct sr_bytes who)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct sr_act *act = h->entry[i].act;
        for (size_t k = 0; k < h->entry[i].rosters; k++) {
            if (sr_text_equal(h->entry[i].roster[k].name, who) &&
                !key_is_revoked(h, keys_fingerprint(h->entry[i].roster[k].key))) {
                return true;
            }
        }
        if ((act->verb == SR_VERB_ENROL || act->verb == SR_VERB_ADD_KEY) &&
            about(act, SR_FIELD_principal, who) &&
            !key_is_revoked(h, keys_fingerprint(text_of(act, SR_FIELD_key)))) {
            return true;
        }
    }
    return false;
}

static bool may_ask(const struct past *h, const struct sr_policy *p,
                    const struct sr_policy_rule *rule, struct sr_bytes who)
{
    enum sr_principal_type type = find_member(h, who).type;
    return (rule->types & SR_POLICY_TYPE_BIT(type)) != 0 &&
           (rule->by_anyone || holds_one_of(h, p, &rule->by, who)) &&
           (type != SR_PRINCIPAL_AGENT || rule->needs > 0) && !has_left(h, who) && can_sign(h, who);
}

/* D-18. Who is here and what roles they have is from the list, what roles mean from p. */
static bool can_change_policy(const struct past *h, const struct sr_policy *p,
                              const struct sr_bytes *people, size_t count)
{
    struct sr_policy_subject nothing = {0};
    const struct sr_policy_rule *rule = find_rule(p, SR_VERB_POLICY, &nothing);
    if (rule == NULL || rule->forbids) {
        return false;
    }
    for (size_t i = 0; i < count && !rule->by_unlocked; i++) {
        struct quorum q = {.h = h};
        add_places(&q, p, rule);
        for (size_t k = 0; k < count; k++) {
            if (find_member(h, people[k]).type == SR_PRINCIPAL_HUMAN && !has_left(h, people[k]) &&
                can_sign(h, people[k]) && !same_person(h, people[i], people[k])) {
                q.name[q.people++] = people[k];
            }
        }
        if (may_ask(h, p, rule, people[i]) && can_fill(&q, 0)) {
            return true;
        }
    }
    return rule->by_unlocked;
}

/* Everybody who ever was enrolled. */
static size_t everybody(const struct past *h, struct sr_bytes out[HISTORY_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < h->count; i++) {
        for (size_t k = 0; k < h->entry[i].rosters; k++) {
            out[count++] = h->entry[i].roster[k].name;
        }
        if (h->entry[i].act->verb == SR_VERB_ENROL) {
            out[count++] = text_of(h->entry[i].act, SR_FIELD_principal);
        }
    }
    return count;
}

static enum sr_reason facts_policy(const struct question *q, const struct sr_act *act)
{
    const struct sr_policy *p = q->event->policy;
    if (p == NULL || !same_digest(p->digest, act->field[SR_FIELD_policy].digest)) {
        return SR_REASON_ALTERED_SUBJECT;
    }
    struct sr_bytes people[HISTORY_MAX];
    size_t count = everybody(q->h, people);
    return !same_digest(p->digest, q->p->digest) && can_change_policy(q->h, p, people, count)
               ? SR_REASON_NONE
               : SR_REASON_BAD_POLICY;
}

/* ---- D-19: handing over. */

static enum sr_reason facts_offer(const struct question *q, const struct sr_act *act)
{
    const struct sr_id *id = &act->field[SR_FIELD_version].id;
    const struct sr_act *had = find_version(q->h, id);
    if (!has_custody(q->h, id)) {
        return SR_REASON_WRONG_CUSTODIAN;
    }
    if (act->field[SR_FIELD_tier].number != had->field[SR_FIELD_tier].number ||
        !about(had, SR_FIELD_kind, text_of(act, SR_FIELD_kind))) {
        return SR_REASON_ALTERED_SUBJECT;
    }
    const struct sr_id *handoff = &act->field[SR_FIELD_handoff].id;
    if (find_offer(q->h, handoff) != NULL || handoff_answer(q->h, handoff) != SR_VERB_COUNT ||
        has_open_offer(q->h, id, q->now)) {
        return SR_REASON_HANDOFF_STATE;
    }
    return q->now < (int64_t)act->field[SR_FIELD_until].number ? SR_REASON_NONE : SR_REASON_CLOCK;
}

static enum sr_reason facts_answer(const struct question *q, const struct sr_act *act)
{
    const struct entry *offer = find_offer(q->h, &act->field[SR_FIELD_handoff].id);
    bool fits = offer != NULL &&
                handoff_answer(q->h, &act->field[SR_FIELD_handoff].id) == SR_VERB_COUNT &&
                chain_end(q->h, &act->field[SR_FIELD_version].id) == offer &&
                sr_text_id_equal(&offer->act->field[SR_FIELD_version].id,
                                 &act->field[SR_FIELD_version].id) &&
                same_digest(offer->digest, act->field[SR_FIELD_offer].digest);
    return fits ? SR_REASON_NONE : SR_REASON_HANDOFF_STATE;
}

/* What was accepted, of this version and offer, and not given back since. */
static enum sr_reason facts_return(const struct question *q, const struct sr_act *act)
{
    const struct sr_id *handoff = &act->field[SR_FIELD_handoff].id;
    const struct sr_act *accept = NULL;
    for (size_t i = 0; i < q->h->count; i++) {
        if (is_of(q->h->entry[i].act, SR_VERB_ACCEPT, SR_FIELD_handoff, handoff)) {
            accept = q->h->entry[i].act;
        }
    }
    if (accept == NULL || handoff_answer(q->h, handoff) != SR_VERB_ACCEPT ||
        !sr_text_id_equal(&accept->field[SR_FIELD_version].id, &act->field[SR_FIELD_version].id) ||
        !same_digest(accept->field[SR_FIELD_offer].digest, act->field[SR_FIELD_offer].digest)) {
        return SR_REASON_HANDOFF_STATE;
    }
    bool is_incoming = find_offer(q->h, handoff) == NULL;
    bool is_here = has_custody(q->h, &act->field[SR_FIELD_version].id);
    return is_incoming == is_here ? SR_REASON_NONE : SR_REASON_WRONG_CUSTODIAN;
}

/* The first event of this room follows the other room's offer. */
static bool joins_offer(const struct sr_act *act)
{
    return act->field[SR_FIELD_event].number >= 2 && sr_act_has(act, SR_FIELD_previous) &&
           same_digest(act->field[SR_FIELD_previous].digest, act->field[SR_FIELD_offer].digest);
}

static enum sr_reason facts_incoming(const struct sr_act *act)
{
    uint64_t tier = act->field[SR_FIELD_tier].number;
    uint64_t needed = SR_FIELD_BIT(from) | SR_FIELD_BIT(tier) | SR_FIELD_BIT(kind) |
                      SR_FIELD_BIT(files) | SR_FIELD_BIT(verdict);
    if ((act->has & needed) != needed || tier < 1 || tier > 5 ||
        act->field[SR_FIELD_files].number < 1) {
        return SR_REASON_MALFORMED;
    }
    return joins_offer(act) ? inspected(act) : SR_REASON_HANDOFF_FORK;
}

static enum sr_reason facts_chain(const struct question *q, const struct sr_act *act)
{
    const struct sr_id *id = &act->field[SR_FIELD_version].id;
    const struct entry *last = chain_end(q->h, id);
    if (is_disposed(q->h, id)) {
        return SR_REASON_HANDOFF_STATE;
    }
    uint64_t event = last != NULL ? last->act->field[SR_FIELD_event].number : 0;
    bool follows = last != NULL
                       ? sr_act_has(act, SR_FIELD_previous) &&
                             same_digest(act->field[SR_FIELD_previous].digest, last->digest)
                       : !sr_act_has(act, SR_FIELD_previous);
    return act->field[SR_FIELD_event].number == event + 1 && follows ? SR_REASON_NONE
                                                                     : SR_REASON_HANDOFF_FORK;
}

static enum sr_reason facts_handoff(const struct question *q, enum sr_verb verb,
                                    const struct sr_act *act)
{
    if (is_new_version(q, verb, act)) {
        return facts_incoming(act);
    }
    if (find_version(q->h, &act->field[SR_FIELD_version].id) == NULL) {
        return joins_offer(act) ? SR_REASON_NONE : SR_REASON_HANDOFF_FORK;
    }
    enum sr_reason reason = facts_chain(q, act);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    if (verb == SR_VERB_OFFER) {
        return facts_offer(q, act);
    }
    if (verb == SR_VERB_RETURN) {
        return facts_return(q, act);
    }
    if (verb != SR_VERB_DISPOSE) {
        return facts_answer(q, act);
    }
    if (!has_custody(q->h, &act->field[SR_FIELD_version].id)) {
        return SR_REASON_WRONG_CUSTODIAN;
    }
    return has_open_offer(q->h, &act->field[SR_FIELD_version].id, q->now) ? SR_REASON_HANDOFF_STATE
                                                                          : SR_REASON_NONE;
}

/* Of one verb. */
static enum sr_reason facts_of(const struct question *q, enum sr_verb verb,
                               const struct sr_act *act)
{
    if (verb == SR_VERB_DEPOSIT) {
        return facts_deposit(q, act);
    }
    if (sr_verb_releases(verb)) {
        return facts_release(q, act);
    }
    if (verb == SR_VERB_ENROL) {
        return facts_enrol(q, act);
    }
    if (verb == SR_VERB_ROTATE) {
        return facts_rotate(q, act);
    }
    if (verb == SR_VERB_POLICY) {
        return q->act->verb == verb ? facts_policy(q, act) : SR_REASON_NONE;
    }
    if (sr_verb_info(verb)->about == SR_VERB_ABOUT_PRINCIPAL) {
        return facts_principal(q, verb, act);
    }
    return facts_handoff(q, verb, act);
}

static enum sr_reason facts(const struct question *q, enum sr_verb verb, const struct sr_act *act)
{
    enum sr_reason reason = decide_subject(q, verb, act);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    if (sr_verb_info(verb)->group == SR_VERB_GROUP_ACT) {
        reason = facts_of(q, verb, act);
    }
    return reason == SR_REASON_NONE && !workload_is_here(q, act) ? SR_REASON_NO_SUCH_PRINCIPAL
                                                                 : reason;
}

/* ---- D-11: a rule's conditions. */

static bool is_in_hours(const struct sr_policy_rule *rule, int64_t now)
{
    int64_t minutes = now / 60000;
    unsigned minute = (unsigned)(minutes % 1440);
    unsigned day = (unsigned)((minutes / 1440 + 3) % 7); /* 1 January 1970 was a Thursday */
    bool begins_today = (rule->days >> day & 1) != 0;
    bool began_yesterday = (rule->days >> ((day + 6) % 7) & 1) != 0;
    if (rule->minute_from == rule->minute_to) {
        return begins_today;
    }
    if (rule->minute_from < rule->minute_to) {
        return begins_today && minute >= rule->minute_from && minute < rule->minute_to;
    }
    return (begins_today && minute >= rule->minute_from) ||
           (began_yesterday && minute < rule->minute_to);
}

static bool is_witnessed(const struct question *q, const struct sr_policy_rule *rule)
{
    unsigned fresh = 0;
    for (size_t i = 0; i < q->moment->witnessed; i++) {
        int64_t when = q->moment->witnessed_utc_ms[i];
        fresh += q->now - when <= rule->witness_ms_max && when - q->now <= q->p->act_ahead_ms;
    }
    return fresh >= rule->witnesses;
}

static bool misses(bool is_needed, const struct sr_act *terms, enum sr_act_field field)
{
    return is_needed && !sr_act_has(terms, field);
}

static bool is_above(const struct sr_act *terms, enum sr_act_field field, uint64_t max)
{
    return sr_act_has(terms, field) && terms->field[field].number > max;
}

static enum sr_reason quota_is_met(const struct sr_act *terms, enum sr_act_field field,
                                   uint64_t max)
{
    if (misses(max != SR_POLICY_NO_LIMIT, terms, field)) {
        return SR_REASON_TERMS_MISSING;
    }
    return is_above(terms, field, max) ? SR_REASON_TOO_MUCH : SR_REASON_NONE;
}

static enum sr_reason terms_are_met(const struct sr_policy_rule *rule, enum sr_verb verb,
                                    const struct sr_act *terms, bool is_glass)
{
    if (misses(rule->needs_reason || is_glass, terms, SR_FIELD_reason) ||
        misses(rule->needs_ticket, terms, SR_FIELD_ticket) ||
        misses(rule->needs_host, terms, SR_FIELD_host) ||
        misses(rule->needs_workload, terms, SR_FIELD_workload)) {
        return SR_REASON_TERMS_MISSING;
    }
    if (!sr_verb_releases(verb)) {
        return SR_REASON_NONE;
    }
    enum sr_reason reason = quota_is_met(terms, SR_FIELD_bytes, rule->bytes_max);
    if (reason == SR_REASON_NONE) {
        reason = quota_is_met(terms, SR_FIELD_files, rule->files_max);
    }
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    return is_above(terms, SR_FIELD_lasts_ms, (uint64_t)rule->lasts_ms_max) ? SR_REASON_TOO_LONG
                                                                            : SR_REASON_NONE;
}

/* terms are in the request where there is one, else in the act. */
static enum sr_reason conditions(const struct question *q, const struct sr_policy_rule *rule,
                                 enum sr_verb verb, const struct sr_act *terms, bool is_glass)
{
    if (!q->event->is_room &&
        !has_attributes(q->h, q->act->actor, rule->attributes, rule->attribute, q->now)) {
        return SR_REASON_ATTRIBUTE_EXPIRED;
    }
    if (!is_glass && !is_in_hours(rule, q->now)) {
        return SR_REASON_HOURS;
    }
    if (!is_witnessed(q, rule)) {
        return SR_REASON_WITNESSES;
    }
    return terms_are_met(rule, verb, terms, is_glass);
}

/* ---- D-10: acts that a rule decides. */

static bool needs_grant(const struct sr_policy_rule *rule, enum sr_verb verb)
{
    bool is_limited =
        rule->lasts_ms_max != SR_POLICY_NO_LIMIT || rule->bytes_max != SR_POLICY_NO_LIMIT ||
        rule->files_max != SR_POLICY_NO_LIMIT || rule->copies_max != SR_POLICY_NO_LIMIT ||
        rule->uses_max != SR_POLICY_NO_LIMIT;
    return rule->needs > 0 || rule->wait_ms > 0 || (sr_verb_releases(verb) && is_limited);
}

/* Field request of an act: it is the actor's, for this act (D-10). */
static enum sr_reason decide_grant(const struct question *q, const struct entry *request)
{
    struct sr_err err = {0};
    if (request == NULL) {
        return SR_REASON_NO_SUCH_REQUEST;
    }
    if (!sr_text_equal(request->act->actor, q->act->actor) ||
        request->is_room != q->event->is_room) {
        return SR_REASON_NOT_THE_REQUESTER;
    }
    return sr_act_fits_request(q->act, request->act, &err) == SR_OK ? SR_REASON_NONE
                                                                    : SR_REASON_NOT_AS_REQUESTED;
}

/* D-8: the rule, or why there is none that allows it. */
static enum sr_reason decide_rule(const struct past *h, enum sr_verb verb, const struct sr_act *act,
                                  const struct sr_policy_rule **out)
{
    *out = rule_of(h, verb, act);
    if (*out == NULL) {
        return SR_REASON_NO_RULE;
    }
    return (*out)->forbids ? SR_REASON_FORBIDDEN : SR_REASON_NONE;
}

/* D-6 to D-9. */
static enum sr_reason decide_power(const struct question *q, bool is_glass,
                                   const struct sr_policy_rule **out)
{
    enum sr_reason reason = facts(q, q->act->verb, q->act);
    if (reason == SR_REASON_NONE) {
        reason = decide_rule(q->h, q->act->verb, q->act, out);
    }
    if (reason == SR_REASON_NONE && !is_glass) {
        reason = by_whom(q->h, *out, q->act->actor, q->event->is_room);
    }
    return reason;
}

static enum sr_reason decide_act(const struct question *q)
{
    const struct sr_act *act = q->act;
    const struct sr_policy_rule *rule = NULL;
    const struct entry *request = NULL;
    bool names = sr_act_has(act, SR_FIELD_request);
    if (names) {
        request = find_request(q->h, act->field[SR_FIELD_request].digest);
    }
    bool is_glass = request != NULL && is_break_glass(request);
    enum sr_reason reason = decide_power(q, is_glass, &rule);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    if (names || needs_grant(rule, act->verb)) {
        reason = names ? decide_grant(q, request) : SR_REASON_NEEDS_REQUEST;
    }
    if (reason == SR_REASON_NONE) {
        const struct sr_act *terms = request != NULL ? request->act : act;
        reason = conditions(q, rule, act->verb, terms, is_glass);
    }
    return reason == SR_REASON_NONE && request != NULL ? standing(q->h, request, q->now).reason
                                                       : reason;
}

/* ---- D-12, D-17: requests. */

static bool has_open_review(const struct past *h, struct sr_bytes who)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct entry *e = &h->entry[i];
        if (e->act->verb == SR_VERB_REQUEST && is_break_glass(e) &&
            same_person(h, e->act->actor, who) && !has_act(h, e->digest, SR_VERB_JUDGE)) {
            return true;
        }
    }
    return false;
}

static enum sr_reason decide_break_glass(const struct question *q, enum sr_verb verb)
{
    const struct sr_policy_break_glass *glass = &q->p->break_glass;
    if (!glass->is_allowed || (glass->verbs >> verb & 1) == 0 || verb == SR_VERB_EXPORT ||
        q->event->is_room || find_member(q->h, q->act->actor).type != SR_PRINCIPAL_HUMAN ||
        !holds_one_of(q->h, q->p, &glass->holders, q->act->actor)) {
        return SR_REASON_NOT_BREAK_GLASS;
    }
    if (glass->needs_hardware && !q->event->proof.is_hardware) {
        return SR_REASON_WEAK_SIGNATURE;
    }
    return has_open_review(q->h, q->act->actor) ? SR_REASON_REVIEW_OPEN : SR_REASON_NONE;
}

#define ASKING                                                                                     \
    (SR_FIELD_BIT(what) | SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket) | SR_FIELD_BIT(lasts_ms) |   \
     SR_FIELD_BIT(host) | SR_FIELD_BIT(workload) | SR_FIELD_BIT(bytes) | SR_FIELD_BIT(files) |     \
     SR_FIELD_BIT(break_glass))

static enum sr_reason decide_request(const struct question *q)
{
    enum sr_verb verb = asked_verb(q->act);
    if (verb == SR_VERB_COUNT || sr_verb_info(verb)->group != SR_VERB_GROUP_ACT ||
        (q->act->has & ~(sr_verb_info(verb)->must | sr_verb_info(verb)->may | ASKING)) != 0) {
        return SR_REASON_MALFORMED;
    }
    bool is_glass = sr_act_has(q->act, SR_FIELD_break_glass);
    enum sr_reason reason = facts(q, verb, q->act);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    const struct sr_policy_rule *rule = NULL;
    reason = decide_rule(q->h, verb, q->act, &rule);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    reason = is_glass ? decide_break_glass(q, verb)
                      : by_whom(q->h, rule, q->act->actor, q->event->is_room);
    if (reason == SR_REASON_NONE) {
        reason = conditions(q, rule, verb, q->act, is_glass);
    }
    return reason == SR_REASON_NONE && is_glass &&
                   is_above(q->act, SR_FIELD_lasts_ms, (uint64_t)q->p->break_glass.lasts_ms_max)
               ? SR_REASON_TOO_LONG
               : reason;
}

/* ---- D-15 to D-17: reviews. */

static bool fills_a_place(const struct past *h, const struct sr_policy_rule *rule,
                          struct sr_bytes who)
{
    const struct sr_policy *p = policy_now(h);
    for (size_t i = 0; rule != NULL && i < rule->needs; i++) {
        if (holds_role(h, who, p->role[rule->need[i].role])) {
            return true;
        }
    }
    return false;
}

static bool is_closed(enum sr_request_state state)
{
    return state == SR_REQUEST_DENIED || state == SR_REQUEST_WITHDRAWN ||
           state == SR_REQUEST_REVOKED || state == SR_REQUEST_USED || state == SR_REQUEST_EXPIRED ||
           state == SR_REQUEST_EXHAUSTED;
}

static enum sr_reason decide_opinion(const struct question *q, const struct entry *request)
{
    const struct sr_policy_rule *rule = rule_of(q->h, asked_verb(request->act), request->act);
    struct sr_bytes who = q->act->actor;
    if (find_member(q->h, who).type != SR_PRINCIPAL_HUMAN) {
        return SR_REASON_WRONG_TYPE;
    }
    if (is_requester(q->h, request, who)) {
        return SR_REASON_SELF_APPROVAL;
    }
    struct stand s = standing(q->h, request, q->now);
    if (is_closed(s.state)) {
        return s.reason;
    }
    if (is_break_glass(request) || !fills_a_place(q->h, rule, who)) {
        return SR_REASON_NOT_A_REVIEWER;
    }
    if (!has_attributes(q->h, who, rule->reviewer_attributes, rule->reviewer_attribute, q->now)) {
        return SR_REASON_ATTRIBUTE_EXPIRED;
    }
    if (q->act->verb == SR_VERB_DENY) {
        return SR_REASON_NONE;
    }
    if (has_approved(q->h, request->digest, who, true)) {
        return SR_REASON_REVIEWED_ALREADY;
    }
    return is_signed_well(rule, &q->event->proof) ? SR_REASON_NONE : SR_REASON_WEAK_SIGNATURE;
}

static bool is_warden(const struct past *h, struct sr_bytes who)
{
    const struct sr_policy_rule *rule = leave_rule(h);
    return rule != NULL && !rule->forbids && find_member(h, who).type == SR_PRINCIPAL_HUMAN &&
           (holds_one_of(h, policy_now(h), &rule->by, who) || fills_a_place(h, rule, who));
}

static enum sr_reason decide_withdrawal(const struct question *q, const struct entry *request)
{
    enum sr_reason reason = ended(q->h, request);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    return is_requester(q->h, request, q->act->actor) ||
                   has_approved(q->h, request->digest, q->act->actor, false)
               ? SR_REASON_NONE
               : SR_REASON_NOT_THE_REQUESTER;
}

static enum sr_reason decide_revocation(const struct question *q, const struct entry *request)
{
    struct sr_bytes who = q->act->actor;
    const struct sr_policy_rule *rule = rule_of(q->h, asked_verb(request->act), request->act);
    bool is_human = find_member(q->h, who).type == SR_PRINCIPAL_HUMAN;
    bool may = q->event->is_room || is_requester(q->h, request, who) ||
               (is_human && (fills_a_place(q->h, rule, who) ||
                             holds_one_of(q->h, q->p, &q->p->break_glass.reviewers, who))) ||
               is_warden(q->h, who);
    enum sr_reason reason = ended(q->h, request);
    return reason == SR_REASON_NONE && !may ? SR_REASON_NOT_A_REVIEWER : reason;
}

static enum sr_reason decide_judgement(const struct question *q, const struct entry *request)
{
    struct sr_bytes who = q->act->actor;
    struct sr_bytes outcome = text_of(q->act, SR_FIELD_outcome);
    if (!is_break_glass(request)) {
        return SR_REASON_NOT_BREAK_GLASS;
    }
    if (has_act(q->h, request->digest, SR_VERB_JUDGE)) {
        return SR_REASON_REVIEWED_ALREADY;
    }
    if (find_member(q->h, who).type != SR_PRINCIPAL_HUMAN) {
        return SR_REASON_WRONG_TYPE;
    }
    if (is_requester(q->h, request, who)) {
        return SR_REASON_SELF_APPROVAL;
    }
    if (!holds_one_of(q->h, q->p, &q->p->break_glass.reviewers, who)) {
        return SR_REASON_NOT_A_REVIEWER;
    }
    return is_word(outcome, "justified") || is_word(outcome, "unjustified") ? SR_REASON_NONE
                                                                            : SR_REASON_MALFORMED;
}

static enum sr_reason decide_revoke_key(const struct question *q)
{
    struct sr_bytes name = text_of(q->act, SR_FIELD_principal);
    const char *fingerprint = keys_fingerprint(text_of(q->act, SR_FIELD_key));
    if (!find_member(q->h, name).is_enrolled) {
        return SR_REASON_NO_SUCH_PRINCIPAL;
    }
    if (!sr_text_equal(key_owner(q->h, fingerprint), name)) {
        return SR_REASON_MALFORMED;
    }
    if (key_is_revoked(q->h, fingerprint)) {
        return SR_REASON_KEY_REVOKED;
    }
    return q->event->is_room || same_person(q->h, q->act->actor, name) ||
                   is_warden(q->h, q->act->actor)
               ? SR_REASON_NONE
               : SR_REASON_NOT_BY_ACTOR;
}

static enum sr_reason decide_review(const struct question *q)
{
    if (q->act->verb == SR_VERB_REQUEST) {
        return decide_request(q);
    }
    if (q->act->verb == SR_VERB_REVOKE_KEY) {
        return decide_revoke_key(q);
    }
    const struct entry *request = find_request(q->h, q->act->field[SR_FIELD_request].digest);
    if (request == NULL) {
        return SR_REASON_NO_SUCH_REQUEST;
    }
    if (q->act->verb == SR_VERB_JUDGE) {
        return decide_judgement(q, request);
    }
    if (q->act->verb == SR_VERB_WITHDRAW) {
        return decide_withdrawal(q, request);
    }
    return q->act->verb == SR_VERB_REVOKE ? decide_revocation(q, request)
                                          : decide_opinion(q, request);
}

/* ---- D-20: the room's own; and all of it. */

/* One of the first people, as D-7 has it of whoever is enrolled. */
static enum sr_reason decide_founder(const struct entry *first, size_t index)
{
    const struct sr_roster *line = &first->roster[index];
    size_t key = keys_identity(line->key);
    for (size_t i = 0; i < line->roles; i++) {
        bool is_known = false;
        for (size_t k = 0; k < first->policy->roles; k++) {
            is_known = is_known || is_word(line->role[i], first->policy->role[k]);
        }
        if (!is_known) {
            return SR_REASON_NO_SUCH_ROLE;
        }
    }
    if (key == KEYS_AND_TWINS) {
        return SR_REASON_MALFORMED;
    }
    for (size_t i = 0; i < index; i++) {
        if (sr_text_equal(line->name, first->roster[i].name)) {
            return SR_REASON_PRINCIPAL_EXISTS;
        }
        if (key == keys_identity(first->roster[i].key)) {
            return SR_REASON_KEY_IN_USE;
        }
    }
    return key == keys_identity(text_of(first->act, SR_FIELD_key)) ? SR_REASON_KEY_IN_USE
                                                                   : SR_REASON_NONE;
}

static enum sr_reason decide_founders(struct entry *first)
{
    if (!history_read_roster(first, first->act)) {
        return SR_REASON_MALFORMED;
    }
    for (size_t i = 0; i < first->rosters; i++) {
        enum sr_reason reason = decide_founder(first, i);
        if (reason != SR_REASON_NONE) {
            return reason;
        }
    }
    struct past after = {first, 1};
    struct sr_bytes people[HISTORY_MAX];
    size_t count = everybody(&after, people);
    return can_change_policy(&after, first->policy, people, count) ? SR_REASON_NONE
                                                                   : SR_REASON_BAD_POLICY;
}

static enum sr_reason decide_first(const struct sr_state_event *event)
{
    static const struct sr_id nothing;
    const struct sr_act *act = event->act;
    struct entry first = {.act = act, .policy = event->policy};
    if (act->verb != SR_VERB_INIT && act->verb != SR_VERB_ADOPT) {
        return SR_REASON_OTHER_ROOM;
    }
    if (!event->is_room) {
        return SR_REASON_ONLY_THE_ROOM;
    }
    if (sr_text_id_equal(&act->room, &nothing)) {
        return SR_REASON_MALFORMED;
    }
    if (strcmp(keys_fingerprint(text_of(act, SR_FIELD_key)), event->fingerprint) != 0) {
        return SR_REASON_NOT_ACTORS_KEY;
    }
    if (first.policy == NULL ||
        !same_digest(first.policy->digest, act->field[SR_FIELD_policy].digest)) {
        return SR_REASON_ALTERED_SUBJECT;
    }
    return decide_founders(&first);
}

static enum sr_reason decide_record(const struct question *q)
{
    enum sr_reason reason = facts(q, q->act->verb, q->act);
    if (reason == SR_REASON_NONE && sr_act_has(q->act, SR_FIELD_request) &&
        find_request(q->h, q->act->field[SR_FIELD_request].digest) == NULL) {
        return SR_REASON_NO_SUCH_REQUEST;
    }
    return reason;
}

static enum sr_reason decide(const struct question *q)
{
    if (q->act->verb == SR_VERB_INIT || q->act->verb == SR_VERB_ADOPT) {
        return sr_text_id_equal(&q->act->room, &q->h->entry[0].act->room)
                   ? SR_REASON_MALFORMED /* D-20: there is a room */
                   : SR_REASON_OTHER_ROOM;
    }
    enum sr_reason reason = decide_freshness(q);
    if (reason == SR_REASON_NONE) {
        reason = decide_actor(q);
    }
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    enum sr_verb_group group = sr_verb_info(q->act->verb)->group;
    if (group == SR_VERB_GROUP_SYSTEM) {
        return SR_REASON_MALFORMED;
    }
    if (group == SR_VERB_GROUP_REVIEW) {
        return decide_review(q);
    }
    return group == SR_VERB_GROUP_RECORD ? decide_record(q) : decide_act(q);
}

struct oracle_answer oracle_decide(const struct history *history,
                                   const struct sr_state_event *event,
                                   const struct sr_moment *moment)
{
    struct past h = {history->entry, history->count};
    struct question q = {&h, event->act, event, moment, moment->now_utc_ms, NULL};
    enum sr_reason reason = SR_REASON_NONE;
    if (h.count == 0) {
        reason = decide_first(event);
    } else {
        q.p = policy_now(&h);
        reason = decide(&q);
    }
    struct oracle_answer answer = {SR_RULING_DENY, reason};
    if (reason == SR_REASON_NONE) {
        answer.ruling = SR_RULING_ALLOW;
    } else if (reason == SR_REASON_APPROVALS_MISSING || reason == SR_REASON_WAITING) {
        answer.ruling = SR_RULING_PENDING;
    }
    return answer;
}

enum sr_request_state oracle_standing(const struct history *history, const uint8_t *request,
                                      int64_t now, enum sr_reason *out_reason)
{
    struct past h = {history->entry, history->count};
    struct stand s = standing(&h, find_request(&h, request), now);
    *out_reason = s.reason;
    return s.state;
}
