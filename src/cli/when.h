/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_WHEN_H
#define SR_CLI_WHEN_H

#include <stdint.h>

#include "base/status.h"

/*
 * A point in time that an option gives: a day, "2027-06-30" (its beginning, UTC), a time,
 * "2027-06-30T08:00:00Z", or a duration from now, "180d".
 * errors  USAGE  err names the option
 */
enum sr_status sr_when_parse(const char *option, const char *text, int64_t *out_utc_ms,
                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_WHEN_H */
