/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_KEYS_PRIVATE_FILE_H
#define SR_KEYS_PRIVATE_FILE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * A small file that only its owner can read, and that changes all at once or not at all: whoever
 * opens it, and whenever this process is killed, finds the old or the new content, never parts.
 *
 * New content is written to "<name>.new-<16 hex digits>" beside it, synced, put in place by link()
 * or rename(), and the folder synced. What a killed process left of that kind is removed by the
 * next change. Needs a file system with hard links, atomic rename and flock().
 *
 * path is trusted and NUL-terminated. Thread-safe; safe between processes.
 */

/*
 * Append the content of the file, at most bytes_max, to out.
 *
 * errors  NOT_FOUND
 *         DENIED     open to group or others, a link, or not a regular file
 *         TOO_LARGE  over bytes_max
 *         IO, NO_MEMORY
 */
enum sr_status sr_private_file_read(const char *path, size_t bytes_max, struct sr_buf *out,
                                    struct sr_err *err) SR_MUST_USE;

/*
 * Make the file, durably.
 *
 * errors  CONFLICT   there is something of this name already
 *         NOT_FOUND  no such folder
 *         IO, INTERNAL, NO_MEMORY
 */
enum sr_status sr_private_file_create(const char *path, struct sr_bytes content,
                                      struct sr_err *err) SR_MUST_USE;

/*
 * Put content in the place of the file, durably, if what it holds now is expected.
 *
 * errors  CONFLICT  it holds something else: somebody has changed it
 *         BUSY      somebody is changing it now
 *         NOT_FOUND, DENIED, IO, INTERNAL, NO_MEMORY; after IO it may hold either content
 */
enum sr_status sr_private_file_replace(const char *path, struct sr_bytes expected,
                                       struct sr_bytes content, struct sr_err *err) SR_MUST_USE;

#endif /* SR_KEYS_PRIVATE_FILE_H */
