/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <string.h>

#include "cli/command.h"
#include "tests/check.h"

/*
 * What must hold: both spellings of a value give the same, nothing unknown, doubled or missing gets
 * through, and what may be a secret is not repeated in a message.
 */

#define WORDS_MAX 12

static struct sr_err err;

/* Parse "strongroom" and the words; NULL ends them. */
static enum sr_status parse(struct sr_args **out, const char *const *words)
{
    /* As a program's are, the strings must outlive the arguments that point into them. */
    static char copies[WORDS_MAX][128];
    static char program[] = "strongroom";
    char *argv[WORDS_MAX + 2] = {program};
    int argc = 1;
    err = (struct sr_err){0};
    for (; words[argc - 1] != NULL; argc++) {
        (void)snprintf(copies[argc - 1], sizeof copies[0], "%s", words[argc - 1]);
        argv[argc] = copies[argc - 1];
    }
    return sr_args_parse(argc, argv, out, &err);
}

#define PARSE(out, ...) parse((out), (const char *const[]){__VA_ARGS__, NULL})

static bool is_refused(enum sr_status status, const char *with)
{
    bool ok = status == SR_USAGE && strstr(err.message, with) != NULL;
    if (!ok) {
        printf("# %d: %s\n", (int)status, err.message);
    }
    return ok;
}

static void test_nothing_at_all(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(sr_args_parse(0, NULL, &args, &err) == SR_OK);
    CHECK(args != NULL && sr_args_command(args) == NULL);
    CHECK(sr_args_positional(args, 0) == NULL);
}

static void test_options_before_and_after_the_command(void)
{
    SR_AUTO(sr_args) before = NULL;
    CHECK(PARSE(&before, "--json", "errors") == SR_OK);
    CHECK(sr_args_command(before) == sr_command_find("errors"));
    CHECK(sr_args_has(before, "json"));
    SR_AUTO(sr_args) after = NULL;
    CHECK(PARSE(&after, "errors", "--json") == SR_OK);
    CHECK(sr_args_has(after, "json") && !sr_args_has(after, "no-input"));
}

static void test_a_command_takes_its_own_options_only(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(PARSE(&args, "errors", "--markdown") == SR_OK);
    SR_AUTO(sr_args) none = NULL;
    CHECK(is_refused(PARSE(&none, "version", "--markdown"), "no option '--markdown'"));
    CHECK(is_refused(PARSE(&none, "--markdown", "errors"), "no option '--markdown'"));
    CHECK(none == NULL);
}

static void test_arguments_in_order(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(PARSE(&args, "help", "--man", "keys", "rotate") == SR_OK);
    CHECK(strcmp(sr_args_positional(args, 0), "keys") == 0);
    CHECK(strcmp(sr_args_positional(args, 1), "rotate") == 0);
    CHECK(sr_args_positional(args, 2) == NULL);
}

static void test_surplus_and_missing_arguments(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(is_refused(PARSE(&args, "version", "floppy"), "unexpected argument 'floppy'"));
    CHECK(is_refused(PARSE(&args, "deposit", "--name", "n"), "needs PATH"));
    CHECK(is_refused(PARSE(&args, "deposit", "", "--name", "n"), "'PATH' is empty"));
    CHECK(is_refused(PARSE(&args, "deposit", "p"), "needs '--name NAME'"));
    /* Who asks how to use it need not know yet. */
    CHECK(PARSE(&args, "deposit", "--help") == SR_OK);
}

static void test_both_spellings_of_a_value(void)
{
    SR_AUTO(sr_args) spaced = NULL;
    CHECK(PARSE(&spaced, "--room", "here", "version") == SR_OK);
    CHECK(strcmp(sr_args_value(spaced, "room"), "here") == 0);
    SR_AUTO(sr_args) joined = NULL;
    CHECK(PARSE(&joined, "--room=a=b", "version") == SR_OK);
    CHECK(strcmp(sr_args_value(joined, "room"), "a=b") == 0);
    CHECK(sr_args_value_at(joined, "room", 1) == NULL);
}

