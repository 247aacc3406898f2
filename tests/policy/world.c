/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/roster.h"
#include "oracle.h"

uint64_t chance_next(struct chance *c)
{
    uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t chance_below(struct chance *c, size_t below)
{
    return below == 0 ? 0 : (size_t)(chance_next(c) % below);
}

bool chance_of(struct chance *c, unsigned percent)
{
    return chance_below(c, 100) < percent;
}

void random_bytes(struct chance *c, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)chance_next(c);
    }
}

bool history_read_roster(struct entry *e, const struct sr_act *act)
{
    if (act->verb != SR_VERB_INIT || !sr_act_has(act, SR_FIELD_roster)) {
        return true;
    }
    const struct sr_act_value *roster = &act->field[SR_FIELD_roster];
    for (e->rosters = 0; e->rosters < roster->count && e->rosters < 8; e->rosters++) {
        struct sr_err err = {0};
        if (sr_roster_parse(roster->texts[e->rosters], &e->roster[e->rosters], &err) != SR_OK) {
            return false;
        }
    }
    return true;
}

void history_clear(struct history *h)
{
    for (size_t i = 0; i < h->count; i++) {
        sr_act_text_free(h->entry[i].text);
        sr_policy_free(h->entry[i].policy);
    }
    h->count = 0;
}

/* ---- Reports: enough to repeat it and to see it. */

static void print_act(const char *mark, const struct sr_act *act, int64_t time, const char *word)
{
    (void)printf("# %s %+" PRId64 "s %.*s %s", mark, (time - INT64_C(1793000000000)) / 1000,
                 (int)act->actor.len, (const char *)act->actor.ptr, sr_verb_info(act->verb)->word);
    for (enum sr_act_field f = 0; f < SR_FIELD_COUNT; f++) {
        const struct sr_act_value *v = &act->field[f];
        if (!sr_act_has(act, f) || f == SR_FIELD_roster) {
            continue;
        }
        const struct sr_field_info *info = sr_field_info(f);
        if (info->type == SR_FIELD_TYPE_TEXT) {
            (void)printf(" %s=%.*s", info->name, (int)(v->text.len > 48 ? 48 : v->text.len),
                         (const char *)v->text.ptr);
        } else if (info->type == SR_FIELD_TYPE_DIGEST) {
            (void)printf(" %s=%02x%02x", info->name, v->digest[0], v->digest[1]);
        } else if (info->type == SR_FIELD_TYPE_TEXTS) {
            for (size_t i = 0; i < v->count; i++) {
                (void)printf(" %s[]=%.*s", info->name, (int)v->texts[i].len,
                             (const char *)v->texts[i].ptr);
            }
        } else if (info->type != SR_FIELD_TYPE_ID) {
            (void)printf(" %s=%" PRIu64, info->name, v->number);
        }
    }
    (void)printf(" -> %s\n", word);
}

static void print_history(const struct world *w, const struct draft *d, const char *word)
{
    (void)printf("# seed %" PRIu64 "; policy:\n# ", w->seed);
    for (const char *p = w->policy[w->in_force].text; *p != 0; p++) {
        (void)putchar(*p);
        if (*p == '\n') {
            (void)printf("# ");
        }
    }
    (void)putchar('\n');
    for (size_t i = 0; i < w->h.count; i++) {
        const struct entry *e = &w->h.entry[i];
        char mark[16];
        (void)snprintf(mark, sizeof mark, "%3zu %02x%02x", i + 1, e->digest[0], e->digest[1]);
        print_act(mark, e->act, e->time_utc_ms, "allowed");
    }
    print_act("now     ", &d->act, w->now, word);
}

/* ---- Sending. */

const uint8_t *world_policy(const struct world *w)
{
    return w->policy[w->in_force].digest;
}

static struct sr_policy *parse(const struct world *w, size_t index)
{
    struct sr_policy *p = NULL;
    struct sr_err err = {0};
    if (sr_policy_parse(sr_text_view(w->policy[index].text), &p, &err) != SR_OK) {
        (void)printf("# seed %" PRIu64 ": a policy does not decode: %s\n%s\n", w->seed, err.message,
                     w->policy[index].text);
        return NULL;
    }
    return p;
}

