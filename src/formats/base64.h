/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_BASE64_H
#define SR_FORMATS_BASE64_H

#include "base/buf.h"

/*
 * Base64 with the standard alphabet, padded, without line breaks: one spelling for each value, so
 * decode then encode gives the same text. Pure.
 * source  RFC 4648, sections 3.2, 3.5 and 4
 */

/* Append the text of data. errors  TOO_LARGE, NO_MEMORY (out's) */
enum sr_status sr_base64_encode(struct sr_bytes data, struct sr_buf *out) SR_MUST_USE;

/*
 * Append the bytes that text stands for. text is hostile.
 *
 * errors  MALFORMED  another character, padding missing or too early, bits after the last byte
 *         TOO_LARGE, NO_MEMORY (out's)
 */
enum sr_status sr_base64_decode(struct sr_bytes text, struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_BASE64_H */
