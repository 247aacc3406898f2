/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TLOG_PROOF_H
#define SR_FORMATS_TLOG_PROOF_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * A receipt: where an entry is in a log, the path to the root, and the signed checkpoint with that
 * root. Whoever has the entry and the log's key needs nothing else. Pure; what it says is verified
 * by ledger/receipt.h.
 * source  C2SP tlog-proof; docs/formats/tlog-proof.md (rules P-1 to P-7)
 */

#define SR_TLOG_PROOF_BYTES_MAX 1100000
#define SR_TLOG_PROOF_HASHES_MAX 64
#define SR_TLOG_PROOF_EXTRA_BYTES_MAX 65535

struct sr_tlog_proof {
    uint64_t index;
    size_t hashes;
    uint8_t hash[SR_TLOG_PROOF_HASHES_MAX][32]; /* leaf to root */
    struct sr_bytes checkpoint;                 /* a signed note; a view of the input */
    struct sr_buf *extra;                       /* decoded; NULL when there is none */
};
void sr_tlog_proof_clear(struct sr_tlog_proof *proof);

/*
 * Decode a receipt; its checkpoint is not looked into. data is hostile and has to outlive *out.
 * Start from all zero; clear also after a failure.
 *
 * errors  MALFORMED  it breaks a rule; the message names the line
 *         TOO_LARGE  over one of the limits above
 *         NO_MEMORY
 */
enum sr_status sr_tlog_proof_decode(struct sr_bytes data, struct sr_tlog_proof *out,
                                    struct sr_err *err) SR_MUST_USE;

/* Append the text. errors  MALFORMED (an empty extra or checkpoint), TOO_LARGE, NO_MEMORY */
enum sr_status sr_tlog_proof_encode(const struct sr_tlog_proof *proof,
                                    struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_TLOG_PROOF_H */
