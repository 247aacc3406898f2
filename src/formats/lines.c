/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "formats/base64.h"

enum { HASH_BYTES = 32, HASH_TEXT_BYTES = 44 };

bool sr_lines_take(struct sr_bytes *rest, struct sr_bytes *out)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (end == NULL) {
        return false;
    }
    size_t len = (size_t)(end - rest->ptr);
    *out = sr_bytes(rest->ptr, len);
    *rest = sr_bytes(end + 1, rest->len - len - 1);
    return true;
}

bool sr_lines_are_filled(struct sr_bytes text)
{
    struct sr_bytes line;
    while (text.len > 0) {
        if (!sr_lines_take(&text, &line) || line.len == 0) {
            return false;
        }
    }
    return true;
}

enum sr_status sr_lines_hash(struct sr_bytes line, uint8_t out[32])
{
    SR_AUTO(sr_buf) bytes = NULL;
    if (line.len != HASH_TEXT_BYTES) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_buf_new(HASH_TEXT_BYTES, &bytes));
    SR_TRY(sr_base64_decode(line, bytes));
    struct sr_bytes hash = sr_buf_view(bytes);
    if (hash.len != HASH_BYTES) {
        return SR_MALFORMED;
    }
    memcpy(out, hash.ptr, HASH_BYTES);
    return SR_OK;
}

enum sr_status sr_lines_put_hash(const uint8_t hash[32], struct sr_buf *out)
{
    SR_TRY(sr_base64_encode(sr_bytes(hash, HASH_BYTES), out));
    return sr_buf_append(out, sr_bytes("\n", 1));
}

enum sr_status sr_lines_put_number(const char *prefix, uint64_t number, struct sr_buf *out)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s%" PRIu64 "\n", prefix, number);
    return sr_buf_append(out, sr_text_view(text));
}
