/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_OPENING_H
#define SR_AUDIT_OPENING_H

#include "acts/entry.h"
#include "ledger/commitment.h"

/*
 * What opens a leaf of a room's ledger: the salt, then the entry that was committed to. A receipt
 * carries it as its "extra" (formats/tlog_proof.h), so that its holder sees which act it is about
 * and what became of it. Pure. source  docs/formats/tlog-proof.md (rule P-9)
 */
#define SR_OPENING_BYTES_MAX ((size_t)SR_COMMITMENT_SALT_BYTES + SR_ENTRY_BYTES_MAX)

/*
 * opening is hostile, and so is what *out says until the leaf is found in a ledger.
 *
 * out_leaf  what the ledger has to hold
 * errors    MALFORMED, UNSUPPORTED  no salt and entry
 *           TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_opening_read(struct sr_bytes opening, uint8_t out_leaf[SR_COMMITMENT_BYTES],
                               struct sr_entry *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_AUDIT_OPENING_H */
