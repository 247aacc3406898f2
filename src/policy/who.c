/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "policy/decide_impl.h"
#include "policy/explain.h"

/*
 * Sets of people who suffice. Which sets of approvers fill all places are the bases of a matroid:
 * a beginning of a set that can be completed is found by seating greedily, so that no time is
 * spent on beginnings that lead nowhere. They are counted by what people could approve, of which
 * there are few kinds, and not one by one.
 */

#define KINDS 256       /* of people: the needs that they could fill, as bits */
#define WAYS_MAX 100000 /* looked at when counting; then there are too many */
#define TOO_MANY UINT64_MAX

struct candidate {
    const struct sr_principal *p;
    uint8_t mask;
};

struct who {
    const struct sr_state *s;
    const struct sr_policy_rule *rule;
    const struct sr_act *act; /* with nothing but what the verb is about */
    enum sr_verb verb;
    int64_t now;
    struct candidate *candidate; /* who may approve, whoever asks */
    size_t candidates;
    struct sr_who_set *set;
    size_t sets;
    size_t limit;
    size_t room;
    uint64_t total;
    bool is_counted[KINDS]; /* how many sets there are when somebody of a kind asks */
    uint64_t count[KINDS];
};

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > TOO_MANY - b ? TOO_MANY : a + b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return b != 0 && a > TOO_MANY / b ? TOO_MANY : a * b;
}

/* ---- People. */

static bool is_able(const struct who *w, const struct sr_principal *p)
{
    return sr_people_is_here(p) && sr_people_can_sign(p, false) &&
           sr_ask_rests(w->s, p, w->act, w->verb, w->now) == NULL;
}

static bool may_ask(const struct who *w, const struct sr_principal *p)
{
    return is_able(w, p) && sr_ask_by(w->rule, p) == SR_REASON_NONE &&
           sr_ask_lacks(p, w->rule->attributes, w->rule->attribute, w->now) == NULL;
}

static enum sr_status find_candidates(struct who *w)
{
    size_t people = sr_state_principal_count(w->s);
    w->candidate = calloc(people + 1, sizeof *w->candidate);
    if (w->candidate == NULL) {
        return SR_NO_MEMORY;
    }
    bool needs_hardware = w->rule->needs_hardware || w->rule->needs_verification;
    for (size_t i = 0; i < people; i++) {
        const struct sr_principal *p = sr_state_principal_at(w->s, i);
        if (sr_people_can_sign(p, needs_hardware) &&
            sr_ask_could_review(w->s, "", w->act, w->verb, w->rule, p, w->now)) {
            w->candidate[w->candidates++] =
                (struct candidate){p, sr_matching_mask(w->rule, p->role_bits)};
        }
    }
    return SR_OK;
}

/* ---- Sets. */

static enum sr_status put_set(struct who *w, const char *requester, const size_t *pick,
                              size_t count)
{
    if (w->sets == w->room) {
        size_t room = 2 * w->room + 16;
        struct sr_who_set *more = calloc(room, sizeof *more);
        if (more == NULL) {
            return SR_NO_MEMORY;
        }
        if (w->sets > 0) {
            memcpy(more, w->set, w->sets * sizeof *more);
        }
        free(w->set);
        w->set = more;
        w->room = room;
    }
    struct sr_who_set *set = &w->set[w->sets++];
    set->requester = requester;
    set->approvers = count;
    for (size_t i = 0; i < count; i++) {
        set->approver[i] = w->candidate[pick[i]].p->name;
    }
    return SR_OK;
}

static bool is_other(const struct who *w, size_t index, const char *person)
{
    return strcmp(w->candidate[index].p->person, person) != 0;
}

