/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/quantity.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/ledger_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"

extern const struct sr_command sr_command_ledger_checkpoint;

enum { TIMEOUT_MS = 15000, LOOK_MS = 100 };
#define EVERY_MS_MIN 1000
#define EVERY_MS_MAX ((int64_t)7 * 24 * 60 * 60 * 1000)

/* One checkpoint: signed, sent to the witnesses, kept. */
static enum sr_status sign_one(struct sr_room *room, struct sr_custody_ledger *ledger,
                               struct sr_err *err)
{
    bool can_be_witnessed = false;
    SR_TRY(sr_custody_checkpoint(room, TIMEOUT_MS, ledger, err));
    for (size_t i = 0; i < ledger->witnesses; i++) {
        can_be_witnessed = can_be_witnessed || ledger->witness[i].is_askable;
    }
    return can_be_witnessed ? sr_ledger_judge(ledger, err) : SR_OK;
}

static void print_line(const struct sr_custody_ledger *ledger, enum sr_status status,
                       const struct sr_err *err)
{
    char when[SR_TIME_TEXT_BYTES];
    size_t cosigned = 0;
    sr_time_format(sr_time_now_utc_ms(), when);
    for (size_t i = 0; i < ledger->witnesses; i++) {
        cosigned += ledger->witness[i].outcome.mark.has_signed;
    }
    if (status != SR_OK) {
        sr_screen_line("%s %s: %s", when, sr_status_info(status)->slug, err->message);
    } else {
        sr_screen_line("%s %" PRIu64 " acts, cosigned by %zu of %zu", when, ledger->published,
                       cosigned, ledger->witnesses);
    }
}

/* Whoever reads along, a log of services, sees each line when it is made. */
static enum sr_status tell(struct sr_cli *cli, const struct sr_custody_ledger *ledger,
                           enum sr_status status, const struct sr_err *why, struct sr_err *err)
{
    if (!cli->is_json) {
        print_line(ledger, status, why);
    } else if (ledger->size > 0) {
        SR_TRY(sr_ledger_view(cli, ledger, true, err));
        struct sr_bytes json = sr_buf_view(cli->json.out);
        (void)fwrite(json.ptr, 1, json.len, stdout);
        (void)fputc('\n', stdout);
        sr_buf_clear(cli->json.out);
        cli->json = (struct sr_json_writer){.out = cli->json.out};
    }
    return fflush(stdout) == 0 ? SR_OK : sr_fail(err, SR_IO, "the output failed");
}

static int64_t running_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until then, or somebody stops us. */
static void wait_until(int64_t at_ms)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    while (!sr_signals_cancelled(NULL) && running_ms() < at_ms) {
        (void)nanosleep(&look, NULL);
    }
}

/* What passes by itself: nobody answers, or somebody else has the room. */
static bool passes(enum sr_status status)
{
    return status == SR_OK || status == SR_UNAVAILABLE || status == SR_BUSY;
}

/* On a fixed clock: one that takes long, or fails, does not move the ones after it. */
static enum sr_status sign_all(struct sr_cli *cli, struct sr_room *room, int64_t every_ms,
                               struct sr_err *err)
{
    const int64_t begin_ms = running_ms();
    sr_signals_catch();
    while (!sr_signals_cancelled(NULL)) {
        struct sr_custody_ledger ledger = {.size = 0};
        struct sr_err why = {0};
        enum sr_status status = sign_one(room, &ledger, &why);
        SR_TRY(tell(cli, &ledger, status, &why, err));
        if (!passes(status)) {
            return sr_fail(err, status, "%s", why.message);
        }
        int64_t gone = (running_ms() - begin_ms) / every_ms;
        wait_until(begin_ms + (gone + 1) * every_ms);
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    struct sr_custody_ledger ledger = {.size = 0};
    const char *every = sr_args_value(args, "every");
    int64_t every_ms = 0;
    if (every != NULL && (sr_quantity_duration(sr_text_view(every), &every_ms) != SR_OK ||
                          every_ms < EVERY_MS_MIN || every_ms > EVERY_MS_MAX)) {
        return sr_fail(err, SR_USAGE, "'--every' is a time from 1s to 7d, such as 60s or 5m");
    }
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    if (every != NULL) {
        return sign_all(cli, room, every_ms, err);
    }
    enum sr_status status = sign_one(room, &ledger, err);
    if (ledger.size > 0 && sr_ledger_view(cli, &ledger, true, NULL) == SR_OK) {
        cli->has_result = true;
    }
    return status;
}

static const struct sr_option OPTIONS[] = {
    {.name = "every",
     .value = "TIME",
     .help = "go on until stopped, one each TIME ('60s', '5m'), also when nothing happened"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger checkpoint", "sign what is there, and have it witnessed"},
    {"strongroom ledger checkpoint --every 60s --passphrase-file room.pass", "as a service"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT,    SR_UNAUTHENTICATED, SR_UNTRUSTED, SR_CORRUPT,
    SR_BUSY,      SR_UNAVAILABLE, SR_CANCELLED,       SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {SR_LEDGER_VIEW_FIELDS, {.name = NULL}};

const struct sr_command sr_command_ledger_checkpoint = {
    .name = "ledger checkpoint",
    .group = "Witnesses",
    .synopsis = "[--every TIME]",
    .summary = "sign a checkpoint of a room's ledger, and have it witnessed",
    .description =
        "Unlocks the room, signs a checkpoint of all acts there are, and asks the witnesses that "
        "the policy in force names with a URL to cosign it. What comes back is verified and kept "
        "in the room's folder 'ledger'; rules with 'witnesses N within T' look at it. A ledger to "
        "which nothing was added has the same checkpoint as before; its time is renewed, here and "
        "by the witnesses.\n\n"
        "With '--every' it does so on a fixed clock until SIGINT or SIGTERM, one line (with "
        "'--json' one object) for each. Witnesses that do not answer, and another process that "
        "has the room just now, are told and passed over. Anything else ends it: a ledger that "
        "does not lead up to what was signed last, a witness that has seen another one, a clock "
        "that went back.\n\n"
        "The exit status is 41 when there are witnesses and none of them has signed.",
    .options = OPTIONS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
