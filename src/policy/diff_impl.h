/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_DIFF_IMPL_H
#define SR_POLICY_DIFF_IMPL_H

#include "policy/explain.h"

/*
 * Two rules, of two policies, that decide about the same. A line begins with whose power it is
 * about: '+' it grows, '-' it shrinks, '~' it is another.
 */
struct sr_diff_side {
    const struct sr_policy *p;
    const struct sr_policy_rule *rule; /* NULL: none, which is as good as forbid */
};

/* Append what changes, one fact a line; nothing when nothing does. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_diff_rules(const struct sr_diff_side *a, const struct sr_diff_side *b,
                             struct sr_buf *out) SR_MUST_USE;
/* The same of what is not in rules: break-glass, suspension, age of acts, witnesses. */
enum sr_status sr_diff_rest(const struct sr_policy *a, const struct sr_policy *b,
                            struct sr_buf *out) SR_MUST_USE;

#endif /* SR_POLICY_DIFF_IMPL_H */
