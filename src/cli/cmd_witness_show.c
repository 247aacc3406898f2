/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/time.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/table.h"
#include "cli/witness_folder.h"
#include "ledger/witness.h"

extern const struct sr_command sr_command_witness_show;

/* Where the logs go: the result, or a table. */
struct showing {
    struct sr_cli *cli;
    struct sr_table *table;
};

static enum sr_status put_log(struct sr_json_writer *w, const struct sr_witness_log *log)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_bytes(w, "origin", log->origin));
    SR_TRY(sr_fields_u64(w, "keys", log->keys));
    SR_TRY(sr_fields_u64(w, "size", log->size));
    if (log->utc_s == 0) {
        SR_TRY(sr_fields_null(w, "cosigned"));
    } else {
        SR_TRY(sr_fields_time(w, "cosigned", (int64_t)log->utc_s * 1000));
    }
    SR_TRY(sr_fields_bool(w, "forked", log->is_forked));
    return sr_json_close_object(w);
}

static enum sr_status on_log(void *ctx, const struct sr_witness_log *log, struct sr_err *err)
{
    const struct showing *s = ctx;
    char when[SR_TIME_TEXT_BYTES] = "never";
    if (s->cli->is_json) {
        return put_log(&s->cli->json, log);
    }
    if (log->utc_s > 0) {
        sr_time_format((int64_t)log->utc_s * 1000, when);
    }
    SR_TRY(
        sr_table_cell(s->table, err, "%.*s", (int)log->origin.len, (const char *)log->origin.ptr));
    SR_TRY(sr_table_cell(s->table, err, "%" PRIu64, log->size));
    SR_TRY(sr_table_cell(s->table, err, "%s", when));
    return sr_table_cell(s->table, err, "%s", log->is_forked ? "FORKED" : "");
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    static const char *const COLUMNS[] = {"LEDGER", ">LEAVES", "COSIGNED", "", NULL};
    SR_CLEANUP(sr_witness_folder_clear) struct sr_witness_folder f = {.fd = -1};
    SR_AUTO(sr_table) table = NULL;
    SR_AUTO(sr_buf) vkey = NULL;
    struct showing s = {.cli = cli};
    SR_TRY(sr_witness_folder_open(cli, sr_args_positional(args, 0), false, &f, err));
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &vkey));
    SR_TRY(sr_vkey_text(f.key, vkey));
    struct sr_bytes text = sr_buf_view(vkey);
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_bytes(&cli->json, "vkey", text));
        SR_TRY(sr_fields_array(&cli->json, "ledgers"));
        SR_TRY(sr_witness_list(f.fd, f.key, on_log, &s, err));
        SR_TRY(sr_json_close_array(&cli->json));
        return sr_json_close_object(&cli->json);
    }
    SR_TRY(sr_table_new(COLUMNS, &table, err));
    s.table = table;
    SR_TRY(sr_witness_list(f.fd, f.key, on_log, &s, err));
    sr_screen_line("%.*s", (int)text.len, (const char *)text.ptr);
    sr_table_print(cli, table, 0);
    return SR_OK;
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "FOLDER", .help = "the witness's", .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom witness show ./witness", "its key, and what it has seen"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CORRUPT, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"vkey", "string", "the witness's public key"},
    {"ledgers", "array", "those that it witnesses"},
    {"ledgers[].origin", "string", "what the ledger calls itself"},
    {"ledgers[].keys", "integer", "how many keys may sign for it"},
    {"ledgers[].size", "integer", "leaves under the last checkpoint that was cosigned"},
    {"ledgers[].cosigned", "string or null", "when that was, RFC 3339 in UTC; null: never"},
    {"ledgers[].forked", "boolean",
     "whether it has shown two histories: the folder's file 'fork' proves it"},
    {.name = NULL},
};

const struct sr_command sr_command_witness_show = {
    .name = "witness show",
    .group = "Witnesses",
    .synopsis = "FOLDER",
    .summary = "show a witness's key and what it has seen",
    .description = "A ledger that is shown as FORKED has signed two different histories of one "
                   "length. Keep the folder, and tell those who rely on that ledger.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
