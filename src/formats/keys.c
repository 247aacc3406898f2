/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/keys.h"

#include <stdlib.h>
#include <string.h>

#include "formats/nameset.h"

struct sr_keys {
    struct sr_nameset *names;
    char **copies;
    size_t copy_count;
    size_t copy_capacity;
};

enum sr_status sr_keys_new(struct sr_keys **out)
{
    SR_AUTO(sr_keys) k = calloc(1, sizeof *k);
    if (k == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_nameset_new(&k->names));
    *out = SR_TAKE(k);
    return SR_OK;
}

void sr_keys_free(struct sr_keys *k)
{
    if (k == NULL) {
        return;
    }
    for (size_t i = 0; i < k->copy_count; i++) {
        free(k->copies[i]);
    }
    free(k->copies);
    sr_nameset_free(k->names);
    free(k);
}

static enum sr_status copy(struct sr_keys *k, struct sr_bytes *key)
{
    if (k->copy_count == k->copy_capacity) {
        size_t capacity = k->copy_capacity == 0 ? 8 : 2 * k->copy_capacity;
        char **copies = reallocarray(k->copies, capacity, sizeof *copies);
        if (copies == NULL) {
            return SR_NO_MEMORY;
        }
        k->copies = copies;
        k->copy_capacity = capacity;
    }
    char *text = malloc(key->len + 1);
    if (text == NULL) {
        return SR_NO_MEMORY;
    }
    if (key->len > 0) {
        memcpy(text, key->ptr, key->len);
    }
    k->copies[k->copy_count++] = text;
    key->ptr = (const uint8_t *)text;
    return SR_OK;
}

enum sr_status sr_keys_add(struct sr_keys *k, struct sr_bytes *key, bool is_copied)
{
    if (is_copied) {
        SR_TRY(copy(k, key));
    }
    return sr_nameset_add(k->names, *key);
}

size_t sr_keys_count(const struct sr_keys *k)
{
    return sr_nameset_count(k->names);
}
