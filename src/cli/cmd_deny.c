/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_act.h"

#include "cli/propose.h"

extern const struct sr_command sr_command_deny;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_review_act(cli, args, SR_VERB_DENY, "denied", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "why", .value = "TEXT", .help = "the reason, which the requester sees"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {SR_REVIEW_ACT_POSITIONALS};
static const struct sr_example EXAMPLES[] = {
    {"strongroom deny 3fa92b1c04de --why 'wrong machine'", "end the request for good"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REVIEW_ACT_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_deny = {
    .name = "deny",
    .group = "Requests",
    .synopsis = "REQUEST [--why TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "deny a request, for good",
    .description = "One denial by somebody who may review the request ends it, whatever others "
                   "have signed. Who still wants it makes another request.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
