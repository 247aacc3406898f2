/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "formats/hdf5_parts.h"

/* Types within types: an array of compounds of arrays is the most that is in use. */
#define NESTING_MAX 8
#define MEMBERS_MAX 4096

/*
 * Dataspaces.
 */

enum { SPACE_SCALAR, SPACE_SIMPLE, SPACE_NULL };

static enum sr_status read_dims(struct sr_hdf5_file *f, struct sr_reader *r,
                                struct sr_hdf5_space *s, bool has_max)
{
    s->elements = 1;
    for (uint8_t i = 0; i < s->rank; i++) {
        SR_TRY(sr_reader_u64le(r, &s->dims[i]));
        if (__builtin_mul_overflow(s->elements, s->dims[i], &s->elements)) { /* H-20 */
            return sr_fail(f->err, SR_MALFORMED, "shape: the number of elements overflows");
        }
    }
    for (uint8_t i = 0; has_max && i < s->rank; i++) {
        uint64_t max = 0;
        SR_TRY(sr_reader_u64le(r, &max));
        if (max < s->dims[i]) {
            return sr_fail(f->err, SR_MALFORMED, "shape: %" PRIu64 " is over its maximum",
                           s->dims[i]);
        }
    }
    return SR_OK;
}

static bool is_space_head(uint8_t version, uint8_t rank, uint8_t flags, uint8_t kind)
{
    return (version == 1 || version == 2) && rank <= SR_HDF5_RANK_MAX && flags <= 1 &&
           kind <= SPACE_NULL && (kind == SPACE_SIMPLE || rank == 0);
}

enum sr_status sr_hdf5_read_space(struct sr_hdf5_file *f, struct sr_reader *r,
                                  struct sr_hdf5_space *out)
{
    struct sr_hdf5_space s = {0};
    struct sr_bytes head;
    SR_TRY(sr_reader_take(r, 4, &head));
    uint8_t version = head.ptr[0];
    uint8_t flags = head.ptr[2];
    uint8_t kind = version == 2 ? head.ptr[3] : SPACE_SIMPLE;
    s.rank = head.ptr[1];
    if (!is_space_head(version, s.rank, flags, kind)) { /* H-20 */
        return sr_fail(f->err, SR_UNSUPPORTED, "dataspace: version %u, rank %u, flags %u, kind %u",
                       version, s.rank, flags, kind);
    }
    if (version == 1) {
        struct sr_bytes reserved;
        SR_TRY(sr_reader_take(r, 4, &reserved));
        if (head.ptr[3] != 0 || !sr_hdf5_is_zero(reserved)) {
            return SR_MALFORMED;
        }
    }
    SR_TRY(read_dims(f, r, &s, (flags & 1) != 0));
    s.is_null = kind == SPACE_NULL;
    if (s.is_null) {
        s.elements = 0;
    }
    *out = s;
    return SR_OK;
}

/*
 * Datatypes. They nest: what is open is on a stack.
 */

struct open_type {
    struct sr_hdf5_type type;
    uint8_t version;
    uint32_t left; /* types that are still to come in it */
    uint32_t members;
};

struct types {
    struct sr_hdf5_file *f;
    struct sr_reader *r;
    struct open_type stack[NESTING_MAX];
    size_t depth;
};

/* What stands before a member of a compound. */
static enum sr_status read_member(struct types *t, const struct open_type *o)
{
    struct sr_bytes name;
    uint64_t offset = 0;
    size_t size = 4;
    SR_TRY(sr_hdf5_cstring(t->r, o->version < 3 ? 8 : 1, &name));
    if (o->version >= 3) {
        size = o->type.size < 0x100       ? 1
               : o->type.size < 0x10000   ? 2
               : o->type.size < 0x1000000 ? 3
                                          : 4;
    }
    SR_TRY(sr_hdf5_uint(t->r, size, &offset));
    if (offset >= o->type.size) {
        return sr_fail(t->f->err, SR_MALFORMED, "datatype: member at %" PRIu64 " of %" PRIu32,
                       offset, o->type.size);
    }
    sr_hdf5_text(t->f, SR_HDF5_TAG, sr_bytes(NULL, 0), name);
    if (o->version == 1) {
        struct sr_bytes dims;
        SR_TRY(sr_reader_take(t->r, 28, &dims));
        return sr_hdf5_is_zero(dims) ? SR_OK
                                     : sr_fail(t->f->err, SR_UNSUPPORTED,
                                               "datatype: member with dimensions of its own");
    }
    return SR_OK;
}

