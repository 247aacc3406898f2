/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/text.h"
#include "formats/nameset.h"
#include "formats/quote.h"
#include "formats/zip_parts.h"

struct sr_zip {
    struct sr_zip_member *members;
    size_t count;
    struct sr_nameset *names;
};

/* The end records: where the central directory is, and how much of it. */
struct ends {
    uint64_t first_end; /* of the end records, where the central directory has to end */
    uint64_t count;
    uint64_t directory_offset;
    uint64_t directory_bytes;
};

struct decoder {
    struct sr_bytes file;
    struct ends ends;
    struct sr_zip *zip;
    struct sr_err *err;
};

void sr_zip_free(struct sr_zip *z)
{
    if (z != NULL) {
        free(z->members);
        sr_nameset_free(z->names);
        free(z);
    }
}

size_t sr_zip_count(const struct sr_zip *z)
{
    return z->count;
}

const struct sr_zip_member *sr_zip_at(const struct sr_zip *z, size_t index)
{
    return &z->members[index];
}

bool sr_zip_find(const struct sr_zip *z, struct sr_bytes name, size_t *out_index)
{
    return sr_nameset_find(z->names, name, out_index);
}

/* Whether the bytes at `at` are an end record that a reader would go by. */
static bool is_end(struct sr_bytes bytes, size_t at, bool is_last)
{
    struct sr_zip_end end = {0};
    if (!sr_zip_read_end(bytes, at, &end)) {
        return false;
    }
    bool ends_file = bytes.len - at - SR_ZIP_END_BYTES == end.comment_bytes;
    bool is_empty = end.count == 0 && end.directory_bytes == 0;
    if (!ends_file && (is_last || is_empty)) {
        return false;
    }
    return is_empty || sr_zip_has_directory(bytes, at, &end);
}

bool sr_zip_is_likely(struct sr_bytes bytes, bool is_last)
{
    if (bytes.len >= 4 && memcmp(bytes.ptr, SR_ZIP_LOCAL_MAGIC, 4) == 0) {
        return true;
    }
    size_t at = bytes.len;
    size_t last = bytes.len > SR_ZIP_TAIL_BYTES ? bytes.len - SR_ZIP_TAIL_BYTES : 0;
    while (at-- > last) {
        if (bytes.ptr[at] == 'P' && is_end(bytes, at, is_last)) {
            return true;
        }
    }
    return false;
}

/* Whether a field of the end record is that of zip64, or refers to it by being all ones. */
static bool is_same_or_ones(uint64_t field, uint64_t ones, uint64_t wide)
{
    return field == ones || field == wide;
}

/* The record of zip64, before the locator; the fields of the end record have to agree. */
static enum sr_status read_wide_end(struct decoder *d, uint64_t locator, struct sr_zip_end *end)
{
    struct sr_zip_wide_end wide = {0};
    uint64_t at = 0;
    if (!sr_zip_read_locator(d->file, locator, &at) || locator < SR_ZIP_WIDE_END_BYTES ||
        at != locator - SR_ZIP_WIDE_END_BYTES) { /* Z-3 */
        return sr_fail(d->err, SR_MALFORMED, "zip64 locator at byte %" PRIu64 ": wrong", locator);
    }
    if (!sr_zip_read_wide_end(d->file, at, &wide)) {
        return sr_fail(d->err, SR_MALFORMED, "zip64 end record at byte %" PRIu64 ": wrong", at);
    }
    if (!is_same_or_ones(end->count, UINT16_MAX, wide.count) ||
        !is_same_or_ones(end->directory_bytes, UINT32_MAX, wide.directory_bytes) ||
        !is_same_or_ones(end->directory_offset, UINT32_MAX, wide.directory_offset)) {
        return sr_fail(d->err, SR_MALFORMED,
                       "zip64 end record at byte %" PRIu64 ": not what the end record says", at);
    }
    d->ends = (struct ends){.first_end = at,
                            .count = wide.count,
                            .directory_offset = wide.directory_offset,
                            .directory_bytes = wide.directory_bytes};
    return SR_OK;
}

