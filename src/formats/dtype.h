/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_DTYPE_H
#define SR_FORMATS_DTYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * The element types of tensors, as listed in dtype.def. Entries are static and const. Lookups
 * return NULL when there is no such type; names, codes and numbers may be hostile.
 */
struct sr_dtype {
    const char *name;
    uint8_t code; /* in the tensor index */
    bool in_safetensors;
    int16_t gguf_type; /* -1: not in GGUF */
    uint16_t block_elements;
    uint16_t block_bytes;
};

const struct sr_dtype *sr_dtype_by_name(struct sr_bytes name);
const struct sr_dtype *sr_dtype_by_code(uint8_t code);
const struct sr_dtype *sr_dtype_by_gguf_type(uint32_t gguf_type);

/*
 * How many bytes that many elements take; false when they are no whole number of blocks or the
 * product does not fit.
 */
bool sr_dtype_bytes(const struct sr_dtype *dtype, uint64_t elements, uint64_t *out);

/*
 * The number of elements of a tensor of this shape: the product of its dimensions, 1 for rank 0.
 * false when the product of those that are not zero does not fit: readers differ in whether a zero
 * among them saves the others, so it does not.
 */
bool sr_dtype_elements(const uint64_t *shape, uint8_t rank, uint64_t *out);

#endif /* SR_FORMATS_DTYPE_H */
