/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/pickle_vm.h"
#include "base/limits.h"
#include "base/text.h"

/* Slots of the memo that are an array; those numbered higher must have been written in order. */
#define MEMO_GAP 4096

enum sr_status vm_fail(struct vm *vm, enum sr_status status, uint64_t at, const char *fmt, ...)
{
    char text[128];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return sr_fail(&vm->err, status, "pickle: at byte %llu: %s", (unsigned long long)at, text);
}

/* Room for need elements of size bytes; doubles. Elements are plain memory. */
static enum sr_status grow(struct vm *vm, void **array, size_t *room, size_t need, size_t size,
                           size_t max, const char *what)
{
    if (need <= *room) {
        return SR_OK;
    }
    if (need > max) {
        return vm_fail(vm, SR_TOO_LARGE, vm->reader.at, "over %zu %s", max, what);
    }
    size_t wanted = *room < 256 ? 256 : *room * 2;
    wanted = wanted < need ? need : wanted;
    wanted = wanted > max ? max : wanted;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL) {
        return vm_fail(vm, SR_NO_MEMORY, vm->reader.at, "no memory for %s", what);
    }
    *array = grown;
    *room = wanted;
    return SR_OK;
}

enum sr_status vm_push_slow(struct vm *vm, struct value v)
{
    void *stack = vm->stack;
    SR_TRY(grow(vm, &stack, &vm->stack_room, vm->depth + 1, sizeof v, SR_LIMIT_PICKLE_STACK,
                "values on the stack"));
    vm->stack = stack;
    vm->stack[vm->depth++] = v;
    return SR_OK;
}

enum sr_status vm_mark(struct vm *vm)
{
    if (vm->mark_count == vm->mark_room) {
        void *marks = vm->marks;
        SR_TRY(grow(vm, &marks, &vm->mark_room, vm->mark_count + 1, sizeof *vm->marks,
                    SR_LIMIT_PICKLE_STACK, "marks"));
        vm->marks = marks;
    }
    vm->marks[vm->mark_count++] = (uint32_t)vm->depth;
    return SR_OK;
}

enum sr_status vm_need(struct vm *vm, const struct sr_pickle_op *op, size_t count)
{
    if (vm->depth - vm_floor(vm) < count) {
        return vm_fail(vm, SR_MALFORMED, op->at, "%s has no value to take",
                       sr_pickle_opcodes[op->code].name);
    }
    return SR_OK;
}

enum sr_status vm_unmark(struct vm *vm, const struct sr_pickle_op *op, size_t below, size_t *out)
{
    if (vm->mark_count == 0) {
        return vm_fail(vm, SR_MALFORMED, op->at, "%s without a mark",
                       sr_pickle_opcodes[op->code].name);
    }
    size_t first = vm->marks[vm->mark_count - 1];
    vm->mark_count--;
    if (first - vm_floor(vm) < below) {
        return vm_fail(vm, SR_MALFORMED, op->at, "%s has no value to take",
                       sr_pickle_opcodes[op->code].name);
    }
    *out = first;
    return SR_OK;
}

/* Steps to a free place: numbers in any regular order need few; made to collide they need all. */
#define SPARSE_STEPS_MAX 256

/* The place of a number in the table: its own, or the free one where it would go. false: too far.
 */
static bool sparse_place(const struct slot *table, size_t room, uint64_t number, size_t *out)
{
    size_t at = (size_t)((number * 0x9e3779b97f4a7c15U) >> 20) & (room - 1);
    for (size_t steps = 0; steps < SPARSE_STEPS_MAX; steps++) {
        if (kind_of(table[at].value) == K_ABSENT || table[at].number == number) {
            *out = at;
            return true;
        }
        at = (at + 1) & (room - 1);
    }
    return false;
}

static enum sr_status sparse_grow(struct vm *vm)
{
    if (vm->sparse_count * 2 < vm->sparse_room) {
        return SR_OK;
    }
    size_t room = vm->sparse_room == 0 ? 1024 : vm->sparse_room * 2;
    if (room > SR_LIMIT_PICKLE_SPARSE) {
        return vm_fail(vm, SR_TOO_LARGE, vm->reader.at, "a memo with too many holes");
    }
    struct slot *table = calloc(room, sizeof *table);
    if (table == NULL) {
        return vm_fail(vm, SR_NO_MEMORY, vm->reader.at, "no memory for the memo");
    }
    size_t place = 0;
    for (size_t i = 0; i < vm->sparse_room; i++) {
        if (kind_of(vm->sparse[i].value) != K_ABSENT &&
            sparse_place(table, room, vm->sparse[i].number, &place)) {
            table[place] = vm->sparse[i];
        }
    }
    free(vm->sparse);
    vm->sparse = table;
    vm->sparse_room = room;
    return SR_OK;
}