/* Z-2: the end record is the last 22 bytes; there is no comment to hide a second one in. */
static enum sr_status read_ends(struct decoder *d)
{
    struct sr_zip_end end = {0};
    if (d->file.len < SR_ZIP_END_BYTES) {
        return sr_fail(d->err, SR_TRUNCATED, "end record: a file of %zu bytes", d->file.len);
    }
    size_t at = d->file.len - SR_ZIP_END_BYTES;
    if (!sr_zip_read_end(d->file, at, &end)) {
        return sr_fail(d->err, SR_TRUNCATED, "end record: not in the last %d bytes",
                       SR_ZIP_END_BYTES);
    }
    if (end.disk != 0 || end.directory_disk != 0) {
        return sr_fail(d->err, SR_UNSUPPORTED, "end record at byte %zu: one part of several", at);
    }
    if (end.count_here != end.count || end.comment_bytes != 0) {
        return sr_fail(d->err, SR_MALFORMED, "end record at byte %zu: two counts, or a comment",
                       at);
    }
    uint64_t ignored = 0;
    if (at >= SR_ZIP_LOCATOR_BYTES &&
        sr_zip_read_locator(d->file, at - SR_ZIP_LOCATOR_BYTES, &ignored)) {
        return read_wide_end(d, at - SR_ZIP_LOCATOR_BYTES, &end);
    }
    if (end.count == UINT16_MAX || end.directory_bytes == UINT32_MAX ||
        end.directory_offset == UINT32_MAX) { /* Z-3 */
        return sr_fail(d->err, SR_MALFORMED, "end record at byte %zu: wants zip64, which is absent",
                       at);
    }
    d->ends = (struct ends){.first_end = at,
                            .count = end.count,
                            .directory_offset = end.directory_offset,
                            .directory_bytes = end.directory_bytes};
    return SR_OK;
}

static enum sr_status check_name(struct decoder *d, const struct sr_zip_entry *entry, uint64_t at)
{
    bool is_ascii = true;
    for (size_t i = 0; i < entry->name.len; i++) {
        is_ascii = is_ascii && entry->name.ptr[i] < 0x80;
    }
    if (entry->name.len == 0 || entry->name.len > SR_LIMIT_PATH_BYTES) { /* Z-5 */
        return sr_fail(d->err, SR_MALFORMED, "name at byte %" PRIu64 ": %zu bytes", at,
                       entry->name.len);
    }
    if (!is_ascii && ((entry->flags & SR_ZIP_FLAG_UTF8) == 0 || !sr_text_is_utf8(entry->name))) {
        return sr_fail(d->err, SR_MALFORMED, "name at byte %" PRIu64 ": in no known encoding", at);
    }
    return SR_OK;
}

/* Also of local headers, whose flags and method are those of the directory (Z-13). */
static enum sr_status check_flags(struct decoder *d, const struct sr_zip_entry *entry, uint64_t at)
{
    enum { VERSION_MAX = 63 }; /* 6.3: Python's zipfile reads no later one */
    if ((entry->flags & SR_ZIP_FLAGS_ENCRYPTED) != 0) { /* Z-6 */
        return sr_fail(d->err, SR_UNSUPPORTED,
                       "member '%s' at byte %" PRIu64 ": encrypted (flags 0x%04x)",
                       sr_quote(entry->name).text, at, entry->flags);
    }
    if ((entry->flags & ~SR_ZIP_FLAGS_KNOWN) != 0) {
        return sr_fail(d->err, SR_MALFORMED, "member '%s' at byte %" PRIu64 ": flags 0x%04x",
                       sr_quote(entry->name).text, at, entry->flags);
    }
    if (entry->method != SR_ZIP_STORED && entry->method != SR_ZIP_DEFLATED) { /* Z-7 */
        return sr_fail(d->err, SR_UNSUPPORTED, "member '%s' at byte %" PRIu64 ": method %u",
                       sr_quote(entry->name).text, at, entry->method);
    }
    if ((entry->needed & 0xff) > VERSION_MAX) {
        return sr_fail(d->err, SR_UNSUPPORTED,
                       "member '%s' at byte %" PRIu64 ": needs version %u of zip",
                       sr_quote(entry->name).text, at, entry->needed & 0xff);
    }
    return SR_OK;
}