static void object(struct world *w, const struct draft *d, const char *what, uint64_t *count)
{
    *count += 1;
    w->is_over = true;
    if (w->tally->disagreements + w->tally->broken <= 5) {
        print_history(w, d, what);
    }
}

void world_object(struct world *w, const char *fmt, ...)
{
    struct draft d = {.act = *w->h.entry[w->h.count - 1].act};
    char words[240];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    object(w, &d, words, &w->tally->disagreements);
}

/* Whether all three say the same of an act; said is what src/policy says. */
static bool agree(struct world *w, const struct draft *d, const struct sr_state_event *event,
                  const struct sr_decision *said)
{
    struct sr_moment moment = {w->now, w->witnessed, w->witnesses};
    struct oracle_answer ours = oracle_decide(&w->h, event, &moment);
    if (said->ruling != ours.ruling || said->reason != ours.reason) {
        char words[200];
        (void)snprintf(words, sizeof words, "policy says %s (%.100s), the oracle %s",
                       sr_reason_slug(said->reason), said->detail, sr_reason_slug(ours.reason));
        object(w, d, words, &w->tally->disagreements);
    }
    const char *broken = NULL;
    if (said->ruling == SR_RULING_ALLOW) {
        broken = invariant_broken(&w->h, event, w->now);
    }
    if (broken != NULL) {
        object(w, d, broken, &w->tally->broken);
        if (w->attack != ATTACK_COUNT) {
            w->tally->successes[w->attack]++;
        }
    }
    return !w->is_over;
}

/* What is taken in goes into the list and the state. */
static void take_in(struct world *w, const struct draft *d, struct sr_act_text *text,
                    struct sr_state_event *event)
{
    struct entry *e = &w->h.entry[w->h.count++];
    *e = (struct entry){.text = text,
                        .act = event->act,
                        .is_room = d->is_room,
                        .proof = event->proof,
                        .time_utc_ms = w->now};
    if (!history_read_roster(e, e->act)) {
        object(w, d, "a roster that cannot be read was allowed", &w->tally->broken);
    }
    memcpy(e->digest, event->digest, sizeof e->digest);
    (void)snprintf(e->fingerprint, sizeof e->fingerprint, "%s", event->fingerprint);
    if (event->policy != NULL) {
        e->policy = parse(w, d->policy);
        w->in_force = d->policy;
    }
    struct sr_err err = {0};
    w->tally->allowed++;
    w->tally->by_verb[event->act->verb]++;
    if (sr_state_apply(w->state, event, &err) != SR_OK) {
        object(w, d, err.message, &w->tally->disagreements);
    }
}

/* Decide, compare, and take it in when it is allowed. Takes text and policy. */
static enum sr_reason submit(struct world *w, const struct draft *d, struct sr_act_text *text,
                             const uint8_t *digest, const char *fingerprint,
                             const struct sr_act_proof *proof, struct sr_policy *policy)
{
    struct sr_state_event event = {
        .act = sr_act_text_view(text),
        .digest = digest,
        .fingerprint = fingerprint,
        .is_room = d->is_room,
        .proof = *proof,
        .seq = w->h.count + 1,
        .time_utc_ms = w->now,
        .policy = policy,
    };
    struct sr_moment moment = {w->now, w->witnessed, w->witnesses};
    struct sr_decision said = sr_policy_decide(w->state, &event, &moment);
    w->tally->asked++;
    w->tally->by_reason[said.reason]++;
    w->tally->pending += said.ruling == SR_RULING_PENDING;
    if (!agree(w, d, &event, &said) || said.ruling != SR_RULING_ALLOW ||
        w->h.count == HISTORY_MAX) {
        sr_policy_free(policy);
        sr_act_text_free(text);
        return said.reason;
    }
    take_in(w, d, text, &event);
    return said.reason;
}

void draft_begin(struct world *w, struct draft *d, enum sr_verb verb, size_t actor)
{
    const struct actor *a = &w->actor[actor];
    memset(d, 0, sizeof *d);
    d->act.verb = verb;
    d->act.room = w->room;
    d->act.actor = sr_text_view(a->name);
    d->act.time_utc_ms = w->now - (int64_t)chance_below(&w->chance, 20000);
    random_bytes(&w->chance, d->act.nonce, sizeof d->act.nonce);
    memcpy(d->act.policy, world_policy(w), SR_SHA256_BYTES);
    d->key = a->key[chance_below(&w->chance, a->keys)];
    d->policy = POLICIES_MAX;
}

