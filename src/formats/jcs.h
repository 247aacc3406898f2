/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_JCS_H
#define SR_FORMATS_JCS_H

#include "formats/json.h"

/*
 * Canonical JSON: one text for each value, so that a digest of a text is a digest of what it says.
 * For values without fractions: integers that a double holds exactly, strings, booleans, null,
 * arrays, objects. Pure.
 * source  RFC 8785; docs/formats/jcs.md (rules JC-n)
 */

/* How deep arrays and objects may be nested. */
#define SR_JCS_DEPTH_MAX 32
/* 2^53 - 1: beyond it, readers that use doubles see another number (RFC 7493, section 2.2). */
#define SR_JCS_INTEGER_MAX ((int64_t)9007199254740991)

/*
 * Append the canonical text of a decoded value, in whatever order and spelling that was.
 *
 * errors  UNSUPPORTED  a number with a fraction or an exponent, or beyond SR_JCS_INTEGER_MAX
 *         TOO_LARGE    nested deeper than SR_JCS_DEPTH_MAX, or over out's limit
 *         NO_MEMORY
 *         Afterwards out may hold half a text.
 */
enum sr_status sr_jcs_encode(struct sr_json_value value, struct sr_buf *out,
                             struct sr_err *err) SR_MUST_USE;

/*
 * Whether text is canonical for certain, seen in one pass and without memory: it is JSON, and there
 * is nothing in it but ASCII, the short escapes, and integers of at most 15 digits. Of other texts
 * nothing is said. text is hostile.
 */
bool sr_jcs_is_plain(struct sr_bytes text);

/*
 * Decode a text that has to be canonical to the byte. text is hostile.
 *
 * errors  MALFORMED  not JSON (as sr_json_decode()), or not the canonical text of what it says; err
 *                    has the offset of the first byte that differs
 *         UNSUPPORTED, TOO_LARGE, NO_MEMORY  as above
 */
enum sr_status sr_jcs_decode(struct sr_bytes text, struct sr_json **out,
                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_JCS_H */
