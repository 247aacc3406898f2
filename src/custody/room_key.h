/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_ROOM_KEY_H
#define SR_CUSTODY_ROOM_KEY_H

#include "custody/room.h"
#include "keys/wrapper.h"

/*
 * The keys of the room itself, each made from a seed when it is first needed. What is kept is the
 * seed, wrapped by the root key, in the file `keys/<name>.key`; whoever has the room's folder and
 * not its passphrase cannot use one, and cannot put another key in its place, not even that of
 * another name.
 *
 * Rotation wraps the seeds anew beside the old forms before the catalog changes, so that whichever
 * root key survives a crash opens them.
 * source  docs/formats/room.md
 */

#define SR_ROOM_KEY_SEED_BYTES 32

/* Each seed serves one algorithm only. Add a key at the end. */
enum sr_room_key {
    SR_ROOM_KEY_SIGNING,   /* "signing": signs versions, ECDSA P-384 (signing_key.h) */
    SR_ROOM_KEY_TRANSPORT, /* "transport": what other rooms send to, X25519 (crypto/hpke.h) */
    SR_ROOM_KEY_LEDGER,    /* "ledger": signs the room's records and checkpoints, Ed25519 */
    SR_ROOM_KEY_COUNT
};

/*
 * out     SR_ROOM_KEY_SEED_BYTES
 * errors  UNAUTHENTICATED  the room is locked
 *         NOT_FOUND        it has no such key yet
 *         CORRUPT          the file is not what this room wrote
 *         CONFLICT         the keys were rotated since the room was unlocked
 *         DENIED           others may read or write the file
 *         IO, NO_MEMORY, INTERNAL, TOO_LARGE (the room's path)
 */
enum sr_status sr_room_key_find(struct sr_room *r, enum sr_room_key which, struct sr_secret **out,
                                struct sr_err *err) SR_MUST_USE;
/* The same, and make it, durably, when there is none. errors  also BUSY (the keys are being
 * rotated); not NOT_FOUND */
enum sr_status sr_room_key_open(struct sr_room *r, enum sr_room_key which, struct sr_secret **out,
                                struct sr_err *err) SR_MUST_USE;
/* Whether there is one; works in a locked room. */
bool sr_room_key_exists(const struct sr_room *r, enum sr_room_key which);

/*
 * For rotation, under its lock: wrap every seed there is by the newest root key of wrapper, and
 * keep the form that is. errors  CORRUPT, CONFLICT, BUSY, DENIED, IO, NO_MEMORY
 */
enum sr_status sr_room_key_rewrap_all(struct sr_room *r, struct sr_wrapper *wrapper,
                                      struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_ROOM_KEY_H */
