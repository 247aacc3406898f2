/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_SAFETENSORS_WRITE_H
#define SR_FORMATS_SAFETENSORS_WRITE_H

#include "formats/tensors.h"

/*
 * The head of a safetensors file: its length and its header. What it makes, safetensors.h decodes.
 * Pure; the data is for the caller to put where it says.
 * source  docs/formats/safetensors.md
 */

/* An entry of __metadata__. Both are UTF-8, NUL-terminated, trusted. */
struct sr_safetensors_note {
    const char *key;
    const char *value;
};

/*
 * Lay out a file of these tensors and make its head, a multiple of 8 bytes long.
 *
 * tensors  count of them, hostile; names are UTF-8 and followed by a NUL. They are sorted in place,
 *          as the format's own writer does: large elements first, so that each tensor is aligned to
 *          its elements, then by name; begin and end are set, from the file's first byte
 * notes    note_count of them, in this order
 * out      the head is appended to it
 * errors   MALFORMED  a name is empty, taken by the format, not UTF-8 or there twice; a dtype that
 *                     safetensors has not; a shape that is no whole number of bytes
 *          TOO_LARGE  a name, the rank, the size of all tensors, or out's limit
 *          NO_MEMORY  err says which tensor, here and above
 */
enum sr_status sr_safetensors_encode(struct sr_tensor *tensors, size_t count,
                                     const struct sr_safetensors_note *notes, size_t note_count,
                                     struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_SAFETENSORS_WRITE_H */
