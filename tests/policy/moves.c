/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "world.h"

static const char *const artifacts[] = {"llama", "mistral"};
static const char *const kinds[] = {"base", "instruct"};
static const char *const hosts[] = {"rack1", "rack2"};
static const char *const role_words[] = {"officer", "security", "engineer", "admin", "incident"};
static const char *const type_words[] = {"human", "service", "workload", "agent"};

size_t pick_actor(struct world *w)
{
    return chance_below(&w->chance, w->actors);
}

size_t pick_human(struct world *w)
{
    for (;;) {
        size_t i = pick_actor(w);
        if (w->actor[i].type == SR_PRINCIPAL_HUMAN) {
            return i;
        }
    }
}

static const struct known_version *pick_version(struct world *w)
{
    static const struct known_version none = {.artifact = "llama", .kind = "base", .number = 77};
    return w->versions == 0 || chance_of(&w->chance, 2)
               ? &none
               : &w->version[chance_below(&w->chance, w->versions)];
}

static const struct known_request *pick_request(struct world *w)
{
    if (w->requests == 0) {
        return NULL;
    }
    size_t recent = w->requests > 3 && chance_of(&w->chance, 70) ? w->requests - 3 : 0;
    return &w->request[recent + chance_below(&w->chance, w->requests - recent)];
}

static bool has_field(enum sr_verb verb, enum sr_act_field field)
{
    return ((sr_verb_info(verb)->must | sr_verb_info(verb)->may) >> field & 1) != 0;
}

/* ---- Fields by verb. */

static void fill_new_version(struct world *w, struct draft *d)
{
    static const char *const parent_name = "lineage.json";
    struct sr_act *act = &d->act;
    random_bytes(&w->chance, d->ids[0].bytes, sizeof d->ids[0].bytes);
    random_bytes(&w->chance, d->subject_digest, sizeof d->subject_digest);
    d->has_subject_digest = true;
    sr_act_set_id(act, SR_FIELD_version, &d->ids[0]);
    sr_act_set_word(act, SR_FIELD_artifact, artifacts[chance_below(&w->chance, 2)]);
    sr_act_set_number(act, SR_FIELD_number,
                      chance_of(&w->chance, 2) ? 0 : w->versions + 1 - chance_of(&w->chance, 5));
    sr_act_set_word(act, SR_FIELD_kind, kinds[chance_below(&w->chance, 2)]);
    sr_act_set_number(act, SR_FIELD_files, chance_of(&w->chance, 2) ? 0 : 3);
    sr_act_set_number(act, SR_FIELD_tier,
                      chance_of(&w->chance, 2) ? 0 : 1 + chance_below(&w->chance, 5));
    sr_act_set_word(act, SR_FIELD_profile, "default");
    sr_act_set_digest(act, SR_FIELD_ruleset, d->subject_digest);
    sr_act_set_word(act, SR_FIELD_step, "train");
    bool is_review = chance_of(&w->chance, 15);
    sr_act_set_word(act, SR_FIELD_verdict, is_review ? "REVIEW" : "PASS");
    if (is_review != chance_of(&w->chance, 4)) {
        sr_act_set_word(act, SR_FIELD_because, "known author");
    }
    d->document.name = sr_text_view(parent_name);
    if (!chance_of(&w->chance, 3)) {
        sr_act_set_digests(act, SR_FIELD_documents, &d->document, 1);
    }
    if (act->verb == SR_VERB_DEPOSIT && w->versions > 0 && chance_of(&w->chance, 30)) {
        d->ids[1] = pick_version(w)->id;
        sr_act_set_ids(act, SR_FIELD_parents, &d->ids[1], 1);
    }
}

static void fill_version(struct world *w, struct draft *d)
{
    struct sr_act *act = &d->act;
    draft_version(d, pick_version(w));
    if (has_field(act->verb, SR_FIELD_at)) {
        sr_act_set_word(act, SR_FIELD_at, "/models");
    }
    if (act->verb == SR_VERB_EXPORT) {
        sr_act_set_word(act, SR_FIELD_to, "/out");
    }
    if (has_field(act->verb, SR_FIELD_file)) {
        sr_act_set_word(act, SR_FIELD_file, "model.safetensors");
    }
    if (has_field(act->verb, SR_FIELD_host) && chance_of(&w->chance, 30)) {
        sr_act_set_word(act, SR_FIELD_host, hosts[chance_below(&w->chance, 2)]);
    }
    if (has_field(act->verb, SR_FIELD_workload) && chance_of(&w->chance, 15)) {
        sr_act_set_word(act, SR_FIELD_workload, w->actor[pick_actor(w)].name);
    }
    if (act->verb == SR_VERB_SERVED) {
        sr_act_set_number(act, SR_FIELD_bytes, (1 + chance_below(&w->chance, 4)) * 300000000);
        sr_act_set_number(act, SR_FIELD_files, 1);
    }
}

