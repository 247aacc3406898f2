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
 * in the policy and what it is checked against, who could still approve.
 * errors  NO_MEMORY, TOO_LARGE
 */
enum sr_status sr_explain_act(const struct sr_state *s, const struct sr_state_event *event,
                              const struct sr_moment *moment, struct sr_buf *out) SR_MUST_USE;

/* A smallest set of persons who together suffice for a verb on a version; or one of role counts
 * when there would be too many sets. */
struct sr_who_set {
    const char *requester; /* principal */
    size_t approvers;
    const char *approver[SR_STANDING_PEOPLE_MAX]; /* principals; distinct persons */
};
/*
 * All smallest sets of people who suffice now: the requester and who has to approve. version NULL:
 * a verb about none. Stops at limit sets; *out_total says how many there are (saturating). The
 * caller frees *out with free().
 * errors  NO_MEMORY
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
