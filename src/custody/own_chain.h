/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_OWN_CHAIN_H
#define SR_CUSTODY_OWN_CHAIN_H

#include "audit/chain.h"
#include "custody/room.h"

/*
 * The custody chain of a version as this room knows it: what it came with, this room's own acts
 * from the ledger, and the answers of other rooms that those name. Nothing of it is kept anywhere
 * else, so it cannot disagree with the ledger. Each of this room's acts is signed once more, by the
 * room's key, so that others can verify it.
 *
 * Append its text to out.
 * errors  UNAUTHENTICATED  the room is locked; NOT_FOUND  no such version; CORRUPT, those of
 *         sr_own_card(), TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_own_chain(struct sr_room *r, const struct sr_id *version, struct sr_buf *out,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_OWN_CHAIN_H */
