/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/new_file.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "custody/audit_pack.h"

extern const struct sr_command sr_command_audit_pack;

static enum sr_status write_fd(void *ctx, struct sr_bytes data, struct sr_err *err)
{
    const int *fd = ctx;
    size_t done = 0;
    while (done < data.len) {
        ssize_t n = write(*fd, data.ptr + done, data.len - done);
        if (n < 0 && errno != EINTR) {
            return sr_fail(err, SR_IO, "write: %s", strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SR_OK;
}

static enum sr_status get_since(const struct sr_args *args, uint64_t *out, struct sr_err *err)
{
    const char *value = sr_args_value(args, "since");
    *out = 1;
    return value == NULL || sr_text_parse_u64(sr_text_view(value), 1, INT64_MAX, out) == SR_OK
               ? SR_OK
               : sr_fail(err, SR_USAGE, "'--since' is the number of an act, from 1 on");
}

static enum sr_status show(struct sr_cli *cli, const char *path, uint64_t since,
                           const struct sr_audit_packed *done)
{
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "file", path));
        SR_TRY(sr_fields_u64(&cli->json, "acts", done->acts));
        SR_TRY(sr_fields_u64(&cli->json, "withheld", done->withheld));
        SR_TRY(sr_fields_u64(&cli->json, "since", since));
        SR_TRY(sr_fields_u64(&cli->json, "texts", done->texts));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("%s: %" PRIu64 " act%s, %" PRIu64 " text%s", path, done->acts,
                   done->acts == 1 ? "" : "s", done->texts, done->texts == 1 ? "" : "s");
    if (done->withheld > 0) {
        sr_screen_line("of %" PRIu64 " acts before act %" PRIu64 " only the hash is in it",
                       done->withheld, since);
    }
    sr_screen_next(cli, "strongroom audit replay %s", path);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_new_file) file = NULL;
    struct sr_audit_packed done;
    uint64_t since;
    int fd;
    const char *path = sr_args_positional(args, 0);
    SR_TRY(get_since(args, &since, err));
    SR_TRY(sr_session_open(cli, &room, err));
    /* Unlocked, the room signs a checkpoint of all there is; locked, the last one has to do. */
    if (sr_session_has_passphrase(cli)) {
        SR_TRY(sr_session_unlock(cli, room, err));
    }
    SR_TRY(sr_new_file_new(path, &file, err));
    sr_new_file_fd(file, &fd);
    struct sr_pack_sink sink = {.write = write_fd, .ctx = &fd};
    SR_TRY(sr_audit_pack_write(room, since, &sink, &done, err));
    SR_TRY(sr_new_file_finish(file, err));
    return show(cli, path, since, &done);
}

static const struct sr_option OPTIONS[] = {
    {.name = "since",
     .value = "N",
     .help = "of acts before this one show only those that later decisions rest on"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "OUT", .help = "the file to write", .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom audit pack room.pack", "everything, for an auditor to take along"},
    {"strongroom audit pack --since 5000 room.pack",
     "the same, without earlier acts that nothing follows from"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"file", "string", "the file that was written"},
    {"acts", "integer", "in it, shown or not"},
    {"withheld", "integer", "of which only the hash is in it"},
    {"since", "integer", "the act from which on all are shown"},
    {"texts", "integer", "policies, reports and cosigned checkpoints in it"},
    {.name = NULL},
};

const struct sr_command sr_command_audit_pack = {
    .name = "audit pack",
    .group = "Audit",
    .synopsis = "OUT [--since N]",
    .summary = "write all that an auditor needs into one file",
    .description =
        "Acts and refusals, the policies they were decided by, public keys, what witnesses signed, "
        "and the last checkpoint of the ledger: one text file, a JSON object a line. It has no "
        "secret key and no weights, but it says who did what. 'audit replay' needs nothing else.\n"
        "\n"
        "With the room's passphrase at hand, a checkpoint of all acts is signed first; else the "
        "file ends with the last one there is.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom audit replay FILE' decides all of it again, anywhere.",
    .run = run,
};
