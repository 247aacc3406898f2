/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_HANDOFF_H
#define SR_CUSTODY_HANDOFF_H

#include "artifact/inspector.h"
#include "audit/chain.h"
#include "base/progress.h"
#include "custody/room.h"

/*
 * Handing a version over to another room, and taking one in. Two acts, one in each room: the giver
 * offers, the receiver accepts with its own check, and only then is the receiver the custodian of
 * record; the giver records the answer. What travels are files: a bundle there, a chain back.
 *
 *     giver: offer  -> bundle ->  receiver: take (stages and checks), accept or reject
 *     giver: answer <- chain  <-
 *
 * All acts are by whom sr_room_act_as() says, under the policy of the room they are made in. All
 * need an unlocked room.
 * source  docs/handoff.md, docs/formats/bundle.md, docs/formats/chain.md
 */

struct sr_handoff_offer_params {
    const char *ref;      /* which version; hostile */
    struct sr_bytes card; /* of the receiver: its envelope; hostile, but for its digest, which
                             somebody has compared */
    const char *out;      /* the bundle; nothing may be there */
    bool with_bodies;
    int64_t until_utc_ms;
    const char *reason; /* these four may be NULL */
    const char *ticket;
    const char *conditions;
    const char *organisation; /* of this room; NULL: as it was founded with */
    struct sr_progress progress;
};
struct sr_handoff_offer_result {
    struct sr_catalog_version version;
    struct sr_id handoff;
    uint8_t offer[SR_SHA256_BYTES]; /* the act */
    int64_t until_utc_ms;
    bool is_again; /* the same offer was open; only the bundle was written */
};
/*
 * Offer a version and write its bundle. When the same version is on offer to the same card, no
 * second offer is made: the bundle is written again.
 *
 * errors  UNAUTHENTICATED  the room is locked
 *         NOT_FOUND        no such version
 *         CONFLICT         something is at out; it is on offer to somebody else
 *         MALFORMED, UNTRUSTED  the card; DENIED, PENDING  as sr_custody_do()
 *         IO, CANCELLED, BUSY, CORRUPT, TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_handoff_offer(struct sr_room *r, const struct sr_handoff_offer_params *params,
                                struct sr_handoff_offer_result *out,
                                struct sr_err *err) SR_MUST_USE;

struct sr_handoff_take_params {
    const char *path;     /* the bundle; hostile */
    const char *bodies;   /* the folder of a store that has the bodies; NULL: the bundle has */
    struct sr_bytes card; /* of the giver, known by another way */
    const char *name;     /* NULL: as it is called there */
    struct sr_inspector *inspector;
    struct sr_report *report;
    const char *accept_review; /* as sr_deposit_params */
    struct sr_progress progress;
};
struct sr_handoff_take_result {
    struct sr_catalog_version version; /* waits */
    struct sr_id handoff;
    struct sr_room_card from;
    int64_t until_utc_ms;
    unsigned tier;
    bool is_resumed;
    bool is_from_origin; /* the chain begins in the giver's room */
};
/*
 * Take an offered version in, so that it can be looked at: verified, copied, decrypted, inspected.
 * It waits for sr_handoff_accept() or sr_handoff_reject() and is in custody only after the first.
 *
 * errors  UNTRUSTED  the chain is broken, the giver is not who the card says, or the offer is for
 *                    another room; err says which
 *         CONFLICT   the offer has ended, or was answered; and those of sr_intake()
 */
enum sr_status sr_handoff_take(struct sr_room *r, const struct sr_handoff_take_params *params,
                               struct sr_handoff_take_result *out, struct sr_err *err) SR_MUST_USE;

struct sr_handoff_answer_result {
    struct sr_catalog_version version;
    struct sr_id handoff;
    enum sr_verb verb;        /* of the answer */
    struct sr_room_card from; /* of the other room */
};
/*
 * Accept or reject what waits. chain, which may be NULL, gets the custody chain with the answer:
 * what the giver takes back in.
 *
 * ref            "llama" or "llama@1" of what waits; hostile
 * discrepancies  what was found that is not as offered; NULL: nothing
 * errors         NOT_FOUND  nothing of that name waits
 *                CONFLICT   the offer has ended
 *                DENIED, PENDING, and so on, as sr_custody_do()
 */
enum sr_status sr_handoff_accept(struct sr_room *r, const char *ref, const char *discrepancies,
                                 struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                 struct sr_err *err) SR_MUST_USE;
enum sr_status sr_handoff_reject(struct sr_room *r, const char *ref, const char *reason,
                                 struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Take another room's answer to this room's offer in: accept, reject, or return of what it had
 * accepted.
 *
 * text    its chain; hostile
 * errors  MALFORMED, UNSUPPORTED  not a chain
 *         UNTRUSTED  it is broken, a fork, or about an offer that this room has not made
 *         CONFLICT   the answer is recorded already, or the offer has ended
 *         DENIED, PENDING, and so on, as sr_custody_do()
 */
enum sr_status sr_handoff_answer(struct sr_room *r, struct sr_bytes text,
                                 struct sr_handoff_answer_result *out,
                                 struct sr_err *err) SR_MUST_USE;

/* Give a version back to the room it came from. errors  CONFLICT  it came from nowhere, or this
 * room does not have it any more; as above */
enum sr_status sr_handoff_return(struct sr_room *r, const char *ref, const char *reason,
                                 struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                 struct sr_err *err) SR_MUST_USE;
/* Record what has become of a version, for good: nothing can be done with it afterwards. */
enum sr_status sr_handoff_dispose(struct sr_room *r, const char *ref, const char *reason,
                                  struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                  struct sr_err *err) SR_MUST_USE;

/* What waits for an answer here. *out is freed with free(). errors  IO, BUSY, CORRUPT, NO_MEMORY */
enum sr_status sr_handoff_waiting(struct sr_room *r, struct sr_catalog_version **out,
                                  size_t *out_count, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_HANDOFF_H */
