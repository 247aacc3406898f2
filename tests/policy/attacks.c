/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "world.h"

/* ---- What attacks have in common. */

/* The attack would work were it not refused: note it. */
static void arm(struct world *w, bool is_armed)
{
    w->tally->armed[w->attack] += is_armed && !w->is_over;
}

static enum sr_reason do_about(struct world *w, enum sr_verb verb, size_t actor,
                               const struct known_request *r)
{
    struct draft d;
    draft_about(w, &d, verb, actor, r);
    return world_do(w, &d);
}

static enum sr_reason use(struct world *w, const struct known_request *r)
{
    struct draft d;
    draft_granted(w, &d, r);
    return world_do(w, &d);
}

static enum sr_verb pick_power(struct world *w)
{
    static const enum sr_verb verbs[] = {
        SR_VERB_USE,    SR_VERB_USE,    SR_VERB_READ,  SR_VERB_EXPORT,    SR_VERB_EXPORT,
        SR_VERB_POLICY, SR_VERB_ROTATE, SR_VERB_ROLES, SR_VERB_ATTRIBUTE,
    };
    return verbs[chance_below(&w->chance, sizeof verbs / sizeof verbs[0])];
}

static size_t count_approvals(const struct world *w, const struct known_request *r)
{
    size_t count = 0;
    for (size_t i = 0; i < w->h.count; i++) {
        const struct sr_act *act = w->h.entry[i].act;
        count += act->verb == SR_VERB_APPROVE &&
                 memcmp(act->field[SR_FIELD_request].digest, r->digest, SR_SHA256_BYTES) == 0;
    }
    return count;
}

/* A request that waits for approvals; NULL when none came about. */
static const struct known_request *get_pending(struct world *w)
{
    for (size_t i = 0; i < 12 && !w->is_over; i++) {
        const struct known_request *r = world_ask(w, pick_power(w), pick_human(w));
        if (r != NULL && world_standing(w, r) == SR_REQUEST_PENDING) {
            return r;
        }
    }
    return NULL;
}

/* A grant that others approved. */
static const struct known_request *get_grant(struct world *w)
{
    for (size_t i = 0; i < 4 && !w->is_over; i++) {
        const struct known_request *r = get_pending(w);
        if (r != NULL && world_approve(w, r) && count_approvals(w, r) > 0) {
            arm(w, true);
            return r;
        }
    }
    return NULL;
}

/* One of those who approved. */
static size_t pick_approver(struct world *w, const struct known_request *r)
{
    size_t at = chance_below(&w->chance, count_approvals(w, r));
    for (size_t i = 0; i < w->h.count; i++) {
        const struct sr_act *act = w->h.entry[i].act;
        if (act->verb != SR_VERB_APPROVE ||
            memcmp(act->field[SR_FIELD_request].digest, r->digest, SR_SHA256_BYTES) != 0 ||
            at-- > 0) {
            continue;
        }
        for (size_t k = 0; k < w->actors; k++) {
            if (sr_text_equal(act->actor, sr_text_view(w->actor[k].name))) {
                return k;
            }
        }
    }
    return 0;
}

static void draft_copy(struct world *w, struct draft *d, const struct draft *from, size_t actor)
{
    draft_begin(w, d, from->act.verb, actor);
    d->act.has = from->act.has;
    memcpy(d->act.field, from->act.field, sizeof d->act.field);
    d->has_subject_digest = from->has_subject_digest;
    memcpy(d->subject_digest, from->subject_digest, sizeof d->subject_digest);
    d->policy = from->policy;
}

