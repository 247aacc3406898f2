/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ledger_view.h"
#include "cli/session.h"

extern const struct sr_command sr_command_ledger_show;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    (void)args;
    SR_AUTO(sr_room) room = NULL;
    struct sr_custody_ledger ledger;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_custody_ledger(room, &ledger, err));
    return sr_ledger_view(cli, &ledger, false, err);
}

static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger show", "its key, how far it is, and who has seen it"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT, SR_UNTRUSTED, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {SR_LEDGER_VIEW_FIELDS, {.name = NULL}};

const struct sr_command sr_command_ledger_show = {
    .name = "ledger show",
    .group = "Witnesses",
    .synopsis = "",
    .summary = "show a room's ledger: its key, its size, its witnesses",
    .description = "The room need not be unlocked. The first line is what a witness is given "
                   "('strongroom witness add').",
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
