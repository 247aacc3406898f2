/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/lineage.h"

#include <assert.h>
#include <string.h>

static const char *const STEPS[SR_STEP_COUNT] = {"unknown", "train",   "fine-tune", "quantise",
                                                 "merge",   "convert", "shard"};

const char *sr_step_name(enum sr_step step)
{
    assert((unsigned)step < SR_STEP_COUNT);
    return STEPS[step];
}

bool sr_step_by_name(const char *name, enum sr_step *out)
{
    for (unsigned i = 0; i < SR_STEP_COUNT; i++) {
        if (strcmp(name, STEPS[i]) == 0) {
            *out = (enum sr_step)i;
            return true;
        }
    }
    return false;
}
