/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "artifact/pickle_vm.h"
#include "base/limits.h"
#include "base/text.h"

/*
 * PyTorch's storages and tensors. source  PyTorch 2.x, torch/serialization.py: persistent_load();
 * torch/_utils.py: _rebuild_tensor*(); torch/_tensor.py: _reduce_ex_internal()
 */

/* Kinds of storage: the class's name without "Storage", the name of its dtype in torch. */
static const struct kind_of_item {
    const char *storage;
    const char *torch;
    uint32_t bytes;
    const char *dtype; /* in formats/dtype.h; NULL: none there */
} ITEMS[] = {
    {"DoubleStorage", "float64", 8, "F64"},
    {"FloatStorage", "float32", 4, "F32"},
    {"HalfStorage", "float16", 2, "F16"},
    {"LongStorage", "int64", 8, "I64"},
    {"IntStorage", "int32", 4, "I32"},
    {"ShortStorage", "int16", 2, "I16"},
    {"CharStorage", "int8", 1, "I8"},
    {"ByteStorage", "uint8", 1, "U8"},
    {"BoolStorage", "bool", 1, "BOOL"},
    {"BFloat16Storage", "bfloat16", 2, "BF16"},
    {"ComplexDoubleStorage", "complex128", 16, NULL},
    {"ComplexFloatStorage", "complex64", 8, "C64"},
    {"QUInt8Storage", "quint8", 1, NULL},
    {"QInt8Storage", "qint8", 1, NULL},
    {"QInt32Storage", "qint32", 4, NULL},
    {"QUInt4x2Storage", "quint4x2", 1, NULL},
    {"QUInt2x4Storage", "quint2x4", 1, NULL},
    {"UntypedStorage", "", 1, NULL},
    {"_UntypedStorage", "", 1, NULL},
    {"", "uint16", 2, "U16"},
    {"", "uint32", 4, "U32"},
    {"", "uint64", 8, "U64"},
    {"", "complex32", 4, NULL},
    {"", "float8_e4m3fn", 1, "F8_E4M3"},
    {"", "float8_e5m2", 1, "F8_E5M2"},
    {"", "float8_e4m3fnuz", 1, "F8_E4M3FNUZ"},
    {"", "float8_e5m2fnuz", 1, "F8_E5M2FNUZ"},
    {"", "float8_e8m0fnu", 1, "F8_E8M0"},
    {"", "float4_e2m1fn_x2", 1, NULL},
};

static const struct kind_of_item *item_by_storage(struct sr_bytes name)
{
    for (size_t i = 0; i < sizeof ITEMS / sizeof ITEMS[0]; i++) {
        if (name.len > 0 && sr_text_equal(name, sr_text_view(ITEMS[i].storage))) {
            return &ITEMS[i];
        }
    }
    return NULL;
}

static const struct kind_of_item *item_by_torch(struct sr_bytes name)
{
    for (size_t i = 0; i < sizeof ITEMS / sizeof ITEMS[0]; i++) {
        if (name.len > 0 && sr_text_equal(name, sr_text_view(ITEMS[i].torch))) {
            return &ITEMS[i];
        }
    }
    return NULL;
}

/* Text that stands as it is; a number stands for itself in old files. */
static bool take_text(const struct vm *vm, struct value v, struct sr_bytes *out)
{
    bool is_plain = false;
    if (kind_of(v) != K_TEXT) {
        return false;
    }
    *out = vm_text(vm, v, &is_plain);
    return is_plain;
}

/* Keys become names of members: letters, digits, '_', '-', '.'. */
static bool is_plain_key(struct sr_bytes key)
{
    for (size_t i = 0; i < key.len; i++) {
        uint8_t c = key.ptr[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.') {
            return false;
        }
    }
    return key.len > 0 && key.len <= 128 && key.ptr[0] != '.';
}

static bool take_view(const struct vm *vm, struct value view, struct sr_pickle_storage *out)
{
    if (kind_of(view) == K_NONE) {
        return true;
    }
    if (kind_of(view) != K_TUPLE || tuple_count(vm, view) != 3) {
        return false;
    }
    out->has_view = true;
    return take_text(vm, tuple_item(vm, view, 0), &out->view_key) && is_plain_key(out->view_key) &&
           vm_size(vm, tuple_item(vm, view, 1), &out->view_offset) &&
           vm_size(vm, tuple_item(vm, view, 2), &out->view_numel);
}

static bool take_type(const struct vm *vm, struct value type, struct sr_pickle_storage *out)
{
    const struct import *import = kind_of(type) == K_GLOBAL ? vm_import_of(vm, type) : NULL;
    const struct kind_of_item *item = import != NULL ? item_by_storage(import->name) : NULL;
    if (item == NULL || import->role != SR_PICKLE_ROLE_MARKER) {
        return false;
    }
    out->type = item->storage;
    out->element_bytes = item->bytes;
    out->dtype = item->dtype;
    return true;
}

