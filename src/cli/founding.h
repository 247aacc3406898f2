/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_FOUNDING_H
#define SR_CLI_FOUNDING_H

#include "cli/args.h"
#include "custody/room.h"

/*
 * Who a room begins with: --officer NAME=KEYFILE[:ROLE,...], each a person with the public key in
 * that file, and --policy, a file or the name of a built-in one; without it, with people, "tier-3".
 * And --organisation, whose room it is.
 */
struct sr_founding {
    struct sr_room_founding room; /* points into what follows, and into the arguments */
    struct sr_buf *roster;
    struct sr_bytes lines[32]; /* as many as an act of init takes */
    struct sr_buf *policy;     /* read from a file; NULL: a built-in one */
};

/*
 * errors  USAGE      not NAME=KEYFILE, or too many
 *         NOT_FOUND  no such file, no such policy
 *         those of sr_act_key_parse() and sr_roster_put(). Clear *out also then.
 */
enum sr_status sr_founding_read(const struct sr_args *args, struct sr_founding *out,
                                struct sr_err *err) SR_MUST_USE;
void sr_founding_clear(struct sr_founding *f);

#endif /* SR_CLI_FOUNDING_H */
