/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_SUBMIT_H
#define SR_CUSTODY_SUBMIT_H

#include "custody/room.h"
#include "policy/decide.h"

/*
 * How acts come into a room: sr_custody_submit() is the one way. Under the lock of the ledger it
 * brings the state up to date, verifies the envelope, decides (policy/decide.h), checks what the
 * catalog knows beside, records the act with its outcome and changes the catalog in one
 * transaction, appends the leaf durably, and only then answers. Refusals of acts that an enrolled
 * key, or the room's, has signed are recorded too. source  docs/design/0013-acts.md,
 * docs/formats/room.md
 */

/*
 * Who acts. signer NULL: whoever has unlocked the room, through the room's own key; then name is
 * that person's word for themselves (the operating system's user).
 *
 * request  digest of the approved request that they act under; NULL: where the rule needs one, a
 *          granted one of theirs that fits is taken
 */
struct sr_custody_as {
    const char *name; /* of a principal */
    struct sr_act_signer *signer;
    const uint8_t *request;
    bool asks; /* where the rule needs a request and there is none: make it, and say PENDING */
    /* Where it is done: said in EXPORT, READ and USE that rest on no request, or on one that names
     * a machine or a workload. NULL: not known. */
    const char *host;
    const char *workload;
};

/*
 * Who makes the acts that the room's own functions lead to (export, rotate, deposit, a mount);
 * NULL: whoever has unlocked it. What as points to has to outlive the room.
 */
void sr_room_act_as(struct sr_room *r, const struct sr_custody_as *as);

/*
 * Complete an act whose verb, subject's digest and fields are set: room, actor, time, nonce, the
 * policy in force and the last checkpoint. Its one subject is written to *subject, which, with
 * subject_name, has to live as long as act.
 *
 * digest  of a version's manifest or the new policy; NULL otherwise (sr_act_subject())
 */
enum sr_status sr_custody_draft(struct sr_room *r, const char *actor, struct sr_act *act,
                                const uint8_t *digest, char subject_name[SR_ACT_SUBJECT_NAME_BYTES],
                                struct sr_act_name *subject, struct sr_err *err) SR_MUST_USE;

/* What became of an act. */
struct sr_custody_result {
    uint8_t digest[SR_SHA256_BYTES]; /* of the act */
    uint64_t seq;                    /* 0: not recorded */
    struct sr_decision decision;     /* rule is NULL here */
};

/*
 * Take in an act. envelope is hostile. Durable when this returns OK.
 *
 * out_permit  for EXPORT, READ and USE; may be NULL
 * out         also after DENIED, PENDING, CONFLICT and such; may be NULL
 * errors      MALFORMED, UNSUPPORTED, TOO_LARGE  not an act (nothing is recorded)
 *             UNTRUSTED        the signature is wrong, or the key is nobody's; the ledger does not
 * lead up to what the actor saw DENIED, PENDING, NOT_FOUND, CONFLICT, UNAUTHENTICATED  refused; err
 * has the reason BUSY, CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_custody_submit(struct sr_room *r, struct sr_bytes envelope,
                                 struct sr_permit **out_permit, struct sr_custody_result *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Draft, sign as `as` (NULL: as sr_room_act_as() says), submit. act has verb and fields; digest as
 * sr_custody_draft(). errors  also CONFLICT: the room's key has to sign, and there is no pin of the
 * ledger here
 */
enum sr_status sr_custody_do(struct sr_room *r, const struct sr_custody_as *as, struct sr_act *act,
                             const uint8_t *digest, struct sr_permit **out_permit,
                             struct sr_custody_result *out, struct sr_err *err) SR_MUST_USE;

/* The same for USE, which will run for long: what others left behind is settled first. */
enum sr_status sr_custody_use(struct sr_room *r, struct sr_act *act, const uint8_t *digest,
                              struct sr_permit **out, struct sr_err *err) SR_MUST_USE;

/* Say which version an act is about; its digest goes with sr_custody_do(). version is borrowed. */
void sr_custody_about(struct sr_act *act, const struct sr_catalog_version *version);

/*
 * What a permit let out: OPENED, one file; SERVED, so many bytes of so many files. Signed by the
 * room, under the request that the permit was given under.
 * errors  as sr_custody_do()
 */
enum sr_status sr_custody_opened(struct sr_room *r, const struct sr_permit *permit,
                                 const char *file, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_custody_served(struct sr_room *r, const struct sr_permit *permit, uint64_t bytes,
                                 uint64_t files, struct sr_err *err) SR_MUST_USE;

/*
 * Whether an act would be allowed if it came in now; nothing is recorded. errors  as
 * sr_custody_do(), out as there
 */
enum sr_status sr_custody_ask(struct sr_room *r, const struct sr_custody_as *as, struct sr_act *act,
                              const uint8_t *digest, struct sr_custody_result *out,
                              struct sr_err *err) SR_MUST_USE;

/*
 * Sign a checkpoint of all there is, if the last is older than max_age_ms and the room is unlocked:
 * for a timer, or before somebody leaves. Acts do so themselves every minute.
 * errors  as sr_log_open(), sr_log_publish()
 */
enum sr_status sr_custody_publish(struct sr_room *r, int64_t max_age_ms,
                                  struct sr_err *err) SR_MUST_USE;

/*
 * Leave to do what an act says, given when it was recorded. It names the version and verb, and is
 * what sr_room_open_body() asks for. Must be freed before its room.
 */
void sr_permit_free(struct sr_permit *p);
SR_DEFINE_AUTO(sr_permit)
/* The act's place in the order of acts. */
uint64_t sr_permit_seq(const struct sr_permit *p);

/* The state as of now: reads what others have added. Valid until the next call here or above. */
enum sr_status sr_custody_state(struct sr_room *r, const struct sr_state **out,
                                struct sr_err *err) SR_MUST_USE;
/* The moment to ask the decision with: the clock, and the witnesses of the last cosigned
 * checkpoint. Valid as long as the room's state. */
enum sr_status sr_custody_moment(struct sr_room *r, struct sr_moment *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Keep a text that acts name by its digest: a policy, a report. It counts for nothing until an act
 * names it. errors  TOO_LARGE (1 MiB), IO, BUSY, NO_MEMORY
 */
enum sr_status sr_custody_put_text(struct sr_room *r, struct sr_bytes text,
                                   uint8_t out_digest[SR_SHA256_BYTES],
                                   struct sr_err *err) SR_MUST_USE;
/* errors  NOT_FOUND, CORRUPT (it is not what its digest says), TOO_LARGE, IO, NO_MEMORY */
enum sr_status sr_custody_text(struct sr_room *r, const uint8_t digest[SR_SHA256_BYTES],
                               struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_SUBMIT_H */
