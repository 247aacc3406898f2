/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/pickle_vm.h"

/* Texts shorter than this are no program, no address and no payload. */
#define TEXT_CHECKED_BYTES 8
/* More copies of the top of the stack than any program needs; picklers write none. */
#define DUPS_MAX 100

static enum sr_status op_mark(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return vm_mark(vm);
}

static enum sr_status op_stop(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 1));
    vm->is_done = true;
    if (vm->depth != 1 || vm->mark_count != 0) {
        return vm_fail(vm, SR_MALFORMED, op->at, "values are left on the stack");
    }
    return SR_OK;
}

static enum sr_status op_pop(struct vm *vm, const struct sr_pickle_op *op)
{
    if (vm->mark_count > 0 && vm->marks[vm->mark_count - 1] == vm->depth) {
        vm->mark_count--;
        return SR_OK;
    }
    SR_TRY(vm_need(vm, op, 1));
    vm->depth--;
    return SR_OK;
}

static enum sr_status op_pop_mark(struct vm *vm, const struct sr_pickle_op *op)
{
    return vm_unmark(vm, op, 0, &vm->depth);
}

static enum sr_status op_dup(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 1));
    if (vm->dups++ == 0) {
        vm_find(vm, SR_RULE_PICKLE_HANDMADE, op->at, 1, "DUP");
    }
    if (vm->dups > DUPS_MAX) {
        return vm_fail(vm, SR_TOO_LARGE, op->at, "over %d DUPs", DUPS_MAX);
    }
    return vm_push(vm, vm->stack[vm->depth - 1]);
}

static enum sr_status op_float(struct vm *vm, const struct sr_pickle_op *op)
{
    return vm_push(vm, value_of(K_FLOAT, op->at));
}

static enum sr_status op_number(struct vm *vm, const struct sr_pickle_op *op)
{
    return vm_push(vm, value_of(K_INT, op->at));
}

static enum sr_status op_int(struct vm *vm, const struct sr_pickle_op *op)
{
    if (op->arg.len == 2 && op->arg.ptr[0] == '0') {
        return vm_push(vm, value_of(K_BOOL, op->arg.ptr[1] == '1'));
    }
    return vm_push(vm, value_of(K_INT, op->at));
}

static enum sr_status op_none(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return vm_push(vm, value_of(K_NONE, 0));
}

static enum sr_status op_true(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return vm_push(vm, value_of(K_BOOL, 1));
}

static enum sr_status op_false(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return vm_push(vm, value_of(K_BOOL, 0));
}

static enum sr_status op_text(struct vm *vm, const struct sr_pickle_op *op)
{
    if (op->arg.len >= TEXT_CHECKED_BYTES) {
        SR_TRY(vm_note_text(vm, op->at));
    }
    return vm_push(vm, value_of(K_TEXT, op->at));
}

static enum sr_status op_bytes(struct vm *vm, const struct sr_pickle_op *op)
{
    if (op->arg.len >= TEXT_CHECKED_BYTES) {
        SR_TRY(vm_note_text(vm, op->at));
    }
    return vm_push(vm, value_of(K_BYTES, op->at));
}

static enum sr_status push_container(struct vm *vm, enum kind kind)
{
    uint64_t cell = 0;
    SR_TRY(vm_cell(vm, 1, 0, &cell));
    return vm_push(vm, value_of(kind, cell));
}

static enum sr_status op_empty_list(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return push_container(vm, K_LIST);
}

/* Whether a dict that is made now is the state of a wrapper, or has the fields of a dtype. */
static bool is_watched(const struct vm *vm)
{
    size_t floor = vm_floor(vm);
    if (vm->mark_count > 0 && floor > 0 && kind_of(vm->stack[floor - 1]) == K_DTYPE) {
        return true;
    }
    if (vm->depth == floor) {
        return false;
    }
    const struct import *maker = vm_maker(vm, vm->stack[vm->depth - 1]);
    return maker != NULL && maker->entry != NULL && maker->entry->makes >= SR_PICKLE_MAKES_WRAPPER;
}

static enum sr_status push_dict(struct vm *vm)
{
    bool watched = vm->import_count > 0 && is_watched(vm);
    SR_TRY(push_container(vm, K_DICT));
    return watched ? vm_watch(vm, vm->stack[vm->depth - 1]) : SR_OK;
}

static enum sr_status op_empty_dict(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return push_dict(vm);
}

