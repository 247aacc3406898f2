/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_MAGIC_H
#define SR_ARTIFACT_MAGIC_H

#include <stdbool.h>

#include "base/bytes.h"

/* First bytes that tell what a file is, as data. */
struct sr_magic {
    const char *title; /* "an ELF program" */
    const char *bytes; /* len of them */
    uint16_t len;
    uint16_t offset; /* in the file */
};

/* A row of a table: SR_MAGIC("an ELF program", 0, "\x7f" "ELF"). */
#define SR_MAGIC(title, offset, bytes)                                                             \
    {                                                                                              \
        title, bytes, sizeof bytes - 1, offset                                                     \
    }

/* The first of count rows that file (hostile) has; NULL: none. */
const struct sr_magic *sr_magic_find(const struct sr_magic *table, size_t count,
                                     struct sr_bytes file);

/* The part of a path after its last slash. */
struct sr_bytes sr_magic_base_name(struct sr_bytes path);

#endif /* SR_ARTIFACT_MAGIC_H */
