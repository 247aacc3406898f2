/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip_parts.h"

#include <string.h>

/* Extra fields that change nothing for a reader: times and owners. */
static const uint16_t EXTRA_INERT[] = {
    0x000a, /* times, NTFS */
    0x5455, /* times, Unix */
    0x5855, /* times and owner, Info-ZIP of old */
    0x7855, /* owner, Info-ZIP */
    0x7875, /* owner, Info-ZIP */
};
#define EXTRA_ZIP64 0x0001
/* PyTorch aligns data with a field "FB" full of 'Z'. source  caffe2/serialize/inline_container.cc
 */
#define EXTRA_PADDING 0x4246

/* What zip64 stands for: the fields that are all ones. */
struct wide {
    uint64_t *fields[3];
    size_t count;
    bool is_optional;
    bool is_there; /* a field of zip64 was read */
};

/* Start reading the record at `at` with that signature. */
static bool begin(struct sr_bytes file, uint64_t at, const char *magic, struct sr_reader *out)
{
    struct sr_bytes found = {0};
    if (at > file.len) {
        return false;
    }
    *out = sr_reader(sr_bytes(file.ptr + at, file.len - (size_t)at));
    return sr_reader_take(out, 4, &found) == SR_OK && memcmp(found.ptr, magic, 4) == 0;
}

static bool skip(struct sr_reader *r, size_t len)
{
    struct sr_bytes ignored = {0};
    return sr_reader_take(r, len, &ignored) == SR_OK;
}

bool sr_zip_read_size(struct sr_reader *r, bool is_wide, uint64_t *out)
{
    uint32_t narrow = 0;
    if (is_wide) {
        return sr_reader_u64le(r, out) == SR_OK;
    }
    if (sr_reader_u32le(r, &narrow) != SR_OK) {
        return false;
    }
    *out = narrow;
    return true;
}

static const char *read_wide(struct sr_bytes body, struct wide *wide)
{
    struct sr_reader r = sr_reader(body);
    for (size_t i = 0; i < wide->count; i++) {
        if (sr_reader_u64le(&r, wide->fields[i]) != SR_OK) {
            return "zip64: too short";
        }
    }
    return sr_reader_end(&r) == SR_OK ? NULL : "zip64: too long";
}

static bool is_inert(uint16_t id)
{
    for (size_t i = 0; i < sizeof EXTRA_INERT / sizeof EXTRA_INERT[0]; i++) {
        if (EXTRA_INERT[i] == id) {
            return true;
        }
    }
    return false;
}

static bool is_padding(struct sr_bytes body)
{
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] != 'Z') {
            return false;
        }
    }
    return true;
}

/* Returns what is wrong with one field, or NULL. */
static const char *read_field(uint16_t id, struct sr_bytes body, struct wide *wide)
{
    if (id == EXTRA_ZIP64 && !wide->is_there) {
        wide->is_there = true;
        return read_wide(body, wide);
    }
    bool is_known = id == EXTRA_PADDING ? is_padding(body) : is_inert(id);
    return is_known ? NULL : "unknown, or there twice";
}

/* Returns what is wrong, or NULL; the fields of zip64 are filled in as far as they are there. */
static const char *read_extra(struct sr_bytes extra, struct wide *wide)
{
    struct sr_reader r = sr_reader(extra);
    const char *first = NULL;
    while (r.rest.len > 0) {
        uint16_t id = 0;
        uint16_t len = 0;
        struct sr_bytes body = {0};
        if (sr_reader_u16le(&r, &id) != SR_OK || sr_reader_u16le(&r, &len) != SR_OK ||
            sr_reader_take(&r, len, &body) != SR_OK) {
            return "cut off";
        }
        const char *fault = read_field(id, body, wide);
        first = first == NULL ? fault : first;
    }
    if (wide->count > 0 && !wide->is_there && !wide->is_optional && first == NULL) {
        first = "zip64: missing";
    }
    return first;
}

static void want_wide(struct wide *wide, uint64_t *field)
{
    if (*field == UINT32_MAX) {
        wide->fields[wide->count++] = field;
    }
}

