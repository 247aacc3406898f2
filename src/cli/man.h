/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_MAN_H
#define SR_CLI_MAN_H

#include "cli/command.h"

/* Man pages on stdout, in the man(7) language, made from the descriptors. */

void sr_man_overview(void);
void sr_man_command(const struct sr_command *command);

#endif /* SR_CLI_MAN_H */
