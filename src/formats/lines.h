/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_LINES_H
#define SR_FORMATS_LINES_H

#include <stdbool.h>

#include "base/buf.h"

/* Text of lines, each with a newline at its end: what the formats of logs have in common. Pure. */

/*
 * Take the next line of *rest, without its newline. False, and nothing is taken, when rest has no
 * newline. rest is hostile.
 */
bool sr_lines_take(struct sr_bytes *rest, struct sr_bytes *out);

/* Whether text consists of lines, none of them empty. True for no text at all. */
bool sr_lines_are_filled(struct sr_bytes text);

/*
 * Decode a line of base64 that stands for exactly 32 bytes. line is hostile.
 * errors  MALFORMED, NO_MEMORY
 */
enum sr_status sr_lines_hash(struct sr_bytes line, uint8_t out[32]) SR_MUST_USE;

/* Append hash as a line of base64. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_lines_put_hash(const uint8_t hash[32], struct sr_buf *out) SR_MUST_USE;

/* Append prefix, a decimal number and a newline. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_lines_put_number(const char *prefix, uint64_t number,
                                   struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_LINES_H */
