/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_CLI_H
#define SR_CLI_CLI_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/status.h"
#include "formats/json.h"

/*
 * One run of the program: what the common options and the terminal say, and the result so far.
 * Made by main(), lent to the command.
 */
struct sr_args;

struct sr_cli {
    const char *room;            /* --room or STRONGROOM_ROOM; NULL: neither */
    bool room_is_option;         /* it came from --room */
    const char *passphrase_file; /* NULL: not given */
    int passphrase_fd;           /* -1: not given */
    bool is_json;                /* --json: stdout gets one object */
    bool may_ask;                /* there is a terminal to ask on, and no --no-input */
    bool has_terminal_result;    /* stdout is a terminal */
    bool has_terminal_messages;  /* stderr is a terminal */
    bool has_colour;             /* stdout is a terminal that wants it (no NO_COLOR, not dumb) */

    struct sr_json_writer json; /* the result when is_json; else its buffer stays empty */
    bool has_result;            /* print the JSON although the command failed: it tells what */
    char next[512];             /* the command to suggest; empty for none */
};

/*
 * Fill *out from the options, the environment and the terminal. is_json is set before anything can
 * fail, so that failures are reported in the form that was asked for.
 *
 * errors  USAGE  an option's value cannot be used, or a passphrase was put in the environment
 *         NO_MEMORY
 */
enum sr_status sr_cli_init(const struct sr_args *args, struct sr_cli *out,
                           struct sr_err *err) SR_MUST_USE;
void sr_cli_clear(struct sr_cli *cli);

/*
 * The open file descriptor that text, the value of --<option>, names.
 *
 * errors  USAGE  err does not quote text: somebody may have given the passphrase itself
 */
enum sr_status sr_cli_parse_fd(const char *option, const char *text, int *out,
                               struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_CLI_H */
