/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <string.h>

#include "build_config.h"

#define COMMAND(name) extern const struct sr_command sr_command_##name;
#include "cli/commands.def"
#undef COMMAND

const struct sr_command *const sr_command_all[] = {
#define COMMAND(name) &sr_command_##name,
#include "cli/commands.def"
#undef COMMAND
    NULL,
};

const struct sr_option sr_command_common_options[] = {
    {.name = "room",
     .value = "DIR",
     .help = "the room to work in; without it, 'STRONGROOM_ROOM' from the environment",
     .completes = SR_COMPLETES_FOLDER},
    {.name = "passphrase-file",
     .value = "FILE",
     .help = "read the passphrase from FILE, which only you may read",
     .completes = SR_COMPLETES_FILE},
    {.name = "passphrase-fd",
     .value = "N",
     .help = "read the passphrase from the open file descriptor N"},
    {.name = "json", .help = "print the result, or the failure, as one JSON object"},
    {.name = "no-input", .help = "never ask; fail where an answer would be needed"},
    {.name = "help", .help = "show how to use the command"},
    {.name = NULL},
};

const struct sr_command *sr_command_find(const char *words)
{
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        if (strcmp(words, sr_command_all[i]->name) == 0) {
            return sr_command_all[i];
        }
    }
    return NULL;
}

bool sr_command_begins(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; sr_command_all[i] != NULL; i++) {
        const char *name = sr_command_all[i]->name;
        if (strncmp(name, word, len) == 0 && name[len] == ' ') {
            return true;
        }
    }
    return false;
}

static const struct sr_option *find(const struct sr_option *options, const char *name, size_t len)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (strlen(options->name) == len && memcmp(options->name, name, len) == 0) {
            return options;
        }
    }
    return NULL;
}

const struct sr_option *sr_command_option(const struct sr_command *command, const char *name,
                                          size_t len)
{
    const struct sr_option *option = find(sr_command_common_options, name, len);
    return option != NULL || command == NULL ? option : find(command->options, name, len);
}
