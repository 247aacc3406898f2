/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_GGUF_H
#define SR_FORMATS_GGUF_H

#include "formats/tensors.h"

/*
 * GGUF versions 2 and 3, little-endian, strict. Pure, as safetensors.h.
 * source  docs/formats/gguf.md (rules U-n)
 */

/* Whether a file of this name is to be decoded as GGUF. */
bool sr_gguf_is_name(struct sr_bytes path);

/*
 * Decode. head is the start of the file, file_bytes its whole length. The metadata's length is not
 * known beforehand: when head ends before it does and the file goes on, the status is TRUNCATED
 * and the caller comes again with more (twice as much, up to SR_LIMIT_GGUF_HEADER_BYTES).
 * When head.len == file_bytes, TRUNCATED means that the file itself is cut. Hostile.
 *
 * errors  MALFORMED, TRUNCATED, TOO_LARGE, NO_MEMORY; err says field and offset
 */
enum sr_status sr_gguf_decode(struct sr_bytes head, uint64_t file_bytes, struct sr_tensors **out,
                              struct sr_err *err) SR_MUST_USE;

/* A value of the metadata. */
struct sr_gguf_value {
    struct sr_bytes key;  /* printable ASCII */
    bool is_text;         /* a string, or an element of an array of strings */
    bool is_element;      /* of an array */
    bool is_number;       /* an integer that is not negative */
    struct sr_bytes text; /* hostile; not always UTF-8 */
    uint64_t number;
    uint64_t offset; /* in the file, after its length or of its first byte */
};

/*
 * The same, for a whole file in memory, and visit is called for each string and integer of the
 * metadata in the order of the file; when the result is not OK, for those before the fault.
 */
enum sr_status sr_gguf_walk(struct sr_bytes file,
                            void (*visit)(void *ctx, const struct sr_gguf_value *value), void *ctx,
                            struct sr_tensors **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_GGUF_H */
