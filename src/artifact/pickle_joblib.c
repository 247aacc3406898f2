/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/pickle_vm.h"
#include "base/text.h"

/*
 * joblib's stand-ins for arrays: at the BUILD of one, its loader reads the array: from the bytes
 * that follow in the stream, or from a file beside.
 * source  joblib 1.2, joblib/numpy_pickle.py and numpy_pickle_compat.py
 */

/* Where joblib aligns an array: NUMPY_ARRAY_ALIGNMENT_BYTES. */
#define ALIGNMENT 16

static enum sr_status bad(struct vm *vm, uint64_t at, const char *what)
{
    return vm_fail(vm, SR_MALFORMED, at, "joblib's wrapper of an array: %s", what);
}

/* The bytes that all items take. */
static bool extent(const struct vm *vm, struct value shape, uint32_t item_bytes, uint64_t *out)
{
    uint64_t sizes[ITEMS_MAX];
    size_t rank = 0;
    uint64_t bytes = item_bytes;
    if (!vm_sizes(vm, shape, sizes, &rank)) {
        return false;
    }
    for (size_t i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(bytes, sizes[i], &bytes)) {
            return false;
        }
    }
    *out = bytes;
    return true;
}

/* An array of objects is a pickle of its own. */
static enum sr_status read_objects(struct vm *vm)
{
    if (vm->in == NULL) {
        return SR_MALFORMED;
    }
    uint64_t at = vm->reader.at;
    struct sr_pickle_run run = {.context = SR_PICKLE_NUMPY};
    struct sr_pickle_result result = {0};
    SR_TRY(sr_pickle_skip(&vm->reader, 0, &vm->err));
    vm_cover(vm, at, at);
    sr_pickle_run(vm->in, &run, vm->bytes, at, &result);
    vm->globals += result.globals;
    vm->calls += result.calls;
    if (!result.is_whole) {
        return vm_fail(vm, SR_MALFORMED, at, "the pickle of an array of objects is broken");
    }
    vm->cover_from = result.end;
    return sr_pickle_skip(&vm->reader, result.end - at, &vm->err);
}

/* One byte says how many bytes of padding follow, each 0xff. */
static enum sr_status read_padding(struct vm *vm)
{
    uint64_t at = vm->reader.at;
    SR_TRY(sr_pickle_skip(&vm->reader, 1, &vm->err));
    uint8_t padding = vm->bytes.ptr[at];
    if (padding >= ALIGNMENT) {
        return bad(vm, at, "its padding is longer than its alignment");
    }
    SR_TRY(sr_pickle_skip(&vm->reader, padding, &vm->err));
    for (size_t i = 1; i <= padding; i++) {
        if (vm->bytes.ptr[at + i] != 0xff) {
            return bad(vm, at + i, "its padding is not 0xff");
        }
    }
    return SR_OK;
}

static enum sr_status read_array(struct vm *vm, uint64_t at, const struct watch *w)
{
    struct value shape = {0};
    struct value dtype = {0};
    struct value alignment = {0};
    uint64_t bytes = 0;
    int64_t aligned = 0;
    if (!watch_find(vm, w, "shape", &shape) || !watch_find(vm, w, "dtype", &dtype) ||
        kind_of(dtype) != K_DTYPE || !extent(vm, shape, vm_dtype(vm, dtype).bytes, &bytes)) {
        return bad(vm, at, "its shape and dtype are not known");
    }
    vm_dtype_use(vm, dtype);
    if (vm_dtype(vm, dtype).has_objects) {
        return read_objects(vm);
    }
    if (watch_find(vm, w, "numpy_array_alignment_bytes", &alignment)) {
        if (!vm_integer(vm, alignment, &aligned) || aligned != ALIGNMENT) {
            return bad(vm, at, "its alignment is not 16");
        }
        SR_TRY(read_padding(vm));
    } else if (bytes > 0 && vm_probe_raw(vm, vm->reader.at)) {
        vm_find(vm, SR_RULE_PICKLE_RAW_RUNS, vm->reader.at, bytes, "an array of %llu bytes",
                (unsigned long long)bytes);
    }
    return sr_pickle_skip(&vm->reader, bytes, &vm->err);
}

/* A name of a file right beside. */
static enum sr_status read_beside(struct vm *vm, uint64_t at, struct value name)
{
    bool is_plain = false;
    if (kind_of(name) != K_TEXT && kind_of(name) != K_BYTES) {
        return bad(vm, at, "it names no file");
    }
    struct sr_bytes text = vm_text(vm, name, &is_plain);
    if (!is_plain) {
        return bad(vm, at, "it hides the name of its file");
    }
    vm_approve_text(vm, name);
    if (vm->in != NULL) {
        sr_inspection_refer(vm->in, text, at);
    }
    return SR_OK;
}

enum sr_status vm_wrapper_build(struct vm *vm, uint64_t at, struct value wrapper,
                                struct value state)
{
    const struct import *import = vm_maker(vm, wrapper);
    struct value name = {0};
    if (vm->run->context != SR_PICKLE_PLAIN) {
        return SR_OK; /* whoever else loads this makes an object of it, no array */
    }
    const struct watch *w = kind_of(state) == K_DICT ? vm_watched(vm, state) : NULL;
    if (w == NULL || w->count > ITEMS_MAX) {
        return bad(vm, at, "its state is not known");
    }
    if (import->entry->makes == SR_PICKLE_MAKES_WRAPPER) {
        return read_array(vm, at, w);
    }
    if (!watch_find(vm, w, "filename", &name)) {
        return bad(vm, at, "it names no file");
    }
    return read_beside(vm, at, name);
}
