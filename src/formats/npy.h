/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_NPY_H
#define SR_FORMATS_NPY_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * NumPy's .npy files, versions 1.0, 2.0 and 3.0, strict: the header is a Python literal, read with
 * a grammar that has room for nothing else, and the data is as long as shape and type say. Pure;
 * works on the whole file in memory.
 * source  docs/formats/npy.md (rules N-n)
 */

/* Kinds of elements: the letter of NumPy's array interface, or a record of several. */
enum sr_npy_kind {
    SR_NPY_BOOL,    /* b */
    SR_NPY_INT,     /* i */
    SR_NPY_UINT,    /* u */
    SR_NPY_FLOAT,   /* f */
    SR_NPY_COMPLEX, /* c */
    SR_NPY_TIME,    /* m and M: time spans and dates */
    SR_NPY_TEXT,    /* S and U */
    SR_NPY_VOID,    /* V: bytes without a meaning */
    SR_NPY_OBJECT,  /* O: a pickle follows in place of data */
    SR_NPY_RECORD   /* fields, of any of the kinds */
};

#define SR_NPY_RANK_MAX 64

struct sr_npy {
    enum sr_npy_kind kind;
    bool is_big_endian;
    bool is_fortran; /* the first dimension is the one that varies fastest */
    bool has_object; /* the type is an object, or has one in it */
    uint8_t rank;
    uint64_t shape[SR_NPY_RANK_MAX];
    uint64_t item_bytes;
    uint64_t data_offset; /* of the data, or of the pickle, which goes to the file's end */
};

/* Whether bytes begin as a .npy file does. */
bool sr_npy_is(struct sr_bytes bytes);

/* Where the data of a whole file begins, whatever its header says. errors as sr_npy_decode() */
enum sr_status sr_npy_data_offset(struct sr_bytes file, size_t *out,
                                  struct sr_err *err) SR_MUST_USE;

/*
 * Decode the header of a whole file and hold the file's length against it. Hostile.
 *
 * errors  MALFORMED  any rule broken; err says field and offset
 *         TRUNCATED  the file ends before the header or the data does
 *         TOO_LARGE  header, rank, nesting of types or size of the data over a limit
 */
enum sr_status sr_npy_decode(struct sr_bytes file, struct sr_npy *out,
                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_NPY_H */
