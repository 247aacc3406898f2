/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/pickle_globals.h"

#include <string.h>

#include "artifact/pickle.h"
#include "base/text.h"

struct mapping {
    const char *module;
    const char *name; /* "*": all of the module */
    const char *to_module;
    const char *to_name;
};

#include "pickle_globals.gen.h"

const struct sr_pickle_arguments *sr_pickle_arguments(const struct sr_pickle_global *entry)
{
    return &ARGUMENTS[entry->arguments];
}

/* Order of hostile bytes and a string of ours, as bytes. */
static int compare(struct sr_bytes a, const char *b) /* lint: callback */
{
    size_t len = strlen(b);
    int order = memcmp(a.ptr, b, a.len < len ? a.len : len);
    if (order != 0) {
        return order;
    }
    return a.len < len ? -1 : a.len > len;
}

static const struct sr_pickle_global *find(struct sr_bytes module, struct sr_bytes name)
{
    size_t low = 0;
    size_t high = PICKLE_GLOBAL_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct sr_pickle_global *entry = &ENTRIES[middle];
        int order = compare(module, entry->module);
        order = order != 0 ? order : compare(name, entry->name);
        if (order == 0) {
            return entry;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct sr_pickle_global *sr_pickle_global_find(struct sr_bytes module, struct sr_bytes name)
{
    const struct sr_pickle_global *entry =
        sr_text_equal(name, sr_text_view("*")) ? NULL : find(module, name);
    while (entry == NULL && module.len > 0) {
        entry = find(module, sr_text_view("*"));
        while (module.len > 0 && module.ptr[module.len - 1] != '.') {
            module.len--;
        }
        module.len -= module.len > 0;
    }
    return entry;
}

void sr_pickle_global_map(struct sr_bytes *module, struct sr_bytes *name)
{
    const struct mapping *whole = NULL;
    for (size_t i = 0; i < sizeof MAPPINGS / sizeof MAPPINGS[0]; i++) {
        const struct mapping *m = &MAPPINGS[i];
        if (!sr_text_equal(*module, sr_text_view(m->module))) {
            continue;
        }
        if (sr_text_equal(*name, sr_text_view(m->name))) {
            *module = sr_text_view(m->to_module);
            *name = sr_text_view(m->to_name);
            return;
        }
        whole = m->name[0] == '*' ? m : whole;
    }
    if (whole != NULL) {
        *module = sr_text_view(whole->to_module);
    }
}
