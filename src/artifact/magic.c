/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/magic.h"

#include <string.h>

const struct sr_magic *sr_magic_find(const struct sr_magic *table, size_t count,
                                     struct sr_bytes file)
{
    for (size_t i = 0; i < count; i++) {
        const struct sr_magic *m = &table[i];
        if (file.len >= m->offset && file.len - m->offset >= m->len &&
            memcmp(file.ptr + m->offset, m->bytes, m->len) == 0) {
            return m;
        }
    }
    return NULL;
}

struct sr_bytes sr_magic_base_name(struct sr_bytes path)
{
    size_t begin = path.len;
    while (begin > 0 && path.ptr[begin - 1] != '/') {
        begin--;
    }
    return sr_bytes(path.ptr + begin, path.len - begin);
}
