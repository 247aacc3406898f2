/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"

#include <string.h>
#include <strings.h>

#define FORMAT(name) extern const struct sr_format sr_format_##name;
#include "artifact/formats.def"
#undef FORMAT

const struct sr_format *const sr_format_all[] = {
#define FORMAT(name) &sr_format_##name,
#include "artifact/formats.def"
#undef FORMAT
    NULL,
};

bool sr_format_has_extension(const struct sr_format *format, struct sr_bytes name)
{
    for (const char *const *e = format->extensions; *e != NULL; e++) {
        size_t len = strlen(*e);
        if (name.len >= len && strncasecmp((const char *)name.ptr + name.len - len, *e, len) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_match match(const struct sr_format *format, const struct sr_subject *blob)
{
    enum sr_match found = format->match != NULL ? format->match(blob) : SR_MATCH_NO;
    if (found == SR_MATCH_NO && sr_format_has_extension(format, blob->name)) {
        return SR_MATCH_NAME;
    }
    return found;
}

/* The first format that the extension of name belongs to; NULL: none. */
static const struct sr_format *format_named(struct sr_bytes name)
{
    for (const struct sr_format *const *f = sr_format_all; *f != NULL; f++) {
        if (sr_format_has_extension(*f, name)) {
            return *f;
        }
    }
    return NULL;
}

const struct sr_format *sr_format_identify(const struct sr_subject *blob,
                                           const struct sr_format **out_other,
                                           const struct sr_format **out_misnamed)
{
    const struct sr_format *by_bytes = NULL;
    const struct sr_format *by_name = NULL;
    for (const struct sr_format *const *f = sr_format_all; *f != NULL; f++) {
        enum sr_match found = match(*f, blob);
        if (found == SR_MATCH_BYTES && by_bytes != NULL) {
            *out_other = *f;
        } else if (found == SR_MATCH_BYTES) {
            by_bytes = *f;
        } else if (found == SR_MATCH_NAME && by_name == NULL) {
            by_name = *f;
        }
    }
    if (by_bytes != NULL && !sr_format_has_extension(by_bytes, blob->name)) {
        *out_misnamed = format_named(blob->name);
    }
    return by_bytes != NULL ? by_bytes : by_name;
}
