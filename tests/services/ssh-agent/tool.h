/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SSH_AGENT_TOOL_H
#define SR_TESTS_SSH_AGENT_TOOL_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

/* What the programs behind ssh_agent_test.py have in common. */

enum { FILE_BYTES_MAX = 1 << 20, PATIENCE_MS = 20000 };

static inline enum sr_status read_file(const char *path, struct sr_buf **out, struct sr_err *err)
{
    uint8_t piece[4096];
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, out));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return sr_fail(err, SR_NOT_FOUND, "open '%s'", path);
    }
    enum sr_status status = SR_OK;
    for (ssize_t n = 1; status == SR_OK && n > 0;) {
        n = read(fd, piece, sizeof piece);
        status = n > 0 ? sr_buf_append(*out, sr_bytes(piece, (size_t)n)) : SR_OK;
    }
    (void)close(fd);
    return status;
}

static inline void print(struct sr_bytes data)
{
    (void)fwrite(data.ptr, 1, data.len, stdout);
}

struct tool_command {
    const char *name;
    enum sr_status (*run)(char **args, struct sr_err *err);
    int args;
};

/* What main() returns. */
static inline int tool_main(const struct tool_command *commands, size_t count, int argc,
                            char **argv)
{
    for (size_t i = 0; argc >= 2 && i < count; i++) {
        if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 != commands[i].args) {
            continue;
        }
        struct sr_err err = {0};
        enum sr_status status = commands[i].run(argv + 2, &err);
        if (status != SR_OK) {
            (void)fprintf(stderr, "%s: %s\n", sr_status_info(status)->slug, err.message);
        }
        return status == SR_OK ? 0 : 1;
    }
    (void)fprintf(stderr, "usage: see the top of %s.c\n", argv[0]);
    return 2;
}

#endif /* SR_TESTS_SSH_AGENT_TOOL_H */
