/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/history_view.h"

#include "acts/entry.h"
#include "base/time.h"
#include "cli/fields.h"
#include "cli/table.h"

static const char *outcome(const struct sr_act_record *act)
{
    return sr_outcome_word(act->is_refused ? SR_OUTCOME_REFUSED : SR_OUTCOME_ALLOWED);
}

static enum sr_status add_row(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct sr_table *t = ctx;
    char when[SR_TIME_TEXT_BYTES];
    sr_time_format(act->time_utc_ms, when);
    SR_TRY(sr_table_cell(t, err, "%llu", (unsigned long long)act->seq));
    SR_TRY(sr_table_cell(t, err, "%.19s", when));
    SR_TRY(sr_table_cell(t, err, "%s", act->actor));
    SR_TRY(sr_table_cell(t, err, "%s", act->verb));
    return sr_table_cell(t, err, "%s%s%s", outcome(act), act->is_refused ? ": " : "", act->reason);
}

enum sr_status sr_history_view_print(const struct sr_cli *cli, struct sr_room *room,
                                     const struct sr_id *version, struct sr_err *err)
{
    static const char *const COLUMNS[] = {">ACT", "WHEN (UTC)", "WHO", "WHAT", "OUTCOME", NULL};
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    SR_TRY(sr_query_version_acts(room, version, add_row, t, err));
    sr_table_print(cli, t, 0);
    return SR_OK;
}

static enum sr_status put_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct sr_json_writer *w = ctx;
    char when[SR_TIME_TEXT_BYTES];
    (void)err;
    sr_time_format(act->time_utc_ms, when);
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_u64(w, "seq", act->seq));
    SR_TRY(sr_fields_text(w, "time", when));
    SR_TRY(sr_fields_text(w, "actor", act->actor));
    SR_TRY(sr_fields_text(w, "verb", act->verb));
    SR_TRY(sr_fields_text(w, "outcome", outcome(act)));
    SR_TRY(sr_fields_text(w, "reason", act->reason));
    return sr_json_close_object(w);
}

enum sr_status sr_history_view_json(struct sr_json_writer *w, struct sr_room *room,
                                    const struct sr_id *version, struct sr_err *err)
{
    SR_TRY(sr_fields_array(w, "acts"));
    SR_TRY(sr_query_version_acts(room, version, put_act, w, err));
    return sr_json_close_array(w);
}