static enum sr_status op_empty_set(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return push_container(vm, K_SET);
}

static enum sr_status op_empty_tuple(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)op;
    return vm_push(vm, value_of(K_TUPLE, 0)); /* the first cell */
}

/* Make a tuple of the count values on top. */
static enum sr_status tuple_of(struct vm *vm, size_t count)
{
    struct value tuple = {0};
    SR_TRY(vm_tuple(vm, vm->stack + vm->depth - count, count, &tuple));
    vm->depth -= count;
    return vm_push(vm, tuple);
}

static enum sr_status op_tuple(struct vm *vm, const struct sr_pickle_op *op)
{
    size_t first = 0;
    SR_TRY(vm_unmark(vm, op, 0, &first));
    return tuple_of(vm, vm->depth - first);
}

static enum sr_status op_tuple_n(struct vm *vm, const struct sr_pickle_op *op)
{
    size_t count = op->code - SR_PICKLE_CODE_TUPLE1 + 1U;
    SR_TRY(vm_need(vm, op, count));
    return tuple_of(vm, count);
}

/*
 * Containers that are filled.
 */

/* Items that are there to be called later. */
static void check_items(struct vm *vm, const struct sr_pickle_op *op, const struct value *items,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kind_of(items[i]) == K_GLOBAL &&
            vm_import_of(vm, items[i])->role == SR_PICKLE_ROLE_REBUILD) {
            vm_find(vm, SR_RULE_PICKLE_GLOBAL_VALUE, op->at, 1, "a function as an item");
        }
    }
}

/* Lists and dicts have no hash: Python raises. */
static enum sr_status check_keys(struct vm *vm, const struct sr_pickle_op *op,
                                 const struct value *items, size_t count, size_t step)
{
    for (size_t i = 0; i < count; i += step) {
        if (is_one_of(kind_of(items[i]), KIND(K_LIST) | KIND(K_DICT))) {
            return vm_fail(vm, SR_MALFORMED, op->at, "a list or dict as a key");
        }
    }
    return SR_OK;
}

static void watch_items(struct vm *vm, struct value dict, const struct value *items, size_t count)
{
    struct watch *w = vm_watched(vm, dict);
    for (size_t i = 0; w != NULL && i + 1 < count; i += 2) {
        if (w->count < ITEMS_MAX) {
            w->pairs[2 * w->count] = items[i];
            w->pairs[2 * w->count + 1] = items[i + 1];
        }
        w->count++;
    }
}

/* Tell the caller of what is put into the outermost container, and of tensors. */
static void tell(struct vm *vm, size_t place, const struct value *items, size_t count,
                 bool are_pairs)
{
    if (vm->run->entry != NULL) {
        vm_entries(vm, place, items, count, are_pairs);
    }
    if (vm->run->item == NULL || place != 0) {
        return;
    }
    struct sr_pickle_scalar key = {.kind = SR_PICKLE_NONE};
    struct sr_pickle_scalar value = {0};
    for (size_t i = 0; i < count; i += are_pairs ? 2 : 1) {
        if (are_pairs) {
            vm_scalar(vm, items[i], &key);
        }
        vm_scalar(vm, items[i + (are_pairs ? 1 : 0)], &value);
        vm->run->item(vm->run->ctx, &key, &value);
    }
}

/* Items go to something that is not such a container: a method of it is called with them. */
static enum sr_status fill_other(struct vm *vm, const struct sr_pickle_op *op, struct value target)
{
    uint32_t attacked =
        KIND(K_TENSOR) | KIND(K_STORAGE) | KIND(K_ARRAY) | KIND(K_DTYPE) | KIND(K_GLOBAL);
    const char *name = sr_pickle_opcodes[op->code].name;
    vm->calls++;
    if (is_one_of(kind_of(target), attacked)) {
        vm_find(vm, SR_RULE_PICKLE_FILL_WRONG, op->at, 1, "%s", name);
        return SR_OK;
    }
    if (is_one_of(kind_of(target), KIND(K_UNKNOWN) | KIND(K_OBJECT)) ||
        vm_maker(vm, target) != NULL) {
        vm_find(vm, SR_RULE_PICKLE_FILL_UNKNOWN, op->at, 1, "%s", name);
        return SR_OK;
    }
    return vm_fail(vm, SR_MALFORMED, op->at, "%s on a value that takes no items", name);
}

