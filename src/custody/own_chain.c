/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/own_chain.h"

#include <stdlib.h>
#include <string.h>

#include "custody/book.h"
#include "custody/intake.h"
#include "custody/own_card.h"
#include "custody/submit.h"

/* What the chain is made of; texts are held here. */
struct gathering {
    struct sr_room *room;
    struct sr_act_signer *signer; /* the room's */
    const char *fingerprint;      /* of its key */
    struct sr_chain *before;      /* that the version came with; NULL: none */
    struct sr_chain *answers[SR_CHAIN_EVENTS_MAX];
    size_t answer_count;
    struct sr_buf *texts[4 * SR_CHAIN_EVENTS_MAX];
    size_t text_count;
    struct sr_bytes cards[SR_CHAIN_CARDS_MAX];
    size_t card_count;
    struct sr_chain_part parts[SR_CHAIN_EVENTS_MAX];
    size_t part_count;
};

static void gathering_free(struct gathering *g)
{
    if (g == NULL) {
        return;
    }
    for (size_t i = 0; i < g->answer_count; i++) {
        sr_chain_free(g->answers[i]);
    }
    for (size_t i = 0; i < g->text_count; i++) {
        sr_buf_free(g->texts[i]);
    }
    sr_chain_free(g->before);
    free(g);
}
SR_DEFINE_AUTO(gathering)

static enum sr_status too_long(struct sr_err *err)
{
    return sr_fail(err, SR_TOO_LARGE, "the custody chain of the version is too long");
}

/* A buffer that lives as long as the gathering. */
static enum sr_status new_text(struct gathering *g, size_t bytes_max, struct sr_buf **out,
                               struct sr_err *err)
{
    if (g->text_count == sizeof g->texts / sizeof g->texts[0]) {
        return too_long(err);
    }
    SR_TRY(sr_buf_new(bytes_max, &g->texts[g->text_count]));
    *out = g->texts[g->text_count++];
    return SR_OK;
}

static enum sr_status add_card(struct gathering *g, struct sr_bytes envelope, struct sr_err *err)
{
    for (size_t i = 0; i < g->card_count; i++) {
        if (sr_text_equal(g->cards[i], envelope)) {
            return SR_OK;
        }
    }
    if (g->card_count == SR_CHAIN_CARDS_MAX) {
        return too_long(err);
    }
    g->cards[g->card_count++] = envelope;
    return SR_OK;
}

static enum sr_status add_part(struct gathering *g, const struct sr_chain_part *part,
                               struct sr_err *err)
{
    if (g->part_count == SR_CHAIN_EVENTS_MAX) {
        return too_long(err);
    }
    g->parts[g->part_count++] = *part;
    return SR_OK;
}

/* What it came with from the room before. */
static enum sr_status add_before(struct gathering *g, const struct sr_id *version,
                                 struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &text));
    enum sr_status status =
        sr_catalog_document(g->room->catalog, version, SR_INTAKE_CHAIN, text, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK;
    }
    SR_TRY(status);
    SR_TRY(sr_chain_decode(sr_buf_view(text), &g->before, err));
    for (size_t i = 0; i < sr_chain_card_count(g->before); i++) {
        SR_TRY(add_card(g, sr_chain_card_at(g->before, i)->envelope, err));
    }
    for (size_t i = 0; i < sr_chain_event_count(g->before); i++) {
        SR_TRY(add_part(g, &sr_chain_event_at(g->before, i)->part, err));
    }
    return SR_OK;
}

/* Unless a card of this room is there: then that is the one it was offered to by. */
static enum sr_status add_own_card(struct gathering *g, struct sr_err *err)
{
    struct sr_room_card card;
    struct sr_buf *text = NULL;
    SR_TRY(new_text(g, SR_ROOM_CARD_BYTES_MAX, &text, err));
    SR_TRY(sr_own_card(g->room, NULL, &card, text, err));
    for (size_t i = 0; g->before != NULL && i < sr_chain_card_count(g->before); i++) {
        const struct sr_room_card *other = &sr_chain_card_at(g->before, i)->card;
        if (sr_text_id_equal(&other->room, &card.room) && strcmp(other->key, card.key) == 0) {
            return SR_OK;
        }
    }
    return add_card(g, sr_buf_view(text), err);
}

static enum sr_status find_text(struct gathering *g, const uint8_t *digest, struct sr_bytes *out,
                                struct sr_err *err)
{
    struct sr_buf *text = NULL;
    SR_TRY(new_text(g, SR_CATALOG_TEXT_BYTES_MAX, &text, err));
    SR_TRY(sr_custody_text(g->room, digest, text, err));
    *out = sr_buf_view(text);
    return SR_OK;
}