/* What stands after the base of an enumeration: names, then values. */
static enum sr_status read_enum(struct types *t, const struct open_type *o, uint32_t base_size)
{
    struct sr_bytes values;
    for (uint32_t i = 0; i < o->members; i++) {
        struct sr_bytes name;
        SR_TRY(sr_hdf5_work(t->f, 1));
        SR_TRY(sr_hdf5_cstring(t->r, o->version < 3 ? 8 : 1, &name));
        sr_hdf5_text(t->f, SR_HDF5_TAG, sr_bytes(NULL, 0), name);
    }
    if (base_size > 8) {
        return SR_MALFORMED;
    }
    return sr_reader_take(t->r, (size_t)base_size * o->members, &values);
}

/* The dimensions of an array type. */
static enum sr_status read_array(struct types *t, const struct open_type *o)
{
    struct sr_bytes skipped;
    uint8_t rank = 0;
    SR_TRY(sr_reader_u8(t->r, &rank));
    if (o->version < 2 || rank > SR_HDF5_RANK_MAX) {
        return sr_fail(t->f->err, SR_UNSUPPORTED, "datatype: array of rank %u", rank);
    }
    return sr_reader_take(t->r, o->version < 3 ? 3 + (size_t)rank * 8 : (size_t)rank * 4, &skipped);
}

/* An opaque type's tag. */
static enum sr_status read_tag(struct types *t, uint32_t bits)
{
    struct sr_bytes tag;
    SR_TRY(sr_reader_take(t->r, bits & 0xff, &tag));
    while (tag.len > 0 && tag.ptr[tag.len - 1] == 0) {
        tag.len--;
    }
    sr_hdf5_text(t->f, SR_HDF5_TAG, sr_bytes(NULL, 0), tag);
    return SR_OK;
}

static enum sr_status open_nested(struct types *t, struct open_type *o, uint32_t bits)
{
    o->left = 1;
    o->members = bits & 0xffff;
    if (o->type.class == SR_HDF5_CLASS_COMPOUND) {
        o->left = o->members;
    }
    if (o->members > MEMBERS_MAX || o->left == 0) {
        return sr_fail(t->f->err, SR_UNSUPPORTED, "datatype: %" PRIu32 " members", o->members);
    }
    if (t->depth >= NESTING_MAX) {
        return sr_fail(t->f->err, SR_TOO_LARGE, "datatype: nested over %d deep", NESTING_MAX);
    }
    if (o->type.class == SR_HDF5_CLASS_VLEN) {
        o->type.is_text = (bits & 0xf) == 1;
        if (o->type.size != 16 || (bits & 0xf) > 1) {
            return SR_MALFORMED;
        }
    }
    if (o->type.class == SR_HDF5_CLASS_ARRAY) {
        SR_TRY(read_array(t, o));
    }
    t->stack[t->depth++] = *o;
    return o->type.class == SR_HDF5_CLASS_COMPOUND ? read_member(t, o) : SR_OK;
}

/* Properties of a type that has no other in it. */
static enum sr_status read_leaf(struct types *t, const struct open_type *o, uint32_t bits)
{
    struct sr_bytes properties;
    switch (o->type.class) {
    case SR_HDF5_CLASS_FIXED:
    case SR_HDF5_CLASS_BITS:
        return sr_reader_take(t->r, 4, &properties);
    case SR_HDF5_CLASS_FLOAT:
        return sr_reader_take(t->r, 12, &properties);
    case SR_HDF5_CLASS_STRING:
        return SR_OK;
    case SR_HDF5_CLASS_OPAQUE:
        return read_tag(t, bits);
    case SR_HDF5_CLASS_REFERENCE:
        if ((bits & 0xf) == 0) {
            return SR_OK; /* to an object: its address, which nobody follows here */
        }
        break;
    case SR_HDF5_CLASS_TIME:
    case SR_HDF5_CLASS_COMPOUND:
    case SR_HDF5_CLASS_ENUM:
    case SR_HDF5_CLASS_VLEN:
    case SR_HDF5_CLASS_ARRAY:
    case SR_HDF5_CLASS_COUNT:
        break;
    }
    return sr_fail(t->f->err, SR_UNSUPPORTED, "datatype: class %u", o->type.class); /* H-21 */
}

/* A type is complete: so may be those around it. *out is set when the outermost is. */
static enum sr_status close_types(struct types *t, struct sr_hdf5_type inner,
                                  struct sr_hdf5_type *out, bool *out_done)
{
    while (t->depth > 0) {
        struct open_type *o = &t->stack[t->depth - 1];
        bool is_vlen = inner.class == SR_HDF5_CLASS_VLEN;
        o->type.has_inner_vlen = o->type.has_inner_vlen || inner.has_inner_vlen || is_vlen;
        o->type.base_size = inner.size;
        if (o->type.class == SR_HDF5_CLASS_ENUM) {
            SR_TRY(read_enum(t, o, inner.size));
        }
        o->left--;
        if (o->left > 0) {
            return read_member(t, o);
        }
        inner = o->type;
        t->depth--;
    }
    *out = inner;
    *out_done = true;
    return SR_OK;
}

