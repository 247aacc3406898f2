/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/propose.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"

extern const struct sr_command sr_command_review;

/* Whose eyes. */
struct desk {
    struct sr_room *room;
    struct sr_identity identity;
    const struct sr_state *state;
    const struct sr_principal *who; /* NULL: nobody who is enrolled */
    struct sr_moment moment;
};

static void desk_clear(struct desk *d)
{
    sr_identity_clear(&d->identity);
    sr_room_free(d->room);
}

static bool is_overdue(const struct sr_request *request)
{
    return request->is_break_glass && !request->is_judged;
}

/* What waits for this person: a review, or the review of a break-glass. */
static bool is_for(const struct desk *d, const struct sr_request *request)
{
    struct sr_standing standing = sr_policy_standing(d->state, request, &d->moment);
    if (is_overdue(request)) {
        return true;
    }
    if (standing.state != SR_REQUEST_PENDING) {
        return false;
    }
    return d->who == NULL ||
           sr_policy_may_review(d->state, request, d->who, &d->moment) == SR_REASON_NONE;
}

static enum sr_status print_list(struct sr_cli *cli, const struct desk *d, struct sr_err *err)
{
    static const char *const COLUMNS[] = {"REQUEST", "WHAT", "BY", "STATE", "UNTIL", NULL};
    SR_AUTO(sr_table) t = NULL;
    size_t shown = 0;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < sr_state_request_count(d->state); i++) {
        const struct sr_request *request = sr_state_request_at(d->state, i);
        if (!is_for(d, request)) {
            continue;
        }
        struct sr_standing standing = sr_policy_standing(d->state, request, &d->moment);
        struct sr_bytes actor = sr_act_text_view(request->act)->actor;
        char id[SR_REQUEST_VIEW_ID_BYTES];
        char what[SR_REQUEST_VIEW_WHAT_BYTES];
        char until[SR_HUMAN_BYTES];
        sr_request_view_id(request->digest, id);
        sr_request_view_what(request, what);
        sr_request_view_until(&standing, until);
        SR_TRY(sr_table_cell(t, err, "%s", id));
        SR_TRY(sr_table_cell(t, err, "%s", what));
        SR_TRY(sr_table_cell(t, err, "%.*s", (int)actor.len, (const char *)actor.ptr));
        SR_TRY(sr_table_cell(t, err, "%s",
                             is_overdue(request) ? "break-glass, to be reviewed"
                                                 : sr_request_state_word(standing.state)));
        SR_TRY(sr_table_cell(t, err, "%s", until));
        shown++;
    }
    if (shown == 0) {
        sr_screen_line("nothing waits for %s", d->who == NULL ? "a review" : d->who->name);
        return SR_OK;
    }
    sr_table_print(cli, t, 0);
    sr_screen_next(cli, "strongroom review REQUEST");
    return SR_OK;
}

static enum sr_status put_one(struct sr_json_writer *w, const struct desk *d,
                              const struct sr_request *request)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_request_view_put(w, d->state, request, &d->moment));
    return sr_json_close_object(w);
}

static enum sr_status print_json(struct sr_cli *cli, const struct desk *d,
                                 const struct sr_request *only)
{
    struct sr_json_writer *w = &cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_array(w, "requests"));
    for (size_t i = 0; i < sr_state_request_count(d->state); i++) {
        const struct sr_request *request = sr_state_request_at(d->state, i);
        if (only != NULL ? request == only : is_for(d, request)) {
            SR_TRY(put_one(w, d, request));
        }
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(desk_clear) struct desk d = {0};
    const struct sr_request *request = NULL;
    const char *text = sr_args_positional(args, 0);
    SR_TRY(sr_session_open(cli, &d.room, err));
    SR_TRY(sr_identity_open(cli, args, d.room, false, &d.identity, err));
    SR_TRY(sr_custody_state(d.room, &d.state, err));
    SR_TRY(sr_custody_moment(d.room, &d.moment, err));
    d.who = sr_state_principal(d.state, sr_text_view(d.identity.name));
    if (text != NULL) {
        SR_TRY(sr_request_view_find(d.state, text, &request, err));
    }
    if (cli->is_json) {
        return print_json(cli, &d, request);
    }
    return request == NULL ? print_list(cli, &d, err)
                           : sr_request_view_page(cli, d.state, request, d.who, &d.moment, err);
}

static const struct sr_option OPTIONS[] = {
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REQUEST",
     .help = "its digest, or the first digits of it; without it, what waits for you",
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom review", "what waits for you"},
    {"strongroom review 3fa92b1c04de", "all that a decision needs, on one page: what, who, which "
                                       "machine, how many bytes, until when"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    {"requests", "array", "those that wait for you, or the one that was named"},
    SR_REQUEST_VIEW_FIELDS("requests[]."),
    {.name = NULL},
};

const struct sr_command sr_command_review = {
    .name = "review",
    .group = "Requests",
    .synopsis = "[REQUEST] " SR_IDENTITY_SYNOPSIS,
    .summary = "see what waits for your decision",
    .description =
        "The page of a request is decoded here from the bytes that the requester signed, and its "
        "digest is made from them here: what you see is what you sign. It says what is asked for, "
        "by whom, which rule of the policy asks for whose signature, what is still missing, and "
        "what the requester holds already. Nothing is recorded by looking.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom approve REQUEST' or 'strongroom deny REQUEST' signs your decision.",
    .run = run,
};
