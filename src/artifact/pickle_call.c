/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "artifact/inert.h"
#include "artifact/pickle_vm.h"

struct named {
    char text[2 * 100 + 2];
};

/* A global as evidence shows it. */
static struct named name_of(const struct import *import)
{
    char module[SR_EVIDENCE_BYTES];
    char name[SR_EVIDENCE_BYTES];
    struct named out = {{0}};
    (void)snprintf(out.text, sizeof out.text, "%.100s.%.100s",
                   sr_inspection_quote(import->module, module),
                   sr_inspection_quote(import->name, name));
    return out;
}

static uint32_t form_of_global(const struct import *import)
{
    switch (import->role) {
    case SR_PICKLE_ROLE_TYPE:
        return SR_PICKLE_IS_type;
    case SR_PICKLE_ROLE_MARKER:
        return SR_PICKLE_IS_marker;
    case SR_PICKLE_ROLE_REBUILD:
        return SR_PICKLE_IS_rebuild;
    case SR_PICKLE_ROLE_UNKNOWN:
    case SR_PICKLE_ROLE_STDLIB:
    case SR_PICKLE_ROLE_DANGER:
        break;
    }
    return 0;
}

/* The forms that a value has; 0: none that is allowed anywhere. */
static uint32_t form_of(const struct vm *vm, struct value v)
{
    static const uint32_t FORMS[K_COUNT] = {
        [K_NONE] = SR_PICKLE_IS_none,     [K_BOOL] = SR_PICKLE_IS_bool,
        [K_INT] = SR_PICKLE_IS_int,       [K_FLOAT] = SR_PICKLE_IS_float,
        [K_TEXT] = SR_PICKLE_IS_text,     [K_BYTES] = SR_PICKLE_IS_bytes,
        [K_TUPLE] = SR_PICKLE_IS_tuple,   [K_LIST] = SR_PICKLE_IS_list,
        [K_DICT] = SR_PICKLE_IS_dict,     [K_SET] = SR_PICKLE_IS_set,
        [K_OBJECT] = SR_PICKLE_IS_object, [K_DTYPE] = SR_PICKLE_IS_dtype,
        [K_ARRAY] = SR_PICKLE_IS_array,   [K_STORAGE] = SR_PICKLE_IS_storage,
        [K_TENSOR] = SR_PICKLE_IS_tensor,
    };
    if (kind_of(v) == K_GLOBAL) {
        return form_of_global(vm_import_of(vm, v));
    }
    if (kind_of(v) == K_DTYPE) {
        return vm_dtype(vm, v).has_objects ? 0 : SR_PICKLE_IS_dtype;
    }
    uint32_t form = FORMS[kind_of(v)];
    if (kind_of(v) == K_TEXT && (vm_text_is(vm, v, "latin1") || vm_text_is(vm, v, "latin-1"))) {
        form |= SR_PICKLE_IS_latin1;
    }
    return form;
}

/* Whether the arguments are of the form that the list asks for. */
static bool fits(const struct vm *vm, const struct import *import, struct value args)
{
    if (kind_of(args) != K_TUPLE) {
        return false;
    }
    const struct sr_pickle_arguments *want = sr_pickle_arguments(import->entry);
    size_t count = tuple_count(vm, args);
    if (count < want->least || count > want->most || count > ITEMS_MAX) {
        return false;
    }
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        last = i < SR_PICKLE_ARGUMENTS_MAX && want->forms[i] != 0 ? i : last;
        if ((form_of(vm, tuple_item(vm, args, i)) & want->forms[last]) == 0) {
            return false;
        }
    }
    return true;
}

static enum sr_status make_unknown(struct vm *vm, struct value callee, struct value *out)
{
    uint64_t cell = 0;
    uint32_t aux = kind_of(callee) == K_GLOBAL ? (uint32_t)payload_of(callee) + 1 : 0;
    SR_TRY(vm_cell(vm, 1, aux, &cell));
    *out = value_of(K_UNKNOWN, cell);
    return SR_OK;
}

