/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/fields.h"
#include "cli/human.h"
#include "cli/propose.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"

extern const struct sr_command sr_command_grants;

struct selection {
    const struct sr_state *state;
    struct sr_moment moment;
    const char *of; /* a principal; NULL: everybody */
    bool has_all;
};

static bool is_wanted(const struct selection *s, const struct sr_request *request)
{
    struct sr_bytes actor = sr_act_text_view(request->act)->actor;
    if (s->of != NULL && !sr_text_equal(actor, sr_text_view(s->of))) {
        return false;
    }
    struct sr_standing standing = sr_policy_standing(s->state, request, &s->moment);
    return s->has_all || standing.state == SR_REQUEST_GRANTED ||
           standing.state == SR_REQUEST_WAITING || standing.state == SR_REQUEST_PENDING ||
           standing.state == SR_REQUEST_SUSPENDED;
}

static enum sr_status add_row(struct sr_table *t, const struct selection *s,
                              const struct sr_request *request, struct sr_err *err)
{
    struct sr_standing standing = sr_policy_standing(s->state, request, &s->moment);
    struct sr_bytes actor = sr_act_text_view(request->act)->actor;
    char id[SR_REQUEST_VIEW_ID_BYTES];
    char what[SR_REQUEST_VIEW_WHAT_BYTES];
    char until[SR_HUMAN_BYTES];
    char served[SR_HUMAN_BYTES];
    sr_request_view_id(request->digest, id);
    sr_request_view_what(request, what);
    sr_request_view_until(&standing, until);
    sr_human_bytes(request->bytes_served, served);
    SR_TRY(sr_table_cell(t, err, "%s", id));
    SR_TRY(sr_table_cell(t, err, "%s%s", what, request->is_break_glass ? " (break-glass)" : ""));
    SR_TRY(sr_table_cell(t, err, "%.*s", (int)actor.len, (const char *)actor.ptr));
    SR_TRY(sr_table_cell(t, err, "%s", sr_request_state_word(standing.state)));
    SR_TRY(sr_table_cell(t, err, "%s", until));
    SR_TRY(sr_table_cell(t, err, "%llu", (unsigned long long)request->uses));
    return sr_table_cell(t, err, "%s", served);
}

static enum sr_status print_text(struct sr_cli *cli, const struct selection *s, struct sr_err *err)
{
    static const char *const COLUMNS[] = {"REQUEST", "WHAT",  "BY",      "STATE",
                                          "UNTIL",   ">USES", ">SERVED", NULL};
    SR_AUTO(sr_table) t = NULL;
    size_t shown = 0;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < sr_state_request_count(s->state); i++) {
        const struct sr_request *request = sr_state_request_at(s->state, i);
        if (is_wanted(s, request)) {
            SR_TRY(add_row(t, s, request, err));
            shown++;
        }
    }
    if (shown == 0) {
        sr_screen_line("%s", s->has_all ? "no requests" : "no open requests and no grants");
        return SR_OK;
    }
    sr_table_print(cli, t, 0);
    return SR_OK;
}

static enum sr_status print_json(struct sr_cli *cli, const struct selection *s)
{
    struct sr_json_writer *w = &cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_array(w, "requests"));
    for (size_t i = 0; i < sr_state_request_count(s->state); i++) {
        const struct sr_request *request = sr_state_request_at(s->state, i);
        if (!is_wanted(s, request)) {
            continue;
        }
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_request_view_put(w, s->state, request, &s->moment));
        SR_TRY(sr_json_close_object(w));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    struct selection s = {.of = sr_args_value(args, "of"), .has_all = sr_args_has(args, "all")};
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_custody_state(room, &s.state, err));
    SR_TRY(sr_custody_moment(room, &s.moment, err));
    if (s.of != NULL && sr_state_principal(s.state, sr_text_view(s.of)) == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "nobody of the name '%s' is enrolled", s.of);
    }
    return cli->is_json ? print_json(cli, &s) : print_text(cli, &s, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "of", .value = "NAME", .help = "only those of this principal"},
    {.name = "all", .help = "also what is denied, used, over: nothing is ever forgotten"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom grants", "what is granted, and what is asked for"},
    {"strongroom grants --all --of alice", "all that alice has ever asked for"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"requests", "array", "in the order in which they came"},
    SR_REQUEST_VIEW_FIELDS("requests[]."),
    {.name = NULL},
};

const struct sr_command sr_command_grants = {
    .name = "grants",
    .group = "Requests",
    .synopsis = "[--of NAME] [--all]",
    .summary = "list requests and grants",
    .description =
        "A grant is a request that has the approvals that policy demands, counted anew each time: "
        "when somebody who approved it loses the role or the key, it is suspended.",
    .options = OPTIONS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