/* ('storage', class, key, location, numel[, view]) */
static bool take_storage(const struct vm *vm, struct value id, struct sr_pickle_storage *out)
{
    if (kind_of(id) != K_TUPLE || tuple_count(vm, id) < 5 || tuple_count(vm, id) > 6 ||
        !vm_text_is(vm, tuple_item(vm, id, 0), "storage") ||
        !take_type(vm, tuple_item(vm, id, 1), out)) {
        return false;
    }
    return take_text(vm, tuple_item(vm, id, 2), &out->key) && is_plain_key(out->key) &&
           take_text(vm, tuple_item(vm, id, 3), &out->location) &&
           vm_size(vm, tuple_item(vm, id, 4), &out->numel) &&
           (tuple_count(vm, id) == 5 || take_view(vm, tuple_item(vm, id, 5), out));
}

enum sr_status vm_persid(struct vm *vm, uint64_t at, struct value id, struct value *out)
{
    struct sr_pickle_storage storage = {0};
    if (vm->run->context == SR_PICKLE_TORCH && vm->in != NULL && take_storage(vm, id, &storage)) {
        if (vm->run->storage != NULL && vm->run->storage(vm->run->ctx, &storage, at)) {
            *out = value_of(K_STORAGE, payload_of(id));
            return SR_OK;
        }
        char key[SR_EVIDENCE_BYTES];
        vm_find(vm, SR_RULE_PICKLE_PERSID, at, 1, "storage '%.200s'",
                sr_inspection_quote(storage.key, key));
    } else if (vm->in == NULL) {
        return SR_MALFORMED; /* an unpickler without an application stops here */
    } else {
        vm_find(vm, SR_RULE_PICKLE_PERSID, at, 1, "not of the form of a storage");
    }
    uint64_t cell = 0;
    SR_TRY(vm_cell(vm, 1, 0, &cell));
    *out = value_of(K_UNKNOWN, cell);
    return SR_OK;
}

/* One more than the place of the last element; 0 when there are no elements. */
static bool extent(const struct sr_pickle_tensor *t, uint64_t *out)
{
    uint64_t last = t->offset;
    bool fits = true;
    for (size_t i = 0; i < t->rank; i++) {
        uint64_t step = 0;
        if (t->sizes[i] == 0) {
            *out = t->offset;
            return true;
        }
        fits = fits && !__builtin_mul_overflow(t->sizes[i] - 1, t->strides[i], &step) &&
               !__builtin_add_overflow(last, step, &last);
    }
    return fits && !__builtin_add_overflow(last, (uint64_t)1, out);
}

static void check_extent(struct vm *vm, struct sr_pickle_tensor *t)
{
    uint64_t end = 0;
    uint64_t have = 0;
    bool fits = extent(t, &t->end);
    end = t->end;
    fits = fits && !__builtin_mul_overflow(end, t->element_bytes, &end) &&
           !__builtin_mul_overflow(t->storage->numel, t->storage->element_bytes, &have) &&
           end <= have;
    if (!fits) {
        char key[SR_EVIDENCE_BYTES];
        vm_find(vm, SR_RULE_PICKLE_TENSOR_EXTENT, t->at, 1,
                "a tensor needs %llu bytes of storage '%.100s' of %llu", (unsigned long long)end,
                sr_inspection_quote(t->storage->key, key), (unsigned long long)have);
    }
}

/* The dtype of _rebuild_tensor_v3 is its seventh argument. */
static void take_dtype(const struct vm *vm, struct value args, struct sr_pickle_tensor *t)
{
    t->dtype = t->storage->dtype;
    t->element_bytes = t->storage->element_bytes;
    if (tuple_count(vm, args) < 7 || kind_of(tuple_item(vm, args, 6)) != K_GLOBAL) {
        return;
    }
    const struct kind_of_item *item =
        item_by_torch(vm_import_of(vm, tuple_item(vm, args, 6))->name);
    t->dtype = item != NULL ? item->dtype : NULL;
    t->element_bytes = item != NULL ? item->bytes : t->element_bytes;
}

/* The last argument of _rebuild_tensor_v2 and _v3, when it is there and says something. */
static bool has_metadata(const struct vm *vm, struct value args)
{
    size_t count = tuple_count(vm, args);
    return count > 6 && kind_of(tuple_item(vm, args, count - 1)) == K_DICT;
}

