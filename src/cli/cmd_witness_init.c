/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/witness_folder.h"

extern const struct sr_command sr_command_witness_init;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_witness_folder_clear) struct sr_witness_folder f = {.fd = -1};
    SR_AUTO(sr_buf) vkey = NULL;
    const char *path = sr_args_positional(args, 0);
    bool is_encrypted = sr_session_has_passphrase(cli);
    SR_TRY(sr_witness_folder_make(cli, path, sr_args_value(args, "name"), &f, err));
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &vkey));
    SR_TRY(sr_vkey_text(f.key, vkey));
    struct sr_bytes text = sr_buf_view(vkey);
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "folder", path));
        SR_TRY(sr_fields_bytes(&cli->json, "vkey", text));
        SR_TRY(sr_fields_bool(&cli->json, "encrypted", is_encrypted));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("%.*s", (int)text.len, (const char *)text.ptr);
    if (!is_encrypted) {
        sr_screen_note(cli, "The private key is not encrypted: whoever reads '%s' is this witness.",
                       path);
    }
    sr_screen_next(cli, "strongroom witness add %s VKEY", path);
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "name",
     .value = "NAME",
     .help = "what the witness is called in signatures; a name that you own, "
             "'example.org/witness'",
     .is_required = true},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FOLDER",
     .help = "where the witness keeps its key and what it has seen",
     .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom witness init ./witness --name example.org/witness",
     "make a witness; prints the key that others check its signatures with"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_DENIED,    SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"folder", "string", "as it was given"},
    {"vkey", "string", "the public key, for those who check cosignatures"},
    {"encrypted", "boolean", "whether a passphrase is needed to serve"},
    {.name = NULL},
};

const struct sr_command sr_command_witness_init = {
    .name = "witness init",
    .group = "Witnesses",
    .synopsis = "FOLDER --name NAME",
    .summary = "make a witness of other rooms' ledgers",
    .description =
        "A witness signs that a ledger has only grown since it saw it last, so that nobody, not "
        "even the ledger's owner, can show two histories. This makes its key, in the folder's "
        "'witness.key', which nobody else may read; with '--passphrase-file' or '--passphrase-fd' "
        "it is encrypted. The folder must never be restored from an old copy: the witness would "
        "sign again what it has forgotten.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "Tell it which ledgers to witness: 'strongroom witness add'. Give the printed key to "
            "those who run them.",
    .run = run,
};