static enum sr_status put_sparse(struct vm *vm, uint64_t number, struct value v)
{
    size_t place = 0;
    if (number >= SR_LIMIT_PICKLE_MEMO) {
        /* CPython makes room for all slots up to it: 10 bytes can ask for 64 GB. */
        vm_find(vm, SR_RULE_BUDGET, vm->reader.at, 0, "memo slot %llu", (unsigned long long)number);
    }
    SR_TRY(sparse_grow(vm));
    if (!sparse_place(vm->sparse, vm->sparse_room, number, &place)) {
        return vm_fail(vm, SR_TOO_LARGE, vm->reader.at, "a memo with too many holes");
    }
    if (kind_of(vm->sparse[place].value) == K_ABSENT) {
        vm->sparse_count++;
        vm->memo_count++;
    }
    vm->sparse[place] = (struct slot){.number = number, .value = v};
    return SR_OK;
}

enum sr_status vm_put(struct vm *vm, uint64_t number, struct value v)
{
    if (number >= vm->memo_room) {
        if (number > vm->memo_count + MEMO_GAP) {
            return put_sparse(vm, number, v);
        }
        size_t old = vm->memo_room;
        void *memo = vm->memo;
        SR_TRY(grow(vm, &memo, &vm->memo_room, number + 1, sizeof v, SR_LIMIT_PICKLE_MEMO,
                    "memo slots"));
        vm->memo = memo;
        memset(vm->memo + old, 0, (vm->memo_room - old) * sizeof *vm->memo);
    }
    vm->memo_count += kind_of(vm->memo[number]) == K_ABSENT;
    vm->memo[number] = v;
    return SR_OK;
}

enum sr_status vm_get(struct vm *vm, const struct sr_pickle_op *op, uint64_t number,
                      struct value *out)
{
    struct value found = {0};
    if (number < vm->memo_room) {
        found = vm->memo[number];
    }
    size_t place = 0;
    if (kind_of(found) == K_ABSENT && vm->sparse_room > 0 &&
        sparse_place(vm->sparse, vm->sparse_room, number, &place)) {
        found = vm->sparse[place].value;
    }
    if (kind_of(found) == K_ABSENT && !vm->is_lenient) {
        return vm_fail(vm, SR_MALFORMED, op->at, "nothing is in memo slot %llu",
                       (unsigned long long)number);
    }
    *out = found;
    return SR_OK;
}

enum sr_status vm_cell(struct vm *vm, size_t words, uint32_t aux, uint64_t *out)
{
    if (words > vm->cell_room - vm->cell_count) {
        void *cells = vm->cells;
        SR_TRY(grow(vm, &cells, &vm->cell_room, vm->cell_count + words, sizeof *vm->cells,
                    SR_LIMIT_PICKLE_CELLS, "words of values"));
        vm->cells = cells;
    }
    vm->cells[vm->cell_count] = (uint64_t)aux << 32 | 1;
    *out = vm->cell_count;
    vm->cell_count += words;
    return SR_OK;
}

struct cell vm_cell_at(const struct vm *vm, uint64_t index)
{
    return (struct cell){.weight = (uint32_t)vm->cells[index],
                         .aux = (uint32_t)(vm->cells[index] >> 32)};
}

static uint32_t weight_of(const struct vm *vm, struct value v)
{
    uint32_t with_weight =
        KIND(K_TUPLE) | KIND(K_LIST) | KIND(K_DICT) | KIND(K_SET) | KIND(K_OBJECT);
    return is_one_of(kind_of(v), with_weight) ? (uint32_t)vm->cells[payload_of(v)] : 1;
}

enum sr_status vm_weigh(struct vm *vm, struct value container, const struct value *items,
                        size_t count, uint64_t at)
{
    uint64_t *word = &vm->cells[payload_of(container)];
    uint64_t weight = (uint32_t)*word;
    for (size_t i = 0; i < count; i++) {
        weight += weight_of(vm, items[i]);
    }
    if (weight > vm->weight_max) {
        return vm_fail(vm, SR_TOO_LARGE, at, "a value unfolds to over %u others", vm->weight_max);
    }
    *word = (*word & 0xffffffff00000000U) | weight;
    return SR_OK;
}

