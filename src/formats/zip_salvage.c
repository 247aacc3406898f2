/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip_salvage.h"

#include <string.h>

#include "base/text.h"
#include "formats/zip.h"
#include "formats/zip_parts.h"

/* The first place at or after `at` with that signature; the file's length when there is none. */
static size_t find(struct sr_bytes file, size_t at, const char *magic)
{
    const uint8_t *hit = at < file.len ? memmem(file.ptr + at, file.len - at, magic, 4) : NULL;
    return hit != NULL ? (size_t)(hit - file.ptr) : file.len;
}

struct sr_zip_salvage sr_zip_salvage(struct sr_bytes file)
{
    struct sr_zip_salvage s = {.file = file};
    size_t last = file.len > SR_ZIP_TAIL_BYTES ? file.len - SR_ZIP_TAIL_BYTES : 0;
    struct sr_zip_end end = {0};
    struct sr_zip_wide_end wide = {0};
    uint64_t wide_at = 0;
    /* The last of several counts. Differences may wrap, and so do the sums that use them. */
    for (size_t at = find(file, last, SR_ZIP_END_MAGIC); at < file.len;
         at = find(file, at + 1, SR_ZIP_END_MAGIC)) {
        if (sr_zip_read_end(file, at, &end) && end.directory_bytes <= at) {
            s.shift = at - end.directory_bytes - end.directory_offset;
        }
        if (sr_zip_find_wide_end(file, at, &wide_at, &wide)) {
            s.wide_shift = wide_at - wide.directory_bytes - wide.directory_offset;
        }
    }
    return s;
}

/* Where data of an unknown length ends: at the next signature. */
static size_t next_signature(struct sr_bytes file, size_t at)
{
    while (at < file.len) {
        const uint8_t *hit = memchr(file.ptr + at, 'P', file.len - at);
        if (hit == NULL) {
            return file.len;
        }
        at = (size_t)(hit - file.ptr);
        if (file.len - at >= 4 &&
            (memcmp(hit, SR_ZIP_LOCAL_MAGIC, 4) == 0 || memcmp(hit, SR_ZIP_CENTRAL_MAGIC, 4) == 0 ||
             memcmp(hit, SR_ZIP_DESCRIPTOR_MAGIC, 4) == 0)) {
            return at;
        }
        at++;
    }
    return file.len;
}

/* As much of the data as is there. */
static struct sr_bytes clip(struct sr_bytes file, uint64_t offset, uint64_t packed_bytes)
{
    uint64_t room = file.len - offset;
    return sr_bytes(file.ptr + offset, (size_t)(packed_bytes < room ? packed_bytes : room));
}

static struct sr_bytes packed_of(struct sr_bytes file, const struct sr_zip_entry *local)
{
    bool is_unknown = local->packed_bytes == 0 && (local->flags & SR_ZIP_FLAG_DESCRIPTOR) != 0;
    if (is_unknown && local->method == SR_ZIP_STORED) {
        size_t at = (size_t)local->offset;
        return clip(file, at, next_signature(file, at) - at);
    }
    return clip(file, local->offset, is_unknown ? file.len : local->packed_bytes);
}

static bool next_local(struct sr_zip_salvage *s, struct sr_zip_scrap *out)
{
    struct sr_zip_entry local = {0};
    for (size_t at = find(s->file, s->at, SR_ZIP_LOCAL_MAGIC); at < s->file.len;
         at = find(s->file, at + 1, SR_ZIP_LOCAL_MAGIC)) {
        if (sr_zip_read_local(s->file, at, &local)) {
            s->at = at + 1;
            *out = (struct sr_zip_scrap){.name = local.name,
                                         .packed = packed_of(s->file, &local),
                                         .offset = local.offset,
                                         .method = local.method};
            return true;
        }
    }
    return false;
}

/* What a reader that goes by the central directory gets; false when it is what the local header
 * gives as well, or nothing. */
static bool take_central(const struct sr_zip_salvage *s, const struct sr_zip_entry *central,
                         struct sr_zip_scrap *out)
{
    struct sr_zip_entry local = {0};
    if (!sr_zip_read_local(s->file, central->offset + s->wide_shift, &local) &&
        !sr_zip_read_local(s->file, central->offset + s->shift, &local) &&
        !sr_zip_read_local(s->file, central->offset, &local)) {
        return false;
    }
    *out = (struct sr_zip_scrap){.name = central->name,
                                 .packed = clip(s->file, local.offset, central->packed_bytes),
                                 .offset = local.offset,
                                 .method = central->method};
    bool is_same = central->packed_bytes == local.packed_bytes && central->method == local.method &&
                   sr_text_equal(central->name, local.name);
    return out->packed.len > 0 && !is_same;
}

static bool next_central(struct sr_zip_salvage *s, struct sr_zip_scrap *out)
{
    struct sr_zip_entry central = {0};
    uint64_t next = 0;
    for (size_t at = find(s->file, s->at, SR_ZIP_CENTRAL_MAGIC); at < s->file.len;
         at = find(s->file, at + 1, SR_ZIP_CENTRAL_MAGIC)) {
        if (sr_zip_read_central(s->file, at, &central, &next) && take_central(s, &central, out)) {
            s->at = at + 1;
            return true;
        }
    }
    return false;
}

bool sr_zip_salvage_next(struct sr_zip_salvage *s, struct sr_zip_scrap *out)
{
    if (!s->is_central) {
        if (next_local(s, out)) {
            return true;
        }
        s->is_central = true;
        s->at = 0;
    }
    return next_central(s, out);
}
