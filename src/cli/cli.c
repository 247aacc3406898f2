/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/args.h"

/* The result of `show` for the largest artifact (limits.h: tensors, with usual names) fits. */
#define RESULT_BYTES_MAX ((size_t)256 << 20)

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

/* What others can read (/proc/PID/environ, logs of builds) is no place for a passphrase. */
static enum sr_status check_environment(struct sr_err *err)
{
    static const char *const NAMES[] = {"STRONGROOM_PASSPHRASE", "STRONGROOM_PASSWORD"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (getenv(NAMES[i]) != NULL) {
            return sr_fail(err, SR_USAGE,
                           "'%s' is set, but a passphrase is never taken from the environment, "
                           "which leaks; unset it and use '--passphrase-file FILE' or "
                           "'--passphrase-fd N'",
                           NAMES[i]);
        }
    }
    return SR_OK;
}

enum sr_status sr_cli_parse_fd(const char *option, const char *text, int *out, struct sr_err *err)
{
    uint64_t fd = 0;
    if (sr_text_parse_u64(sr_text_view(text), 0, INT_MAX, &fd) != SR_OK) {
        return sr_fail(err, SR_USAGE, "the value of '--%s' is no file descriptor", option);
    }
    if (fcntl((int)fd, F_GETFD) < 0) {
        return sr_fail(err, SR_USAGE, "'--%s': file descriptor %llu is not open", option,
                       (unsigned long long)fd);
    }
    *out = (int)fd;
    return SR_OK;
}

static bool wants_colour(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR") && term != NULL &&
           strcmp(term, "dumb") != 0;
}

enum sr_status sr_cli_init(const struct sr_args *args, struct sr_cli *out, struct sr_err *err)
{
    out->is_json = sr_args_has(args, "json");
    out->room_is_option = sr_args_has(args, "room");
    out->room = out->room_is_option         ? sr_args_value(args, "room")
                : is_set("STRONGROOM_ROOM") ? getenv("STRONGROOM_ROOM")
                                            : NULL;
    out->passphrase_file = sr_args_value(args, "passphrase-file");
    out->passphrase_fd = -1;
    out->has_terminal_result = isatty(STDOUT_FILENO) == 1;
    out->has_terminal_messages = isatty(STDERR_FILENO) == 1;
    out->has_colour = wants_colour();
    out->may_ask =
        !sr_args_has(args, "no-input") && isatty(STDIN_FILENO) == 1 && out->has_terminal_messages;
    SR_TRY(check_environment(err));
    if (sr_args_has(args, "passphrase-fd")) {
        if (out->passphrase_file != NULL) {
            return sr_fail(err, SR_USAGE,
                           "'--passphrase-file' and '--passphrase-fd' exclude each other");
        }
        SR_TRY(sr_cli_parse_fd("passphrase-fd", sr_args_value(args, "passphrase-fd"),
                               &out->passphrase_fd, err));
    }
    enum sr_status status = sr_buf_new(RESULT_BYTES_MAX, &out->json.out);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "no memory for the result");
}

void sr_cli_clear(struct sr_cli *cli)
{
    sr_buf_free(cli->json.out);
    cli->json.out = NULL;
}
