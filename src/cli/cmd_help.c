/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/fields.h"
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

/* Whether one word is given, which is no command but the first of some. */
static bool begins_commands(const struct sr_args *args)
{
    const char *first = sr_args_positional(args, 0);
    return sr_args_positional_count(args) == 1 && sr_command_find(first) == NULL &&
           sr_command_begins(first) && !sr_args_has(args, "man") && !sr_args_has(args, "markdown");
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

static enum sr_status put_option(struct sr_json_writer *w, const struct sr_option *option)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "name", option->name));
    if (option->value == NULL) {
        SR_TRY(sr_fields_null(w, "value"));
    } else {
        SR_TRY(sr_fields_text(w, "value", option->value));
    }
    SR_TRY(sr_fields_text(w, "help", option->help));
    SR_TRY(sr_fields_bool(w, "required", option->is_required));
    SR_TRY(sr_fields_bool(w, "repeatable", option->is_repeatable));
    return sr_json_close_object(w);
}

static enum sr_status put_options(struct sr_json_writer *w, const char *key,
                                  const struct sr_option *options)
{
    SR_TRY(sr_fields_array(w, key));
    for (; options != NULL && options->name != NULL; options++) {
        SR_TRY(put_option(w, options));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_command(struct sr_json_writer *w, const struct sr_command *command)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "name", command->name));
    SR_TRY(sr_fields_text(w, "group", command->group));
    SR_TRY(sr_fields_text(w, "synopsis", command->synopsis));
    SR_TRY(sr_fields_text(w, "summary", command->summary));
    SR_TRY(put_options(w, "options", command->options));
    SR_TRY(sr_fields_array(w, "exits"));
    SR_TRY(sr_json_put_u64(w, 0));
    SR_TRY(sr_json_put_u64(w, (uint64_t)sr_status_info(SR_USAGE)->exit_code));
    for (const enum sr_status *s = command->statuses; s != NULL && *s != SR_OK; s++) {
        SR_TRY(sr_json_put_u64(w, (uint64_t)sr_status_info(*s)->exit_code));
    }
    SR_TRY(sr_json_put_u64(w, (uint64_t)sr_status_info(SR_IO)->exit_code));
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

/* command NULL: all of them. */
static enum sr_status print_json(struct sr_json_writer *w, const struct sr_command *command)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_options(w, "common_options", sr_command_common_options));
    SR_TRY(sr_fields_array(w, "commands"));
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        if (command == NULL || command == sr_command_all[i]) {
            SR_TRY(put_command(w, sr_command_all[i]));
        }
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const struct sr_command *command = NULL;
    if (begins_commands(args) && !cli->is_json) {
        sr_help_word(cli, sr_args_positional(args, 0));
        return SR_OK;
    }
    SR_TRY(named_command(args, &command, err));
    if (cli->is_json) {
        return print_json(&cli->json, command);
    }
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
    {"strongroom help keys", "which of them begin with that word?"},
    {"strongroom help keys rotate", "all about one of them"},
    {"strongroom help --man deposit | man -l -", "its man page, without installing it"},
    {.line = NULL},
};

static const struct sr_field FIELDS[] = {
    {"common_options", "array", "options that every command takes"},
    {"common_options[].name", "string", "without the dashes"},
    {"common_options[].value", "string or null", "what its value is called; null: it takes none"},
    {"common_options[].help", "string", "what it does"},
    {"common_options[].required", "boolean", "whether it has to be given"},
    {"common_options[].repeatable", "boolean", "whether it may be given more than once"},
    {"commands", "array", "all of them, or the one that was named"},
    {"commands[].name", "string", "one word or two"},
    {"commands[].group", "string", "the heading it stands under"},
    {"commands[].synopsis", "string", "what follows the name"},
    {"commands[].summary", "string", "what it does"},
    {"commands[].options", "array", "its own options"},
    {"commands[].options[].name", "string", "without the dashes"},
    {"commands[].options[].value", "string or null", "what its value is called"},
    {"commands[].options[].help", "string", "what it does"},
    {"commands[].options[].required", "boolean", "whether it has to be given"},
    {"commands[].options[].repeatable", "boolean", "whether it may be given more than once"},
    {"commands[].exits", "array", "integers: the exit statuses it may end with"},
    {.name = NULL},
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
    .fields = FIELDS,
    .run = run,
};
