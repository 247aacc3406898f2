/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ledger_view.h"
#include "cli/session.h"

extern const struct sr_command sr_command_ledger_cosign;

enum { TIMEOUT_MS = 15000 };

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    (void)args;
    SR_AUTO(sr_room) room = NULL;
    struct sr_custody_ledger ledger;
    SR_TRY(sr_session_open(cli, &room, err));
    if (sr_session_has_passphrase(cli)) {
        SR_TRY(sr_session_unlock(cli, room, err));
    }
    SR_TRY(sr_custody_cosign(room, TIMEOUT_MS, &ledger, err));
    SR_TRY(sr_ledger_view(cli, &ledger, true, err));
    cli->has_result = true;
    return sr_ledger_judge(&ledger, err);
}

static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger cosign --passphrase-file room.pass",
     "publish what is not yet, and have it witnessed; for a timer"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT,    SR_UNAUTHENTICATED, SR_UNTRUSTED, SR_CORRUPT,
    SR_BUSY,      SR_UNAVAILABLE, SR_NO_MEMORY,       SR_OK,
};
static const struct sr_field FIELDS[] = {SR_LEDGER_VIEW_FIELDS, {.name = NULL}};

const struct sr_command sr_command_ledger_cosign = {
    .name = "ledger cosign",
    .group = "Witnesses",
    .synopsis = "",
    .summary = "have a room's ledger witnessed now",
    .description =
        "Asks the witnesses that the policy in force names to cosign the last checkpoint, all at "
        "once, for at most 15 seconds each. With a passphrase option the room is unlocked first, "
        "and acts that are under no checkpoint yet are published. What verifies is kept in the "
        "room; rules with 'witnesses N within T' look at it.\n\n"
        "The exit status is 0 when somebody has signed, 41 when nobody has, and 14 when a witness "
        "has seen more of this ledger, or another one under its key: then this room is an old copy "
        "or a fork, and somebody has to look at that before anything else is done in it.",
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
