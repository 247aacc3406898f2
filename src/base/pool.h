/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_POOL_H
#define SR_BASE_POOL_H

#include "base/secret.h"

/*
 * Locked buffers for plaintext weights on their way through: allocated once, lent out, wiped when
 * they come back. A request cannot make the process allocate.
 *
 * Thread-safe.
 */
struct sr_pool;

#define SR_POOL_BYTES_MAX ((size_t)1 << 32) /* of all buffers together */

/*
 * count_wanted buffers of buffer_bytes each in locked memory; when the limit on locked memory
 * (RLIMIT_MEMLOCK) allows fewer, as many as it does less one, which is left for keys, but at least
 * count_min.
 *
 * buffer_bytes  a multiple of the page size; buffers are page-aligned
 * errors  NO_MEMORY  not even count_min can be locked; err says what limit to raise
 *         IO (as sr_secret_new)
 */
enum sr_status sr_pool_new(size_t buffer_bytes, size_t count_wanted, size_t count_min,
                           struct sr_pool **out, struct sr_err *err) SR_MUST_USE;
/* All buffers must have come back. */
void sr_pool_free(struct sr_pool *p);
SR_DEFINE_AUTO(sr_pool)

size_t sr_pool_buffer_bytes(const struct sr_pool *p);
size_t sr_pool_count(const struct sr_pool *p);

/* Borrow a buffer, waiting until one is free. The caller must not hold others while it waits. */
uint8_t *sr_pool_take(struct sr_pool *p);
/* Borrow one if one is free now, else NULL. */
uint8_t *sr_pool_try_take(struct sr_pool *p);
/* Give it back; its first used_bytes are wiped. */
void sr_pool_give(struct sr_pool *p, uint8_t *buffer, size_t used_bytes);

#endif /* SR_BASE_POOL_H */