void draft_version(struct draft *d, const struct known_version *v)
{
    sr_act_set_word(&d->act, SR_FIELD_artifact, v->artifact);
    sr_act_set_number(&d->act, SR_FIELD_number, v->number);
    sr_act_set_id(&d->act, SR_FIELD_version, &v->id);
    memcpy(d->subject_digest, v->digest, SR_SHA256_BYTES);
    d->has_subject_digest = true;
}

static struct sr_act_proof proof_of(struct world *w, size_t key)
{
    bool is_hardware = keys_make()[key].is_hardware;
    return (struct sr_act_proof){.is_hardware = is_hardware,
                                 .has_presence = is_hardware,
                                 .has_verification = is_hardware && chance_of(&w->chance, 70)};
}

static size_t signing_key(const struct draft *d)
{
    return d->is_room ? ROOM_KEY : d->key;
}

/* One changed byte: it is refused, or says what it said before. */
static void tamper(struct world *w, const struct draft *d, struct sr_bytes envelope,
                   struct sr_bytes statement, const struct sr_act_key *key)
{
    uint8_t copy[SR_ENVELOPE_BYTES_MAX];
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_err err = {0};
    memcpy(copy, envelope.ptr, envelope.len);
    copy[chance_below(&w->chance, envelope.len)] ^= (uint8_t)(1U << chance_below(&w->chance, 8));
    if (sr_envelope_open(sr_bytes(copy, envelope.len), &e, &err) != SR_OK ||
        sr_envelope_verify(e, key, NULL, &err) != SR_OK) {
        w->tally->tampered++;
    } else if (!sr_text_equal(sr_envelope_statement(e), statement)) {
        object(w, d, "a changed envelope was taken for signed", &w->tally->broken);
    }
}

/* Sign it, and take the envelope apart as who receives it. */
static bool sign(struct world *w, const struct draft *d, struct sr_bytes statement,
                 struct sr_act_proof *out)
{
    SR_AUTO(sr_act_signer) signer = keys_signer(signing_key(d));
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_envelope) e = NULL;
    SR_AUTO(sr_buf) buf = NULL;
    struct sr_err err = {0};
    if (sr_buf_new(SR_ENVELOPE_BYTES_MAX, &buf) != SR_OK ||
        sr_envelope_make_of(statement, signer, buf, &err) != SR_OK ||
        sr_envelope_open(sr_buf_view(buf), &e, &err) != SR_OK ||
        sr_act_key_parse(sr_text_view(keys_make()[signing_key(d)].line), &key, &err) != SR_OK ||
        strcmp(sr_envelope_keyid(e), sr_act_key_fingerprint(key)) != 0 ||
        sr_envelope_verify(e, key, out, &err) != SR_OK ||
        !sr_text_equal(sr_envelope_statement(e), statement)) {
        object(w, d, err.message, &w->tally->disagreements);
        return false;
    }
    w->tally->verified++;
    tamper(w, d, sr_buf_view(buf), statement, key);
    return !w->is_over;
}

/* Send a statement, as d says: by which key, with which policy. */
static enum sr_reason send_statement(struct world *w, const struct draft *d,
                                     struct sr_bytes statement)
{
    struct sr_err err = {0};
    struct sr_act_text *text = NULL;
    struct sr_act_proof proof = proof_of(w, signing_key(d));
    uint8_t digest[SR_SHA256_BYTES];
    if (sr_act_decode(statement, &text, &err) != SR_OK) {
        object(w, d, err.message, &w->tally->disagreements);
        return SR_REASON_COUNT;
    }
    memcpy(digest, sr_act_text_digest(text), sizeof digest);
    if (w->is_signed && !sign(w, d, statement, &proof)) {
        sr_act_text_free(text);
        return SR_REASON_COUNT;
    }
    struct sr_policy *policy = d->policy < POLICIES_MAX ? parse(w, d->policy) : NULL;
    return submit(w, d, text, digest, keys_make()[signing_key(d)].fingerprint, &proof, policy);
}

