/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "artifact/inert.h"
#include "artifact/pickle_vm.h"
#include "base/limits.h"

/* What a probe looks at: an attack on a loader has its import near the start. */
#define PROBE_BYTES ((size_t)65536)
#define PROBE_OPCODES 10000
/* Shorter text of small letters, digits, '.' and '_' is no code, address, key or payload. */
#define WORD_BYTES 24

static void vm_clear(struct vm *vm)
{
    free(vm->stack);
    free(vm->marks);
    free(vm->memo);
    free(vm->sparse);
    free(vm->cells);
    free(vm->imports);
    free(vm->watches);
    free(vm->texts);
}

static void vm_init(struct vm *vm, struct sr_inspection *in, const struct sr_pickle_run *run,
                    struct sr_bytes bytes, uint64_t offset)
{
    uint64_t weight_max = (1 << 20) + (uint64_t)bytes.len * 1024;
    *vm = (struct vm){.in = in,
                      .run = run,
                      .bytes = bytes,
                      .reader = sr_pickle_reader(bytes, offset),
                      .weight_max = weight_max > UINT32_MAX ? UINT32_MAX : (uint32_t)weight_max,
                      .cover_from = offset};
}

/*
 * After a failure: where some unpicklers read on, the stream is refused, but looked at to its end
 * as they read it: what it does there is to be known.
 */
static enum sr_status go_on(struct vm *vm, enum sr_status status)
{
    enum sr_pickle_fault fault = vm->reader.fault;
    uint64_t cell = 0;
    if (fault == SR_PICKLE_NO_FAULT || vm->in == NULL) {
        return status;
    }
    if (fault == SR_PICKLE_FRAME_CROSSED) {
        vm_find(vm, SR_RULE_PICKLE_FRAME, vm->reader.at, 0, "%s", vm->err.message);
    } else {
        sr_inspection_fail(vm->in, status, vm->reader.at, &vm->err);
    }
    vm->is_refused = true;
    vm->err = (struct sr_err){0};
    uint8_t code = sr_pickle_go_on(&vm->reader);
    if (fault != SR_PICKLE_ODD || code == SR_PICKLE_CODE_PROTO || code == SR_PICKLE_CODE_PUT) {
        return SR_OK;
    }
    /* Lines stand for values. */
    SR_TRY(vm_cell(vm, 1, 0, &cell));
    return vm_push(vm, value_of(K_UNKNOWN, cell));
}

/* Interpret up to STOP, or until would_run is known of a probe. */
static enum sr_status interpret(struct vm *vm, uint64_t ops_max)
{
    struct sr_pickle_op op = {0};
    uint64_t empty = 0;
    SR_TRY(vm_cell(vm, 1, 0, &empty)); /* the empty tuple is cell 0 */
    while (!vm->is_done && (vm->in != NULL || !vm->would_run)) {
        enum sr_status status = sr_pickle_next(&vm->reader, &op, &vm->err);
        if (status != SR_OK) {
            SR_TRY(go_on(vm, status));
            continue;
        }
        if (vm->ops++ >= ops_max) {
            return vm_fail(vm, SR_TOO_LARGE, op.at, "over %llu opcodes",
                           (unsigned long long)ops_max);
        }
        SR_TRY(vm_handlers[op.code](vm, &op));
    }
    return SR_OK;
}

void vm_cover(struct vm *vm, uint64_t at, uint64_t end)
{
    sr_inspection_cover(vm->in, vm->cover_from, at - vm->cover_from);
    vm->cover_from = end;
}

/* Names such as "layers.11.weight": most strings of a state dict, and never a finding. */
static bool is_word(struct sr_bytes text)
{
    if (text.len >= WORD_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_') {
            return false;
        }
    }
    return true;
}

static void check_texts(struct vm *vm)
{
    for (size_t i = 0; i < vm->text_count; i++) {
        bool is_plain = false;
        if ((vm->texts[i] & TEXT_APPROVED) == 0) {
            struct sr_bytes text = vm_text(vm, value_of(K_TEXT, vm->texts[i]), &is_plain);
            if (!is_word(text)) {
                sr_inert_check(vm->in, text, (uint64_t)(text.ptr - vm->bytes.ptr));
            }
        }
    }
}

/* What is left at STOP: a function, a class, or an object that nothing was put into. */
static void check_value(struct vm *vm, uint64_t at)
{
    struct value v = vm->stack[0];
    if (kind_of(v) == K_GLOBAL) {
        vm_find(vm, SR_RULE_PICKLE_GLOBAL_VALUE, at, 1, "all that it holds");
        return;
    }
    const struct import *maker = vm_maker(vm, v);
    if (vm->run->context == SR_PICKLE_PLAIN && maker != NULL && vm->filled == 0 &&
        vm->builds == 0 && !vm->with_arguments && maker->role == SR_PICKLE_ROLE_TYPE) {
        vm_find(vm, SR_RULE_PICKLE_HOLLOW, at, 1, "an empty object");
    }
}

void sr_pickle_run(struct sr_inspection *in, const struct sr_pickle_run *run, struct sr_bytes bytes,
                   uint64_t offset, struct sr_pickle_result *out)
{
    struct vm vm;
    *out = (struct sr_pickle_result){.end = offset, .value = {.kind = SR_PICKLE_OTHER}};
    vm_init(&vm, in, run, bytes, offset);
    enum sr_status status = interpret(&vm, SR_LIMIT_PICKLE_OPCODES);
    check_texts(&vm);
    out->end = vm.reader.at;
    out->globals = vm.globals;
    out->calls = vm.calls;
    if (status == SR_OK && !vm.is_refused) {
        check_value(&vm, vm.reader.at - 1);
        vm_cover(&vm, vm.reader.at, vm.reader.at);
        vm_scalar(&vm, vm.stack[0], &out->value);
        vm_root(&vm, vm.stack[0]);
        out->is_whole = true;
    } else if (status != SR_OK) {
        sr_inspection_fail(in, status, vm.reader.at, &vm.err);
    }
    vm_clear(&vm);
}

bool sr_pickle_would_run(struct sr_bytes bytes)
{
    static const struct sr_pickle_run PLAIN = {.context = SR_PICKLE_PLAIN};
    struct vm vm;
    bytes.len = bytes.len < PROBE_BYTES ? bytes.len : PROBE_BYTES;
    vm_init(&vm, NULL, &PLAIN, bytes, 0);
    enum sr_status status = interpret(&vm, PROBE_OPCODES);
    (void)status; /* what came before an error has run */
    vm_clear(&vm);
    return vm.would_run;
}

bool vm_probe_raw(const struct vm *vm, uint64_t at)
{
    struct sr_pickle_run run = {.context = SR_PICKLE_NUMPY};
    struct vm probe;
    size_t left = vm->bytes.len - at;
    struct sr_bytes raw = sr_bytes(vm->bytes.ptr + at, left < PROBE_BYTES ? left : PROBE_BYTES);
    vm_init(&probe, NULL, &run, raw, 0);
    probe.is_lenient = true;
    /* What lies on the stack: texts may become names, nothing else matters. */
    size_t count = vm->depth < 64 ? vm->depth : 64;
    enum sr_status status = SR_OK;
    for (size_t i = vm->depth - count; i < vm->depth && status == SR_OK; i++) {
        bool is_text = kind_of(vm->stack[i]) == K_TEXT;
        status = vm_push(&probe, value_of(is_text ? K_ABSENT : K_NONE, 0));
    }
    status = status == SR_OK ? interpret(&probe, PROBE_OPCODES) : status;
    vm_clear(&probe);
    return probe.would_run;
}
