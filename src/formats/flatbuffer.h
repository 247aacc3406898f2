/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_FLATBUFFER_H
#define SR_FORMATS_FLATBUFFER_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * FlatBuffers, verified along a schema: every table, vtable, vector and string that can be reached
 * from the root lies in the bytes, is aligned, and overlaps no other; what lies between them is
 * padding of zeros. Loaders follow offsets without looking, so nothing here is taken on trust.
 *
 * The walk is iterative. A schema is data: for each table a string with a letter for each slot.
 * After verifying, the functions below read fields; they are safe for any offset all the same.
 *
 * source  docs/formats/flatbuffer.md (rules FB-n)
 */

struct sr_flatbuffer_type {
    const char *name;
    /*
     * One letter for each slot, in the order of the schema:
     *   b h i l  a number of 1, 2, 4, 8 bytes      B H I L  a vector of them
     *   s        a text                            T V      a table, a vector of tables: next part
     *   U        a union's table: next part; the slot before it (b) says which
     * NULL: this is a union.
     */
    const char *slots;
    /* Of T and V the table, of U the union; of a union: its tables, from number 1. */
    const struct sr_flatbuffer_type *const *parts;
    size_t count; /* of a union's tables */
};

struct sr_flatbuffer;

/*
 * Verify that bytes begin with a FlatBuffer of that root and 4-byte identifier. bytes is hostile
 * and outlives *out.
 *
 * errors  TRUNCATED  too short for a header
 *         MALFORMED  by rules FB-1 to FB-8; err says where
 *         TOO_LARGE  more tables than bytes can hold apart from one another, or over 2 GiB
 *         NO_MEMORY
 */
enum sr_status sr_flatbuffer_verify(struct sr_bytes bytes, const struct sr_flatbuffer_type *root,
                                    const char *identifier, struct sr_flatbuffer **out,
                                    struct sr_err *err) SR_MUST_USE;
void sr_flatbuffer_free(struct sr_flatbuffer *f);
SR_DEFINE_AUTO(sr_flatbuffer)

/*
 * A part of the bytes that lies outside of the FlatBuffer but belongs to it.
 * errors  MALFORMED  it does not lie in the bytes
 *         NO_MEMORY
 */
enum sr_status sr_flatbuffer_add(struct sr_flatbuffer *f, uint64_t offset,
                                 uint64_t len) SR_MUST_USE;

/*
 * The last check: no two parts overlap unless they are the same, and the bytes between them are
 * fewer than 16 and zero (FB-7, FB-8).
 * errors  MALFORMED
 */
enum sr_status sr_flatbuffer_layout(struct sr_flatbuffer *f, struct sr_err *err) SR_MUST_USE;

/* Where the root table is. */
size_t sr_flatbuffer_root(const struct sr_flatbuffer *f);
/* A number of width 1, 2, 4 or 8 bytes; otherwise when the field is not there. */
uint64_t sr_flatbuffer_number(const struct sr_flatbuffer *f, size_t table, unsigned slot,
                              unsigned width, uint64_t otherwise);
/* The table in a slot; 0: none. */
size_t sr_flatbuffer_table(const struct sr_flatbuffer *f, size_t table, unsigned slot);
/* The elements of a vector of width-byte elements, or of a text (width 1, without its NUL); len 0
 * when there is none. */
struct sr_bytes sr_flatbuffer_vector(const struct sr_flatbuffer *f, size_t table, unsigned slot,
                                     unsigned width);
/* How many tables a vector of tables has, and one of them; 0: none. */
size_t sr_flatbuffer_count(const struct sr_flatbuffer *f, size_t table, unsigned slot);
size_t sr_flatbuffer_element(const struct sr_flatbuffer *f, size_t table, unsigned slot,
                             size_t index);

#endif /* SR_FORMATS_FLATBUFFER_H */
