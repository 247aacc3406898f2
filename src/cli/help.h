/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_HELP_H
#define SR_CLI_HELP_H

#include "cli/command.h"

/* Help on stdout, made from the descriptors: examples first. */

/* What the program is and which commands there are. */
void sr_help_overview(const struct sr_cli *cli);

/* The commands of two words that begin with word. */
void sr_help_word(const struct sr_cli *cli, const char *word);

/* Everything about one command. */
void sr_help_command(const struct sr_cli *cli, const struct sr_command *command);

#endif /* SR_CLI_HELP_H */
