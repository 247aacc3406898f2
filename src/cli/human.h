/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_HUMAN_H
#define SR_CLI_HUMAN_H

#include <stddef.h>
#include <stdint.h>

/* Quantities as people read them. Pure. --json never uses these. */

#define SR_HUMAN_BYTES 32

/* "0 B", "1023 B", "1.0 KiB", "13.4 GiB": cut, not rounded up, so that nothing looks complete that
 * is not. */
void sr_human_bytes(uint64_t bytes, char out[SR_HUMAN_BYTES]);

/* "0:05", "12:34", "3:04:05". */
void sr_human_seconds(uint64_t seconds, char out[SR_HUMAN_BYTES]);

/* "2026-11-21 08:00:00Z". */
void sr_human_time(int64_t utc_ms, char out[SR_HUMAN_BYTES]);

/* Parts per million as percent with what digits it needs: "100", "12.5", "0.1", "0.0123". */
void sr_human_percent(uint64_t ppm, char out[SR_HUMAN_BYTES]);

#endif /* SR_CLI_HUMAN_H */