/* An instance of a listed type. */
static enum sr_status make_instance(struct vm *vm, struct value type, struct value *out)
{
    static const uint8_t KINDS[] = {
        [SR_PICKLE_MAKES_OBJECT] = K_OBJECT, [SR_PICKLE_MAKES_PLAIN] = K_OBJECT,
        [SR_PICKLE_MAKES_DICT] = K_DICT,     [SR_PICKLE_MAKES_LIST] = K_LIST,
        [SR_PICKLE_MAKES_SET] = K_SET,       [SR_PICKLE_MAKES_ARRAY] = K_ARRAY,
        [SR_PICKLE_MAKES_UNCHECKED] = 0,
    };
    const struct import *import = vm_import_of(vm, type);
    enum kind kind = (enum kind)KINDS[import->entry->makes];
    uint64_t cell = 0;
    SR_TRY(vm_cell(vm, 1, (uint32_t)payload_of(type) + 1, &cell));
    *out = value_of(kind == K_ABSENT ? K_OBJECT : kind, cell);
    return SR_OK;
}

/* copyreg: an instance of the first argument, as NEWOBJ makes it without arguments of its own. */
static enum sr_status make_of_argument(struct vm *vm, const struct sr_pickle_op *op,
                                       struct value args, struct value *out)
{
    struct value type = tuple_item(vm, args, 0);
    const struct import *import = vm_import_of(vm, type);
    if (sr_pickle_arguments(import->entry)->least > 0 &&
        import->entry->makes == SR_PICKLE_MAKES_DTYPE) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, op->at, 1, "an instance of %s without arguments",
                name_of(import).text);
    }
    return make_instance(vm, type, out);
}

static enum sr_status make(struct vm *vm, const struct sr_pickle_op *op, struct value callee,
                           struct value args, struct value *out)
{
    const struct import *import = vm_import_of(vm, callee);
    switch ((enum sr_pickle_makes)import->entry->makes) {
    case SR_PICKLE_MAKES_BYTES:
        *out = value_of(K_BYTES, payload_of(tuple_item(vm, args, 0)));
        return SR_OK;
    case SR_PICKLE_MAKES_DTYPE:
        return vm_dtype_new(vm, op->at, args, out);
    case SR_PICKLE_MAKES_TENSOR:
        return vm_tensor(vm, op->at, args, out);
    case SR_PICKLE_MAKES_SAME:
        *out = tuple_item(vm, args, 0);
        return SR_OK;
    case SR_PICKLE_MAKES_INSTANCE:
        return make_of_argument(vm, op, args, out);
    case SR_PICKLE_MAKES_OBJECT:
    case SR_PICKLE_MAKES_PLAIN:
    case SR_PICKLE_MAKES_DICT:
    case SR_PICKLE_MAKES_LIST:
    case SR_PICKLE_MAKES_SET:
    case SR_PICKLE_MAKES_WRAPPER:
    case SR_PICKLE_MAKES_BESIDE:
    case SR_PICKLE_MAKES_PACKED:
    case SR_PICKLE_MAKES_FORWARD:
        break;
    case SR_PICKLE_MAKES_ARRAY:
        if (strcmp(import->entry->name, "_frombuffer") == 0) {
            SR_TRY(vm_array_from_buffer(vm, op->at, args));
        }
        break;
    case SR_PICKLE_MAKES_UNCHECKED:
        vm_find(vm, SR_RULE_PICKLE_UNCHECKED, op->at, 1, "%s", name_of(import).text);
        break;
    }
    return make_instance(vm, callee, out);
}

/* Strings that were arguments of something known are its data. */
static void approve_arguments(struct vm *vm, struct value args)
{
    size_t count = tuple_count(vm, args);
    for (size_t i = 0; i < count && i < ITEMS_MAX; i++) {
        struct value item = tuple_item(vm, args, i);
        if (kind_of(item) == K_BYTES) {
            vm_approve_text(vm, item);
        } else if (kind_of(item) == K_DTYPE) {
            vm_dtype_use(vm, item);
        }
    }
}

