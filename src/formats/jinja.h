/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_JINJA_H
#define SR_FORMATS_JINJA_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * Jinja templates, as chat templates use them: read, never rendered. A walk over the template tells
 * everything in it that could do something: statements, names, attributes, calls, filters, strings.
 * Whether that is allowed is for the caller to judge. What is not of the grammar is refused, so
 * that nothing in an accepted template goes unseen.
 *
 * Pure; iterative; no memory but a table of the template's own names.
 * source  docs/formats/jinja.md (rules JT-n)
 */

enum sr_jinja_kind {
    SR_JINJA_STATEMENT, /* its keyword: "for", "endfor", "include" */
    SR_JINJA_NAME,      /* a variable is read */
    SR_JINJA_CALL,      /* a variable is called */
    SR_JINJA_ATTRIBUTE, /* value.text */
    SR_JINJA_METHOD,    /* value.text(...) */
    SR_JINJA_FILTER,    /* value|text */
    SR_JINJA_TEST,      /* value is text */
    SR_JINJA_STRING,    /* a literal; Python's escapes are resolved */
    SR_JINJA_ITEM,      /* value['text']: attributes can be reached so; escapes are resolved */
    SR_JINJA_COMPUTED,  /* the name of an item or attribute is put together by the template */
    SR_JINJA_CALL_OTHER /* what is called is neither a variable nor an attribute */
};

struct sr_jinja_note {
    enum sr_jinja_kind kind;
    struct sr_bytes text; /* hostile; valid during the call */
    size_t offset;        /* in the template */
    bool is_local;        /* of NAME and CALL: the template itself gives the name its meaning */
};

/* Templates of published models have up to 20 KiB. */
#define SR_JINJA_BYTES_MAX ((size_t)32 << 10)
/* Brackets and blocks within one another. */
#define SR_JINJA_DEPTH_MAX 64
/* Names that a template defines. */
#define SR_JINJA_NAMES_MAX 1024

/*
 * Walk over a template; note is called for each thing in the order of the text. When the result is
 * not OK, what came before the fault has been noted. text is hostile.
 *
 * errors  MALFORMED  not of the grammar; err says what and at which byte
 *         TRUNCATED  a block, an expression, a string or a comment has no end
 *         TOO_LARGE  over the limits above
 *         NO_MEMORY
 */
enum sr_status sr_jinja_walk(struct sr_bytes text,
                             void (*note)(void *ctx, const struct sr_jinja_note *note), void *ctx,
                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_JINJA_H */