/* Bring something about lawfully, by whoever may, with whatever approvals it needs. */
static bool achieve(struct world *w, const struct draft *what)
{
    size_t first = pick_actor(w);
    for (size_t i = 0; i < w->actors && !w->is_over; i++) {
        struct draft d;
        size_t who = (first + i) % w->actors;
        draft_copy(w, &d, what, who);
        enum sr_reason reason = world_do(w, &d);
        if (reason == SR_REASON_NONE) {
            return true;
        }
        if (reason != SR_REASON_NEEDS_REQUEST && reason != SR_REASON_TERMS_MISSING) {
            continue;
        }
        size_t before = w->requests;
        draft_copy(w, &d, what, who);
        draft_ask(w, &d);
        if (world_do(w, &d) == SR_REASON_NONE && w->requests > before &&
            world_approve(w, &w->request[before]) &&
            use(w, &w->request[before]) == SR_REASON_NONE) {
            return true;
        }
    }
    return false;
}

static void draft_free(struct world *w, struct draft *d, enum sr_verb verb)
{
    draft_begin(w, d, verb, 0);
}

static bool achieve_roles(struct world *w, size_t who, bool has_any)
{
    struct draft d;
    draft_free(w, &d, SR_VERB_ROLES);
    sr_act_set_word(&d.act, SR_FIELD_principal, w->actor[who].name);
    d.texts[0] = sr_text_view("officer");
    d.texts[1] = sr_text_view("security");
    if (has_any) {
        sr_act_set_texts(&d.act, SR_FIELD_roles, d.texts, 2);
    }
    return achieve(w, &d);
}

static bool achieve_leave(struct world *w, size_t who)
{
    struct draft d;
    draft_free(w, &d, SR_VERB_LEAVE);
    sr_act_set_word(&d.act, SR_FIELD_principal, w->actor[who].name);
    sr_act_set_digest(&d.act, SR_FIELD_report, w->policy[0].digest);
    return achieve(w, &d);
}

static bool achieve_key(struct world *w, size_t who)
{
    struct draft d;
    draft_free(w, &d, SR_VERB_ADD_KEY);
    sr_act_set_word(&d.act, SR_FIELD_principal, w->actor[who].name);
    w->keys_given += w->keys_given < ROOM_KEY;
    sr_act_set_word(&d.act, SR_FIELD_key, keys_make()[ROOM_KEY - w->keys_given].line);
    return achieve(w, &d);
}

/* Somebody of a type whom owner answers for; w->actors when none came about. */
static size_t get_servant(struct world *w, size_t owner, const char *type)
{
    struct draft d;
    size_t before = w->actors;
    draft_free(w, &d, SR_VERB_ENROL);
    (void)snprintf(d.lines[0], sizeof d.lines[0], "%s%zu", type, w->actors);
    sr_act_set_word(&d.act, SR_FIELD_principal, d.lines[0]);
    sr_act_set_word(&d.act, SR_FIELD_type, type);
    sr_act_set_word(&d.act, SR_FIELD_owner, w->actor[owner].name);
    w->keys_given += w->keys_given < ROOM_KEY;
    sr_act_set_word(&d.act, SR_FIELD_key, keys_make()[ROOM_KEY - w->keys_given].line);
    static const char *const roles[] = {"officer", "security", "engineer", "admin", "incident"};
    for (size_t i = 0; i < 5; i++) {
        d.texts[i] = sr_text_view(roles[i]);
    }
    /* Some types may not have roles that approve. */
    bool may = strcmp(type, "service") == 0;
    sr_act_set_texts(&d.act, SR_FIELD_roles, d.texts + (may ? 0 : 2), may ? 5 : 1);
    if (!achieve(w, &d) && !may) {
        d.act.has &= ~SR_FIELD_BIT(roles);
        (void)achieve(w, &d);
    }
    return w->actors > before ? before : ACTORS_MAX;
}

/* ---- The attacks, one by one. */

static void attack_self_approval(struct world *w)
{
    const struct known_request *r = get_pending(w);
    if (r != NULL) {
        arm(w, true);
        for (size_t i = 0; i < 3; i++) {
            (void)do_about(w, SR_VERB_APPROVE, r->requester, r);
        }
        (void)use(w, r);
    }
}