/* From the version to the sizes, which both kinds of entry have in the same order. */
static bool read_common(struct sr_reader *r, struct sr_zip_entry *e)
{
    return sr_reader_u16le(r, &e->needed) == SR_OK && sr_reader_u16le(r, &e->flags) == SR_OK &&
           sr_reader_u16le(r, &e->method) == SR_OK && skip(r, 4) &&
           sr_reader_u32le(r, &e->crc32) == SR_OK && sr_zip_read_size(r, false, &e->packed_bytes) &&
           sr_zip_read_size(r, false, &e->bytes);
}

/*
 * A local header has both sizes in zip64 or none (APPNOTE 4.5.3). Python's writer of old, and so
 * NumPy's files, have them in both places.
 */
static const char *read_local_sizes(struct sr_bytes extra, struct sr_zip_entry *e)
{
    bool is_ones = e->packed_bytes == UINT32_MAX || e->bytes == UINT32_MAX;
    uint64_t bytes = e->bytes;
    uint64_t packed_bytes = e->packed_bytes;
    struct wide wide = {.fields = {&bytes, &packed_bytes}, .count = 2, .is_optional = !is_ones};
    const char *fault = read_extra(extra, &wide);
    if (is_ones) {
        e->bytes = bytes;
        e->packed_bytes = packed_bytes;
    } else if (bytes != e->bytes || packed_bytes != e->packed_bytes) {
        return "zip64: other sizes";
    }
    return fault;
}

bool sr_zip_read_local(struct sr_bytes file, uint64_t at, struct sr_zip_entry *out)
{
    struct sr_zip_entry e = {0};
    struct sr_reader r = {0};
    uint16_t name_bytes = 0;
    uint16_t extra_bytes = 0;
    struct sr_bytes extra = {0};
    if (!begin(file, at, SR_ZIP_LOCAL_MAGIC, &r) || !read_common(&r, &e) ||
        sr_reader_u16le(&r, &name_bytes) != SR_OK || sr_reader_u16le(&r, &extra_bytes) != SR_OK ||
        sr_reader_take(&r, name_bytes, &e.name) != SR_OK ||
        sr_reader_take(&r, extra_bytes, &extra) != SR_OK) {
        return false;
    }
    e.extra_fault = read_local_sizes(extra, &e);
    e.offset = at + r.offset;
    *out = e;
    return true;
}

/* After the sizes: lengths and what follows the fixed part. */
static bool read_central_rest(struct sr_reader *r, struct sr_zip_entry *e, struct sr_bytes *extra)
{
    uint16_t name_bytes = 0;
    uint16_t extra_bytes = 0;
    uint16_t comment_bytes = 0;
    return sr_reader_u16le(r, &name_bytes) == SR_OK && sr_reader_u16le(r, &extra_bytes) == SR_OK &&
           sr_reader_u16le(r, &comment_bytes) == SR_OK && sr_reader_u16le(r, &e->disk) == SR_OK &&
           skip(r, 2) && sr_reader_u32le(r, &e->attributes) == SR_OK &&
           sr_zip_read_size(r, false, &e->offset) &&
           sr_reader_take(r, name_bytes, &e->name) == SR_OK &&
           sr_reader_take(r, extra_bytes, extra) == SR_OK &&
           sr_reader_take(r, comment_bytes, &e->comment) == SR_OK;
}

bool sr_zip_read_central(struct sr_bytes file, uint64_t at, struct sr_zip_entry *out,
                         uint64_t *out_next)
{
    struct sr_zip_entry e = {0};
    struct sr_reader r = {0};
    struct sr_bytes extra = {0};
    if (!begin(file, at, SR_ZIP_CENTRAL_MAGIC, &r) || !skip(&r, 2) || !read_common(&r, &e) ||
        !read_central_rest(&r, &e, &extra)) {
        return false;
    }
    struct wide wide = {0};
    want_wide(&wide, &e.bytes);
    want_wide(&wide, &e.packed_bytes);
    want_wide(&wide, &e.offset);
    e.extra_fault = read_extra(extra, &wide);
    *out_next = at + r.offset;
    *out = e;
    return true;
}