/* (storage, offset, sizes, strides, ...); the form of the rest is checked. */
enum sr_status vm_tensor(struct vm *vm, uint64_t at, struct value args, struct value *out)
{
    struct sr_pickle_storage storage = {0};
    uint64_t sizes[ITEMS_MAX];
    uint64_t strides[ITEMS_MAX];
    size_t strides_count = 0;
    struct sr_pickle_tensor tensor = {
        .index = vm->tensors, .storage = &storage, .sizes = sizes, .strides = strides, .at = at};
    struct value id = value_of(K_TUPLE, payload_of(tuple_item(vm, args, 0)));
    if (!take_storage(vm, id, &storage) || !vm_size(vm, tuple_item(vm, args, 1), &tensor.offset) ||
        !vm_sizes(vm, tuple_item(vm, args, 2), sizes, &tensor.rank) ||
        !vm_sizes(vm, tuple_item(vm, args, 3), strides, &strides_count) ||
        strides_count != tensor.rank) {
        return vm_fail(vm, SR_MALFORMED, at, "a tensor without sizes and as many strides");
    }
    take_dtype(vm, args, &tensor);
    tensor.has_metadata = has_metadata(vm, args);
    check_extent(vm, &tensor);
    if (vm->run->tensor != NULL) {
        vm->run->tensor(vm->run->ctx, &tensor);
    }
    *out = value_of(K_TENSOR, vm->tensors++);
    return SR_OK;
}

/* A path under construction. */
struct path {
    uint8_t text[SR_LIMIT_TENSOR_NAME_BYTES];
    size_t len;
    bool is_whole;
};

static void add_bytes(struct path *path, struct sr_bytes part)
{
    size_t room = sizeof path->text - path->len;
    size_t len = part.len < room ? part.len : room;
    if (len > 0) {
        memcpy(path->text + path->len, part.ptr, len);
    }
    path->len += len;
    path->is_whole = path->is_whole && len == part.len;
}

static void add_key(const struct vm *vm, struct path *path, struct value key)
{
    bool is_plain = true;
    int64_t number = 0;
    if (kind_of(key) != K_TEXT && kind_of(key) != K_INT) {
        path->is_whole = false;
        return;
    }
    if (path->len > 0) {
        add_bytes(path, sr_text_view("."));
    }
    if (kind_of(key) == K_TEXT) {
        add_bytes(path, vm_text(vm, key, &is_plain));
    } else if (vm_integer(vm, key, &number)) {
        char text[24];
        (void)snprintf(text, sizeof text, "%lld", (long long)number);
        add_bytes(path, sr_text_view(text));
    }
    path->is_whole = path->is_whole && is_plain;
}

/* Levels, and values of one level, that are looked at for a path: no state dict is as deep. */
#define LEVEL_MAX 64

/* Add the keys below the container at place, within one level of marks that begins at first. A
 * container right below a key is open when nothing is in it yet: one item at a time is SETITEM. */
static void add_level(const struct vm *vm, struct path *path, size_t first, size_t place)
{
    size_t begin = place - first > LEVEL_MAX ? place - LEVEL_MAX : first;
    for (size_t i = begin; i + 1 < place; i++) {
        bool is_open =
            kind_of(vm->stack[i]) == K_DICT && vm_cell_at(vm, payload_of(vm->stack[i])).weight == 1;
        if (is_open && i > first && kind_of(vm->stack[i - 1]) == K_TEXT) {
            add_key(vm, path, vm->stack[i - 1]);
        }
    }
    if (place > first && is_one_of(kind_of(vm->stack[place - 1]), KIND(K_TEXT) | KIND(K_INT))) {
        add_key(vm, path, vm->stack[place - 1]);
    }
}

static void make_path(const struct vm *vm, struct path *path, size_t place)
{
    size_t first = 0;
    if (vm->mark_count > LEVEL_MAX) {
        path->is_whole = false;
        return;
    }
    for (size_t i = 0; i < vm->mark_count && vm->marks[i] <= place; i++) {
        if (vm->marks[i] > first) {
            add_level(vm, path, first, vm->marks[i] - 1);
        }
        first = vm->marks[i];
    }
    add_level(vm, path, first, place);
}

void vm_entries(struct vm *vm, size_t place, const struct value *items, size_t count,
                bool are_pairs)
{
    for (size_t i = are_pairs ? 1 : 0; i < count; i += are_pairs ? 2 : 1) {
        if (kind_of(items[i]) != K_TENSOR) {
            continue;
        }
        struct path path = {.is_whole = true};
        make_path(vm, &path, place);
        if (are_pairs) {
            add_key(vm, &path, items[i - 1]);
        }
        vm->run->entry(vm->run->ctx, sr_bytes(path.text, path.len), path.is_whole,
                       payload_of(items[i]));
    }
}

void vm_root(struct vm *vm, struct value root)
{
    if (vm->run->entry != NULL && kind_of(root) == K_TENSOR) {
        vm->run->entry(vm->run->ctx, sr_bytes(NULL, 0), true, payload_of(root));
    }
}
