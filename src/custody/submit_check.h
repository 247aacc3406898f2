/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_SUBMIT_CHECK_H
#define SR_CUSTODY_SUBMIT_CHECK_H

#include "acts/act.h"
#include "custody/room_impl.h"

/*
 * What the catalog knows of an act's subject, and acts alone cannot tell: that a version is there,
 * whole, and what the act says it is. Inside of custody/ only, for submit.c.
 *
 * errors  NOT_FOUND  no such version
 *         CONFLICT   it is not in the state that the verb needs, or not what the act says; err says
 *                    what
 *         BUSY, CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_submit_check(struct sr_room *r, const struct sr_act *act,
                               struct sr_err *err) SR_MUST_USE;

/* Whether an act takes a staged version into custody: DEPOSIT, and ACCEPT of what another room
 * offers. */
bool sr_submit_takes_in(const struct sr_act *act);

#endif /* SR_CUSTODY_SUBMIT_CHECK_H */
