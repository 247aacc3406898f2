/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_REF_H
#define SR_CUSTODY_REF_H

#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"

/*
 * The names people type. Pure. A REF is one of
 *
 *     llama            the latest sealed version of that artifact
 *     llama@3          version 3
 *     sha256:<hex>     the version with that manifest digest: all 64 digits or the first 12 or more
 *     <hex>            the same; 12 or more digits are first looked up as a name
 *
 * A name is 1..SR_LIMIT_NAME_BYTES of [a-z0-9._-], the first of them [a-z0-9].
 */

#define SR_REF_DIGITS_MIN 12
#define SR_REF_DIGITS_MAX (2 * SR_SHA256_BYTES)

struct sr_ref {
    char name[SR_LIMIT_NAME_BYTES + 1]; /* empty: only a digest is meant */
    uint64_t number;                    /* 0: the latest */
    char digits[SR_REF_DIGITS_MAX + 1]; /* lower-case hexadecimal; empty: no digest is meant */
};

/*
 * Check a name. Hostile.
 *
 * errors  MALFORMED  empty or another character; err names it
 *         TOO_LARGE
 */
enum sr_status sr_ref_check_name(struct sr_bytes text, struct sr_err *err) SR_MUST_USE;

/* Parse a REF. Hostile. errors  MALFORMED, TOO_LARGE */
enum sr_status sr_ref_parse(struct sr_bytes text, struct sr_ref *out,
                            struct sr_err *err) SR_MUST_USE;

/*
 * Cut "REF:FILE" or "REF:FILE@TENSOR" into the REF and what follows its colon (a digest's own
 * "sha256:" is part of the REF). sr_query_file() finds out what of the second part is the file.
 * Views into text. Hostile.
 *
 * errors  MALFORMED  no colon, or nothing on one side of it
 */
enum sr_status sr_ref_split(struct sr_bytes text, struct sr_bytes *out_ref,
                            struct sr_bytes *out_inner, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_REF_H */
