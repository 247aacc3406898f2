/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "custody/signing_key.h"

extern const struct sr_command sr_command_keys_public;

/* The screen makes newlines harmless, so each line goes by itself. */
static void print_lines(struct sr_bytes text)
{
    for (size_t begin = 0, at = 0; at < text.len; at++) {
        if (text.ptr[at] == '\n') {
            sr_screen_line("%.*s", (int)(at - begin), (const char *)text.ptr + begin);
            begin = at + 1;
        }
    }
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    (void)args;
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    char hint[SR_SIGN_HINT_BYTES];
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_signing_key_open(room, &signer, err));
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_public_key_pem(signer->public_key, pem));
    SR_TRY(sr_public_key_hint(signer->public_key, hint));
    if (!cli->is_json) {
        print_lines(sr_buf_view(pem));
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_bytes(&cli->json, "public_key", sr_buf_view(pem)));
    SR_TRY(sr_fields_text(&cli->json, "key_hint", hint));
    SR_TRY(sr_fields_text(&cli->json, "algorithm",
                          sr_sign_algorithm_name(sr_public_key_algorithm(signer->public_key))));
    return sr_json_close_object(&cli->json);
}

static const struct sr_example EXAMPLES[] = {
    {"strongroom keys public > room.pem", "for those who check what this room signed"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_CORRUPT,   SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"public_key", "string", "in PEM"},
    {"key_hint", "string", "SHA-256 of that PEM, in hexadecimal: how signatures name the key"},
    {"algorithm", "string", "'ECDSA P-384 with SHA-384'"},
    {.name = NULL},
};

const struct sr_command sr_command_keys_public = {
    .name = "keys public",
    .group = "Rooms",
    .synopsis = "",
    .summary = "print the public key that the room signs with",
    .description =
        "A room signs every version that it takes into custody; 'strongroom export "
        "--with-signature' hands the signature out. This is the key to check it with. It is made "
        "when it is first needed, and stays the same when the room's other keys are rotated.",
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
