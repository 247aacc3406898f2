/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_HDF5_REPAIR_H
#define SR_TESTS_HDF5_REPAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

/*
 * Put right the checksum that a decoder complained of, as one would who makes a hostile file, so
 * that tests and fuzzers come to what is behind it. False when err says something else.
 */
static inline bool hdf5_repair(uint8_t *file, size_t file_len, const struct sr_err *err)
{
    const char *at = strstr(err->message, "checksum of ");
    char *end = NULL;
    if (at == NULL) {
        return false;
    }
    uint64_t len = strtoull(at + strlen("checksum of "), &end, 10);
    uint64_t offset = strtoull(end + strlen(" bytes at byte "), &end, 10);
    uint64_t right = strtoull(end + strlen(" is "), &end, 16);
    if (offset > file_len || file_len - offset < 4 || len > file_len - offset - 4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        file[offset + len + i] = (uint8_t)(right >> (8 * i));
    }
    return true;
}

#endif /* SR_TESTS_HDF5_REPAIR_H */
