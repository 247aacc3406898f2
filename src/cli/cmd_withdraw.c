/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_act.h"

#include "cli/propose.h"

extern const struct sr_command sr_command_withdraw;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_review_act(cli, args, SR_VERB_WITHDRAW, "withdrawn", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "why", .value = "TEXT", .help = "a remark that is kept with it"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {SR_REVIEW_ACT_POSITIONALS};
static const struct sr_example EXAMPLES[] = {
    {"strongroom withdraw 3fa92b1c04de",
     "as the requester: take the request back; as a reviewer: your review"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REVIEW_ACT_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_withdraw = {
    .name = "withdraw",
    .group = "Requests",
    .synopsis = "REQUEST [--why TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "take back your request, or your approval of one",
    .description = "The requester takes the request back; somebody who has approved it takes back "
                   "the approval, as long as the grant is not used yet. All of it stays on record.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
