/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_NAMESET_H
#define SR_FORMATS_NAMESET_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * A set of names, numbered 0, 1, 2... in the order of adding: how decoders find out that a name is
 * there twice, and tensors are found by name. Names are hostile: the hash is SipHash-2-4 with a key
 * that the kernel drew for this process, so nobody can prepare names that collide. Nothing that
 * comes out depends on the key.
 *
 * The names themselves are the caller's and have to outlive the set. One thread adds; when it is
 * done, any number may look up.
 */
struct sr_nameset;

/* errors  NO_MEMORY */
enum sr_status sr_nameset_new(struct sr_nameset **out) SR_MUST_USE;
void sr_nameset_free(struct sr_nameset *s);
SR_DEFINE_AUTO(sr_nameset)

/*
 * errors  CONFLICT  name is there already
 *         TOO_LARGE over 2^31 names
 *         NO_MEMORY
 */
enum sr_status sr_nameset_add(struct sr_nameset *s, struct sr_bytes name) SR_MUST_USE;

/*
 * Make room for extra more names: as many adds then fail at most with CONFLICT.
 * errors  TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_nameset_reserve(struct sr_nameset *s, size_t extra) SR_MUST_USE;

size_t sr_nameset_count(const struct sr_nameset *s);
/* The name's number; false when it is not there. */
bool sr_nameset_find(const struct sr_nameset *s, struct sr_bytes name, size_t *out_index);

/* source  Aumasson and Bernstein, SipHash: a fast short-input PRF, 2012, section 2 */
#define SR_NAMESET_KEY_BYTES 16
uint64_t sr_nameset_hash(const uint8_t key[SR_NAMESET_KEY_BYTES], struct sr_bytes data);

#endif /* SR_FORMATS_NAMESET_H */
