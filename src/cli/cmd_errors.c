/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/markdown.h"
#include "cli/screen.h"
#include "cli/table.h"

extern const struct sr_command sr_command_errors;

static enum sr_status print_json(struct sr_json_writer *w)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_array(w, "errors"));
    for (unsigned i = 0; i < SR_STATUS_COUNT; i++) {
        const struct sr_status_info *info = sr_status_info((enum sr_status)i);
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "code", info->slug));
        SR_TRY(sr_fields_u64(w, "exit", (uint64_t)info->exit_code));
        SR_TRY(sr_fields_u64(w, "status", (uint64_t)info->http_status));
        SR_TRY(sr_fields_text(w, "title", info->title));
        SR_TRY(sr_json_close_object(w));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    static const char *const COLUMNS[] = {"NAME", ">EXIT", ">HTTP", "MEANING", NULL};
    if (cli->is_json) {
        return print_json(&cli->json);
    }
    if (sr_args_has(args, "markdown")) {
        sr_markdown_errors();
        return SR_OK;
    }
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (unsigned i = 0; i < SR_STATUS_COUNT; i++) {
        const struct sr_status_info *info = sr_status_info((enum sr_status)i);
        SR_TRY(sr_table_cell(t, err, "%s", info->slug));
        SR_TRY(sr_table_cell(t, err, "%d", info->exit_code));
        SR_TRY(sr_table_cell(t, err, "%d", info->http_status));
        SR_TRY(sr_table_cell(t, err, "%s", info->title));
    }
    sr_table_print(cli, t, 0);
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "markdown", .help = "print the page 'docs/errors.md'"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom errors", "what does exit status 23 mean?"},
    {"strongroom errors --json", "the same list for a program"},
    {.line = NULL},
};
static const struct sr_field FIELDS[] = {
    {"errors", "array", "every way to end, 'ok' first"},
    {"errors[].code", "string", "the name, as in the 'code' of a failure"},
    {"errors[].exit", "integer", "the exit status"},
    {"errors[].status", "integer", "the HTTP status that goes with it"},
    {"errors[].title", "string", "what it means"},
    {.name = NULL},
};

const struct sr_command sr_command_errors = {
    .name = "errors",
    .group = "About this program",
    .synopsis = "[--markdown]",
    .summary = "list every way to fail, with its exit status",
    .description =
        "A failure has a name and an exit status, both from one fixed list: a script may depend on "
        "them. They are grouped by what one can do about them: 2 and 10 to 19, change the request; "
        "20 to 29, get permission; 30, something in custody is damaged; 40 to 49, try again; 50 to "
        "59, repair this machine; 70, report a bug.",
    .options = OPTIONS,
    .examples = EXAMPLES,
    .fields = FIELDS,
    .run = run,
};
