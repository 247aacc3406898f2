/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_STILL_H
#define SR_POLICY_STILL_H

#include "policy/decide.h"

/*
 * Whether what was allowed once, and takes its time (a mount, an export, a long read), may go on.
 * Pure, as the decision is.
 * source  docs/mount.md, "When its grant ends"
 */

/* What is being handed out, by what leave. All is borrowed. */
struct sr_serving {
    enum sr_verb verb; /* EXPORT, READ, USE */
    const struct sr_id *version;
    struct sr_bytes actor;
    const char *fingerprint; /* of the key that signed; not looked at when is_room */
    bool is_room;            /* the room's own key signed: whoever had unlocked it */
    const uint8_t *request;  /* SR_SHA256_BYTES; NULL: it rests on no request */
};

/* How much of what a request allows has been recorded, and how much it allows; SR_POLICY_NO_LIMIT:
 * all there is. */
struct sr_allowance {
    uint64_t bytes_max;
    uint64_t files_max;
    uint64_t bytes_used;
    uint64_t files_used;
};
struct sr_allowance sr_policy_allowance(const struct sr_request *request);

/*
 * ALLOW, or DENY with the reason. It holds no longer when
 * - the actor has left, or the key that signed is revoked
 * - the version is gone, disposed of, or another's by record
 * - its request was denied, withdrawn, revoked; its time is up; what it rests on is gone (roles,
 *   keys, attributes, the rule: suspended); more bytes or files were recorded than it allows
 * - without a request: the rule no longer allows it to the actor, or only on a request
 * A use counted as the last, a copy made as the last, and a quota that is used up to the last byte
 * end nothing: more is not handed out, and what is being used stays. Hours and witnesses are asked
 * when something begins, not here.
 */
struct sr_decision sr_policy_still_holds(const struct sr_state *s, const struct sr_serving *serving,
                                         const struct sr_moment *moment);

#endif /* SR_POLICY_STILL_H */
