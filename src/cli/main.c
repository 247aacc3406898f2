/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/screen.h"

#define OUTPUT_BYTES ((size_t)1 << 17)

/*
 * A process that was started without standard streams would get a database or a key file as
 * descriptor 1 and print into it. Opened the wrong way round, so that use still fails.
 */
static void occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/* Also when the line cannot be parsed, the failure is reported in the form that was asked for. */
static bool asks_for_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_status dispatch(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const struct sr_command *command = sr_args_command(args);
    if (sr_args_has(args, "help") && command == NULL) {
        sr_help_overview(cli);
        return SR_OK;
    }
    if (command == NULL) {
        return sr_fail(err, SR_USAGE, "no command; try 'strongroom help'");
    }
    if (sr_args_has(args, "help")) {
        sr_help_command(cli, command);
        return SR_OK;
    }
    return command->run(cli, args, err);
}

/* A result that did not reach its reader is a failure, too. */
static enum sr_status deliver(struct sr_cli *cli, enum sr_status status, struct sr_err *err)
{
    struct sr_bytes json = cli->json.out == NULL ? sr_bytes(NULL, 0) : sr_buf_view(cli->json.out);
    errno = 0;
    if (json.len > 0 && (status == SR_OK || cli->has_result)) {
        (void)fwrite(json.ptr, 1, json.len, stdout);
        (void)fputc('\n', stdout);
    }
    bool is_lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (is_lost && status == SR_OK) {
        return sr_fail(err, SR_IO, "write the result: %s",
                       errno == 0 ? "the output failed" : strerror(errno));
    }
    return status;
}

static enum sr_status run(int argc, char **argv, struct sr_cli *cli, struct sr_err *err)
{
    SR_AUTO(sr_args) args = NULL;
    SR_TRY(sr_args_parse(argc, argv, &args, err));
    SR_TRY(sr_cli_init(args, cli, err));
    return dispatch(cli, args, err);
}

int main(int argc, char **argv)
{
    struct sr_err err = {0};
    struct sr_cli cli = {.passphrase_fd = -1, .is_json = asks_for_json(argc, argv)};
    occupy_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is a failure to write */
    /* Most results are written in one go, at the end, where errno still says what went wrong. */
    static char output[OUTPUT_BYTES];
    (void)setvbuf(stdout, output, _IOFBF, sizeof output);

    enum sr_status status = sr_process_harden(false, &err);
    if (status == SR_OK) {
        status = run(argc, argv, &cli, &err);
    }
    status = deliver(&cli, status, &err);
    if (status != SR_OK) {
        sr_failure_report(&cli, status, &err);
    } else if (cli.next[0] != '\0' && cli.has_terminal_result && !cli.is_json) {
        (void)fputs("next: ", stderr);
        sr_screen_put(stderr, sr_text_view(cli.next));
        (void)fputc('\n', stderr);
    }
    sr_cli_clear(&cli);
    return sr_status_info(status)->exit_code;
}
