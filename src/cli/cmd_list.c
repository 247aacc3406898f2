/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/view.h"
#include "custody/ref.h"

extern const struct sr_command sr_command_list;

/* What is to be shown; arrays are freed with it. */
struct listing {
    const char *name; /* NULL: all artifacts, the latest version of each */
    struct sr_catalog_version *versions;
    size_t version_count;
    struct sr_query_interrupted *interrupted;
    size_t interrupted_count;
};

static void listing_clear(struct listing *l)
{
    free(l->versions);
    free(l->interrupted);
}

/* Versions come by name and number: the last of a name is its latest. */
static bool is_shown(const struct listing *l, size_t i)
{
    return l->name != NULL || i + 1 == l->version_count ||
           strcmp(l->versions[i].name, l->versions[i + 1].name) != 0;
}

static bool is_interrupted_shown(const struct listing *l, size_t i)
{
    return l->name == NULL || strcmp(l->name, l->interrupted[i].version.name) == 0;
}

static enum sr_status put_interrupted(struct sr_json_writer *w,
                                      const struct sr_query_interrupted *entry)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "name", entry->version.name));
    SR_TRY(sr_fields_u64(w, "version", entry->version.number));
    SR_TRY(sr_fields_text(w, "kind", entry->version.kind));
    SR_TRY(sr_fields_text(w, "source", entry->version.source));
    SR_TRY(sr_fields_u64(w, "files", entry->version.file_count));
    SR_TRY(sr_fields_u64(w, "files_sealed", entry->files_sealed));
    SR_TRY(sr_fields_time(w, "begun", entry->version.created_utc_ms));
    SR_TRY(sr_fields_bool(w, "running", entry->is_running));
    return sr_json_close_object(w);
}

static enum sr_status print_json(struct sr_json_writer *w, const struct listing *l)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_array(w, "versions"));
    for (size_t i = 0; i < l->version_count; i++) {
        if (is_shown(l, i)) {
            SR_TRY(sr_json_open_object(w));
            SR_TRY(sr_view_put_version(w, &l->versions[i]));
            SR_TRY(sr_json_close_object(w));
        }
    }
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_fields_array(w, "interrupted"));
    for (size_t i = 0; i < l->interrupted_count; i++) {
        if (is_interrupted_shown(l, i)) {
            SR_TRY(put_interrupted(w, &l->interrupted[i]));
        }
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status version_row(struct sr_table *t, const struct sr_catalog_version *version,
                                  struct sr_err *err)
{
    char size[SR_HUMAN_BYTES];
    char when[SR_HUMAN_BYTES];
    char digest[SR_VIEW_DIGEST_BYTES];
    sr_human_bytes(version->plain_bytes, size);
    sr_human_time(version->created_utc_ms, when);
    sr_view_digest(version->digest, digest);
    SR_TRY(sr_table_cell(t, err, "%s", version->name));
    SR_TRY(sr_table_cell(t, err, "%llu", (unsigned long long)version->number));
    SR_TRY(sr_table_cell(t, err, "%s", version->kind));
    SR_TRY(sr_table_cell(t, err, "%s", size));
    SR_TRY(sr_table_cell(t, err, "%llu", (unsigned long long)version->file_count));
    SR_TRY(sr_table_cell(t, err, "%s", when));
    /* As many digits as a REF needs. */
    return sr_table_cell(t, err, "%.*s", 7 + SR_REF_DIGITS_MIN, digest);
}

static enum sr_status print_versions(const struct sr_cli *cli, const struct listing *l,
                                     struct sr_err *err)
{
    static const char *const COLUMNS[] = {"NAME",   ">VERSION",  "KIND",   ">SIZE",
                                          ">FILES", "DEPOSITED", "DIGEST", NULL};
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < l->version_count; i++) {
        if (is_shown(l, i)) {
            SR_TRY(version_row(t, &l->versions[i], err));
        }
    }
    sr_table_print(cli, t, 0);
    return SR_OK;
}

