/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_NEW_FILE_H
#define SR_CLI_NEW_FILE_H

#include "base/attr.h"
#include "base/status.h"

/*
 * A file that a command makes: it appears under its name when it is whole and durable, or not at
 * all, and never in place of another. Until then it lies beside it under a name of its own.
 */
struct sr_new_file;

/*
 * Begin. path is NUL-terminated, as on the command line.
 *
 * errors  CONFLICT   something of that name is there
 *         NOT_FOUND  the folder; TOO_LARGE: the name; USAGE: it has none
 *         NO_MEMORY, IO
 */
enum sr_status sr_new_file_new(const char *path, struct sr_new_file **out,
                               struct sr_err *err) SR_MUST_USE;
/* Takes away what was not finished. */
void sr_new_file_free(struct sr_new_file *f);
SR_DEFINE_AUTO(sr_new_file)

/* Open for reading and writing; empty at first; open as long as f. */
void sr_new_file_fd(const struct sr_new_file *f, int *out_fd);

/* Sync it and give it its name. errors  CONFLICT (something came before it), IO */
enum sr_status sr_new_file_finish(struct sr_new_file *f, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_NEW_FILE_H */