static size_t new_key(struct world *w)
{
    /* Mostly one that nobody has; sometimes one that somebody has, spelled otherwise. */
    if (chance_of(&w->chance, w->is_signed ? 0 : 3)) {
        return KEYS + chance_below(&w->chance, KEYS_TWINS);
    }
    if (chance_of(&w->chance, 4)) {
        return chance_below(&w->chance, w->is_signed ? KEYS_PLAIN : KEYS);
    }
    if (chance_of(&w->chance, w->is_signed ? 0 : 25) && w->hardware_given < KEYS - KEYS_PLAIN) {
        return KEYS - 1 - w->hardware_given++;
    }
    return ROOM_KEY - (w->keys_given < ROOM_KEY ? ++w->keys_given : 0);
}

static void fill_roles(struct world *w, struct draft *d)
{
    size_t count = 0;
    for (size_t i = 0; i < 5; i++) {
        if (chance_of(&w->chance, 40)) {
            d->texts[count++] = sr_text_view(role_words[i]);
        }
    }
    if (chance_of(&w->chance, 2)) {
        d->texts[count++] = sr_text_view("wizard");
    }
    if (count > 0) {
        sr_act_set_texts(&d->act, SR_FIELD_roles, d->texts, count);
    }
}

static void fill_enrol(struct world *w, struct draft *d)
{
    size_t type = chance_below(&w->chance, 4);
    (void)snprintf(d->lines[0], sizeof d->lines[0], "%s%zu", type_words[type],
                   chance_of(&w->chance, 4) ? (size_t)1 : w->actors);
    sr_act_set_word(&d->act, SR_FIELD_principal, d->lines[0]);
    sr_act_set_word(&d->act, SR_FIELD_type, type_words[type]);
    sr_act_set_word(&d->act, SR_FIELD_key, keys_make()[new_key(w)].line);
    if ((type != SR_PRINCIPAL_HUMAN) != chance_of(&w->chance, 2)) {
        size_t owner = chance_of(&w->chance, 5) ? pick_actor(w) : pick_human(w);
        sr_act_set_word(&d->act, SR_FIELD_owner, w->actor[owner].name);
    }
    if (chance_of(&w->chance,
                  type == SR_PRINCIPAL_AGENT || type == SR_PRINCIPAL_WORKLOAD ? 30 : 80)) {
        fill_roles(w, d);
    }
}

static void fill_principal(struct world *w, struct draft *d)
{
    struct sr_act *act = &d->act;
    size_t who = pick_actor(w);
    sr_act_set_word(act, SR_FIELD_principal,
                    chance_of(&w->chance, 1) ? "nobody" : w->actor[who].name);
    if (act->verb == SR_VERB_ROLES) {
        fill_roles(w, d);
    } else if (act->verb == SR_VERB_ADD_KEY) {
        sr_act_set_word(act, SR_FIELD_key, keys_make()[new_key(w)].line);
    } else if (act->verb == SR_VERB_ATTRIBUTE) {
        static const char *const words[] = {"training", "screening", "clearance"};
        static const int64_t lasts[] = {-1000, 1800000, 86400000, 864000000};
        sr_act_set_word(act, SR_FIELD_attribute, words[chance_below(&w->chance, 3)]);
        sr_act_set_number(act, SR_FIELD_until,
                          (uint64_t)(w->now + lasts[chance_below(&w->chance, 4)]));
    } else if (act->verb == SR_VERB_LEAVE) {
        sr_act_set_digest(act, SR_FIELD_report, w->policy[0].digest);
    } else if (act->verb == SR_VERB_REVOKE_KEY) {
        const struct actor *a = &w->actor[chance_of(&w->chance, 90) ? who : pick_actor(w)];
        size_t key = a->key[chance_below(&w->chance, a->keys)];
        sr_act_set_word(act, SR_FIELD_key, keys_make()[key].line);
    }
}

