/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/handoff_view.h"
#include "cli/identity.h"

extern const struct sr_command sr_command_handoff_return;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    return sr_handoff_view_do(cli, args, sr_handoff_return, "why", err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "out",
     .value = "FILE",
     .help = "write the custody chain, with this event, to FILE: what the other room takes in",
     .completes = SR_COMPLETES_FILE},
    {.name = "why", .value = "TEXT", .help = "the reason, on record for good"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom handoff return llama@1 --why 'evaluation done' --out return.chain",
     "the giver is the custodian again"},
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

const struct sr_command sr_command_handoff_return = {
    .name = "handoff return",
    .group = "Handing over",
    .synopsis = "REF [--out FILE] [--why TEXT]"
                " " SR_IDENTITY_SYNOPSIS,
    .summary = "give a version back to the room it came from",
    .description = "Records that this room gives the version back. It is no longer the custodian: "
                   "it can neither offer nor use it. What is stored here stays until it is "
                   "shredded. The giver takes it back with the file of '--out'.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
