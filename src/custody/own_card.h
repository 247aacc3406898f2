/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_OWN_CARD_H
#define SR_CUSTODY_OWN_CARD_H

#include "acts/room_card.h"
#include "custody/book.h"

/*
 * This room's card: what others need to send a version here, and to know what this room signs.
 * Makes the transport key when there is none yet.
 *
 * organisation  NULL: as the room was founded with, or none
 * out           the envelope is appended; may be NULL
 * errors        UNAUTHENTICATED  the room is locked; those of sr_book_open() and
 *               sr_room_key_open(); MALFORMED  organisation
 */
enum sr_status sr_own_card(struct sr_room *r, const char *organisation, struct sr_room_card *card,
                           struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_OWN_CARD_H */