static void fill_policy(struct world *w, struct draft *d)
{
    d->policy = chance_below(&w->chance, w->policies);
    sr_act_set_digest(&d->act, SR_FIELD_policy, w->policy[d->policy].digest);
    memcpy(d->subject_digest, w->policy[d->policy].digest, SR_SHA256_BYTES);
    d->has_subject_digest = true;
}

static void fill_handoff(struct world *w, struct draft *d)
{
    struct sr_act *act = &d->act;
    const struct known_version *v = pick_version(w);
    draft_version(d, v);
    d->ids[2] = v->handoff;
    if (act->verb == SR_VERB_OFFER || chance_of(&w->chance, 3)) {
        random_bytes(&w->chance, d->ids[2].bytes, sizeof d->ids[2].bytes);
    }
    sr_act_set_id(act, SR_FIELD_handoff, &d->ids[2]);
    sr_act_set_number(act, SR_FIELD_event, v->event + 1 + chance_of(&w->chance, 3));
    if ((v->event > 0) != chance_of(&w->chance, 2)) {
        sr_act_set_digest(act, SR_FIELD_previous, v->last);
    }
    if (act->verb == SR_VERB_OFFER) {
        sr_act_set_word(act, SR_FIELD_from, "us");
        sr_act_set_word(act, SR_FIELD_to, "them");
        sr_act_set_digest(act, SR_FIELD_card, w->policy[0].digest);
        sr_act_set_number(act, SR_FIELD_until,
                          (uint64_t)w->now + (chance_of(&w->chance, 10) ? 0 : 7200000));
        sr_act_set_number(act, SR_FIELD_tier, chance_of(&w->chance, 3) ? 5 : v->tier);
        sr_act_set_word(act, SR_FIELD_kind, v->kind);
        return;
    }
    if (act->verb != SR_VERB_DISPOSE) {
        sr_act_set_digest(act, SR_FIELD_offer, v->offer);
    }
    if (act->verb == SR_VERB_ACCEPT) {
        sr_act_set_digest(act, SR_FIELD_results, w->policy[0].digest);
    }
}

/* From another room. */
static void fill_incoming(struct world *w, struct draft *d)
{
    struct sr_act *act = &d->act;
    fill_new_version(w, d);
    random_bytes(&w->chance, d->ids[2].bytes, sizeof d->ids[2].bytes);
    sr_act_set_id(act, SR_FIELD_handoff, &d->ids[2]);
    sr_act_set_word(act, SR_FIELD_from, "them");
    sr_act_set_number(act, SR_FIELD_event,
                      chance_of(&w->chance, 5) ? 1 : 2 + chance_below(&w->chance, 3));
    sr_act_set_digest(act, SR_FIELD_offer, d->subject_digest);
    sr_act_set_digest(act, SR_FIELD_previous,
                      chance_of(&w->chance, 4) ? w->policy[0].digest : d->subject_digest);
    sr_act_set_digest(act, SR_FIELD_results, w->policy[0].digest);
}

static bool is_chain(enum sr_verb verb)
{
    return verb == SR_VERB_OFFER || verb == SR_VERB_ACCEPT || verb == SR_VERB_REJECT ||
           verb == SR_VERB_RETURN || verb == SR_VERB_DISPOSE;
}

void draft_fill(struct world *w, struct draft *d)
{
    enum sr_verb verb = d->act.verb;
    if (verb == SR_VERB_DEPOSIT) {
        fill_new_version(w, d);
    } else if (verb == SR_VERB_ACCEPT && chance_of(&w->chance, 40)) {
        fill_incoming(w, d);
    } else if (is_chain(verb)) {
        fill_handoff(w, d);
    } else if (verb == SR_VERB_ENROL) {
        fill_enrol(w, d);
    } else if (verb == SR_VERB_POLICY) {
        fill_policy(w, d);
    } else if (verb == SR_VERB_ROTATE) {
        sr_act_set_number(&d->act, SR_FIELD_epoch, w->epoch + 1 - chance_of(&w->chance, 5));
    } else if (sr_verb_info(verb)->about == SR_VERB_ABOUT_PRINCIPAL) {
        fill_principal(w, d);
    } else {
        fill_version(w, d);
    }
}

