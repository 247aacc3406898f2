/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_KEYS_H
#define SR_FORMATS_KEYS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * The keys of one map that is being read: no two are equal. Those that are not views of the input,
 * because an escape was resolved, are copied.
 */
struct sr_keys;

/* errors  NO_MEMORY */
enum sr_status sr_keys_new(struct sr_keys **out) SR_MUST_USE;
void sr_keys_free(struct sr_keys *k);
SR_DEFINE_AUTO(sr_keys)

/*
 * Add a key; *key becomes a view that is valid as long as k when it has to be copied.
 *
 * errors  CONFLICT   it is there already
 *         NO_MEMORY
 */
enum sr_status sr_keys_add(struct sr_keys *k, struct sr_bytes *key, bool is_copied) SR_MUST_USE;

size_t sr_keys_count(const struct sr_keys *k);

#endif /* SR_FORMATS_KEYS_H */
