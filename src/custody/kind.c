/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/kind.h"

#include <assert.h>
#include <string.h>

static const struct sr_kind kinds[] = {
#define KIND(word, title) {word, title},
#include "acts/kinds.def"
#undef KIND
};

size_t sr_kind_count(void)
{
    return sizeof kinds / sizeof kinds[0];
}

const struct sr_kind *sr_kind_at(size_t index)
{
    assert(index < sr_kind_count());
    return &kinds[index];
}

bool sr_kind_is_known(const char *word)
{
    for (size_t i = 0; i < sr_kind_count(); i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            return true;
        }
    }
    return false;
}
