/* SPDX-License-Identifier: Apache-2.0 */
#include "build_config.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"

extern const struct sr_command sr_command_version;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    (void)args;
    (void)err;
    if (!cli->is_json) {
        sr_screen_line("strongroom %s", SR_VERSION);
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_text(&cli->json, "version", SR_VERSION));
    SR_TRY(sr_fields_bool(&cli->json, "fuse", SR_HAVE_FUSE == 1));
    SR_TRY(sr_fields_bool(&cli->json, "ipsec_mb", SR_HAVE_IPSEC_MB == 1));
    return sr_json_close_object(&cli->json);
}

static const struct sr_example EXAMPLES[] = {
    {"strongroom version", "for a bug report"},
    {.line = NULL},
};
static const struct sr_field FIELDS[] = {
    {"version", "string", "of the program"},
    {"fuse", "boolean", "whether this build can mount"},
    {"ipsec_mb", "boolean", "whether this build has the fast path for AES and SHA-256"},
    {.name = NULL},
};

const struct sr_command sr_command_version = {
    .name = "version",
    .group = "About this program",
    .synopsis = "",
    .summary = "print the version",
    .description = "The version of the program, and with '--json' what this build can do.",
    .examples = EXAMPLES,
    .fields = FIELDS,
    .run = run,
};
