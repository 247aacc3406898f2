/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_RECEIPT_H
#define SR_LEDGER_RECEIPT_H

#include "formats/checkpoint.h"
#include "formats/tlog_proof.h"
#include "ledger/tree.h"
#include "ledger/vkey.h"

/*
 * Verify a signed checkpoint: its note under keys, of which the first is the log's and has to be
 * among those who signed; its text; that it is of origin. note is hostile.
 *
 * origin  what the log calls itself; often, but not always, the name of its key
 * out     views of note
 * marks   of each key; NULL: nobody asks
 * errors  MALFORMED  not a checkpoint
 *         UNTRUSTED  the log's key has not signed it, a known signature is wrong, another origin,
 * or a root of no leaves that cannot be TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_receipt_checkpoint(struct sr_bytes note, struct sr_bytes origin,
                                     const struct sr_vkey *const *keys, size_t count,
                                     struct sr_checkpoint *out, struct sr_vkey_mark *marks,
                                     struct sr_err *err) SR_MUST_USE;

/* What a receipt says. */
struct sr_receipt {
    uint64_t index;
    uint64_t size; /* of the checkpoint */
    uint8_t root[SR_SHA256_BYTES];
};

/*
 * Verify that receipt (formats/tlog_proof.h) shows entry to be in the log. Both are hostile; the
 * rest as sr_receipt_checkpoint(). A receipt's "extra" is not looked at.
 *
 * errors  MALFORMED  not a receipt
 *         UNTRUSTED  the checkpoint does not verify, or the path does not lead from entry to root
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_receipt_verify(struct sr_bytes receipt, struct sr_bytes entry,
                                 struct sr_bytes origin, const struct sr_vkey *const *keys,
                                 size_t count, struct sr_receipt *out, struct sr_vkey_mark *marks,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * The part of it that is left when the receipt's checkpoint is verified: that the path leads from
 * entry to its root. errors  UNTRUSTED, INTERNAL, NO_MEMORY
 */
enum sr_status sr_receipt_path(const struct sr_tlog_proof *proof, struct sr_bytes entry,
                               const struct sr_checkpoint *checkpoint, struct sr_receipt *out,
                               struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_RECEIPT_H */
