/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/identity.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"
#include "custody/export.h"

extern const struct sr_command sr_command_export;

static enum sr_status report(struct sr_cli *cli, const char *ref, const char *dir,
                             const struct sr_export_result *result)
{
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "ref", ref));
        SR_TRY(sr_fields_text(&cli->json, "to", dir));
        SR_TRY(sr_fields_u64(&cli->json, "files", result->files));
        SR_TRY(sr_fields_u64(&cli->json, "bytes", result->bytes));
        SR_TRY(sr_fields_u64(&cli->json, "act", result->seq));
        SR_TRY(result->signature != NULL
                   ? sr_fields_text(&cli->json, "signature", result->signature)
                   : sr_fields_null(&cli->json, "signature"));
        return sr_json_close_object(&cli->json);
    }
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(result->bytes, size);
    sr_screen_line("exported %s to %s: %llu file%s, %s, not sealed; recorded as act %llu", ref, dir,
                   (unsigned long long)result->files, result->files == 1 ? "" : "s", size,
                   (unsigned long long)result->seq);
    if (result->signature != NULL) {
        sr_screen_line("signed by this room: %s; 'strongroom keys public' prints the key",
                       result->signature);
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *given_ref = sr_args_positional(args, 0);
    const char *dir = sr_args_positional(args, 1);
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    struct sr_catalog_version version = {0};
    char ref[SR_VIEW_REF_BYTES];
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_view_resolve(room, given_ref, &version, err));
    sr_view_ref(&version, ref);
    const char *const names[] = {version.name, ref, given_ref, NULL};
    SR_TRY(sr_confirm(cli, args,
                      "A plain copy leaves custody: whoever reads it has the model for good.",
                      names, err));
    SR_TRY(sr_session_unlock(cli, room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    sr_room_act_as(room, &identity.as);
    struct sr_bar bar = sr_bar(cli, "exporting");
    struct sr_export_params params = {
        .version = version.id,
        .dir = dir,
        .with_signature = sr_args_has(args, "with-signature"),
        .progress = sr_bar_progress(&bar),
    };
    struct sr_export_result result = {0};
    sr_signals_catch();
    enum sr_status status = sr_export(room, &params, &result, err);
    sr_bar_clear(&bar);
    if (status == SR_CANCELLED) {
        return sr_fail(err, SR_CANCELLED, "stopped and cleared away; the same command begins anew");
    }
    SR_TRY(status);
    return report(cli, ref, dir, &result);
}

static const struct sr_option OPTIONS[] = {
    {.name = "confirm",
     .value = "REF",
     .help = "the artifact's name or REF once more, where there is nobody to ask for it",
     .completes = SR_COMPLETES_REF},
    {.name = "with-signature", .help = "add the room's signature over the files, 'model.sig'"},
    SR_IDENTITY_OPTIONS,
    SR_IDENTITY_WORKLOAD,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = "DIR",
     .help = "the folder to write; it must not be there or be empty",
     .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom export llama@1 ./llama", "asks for the name again, then writes plain files"},
    {"strongroom export llama@1 ./llama --confirm llama --passphrase-file room.key",
     "from a script"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,    SR_PENDING,   SR_CORRUPT,   SR_BUSY,     SR_UNSUPPORTED,
    SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ref", "string", "the version that was exported"},
    {"to", "string", "the folder, as it was given"},
    {"files", "integer", "how many were written"},
    {"bytes", "integer", "of all files"},
    {"act", "integer", "the number of the act that records it"},
    {"signature", "string or null", "the file that '--with-signature' added"},
    {.name = NULL},
};

const struct sr_command sr_command_export = {
    .name = "export",
    .group = "Models",
    .synopsis =
        "REF DIR [--confirm REF] [--with-signature] " SR_IDENTITY_SYNOPSIS " [--workload NAME]",
    .summary = "write a plain copy of a version to a folder",
    .description =
        "The one way by which a plain copy comes to lie on a disk. It is recorded before the first "
        "byte is written. Every byte is authenticated; the folder appears under its name only when "
        "it is whole, readable by you alone.\n\n"
        "With '--with-signature' the folder gets the signature that the room made when it took the "
        "version in: 'strongroom verify-signature', and every program for OpenSSF Model Signing, "
        "can check it with the key that 'strongroom keys public' prints.\n\n"
        "A program that only has to read the model does not need this: see 'strongroom mount' and "
        "'strongroom cat'.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
