/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/handoff_view.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/own_chain.h"

extern const struct sr_command sr_command_chain_show;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_chain) chain = NULL;
    struct sr_catalog_version version;
    struct sr_chain_verdict verdict;
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_view_resolve(room, sr_args_positional(args, 0), &version, err));
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &text));
    SR_TRY(sr_own_chain(room, &version.id, text, err));
    SR_TRY(sr_chain_decode(sr_buf_view(text), &chain, err));
    return sr_handoff_view_chain(cli, chain, NULL, 0, &verdict, err);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom chain show llama@1", "from whom to whom it went, and who has it now"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,   SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,      SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,  SR_BUSY,
    SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_HANDOFF_VIEW_CHAIN_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_chain_show = {
    .name = "chain show",
    .group = "Handing over",
    .synopsis = "REF",
    .summary = "show the custody chain of a version",
    .description = "The acts by which a version went from room to room, from this room's ledger "
                   "and what other rooms have answered, and what verifying them says.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
