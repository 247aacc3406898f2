/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/chain.h"

#include <stdlib.h>
#include <string.h>

#include "formats/base64.h"
#include "formats/jcs.h"
#include "formats/members.h"

#define WHAT "chain"
#define FORMAT 1
#define RESULTS_BYTES_MAX ((size_t)1 << 20)

/* An event with the memory it points into. */
struct held {
    struct sr_chain_event event;
    struct sr_envelope *act;
    struct sr_envelope *room; /* NULL: none */
    struct sr_buf *results;
};

struct sr_chain {
    struct sr_chain_card *cards;
    struct sr_buf **card_texts;
    size_t card_count;
    struct held *events;
    size_t event_count;
};

const char *sr_chain_state_word(enum sr_chain_state state)
{
    static const char *const WORDS[] = {
        [SR_CHAIN_EMPTY] = "empty",       [SR_CHAIN_OFFERED] = "offered only",
        [SR_CHAIN_COMPLETE] = "complete", [SR_CHAIN_REFUSED] = "refused",
        [SR_CHAIN_RETURNED] = "returned", [SR_CHAIN_DISPOSED] = "disposed",
        [SR_CHAIN_BROKEN] = "broken",
    };
    return WORDS[state];
}

static void held_clear(struct held *h)
{
    sr_envelope_free(h->act);
    sr_envelope_free(h->room);
    sr_buf_free(h->results);
    *h = (struct held){0};
}

void sr_chain_free(struct sr_chain *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->card_count; i++) {
        sr_buf_free(c->card_texts[i]);
    }
    for (size_t i = 0; i < c->event_count; i++) {
        held_clear(&c->events[i]);
    }
    free(c->cards);
    free(c->card_texts);
    free(c->events);
    free(c);
}

size_t sr_chain_card_count(const struct sr_chain *c)
{
    return c->card_count;
}

const struct sr_chain_card *sr_chain_card_at(const struct sr_chain *c, size_t index)
{
    return &c->cards[index];
}

const struct sr_chain_card *sr_chain_card_named(const struct sr_chain *c,
                                                const uint8_t digest[SR_SHA256_BYTES])
{
    for (size_t i = 0; i < c->card_count; i++) {
        if (memcmp(c->cards[i].digest, digest, SR_SHA256_BYTES) == 0) {
            return &c->cards[i];
        }
    }
    return NULL;
}

size_t sr_chain_event_count(const struct sr_chain *c)
{
    return c->event_count;
}

const struct sr_chain_event *sr_chain_event_at(const struct sr_chain *c, size_t index)
{
    return &c->events[index].event;
}

static enum sr_status put_base64(struct sr_json_writer *w, struct sr_bytes data)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(2 * SR_CHAIN_BYTES_MAX, &text));
    SR_TRY(sr_base64_encode(data, text));
    return sr_json_put_string(w, sr_buf_view(text));
}

static enum sr_status put_event(struct sr_json_writer *w, const struct sr_chain_part *part)
{
    if (part->act.len == 0) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_key(w, "act"));
    SR_TRY(put_base64(w, part->act));
    if (part->results.len > 0) {
        SR_TRY(sr_json_key(w, "results"));
        SR_TRY(put_base64(w, part->results));
    }
    if (part->room.len > 0) {
        SR_TRY(sr_json_key(w, "room"));
        SR_TRY(put_base64(w, part->room));
    }
    return sr_json_close_object(w);
}

enum sr_status sr_chain_encode_event(const struct sr_chain_part *part, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    return put_event(&w, part);
}

enum sr_status sr_chain_encode(const struct sr_bytes *cards, size_t card_count,
                               const struct sr_chain_part *parts, size_t part_count,
                               struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(sr_json_key(&w, "cards"));
    SR_TRY(sr_json_open_array(&w));
    for (size_t i = 0; i < card_count; i++) {
        SR_TRY(put_base64(&w, cards[i]));
    }
    SR_TRY(sr_json_close_array(&w));
    SR_TRY(sr_json_key(&w, "events"));
    SR_TRY(sr_json_open_array(&w));
    for (size_t i = 0; i < part_count; i++) {
        SR_TRY(put_event(&w, &parts[i]));
    }
    SR_TRY(sr_json_close_array(&w));
    SR_TRY(sr_json_key(&w, "format"));
    SR_TRY(sr_json_put_u64(&w, FORMAT));
    return sr_json_close_object(&w);
}

