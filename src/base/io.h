/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_IO_H
#define SR_BASE_IO_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * Where bytes come from and go to, for code that must not know: seal/ works on these, store/ and
 * custody/ supply them. Interfaces only; this room does no input or output.
 *
 * Both may be called by several threads at once, with any offsets.
 */

struct sr_source {
    /*
     * Fill out with exactly len bytes from offset.
     *
     * errors  TRUNCATED  the source ends before offset + len
     *         IO         the medium failed; message says where
     */
    enum sr_status (*read_at)(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                              struct sr_err *err);
    void *ctx;
    uint64_t bytes; /* its length when it was opened */
    /*
     * Lend len bytes from offset in place, or NULL: read_at() has them. Only for sources whose
     * bytes are in memory and cannot change, so never for a mapping of a file. May be NULL.
     */
    const uint8_t *(*view_at)(void *ctx, uint64_t offset, size_t len);
};

struct sr_sink {
    /*
     * Put all of data at offset. Durable only after whoever opened the sink has synced it.
     *
     * errors  IO  the medium failed or is full; message says which
     */
    enum sr_status (*write_at)(void *ctx, uint64_t offset, struct sr_bytes data,
                               struct sr_err *err);
    void *ctx;
};

#endif /* SR_BASE_IO_H */
