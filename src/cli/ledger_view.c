/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ledger_view.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/quantity.h"
#include "base/text.h"
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
    SR_TRY(sr_fields_hex(w, "root", sr_bytes(ledger->root, sizeof ledger->root)));
    SR_TRY(sr_fields_u64(w, "published", ledger->published));
    SR_TRY(put_time(w, "published_at", ledger->published_utc_ms));
    if (ledger->has_pin) {
        int64_t age_ms = sr_time_now_utc_ms() - ledger->published_utc_ms;
        SR_TRY(sr_fields_u64(w, "published_age_s", age_ms < 0 ? 0 : (uint64_t)age_ms / 1000));
    } else {
        SR_TRY(sr_fields_null(w, "published_age_s"));
    }
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

/* "90s", "12m", "3h", "40d": whole units, rounded down. */
static void put_age(int64_t age_ms, char out[SR_QUANTITY_TEXT_BYTES])
{
    static const int64_t UNITS[] = {86400000, 3600000, 60000, 1000};
    size_t i = 0;
    while (i + 1 < sizeof UNITS / sizeof *UNITS && age_ms < 2 * UNITS[i]) {
        i++;
    }
    (void)snprintf(out, SR_QUANTITY_TEXT_BYTES, "%" PRId64 "%c", age_ms / UNITS[i], "dhms"[i]);
}

static void print_size(const struct sr_custody_ledger *ledger)
{
    char root[2 * SR_SHA256_BYTES + 1];
    char when[SR_TIME_TEXT_BYTES];
    char age[SR_QUANTITY_TEXT_BYTES];
    int64_t age_ms = sr_time_now_utc_ms() - ledger->published_utc_ms;
    sr_text_hex(sr_bytes(ledger->root, sizeof ledger->root), root);
    sr_screen_line("%" PRIu64 " acts, root %s", ledger->size, root);
    if (!ledger->has_pin) {
        sr_screen_line("%" PRIu64 " of them under a checkpoint; not pinned here, so nothing is "
                       "signed here ('strongroom ledger trust')",
                       ledger->published);
        return;
    }
    sr_time_format(ledger->published_utc_ms, when);
    put_age(age_ms, age);
    sr_screen_line("%" PRIu64 " of them under the checkpoint of %s, %s%s; pinned here",
                   ledger->published, when, age_ms < 0 ? "which is to come" : age,
                   age_ms < 0 ? ": the clock went back" : " ago");
}

enum sr_status sr_ledger_judge(const struct sr_custody_ledger *ledger, struct sr_err *err)
{
    size_t signed_now = 0;
    for (size_t i = 0; i < ledger->witnesses; i++) {
        const struct sr_custody_witness *one = &ledger->witness[i];
        if (one->outcome.status == SR_CONFLICT) {
            return sr_fail(err, SR_CONFLICT, "witness '%s': %s", one->name,
                           one->outcome.err.message);
        }
        signed_now += one->outcome.status == SR_OK;
    }
    return signed_now > 0 ? SR_OK : sr_fail(err, SR_UNAVAILABLE, "no witness has signed");
}

enum sr_status sr_ledger_view(struct sr_cli *cli, const struct sr_custody_ledger *ledger,
                              bool was_asked, struct sr_err *err)
{
    if (cli->is_json) {
        return put_all(&cli->json, ledger, was_asked);
    }
    sr_screen_line("%s", ledger->vkey);
    print_size(ledger);
    if (ledger->witnesses == 0) {
        sr_screen_line("the policy in force has no witnesses");
        return SR_OK;
    }
    sr_screen_line("witnesses have seen %" PRIu64, ledger->cosigned);
    return print_witnesses(cli, ledger, was_asked, err);
}
