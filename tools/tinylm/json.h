/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_JSON_H
#define TL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"

/*
 * A small strict JSON reader (RFC 8259) for config.json, the shard index and safetensors headers.
 *
 * Values live in one array in the order of the text. Strings stay as they are written, escapes
 * included: a name with an escape in it matches nothing that this tool looks for. The document
 * borrows the text.
 */
enum tl_json_kind {
    TL_JSON_OBJECT,
    TL_JSON_ARRAY,
    TL_JSON_STRING,
    TL_JSON_NUMBER,
    TL_JSON_TRUE,
    TL_JSON_FALSE,
    TL_JSON_NULL,
};

struct tl_json_value {
    enum tl_json_kind kind;
    const char *key; /* member of an object: its name, else NULL */
    size_t key_len;
    const char *text; /* string: between the quotes; number: its digits */
    size_t len;
    size_t next; /* index of the value after this one and all that is inside it */
};

struct tl_json {
    struct tl_json_value *values; /* [0] is the top */
    size_t count;
    const char *source; /* name of the file, for errors */
};

/*
 * text    hostile; len bytes
 * source  outlives the document
 * errors  not JSON, nested deeper than 16, a name twice in one object: names source and offset
 */
bool tl_json_parse(const char *text, size_t len, const char *source, struct tl_json *out,
                   struct tl_err *err) SR_MUST_USE;
void tl_json_clear(struct tl_json *json);
#define TL_AUTO_JSON SR_CLEANUP(tl_json_clear) struct tl_json

/* Walk the members or elements of values[parent]: first, next, until the result is end. */
size_t tl_json_first(size_t parent);
size_t tl_json_end(const struct tl_json *json, size_t parent);
size_t tl_json_next(const struct tl_json *json, size_t child);

/* Does a string value, or the key of a member, have this text? */
bool tl_json_is(const struct tl_json_value *value, const char *text);
bool tl_json_key_is(const struct tl_json_value *value, const char *key);

/* A member of values[object] by name; 0 if there is none (0 is the top, never a member). */
size_t tl_json_find(const struct tl_json *json, size_t object, const char *key);

/* A non-negative integer without sign, fraction or exponent, at most max. */
bool tl_json_u64(const struct tl_json_value *value, uint64_t max, uint64_t *out) SR_MUST_USE;

/* The same of a member that must be there. */
bool tl_json_member_u64(const struct tl_json *json, size_t object, const char *key, uint64_t max,
                        uint64_t *out, struct tl_err *err) SR_MUST_USE;

#endif /* TL_JSON_H */