void draft_ask(struct world *w, struct draft *d)
{
    struct sr_act *act = &d->act;
    enum sr_verb verb = act->verb;
    act->verb = SR_VERB_REQUEST;
    sr_act_set_word(act, SR_FIELD_what, sr_verb_info(verb)->word);
    if (chance_of(&w->chance, 85)) {
        sr_act_set_word(act, SR_FIELD_reason, "launch");
    }
    if (sr_verb_releases(verb)) {
        static const uint64_t lasts[] = {1800000, 1800001, 7200000, 14400000, 86400000};
        if (chance_of(&w->chance, 60)) {
            sr_act_set_number(act, SR_FIELD_lasts_ms, lasts[chance_below(&w->chance, 5)]);
        }
        if (chance_of(&w->chance, 60)) {
            sr_act_set_number(act, SR_FIELD_bytes,
                              chance_of(&w->chance, 80) ? 1000000000 : 2000000000);
        }
        if (chance_of(&w->chance, 50)) {
            sr_act_set_number(act, SR_FIELD_files, 1 + chance_below(&w->chance, 3));
        }
    }
    if (chance_of(&w->chance, sr_verb_releases(verb) ? 12 : 1)) {
        sr_act_set_number(act, SR_FIELD_break_glass, 1);
    }
    d->policy = POLICIES_MAX;
}

void draft_granted(struct world *w, struct draft *d, const struct known_request *r)
{
    enum sr_verb verb = SR_VERB_USE;
    bool is_verb = sr_verb_from_word(r->act->field[SR_FIELD_what].text, &verb);
    assert(is_verb);
    draft_begin(w, d, verb, r->requester);
    d->act.has = r->act->has & (sr_verb_info(verb)->must | sr_verb_info(verb)->may);
    memcpy(d->act.field, r->act->field, sizeof d->act.field);
    sr_act_set_digest(&d->act, SR_FIELD_request, r->digest);
    d->has_subject_digest =
        sr_verb_info(verb)->about == SR_VERB_ABOUT_VERSION || verb == SR_VERB_POLICY;
    memcpy(d->subject_digest, r->act->subjects[0].sha256, SR_SHA256_BYTES);
    d->policy = verb == SR_VERB_POLICY ? r->policy : POLICIES_MAX;
}

void draft_about(struct world *w, struct draft *d, enum sr_verb verb, size_t actor,
                 const struct known_request *r)
{
    draft_begin(w, d, verb, actor);
    sr_act_set_digest(&d->act, SR_FIELD_request,
                      chance_of(&w->chance, 1) ? r->act->policy : r->digest);
    if (verb == SR_VERB_JUDGE) {
        sr_act_set_word(&d->act, SR_FIELD_outcome,
                        chance_of(&w->chance, 70) ? "justified" : "unjustified");
        sr_act_set_word(&d->act, SR_FIELD_reason, "seen");
    }
}

/* ---- What becomes of it. */

static size_t find_actor(const struct world *w, struct sr_bytes name)
{
    size_t i = 0;
    while (i < w->actors && !sr_text_equal(sr_text_view(w->actor[i].name), name)) {
        i++;
    }
    return i;
}

static size_t find_key(struct sr_bytes line)
{
    size_t i = 0;
    while (i < KEYS && !sr_text_equal(sr_text_view(keys_make()[i].line), line)) {
        i++;
    }
    return i;
}

static void note_actor(struct world *w, const struct sr_act *act)
{
    struct sr_bytes name = act->field[SR_FIELD_principal].text;
    if (act->verb == SR_VERB_ENROL && w->actors < ACTORS_MAX) {
        struct actor *a = &w->actor[w->actors];
        *a = (struct actor){.owner = w->actors};
        memcpy(a->name, name.ptr, name.len < 15 ? name.len : 15);
        (void)sr_principal_type_from_word(act->field[SR_FIELD_type].text, &a->type);
        if (sr_act_has(act, SR_FIELD_owner)) {
            a->owner = find_actor(w, act->field[SR_FIELD_owner].text);
        }
        w->actors++;
    }
    size_t who = find_actor(w, name);
    if (who < w->actors && w->actor[who].keys < ACTOR_KEYS_MAX) {
        w->actor[who].key[w->actor[who].keys++] = find_key(act->field[SR_FIELD_key].text);
    }
}

