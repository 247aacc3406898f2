/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_QUORUM_H
#define SR_LEDGER_QUORUM_H

#include "ledger/receipt.h"

/*
 * What a trust policy for logs (formats/tlog_policy.h) means: whether a checkpoint that these
 * witnesses have cosigned, then, counts. No input or output, no clock. Immutable; any number of
 * threads may use one.
 * source  C2SP tlog-policy; docs/formats/tlog-policy.md (rules TP-10, TP-11)
 */
struct sr_quorum;

/* A log or a witness. Views, as long as the quorum lives. */
struct sr_quorum_party {
    struct sr_bytes name; /* of a witness: what the policy calls it; of a log: its origin */
    struct sr_bytes url;  /* empty: none */
    const struct sr_vkey *key;
};

/*
 * From the text of a policy, which is copied and hostile.
 *
 * errors  MALFORMED    a rule of the format, a key that is none, one key on two lines
 *         UNSUPPORTED  a key of a type that is not Ed25519's
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_quorum_parse(struct sr_bytes text, struct sr_quorum **out,
                               struct sr_err *err) SR_MUST_USE;
void sr_quorum_free(struct sr_quorum *quorum);
SR_DEFINE_AUTO(sr_quorum)

size_t sr_quorum_logs(const struct sr_quorum *quorum);
struct sr_quorum_party sr_quorum_log(const struct sr_quorum *quorum, size_t index);
size_t sr_quorum_witnesses(const struct sr_quorum *quorum);
struct sr_quorum_party sr_quorum_witness(const struct sr_quorum *quorum, size_t index);
/* The keys of all witnesses, in order. */
const struct sr_vkey *const *sr_quorum_witness_keys(const struct sr_quorum *quorum);

/* Whether the witnesses that have signed suffice. has_signed has one for each witness. */
bool sr_quorum_is_met(const struct sr_quorum *quorum, const bool *has_signed);

/* How far ahead of ours the clock of a witness may be. */
#define SR_QUORUM_AHEAD_S 120

/*
 * Which of count marks are of now: signed, at most within_s ago and at most SR_QUORUM_AHEAD_S
 * ahead. Returns how many.
 *
 * within_s  0: whenever that was
 * out       one for each mark; NULL: only the number is wanted
 */
size_t sr_quorum_fresh(const struct sr_vkey_mark *marks, size_t count, uint64_t now_utc_s,
                       uint64_t within_s, bool *out);

/*
 * Verify a signed checkpoint under the policy: signed by one of its logs, whose name is the origin,
 * and by a quorum of its witnesses within the last within_s seconds (0: whenever). note is hostile.
 *
 * out     views of note
 * marks   of each witness, also when there is no quorum; NULL: nobody asks
 * errors  MALFORMED  not a checkpoint
 *         UNTRUSTED  no listed log has signed it, a signature of a listed key is wrong, an origin
 *                    that is not its log's
 *         DENIED     no quorum; err says how many have signed and how many of them are fresh
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_quorum_checkpoint(const struct sr_quorum *quorum, struct sr_bytes note,
                                    uint64_t now_utc_s, uint64_t within_s,
                                    struct sr_checkpoint *out, struct sr_vkey_mark *marks,
                                    struct sr_err *err) SR_MUST_USE;

/*
 * The same for a receipt: that it shows entry to be in a listed log, as a quorum has seen it.
 * errors  those of sr_quorum_checkpoint() and sr_receipt_verify()
 */
enum sr_status sr_quorum_receipt(const struct sr_quorum *quorum, struct sr_bytes receipt,
                                 struct sr_bytes entry, uint64_t now_utc_s, uint64_t within_s,
                                 struct sr_receipt *out, struct sr_vkey_mark *marks,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_QUORUM_H */