/* Whether those picked fill as many places, and can be completed by candidates from next on. */
static bool can_be_completed(const struct who *w, const char *person, const size_t *pick,
                             size_t picked, size_t next)
{
    struct sr_matching m;
    sr_matching_init(&m, w->rule);
    for (size_t i = 0; i < picked; i++) {
        if (!sr_matching_offer(&m, NULL, w->candidate[pick[i]].mask)) {
            return false;
        }
    }
    for (size_t i = next; i < w->candidates && !sr_matching_is_full(&m); i++) {
        if (is_other(w, i, person)) {
            (void)sr_matching_offer(&m, NULL, w->candidate[i].mask);
        }
    }
    return sr_matching_is_full(&m);
}

/* The first candidate from `from` on who can be the next one picked; false: nobody. */
static bool pick_next(const struct who *w, const char *person, size_t *pick, size_t picked,
                      size_t from)
{
    for (size_t i = from; i < w->candidates; i++) {
        pick[picked] = i;
        if (is_other(w, i, person) && can_be_completed(w, person, pick, picked + 1, i + 1)) {
            return true;
        }
    }
    return false;
}

static enum sr_status list_sets(struct who *w, const char *requester, const char *person)
{
    size_t pick[SR_MATCHING_SEATS_MAX];
    struct sr_matching m;
    sr_matching_init(&m, w->rule);
    size_t picked = 0;
    size_t from = 0;
    while (w->sets < w->limit) {
        if (picked == m.places) {
            SR_TRY(put_set(w, requester, pick, picked));
        } else if (pick_next(w, person, pick, picked, from)) {
            from = pick[picked++] + 1;
            continue;
        }
        if (picked == 0) {
            break;
        }
        from = pick[--picked] + 1;
    }
    return SR_OK;
}

/* ---- How many there are. */

struct kinds {
    size_t count;
    uint8_t mask[KINDS];
    uint64_t people[KINDS];
    size_t taken[KINDS];
};

static void sort_into_kinds(const struct who *w, const char *person, struct kinds *k)
{
    size_t index[KINDS];
    memset(k, 0, sizeof *k);
    memset(index, 0xff, sizeof index);
    for (size_t i = 0; i < w->candidates; i++) {
        uint8_t mask = w->candidate[i].mask;
        if (!is_other(w, i, person)) {
            continue;
        }
        if (index[mask] == SIZE_MAX) {
            index[mask] = k->count;
            k->mask[k->count++] = mask;
        }
        k->people[index[mask]]++;
    }
}

static uint64_t choose(uint64_t n, size_t k)
{
    uint64_t ways = 1;
    for (size_t i = 0; i < k && ways != TOO_MANY; i++) {
        uint64_t product = multiply(ways, n - i); /* divisible by i + 1, as it is C(n, i + 1) */
        ways = product == TOO_MANY ? TOO_MANY : product / (i + 1);
    }
    return ways;
}

/* Whether so many of each of the first kinds can be seated at once. */
static bool can_be_seated(const struct who *w, const struct kinds *k, size_t kinds)
{
    struct sr_matching m;
    sr_matching_init(&m, w->rule);
    for (size_t i = 0; i < kinds; i++) {
        for (size_t n = 0; n < k->taken[i]; n++) {
            if (!sr_matching_offer(&m, NULL, k->mask[i])) {
                return false;
            }
        }
    }
    return true;
}

static uint64_t ways_of(const struct kinds *k)
{
    uint64_t ways = 1;
    for (size_t i = 0; i < k->count; i++) {
        ways = multiply(ways, choose(k->people[i], k->taken[i]));
    }
    return ways;
}

/* Every way to take so many of each kind that all places are filled: an odometer over the kinds. */
static uint64_t count_sets(const struct who *w, const char *person)
{
    struct kinds k;
    struct sr_matching m;
    uint64_t total = 0;
    size_t looked_at = 0;
    size_t at = 0;
    size_t taken = 0;
    sort_into_kinds(w, person, &k);
    sr_matching_init(&m, w->rule);
    if (k.count == 0) {
        return m.places == 0;
    }
    for (;;) {
        if (++looked_at > WAYS_MAX) {
            return TOO_MANY;
        }
        bool is_good =
            taken <= m.places && k.taken[at] <= k.people[at] && can_be_seated(w, &k, at + 1);
        if (is_good && at + 1 < k.count) {
            at++; /* with none of the next kind */
            continue;
        }
        total = is_good && taken == m.places ? add(total, ways_of(&k)) : total;
        if (!is_good) { /* and more of this kind are not good either */
            if (at == 0) {
                return total;
            }
            taken -= k.taken[at];
            k.taken[at--] = 0;
        }
        k.taken[at]++;
        taken++;
    }
}