static struct known_version *find_version(struct world *w, const struct sr_id *id)
{
    for (size_t i = 0; i < w->versions; i++) {
        if (sr_text_id_equal(&w->version[i].id, id)) {
            return &w->version[i];
        }
    }
    return NULL;
}

static void note_version(struct world *w, const struct entry *e)
{
    const struct sr_act_value *field = e->act->field;
    struct known_version *v = find_version(w, &field[SR_FIELD_version].id);
    if (v == NULL && w->versions < VERSIONS_MAX) {
        v = &w->version[w->versions++];
        *v = (struct known_version){.id = field[SR_FIELD_version].id,
                                    .number = field[SR_FIELD_number].number,
                                    .tier = (unsigned)field[SR_FIELD_tier].number};
        v->artifact = sr_text_equal(field[SR_FIELD_artifact].text, sr_text_view(artifacts[0]))
                          ? artifacts[0]
                          : artifacts[1];
        v->kind =
            sr_text_equal(field[SR_FIELD_kind].text, sr_text_view(kinds[0])) ? kinds[0] : kinds[1];
        memcpy(v->digest, e->act->subjects[0].sha256, sizeof v->digest);
        memcpy(v->offer, field[SR_FIELD_offer].digest, sizeof v->offer);
    }
    if (v != NULL && e->act->verb != SR_VERB_DEPOSIT) {
        v->event = field[SR_FIELD_event].number;
        memcpy(v->last, e->digest, sizeof v->last);
        v->handoff = field[SR_FIELD_handoff].id;
        if (e->act->verb == SR_VERB_OFFER) {
            memcpy(v->offer, e->digest, sizeof v->offer);
        }
    }
}

enum sr_reason world_do(struct world *w, struct draft *d)
{
    enum sr_reason reason = world_send(w, d);
    if (reason != SR_REASON_NONE || w->is_over) {
        return reason;
    }
    const struct entry *e = &w->h.entry[w->h.count - 1];
    enum sr_verb verb = e->act->verb;
    if (verb == SR_VERB_ENROL || verb == SR_VERB_ADD_KEY) {
        note_actor(w, e->act);
    } else if (verb == SR_VERB_DEPOSIT || is_chain(verb)) {
        note_version(w, e);
    } else if (verb == SR_VERB_ROTATE) {
        w->epoch = e->act->field[SR_FIELD_epoch].number;
    } else if (verb == SR_VERB_REQUEST && w->requests < REQUESTS_MAX) {
        struct known_request *r = &w->request[w->requests++];
        *r = (struct known_request){.act = e->act, .requester = find_actor(w, e->act->actor)};
        memcpy(r->digest, e->digest, sizeof r->digest);
        for (size_t i = 0; i < w->policies; i++) {
            if (memcmp(w->policy[i].digest, e->act->field[SR_FIELD_policy].digest,
                       SR_SHA256_BYTES) == 0) {
                r->policy = i;
            }
        }
    }
    return reason;
}

const struct known_request *world_ask(struct world *w, enum sr_verb verb, size_t actor)
{
    struct draft d;
    size_t before = w->requests;
    draft_begin(w, &d, verb, actor);
    draft_fill(w, &d);
    draft_ask(w, &d);
    d.is_room = chance_of(&w->chance, 2);
    return world_do(w, &d) == SR_REASON_NONE && w->requests > before ? &w->request[before] : NULL;
}

enum sr_request_state world_standing(struct world *w, const struct known_request *r)
{
    struct sr_moment moment = {w->now, w->witnessed, w->witnesses};
    const struct sr_request *request = sr_state_request(w->state, r->digest);
    enum sr_reason reason = SR_REASON_NONE;
    if (request == NULL || w->is_over) {
        return SR_REQUEST_STATE_COUNT;
    }
    struct sr_standing s = sr_policy_standing(w->state, request, &moment);
    enum sr_request_state ours = oracle_standing(&w->h, r->digest, w->now, &reason);
    if (ours != s.state || reason != s.reason) {
        world_object(w, "how a request stands: policy says %s (%s), the oracle %s (%s)",
                     sr_request_state_word(s.state), sr_reason_slug(s.reason),
                     sr_request_state_word(ours), sr_reason_slug(reason));
    }
    return s.state;
}

