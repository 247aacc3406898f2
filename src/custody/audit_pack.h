/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_AUDIT_PACK_H
#define SR_CUSTODY_AUDIT_PACK_H

#include "audit/pack.h"
#include "custody/room.h"

/*
 * Write a room's evidence pack (docs/formats/pack.md): what it was decided from and how, for
 * auditors who take it with them. It has everything that audit/replay.h asks for, and no key.
 */

struct sr_audit_packed {
    uint64_t acts;     /* leaves, shown or not */
    uint64_t withheld; /* of which only the hash is told */
    uint64_t texts;
};

/*
 * Write all acts up to the last checkpoint, which an unlocked room makes first. Nothing is
 * recorded.
 *
 * since   acts before this one, from which the state does not follow, are withheld; 1: none
 * errors  CORRUPT   the catalog does not have what the ledger was signed over
 *         NOT_FOUND since is above the last act
 *         CONFLICT  the room has no ledger yet
 *         BUSY, IO, NO_MEMORY, INTERNAL, those of sink
 */
enum sr_status sr_audit_pack_write(struct sr_room *r, uint64_t since,
                                   const struct sr_pack_sink *sink, struct sr_audit_packed *out,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_AUDIT_PACK_H */
