/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_ARGS_H
#define SR_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/status.h"

/*
 * The command line, taken apart under the descriptors of cli/command.h. Long options only, never
 * abbreviated: `--opt VALUE` or `--opt=VALUE`, before or after the command's name and between its
 * arguments; `--` ends them. What is given twice and may not be, or is not known, is refused.
 *
 * Strings are those of argv and live as long as it does. One thread.
 */
struct sr_args;
struct sr_command;

/*
 * argv[0] is skipped. Stops checking what is missing, but not what is unknown, when --help is
 * given.
 *
 * errors  USAGE  err names the word, and the one that was probably meant; never the value of an
 *                option, which may be a secret that was put there by mistake
 *         NO_MEMORY
 */
enum sr_status sr_args_parse(int argc, char **argv, struct sr_args **out,
                             struct sr_err *err) SR_MUST_USE;
void sr_args_free(struct sr_args *args);
SR_DEFINE_AUTO(sr_args)

/* Which command; NULL when only options were given. */
const struct sr_command *sr_args_command(const struct sr_args *args);

/* Whether the option was given; how often; its value (NULL: not given), or the index-th of them. */
bool sr_args_has(const struct sr_args *args, const char *option);
size_t sr_args_count(const struct sr_args *args, const char *option);
const char *sr_args_value(const struct sr_args *args, const char *option);
const char *sr_args_value_at(const struct sr_args *args, const char *option, size_t index);

/* The index-th argument that is no option, from 0; NULL when there are fewer. */
size_t sr_args_positional_count(const struct sr_args *args);
const char *sr_args_positional(const struct sr_args *args, size_t index);

#endif /* SR_CLI_ARGS_H */