static void attack_sock_two_keys(struct world *w)
{
    size_t who = pick_human(w);
    if (w->actor[who].keys < 2) {
        (void)achieve_key(w, who);
    }
    const struct known_request *r = get_pending(w);
    for (size_t i = 0; r != NULL && i < w->actor[who].keys; i++) {
        struct draft d;
        draft_about(w, &d, SR_VERB_APPROVE, who, r);
        d.key = w->actor[who].key[i];
        arm(w, world_do(w, &d) == SR_REASON_NONE && w->actor[who].keys > 1);
    }
    if (r != NULL) {
        (void)use(w, r);
    }
}

static void attack_sock_owned(struct world *w)
{
    size_t owner = pick_human(w);
    size_t servant = get_servant(w, owner, chance_of(&w->chance, 70) ? "service" : "workload");
    if (servant == ACTORS_MAX) {
        return;
    }
    bool owner_asks = chance_of(&w->chance, 50);
    size_t asks = owner_asks ? owner : servant;
    size_t approves = owner_asks ? servant : owner;
    for (size_t i = 0; i < 8; i++) {
        const struct known_request *r = world_ask(w, pick_power(w), asks);
        if (r != NULL && world_standing(w, r) == SR_REQUEST_PENDING) {
            arm(w, true);
            (void)do_about(w, SR_VERB_APPROVE, approves, r);
            (void)use(w, r);
            return;
        }
    }
}

static void attack_replay(struct world *w)
{
    const struct known_request *r = chance_of(&w->chance, 40) ? get_grant(w) : NULL;
    if (r != NULL) {
        (void)use(w, r);
    }
    const struct entry *e = &w->h.entry[w->h.count - 1 - chance_below(&w->chance, w->h.count / 2)];
    (void)world_resend(w, e, KEYS);
}

static void attack_replay_signed(struct world *w)
{
    const struct entry *e = &w->h.entry[w->h.count - 1 - chance_below(&w->chance, w->h.count / 2)];
    size_t key = chance_below(&w->chance, ROOM_KEY);
    for (size_t i = 0; i < w->actors; i++) {
        const struct actor *a = &w->actor[i];
        if (sr_text_equal(e->act->actor, sr_text_view(a->name)) && a->keys > 1) {
            arm(w, true);
            key = a->key[chance_below(&w->chance, a->keys)];
        }
    }
    (void)world_resend(w, e, key);
}

static void attack_nonce(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r != NULL) {
        struct draft d;
        draft_granted(w, &d, r);
        memcpy(d.act.nonce, w->h.entry[chance_below(&w->chance, w->h.count)].act->nonce,
               sizeof d.act.nonce);
        (void)world_do(w, &d);
    }
}

/* A grant for something to do with a version. */
static const struct known_request *get_release(struct world *w)
{
    static const enum sr_verb verbs[] = {SR_VERB_USE, SR_VERB_READ, SR_VERB_EXPORT};
    for (size_t i = 0; i < 12 && !w->is_over; i++) {
        const struct known_request *r =
            world_ask(w, verbs[chance_below(&w->chance, 3)], pick_human(w));
        if (r != NULL && world_approve(w, r) && count_approvals(w, r) > 0) {
            return r;
        }
    }
    return NULL;
}

static void attack_swap_version(struct world *w)
{
    const struct known_request *r = get_release(w);
    if (r == NULL || w->versions < 2) {
        return;
    }
    arm(w, true);
    for (size_t i = 0; i < w->versions; i++) {
        struct draft d;
        draft_granted(w, &d, r);
        draft_version(&d, &w->version[i]);
        if (memcmp(d.subject_digest, r->act->subjects[0].sha256, SR_SHA256_BYTES) != 0) {
            (void)world_do(w, &d);
        }
    }
}

