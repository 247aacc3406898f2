/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "crypto/rand.h"
#include "custody/recover_impl.h"
#include "custody/submit_impl.h"
#include "policy/grants.h"

/* An act while it is made: the subject lives here. */
struct drafted {
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
};

/* What the actor saw of the room. */
static enum sr_status see(const struct sr_book_session *s, struct sr_act *act, struct sr_err *err)
{
    const struct sr_policy *policy = sr_state_policy(s->book->state);
    if (policy != NULL && sr_verb_info(act->verb)->group != SR_VERB_GROUP_SYSTEM) {
        memcpy(act->policy, policy->digest, sizeof act->policy);
    }
    act->ledger_size = sr_log_published(s->log);
    memset(act->ledger_root, 0, sizeof act->ledger_root);
    return act->ledger_size == 0 ? SR_OK
                                 : sr_log_root(s->log, act->ledger_size, act->ledger_root, err);
}

static enum sr_status draft(const struct sr_book_session *s, const char *actor, struct sr_act *act,
                            const uint8_t *digest, char subject_name[SR_ACT_SUBJECT_NAME_BYTES],
                            struct sr_act_name *subject, struct sr_err *err)
{
    act->room = s->room->facts.id;
    act->actor = sr_text_view(actor);
    act->time_utc_ms = sr_time_now_utc_ms();
    if (sr_rand_bytes(act->nonce, sizeof act->nonce) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make random bytes");
    }
    SR_TRY(see(s, act, err));
    enum sr_status status = sr_act_subject(act, digest, subject_name, subject);
    if (status != SR_OK) {
        return sr_fail(err, status, "%s: the act does not say what it is about",
                       sr_verb_info(act->verb)->word);
    }
    act->subjects = subject;
    act->subject_count = 1;
    return SR_OK;
}

enum sr_status sr_custody_draft(struct sr_room *r, const char *actor, struct sr_act *act,
                                const uint8_t *digest, char subject_name[SR_ACT_SUBJECT_NAME_BYTES],
                                struct sr_act_name *subject, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_TRY(sr_book_open(r, &s, err));
    return draft(&s, actor, act, digest, subject_name, subject, err);
}

/* Who acts, and what they say of every act. */
static struct sr_custody_as actor_of(const struct sr_room *r, const struct sr_custody_as *as)
{
    struct sr_custody_as out = {0};
    if (as == NULL) {
        as = r->as;
    }
    if (as != NULL) {
        out = *as;
    }
    if (out.name == NULL) {
        out.name = r->actor;
    }
    return out;
}

static bool may_have(const struct sr_act *act, enum sr_act_field field)
{
    const struct sr_verb_info *info = sr_verb_info(act->verb);
    return !sr_act_has(act, field) && ((info->must | info->may) >> field & 1) != 0;
}

/* Whose key signs: who acts, or the room's. */
static enum sr_status signer_of(const struct sr_book_session *s, const struct sr_custody_as *as,
                                struct sr_act_signer **out, struct sr_err *err)
{
    *out = as->signer;
    if (as->signer != NULL) {
        return SR_OK;
    }
    if (s->book->signer == NULL) {
        return sr_room_need_keys(s->room, err);
    }
    if (!s->can_sign) {
        return sr_fail(err, SR_CONFLICT,
                       "this user has signed nothing for this room on this machine yet, so an old "
                       "copy of it could not be told; when it is the newest there is, run "
                       "'strongroom ledger trust'");
    }
    *out = s->book->signer;
    return SR_OK;
}

/* What the policy says to an act that is not signed yet. */
static struct sr_decision foresee(const struct sr_book_session *s, const struct sr_custody_as *as,
                                  const struct sr_act *act)
{
    static const uint8_t NO_DIGEST[SR_SHA256_BYTES];
    SR_AUTO(sr_policy) policy = NULL; /* stays NULL when there is none, and the answer is no */
    if (sr_act_has(act, SR_FIELD_policy)) {
        (void)!sr_book_policy(s->room, act->field[SR_FIELD_policy].digest, &policy, NULL);
    }
    const struct sr_act_key *key = as->signer == NULL ? s->book->key : as->signer->key;
    bool is_hardware = sr_act_key_is_hardware(key);
    const struct sr_state_event event = {
        .act = act,
        .digest = NO_DIGEST,
        .fingerprint = sr_act_key_fingerprint(key),
        .is_room = as->signer == NULL,
        .proof = {.is_hardware = is_hardware,
                  .has_presence = is_hardware,
                  .has_verification = is_hardware},
        .seq = s->book->seq + 1,
        .time_utc_ms = act->time_utc_ms,
        .policy = policy,
    };
    int64_t now = act->time_utc_ms > s->book->time_utc_ms ? act->time_utc_ms : s->book->time_utc_ms;
    const struct sr_moment moment = {.now_utc_ms = now,
                                     .witnessed_utc_ms = s->book->witnessed.utc_ms,
                                     .witnessed = s->book->witnessed.count};
    return sr_policy_decide(s->book->state, &event, &moment);
}

