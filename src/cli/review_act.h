/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_REVIEW_ACT_H
#define SR_CLI_REVIEW_ACT_H

#include "cli/command.h"
#include "cli/identity.h"

/*
 * Commands that say something about a request: approve, deny, withdraw, revoke, judge. The page of
 * the request is shown from its own bytes, and the digest of those bytes is what is signed.
 */

/*
 * verb  one of those; args has REQUEST as its first argument, perhaps --why and --outcome
 * done  what is said when it is done: "approved"
 */
enum sr_status sr_review_act(struct sr_cli *cli, const struct sr_args *args, enum sr_verb verb,
                             const char *done, struct sr_err *err) SR_MUST_USE;

#define SR_REVIEW_ACT_POSITIONALS                                                                  \
    {.name = "REQUEST", .help = "its digest, or the first digits of it"},                          \
    {                                                                                              \
        .name = NULL                                                                               \
    }
#define SR_REVIEW_ACT_FIELDS                                                                       \
    {"act", "string", "digest of your act"}, {"request", "string", "digest of the request"},       \
    {                                                                                              \
        "state", "string", "of the request, after it"                                              \
    }

#endif /* SR_CLI_REVIEW_ACT_H */
