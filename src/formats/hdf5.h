/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_HDF5_H
#define SR_FORMATS_HDF5_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * HDF5, as Keras writes it: which bytes of a file are what, and the texts in it. Nothing is
 * unpacked, no other file is opened, and what is not understood is refused. Iterative; time is
 * bounded by the length of the file and by SR_LIMIT_HDF5_WORK.
 *
 * What is seen is told as it is met, through the functions below, so that nothing is lost when the
 * file turns out to be broken further on. Views point into the file.
 * source  HDF5 File Format Specification 3.0 (The HDF Group); docs/formats/hdf5.md (rules H-n)
 */

#define SR_HDF5_RANK_MAX 32

/* What a text is. */
enum sr_hdf5_text_kind {
    SR_HDF5_LINK_NAME,
    SR_HDF5_ATTRIBUTE_NAME,
    SR_HDF5_ATTRIBUTE, /* a value, or one of several */
    SR_HDF5_COMMENT,
    SR_HDF5_DATA, /* one element of a data set of texts */
    SR_HDF5_TAG   /* of an opaque type; the name of a member of a type */
};

struct sr_hdf5_text {
    enum sr_hdf5_text_kind kind;
    struct sr_bytes name; /* of the attribute; else empty */
    struct sr_bytes text; /* without padding */
};

struct sr_hdf5_dataset {
    uint64_t offset; /* of its object header */
    uint8_t rank;
    uint64_t dims[SR_HDF5_RANK_MAX];
    uint64_t bytes;  /* what its shape says */
    uint64_t stored; /* what the file holds of it, packed */
};

/* Features that make a reader look elsewhere. */
enum sr_hdf5_feature {
    SR_HDF5_EXTERNAL_LINK,    /* text: the file that it names */
    SR_HDF5_SOFT_LINK,        /* text: the path that it names */
    SR_HDF5_USER_LINK,        /* a link whose meaning is a program's */
    SR_HDF5_EXTERNAL_STORAGE, /* data in other files; text: the first of their names */
    SR_HDF5_VIRTUAL,          /* a data set made of others', which may be in other files */
    SR_HDF5_FILTER            /* data packed with a filter that is not built in; text: its name */
};

struct sr_hdf5_events {
    /* Bytes that are understood; all-zero free space is, too. */
    void (*claim)(void *ctx, uint64_t offset, uint64_t len);
    void (*text)(void *ctx, const struct sr_hdf5_text *text);
    void (*dataset)(void *ctx, const struct sr_hdf5_dataset *dataset);
    void (*feature)(void *ctx, enum sr_hdf5_feature feature, uint64_t offset, struct sr_bytes text);
    void *ctx;
};

/* Whether a file begins like an HDF5 file. */
bool sr_hdf5_is(struct sr_bytes bytes);
/* Whether all of them are 0: space that is not in use. */
bool sr_hdf5_is_zero(struct sr_bytes bytes);

/*
 * Walk all of a file. bytes is hostile; every function of events has to be there.
 *
 * errors  MALFORMED, TRUNCATED
 *         TOO_LARGE    more than SR_LIMIT_HDF5_* allow
 *         UNSUPPORTED  a part of the format that is not read here
 *         NO_MEMORY
 *         err says which and at which byte offset
 */
enum sr_status sr_hdf5_decode(struct sr_bytes bytes, const struct sr_hdf5_events *events,
                              struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_HDF5_H */