static void test_bad_values(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(is_refused(PARSE(&args, "version", "--room"), "'--room' needs a value: DIR"));
    CHECK(is_refused(PARSE(&args, "version", "--room", "--json"), "'--room=DIR'"));
    CHECK(is_refused(PARSE(&args, "version", "--room="), "'--room' is empty"));
    CHECK(is_refused(PARSE(&args, "version", "--json=yes"), "'--json' takes no value"));
    CHECK(is_refused(PARSE(&args, "--room", "a", "version", "--room", "b"), "given twice"));
}

static void test_dashes(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(PARSE(&args, "completion", "--", "--json") == SR_OK);
    CHECK(!sr_args_has(args, "json"));
    CHECK(strcmp(sr_args_positional(args, 0), "--json") == 0);
    SR_AUTO(sr_args) lone = NULL;
    CHECK(PARSE(&lone, "completion", "-") == SR_OK);
    CHECK(strcmp(sr_args_positional(lone, 0), "-") == 0);
    SR_AUTO(sr_args) none = NULL;
    CHECK(is_refused(PARSE(&none, "version", "-v"), "no option '-v'"));
    CHECK(PARSE(&none, "version", "-h") == SR_OK && sr_args_has(none, "help"));
}

static void test_no_abbreviation(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(is_refused(PARSE(&args, "version", "--jso"), "did you mean '--json'?"));
    CHECK(is_refused(PARSE(&args, "vers"), "no command 'vers'"));
    CHECK(is_refused(PARSE(&args, "versionn"), "did you mean 'version'?"));
    CHECK(is_refused(PARSE(&args, ""), "no command ''"));
}

static void test_a_passphrase_is_refused_and_not_repeated(void)
{
    SR_AUTO(sr_args) args = NULL;
    CHECK(is_refused(PARSE(&args, "version", "--passphrase", "hunter2"), "--passphrase-file"));
    CHECK(strstr(err.message, "hunter2") == NULL);
    CHECK(is_refused(PARSE(&args, "version", "--password=hunter2"), "every process can read"));
    CHECK(strstr(err.message, "hunter2") == NULL);
    /* A slip in the name of an option that takes none of it either. */
    CHECK(is_refused(PARSE(&args, "version", "--passphrse=hunter2"), "'--passphrse'"));
    CHECK(strstr(err.message, "hunter2") == NULL);
}

static void test_descriptors_are_complete(void)
{
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const struct sr_command *command = sr_command_all[i];
        CHECK(command->summary != NULL && command->description != NULL && command->run != NULL);
        CHECK(command->synopsis != NULL && command->group != NULL);
        CHECK(command->examples != NULL && command->examples[0].line != NULL);
        CHECK(sr_command_find(command->name) == command);
        const struct sr_option *o = command->options;
        for (; o != NULL && o->name != NULL; o++) {
            /* It does not hide a common one, and the synopsis shows it. */
            CHECK(sr_command_option(NULL, o->name, strlen(o->name)) == NULL);
            CHECK(strstr(command->synopsis, o->name) != NULL);
            CHECK(!o->is_required || o->value != NULL);
        }
        const struct sr_positional *p = command->positionals;
        for (; p != NULL && p->name != NULL; p++) {
            CHECK(strstr(command->synopsis, p->name) != NULL);
        }
    }
}

int main(void)
{
    RUN(test_nothing_at_all);
    RUN(test_options_before_and_after_the_command);
    RUN(test_a_command_takes_its_own_options_only);
    RUN(test_arguments_in_order);
    RUN(test_surplus_and_missing_arguments);
    RUN(test_both_spellings_of_a_value);
    RUN(test_bad_values);
    RUN(test_dashes);
    RUN(test_no_abbreviation);
    RUN(test_a_passphrase_is_refused_and_not_repeated);
    RUN(test_descriptors_are_complete);
    return check_done();
}
