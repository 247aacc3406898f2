/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/overview.h"
#include "cli/screen.h"

static void put_options(const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf("  --%s%s%s%s%s\n", options->name, options->value == NULL ? "" : " ",
               options->value == NULL ? "" : options->value,
               options->is_required ? "  (required)" : "",
               options->is_repeatable ? "  (may be given more than once)" : "");
        sr_screen_paragraphs(stdout, options->help, 6);
    }
}

static void put_examples(const struct sr_example *examples)
{
    for (; examples->line != NULL; examples++) {
        printf("  %s\n", examples->line);
        sr_screen_paragraphs(stdout, examples->does, 6);
    }
}

static void put_status(enum sr_status status)
{
    const struct sr_status_info *info = sr_status_info(status);
    printf("  %3d  %-16s %s\n", info->exit_code, info->slug, info->title);
}

static void put_arguments(const struct sr_cli *cli, const struct sr_command *command)
{
    const struct sr_positional *p = command->positionals;
    if (p == NULL) {
        return;
    }
    (void)putchar('\n');
    sr_screen_heading(cli, "Arguments");
    for (; p->name != NULL; p++) {
        printf("  %s%s%s\n", p->name, p->is_repeatable ? "..." : "",
               p->is_optional ? "  (optional)" : "");
        sr_screen_paragraphs(stdout, p->help, 6);
    }
}

static void put_statuses(const struct sr_cli *cli, const struct sr_command *command)
{
    (void)putchar('\n');
    sr_screen_heading(cli, "Exit status");
    put_status(SR_OK);
    put_status(SR_USAGE);
    for (const enum sr_status *s = command->statuses; s != NULL && *s != SR_OK; s++) {
        put_status(*s);
    }
    put_status(SR_IO);
}

void sr_help_command(const struct sr_cli *cli, const struct sr_command *command)
{
    printf("strongroom %s - %s\n\n", command->name, command->summary);
    sr_screen_heading(cli, "Examples");
    put_examples(command->examples);
    (void)putchar('\n');
    sr_screen_heading(cli, "Usage");
    printf("  strongroom %s%s%s\n\n", command->name, command->synopsis[0] == '\0' ? "" : " ",
           command->synopsis);
    sr_screen_paragraphs(stdout, command->description, 2);
    put_arguments(cli, command);
    if (command->options != NULL) {
        (void)putchar('\n');
        sr_screen_heading(cli, "Options");
        put_options(command->options);
    }
    (void)putchar('\n');
    sr_screen_heading(cli, "Options that every command takes");
    put_options(sr_command_common_options);
    put_statuses(cli, command);
    if (command->next != NULL) {
        (void)putchar('\n');
        sr_screen_heading(cli, "Next");
        sr_screen_paragraphs(stdout, command->next, 2);
    }
}

void sr_help_word(const struct sr_cli *cli, const char *word)
{
    size_t len = strlen(word);
    sr_screen_heading(cli, "Commands");
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const struct sr_command *command = sr_command_all[i];
        if (strncmp(command->name, word, len) == 0 && command->name[len] == ' ') {
            printf("  %-22s %s\n", command->name, command->summary);
        }
    }
    printf("\n'strongroom help COMMAND' tells more.\n");
}

void sr_help_overview(const struct sr_cli *cli)
{
    printf("strongroom - %s\n\n", SR_OVERVIEW_SUMMARY);
    sr_screen_heading(cli, "Examples");
    put_examples(sr_overview_examples);
    const char *group = "";
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const struct sr_command *command = sr_command_all[i];
        if (strcmp(group, command->group) != 0) {
            group = command->group;
            (void)putchar('\n');
            sr_screen_heading(cli, group);
        }
        printf("  %-22s %s\n", command->name, command->summary);
    }
    (void)putchar('\n');
    sr_screen_heading(cli, "Options that every command takes");
    put_options(sr_command_common_options);
    printf("\n'strongroom help COMMAND' tells more; so does 'man strongroom'.\n");
}
