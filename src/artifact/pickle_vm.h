/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_PICKLE_VM_H
#define SR_ARTIFACT_PICKLE_VM_H

#include "artifact/pickle.h"
#include "artifact/pickle_globals.h"
#include "formats/pickle.h"

/*
 * Inside the interpreter; for src/artifact/pickle*.c only.
 *
 * A value is 8 bytes: a kind, and for what stands in the stream the offset of its opcode, so that
 * strings and numbers cost nothing; for what has parts or an identity the index of a cell.
 * The stack, the memo and the cells grow with what the stream really holds and end at a budget.
 */

enum kind {
    K_ABSENT, /* an empty slot of the memo */
    K_NONE,
    K_BOOL, /* payload: 0 or 1 */
    K_INT,  /* payload: offset of its opcode; so for the next three */
    K_FLOAT,
    K_TEXT,
    K_BYTES,
    K_TUPLE, /* payload: cell, then its first items */
    K_LIST,  /* payload: cell; so for the next three */
    K_DICT,
    K_SET,
    K_OBJECT,  /* an instance of a listed type */
    K_GLOBAL,  /* payload: index into globals */
    K_DTYPE,   /* payload: cell, then its size and flags */
    K_ARRAY,   /* a NumPy array; payload: cell */
    K_STORAGE, /* payload: the tuple of its persistent id */
    K_TENSOR,  /* payload: its index */
    K_UNKNOWN, /* what a call left that is not listed; payload: cell */
    K_COUNT
};

struct value {
    uint64_t bits;
};

/* Kinds as a set. */
#define KIND(kind) ((uint32_t)1 << (kind))
static inline bool is_one_of(enum kind kind, uint32_t set)
{
    return (set >> kind & 1) != 0;
}

static inline struct value value_of(enum kind kind, uint64_t payload)
{
    return (struct value){payload << 8 | (uint64_t)kind};
}
static inline enum kind kind_of(struct value v)
{
    return (enum kind)(v.bits & 0xff);
}
static inline uint64_t payload_of(struct value v)
{
    return v.bits >> 8;
}

/* Items of one tuple that are kept. */
#define ITEMS_MAX SR_PICKLE_RANK_MAX
/* A dict whose items are kept: the state of a wrapper, the fields of a dtype. */
#define WATCHES_MAX 16
struct watch {
    uint64_t cell;
    size_t count; /* of pairs; over ITEMS_MAX: not all are here */
    struct value pairs[2 * ITEMS_MAX];
};

/* An import that was met. */
struct import {
    struct sr_bytes module; /* after mapping the names of Python 2 */
    struct sr_bytes name;
    const struct sr_pickle_global *entry; /* NULL: not listed */
    enum sr_pickle_role role;
    bool is_plausible; /* names that an import could find */
};

/* The first word of a cell. */
struct cell {
    uint32_t weight; /* how many values it holds when unfolded; saturates */
    uint32_t aux;    /* TUPLE: how many items; else what made it: import + 1, or 0 */
};

struct vm {
    struct sr_inspection *in; /* NULL: only find out whether it would import */
    const struct sr_pickle_run *run;
    struct sr_bytes bytes;
    struct sr_pickle_reader reader;
    struct sr_err err;
    uint64_t ops;

    struct value *stack;
    size_t depth;
    size_t stack_room;
    uint32_t *marks; /* depths of the stack at each MARK */
    size_t mark_count;
    size_t mark_room;

    struct value *memo;
    size_t memo_room;
    uint64_t memo_count; /* slots in use: what MEMOIZE numbers by */
    struct slot *sparse; /* slots of PUT far beyond the others: a hash table */
    size_t sparse_room;
    size_t sparse_count;

    uint64_t *cells; /* struct cell and struct value by turns */
    size_t cell_count;
    size_t cell_room;
    uint32_t weight_max;

    struct import *imports;
    size_t import_count;
    size_t import_room;

    struct watch *watches; /* WATCHES_MAX of them, or NULL until needed */
    size_t watch_count;

    uint64_t *texts; /* offsets of strings that are to be checked at the end, ascending */
    size_t text_count;
    size_t text_room;