bool world_approve(struct world *w, const struct known_request *r)
{
    size_t first = pick_actor(w);
    for (size_t i = 0; i < w->actors && !w->is_over; i++) {
        size_t who = (first + i) % w->actors;
        enum sr_request_state state = world_standing(w, r);
        if (state == SR_REQUEST_WAITING) {
            w->now += 3600001;
            state = world_standing(w, r);
        }
        if (state != SR_REQUEST_PENDING) {
            return state == SR_REQUEST_GRANTED;
        }
        if (w->actor[who].type == SR_PRINCIPAL_HUMAN && who != w->actor[r->requester].owner) {
            struct draft d;
            draft_about(w, &d, SR_VERB_APPROVE, who, r);
            (void)world_do(w, &d);
            w->now += (int64_t)chance_below(&w->chance, 120000);
        }
    }
    return !w->is_over && world_standing(w, r) == SR_REQUEST_GRANTED;
}

/* ---- Chance. */

static const struct {
    enum sr_verb verb;
    unsigned weight;
} weights[] = {
    {SR_VERB_DEPOSIT, 5}, {SR_VERB_USE, 20},   {SR_VERB_READ, 12},   {SR_VERB_EXPORT, 12},
    {SR_VERB_ENROL, 10},  {SR_VERB_ROLES, 6},  {SR_VERB_ADD_KEY, 6}, {SR_VERB_ATTRIBUTE, 9},
    {SR_VERB_LEAVE, 2},   {SR_VERB_POLICY, 5}, {SR_VERB_ROTATE, 4},  {SR_VERB_OFFER, 5},
    {SR_VERB_ACCEPT, 5},  {SR_VERB_REJECT, 2}, {SR_VERB_RETURN, 3},  {SR_VERB_DISPOSE, 2},
};

static enum sr_verb pick_verb(struct world *w)
{
    size_t all = 0;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        all += weights[i].weight;
    }
    size_t at = chance_below(&w->chance, all);
    size_t i = 0;
    while (at >= weights[i].weight) {
        at -= weights[i++].weight;
    }
    return weights[i].verb;
}

static void let_time_pass(struct world *w)
{
    static const int64_t steps[] = {0, 1, 60000, 600000, 1800000, 7200000, 28800000, 86400000};
    if (chance_of(&w->chance, 80)) {
        w->now += (int64_t)chance_below(&w->chance, 300000);
        return;
    }
    /* To the millisecond at which something ends, just before it, or just after. */
    const struct entry *e = &w->h.entry[chance_below(&w->chance, w->h.count)];
    int64_t limit = e->time_utc_ms + steps[3 + chance_below(&w->chance, 5)] - 1 +
                    (int64_t)chance_below(&w->chance, 3);
    w->now = limit > w->now ? limit : w->now + steps[chance_below(&w->chance, 6)];
}

static void move_review(struct world *w)
{
    static const enum sr_verb verbs[] = {
        SR_VERB_APPROVE,  SR_VERB_APPROVE, SR_VERB_APPROVE, SR_VERB_APPROVE,
        SR_VERB_APPROVE,  SR_VERB_APPROVE, SR_VERB_DENY,    SR_VERB_REVOKE,
        SR_VERB_WITHDRAW, SR_VERB_JUDGE,   SR_VERB_JUDGE,
    };
    const struct known_request *r = pick_request(w);
    struct draft d;
    if (r == NULL) {
        return;
    }
    draft_about(w, &d, verbs[chance_below(&w->chance, sizeof verbs / sizeof verbs[0])],
                pick_actor(w), r);
    (void)world_do(w, &d);
}

static void move_record(struct world *w)
{
    static const enum sr_verb verbs[] = {SR_VERB_OPENED, SR_VERB_SERVED, SR_VERB_KEY_USED};
    const struct known_request *r = pick_request(w);
    struct draft d;
    draft_begin(w, &d, verbs[chance_below(&w->chance, 3)], pick_actor(w));
    fill_version(w, &d);
    d.is_room = !chance_of(&w->chance, 5);
    if (r != NULL && chance_of(&w->chance, 80) && has_field(d.act.verb, SR_FIELD_request)) {
        sr_act_set_digest(&d.act, SR_FIELD_request, r->digest);
    }
    (void)world_do(w, &d);
}

