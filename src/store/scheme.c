/* SPDX-License-Identifier: Apache-2.0 */
#include "store/scheme.h"

#include <string.h>

#include "base/text.h"

enum sr_status sr_scheme_split(const char *uri, struct sr_bytes *out_scheme, const char **out_rest,
                               struct sr_err *err)
{
    size_t scheme_bytes = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789");
    if (scheme_bytes == 0 || uri[scheme_bytes] != ':' || uri[scheme_bytes + 1] == '\0') {
        return sr_fail(err, SR_USAGE, "'%s' is not <scheme>:<rest>", uri);
    }
    *out_scheme = sr_bytes(uri, scheme_bytes);
    *out_rest = uri + scheme_bytes + 1;
    return SR_OK;
}

bool sr_scheme_is(struct sr_bytes scheme, const char *drivers_scheme)
{
    return sr_text_equal(scheme, sr_text_view(drivers_scheme));
}
