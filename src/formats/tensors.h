/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TENSORS_H
#define SR_FORMATS_TENSORS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "base/status.h"

/*
 * The tensor index of one file: what every tensor format decodes to, what the trailer of a sealed
 * body carries, and what `show`, `cat REF:FILE@TENSOR` and the public API hand out.
 *
 * Owned as a whole; entries are views into it. Built by one thread, then read by any number.
 */

/* The kind of a file in an artifact, by what its bytes proved to be. */
enum sr_file_kind {
    SR_FILE_OTHER = 0,       /* stored as it is */
    SR_FILE_SAFETENSORS = 1, /* decoded under formats/safetensors.h */
    SR_FILE_GGUF = 2,        /* decoded under formats/gguf.h */
    SR_FILE_KIND_COUNT
};

/* "other", "safetensors", "gguf": the same words in the catalog, JSON and on the screen. */
const char *sr_file_kind_name(enum sr_file_kind kind);

struct sr_tensor {
    struct sr_bytes name;  /* UTF-8, 1..SR_LIMIT_TENSOR_NAME_BYTES, unique in the file; a
                            * NUL follows it in what an index hands out */
    const char *dtype;     /* the format's own word: "BF16", "Q4_K"; static string */
    uint8_t rank;          /* 0..SR_LIMIT_TENSOR_RANK */
    const uint64_t *shape; /* rank dimensions, in the order of the file's format */
    uint64_t begin;        /* byte range [begin, end) in the file, from its first byte */
    uint64_t end;
};

struct sr_tensors;

/* errors  NO_MEMORY */
enum sr_status sr_tensors_new(struct sr_tensors **out) SR_MUST_USE;
void sr_tensors_free(struct sr_tensors *t);
SR_DEFINE_AUTO(sr_tensors)

/*
 * Add a copy of tensor; its dtype must be a word of formats/dtype.def.
 *
 * errors  TOO_LARGE  over SR_LIMIT_TENSORS, or name or rank over theirs
 *         CONFLICT   a tensor of that name is there already
 *         MALFORMED  name is empty or not UTF-8, dtype unknown, or end < begin
 *         NO_MEMORY
 */
enum sr_status sr_tensors_add(struct sr_tensors *t, const struct sr_tensor *tensor) SR_MUST_USE;

size_t sr_tensors_count(const struct sr_tensors *t);
/* Entry index, 0-based, < count, in the order of adding. Valid as long as t. */
struct sr_tensor sr_tensors_at(const struct sr_tensors *t, size_t index);
/* By name, in about constant time; false when there is none. */
bool sr_tensors_find(const struct sr_tensors *t, struct sr_bytes name, struct sr_tensor *out);

/* Encode as docs/formats/tensor-index.md. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_tensors_encode(const struct sr_tensors *t, struct sr_buf *out) SR_MUST_USE;

/*
 * Decode what sr_tensors_encode() made; r moves past it, or stays where it was on failure.
 * Canonical: encoding the result gives the same bytes. Input is authenticated but decoded as if
 * hostile.
 *
 * errors  MALFORMED, TRUNCATED, TOO_LARGE, CONFLICT (duplicate name), NO_MEMORY
 */
enum sr_status sr_tensors_decode(struct sr_reader *r, struct sr_tensors **out) SR_MUST_USE;

#endif /* SR_FORMATS_TENSORS_H */
