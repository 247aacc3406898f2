/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_ENTRY_H
#define SR_ACTS_ENTRY_H

#include "acts/act.h"

/*
 * An entry: what the room says of one act that came in. Its canonical JSON is what the leaf commits
 * to (ledger/commitment.h):
 *
 *     {"act":DIGEST,"cosigned":DIGEST?,"envelope":DIGEST,"folds":N,"format":1,
 *      "outcome":"allowed"|"refused","reason":TEXT?,"seq":N,"time_utc_ms":N}
 *
 * source  docs/formats/act.md (rules AC-n)
 */

enum sr_outcome { SR_OUTCOME_ALLOWED = 0, SR_OUTCOME_REFUSED = 1 };
/* "allowed", "refused" */
const char *sr_outcome_word(enum sr_outcome outcome);

#define SR_ENTRY_BYTES_MAX 2048
#define SR_ENTRY_REASON_BYTES 64

struct sr_entry {
    uint64_t seq;                      /* 1, 2, ...; its leaf is number seq - 1 */
    int64_t time_utc_ms;               /* the room's clock; never before the entry before it */
    uint8_t act[SR_SHA256_BYTES];      /* the act's digest */
    uint8_t envelope[SR_SHA256_BYTES]; /* of the envelope's bytes */
    enum sr_outcome outcome;
    char reason[SR_ENTRY_REASON_BYTES]; /* of a refusal: slug of policy/reasons.def; else "" */
    bool has_cosigned;
    uint8_t cosigned[SR_SHA256_BYTES]; /* of the cosigned checkpoint that the decision relied on */
    uint64_t folds; /* of the acts up to this one, how many the state follows from: who reads only
                       these sees that none is missing */
};

/* Whether an act, when it is allowed, is one that the state follows from: it changes the state, or
 * counts against a request that it names. */
bool sr_entry_folds(const struct sr_act *act);

/* errors  TOO_LARGE, NO_MEMORY, MALFORMED */
enum sr_status sr_entry_encode(const struct sr_entry *entry, struct sr_buf *out,
                               struct sr_err *err) SR_MUST_USE;
/* text is hostile and has to be canonical. errors  MALFORMED, UNSUPPORTED, TOO_LARGE,
 * NO_MEMORY */
enum sr_status sr_entry_decode(struct sr_bytes text, struct sr_entry *out,
                               struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_ENTRY_H */
