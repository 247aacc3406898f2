/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/principal_act.h"
#include "cli/terms.h"

extern const struct sr_command sr_command_principal_revoke_key;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_principal_act_clear) struct sr_principal_act p = {0};
    sr_principal_act_begin(args, SR_VERB_REVOKE_KEY, &p);
    SR_TRY(sr_principal_act_key(args, "public-key", &p, err));
    if (sr_args_has(args, "why")) {
        sr_act_set_word(&p.act, SR_FIELD_reason, sr_args_value(args, "why"));
    }
    return sr_principal_act_run(cli, args, &p, "the key is revoked", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "public-key",
     .value = "FILE",
     .help = "the key: an SSH '.pub' file, or PEM",
     .completes = SR_COMPLETES_FILE,
     .is_required = true},
    {.name = "why", .value = "TEXT", .help = "the reason"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME", .help = "the principal"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom principal revoke-key bob --public-key bob.pub --why 'token lost'",
     "at once; one person is enough"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_principal_revoke_key = {
    .name = "principal revoke-key",
    .group = "People",
    .synopsis = "NAME --public-key FILE [--why TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "revoke somebody's key",
    .description = "Their own key, or anybody's by an officer: one person is enough, because it "
                   "has to be quick. From then on nothing that the key signs is accepted, and "
                   "approvals that it signed no longer count.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