static void attack_swap_field(struct world *w)
{
    const struct known_request *r = get_release(w);
    if (r == NULL) {
        return;
    }
    arm(w, true);
    struct draft d;
    draft_granted(w, &d, r);
    bool drops = sr_act_has(&d.act, SR_FIELD_host) && chance_of(&w->chance, 40);
    if (drops) {
        d.act.has &= ~SR_FIELD_BIT(host);
    } else if (chance_of(&w->chance, 60)) {
        sr_act_set_word(&d.act, SR_FIELD_host, "laptop");
    } else if (sr_act_has(&d.act, SR_FIELD_to)) {
        sr_act_set_word(&d.act, SR_FIELD_to, "/elsewhere");
    } else if (sr_act_has(&d.act, SR_FIELD_file)) {
        sr_act_set_word(&d.act, SR_FIELD_file, "other");
    } else {
        sr_act_set_word(&d.act, SR_FIELD_at, "/elsewhere");
    }
    (void)world_do(w, &d);
}

static void attack_swap_verb(struct world *w)
{
    const struct known_request *r = get_release(w);
    if (r == NULL) {
        return;
    }
    arm(w, true);
    static const enum sr_verb verbs[] = {SR_VERB_USE, SR_VERB_READ, SR_VERB_EXPORT};
    for (size_t i = 0; i < 3; i++) {
        struct draft d;
        draft_begin(w, &d, verbs[i], r->requester);
        draft_fill(w, &d);
        for (size_t k = 0; k < w->versions; k++) {
            if (sr_text_id_equal(&w->version[k].id, &r->act->field[SR_FIELD_version].id)) {
                draft_version(&d, &w->version[k]);
            }
        }
        sr_act_set_digest(&d.act, SR_FIELD_request, r->digest);
        if (!sr_text_equal(r->act->field[SR_FIELD_what].text,
                           sr_text_view(sr_verb_info(verbs[i])->word))) {
            (void)world_do(w, &d);
        }
    }
}

static void attack_swap_person(struct world *w)
{
    const struct known_request *r = get_grant(w);
    for (size_t i = 0; r != NULL && i < w->actors; i++) {
        if (i != r->requester) {
            struct draft d;
            draft_granted(w, &d, r);
            d.act.actor = sr_text_view(w->actor[i].name);
            d.key = w->actor[i].key[0];
            (void)world_do(w, &d);
        }
    }
}

static void attack_edit(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r == NULL) {
        return;
    }
    struct draft d;
    size_t before = w->requests;
    draft_begin(w, &d, SR_VERB_REQUEST, r->requester);
    d.act.has = r->act->has;
    memcpy(d.act.field, r->act->field, sizeof d.act.field);
    d.has_subject_digest = true;
    memcpy(d.subject_digest, r->act->subjects[0].sha256, SR_SHA256_BYTES);
    sr_act_set_word(&d.act, SR_FIELD_reason, "launch, edited");
    if (sr_act_has(r->act, SR_FIELD_lasts_ms)) {
        sr_act_set_number(&d.act, SR_FIELD_lasts_ms, r->act->field[SR_FIELD_lasts_ms].number + 1);
    }
    if (world_do(w, &d) == SR_REASON_NONE && w->requests > before) {
        (void)use(w, &w->request[before]);
        draft_granted(w, &d, &w->request[before]);
        d.act.field[SR_FIELD_request] = (struct sr_act_value){0};
        memcpy(d.act.field[SR_FIELD_request].digest, r->digest, SR_SHA256_BYTES);
        (void)world_do(w, &d);
    }
}

static void attack_later(struct world *w, const int64_t *steps, size_t count)
{
    const struct known_request *r = get_grant(w);
    int64_t since = w->h.entry[w->h.count - 1].time_utc_ms;
    if (r != NULL && chance_of(&w->chance, 30)) {
        (void)use(w, r);
    }
    for (size_t i = 0; r != NULL && i < count; i++) {
        /* At the last moment, and just behind it. */
        int64_t then = since + steps[i] + (int64_t)chance_below(&w->chance, 2);
        w->now = then > w->now ? then : w->now;
        (void)use(w, r);
    }
}

