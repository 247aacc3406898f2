/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/handoff_view.h"
#include "cli/identity.h"
#include "cli/input.h"
#include "cli/session.h"

extern const struct sr_command sr_command_handoff_answer;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_handoff_answer_result result = {0};
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &text));
    SR_TRY(sr_input_file(sr_args_positional(args, 0), text, err));
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    identity.as.asks = true;
    sr_room_act_as(room, &identity.as);
    SR_TRY(sr_handoff_answer(room, sr_buf_view(text), &result, err));
    return sr_handoff_view_answer(cli, &result, NULL, NULL, err);
}

static const struct sr_option OPTIONS[] = {
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FILE",
     .help = "the custody chain that the other room has sent",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom handoff answer accept.chain", "the receiver is the custodian from now on"},
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

const struct sr_command sr_command_handoff_answer = {
    .name = "handoff answer",
    .group = "Handing over",
    .synopsis = "FILE"
                " " SR_IDENTITY_SYNOPSIS,
    .summary = "record what the other room has answered",
    .description = "Verifies the chain, that it answers an offer of this room, and that the room "
                   "it was offered to has signed it; then records the answer: accepted, rejected, "
                   "or given back. Only then does the custodian of record change here.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