bool sr_zip_read_end(struct sr_bytes file, uint64_t at, struct sr_zip_end *out)
{
    struct sr_zip_end e = {0};
    struct sr_reader r = {0};
    if (!begin(file, at, SR_ZIP_END_MAGIC, &r) || sr_reader_u16le(&r, &e.disk) != SR_OK ||
        sr_reader_u16le(&r, &e.directory_disk) != SR_OK ||
        sr_reader_u16le(&r, &e.count_here) != SR_OK || sr_reader_u16le(&r, &e.count) != SR_OK ||
        sr_reader_u32le(&r, &e.directory_bytes) != SR_OK ||
        sr_reader_u32le(&r, &e.directory_offset) != SR_OK ||
        sr_reader_u16le(&r, &e.comment_bytes) != SR_OK) {
        return false;
    }
    e.comment = sr_bytes(r.rest.ptr, e.comment_bytes < r.rest.len ? e.comment_bytes : r.rest.len);
    *out = e;
    return true;
}

bool sr_zip_read_wide_end(struct sr_bytes file, uint64_t at, struct sr_zip_wide_end *out)
{
    struct sr_zip_wide_end e = {0};
    struct sr_reader r = {0};
    uint64_t record_bytes = 0; /* of what follows */
    uint64_t disks = 0;        /* two fields, both 0 */
    uint64_t count_here = 0;
    if (!begin(file, at, SR_ZIP_WIDE_END_MAGIC, &r) ||
        sr_reader_u64le(&r, &record_bytes) != SR_OK || !skip(&r, 4) ||
        sr_reader_u64le(&r, &disks) != SR_OK || sr_reader_u64le(&r, &count_here) != SR_OK ||
        sr_reader_u64le(&r, &e.count) != SR_OK ||
        sr_reader_u64le(&r, &e.directory_bytes) != SR_OK ||
        sr_reader_u64le(&r, &e.directory_offset) != SR_OK) {
        return false;
    }
    if (record_bytes != SR_ZIP_WIDE_END_BYTES - 12 || disks != 0 || count_here != e.count) {
        return false;
    }
    *out = e;
    return true;
}

bool sr_zip_read_locator(struct sr_bytes file, uint64_t at, uint64_t *out_wide_end)
{
    struct sr_reader r = {0};
    uint32_t disk = 0;
    uint32_t disks = 0;
    uint64_t wide_end = 0;
    if (!begin(file, at, SR_ZIP_LOCATOR_MAGIC, &r) || sr_reader_u32le(&r, &disk) != SR_OK ||
        sr_reader_u64le(&r, &wide_end) != SR_OK || sr_reader_u32le(&r, &disks) != SR_OK) {
        return false;
    }
    /* A file of one part says 1 part; some writers say 0. */
    if (disk != 0 || disks > 1) {
        return false;
    }
    *out_wide_end = wide_end;
    return true;
}

bool sr_zip_find_wide_end(struct sr_bytes file, uint64_t at, uint64_t *out_at,
                          struct sr_zip_wide_end *out)
{
    uint64_t wide_at = 0;
    if (at < SR_ZIP_LOCATOR_BYTES) {
        return false;
    }
    uint64_t locator = at - SR_ZIP_LOCATOR_BYTES;
    if (locator >= SR_ZIP_WIDE_END_BYTES &&
        sr_zip_read_wide_end(file, locator - SR_ZIP_WIDE_END_BYTES, out)) {
        *out_at = locator - SR_ZIP_WIDE_END_BYTES;
        return true;
    }
    if (!sr_zip_read_locator(file, locator, &wide_at) ||
        !sr_zip_read_wide_end(file, wide_at, out)) {
        return false;
    }
    *out_at = wide_at;
    return true;
}

/* Whether a directory of that many bytes ends at `end`, or one begins at offset. */
static bool is_directory(struct sr_bytes file, uint64_t end, uint64_t bytes, uint64_t offset)
{
    struct sr_reader r = {0};
    return (bytes > 0 && bytes <= end && begin(file, end - bytes, SR_ZIP_CENTRAL_MAGIC, &r)) ||
           begin(file, offset, SR_ZIP_CENTRAL_MAGIC, &r);
}

bool sr_zip_has_directory(struct sr_bytes file, uint64_t at, const struct sr_zip_end *end)
{
    struct sr_zip_wide_end wide = {0};
    uint64_t wide_at = 0;
    if (sr_zip_find_wide_end(file, at, &wide_at, &wide) &&
        is_directory(file, wide_at, wide.directory_bytes, wide.directory_offset)) {
        return true;
    }
    return is_directory(file, at, end->directory_bytes, end->directory_offset);
}
