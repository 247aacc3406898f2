/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/fields.h"
#include "cli/identity.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "custody/rotate.h"
#include "keys/passphrase.h"

extern const struct sr_command sr_command_keys_rotate;

static void free_text(char **text)
{
    free(*text);
}

/* The room's name again: the folder's, or its path as it was given. */
static enum sr_status confirm(const struct sr_cli *cli, const struct sr_args *args,
                              struct sr_err *err)
{
    SR_CLEANUP(free_text) char *dir = realpath(cli->room, NULL);
    if (dir == NULL) {
        return sr_fail(err, SR_IO, "find '%s': %s", cli->room, strerror(errno));
    }
    const char *slash = strrchr(dir, '/');
    const char *const names[] = {slash[1] == '\0' ? dir : slash + 1, dir, cli->room, NULL};
    return sr_confirm(cli, args,
                      "The room gets new keys: copies of its keys folder made before open it no "
                      "more.",
                      names, err);
}

/* *out stays NULL when the passphrase is to stay. */
static enum sr_status new_passphrase(const struct sr_cli *cli, const struct sr_args *args,
                                     struct sr_secret **out, struct sr_err *err)
{
    const char *file = sr_args_value(args, "new-passphrase-file");
    const char *fd_text = sr_args_value(args, "new-passphrase-fd");
    bool ask = sr_args_has(args, "ask-new-passphrase");
    if ((file != NULL) + (fd_text != NULL) + ask > 1) {
        return sr_fail(err, SR_USAGE, "give one new passphrase, not several");
    }
    if (ask && !cli->may_ask) {
        return sr_fail(err, SR_USAGE,
                       "there is nobody to ask for the new passphrase; give "
                       "'--new-passphrase-file FILE' or '--new-passphrase-fd N'");
    }
    if (ask) {
        return sr_passphrase_from_terminal("New passphrase for the room", true, out, err);
    }
    int fd = -1;
    if (fd_text != NULL) {
        SR_TRY(sr_cli_parse_fd("new-passphrase-fd", fd_text, &fd, err));
    }
    return file == NULL && fd_text == NULL ? SR_OK : sr_session_read_passphrase(file, fd, out, err);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_AUTO(sr_secret) fresh = NULL;
    struct sr_rotate_result result = {0};
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(confirm(cli, args, err));
    SR_TRY(sr_session_passphrase(cli, "Passphrase of the room", false, &passphrase, err));
    SR_TRY(new_passphrase(cli, args, &fresh, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    identity.as.asks = true;
    sr_room_act_as(room, &identity.as);
    SR_TRY(sr_rotate(room, passphrase, fresh, &result, err));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_u64(&cli->json, "epoch", result.epoch));
        SR_TRY(sr_fields_u64(&cli->json, "slots", result.slots));
        SR_TRY(sr_fields_bool(&cli->json, "new_passphrase", fresh != NULL));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("rotated to epoch %llu: %llu key%s wrapped anew, no sealed file touched",
                   (unsigned long long)result.epoch, (unsigned long long)result.slots,
                   result.slots == 1 ? "" : "s");
    sr_screen_line("%s", fresh != NULL ? "the new passphrase is in force"
                                       : "the passphrase is the same as before");
    sr_screen_next(cli, "strongroom verify --all");
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "confirm",
     .value = "ROOM",
     .help = "the name of the room's folder once more, where there is nobody to ask for it"},
    {.name = "new-passphrase-file",
     .value = "FILE",
     .help = "from now on the passphrase is the one in FILE, which only you may read",
     .completes = SR_COMPLETES_FILE},
    {.name = "new-passphrase-fd",
     .value = "N",
     .help = "the same, from the open file descriptor N; if it is that of '--passphrase-fd', the "
             "next line"},
    {.name = "ask-new-passphrase", .help = "ask for a new passphrase on the terminal"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom keys rotate --ask-new-passphrase", "new keys, and a new passphrase"},
    {"strongroom keys rotate --confirm room --passphrase-file old.key --new-passphrase-file "
     "new.key",
     "from a script"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED, SR_DENIED,
    SR_PENDING,   SR_CORRUPT,   SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY,       SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"epoch", "integer", "of the room's group keys from now on"},
    {"slots", "integer", "how many data keys were wrapped anew"},
    {"new_passphrase", "boolean", "whether the passphrase was changed, too"},
    {.name = NULL},
};

const struct sr_command sr_command_keys_rotate = {
    .name = "keys rotate",
    .group = "Rooms",
    .synopsis = "[--confirm ROOM] [--new-passphrase-file FILE | --new-passphrase-fd N | "
                "--ask-new-passphrase] " SR_IDENTITY_SYNOPSIS,
    .summary = "replace the room's keys, and its passphrase if wanted",
    .description =
        "A new root key and new group keys are made and every data key is wrapped anew. Sealed "
        "files are not touched, so it takes moments whatever their size. Old copies of the keys "
        "folder do not open the room any more; what somebody has already read or copied with the "
        "old keys stays readable to them.\n\n"
        "Programs that have the room open go on with what they have opened, and must open the room "
        "again for more.",
    .options = OPTIONS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom verify --all' proves that everything opens with the new keys.",
    .run = run,
};
