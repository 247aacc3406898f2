/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_FIELDS_H
#define SR_CLI_FIELDS_H

#include "formats/json.h"

/*
 * Members of the objects that --json prints: a key and its value in one call. Keys are trusted and
 * part of the contract (struct sr_field in cli/command.h); text may be hostile: what is no UTF-8 in
 * it is replaced by U+FFFD, so that the output is JSON whatever the names are.
 *
 * errors of all  TOO_LARGE, NO_MEMORY (of the result's buffer)
 */
enum sr_status sr_fields_text(struct sr_json_writer *w, const char *key,
                              const char *text) SR_MUST_USE;
enum sr_status sr_fields_bytes(struct sr_json_writer *w, const char *key,
                               struct sr_bytes text) SR_MUST_USE;
enum sr_status sr_fields_u64(struct sr_json_writer *w, const char *key, uint64_t value) SR_MUST_USE;
enum sr_status sr_fields_bool(struct sr_json_writer *w, const char *key, bool value) SR_MUST_USE;
enum sr_status sr_fields_hex(struct sr_json_writer *w, const char *key,
                             struct sr_bytes data) SR_MUST_USE;
enum sr_status sr_fields_null(struct sr_json_writer *w, const char *key) SR_MUST_USE;
/* As RFC 3339 with milliseconds, "2026-11-21T08:00:00.123Z". */
enum sr_status sr_fields_time(struct sr_json_writer *w, const char *key,
                              int64_t utc_ms) SR_MUST_USE;
/* "key":[ and then the elements by sr_json_put_*(); close with sr_json_close_array(). */
enum sr_status sr_fields_array(struct sr_json_writer *w, const char *key) SR_MUST_USE;
/* An element of an array. */
enum sr_status sr_fields_element(struct sr_json_writer *w, struct sr_bytes text) SR_MUST_USE;

#endif /* SR_CLI_FIELDS_H */
