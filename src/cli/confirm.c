/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/confirm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/screen.h"

#define ANSWER_BYTES 512

static bool is_one_of(const char *answer, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(answer, *names) == 0) {
            return true;
        }
    }
    return false;
}

static void close_terminal(FILE **terminal)
{
    if (*terminal != NULL) {
        (void)fclose(*terminal);
    }
}

static enum sr_status ask(const char *warning, const char *name, char answer[ANSWER_BYTES],
                          struct sr_err *err)
{
    SR_CLEANUP(close_terminal) FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL) {
        return sr_fail(err, SR_IO, "open the terminal: %s", strerror(errno));
    }
    (void)fprintf(terminal, "%s\nType '", warning);
    sr_screen_put(terminal, sr_text_view(name));
    (void)fprintf(terminal, "' to go on: ");
    (void)fflush(terminal);
    if (fgets(answer, ANSWER_BYTES, terminal) == NULL) {
        return sr_fail(err, SR_CANCELLED, "not confirmed; nothing was done");
    }
    answer[strcspn(answer, "\n")] = '\0';
    return SR_OK;
}

enum sr_status sr_confirm(const struct sr_cli *cli, const struct sr_args *args, const char *warning,
                          const char *const *names, struct sr_err *err)
{
    const char *given = sr_args_value(args, "confirm");
    if (given != NULL && is_one_of(given, names)) {
        return SR_OK;
    }
    if (given != NULL) {
        return sr_fail(err, SR_USAGE, "'--confirm' says '%s', but this is '%s'; nothing was done",
                       given, names[0]);
    }
    if (!cli->may_ask) {
        return sr_fail(err, SR_USAGE, "this has to be confirmed: repeat the name, '--confirm %s'",
                       names[0]);
    }
    char answer[ANSWER_BYTES];
    SR_TRY(ask(warning, names[0], answer, err));
    if (!is_one_of(answer, names)) {
        return sr_fail(err, SR_CANCELLED, "'%s' is not '%s'; nothing was done", answer, names[0]);
    }
    return SR_OK;
}
