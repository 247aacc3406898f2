/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "cli/witness_folder.h"
#include "server/witness_server.h"

extern const struct sr_command sr_command_witness_serve;

#define ADDRESS "127.0.0.1:8629"
enum { LOOK_MS = 100 };

/* One line for each answer. */
static void on_answer(void *ctx, const struct sr_witness_server_event *event)
{
    char when[SR_TIME_TEXT_BYTES];
    (void)ctx;
    sr_time_format(sr_time_now_utc_ms(), when);
    sr_screen_line("%s %u %s %s%s%s", when, event->status, event->method, event->path,
                   event->message[0] == '\0' ? "" : ": ", event->message);
    (void)fflush(stdout);
}

/* Whoever started it has to know where it listens before it ends. */
static enum sr_status say_where(struct sr_cli *cli, const struct sr_witness_folder *f,
                                const char *address)
{
    SR_AUTO(sr_buf) vkey = NULL;
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &vkey));
    SR_TRY(sr_vkey_text(f->key, vkey));
    struct sr_bytes text = sr_buf_view(vkey);
    if (!cli->is_json) {
        sr_screen_line("%.*s listens on http://%s", (int)text.len, (const char *)text.ptr, address);
        (void)fflush(stdout);
        return SR_OK;
    }
    char url[SR_LISTENER_ADDRESS_BYTES + 16];
    (void)snprintf(url, sizeof url, "http://%s", address);
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_text(&cli->json, "url", url));
    SR_TRY(sr_fields_bytes(&cli->json, "vkey", text));
    SR_TRY(sr_json_close_object(&cli->json));
    struct sr_bytes json = sr_buf_view(cli->json.out);
    (void)fwrite(json.ptr, 1, json.len, stdout);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    sr_buf_clear(cli->json.out);
    return SR_OK;
}

/* The threads of the listener may get the signal instead of this one, so this one looks. */
static void wait_for_signal(void)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    while (!sr_signals_cancelled(NULL)) {
        (void)nanosleep(&look, NULL);
    }
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_witness_folder_clear) struct sr_witness_folder f = {.fd = -1};
    SR_AUTO(sr_witness) witness = NULL;
    SR_AUTO(sr_witness_server) server = NULL;
    const char *listen = sr_args_value(args, "listen");
    SR_TRY(sr_witness_folder_open(cli, sr_args_positional(args, 0), true, &f, err));
    SR_TRY(sr_witness_open(sr_vkey_name(f.key), f.signer, f.fd, &witness, err));
    const struct sr_witness_server_options options = {
        .witness = witness,
        .address = listen == NULL ? ADDRESS : listen,
        .on_answer = cli->is_json ? NULL : on_answer,
    };
    sr_signals_catch();
    SR_TRY(sr_witness_server_open(&options, &server, err));
    SR_TRY(say_where(cli, &f, sr_witness_server_address(server)));
    wait_for_signal();
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "listen",
     .value = "ADDRESS:PORT",
     .help = "where to listen, in numbers; port 0: any that is free. Without it '" ADDRESS
             "', which only this machine reaches"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FOLDER", .help = "the witness's", .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom witness serve ./witness", "answer on this machine, behind a proxy with TLS"},
    {"strongroom witness serve ./witness --listen '[::1]:0'", "on any free port"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND,   SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_DENIED,    SR_CANCELLED, SR_UNSUPPORTED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"url", "string", "what policies name; printed as soon as it listens"},
    {"vkey", "string", "the witness's public key"},
    {.name = NULL},
};

const struct sr_command sr_command_witness_serve = {
    .name = "witness serve",
    .group = "Witnesses",
    .synopsis = "FOLDER [--listen ADDRESS:PORT]",
    .summary = "answer ledgers that ask to be witnessed",
    .description =
        "Speaks the witness protocol of C2SP, so any log that does can ask. Each answer is one "
        "line on standard output. A signature leaves only after what it covers is stored durably, "
        "so it may be stopped, or killed, at any time. SIGINT and SIGTERM end it after the answers "
        "that are under way. It has no TLS: put a proxy in front where others than this machine "
        "are to reach it.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
