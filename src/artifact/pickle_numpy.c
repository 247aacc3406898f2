/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/pickle_vm.h"
#include "base/text.h"

/*
 * NumPy's dtypes and arrays. A dtype's state says more than its name, and NumPy believes it: a flag
 * says whether items are pointers, an item size how far apart they are. They have to agree here.
 * source  NumPy 1.24, numpy/core/src/multiarray/descriptor.c: arraydescr_setstate()
 */

/* Flags of NumPy that concern pointers: NPY_ITEM_REFCOUNT, NPY_LIST_PICKLE, NPY_ITEM_IS_POINTER. */
#define FLAGS_OBJECT 7
#define FLAG_REFCOUNT 1

struct dtype vm_dtype(const struct vm *vm, struct value dtype)
{
    uint64_t word = vm->cells[payload_of(dtype) + 1];
    return (struct dtype){.bytes = (uint32_t)word,
                          .kind = (char)(word >> 32 & 0xff),
                          .has_objects = (word >> 40 & 1) != 0,
                          .is_structured = (word >> 41 & 1) != 0,
                          .is_final = (word >> 42 & 1) != 0};
}

static void store(struct vm *vm, struct value dtype, struct dtype d)
{
    vm->cells[payload_of(dtype) + 1] = (uint64_t)d.bytes | (uint64_t)(uint8_t)d.kind << 32 |
                                       (uint64_t)d.has_objects << 40 |
                                       (uint64_t)d.is_structured << 41 | (uint64_t)d.is_final << 42;
}

void vm_dtype_use(struct vm *vm, struct value dtype)
{
    struct dtype d = vm_dtype(vm, dtype);
    d.is_final = true;
    store(vm, dtype, d);
}

static bool is_size_of(char kind, uint64_t bytes)
{
    static const struct {
        char kind;
        uint32_t sizes[4];
    } SIZES[] = {{'b', {1}},           {'i', {1, 2, 4, 8}}, {'u', {1, 2, 4, 8}},
                 {'f', {2, 4, 8, 16}}, {'f', {12}},         {'c', {8, 16, 24, 32}},
                 {'M', {8}},           {'m', {8}},          {'O', {4, 8}}};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        for (size_t j = 0; j < 4; j++) {
            if (SIZES[i].kind == kind && SIZES[i].sizes[j] == bytes && bytes > 0) {
                return true;
            }
        }
    }
    return (kind == 'S' || kind == 'U' || kind == 'V') && bytes <= INT32_MAX / 4;
}

/* "f8", "<i4", "O8", "O", "U10": what dtype.str and the arguments of its pickles are. */
static bool parse(struct sr_bytes text, struct dtype *out)
{
    uint64_t number = 0;
    if (text.len > 0 && memchr("<>|=", text.ptr[0], 4) != NULL) {
        text = sr_bytes(text.ptr + 1, text.len - 1);
    }
    if (text.len == 0) {
        return false;
    }
    char kind = (char)text.ptr[0];
    struct sr_bytes digits = sr_bytes(text.ptr + 1, text.len - 1);
    if (kind == 'O' && digits.len == 0) {
        number = 8;
    } else if (sr_text_parse_u64(digits, 0, INT32_MAX, &number) != SR_OK) {
        return false;
    }
    if (!is_size_of(kind, number)) {
        return false;
    }
    number = kind == 'U' ? number * 4 : number;
    *out = (struct dtype){.bytes = (uint32_t)number, .kind = kind, .has_objects = kind == 'O'};
    return true;
}

enum sr_status vm_dtype_new(struct vm *vm, uint64_t at, struct value args, struct value *out)
{
    struct value name = tuple_item(vm, args, 0);
    bool is_plain = false;
    struct dtype d = {0};
    uint64_t cell = 0;
    bool is_text = kind_of(name) == K_TEXT || kind_of(name) == K_BYTES;
    if (!is_text || !parse(vm_text(vm, name, &is_plain), &d) || !is_plain) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, at, 1, "a dtype of no known name");
        SR_TRY(vm_cell(vm, 1, 0, &cell));
        *out = value_of(K_UNKNOWN, cell);
        return SR_OK;
    }
    SR_TRY(vm_cell(vm, 2, 0, &cell));
    *out = value_of(K_DTYPE, cell);
    store(vm, *out, d);
    return SR_OK;
}

