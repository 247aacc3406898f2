/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_HOLD_H
#define SR_CUSTODY_HOLD_H

#include "custody/deposit_facts.h"
#include "custody/room.h"

/*
 * The hold on a deposit in progress, and what it means to record when all is sealed. In the room's
 * folder deposits/, named by the version's id:
 *
 *     <id>.lock   locked by the process that works on it, as long as it lives
 *     <id>.json   the intent: who, the parents, and what inspection said; replaced whole
 *
 * Both are there, durably, before the catalog knows the version, and go away last; so whatever
 * stands in the catalog as staged has its intent, and files here without a version are leftovers.
 * source  docs/formats/room.md, R-6 to R-8
 */
struct sr_hold;

struct sr_hold_intent {
    char actor[SR_ROOM_ACTOR_BYTES_MAX + 1];
    struct sr_id parents[SR_DEPOSIT_PARENTS_MAX];
    size_t parent_count;
    bool is_inspected;                       /* all files are sealed, and inspection admits them */
    struct sr_deposit_inspection inspection; /* when is_inspected */
    /* It was taken in from another room and waits, when it is inspected, for a person to accept or
     * reject it: recovery must do neither. */
    bool is_offered;
    uint8_t offer[SR_SHA256_BYTES]; /* when is_offered: the act of the offer */
};

/* Take the hold. errors  BUSY  a live process has it; IO, NO_MEMORY */
enum sr_status sr_hold_take(int deposits_fd, const struct sr_id *version, struct sr_hold **out,
                            struct sr_err *err) SR_MUST_USE;
/* Let go and leave the files, for whoever comes next. */
void sr_hold_free(struct sr_hold *h);
SR_DEFINE_AUTO(sr_hold)

/* Store the intent, durably. errors  IO, NO_MEMORY, MALFORMED */
enum sr_status sr_hold_store(struct sr_hold *h, const struct sr_hold_intent *intent,
                             struct sr_err *err) SR_MUST_USE;
/* errors  NOT_FOUND, CORRUPT, IO, NO_MEMORY */
enum sr_status sr_hold_load(const struct sr_hold *h, struct sr_hold_intent *out,
                            struct sr_err *err) SR_MUST_USE;
/* The deposit is over: remove the files and let go. Takes h. errors  IO */
enum sr_status sr_hold_end(struct sr_hold *h, struct sr_err *err) SR_MUST_USE;

/* The same where failing to is no failure: the next recovery removes what is left. NULL is fine. */
void sr_hold_abandon(struct sr_hold *h);

/* Whether a live process holds it. */
bool sr_hold_is_live(int deposits_fd, const struct sr_id *version);

/* The ids that have files here. *out is freed with free(). errors  IO, NO_MEMORY */
enum sr_status sr_hold_list(int deposits_fd, struct sr_id **out, size_t *out_count,
                            struct sr_err *err) SR_MUST_USE;

/* The text of an intent. Pure. errors  TOO_LARGE, NO_MEMORY, MALFORMED */
enum sr_status sr_hold_encode(const struct sr_hold_intent *intent, struct sr_buf *out) SR_MUST_USE;
/* Strict. errors  CORRUPT, NO_MEMORY */
enum sr_status sr_hold_decode(struct sr_bytes text, struct sr_hold_intent *out,
                              struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_HOLD_H */
