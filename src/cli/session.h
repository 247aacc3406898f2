/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_SESSION_H
#define SR_CLI_SESSION_H

#include "cli/cli.h"
#include "custody/room.h"

/*
 * The room of this run and the passphrase that opens it: from --passphrase-file, --passphrase-fd,
 * or asked for on the terminal when nobody forbade it.
 */

/* Who acts, "user@host", for the record; NUL-terminated, cut to fit. */
void sr_session_actor(char out[SR_ROOM_ACTOR_BYTES_MAX + 1]);

/*
 * Open the room of --room or STRONGROOM_ROOM, locked.
 *
 * errors  USAGE  neither is there
 *         those of sr_room_open()
 */
enum sr_status sr_session_open(const struct sr_cli *cli, struct sr_room **out,
                               struct sr_err *err) SR_MUST_USE;

/* The same, and unlock it. Who types a wrong passphrase is asked twice more. */
enum sr_status sr_session_open_unlocked(struct sr_cli *cli, struct sr_room **out,
                                        struct sr_err *err) SR_MUST_USE;

/* Whether sr_session_passphrase() would answer without asking anybody. */
bool sr_session_has_passphrase(const struct sr_cli *cli);

/*
 * The passphrase of the common options, or of the terminal.
 *
 * prompt   for the terminal
 * confirm  ask twice: it is a new one
 * errors   UNAUTHENTICATED  there is none and nobody may be asked; err says which option to give
 *          those of keys/passphrase.h
 */
enum sr_status sr_session_passphrase(const struct sr_cli *cli, const char *prompt, bool confirm,
                                     struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

/*
 * The passphrase that a file holds, or, when file is NULL, a file descriptor.
 *
 * errors  UNAUTHENTICATED  it looks like a generated one with a slip in it
 *         those of keys/passphrase.h
 */
enum sr_status sr_session_read_passphrase(const char *file, int fd, struct sr_secret **out,
                                          struct sr_err *err) SR_MUST_USE;

/* Unlock an open room, as sr_session_open_unlocked() does. */
enum sr_status sr_session_unlock(struct sr_cli *cli, struct sr_room *room,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_SESSION_H */
