/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/man.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "build_config.h"
#include "cli/markup.h"
#include "cli/overview.h"

/* The day the pages' texts last changed. Fixed, so that a build can be reproduced. */
#define PAGE_DATE "2026-11-21"

/* Text that is no request: a line must not begin with '.' or a quote, a hyphen must stay one. */
static void put_text(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.ptr[i];
        bool begins_line = i == 0 || text.ptr[i - 1] == '\n';
        if (begins_line && (c == '.' || c == '\'')) {
            printf("\\&");
        }
        if (c == '\\') {
            printf("\\e");
        } else if (c == '-') {
            printf("\\-");
        } else {
            (void)putchar(c);
        }
    }
}

static void put_string(const char *text)
{
    put_text(sr_text_view(text));
}

/* Prose with markup; code is bold. */
static void put_paragraph(struct sr_bytes paragraph)
{
    struct sr_markup_run run = {0};
    while (sr_markup_next(&paragraph, &run)) {
        printf("%s", run.is_code ? "\\fB" : "");
        put_text(run.text);
        printf("%s", run.is_code ? "\\fR" : "");
    }
    (void)putchar('\n');
}

static void put_prose(const char *text)
{
    struct sr_bytes rest = sr_text_view(text);
    struct sr_bytes paragraph = {0};
    for (bool is_first = true; sr_markup_paragraph(&rest, &paragraph); is_first = false) {
        printf("%s", is_first ? "" : ".PP\n");
        put_paragraph(paragraph);
    }
}

static void put_page_name(const char *name)
{
    for (; *name != '\0'; name++) {
        (void)putchar(*name == ' ' ? '-' : *name);
    }
}

static void put_options(const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf(".TP\n\\fB\\-\\-");
        put_string(options->name);
        printf("\\fR");
        if (options->value != NULL) {
            printf(" \\fI%s\\fR", options->value);
        }
        (void)putchar('\n');
        put_prose(options->help);
        printf("%s", options->is_required ? "Required.\n" : "");
        printf("%s", options->is_repeatable ? "May be given more than once.\n" : "");
    }
}

static void put_examples(const struct sr_example *examples)
{
    printf(".SH EXAMPLES\n");
    for (; examples->line != NULL; examples++) {
        printf(".TP\n\\fB");
        put_string(examples->line);
        printf("\\fR\n");
        put_prose(examples->does);
    }
}

static void put_status(enum sr_status status)
{
    const struct sr_status_info *info = sr_status_info(status);
    printf(".TP\n\\fB%d\\fR (", info->exit_code);
    put_string(info->slug);
    printf(")\n");
    put_string(info->title);
    (void)putchar('\n');
}

static void put_environment(void)
{
    printf(".SH ENVIRONMENT\n");
    for (const struct sr_overview_variable *v = sr_overview_environment; v->name != NULL; v++) {
        printf(".TP\n\\fB%s\\fR\n", v->name);
        put_prose(v->meaning);
    }
}

static void put_fields(const struct sr_field *fields)
{
    if (fields == NULL) {
        return;
    }
    printf(".SH JSON\nWith \\fB\\-\\-json\\fR the result is one object:\n");
    for (; fields->name != NULL; fields++) {
        printf(".TP\n\\fB");
        put_string(fields->name);
        printf("\\fR (%s)\n", fields->type);
        put_prose(fields->meaning);
    }
}

void sr_man_command(const struct sr_command *command)
{
    printf(".\\\" SPDX-License-Identifier: Apache-2.0\n.TH \"STRONGROOM\\-");
    put_page_name(command->name);
    printf("\" 1 \"%s\" \"strongroom %s\" \"strongroom\"\n.SH NAME\nstrongroom\\-", PAGE_DATE,
           SR_VERSION);
    put_page_name(command->name);
    printf(" \\- ");
    put_string(command->summary);
    printf("\n.SH SYNOPSIS\n\\fBstrongroom %s\\fR ", command->name);
    put_string(command->synopsis);
    printf("\n");
    put_examples(command->examples);
    printf(".SH DESCRIPTION\n");
    put_prose(command->description);
    printf(".SH OPTIONS\n");
    for (const struct sr_positional *p = command->positionals; p != NULL && p->name != NULL; p++) {
        printf(".TP\n\\fI%s\\fR\n", p->name);
        put_prose(p->help);
    }
    put_options(command->options);
    put_options(sr_command_common_options);
    put_environment();
    put_fields(command->fields);
    printf(".SH EXIT STATUS\n");
    put_status(SR_OK);
    put_status(SR_USAGE);
    for (const enum sr_status *s = command->statuses; s != NULL && *s != SR_OK; s++) {
        put_status(*s);
    }
    put_status(SR_IO);
    printf(".SH SEE ALSO\n\\fBstrongroom\\fR(1)\n");
}

void sr_man_overview(void)
{
    printf(".\\\" SPDX-License-Identifier: Apache-2.0\n"
           ".TH \"STRONGROOM\" 1 \"%s\" \"strongroom %s\" \"strongroom\"\n"
           ".SH NAME\nstrongroom \\- %s\n"
           ".SH SYNOPSIS\n\\fBstrongroom\\fR \\fIcommand\\fR [\\fIargument\\fR ...]\n",
           PAGE_DATE, SR_VERSION, SR_OVERVIEW_SUMMARY);
    put_examples(sr_overview_examples);
    printf(".SH DESCRIPTION\n");
    put_prose(sr_overview_description);
    printf(".SH COMMANDS\n");
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        printf(".TP\n\\fBstrongroom\\-");
        put_page_name(sr_command_all[i]->name);
        printf("\\fR(1)\n");
        put_prose(sr_command_all[i]->summary);
    }
    printf(".SH OPTIONS\nEvery command takes these.\n");
    put_options(sr_command_common_options);
    put_environment();
    printf(".SH EXIT STATUS\n");
    for (unsigned i = 0; i < SR_STATUS_COUNT; i++) {
        put_status((enum sr_status)i);
    }
}
