/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_SAY_H
#define SR_POLICY_SAY_H

#include "policy/policy.h"

/* Pieces of sentences about rules, for people. Pure. All append. errors  TOO_LARGE, NO_MEMORY */

/* At most 511 bytes at a time; what is longer is cut. */
enum sr_status sr_say(struct sr_buf *out, const char *fmt, ...) SR_MUST_USE SR_PRINTF(2, 3);

/* "8h"; "none" for 0, "no limit" for SR_POLICY_NO_LIMIT. */
enum sr_status sr_say_duration(struct sr_buf *out, int64_t ms) SR_MUST_USE;
/* "200GB", "3KiB": the largest unit that divides it. */
enum sr_status sr_say_size(struct sr_buf *out, uint64_t bytes) SR_MUST_USE;
/* "2 of officer and 1 of security"; "nobody's approval" when a rule needs none. */
enum sr_status sr_say_needs(struct sr_buf *out, const struct sr_policy *p,
                            const struct sr_policy_rule *rule) SR_MUST_USE;
/* "engineer or service"; "anyone"; "whoever unlocked the room" */
enum sr_status sr_say_by(struct sr_buf *out, const struct sr_policy *p,
                         const struct sr_policy_rule *rule) SR_MUST_USE;
/* "mon-fri 08:00-18:00 UTC"; "at any hour" */
enum sr_status sr_say_hours(struct sr_buf *out, const struct sr_policy_rule *rule) SR_MUST_USE;
/* "human, service"; nothing when types is 0. */
enum sr_status sr_say_types(struct sr_buf *out, unsigned types) SR_MUST_USE;
/* "reason, ticket, hardware-key" */
enum sr_status sr_say_required(struct sr_buf *out, const struct sr_policy_rule *rule) SR_MUST_USE;
/* "training, screening" */
enum sr_status sr_say_names(struct sr_buf *out, const char (*names)[SR_POLICY_NAME_BYTES],
                            size_t count) SR_MUST_USE;

#endif /* SR_POLICY_SAY_H */