enum sr_status vm_tuple(struct vm *vm, const struct value *items, size_t count, struct value *out)
{
    size_t kept = count < ITEMS_MAX ? count : ITEMS_MAX;
    uint64_t cell = 0;
    SR_TRY(vm_cell(vm, 1 + kept, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count, &cell));
    for (size_t i = 0; i < kept; i++) {
        vm->cells[cell + 1 + i] = items[i].bits;
    }
    *out = value_of(K_TUPLE, cell);
    return vm_weigh(vm, *out, items, count, vm->reader.at);
}

size_t tuple_count(const struct vm *vm, struct value tuple)
{
    return vm_cell_at(vm, payload_of(tuple)).aux;
}

struct value tuple_item(const struct vm *vm, struct value tuple, size_t index)
{
    return (struct value){vm->cells[payload_of(tuple) + 1 + index]};
}

enum sr_status vm_note_text(struct vm *vm, uint64_t at)
{
    if (vm->text_count == vm->text_room) {
        void *texts = vm->texts;
        SR_TRY(grow(vm, &texts, &vm->text_room, vm->text_count + 1, sizeof *vm->texts,
                    SR_LIMIT_PICKLE_CELLS, "strings"));
        vm->texts = texts;
    }
    vm->texts[vm->text_count++] = at;
    return SR_OK;
}

void vm_approve_text(struct vm *vm, struct value text)
{
    uint64_t at = payload_of(text);
    size_t low = 0;
    size_t high = vm->text_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((vm->texts[middle] & ~TEXT_APPROVED) < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < vm->text_count && vm->texts[low] == at) {
        vm->texts[low] |= TEXT_APPROVED;
    }
}

struct sr_bytes vm_text(const struct vm *vm, struct value v, bool *is_plain)
{
    struct sr_pickle_op op = sr_pickle_again(vm->bytes, payload_of(v));
    *is_plain = true;
    if (op.code == SR_PICKLE_CODE_STRING) {
        op.arg = sr_bytes(op.arg.ptr + 1, op.arg.len - 2);
    }
    if (op.code == SR_PICKLE_CODE_STRING || op.code == SR_PICKLE_CODE_UNICODE) {
        *is_plain = op.arg.len == 0 || memchr(op.arg.ptr, '\\', op.arg.len) == NULL;
    }
    return op.arg;
}

/* The bytes of text that is UTF-8; false when it has what Latin-1 has not: lead bytes over 0xc3. */
static bool count_utf8(struct sr_bytes text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] > 0xc3) {
            return false;
        }
        *out += (text.ptr[i] & 0xc0) != 0x80;
    }
    return true;
}

/* How long the escape at text[at] is, of a STRING or UNICODE that was read (P-6); false when it
 * stands for what Latin-1 has not. */
static bool escape_bytes(struct sr_bytes text, size_t at, uint8_t code, size_t *out)
{
    uint8_t letter = at + 1 < text.len ? text.ptr[at + 1] : 0;
    if (code == SR_PICKLE_CODE_STRING) {
        *out = letter == 'x' ? 4 : 2;
        return true;
    }
    size_t digits = letter == 'U' ? 8 : 0;
    digits = letter == 'u' ? 4 : digits;
    *out = digits > 0 ? digits + 2 : 1;
    for (size_t i = at + 2; i < at + digits; i++) {
        if (text.ptr[i] != '0') {
            return false;
        }
    }
    return true;
}

static bool count_escaped(struct sr_bytes text, uint8_t code, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; *out += 1) {
        size_t bytes = 1;
        if (text.ptr[i] == '\\' && !escape_bytes(text, i, code, &bytes)) {
            return false;
        }
        if (text.ptr[i] == '\\' && bytes == 1 && i + 1 < text.len) {
            bytes = 2; /* raw: it stands for itself, and so does what follows */
            *out += 1;
        }
        i += bytes;
    }
    return true;
}

bool vm_byte_count(const struct vm *vm, struct value v, uint64_t *out)
{
    bool is_plain = false;
    struct sr_bytes text = vm_text(vm, v, &is_plain);
    uint8_t code = vm->bytes.ptr[payload_of(v)];
    if (code == SR_PICKLE_CODE_BINUNICODE || code == SR_PICKLE_CODE_SHORT_BINUNICODE ||
        code == SR_PICKLE_CODE_BINUNICODE8) {
        return count_utf8(text, out);
    }
    if (!is_plain) {
        return count_escaped(text, code, out);
    }
    *out = text.len;
    return true;
}

bool vm_text_is(const struct vm *vm, struct value v, const char *text)
{
    bool is_plain = false;
    if (kind_of(v) != K_TEXT && kind_of(v) != K_BYTES) {
        return false;
    }
    struct sr_bytes found = vm_text(vm, v, &is_plain);
    return is_plain && sr_text_equal(found, sr_text_view(text));
}

