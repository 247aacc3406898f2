/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/ledger_view.h"
#include "cli/session.h"

extern const struct sr_command sr_command_ledger_trust;

enum { SIZE_BYTES = 24 };

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    struct sr_custody_ledger ledger;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_custody_ledger(room, &ledger, err));
    if (ledger.has_pin) {
        return sr_fail(err, SR_CONFLICT, "this room is pinned here already");
    }
    char size[SIZE_BYTES];
    char root[2 * SR_SHA256_BYTES + 1];
    char warning[512];
    sr_text_hex(sr_bytes(ledger.root, sizeof ledger.root), root);
    (void)snprintf(size, sizeof size, "%" PRIu64, ledger.size);
    (void)snprintf(warning, sizeof warning,
                   "This copy of '%s' has %s acts, with the root\n%s.\n"
                   "If there is a newer copy of this room anywhere, what was done in it since will "
                   "be denied, and witnesses will call this one a fork.",
                   ledger.origin, size, root);
    const char *const names[] = {size, NULL};
    if (!cli->may_ask && !sr_args_has(args, "confirm")) {
        return sr_fail(err, SR_USAGE,
                       "this copy has %s acts, root %s; if it is the newest one, say so: "
                       "'--confirm %s'",
                       size, root, size);
    }
    SR_TRY(sr_confirm(cli, args, warning, names, err));
    SR_TRY(sr_custody_trust(room, err));
    SR_TRY(sr_custody_ledger(room, &ledger, err));
    return sr_ledger_view(cli, &ledger, false, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "confirm",
     .value = "SIZE",
     .help = "how many acts the newest copy has, when nobody can be asked"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger trust", "after the room was moved to this machine"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT, SR_UNTRUSTED, SR_CORRUPT, SR_BUSY, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {SR_LEDGER_VIEW_FIELDS, {.name = NULL}};

const struct sr_command sr_command_ledger_trust = {
    .name = "ledger trust",
    .group = "Witnesses",
    .synopsis = "[--confirm SIZE]",
    .summary = "believe that this is the newest copy of a room",
    .description =
        "What a ledger signed last is remembered by each user on each machine, apart from the "
        "room, in '~/.local/state/strongroom': so an old copy of the room is noticed, and signs "
        "nothing. Where nothing is remembered, as on a new machine, somebody has to say that this "
        "copy is the newest, and how many acts it has: whoever used it last, or a witness, "
        "knows. Size and root are shown first ('strongroom ledger show' shows them, too), and the "
        "whole ledger is replayed.",
    .options = OPTIONS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
