/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/pickle_vm.h"

static bool is_wrapper(const struct import *maker)
{
    return maker != NULL && maker->entry != NULL &&
           (maker->entry->makes == SR_PICKLE_MAKES_WRAPPER ||
            maker->entry->makes == SR_PICKLE_MAKES_BESIDE ||
            maker->entry->makes == SR_PICKLE_MAKES_PACKED);
}

enum sr_status vm_build(struct vm *vm, const struct sr_pickle_op *op, struct value object,
                        struct value state)
{
    char module[SR_EVIDENCE_BYTES];
    char name[SR_EVIDENCE_BYTES];
    const struct import *maker = vm_maker(vm, object);
    enum kind kind = kind_of(object);
    vm->calls++;
    vm->builds++;
    if (kind == K_GLOBAL) {
        const struct import *import = vm_import_of(vm, object);
        vm_find(vm, SR_RULE_PICKLE_BUILD_GLOBAL, op->at, 1, "%.100s.%.100s",
                sr_inspection_quote(import->module, module),
                sr_inspection_quote(import->name, name));
        return SR_OK;
    }
    if (kind == K_DTYPE) {
        return vm_dtype_build(vm, op->at, object, state);
    }
    if (kind == K_ARRAY) {
        return vm_array_build(vm, op->at, object, state);
    }
    if (is_wrapper(maker)) {
        return vm_wrapper_build(vm, op->at, object, state);
    }
    if (is_one_of(kind, KIND(K_TENSOR) | KIND(K_STORAGE))) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, op->at, 1, "a tensor or storage is given a state");
    } else if (kind != K_UNKNOWN && maker == NULL) {
        return vm_fail(vm, SR_MALFORMED, op->at, "BUILD of a value that has no state");
    }
    return SR_OK;
}
