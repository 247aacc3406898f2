/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/principal_act.h"
#include "cli/terms.h"

extern const struct sr_command sr_command_principal_roles;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_principal_act_clear) struct sr_principal_act p = {0};
    sr_principal_act_begin(args, SR_VERB_ROLES, &p);
    SR_TRY(sr_principal_act_roles(args, "roles", &p, err));
    return sr_principal_act_run(cli, args, &p, "the roles are changed", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "roles",
     .value = "ROLES",
     .help = "all roles from now on, with commas; '' for none",
     .is_required = true},
    SR_PRINCIPAL_TERMS_OPTIONS,
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME", .help = "the principal"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom principal roles bob --roles officer,security", "what bob may do from now on"},
    {"strongroom principal roles bob --roles ''", "take all roles away"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_principal_roles = {
    .name = "principal roles",
    .group = "People",
    .synopsis = "NAME --roles ROLES [--why TEXT] [--ticket TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "change somebody's roles",
    .description = "Replaces the list. Approvals that rested on a role that is gone no longer "
                   "count: grants that need them are suspended.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
