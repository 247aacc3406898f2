/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>

#include "base/quantity.h"
#include "base/time.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "custody/submit.h"

extern const struct sr_command sr_command_request_wait;

/* A person decides: a second more or less does not matter, and looking is cheap. */
#define LOOK_EVERY_MS 1000

static bool is_open(const struct sr_standing *standing)
{
    return standing->state == SR_REQUEST_PENDING || standing->state == SR_REQUEST_WAITING;
}

static enum sr_status look(struct sr_room *room, const char *text, struct sr_cli *cli,
                           struct sr_standing *out, bool is_last, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    const struct sr_request *request = NULL;
    struct sr_moment moment = {0};
    SR_TRY(sr_custody_state(room, &state, err));
    SR_TRY(sr_custody_moment(room, &moment, err));
    SR_TRY(sr_request_view_find(state, text, &request, err));
    *out = sr_policy_standing(state, request, &moment);
    if ((is_open(out) && !is_last) || !cli->is_json) {
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_request_view_put(&cli->json, state, request, &moment));
    cli->has_result = true;
    return sr_json_close_object(&cli->json);
}

static enum sr_status pause_a_little(struct sr_err *err)
{
    struct timespec wait = {.tv_sec = LOOK_EVERY_MS / 1000,
                            .tv_nsec = (long)(LOOK_EVERY_MS % 1000) * 1000000};
    if (nanosleep(&wait, NULL) != 0 && errno == EINTR && sr_signals_cancelled(NULL)) {
        return sr_fail(err, SR_CANCELLED, "stopped waiting; the request stays as it is");
    }
    return SR_OK;
}

static enum sr_status conclude(const struct sr_cli *cli, const char *text,
                               const struct sr_standing *standing, struct sr_err *err)
{
    const char *word = sr_request_state_word(standing->state);
    if (standing->state == SR_REQUEST_GRANTED) {
        if (!cli->is_json) {
            sr_screen_line("request %s is granted", text);
        }
        return SR_OK;
    }
    if (is_open(standing)) {
        return sr_fail(err, SR_PENDING, "request %s is %s still", text, word);
    }
    return sr_fail(err, SR_DENIED, "request %s is %s%s%s", text, word,
                   standing->detail[0] == '\0' ? "" : ": ", standing->detail);
}

static enum sr_status read_patience(const struct sr_args *args, int64_t *out, struct sr_err *err)
{
    const char *value = sr_args_value(args, "timeout");
    *out = INT64_MAX;
    if (value != NULL && sr_quantity_duration(sr_text_view(value), out) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--timeout' takes a duration such as '30s' or '8h'");
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    const char *text = sr_args_positional(args, 0);
    struct sr_standing standing = {0};
    int64_t patience_ms = 0;
    int64_t begin = sr_time_now_utc_ms();
    SR_TRY(read_patience(args, &patience_ms, err));
    SR_TRY(sr_session_open(cli, &room, err));
    sr_signals_catch();
    for (;;) {
        bool is_last = sr_time_now_utc_ms() - begin >= patience_ms;
        SR_TRY(look(room, text, cli, &standing, is_last, err));
        if (!is_open(&standing) || is_last) {
            return conclude(cli, text, &standing, err);
        }
        SR_TRY(pause_a_little(err));
    }
}

static const struct sr_option OPTIONS[] = {
    {.name = "timeout", .value = "DURATION", .help = "wait no longer than that: '30s', '8h'"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REQUEST", .help = "its digest, or the first digits of it"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom request wait 3fa92b1c04de", "for a script that goes on when it is granted"},
    {"strongroom request wait 3fa92b1c04de --timeout 1s", "look once, for a script"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT,  SR_DENIED,    SR_PENDING, SR_CORRUPT,
    SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_REQUEST_VIEW_FIELDS(""),
    {.name = NULL},
};

const struct sr_command sr_command_request_wait = {
    .name = "request wait",
    .group = "Requests",
    .synopsis = "REQUEST [--timeout DURATION]",
    .summary = "wait until a request is decided",
    .description = "Ends with 0 when it is granted, 21 when it is denied, withdrawn, revoked or "
                   "over, and 22 when the time is up and it is still pending.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
