/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/roster.h"
#include "policy/decide_impl.h"
#include "policy/state_impl.h"

/*
 * Each verb checks and allocates first and changes the state when nothing can fail any more, so
 * that an act is folded in whole or not at all.
 */

static enum sr_status cannot(const struct sr_state_event *event, struct sr_err *err,
                             const char *why)
{
    return sr_fail(err, SR_CORRUPT, "act %" PRIu64 " (%s): %s", event->seq,
                   sr_verb_info(event->act->verb)->word, why);
}

static struct sr_bytes text_of(const struct sr_state_event *event, enum sr_act_field field)
{
    return sr_ask_text(event->act, field);
}

static uint64_t number_of(const struct sr_state_event *event, enum sr_act_field field)
{
    return sr_ask_number(event->act, field);
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* ---- Principals and keys. */

static struct sr_principal *find_principal(struct sr_state *s, struct sr_bytes name)
{
    return sr_state_list_find(&s->principals, name);
}

/* Somebody who is here. */
static struct sr_principal *target_of(struct sr_state *s, const struct sr_state_event *event)
{
    struct sr_principal *p = find_principal(s, text_of(event, SR_FIELD_principal));
    return sr_people_is_here(p) ? p : NULL;
}

/* A principal or a key on its way in. */
struct newcomer {
    struct sr_principal *p; /* not set for a key of somebody who is there */
    struct sr_state_key_ref *ref;
    struct sr_act_key *key;
};

static void newcomer_clear(struct newcomer *n)
{
    sr_state_principal_free(n->p);
    free(n->ref);
    sr_act_key_free(n->key);
}

static enum sr_status prepare_key(const struct sr_state *s, const struct sr_state_event *event,
                                  struct sr_bytes line, struct newcomer *n, struct sr_err *err)
{
    SR_TRY(sr_act_key_parse(line, &n->key, err));
    n->ref = calloc(1, sizeof *n->ref);
    if (n->ref == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_people_material(n->key, n->ref->material));
    return sr_state_knows_material(s, n->ref->material) ||
                   sr_state_key_owner(s, sr_act_key_fingerprint(n->key), NULL) != NULL
               ? cannot(event, err, "the key is somebody's")
               : SR_OK;
}

static enum sr_status copy_roles(const struct sr_bytes *roles, size_t count, char ***out)
{
    char **copy = calloc(count + 1, sizeof *copy);
    if (copy == NULL) {
        return SR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        if (sr_state_copy(roles[i], &copy[i]) != SR_OK) {
            for (size_t k = 0; k < i; k++) {
                free(copy[k]);
            }
            free(copy);
            return SR_NO_MEMORY;
        }
    }
    *out = copy;
    return SR_OK;
}

/* Who somebody is. */
struct identity {
    struct sr_bytes name;
    struct sr_bytes person;
    struct sr_bytes organisation; /* empty: this room's */
    enum sr_principal_type type;
    const struct sr_bytes *roles;
    size_t role_count;
    struct sr_bytes key;
};

static enum sr_status prepare_principal(const struct sr_state *s,
                                        const struct sr_state_event *event,
                                        const struct sr_policy *policy, const struct identity *who,
                                        struct newcomer *n, struct sr_err *err)
{
    if (!sr_people_is_name(who->name) || sr_state_principal(s, who->name) != NULL) {
        return cannot(event, err, "the name is none, or somebody's");
    }
    SR_TRY(prepare_key(s, event, who->key, n, err));
    n->p = calloc(1, sizeof *n->p);
    if (n->p == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_state_copy(who->name, &n->p->name));
    SR_TRY(sr_state_copy(who->person, &n->p->person));
    if (who->organisation.len > 0) {
        SR_TRY(sr_state_copy(who->organisation, &n->p->organisation));
    }
    SR_TRY(copy_roles(who->roles, who->role_count, &n->p->role));
    n->p->roles = who->role_count;
    n->p->role_bits = sr_people_role_bits(policy, who->roles, who->role_count);
    n->p->type = who->type;
    n->p->seq = event->seq;
    n->p->key = calloc(1, sizeof *n->p->key);
    return n->p->key == NULL ? SR_NO_MEMORY : SR_OK;
}

static enum sr_status reserve_people(struct sr_state *s, size_t count)
{
    SR_TRY(sr_state_list_reserve(&s->principals, count));
    SR_TRY(sr_state_list_reserve(&s->keys, count));
    return sr_nameset_reserve(s->materials, count);
}

/* There is room in owner->key and in the lists. Takes key and ref of n. */
static void admit_key(struct sr_state *s, const struct sr_state_event *event,
                      struct sr_principal *owner, struct newcomer *n)
{
    struct sr_state_key *k = &owner->key[owner->keys];
    *k = (struct sr_state_key){.from_utc_ms = event->time_utc_ms, .seq = event->seq};
    k->key = SR_TAKE(n->key);
    memcpy(k->material, n->ref->material, sizeof k->material);
    n->ref->owner = owner;
    n->ref->index = owner->keys++;
    struct sr_state_key_ref *ref = SR_TAKE(n->ref);
    sr_state_list_add(&s->keys, ref, sr_text_view(sr_act_key_fingerprint(k->key)));
    /* Reserved, and not there: prepare_key(). */
    (void)!sr_nameset_add(s->materials, sr_bytes(ref->material, sizeof ref->material));
}

static void admit_principal(struct sr_state *s, const struct sr_state_event *event,
                            struct newcomer *n)
{
    struct sr_principal *p = SR_TAKE(n->p);
    sr_state_list_add(&s->principals, p, sr_text_view(p->name));
    admit_key(s, event, p, n);
}

static enum sr_status enrol(struct sr_state *s, const struct sr_state_event *event,
                            struct sr_err *err)
{
    SR_CLEANUP(newcomer_clear) struct newcomer n = {0};
    const struct sr_act_value *roles = &event->act->field[SR_FIELD_roles];
    bool has_roles = sr_act_has(event->act, SR_FIELD_roles);
    struct identity who = {.name = text_of(event, SR_FIELD_principal),
                           .organisation = text_of(event, SR_FIELD_organisation),
                           .roles = has_roles ? roles->texts : NULL,
                           .role_count = has_roles ? roles->count : 0,
                           .key = text_of(event, SR_FIELD_key)};
    if (!sr_principal_type_from_word(text_of(event, SR_FIELD_type), &who.type)) {
        return cannot(event, err, "there is no such type");
    }
    who.person = who.name;
    if (who.type != SR_PRINCIPAL_HUMAN) {
        who.person = text_of(event, SR_FIELD_owner);
        const struct sr_principal *owner = sr_state_principal(s, who.person);
        if (!sr_people_is_here(owner) || owner->type != SR_PRINCIPAL_HUMAN) {
            return cannot(event, err, "nobody answers for it");
        }
    }
    SR_TRY(prepare_principal(s, event, s->policy, &who, &n, err));
    SR_TRY(reserve_people(s, 1));
    admit_principal(s, event, &n);
    return SR_OK;
}

static enum sr_status set_roles(struct sr_state *s, const struct sr_state_event *event,
                                struct sr_err *err)
{
    struct sr_principal *p = target_of(s, event);
    if (p == NULL) {
        return cannot(event, err, "there is no such principal");
    }
    const struct sr_act_value *roles = &event->act->field[SR_FIELD_roles];
    size_t count = sr_act_has(event->act, SR_FIELD_roles) ? roles->count : 0;
    char **copy = NULL;
    SR_TRY(copy_roles(roles->texts, count, &copy));
    for (size_t i = 0; i < p->roles; i++) {
        free(p->role[i]);
    }
    free(p->role);
    p->role = copy;
    p->roles = count;
    p->role_bits = sr_people_role_bits(s->policy, roles->texts, count);
    return SR_OK;
}

static enum sr_status add_key(struct sr_state *s, const struct sr_state_event *event,
                              struct sr_err *err)
{
    SR_CLEANUP(newcomer_clear) struct newcomer n = {0};
    struct sr_principal *p = target_of(s, event);
    if (p == NULL) {
        return cannot(event, err, "there is no such principal");
    }
    SR_TRY(prepare_key(s, event, text_of(event, SR_FIELD_key), &n, err));
    SR_TRY(reserve_people(s, 1));
    struct sr_state_key *key = sr_state_grown(p->key, p->keys, p->keys + 1, sizeof *key);
    if (key == NULL) {
        return SR_NO_MEMORY;
    }
    p->key = key;
    admit_key(s, event, p, &n);
    return SR_OK;
}

static enum sr_status revoke_key(struct sr_state *s, const struct sr_state_event *event,
                                 struct sr_err *err)
{
    struct sr_principal *p = find_principal(s, text_of(event, SR_FIELD_principal));
    for (size_t i = 0; p != NULL && i < p->keys; i++) {
        struct sr_state_key *k = &p->key[i];
        if (k->revoked_utc_ms == 0 &&
            sr_text_equal(sr_text_view(sr_act_key_line(k->key)), text_of(event, SR_FIELD_key))) {
            k->revoked_utc_ms = event->time_utc_ms;
            return SR_OK;
        }
    }
    return cannot(event, err, "there is no such active key");
}

static enum sr_status set_attribute(struct sr_state *s, const struct sr_state_event *event,
                                    struct sr_err *err)
{
    struct sr_principal *p = target_of(s, event);
    struct sr_bytes name = text_of(event, SR_FIELD_attribute);
    if (p == NULL || name.len >= SR_POLICY_NAME_BYTES) {
        return cannot(event, err, "there is no such principal, or attribute");
    }
    size_t at = 0;
    while (at < p->attributes && !sr_text_equal(sr_text_view(p->attribute[at].name), name)) {
        at++;
    }
    if (at == p->attributes) {
        struct sr_state_attribute *more = sr_state_grown(p->attribute, at, at + 1, sizeof *more);
        if (more == NULL) {
            return SR_NO_MEMORY;
        }
        p->attribute = more;
        more[at] = (struct sr_state_attribute){0};
        memcpy(more[at].name, name.ptr, name.len);
        p->attributes++;
    }
    p->attribute[at].until_utc_ms = (int64_t)number_of(event, SR_FIELD_until);
    return SR_OK;
}

/* What was granted ends, what was asked for is taken back. */
static void end_request(struct sr_request *r, int64_t now)
{
    if (r->granted_utc_ms != 0) {
        r->revoked_utc_ms = r->revoked_utc_ms == 0 ? now : r->revoked_utc_ms;
    } else {
        r->is_withdrawn = true;
    }
}

static enum sr_status leave(struct sr_state *s, const struct sr_state_event *event,
                            struct sr_err *err)
{
    const struct sr_principal *target = target_of(s, event);
    if (target == NULL) {
        return cannot(event, err, "there is no such principal");
    }
    for (size_t i = 0; i < s->principals.count; i++) {
        struct sr_principal *p = s->principals.at[i];
        if (p->left_utc_ms != 0 || (p != target && strcmp(p->person, target->name) != 0)) {
            continue;
        }
        p->left_utc_ms = event->time_utc_ms;
        for (size_t k = 0; k < p->keys; k++) {
            if (p->key[k].revoked_utc_ms == 0) {
                p->key[k].revoked_utc_ms = event->time_utc_ms;
            }
        }
    }
    for (size_t i = 0; i < s->requests.count; i++) {
        struct sr_request *r = s->requests.at[i];
        const struct sr_principal *p =
            r->is_room ? NULL : sr_state_principal(s, sr_act_text_view(r->act)->actor);
        if (p != NULL && p->left_utc_ms != 0) {
            end_request(r, event->time_utc_ms);
        }
    }
    return SR_OK;
}

/* ---- The room and its policy. */

#define ROSTER_MAX 32 /* fields.def */

static void roles_of_all(struct sr_state *s)
{
    for (size_t i = 0; i < s->principals.count; i++) {
        struct sr_principal *p = s->principals.at[i];
        p->role_bits = 0;
        for (size_t k = 0; k < p->roles; k++) {
            struct sr_bytes role = sr_text_view(p->role[k]);
            p->role_bits |= sr_people_role_bits(s->policy, &role, 1);
        }
    }
}

static enum sr_status check_policy(const struct sr_state_event *event, struct sr_err *err)
{
    return event->policy == NULL ||
                   memcmp(event->policy->digest, event->act->field[SR_FIELD_policy].digest,
                          SR_SHA256_BYTES) != 0
               ? cannot(event, err, "the policy is not the one that it names")
               : SR_OK;
}

static void take_policy(struct sr_state *s, struct sr_policy *policy)
{
    sr_policy_free(s->policy);
    s->policy = policy;
    roles_of_all(s);
}

/* The policy itself is put into force by sr_state_apply(), which owns it. */
static enum sr_status change_policy(struct sr_state *s, const struct sr_state_event *event,
                                    struct sr_err *err)
{
    (void)s;
    return check_policy(event, err);
}

/* The first people, all or none. */
struct founding {
    size_t count;
    struct newcomer each[ROSTER_MAX];
};

static void founding_clear(struct founding *f)
{
    for (size_t i = 0; i < f->count; i++) {
        newcomer_clear(&f->each[i]);
    }
}

static bool is_twice(const struct founding *f, const struct newcomer *n)
{
    for (size_t i = 0; &f->each[i] != n; i++) {
        if (strcmp(f->each[i].p->name, n->p->name) == 0 ||
            memcmp(f->each[i].ref->material, n->ref->material, SR_SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_status prepare_founders(const struct sr_state *s, const struct sr_state_event *event,
                                       struct founding *f, struct sr_err *err)
{
    const struct sr_act_value *roster = &event->act->field[SR_FIELD_roster];
    size_t count = sr_act_has(event->act, SR_FIELD_roster) ? roster->count : 0;
    if (count > ROSTER_MAX) {
        return cannot(event, err, "the roster is too long");
    }
    for (size_t i = 0; i < count; i++) {
        struct sr_roster line = {0};
        SR_TRY(sr_roster_parse(roster->texts[i], &line, err));
        struct identity who = {.name = line.name,
                               .person = line.name,
                               .type = SR_PRINCIPAL_HUMAN,
                               .roles = line.role,
                               .role_count = line.roles,
                               .key = line.key};
        f->count++;
        SR_TRY(prepare_principal(s, event, event->policy, &who, &f->each[i], err));
        if (is_twice(f, &f->each[i])) {
            return cannot(event, err, "somebody or a key is there twice");
        }
    }
    return SR_OK;
}

static enum sr_status found(struct sr_state *s, const struct sr_state_event *event,
                            struct sr_err *err)
{
    SR_CLEANUP(founding_clear) struct founding f = {0};
    SR_AUTO(sr_act_key) key = NULL;
    uint8_t material[SR_SHA256_BYTES];
    if (s->has_room || !event->is_room) {
        return cannot(event, err, "there is a room already, or it is not the room's");
    }
    SR_TRY(check_policy(event, err));
    SR_TRY(sr_act_key_parse(text_of(event, SR_FIELD_key), &key, err));
    SR_TRY(sr_people_material(key, material));
    SR_TRY(prepare_founders(s, event, &f, err));
    for (size_t i = 0; i < f.count; i++) {
        if (memcmp(f.each[i].ref->material, material, sizeof material) == 0) {
            return cannot(event, err, "somebody has the room's key");
        }
    }
    SR_TRY(reserve_people(s, f.count));
    for (size_t i = 0; i < f.count; i++) {
        admit_principal(s, event, &f.each[i]);
    }
    s->room = event->act->room;
    s->room_key = SR_TAKE(key);
    memcpy(s->room_material, material, sizeof material);
    s->has_room = true;
    return SR_OK;
}

static enum sr_status rotate(struct sr_state *s, const struct sr_state_event *event,
                             struct sr_err *err)
{
    if (number_of(event, SR_FIELD_epoch) <= s->epoch) {
        return cannot(event, err, "the epoch is not above the last");
    }
    s->epoch = number_of(event, SR_FIELD_epoch);
    return SR_OK;
}

/* ---- Requests. */

static struct sr_request *find_request(struct sr_state *s, const struct sr_act *act)
{
    return sr_act_has(act, SR_FIELD_request)
               ? sr_state_list_find(&s->requests,
                                    sr_bytes(act->field[SR_FIELD_request].digest, SR_SHA256_BYTES))
               : NULL;
}

static void note_granted(const struct sr_state *s, struct sr_request *r, int64_t now)
{
    int64_t since = 0;
    if (r->granted_utc_ms == 0 && sr_ask_granted(s, r, now, &since)) {
        r->granted_utc_ms = since;
    }
}

/* The act again, with memory of its own; its digest says that it is the same. */
static enum sr_status copy_act(const struct sr_state_event *event, struct sr_act_text **out,
                               struct sr_err *err)
{
    SR_AUTO(sr_buf) statement = NULL;
    SR_AUTO(sr_act_text) text = NULL;
    SR_TRY(sr_buf_new(SR_ACT_BYTES_MAX, &statement));
    SR_TRY(sr_act_encode(event->act, statement, err));
    SR_TRY(sr_act_decode(sr_buf_view(statement), &text, err));
    if (memcmp(sr_act_text_digest(text), event->digest, SR_SHA256_BYTES) != 0) {
        return cannot(event, err, "its digest is another");
    }
    *out = SR_TAKE(text);
    return SR_OK;
}

static enum sr_status request(struct sr_state *s, const struct sr_state_event *event,
                              struct sr_err *err)
{
    struct sr_principal *actor = event->is_room ? NULL : find_principal(s, event->act->actor);
    if (!event->is_room && !sr_people_is_here(actor)) {
        return cannot(event, err, "there is no such principal");
    }
    SR_CLEANUP(sr_state_request_freep) struct sr_request *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(copy_act(event, &r->act, err));
    SR_TRY(sr_state_copy(event->is_room ? event->act->actor : sr_text_view(actor->person),
                         &r->person));
    SR_TRY(sr_state_copy(sr_text_view(event->fingerprint), &r->fingerprint));
    memcpy(r->digest, event->digest, sizeof r->digest);
    r->time_utc_ms = event->time_utc_ms;
    r->seq = event->seq;
    r->is_room = event->is_room;
    r->is_break_glass = sr_act_has(event->act, SR_FIELD_break_glass);
    if (sr_state_request(s, r->digest) != NULL ||
        (r->is_break_glass && (actor == NULL || actor->type != SR_PRINCIPAL_HUMAN))) {
        return cannot(event, err, "it is there already, or the room's");
    }
    SR_TRY(sr_state_list_reserve(&s->requests, 1));
    if (r->is_break_glass) {
        actor->unjudged++;
    }
    note_granted(s, r, event->time_utc_ms);
    struct sr_bytes name = sr_bytes(r->digest, sizeof r->digest);
    sr_state_list_add(&s->requests, SR_TAKE(r), name);
    return SR_OK;
}

static enum sr_status reserve_review(struct sr_request *r)
{
    if ((r->reviews & (r->reviews - 1)) != 0) { /* full when it is a power of two, or 0 */
        return SR_OK;
    }
    size_t room = r->reviews == 0 ? 1 : 2 * r->reviews;
    struct sr_review *review = sr_state_grown(r->review, r->reviews, room, sizeof *review);
    if (review == NULL) {
        return SR_NO_MEMORY;
    }
    r->review = review;
    return SR_OK;
}

static enum sr_status review(struct sr_state *s, const struct sr_state_event *event,
                             struct sr_err *err)
{
    struct sr_request *r = find_request(s, event->act);
    const struct sr_principal *actor = sr_state_principal(s, event->act->actor);
    if (r == NULL || event->is_room || !sr_people_is_here(actor) ||
        actor->type != SR_PRINCIPAL_HUMAN || strcmp(actor->person, r->person) == 0) {
        return cannot(event, err, "no such request, or nobody who may review it");
    }
    SR_TRY(reserve_review(r));
    struct sr_review new = {.approves = event->act->verb == SR_VERB_APPROVE,
                            .is_hardware = event->proof.is_hardware,
                            .has_verification = event->proof.has_verification,
                            .time_utc_ms = event->time_utc_ms,
                            .seq = event->seq};
    memcpy(new.digest, event->digest, sizeof new.digest);
    memcpy(new.policy, s->policy->digest, sizeof new.policy);
    if (sr_state_copy(sr_text_view(actor->name), &new.reviewer) != SR_OK ||
        sr_state_copy(sr_text_view(actor->person), &new.person) != SR_OK ||
        sr_state_copy(sr_text_view(event->fingerprint), &new.fingerprint) != SR_OK) {
        sr_state_review_clear(&new);
        return SR_NO_MEMORY;
    }
    r->review[r->reviews++] = new;
    r->is_denied = r->is_denied || !new.approves;
    note_granted(s, r, event->time_utc_ms);
    return SR_OK;
}

static enum sr_status withdraw(struct sr_state *s, const struct sr_state_event *event,
                               struct sr_err *err)
{
    struct sr_request *r = find_request(s, event->act);
    const struct sr_principal *actor = sr_state_principal(s, event->act->actor);
    if (r == NULL || actor == NULL) {
        return cannot(event, err, "there is no such request or principal");
    }
    if (strcmp(actor->person, r->person) == 0) {
        r->is_withdrawn = true;
        return SR_OK;
    }
    bool is_found = false;
    for (size_t i = 0; i < r->reviews; i++) {
        struct sr_review *old = &r->review[i];
        if (old->approves && !old->is_withdrawn && strcmp(old->person, actor->person) == 0) {
            old->is_withdrawn = true;
            is_found = true;
        }
    }
    return is_found ? SR_OK : cannot(event, err, "the actor neither asked nor approved");
}

static enum sr_status revoke(struct sr_state *s, const struct sr_state_event *event,
                             struct sr_err *err)
{
    struct sr_request *r = find_request(s, event->act);
    if (r == NULL || r->revoked_utc_ms != 0) {
        return cannot(event, err, "there is no such request, or it was revoked");
    }
    r->revoked_utc_ms = event->time_utc_ms;
    return SR_OK;
}

static enum sr_status judge(struct sr_state *s, const struct sr_state_event *event,
                            struct sr_err *err)
{
    struct sr_request *r = find_request(s, event->act);
    struct sr_principal *person = r == NULL ? NULL : find_principal(s, sr_text_view(r->person));
    if (person == NULL || !r->is_break_glass || r->is_judged || person->unjudged == 0) {
        return cannot(event, err, "there is no such break-glass to be judged");
    }
    r->is_judged = true;
    person->unjudged--;
    if (!sr_text_equal(text_of(event, SR_FIELD_outcome), sr_text_view("justified")) &&
        r->revoked_utc_ms == 0) {
        r->revoked_utc_ms = event->time_utc_ms;
    }
    return SR_OK;
}

/* ---- Versions. */

static struct sr_state_version *version_of(struct sr_state *s, const struct sr_state_event *event)
{
    return sr_state_list_find(&s->versions,
                              sr_bytes(event->act->field[SR_FIELD_version].id.bytes, SR_ID_BYTES));
}

static enum sr_status prepare_version(const struct sr_state *s, const struct sr_state_event *event,
                                      struct sr_state_version **out, struct sr_err *err)
{
    SR_CLEANUP(sr_state_version_freep) struct sr_state_version *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return SR_NO_MEMORY;
    }
    v->id = event->act->field[SR_FIELD_version].id;
    v->number = number_of(event, SR_FIELD_number);
    v->tier = (unsigned)number_of(event, SR_FIELD_tier);
    v->seq = event->seq;
    struct sr_bytes artifact = text_of(event, SR_FIELD_artifact);
    if (event->act->subject_count != 1 || sr_state_version(s, &v->id) != NULL ||
        sr_state_version_named(s, artifact, v->number) != NULL) {
        return cannot(event, err, "the version is there already");
    }
    memcpy(v->digest, event->act->subjects[0].sha256, sizeof v->digest);
    SR_TRY(sr_state_copy(artifact, &v->artifact));
    SR_TRY(sr_state_copy(event->act->subjects[0].name, &v->name));
    SR_TRY(sr_state_copy(text_of(event, SR_FIELD_kind), &v->kind));
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    (void)snprintf(name, sizeof name, "%s@%" PRIu64, v->artifact, v->number);
    if (strcmp(name, v->name) != 0) {
        return cannot(event, err, "the subject is named otherwise");
    }
    *out = SR_TAKE(v);
    return SR_OK;
}

static enum sr_status reserve_version(struct sr_state *s)
{
    SR_TRY(sr_state_list_reserve(&s->versions, 1));
    return sr_nameset_reserve(s->version_names, 1);
}

/* There is room for it, and neither id nor name are there. */
static void admit_version(struct sr_state *s, struct sr_state_version *v)
{
    sr_state_list_add(&s->versions, v, sr_bytes(v->id.bytes, SR_ID_BYTES));
    (void)!sr_nameset_add(s->version_names, sr_text_view(v->name));
}

static enum sr_status deposit(struct sr_state *s, const struct sr_state_event *event,
                              struct sr_err *err)
{
    SR_CLEANUP(sr_state_version_freep) struct sr_state_version *v = NULL;
    SR_TRY(prepare_version(s, event, &v, err));
    SR_TRY(reserve_version(s));
    admit_version(s, SR_TAKE(v));
    return SR_OK;
}

static enum sr_status is_in_custody(struct sr_state *s, const struct sr_state_event *event,
                                    struct sr_err *err)
{
    return version_of(s, event) == NULL ? cannot(event, err, "there is no such version") : SR_OK;
}

/* ---- Handing over. */

static void set_event(struct sr_state_version *v, const struct sr_state_event *event)
{
    v->event = number_of(event, SR_FIELD_event);
    memcpy(v->event_digest, event->digest, sizeof v->event_digest);
}

static enum sr_status prepare_handoff(const struct sr_state_event *event, struct sr_bytes to,
                                      struct sr_state_handoff **out)
{
    SR_AUTO(sr_state_handoff) h = calloc(1, sizeof *h);
    if (h == NULL) {
        return SR_NO_MEMORY;
    }
    h->id = event->act->field[SR_FIELD_handoff].id;
    h->version = event->act->field[SR_FIELD_version].id;
    h->event = number_of(event, SR_FIELD_event);
    h->seq = event->seq;
    SR_TRY(sr_state_copy(to, &h->to));
    *out = SR_TAKE(h);
    return SR_OK;
}

static struct sr_state_handoff *handoff_of(struct sr_state *s, const struct sr_state_event *event)
{
    return sr_state_list_find(&s->handoffs,
                              sr_bytes(event->act->field[SR_FIELD_handoff].id.bytes, SR_ID_BYTES));
}

static enum sr_status offer(struct sr_state *s, const struct sr_state_event *event,
                            struct sr_err *err)
{
    SR_AUTO(sr_state_handoff) h = NULL;
    struct sr_state_version *v = version_of(s, event);
    if (v == NULL || v->custodian != NULL || handoff_of(s, event) != NULL) {
        return cannot(event, err, "it is not this room's to offer");
    }
    SR_TRY(prepare_handoff(event, text_of(event, SR_FIELD_to), &h));
    SR_TRY(sr_state_list_reserve(&s->handoffs, 1));
    h->until_utc_ms = (int64_t)number_of(event, SR_FIELD_until);
    memcpy(h->offer, event->digest, sizeof h->offer);
    set_event(v, event);
    v->has_offer = true;
    v->offer_until_utc_ms = h->until_utc_ms;
    struct sr_bytes id = sr_bytes(h->id.bytes, SR_ID_BYTES);
    sr_state_list_add(&s->handoffs, SR_TAKE(h), id);
    return SR_OK;
}

/* A version of another room comes in. */
static enum sr_status accept_incoming(struct sr_state *s, const struct sr_state_event *event,
                                      struct sr_err *err)
{
    SR_AUTO(sr_state_handoff) h = NULL;
    SR_CLEANUP(sr_state_version_freep) struct sr_state_version *v = NULL;
    SR_TRY(prepare_version(s, event, &v, err));
    SR_TRY(prepare_handoff(event, text_of(event, SR_FIELD_from), &h));
    SR_TRY(sr_state_list_reserve(&s->handoffs, 1));
    SR_TRY(reserve_version(s));
    h->is_incoming = true;
    h->phase = SR_HANDOFF_ACCEPTED;
    memcpy(h->offer, event->act->field[SR_FIELD_offer].digest, sizeof h->offer);
    set_event(v, event);
    admit_version(s, SR_TAKE(v));
    struct sr_bytes id = sr_bytes(h->id.bytes, SR_ID_BYTES);
    sr_state_list_add(&s->handoffs, SR_TAKE(h), id);
    return SR_OK;
}

/* The handoff that an answer is to, in a phase; NULL when it is not. */
static struct sr_state_handoff *answered(struct sr_state *s, const struct sr_state_event *event,
                                         enum sr_handoff_phase phase)
{
    struct sr_state_handoff *h = handoff_of(s, event);
    return h != NULL && h->phase == phase && version_of(s, event) != NULL &&
                   sr_text_id_equal(&h->version, &event->act->field[SR_FIELD_version].id)
               ? h
               : NULL;
}

static enum sr_status accept(struct sr_state *s, const struct sr_state_event *event,
                             struct sr_err *err)
{
    if (handoff_of(s, event) == NULL) {
        return accept_incoming(s, event, err);
    }
    struct sr_state_handoff *h = answered(s, event, SR_HANDOFF_OFFERED);
    struct sr_state_version *v = version_of(s, event);
    if (h == NULL || v->custodian != NULL) {
        return cannot(event, err, "there is no such offer");
    }
    SR_TRY(sr_state_copy(sr_text_view(h->to), &v->custodian));
    h->phase = SR_HANDOFF_ACCEPTED;
    v->has_offer = false;
    set_event(v, event);
    return SR_OK;
}

static enum sr_status reject(struct sr_state *s, const struct sr_state_event *event,
                             struct sr_err *err)
{
    struct sr_state_handoff *h = answered(s, event, SR_HANDOFF_OFFERED);
    if (handoff_of(s, event) == NULL && version_of(s, event) == NULL) {
        return SR_OK; /* what another room has offered: it never came in */
    }
    if (h == NULL) {
        return cannot(event, err, "there is no such offer");
    }
    struct sr_state_version *v = version_of(s, event);
    h->phase = SR_HANDOFF_REJECTED;
    v->has_offer = false;
    set_event(v, event);
    return SR_OK;
}

static enum sr_status give_back(struct sr_state *s, const struct sr_state_event *event,
                                struct sr_err *err)
{
    struct sr_state_handoff *h = answered(s, event, SR_HANDOFF_ACCEPTED);
    if (h == NULL) {
        return cannot(event, err, "there is no such handoff");
    }
    char *custodian = NULL;
    if (h->is_incoming) {
        SR_TRY(sr_state_copy(sr_text_view(h->to), &custodian));
    }
    struct sr_state_version *v = version_of(s, event);
    free(v->custodian);
    v->custodian = custodian;
    h->phase = SR_HANDOFF_RETURNED;
    set_event(v, event);
    return SR_OK;
}

static enum sr_status dispose(struct sr_state *s, const struct sr_state_event *event,
                              struct sr_err *err)
{
    struct sr_state_version *v = version_of(s, event);
    if (v == NULL || v->custodian != NULL || v->is_disposed) {
        return cannot(event, err, "it is not this room's to dispose of");
    }
    v->is_disposed = true;
    set_event(v, event);
    return SR_OK;
}

/* ---- All of it. */

static enum sr_status (*const APPLY[SR_VERB_COUNT])(struct sr_state *,
                                                    const struct sr_state_event *,
                                                    struct sr_err *) = {
    [SR_VERB_INIT] = found,
    [SR_VERB_ADOPT] = found,
    [SR_VERB_DEPOSIT] = deposit,
    [SR_VERB_EXPORT] = is_in_custody,
    [SR_VERB_READ] = is_in_custody,
    [SR_VERB_USE] = is_in_custody,
    [SR_VERB_ROTATE] = rotate,
    [SR_VERB_REQUEST] = request,
    [SR_VERB_APPROVE] = review,
    [SR_VERB_DENY] = review,
    [SR_VERB_WITHDRAW] = withdraw,
    [SR_VERB_REVOKE] = revoke,
    [SR_VERB_JUDGE] = judge,
    [SR_VERB_ENROL] = enrol,
    [SR_VERB_ROLES] = set_roles,
    [SR_VERB_ADD_KEY] = add_key,
    [SR_VERB_REVOKE_KEY] = revoke_key,
    [SR_VERB_ATTRIBUTE] = set_attribute,
    [SR_VERB_LEAVE] = leave,
    [SR_VERB_POLICY] = change_policy,
    [SR_VERB_OFFER] = offer,
    [SR_VERB_ACCEPT] = accept,
    [SR_VERB_REJECT] = reject,
    [SR_VERB_RETURN] = give_back,
    [SR_VERB_DISPOSE] = dispose,
    [SR_VERB_OPENED] = is_in_custody,
    [SR_VERB_SERVED] = is_in_custody,
    [SR_VERB_KEY_USED] = is_in_custody,
};

/* What holds of every act. */
static enum sr_status check_event(const struct sr_state *s, const struct sr_state_event *event,
                                  struct sr_err *err)
{
    bool is_first = event->act->verb == SR_VERB_INIT || event->act->verb == SR_VERB_ADOPT;
    if (s->has_room == is_first ||
        (s->has_room && !sr_text_id_equal(&s->room, &event->act->room))) {
        return cannot(event, err, "it is not of this room, or not the first");
    }
    if (event->seq <= s->seq || event->time_utc_ms < s->time_utc_ms) {
        return cannot(event, err, "it comes before the act before it");
    }
    if (sr_state_knows_nonce(s, event->act->nonce)) {
        return cannot(event, err, "its nonce was there before");
    }
    enum sr_verb_group group = sr_verb_info(event->act->verb)->group;
    if (sr_act_has(event->act, SR_FIELD_request) &&
        (group == SR_VERB_GROUP_ACT || group == SR_VERB_GROUP_RECORD) &&
        sr_state_request(s, event->act->field[SR_FIELD_request].digest) == NULL) {
        return cannot(event, err, "there is no such request");
    }
    return SR_OK;
}

static enum sr_status reserve_nonce(struct sr_state *s)
{
    SR_TRY(sr_nameset_reserve(s->nonces, 1));
    if (sr_nameset_count(s->nonces) < s->nonce_pages * SR_STATE_NONCES_PER_PAGE) {
        return SR_OK;
    }
    struct sr_state_nonces **pages =
        sr_state_grown(s->nonce_page, s->nonce_pages, s->nonce_pages + 1, sizeof(void *));
    if (pages == NULL) {
        return SR_NO_MEMORY;
    }
    s->nonce_page = pages;
    struct sr_state_nonces *page = calloc(1, sizeof *page);
    if (page == NULL) {
        return SR_NO_MEMORY;
    }
    pages[s->nonce_pages++] = page;
    return SR_OK;
}

static void note_nonce(struct sr_state *s, const struct sr_act *act)
{
    size_t index = sr_nameset_count(s->nonces);
    uint8_t *at =
        s->nonce_page[index / SR_STATE_NONCES_PER_PAGE]->at[index % SR_STATE_NONCES_PER_PAGE];
    memcpy(at, act->nonce, SR_ACT_NONCE_BYTES);
    (void)!sr_nameset_add(s->nonces, sr_bytes(at, SR_ACT_NONCE_BYTES)); /* reserved, not there */
}

/* An act on a request uses it; a record counts what went out under it. */
static void note_use(struct sr_state *s, const struct sr_state_event *event)
{
    enum sr_verb verb = event->act->verb;
    enum sr_verb_group group = sr_verb_info(verb)->group;
    struct sr_request *r = find_request(s, event->act);
    if (r == NULL) {
        return;
    }
    if (group == SR_VERB_GROUP_ACT) {
        note_granted(s, r, event->time_utc_ms);
        r->uses++;
        r->copies += verb == SR_VERB_EXPORT;
        r->first_use_utc_ms = r->uses == 1 ? event->time_utc_ms : r->first_use_utc_ms;
    } else if (verb == SR_VERB_SERVED) {
        r->bytes_served = add_saturating(r->bytes_served, number_of(event, SR_FIELD_bytes));
        r->files_served = add_saturating(r->files_served, number_of(event, SR_FIELD_files));
    } else if (verb == SR_VERB_OPENED) {
        r->files_opened++;
    }
}

enum sr_status sr_state_apply(struct sr_state *s, const struct sr_state_event *event,
                              struct sr_err *err)
{
    SR_AUTO(sr_policy) policy = event->policy;
    enum sr_verb verb = event->act->verb;
    if ((unsigned)verb >= SR_VERB_COUNT || APPLY[verb] == NULL) {
        return sr_fail(err, SR_CORRUPT, "act %" PRIu64 ": there is no such verb", event->seq);
    }
    SR_TRY(check_event(s, event, err));
    SR_TRY(reserve_nonce(s));
    SR_TRY(APPLY[verb](s, event, err));
    bool has_policy = verb == SR_VERB_INIT || verb == SR_VERB_ADOPT || verb == SR_VERB_POLICY;
    /* A grant that a change of policy rests on is used under the policy that it replaces. */
    note_use(s, event);
    if (has_policy) {
        take_policy(s, SR_TAKE(policy));
    }
    note_nonce(s, event->act);
    s->seq = event->seq;
    s->time_utc_ms = event->time_utc_ms;
    return SR_OK;
}