bool vm_integer(const struct vm *vm, struct value v, int64_t *out)
{
    if (kind_of(v) != K_INT) {
        return false;
    }
    struct sr_pickle_op op = sr_pickle_again(vm->bytes, payload_of(v));
    return sr_pickle_integer(&op, out);
}

bool vm_size(const struct vm *vm, struct value v, uint64_t *out)
{
    int64_t value = 0;
    if (!vm_integer(vm, v, &value) || value < 0) {
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

bool vm_sizes(const struct vm *vm, struct value v, uint64_t *out, size_t *out_count)
{
    if (kind_of(v) != K_TUPLE || tuple_count(vm, v) > ITEMS_MAX) {
        return false;
    }
    size_t count = tuple_count(vm, v);
    for (size_t i = 0; i < count; i++) {
        if (!vm_size(vm, tuple_item(vm, v, i), &out[i])) {
            return false;
        }
    }
    *out_count = count;
    return true;
}

static enum sr_pickle_kind public_kind(enum kind kind)
{
    static const uint8_t KINDS[K_COUNT] = {
        [K_ABSENT] = SR_PICKLE_OTHER,  [K_NONE] = SR_PICKLE_NONE,    [K_BOOL] = SR_PICKLE_BOOL,
        [K_INT] = SR_PICKLE_INT,       [K_FLOAT] = SR_PICKLE_FLOAT,  [K_TEXT] = SR_PICKLE_TEXT,
        [K_BYTES] = SR_PICKLE_BYTES,   [K_TUPLE] = SR_PICKLE_TUPLE,  [K_LIST] = SR_PICKLE_LIST,
        [K_DICT] = SR_PICKLE_DICT,     [K_SET] = SR_PICKLE_OTHER,    [K_OBJECT] = SR_PICKLE_OTHER,
        [K_GLOBAL] = SR_PICKLE_OTHER,  [K_DTYPE] = SR_PICKLE_OTHER,  [K_ARRAY] = SR_PICKLE_OTHER,
        [K_STORAGE] = SR_PICKLE_OTHER, [K_TENSOR] = SR_PICKLE_OTHER, [K_UNKNOWN] = SR_PICKLE_OTHER,
    };
    return (enum sr_pickle_kind)KINDS[kind];
}

void vm_scalar(const struct vm *vm, struct value v, struct sr_pickle_scalar *out)
{
    bool is_plain = true;
    *out = (struct sr_pickle_scalar){.kind = public_kind(kind_of(v))};
    if (out->kind == SR_PICKLE_BOOL) {
        out->integer = (int64_t)payload_of(v);
    } else if (out->kind == SR_PICKLE_TEXT || out->kind == SR_PICKLE_BYTES) {
        out->text = vm_text(vm, v, &is_plain);
    } else if (out->kind == SR_PICKLE_INT && !vm_integer(vm, v, &out->integer)) {
        out->kind = SR_PICKLE_BIGINT;
        out->text = sr_pickle_again(vm->bytes, payload_of(v)).arg;
    }
    if (!is_plain) {
        out->kind = SR_PICKLE_OTHER;
    }
}

enum sr_status vm_watch(struct vm *vm, struct value dict)
{
    if (vm->watches == NULL) {
        vm->watches = calloc(WATCHES_MAX, sizeof *vm->watches);
        if (vm->watches == NULL) {
            return vm_fail(vm, SR_NO_MEMORY, vm->reader.at, "no memory for items");
        }
    }
    if (vm->watch_count == WATCHES_MAX) {
        /* The oldest is forgotten: what it is for is then not known and refused. */
        memmove(vm->watches, vm->watches + 1, (WATCHES_MAX - 1) * sizeof *vm->watches);
        vm->watch_count--;
    }
    vm->watches[vm->watch_count].cell = payload_of(dict);
    vm->watches[vm->watch_count].count = 0;
    vm->watch_count++;
    return SR_OK;
}

struct watch *vm_watched(struct vm *vm, struct value dict)
{
    for (size_t i = vm->watch_count; i > 0; i--) {
        if (vm->watches[i - 1].cell == payload_of(dict)) {
            return &vm->watches[i - 1];
        }
    }
    return NULL;
}

bool watch_find(const struct vm *vm, const struct watch *w, const char *key, struct value *out)
{
    bool is_found = false;
    for (size_t i = 0; i < w->count && i < ITEMS_MAX; i++) {
        if (vm_text_is(vm, w->pairs[2 * i], key)) {
            *out = w->pairs[2 * i + 1]; /* the last one counts, as in a dict */
            is_found = true;
        }
    }
    return is_found;
}
