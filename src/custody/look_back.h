/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_LOOK_BACK_H
#define SR_CUSTODY_LOOK_BACK_H

#include "custody/submit.h"

/*
 * The look-back: all that somebody touched and could have reached, for the day on which they leave.
 * Canonical JSON, kept as a text of the room; the act that ends their rights names its digest.
 * source  docs/people.md
 */

#define SR_LOOK_BACK_BYTES_MAX ((size_t)1 << 20)

struct sr_look_back_counts {
    uint64_t acts;     /* all of theirs */
    uint64_t releases; /* exports, reads and uses among them */
    uint64_t versions; /* distinct ones that those were of */
    uint64_t open;     /* requests and grants of theirs that end now */
    uint64_t reviews;  /* given by them */
};

/*
 * Append the report on a principal of the room's state to out.
 * errors  TOO_LARGE (out's limit); those of sr_audit_query_did(); NO_MEMORY, CORRUPT
 */
enum sr_status sr_look_back(struct sr_room *r, const struct sr_principal *who, struct sr_buf *out,
                            struct sr_look_back_counts *counts, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_LOOK_BACK_H */
