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
 * Reading is strict: UTF-8 only, no duplicate keys, no NUL, nothing after the value, a depth limit
 * and a bound on what decoding may allocate (SR_LIMIT_JSON_HEAP_BYTES), so that time and memory are
 * bounded whatever the bytes. Integers are int64; a number with a fraction or an exponent is of
 * kind REAL.
 *
 * Values are nodes of one tree that is freed as a whole; a `struct sr_json_value` is a view into
 * it. A tree may be read by any number of threads and is freed by one.
 * source  docs/formats/json.md (rules J-n)
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
/* The same for a text that begins at byte offset of something larger: for the offsets in err. */
enum sr_status sr_json_decode_part(struct sr_bytes text, uint64_t offset, unsigned depth_max,
                                   struct sr_json **out, struct sr_err *err) SR_MUST_USE;
/* The same with another bound on what decoding may allocate, for texts that are lists by nature. */
enum sr_status sr_json_decode_within(struct sr_bytes text, unsigned depth_max,
                                     size_t heap_bytes_max, struct sr_json **out,
                                     struct sr_err *err) SR_MUST_USE;
void sr_json_free(struct sr_json *j);
SR_DEFINE_AUTO(sr_json)

/* The largest depth_max that may be asked for. */
#define SR_JSON_DEPTH_MAX 1000

/* For tests: the bound that J-9 computes from the text, and what decoding really had at its peak.
 */
size_t sr_json_cost_bytes(const struct sr_json *j);
size_t sr_json_peak_bytes(const struct sr_json *j);

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
 * Split an object's text into its members without decoding them, for an object of which the whole
 * tree would be too much. What the pieces are is not looked at: each key and each value has to be
 * decoded with sr_json_decode_part(). When that succeeds for all of them, the whole is JSON; that
 * no two keys are equal is for the caller to see to.
 */
struct sr_json_members {
    struct sr_bytes text; /* begins with `{` */
    uint64_t offset;      /* of its first byte, for err */
    size_t at; /* how much of it is split; after the last member, how long the object is */
};
struct sr_json_member {
    struct sr_bytes key; /* with its quotes */
    struct sr_bytes value;
    uint64_t key_offset;
    uint64_t value_offset;
};
/*
 * The next member; *out_found is false when there is none, and then text from `at` on is what
 * follows the object. Start with `at` 0. text is hostile.
 *
 * errors  MALFORMED  not an object that can be split; err says what and at which byte offset
 */
enum sr_status sr_json_members_next(struct sr_json_members *m, bool *out_found,
                                    struct sr_json_member *out, struct sr_err *err) SR_MUST_USE;

/*
 * Writing: one value appended to a buffer, in the order of the calls, no white space. A comma is
 * put where one is needed. Used by the command line's --json and by acts.
 * errors of all  TOO_LARGE, NO_MEMORY (the buffer's), MALFORMED (text is not UTF-8; hostile text
 *                has to be checked or escaped by the caller); afterwards the buffer may hold half
 *                a text
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
