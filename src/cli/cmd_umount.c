/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/mount.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"

extern const struct sr_command sr_command_umount;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *dir = sr_args_positional(args, 0);
    SR_TRY(sr_mount_end(dir, err));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "dir", dir));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("unmounted %s", dir);
    return SR_OK;
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "DIR", .help = "where it is mounted", .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom umount /models/llama", "end a mount that nobody uses any more"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_NOT_FOUND, SR_BUSY, SR_OK};
static const struct sr_field FIELDS[] = {
    {"dir", "string", "as it was given"},
    {.name = NULL},
};

const struct sr_command sr_command_umount = {
    .name = "umount",
    .group = "Models",
    .synopsis = "DIR",
    .summary = "end a mount",
    .description = "Refuses while somebody has a file in it open. To end it all the same, send "
                   "SIGTERM to the process that serves it: mappings then fault.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
