/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/command.h"
#include "cli/completion.h"

extern const struct sr_command sr_command_completion;

static const struct {
    const char *name;
    void (*print)(void);
} SHELLS[] = {
    {"bash", sr_completion_bash},
    {"zsh", sr_completion_zsh},
    {"fish", sr_completion_fish},
};

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    if (cli->is_json) {
        return sr_fail(err, SR_USAGE, "completion has no form as JSON");
    }
    const char *shell = sr_args_positional(args, 0);
    for (size_t i = 0; i < sizeof SHELLS / sizeof SHELLS[0]; i++) {
        if (shell != NULL && strcmp(shell, SHELLS[i].name) == 0) {
            SHELLS[i].print();
            return SR_OK;
        }
    }
    return sr_fail(err, SR_USAGE, "no completion for '%s'; there is bash, zsh, fish", shell);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "SHELL", .help = "'bash', 'zsh' or 'fish'", .completes = SR_COMPLETES_SHELL},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"source <(strongroom completion bash)", "complete in this shell, now"},
    {"strongroom completion fish > ~/.config/fish/completions/strongroom.fish",
     "in every fish to come"},
    {.line = NULL},
};

const struct sr_command sr_command_completion = {
    .name = "completion",
    .group = "About this program",
    .synopsis = "SHELL",
    .summary = "print what makes a shell complete strongroom's commands",
    .description = "The script completes commands, options, files, and the names of what is in the "
                   "room. 'make install' puts it where the shells look for it.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .run = run,
};
