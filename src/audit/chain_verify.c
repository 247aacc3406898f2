/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/chain.h"

#define NONE SIZE_MAX

/* An offer of the chain. */
struct deal {
    size_t event;
    size_t giver; /* cards */
    size_t receiver;
    size_t answer;     /* event: the receiver's accept or reject; NONE */
    size_t given_back; /* event: the receiver's return; NONE */
};

/* The walk from event to event. */
struct walk {
    const struct sr_chain *chain;
    struct sr_chain_verdict *verdict;
    struct deal *deals;
    size_t deal_count;
    size_t custodian;                /* card */
    size_t last[SR_CHAIN_CARDS_MAX]; /* event of each room, by its first card; NONE */
    size_t at;
    bool is_disposed;
};

static void walk_clear(struct walk *w)
{
    free(w->deals);
}

static const struct sr_chain_event *event_at(const struct walk *w, size_t i)
{
    return sr_chain_event_at(w->chain, i);
}

static const struct sr_chain_card *card_at(const struct walk *w, size_t i)
{
    return sr_chain_card_at(w->chain, i);
}

/* What is wrong at this event; the walk ends. */
static void SR_PRINTF(2, 3) broken(struct walk *w, const char *format, ...)
{
    va_list args;
    if (w->verdict->state == SR_CHAIN_BROKEN) {
        return;
    }
    w->verdict->state = SR_CHAIN_BROKEN;
    w->verdict->at = w->at;
    va_start(args, format);
    (void)vsnprintf(w->verdict->reason, sizeof w->verdict->reason, format, args);
    va_end(args);
}

static bool is_broken(const struct walk *w)
{
    return w->verdict->state == SR_CHAIN_BROKEN;
}

static bool is_digest(const struct sr_act *act, enum sr_act_field field, const uint8_t *digest)
{
    return sr_act_has(act, field) && memcmp(act->field[field].digest, digest, SR_SHA256_BYTES) == 0;
}

static uint64_t number_of(const struct sr_act *act)
{
    return act->field[SR_FIELD_event].number;
}

static size_t card_of_room(const struct walk *w, const struct sr_id *room)
{
    for (size_t i = 0; i < sr_chain_card_count(w->chain); i++) {
        if (sr_text_id_equal(&card_at(w, i)->card.room, room)) {
            return i;
        }
    }
    return NONE;
}

/* Where the last event of a card's room is kept: a room may have shown several cards. */
static size_t *last_of(struct walk *w, size_t card)
{
    return &w->last[card_of_room(w, &card_at(w, card)->card.room)];
}

/* CH-6: by the key of that card, whatever the envelope's hint says. */
static enum sr_status check_signature(struct walk *w, size_t card, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    const struct sr_chain_event *e = event_at(w, w->at);
    const struct sr_room_card *room = &card_at(w, card)->card;
    if (!sr_text_id_equal(&e->act->room, &room->room)) {
        broken(w, "it is an act of another room than the one whose turn it is");
        return SR_OK;
    }
    SR_TRY(sr_act_key_parse(sr_text_view(room->key), &key, err));
    enum sr_status status = sr_envelope_verify(e->signed_by_room, key, NULL, NULL);
    if (status == SR_UNTRUSTED) {
        broken(w, "it is not signed by the key on the card of its room");
        return SR_OK;
    }
    return status;
}

/* CH-8: each room's events follow one another; an answer follows the offer it is to. */
static void check_link(struct walk *w, size_t card, size_t offer)
{
    const struct sr_chain_event *e = event_at(w, w->at);
    size_t before = offer != NONE ? offer : *last_of(w, card);
    if (before == NONE) {
        if (number_of(e->act) != 1 || sr_act_has(e->act, SR_FIELD_previous)) {
            broken(w, "the events before it are missing");
        }
        return;
    }
    const struct sr_chain_event *previous = event_at(w, before);
    if (number_of(e->act) != number_of(previous->act) + 1) {
        broken(w, "it is event %llu, after event %llu", (unsigned long long)number_of(e->act),
               (unsigned long long)number_of(previous->act));
    } else if (!is_digest(e->act, SR_FIELD_previous, previous->digest)) {
        broken(w, "it does not name the event before it");
    }
}