static enum sr_status sets_of(struct who *w, const char *requester, const char *person)
{
    uint8_t kind = 0; /* of who could not approve */
    for (size_t i = 0; i < w->candidates; i++) {
        kind = is_other(w, i, person) ? kind : w->candidate[i].mask;
    }
    if (!w->is_counted[kind]) {
        w->count[kind] = count_sets(w, person);
        w->is_counted[kind] = true;
    }
    w->total = add(w->total, w->count[kind]);
    return list_sets(w, requester, person);
}

/* ---- Who asks. */

static enum sr_status sets_of_all(struct who *w)
{
    SR_TRY(find_candidates(w));
    if (w->rule->by_unlocked) {
        SR_TRY(sets_of(w, "whoever unlocks the room", ""));
    }
    for (size_t i = 0; i < sr_state_principal_count(w->s); i++) {
        const struct sr_principal *p = sr_state_principal_at(w->s, i);
        if (may_ask(w, p)) {
            SR_TRY(sets_of(w, p->name, p->person));
        }
    }
    return SR_OK;
}

static enum sr_status holders(struct who *w)
{
    const struct sr_policy *policy = sr_state_policy(w->s);
    for (size_t i = 0; i < sr_state_principal_count(w->s); i++) {
        const struct sr_principal *p = sr_state_principal_at(w->s, i);
        if (!is_able(w, p) || !sr_ask_is_holder(policy, p, w->verb) || p->unjudged > 0 ||
            !sr_people_can_sign(p, policy->break_glass.needs_hardware) ||
            sr_ask_lacks(p, w->rule->attributes, w->rule->attribute, w->now) != NULL) {
            continue;
        }
        w->total = add(w->total, 1);
        if (w->sets < w->limit) {
            SR_TRY(put_set(w, p->name, NULL, 0));
            w->set[w->sets - 1].is_break_glass = true;
        }
    }
    return SR_OK;
}

static void who_clear(struct who *w)
{
    free(w->candidate);
    free(w->set);
}

/* What the verb is about is here, and ours. */
static bool is_there(enum sr_verb verb, const struct sr_state_version *version)
{
    return !sr_verb_releases(verb) ||
           (version != NULL && !version->is_disposed && version->custodian == NULL);
}

enum sr_status sr_explain_who_can(const struct sr_state *s, enum sr_verb verb,
                                  const struct sr_state_version *version,
                                  const struct sr_moment *moment, size_t limit,
                                  struct sr_who_set **out, size_t *out_count, uint64_t *out_total,
                                  struct sr_err *err)
{
    (void)err;
    struct sr_act act = {.verb = verb};
    SR_CLEANUP(who_clear)
    struct who w = {.s = s, .act = &act, .verb = verb, .now = moment->now_utc_ms, .limit = limit};
    if (version != NULL) {
        sr_act_set_id(&act, SR_FIELD_version, &version->id);
    }
    if (sr_state_has_room(s) && is_there(verb, version)) {
        w.rule = sr_policy_rule_of(s, verb, &act);
    }
    if (w.rule != NULL && !w.rule->forbids) {
        SR_TRY(sets_of_all(&w));
        SR_TRY(holders(&w));
    }
    if (w.set == NULL) {
        w.set = calloc(1, sizeof *w.set);
        if (w.set == NULL) {
            return SR_NO_MEMORY;
        }
    }
    *out = SR_TAKE(w.set);
    *out_count = w.sets;
    *out_total = w.total;
    return SR_OK;
}
