/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/flatbuffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"

/* Inline bytes of a table: those of the largest schemas are under 200. */
#define TABLE_BYTES_MAX 256
/* What the builder aligns to at most. */
#define PADDING_BYTES_MAX 15
#define PARTS_MAX ((size_t)1 << 24)

/* A part of the bytes that is understood; what: its kind or type, so that one place is one thing.
 */
struct part {
    size_t offset;
    size_t len;
    const void *what;
};

/* A table that is still to be looked at. */
struct todo {
    size_t offset;
    const struct sr_flatbuffer_type *type;
};

struct sr_flatbuffer {
    struct sr_bytes bytes;
    struct part *parts;
    size_t part_count;
    size_t part_room;
    struct todo *todo;
    size_t todo_count;
    size_t todo_room;
    size_t visits;
};

/* Kinds of parts that have no type. */
static const char HEADER[] = "header";
static const char VTABLE[] = "vtable";
static const char TEXT[] = "text";
static const char VECTOR[] = "vector";
static const char OUTSIDE[] = "outside";

void sr_flatbuffer_free(struct sr_flatbuffer *f)
{
    if (f != NULL) {
        free(f->parts);
        free(f->todo);
        free(f);
    }
}

/* Little-endian, of 1 to 8 bytes; 0 when it does not lie in the bytes. */
static uint64_t get(const struct sr_flatbuffer *f, size_t at, unsigned width)
{
    uint64_t value = 0;
    if (at > f->bytes.len || f->bytes.len - at < width) {
        return 0;
    }
    for (unsigned i = width; i > 0; i--) {
        value = value << 8 | f->bytes.ptr[at + i - 1];
    }
    return value;
}

static bool fits(const struct sr_flatbuffer *f, size_t at, size_t len)
{
    return at <= f->bytes.len && len <= f->bytes.len - at;
}

static enum sr_status grow(void **array, size_t *room, size_t count, size_t size, size_t max)
{
    if (count < *room) {
        return SR_OK;
    }
    if (count >= max) {
        return SR_TOO_LARGE;
    }
    size_t wanted = *room == 0 ? 256 : *room * 2;
    void *grown = reallocarray(*array, wanted, size);
    if (grown == NULL) {
        return SR_NO_MEMORY;
    }
    *array = grown;
    *room = wanted;
    return SR_OK;
}

static enum sr_status add_part(struct sr_flatbuffer *f, size_t offset, size_t len, const void *what)
{
    void *array = f->parts;
    enum sr_status status = grow(&array, &f->part_room, f->part_count, sizeof *f->parts, PARTS_MAX);
    f->parts = array;
    SR_TRY(status);
    f->parts[f->part_count++] = (struct part){offset, len, what};
    return SR_OK;
}

static enum sr_status add_todo(struct sr_flatbuffer *f, size_t offset,
                               const struct sr_flatbuffer_type *type)
{
    /* Apart from one another, tables take 4 bytes each: more of them are the same ones again. */
    if (++f->visits > f->bytes.len / 4) {
        return SR_TOO_LARGE;
    }
    void *array = f->todo;
    enum sr_status status = grow(&array, &f->todo_room, f->todo_count, sizeof *f->todo, PARTS_MAX);
    f->todo = array;
    SR_TRY(status);
    f->todo[f->todo_count++] = (struct todo){offset, type};
    return SR_OK;
}

/* Where the offset that stands at `at` leads (FB-2); unsigned, from where it stands. */
static bool follow(const struct sr_flatbuffer *f, size_t at, size_t *out)
{
    uint64_t offset = get(f, at, 4);
    if (at % 4 != 0 || offset == 0 || !fits(f, at, 4) || offset >= f->bytes.len - at) {
        return false;
    }
    *out = at + (size_t)offset;
    return *out % 4 == 0;
}

static unsigned width_of(char slot)
{
    switch (slot) {
    case 'b':
    case 'B':
    case 's':
        return 1;
    case 'h':
    case 'H':
        return 2;
    case 'l':
    case 'L':
        return 8;
    default:
        return 4;
    }
}

