/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_JSON_WALK_H
#define SR_FORMATS_JSON_WALK_H

#include "base/attr.h"
#include "base/status.h"
#include "formats/event.h"

/*
 * JSON (RFC 8259) without a tree: for texts of which the tree would be too much (a tokenizer has a
 * million values), and for numbers that no int64 holds. As strict as json.h: UTF-8 only, no
 * duplicate keys after escapes are resolved, no lone surrogates, nothing after the value; but NUL
 * is allowed in a string, where tokens of vocabularies have it. Memory: the keys of the maps that
 * are open. source  docs/formats/json.md (rules J-n)
 */

#define SR_JSON_WALK_BYTES_MAX ((size_t)256 << 20)
/* Keys of the maps that are open at one time; the largest vocabularies have 300,000. */
#define SR_JSON_WALK_KEYS_MAX ((size_t)2 << 20)
#define SR_JSON_WALK_DEPTH_MAX 64

/*
 * visit is called for each event; when the result is not OK, for those before the fault. text is
 * hostile.
 *
 * errors  MALFORMED  not such JSON; err says what and at which byte
 *         TRUNCATED  it ends too early
 *         TOO_LARGE  over the limits above
 *         NO_MEMORY
 */
enum sr_status sr_json_walk(struct sr_bytes text,
                            void (*visit)(void *ctx, const struct sr_event *event), void *ctx,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_JSON_WALK_H */
