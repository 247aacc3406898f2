/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_EXPLAIN_H
#define SR_POLICY_EXPLAIN_H

#include "policy/decide.h"

/*
 * Answers about the decision, made with the decision itself. Pure; text for people, one fact a
 * line.
 */

/*
 * Append why an act would be allowed or not: every step that was looked at, the rule with its line
 * in the policy and what it is checked against, how its request stands, whose approval counts,
 * who could still approve, and of a break-glass, whom it passes over. The event is as for
 * sr_policy_decide(): a supposed one also names the key that would sign (for the room, the room's).
 * errors  NO_MEMORY, TOO_LARGE
 */
enum sr_status sr_explain_act(const struct sr_state *s, const struct sr_state_event *event,
                              const struct sr_moment *moment, struct sr_buf *out) SR_MUST_USE;

/*
 * A smallest set of persons who together suffice for a verb. Names are of the state, valid until
 * its next sr_state_apply().
 */
struct sr_who_set {
    const char *requester; /* principal; "whoever unlocks the room" for rules `by unlocked` */
    bool is_break_glass;   /* alone, and judged afterwards */
    size_t approvers;
    const char *approver[SR_STANDING_PEOPLE_MAX]; /* principals; distinct persons */
};
/*
 * All smallest sets of people who suffice now: the requester and who has to approve, those of one
 * requester together, break-glass last. By people alone: hours, witnesses and terms are not looked
 * at. Who has no active key, or no hardware key where the rule demands one, is not among them.
 *
 * verb       of group ACT; of others nobody can
 * version    NULL: a verb about none, or a version that is not there yet (DEPOSIT), for which only
 *            rules for any class count
 * out        at most limit sets; the caller frees *out with free(). Not NULL
 * out_total  how many there are; UINT64_MAX: too many to count
 * errors     NO_MEMORY
 */
enum sr_status sr_explain_who_can(const struct sr_state *s, enum sr_verb verb,
                                  const struct sr_state_version *version,
                                  const struct sr_moment *moment, size_t limit,
                                  struct sr_who_set **out, size_t *out_count, uint64_t *out_total,
                                  struct sr_err *err) SR_MUST_USE;

/*
 * Append whose power grows or shrinks from policy a to b: for each verb, class of versions that the
 * two tell apart, and role.
 */
enum sr_status sr_explain_diff(const struct sr_policy *a, const struct sr_policy *b,
                               struct sr_buf *out) SR_MUST_USE;

#endif /* SR_POLICY_EXPLAIN_H */
