/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/bar.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"
#include "custody/verify.h"

extern const struct sr_command sr_command_verify;

/* One version's turn. Bad files are shown as they are found: reading on may take hours. */
struct turn {
    struct sr_cli *cli;
    struct sr_bar bar;
    const char *ref;
    enum sr_status json_status; /* of writing into the result */
};

static enum sr_status put_problem(struct sr_json_writer *w, const char *path, const char *message)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "path", path));
    SR_TRY(sr_fields_text(w, "message", message));
    return sr_json_close_object(w);
}

static void on_bad(void *ctx, const struct sr_catalog_file *file, const struct sr_err *err)
{
    struct turn *turn = ctx;
    const char *message =
        err->message[0] != '\0' ? err->message : sr_status_info(err->status)->title;
    if (turn->cli->is_json) {
        if (turn->json_status == SR_OK) {
            turn->json_status = put_problem(&turn->cli->json, file->path, message);
        }
        return;
    }
    sr_bar_clear(&turn->bar);
    sr_screen_line("BAD   %s:%s: %s", turn->ref, file->path, message);
}

static enum sr_status put_outcome(struct sr_json_writer *w, const struct sr_verify_result *result,
                                  bool is_ok)
{
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_fields_bool(w, "signed", result->is_signed));
    SR_TRY(sr_fields_bool(w, "ok", is_ok));
    SR_TRY(sr_fields_u64(w, "files_checked", result->files));
    SR_TRY(sr_fields_u64(w, "files_bad", result->bad));
    SR_TRY(sr_fields_u64(w, "bytes_good", result->plain_bytes));
    return sr_json_close_object(w);
}

/* What one version came to. CORRUPT is an outcome, everything else that fails ends the command. */
static enum sr_status verify_one(struct sr_cli *cli, struct sr_room *room,
                                 const struct sr_catalog_version *version, struct sr_err *err)
{
    char ref[SR_VIEW_REF_BYTES];
    sr_view_ref(version, ref);
    struct turn turn = {.cli = cli, .bar = sr_bar(cli, ref), .ref = ref};
    struct sr_verify_params params = {
        .version = version->id,
        .bad = on_bad,
        .bad_ctx = &turn,
        .progress = sr_bar_progress(&turn.bar),
    };
    struct sr_verify_result result = {0};
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "ref", ref));
        SR_TRY(sr_fields_array(&cli->json, "problems"));
    }
    enum sr_status status = sr_verify(room, &params, &result, err);
    sr_bar_clear(&turn.bar);
    if (status != SR_OK && status != SR_CORRUPT) {
        return status;
    }
    SR_TRY(turn.json_status);
    if (cli->is_json) {
        SR_TRY(put_outcome(&cli->json, &result, status == SR_OK));
        return status;
    }
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(result.plain_bytes, size);
    if (status == SR_OK) {
        sr_screen_line("ok    %s: %llu file%s, %s%s", ref, (unsigned long long)result.files,
                       result.files == 1 ? "" : "s", size,
                       result.is_signed ? "" : "; not signed by this room");
    } else {
        sr_screen_line("BAD   %s: %llu of %llu files", ref, (unsigned long long)result.bad,
                       (unsigned long long)result.files);
    }
    return status;
}

static enum sr_status verify_all(struct sr_cli *cli, struct sr_room *room,
                                 const struct sr_catalog_version *versions, size_t count,
                                 struct sr_err *err)
{
    struct sr_err first = {0};
    size_t bad = 0;
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_array(&cli->json, "versions"));
    }
    for (size_t i = 0; i < count; i++) {
        struct sr_err own = {0};
        enum sr_status status = verify_one(cli, room, &versions[i], &own);
        if (status != SR_OK && (status != SR_CORRUPT || bad++ == 0)) {
            first = own;
        }
        if (status != SR_OK && status != SR_CORRUPT) {
            *err = own;
            return status;
        }
    }
    if (cli->is_json) {
        SR_TRY(sr_json_close_array(&cli->json));
        SR_TRY(sr_fields_bool(&cli->json, "ok", bad == 0));
        SR_TRY(sr_json_close_object(&cli->json));
        cli->has_result = true;
    }
    if (bad == 0) {
        return SR_OK;
    }
    *err = first;
    return bad == 1
               ? SR_CORRUPT
               : sr_context(err, SR_CORRUPT, "%zu of %zu versions are bad, the first", bad, count);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *ref = sr_args_positional(args, 0);
    bool all = sr_args_has(args, "all");
    if (all == (ref != NULL)) {
        return sr_fail(err, SR_USAGE, "'verify' needs either a REF or '--all'");
    }
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(sr_view_free_versions) struct sr_catalog_version *versions = NULL;
    struct sr_catalog_version one = {0};
    size_t count = 1;
    SR_TRY(sr_session_open(cli, &room, err));
    if (all) {
        SR_TRY(sr_query_versions(room, NULL, &versions, &count, err));
    } else {
        SR_TRY(sr_view_resolve(room, ref, &one, err));
    }
    SR_TRY(sr_session_unlock(cli, room, err));
    sr_signals_catch();
    enum sr_status status = verify_all(cli, room, all ? versions : &one, count, err);
    if (status == SR_CANCELLED) {
        return sr_fail(err, SR_CANCELLED, "stopped; what was not checked is not known to be good");
    }
    SR_TRY(status);
    if (all && count == 0 && !cli->is_json) {
        sr_screen_line("nothing is in custody yet");
    }
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "all", .help = "verify everything in the room"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF,
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom verify llama", "is it, to the last bit, what was deposited?"},
    {"strongroom verify --all --passphrase-file room.key", "everything, from a timer"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_CORRUPT,   SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ok", "boolean", "whether everything that was looked at is good"},
    {"versions", "array", "in the order they were looked at"},
    {"versions[].ref", "string", "name and number"},
    {"versions[].ok", "boolean", "whether this version is good"},
    {"versions[].signed", "boolean", "whether this room's signature is there and good"},
    {"versions[].files_checked", "integer", "how many files were looked at"},
    {"versions[].files_bad", "integer", "how many of them are damaged or missing"},
    {"versions[].bytes_good", "integer", "plain bytes of the good ones"},
    {"versions[].problems", "array", "one for each bad file"},
    {"versions[].problems[].path", "string", "of the file inside the artifact"},
    {"versions[].problems[].message", "string", "what is wrong, and where"},
    {.name = NULL},
};

const struct sr_command sr_command_verify = {
    .name = "verify",
    .group = "Models",
    .synopsis = "REF | --all",
    .summary = "prove that a version is what was deposited",
    .description =
        "Reads and authenticates every byte, computes every digest again, and compares; "
        "then checks the room's own signature over these digests. Looks at "
        "all files also after a bad one, and at all versions with '--all'. The result is complete "
        "and the exit status 30 when anything is damaged or missing.\n\n"
        "'strongroom scrub' is the quicker look: by sample, or without keys.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