static void attack_expired_approval(struct world *w)
{
    static const int64_t steps[] = {1200000, 7200000, 86400000, 259200000};
    attack_later(w, steps, 4);
}

static void attack_expired_grant(struct world *w)
{
    static const int64_t steps[] = {1800000, 1800001, 7200000, 14400000, 28800000, 172800000};
    attack_later(w, steps, 6);
}

/* Approvals are taken back and given again, later and later. */
static void attack_renewal(struct world *w)
{
    const struct known_request *r = get_release(w);
    arm(w, r != NULL);
    for (size_t i = 0; r != NULL && i < 4; i++) {
        size_t who = pick_approver(w, r);
        (void)do_about(w, SR_VERB_WITHDRAW, who, r);
        w->now += 600000 + (int64_t)chance_below(&w->chance, 7200000);
        (void)do_about(w, SR_VERB_APPROVE, who, r);
        (void)world_standing(w, r);
        (void)use(w, r);
    }
}

static void attack_withdrawn(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r != NULL) {
        (void)do_about(w, SR_VERB_WITHDRAW, pick_approver(w, r), r);
        (void)use(w, r);
    }
}

static void attack_withdrawn_request(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r != NULL) {
        (void)do_about(w, SR_VERB_WITHDRAW, r->requester, r);
        (void)use(w, r);
        (void)do_about(w, SR_VERB_APPROVE, pick_human(w), r);
    }
}

static void attack_race_uses(struct world *w)
{
    const struct known_request *r = get_grant(w);
    for (size_t i = 0; r != NULL && i < 6; i++) {
        (void)use(w, r);
    }
}

static void attack_race_revoke(struct world *w)
{
    bool is_first = chance_of(&w->chance, 50);
    const struct known_request *r = is_first ? get_pending(w) : get_grant(w);
    if (r == NULL) {
        return;
    }
    arm(w, is_first);
    for (size_t i = 0; i < w->actors && do_about(w, SR_VERB_REVOKE, i, r) != SR_REASON_NONE; i++) {
    }
    for (size_t i = 0; i < w->actors; i++) {
        (void)do_about(w, SR_VERB_APPROVE, i, r);
    }
    (void)use(w, r);
}

static void attack_denied(struct world *w)
{
    /* Before others have approved, or after they all have. */
    const struct known_request *r = chance_of(&w->chance, 50) ? get_pending(w) : get_grant(w);
    if (r == NULL) {
        return;
    }
    size_t i = 0;
    while (i < w->actors && do_about(w, SR_VERB_DENY, i, r) != SR_REASON_NONE) {
        i++;
    }
    arm(w, i < w->actors);
    (void)use(w, r);
    if (i < w->actors) {
        (void)do_about(w, SR_VERB_WITHDRAW, i, r);
        for (i = 0; i < w->actors; i++) {
            (void)do_about(w, SR_VERB_APPROVE, i, r);
        }
        (void)use(w, r);
    }
}

static void attack_role_loss(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r != NULL) {
        (void)achieve_roles(w, pick_approver(w, r), false);
        (void)use(w, r);
    }
}

static void attack_key_revoked(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r == NULL) {
        return;
    }
    size_t who = chance_of(&w->chance, 80) ? pick_approver(w, r) : r->requester;
    struct draft d;
    for (size_t i = 0; i < w->actor[who].keys; i++) {
        draft_begin(w, &d, SR_VERB_REVOKE_KEY, who);
        sr_act_set_word(&d.act, SR_FIELD_principal, w->actor[who].name);
        sr_act_set_word(&d.act, SR_FIELD_key, keys_make()[w->actor[who].key[i]].line);
        (void)world_do(w, &d);
    }
    (void)use(w, r);
    (void)do_about(w, SR_VERB_WITHDRAW, who, r);
}

static void attack_left(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r == NULL) {
        return;
    }
    size_t who = chance_of(&w->chance, 60) ? pick_approver(w, r) : r->requester;
    (void)achieve_leave(w, who);
    (void)use(w, r);
    (void)do_about(w, SR_VERB_APPROVE, who, r);
    (void)world_ask(w, SR_VERB_USE, who);
}