static enum sr_status call_listed(struct vm *vm, const struct sr_pickle_op *op, struct value callee,
                                  struct value args, struct value *out)
{
    const struct import *import = vm_import_of(vm, callee);
    if (!fits(vm, import, args)) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, op->at, 1, "%s", name_of(import).text);
        return make_unknown(vm, callee, out);
    }
    vm->with_arguments = vm->with_arguments || tuple_count(vm, args) > 0;
    if (import->entry->makes != SR_PICKLE_MAKES_FORWARD) {
        approve_arguments(vm, args);
        return make(vm, op, callee, args, out);
    }
    /* torch._tensor._rebuild_from_type_v2(function, type, arguments, state) */
    struct value inner = tuple_item(vm, args, 0);
    struct value inner_args = tuple_item(vm, args, 2);
    const struct import *inner_import = vm_import_of(vm, inner);
    if (inner_import->entry->makes == SR_PICKLE_MAKES_FORWARD ||
        !fits(vm, inner_import, inner_args)) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, op->at, 1, "%s of %s", name_of(import).text,
                name_of(inner_import).text);
        return make_unknown(vm, callee, out);
    }
    return make(vm, op, inner, inner_args, out);
}

enum sr_status vm_call(struct vm *vm, const struct sr_pickle_op *op, struct value callee,
                       struct value args, struct value *out)
{
    vm->calls++;
    if (kind_of(callee) == K_GLOBAL) {
        const struct import *import = vm_import_of(vm, callee);
        if (import->role == SR_PICKLE_ROLE_TYPE || import->role == SR_PICKLE_ROLE_REBUILD) {
            return call_listed(vm, op, callee, args, out);
        }
        vm->would_run = vm->would_run || import->is_plausible;
        vm_find(vm, SR_RULE_PICKLE_CALL_UNKNOWN, op->at, 1, "%s", name_of(import).text);
    } else if (kind_of(callee) == K_UNKNOWN || kind_of(callee) == K_OBJECT) {
        vm_find(vm, SR_RULE_PICKLE_CALL_UNKNOWN, op->at, 1, "what another call returned");
    } else {
        return vm_fail(vm, SR_MALFORMED, op->at, "a call of what is no function");
    }
    return make_unknown(vm, callee, out);
}

/* Whether an argument is, or has right in it, text that is meant for an interpreter. */
static bool has_code(const struct vm *vm, struct value args)
{
    if (kind_of(args) != K_TUPLE) {
        return false;
    }
    size_t count = tuple_count(vm, args);
    for (size_t i = 0; i < count && i < ITEMS_MAX; i++) {
        struct value item = tuple_item(vm, args, i);
        bool is_plain = false;
        if (kind_of(item) == K_TEXT || kind_of(item) == K_BYTES) {
            enum sr_inert class = sr_inert_class(vm_text(vm, item, &is_plain));
            if (class == SR_INERT_CODE || class == SR_INERT_PICKLE ||
                class == SR_INERT_EXECUTABLE || class == SR_INERT_ENCODED) {
                return true;
            }
        }
    }
    return false;
}

enum sr_status vm_new(struct vm *vm, const struct sr_pickle_op *op, struct value cls,
                      struct value args, struct value *out)
{
    if (kind_of(cls) != K_GLOBAL) {
        return vm_call(vm, op, cls, args, out);
    }
    vm->calls++;
    const struct import *import = vm_import_of(vm, cls);
    switch (import->role) {
    case SR_PICKLE_ROLE_TYPE:
        return call_listed(vm, op, cls, args, out);
    case SR_PICKLE_ROLE_UNKNOWN:
        vm->would_run = vm->would_run || import->is_plausible;
        if (vm->in != NULL && has_code(vm, args)) {
            vm_find(vm, SR_RULE_PICKLE_CALL_CODE, op->at, 1, "%s", name_of(import).text);
        }
        break;
    case SR_PICKLE_ROLE_REBUILD:
    case SR_PICKLE_ROLE_MARKER:
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, op->at, 1, "an instance of %s", name_of(import).text);
        break;
    case SR_PICKLE_ROLE_STDLIB:
    case SR_PICKLE_ROLE_DANGER:
        vm_find(vm, SR_RULE_PICKLE_CALL_UNKNOWN, op->at, 1, "%s", name_of(import).text);
        break;
    }
    return make_unknown(vm, cls, out);
}
