/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_COSIGN_H
#define SR_LEDGER_COSIGN_H

#include "ledger/log.h"
#include "ledger/vkey.h"

/*
 * Asking witnesses to cosign a checkpoint: all at once, each for itself. Nothing that comes back is
 * believed before it verifies; a witness that is silent, lies or has seen another tree costs its
 * own signature and nothing else. Whether those who signed suffice is for ledger/quorum.h to say;
 * sr_log_store_cosigned() puts the result where all see it.
 * source  C2SP tlog-witness v1.0.0; docs/formats/witness.md
 */

#define SR_COSIGN_WITNESSES_MAX 128
/* Of one answer: one line of a signature is enough. */
#define SR_COSIGN_ANSWER_BYTES_MAX 65536

struct sr_cosign_witness {
    const struct sr_vkey *key; /* of type SR_VKEY_COSIGNATURE */
    struct sr_bytes url;       /* the prefix of what is asked; of a configuration */
    uint64_t last_size;        /* what it is believed to have seen; 0: not known */
};

/* What became of one of them. */
struct sr_cosign_outcome {
    /*
     * OK           it has signed: mark says when
     * CONFLICT     it has seen more leaves than this log has, or another tree: the log is an old
     *              copy or a fork; err says which. Somebody has to look at this
     * NOT_FOUND    it was not told to witness this log
     * DENIED       it does not know the key that has signed the checkpoint
     * UNTRUSTED    its answer does not verify
     * UNAVAILABLE  it does not answer, or cannot sign now
     * MALFORMED    its URL, or its answer; TOO_LARGE, NO_MEMORY, IO, CORRUPT, INTERNAL
     */
    enum sr_status status;
    struct sr_vkey_mark mark;
    uint64_t seen_size; /* after OK that of the checkpoint; after CONFLICT what it says */
    struct sr_err err;
};

/* Where proofs come from; called for one witness at a time, from any thread. */
struct sr_cosign_proofs {
    /* As sr_log_prove_consistency(). */
    enum sr_status (*prove)(void *ctx, uint64_t old_size, uint64_t size, struct sr_tree_proof *out,
                            struct sr_err *err);
    void *ctx;
};
/* From an open log, as long as it lives. */
struct sr_cosign_proofs sr_cosign_proofs_of(struct sr_log *log);

/*
 * Ask count witnesses to cosign note, a checkpoint signed by log_key, and append to out the same
 * checkpoint with the log's signature, theirs, and where one of them has not signed now, the one
 * that note has of it. Waits until all have answered or timeout_ms is over for each.
 *
 * origin    of the checkpoint
 * outcomes  of each witness
 * errors    UNTRUSTED, MALFORMED  note does not verify
 *           TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_cosign(struct sr_bytes note, struct sr_bytes origin,
                         const struct sr_vkey *log_key, const struct sr_cosign_proofs *proofs,
                         const struct sr_cosign_witness *witnesses, size_t count,
                         unsigned timeout_ms, struct sr_buf *out,
                         struct sr_cosign_outcome *outcomes, struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_COSIGN_H */
