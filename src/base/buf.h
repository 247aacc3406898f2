/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_BUF_H
#define SR_BASE_BUF_H

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * Bytes that we own and that grow, up to a limit fixed at creation. The memory is wiped when it is
 * freed or moved, because encoders put names and plaintext here; keys belong in sr_secret.
 *
 * Not thread-safe.
 */
struct sr_buf;

/*
 * An empty buffer that will never hold more than bytes_max bytes.
 *
 * errors  NO_MEMORY
 */
enum sr_status sr_buf_new(size_t bytes_max, struct sr_buf **out) SR_MUST_USE;
void sr_buf_free(struct sr_buf *b);
SR_DEFINE_AUTO(sr_buf)

/*
 * Make room for len more bytes at the end and set *out to them, zeroed. The pointer is valid until
 * the next call that grows the buffer.
 *
 * errors  TOO_LARGE  over bytes_max
 *         NO_MEMORY
 */
enum sr_status sr_buf_extend(struct sr_buf *b, size_t len, uint8_t **out) SR_MUST_USE;

/* Add a copy of data at the end; data must not point into b. errors as sr_buf_extend(). */
enum sr_status sr_buf_append(struct sr_buf *b, struct sr_bytes data) SR_MUST_USE;

/* What it holds. The view is valid until the buffer grows or is freed. */
struct sr_bytes sr_buf_view(const struct sr_buf *b);

/* Wipe and empty it; the memory is kept. */
void sr_buf_clear(struct sr_buf *b);

#endif /* SR_BASE_BUF_H */
