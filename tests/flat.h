/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_FLAT_H
#define SR_TESTS_FLAT_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

/*
 * Write FlatBuffers for tests, as wrong as they have to be: what refers comes before what it refers
 * to, and is linked to it afterwards.
 *
 *     struct flat f = flat_begin("TFL3");
 *     size_t root = flat_table(&f, "is");
 *     flat_link(&f, 0, root);
 *     flat_link(&f, flat_slot(&f, root, 1), flat_text(&f, "name"));
 */
struct flat {
    size_t len;
    uint8_t data[8192];
};

static inline void flat_set(struct flat *f, size_t at, unsigned width, uint64_t value)
{
    assert(at + width <= sizeof f->data);
    for (unsigned i = 0; i < width; i++) {
        f->data[at + i] = (uint8_t)(value >> (8 * i));
    }
}

/* Room for len zeros that begin at a multiple of align. */
static inline size_t flat_room(struct flat *f, size_t align, size_t len)
{
    f->len = (f->len + align - 1) / align * align;
    size_t at = f->len;
    f->len += len;
    assert(f->len <= sizeof f->data);
    return at;
}

static inline struct flat flat_begin(const char *identifier)
{
    struct flat f = {.len = 8};
    memcpy(f.data + 4, identifier, 4);
    return f;
}

static inline unsigned flat_width(char slot)
{
    return slot == 'b' ? 1 : slot == 'h' ? 2 : slot == 'l' ? 8 : 4;
}

/* A table with a slot for each letter of slots (b, h, l: 1, 2, 8 bytes, others 4; '-': not there),
 * all zero. */
static inline size_t flat_table(struct flat *f, const char *slots)
{
    size_t count = strlen(slots);
    size_t vtable = flat_room(f, 2, 4 + 2 * count);
    size_t table = flat_room(f, 8, 4);
    flat_set(f, vtable, 2, 4 + 2 * count);
    flat_set(f, table, 4, table - vtable);
    for (size_t i = 0; i < count; i++) {
        unsigned width = flat_width(slots[i]);
        if (slots[i] != '-') {
            flat_set(f, vtable + 4 + 2 * i, 2, flat_room(f, width, width) - table);
        }
    }
    flat_set(f, vtable + 2, 2, f->len - table);
    return table;
}

static inline size_t flat_vtable(const struct flat *f, size_t table)
{
    return table - (f->data[table] | (size_t)f->data[table + 1] << 8);
}

/* Where a slot's field is. */
static inline size_t flat_slot(const struct flat *f, size_t table, unsigned slot)
{
    size_t entry = flat_vtable(f, table) + 4 + 2 * (size_t)slot;
    return table + (f->data[entry] | (size_t)f->data[entry + 1] << 8);
}

static inline void flat_link(struct flat *f, size_t at, size_t target)
{
    flat_set(f, at, 4, target - at);
}

static inline size_t flat_vector(struct flat *f, unsigned width, size_t count, const void *data)
{
    if (width == 8) {
        (void)flat_room(f, 8, 4); /* so that the elements are aligned */
    }
    size_t at = flat_room(f, 4, 4 + width * count);
    flat_set(f, at, 4, count);
    memcpy(f->data + at + 4, data, width * count);
    return at;
}

static inline size_t flat_text(struct flat *f, const char *text)
{
    size_t at = flat_vector(f, 1, strlen(text), text);
    (void)flat_room(f, 1, 1);
    return at;
}

/* A vector of so many tables, to be linked: element i is at + 4 + 4 * i. */
static inline size_t flat_tables(struct flat *f, size_t count)
{
    static const uint8_t ZEROS[256] = {0};
    assert(count <= 64);
    return flat_vector(f, 4, count, ZEROS);
}

static inline struct sr_bytes flat_view(const struct flat *f)
{
    return sr_bytes(f->data, f->len);
}

#endif /* SR_TESTS_FLAT_H */
