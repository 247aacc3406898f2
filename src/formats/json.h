/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_JSON_H
#define SR_FORMATS_JSON_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * JSON (RFC 8259), read and written through one door; the library behind it is Jansson.
 *
 * Reading is strict: UTF-8 only, no duplicate keys, no NUL in strings, nothing after the value, a
 * depth limit and a bound on what decoding may allocate (SR_LIMIT_JSON_HEAP_BYTES), so that time
 * and memory are bounded whatever the bytes. Integers are int64; a number with a fraction or an
 * exponent is of kind REAL.
 *
 * Values are nodes of one tree that is freed as a whole; a `struct sr_json_value` is a view into
 * it.
 */

struct sr_json; /* a decoded text */

enum sr_json_kind {
    SR_JSON_NULL,
    SR_JSON_BOOL,
    SR_JSON_INTEGER,
    SR_JSON_REAL,
    SR_JSON_STRING,
    SR_JSON_ARRAY,
    SR_JSON_OBJECT
};

struct sr_json_value {
    void *node; /* the library's; never NULL in a value that was handed out */
};

/*
 * text is hostile. depth_max counts nested arrays and objects: 1 allows `[]`.
 *
 * errors  MALFORMED  not such JSON; err says what and at which byte offset
 *         TOO_LARGE  deeper than depth_max, or decoding would allocate too much
 *         NO_MEMORY
 */
enum sr_status sr_json_decode(struct sr_bytes text, unsigned depth_max, struct sr_json **out,
                              struct sr_err *err) SR_MUST_USE;
void sr_json_free(struct sr_json *j);
SR_DEFINE_AUTO(sr_json)

struct sr_json_value sr_json_root(const struct sr_json *j);
enum sr_json_kind sr_json_kind(struct sr_json_value v);
/* Each demands the right kind (asserted). Strings are UTF-8 without NUL, valid as long as the tree.
 */
struct sr_bytes sr_json_string(struct sr_json_value v);
int64_t sr_json_integer(struct sr_json_value v);
bool sr_json_bool(struct sr_json_value v);
size_t sr_json_count(struct sr_json_value v); /* of an array or object */
struct sr_json_value sr_json_at(struct sr_json_value array, size_t index);
/* Member by key (NUL-terminated, trusted); false when there is none. */
bool sr_json_find(struct sr_json_value object, const char *key, struct sr_json_value *out);

/* Walk an object's members in the order of the text: `while (sr_json_next(&it))`. */
struct sr_json_iter {
    void *object;
    void *at; /* NULL before the first */
    struct sr_bytes key;
    struct sr_json_value value;
};
struct sr_json_iter sr_json_iter(struct sr_json_value object);
bool sr_json_next(struct sr_json_iter *it);

/*
 * Writing: one value appended to a buffer, in the order of the calls, no white space. A comma is
 * put where one is needed. Used by the command line's --json and by acts.
 * errors of all  TOO_LARGE, NO_MEMORY (the buffer's), MALFORMED (text is not UTF-8; hostile text
 *                has to be checked or escaped by the caller)
 */
struct sr_json_writer {
    struct sr_buf *out;
    bool needs_comma;
};
enum sr_status sr_json_open_object(struct sr_json_writer *w) SR_MUST_USE;
enum sr_status sr_json_close_object(struct sr_json_writer *w) SR_MUST_USE;
enum sr_status sr_json_open_array(struct sr_json_writer *w) SR_MUST_USE;
enum sr_status sr_json_close_array(struct sr_json_writer *w) SR_MUST_USE;
enum sr_status sr_json_key(struct sr_json_writer *w, const char *key) SR_MUST_USE;
enum sr_status sr_json_put_string(struct sr_json_writer *w, struct sr_bytes text) SR_MUST_USE;
enum sr_status sr_json_put_u64(struct sr_json_writer *w, uint64_t value) SR_MUST_USE;
enum sr_status sr_json_put_bool(struct sr_json_writer *w, bool value) SR_MUST_USE;
enum sr_status sr_json_put_null(struct sr_json_writer *w) SR_MUST_USE;
enum sr_status sr_json_put_hex(struct sr_json_writer *w, struct sr_bytes data) SR_MUST_USE;

#endif /* SR_FORMATS_JSON_H */