    size_t tensors;
    uint64_t dups;
    uint64_t globals;
    uint64_t calls;
    uint64_t filled; /* items that were put anywhere */
    bool is_done;
    bool would_run;
    bool is_refused;     /* a finding says why; only more findings can come */
    bool is_lenient;     /* a probe in the middle of a stream: slots of the memo may be anything */
    bool with_arguments; /* a listed call had any */
    uint64_t builds;
    uint64_t cover_from; /* claimed are the bytes before it */
};

/* In texts: the string is data of something known. */
#define TEXT_APPROVED ((uint64_t)1 << 63)

/* A slot of the memo that is kept apart. */
struct slot {
    uint64_t number;
    struct value value;
};

/* pickle_value.c: the stack, the memo, cells. */
enum sr_status vm_push_slow(struct vm *vm, struct value v) SR_MUST_USE;
enum sr_status vm_mark(struct vm *vm) SR_MUST_USE;
/* errors  MALFORMED  fewer values above the topmost mark */
enum sr_status vm_need(struct vm *vm, const struct sr_pickle_op *op, size_t count) SR_MUST_USE;
/* Take the topmost mark away: *out is the index of the first value above it.
 * errors  MALFORMED  no mark, or fewer than below values under it */
enum sr_status vm_unmark(struct vm *vm, const struct sr_pickle_op *op, size_t below,
                         size_t *out) SR_MUST_USE;
enum sr_status vm_fail(struct vm *vm, enum sr_status status, uint64_t at, const char *fmt,
                       ...) SR_MUST_USE SR_PRINTF(4, 5);
enum sr_status vm_put(struct vm *vm, uint64_t number, struct value v) SR_MUST_USE;
/* errors  MALFORMED  nothing is there */
enum sr_status vm_get(struct vm *vm, const struct sr_pickle_op *op, uint64_t number,
                      struct value *out) SR_MUST_USE;
/* A cell of words words, the first a struct cell of weight 1 with aux. */
enum sr_status vm_cell(struct vm *vm, size_t words, uint32_t aux, uint64_t *out) SR_MUST_USE;
struct cell vm_cell_at(const struct vm *vm, uint64_t index);
/* A tuple of count values. */
enum sr_status vm_tuple(struct vm *vm, const struct value *items, size_t count,
                        struct value *out) SR_MUST_USE;
size_t tuple_count(const struct vm *vm, struct value tuple);
/* index < ITEMS_MAX and < tuple_count(). */
struct value tuple_item(const struct vm *vm, struct value tuple, size_t index);
/* Put the weights of count values into a container.
 * errors  TOO_LARGE  it unfolds to more than the budget */
enum sr_status vm_weigh(struct vm *vm, struct value container, const struct value *items,
                        size_t count, uint64_t at) SR_MUST_USE;
enum sr_status vm_note_text(struct vm *vm, uint64_t at) SR_MUST_USE;
/* The text was data of something known: it is not to be checked. */
void vm_approve_text(struct vm *vm, struct value text);

/* What stands in the stream: TEXT and BYTES without quotes. is_plain false: it has escapes, and the
 * bytes are not what it says. */
struct sr_bytes vm_text(const struct vm *vm, struct value v, bool *is_plain);
/* How many bytes the text is in Latin-1, or the bytes are. false: it has what Latin-1 has not. */
bool vm_byte_count(const struct vm *vm, struct value v, uint64_t *out);
bool vm_text_is(const struct vm *vm, struct value v, const char *text);
/* An integer that fits; booleans are not. */
bool vm_integer(const struct vm *vm, struct value v, int64_t *out);
/* The same, 0 or more. */
bool vm_size(const struct vm *vm, struct value v, uint64_t *out);
/* A tuple of up to ITEMS_MAX sizes; out has room for ITEMS_MAX. */
bool vm_sizes(const struct vm *vm, struct value v, uint64_t *out, size_t *out_count);
void vm_scalar(const struct vm *vm, struct value v, struct sr_pickle_scalar *out);

