/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"
#include "custody/submit.h"

extern const struct sr_command sr_command_principal_list;

static bool is_wanted(const struct sr_args *args, const struct sr_principal *who)
{
    const char *name = sr_args_positional(args, 0);
    if (name != NULL) {
        return strcmp(name, who->name) == 0;
    }
    return who->left_utc_ms == 0 || sr_args_has(args, "all");
}

static void join_roles(const struct sr_principal *who, char *out, size_t out_bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < who->roles && used + 2 < out_bytes; i++) {
        int n = snprintf(out + used, out_bytes - used, "%s%s", i == 0 ? "" : ", ", who->role[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

/* "2 (1 hardware), 1 revoked" */
static void count_keys(const struct sr_principal *who, char *out, size_t out_bytes)
{
    size_t active = 0;
    size_t hardware = 0;
    for (size_t i = 0; i < who->keys; i++) {
        if (who->key[i].revoked_utc_ms == 0) {
            active++;
            hardware += sr_act_key_is_hardware(who->key[i].key);
        }
    }
    (void)snprintf(out, out_bytes, "%zu%s", active,
                   hardware == 0 ? "" : (hardware == active ? ", hardware" : ", some hardware"));
}

static const char *standing(const struct sr_principal *who, int64_t now_utc_ms)
{
    if (who->left_utc_ms != 0) {
        return "left";
    }
    for (size_t i = 0; i < who->attributes; i++) {
        if (who->attribute[i].until_utc_ms <= now_utc_ms) {
            return "something expired";
        }
    }
    return "active";
}

static enum sr_status print_table(struct sr_cli *cli, const struct sr_args *args,
                                  const struct sr_state *state, struct sr_err *err)
{
    static const char *const COLUMNS[] = {"NAME", "TYPE", "ROLES", ">KEYS", "STATE", NULL};
    SR_AUTO(sr_table) t = NULL;
    size_t shown = 0;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < sr_state_principal_count(state); i++) {
        const struct sr_principal *who = sr_state_principal_at(state, i);
        if (!is_wanted(args, who)) {
            continue;
        }
        char roles[256];
        char keys[64];
        join_roles(who, roles, sizeof roles);
        count_keys(who, keys, sizeof keys);
        SR_TRY(sr_table_cell(t, err, "%s", who->name));
        SR_TRY(sr_table_cell(t, err, "%s", sr_principal_type_word(who->type)));
        SR_TRY(sr_table_cell(t, err, "%s", roles));
        SR_TRY(sr_table_cell(t, err, "%s", keys));
        SR_TRY(sr_table_cell(t, err, "%s", standing(who, sr_time_now_utc_ms())));
        shown++;
    }
    if (shown == 0) {
        sr_screen_line("nobody is enrolled: whoever unlocks the room may do what its policy lets "
                       "them");
        return SR_OK;
    }
    sr_table_print(cli, t, 0);
    return SR_OK;
}

/* One of them, in full. */
static void print_one(const struct sr_cli *cli, const struct sr_principal *who)
{
    char roles[256];
    char when[SR_HUMAN_BYTES];
    join_roles(who, roles, sizeof roles);
    sr_screen_heading(cli, who->name);
    sr_screen_line("  %-15s %s", "type", sr_principal_type_word(who->type));
    if (strcmp(who->person, who->name) != 0) {
        sr_screen_line("  %-15s %s", "owner", who->person);
    }
    sr_screen_line("  %-15s %s", "roles", roles[0] == '\0' ? "none" : roles);
    for (size_t i = 0; i < who->keys; i++) {
        const struct sr_state_key *key = &who->key[i];
        sr_human_time(key->revoked_utc_ms == 0 ? key->from_utc_ms : key->revoked_utc_ms, when);
        sr_screen_line("  %-15s %s%s, %s %s", i == 0 ? "keys" : "",
                       sr_act_key_fingerprint(key->key),
                       sr_act_key_is_hardware(key->key) ? " (hardware)" : "",
                       key->revoked_utc_ms == 0 ? "since" : "revoked", when);
    }
    for (size_t i = 0; i < who->attributes; i++) {
        sr_human_time(who->attribute[i].until_utc_ms, when);
        sr_screen_line("  %-15s until %s", who->attribute[i].name, when);
    }
    if (who->left_utc_ms != 0) {
        sr_human_time(who->left_utc_ms, when);
        sr_screen_line("  %-15s %s", "left", when);
    }
}

static enum sr_status put_keys(struct sr_json_writer *w, const struct sr_principal *who)
{
    SR_TRY(sr_fields_array(w, "keys"));
    for (size_t i = 0; i < who->keys; i++) {
        const struct sr_state_key *key = &who->key[i];
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "fingerprint", sr_act_key_fingerprint(key->key)));
        SR_TRY(sr_fields_text(w, "line", sr_act_key_line(key->key)));
        SR_TRY(sr_fields_bool(w, "hardware", sr_act_key_is_hardware(key->key)));
        SR_TRY(sr_fields_time(w, "from", key->from_utc_ms));
        SR_TRY(key->revoked_utc_ms == 0 ? sr_fields_null(w, "revoked")
                                        : sr_fields_time(w, "revoked", key->revoked_utc_ms));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_one(struct sr_json_writer *w, const struct sr_principal *who)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "name", who->name));
    SR_TRY(sr_fields_text(w, "type", sr_principal_type_word(who->type)));
    SR_TRY(sr_fields_text(w, "person", who->person));
    SR_TRY(sr_fields_array(w, "roles"));
    for (size_t i = 0; i < who->roles; i++) {
        SR_TRY(sr_fields_element(w, sr_text_view(who->role[i])));
    }
    SR_TRY(sr_json_close_array(w));
    SR_TRY(put_keys(w, who));
    SR_TRY(sr_fields_array(w, "attributes"));
    for (size_t i = 0; i < who->attributes; i++) {
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "name", who->attribute[i].name));
        SR_TRY(sr_fields_time(w, "until", who->attribute[i].until_utc_ms));
        SR_TRY(sr_json_close_object(w));
    }
    SR_TRY(sr_json_close_array(w));
    SR_TRY(who->left_utc_ms == 0 ? sr_fields_null(w, "left")
                                 : sr_fields_time(w, "left", who->left_utc_ms));
    return sr_json_close_object(w);
}

