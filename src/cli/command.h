/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_COMMAND_H
#define SR_CLI_COMMAND_H

#include "base/status.h"
#include "cli/args.h"
#include "cli/cli.h"

/*
 * A command, as data. Each is one file, src/cli/cmd_<name>.c, that exports one
 * `const struct sr_command sr_command_<name>`, and one line in src/cli/commands.def. Parsing, help,
 * man pages, docs/cli/ and the shells' completion are all made from these structs and from nothing
 * else, so what is not here does not exist.
 *
 * A name may be two words, "keys rotate": then the file is cmd_keys_rotate.c, the struct
 * sr_command_keys_rotate, the line COMMAND(keys_rotate), and the name in src/cli/meson.build 'keys
 * rotate'. Commands with the same first word stand side by side in commands.def; nothing else has
 * to know of the first word. 'strongroom help keys' lists them.
 *
 * Texts are plain ASCII. In descriptions and help a name in single quotes is shown as code.
 */

/* What a shell may offer to complete a value with. */
enum sr_completes {
    SR_COMPLETES_NOTHING,
    SR_COMPLETES_FILE,
    SR_COMPLETES_FOLDER,
    SR_COMPLETES_REF,     /* an artifact of the room */
    SR_COMPLETES_KIND,    /* a kind of artifact */
    SR_COMPLETES_COMMAND, /* a command of this program */
    SR_COMPLETES_SHELL    /* bash, zsh, fish */
};

struct sr_option {
    const char *name;  /* without the dashes; NULL ends a list */
    const char *value; /* what help calls the value, "FILE"; NULL: the option takes none */
    const char *help;  /* lower case, no full stop */
    enum sr_completes completes;
    bool is_required;
    bool is_repeatable;
};

struct sr_positional {
    const char *name; /* what help calls it, "REF"; NULL ends a list */
    const char *help;
    enum sr_completes completes;
    bool is_optional;   /* only the last ones may be */
    bool is_repeatable; /* only the last one may be; sr_args_positional_count() says how many */
};

struct sr_example {
    const char *line; /* what to type; NULL ends a list */
    const char *does; /* lower case, no full stop */
};

/* A field of the object that --json prints: part of the contract with scripts. */
struct sr_field {
    const char *name; /* "versions[].name"; NULL ends a list */
    const char *type; /* string, integer, boolean, array, object; "or null" where it may be */
    const char *meaning;
};

struct sr_command {
    const char *name;        /* one word, or two with a space between */
    const char *group;       /* the heading that help shows it under */
    const char *synopsis;    /* what follows the name, without the common options; "" for nothing */
    const char *summary;     /* one line, lower case, no full stop */
    const char *description; /* paragraphs with an empty line between */
    const struct sr_option *options;         /* beside the common ones; NULL for none */
    const struct sr_positional *positionals; /* NULL for none */
    const struct sr_example *examples;       /* at least one */
    const enum sr_status *statuses; /* how it may end, beside OK, USAGE and IO; OK ends the list */
    const struct sr_field *fields;  /* NULL: no result as JSON beyond what the description says */
    const char *next;               /* what one does next; NULL for nothing in particular */

    /*
     * Do it. The result goes to stdout through cli/output.h, nothing to stderr: main() reports
     * failures and turns the status into the exit code. args has passed the parser: required
     * values are there, and nothing that the descriptor does not have.
     */
    enum sr_status (*run)(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err);
};

/* Options that every command takes. */
extern const struct sr_option sr_command_common_options[];

/* All commands in the order of commands.def; ends with NULL. */
extern const struct sr_command *const sr_command_all[];

/* The command that words names, "keys rotate"; NULL when there is none. */
const struct sr_command *sr_command_find(const char *words);

/* Whether word is the first of the two words of some command. */
bool sr_command_begins(const char *word);

/* The option of command (NULL: of none) or the common one with this name of len bytes, or NULL. */
const struct sr_option *sr_command_option(const struct sr_command *command, const char *name,
                                          size_t len);

#endif /* SR_CLI_COMMAND_H */
