/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_FOUND_H
#define SR_CUSTODY_FOUND_H

#include "custody/room.h"

/*
 * How a book begins: with INIT in a new room, with ADOPT in one from before acts were signed, whose
 * versions then come in again by acts of the room. Inside of custody/ only.
 */

/*
 * The first act of a new room, and its ledger. r is unlocked, its catalog has no act.
 * errors  as sr_room_create()
 */
enum sr_status sr_found(struct sr_room *r, const struct sr_room_founding *founding,
                        struct sr_err *err) SR_MUST_USE;

/*
 * Take over a room from before, when it is one and is unlocked; else nothing. All or nothing.
 * errors  as sr_book_open(), sr_book_write()
 */
enum sr_status sr_found_adopt(struct sr_room *r, struct sr_err *err) SR_MUST_USE;

/* Remove the pin of a room that was not made after all. */
void sr_found_undo(struct sr_room *r);

#endif /* SR_CUSTODY_FOUND_H */
