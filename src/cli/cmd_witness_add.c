/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/witness_folder.h"
#include "ledger/witness.h"

extern const struct sr_command sr_command_witness_add;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_witness_folder_clear) struct sr_witness_folder f = {.fd = -1};
    SR_AUTO(sr_vkey) key = NULL;
    const char *path = sr_args_positional(args, 0);
    const char *origin = sr_args_value(args, "origin");
    SR_TRY(sr_witness_folder_open(cli, path, false, &f, err));
    SR_TRY(sr_vkey_parse(sr_text_view(sr_args_positional(args, 1)), &key, err));
    if (sr_public_key_equal(sr_vkey_key(key), sr_vkey_key(f.key))) {
        return sr_fail(err, SR_CONFLICT, "that is the witness's own key");
    }
    struct sr_bytes name = origin != NULL ? sr_text_view(origin) : sr_vkey_name(key);
    SR_TRY(sr_witness_add(f.fd, key, name, err));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_bytes(&cli->json, "origin", name));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("witnesses %.*s", (int)name.len, (const char *)name.ptr);
    sr_screen_next(cli, "strongroom witness serve %s", path);
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "origin",
     .value = "ORIGIN",
     .help = "what the ledger calls itself, the first line of its checkpoints; without it, the "
             "name of the key"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FOLDER", .help = "the witness's", .completes = SR_COMPLETES_FOLDER},
    {.name = "VKEY", .help = "the public key of the ledger, as its owner gives it out"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom witness add ./witness "
     "example.org/log+f918a967+AdQEaySdrQyY9ZFs70DiR10Z+dx5hb4QOMYjLmQAxKFR",
     "witness this ledger from now on"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE,   SR_NOT_FOUND, SR_CONFLICT,
    SR_BUSY,      SR_UNSUPPORTED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"origin", "string", "what the ledger calls itself"},
    {.name = NULL},
};

const struct sr_command sr_command_witness_add = {
    .name = "witness add",
    .group = "Witnesses",
    .synopsis = "FOLDER VKEY [--origin ORIGIN]",
    .summary = "tell a witness which ledger to witness",
    .description =
        "Get the key from the ledger's owner by a way that you trust: whatever has this key can "
        "be signed. A witness that is running takes it up at once. A second key for a ledger that "
        "is known is added to the first: its owner is about to change keys.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
