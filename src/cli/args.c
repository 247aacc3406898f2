/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/nearest.h"

struct given {
    const struct sr_option *option;
    const char *value; /* NULL for an option without one */
};

struct sr_args {
    const struct sr_command *command;
    struct given *given;
    size_t given_count;
    const char **positionals;
    size_t positional_count;
};

/* Where the parser is in the command line. */
struct cursor {
    const char *const *words;
    size_t count;
    size_t at;
    bool options_ended; /* after "--" */
};

static enum sr_status args_new(size_t words, struct sr_args **out, struct sr_err *err)
{
    SR_AUTO(sr_args) args = calloc(1, sizeof *args);
    if (args == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the command line");
    }
    args->given = calloc(words + 1, sizeof args->given[0]);
    args->positionals = calloc(words + 1, sizeof args->positionals[0]);
    if (args->given == NULL || args->positionals == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the command line");
    }
    *out = SR_TAKE(args);
    return SR_OK;
}

void sr_args_free(struct sr_args *args)
{
    if (args == NULL) {
        return;
    }
    free(args->given);
    free(args->positionals);
    free(args);
}

/* Whether the len bytes at word are the start of, or the whole of, what people call a passphrase.
 */
static bool is_passphrase_option(const char *word, size_t len)
{
    static const char *const NAMES[] = {"passphrase", "password", "pass", "pin"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strlen(NAMES[i]) == len && memcmp(NAMES[i], word, len) == 0) {
            return true;
        }
    }
    return false;
}

static void offer_all(struct sr_nearest *nearest, const struct sr_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        sr_nearest_offer(nearest, options->name);
    }
}

/* Only the option's name is quoted: what follows '=' may be a secret. */
static enum sr_status unknown_option(const struct sr_command *command, const char *name, size_t len,
                                     struct sr_err *err)
{
    if (is_passphrase_option(name, len)) {
        return sr_fail(err, SR_USAGE,
                       "a passphrase is never taken from the command line, where every process can "
                       "read it; use '--passphrase-file FILE', '--passphrase-fd N', or wait to be "
                       "asked");
    }
    struct sr_nearest nearest = sr_nearest(name, len);
    offer_all(&nearest, sr_command_common_options);
    offer_all(&nearest, command == NULL ? NULL : command->options);
    int shown = len > 40 ? 40 : (int)len;
    const char *help = command == NULL ? "" : command->name;
    if (nearest.best != NULL) {
        return sr_fail(err, SR_USAGE, "no option '--%.*s'; did you mean '--%s'?", shown, name,
                       nearest.best);
    }
    return sr_fail(err, SR_USAGE, "no option '--%.*s'; try 'strongroom help%s%s'", shown, name,
                   command == NULL ? "" : " ", help);
}

static enum sr_status option_value(struct cursor *c, const struct sr_option *option,
                                   const char *equals, const char **out, struct sr_err *err)
{
    if (option->value == NULL && equals != NULL) {
        return sr_fail(err, SR_USAGE, "option '--%s' takes no value", option->name);
    }
    if (option->value == NULL || equals != NULL) {
        *out = equals == NULL ? NULL : equals + 1;
        return SR_OK;
    }
    if (c->at == c->count) {
        return sr_fail(err, SR_USAGE, "option '--%s' needs a value: %s", option->name,
                       option->value);
    }
    if (strncmp(c->words[c->at], "--", 2) == 0) {
        return sr_fail(err, SR_USAGE,
                       "option '--%s' needs a value: %s; one that starts with dashes is given as "
                       "'--%s=%s'",
                       option->name, option->value, option->name, option->value);
    }
    *out = c->words[c->at++];
    return SR_OK;
}

/* word is "--name" or "--name=value". */
static enum sr_status parse_option(struct cursor *c, struct sr_args *args, const char *word,
                                   struct sr_err *err)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const struct sr_option *option = sr_command_option(args->command, name, len);
    if (option == NULL) {
        return unknown_option(args->command, name, len, err);
    }
    if (!option->is_repeatable && sr_args_has(args, option->name)) {
        return sr_fail(err, SR_USAGE, "option '--%s' is given twice", option->name);
    }
    const char *value = NULL;
    SR_TRY(option_value(c, option, equals, &value, err));
    args->given[args->given_count++] = (struct given){.option = option, .value = value};
    return SR_OK;
}

static enum sr_status unknown_command(const char *word, struct sr_err *err)
{
    struct sr_nearest nearest = sr_nearest(word, strlen(word));
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        sr_nearest_offer(&nearest, sr_command_all[i]->name);
    }
    if (nearest.best != NULL) {
        return sr_fail(err, SR_USAGE, "no command '%s'; did you mean '%s'?", word, nearest.best);
    }
    return sr_fail(err, SR_USAGE, "no command '%s'; try 'strongroom help'", word);
}

/* first begins commands of two words, but not with this second one (an option: there is none). */
static enum sr_status unknown_second_word(const char *first, const char *second, struct sr_err *err)
{
    struct sr_nearest nearest = sr_nearest(second, strlen(second));
    size_t len = strlen(first);
    if (second[0] == '-') {
        return sr_fail(err, SR_USAGE, "'%s' needs a second word; 'strongroom help %s' lists them",
                       first, first);
    }
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const char *name = sr_command_all[i]->name;
        if (strncmp(name, first, len) == 0 && name[len] == ' ') {
            sr_nearest_offer(&nearest, name + len + 1);
        }
    }
    if (nearest.best != NULL) {
        return sr_fail(err, SR_USAGE, "no command '%s %s'; did you mean '%s %s'?", first, second,
                       first, nearest.best);
    }
    return sr_fail(err, SR_USAGE, "no command '%s %s'; 'strongroom help %s' lists them", first,
                   second, first);
}