/* CH-7: one subject, and in all events the same. */
static void check_subject(struct walk *w)
{
    const struct sr_act *act = event_at(w, w->at)->act;
    const struct sr_act *first = event_at(w, 0)->act;
    if (act->subject_count != 1 ||
        memcmp(act->subjects[0].sha256, first->subjects[0].sha256, SR_SHA256_BYTES) != 0 ||
        !sr_text_id_equal(&act->field[SR_FIELD_version].id, &first->field[SR_FIELD_version].id)) {
        broken(w, "it is about another version, or other files");
    }
}

/* CH-9 */
static enum sr_status check_results(struct walk *w)
{
    const struct sr_chain_event *e = event_at(w, w->at);
    uint8_t digest[SR_SHA256_BYTES];
    if (e->part.results.len == 0) {
        return SR_OK;
    }
    SR_TRY(sr_sha256_once(e->part.results, digest));
    if (!is_digest(e->act, SR_FIELD_results, digest)) {
        broken(w, "the results with it are not those it names");
    }
    return SR_OK;
}

static size_t card_of_digest(const struct walk *w, const uint8_t *digest)
{
    for (size_t i = 0; i < sr_chain_card_count(w->chain); i++) {
        if (memcmp(card_at(w, i)->digest, digest, SR_SHA256_BYTES) == 0) {
            return i;
        }
    }
    return NONE;
}

static struct deal *find_deal(struct walk *w, const struct sr_act *act)
{
    for (size_t i = 0; i < w->deal_count; i++) {
        const struct sr_chain_event *offer = event_at(w, w->deals[i].event);
        if (is_digest(act, SR_FIELD_offer, offer->digest)) {
            return &w->deals[i];
        }
    }
    return NULL;
}

static enum sr_status take_offer(struct walk *w, struct sr_err *err)
{
    const struct sr_act *act = event_at(w, w->at)->act;
    struct deal *last = w->deal_count > 0 ? &w->deals[w->deal_count - 1] : NULL;
    size_t receiver = card_of_digest(w, act->field[SR_FIELD_card].digest);
    SR_TRY(check_signature(w, w->custodian, err));
    if (receiver == NONE) {
        broken(w, "the card of the room it is for is missing");
        return SR_OK;
    }
    if (!sr_text_equal(act->field[SR_FIELD_to].text,
                       sr_text_view(card_at(w, receiver)->card.origin)) ||
        receiver == w->custodian) {
        broken(w, "it is for another room than its card says");
        return SR_OK;
    }
    if (last != NULL && last->answer == NONE) {
        /* Its giver may offer anew once that has expired. */
        const struct sr_act *open = event_at(w, last->event)->act;
        if (act->time_utc_ms < (int64_t)open->field[SR_FIELD_until].number) {
            broken(w, "the offer before it is still open");
            return SR_OK;
        }
    }
    check_link(w, w->custodian, NONE);
    assert(w->deals != NULL); /* as many as there are events */
    w->deals[w->deal_count++] = (struct deal){.event = w->at,
                                              .giver = w->custodian,
                                              .receiver = receiver,
                                              .answer = NONE,
                                              .given_back = NONE};
    *last_of(w, w->custodian) = w->at;
    return SR_OK;
}

