/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_TIME_H
#define SR_BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

/*
 * Time is UTC milliseconds since 1970 in an int64_t named *_utc_ms. Only the edges read the clock;
 * decisions take the time as an argument.
 */

/* Now, by the system's clock (CLOCK_REALTIME), which may go back. */
int64_t sr_time_now_utc_ms(void);

/* "2026-11-21T08:00:00.123Z" and a NUL. For years outside 0..9999, "invalid". RFC 3339. */
#define SR_TIME_TEXT_BYTES 25
void sr_time_format(int64_t utc_ms, char out[SR_TIME_TEXT_BYTES]);

#endif /* SR_BASE_TIME_H */
