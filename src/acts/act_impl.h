/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_ACT_IMPL_H
#define SR_ACTS_ACT_IMPL_H

#include "acts/act.h"

/* Shared by act*.c only. */

#define SR_ACT_STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define SR_ACT_PREDICATE_TYPE "urn:strongroom:act:v1"
#define SR_ACT_FORMAT 1

/*
 * Whether an act is as fields.def, verbs.def and sr_act_subject() say, whoever made it. What is
 * borrowed may be hostile.
 * errors  MALFORMED  err names the field; NO_MEMORY, INTERNAL
 */
enum sr_status sr_act_check(const struct sr_act *act, struct sr_err *err) SR_MUST_USE;

/*
 * Read a statement as most are (canonical for certain, without escapes and lists), without a tree:
 * the same act as the long way gives, not checked. Texts are views of statement. False: nothing is
 * said; then the long way has to be gone, which also says what is wrong. statement is hostile.
 */
bool sr_act_read_plain(struct sr_bytes statement, struct sr_act *act, struct sr_act_name *subject);

/* What fields an act of this verb, asking for that, must and may have. asked is NULL when it is no
 * REQUEST. */
struct sr_act_masks {
    uint64_t must;
    uint64_t may; /* also those that it must have */
};
struct sr_act_masks sr_act_masks(const struct sr_verb_info *verb, const struct sr_verb_info *asked);

/* Fields that a request may have, whatever it asks for: its terms. */
#define SR_ACT_TERMS                                                                               \
    (SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket) | SR_FIELD_BIT(lasts_ms) | SR_FIELD_BIT(host) |   \
     SR_FIELD_BIT(workload) | SR_FIELD_BIT(bytes) | SR_FIELD_BIT(files) |                          \
     SR_FIELD_BIT(break_glass) | SR_FIELD_BIT(what))

#endif /* SR_ACTS_ACT_IMPL_H */
