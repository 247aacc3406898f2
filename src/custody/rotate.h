/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_ROTATE_H
#define SR_CUSTODY_ROTATE_H

#include "custody/room.h"

/*
 * Replacing the keys: a new root KEK, new group KEKs, every data key wrapped anew. Bodies are not
 * touched. What a holder of the old keys has copied stays readable to it: rotation protects what
 * comes after, and old backups of the keys folder no longer open this catalog.
 */

struct sr_rotate_result {
    uint64_t slots;
    uint64_t epoch;
};

/*
 * Rotate. A crash at any point leaves a room that opens: with the new passphrase from the moment
 * the new root key is stored, with the old one before. The next unlock clears what is left over.
 * Afterwards this room is unlocked with the new keys.
 *
 * passphrase      the current one, also when the room is unlocked
 * new_passphrase  NULL: keep the current one
 * errors  UNAUTHENTICATED  wrong passphrase
 *         BUSY             another rotation
 *         CORRUPT          a slot or group does not open: nothing is changed
 *         DENIED, PENDING  as sr_custody_apply()
 *         IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_rotate(struct sr_room *r, const struct sr_secret *passphrase,
                         const struct sr_secret *new_passphrase, struct sr_rotate_result *out,
                         struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_ROTATE_H */
