/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_QUANTITY_H
#define SR_BASE_QUANTITY_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * Durations and sizes as people write them, in policies and on the command line. A whole number and
 * a unit, nothing between: "8h", "30m", "200GB". Pure. text is hostile.
 */

/*
 * ms, s, m, h, d, w; "1d12h" is refused: one number, one unit.
 * errors  MALFORMED  not such a text, or 0
 *         TOO_LARGE  over INT64_MAX milliseconds
 */
enum sr_status sr_quantity_duration(struct sr_bytes text, int64_t *out_ms) SR_MUST_USE;

/*
 * B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024).
 * errors  MALFORMED, TOO_LARGE (over 2^53 - 1, what JSON can say)
 */
enum sr_status sr_quantity_bytes(struct sr_bytes text, uint64_t *out) SR_MUST_USE;

/* "2h", "36h", "90m": the largest unit that divides it; NUL-terminated. */
#define SR_QUANTITY_TEXT_BYTES 32
void sr_quantity_put_duration(int64_t ms, char out[SR_QUANTITY_TEXT_BYTES]);

#endif /* SR_BASE_QUANTITY_H */