/* Put the values from index first up into the one below them, which is to be of kind. */
static enum sr_status fill(struct vm *vm, const struct sr_pickle_op *op, size_t first,
                           enum kind kind)
{
    size_t place = first - 1;
    size_t count = vm->depth - first;
    const struct value *items = vm->stack + first;
    struct value target = vm->stack[place];
    bool are_pairs = kind == K_DICT;
    if (are_pairs && count % 2 != 0) {
        return vm_fail(vm, SR_MALFORMED, op->at, "a key without a value");
    }
    vm->depth = first;
    if (count == 0) {
        return SR_OK;
    }
    vm->filled += count;
    if (vm->import_count > 0) {
        check_items(vm, op, items, count);
    }
    if (kind_of(target) != kind) {
        return fill_other(vm, op, target);
    }
    SR_TRY(vm_weigh(vm, target, items, count, op->at));
    if (kind != K_LIST) {
        SR_TRY(check_keys(vm, op, items, count, are_pairs ? 2 : 1));
    }
    if (are_pairs && vm->watch_count > 0) {
        watch_items(vm, target, items, count);
    }
    if (vm->run->entry != NULL || vm->run->item != NULL) {
        tell(vm, place, items, count, are_pairs);
    }
    return SR_OK;
}

static enum sr_status op_append(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 2));
    return fill(vm, op, vm->depth - 1, K_LIST);
}

static enum sr_status op_appends(struct vm *vm, const struct sr_pickle_op *op)
{
    size_t first = 0;
    SR_TRY(vm_unmark(vm, op, 1, &first));
    return fill(vm, op, first, K_LIST);
}

static enum sr_status op_setitem(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 3));
    return fill(vm, op, vm->depth - 2, K_DICT);
}

static enum sr_status op_setitems(struct vm *vm, const struct sr_pickle_op *op)
{
    size_t first = 0;
    SR_TRY(vm_unmark(vm, op, 1, &first));
    return fill(vm, op, first, K_DICT);
}

static enum sr_status op_additems(struct vm *vm, const struct sr_pickle_op *op)
{
    size_t first = 0;
    SR_TRY(vm_unmark(vm, op, 1, &first));
    return fill(vm, op, first, K_SET);
}

/* A container of what is above the mark: it goes below its items, which then fill it. */
static enum sr_status of_mark(struct vm *vm, const struct sr_pickle_op *op, enum kind kind)
{
    size_t first = 0;
    SR_TRY(vm_unmark(vm, op, 0, &first));
    size_t count = vm->depth - first;
    SR_TRY(vm_push(vm, value_of(K_NONE, 0)));
    memmove(vm->stack + first + 1, vm->stack + first, count * sizeof *vm->stack);
    vm->depth = first;
    SR_TRY(kind == K_DICT ? push_dict(vm) : push_container(vm, kind));
    vm->depth += count;
    return fill(vm, op, first + 1, kind);
}

static enum sr_status op_list(struct vm *vm, const struct sr_pickle_op *op)
{
    return of_mark(vm, op, K_LIST);
}

static enum sr_status op_dict(struct vm *vm, const struct sr_pickle_op *op)
{
    return of_mark(vm, op, K_DICT);
}

static enum sr_status op_frozenset(struct vm *vm, const struct sr_pickle_op *op)
{
    return of_mark(vm, op, K_SET);
}

/*
 * The memo.
 */

static enum sr_status op_get(struct vm *vm, const struct sr_pickle_op *op)
{
    uint64_t slot = 0;
    struct value v = {0};
    if (!sr_pickle_slot(op, &slot)) {
        return vm_fail(vm, SR_MALFORMED, op->at, "no such memo slot");
    }
    SR_TRY(vm_get(vm, op, slot, &v));
    return vm_push(vm, v);
}

/* The same for a slot under 256, the most frequent opcode of all. */
static enum sr_status op_binget(struct vm *vm, const struct sr_pickle_op *op)
{
    uint8_t slot = op->arg.ptr[0];
    if (slot < vm->memo_room && kind_of(vm->memo[slot]) != K_ABSENT) {
        return vm_push(vm, vm->memo[slot]);
    }
    return op_get(vm, op);
}

static enum sr_status op_put(struct vm *vm, const struct sr_pickle_op *op)
{
    uint64_t slot = 0;
    SR_TRY(vm_need(vm, op, 1));
    if (!sr_pickle_slot(op, &slot)) {
        return vm_fail(vm, SR_MALFORMED, op->at, "no such memo slot");
    }
    return vm_put(vm, slot, vm->stack[vm->depth - 1]);
}