static enum sr_status bad(struct vm *vm, uint64_t at, const char *what)
{
    return vm_fail(vm, SR_MALFORMED, at, "a dtype whose %s", what);
}

/* (dtype, shape): an array as the item of an array. */
static enum sr_status build_sub(struct vm *vm, uint64_t at, struct value sub, uint64_t bytes,
                                struct dtype *d)
{
    uint64_t sizes[ITEMS_MAX];
    size_t rank = 0;
    if (kind_of(sub) != K_TUPLE || tuple_count(vm, sub) != 2 ||
        kind_of(tuple_item(vm, sub, 0)) != K_DTYPE) {
        return bad(vm, at, "subarray is not a dtype and a shape");
    }
    struct value shape = tuple_item(vm, sub, 1);
    uint64_t total = 0;
    if (vm_size(vm, shape, &sizes[0])) {
        rank = 1; /* a number stands for itself */
    } else if (!vm_sizes(vm, shape, sizes, &rank)) {
        return bad(vm, at, "subarray has no shape");
    }
    struct dtype base = vm_dtype(vm, tuple_item(vm, sub, 0));
    total = base.bytes;
    for (size_t i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(total, sizes[i], &total)) {
            return bad(vm, at, "subarray is too large");
        }
    }
    if (total != bytes) {
        return bad(vm, at, "subarray has another size");
    }
    d->has_objects = base.has_objects;
    d->is_structured = true;
    return SR_OK;
}

/* One field: (dtype, offset) or (dtype, offset, title). */
static bool take_field(const struct vm *vm, struct value field, struct dtype *d)
{
    uint64_t offset = 0;
    if (kind_of(field) != K_TUPLE || tuple_count(vm, field) < 2 || tuple_count(vm, field) > 3 ||
        kind_of(tuple_item(vm, field, 0)) != K_DTYPE ||
        !vm_size(vm, tuple_item(vm, field, 1), &offset)) {
        return false;
    }
    struct dtype of = vm_dtype(vm, tuple_item(vm, field, 0));
    d->has_objects = d->has_objects || of.has_objects;
    return offset <= d->bytes && of.bytes <= d->bytes - offset;
}

static enum sr_status build_fields(struct vm *vm, uint64_t at, struct value names,
                                   struct value fields, struct dtype *d)
{
    struct watch *w = kind_of(fields) == K_DICT ? vm_watched(vm, fields) : NULL;
    if (kind_of(names) != K_TUPLE || w == NULL || w->count > ITEMS_MAX ||
        tuple_count(vm, names) > w->count) {
        return bad(vm, at, "fields are not known");
    }
    for (size_t i = 0; i < w->count; i++) {
        if (!take_field(vm, w->pairs[2 * i + 1], d)) {
            return bad(vm, at, "fields do not lie within it");
        }
    }
    d->is_structured = true;
    return SR_OK;
}

static enum sr_status build_void(struct vm *vm, uint64_t at, struct value state, struct dtype *d)
{
    struct value sub = tuple_item(vm, state, 2);
    struct value names = tuple_item(vm, state, 3);
    struct value fields = tuple_item(vm, state, 4);
    if (kind_of(sub) != K_NONE) {
        return build_sub(vm, at, sub, d->bytes, d);
    }
    if (kind_of(names) != K_NONE || kind_of(fields) != K_NONE) {
        return build_fields(vm, at, names, fields, d);
    }
    return SR_OK;
}

/* Version, size and flags of a dtype's state; false when it has none of a known version. */
static bool take_state(const struct vm *vm, struct value state, int64_t *bytes, int64_t *flags)
{
    int64_t version = 0;
    size_t count = kind_of(state) == K_TUPLE ? tuple_count(vm, state) : 0;
    return (count == 8 || count == 9) && vm_integer(vm, tuple_item(vm, state, 0), &version) &&
           (version == 3 || version == 4) && vm_integer(vm, tuple_item(vm, state, 5), bytes) &&
           vm_integer(vm, tuple_item(vm, state, 7), flags);
}

/* Whether neither subarray nor names nor fields are given. */
static bool has_no_parts(const struct vm *vm, struct value state)
{
    return kind_of(tuple_item(vm, state, 2)) == K_NONE &&
           kind_of(tuple_item(vm, state, 3)) == K_NONE &&
           kind_of(tuple_item(vm, state, 4)) == K_NONE;
}

