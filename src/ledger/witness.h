/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_WITNESS_H
#define SR_LEDGER_WITNESS_H

#include "crypto/sign.h"
#include "ledger/vkey.h"

/*
 * A witness: somebody who signs the checkpoints of a log, once it is shown that the log has only
 * grown since the last one. Two trees of one log can so not both be cosigned, whatever the log's
 * owner or a restored copy wants. What the witness has seen is in a folder:
 *
 *   logs/<SHA-256 of the origin>/log         the origin, and the keys that may sign for it
 *   logs/<SHA-256 of the origin>/checkpoint  the last one that was cosigned, with the cosignature
 *   logs/<SHA-256 of the origin>/fork        the first one that cannot be true beside that one
 *
 * A checkpoint is stored, durably, before its cosignature leaves; for each origin, comparing and
 * storing are under one lock. So a witness that is killed at any time, or runs twice on one folder,
 * signs nothing that contradicts what it has signed. A folder that is restored from an old copy
 * does: it must not be.
 *
 * Any number of threads may ask one witness.
 * source  C2SP tlog-witness v1.0.0; docs/formats/witness.md (rules W-6 to W-12)
 */
struct sr_witness;

/* Longest name of a key or origin that is witnessed; both are names of notes. */
#define SR_WITNESS_NAME_BYTES_MAX SR_NOTE_NAME_BYTES_MAX

/*
 * Open what the witness name has in folder.
 *
 * name    of its key, hostile
 * signer  Ed25519; outlives the witness, which alone uses it. One key for one witness
 * folder  open folder; outlives the witness
 * errors  MALFORMED (name), UNSUPPORTED (kind of key), IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_witness_open(struct sr_bytes name, struct sr_signer *signer, int folder,
                               struct sr_witness **out, struct sr_err *err) SR_MUST_USE;
void sr_witness_free(struct sr_witness *w);
SR_DEFINE_AUTO(sr_witness)

/* Its own key, as those who verify cosignatures need it; as long as the witness lives. */
const struct sr_vkey *sr_witness_key(const struct sr_witness *w);

/*
 * Witness the log that calls itself origin (most use the name of their key) and signs with key,
 * from now on; a running witness need not be started again. A second key for one origin is added:
 * the log is about to change its key.
 *
 * errors  CONFLICT     the key is there already, or is the witness's own
 *         UNSUPPORTED  not an Ed25519 key of type 1
 *         MALFORMED (origin), TOO_LARGE (many keys), BUSY, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_witness_add(int folder, const struct sr_vkey *key, struct sr_bytes origin,
                              struct sr_err *err) SR_MUST_USE;

/* What to answer: an HTTP status and a body. */
struct sr_witness_answer {
    unsigned status;
    const char *type;    /* of the body */
    struct sr_buf *body; /* the answer's own */
};
void sr_witness_answer_clear(struct sr_witness_answer *answer);

/*
 * Answer POST add-checkpoint. body is hostile. Every request has an answer, so this fails only
 * where there is no memory for one; what went wrong inside (503) is in err, for the operator.
 * errors  NO_MEMORY
 */
enum sr_status sr_witness_add_checkpoint(struct sr_witness *w, struct sr_bytes body,
                                         uint64_t now_utc_s, struct sr_witness_answer *out,
                                         struct sr_err *err) SR_MUST_USE;

/*
 * Answer GET <hash>/checkpoint: hash is 64 hexadecimal digits, hostile.
 * errors  NO_MEMORY
 */
enum sr_status sr_witness_get_checkpoint(struct sr_witness *w, struct sr_bytes hash,
                                         struct sr_witness_answer *out,
                                         struct sr_err *err) SR_MUST_USE;

/* A log that is witnessed. */
struct sr_witness_log {
    struct sr_bytes origin;
    size_t keys;
    uint64_t size;  /* of the last checkpoint that was cosigned; 0: none yet */
    uint64_t utc_s; /* when; 0: never */
    bool is_forked; /* two roots of one size were seen: the file `fork` proves it */
};

/*
 * Call visit for each log, in no order, until it fails. key is the witness's own.
 * errors  CORRUPT (state that key has not signed), IO, NO_MEMORY, INTERNAL, those of visit
 */
enum sr_status sr_witness_list(int folder, const struct sr_vkey *key,
                               enum sr_status (*visit)(void *ctx, const struct sr_witness_log *log,
                                                       struct sr_err *err),
                               void *ctx, struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_WITNESS_H */
