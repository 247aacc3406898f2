/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/markdown.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/markup.h"
#include "cli/overview.h"

#define NOTICE "<!-- Generated from the program by tools/regen-docs; do not edit. -->\n"

/* What follows an exit code's first digits: who can do something about it. */
static const struct {
    int exit_code_min;
    const char *title;
    const char *advice;
} GROUPS[] = {
    {0, "Success", "Nothing to do."},
    {1, "Inspection",
     "What was inspected does not pass: the report says why and what to do instead. 'inspect' "
     "ends with 1 or 2 and nothing else."},
    {2, "Usage",
     "The command line or the request is wrong: read the message, then "
     "'strongroom help COMMAND'."},
    {10, "The request",
     "The request was understood but cannot be served as it is: change it or "
     "what it names."},
    {20, "Permission", "Somebody else has to allow it, or the passphrase is wrong."},
    {30, "Stored data",
     "Something that is in custody was altered or damaged. Nothing of it was "
     "handed out. Keep the room as it is and call whoever is in charge of it."},
    {40, "Try again",
     "Nothing is wrong with the request; later, or with another build, it may "
     "work."},
    {50, "This machine",
     "Memory, disk or the operating system: repair that and try again. "
     "'strongroom doctor' helps."},
    {70, "A bug", "Please report it, with the whole message."},
};

/* Prose; '|' would end a table cell, '<' begin a tag. */
static void put_text(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.ptr[i];
        printf("%s%c", strchr("|<*_", c) == NULL ? "" : "\\", c);
    }
}

static void put_paragraph(struct sr_bytes paragraph)
{
    struct sr_markup_run run = {0};
    while (sr_markup_next(&paragraph, &run)) {
        if (run.is_code) {
            printf("`%.*s`", (int)run.text.len, (const char *)run.text.ptr);
        } else {
            put_text(run.text);
        }
    }
}

static void put_prose(const char *text)
{
    struct sr_bytes rest = sr_text_view(text);
    struct sr_bytes paragraph = {0};
    for (bool is_first = true; sr_markup_paragraph(&rest, &paragraph); is_first = false) {
        printf("%s", is_first ? "" : "\n\n");
        put_paragraph(paragraph);
    }
}

static void put_options(const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf("| `--%s%s%s` | ", options->name, options->value == NULL ? "" : " ",
               options->value == NULL ? "" : options->value);
        put_prose(options->help);
        printf("%s%s |\n", options->is_required ? " (required)" : "",
               options->is_repeatable ? " (may be given more than once)" : "");
    }
}

static void put_arguments(const struct sr_command *command)
{
    if (command->positionals == NULL && command->options == NULL) {
        return;
    }
    printf("\n## Arguments and options\n\n| what | meaning |\n| --- | --- |\n");
    for (const struct sr_positional *p = command->positionals; p != NULL && p->name != NULL; p++) {
        printf("| `%s` | ", p->name);
        put_prose(p->help);
        printf("%s%s |\n", p->is_repeatable ? " (may be repeated)" : "",
               p->is_optional ? " (optional)" : "");
    }
    put_options(command->options);
}

static void put_examples(const struct sr_example *examples)
{
    printf("\n## Examples\n\n");
    for (; examples->line != NULL; examples++) {
        printf("- `%s`  \n  ", examples->line);
        put_prose(examples->does);
        (void)putchar('\n');
    }
}

static void put_fields(const struct sr_field *fields)
{
    if (fields == NULL) {
        return;
    }
    printf("\n## Result with --json\n\n| field | type | meaning |\n| --- | --- | --- |\n");
    for (; fields->name != NULL; fields++) {
        printf("| `%s` | %s | ", fields->name, fields->type);
        put_prose(fields->meaning);
        printf(" |\n");
    }
}

static void put_status_row(enum sr_status status)
{
    const struct sr_status_info *info = sr_status_info(status);
    printf("| %d | [`%s`](../errors.md#%s) | %s |\n", info->exit_code, info->slug, info->slug,
           info->title);
}

void sr_markdown_command(const struct sr_command *command)
{
    printf(NOTICE "# strongroom %s\n\n", command->name);
    put_prose(command->summary);
    printf(".\n\n    strongroom %s%s%s\n", command->name, command->synopsis[0] == '\0' ? "" : " ",
           command->synopsis);
    put_examples(command->examples);
    printf("\n## Description\n\n");
    put_prose(command->description);
    (void)putchar('\n');
    put_arguments(command);
    printf("\nThe [options that every command takes](README.md#options-that-every-command-takes) "
           "come on top.\n");
    put_fields(command->fields);
    printf("\n## Exit status\n\n| code | name | meaning |\n| --- | --- | --- |\n");
    put_status_row(SR_OK);
    put_status_row(SR_USAGE);
    for (const enum sr_status *s = command->statuses; s != NULL && *s != SR_OK; s++) {
        put_status_row(*s);
    }
    put_status_row(SR_IO);
    if (command->next != NULL) {
        printf("\n## Next\n\n");
        put_prose(command->next);
        (void)putchar('\n');
    }
}

static void put_page_link(const char *name)
{
    printf("[`%s`](", name);
    for (; *name != '\0'; name++) {
        (void)putchar(*name == ' ' ? '-' : *name);
    }
    printf(".md)");
}

void sr_markdown_overview(void)
{
    printf(NOTICE "# strongroom on the command line\n\n");
    put_prose(sr_overview_description);
    (void)putchar('\n');
    put_examples(sr_overview_examples);
    printf("\n## Commands\n\n| command | what it does |\n| --- | --- |\n");
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        printf("| ");
        put_page_link(sr_command_all[i]->name);
        printf(" | ");
        put_prose(sr_command_all[i]->summary);
        printf(" |\n");
    }
    printf("\n## Options that every command takes\n\n| option | meaning |\n| --- | --- |\n");
    put_options(sr_command_common_options);
    printf("\n## Environment\n\n| variable | meaning |\n| --- | --- |\n");
    for (const struct sr_overview_variable *v = sr_overview_environment; v->name != NULL; v++) {
        printf("| `%s` | ", v->name);
        put_prose(v->meaning);
        printf(" |\n");
    }
    printf("\n## Failures\n\nA failure is one line on standard error, `strongroom: NAME: MESSAGE`, "
           "and an exit status;\nboth come from the list in [errors.md](../errors.md). With "
           "`--json` it is an object after RFC 9457:\n`type`, `title`, `status` (of HTTP), "
           "`detail`, `code` (the name) and `exit`.\n");
}

void sr_markdown_errors(void)
{
    printf(NOTICE "# Every way to fail\n\nOne list for the command line, HTTP and the library. "
                  "Names and numbers never change.\n");
    size_t group = 0;
    for (unsigned i = 0; i < SR_STATUS_COUNT; i++) {
        const struct sr_status_info *info = sr_status_info((enum sr_status)i);
        if (group < sizeof GROUPS / sizeof GROUPS[0] &&
            info->exit_code >= GROUPS[group].exit_code_min) {
            printf("\n## %s\n\n", GROUPS[group].title);
            put_prose(GROUPS[group].advice);
            (void)putchar('\n');
            group++;
        }
        printf("\n### %s\n\nExit status %d, HTTP status %d: %s.\n", info->slug, info->exit_code,
               info->http_status, info->title);
    }
}
