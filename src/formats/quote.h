/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_QUOTE_H
#define SR_FORMATS_QUOTE_H

#include "base/bytes.h"

/*
 * A hostile name made fit for an error message: printable ASCII, other bytes as '?', the end cut.
 * Use it within one expression: sr_fail(err, status, "tensor '%s'", sr_quote(name).text).
 */
#define SR_QUOTE_BYTES 64

struct sr_quoted {
    char text[SR_QUOTE_BYTES + 4]; /* with "..." where the end is cut, and a NUL */
};

static inline struct sr_quoted sr_quote(struct sr_bytes name)
{
    struct sr_quoted quoted = {{0}};
    size_t len = name.len > SR_QUOTE_BYTES ? SR_QUOTE_BYTES : name.len;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = name.ptr[i];
        quoted.text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    for (size_t i = 0; name.len > len && i < 3; i++) {
        quoted.text[len + i] = '.';
    }
    return quoted;
}

#endif /* SR_FORMATS_QUOTE_H */
