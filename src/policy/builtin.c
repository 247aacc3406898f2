/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policy/policy.h"
#include "profiles.gen.h"

enum { COUNT = sizeof PROFILES / sizeof PROFILES[0] };

enum sr_status sr_policy_builtin(const char *name, struct sr_bytes *out)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(PROFILES[i].name, name) == 0) {
            *out = sr_bytes(PROFILES[i].text, PROFILES[i].len);
            return SR_OK;
        }
    }
    return SR_NOT_FOUND;
}

const char *sr_policy_builtin_name(size_t index)
{
    return index < COUNT ? PROFILES[index].name : NULL;
}