enum sr_reason world_send(struct world *w, struct draft *d)
{
    struct sr_err err = {0};
    SR_AUTO(sr_buf) buf = NULL;
    if (w->is_over) {
        return SR_REASON_COUNT;
    }
    if (sr_act_subject(&d->act, d->has_subject_digest ? d->subject_digest : NULL, d->subject_name,
                       &d->subject) != SR_OK) {
        object(w, d, "no subject", &w->tally->disagreements);
        return SR_REASON_COUNT;
    }
    d->act.subjects = &d->subject;
    d->act.subject_count = 1;
    if (sr_buf_new(SR_ACT_BYTES_MAX, &buf) != SR_OK || sr_act_encode(&d->act, buf, &err) != SR_OK) {
        object(w, d, err.message, &w->tally->disagreements);
        return SR_REASON_COUNT;
    }
    return send_statement(w, d, sr_buf_view(buf));
}

enum sr_reason world_resend(struct world *w, const struct entry *e, size_t key)
{
    struct draft d = {.act = *e->act, .key = key, .is_room = e->is_room, .policy = POLICIES_MAX};
    if (w->is_over) {
        return SR_REASON_COUNT;
    }
    for (size_t i = 0; i < KEYS_AND_TWINS && key == KEYS; i++) {
        d.key = strcmp(keys_make()[i].fingerprint, e->fingerprint) == 0 ? i : d.key;
    }
    for (size_t i = 0; e->policy != NULL && i < w->policies; i++) {
        if (memcmp(w->policy[i].digest, e->policy->digest, SR_SHA256_BYTES) == 0) {
            d.policy = i;
        }
    }
    return send_statement(w, &d, sr_act_text_statement(e->text));
}

/* ---- Beginning and end. */

static const char *const names[] = {"ada", "ben", "cleo", "dan", "eve", "fay", "gus", "hal"};
static const char *const role_words[] = {"officer", "security", "engineer", "admin", "incident"};

static void put_person(struct world *w, struct draft *d, size_t i)
{
    bool is_soft = w->is_signed;
    struct actor *a = &w->actor[i];
    struct sr_roster line = {0};
    (void)snprintf(a->name, sizeof a->name, "%s", names[i]);
    *a = (struct actor){.type = SR_PRINCIPAL_HUMAN, .owner = i, .keys = 1};
    (void)snprintf(a->name, sizeof a->name, "%s", names[i]);
    /* Keys of hardware stand at the end of the list. */
    a->key[0] = chance_of(&w->chance, is_soft ? 0 : 30) ? KEYS - 1 - w->hardware_given++
                                                        : ROOM_KEY - ++w->keys_given;
    line.name = sr_text_view(a->name);
    line.key = sr_text_view(keys_make()[a->key[0]].line);
    for (size_t r = 0; r < 5; r++) {
        if (chance_of(&w->chance, r == i % 5 ? 95 : 35)) {
            line.role[line.roles++] = sr_text_view(role_words[r]);
        }
    }
    if (line.roles == 0) {
        line.role[line.roles++] = sr_text_view("engineer");
    }
    SR_AUTO(sr_buf) buf = NULL;
    enum sr_status st = sr_buf_new(320, &buf);
    assert(st == SR_OK);
    st = sr_roster_put(&line, buf);
    assert(st == SR_OK);
    struct sr_bytes text = sr_buf_view(buf);
    memcpy(d->lines[i], text.ptr, text.len);
    d->texts[i] = sr_bytes(d->lines[i], text.len);
}

static void add_policy(struct world *w)
{
    struct known_policy *p = &w->policy[w->policies++];
    policy_write(&w->chance, p->text);
    enum sr_status st = sr_sha256_once(sr_text_view(p->text), p->digest);
    assert(st == SR_OK);
}

/* The last of d's roster lines is another one. */
static void mislead(struct world *w, struct draft *d, size_t what)
{
    const char *const names_of[] = {"ada", "zoe", "zoe", "zoe"};
    size_t key =
        what == 0 ? 0 : KEYS + what - 1; /* the room's or the first one's, spelled otherwise */
    (void)snprintf(d->lines[1], sizeof d->lines[1], "%s %s %s", names_of[what],
                   what == 3 ? "wizard" : "officer", keys_make()[key % KEYS_AND_TWINS].line);
    d->texts[1] = sr_text_view(d->lines[1]);
    sr_act_set_texts(&d->act, SR_FIELD_roster, d->texts, 2);
    random_bytes(&w->chance, d->act.nonce, sizeof d->act.nonce);
}