/* A vector or text at `at` (FB-5): a length, the elements, a NUL after a text. */
static enum sr_status check_vector(struct sr_flatbuffer *f, size_t at, char slot)
{
    size_t bytes = 0;
    unsigned width = width_of(slot);
    size_t count = (size_t)get(f, at, 4);
    if (!fits(f, at, 4) || __builtin_mul_overflow(count, (size_t)width, &bytes) ||
        !fits(f, at + 4, bytes) || (width == 8 && bytes > 0 && (at + 4) % 8 != 0)) {
        return SR_MALFORMED;
    }
    if (slot != 's') {
        return add_part(f, at, 4 + bytes, VECTOR);
    }
    if (!fits(f, at + 4, bytes + 1) || f->bytes.ptr[at + 4 + bytes] != 0 ||
        !sr_text_is_utf8(sr_bytes(f->bytes.ptr + at + 4, bytes))) {
        return SR_MALFORMED;
    }
    return add_part(f, at, 4 + bytes + 1, TEXT);
}

static enum sr_status check_tables(struct sr_flatbuffer *f, size_t at,
                                   const struct sr_flatbuffer_type *type)
{
    SR_TRY(check_vector(f, at, 'I'));
    size_t count = (size_t)get(f, at, 4);
    for (size_t i = 0; i < count; i++) {
        size_t target = 0;
        if (!follow(f, at + 4 + 4 * i, &target)) {
            return SR_MALFORMED;
        }
        SR_TRY(add_todo(f, target, type));
    }
    return SR_OK;
}

/* What stands in a slot, by its letter; number: what the slot before it says. */
static enum sr_status check_slot(struct sr_flatbuffer *f, size_t at, char slot,
                                 const struct sr_flatbuffer_type *part, uint64_t number)
{
    size_t target = 0;
    if (at % width_of(slot >= 'a' && slot != 's' ? slot : 'i') != 0) {
        return SR_MALFORMED;
    }
    if (slot >= 'a' && slot != 's') {
        return SR_OK;
    }
    if (!follow(f, at, &target)) {
        return SR_MALFORMED;
    }
    if (slot == 'V') {
        return check_tables(f, target, part);
    }
    if (slot == 'U') {
        return number == 0 || number > part->count ? SR_MALFORMED
                                                   : add_todo(f, target, part->parts[number - 1]);
    }
    return slot == 'T' ? add_todo(f, target, part) : check_vector(f, target, slot);
}

static unsigned inline_width(char slot)
{
    return slot >= 'a' && slot != 's' ? width_of(slot) : 4;
}

/* A table that is being looked at. */
struct table {
    size_t at;
    size_t len;
    size_t vtable;
    size_t slots; /* in the vtable */
};

/* FB-3: a table and its vtable lie in the bytes. */
static bool open_table(const struct sr_flatbuffer *f, size_t at, struct table *out)
{
    if (!fits(f, at, 4) || at % 4 != 0) {
        return false;
    }
    int64_t vtable = (int64_t)at - (int32_t)(uint32_t)get(f, at, 4);
    if (vtable < 0 || vtable % 2 != 0 || !fits(f, (size_t)vtable, 4)) {
        return false;
    }
    size_t vtable_bytes = (size_t)get(f, (size_t)vtable, 2);
    *out = (struct table){.at = at,
                          .len = (size_t)get(f, (size_t)vtable + 2, 2),
                          .vtable = (size_t)vtable,
                          .slots = vtable_bytes / 2 - 2};
    return vtable_bytes >= 4 && vtable_bytes % 2 == 0 && fits(f, (size_t)vtable, vtable_bytes) &&
           out->len >= 4 && out->len <= TABLE_BYTES_MAX && fits(f, at, out->len);
}

/* Where a slot's field is; 0: it is not there. */
static size_t slot_at(const struct sr_flatbuffer *f, const struct table *t, unsigned slot)
{
    size_t offset = slot < t->slots ? (size_t)get(f, t->vtable + 4 + 2 * (size_t)slot, 2) : 0;
    return offset == 0 ? 0 : t->at + offset;
}

