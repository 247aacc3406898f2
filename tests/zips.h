/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_ZIPS_H
#define SR_TESTS_ZIPS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "formats/crc32.h"
#include "tests/check.h"

/*
 * Zip files for tests, right or wrong, in memory:
 *
 *     struct zips z = {0};
 *     zips_add(&z, "archive/data.pkl", "\x80\2N.", 4);
 *     findings_of("model.pt", SR_PROFILE_TENSORS, zips_end(&z));
 *
 * For what is wrong there are zips_add_as() with its options, the fields of struct zips, and the
 * offsets of what was written, so that a test can overwrite it.
 */
#define ZIPS_BYTES (1 << 16)
#define ZIPS_MEMBERS 16

struct zips_member {
    const char *name;
    const char *central_name; /* NULL: the same */
    const void *content;      /* as packed */
    size_t packed_bytes;
    size_t bytes;   /* unpacked; of a stored one 0 means packed_bytes */
    uint32_t crc32; /* 0: that of content */
    uint16_t flags; /* with 8, a descriptor follows and the header has no sizes */
    uint16_t method;
    uint32_t attributes;
    uint16_t align;    /* pad as PyTorch does, so that data begins at a multiple of it */
    const char *extra; /* more extra fields, in the local header */
    uint16_t extra_bytes;
    bool is_wide; /* sizes in a zip64 field; as a descriptor: of 8 bytes each */
};

struct zips {
    uint8_t bytes[ZIPS_BYTES];
    size_t len;
    struct zips_member members[ZIPS_MEMBERS];
    size_t headers[ZIPS_MEMBERS]; /* offsets */
    size_t data[ZIPS_MEMBERS];
    size_t centrals[ZIPS_MEMBERS];
    size_t count;
    bool is_wide_end; /* write the end record of zip64 */
    size_t directory;
    size_t wide_end;
    size_t end;
};

static inline void zips_put(struct zips *z, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes && z->len < sizeof z->bytes; i++) {
        z->bytes[z->len++] = (uint8_t)(value >> (8 * i));
    }
}

static inline void zips_raw(struct zips *z, const void *data, size_t len)
{
    CHECK(len <= sizeof z->bytes - z->len);
    if (len > 0 && len <= sizeof z->bytes - z->len) {
        memcpy(z->bytes + z->len, data, len);
        z->len += len;
    }
}

/* Overwrite bytes of what was written. */
static inline void zips_set(struct zips *z, size_t at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        z->bytes[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static inline void zips_put_sizes(struct zips *z, const struct zips_member *m, bool is_local)
{
    bool is_later = is_local && (m->flags & 8) != 0;
    zips_put(z, is_later ? 0 : m->crc32, 4);
    if (m->is_wide && is_local) {
        zips_put(z, UINT64_MAX, 8);
        return;
    }
    zips_put(z, is_later ? 0 : m->packed_bytes, 4);
    zips_put(z, is_later ? 0 : m->bytes, 4);
}

static inline void zips_put_extra(struct zips *z, const struct zips_member *m)
{
    if (m->is_wide) {
        zips_put(z, 0x00100001, 4);
        zips_put(z, (m->flags & 8) != 0 ? 0 : m->bytes, 8);
        zips_put(z, (m->flags & 8) != 0 ? 0 : m->packed_bytes, 8);
    }
    zips_raw(z, m->extra, m->extra_bytes);
    if (m->align > 0) {
        size_t padding = (m->align - (z->len + 4) % m->align) % m->align;
        zips_put(z, 0x4246, 2);
        zips_put(z, padding, 2);
        for (size_t i = 0; i < padding; i++) {
            zips_put(z, 'Z', 1);
        }
    }
}

static inline void zips_add_as(struct zips *z, struct zips_member m)
{
    CHECK(z->count < ZIPS_MEMBERS);
    m.bytes = m.method == 0 && m.bytes == 0 ? m.packed_bytes : m.bytes;
    m.crc32 = m.crc32 == 0 ? sr_crc32(0, sr_bytes(m.content, m.packed_bytes)) : m.crc32;
    z->headers[z->count] = z->len;
    zips_raw(z, "PK\3\4\24\0", 6);
    zips_put(z, m.flags, 2);
    zips_put(z, m.method, 2);
    zips_put(z, 0, 4);
    zips_put_sizes(z, &m, true);
    zips_put(z, strlen(m.name), 2);
    size_t extra_bytes_at = z->len;
    zips_put(z, 0, 2);
    zips_raw(z, m.name, strlen(m.name));
    size_t extra_at = z->len;
    zips_put_extra(z, &m);
    zips_set(z, extra_bytes_at, z->len - extra_at, 2);
    z->data[z->count] = z->len;
    zips_raw(z, m.content, m.packed_bytes);
    if ((m.flags & 8) != 0) {
        zips_raw(z, "PK\7\10", 4);
        zips_put(z, m.crc32, 4);
        zips_put(z, m.packed_bytes, m.is_wide ? 8 : 4);
        zips_put(z, m.bytes, m.is_wide ? 8 : 4);
    }
    z->members[z->count++] = m;
}

/* A stored member. */
static inline void zips_add(struct zips *z, const char *name, const void *content, size_t len)
{
    zips_add_as(z, (struct zips_member){.name = name, .content = content, .packed_bytes = len});
}

static inline void zips_put_central(struct zips *z, size_t index)
{
    const struct zips_member *m = &z->members[index];
    const char *name = m->central_name != NULL ? m->central_name : m->name;
    z->centrals[index] = z->len;
    zips_raw(z, "PK\1\2\24\3\24\0", 8);
    zips_put(z, m->flags, 2);
    zips_put(z, m->method, 2);
    zips_put(z, 0, 4);
    zips_put_sizes(z, m, false);
    zips_put(z, strlen(name), 2);
    zips_put(z, 0, 8); /* extra, comment, disk, internal attributes */
    zips_put(z, m->attributes, 4);
    zips_put(z, z->headers[index], 4);
    zips_raw(z, name, strlen(name));
}

/* Write the directory and the end records. */
static inline struct sr_bytes zips_end(struct zips *z)
{
    z->directory = z->len;
    for (size_t i = 0; i < z->count; i++) {
        zips_put_central(z, i);
    }
    size_t directory_bytes = z->len - z->directory;
    if (z->is_wide_end) {
        z->wide_end = z->len;
        zips_raw(z, "PK\6\6", 4);
        zips_put(z, 44, 8);
        zips_put(z, 0x002d031e, 4);
        zips_put(z, 0, 8);
        zips_put(z, z->count, 8);
        zips_put(z, z->count, 8);
        zips_put(z, directory_bytes, 8);
        zips_put(z, z->directory, 8);
        zips_raw(z, "PK\6\7\0\0\0\0", 8);
        zips_put(z, z->wide_end, 8);
        zips_put(z, 1, 4);
    }
    z->end = z->len;
    zips_raw(z, "PK\5\6\0\0\0\0", 8);
    zips_put(z, z->count, 2);
    zips_put(z, z->count, 2);
    zips_put(z, directory_bytes, 4);
    zips_put(z, z->directory, 4);
    zips_put(z, 0, 2);
    return sr_bytes(z->bytes, z->len);
}

#endif /* SR_TESTS_ZIPS_H */
