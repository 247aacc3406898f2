/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/markup.h"

#include <string.h>

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Where code starts in text: a quote that follows no letter and has a partner; or text.len. */
static size_t find_code(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool opens = text.ptr[i] == '\'' && (i == 0 || !is_letter(text.ptr[i - 1]));
        if (opens && memchr(text.ptr + i + 1, '\'', text.len - i - 1) != NULL) {
            return i;
        }
    }
    return text.len;
}

static struct sr_bytes after(struct sr_bytes text, size_t len)
{
    return sr_bytes(text.ptr + len, text.len - len);
}

bool sr_markup_next(struct sr_bytes *rest, struct sr_markup_run *out)
{
    if (rest->len == 0) {
        return false;
    }
    size_t prose = find_code(*rest);
    if (prose > 0) {
        *out = (struct sr_markup_run){.text = sr_bytes(rest->ptr, prose), .is_code = false};
        *rest = after(*rest, prose);
        return true;
    }
    const uint8_t *end = memchr(rest->ptr + 1, '\'', rest->len - 1);
    size_t len = (size_t)(end - rest->ptr) - 1;
    *out = (struct sr_markup_run){.text = sr_bytes(rest->ptr + 1, len), .is_code = true};
    *rest = after(*rest, len + 2);
    return true;
}

bool sr_markup_paragraph(struct sr_bytes *rest, struct sr_bytes *out)
{
    if (rest->len == 0) {
        return false;
    }
    const uint8_t *end = memmem(rest->ptr, rest->len, "\n\n", 2);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    *out = sr_bytes(rest->ptr, len);
    *rest = after(*rest, end == NULL ? len : len + 2);
    return true;
}