/* CH-10: the giver's own record of what the receiver has said. */
static enum sr_status take_record(struct walk *w, const struct deal *deal, size_t about,
                                  struct sr_err *err)
{
    SR_AUTO(sr_chain) answer = NULL;
    const struct sr_chain_event *e = event_at(w, w->at);
    if (about == NONE || event_at(w, about)->act->verb != e->act->verb) {
        broken(w, "it records an answer that is not there");
        return SR_OK;
    }
    if (e->part.results.len > 0) {
        enum sr_status status = sr_chain_decode_event(e->part.results, &answer, NULL);
        if (status == SR_NO_MEMORY || status == SR_INTERNAL) {
            return status;
        }
        if (status != SR_OK || memcmp(sr_chain_event_at(answer, 0)->digest,
                                      event_at(w, about)->digest, SR_SHA256_BYTES) != 0) {
            broken(w, "it records another answer");
            return SR_OK;
        }
    }
    SR_TRY(check_signature(w, deal->giver, err));
    check_link(w, deal->giver, NONE);
    *last_of(w, deal->giver) = w->at;
    return SR_OK;
}

static void check_terms(struct walk *w, const struct deal *deal)
{
    const struct sr_act *act = event_at(w, w->at)->act;
    const struct sr_act *offer = event_at(w, deal->event)->act;
    int64_t until = (int64_t)offer->field[SR_FIELD_until].number;
    if (!sr_text_id_equal(&act->field[SR_FIELD_handoff].id, &offer->field[SR_FIELD_handoff].id)) {
        broken(w, "it is of another handoff than its offer");
    } else if (act->time_utc_ms > until) {
        broken(w, "the offer had expired");
    } else if (act->time_utc_ms < offer->time_utc_ms - SR_CHAIN_SKEW_MS) {
        broken(w, "it is from before its offer");
    } else if (sr_act_has(act, SR_FIELD_tier) &&
               act->field[SR_FIELD_tier].number < offer->field[SR_FIELD_tier].number) {
        broken(w, "it lowers the tier");
    }
}

static enum sr_status take_answer(struct walk *w, struct deal *deal, struct sr_err *err)
{
    const struct sr_act *act = event_at(w, w->at)->act;
    if (sr_text_id_equal(&act->room, &card_at(w, deal->giver)->card.room)) {
        return take_record(w, deal, deal->answer, err);
    }
    if (deal->answer != NONE) {
        broken(w, "fork: one offer, two answers");
        return SR_OK;
    }
    SR_TRY(check_signature(w, deal->receiver, err));
    check_terms(w, deal);
    check_link(w, deal->receiver, deal->event);
    deal->answer = w->at;
    *last_of(w, deal->receiver) = w->at;
    if (act->verb == SR_VERB_ACCEPT) {
        w->custodian = deal->receiver;
    }
    return SR_OK;
}

static enum sr_status take_return(struct walk *w, struct deal *deal, struct sr_err *err)
{
    const struct sr_act *act = event_at(w, w->at)->act;
    if (sr_text_id_equal(&act->room, &card_at(w, deal->giver)->card.room)) {
        return take_record(w, deal, deal->given_back, err);
    }
    if (deal->answer == NONE || event_at(w, deal->answer)->act->verb != SR_VERB_ACCEPT ||
        w->custodian != deal->receiver || deal->given_back != NONE) {
        broken(w, "it gives back what its room does not have");
        return SR_OK;
    }
    SR_TRY(check_signature(w, deal->receiver, err));
    check_link(w, deal->receiver, NONE);
    deal->given_back = w->at;
    *last_of(w, deal->receiver) = w->at;
    w->custodian = deal->giver;
    return SR_OK;
}

static enum sr_status take_disposal(struct walk *w, struct sr_err *err)
{
    SR_TRY(check_signature(w, w->custodian, err));
    check_link(w, w->custodian, NONE);
    *last_of(w, w->custodian) = w->at;
    w->is_disposed = true;
    return SR_OK;
}