static enum sr_status op_memoize(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 1));
    return vm_put(vm, vm->memo_count, vm->stack[vm->depth - 1]);
}

/*
 * Imports and calls.
 */

static enum sr_status op_global(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value v = {0};
    SR_TRY(vm_import(vm, op->at, op->arg, op->name, true, &v));
    return vm_push(vm, v);
}

static enum sr_status op_stack_global(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 2));
    struct value module = vm->stack[vm->depth - 2];
    struct value name = vm->stack[vm->depth - 1];
    struct value v = {0};
    bool module_is_plain = false;
    bool name_is_plain = false;
    vm->depth -= 2;
    if (vm->is_lenient) {
        uint32_t names = KIND(K_ABSENT) | KIND(K_TEXT);
        vm->would_run = is_one_of(kind_of(module), names) && is_one_of(kind_of(name), names);
        return vm_fail(vm, SR_MALFORMED, op->at, "the end of a probe");
    }
    if (kind_of(module) != K_TEXT || kind_of(name) != K_TEXT) {
        struct sr_bytes what = sr_bytes("a value that is no text", 23);
        SR_TRY(vm_import(vm, op->at, what, what, false, &v));
        return vm_push(vm, v);
    }
    vm_approve_text(vm, module);
    vm_approve_text(vm, name);
    struct sr_bytes module_text = vm_text(vm, module, &module_is_plain);
    struct sr_bytes name_text = vm_text(vm, name, &name_is_plain);
    SR_TRY(vm_import(vm, op->at, module_text, name_text, module_is_plain && name_is_plain, &v));
    return vm_push(vm, v);
}

static enum sr_status op_ext(struct vm *vm, const struct sr_pickle_op *op)
{
    uint64_t cell = 0;
    vm_find(vm, SR_RULE_PICKLE_EXTENSION, op->at, 1 + op->arg.len, "code %llu",
            (unsigned long long)sr_pickle_unsigned(op->arg));
    vm->globals++;
    SR_TRY(vm_cell(vm, 1, 0, &cell));
    return vm_push(vm, value_of(K_UNKNOWN, cell));
}

static enum sr_status op_reduce(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value v = {0};
    SR_TRY(vm_need(vm, op, 2));
    vm->depth -= 2;
    SR_TRY(vm_call(vm, op, vm->stack[vm->depth], vm->stack[vm->depth + 1], &v));
    return vm_push(vm, v);
}

static enum sr_status op_newobj(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value v = {0};
    SR_TRY(vm_need(vm, op, 2));
    vm->depth -= 2;
    SR_TRY(vm_new(vm, op, vm->stack[vm->depth], vm->stack[vm->depth + 1], &v));
    return vm_push(vm, v);
}

/* With keywords: nothing on the list takes any, so they have to be empty. */
static enum sr_status op_newobj_ex(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value v = {0};
    SR_TRY(vm_need(vm, op, 3));
    vm->depth -= 3;
    struct value keywords = vm->stack[vm->depth + 2];
    if (kind_of(keywords) != K_DICT || vm_cell_at(vm, payload_of(keywords)).weight != 1) {
        vm_find(vm, SR_RULE_PICKLE_CALL_FORM, op->at, 1, "NEWOBJ_EX with keywords");
    }
    SR_TRY(vm_new(vm, op, vm->stack[vm->depth], vm->stack[vm->depth + 1], &v));
    return vm_push(vm, v);
}

/* Call with what is above the mark. */
static enum sr_status call_with_rest(struct vm *vm, const struct sr_pickle_op *op,
                                     struct value callee, size_t first, size_t depth)
{
    struct value args = {0};
    struct value v = {0};
    SR_TRY(vm_tuple(vm, vm->stack + first, vm->depth - first, &args));
    vm->depth = depth;
    SR_TRY(vm_call(vm, op, callee, args, &v));
    return vm_push(vm, v);
}

static enum sr_status op_inst(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value cls = {0};
    size_t first = 0;
    SR_TRY(vm_import(vm, op->at, op->arg, op->name, true, &cls));
    SR_TRY(vm_unmark(vm, op, 0, &first));
    return call_with_rest(vm, op, cls, first, first);
}

