/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_SIGNING_KEY_H
#define SR_CUSTODY_SIGNING_KEY_H

#include "crypto/sign.h"
#include "custody/room.h"
#include "keys/wrapper.h"

/*
 * The room's own signing key (ECDSA P-384): it says of a version that this room took it into
 * custody as it is. Made when it is first needed. What is kept is its seed, wrapped by the root
 * key, in the file `keys/signing.key`; whoever has the room's folder and not its passphrase cannot
 * sign, and cannot put another key in its place.
 *
 * Rotation wraps the seed anew beside the old form before the catalog changes, so that whichever
 * root key survives a crash opens it.
 * source  docs/formats/room.md
 */

/* errors  UNAUTHENTICATED  the room is locked
 *         NOT_FOUND        it has no signing key yet
 *         CORRUPT          the file is not what this room wrote
 *         CONFLICT         the keys were rotated since the room was unlocked
 *         IO, NO_MEMORY, INTERNAL */
enum sr_status sr_signing_key_find(struct sr_room *r, struct sr_signer **out,
                                   struct sr_err *err) SR_MUST_USE;
/* The same, and make it, durably, when there is none. errors  also BUSY (the keys are being
 * rotated); not NOT_FOUND */
enum sr_status sr_signing_key_open(struct sr_room *r, struct sr_signer **out,
                                   struct sr_err *err) SR_MUST_USE;
/* Whether there is one; works in a locked room. */
bool sr_signing_key_exists(const struct sr_room *r);

/*
 * For rotation, under its lock: wrap the seed by the newest root key of wrapper, and keep the form
 * that is. Nothing to do when there is none. errors  CORRUPT, CONFLICT, BUSY, IO, NO_MEMORY
 */
enum sr_status sr_signing_key_rewrap(struct sr_room *r, struct sr_wrapper *wrapper,
                                     struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_SIGNING_KEY_H */
