/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_CUSTODY_H
#define SR_CUSTODY_CUSTODY_H

#include "custody/deed.h"

/*
 * The other entries to the one function that applies acts, for verbs that bring something with
 * them. Each decides, records and changes the state just as sr_custody_apply() does.
 */

/* INIT: the act that makes the catalog at uri, with the room and its first group. */
enum sr_status sr_custody_found(const char *catalog_uri, const struct sr_catalog_room *room,
                                const struct sr_group *group, const char *actor,
                                struct sr_err *err) SR_MUST_USE;

/* What a rotation brings. */
struct sr_custody_rotation {
    const struct sr_group *groups; /* the new epoch of each group */
    size_t group_count;
    enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot, struct sr_err *err);
    void *ctx;
};
/* ROTATE. */
enum sr_status sr_custody_rotate(struct sr_room *r, const struct sr_deed *act,
                                 const struct sr_custody_rotation *rotation,
                                 struct sr_err *err) SR_MUST_USE;
/* Only ask: whether an act that needs no version would be allowed now. */
enum sr_status sr_custody_ask(struct sr_room *r, const struct sr_deed *act,
                              struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_CUSTODY_H */
