/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/markdown.h"

extern const struct sr_command sr_command_help;

/* The command that the arguments name; *out is NULL when there are none. */
static enum sr_status named_command(const struct sr_args *args, const struct sr_command **out,
                                    struct sr_err *err)
{
    const char *first = sr_args_positional(args, 0);
    const char *second = sr_args_positional(args, 1);
    char words[64] = {0};
    if (first == NULL) {
        *out = NULL;
        return SR_OK;
    }
    int wanted = snprintf(words, sizeof words, "%s%s%s", first, second == NULL ? "" : " ",
                          second == NULL ? "" : second);
    const struct sr_command *found =
        wanted > 0 && (size_t)wanted < sizeof words ? sr_command_find(words) : NULL;
    if (found == NULL) {
        return sr_fail(err, SR_USAGE, "no command '%s%s%s'; 'strongroom help' lists them", first,
                       second == NULL ? "" : " ", second == NULL ? "" : second);
    }
    *out = found;
    return SR_OK;
}

static void print_man(const struct sr_command *command)
{
    if (command == NULL) {
        sr_man_overview();
    } else {
        sr_man_command(command);
    }
}

static void print_markdown(const struct sr_command *command)
{
    if (command == NULL) {
        sr_markdown_overview();
    } else {
        sr_markdown_command(command);
    }
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    if (cli->is_json) {
        return sr_fail(err, SR_USAGE, "help is for people and has no form as JSON");
    }
    const struct sr_command *command = NULL;
    SR_TRY(named_command(args, &command, err));
    if (sr_args_has(args, "man")) {
        print_man(command);
    } else if (sr_args_has(args, "markdown")) {
        print_markdown(command);
    } else if (command == NULL) {
        sr_help_overview(cli);
    } else {
        sr_help_command(cli, command);
    }
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "man", .help = "print the man page instead, in the man(7) language"},
    {.name = "markdown", .help = "print the page of 'docs/cli/' instead"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "COMMAND",
     .help = "the command to tell about",
     .completes = SR_COMPLETES_COMMAND,
     .is_optional = true},
    {.name = "WORD", .help = "its second word, when it has two", .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom help", "which commands are there?"},
    {"strongroom help keys rotate", "all about one of them"},
    {"strongroom help --man deposit | man -l -", "its man page, without installing it"},
    {.line = NULL},
};

const struct sr_command sr_command_help = {
    .name = "help",
    .group = "About this program",
    .synopsis = "[COMMAND [WORD]] [--man | --markdown]",
    .summary = "show how to use the program or a command",
    .description = "'strongroom COMMAND --help' is the same as 'strongroom help COMMAND'.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .run = run,
};
