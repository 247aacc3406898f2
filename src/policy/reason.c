/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policy/decide.h"

struct line {
    const char *slug;
    const char *text;
    enum sr_status status;
};

static const struct line LINES[SR_REASON_COUNT] = {
#define REASON(name, slug, status, text) [SR_REASON_##name] = {slug, text, SR_##status},
#include "policy/reasons.def"
#undef REASON
};

const char *sr_reason_slug(enum sr_reason reason)
{
    return LINES[reason].slug;
}

const char *sr_reason_text(enum sr_reason reason)
{
    return LINES[reason].text;
}

enum sr_status sr_reason_status(enum sr_reason reason)
{
    return LINES[reason].status;
}

bool sr_reason_from_slug(struct sr_bytes slug, enum sr_reason *out)
{
    for (size_t i = 0; i < SR_REASON_COUNT; i++) {
        if (sr_text_equal(slug, sr_text_view(LINES[i].slug))) {
            *out = (enum sr_reason)i;
            return true;
        }
    }
    return false;
}

const char *sr_request_state_word(enum sr_request_state state)
{
    static const char *const WORDS[SR_REQUEST_STATE_COUNT] = {
        [SR_REQUEST_PENDING] = "pending",     [SR_REQUEST_WAITING] = "waiting",
        [SR_REQUEST_GRANTED] = "granted",     [SR_REQUEST_DENIED] = "denied",
        [SR_REQUEST_WITHDRAWN] = "withdrawn", [SR_REQUEST_EXPIRED] = "expired",
        [SR_REQUEST_REVOKED] = "revoked",     [SR_REQUEST_EXHAUSTED] = "exhausted",
        [SR_REQUEST_SUSPENDED] = "suspended", [SR_REQUEST_USED] = "used",
    };
    return WORDS[state];
}