static enum sr_status check_entry(struct decoder *d, const struct sr_zip_entry *entry, uint64_t at)
{
    SR_TRY(check_name(d, entry, at));
    SR_TRY(check_flags(d, entry, at));
    if (entry->comment.len != 0 || entry->disk != 0) { /* Z-4 */
        return sr_fail(d->err, SR_MALFORMED,
                       "member '%s' at byte %" PRIu64 ": a comment, or another disk",
                       sr_quote(entry->name).text, at);
    }
    if (entry->extra_fault != NULL) { /* Z-8 */
        return sr_fail(d->err, SR_MALFORMED, "member '%s' at byte %" PRIu64 ": extra field: %s",
                       sr_quote(entry->name).text, at, entry->extra_fault);
    }
    if (entry->method == SR_ZIP_STORED && entry->bytes != entry->packed_bytes) { /* Z-9 */
        return sr_fail(d->err, SR_MALFORMED,
                       "member '%s' at byte %" PRIu64 ": stored %" PRIu64 " bytes as %" PRIu64,
                       sr_quote(entry->name).text, at, entry->bytes, entry->packed_bytes);
    }
    if (entry->name.ptr[entry->name.len - 1] == '/' && entry->bytes != 0) { /* Z-10 */
        return sr_fail(d->err, SR_MALFORMED, "member '%s' at byte %" PRIu64 ": a folder with data",
                       sr_quote(entry->name).text, at);
    }
    return SR_OK;
}

/* Z-4: the central directory: so many entries, one after another, up to the end records. */
static enum sr_status read_directory(struct decoder *d)
{
    uint64_t at = d->ends.directory_offset;
    uint64_t end = 0;
    if (__builtin_add_overflow(at, d->ends.directory_bytes, &end) || end != d->ends.first_end) {
        return sr_fail(d->err, SR_MALFORMED,
                       "central directory: %" PRIu64 " bytes at byte %" PRIu64
                       " do not end at byte %" PRIu64,
                       d->ends.directory_bytes, at, d->ends.first_end);
    }
    if (d->ends.count > SR_LIMIT_INSPECT_MEMBERS) {
        return sr_fail(d->err, SR_TOO_LARGE, "%" PRIu64 " members", d->ends.count);
    }
    d->zip->members = calloc((size_t)d->ends.count + 1, sizeof *d->zip->members);
    if (d->zip->members == NULL) {
        return sr_fail(d->err, SR_NO_MEMORY, "no memory for %" PRIu64 " members", d->ends.count);
    }
    for (; d->zip->count < d->ends.count; d->zip->count++) {
        struct sr_zip_entry entry = {0};
        uint64_t next = 0;
        if (!sr_zip_read_central(sr_bytes(d->file.ptr, (size_t)end), at, &entry, &next)) {
            return sr_fail(d->err, SR_MALFORMED, "central directory at byte %" PRIu64 ": no entry",
                           at);
        }
        SR_TRY(check_entry(d, &entry, at));
        d->zip->members[d->zip->count] = (struct sr_zip_member){.name = entry.name,
                                                                .flags = entry.flags,
                                                                .method = entry.method,
                                                                .crc32 = entry.crc32,
                                                                .packed_bytes = entry.packed_bytes,
                                                                .bytes = entry.bytes,
                                                                .header_offset = entry.offset,
                                                                .attributes = entry.attributes};
        at = next;
    }
    if (at != end) {
        return sr_fail(d->err, SR_MALFORMED, "central directory at byte %" PRIu64 ": more entries",
                       at);
    }
    return SR_OK;
}

static int compare_members(const void *a, const void *b) /* lint: callback */
{
    const struct sr_zip_member *one = a;
    const struct sr_zip_member *other = b;
    return (one->header_offset > other->header_offset) -
           (one->header_offset < other->header_offset);
}

/* Z-13: without a descriptor both say the same; with one, the local header may say nothing. */
static bool is_same_content(const struct sr_zip_entry *local, const struct sr_zip_member *member)
{
    if ((local->flags & SR_ZIP_FLAG_DESCRIPTOR) != 0 && local->crc32 == 0 &&
        local->packed_bytes == 0 && local->bytes == 0) {
        return true;
    }
    return local->crc32 == member->crc32 && local->packed_bytes == member->packed_bytes &&
           local->bytes == member->bytes;
}

/*
 * Z-14: the descriptor fills the room between the data and the next entry; its length says which of
 * its four forms it has.
 */
static bool is_right_descriptor(struct sr_bytes room, const struct sr_zip_member *member)
{
    struct sr_reader r = sr_reader(room);
    uint32_t crc32 = 0;
    uint64_t packed_bytes = 0;
    uint64_t bytes = 0;
    struct sr_bytes magic = {0};
    bool is_wide = room.len == 20 || room.len == 24;
    if (room.len == 16 || room.len == 24) {
        if (sr_reader_take(&r, 4, &magic) != SR_OK ||
            memcmp(magic.ptr, SR_ZIP_DESCRIPTOR_MAGIC, 4) != 0) {
            return false;
        }
    }
    return sr_reader_u32le(&r, &crc32) == SR_OK && sr_zip_read_size(&r, is_wide, &packed_bytes) &&
           sr_zip_read_size(&r, is_wide, &bytes) && sr_reader_end(&r) == SR_OK &&
           crc32 == member->crc32 && packed_bytes == member->packed_bytes && bytes == member->bytes;
}

