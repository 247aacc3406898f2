/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_DESCRIBE_H
#define SR_ACTS_DESCRIBE_H

#include "acts/act.h"

/*
 * Append an act as a page for people: what, about what with its digest, who, where, how much, until
 * when, why. Every field of it is there: nobody signs what they were not shown. A line is a label,
 * spaces to column SR_DESCRIBE_INDENT and a value; what is longer goes on indented, so that no text
 * of the act can look like a line of its own. Made from the act and nothing else; the act's digest,
 * which is not part of it, is for the caller to add. Lines end in '\n'; no other control characters
 * whatever the act holds.
 *
 * act     as sr_act_decode() gave it, or as it would be encoded
 * errors  TOO_LARGE, NO_MEMORY
 */
#define SR_DESCRIBE_INDENT 16
#define SR_DESCRIBE_COLUMNS 100
enum sr_status sr_act_describe(const struct sr_act *act, struct sr_buf *out) SR_MUST_USE;

/* Append one line of it, with another label and value: what the caller knows beside. */
enum sr_status sr_describe_line(const char *label, struct sr_bytes value,
                                struct sr_buf *out) SR_MUST_USE;

#endif /* SR_ACTS_DESCRIBE_H */
