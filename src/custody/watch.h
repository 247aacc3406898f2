/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_WATCH_H
#define SR_CUSTODY_WATCH_H

#include "custody/submit.h"

/*
 * A watch over plaintext that is being handed out under a permit, for as long as that takes. It has
 * a handle of its own on the room, a locked one, so that it can look while others use theirs; and,
 * where the request allows so many bytes or files, the one count of them that all sessions of the
 * request share: the file sessions/<digest of the request> in the room, which is advanced before
 * anything is decrypted. What the ledger has recorded counts too: of the two the greater.
 *
 * Thread-safe.
 * source  docs/mount.md, "When its grant ends"
 */
struct sr_watch;

/* How often who hands out plaintext asks. */
#define SR_WATCH_EVERY_MS 2000
/* Looks in a row that may fail before the answer is no: doubt is denial. */
#define SR_WATCH_FAILED_MAX 3

/* errors  those of sr_custody_state() */
enum sr_status sr_watch_new(struct sr_room *r, const struct sr_permit *permit,
                            struct sr_watch **out, struct sr_err *err) SR_MUST_USE;
void sr_watch_free(struct sr_watch *w);
SR_DEFINE_AUTO(sr_watch)

/*
 * Bring the state up to date and say whether the permit still holds (policy/still.h). Once it does
 * not, it never does again.
 * errors  DENIED  it does not; err says why
 */
enum sr_status sr_watch_look(struct sr_watch *w, struct sr_err *err) SR_MUST_USE;
/* The same, but looks only when the last look is SR_WATCH_EVERY_MS ago and no other thread is
 * looking. */
enum sr_status sr_watch_go_on(struct sr_watch *w, struct sr_err *err) SR_MUST_USE;

/*
 * Count bytes and files before they are handed out.
 * errors  DENIED  it is more than the request has left, and nothing was counted; err says how much
 *         BUSY, IO, CORRUPT  it cannot be counted
 */
enum sr_status sr_watch_take(struct sr_watch *w, uint64_t bytes, uint64_t files,
                             struct sr_err *err) SR_MUST_USE;
/* Of what was taken, what was not handed out after all. A failure leaves it counted. */
void sr_watch_give_back(struct sr_watch *w, uint64_t bytes, uint64_t files);

/*
 * Whether what an act would hand out goes into what is left of the request that it would rest on:
 * asked before the act is made. OK also when the act would be refused: then that is for it to say.
 * act, digest  as sr_custody_do()
 * errors  DENIED; those of sr_custody_state()
 */
enum sr_status sr_watch_would_fit(struct sr_room *r, const struct sr_act *act,
                                  const uint8_t *digest, uint64_t bytes, uint64_t files,
                                  struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_WATCH_H */
