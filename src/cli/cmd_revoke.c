/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_act.h"

#include "cli/propose.h"

extern const struct sr_command sr_command_revoke;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_review_act(cli, args, SR_VERB_REVOKE, "revoked", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "why", .value = "TEXT", .help = "the reason, which is kept with it"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {SR_REVIEW_ACT_POSITIONALS};
static const struct sr_example EXAMPLES[] = {
    {"strongroom revoke 3fa92b1c04de --why 'rack7 was lost'",
     "end a grant now; one person is enough"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REVIEW_ACT_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_revoke = {
    .name = "revoke",
    .group = "Requests",
    .synopsis = "REQUEST [--why TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "end a grant now",
    .description = "One person who may review such a request, or its requester, is enough: to stop "
                   "something must be quick, to start it again needs everybody. What was handed "
                   "out before cannot be called back.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