static bool achieve_policy(struct world *w, size_t policy)
{
    struct draft d;
    draft_free(w, &d, SR_VERB_POLICY);
    d.policy = policy;
    sr_act_set_digest(&d.act, SR_FIELD_policy, w->policy[policy].digest);
    memcpy(d.subject_digest, w->policy[policy].digest, SR_SHA256_BYTES);
    d.has_subject_digest = true;
    return achieve(w, &d);
}

static void attack_policy_swap(struct world *w)
{
    const struct known_request *r = get_grant(w);
    size_t old = w->in_force;
    if (r != NULL) {
        (void)achieve_policy(w, (old + 1) % w->policies);
        (void)use(w, r);
        if (w->in_force != old && chance_of(&w->chance, 50)) {
            (void)achieve_policy(w, old);
            (void)use(w, r);
        }
    }
}

static void attack_policy_forged(struct world *w)
{
    for (size_t i = 0; i < w->actors; i++) {
        struct draft d;
        draft_begin(w, &d, SR_VERB_POLICY, i);
        draft_fill(w, &d);
        if (chance_of(&w->chance, 40)) {
            d.policy = (d.policy + 1) % w->policies;
        }
        arm(w, world_do(w, &d) == SR_REASON_NEEDS_REQUEST);
    }
    const struct known_request *r = world_ask(w, SR_VERB_POLICY, pick_human(w));
    if (r != NULL && world_approve(w, r)) {
        struct draft d;
        draft_granted(w, &d, r);
        d.policy = (r->policy + 1) % w->policies;
        if (chance_of(&w->chance, 50)) {
            sr_act_set_digest(&d.act, SR_FIELD_policy, w->policy[d.policy].digest);
            memcpy(d.subject_digest, w->policy[d.policy].digest, SR_SHA256_BYTES);
        }
        (void)world_do(w, &d);
    }
}

static void attack_stale_policy(struct world *w)
{
    size_t old = w->in_force;
    (void)achieve_policy(w, (old + 1) % w->policies);
    const struct known_request *r = get_grant(w);
    struct draft d;
    if (r != NULL) {
        draft_granted(w, &d, r);
        memcpy(d.act.policy, w->policy[(w->in_force + 1) % w->policies].digest, SR_SHA256_BYTES);
        (void)world_do(w, &d);
    }
    r = get_pending(w);
    if (r != NULL) {
        draft_about(w, &d, SR_VERB_APPROVE, pick_human(w), r);
        memcpy(d.act.policy, w->policy[(w->in_force + 1) % w->policies].digest, SR_SHA256_BYTES);
        (void)world_do(w, &d);
    }
}

static void attack_clock(struct world *w)
{
    static const int64_t steps[] = {-86400001, -3600001, -600001, 120001, 86400000, 120000};
    const struct known_request *r = get_grant(w);
    struct draft d;
    for (size_t i = 0; r != NULL && i < 6; i++) {
        draft_granted(w, &d, r);
        d.act.time_utc_ms = w->now + steps[i];
        (void)world_do(w, &d);
    }
    if (r != NULL) {
        int64_t now = w->now;
        w->now = w->h.entry[w->h.count - 1].time_utc_ms - 1;
        (void)use(w, r);
        w->now = now;
    }
}

/* Break the glass, by whoever may. */
static const struct known_request *break_glass(struct world *w)
{
    size_t first = pick_actor(w);
    for (size_t i = 0; i < 2 * w->actors && !w->is_over; i++) {
        struct draft d;
        size_t before = w->requests;
        draft_begin(w, &d, chance_of(&w->chance, 60) ? SR_VERB_USE : SR_VERB_READ,
                    (first + i) % w->actors);
        draft_fill(w, &d);
        draft_ask(w, &d);
        sr_act_set_word(&d.act, SR_FIELD_reason, "on fire");
        sr_act_set_number(&d.act, SR_FIELD_break_glass, 1);
        d.act.has &= ~SR_FIELD_BIT(lasts_ms);
        if (world_do(w, &d) == SR_REASON_NONE && w->requests > before) {
            return &w->request[before];
        }
    }
    return NULL;
}

