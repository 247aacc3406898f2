/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_OUTPUT_FILE_H
#define SR_CLI_OUTPUT_FILE_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * Write what a command was asked to put into a file: whole and durable, or not at all. A file that
 * is there is replaced. path is NUL-terminated, as on the command line.
 *
 * errors  NOT_FOUND  the folder; TOO_LARGE  the name is too long; IO
 */
enum sr_status sr_output_file_write(const char *path, struct sr_bytes content,
                                    struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_OUTPUT_FILE_H */