static enum sr_status read_type(struct types *t, struct sr_hdf5_type *out, bool *out_done)
{
    struct open_type o = {0};
    uint8_t head = 0;
    uint64_t bits = 0;
    SR_TRY(sr_hdf5_work(t->f, 1));
    SR_TRY(sr_reader_u8(t->r, &head));
    SR_TRY(sr_hdf5_uint(t->r, 3, &bits));
    SR_TRY(sr_reader_u32le(t->r, &o.type.size));
    o.version = head >> 4;
    o.type.class = head & 0xf;
    if (o.version < 1 || o.version > 4 || o.type.class >= SR_HDF5_CLASS_COUNT ||
        o.type.size == 0) { /* H-21 */
        return sr_fail(t->f->err, SR_UNSUPPORTED,
                       "datatype: class %u, version %u, %" PRIu32 " bytes", o.type.class, o.version,
                       o.type.size);
    }
    bool is_nested = o.type.class == SR_HDF5_CLASS_COMPOUND || o.type.class == SR_HDF5_CLASS_ENUM ||
                     o.type.class == SR_HDF5_CLASS_VLEN || o.type.class == SR_HDF5_CLASS_ARRAY;
    if (is_nested) {
        return open_nested(t, &o, (uint32_t)bits);
    }
    SR_TRY(read_leaf(t, &o, (uint32_t)bits));
    return close_types(t, o.type, out, out_done);
}

enum sr_status sr_hdf5_read_type(struct sr_hdf5_file *f, struct sr_reader *r,
                                 struct sr_hdf5_type *out)
{
    struct types t = {.f = f, .r = r};
    bool done = false;
    while (!done) {
        SR_TRY(read_type(&t, out, &done));
    }
    return SR_OK;
}

/*
 * Elements.
 */

enum sr_status sr_hdf5_data_bytes(struct sr_hdf5_file *f, const struct sr_hdf5_space *space,
                                  const struct sr_hdf5_type *type, uint64_t *out)
{
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(space->elements, (uint64_t)type->size, &bytes)) { /* H-20 */
        return sr_fail(f->err, SR_MALFORMED, "shape: the size overflows");
    }
    *out = bytes;
    return SR_OK;
}

/* One value of any length: how many elements, and where in which heap. H-31 */
static enum sr_status read_vlen(struct sr_hdf5_file *f, const struct sr_hdf5_type *type,
                                enum sr_hdf5_text_kind kind, struct sr_bytes name,
                                struct sr_reader *r)
{
    uint32_t count = 0;
    uint64_t address = 0;
    uint32_t index = 0;
    struct sr_bytes value;
    SR_TRY(sr_reader_u32le(r, &count));
    SR_TRY(sr_reader_u64le(r, &address));
    SR_TRY(sr_reader_u32le(r, &index));
    if (count == 0 && (address == 0 || address == SR_HDF5_NOWHERE)) {
        return SR_OK;
    }
    SR_TRY(sr_hdf5_global(f, address, index, &value));
    if ((uint64_t)count * type->base_size != value.len) {
        return sr_fail(f->err, SR_MALFORMED,
                       "object %" PRIu32 " of the heap at byte %" PRIu64 ": %zu bytes, not %" PRIu32
                       " elements",
                       index, address, value.len, count);
    }
    if (type->is_text) {
        sr_hdf5_text(f, kind, name, value);
    }
    return SR_OK;
}

static void tell_text(const struct sr_hdf5_file *f, enum sr_hdf5_text_kind kind,
                      struct sr_bytes name, struct sr_bytes text)
{
    while (text.len > 0 && text.ptr[text.len - 1] == 0) {
        text.len--;
    }
    sr_hdf5_text(f, kind, name, text);
}

enum sr_status sr_hdf5_elements(struct sr_hdf5_file *f, const struct sr_hdf5_type *type,
                                enum sr_hdf5_text_kind kind, struct sr_bytes name,
                                struct sr_bytes data)
{
    struct sr_reader r = sr_reader(data);
    if (type->has_inner_vlen && data.len > 0) { /* H-21 */
        return sr_fail(f->err, SR_UNSUPPORTED, "datatype: values of any length within another");
    }
    if (type->class != SR_HDF5_CLASS_VLEN && type->class != SR_HDF5_CLASS_STRING) {
        return SR_OK;
    }
    while (r.rest.len > 0) {
        struct sr_bytes element;
        SR_TRY(sr_hdf5_work(f, 1));
        if (type->class == SR_HDF5_CLASS_VLEN) {
            SR_TRY(read_vlen(f, type, kind, name, &r));
        } else {
            SR_TRY(sr_reader_take(&r, type->size, &element));
            tell_text(f, kind, name, element);
        }
    }
    return SR_OK;
}