/* The command is the first word that is no option, or that and the next. */
static enum sr_status parse_command(struct cursor *c, struct sr_args *args, const char *word,
                                    struct sr_err *err)
{
    char words[64] = {0};
    if (c->at < c->count) {
        int wanted = snprintf(words, sizeof words, "%s %s", word, c->words[c->at]);
        if (wanted > 0 && (size_t)wanted < sizeof words) {
            args->command = sr_command_find(words);
        }
    }
    if (args->command != NULL) {
        c->at++;
        return SR_OK;
    }
    args->command = sr_command_find(word);
    if (args->command != NULL) {
        return SR_OK;
    }
    /* "keys" alone, or "keys rotake". */
    if (sr_command_begins(word)) {
        return unknown_second_word(word, c->at < c->count ? c->words[c->at] : "-", err);
    }
    return unknown_command(word, err);
}

static enum sr_status parse_word(struct cursor *c, struct sr_args *args, struct sr_err *err)
{
    const char *word = c->words[c->at++];
    if (!c->options_ended && strcmp(word, "--") == 0) {
        c->options_ended = true;
        return SR_OK;
    }
    if (!c->options_ended && strcmp(word, "-h") == 0) {
        return parse_option(c, args, "--help", err); /* the one habit that everybody has */
    }
    if (!c->options_ended && strncmp(word, "--", 2) == 0) {
        return parse_option(c, args, word, err);
    }
    if (!c->options_ended && word[0] == '-' && word[1] != '\0') {
        return sr_fail(err, SR_USAGE,
                       "no option '%.2s'; options are whole words, as '--json' is; a name that "
                       "starts with a dash comes after '--'",
                       word);
    }
    if (args->command == NULL) {
        return parse_command(c, args, word, err);
    }
    args->positionals[args->positional_count++] = word;
    return SR_OK;
}

static enum sr_status check_positionals(const struct sr_args *args, struct sr_err *err)
{
    static const struct sr_positional NONE = {.name = NULL};
    const struct sr_command *command = args->command;
    const struct sr_positional *p = command->positionals == NULL ? &NONE : command->positionals;
    size_t count = 0;
    for (; p->name != NULL; p++) {
        if (count < args->positional_count) {
            if (args->positionals[count][0] == '\0') {
                return sr_fail(err, SR_USAGE, "'%s' is empty", p->name);
            }
            count = p->is_repeatable ? args->positional_count : count + 1;
        } else if (!p->is_optional) {
            return sr_fail(err, SR_USAGE, "'%s' needs %s: %s; try 'strongroom help %s'",
                           command->name, p->name, p->help, command->name);
        }
    }
    if (count < args->positional_count) {
        return sr_fail(err, SR_USAGE, "unexpected argument '%s'; try 'strongroom help %s'",
                       args->positionals[count], command->name);
    }
    return SR_OK;
}

static enum sr_status check_complete(const struct sr_args *args, struct sr_err *err)
{
    if (args->command == NULL || sr_args_has(args, "help")) {
        return SR_OK;
    }
    for (const struct sr_option *o = args->command->options; o != NULL && o->name != NULL; o++) {
        if (o->is_required && !sr_args_has(args, o->name)) {
            return sr_fail(err, SR_USAGE, "'%s' needs '--%s %s': %s", args->command->name, o->name,
                           o->value, o->help);
        }
    }
    for (size_t i = 0; i < args->given_count; i++) {
        if (args->given[i].value != NULL && args->given[i].value[0] == '\0') {
            return sr_fail(err, SR_USAGE, "the value of '--%s' is empty",
                           args->given[i].option->name);
        }
    }
    return check_positionals(args, err);
}

enum sr_status sr_args_parse(int argc, char **argv, struct sr_args **out, struct sr_err *err)
{
    SR_AUTO(sr_args) args = NULL;
    SR_TRY(args_new((size_t)argc, &args, err));
    assert(args != NULL);
    struct cursor c = {
        .words = (const char *const *)argv,
        .count = (size_t)argc,
        .at = 1,
    };
    while (c.at < c.count) {
        SR_TRY(parse_word(&c, args, err));
    }
    SR_TRY(check_complete(args, err));
    *out = SR_TAKE(args);
    return SR_OK;
}

const struct sr_command *sr_args_command(const struct sr_args *args)
{
    return args->command;
}

const char *sr_args_value_at(const struct sr_args *args, const char *option, size_t index)
{
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, option) == 0 && index-- == 0) {
            return args->given[i].value;
        }
    }
    return NULL;
}

const char *sr_args_value(const struct sr_args *args, const char *option)
{
    return sr_args_value_at(args, option, 0);
}

size_t sr_args_count(const struct sr_args *args, const char *option)
{
    size_t count = 0;
    for (size_t i = 0; i < args->given_count; i++) {
        count += strcmp(args->given[i].option->name, option) == 0;
    }
    return count;
}

bool sr_args_has(const struct sr_args *args, const char *option)
{
    return sr_args_count(args, option) > 0;
}

size_t sr_args_positional_count(const struct sr_args *args)
{
    return args->positional_count;
}

const char *sr_args_positional(const struct sr_args *args, size_t index)
{
    return index < args->positional_count ? args->positionals[index] : NULL;
}