/* FB-4: a field lies in its table, after the vtable's offset, and overlaps no other. */
static bool use_bytes(const struct table *t, size_t at, unsigned width, bool used[TABLE_BYTES_MAX])
{
    size_t offset = at - t->at;
    if (offset < 4 || offset > t->len || width > t->len - offset) {
        return false;
    }
    for (unsigned i = 0; i < width; i++) {
        if (used[offset + i]) {
            return false;
        }
        used[offset + i] = true;
    }
    return true;
}

static bool has_part(char slot)
{
    return slot == 'T' || slot == 'V' || slot == 'U';
}

/* FB-4: what no field has is zero. */
static bool is_rest_zero(const struct sr_flatbuffer *f, const struct table *t,
                         const bool used[TABLE_BYTES_MAX])
{
    for (size_t i = 4; i < t->len; i++) {
        if (!used[i] && f->bytes.ptr[t->at + i] != 0) {
            return false;
        }
    }
    return true;
}

static enum sr_status check_slots(struct sr_flatbuffer *f, const struct table *t,
                                  const struct sr_flatbuffer_type *type)
{
    bool used[TABLE_BYTES_MAX] = {false};
    size_t known = strlen(type->slots);
    size_t part = 0;
    uint64_t number = 0; /* of the slot before: which table of a union */
    for (unsigned i = 0; i < t->slots; i++) {
        size_t at = slot_at(f, t, i);
        if (i >= known && at != 0) {
            return SR_MALFORMED;
        }
        char slot = i < known ? type->slots[i] : 'b';
        const struct sr_flatbuffer_type *of = has_part(slot) ? type->parts[part++] : NULL;
        if (at != 0) {
            SR_TRY(use_bytes(t, at, inline_width(slot), used) ? SR_OK : SR_MALFORMED);
            SR_TRY(check_slot(f, at, slot, of, number));
        }
        number = at != 0 && slot == 'b' ? get(f, at, 1) : 0;
    }
    return is_rest_zero(f, t, used) ? SR_OK : SR_MALFORMED;
}

static enum sr_status check_table(struct sr_flatbuffer *f, const struct todo *todo,
                                  struct sr_err *err)
{
    struct table t = {0};
    if (!open_table(f, todo->offset, &t)) {
        return sr_fail(err, SR_MALFORMED, "flatbuffer: %s at byte %zu: not a table",
                       todo->type->name, todo->offset);
    }
    enum sr_status status = add_part(f, t.at, t.len, todo->type);
    status = status == SR_OK ? add_part(f, t.vtable, 4 + 2 * t.slots, VTABLE) : status;
    status = status == SR_OK ? check_slots(f, &t, todo->type) : status;
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status,
                                     "flatbuffer: %s at byte %zu: a field that is not in the "
                                     "schema, or leads to nothing",
                                     todo->type->name, todo->offset);
}

/* FB-1 */
static enum sr_status check_header(struct sr_flatbuffer *f, const char *identifier,
                                   const struct sr_flatbuffer_type *root, struct sr_err *err)
{
    size_t target = 0;
    if (f->bytes.len < 8) {
        return sr_fail(err, SR_TRUNCATED, "flatbuffer: header: %zu bytes", f->bytes.len);
    }
    if (f->bytes.len > INT32_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "flatbuffer: over 2 GiB");
    }
    if (memcmp(f->bytes.ptr + 4, identifier, 4) != 0 || !follow(f, 0, &target)) {
        return sr_fail(err, SR_MALFORMED, "flatbuffer: header: not '%s'", identifier);
    }
    SR_TRY(add_part(f, 0, 8, HEADER));
    return add_todo(f, target, root);
}

enum sr_status sr_flatbuffer_verify(struct sr_bytes bytes, const struct sr_flatbuffer_type *root,
                                    const char *identifier, struct sr_flatbuffer **out,
                                    struct sr_err *err)
{
    SR_AUTO(sr_flatbuffer) f = calloc(1, sizeof *f);
    if (f == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "flatbuffer: no memory");
    }
    f->bytes = bytes;
    SR_TRY(check_header(f, identifier, root, err));
    while (f->todo_count > 0) {
        struct todo todo = f->todo[--f->todo_count];
        SR_TRY(check_table(f, &todo, err));
    }
    *out = SR_TAKE(f);
    return SR_OK;
}