/* The other room's answer that an act of ours records comes before it. */
static enum sr_status add_answer(struct gathering *g, struct sr_bytes text, struct sr_err *err)
{
    if (g->answer_count == SR_CHAIN_EVENTS_MAX) {
        return too_long(err);
    }
    enum sr_status status = sr_chain_decode_event(text, &g->answers[g->answer_count], err);
    if (status != SR_OK) {
        return sr_context(err, SR_CORRUPT, "an answer that this room has recorded");
    }
    const struct sr_chain *answer = g->answers[g->answer_count++];
    return add_part(g, &sr_chain_event_at(answer, 0)->part, err);
}

static bool is_record_of_answer(const struct sr_act *act)
{
    return sr_act_has(act, SR_FIELD_results) &&
           !(act->verb == SR_VERB_ACCEPT && sr_act_has(act, SR_FIELD_from));
}

/* What this room has said came back in the chain of a later offer. */
static bool is_before(const struct gathering *g, const uint8_t *digest)
{
    for (size_t i = 0; g->before != NULL && i < sr_chain_event_count(g->before); i++) {
        if (memcmp(sr_chain_event_at(g->before, i)->digest, digest, SR_SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_status add_own(struct gathering *g, struct sr_bytes body, struct sr_err *err)
{
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_chain_part part = {0};
    struct sr_buf *own = NULL;
    SR_TRY(new_text(g, SR_ENVELOPE_BYTES_MAX, &own, err));
    SR_TRY(sr_buf_append(own, body));
    SR_TRY(sr_envelope_open(body, &e, err));
    const struct sr_act *act = sr_envelope_act(e);
    if (is_before(g, sr_envelope_digest(e))) {
        return SR_OK;
    }
    if (act->verb == SR_VERB_OFFER) {
        struct sr_bytes card;
        SR_TRY(find_text(g, act->field[SR_FIELD_card].digest, &card, err));
        SR_TRY(add_card(g, card, err));
    }
    if (sr_act_has(act, SR_FIELD_results)) {
        SR_TRY(find_text(g, act->field[SR_FIELD_results].digest, &part.results, err));
    }
    if (is_record_of_answer(act)) {
        SR_TRY(add_answer(g, part.results, err));
    }
    part.act = sr_buf_view(own);
    if (strcmp(sr_envelope_keyid(e), g->fingerprint) != 0) {
        struct sr_buf *again = NULL;
        SR_TRY(new_text(g, SR_ENVELOPE_BYTES_MAX, &again, err));
        SR_TRY(sr_envelope_make_of(sr_envelope_statement(e), g->signer, again, err));
        part.room = sr_buf_view(again);
    }
    return add_part(g, &part, err);
}

static bool is_event(const char *verb)
{
    enum sr_verb found;
    if (!sr_verb_from_word(sr_text_view(verb), &found)) {
        return false;
    }
    return found == SR_VERB_OFFER || found == SR_VERB_ACCEPT || found == SR_VERB_REJECT ||
           found == SR_VERB_RETURN || found == SR_VERB_DISPOSE;
}

/* The bodies of this room's events, copied: the catalog may not be used while it is walked. */
struct bodies {
    struct sr_buf *list[SR_CHAIN_EVENTS_MAX];
    size_t count;
};

static void bodies_free(struct bodies *b)
{
    for (size_t i = 0; b != NULL && i < b->count; i++) {
        sr_buf_free(b->list[i]);
    }
    free(b);
}
SR_DEFINE_AUTO(bodies)

static enum sr_status note(void *ctx, const struct sr_act_record *record, struct sr_err *err)
{
    struct bodies *b = ctx;
    if (record->is_refused || !is_event(record->verb)) {
        return SR_OK;
    }
    if (b->count == SR_CHAIN_EVENTS_MAX) {
        return too_long(err);
    }
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &b->list[b->count]));
    return sr_buf_append(b->list[b->count++], record->body);
}

static enum sr_status add_all_own(struct gathering *g, const struct sr_id *version,
                                  struct sr_err *err)
{
    SR_AUTO(bodies) own = calloc(1, sizeof *own);
    const struct sr_acts_query query = {
        .which = SR_ACTS_BY_VERSION, .id = version, .with_leaves = true};
    if (own == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    SR_TRY(sr_catalog_acts(g->room->catalog, &query, note, own, err));
    for (size_t i = 0; i < own->count; i++) {
        SR_TRY(add_own(g, sr_buf_view(own->list[i]), err));
    }
    return SR_OK;
}

enum sr_status sr_own_chain(struct sr_room *r, const struct sr_id *version, struct sr_buf *out,
                            struct sr_err *err)
{
    SR_AUTO(gathering) g = calloc(1, sizeof *g);
    struct sr_catalog_version v;
    if (g == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    g->room = r;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_catalog_version_by_id(r->catalog, version, &v, err));
    SR_TRY(add_before(g, version, err));
    SR_TRY(add_own_card(g, err));
    /* Opening the book for the card has brought the room's key. */
    g->signer = r->book->signer;
    g->fingerprint = sr_act_key_fingerprint(r->book->key);
    SR_TRY(add_all_own(g, version, err));
    enum sr_status status = sr_chain_encode(g->cards, g->card_count, g->parts, g->part_count, out);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "cannot write down a custody chain");
}
