/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_MARKDOWN_H
#define SR_CLI_MARKDOWN_H

#include "cli/command.h"

/* The pages of docs/cli/ and docs/errors.md on stdout, made from the descriptors. */

/* docs/cli/README.md */
void sr_markdown_overview(void);
/* docs/cli/<name>.md */
void sr_markdown_command(const struct sr_command *command);
/* docs/errors.md */
void sr_markdown_errors(void);

#endif /* SR_CLI_MARKDOWN_H */
