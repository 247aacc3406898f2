/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_SAFETENSORS_H
#define SR_FORMATS_SAFETENSORS_H

#include "formats/tensors.h"

/*
 * safetensors, strict: no holes, no overlaps, no duplicate keys, no trailing bytes, only the known
 * dtypes. Pure: works on the head of the file and the file's length; never on the data.
 * source  docs/formats/safetensors.md (rules S-n)
 */

/* Whether a file of this name is to be decoded as safetensors. */
bool sr_safetensors_is_name(struct sr_bytes path);

/*
 * How many bytes from the start of the file the decoder has to see: 8 + the header length. head
 * has the first 8 bytes or the whole file if it is shorter. Hostile.
 *
 * errors  MALFORMED, TRUNCATED, TOO_LARGE; err says field and offset
 */
enum sr_status sr_safetensors_head_bytes(struct sr_bytes head, uint64_t file_bytes, uint64_t *out,
                                         struct sr_err *err) SR_MUST_USE;

/*
 * Decode. head holds at least sr_safetensors_head_bytes() from the start of the file; bytes after
 * those are not looked at. file_bytes is the whole file's length. Byte ranges in *out are from the
 * start of the file; tensors are in the order of their data. Hostile.
 *
 * errors  MALFORMED  any rule broken; err says field and offset
 *         TRUNCATED  head is shorter than it must be, or the file ends before its data does
 *         TOO_LARGE  a limit of base/limits.h
 *         NO_MEMORY
 */
enum sr_status sr_safetensors_decode(struct sr_bytes head, uint64_t file_bytes,
                                     struct sr_tensors **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_SAFETENSORS_H */