static enum sr_status print_json(struct sr_cli *cli, const struct sr_args *args,
                                 const struct sr_state *state)
{
    struct sr_json_writer *w = &cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_array(w, "principals"));
    for (size_t i = 0; i < sr_state_principal_count(state); i++) {
        const struct sr_principal *who = sr_state_principal_at(state, i);
        if (is_wanted(args, who)) {
            SR_TRY(put_one(w, who));
        }
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    const struct sr_state *state = NULL;
    const char *name = sr_args_positional(args, 0);
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_custody_state(room, &state, err));
    const struct sr_principal *who =
        name == NULL ? NULL : sr_state_principal(state, sr_text_view(name));
    if (name != NULL && who == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "nobody of the name '%s' is enrolled", name);
    }
    if (cli->is_json) {
        return print_json(cli, args, state);
    }
    if (who != NULL) {
        print_one(cli, who);
        return SR_OK;
    }
    return print_table(cli, args, state, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "all", .help = "also those who have left"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME", .help = "only this one, in full", .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom principal list", "who is enrolled"},
    {"strongroom principal list bob", "bob's keys, roles and attributes"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"principals", "array", "in the order in which they came"},
    {"principals[].name", "string", "what they are called here"},
    {"principals[].type", "string", "'human', 'service', 'workload' or 'agent'"},
    {"principals[].person", "string", "who counts in a quorum: themselves, or their owner"},
    {"principals[].roles", "array", "of the policy"},
    {"principals[].keys", "array", "the revoked ones too"},
    {"principals[].keys[].fingerprint", "string", "as 'ssh-keygen -l' prints it"},
    {"principals[].keys[].line", "string", "the public key"},
    {"principals[].keys[].hardware", "boolean", "in a FIDO2 authenticator"},
    {"principals[].keys[].from", "string", "since when, RFC 3339 in UTC"},
    {"principals[].keys[].revoked", "string or null", "when"},
    {"principals[].attributes", "array", "what was attested"},
    {"principals[].attributes[].name", "string", "what"},
    {"principals[].attributes[].until", "string", "when it has to be renewed"},
    {"principals[].left", "string or null", "when they left"},
    {.name = NULL},
};

const struct sr_command sr_command_principal_list = {
    .name = "principal list",
    .group = "People",
    .synopsis = "[NAME] [--all]",
    .summary = "list who is enrolled",
    .description = "People, services, workloads and agents with their keys and roles.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
