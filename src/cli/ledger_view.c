/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ledger_view.h"

#include <inttypes.h>

#include "base/time.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/table.h"

static enum sr_status put_time(struct sr_json_writer *w, const char *key, int64_t utc_ms)
{
    return utc_ms == 0 ? sr_fields_null(w, key) : sr_fields_time(w, key, utc_ms);
}

static enum sr_status put_witness(struct sr_json_writer *w, const struct sr_custody_witness *one,
                                  bool was_asked)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "name", one->name));
    SR_TRY(put_time(w, "cosigned_at", one->cosigned_utc_ms));
    if (was_asked) {
        SR_TRY(sr_fields_text(w, "status", sr_status_info(one->outcome.status)->slug));
    } else {
        SR_TRY(sr_fields_null(w, "status"));
    }
    SR_TRY(sr_fields_text(w, "message", one->outcome.err.message));
    return sr_json_close_object(w);
}

static enum sr_status put_all(struct sr_json_writer *w, const struct sr_custody_ledger *ledger,
                              bool was_asked)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "origin", ledger->origin));
    SR_TRY(sr_fields_text(w, "vkey", ledger->vkey));
    SR_TRY(sr_fields_u64(w, "size", ledger->size));
    SR_TRY(sr_fields_u64(w, "published", ledger->published));
    SR_TRY(put_time(w, "published_at", ledger->published_utc_ms));
    SR_TRY(sr_fields_bool(w, "pinned", ledger->has_pin));
    SR_TRY(sr_fields_u64(w, "cosigned", ledger->cosigned));
    SR_TRY(sr_fields_array(w, "witnesses"));
    for (size_t i = 0; i < ledger->witnesses; i++) {
        SR_TRY(put_witness(w, &ledger->witness[i], was_asked));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status print_witnesses(const struct sr_cli *cli,
                                      const struct sr_custody_ledger *ledger, bool was_asked,
                                      struct sr_err *err)
{
    static const char *const COLUMNS[] = {"WITNESS", "COSIGNED", "", NULL};
    SR_AUTO(sr_table) table = NULL;
    SR_TRY(sr_table_new(COLUMNS, &table, err));
    for (size_t i = 0; i < ledger->witnesses; i++) {
        const struct sr_custody_witness *one = &ledger->witness[i];
        const char *slug = sr_status_info(one->outcome.status)->slug;
        bool is_bad = was_asked && one->outcome.status != SR_OK;
        char when[SR_TIME_TEXT_BYTES] = "never";
        if (one->cosigned_utc_ms > 0) {
            sr_time_format(one->cosigned_utc_ms, when);
        }
        SR_TRY(sr_table_cell(table, err, "%s", one->name));
        SR_TRY(sr_table_cell(table, err, "%s", when));
        SR_TRY(sr_table_cell(table, err, "%s%s%s", is_bad ? slug : "", is_bad ? ": " : "",
                             one->outcome.err.message));
    }
    sr_table_print(cli, table, 0);
    return SR_OK;
}

enum sr_status sr_ledger_view(struct sr_cli *cli, const struct sr_custody_ledger *ledger,
                              bool was_asked, struct sr_err *err)
{
    char when[SR_TIME_TEXT_BYTES];
    if (cli->is_json) {
        return put_all(&cli->json, ledger, was_asked);
    }
    sr_screen_line("%s", ledger->vkey);
    if (ledger->has_pin) {
        sr_time_format(ledger->published_utc_ms, when);
        sr_screen_line("%" PRIu64 " acts, %" PRIu64 " of them under the checkpoint of %s",
                       ledger->size, ledger->published, when);
    } else {
        sr_screen_line("%" PRIu64 " acts, %" PRIu64 " of them under a checkpoint; not pinned here",
                       ledger->size, ledger->published);
    }
    if (ledger->witnesses == 0) {
        sr_screen_line("the policy in force has no witnesses");
        return SR_OK;
    }
    sr_screen_line("witnesses have seen %" PRIu64, ledger->cosigned);
    return print_witnesses(cli, ledger, was_asked, err);
}
