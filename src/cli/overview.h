/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_OVERVIEW_H
#define SR_CLI_OVERVIEW_H

#include "cli/command.h"

/* What help, the man page and docs/cli/ say of the program as a whole. */

#define SR_OVERVIEW_SUMMARY "custody for AI model weights"

extern const char sr_overview_description[];
extern const struct sr_example sr_overview_examples[];

/* An environment variable that the program reads. */
struct sr_overview_variable {
    const char *name; /* NULL ends the list */
    const char *meaning;
};
extern const struct sr_overview_variable sr_overview_environment[];

#endif /* SR_CLI_OVERVIEW_H */