static inline enum sr_status vm_push(struct vm *vm, struct value v)
{
    if (vm->depth < vm->stack_room) {
        vm->stack[vm->depth++] = v;
        return SR_OK;
    }
    return vm_push_slow(vm, v);
}
/* The lowest place that may be popped: above the topmost mark. */
static inline size_t vm_floor(const struct vm *vm)
{
    return vm->mark_count > 0 ? vm->marks[vm->mark_count - 1] : 0;
}

/* Watched dicts. */
enum sr_status vm_watch(struct vm *vm, struct value dict) SR_MUST_USE;
struct watch *vm_watched(struct vm *vm, struct value dict);
bool watch_find(const struct vm *vm, const struct watch *w, const char *key, struct value *out);

/* pickle.c: whether raw bytes right here would be opcodes that import. */
bool vm_probe_raw(const struct vm *vm, uint64_t at);
/* Claim what was read up to at, and go on after end, which somebody else claims up to. */
void vm_cover(struct vm *vm, uint64_t at, uint64_t end);

/* pickle_import.c */
enum sr_status vm_import(struct vm *vm, uint64_t at, struct sr_bytes module, struct sr_bytes name,
                         bool is_plain, struct value *out) SR_MUST_USE;
const struct import *vm_import_of(const struct vm *vm, struct value global);
/* The listed type that made an object; NULL: none. */
const struct import *vm_maker(const struct vm *vm, struct value v);
void vm_find(struct vm *vm, enum sr_rule rule, uint64_t at, uint64_t length, const char *fmt, ...)
    SR_PRINTF(5, 6);

/* pickle_ops.c: what each opcode does; NULL for bytes that are none. */
extern enum sr_status (*const vm_handlers[256])(struct vm *vm, const struct sr_pickle_op *op);
/* pickle_call.c: calling callee with a tuple of arguments; how: the opcode's name. */
enum sr_status vm_call(struct vm *vm, const struct sr_pickle_op *op, struct value callee,
                       struct value args, struct value *out) SR_MUST_USE;
/* The same through cls.__new__(cls, *args). */
enum sr_status vm_new(struct vm *vm, const struct sr_pickle_op *op, struct value cls,
                      struct value args, struct value *out) SR_MUST_USE;
/* pickle_build.c */
enum sr_status vm_build(struct vm *vm, const struct sr_pickle_op *op, struct value object,
                        struct value state) SR_MUST_USE;
/* pickle_numpy.c */
enum sr_status vm_dtype_new(struct vm *vm, uint64_t at, struct value args,
                            struct value *out) SR_MUST_USE;
enum sr_status vm_dtype_build(struct vm *vm, uint64_t at, struct value dtype,
                              struct value state) SR_MUST_USE;
enum sr_status vm_array_build(struct vm *vm, uint64_t at, struct value array,
                              struct value state) SR_MUST_USE;
/* The arguments of NumPy's _frombuffer(data, dtype, shape, order), of the listed form. */
enum sr_status vm_array_from_buffer(struct vm *vm, uint64_t at, struct value args) SR_MUST_USE;
struct dtype {
    uint32_t bytes;
    char kind; /* 'f', 'i', 'V'... */
    bool has_objects;
    bool is_structured;
    bool is_final; /* BUILD was there, or something has it: another BUILD would change that too */
};
struct dtype vm_dtype(const struct vm *vm, struct value dtype);
/* Something is made with it: it must not change any more. */
void vm_dtype_use(struct vm *vm, struct value dtype);
/* pickle_joblib.c */
enum sr_status vm_wrapper_build(struct vm *vm, uint64_t at, struct value wrapper,
                                struct value state) SR_MUST_USE;
/* pickle_tensor.c */
enum sr_status vm_persid(struct vm *vm, uint64_t at, struct value id,
                         struct value *out) SR_MUST_USE;
enum sr_status vm_tensor(struct vm *vm, uint64_t at, struct value args,
                         struct value *out) SR_MUST_USE;
/* Tell of tensors among count items that are put into the container at stack index place: pairs of
 * keys and values for a dict. */
void vm_entries(struct vm *vm, size_t place, const struct value *items, size_t count,
                bool are_pairs);
/* The same for what the stream leaves, when that is a tensor. */
void vm_root(struct vm *vm, struct value root);

#endif /* SR_ARTIFACT_PICKLE_VM_H */
