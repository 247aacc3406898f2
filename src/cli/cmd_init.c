/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/founding.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "keys/passphrase.h"

extern const struct sr_command sr_command_init;

static void free_text(char **text)
{
    free(*text);
}

/* The passphrase and a newline go straight from secret memory to the file. */
static enum sr_status write_passphrase(int fd, const char *path, const struct sr_secret *passphrase,
                                       struct sr_err *err)
{
    const uint8_t *bytes = sr_secret_view(passphrase);
    size_t len = sr_secret_len(passphrase);
    bool is_written = write(fd, bytes, len) == (ssize_t)len && write(fd, "\n", 1) == 1;
    if (!is_written || fsync(fd) != 0) {
        (void)unlink(path);
        return sr_fail(err, SR_IO, "write '%s': %s", path, strerror(errno));
    }
    return SR_OK;
}

/* Make a passphrase and store it where only its owner reads it, before anything depends on it. */
static enum sr_status generate(const char *path, struct sr_secret **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_TRY(sr_passphrase_generate(&passphrase, err));
    SR_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        return sr_fail(err, SR_CONFLICT, "'%s' is there already and may be the key to another room",
                       path);
    }
    if (fd < 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "create '%s': %s", path,
                       strerror(errno));
    }
    SR_TRY(write_passphrase(fd, path, passphrase, err));
    *out = SR_TAKE(passphrase);
    return SR_OK;
}

static enum sr_status obtain_passphrase(struct sr_cli *cli, const char *generate_to,
                                        struct sr_secret **out, struct sr_err *err)
{
    if (generate_to != NULL && sr_session_has_passphrase(cli)) {
        return sr_fail(err, SR_USAGE,
                       "'--generate-passphrase' makes a new one: give no other passphrase");
    }
    if (generate_to != NULL) {
        return generate(generate_to, out, err);
    }
    SR_TRY(sr_session_passphrase(cli, "New passphrase for the room", true, out, err));
    if (sr_secret_len(*out) < SR_PASSPHRASE_BYTES_ADVISED) {
        sr_screen_note(cli, "That is short: who copies the room can try out passphrases.");
    }
    return SR_OK;
}

/* Whether the failure means that nothing was made, so that no key can depend on the passphrase. */
static bool made_nothing(enum sr_status status)
{
    return status == SR_CONFLICT || status == SR_NOT_FOUND || status == SR_BUSY ||
           status == SR_MALFORMED || status == SR_DENIED || status == SR_TOO_LARGE;
}

static enum sr_status print_json(struct sr_cli *cli, const char *dir, const struct sr_room *room,
                                 const char *generate_to)
{
    struct sr_json_writer *w = &cli->json;
    const struct sr_id *id = &sr_room_facts(room)->id;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "room", dir));
    SR_TRY(sr_fields_hex(w, "id", sr_bytes(id->bytes, sizeof id->bytes)));
    if (generate_to == NULL) {
        SR_TRY(sr_fields_null(w, "passphrase_file"));
    } else {
        SR_TRY(sr_fields_text(w, "passphrase_file", generate_to));
    }
    return sr_json_close_object(w);
}

