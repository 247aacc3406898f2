/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/principal_act.h"
#include "cli/terms.h"

extern const struct sr_command sr_command_principal_add_key;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_principal_act_clear) struct sr_principal_act p = {0};
    sr_principal_act_begin(args, SR_VERB_ADD_KEY, &p);
    SR_TRY(sr_principal_act_key(args, "public-key", &p, err));
    return sr_principal_act_run(cli, args, &p, "the key is added", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "public-key",
     .value = "FILE",
     .help = "another public key of theirs: an SSH '.pub' file, or PEM",
     .completes = SR_COMPLETES_FILE,
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
    {"strongroom principal add-key bob --public-key bob-new.pub",
     "before the old key is revoked: rotation"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_principal_add_key = {
    .name = "principal add-key",
    .group = "People",
    .synopsis = "NAME --public-key FILE [--why TEXT] [--ticket TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "give somebody another key",
    .description = "A person may have several keys and counts once. To replace one, add the new "
                   "one first, then revoke the old one.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
