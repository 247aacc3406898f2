/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_FOLDER_H
#define SR_BASE_FOLDER_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/status.h"

/*
 * Small durable files, folders and locks inside a room. Everything is relative to an open folder,
 * follows no symbolic link, and is closed on exec. Names are NUL-terminated and trusted, but for
 * what is found in a folder.
 */

/* Close *fd unless it is -1; for SR_CLEANUP. */
void sr_folder_close_fd(int *fd);
/* Move a descriptor out of a scope that would close it. */
void sr_folder_move_fd(int *from, int *to);
#define SR_AUTO_FD SR_CLEANUP(sr_folder_close_fd) int

/* Open the folder name below at (AT_FDCWD is fine). errors  NOT_FOUND, IO */
enum sr_status sr_folder_open(int at, const char *name, int *out_fd,
                              struct sr_err *err) SR_MUST_USE;
/* Make it with mode 0700, durably; fine when it is there. errors  NOT_FOUND (no parent), IO */
enum sr_status sr_folder_make(int at, const char *name, struct sr_err *err) SR_MUST_USE;
/* Make what happened to names in a folder durable. errors  IO */
enum sr_status sr_folder_sync(int fd, struct sr_err *err) SR_MUST_USE;

/* Replace the file name with data, mode 0600: whole, durable, or not at all. errors  IO */
enum sr_status sr_folder_write_file(int at, const char *name, struct sr_bytes data,
                                    struct sr_err *err) SR_MUST_USE;
/* Append the whole of a file to out. errors  NOT_FOUND, TOO_LARGE (out's limit), IO, NO_MEMORY */
enum sr_status sr_folder_read_file(int at, const char *name, struct sr_buf *out,
                                   struct sr_err *err) SR_MUST_USE;
/* Remove a file; fine when it is not there. errors  IO */
enum sr_status sr_folder_remove_file(int at, const char *name, struct sr_err *err) SR_MUST_USE;
/* Remove a file or folder with all below it, at most 128 levels; fine when it is not there.
 * errors  IO, TOO_LARGE, NO_MEMORY */
enum sr_status sr_folder_remove_tree(int at, const char *name, struct sr_err *err) SR_MUST_USE;

/* Call visit with the name of each entry but "." and "..", until it fails. errors  IO, visit's */
enum sr_status
sr_folder_list(int fd, enum sr_status (*visit)(void *ctx, const char *name, struct sr_err *err),
               void *ctx, struct sr_err *err) SR_MUST_USE;

/*
 * A lock on a file that lasts as long as the descriptor is open in some process: an open file
 * description lock, so a crash lets go of it. The file is made when it is not there, and may be
 * removed by a holder of SR_LOCK_EXCLUSIVE, who then holds the lock of a name that is gone.
 */
enum sr_lock_mode { SR_LOCK_SHARED, SR_LOCK_EXCLUSIVE };

/* wait_ms 0: at once or not at all. errors  BUSY  somebody holds it; IO */
enum sr_status sr_folder_lock(int at, const char *name, enum sr_lock_mode mode, unsigned wait_ms,
                              int *out_fd, struct sr_err *err) SR_MUST_USE;
/* Whether somebody else holds a lock on the file; takes none. False when there is no file. */
bool sr_folder_is_locked(int at, const char *name);

#endif /* SR_BASE_FOLDER_H */
