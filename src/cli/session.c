/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/screen.h"
#include "keys/passphrase.h"

#define ATTEMPTS 3

void sr_session_actor(char out[SR_ROOM_ACTOR_BYTES_MAX + 1])
{
    char host[HOST_NAME_MAX + 1] = "localhost";
    char lookup[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    (void)gethostname(host, sizeof host - 1);
    (void)getpwuid_r(geteuid(), &entry, lookup, sizeof lookup, &found);
    size_t room = SR_ROOM_ACTOR_BYTES_MAX + 1;
    int wanted = found != NULL ? snprintf(out, room, "%s@%s", found->pw_name, host)
                               : snprintf(out, room, "uid-%u@%s", (unsigned)geteuid(), host);
    if (wanted < 0) {
        (void)snprintf(out, room, "uid-%u", (unsigned)geteuid());
    }
}

enum sr_status sr_session_open(const struct sr_cli *cli, struct sr_room **out, struct sr_err *err)
{
    if (cli->room == NULL) {
        return sr_fail(err, SR_USAGE,
                       "no room to work in; give '--room DIR' or set 'STRONGROOM_ROOM'");
    }
    char actor[SR_ROOM_ACTOR_BYTES_MAX + 1];
    sr_session_actor(actor);
    return sr_room_open(cli->room, actor, NULL, out, err);
}

bool sr_session_has_passphrase(const struct sr_cli *cli)
{
    return cli->passphrase_file != NULL || cli->passphrase_fd >= 0;
}

/* A generated passphrase has a checksum, so a slip in it can be told from a wrong one. */
static enum sr_status check_spelling(const struct sr_secret *passphrase, struct sr_err *err)
{
    if (sr_passphrase_looks_generated(passphrase) && !sr_passphrase_is_generated(passphrase)) {
        return sr_fail(err, SR_UNAUTHENTICATED,
                       "the passphrase looks like a generated one, but a character of it is wrong");
    }
    return SR_OK;
}

enum sr_status sr_session_read_passphrase(const char *file, int fd, struct sr_secret **out,
                                          struct sr_err *err)
{
    SR_AUTO(sr_secret) passphrase = NULL;
    if (file != NULL) {
        SR_TRY(sr_passphrase_from_file(file, &passphrase, err));
    } else {
        SR_TRY(sr_passphrase_from_fd(fd, &passphrase, err));
    }
    SR_TRY(check_spelling(passphrase, err));
    *out = SR_TAKE(passphrase);
    return SR_OK;
}

enum sr_status sr_session_passphrase(const struct sr_cli *cli, const char *prompt, bool confirm,
                                     struct sr_secret **out, struct sr_err *err)
{
    if (sr_session_has_passphrase(cli)) {
        return sr_session_read_passphrase(cli->passphrase_file, cli->passphrase_fd, out, err);
    }
    if (!cli->may_ask) {
        return sr_fail(err, SR_UNAUTHENTICATED,
                       "the passphrase is needed and there is nobody to ask; give "
                       "'--passphrase-file FILE' or '--passphrase-fd N'");
    }
    return sr_passphrase_from_terminal(prompt, confirm, out, err);
}

enum sr_status sr_session_unlock(struct sr_cli *cli, struct sr_room *room, struct sr_err *err)
{
    unsigned attempts = sr_session_has_passphrase(cli) ? 1 : ATTEMPTS;
    enum sr_status status = SR_OK;
    for (unsigned i = 0; i < attempts; i++) {
        SR_AUTO(sr_secret) passphrase = NULL;
        SR_TRY(sr_session_passphrase(cli, "Passphrase of the room", false, &passphrase, err));
        status = sr_room_unlock(room, passphrase, err);
        if (status != SR_UNAUTHENTICATED) {
            return status;
        }
        if (i + 1 < attempts) {
            sr_screen_note(cli, "That is not the passphrase of '%s'.", cli->room);
        }
    }
    return status;
}

enum sr_status sr_session_open_unlocked(struct sr_cli *cli, struct sr_room **out,
                                        struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_session_unlock(cli, room, err));
    *out = SR_TAKE(room);
    return SR_OK;
}