static void move_by_grant(struct world *w)
{
    const struct known_request *r = pick_request(w);
    struct draft d;
    if (r != NULL) {
        draft_granted(w, &d, r);
        (void)world_do(w, &d);
    }
}

static void move_directly(struct world *w)
{
    struct draft d;
    draft_begin(w, &d, pick_verb(w), pick_actor(w));
    draft_fill(w, &d);
    d.is_room = chance_of(&w->chance, 3);
    (void)world_do(w, &d);
}

/* A version's way to another room, or some of it. */
static void move_handoff(struct world *w)
{
    static const enum sr_verb verbs[] = {SR_VERB_ACCEPT, SR_VERB_ACCEPT, SR_VERB_REJECT,
                                         SR_VERB_RETURN};
    size_t steps = 2 + chance_below(&w->chance, 3);
    for (size_t i = 0; i < steps && !w->is_over; i++) {
        enum sr_verb verb = i == 0 ? SR_VERB_OFFER : verbs[chance_below(&w->chance, 4)];
        for (size_t k = 0; k < w->actors; k++) {
            struct draft d;
            draft_begin(w, &d, verb, k);
            draft_fill(w, &d);
            enum sr_reason reason = world_do(w, &d);
            const struct known_request *r = NULL;
            if (reason == SR_REASON_NEEDS_REQUEST) {
                r = world_ask(w, verb, k);
            }
            if (r != NULL && world_approve(w, r)) {
                draft_granted(w, &d, r);
                reason = world_do(w, &d);
            }
            if (reason == SR_REASON_NONE) {
                break;
            }
        }
    }
}

static void move_revoke_key(struct world *w)
{
    struct draft d;
    draft_begin(w, &d, SR_VERB_REVOKE_KEY, pick_actor(w));
    draft_fill(w, &d);
    (void)world_do(w, &d);
}

void world_move(struct world *w)
{
    let_time_pass(w);
    if (chance_of(&w->chance, 5)) {
        w->witnesses = 1;
        w->witnessed[0] = w->now - (int64_t)chance_below(&w->chance, 1200000) + 150000;
    }
    size_t what = chance_below(&w->chance, 100);
    const struct known_request *r = NULL;
    if (what < 25) {
        move_directly(w);
    } else if (what < 47) {
        r = world_ask(w, pick_verb(w), pick_actor(w));
    } else if (what < 72) {
        move_review(w);
    } else if (what < 90) {
        move_by_grant(w);
    } else if (what < 96) {
        move_record(w);
    } else if (what < 98) {
        move_handoff(w);
    } else {
        move_revoke_key(w);
    }
    if (r != NULL && chance_of(&w->chance, 40)) {
        (void)world_approve(w, r);
    }
}

void world_settle(struct world *w)
{
    static const enum sr_verb verbs[] = {SR_VERB_DEPOSIT, SR_VERB_DEPOSIT, SR_VERB_DEPOSIT,
                                         SR_VERB_ADD_KEY, SR_VERB_ENROL};
    enum sr_verb verb = verbs[chance_below(&w->chance, 5)];
    size_t first = pick_actor(w);
    for (size_t i = 0; i < w->actors && !w->is_over; i++) {
        struct draft d;
        draft_begin(w, &d, verb, (first + i) % w->actors);
        draft_fill(w, &d);
        if (world_do(w, &d) == SR_REASON_NONE) {
            return;
        }
    }
}

/* Everybody's attributes are attested once: as a room begins that demands them. */
void world_attest(struct world *w)
{
    static const char *const words[] = {"clearance", "training", "screening"};
    for (size_t i = 0; i < 3 * w->actors && !w->is_over; i++) {
        struct draft d;
        if (!chance_of(&w->chance, 85)) {
            continue;
        }
        draft_begin(w, &d, SR_VERB_ATTRIBUTE, (i / 3 + 1 + i % 3) % w->actors);
        sr_act_set_word(&d.act, SR_FIELD_principal, w->actor[i / 3].name);
        sr_act_set_word(&d.act, SR_FIELD_attribute, words[i % 3]);
        sr_act_set_number(&d.act, SR_FIELD_until, (uint64_t)w->now + 864000000);
        (void)world_do(w, &d);
    }
}
