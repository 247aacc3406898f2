/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_act.h"

#include "cli/propose.h"

extern const struct sr_command sr_command_approve;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_review_act(cli, args, SR_VERB_APPROVE, "approved", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "why", .value = "TEXT", .help = "a remark that is kept with your approval"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {SR_REVIEW_ACT_POSITIONALS};
static const struct sr_example EXAMPLES[] = {
    {"strongroom approve 3fa92b1c04de",
     "look at the page once more and sign with the key of your ssh-agent"},
    {"strongroom approve 3fa92b1c04de --key ~/.ssh/id_ed25519_sk.pub",
     "with that key of the agent: touch it"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REVIEW_ACT_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_approve = {
    .name = "approve",
    .group = "Requests",
    .synopsis = "REQUEST [--why TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "approve a request: sign all of it",
    .description = "Shows the request, decoded here from its own bytes, and signs the digest of "
                   "exactly these bytes with your key. Nobody approves what they, or a service "
                   "they answer for, have asked for. An approval can be withdrawn until the grant "
                   "is used, and expires when policy says so.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom review' shows what else waits for you.",
    .run = run,
};
