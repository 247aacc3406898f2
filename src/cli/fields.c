/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fields.h"

#include <string.h>

#include "base/text.h"
#include "base/time.h"

/* Append text with U+FFFD for every byte that belongs to no character. */
static enum sr_status put_repaired(struct sr_json_writer *w, struct sr_bytes text)
{
    SR_AUTO(sr_buf) repaired = NULL;
    SR_TRY(sr_buf_new(3 * text.len + 1, &repaired));
    while (text.len > 0) {
        size_t len = 1;
        while (len < 4 && len < text.len && !sr_text_is_utf8(sr_bytes(text.ptr, len))) {
            len++;
        }
        bool is_character = sr_text_is_utf8(sr_bytes(text.ptr, len));
        len = is_character ? len : 1;
        SR_TRY(sr_buf_append(repaired,
                             is_character ? sr_bytes(text.ptr, len) : sr_bytes("\xef\xbf\xbd", 3)));
        text = sr_bytes(text.ptr + len, text.len - len);
    }
    return sr_json_put_string(w, sr_buf_view(repaired));
}

enum sr_status sr_fields_element(struct sr_json_writer *w, struct sr_bytes text)
{
    return sr_text_is_utf8(text) ? sr_json_put_string(w, text) : put_repaired(w, text);
}

enum sr_status sr_fields_bytes(struct sr_json_writer *w, const char *key, struct sr_bytes text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_fields_element(w, text);
}

enum sr_status sr_fields_text(struct sr_json_writer *w, const char *key, const char *text)
{
    return sr_fields_bytes(w, key, sr_text_view(text));
}

enum sr_status sr_fields_u64(struct sr_json_writer *w, const char *key, uint64_t value)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, value);
}

enum sr_status sr_fields_bool(struct sr_json_writer *w, const char *key, bool value)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_bool(w, value);
}

enum sr_status sr_fields_hex(struct sr_json_writer *w, const char *key, struct sr_bytes data)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, data);
}

enum sr_status sr_fields_null(struct sr_json_writer *w, const char *key)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_null(w);
}

enum sr_status sr_fields_time(struct sr_json_writer *w, const char *key, int64_t utc_ms)
{
    char text[SR_TIME_TEXT_BYTES];
    sr_time_format(utc_ms, text);
    return sr_fields_text(w, key, text);
}

enum sr_status sr_fields_array(struct sr_json_writer *w, const char *key)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_open_array(w);
}
