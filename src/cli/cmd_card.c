/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/output_file.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "custody/own_card.h"

extern const struct sr_command sr_command_card;

static enum sr_status report(struct sr_cli *cli, const struct sr_room_card *card,
                             const char *digest, struct sr_bytes text)
{
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_bytes(&cli->json, "card", text));
        SR_TRY(sr_fields_text(&cli->json, "digest", digest));
        SR_TRY(sr_fields_text(&cli->json, "origin", card->origin));
        SR_TRY(sr_fields_text(&cli->json, "organisation", card->organisation));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("%.*s", (int)text.len, (const char *)text.ptr);
    sr_screen_note(cli, "its digest, to compare by another way: %s", digest);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_room_card card;
    uint8_t digest[SR_SHA256_BYTES];
    char digits[2 * SR_SHA256_BYTES + 1];
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text));
    SR_TRY(sr_own_card(room, sr_args_value(args, "organisation"), &card, text, err));
    SR_TRY(sr_room_card_open(sr_buf_view(text), &card, digest, err));
    sr_text_hex(sr_bytes(digest, sizeof digest), digits);
    return report(cli, &card, digits, sr_buf_view(text));
}

static const struct sr_option OPTIONS[] = {
    {.name = "organisation",
     .value = "NAME",
     .help = "whose room it is; as it was made with if not given"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom card > north.card",
     "give the file to the other room, and compare its digest by telephone"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,   SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,      SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,  SR_BUSY,
    SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"card", "string", "the card: a signed envelope"},
    {"digest", "string", "SHA-256 of it, hexadecimal: its name"},
    {"origin", "string", "what the ledger calls itself"},
    {"organisation", "string", "'' when it says none"},
    {.name = NULL},
};

const struct sr_command sr_command_card = {
    .name = "card",
    .group = "Handing over",
    .synopsis = "[--organisation NAME]",
    .summary = "print what other rooms have to know of this one",
    .description = "Who hands a version over needs the receiver's card, who takes one in needs the "
                   "giver's. It has the key that this room signs with and the key that others seal "
                   "to, signed by the first. It is no secret, but whoever uses it has to be sure "
                   "whose it is: compare its digest by another way.\n\nThe digest is printed to "
                   "the terminal; 'sha256sum' of the file without its last newline gives the same.",
    .options = OPTIONS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
