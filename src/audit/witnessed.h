/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_WITNESSED_H
#define SR_AUDIT_WITNESSED_H

#include "ledger/receipt.h"
#include "policy/policy.h"

/*
 * What a cosigned checkpoint shows to a decision that depends on witnesses: when each witness of
 * the policy has seen the ledger. The room and the auditor read it with this same code. Pure.
 */
struct sr_witnessed {
    uint64_t size; /* of the checkpoint */
    uint8_t root[SR_SHA256_BYTES];
    size_t count;
    int64_t utc_ms[SR_POLICY_WITNESSES_MAX]; /* of each distinct witness that has cosigned */
};

/*
 * Read a note: signed by the room's key, and cosigned by witnesses of the policy, of which those
 * with the same key count once. Lines of others are ignored, and so are witnesses of the policy
 * whose vkey is none. note is hostile.
 *
 * origin  of the ledger
 * errors  UNTRUSTED  the room has not signed it, or a line of a witness of the policy is wrong
 *         MALFORMED, TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_witnessed_read(struct sr_bytes note, struct sr_bytes origin,
                                 const struct sr_vkey *room, const struct sr_policy *policy,
                                 struct sr_witnessed *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_AUDIT_WITNESSED_H */
