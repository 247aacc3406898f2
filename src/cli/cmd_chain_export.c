/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/handoff_view.h"
#include "cli/output_file.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/own_chain.h"

extern const struct sr_command sr_command_chain_export;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_catalog_version version;
    const char *path = sr_args_positional(args, 1);
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_view_resolve(room, sr_args_positional(args, 0), &version, err));
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &text));
    SR_TRY(sr_own_chain(room, &version.id, text, err));
    SR_TRY(sr_output_file_write(path, sr_buf_view(text), err));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "chain", path));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("the custody chain is in %s", path);
    sr_screen_next(cli, "strongroom chain verify %s", path);
    return SR_OK;
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = "FILE", .help = "the file to write", .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom chain export llama@1 llama.chain", "for somebody who has no room"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,   SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,      SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,  SR_BUSY,
    SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"chain", "string", "the file"},
    {.name = NULL},
};

const struct sr_command sr_command_chain_export = {
    .name = "chain export",
    .group = "Handing over",
    .synopsis = "REF FILE",
    .summary = "write the custody chain of a version to a file",
    .description =
        "The file has the acts, signed by those who did them and by their rooms, and the cards of "
        "the rooms: all that is needed to verify it elsewhere, and nothing that is secret.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
