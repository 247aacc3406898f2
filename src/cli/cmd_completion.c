/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/kind.h"

extern const struct sr_command sr_command_completion;

static const struct {
    const char *name;
    void (*print)(void);
} SHELLS[] = {
    {"bash", sr_completion_bash},
    {"zsh", sr_completion_zsh},
    {"fish", sr_completion_fish},
};

/* "llama", then "llama@1", "llama@2": what a REF may be. */
static enum sr_status print_refs(const struct sr_cli *cli, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(sr_view_free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_query_versions(room, NULL, &versions, &count, err));
    for (size_t i = 0; i < count; i++) {
        char ref[SR_VIEW_REF_BYTES];
        sr_view_ref(&versions[i], ref);
        if (i == 0 || strcmp(versions[i - 1].name, versions[i].name) != 0) {
            sr_screen_line("%s", versions[i].name);
        }
        sr_screen_line("%s", ref);
    }
    return SR_OK;
}

static enum sr_status print_names(const struct sr_cli *cli, const char *what, struct sr_err *err)
{
    if (strcmp(what, "ref") == 0) {
        return print_refs(cli, err);
    }
    if (strcmp(what, "kind") != 0) {
        return sr_fail(err, SR_USAGE, "no names of '%s'; there are those of ref and kind", what);
    }
    for (size_t i = 0; i < sr_kind_count(); i++) {
        sr_screen_line("%s", sr_kind_at(i)->word);
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *shell = sr_args_positional(args, 0);
    const char *names = sr_args_value(args, "names");
    if ((shell == NULL) == (names == NULL)) {
        return sr_fail(err, SR_USAGE, "'completion' needs a SHELL: bash, zsh or fish");
    }
    if (names != NULL) {
        return print_names(cli, names, err);
    }
    for (size_t i = 0; i < sizeof SHELLS / sizeof SHELLS[0]; i++) {
        if (strcmp(shell, SHELLS[i].name) == 0) {
            SHELLS[i].print();
            return SR_OK;
        }
    }
    return sr_fail(err, SR_USAGE, "no completion for '%s'; there is bash, zsh, fish", shell);
}

static const struct sr_option OPTIONS[] = {
    {.name = "names",
     .value = "WHAT",
     .help = "print names instead, one to a line: of what is in the room ('ref'), or the kinds of "
             "artifact ('kind'); this is what the scripts call"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "SHELL",
     .help = "'bash', 'zsh' or 'fish'",
     .completes = SR_COMPLETES_SHELL,
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"source <(strongroom completion bash)", "complete in this shell, now"},
    {"strongroom completion fish > ~/.config/fish/completions/strongroom.fish",
     "in every fish to come"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};

const struct sr_command sr_command_completion = {
    .name = "completion",
    .group = "About this program",
    .synopsis = "SHELL | --names WHAT",
    .summary = "print what makes a shell complete strongroom's commands",
    .description =
        "The script completes commands, options, files, and the names of what is in the "
        "room. 'make install' puts it where the shells look for it. With '--json' it is the same: "
        "only failures are JSON then.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .run = run,
};
