/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/principal_act.h"
#include "cli/terms.h"
#include "cli/when.h"

extern const struct sr_command sr_command_principal_attribute;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_principal_act_clear) struct sr_principal_act p = {0};
    sr_principal_act_begin(args, SR_VERB_ATTRIBUTE, &p);
    int64_t until = 0;
    SR_TRY(sr_when_parse("until", sr_args_value(args, "until"), &until, err));
    sr_act_set_word(&p.act, SR_FIELD_attribute, sr_args_value(args, "attribute"));
    sr_act_set_number(&p.act, SR_FIELD_until, (uint64_t)until);
    return sr_principal_act_run(cli, args, &p, "it is attested", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "attribute",
     .value = "WORD",
     .help = "'training', 'screening', 'clearance', 'employment', or another of the policy",
     .is_required = true},
    {.name = "until",
     .value = "TIME",
     .help = "when it has to be renewed: '2027-06-30', or '180d' from now",
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
    {"strongroom principal attribute bob --attribute training --until 2027-06-30",
     "from then on, until it is renewed, bob's rights rest"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_principal_attribute = {
    .name = "principal attribute",
    .group = "People",
    .synopsis =
        "NAME --attribute WORD --until TIME [--why TEXT] [--ticket TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "attest training, screening, clearance or employment",
    .description =
        "What policy asks of people beside their key. When it expires, their rights are suspended "
        "until it is attested again; approvals they gave do not count meanwhile.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