static enum sr_status print_interrupted(struct sr_cli *cli, const struct listing *l,
                                        struct sr_err *err)
{
    static const char *const COLUMNS[] = {"NAME", ">VERSION", ">SEALED", "STATE", "FROM", NULL};
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    size_t shown = 0;
    for (size_t i = 0; i < l->interrupted_count; i++) {
        const struct sr_query_interrupted *entry = &l->interrupted[i];
        if (!is_interrupted_shown(l, i)) {
            continue;
        }
        shown++;
        SR_TRY(sr_table_cell(t, err, "%s", entry->version.name));
        SR_TRY(sr_table_cell(t, err, "%llu", (unsigned long long)entry->version.number));
        SR_TRY(sr_table_cell(t, err, "%llu of %llu files", (unsigned long long)entry->files_sealed,
                             (unsigned long long)entry->version.file_count));
        SR_TRY(sr_table_cell(t, err, "%s", entry->is_running ? "running" : "interrupted"));
        SR_TRY(sr_table_cell(t, err, "%s", entry->version.source));
        if (!entry->is_running) {
            sr_screen_next(cli, "strongroom deposit %s --name %s --kind %s", entry->version.source,
                           entry->version.name, entry->version.kind);
        }
    }
    if (shown > 0) {
        sr_screen_line("%s", "");
        sr_screen_line("not in custody yet:");
        sr_table_print(cli, t, 0);
    }
    return SR_OK;
}

static enum sr_status gather(const struct sr_cli *cli, struct sr_room *room, struct listing *l,
                             struct sr_err *err)
{
    (void)cli;
    if (l->name != NULL) {
        SR_TRY(sr_ref_check_name(sr_text_view(l->name), err));
    }
    SR_TRY(sr_query_versions(room, l->name, &l->versions, &l->version_count, err));
    SR_TRY(sr_query_interrupted(room, &l->interrupted, &l->interrupted_count, err));
    size_t interrupted = 0;
    for (size_t i = 0; i < l->interrupted_count; i++) {
        interrupted += is_interrupted_shown(l, i);
    }
    if (l->name != NULL && l->version_count == 0 && interrupted == 0) {
        return sr_fail(err, SR_NOT_FOUND, "no artifact '%s' in this room", l->name);
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(listing_clear) struct listing l = {.name = sr_args_positional(args, 0)};
    SR_AUTO(sr_room) room = NULL;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(gather(cli, room, &l, err));
    if (cli->is_json) {
        return print_json(&cli->json, &l);
    }
    if (l.version_count == 0 && l.interrupted_count == 0) {
        sr_screen_line("nothing is in custody yet");
        sr_screen_next(cli, "strongroom deposit PATH --name NAME");
        return SR_OK;
    }
    SR_TRY(print_versions(cli, &l, err));
    return print_interrupted(cli, &l, err);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME",
     .help = "an artifact, to see all its versions",
     .completes = SR_COMPLETES_REF,
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom list", "what is in custody, the latest version of each"},
    {"strongroom list llama", "all versions of one artifact"},
    {"strongroom list --json", "the same for a program"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"versions", "array", "the latest version of each artifact, or all of NAME's; by name"},
    SR_VIEW_VERSION_FIELDS("versions[]."),
    {"interrupted", "array", "deposits that are not in custody yet"},
    {"interrupted[].name", "string", "of the artifact"},
    {"interrupted[].version", "integer", "the number that is reserved for it"},
    {"interrupted[].kind", "string", "what the artifact is"},
    {"interrupted[].source", "string", "the path it is read from"},
    {"interrupted[].files", "integer", "how many it has"},
    {"interrupted[].files_sealed", "integer", "how many of them are done"},
    {"interrupted[].begun", "string", "when, RFC 3339 in UTC"},
    {"interrupted[].running", "boolean", "whether a process is working on it now"},
    {.name = NULL},
};

const struct sr_command sr_command_list = {
    .name = "list",
    .group = "Models",
    .synopsis = "[NAME]",
    .summary = "show what is in custody",
    .description = "Needs no passphrase: names, sizes and digests are not sealed.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom show REF' shows one version's files and where it comes from.",
    .run = run,
};