static enum sr_status get_base64(struct sr_json_value value, size_t bytes_max, struct sr_buf **out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_TRY(sr_buf_new(bytes_max, &data));
    enum sr_status status = sr_json_kind(value) != SR_JSON_STRING
                                ? SR_MALFORMED
                                : sr_base64_decode(sr_json_string(value), data);
    if (status == SR_OK && sr_buf_view(data).len == 0) {
        status = SR_MALFORMED;
    }
    if (status != SR_OK) {
        return sr_fail(err, status, WHAT ": not base64 of 1 to %zu bytes", bytes_max);
    }
    *out = SR_TAKE(data);
    return SR_OK;
}

static enum sr_status get_envelope(struct sr_json_value value, struct sr_envelope **out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_TRY(get_base64(value, SR_ENVELOPE_BYTES_MAX, &data, err));
    return sr_envelope_open(sr_buf_view(data), out, err);
}

static void describe(struct held *h)
{
    struct sr_chain_event *e = &h->event;
    e->act = sr_envelope_act(h->act);
    e->digest = sr_envelope_digest(h->act);
    e->keyid = sr_envelope_keyid(h->act);
    e->part.act = sr_envelope_bytes(h->act);
    if (h->room != NULL) {
        e->part.room = sr_envelope_bytes(h->room);
    }
    if (h->results != NULL) {
        e->part.results = sr_buf_view(h->results);
    }
    e->signed_by_room = h->room != NULL ? h->room : h->act;
}

static enum sr_status get_event(struct sr_json_value value, struct held *out, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"act", "results", "room", NULL};
    struct sr_json_value member;
    SR_TRY(sr_members_check(value, WHAT, MEMBERS, err));
    SR_TRY(sr_members_get(value, WHAT, "act", SR_JSON_STRING, &member, err));
    SR_TRY(get_envelope(member, &out->act, err));
    if (sr_json_find(value, "room", &member)) {
        SR_TRY(get_envelope(member, &out->room, err));
        /* CH-5: two signatures of one statement, not two statements. */
        if (!sr_text_equal(sr_envelope_statement(out->act), sr_envelope_statement(out->room))) {
            return sr_fail(err, SR_MALFORMED, WHAT ": the room has signed something else");
        }
    }
    if (sr_json_find(value, "results", &member)) {
        SR_TRY(get_base64(member, RESULTS_BYTES_MAX, &out->results, err));
    }
    describe(out);
    return SR_OK;
}

static enum sr_status get_cards(struct sr_json_value list, struct sr_chain *c, struct sr_err *err)
{
    size_t count = sr_json_count(list);
    if (count > SR_CHAIN_CARDS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, WHAT ": %zu cards", count);
    }
    c->cards = calloc(count + 1, sizeof *c->cards);
    c->card_texts = calloc(count + 1, sizeof(struct sr_buf *));
    if (c->cards == NULL || c->card_texts == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    for (size_t i = 0; i < count; i++) {
        struct sr_chain_card *card = &c->cards[i];
        SR_TRY(get_base64(sr_json_at(list, i), SR_ROOM_CARD_BYTES_MAX, &c->card_texts[i], err));
        c->card_count = i + 1;
        card->envelope = sr_buf_view(c->card_texts[i]);
        enum sr_status status = sr_room_card_open(card->envelope, &card->card, card->digest, err);
        if (status != SR_OK) {
            return sr_context(err, status, WHAT ": card %zu", i);
        }
    }
    return SR_OK;
}

static enum sr_status get_events(struct sr_json_value list, struct sr_chain *c, struct sr_err *err)
{
    size_t count = sr_json_count(list);
    if (count > SR_CHAIN_EVENTS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, WHAT ": %zu events", count);
    }
    c->events = calloc(count + 1, sizeof *c->events);
    if (c->events == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    for (size_t i = 0; i < count; i++) {
        c->event_count = i + 1;
        enum sr_status status = get_event(sr_json_at(list, i), &c->events[i], err);
        if (status != SR_OK) {
            return sr_context(err, status, WHAT ": event %zu", i);
        }
    }
    return SR_OK;
}

