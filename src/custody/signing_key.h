/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_SIGNING_KEY_H
#define SR_CUSTODY_SIGNING_KEY_H

#include "crypto/sign.h"
#include "custody/room_key.h"

/*
 * The room's own signing key (ECDSA P-384): it says of a version that this room took it into
 * custody as it is. Its seed is the room key "signing" (room_key.h).
 * source  docs/formats/room.md
 */

/* errors  as sr_room_key_find() */
enum sr_status sr_signing_key_find(struct sr_room *r, struct sr_signer **out,
                                   struct sr_err *err) SR_MUST_USE;
/* errors  as sr_room_key_open() */
enum sr_status sr_signing_key_open(struct sr_room *r, struct sr_signer **out,
                                   struct sr_err *err) SR_MUST_USE;
/* Whether there is one; works in a locked room. */
bool sr_signing_key_exists(const struct sr_room *r);

#endif /* SR_CUSTODY_SIGNING_KEY_H */