static void break_again(struct world *w, const struct known_request *r)
{
    struct draft d;
    size_t before = w->requests;
    draft_begin(w, &d, SR_VERB_REQUEST, r->requester);
    d.act.has = r->act->has;
    memcpy(d.act.field, r->act->field, sizeof d.act.field);
    d.has_subject_digest = true;
    memcpy(d.subject_digest, r->act->subjects[0].sha256, SR_SHA256_BYTES);
    if (world_do(w, &d) == SR_REASON_NONE && w->requests > before) {
        (void)use(w, &w->request[before]);
    }
}

static void attack_break_glass_twice(struct world *w)
{
    const struct known_request *r = break_glass(w);
    if (r == NULL) {
        return;
    }
    arm(w, use(w, r) == SR_REASON_NONE);
    break_again(w, r);
    w->now += 86400001;
    break_again(w, r);
    (void)use(w, r);
    for (size_t i = 0; i < w->actors && do_about(w, SR_VERB_JUDGE, i, r) != SR_REASON_NONE; i++) {
    }
    (void)use(w, r);
    break_again(w, r);
}

static void attack_break_glass_judge(struct world *w)
{
    const struct known_request *r = break_glass(w);
    if (r != NULL) {
        arm(w, true);
        (void)do_about(w, SR_VERB_JUDGE, r->requester, r);
        (void)do_about(w, SR_VERB_APPROVE, r->requester, r);
        break_again(w, r);
    }
}

static void attack_agent_approves(struct world *w)
{
    size_t agent = get_servant(w, pick_human(w), "agent");
    const struct known_request *r = get_pending(w);
    if (agent != ACTORS_MAX && r != NULL) {
        arm(w, true);
        (void)achieve_roles(w, agent, true);
        (void)do_about(w, SR_VERB_APPROVE, agent, r);
        (void)do_about(w, SR_VERB_DENY, agent, r);
        (void)do_about(w, SR_VERB_JUDGE, agent, r);
        (void)use(w, r);
    }
}

static void attack_forged_key(struct world *w)
{
    const struct known_request *r = get_pending(w);
    for (size_t i = 0; r != NULL && i < w->actors; i++) {
        struct draft d;
        draft_about(w, &d, SR_VERB_APPROVE, i, r);
        d.key = w->actor[r->requester].key[0];
        if (i != r->requester) {
            arm(w, true);
            (void)world_do(w, &d);
        }
    }
    if (r != NULL) {
        (void)use(w, r);
    }
}

static void attack_room_verb(struct world *w)
{
    const struct known_request *r = get_pending(w);
    struct draft d;
    draft_begin(w, &d, SR_VERB_SERVED, pick_actor(w));
    draft_fill(w, &d);
    (void)world_do(w, &d);
    draft_begin(w, &d, SR_VERB_INIT, pick_actor(w));
    d.act.has = w->h.entry[0].act->has;
    memcpy(d.act.field, w->h.entry[0].act->field, sizeof d.act.field);
    d.is_room = chance_of(&w->chance, 50);
    d.act.room.bytes[0] ^= (uint8_t)chance_below(&w->chance, 2);
    memset(d.act.policy, 0, sizeof d.act.policy);
    (void)world_do(w, &d);
    if (r != NULL) {
        arm(w, true);
        draft_about(w, &d, chance_of(&w->chance, 70) ? SR_VERB_APPROVE : SR_VERB_WITHDRAW,
                    pick_human(w), r);
        d.is_room = true;
        (void)world_do(w, &d);
        draft_granted(w, &d, r);
        d.is_room = true;
        (void)world_do(w, &d);
    }
}

