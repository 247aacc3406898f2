/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_FOUND_IMPL_H
#define SR_CUSTODY_FOUND_IMPL_H

#include "custody/book.h"

/* What found.c and adopt.c share. */

/* An act of the room, signed, on its way into a book. */
struct sr_found_act {
    struct sr_envelope *envelope;
    struct sr_policy *policy; /* that it brings */
    struct sr_book_act book;
};
void sr_found_act_clear(struct sr_found_act *a);

/* Complete and sign an act; verb, fields and time are set. digest as sr_act_subject(). */
enum sr_status sr_found_sign(struct sr_book_session *s, const struct sr_act *act,
                             const uint8_t *digest, struct sr_found_act *out,
                             struct sr_err *err) SR_MUST_USE;
/* errors  those of the reason why not */
enum sr_status sr_found_decide(const struct sr_state *state, const struct sr_found_act *a,
                               uint64_t seq, struct sr_err *err) SR_MUST_USE;
/* Read a policy and keep its text in the room. errors  those of sr_policy_parse() */
enum sr_status sr_found_policy(struct sr_room *r, struct sr_bytes text,
                               uint8_t out_digest[SR_SHA256_BYTES], struct sr_policy **out,
                               struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_FOUND_IMPL_H */
