/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/pickle_vm.h"
#include "base/limits.h"

void vm_find(struct vm *vm, enum sr_rule rule, uint64_t at, uint64_t length, const char *fmt, ...)
{
    if (vm->in == NULL) {
        return;
    }
    char text[SR_EVIDENCE_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sr_inspection_find(vm->in, rule, at, length, "%s", text);
}

static bool is_identifier_char(uint8_t c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Whether an import could find such a name: identifiers with dots between. */
static bool is_plausible(struct sr_bytes name)
{
    bool is_first = true;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (c == '.' ? is_first : !is_identifier_char(c) || (is_first && c <= '9')) {
            return false;
        }
        is_first = c == '.';
    }
    return name.len > 0 && name.len <= 256 && !is_first;
}

static void judge(struct vm *vm, uint64_t at, const struct import *import, bool is_plain)
{
    char module[SR_EVIDENCE_BYTES];
    char name[SR_EVIDENCE_BYTES];
    (void)sr_inspection_quote(import->module, module);
    (void)sr_inspection_quote(import->name, name);
    bool is_dotted = memchr(import->name.ptr, '.', import->name.len) != NULL;
    unsigned profile = (unsigned)sr_inspection_profile(vm->in);
    uint64_t length = vm->reader.at - at;
    if (!is_plain) {
        vm_find(vm, SR_RULE_PICKLE_GLOBAL_DYNAMIC, at, length, "'%.100s' '%.100s'", module, name);
    }
    if (is_dotted && (import->entry == NULL || import->role == SR_PICKLE_ROLE_STDLIB ||
                      import->role == SR_PICKLE_ROLE_DANGER)) {
        vm_find(vm, SR_RULE_PICKLE_GLOBAL_DOTTED, at, length, "%.120s.%.120s", module, name);
    }
    if (import->role == SR_PICKLE_ROLE_DANGER) {
        vm_find(vm, SR_RULE_PICKLE_GLOBAL_DANGEROUS, at, length, "%.120s.%.120s", module, name);
    } else if (import->entry == NULL || import->role == SR_PICKLE_ROLE_STDLIB) {
        vm_find(vm, SR_RULE_PICKLE_GLOBAL_UNKNOWN, at, length, "%.120s.%.120s", module, name);
    } else if ((import->entry->profiles & (1U << profile)) == 0) {
        vm_find(vm, SR_RULE_PICKLE_GLOBAL_PROFILE, at, length, "%.120s.%.120s", module, name);
    }
    static const char *const ROLES[] = {"unknown", "type",    "rebuild",
                                        "marker",  "unknown", "danger"};
    sr_inspection_global(vm->in, import->module, import->name, ROLES[import->role]);
}

/* Whether what follows an import goes on as a pickle does, and not as a list of words would. */
static bool is_used(const struct vm *vm)
{
    struct sr_bytes rest = sr_bytes(vm->bytes.ptr + vm->reader.at, vm->bytes.len - vm->reader.at);
    if (rest.len == 0) {
        return false;
    }
    uint8_t c = rest.ptr[0];
    if (c >= 0x80 || memchr("()}].", c, 5) != NULL) {
        return true;
    }
    uint8_t next = rest.len > 1 ? rest.ptr[1] : 'a';
    if (next < 0x20 || next >= 0x7f) {
        return memchr("\n\r\t", next, 3) == NULL;
    }
    bool is_digit = next >= '0' && next <= '9';
    return (c == 'S' && (next == '\'' || next == '"')) || (is_digit && memchr("pgI", c, 3) != NULL);
}

static enum sr_status keep(struct vm *vm, uint64_t at, const struct import *import,
                           struct value *out)
{
    if (vm->import_count == vm->import_room) {
        size_t room = vm->import_room == 0 ? 64 : vm->import_room * 2;
        struct import *grown =
            room > SR_LIMIT_PICKLE_IMPORTS ? NULL : realloc(vm->imports, room * sizeof *grown);
        if (grown == NULL) {
            return vm_fail(vm, SR_TOO_LARGE, at, "too many imports");
        }
        vm->imports = grown;
        vm->import_room = room;
    }
    vm->imports[vm->import_count] = *import;
    *out = value_of(K_GLOBAL, vm->import_count++);
    return SR_OK;
}

enum sr_status vm_import(struct vm *vm, uint64_t at, struct sr_bytes module, struct sr_bytes name,
                         bool is_plain, struct value *out)
{
    if (vm->reader.protocol < 3) {
        sr_pickle_global_map(&module, &name);
    }
    struct import import = {.module = module, .name = name};
    if (is_plain && module.len > 0 && name.len > 0) {
        import.entry = sr_pickle_global_find(module, name);
    }
    if (import.entry != NULL) {
        import.role = (enum sr_pickle_role)import.entry->role;
    }
    import.is_plausible = is_plausible(module) && is_plausible(name);
    vm->globals++;
    if (vm->in != NULL) {
        judge(vm, at, &import, is_plain);
    } else if (import.role >= SR_PICKLE_ROLE_STDLIB && import.is_plausible) {
        /* Two bytes of PROTO and a module that exists are no accident. */
        vm->would_run =
            vm->reader.protocol > 0 || (import.role == SR_PICKLE_ROLE_DANGER && is_used(vm));
    }
    return keep(vm, at, &import, out);
}

const struct import *vm_import_of(const struct vm *vm, struct value global)
{
    return &vm->imports[payload_of(global)];
}

const struct import *vm_maker(const struct vm *vm, struct value v)
{
    uint32_t made = KIND(K_LIST) | KIND(K_DICT) | KIND(K_SET) | KIND(K_OBJECT) | KIND(K_ARRAY) |
                    KIND(K_UNKNOWN);
    if (!is_one_of(kind_of(v), made)) {
        return NULL;
    }
    uint32_t aux = vm_cell_at(vm, payload_of(v)).aux;
    return aux == 0 ? NULL : &vm->imports[aux - 1];
}