static void attack_other_room(struct world *w)
{
    const struct known_request *r = get_grant(w);
    if (r != NULL) {
        struct draft d;
        draft_granted(w, &d, r);
        d.act.room.bytes[chance_below(&w->chance, 16)] ^= 1;
        (void)world_do(w, &d);
    }
}

static void attack_promotion(struct world *w)
{
    size_t who = pick_human(w);
    struct draft d;
    for (size_t i = 0; i < 2; i++) {
        draft_begin(w, &d, SR_VERB_ROLES, who);
        sr_act_set_word(&d.act, SR_FIELD_principal, w->actor[who].name);
        d.texts[0] = sr_text_view("officer");
        d.texts[1] = sr_text_view("admin");
        sr_act_set_texts(&d.act, SR_FIELD_roles, d.texts, 2);
        if (i == 1) {
            draft_ask(w, &d);
        }
        size_t before = w->requests;
        enum sr_reason reason = world_do(w, &d);
        arm(w, reason == SR_REASON_NEEDS_REQUEST || reason == SR_REASON_NOT_BY_ACTOR);
        if (i == 1 && reason == SR_REASON_NONE && w->requests > before) {
            (void)do_about(w, SR_VERB_APPROVE, who, &w->request[before]);
            (void)use(w, &w->request[before]);
        }
    }
}

void world_attack(struct world *w, enum attack attack)
{
    static void (*const attacks[ATTACK_COUNT])(struct world *) = {
        [ATTACK_SELF_APPROVAL] = attack_self_approval,
        [ATTACK_SOCK_TWO_KEYS] = attack_sock_two_keys,
        [ATTACK_SOCK_OWNED] = attack_sock_owned,
        [ATTACK_REPLAY] = attack_replay,
        [ATTACK_REPLAY_SIGNED] = attack_replay_signed,
        [ATTACK_NONCE] = attack_nonce,
        [ATTACK_SWAP_VERSION] = attack_swap_version,
        [ATTACK_SWAP_FIELD] = attack_swap_field,
        [ATTACK_SWAP_VERB] = attack_swap_verb,
        [ATTACK_SWAP_PERSON] = attack_swap_person,
        [ATTACK_EDIT] = attack_edit,
        [ATTACK_EXPIRED_APPROVAL] = attack_expired_approval,
        [ATTACK_EXPIRED_GRANT] = attack_expired_grant,
        [ATTACK_RENEWAL] = attack_renewal,
        [ATTACK_WITHDRAWN] = attack_withdrawn,
        [ATTACK_WITHDRAWN_REQUEST] = attack_withdrawn_request,
        [ATTACK_RACE_USES] = attack_race_uses,
        [ATTACK_RACE_REVOKE] = attack_race_revoke,
        [ATTACK_DENIED] = attack_denied,
        [ATTACK_ROLE_LOSS] = attack_role_loss,
        [ATTACK_KEY_REVOKED] = attack_key_revoked,
        [ATTACK_LEFT] = attack_left,
        [ATTACK_POLICY_SWAP] = attack_policy_swap,
        [ATTACK_POLICY_FORGED] = attack_policy_forged,
        [ATTACK_STALE_POLICY] = attack_stale_policy,
        [ATTACK_CLOCK] = attack_clock,
        [ATTACK_BREAK_GLASS_TWICE] = attack_break_glass_twice,
        [ATTACK_BREAK_GLASS_JUDGE] = attack_break_glass_judge,
        [ATTACK_AGENT_APPROVES] = attack_agent_approves,
        [ATTACK_FORGED_KEY] = attack_forged_key,
        [ATTACK_ROOM_VERB] = attack_room_verb,
        [ATTACK_OTHER_ROOM] = attack_other_room,
        [ATTACK_PROMOTION] = attack_promotion,
    };
    if (!w->is_over) {
        w->attack = attack;
        w->tally->attempts[attack]++;
        attacks[attack](w);
        w->attack = ATTACK_COUNT;
    }
}