static enum sr_status take_event(struct walk *w, struct sr_err *err)
{
    const struct sr_act *act = event_at(w, w->at)->act;
    struct deal *deal = find_deal(w, act);
    check_subject(w);
    SR_TRY(check_results(w));
    if (w->is_disposed) {
        broken(w, "it comes after the version's disposition");
    }
    if (is_broken(w)) {
        return SR_OK;
    }
    if (act->verb == SR_VERB_OFFER) {
        return take_offer(w, err);
    }
    if (act->verb == SR_VERB_DISPOSE) {
        return take_disposal(w, err);
    }
    if (act->verb != SR_VERB_ACCEPT && act->verb != SR_VERB_REJECT && act->verb != SR_VERB_RETURN) {
        broken(w, "it is no event of a handoff");
        return SR_OK;
    }
    if (deal == NULL) {
        broken(w, "it names an offer that is not there");
        return SR_OK;
    }
    return act->verb == SR_VERB_RETURN ? take_return(w, deal, err) : take_answer(w, deal, err);
}

/* CH-11: forks, wherever they are in the file, before anything else: both ends are to be seen. */
static void check_forks(struct walk *w)
{
    size_t count = sr_chain_event_count(w->chain);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            const struct sr_chain_event *a = event_at(w, i);
            const struct sr_chain_event *b = event_at(w, k);
            w->at = k;
            if (memcmp(a->digest, b->digest, SR_SHA256_BYTES) == 0) {
                broken(w, "the same event twice");
            } else if (sr_text_id_equal(&a->act->room, &b->act->room) &&
                       number_of(a->act) == number_of(b->act)) {
                broken(w, "fork: two events number %llu of one room (%zu and %zu)",
                       (unsigned long long)number_of(a->act), i, k);
            }
        }
    }
    w->at = 0;
}

static void finish(struct walk *w)
{
    struct sr_chain_verdict *v = w->verdict;
    const struct deal *last = w->deal_count > 0 ? &w->deals[w->deal_count - 1] : NULL;
    v->custodian = card_at(w, w->custodian);
    if (last != NULL) {
        v->offer = event_at(w, last->event);
        v->receiver = card_at(w, last->receiver);
    }
    if (is_broken(w)) {
        return;
    }
    if (w->is_disposed) {
        v->state = SR_CHAIN_DISPOSED;
    } else if (last == NULL || last->answer == NONE) {
        v->state = SR_CHAIN_OFFERED;
    } else if (event_at(w, last->answer)->act->verb == SR_VERB_REJECT) {
        v->state = SR_CHAIN_REFUSED;
    } else {
        v->state = last->given_back == NONE ? SR_CHAIN_COMPLETE : SR_CHAIN_RETURNED;
    }
}

static bool is_known(const struct sr_chain_card *card, const uint8_t *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(card->digest, known + i * SR_SHA256_BYTES, SR_SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

enum sr_status sr_chain_verify(const struct sr_chain *c, const uint8_t *known, size_t known_count,
                               struct sr_chain_verdict *out, struct sr_err *err)
{
    struct sr_chain_verdict verdict = {.state = SR_CHAIN_EMPTY};
    SR_CLEANUP(walk_clear) struct walk w = {.chain = c, .verdict = &verdict};
    size_t count = sr_chain_event_count(c);
    for (size_t i = 0; i < SR_CHAIN_CARDS_MAX; i++) {
        w.last[i] = NONE;
    }
    w.deals = calloc(count + 1, sizeof *w.deals);
    if (w.deals == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to verify a chain");
    }
    w.custodian = count > 0 ? card_of_room(&w, &event_at(&w, 0)->act->room) : NONE;
    if (count > 0 && w.custodian == NONE) {
        broken(&w, "the card of the room it begins in is missing");
    } else if (count > 0) {
        verdict.first = card_at(&w, w.custodian);
        verdict.is_anchored = is_known(verdict.first, known, known_count);
        check_forks(&w);
        for (; w.at < count && !is_broken(&w); w.at++) {
            SR_TRY(take_event(&w, err));
        }
        finish(&w);
    }
    *out = verdict;
    return SR_OK;
}
