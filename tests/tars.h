/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_TARS_H
#define SR_TESTS_TARS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/check.h"

/*
 * Tar files for tests, in memory:
 *
 *     struct tars t = {0};
 *     tars_add(&t, '0', "model_config.yaml", "a: 1\n", 5);
 *     findings_of("model.nemo", SR_PROFILE_TENSORS, tars_end(&t));
 */
#define TARS_BYTES (1 << 15)

struct tars {
    uint8_t bytes[TARS_BYTES];
    size_t len;
    size_t last; /* the header that was added last */
};

/* Write the sum of the header at `at`, as it is now. */
static inline void tars_sum(struct tars *t, size_t at)
{
    unsigned sum = 0;
    memset(t->bytes + at + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += t->bytes[at + i];
    }
    (void)snprintf((char *)t->bytes + at + 148, 8, "%06o", sum);
}

/* type '0' a file, '5' a folder, '2' a link to "../x", 'x' pax records, 'L' a long name. */
static inline void tars_add(struct tars *t, char type, const char *name, const void *content,
                            size_t len)
{
    CHECK(t->len + 512 + len + 512 <= sizeof t->bytes);
    uint8_t *h = t->bytes + t->len;
    t->last = t->len;
    memset(h, 0, 512);
    memcpy(h, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(h + 100, "0000644\0000000000\0000000000", 24);
    (void)snprintf((char *)h + 124, 12, "%011o", (unsigned)len);
    memcpy(h + 136, "00000000000", 12);
    h[156] = (uint8_t)type;
    if (type == '1' || type == '2') {
        memcpy(h + 157, "../x", 4);
    }
    memcpy(h + 257, "ustar\00000", 8);
    tars_sum(t, t->len);
    t->len += 512;
    if (len > 0) {
        memset(t->bytes + t->len, 0, (len + 511) / 512 * 512);
        memcpy(t->bytes + t->len, content, len);
        t->len += (len + 511) / 512 * 512;
    }
}

static inline struct sr_bytes tars_end(struct tars *t)
{
    CHECK(t->len + 1024 <= sizeof t->bytes);
    memset(t->bytes + t->len, 0, 1024);
    t->len += 1024;
    return sr_bytes(t->bytes, t->len);
}

#endif /* SR_TESTS_TARS_H */
