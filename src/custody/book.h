/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_BOOK_H
#define SR_CUSTODY_BOOK_H

#include "acts/entry.h"
#include "audit/witnessed.h"
#include "custody/room_impl.h"
#include "ledger/log.h"
#include "policy/decide.h"

/*
 * The book: ledger and catalog together, and the state that follows from them. Who has it open is
 * the only one who writes acts. Opening it makes three things true:
 *
 * - The catalog and the ledger say the same: what a crash left out of the ledger is appended, and a
 *   catalog that has fewer acts than the ledger is refused.
 * - The state is that of now. Acts that a signed checkpoint covers count because the ledger has
 *   their leaves; all later ones are verified and decided again, as an auditor would. So the room
 *   signs nothing that it has not replayed, whoever wrote into its files.
 * - No act that the state follows from is missing: each entry says how many there were.
 *
 * Inside of custody/ only; acts come in by custody/submit.h. Lock order: the ledger, then the
 * catalog.
 * source  docs/design/0013-acts.md, docs/formats/room.md
 */

/* A clock that is set right by so little has not gone back. */
#define SR_BOOK_CLOCK_BACK_MS 1000

/* What a room remembers between openings; sr_room_free() frees it. */
struct sr_book {
    int ledger_fd;
    int pin_fd;
    char origin[64]; /* of the ledger: "strongroom.invalid/<room id>" */
    char pin_name[48];
    struct sr_act_key *key; /* the room's, as its first act names it; NULL: not read yet */
    struct sr_signer *log_signer;
    struct sr_act_signer *signer;  /* the room's; NULL: locked */
    struct sr_state *state;        /* NULL: not made yet */
    uint64_t seq;                  /* of the last act that was taken into account */
    int64_t time_utc_ms;           /* of that act */
    struct sr_witnessed witnessed; /* what sr_custody_moment() lent */
    uint64_t folds;                /* acts that the state follows from */
};
void sr_book_free(struct sr_book *b);

/* The book, open. */
struct sr_book_session {
    struct sr_room *room;
    struct sr_book *book;
    struct sr_log *log;
    bool can_sign; /* the room is unlocked, and there is a pin */
};

/*
 * errors  BUSY             somebody else has it; also those of sr_log_open()
 *         CONFLICT         catalog and ledger do not go together; the room has no ledger yet
 *         CORRUPT          an act is not what its leaf commits to, is not signed, or could not have
 *                          been allowed; an act is missing
 *         UNAUTHENTICATED, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_book_open(struct sr_room *r, struct sr_book_session *out,
                            struct sr_err *err) SR_MUST_USE;
void sr_book_close(struct sr_book_session *s);

/*
 * Open the book of a room that has no act yet, to write the first; makes the ledger. The room is
 * unlocked. errors  CONFLICT  it has one; as above
 */
enum sr_status sr_book_begin(struct sr_room *r, int64_t now_utc_ms, struct sr_book_session *out,
                             struct sr_err *err) SR_MUST_USE;

/* Make the room's signers ready while the room is unlocked; nothing to do when it is locked. */
enum sr_status sr_book_unlock(struct sr_room *r, struct sr_err *err) SR_MUST_USE;

/* Who signed an envelope. */
struct sr_book_signed {
    const char *fingerprint; /* the key's, as long as the state */
    bool is_room;
    struct sr_act_proof proof;
};
/* errors  UNTRUSTED  the key is nobody's, or the signature wrong; NO_MEMORY, INTERNAL */
enum sr_status sr_book_verify(const struct sr_book *b, const struct sr_envelope *e,
                              struct sr_book_signed *out, struct sr_err *err) SR_MUST_USE;

/* One act on its way into the book. */
struct sr_book_act {
    const struct sr_envelope *envelope;
    struct sr_book_signed who;
    struct sr_policy *policy; /* that it brings, of the caller; the state takes it */
    enum sr_outcome outcome;
    enum sr_reason reason; /* when refused */
    bool has_cosigned;     /* the decision relied on the checkpoint of this digest */
    uint8_t cosigned[SR_SHA256_BYTES];
    int64_t time_utc_ms;
    uint64_t seq; /* set by sr_book_write() */
};
/* Put the acts into the catalog, with what else changes there, in one transaction. records are
 * count; each has its seq. */
struct sr_book_change {
    enum sr_status (*commit)(void *ctx, struct sr_room *r, struct sr_act_record *record,
                             struct sr_err *err); /* NULL: they are appended, and that is all */
    void *ctx;
};
/*
 * Write acts down: into the state, the catalog, the ledger; durable when this returns. Nothing of
 * it happens, or all. change, if it has a commit, is for one act.
 * errors  CORRUPT (the state does not take it), those of the catalog, of sr_log_append()
 */
enum sr_status sr_book_write(struct sr_book_session *s, struct sr_book_act *acts, size_t count,
                             const struct sr_book_change *change, struct sr_err *err) SR_MUST_USE;

/*
 * Sign a checkpoint when the last is older than max_age_ms; nothing to do when the room cannot
 * sign. errors  those of sr_log_publish()
 */
enum sr_status sr_book_publish(struct sr_book_session *s, int64_t now_utc_ms, int64_t max_age_ms,
                               struct sr_err *err) SR_MUST_USE;

/* The policy of a digest, from the room's texts. errors  NOT_FOUND, CORRUPT, those of
 * sr_policy_parse() */
enum sr_status sr_book_policy(struct sr_room *r, const uint8_t digest[SR_SHA256_BYTES],
                              struct sr_policy **out, struct sr_err *err) SR_MUST_USE;

/* What the witnesses of the policy in force have seen, in the note of a checkpoint. */
enum sr_status sr_book_witnessed(const struct sr_book *b, struct sr_bytes note,
                                 struct sr_witnessed *out, struct sr_err *err) SR_MUST_USE;

/* What a decision is asked with. */
struct sr_state_event sr_book_event(const struct sr_book_act *act);

#endif /* SR_CUSTODY_BOOK_H */
