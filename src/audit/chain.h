/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_CHAIN_H
#define SR_AUDIT_CHAIN_H

#include "acts/envelope.h"
#include "acts/room_card.h"

/*
 * The custody chain of one version: the acts by which it went from room to room, with the cards of
 * the rooms, in one file that needs no room and no network to be verified.
 *
 * An event is an act (offer, accept, reject, return, dispose) in the envelope of whoever did it,
 * and the same statement in a second envelope, signed by the room's own key: that the room let it
 * be. So whoever has the rooms' cards can verify all of it without knowing the rooms' people. What
 * the receiver of a version did, its giver records in an act of its own, which names the receiver's
 * event: the answer.
 *
 * Nothing in a file is believed for being there. The first card is the one that all else rests on:
 * it has to be known to the reader by another way.
 * source  docs/formats/chain.md (rules CH-n); docs/handoff.md
 */

#define SR_CHAIN_BYTES_MAX ((size_t)4 << 20)
#define SR_CHAIN_CARDS_MAX 64
#define SR_CHAIN_EVENTS_MAX 512
/* Clocks of two rooms may differ by this. */
#define SR_CHAIN_SKEW_MS ((int64_t)10 * 60 * 1000)

/* One event as it is written. Views; len 0: none. */
struct sr_chain_part {
    struct sr_bytes act;     /* envelope of who acted */
    struct sr_bytes room;    /* the same statement, signed by the room; none when act is */
    struct sr_bytes results; /* the text that the act's field results names */
};

/* Append the canonical text. errors  TOO_LARGE, NO_MEMORY, MALFORMED (an event without act) */
enum sr_status sr_chain_encode(const struct sr_bytes *cards, size_t card_count,
                               const struct sr_chain_part *parts, size_t part_count,
                               struct sr_buf *out) SR_MUST_USE;
/* The text of one event: what a giver's answer names as its results. errors  as above */
enum sr_status sr_chain_encode_event(const struct sr_chain_part *part,
                                     struct sr_buf *out) SR_MUST_USE;

struct sr_chain;
struct sr_chain_card {
    struct sr_room_card card;
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_bytes envelope;
};
struct sr_chain_event {
    const struct sr_act *act;
    const uint8_t *digest; /* of the act */
    const char *keyid;     /* of who acted; hostile */
    struct sr_chain_part part;
    const struct sr_envelope
        *signed_by_room; /* the envelope whose signature has to be the room's */
};

/*
 * Decode: cards open by their own signatures, envelopes come apart. Who signed them is not looked
 * at. text is hostile and copied.
 *
 * errors  MALFORMED, UNSUPPORTED, TOO_LARGE, UNTRUSTED (a card), NO_MEMORY, INTERNAL
 */
enum sr_status sr_chain_decode(struct sr_bytes text, struct sr_chain **out,
                               struct sr_err *err) SR_MUST_USE;
void sr_chain_free(struct sr_chain *c);
SR_DEFINE_AUTO(sr_chain)
/* Views, valid as long as c. */
size_t sr_chain_card_count(const struct sr_chain *c);
const struct sr_chain_card *sr_chain_card_at(const struct sr_chain *c, size_t index);
/* NULL when there is none of that name. */
const struct sr_chain_card *sr_chain_card_named(const struct sr_chain *c,
                                                const uint8_t digest[SR_SHA256_BYTES]);
size_t sr_chain_event_count(const struct sr_chain *c);
const struct sr_chain_event *sr_chain_event_at(const struct sr_chain *c, size_t index);

/* One event on its own: an answer that is kept as a text. errors  as sr_chain_decode() */
enum sr_status sr_chain_decode_event(struct sr_bytes text, struct sr_chain **out,
                                     struct sr_err *err) SR_MUST_USE;

enum sr_chain_state {
    SR_CHAIN_EMPTY,    /* nothing has happened: it never left the room */
    SR_CHAIN_OFFERED,  /* the last offer has no answer yet */
    SR_CHAIN_COMPLETE, /* the last offer was accepted */
    SR_CHAIN_REFUSED,  /* it was rejected */
    SR_CHAIN_RETURNED, /* it was accepted, and given back later */
    SR_CHAIN_DISPOSED,
    SR_CHAIN_BROKEN
};
/* "empty", "offered only", "complete", "refused", "returned", "disposed", "broken" */
const char *sr_chain_state_word(enum sr_chain_state state);

struct sr_chain_verdict {
    enum sr_chain_state state;
    size_t at;                             /* BROKEN: the index of the event */
    char reason[256];                      /* BROKEN: why; one line */
    const struct sr_chain_card *first;     /* who had it first; NULL: EMPTY */
    const struct sr_chain_card *custodian; /* of record, as far as the chain is good */
    const struct sr_chain_event *offer;    /* OFFERED, REFUSED, COMPLETE, RETURNED: the last one */
    const struct sr_chain_card *receiver;  /* whom it was offered to */
    bool is_anchored; /* the first card is one of those that the reader knows */
};

/*
 * Verify all of it: every signature by the key of the right card, the order, the digests, that each
 * answer is to its offer, by whom it was for, in time, and about the same version; forks.
 *
 * known   digests of cards that the reader knows by another way, known_count of SR_SHA256_BYTES
 * each errors  NO_MEMORY, INTERNAL; what is wrong with the chain is in *out
 */
enum sr_status sr_chain_verify(const struct sr_chain *c, const uint8_t *known, size_t known_count,
                               struct sr_chain_verdict *out, struct sr_err *err) SR_MUST_USE;

/*
 * All events of several files about one version, each once, in one chain; for finding forks that
 * no file shows alone. errors  MALFORMED, TOO_LARGE, NO_MEMORY; those of sr_chain_decode()
 */
enum sr_status sr_chain_merge(const struct sr_chain *const *chains, size_t count,
                              struct sr_chain **out, struct sr_err *err) SR_MUST_USE;

/* Append the text of a chain that was decoded or merged. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_chain_write(const struct sr_chain *c, struct sr_buf *out) SR_MUST_USE;

#endif /* SR_AUDIT_CHAIN_H */