/* Z-11 to Z-14: the local header is where the directory says, says the same, and limit ends it. */
static enum sr_status check_local(struct decoder *d, struct sr_zip_member *member, uint64_t begin,
                                  uint64_t limit)
{
    struct sr_zip_entry local = {0};
    uint64_t at = member->header_offset;
    const struct sr_quoted name = sr_quote(member->name);
    if (at != begin) {
        return sr_fail(d->err, SR_MALFORMED,
                       "member '%s': begins at byte %" PRIu64 ", not where the one before ends, "
                       "byte %" PRIu64,
                       name.text, at, begin);
    }
    if (!sr_zip_read_local(sr_bytes(d->file.ptr, (size_t)limit), at, &local)) {
        return sr_fail(d->err, SR_MALFORMED, "member '%s' at byte %" PRIu64 ": no local header",
                       name.text, at);
    }
    if (!sr_text_equal(local.name, member->name) || local.flags != member->flags ||
        local.method != member->method || !is_same_content(&local, member)) {
        return sr_fail(d->err, SR_MALFORMED,
                       "member '%s' at byte %" PRIu64
                       ": local header and central directory disagree",
                       name.text, at);
    }
    SR_TRY(check_flags(d, &local, at));
    if (local.extra_fault != NULL) {
        return sr_fail(d->err, SR_MALFORMED, "member '%s' at byte %" PRIu64 ": extra field: %s",
                       name.text, at, local.extra_fault);
    }
    member->data_offset = local.offset;
    uint64_t room = limit - local.offset;
    if (member->packed_bytes > room) {
        return sr_fail(d->err, SR_MALFORMED,
                       "member '%s' at byte %" PRIu64 ": %" PRIu64 " bytes of data in %" PRIu64,
                       name.text, at, member->packed_bytes, room);
    }
    member->end = local.offset + member->packed_bytes;
    if ((local.flags & SR_ZIP_FLAG_DESCRIPTOR) != 0) {
        struct sr_bytes rest =
            sr_bytes(d->file.ptr + member->end, (size_t)(room - member->packed_bytes));
        if (!is_right_descriptor(rest, member)) {
            return sr_fail(d->err, SR_MALFORMED,
                           "member '%s' at byte %" PRIu64 ": no right data descriptor", name.text,
                           member->end);
        }
        member->end = limit;
    }
    return SR_OK;
}

/* Z-12: entries tile the file from its first byte to the central directory. */
static enum sr_status check_locals(struct decoder *d)
{
    struct sr_zip *z = d->zip;
    uint64_t at = 0;
    if (z->count > 1) {
        qsort(z->members, z->count, sizeof *z->members, compare_members);
    }
    for (size_t i = 0; i < z->count; i++) {
        uint64_t limit =
            i + 1 < z->count ? z->members[i + 1].header_offset : d->ends.directory_offset;
        if (limit > d->ends.directory_offset) {
            limit = d->ends.directory_offset;
        }
        SR_TRY(check_local(d, &z->members[i], at, limit));
        at = z->members[i].end;
        enum sr_status status = sr_nameset_add(z->names, z->members[i].name);
        if (status != SR_OK) { /* Z-5 */
            return sr_fail(d->err, status == SR_CONFLICT ? SR_MALFORMED : status,
                           "member '%s' at byte %" PRIu64 ": its name is there twice",
                           sr_quote(z->members[i].name).text, z->members[i].header_offset);
        }
    }
    if (at != d->ends.directory_offset) {
        return sr_fail(d->err, SR_MALFORMED,
                       "central directory: at byte %" PRIu64 ", but members end at byte %" PRIu64,
                       d->ends.directory_offset, at);
    }
    return SR_OK;
}

enum sr_status sr_zip_decode(struct sr_bytes bytes, struct sr_zip **out, struct sr_err *err)
{
    SR_AUTO(sr_zip) zip = calloc(1, sizeof *zip);
    if (zip == NULL || sr_nameset_new(&zip->names) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to begin");
    }
    struct decoder d = {.file = bytes, .zip = zip, .err = err};
    SR_TRY(read_ends(&d));
    SR_TRY(read_directory(&d));
    SR_TRY(check_locals(&d));
    *out = SR_TAKE(zip);
    return SR_OK;
}