/* Where it is done, in an act that rests on no request. A request's machine is a condition of it.
 */
static void add_place(struct sr_act *act, const struct sr_custody_as *as)
{
    if (!sr_verb_releases(act->verb)) {
        return;
    }
    if (as->host != NULL && may_have(act, SR_FIELD_host)) {
        sr_act_set_word(act, SR_FIELD_host, as->host);
    }
    if (as->workload != NULL && may_have(act, SR_FIELD_workload)) {
        sr_act_set_word(act, SR_FIELD_workload, as->workload);
    }
}

/*
 * What the act rests on: the request that was named; where the rule needs one, the actor's own that
 * was granted and fits; or nothing.
 */
static void rest_on_request(const struct sr_book_session *s, const struct sr_custody_as *as,
                            struct sr_act *act)
{
    if (!may_have(act, SR_FIELD_request)) {
        return;
    }
    const struct sr_moment moment = {.now_utc_ms = act->time_utc_ms};
    struct sr_act direct = *act;
    add_place(&direct, as);
    const struct sr_request *request = NULL;
    if (as->request != NULL) {
        sr_act_set_digest(act, SR_FIELD_request, as->request); /* also one that is not there */
        request = sr_state_request(s->book->state, as->request);
    } else if (foresee(s, as, &direct).reason != SR_REASON_NEEDS_REQUEST) {
        *act = direct;
    } else {
        request = sr_grants_find(s->book->state, act, as->host, as->workload, &moment).granted;
    }
    if (request != NULL) {
        sr_grants_place(request, as->host, as->workload, act);
    }
}

static enum sr_status prepare(const struct sr_book_session *s, const struct sr_custody_as *as,
                              struct sr_act *act, const uint8_t *digest, struct drafted *d,
                              struct sr_err *err)
{
    SR_TRY(draft(s, as->name, act, digest, d->subject_name, &d->subject, err));
    rest_on_request(s, as, act);
    return SR_OK;
}

static enum sr_status sign(const struct sr_act *act, struct sr_act_signer *signer,
                           struct sr_buf **out, struct sr_err *err)
{
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, out));
    return sr_envelope_make(act, signer, *out, NULL, err);
}

/* The caller learns what was added: the request that it rests on, the machine. */
static void tell_fields(const struct sr_act *own, struct sr_act *act)
{
    act->has = own->has;
    memcpy(act->field, own->field, sizeof act->field);
}

/* The request for an act: all that the act says, so that what is approved is what is done. */
static struct sr_act request_for(const struct sr_act *act)
{
    struct sr_act request = *act;
    request.verb = SR_VERB_REQUEST;
    request.has &= ~SR_FIELD_BIT(request);
    sr_act_set_word(&request, SR_FIELD_what, sr_verb_info(act->verb)->word);
    return request;
}

/* Make the request, unless one that fits waits already. Always fails: PENDING says which. */
static enum sr_status ask_for(struct sr_room *r, struct sr_book_session *s,
                              const struct sr_custody_as *as, const struct sr_act *act,
                              const uint8_t *digest, struct sr_err *err)
{
    struct sr_custody_result result = {0};
    char digits[2 * SR_SHA256_BYTES + 1];
    const struct sr_moment moment = {.now_utc_ms = act->time_utc_ms};
    const struct sr_request *open =
        sr_grants_find(s->book->state, act, as->host, as->workload, &moment).open;
    if (open != NULL) {
        memcpy(result.digest, open->digest, sizeof result.digest);
    }
    sr_book_close(s);
    if (open == NULL) {
        struct sr_act request = request_for(act);
        SR_TRY(sr_do_with(r, as, &request, digest, NULL, NULL, &result, err));
    }
    sr_text_hex(sr_bytes(result.digest, sizeof result.digest), digits);
    return sr_fail(err, SR_PENDING,
                   "%s needs the approval of others: request %.12s %s; 'strongroom review %.12s' "
                   "shows whose",
                   sr_verb_info(act->verb)->word, digits,
                   open == NULL ? "is made" : "waits already", digits);
}

