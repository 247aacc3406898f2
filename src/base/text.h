/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_TEXT_H
#define SR_BASE_TEXT_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * Numbers, identifiers and digests from and to text. Pure; strict: one spelling for each value, so
 * that text which was compared is text that was meant.
 */

/*
 * Parse a decimal number: digits only, no sign, no leading zero (but "0"), min <= value <= max.
 * text is hostile.
 *
 * errors  MALFORMED  not such digits
 *         TOO_LARGE  outside min..max
 */
enum sr_status sr_text_parse_u64(struct sr_bytes text, uint64_t min, uint64_t max,
                                 uint64_t *out) SR_MUST_USE;

/* Write data as lower-case hexadecimal and a NUL; out has 2 * data.len + 1 bytes. */
void sr_text_hex(struct sr_bytes data, char *out);

/*
 * Parse exactly 2 * out_bytes lower-case hexadecimal digits. text is hostile.
 *
 * errors  MALFORMED
 */
enum sr_status sr_text_unhex(struct sr_bytes text, uint8_t *out, size_t out_bytes) SR_MUST_USE;

/* Whether text is valid UTF-8 (no surrogates, no overlong forms) without NUL. Unicode 15, table
 * 3-7. */
bool sr_text_is_utf8(struct sr_bytes text);

/*
 * Whether text is UTF-8 that can be shown within a line and reads as what it is: nothing that a
 * terminal or browser acts on (C0, DEL, C1, line and paragraph separators), that changes the
 * direction of what follows, or that nobody sees (U+200B, U+2060 to U+206F, U+FEFF, tags). text is
 * hostile.
 */
bool sr_text_is_plain(struct sr_bytes text);

/* Write a code point, at most 0x10ffff, as UTF-8; returns how many bytes of out it takes. */
size_t sr_text_put_utf8(uint32_t c, char out[4]);

/* A view of a NUL-terminated string, without the NUL. */
struct sr_bytes sr_text_view(const char *s);

/* Whether text begins with prefix (NUL-terminated, trusted). */
bool sr_text_begins(struct sr_bytes text, const char *prefix);

/* Whether two views hold the same bytes. Not for secrets: time depends on the content. */
bool sr_text_equal(struct sr_bytes a, struct sr_bytes b);

/*
 * A 128-bit identifier: object, version, slot, act. Random (crypto/rand.h), printed as 32
 * hexadecimal digits.
 */
#define SR_ID_BYTES 16
#define SR_ID_TEXT_BYTES (2 * SR_ID_BYTES + 1)

struct sr_id {
    uint8_t bytes[SR_ID_BYTES];
};

bool sr_text_id_equal(const struct sr_id *a, const struct sr_id *b);

#endif /* SR_BASE_TEXT_H */
