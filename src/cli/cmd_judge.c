/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_act.h"

#include "cli/propose.h"

extern const struct sr_command sr_command_judge;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_review_act(cli, args, SR_VERB_JUDGE, "reviewed", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "why", .value = "TEXT", .help = "what was found", .is_required = true},
    {.name = "outcome",
     .value = "WORD",
     .help = "'justified' or 'unjustified'",
     .is_required = true},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {SR_REVIEW_ACT_POSITIONALS};
static const struct sr_example EXAMPLES[] = {
    {"strongroom judge 3fa92b1c04de --outcome justified --why 'INC-7, see its notes'",
     "close the review of a break-glass"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REVIEW_ACT_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_judge = {
    .name = "judge",
    .group = "Requests",
    .synopsis = "REQUEST --outcome WORD --why TEXT " SR_IDENTITY_SYNOPSIS,
    .summary = "review a grant that was taken by break-glass",
    .description = "A grant that was taken in an emergency has to be looked at afterwards by "
                   "somebody else. Until then the same person cannot take another.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