static enum sr_status op_obj(struct vm *vm, const struct sr_pickle_op *op)
{
    size_t first = 0;
    SR_TRY(vm_unmark(vm, op, 0, &first));
    if (first == vm->depth) {
        return vm_fail(vm, SR_MALFORMED, op->at, "OBJ without a class");
    }
    return call_with_rest(vm, op, vm->stack[first], first + 1, first);
}

static enum sr_status op_build(struct vm *vm, const struct sr_pickle_op *op)
{
    SR_TRY(vm_need(vm, op, 2));
    vm->depth--;
    return vm_build(vm, op, vm->stack[vm->depth - 1], vm->stack[vm->depth]);
}

static enum sr_status op_persid(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value v = {0};
    SR_TRY(vm_persid(vm, op->at, value_of(K_TEXT, op->at), &v));
    return vm_push(vm, v);
}

static enum sr_status op_binpersid(struct vm *vm, const struct sr_pickle_op *op)
{
    struct value v = {0};
    SR_TRY(vm_need(vm, op, 1));
    vm->depth--;
    SR_TRY(vm_persid(vm, op->at, vm->stack[vm->depth], &v));
    return vm_push(vm, v);
}

/* PROTO and FRAME: their meaning is the decoder's. NEXT_BUFFER and such never get here. */
static enum sr_status op_nothing(struct vm *vm, const struct sr_pickle_op *op)
{
    (void)vm;
    (void)op;
    return SR_OK;
}

#define ON(name, handler) [SR_PICKLE_CODE_##name] = handler
enum sr_status (*const vm_handlers[256])(struct vm *vm, const struct sr_pickle_op *op) = {
    ON(MARK, op_mark),
    ON(STOP, op_stop),
    ON(POP, op_pop),
    ON(POP_MARK, op_pop_mark),
    ON(DUP, op_dup),
    ON(FLOAT, op_float),
    ON(INT, op_int),
    ON(BININT, op_number),
    ON(BININT1, op_number),
    ON(LONG, op_number),
    ON(BININT2, op_number),
    ON(NONE, op_none),
    ON(PERSID, op_persid),
    ON(BINPERSID, op_binpersid),
    ON(REDUCE, op_reduce),
    ON(STRING, op_text),
    ON(BINSTRING, op_text),
    ON(SHORT_BINSTRING, op_text),
    ON(UNICODE, op_text),
    ON(BINUNICODE, op_text),
    ON(APPEND, op_append),
    ON(BUILD, op_build),
    ON(GLOBAL, op_global),
    ON(DICT, op_dict),
    ON(EMPTY_DICT, op_empty_dict),
    ON(APPENDS, op_appends),
    ON(GET, op_get),
    ON(BINGET, op_binget),
    ON(INST, op_inst),
    ON(LONG_BINGET, op_get),
    ON(LIST, op_list),
    ON(EMPTY_LIST, op_empty_list),
    ON(OBJ, op_obj),
    ON(PUT, op_put),
    ON(BINPUT, op_put),
    ON(LONG_BINPUT, op_put),
    ON(SETITEM, op_setitem),
    ON(TUPLE, op_tuple),
    ON(EMPTY_TUPLE, op_empty_tuple),
    ON(SETITEMS, op_setitems),
    ON(BINFLOAT, op_float),
    ON(PROTO, op_nothing),
    ON(NEWOBJ, op_newobj),
    ON(EXT1, op_ext),
    ON(EXT2, op_ext),
    ON(EXT4, op_ext),
    ON(TUPLE1, op_tuple_n),
    ON(TUPLE2, op_tuple_n),
    ON(TUPLE3, op_tuple_n),
    ON(NEWTRUE, op_true),
    ON(NEWFALSE, op_false),
    ON(LONG1, op_number),
    ON(LONG4, op_number),
    ON(BINBYTES, op_bytes),
    ON(SHORT_BINBYTES, op_bytes),
    ON(SHORT_BINUNICODE, op_text),
    ON(BINUNICODE8, op_text),
    ON(BINBYTES8, op_bytes),
    ON(EMPTY_SET, op_empty_set),
    ON(ADDITEMS, op_additems),
    ON(FROZENSET, op_frozenset),
    ON(NEWOBJ_EX, op_newobj_ex),
    ON(STACK_GLOBAL, op_stack_global),
    ON(MEMOIZE, op_memoize),
    ON(FRAME, op_nothing),
    ON(BYTEARRAY8, op_bytes),
    ON(NEXT_BUFFER, op_nothing),
    ON(READONLY_BUFFER, op_nothing),
};
#undef ON
