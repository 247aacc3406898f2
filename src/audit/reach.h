/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_REACH_H
#define SR_AUDIT_REACH_H

#include "policy/decide.h"

/*
 * What somebody could have reached between two times, whether they did or not: each version whose
 * weights they could have read, used or exported, alone, under a grant, or by breaking glass; they,
 * or a service, workload or agent that they answer for. Asked of the decision itself, with the
 * strongest key and fresh witnesses, each time something changed that it could depend on. Uses and
 * records may be left out of the walk: then a grant that was used up still counts. Pure.
 */

enum sr_reach_way { SR_REACH_ALONE, SR_REACH_GRANT, SR_REACH_BREAK_GLASS };
/* "alone", "grant", "break-glass" */
const char *sr_reach_way_word(enum sr_reach_way way);

#define SR_REACH_NAME_BYTES 132
struct sr_reach_item {
    char artifact[SR_REACH_NAME_BYTES];
    uint64_t number;
    struct sr_id version;
    enum sr_verb verb; /* EXPORT, READ, USE */
    enum sr_reach_way way;
    char principal[SR_REACH_NAME_BYTES];
    int64_t from_utc_ms; /* the first time in the window at which it was so */
    uint64_t seq;        /* GRANT: of the request; else 0 */
};

struct sr_reach;

/* name: of a principal, copied. errors  NO_MEMORY */
enum sr_status sr_reach_new(struct sr_bytes name, int64_t from_utc_ms, int64_t to_utc_ms,
                            struct sr_reach **out, struct sr_err *err) SR_MUST_USE;
void sr_reach_free(struct sr_reach *r);
SR_DEFINE_AUTO(sr_reach)

/*
 * Walk over acts that were allowed, in order: before is the state without this one.
 * errors  NO_MEMORY, INTERNAL
 */
enum sr_status sr_reach_step(struct sr_reach *r, const struct sr_act *act,
                             const uint8_t digest[SR_SHA256_BYTES], int64_t time_utc_ms,
                             const struct sr_state *before, struct sr_err *err) SR_MUST_USE;
/* After the last. */
enum sr_status sr_reach_end(struct sr_reach *r, const struct sr_state *last,
                            struct sr_err *err) SR_MUST_USE;

/* What was found, in the order in which it began; valid as long as r. */
size_t sr_reach_count(const struct sr_reach *r);
const struct sr_reach_item *sr_reach_at(const struct sr_reach *r, size_t index);

#endif /* SR_AUDIT_REACH_H */
