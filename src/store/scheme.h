/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_SCHEME_H
#define SR_STORE_SCHEME_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * The URIs that name a store: "<scheme>:<rest>", where the scheme is [a-z0-9]+ and picks the
 * driver, and the rest is the driver's. Trusted: they come from the room's configuration.
 */

/*
 * uri       NUL-terminated
 * out_rest  points into uri, NUL-terminated, not empty
 * errors    USAGE  not of that form
 */
enum sr_status sr_scheme_split(const char *uri, struct sr_bytes *out_scheme, const char **out_rest,
                               struct sr_err *err) SR_MUST_USE;

/* Whether scheme, from above, is the driver's. */
bool sr_scheme_is(struct sr_bytes scheme, const char *drivers_scheme);

#endif /* SR_STORE_SCHEME_H */