/* Found it wrongly; as is how it would be right. */
static void misfound(struct world *w, const struct draft *as)
{
    struct draft d = *as;
    memcpy(d.texts, as->texts, sizeof d.texts);
    d.policy = 0;
    sr_act_set_digest(&d.act, SR_FIELD_policy, w->policy[0].digest);
    size_t what = chance_below(&w->chance, 9);
    if (what < 4) {
        mislead(w, &d, what);
    } else if (what == 4) {
        d.is_room = false;
    } else if (what == 5) {
        d.policy = 1;
    } else if (what == 6) {
        sr_act_set_word(&d.act, SR_FIELD_key, keys_make()[0].line);
    } else if (what == 7) {
        memset(&d.act.room, 0, sizeof d.act.room);
    } else {
        draft_begin(w, &d, SR_VERB_ROTATE, 0);
        sr_act_set_number(&d.act, SR_FIELD_epoch, 2);
    }
    (void)world_send(w, &d);
}

/* Found the room, under the first policy that the people can live with (D-18). */
static bool found(struct world *w)
{
    struct draft d;
    size_t people = 5 + chance_below(&w->chance, 4);
    draft_begin(w, &d, SR_VERB_INIT, 0);
    for (size_t i = 0; i < people; i++) {
        put_person(w, &d, i);
    }
    w->actors = people;
    d.is_room = true;
    d.act.actor = sr_text_view("root");
    memset(d.act.policy, 0, sizeof d.act.policy);
    sr_act_set_word(&d.act, SR_FIELD_key, keys_make()[ROOM_KEY].line);
    sr_act_set_texts(&d.act, SR_FIELD_roster, d.texts, people);
    if (chance_of(&w->chance, 20)) {
        misfound(w, &d);
    }
    for (d.policy = 0; d.policy < w->policies && w->h.count == 0; d.policy++) {
        sr_act_set_digest(&d.act, SR_FIELD_policy, w->policy[d.policy].digest);
        (void)world_send(w, &d);
    }
    return w->h.count == 1;
}

bool world_begin(struct world *w, uint64_t seed, bool is_signed, struct tally *tally)
{
    memset(w, 0, sizeof *w);
    keys_spell(is_signed);
    w->chance.state = seed;
    w->seed = seed;
    w->tally = tally;
    w->epoch = 1;
    w->is_signed = is_signed;
    w->attack = ATTACK_COUNT;
    w->now = INT64_C(1793000000000) + (int64_t)chance_below(&w->chance, 7 * 86400) * 1000;
    random_bytes(&w->chance, w->room.bytes, sizeof w->room.bytes);
    for (size_t i = 0; i < 3; i++) {
        add_policy(w);
    }
    w->actors = 1;
    (void)snprintf(w->actor[0].name, sizeof w->actor[0].name, "root");
    w->actor[0].keys = 1;
    tally->histories++;
    return sr_state_new(&w->state) == SR_OK && found(w);
}

static bool refold(struct world *w, uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_state) s = NULL;
    if (sr_state_new(&s) != SR_OK) {
        return false;
    }
    for (size_t i = 0; i < w->h.count; i++) {
        struct entry *e = &w->h.entry[i];
        struct sr_state_event event = {
            .act = e->act,
            .digest = e->digest,
            .fingerprint = e->fingerprint,
            .is_room = e->is_room,
            .proof = e->proof,
            .seq = i + 1,
            .time_utc_ms = e->time_utc_ms,
            .policy = SR_TAKE(e->policy),
        };
        struct sr_err err = {0};
        if (sr_state_apply(s, &event, &err) != SR_OK) {
            (void)printf("# seed %" PRIu64 ": act %zu, folded again: %s\n", w->seed, i + 1,
                         err.message);
            return false;
        }
    }
    return sr_state_digest(s, out) == SR_OK;
}

void world_end(struct world *w)
{
    uint8_t a[SR_SHA256_BYTES] = {0};
    uint8_t b[SR_SHA256_BYTES] = {1};
    if (!w->is_over &&
        (sr_state_digest(w->state, a) != SR_OK || !refold(w, b) || memcmp(a, b, sizeof a) != 0)) {
        (void)printf("# seed %" PRIu64 ": folded again, it is another state\n", w->seed);
        w->tally->disagreements++;
    }
    history_clear(&w->h);
    sr_state_free(w->state);
}