static enum sr_status report(struct sr_cli *cli, const char *given_dir, const char *generate_to,
                             struct sr_err *err)
{
    char actor[SR_ROOM_ACTOR_BYTES_MAX + 1];
    sr_session_actor(actor);
    SR_AUTO(sr_room) room = NULL;
    SR_TRY(sr_room_open(given_dir, actor, NULL, &room, err));
    SR_CLEANUP(free_text) char *dir = realpath(given_dir, NULL);
    if (dir == NULL) {
        return sr_fail(err, SR_IO, "find '%s': %s", given_dir, strerror(errno));
    }
    if (cli->is_json) {
        return print_json(cli, dir, room, generate_to);
    }
    sr_screen_line("made room %s", dir);
    if (generate_to != NULL) {
        sr_screen_line("its passphrase is in %s: keep it apart from the room, and keep a copy; "
                       "without it nothing in the room can be read",
                       generate_to);
    }
    sr_screen_next(cli, "strongroom deposit PATH --name NAME --room %s", given_dir);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *dir = sr_args_positional(args, 0);
    const char *generate_to = sr_args_value(args, "generate-passphrase");
    if (cli->room_is_option) {
        return sr_fail(err, SR_USAGE,
                       "'init' makes the room it is given as DIR; leave '--room' out");
    }
    SR_CLEANUP(sr_founding_clear) struct sr_founding founding = {0};
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_TRY(sr_founding_read(args, &founding, err));
    SR_TRY(obtain_passphrase(cli, generate_to, &passphrase, err));
    char actor[SR_ROOM_ACTOR_BYTES_MAX + 1];
    sr_session_actor(actor);
    enum sr_status status = sr_room_create(dir, actor, passphrase, &founding.room, err);
    if (status != SR_OK) {
        if (generate_to != NULL && made_nothing(status)) {
            (void)unlink(generate_to);
        }
        return status;
    }
    return report(cli, dir, generate_to, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "generate-passphrase",
     .value = "FILE",
     .help = "make a passphrase of 256 random bits and write it to FILE, which must not be there "
             "yet and which only you may read",
     .completes = SR_COMPLETES_FILE},
    {.name = "officer",
     .value = "NAME=KEYFILE[:ROLE,...]",
     .help = "one of the first people of the room: a name, the file of a public key (SSH, or PEM), "
             "and roles of the policy, 'officer' if not given",
     .completes = SR_COMPLETES_FILE,
     .is_repeatable = true},
    {.name = "policy",
     .value = "FILE|NAME",
     .help = "who may do what: a file, or 'local', 'tier-1' to 'tier-5'; 'tier-3' if not given and "
             "there are officers, else 'local'",
     .completes = SR_COMPLETES_FILE},
    {.name = "organisation", .value = "TEXT", .help = "whose room it is, for other rooms"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "DIR",
     .help = "the folder to make; it may be there if it is empty",
     .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom init ./room", "make a room; asks twice for a passphrase"},
    {"strongroom init ./room --generate-passphrase ./room.key",
     "for a script or a service: a passphrase that no one has to type"},
    {"strongroom init ./room --officer ada=ada.pub --officer ben=ben.pub:officer,security",
     "a room in which nobody acts alone"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED, SR_BUSY, SR_CANCELLED,
    SR_NO_MEMORY, SR_DENIED,    SR_TOO_LARGE, SR_UNSUPPORTED,     SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"room", "string", "the folder, absolute"},
    {"id", "string", "of the room, 32 hexadecimal digits"},
    {"passphrase_file", "string or null", "where the generated passphrase is"},
    {.name = NULL},
};

const struct sr_command sr_command_init = {
    .name = "init",
    .group = "Rooms",
    .synopsis = "DIR [--generate-passphrase FILE] [--officer NAME=KEYFILE]... [--policy POLICY] "
                "[--organisation TEXT]",
    .summary = "make a room",
    .description =
        "A room is a folder: a catalog of what is in custody, the sealed files, and the room's "
        "key, "
        "which is itself locked under a passphrase. Whoever has the folder and the passphrase can "
        "read everything; whoever has only one of them can read nothing. There is no way back to a "
        "lost passphrase.\n\n"
        "Without people, whoever unlocks the room may do everything in it, and all of it is on "
        "record. With '--officer' the room has people from its first act on; then only they act, "
        "each with a key of their own, as the policy allows. They are the ones who enrol "
        "others.\n\n"
        "What the room signed last is also kept in '~/.local/state/strongroom' (or "
        "'$XDG_STATE_HOME/strongroom'), so that an old copy of the room is not taken for the "
        "room.\n\n"
        "A folder that holds anything is refused.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom deposit PATH --name NAME --room DIR' puts a model into it.",
    .run = run,
};
