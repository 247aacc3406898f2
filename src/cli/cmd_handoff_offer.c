/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quantity.h"
#include "base/time.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/handoff_view.h"
#include "cli/identity.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"

extern const struct sr_command sr_command_handoff_offer;

#define FOR_DEFAULT "7d"

static enum sr_status report(struct sr_cli *cli, const struct sr_handoff_offer_result *result,
                             const char *path)
{
    char ref[SR_VIEW_REF_BYTES];
    char until[SR_TIME_TEXT_BYTES];
    sr_view_ref(&result->version, ref);
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "ref", ref));
        SR_TRY(sr_fields_hex(&cli->json, "handoff", sr_bytes(result->handoff.bytes, SR_ID_BYTES)));
        SR_TRY(sr_fields_hex(&cli->json, "offer", sr_bytes(result->offer, SR_SHA256_BYTES)));
        SR_TRY(sr_fields_time(&cli->json, "until", result->until_utc_ms));
        SR_TRY(sr_fields_text(&cli->json, "bundle", path));
        SR_TRY(sr_fields_bool(&cli->json, "again", result->is_again));
        return sr_json_close_object(&cli->json);
    }
    sr_time_format(result->until_utc_ms, until);
    sr_screen_line("%s is on offer until %s%s", ref, until,
                   result->is_again ? "; it was already, the bundle is written again" : "");
    sr_screen_line("the bundle is in %s; only the receiver's room can open it", path);
    sr_screen_next(cli, "strongroom handoff answer CHAIN");
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) card = NULL;
    const char *lasts = sr_args_value(args, "for");
    int64_t ms = 0;
    struct sr_handoff_offer_result result = {0};
    if (sr_quantity_duration(sr_text_view(lasts == NULL ? FOR_DEFAULT : lasts), &ms) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--for %s' is no time as '7d' or '12h'", lasts);
    }
    SR_TRY(sr_handoff_view_card(sr_args_value(args, "to"), &card, err));
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    identity.as.asks = true;
    sr_room_act_as(room, &identity.as);
    struct sr_bar bar = sr_bar(cli, "bundling");
    struct sr_handoff_offer_params params = {
        .ref = sr_args_positional(args, 0),
        .card = sr_buf_view(card),
        .out = sr_args_positional(args, 1),
        .with_bodies = sr_args_has(args, "bundle"),
        .until_utc_ms = sr_time_now_utc_ms() + ms,
        .reason = sr_args_value(args, "why"),
        .ticket = sr_args_value(args, "ticket"),
        .conditions = sr_args_value(args, "conditions"),
        .progress = sr_bar_progress(&bar),
    };
    sr_signals_catch();
    enum sr_status status = sr_handoff_offer(room, &params, &result, err);
    sr_bar_clear(&bar);
    SR_TRY(status);
    return report(cli, &result, params.out);
}

static const struct sr_option OPTIONS[] = {
    {.name = "to",
     .value = "CARD",
     .help = "the receiver's card, from 'strongroom card' in that room",
     .completes = SR_COMPLETES_FILE,
     .is_required = true},
    {.name = "bundle", .help = "put the sealed bodies into the file as well"},
    {.name = "for",
     .value = "TIME",
     .help = "how long the offer is open: '7d' (if not given), '12h'"},
    {.name = "why", .value = "TEXT", .help = "the reason, on record for good"},
    {.name = "ticket", .value = "TICKET", .help = "its number in another system"},
    {.name = "conditions",
     .value = "TEXT",
     .help = "how it is to be handled, when it has to be given back"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = "FILE",
     .help = "the bundle to write; nothing may be there",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom handoff offer llama@1 llama.bundle --to south.card --bundle --why launch",
     "everything in one file, for a transfer by hand"},
    {"strongroom handoff offer llama@1 llama.offer --to south.card",
     "the sealed bodies travel another way"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,   SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,      SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,  SR_BUSY,
    SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ref", "string", "the version, 'llama@3'"},
    {"handoff", "string", "32 hexadecimal digits"},
    {"offer", "string", "digest of the act"},
    {"until", "string", "when it ends, RFC 3339 in UTC"},
    {"bundle", "string", "the file"},
    {"again", "boolean", "whether it was on offer already"},
    {.name = NULL},
};

const struct sr_command sr_command_handoff_offer = {
    .name = "handoff offer",
    .group = "Handing over",
    .synopsis = "REF FILE --to CARD [--bundle] [--for TIME] [--why TEXT] [--ticket TICKET] "
                "[--conditions TEXT]"
                " " SR_IDENTITY_SYNOPSIS,
    .summary = "offer a version to another room",
    .description =
        "Records the offer and writes a bundle with it: the custody chain, what is known of the "
        "version, its data key sealed to the receiver's room, and with '--bundle' the sealed "
        "bodies. Nobody else can open it; be sure whose card it is.\n\nThis room stays the "
        "custodian until the receiver accepts and 'strongroom handoff answer' has recorded that. "
        "Without '--bundle' the receiver needs the bodies by another way: the folder 'blobs' of "
        "this room, or a copy of it.\n\nThe same command again, while the offer is open, makes no "
        "second offer; it writes the bundle again.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
