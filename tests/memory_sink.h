/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_MEMORY_SINK_H
#define SR_TESTS_MEMORY_SINK_H

#include <stdint.h>
#include <string.h>

#include "base/io.h"
#include "tests/check.h"

/* A sink that keeps what is written, each byte once. */
#define MEMORY_SINK_BYTES (1 << 16)

struct memory_sink {
    uint8_t bytes[MEMORY_SINK_BYTES];
    uint8_t times[MEMORY_SINK_BYTES]; /* each byte was written */
    size_t written;
    unsigned writes_left; /* then it fails; 0: it never does */
};

static inline enum sr_status memory_sink_write(void *ctx, uint64_t offset, struct sr_bytes data,
                                               struct sr_err *err)
{
    struct memory_sink *s = ctx;
    if (s->writes_left > 0 && --s->writes_left == 0) {
        return sr_fail(err, SR_IO, "the disk is full");
    }
    CHECK(offset <= sizeof s->bytes && data.len <= sizeof s->bytes - offset);
    if (offset <= sizeof s->bytes && data.len <= sizeof s->bytes - offset) {
        memcpy(s->bytes + offset, data.ptr, data.len);
        for (size_t i = 0; i < data.len; i++) {
            CHECK(s->times[offset + i]++ == 0);
        }
        s->written += data.len;
    }
    return SR_OK;
}

static inline struct sr_sink memory_sink(struct memory_sink *s)
{
    return (struct sr_sink){.write_at = memory_sink_write, .ctx = s};
}

#endif /* SR_TESTS_MEMORY_SINK_H */
