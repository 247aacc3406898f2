/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/view.h"
#include "cli/when.h"
#include "custody/audit_query.h"
#include "formats/nameset.h"

extern const struct sr_command sr_command_audit_query;

/* A list of acts, as it is printed. */
struct listing {
    struct sr_cli *cli;
    struct sr_table *table;
    uint64_t count;
    struct sr_catalog_version *versions;
    struct sr_nameset *ids; /* of these */
};

static void listing_clear(struct listing *l)
{
    sr_table_free(l->table);
    sr_nameset_free(l->ids);
    free(l->versions);
}

/* The names of versions are looked up beforehand: while acts are visited nothing else is read. */
static enum sr_status get_names(struct listing *l, struct sr_room *room, struct sr_err *err)
{
    size_t count = 0;
    SR_TRY(sr_query_versions(room, NULL, &l->versions, &count, err));
    SR_TRY(sr_nameset_new(&l->ids));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_nameset_add(l->ids, sr_bytes(l->versions[i].id.bytes, SR_ID_BYTES)));
    }
    return SR_OK;
}

/* "llama@1", or "" of an act that is about no version. */
static void name_version(const struct listing *l, const struct sr_act_record *act,
                         char out[SR_VIEW_REF_BYTES])
{
    size_t index;
    out[0] = '\0';
    if (act->has_version &&
        sr_nameset_find(l->ids, sr_bytes(act->version.bytes, SR_ID_BYTES), &index)) {
        sr_view_ref(&l->versions[index], out);
    }
}

static enum sr_status put_act(struct listing *l, const struct sr_act_record *act,
                              const char *version)
{
    struct sr_json_writer *w = &l->cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_u64(w, "act", act->seq));
    SR_TRY(sr_fields_time(w, "time", act->time_utc_ms));
    SR_TRY(sr_fields_text(w, "verb", act->verb));
    SR_TRY(sr_fields_text(w, "actor", act->actor));
    SR_TRY(sr_fields_text(w, "version", version));
    SR_TRY(sr_fields_bool(w, "refused", act->is_refused));
    SR_TRY(sr_fields_text(w, "reason", act->reason));
    return sr_json_close_object(w);
}

static enum sr_status add_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct listing *l = ctx;
    char when[SR_HUMAN_BYTES];
    char version[SR_VIEW_REF_BYTES];
    l->count++;
    name_version(l, act, version);
    if (l->cli->is_json) {
        return put_act(l, act, version);
    }
    sr_human_time(act->time_utc_ms, when);
    SR_TRY(sr_table_cell(l->table, err, "%" PRIu64, act->seq));
    SR_TRY(sr_table_cell(l->table, err, "%s", when));
    SR_TRY(sr_table_cell(l->table, err, "%s", act->actor));
    SR_TRY(sr_table_cell(l->table, err, "%s", act->verb));
    SR_TRY(sr_table_cell(l->table, err, "%s", version));
    return sr_table_cell(l->table, err, "%s%s", act->is_refused ? "refused: " : "", act->reason);
}

static enum sr_status begin(struct listing *l, struct sr_err *err)
{
    static const char *const COLUMNS[] = {">ACT", "TIME", "ACTOR", "VERB", "VERSION", "", NULL};
    if (l->cli->is_json) {
        SR_TRY(sr_json_open_object(&l->cli->json));
        return sr_fields_array(&l->cli->json, "acts");
    }
    return sr_table_new(COLUMNS, &l->table, err);
}

static enum sr_status end(struct listing *l)
{
    if (l->cli->is_json) {
        SR_TRY(sr_json_close_array(&l->cli->json));
        return sr_json_close_object(&l->cli->json);
    }
    if (l->count == 0) {
        sr_screen_line("no acts");
    } else {
        sr_table_print(l->cli, l->table, 0);
    }
    return SR_OK;
}

static enum sr_status list(struct sr_cli *cli, struct sr_room *room, bool is_touched,
                           const char *name, struct sr_err *err)
{
    SR_CLEANUP(listing_clear) struct listing l = {.cli = cli};
    struct sr_catalog_version version;
    SR_TRY(get_names(&l, room, err));
    if (is_touched) {
        SR_TRY(sr_view_resolve(room, name, &version, err));
    }
    SR_TRY(begin(&l, err));
    enum sr_status status = is_touched ? sr_audit_query_touched(room, &version.id, add_act, &l, err)
                                       : sr_audit_query_did(room, name, add_act, &l, err);
    SR_TRY(status);
    return end(&l);
}

/* What they could have reached. */

