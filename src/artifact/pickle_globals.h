/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_PICKLE_GLOBALS_H
#define SR_ARTIFACT_PICKLE_GLOBALS_H

#include "artifact/inspection.h"

/*
 * The list of what a pickle may name: data/pickle-globals.tsv, compiled in by
 * tools/pickle-globals. Everything that is not on it is unknown; nothing is allowed by a prefix.
 */

/* What a global may be used for. */
enum sr_pickle_role {
    SR_PICKLE_ROLE_UNKNOWN, /* not on the list */
    SR_PICKLE_ROLE_TYPE,    /* a class: made by NEWOBJ, REDUCE, INST or OBJ, filled by BUILD */
    SR_PICKLE_ROLE_REBUILD, /* a function: called by REDUCE with arguments of its form */
    SR_PICKLE_ROLE_MARKER,  /* only passed on, never called */
    SR_PICKLE_ROLE_STDLIB,  /* of Python's library, and not listed: unknown, never to be called */
    SR_PICKLE_ROLE_DANGER   /* its import alone says what the file is for */
};

/* What a call of it makes. */
enum sr_pickle_makes {
    SR_PICKLE_MAKES_OBJECT,
    SR_PICKLE_MAKES_PLAIN, /* a value whose kind nobody asks for: a number, a string */
    SR_PICKLE_MAKES_DICT,
    SR_PICKLE_MAKES_LIST,
    SR_PICKLE_MAKES_SET,
    SR_PICKLE_MAKES_BYTES, /* of its first argument */
    SR_PICKLE_MAKES_DTYPE,
    SR_PICKLE_MAKES_ARRAY,
    SR_PICKLE_MAKES_TENSOR,   /* from a storage: its first argument */
    SR_PICKLE_MAKES_SAME,     /* its first argument, in other clothes */
    SR_PICKLE_MAKES_INSTANCE, /* of its first argument, a type */
    SR_PICKLE_MAKES_WRAPPER,  /* joblib's stand-ins for an array: in the stream, beside, packed */
    SR_PICKLE_MAKES_BESIDE,
    SR_PICKLE_MAKES_PACKED,
    SR_PICKLE_MAKES_FORWARD,  /* what a call of its first argument with its third makes */
    SR_PICKLE_MAKES_UNCHECKED /* a tensor whose parts have to agree, and nobody sees to it */
};

/* Forms of one argument: a set of kinds. */
#define SR_PICKLE_ARGUMENTS_MAX 10
struct sr_pickle_arguments {
    uint8_t least;
    uint8_t most; /* SR_PICKLE_ARGUMENTS_ANY: the last form repeats */
    uint32_t forms[SR_PICKLE_ARGUMENTS_MAX];
};
#define SR_PICKLE_ARGUMENTS_ANY 255

/* Bits of a form. */
#define SR_PICKLE_FORM_BITS(X)                                                                     \
    X(none)                                                                                        \
    X(bool)                                                                                        \
    X(int)                                                                                         \
    X(float)                                                                                       \
    X(text)                                                                                        \
    X(bytes)                                                                                       \
    X(tuple)                                                                                       \
    X(list)                                                                                        \
    X(dict)                                                                                        \
    X(set)                                                                                         \
    X(object)                                                                                      \
    X(type)                                                                                        \
    X(marker)                                                                                      \
    X(dtype)                                                                                       \
    X(array)                                                                                       \
    X(storage)                                                                                     \
    X(tensor)                                                                                      \
    X(latin1)                                                                                      \
    X(rebuild)

enum sr_pickle_form_bit {
#define X(name) SR_PICKLE_BIT_##name,
    SR_PICKLE_FORM_BITS(X)
#undef X
};
enum sr_pickle_form_mask {
#define X(name) SR_PICKLE_IS_##name = 1 << SR_PICKLE_BIT_##name,
    SR_PICKLE_FORM_BITS(X)
#undef X
};

struct sr_pickle_global {
    const char *module;
    const char *name;
    uint8_t profiles; /* bit per enum sr_profile */
    uint8_t role;
    uint8_t makes;
    uint8_t arguments; /* see sr_pickle_arguments() */
};

/* What a call of it takes. Of what is never called: least is over most. */
const struct sr_pickle_arguments *sr_pickle_arguments(const struct sr_pickle_global *entry);

/*
 * The entry for exactly this pair, or, for the roles STDLIB and DANGER, for the whole of its module
 * or of a package that it is in. NULL: none. module and name are hostile.
 */
const struct sr_pickle_global *sr_pickle_global_find(struct sr_bytes module, struct sr_bytes name);

/* What Python 3 reads a name of Python 2 as, in a pickle of protocol 0 to 2. */
void sr_pickle_global_map(struct sr_bytes *module, struct sr_bytes *name);

#endif /* SR_ARTIFACT_PICKLE_GLOBALS_H */
