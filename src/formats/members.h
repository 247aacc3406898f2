/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_MEMBERS_H
#define SR_FORMATS_MEMBERS_H

#include "formats/json.h"

/*
 * Members of hostile JSON objects whose names are known beforehand: what formats that refuse
 * everything else have in common. `what` names the object in messages; trusted.
 */

/*
 * Whether value is an object all of whose members have one of the names, which end with NULL.
 * errors  MALFORMED  err names the member
 */
enum sr_status sr_members_check(struct sr_json_value value, const char *what,
                                const char *const *names, struct sr_err *err) SR_MUST_USE;

/* The member key, which has to be there and of that kind. errors  MALFORMED */
enum sr_status sr_members_get(struct sr_json_value object, const char *what, const char *key,
                              enum sr_json_kind kind, struct sr_json_value *out,
                              struct sr_err *err) SR_MUST_USE;

/* The same for a string. errors  MALFORMED */
enum sr_status sr_members_string(struct sr_json_value object, const char *what, const char *key,
                                 struct sr_bytes *out, struct sr_err *err) SR_MUST_USE;

/*
 * For texts that sr_jcs_is_plain() knows to be canonical, taken apart without a tree: take the next
 * member, which has to be key; else nothing is taken. out is its value as it stands in the text.
 */
bool sr_members_take(struct sr_json_members *walk, const char *key, struct sr_bytes *out);
/* The same for a string without escapes, without its quotes; for exactly len bytes in hexadecimal;
 * for a number of min to max; whether there are no more. */
bool sr_members_take_word(struct sr_json_members *walk, const char *key, struct sr_bytes *out);
bool sr_members_take_hex(struct sr_json_members *walk, const char *key, uint8_t *out, size_t len);
bool sr_members_take_number(struct sr_json_members *walk, const char *key, uint64_t min,
                            uint64_t max, uint64_t *out);
bool sr_members_take_end(struct sr_json_members *walk);

#endif /* SR_FORMATS_MEMBERS_H */