/* (3 or 4, byte order, subarray, names, fields, size, alignment, flags[, metadata]) */
enum sr_status vm_dtype_build(struct vm *vm, uint64_t at, struct value dtype, struct value state)
{
    struct dtype d = vm_dtype(vm, dtype);
    int64_t bytes = 0;
    int64_t flags = 0;
    if (d.is_final) {
        return bad(vm, at, "state comes when it is in use already");
    }
    if (!take_state(vm, state, &bytes, &flags)) {
        return bad(vm, at, "state is of no known version");
    }
    if (bytes != -1 && bytes != d.bytes) {
        return bad(vm, at, "state gives it another size");
    }
    if (d.kind == 'V') {
        SR_TRY(build_void(vm, at, state, &d));
    } else if (!has_no_parts(vm, state)) {
        return bad(vm, at, "state gives it parts");
    }
    if (d.has_objects ? (flags & FLAG_REFCOUNT) == 0 : (flags & FLAGS_OBJECT) != 0) {
        return bad(vm, at, "flags do not go with its items");
    }
    if (d.has_objects && d.is_structured) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, at, 1, "a dtype of fields with objects");
    }
    d.is_final = true;
    store(vm, dtype, d);
    return SR_OK;
}

/* P-35: data is as long as shape and dtype say. */
static enum sr_status check_bytes(struct vm *vm, uint64_t at, struct value shape,
                                  const struct dtype *d, struct value data)
{
    uint64_t sizes[ITEMS_MAX];
    size_t rank = 0;
    uint64_t bytes = d->bytes;
    uint64_t have = 0;
    if (!vm_sizes(vm, shape, sizes, &rank)) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, at, 1, "an array of unknown shape");
        return SR_OK;
    }
    for (size_t i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(bytes, sizes[i], &bytes)) {
            return vm_fail(vm, SR_MALFORMED, at, "an array whose shape overflows");
        }
    }
    if (d->has_objects) {
        return SR_OK;
    }
    if (!vm_byte_count(vm, data, &have)) {
        return vm_fail(vm, SR_MALFORMED, at, "an array whose data is not Latin-1");
    }
    if (have != bytes) {
        return vm_fail(vm, SR_MALFORMED, at, "an array of %llu bytes with %llu bytes of data",
                       (unsigned long long)bytes, (unsigned long long)have);
    }
    vm_approve_text(vm, data);
    return SR_OK;
}

/* The last of (1, shape, dtype, is Fortran, data): bytes, or a list for objects. */
static enum sr_status build_data(struct vm *vm, uint64_t at, const struct value *parts)
{
    if (kind_of(parts[0]) != K_TUPLE || kind_of(parts[1]) != K_DTYPE) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, at, 1, "an array of unknown shape or dtype");
        return SR_OK;
    }
    vm_dtype_use(vm, parts[1]);
    struct dtype d = vm_dtype(vm, parts[1]);
    if (d.has_objects ? kind_of(parts[3]) != K_LIST
                      : !is_one_of(kind_of(parts[3]), KIND(K_BYTES) | KIND(K_TEXT))) {
        return vm_fail(vm, SR_MALFORMED, at, "an array whose data does not go with its dtype");
    }
    return check_bytes(vm, at, parts[0], &d, parts[3]);
}

enum sr_status vm_array_from_buffer(struct vm *vm, uint64_t at, struct value args)
{
    struct value data = tuple_item(vm, args, 0);
    struct dtype d = vm_dtype(vm, tuple_item(vm, args, 1));
    if (kind_of(data) != K_BYTES || d.has_objects) {
        return vm_fail(vm, SR_MALFORMED, at, "an array whose data does not go with its dtype");
    }
    return check_bytes(vm, at, tuple_item(vm, args, 2), &d, data);
}

enum sr_status vm_array_build(struct vm *vm, uint64_t at, struct value array, struct value state)
{
    (void)array;
    size_t count = kind_of(state) == K_TUPLE ? tuple_count(vm, state) : 0;
    if (count != 4 && count != 5 && count != 7) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, at, 1, "the state of an array is no tuple of 5");
        return SR_OK;
    }
    struct value parts[4];
    size_t first = count == 4 ? 0 : 1;
    for (size_t i = 0; i < 4; i++) {
        parts[i] = tuple_item(vm, state, first + i);
    }
    return build_data(vm, at, parts);
}
