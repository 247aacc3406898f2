/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_POLICY_INPUT_H
#define SR_CLI_POLICY_INPUT_H

#include <limits.h>

#include "cli/command.h"
#include "policy/policy.h"

/*
 * A policy that an argument means: a built-in one by its name, a file, or, for NULL, the one that
 * is in force in the room of the command line. errors  those of sr_policy_parse(), of the file, and
 * of opening the room
 */
enum sr_status sr_policy_input(struct sr_cli *cli, const char *name, struct sr_policy **out,
                               struct sr_err *err) SR_MUST_USE;

/* Of commands that run the cases of a policy. */
#define SR_POLICY_CASES_OPTION                                                                     \
    {                                                                                              \
        .name = "cases", .value = "FILE",                                                          \
        .help = "the policy's cases; without it, those beside it: 'lab.cases' for 'lab.policy'",   \
        .completes = SR_COMPLETES_FILE                                                             \
    }

/*
 * Where the cases of the policy in the file policy are: --cases, or beside it. *out_is_there is
 * false when none were named and there are none. errors  NOT_FOUND (--cases), TOO_LARGE
 */
enum sr_status sr_policy_input_cases(const struct sr_args *args, const char *policy,
                                     char out[PATH_MAX], bool *out_is_there,
                                     struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_POLICY_INPUT_H */
