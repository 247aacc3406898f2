/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_COMPLETION_H
#define SR_CLI_COMPLETION_H

#include "cli/command.h"

/*
 * Completion for three shells, made from the descriptors. A script holds everything but the names
 * of artifacts and kinds, which it asks the program for while one types.
 */
void sr_completion_bash(void);
void sr_completion_zsh(void);
void sr_completion_fish(void);

#endif /* SR_CLI_COMPLETION_H */
