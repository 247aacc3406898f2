/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/handoff_view.h"
#include "cli/identity.h"

extern const struct sr_command sr_command_handoff_accept;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_handoff_view_do(cli, args, sr_handoff_accept, "discrepancies", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "out",
     .value = "FILE",
     .help = "write the custody chain, with this event, to FILE: what the other room takes in",
     .completes = SR_COMPLETES_FILE},
    {.name = "discrepancies", .value = "TEXT", .help = "what was found that is not as offered"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF", .help = "what waits: 'llama' or 'llama@1'"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom handoff accept llama@1 --out accept.chain", "then send accept.chain to the giver"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,   SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,      SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,  SR_BUSY,
    SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_HANDOFF_VIEW_ANSWER_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_handoff_accept = {
    .name = "handoff accept",
    .group = "Handing over",
    .synopsis = "REF [--out FILE] [--discrepancies TEXT]"
                " " SR_IDENTITY_SYNOPSIS,
    .summary = "accept a version that was taken in",
    .description = "Records that this room accepts, with its own check, and takes the version into "
                   "custody. From then on this room is the custodian of record. The giver has to "
                   "be told: send it the file of '--out'.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