enum sr_status sr_flatbuffer_add(struct sr_flatbuffer *f, uint64_t offset, uint64_t len)
{
    if (offset > f->bytes.len || len > f->bytes.len - offset) {
        return SR_MALFORMED;
    }
    return add_part(f, (size_t)offset, (size_t)len, OUTSIDE);
}

static int compare_parts(const void *a, const void *b) /* lint: callback */
{
    const struct part *x = a;
    const struct part *y = b;
    if (x->offset != y->offset) {
        return x->offset < y->offset ? -1 : 1;
    }
    return (x->len > y->len) - (x->len < y->len);
}

static bool is_padding(const struct sr_flatbuffer *f, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (f->bytes.ptr[i] != 0) {
            return false;
        }
    }
    return to - from <= PADDING_BYTES_MAX;
}

enum sr_status sr_flatbuffer_layout(struct sr_flatbuffer *f, struct sr_err *err)
{
    size_t end = 0;
    qsort(f->parts, f->part_count, sizeof *f->parts, compare_parts);
    for (size_t i = 0; i < f->part_count; i++) {
        const struct part *p = &f->parts[i];
        const struct part *last = i > 0 ? p - 1 : NULL;
        if (last != NULL && last->offset == p->offset && last->len == p->len &&
            last->what == p->what) {
            continue; /* builders share what is the same */
        }
        if (p->offset < end) {
            return sr_fail(err, SR_MALFORMED, "flatbuffer: byte %zu: two parts overlap", p->offset);
        }
        if (!is_padding(f, end, p->offset)) {
            return sr_fail(err, SR_MALFORMED, "flatbuffer: byte %zu: %zu bytes that no part has",
                           end, p->offset - end);
        }
        end = p->offset + p->len;
    }
    if (!is_padding(f, end, f->bytes.len)) {
        return sr_fail(err, SR_MALFORMED, "flatbuffer: byte %zu: %zu bytes that no part has", end,
                       f->bytes.len - end);
    }
    return SR_OK;
}

size_t sr_flatbuffer_root(const struct sr_flatbuffer *f)
{
    return (size_t)get(f, 0, 4);
}

/* Where a field of a verified table is; 0: it is not there. */
static size_t field_at(const struct sr_flatbuffer *f, size_t table, unsigned slot)
{
    struct table t = {0};
    return table != 0 && open_table(f, table, &t) ? slot_at(f, &t, slot) : 0;
}

uint64_t sr_flatbuffer_number(const struct sr_flatbuffer *f, size_t table, unsigned slot,
                              unsigned width, uint64_t otherwise)
{
    size_t at = field_at(f, table, slot);
    return at != 0 ? get(f, at, width) : otherwise;
}

size_t sr_flatbuffer_table(const struct sr_flatbuffer *f, size_t table, unsigned slot)
{
    size_t at = field_at(f, table, slot);
    size_t target = 0;
    return at != 0 && follow(f, at, &target) ? target : 0;
}

struct sr_bytes sr_flatbuffer_vector(const struct sr_flatbuffer *f, size_t table, unsigned slot,
                                     unsigned width)
{
    size_t at = sr_flatbuffer_table(f, table, slot);
    uint64_t bytes = get(f, at, 4) * width;
    if (at == 0 || !fits(f, at, 4) || bytes > f->bytes.len - at - 4) {
        return sr_bytes(NULL, 0);
    }
    return sr_bytes(f->bytes.ptr + at + 4, (size_t)bytes);
}

size_t sr_flatbuffer_count(const struct sr_flatbuffer *f, size_t table, unsigned slot)
{
    return sr_flatbuffer_vector(f, table, slot, 4).len / 4;
}

size_t sr_flatbuffer_element(const struct sr_flatbuffer *f, size_t table, unsigned slot,
                             size_t index)
{
    size_t at = sr_flatbuffer_table(f, table, slot);
    size_t target = 0;
    if (index >= sr_flatbuffer_count(f, table, slot) || !follow(f, at + 4 + 4 * index, &target)) {
        return 0;
    }
    return target;
}
