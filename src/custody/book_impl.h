/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_BOOK_IMPL_H
#define SR_CUSTODY_BOOK_IMPL_H

#include "custody/book.h"

/* The inside of the book, for book*.c and adopt.c only. */

#define SR_BOOK_LEDGER "ledger" /* the folder in the room */

/* Open the folders of ledger and pin. errors  CORRUPT (the room has no ledger), IO */
enum sr_status sr_book_folders(struct sr_room *r, struct sr_err *err) SR_MUST_USE;
struct sr_log_options sr_book_log_options(const struct sr_book *b, bool can_sign);

/* Drop the state; the next opening makes it anew. */
void sr_book_forget(struct sr_book *b);

/*
 * Make ledger and catalog agree, and the state that of now. Failing, the state is good for nothing.
 * errors  as sr_book_open()
 */
enum sr_status sr_book_catch_up(struct sr_book_session *s, struct sr_err *err) SR_MUST_USE;

/* Make the leaf of an entry with a salt, and append it. errors  those of sr_log_append() */
enum sr_status sr_book_append_leaf(struct sr_book_session *s, const uint8_t *salt,
                                   struct sr_bytes entry, struct sr_err *err) SR_MUST_USE;

/* What a decoder said of what the room itself has stored: CORRUPT, unless memory ran out. */
enum sr_status sr_book_corrupt(enum sr_status status, const char *what,
                               struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_BOOK_IMPL_H */