enum sr_status sr_do_with(struct sr_room *r, const struct sr_custody_as *as, struct sr_act *act,
                          const uint8_t *digest, const struct sr_book_change *change,
                          struct sr_permit **out_permit, struct sr_custody_result *out,
                          struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_AUTO(sr_buf) envelope = NULL;
    struct sr_custody_as who = actor_of(r, as);
    struct sr_act_signer *signer = NULL;
    struct drafted d;
    struct sr_act own = *act; /* it gets to point to d, which the caller's must not */
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(prepare(&s, &who, &own, digest, &d, err));
    tell_fields(&own, act);
    act = &own;
    SR_TRY(signer_of(&s, &who, &signer, err));
    if (who.asks && act->verb != SR_VERB_REQUEST &&
        foresee(&s, &who, act).reason == SR_REASON_NEEDS_REQUEST) {
        return ask_for(r, &s, &who, act, digest, err);
    }
    if (who.signer != NULL) { /* somebody may have to touch a key: the book is not held for that */
        sr_book_close(&s);
    }
    SR_TRY(sign(act, signer, &envelope, err));
    if (who.signer != NULL) {
        SR_TRY(sr_book_open(r, &s, err));
    }
    return sr_submit_envelope(&s, sr_buf_view(envelope), change, out_permit, out, err);
}

enum sr_status sr_custody_do(struct sr_room *r, const struct sr_custody_as *as, struct sr_act *act,
                             const uint8_t *digest, struct sr_permit **out_permit,
                             struct sr_custody_result *out, struct sr_err *err)
{
    return sr_do_with(r, as, act, digest, NULL, out_permit, out, err);
}

enum sr_status sr_custody_ask(struct sr_room *r, const struct sr_custody_as *as, struct sr_act *act,
                              const uint8_t *digest, struct sr_custody_result *out,
                              struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    struct sr_custody_as who = actor_of(r, as);
    struct sr_act_signer *signer = NULL;
    struct drafted d;
    struct sr_act own = *act; /* it gets to point to d, which the caller's must not */
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(prepare(&s, &who, &own, digest, &d, err));
    tell_fields(&own, act);
    act = &own;
    SR_TRY(signer_of(&s, &who, &signer, err));
    struct sr_decision decision = foresee(&s, &who, act);
    decision.rule = NULL;
    if (out != NULL) {
        *out = (struct sr_custody_result){.decision = decision};
    }
    return decision.ruling == SR_RULING_ALLOW
               ? SR_OK
               : sr_fail(err, sr_reason_status(decision.reason), "%s: %s%s%s",
                         sr_verb_info(act->verb)->word, sr_reason_text(decision.reason),
                         decision.detail[0] == '\0' ? "" : "; ", decision.detail);
}

void sr_custody_about(struct sr_act *act, const struct sr_catalog_version *version)
{
    sr_act_set_word(act, SR_FIELD_artifact, version->name);
    sr_act_set_number(act, SR_FIELD_number, version->number);
    sr_act_set_id(act, SR_FIELD_version, &version->id);
}

enum sr_status sr_custody_use(struct sr_room *r, struct sr_act *act, const uint8_t *digest,
                              struct sr_permit **out, struct sr_err *err)
{
    struct sr_recover_result recovered;
    SR_TRY(sr_recover_deposits(r, &recovered, err));
    return sr_custody_do(r, NULL, act, digest, out, NULL, err);
}

/* The room says what happened under a permit. */
static enum sr_status say_of(struct sr_room *r, const struct sr_permit *permit, struct sr_act *act,
                             struct sr_err *err)
{
    struct sr_catalog_version version;
    struct sr_custody_as as = actor_of(r, NULL);
    as.signer = NULL;
    as.request = permit->has_request ? permit->request : NULL;
    SR_TRY(sr_catalog_version_by_id(r->catalog, &permit->version, &version, err));
    sr_custody_about(act, &version);
    return sr_custody_do(r, &as, act, permit->digest, NULL, NULL, err);
}

enum sr_status sr_custody_opened(struct sr_room *r, const struct sr_permit *permit,
                                 const char *file, struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_OPENED};
    sr_act_set_word(&act, SR_FIELD_file, file);
    return say_of(r, permit, &act, err);
}

enum sr_status sr_custody_served(struct sr_room *r, const struct sr_permit *permit, uint64_t bytes,
                                 uint64_t files, struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_SERVED};
    sr_act_set_number(&act, SR_FIELD_bytes, bytes);
    sr_act_set_number(&act, SR_FIELD_files, files);
    return say_of(r, permit, &act, err);
}
