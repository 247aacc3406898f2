/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_TEST_FILE_H
#define SR_POLICY_TEST_FILE_H

#include "policy/decide.h"

/*
 * Cases that are kept beside a policy and say what it has to answer: a cast of people and versions,
 * then what each does and what comes of it. Every case happens in a room of its own, decided by the
 * real decision; before a policy is proposed, all of them have to be right. Pure.
 * source  docs/policy.md (Cases)
 */

#define SR_TEST_FILE_BYTES_MAX 65536

struct sr_test_case {
    unsigned line;
    struct sr_bytes text; /* of the line, trimmed; points into the file's text */
    enum sr_ruling wanted;
    enum sr_reason wanted_reason; /* NONE: any */
    enum sr_ruling ruling;        /* what came of it */
    enum sr_reason reason;
    char detail[SR_DECISION_DETAIL_BYTES];
    bool is_right;
};

struct sr_test_summary {
    size_t cases;
    size_t wrong;
};

/*
 * Run all cases of a file, in order.
 *
 * text    hostile
 * seen    called for each case; may be NULL
 * errors  MALFORMED  not such a file; err says "line L, column C: ..."
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_test_file_run(const struct sr_policy *policy, struct sr_bytes text,
                                void (*seen)(void *ctx, const struct sr_test_case *result),
                                void *ctx, struct sr_test_summary *out,
                                struct sr_err *err) SR_MUST_USE;

#endif /* SR_POLICY_TEST_FILE_H */
