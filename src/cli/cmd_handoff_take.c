/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/time.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/handoff_view.h"
#include "cli/report_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"

extern const struct sr_command sr_command_handoff_take;

static enum sr_status report(struct sr_cli *cli, const struct sr_handoff_take_result *result,
                             const struct sr_report *found)
{
    char ref[SR_VIEW_REF_BYTES];
    char until[SR_TIME_TEXT_BYTES];
    const char *verdict = sr_verdict_name(sr_report_verdict(found));
    sr_view_ref(&result->version, ref);
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "ref", ref));
        SR_TRY(sr_fields_hex(&cli->json, "handoff", sr_bytes(result->handoff.bytes, SR_ID_BYTES)));
        SR_TRY(sr_fields_text(&cli->json, "from", result->from.origin));
        SR_TRY(sr_fields_time(&cli->json, "until", result->until_utc_ms));
        SR_TRY(sr_fields_u64(&cli->json, "tier", result->tier));
        SR_TRY(sr_fields_text(&cli->json, "verdict", verdict));
        SR_TRY(sr_fields_bool(&cli->json, "resumed", result->is_resumed));
        return sr_json_close_object(&cli->json);
    }
    sr_time_format(result->until_utc_ms, until);
    sr_screen_line("%s from %s is here, whole, and %s; it is not in custody yet", ref,
                   result->from.origin,
                   sr_report_verdict(found) == SR_VERDICT_PASS ? "inspected" : "REVIEW accepted");
    sr_screen_line("accept or reject it before %s", until);
    sr_screen_next(cli, "strongroom handoff accept %s --out accept.chain", ref);
    return SR_OK;
}

/* Before anything else: the worker is a fork of this process, and must find no key in it. */
static enum sr_status start(struct sr_inspector **out, struct sr_report **out_report,
                            struct sr_err *err)
{
    struct sr_inspector_params params = {.profile = SR_PROFILE_TENSORS};
    SR_TRY(sr_report_new(params.profile, out_report));
    return sr_inspector_start(&params, out, err);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_report) found = NULL;
    SR_AUTO(sr_inspector) inspector = NULL;
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) card = NULL;
    struct sr_handoff_take_result result = {0};
    SR_TRY(start(&inspector, &found, err));
    SR_TRY(sr_handoff_view_card(sr_args_value(args, "from"), &card, err));
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    struct sr_bar bar = sr_bar(cli, "copying");
    struct sr_handoff_take_params params = {
        .path = sr_args_positional(args, 0),
        .bodies = sr_args_value(args, "bodies"),
        .card = sr_buf_view(card),
        .name = sr_args_value(args, "name"),
        .inspector = inspector,
        .report = found,
        .accept_review = sr_args_value(args, "accept-review"),
        .progress = sr_bar_progress(&bar),
    };
    sr_signals_catch();
    enum sr_status status = sr_handoff_take(room, &params, &result, err);
    sr_bar_clear(&bar);
    if (!cli->is_json && (status == SR_REFUSED || status == SR_UNINSPECTED)) {
        sr_report_view(found);
    }
    SR_TRY(status);
    return report(cli, &result, found);
}

static const struct sr_option OPTIONS[] = {
    {.name = "from",
     .value = "CARD",
     .help = "the giver's card, from 'strongroom card' in that room",
     .completes = SR_COMPLETES_FILE,
     .is_required = true},
    {.name = "bodies",
     .value = "FOLDER",
     .help = "where the sealed bodies are when the bundle has none: a folder 'blobs' of a room, or "
             "a copy",
     .completes = SR_COMPLETES_FOLDER},
    {.name = "name",
     .value = "NAME",
     .help = "what to call it here; as the giver calls it if not given"},
    {.name = "accept-review",
     .value = "WHY",
     .help = "take files that need review, after somebody has looked at them; the reason is on "
             "record for good"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FILE", .help = "the bundle", .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom handoff take llama.bundle --from north.card", "verify, copy, decrypt, inspect"},
    {"strongroom handoff take llama.offer --from north.card --bodies /mnt/north/blobs",
     "with the bodies from elsewhere"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_REFUSED,  SR_UNINSPECTED,     SR_TRUNCATED, SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND,
    SR_CONFLICT, SR_UNAUTHENTICATED, SR_DENIED,    SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,
    SR_BUSY,     SR_UNSUPPORTED,     SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ref", "string", "what it would be called here, 'llama@1'"},
    {"handoff", "string", "32 hexadecimal digits"},
    {"from", "string", "the giver: the origin of its room"},
    {"until", "string", "when the offer ends, RFC 3339 in UTC"},
    {"tier", "integer", "1 to 5, as offered"},
    {"verdict", "string", "of this room's inspection"},
    {"resumed", "boolean", "whether an interrupted one was taken up"},
    {.name = NULL},
};

const struct sr_command sr_command_handoff_take = {
    .name = "handoff take",
    .group = "Handing over",
    .synopsis = "FILE --from CARD [--bodies FOLDER] [--name NAME] [--accept-review WHY]",
    .summary = "take an offered version in, to look at it",
    .description =
        "Verifies the whole custody chain, that the giver is who the card says and that the offer "
        "is for this room; copies the sealed bodies, decrypts every byte and compares it with what "
        "was offered; and has it inspected like a deposit. What differs in one bit leaves nothing "
        "behind.\n\nThe version then waits. It is in custody only after 'strongroom handoff "
        "accept'. An interrupted one goes on when the same command is given again.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