enum sr_status sr_chain_decode(struct sr_bytes text, struct sr_chain **out, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"cards", "events", "format", NULL};
    SR_AUTO(sr_json) json = NULL;
    SR_AUTO(sr_chain) c = calloc(1, sizeof *c);
    struct sr_json_value format;
    struct sr_json_value list;
    if (c == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    if (text.len > SR_CHAIN_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, WHAT ": over %zu bytes", SR_CHAIN_BYTES_MAX);
    }
    SR_TRY(sr_jcs_decode(text, &json, err)); /* CH-1 */
    struct sr_json_value root = sr_json_root(json);
    SR_TRY(sr_members_check(root, WHAT, MEMBERS, err));
    SR_TRY(sr_members_get(root, WHAT, "format", SR_JSON_INTEGER, &format, err));
    if (sr_json_integer(format) != FORMAT) {
        return sr_fail(err, SR_UNSUPPORTED, WHAT ": format %lld, this build knows %d",
                       (long long)sr_json_integer(format), FORMAT);
    }
    SR_TRY(sr_members_get(root, WHAT, "cards", SR_JSON_ARRAY, &list, err));
    SR_TRY(get_cards(list, c, err));
    SR_TRY(sr_members_get(root, WHAT, "events", SR_JSON_ARRAY, &list, err));
    SR_TRY(get_events(list, c, err));
    *out = SR_TAKE(c);
    return SR_OK;
}

enum sr_status sr_chain_decode_event(struct sr_bytes text, struct sr_chain **out,
                                     struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    SR_AUTO(sr_chain) c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    c->events = calloc(1, sizeof *c->events);
    if (c->events == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    SR_TRY(sr_jcs_decode(text, &json, err));
    c->event_count = 1;
    SR_TRY(get_event(sr_json_root(json), &c->events[0], err));
    *out = SR_TAKE(c);
    return SR_OK;
}

/* What goes into a merged chain. */
struct merged {
    struct sr_bytes *cards;
    size_t card_count;
    struct sr_chain_part *parts;
    const uint8_t **digests;
    size_t part_count;
};

static void merged_clear(struct merged *m)
{
    free(m->cards);
    free(m->parts);
    free(m->digests);
}

static void merge_card(struct merged *m, const struct sr_chain_card *card)
{
    for (size_t i = 0; i < m->card_count; i++) {
        if (sr_text_equal(m->cards[i], card->envelope)) {
            return;
        }
    }
    m->cards[m->card_count++] = card->envelope;
}

static void merge_event(struct merged *m, const struct sr_chain_event *event)
{
    for (size_t i = 0; i < m->part_count; i++) {
        if (memcmp(m->digests[i], event->digest, SR_SHA256_BYTES) == 0) {
            return;
        }
    }
    m->digests[m->part_count] = event->digest;
    m->parts[m->part_count++] = event->part;
}

enum sr_status sr_chain_merge(const struct sr_chain *const *chains, size_t count,
                              struct sr_chain **out, struct sr_err *err)
{
    SR_CLEANUP(merged_clear) struct merged m = {0};
    SR_AUTO(sr_buf) text = NULL;
    size_t cards = 1;
    size_t events = 1;
    for (size_t i = 0; i < count; i++) {
        cards += chains[i]->card_count;
        events += chains[i]->event_count;
    }
    m.cards = calloc(cards, sizeof *m.cards);
    m.parts = calloc(events, sizeof *m.parts);
    m.digests = calloc(events, sizeof(uint8_t *));
    if (m.cards == NULL || m.parts == NULL || m.digests == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a chain");
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < chains[i]->card_count; k++) {
            merge_card(&m, &chains[i]->cards[k]);
        }
        for (size_t k = 0; k < chains[i]->event_count; k++) {
            merge_event(&m, &chains[i]->events[k].event);
        }
    }
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &text));
    enum sr_status status = sr_chain_encode(m.cards, m.card_count, m.parts, m.part_count, text);
    if (status != SR_OK) {
        return sr_fail(err, status, "the chains are too much for one");
    }
    return sr_chain_decode(sr_buf_view(text), out, err);
}

enum sr_status sr_chain_write(const struct sr_chain *c, struct sr_buf *out)
{
    struct sr_bytes cards[SR_CHAIN_CARDS_MAX];
    struct sr_chain_part *parts = calloc(c->event_count + 1, sizeof *parts);
    if (parts == NULL) {
        return SR_NO_MEMORY;
    }
    for (size_t i = 0; i < c->card_count; i++) {
        cards[i] = c->cards[i].envelope;
    }
    for (size_t i = 0; i < c->event_count; i++) {
        parts[i] = c->events[i].event.part;
    }
    enum sr_status status = sr_chain_encode(cards, c->card_count, parts, c->event_count, out);
    free(parts);
    return status;
}
