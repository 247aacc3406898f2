/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_SUBMIT_IMPL_H
#define SR_CUSTODY_SUBMIT_IMPL_H

#include "custody/book.h"
#include "custody/submit.h"

/* The inside of submit.c and do.c, for them and for rotate.c only. */

/* sr_custody_submit(), in an open book, with what else the act changes in the catalog; change NULL:
 * what its verb does. */
enum sr_status sr_submit_envelope(struct sr_book_session *s, struct sr_bytes envelope,
                                  const struct sr_book_change *change,
                                  struct sr_permit **out_permit, struct sr_custody_result *out,
                                  struct sr_err *err) SR_MUST_USE;

/* sr_custody_do() with such a change. */
enum sr_status sr_do_with(struct sr_room *r, const struct sr_custody_as *as, struct sr_act *act,
                          const uint8_t *digest, const struct sr_book_change *change,
                          struct sr_permit **out_permit, struct sr_custody_result *out,
                          struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_SUBMIT_IMPL_H */
