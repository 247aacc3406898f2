/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_CONFIRM_H
#define SR_CLI_CONFIRM_H

#include "cli/args.h"
#include "cli/cli.h"

/*
 * Before something that cannot be taken back, its name is asked for again: on the terminal, or as
 * the value of --confirm where there is nobody to ask.
 *
 * warning   what is about to happen, a sentence; trusted
 * names     the spellings that will do, the first is the one asked for; ended by NULL
 * errors    USAGE      --confirm is missing or names something else
 *           CANCELLED  what was typed is not the name
 *           IO         the terminal failed
 */
enum sr_status sr_confirm(const struct sr_cli *cli, const struct sr_args *args, const char *warning,
                          const char *const *names, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_CONFIRM_H */
