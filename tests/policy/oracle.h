/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_POLICY_ORACLE_H
#define SR_TESTS_POLICY_ORACLE_H

#include "history.h"

/*
 * The decision once more, slow and obvious: written from docs/decision.md and the headers alone,
 * and sharing nothing with src/policy but the decoded policy. It keeps no state. Every question is
 * answered from the list of allowed acts by looking through all of it, a quorum by trying every way
 * to fill it.
 *
 * event  as for sr_policy_decide()
 */
struct oracle_answer {
    enum sr_ruling ruling;
    enum sr_reason reason;
};
struct oracle_answer oracle_decide(const struct history *h, const struct sr_state_event *event,
                                   const struct sr_moment *moment);

/* How a request stands, as sr_policy_standing() has it. request is the digest of an allowed one. */
enum sr_request_state oracle_standing(const struct history *h, const uint8_t *request, int64_t now,
                                      enum sr_reason *out_reason);

#endif /* SR_TESTS_POLICY_ORACLE_H */
