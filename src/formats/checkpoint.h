/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_CHECKPOINT_H
#define SR_FORMATS_CHECKPOINT_H

#include "base/buf.h"

/*
 * The text of a checkpoint: which log, how many leaves, the root of its tree. It is the text of a
 * signed note (formats/note.h). Pure.
 * source  C2SP tlog-checkpoint v1.0.0; docs/formats/checkpoint.md (rules C-1 to C-5)
 */

#define SR_CHECKPOINT_BYTES_MAX 65536
#define SR_CHECKPOINT_ORIGIN_BYTES_MAX 255
#define SR_CHECKPOINT_ROOT_BYTES 32

struct sr_checkpoint {
    struct sr_bytes origin; /* not empty, one line; 1..SR_CHECKPOINT_ORIGIN_BYTES_MAX bytes */
    uint64_t size;          /* leaves */
    uint8_t root[SR_CHECKPOINT_ROOT_BYTES];
    struct sr_bytes extensions; /* whole lines with their newlines, none of them empty; or empty */
};

/*
 * Decode the text of a note. text is hostile and has to outlive *out, which has views of it.
 *
 * errors  MALFORMED  it breaks a rule; the message names the line
 *         TOO_LARGE  over SR_CHECKPOINT_BYTES_MAX, or an origin over its limit
 *         NO_MEMORY
 */
enum sr_status sr_checkpoint_decode(struct sr_bytes text, struct sr_checkpoint *out,
                                    struct sr_err *err) SR_MUST_USE;

/* Append the text. errors  MALFORMED (origin or extensions), TOO_LARGE, NO_MEMORY */
enum sr_status sr_checkpoint_encode(const struct sr_checkpoint *checkpoint,
                                    struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_CHECKPOINT_H */
