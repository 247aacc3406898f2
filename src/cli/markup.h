/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_MARKUP_H
#define SR_CLI_MARKUP_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * The little markup of descriptors: an empty line begins a paragraph, and what stands between
 * single quotes is code. An apostrophe inside a word is an apostrophe. Pure.
 */

/* A run of text that is all code or all prose. */
struct sr_markup_run {
    struct sr_bytes text; /* without the quotes */
    bool is_code;
};

/* Take the first run off *rest, which is one paragraph; false when nothing is left. */
bool sr_markup_next(struct sr_bytes *rest, struct sr_markup_run *out);

/* Take the first paragraph off *rest; false when nothing is left. */
bool sr_markup_paragraph(struct sr_bytes *rest, struct sr_bytes *out);

#endif /* SR_CLI_MARKUP_H */