static enum sr_status put_reach(struct sr_json_writer *w, const struct sr_reach *reach)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_array(w, "reach"));
    for (size_t i = 0; i < sr_reach_count(reach); i++) {
        const struct sr_reach_item *item = sr_reach_at(reach, i);
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "artifact", item->artifact));
        SR_TRY(sr_fields_u64(w, "number", item->number));
        SR_TRY(sr_fields_text(w, "verb", sr_verb_info(item->verb)->word));
        SR_TRY(sr_fields_text(w, "way", sr_reach_way_word(item->way)));
        SR_TRY(sr_fields_text(w, "principal", item->principal));
        SR_TRY(sr_fields_time(w, "from", item->from_utc_ms));
        SR_TRY(sr_fields_u64(w, "request", item->seq));
        SR_TRY(sr_json_close_object(w));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status show_reach(const struct sr_cli *cli, const struct sr_reach *reach,
                                 struct sr_err *err)
{
    static const char *const COLUMNS[] = {"VERSION", "VERB", "HOW", "AS", "FROM", NULL};
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < sr_reach_count(reach); i++) {
        const struct sr_reach_item *item = sr_reach_at(reach, i);
        char when[SR_HUMAN_BYTES];
        char how[64];
        sr_human_time(item->from_utc_ms, when);
        (void)snprintf(how, sizeof how, "%s", sr_reach_way_word(item->way));
        if (item->way == SR_REACH_GRANT) {
            (void)snprintf(how, sizeof how, "grant, act %" PRIu64, item->seq);
        }
        SR_TRY(sr_table_cell(t, err, "%s@%" PRIu64, item->artifact, item->number));
        SR_TRY(sr_table_cell(t, err, "%s", sr_verb_info(item->verb)->word));
        SR_TRY(sr_table_cell(t, err, "%s", how));
        SR_TRY(sr_table_cell(t, err, "%s", item->principal));
        SR_TRY(sr_table_cell(t, err, "%s", when));
    }
    if (sr_reach_count(reach) == 0) {
        sr_screen_line("nothing");
    } else {
        sr_table_print(cli, t, 0);
    }
    return SR_OK;
}

static enum sr_status reach(struct sr_cli *cli, const struct sr_args *args, struct sr_room *room,
                            struct sr_err *err)
{
    SR_AUTO(sr_reach) found = NULL;
    int64_t from = 0;
    int64_t to = INT64_MAX;
    if (sr_args_has(args, "from")) {
        SR_TRY(sr_when_parse("from", sr_args_value(args, "from"), &from, err));
    }
    if (sr_args_has(args, "to")) {
        SR_TRY(sr_when_parse("to", sr_args_value(args, "to"), &to, err));
    }
    SR_TRY(sr_audit_query_reach(room, sr_args_positional(args, 1), from, to, &found, err));
    return cli->is_json ? put_reach(&cli->json, found) : show_reach(cli, found, err);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    const char *question = sr_args_positional(args, 0);
    bool is_touched = strcmp(question, "who-touched") == 0;
    bool is_reach = strcmp(question, "reach") == 0;
    if (!is_touched && !is_reach && strcmp(question, "did") != 0) {
        return sr_fail(err, SR_USAGE,
                       "'audit query' answers 'who-touched', 'did' and 'reach', not '%.32s'",
                       question);
    }
    if (!is_reach && (sr_args_has(args, "from") || sr_args_has(args, "to"))) {
        return sr_fail(err, SR_USAGE, "'--from' and '--to' go with 'reach'");
    }
    SR_TRY(sr_session_open(cli, &room, err));
    return is_reach ? reach(cli, args, room, err)
                    : list(cli, room, is_touched, sr_args_positional(args, 1), err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "from",
     .value = "TIME",
     .help = "'reach': from this day, '2027-06-30', or time, '2027-06-30T08:00:00Z'"},
    {.name = "to", .value = "TIME", .help = "'reach': up to this day or time"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "QUESTION", .help = "'who-touched', 'did' or 'reach'"},
    {.name = "NAME",
     .help = "a version for 'who-touched', else a principal",
     .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom audit query who-touched llama@1", "every act and record about a version"},
    {"strongroom audit query did mallory", "what somebody did, and tried"},
    {"strongroom audit query reach mallory --from 2026-11-01 --to 2026-11-21",
     "which weights they could have had, whether they took them or not"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"acts", "array", "'who-touched', 'did': in the order in which they came"},
    {"acts[].act", "integer", "its number in the ledger"},
    {"acts[].time", "string", "by the room's clock, RFC 3339 in UTC"},
    {"acts[].verb", "string", "what was done"},
    {"acts[].actor", "string", "who did it"},
    {"acts[].version", "string", "what it is about, 'llama@1'; '' for no version"},
    {"acts[].refused", "boolean", "whether it was refused"},
    {"acts[].reason", "string", "why; '' when it was allowed"},
    {"reach", "array", "'reach': each version, verb and way once"},
    {"reach[].artifact", "string", "name of the artifact"},
    {"reach[].number", "integer", "of its version"},
    {"reach[].verb", "string", "'read', 'use' or 'export'"},
    {"reach[].way", "string", "'alone', 'grant' or 'break-glass'"},
    {"reach[].principal", "string", "they themselves, or what they answer for"},
    {"reach[].from", "string", "the first time in the window at which it was so"},
    {"reach[].request", "integer", "the act that asked for the grant; 0 for none"},
    {.name = NULL},
};

const struct sr_command sr_command_audit_query = {
    .name = "audit query",
    .group = "Audit",
    .synopsis = "QUESTION NAME [--from TIME] [--to TIME]",
    .summary = "ask who touched what, who did what, and who could have",
    .description =
        "'who-touched REF' lists all acts and records about a version, refused ones too. 'did "
        "PRINCIPAL' lists all that somebody did and tried. 'reach PRINCIPAL' lists the versions "
        "that they could have read, used or exported between two times: alone, under a grant, or "
        "by breaking glass; they themselves, or a service, workload or agent that they answer for. "
        "It asks the decision itself, with the policy, roles, keys and grants of each moment, and "
        "says more rather than less: a grant counts although it was used up, and witnesses count "
        "as if they were there.\n"
        "\n"
        "Answers come from the catalog, in a locked room too. Whether the catalog tells the truth "
        "is what 'audit pack' and 'audit replay' are for.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
