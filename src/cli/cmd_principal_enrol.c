/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/principal_act.h"
#include "cli/terms.h"

extern const struct sr_command sr_command_principal_enrol;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_principal_act_clear) struct sr_principal_act p = {0};
    sr_principal_act_begin(args, SR_VERB_ENROL, &p);
    sr_act_set_word(&p.act, SR_FIELD_type,
                    sr_args_has(args, "type") ? sr_args_value(args, "type") : "human");
    if (sr_args_has(args, "owner")) {
        sr_act_set_word(&p.act, SR_FIELD_owner, sr_args_value(args, "owner"));
    }
    if (sr_args_has(args, "organisation")) {
        sr_act_set_word(&p.act, SR_FIELD_organisation, sr_args_value(args, "organisation"));
    }
    SR_TRY(sr_principal_act_key(args, "public-key", &p, err));
    SR_TRY(sr_principal_act_roles(args, "roles", &p, err));
    return sr_principal_act_run(cli, args, &p, "enrolled", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "public-key",
     .value = "FILE",
     .help = "their public key: an SSH '.pub' file, or PEM",
     .completes = SR_COMPLETES_FILE,
     .is_required = true},
    {.name = "roles", .value = "ROLES", .help = "of the policy, with commas: 'officer,security'"},
    {.name = "type",
     .value = "TYPE",
     .help = "'human' (the default), 'service', 'workload' or 'agent'"},
    {.name = "owner",
     .value = "NAME",
     .help = "the human who answers for a service, workload or agent"},
    {.name = "organisation", .value = "TEXT", .help = "when it is not this room's"},
    SR_PRINCIPAL_TERMS_OPTIONS,
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME", .help = "what they are called here from now on"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom principal enrol bob --public-key bob.pub --roles officer",
     "somebody with an SSH key, on a FIDO2 token or not"},
    {"strongroom principal enrol vllm-prod --type service --owner bob --public-key vllm.pem",
     "a service, for which bob answers"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_principal_enrol = {
    .name = "principal enrol",
    .group = "People",
    .synopsis = "NAME --public-key FILE [--roles ROLES] [--type TYPE] [--owner NAME] "
                "[--organisation TEXT] [--why TEXT] [--ticket TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "enrol a person, service, workload or agent",
    .description =
        "Every principal has keys of its own and signs its own acts. A key is one principal's for "
        "good, also after it was revoked. An agent may request, and never approves. A person "
        "counts once in a quorum, however many keys and services they have.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
