/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_LEDGER_H
#define SR_CUSTODY_LEDGER_H

#include "custody/room.h"
#include "ledger/cosign.h"
#include "policy/policy.h"

/*
 * A room's ledger, as its people and its witnesses see it: what it is called, how far it is, who
 * has cosigned it; receipts; and the first pin on a new machine. Acts are entered by
 * custody/submit.h.
 */

struct sr_custody_witness {
    char name[SR_POLICY_NAME_BYTES];
    bool is_askable;                  /* the policy has a key and a URL for it */
    int64_t cosigned_utc_ms;          /* under the checkpoint that was cosigned last; 0: not */
    struct sr_cosign_outcome outcome; /* of sr_custody_cosign(); else all zero */
};

struct sr_custody_ledger {
    char origin[128];
    char vkey[512]; /* what witnesses are given */
    uint64_t size;
    uint8_t root[SR_SHA256_BYTES]; /* of all of them */
    uint64_t published;            /* under the last checkpoint */
    int64_t published_utc_ms;      /* when that was; 0: not known here, there is no pin */
    bool has_pin;
    uint64_t cosigned; /* leaves under the checkpoint that was cosigned last; 0: none */
    size_t witnesses;  /* of the policy in force */
    struct sr_custody_witness witness[SR_POLICY_WITNESSES_MAX];
};

/* errors  as sr_custody_state() */
enum sr_status sr_custody_ledger(struct sr_room *r, struct sr_custody_ledger *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Publish what is not yet, if the room is unlocked, and ask all witnesses of the policy to cosign
 * the last checkpoint; acts can come in while they are asked. *out says what became of each, also
 * when nobody has signed.
 *
 * timeout_ms  for each question
 * errors      NOT_FOUND  the policy has no witnesses; as sr_custody_state(), sr_cosign()
 */
enum sr_status sr_custody_cosign(struct sr_room *r, unsigned timeout_ms,
                                 struct sr_custody_ledger *out, struct sr_err *err) SR_MUST_USE;

/*
 * Sign a checkpoint of all there is, also when that is nothing new, and have it cosigned by those
 * witnesses of the policy that can be asked, if there are any; as sr_custody_cosign().
 * errors  UNAUTHENTICATED  the room is locked
 *         CONFLICT         there is no pin here, or the clock is behind the last checkpoint
 *         as sr_custody_cosign(), but for NOT_FOUND
 */
enum sr_status sr_custody_checkpoint(struct sr_room *r, unsigned timeout_ms,
                                     struct sr_custody_ledger *out, struct sr_err *err) SR_MUST_USE;

/*
 * Append the receipt of act number seq (from 1), under the checkpoint that was cosigned last if
 * that covers it, else the last one; and what its leaf holds, which the receipt is about.
 *
 * opened  the receipt's "extra" is salt and entry (acts/entry.h), so that whoever has it knows
 *         which act it is about and what became of it
 * errors  NOT_FOUND  no such act, or no checkpoint covers it yet
 *         CORRUPT    opened: the catalog has another act than the leaf is of
 *         as sr_custody_state()
 */
enum sr_status sr_custody_receipt(struct sr_room *r, uint64_t seq, bool opened,
                                  struct sr_buf *out_receipt, struct sr_buf *out_entry,
                                  struct sr_err *err) SR_MUST_USE;

/* The number of the act with a digest. errors  NOT_FOUND; as sr_custody_state() */
enum sr_status sr_custody_seq_of(struct sr_room *r, const uint8_t digest[SR_SHA256_BYTES],
                                 uint64_t *out, struct sr_err *err) SR_MUST_USE;

/*
 * Pin the ledger here, by word of somebody who knows that this is the newest copy of the room. All
 * of it is replayed first.
 * errors  CONFLICT  there is a pin; as sr_custody_state(), sr_log_trust()
 */
enum sr_status sr_custody_trust(struct sr_room *r, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_LEDGER_H */
