/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_ROSTER_H
#define SR_ACTS_ROSTER_H

#include "base/buf.h"

/*
 * A line of an act of init: one of the first people of a room, "NAME ROLE[,ROLE...] KEYLINE". All
 * are human. Pure. text is hostile; what comes out points into it.
 */
#define SR_ROSTER_ROLES_MAX 16 /* no two equal */
struct sr_roster {
    struct sr_bytes name;
    struct sr_bytes role[SR_ROSTER_ROLES_MAX];
    size_t roles;        /* 1.. */
    struct sr_bytes key; /* acts/key.h */
};
/* errors  MALFORMED, TOO_LARGE */
enum sr_status sr_roster_parse(struct sr_bytes text, struct sr_roster *out,
                               struct sr_err *err) SR_MUST_USE;
/* Append one line, without a newline. errors  MALFORMED, TOO_LARGE, NO_MEMORY */
enum sr_status sr_roster_put(const struct sr_roster *line, struct sr_buf *out) SR_MUST_USE;

#endif /* SR_ACTS_ROSTER_H */
