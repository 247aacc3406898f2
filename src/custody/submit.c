/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/submit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "crypto/rand.h"
#include "custody/book.h"
#include "custody/submit_check.h"
#include "custody/submit_impl.h"

#define CHECKPOINT_MS 60000
#define CHECKPOINT_ACTS 64

void sr_permit_free(struct sr_permit *p)
{
    free(p);
}

uint64_t sr_permit_seq(const struct sr_permit *p)
{
    return p->seq;
}

void sr_room_act_as(struct sr_room *r, const struct sr_custody_as *as)
{
    r->as = as;
}

/* One act on its way in. */
struct passage {
    struct sr_book_session *s;
    struct sr_envelope *envelope;
    const struct sr_act *act;
    struct sr_policy *policy; /* that it brings */
    struct sr_buf *note;      /* of the checkpoint that its witnesses are read from */
    struct sr_witnessed witnessed;
    struct sr_book_act book;
    struct sr_decision decision;
};

static void passage_clear(struct passage *p)
{
    sr_envelope_free(p->envelope);
    sr_policy_free(p->book.policy);
    sr_buf_free(p->note);
}

/* Now, by a clock that must not go back. */
static enum sr_status read_clock(const struct sr_book *b, int64_t *out, struct sr_err *err)
{
    int64_t now = sr_time_now_utc_ms();
    if (now + SR_BOOK_CLOCK_BACK_MS < b->time_utc_ms) {
        return sr_fail(err, SR_CONFLICT,
                       "the clock is %" PRId64 " ms behind the last act; set it right",
                       b->time_utc_ms - now);
    }
    *out = now < b->time_utc_ms ? b->time_utc_ms : now;
    return SR_OK;
}

/* Witnesses count only under a policy that has some. */
static enum sr_status look_at_witnesses(struct sr_book_session *s, struct sr_buf **note,
                                        struct sr_witnessed *out, struct sr_err *err)
{
    const struct sr_policy *policy = sr_state_policy(s->book->state);
    if (policy == NULL || policy->witnesses == 0) {
        return SR_OK;
    }
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, note));
    enum sr_status status = sr_log_cosigned(s->log, *note, err);
    return status == SR_OK          ? sr_book_witnessed(s->book, sr_buf_view(*note), out, err)
           : status == SR_NOT_FOUND ? SR_OK
                                    : status;
}

static struct sr_moment moment_of(int64_t now_utc_ms, const struct sr_witnessed *witnessed)
{
    return (struct sr_moment){.now_utc_ms = now_utc_ms,
                              .witnessed_utc_ms = witnessed->utc_ms,
                              .witnessed = witnessed->count};
}

static void refuse(struct sr_decision *d, enum sr_reason reason)
{
    *d = (struct sr_decision){.ruling = SR_RULING_DENY, .reason = reason};
}

/* Whether the ledger leads up to what the actor saw of it. */
static enum sr_status saw_this_ledger(const struct passage *p, bool *out, struct sr_err *err)
{
    uint8_t root[SR_SHA256_BYTES];
    uint64_t size = p->act->ledger_size;
    *out = size == 0;
    if (size == 0 || size > sr_log_size(p->s->log)) {
        return SR_OK;
    }
    SR_TRY(sr_log_root(p->s->log, size, root, err));
    *out = memcmp(root, p->act->ledger_root, sizeof root) == 0;
    return SR_OK;
}

static enum sr_status note_it_is_there(void *ctx, const struct sr_act_record *act,
                                       struct sr_err *err)
{
    (void)act;
    (void)err;
    *(bool *)ctx = true;
    return SR_OK;
}

static enum sr_status is_there(struct sr_room *r, const struct sr_acts_query *query, bool *out,
                               struct sr_err *err)
{
    *out = false;
    return sr_catalog_acts(r->catalog, query, note_it_is_there, out, err);
}

/* The very act came in before: nothing new is recorded. */
static enum sr_status refuse_twice(const struct passage *p, struct sr_err *err)
{
    struct sr_id id;
    bool is_known = false;
    memcpy(id.bytes, sr_envelope_digest(p->envelope), SR_ID_BYTES);
    const struct sr_acts_query query = {.which = SR_ACTS_BY_ID, .id = &id};
    SR_TRY(is_there(p->s->room, &query, &is_known, err));
    return is_known ? sr_fail(err, SR_CONFLICT, "%s", sr_reason_text(SR_REASON_REPLAYED)) : SR_OK;
}

/* Acts that the state does not follow from have nonces too; the rules on room and clock come
 * first, as in the decision. */
static enum sr_status check_nonce(struct passage *p, struct sr_err *err)
{
    bool is_known = false;
    const struct sr_acts_query query = {.which = SR_ACTS_BY_NONCE, .nonce = p->act->nonce};
    SR_TRY(is_there(p->s->room, &query, &is_known, err));
    if (is_known && p->decision.reason != SR_REASON_OTHER_ROOM &&
        p->decision.reason != SR_REASON_CLOCK) {
        refuse(&p->decision, SR_REASON_REPLAYED);
    }
    return SR_OK;
}

static enum sr_status decide(struct passage *p, struct sr_err *err)
{
    bool is_ours = false;
    SR_TRY(saw_this_ledger(p, &is_ours, err));
    if (!is_ours) {
        refuse(&p->decision, SR_REASON_OTHER_LEDGER);
        return SR_OK;
    }
    SR_TRY(look_at_witnesses(p->s, &p->note, &p->witnessed, err));
    const struct sr_moment moment = moment_of(p->book.time_utc_ms, &p->witnessed);
    struct sr_state_event event = sr_book_event(&p->book);
    p->decision = sr_policy_decide(p->s->book->state, &event, &moment);
    return check_nonce(p, err);
}

/* A new policy comes with its act, from the texts of the room. */
static enum sr_status bring_policy(struct passage *p, struct sr_err *err)
{
    if (p->act->verb != SR_VERB_POLICY) {
        return SR_OK;
    }
    return sr_book_policy(p->s->room, p->act->field[SR_FIELD_policy].digest, &p->book.policy, err);
}

/* Keep the checkpoint that the decision relied on, for whoever decides again. */
static enum sr_status keep_witnesses(struct passage *p, struct sr_err *err)
{
    if (p->note == NULL || p->witnessed.count == 0) {
        return SR_OK;
    }
    struct sr_bytes note = sr_buf_view(p->note);
    SR_TRY(sr_sha256_once(note, p->book.cosigned));
    p->book.has_cosigned = true;
    return sr_catalog_put_text(p->s->room->catalog, p->book.cosigned, note, err);
}

/* "export 'llama@1': more approvals are needed; 1 of 2" */
static enum sr_status say(const struct passage *p, struct sr_err *err)
{
    const struct sr_decision *d = &p->decision;
    struct sr_bytes subject = p->act->subjects[0].name;
    enum sr_status status = sr_reason_status(d->reason);
    return sr_fail(err, status, "%s '%.*s': %s%s%s", sr_verb_info(p->act->verb)->word,
                   (int)subject.len, (const char *)subject.ptr, sr_reason_text(d->reason),
                   d->detail[0] == '\0' ? "" : "; ", d->detail);
}

static enum sr_status in_context(const struct passage *p, enum sr_status status, struct sr_err *err)
{
    struct sr_bytes subject = p->act->subjects[0].name;
    return sr_context(err, status, "%s '%.*s'", sr_verb_info(p->act->verb)->word, (int)subject.len,
                      (const char *)subject.ptr);
}

/* What is wrong with an act, for the record when the actor is known and the answer final. */
static enum sr_status record_refusal(struct passage *p, struct sr_err *err)
{
    enum sr_status status = say(p, err);
    if (p->decision.ruling == SR_RULING_PENDING) {
        return status;
    }
    p->book.outcome = SR_OUTCOME_REFUSED;
    p->book.reason = p->decision.reason;
    struct sr_err failed = {0};
    enum sr_status written = keep_witnesses(p, &failed);
    written = written == SR_OK ? sr_book_write(p->s, &p->book, 1, NULL, &failed) : written;
    return written == SR_OK ? status : sr_fail(err, written, "%s", failed.message);
}

static enum sr_status commit_deposit(void *ctx, struct sr_room *r, struct sr_act_record *record,
                                     struct sr_err *err)
{
    const struct sr_act *act = ctx;
    const struct sr_act_value *parents = &act->field[SR_FIELD_parents];
    bool has_parents = sr_act_has(act, SR_FIELD_parents);
    return sr_catalog_commit_deposit(r->catalog, &act->field[SR_FIELD_version].id,
                                     act->subjects[0].sha256, has_parents ? parents->ids : NULL,
                                     has_parents ? parents->count : 0, record, err);
}

static enum sr_status record(struct passage *p, const struct sr_book_change *change,
                             struct sr_err *err)
{
    struct sr_act act = *p->act;
    struct sr_book_change own = {.commit = commit_deposit, .ctx = &act};
    if (change == NULL && p->act->verb == SR_VERB_ROTATE) {
        return sr_fail(err, SR_USAGE, "keys are rotated by 'strongroom keys rotate'");
    }
    SR_TRY(sr_submit_check(p->s->room, p->act, err));
    SR_TRY(keep_witnesses(p, err));
    if (change == NULL && sr_submit_takes_in(p->act)) {
        change = &own;
    }
    return sr_book_write(p->s, &p->book, 1, change, err);
}

static enum sr_status take_apart(struct passage *p, struct sr_bytes envelope, struct sr_err *err)
{
    SR_TRY(sr_envelope_open(envelope, &p->envelope, err));
    p->act = sr_envelope_act(p->envelope);
    p->book.envelope = p->envelope;
    SR_TRY(sr_book_verify(p->s->book, p->envelope, &p->book.who, err));
    SR_TRY(refuse_twice(p, err));
    SR_TRY(read_clock(p->s->book, &p->book.time_utc_ms, err));
    return bring_policy(p, err);
}

static enum sr_status give_permit(const struct passage *p, struct sr_permit **out,
                                  struct sr_err *err)
{
    const struct sr_act *act = p->act;
    struct sr_permit *permit = NULL;
    if (out == NULL || !sr_act_has(act, SR_FIELD_version)) {
        return SR_OK;
    }
    permit = calloc(1, sizeof *permit);
    if (permit == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a permit");
    }
    *permit = (struct sr_permit){.room = p->s->room,
                                 .verb = act->verb,
                                 .version = act->field[SR_FIELD_version].id,
                                 .seq = p->book.seq,
                                 .has_request = sr_act_has(act, SR_FIELD_request),
                                 .is_room = p->book.who.is_room};
    (void)snprintf(permit->actor, sizeof permit->actor, "%.*s", (int)act->actor.len,
                   (const char *)act->actor.ptr);
    (void)snprintf(permit->fingerprint, sizeof permit->fingerprint, "%s", p->book.who.fingerprint);
    memcpy(permit->digest, act->subjects[0].sha256, sizeof permit->digest);
    if (permit->has_request) {
        memcpy(permit->request, act->field[SR_FIELD_request].digest, sizeof permit->request);
    }
    *out = permit;
    return SR_OK;
}

/* A checkpoint that is due comes after the act is durable; failing to sign one does not undo it,
 * and the next act, or the timer, tries again. What is not covered is replayed by every process
 * that begins, so it must not get long. */
static void publish(struct passage *p)
{
    enum sr_verb verb = p->act->verb;
    bool is_long = sr_log_size(p->s->log) - sr_log_published(p->s->log) >= CHECKPOINT_ACTS;
    bool now = verb == SR_VERB_ROTATE || verb == SR_VERB_POLICY || is_long;
    (void)!sr_book_publish(p->s, p->book.time_utc_ms, now ? 0 : CHECKPOINT_MS, NULL);
}

static enum sr_status pass(struct passage *p, const struct sr_book_change *change,
                           struct sr_permit **out_permit, struct sr_err *err)
{
    SR_TRY(decide(p, err));
    if (p->decision.ruling != SR_RULING_ALLOW) {
        return record_refusal(p, err);
    }
    enum sr_status status = record(p, change, err);
    if (status != SR_OK) {
        return in_context(p, status, err);
    }
    SR_TRY(give_permit(p, out_permit, err));
    publish(p);
    return SR_OK;
}

enum sr_status sr_submit_envelope(struct sr_book_session *s, struct sr_bytes envelope,
                                  const struct sr_book_change *change,
                                  struct sr_permit **out_permit, struct sr_custody_result *out,
                                  struct sr_err *err)
{
    SR_CLEANUP(passage_clear) struct passage p = {.s = s};
    SR_TRY(take_apart(&p, envelope, err));
    enum sr_status status = pass(&p, change, out_permit, err);
    if (out != NULL) {
        *out = (struct sr_custody_result){.decision = p.decision};
        out->decision.rule = NULL;
        out->seq = status == SR_OK || p.book.outcome == SR_OUTCOME_REFUSED ? p.book.seq : 0;
        memcpy(out->digest, sr_envelope_digest(p.envelope), sizeof out->digest);
    }
    return status;
}

enum sr_status sr_custody_submit(struct sr_room *r, struct sr_bytes envelope,
                                 struct sr_permit **out_permit, struct sr_custody_result *out,
                                 struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_TRY(sr_book_open(r, &s, err));
    return sr_submit_envelope(&s, envelope, NULL, out_permit, out, err);
}

enum sr_status sr_custody_state(struct sr_room *r, const struct sr_state **out, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_TRY(sr_book_open(r, &s, err));
    *out = s.book->state;
    return SR_OK;
}

enum sr_status sr_custody_moment(struct sr_room *r, struct sr_moment *out, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_AUTO(sr_buf) note = NULL;
    int64_t now = 0;
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(read_clock(s.book, &now, err));
    s.book->witnessed = (struct sr_witnessed){0};
    SR_TRY(look_at_witnesses(&s, &note, &s.book->witnessed, err));
    *out = moment_of(now, &s.book->witnessed);
    return SR_OK;
}

enum sr_status sr_custody_publish(struct sr_room *r, int64_t max_age_ms, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_TRY(sr_book_open(r, &s, err));
    return sr_book_publish(&s, sr_time_now_utc_ms(), max_age_ms, err);
}

enum sr_status sr_custody_put_text(struct sr_room *r, struct sr_bytes text,
                                   uint8_t out_digest[SR_SHA256_BYTES], struct sr_err *err)
{
    uint8_t digest[SR_SHA256_BYTES];
    if (text.len > SR_CATALOG_TEXT_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a text of %zu bytes", text.len);
    }
    SR_TRY(sr_sha256_once(text, digest));
    SR_TRY(sr_catalog_put_text(r->catalog, digest, text, err));
    memcpy(out_digest, digest, sizeof digest);
    return SR_OK;
}

enum sr_status sr_custody_text(struct sr_room *r, const uint8_t digest[SR_SHA256_BYTES],
                               struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    uint8_t made[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_CATALOG_TEXT_BYTES_MAX, &text));
    SR_TRY(sr_catalog_text(r->catalog, digest, text, err));
    SR_TRY(sr_sha256_once(sr_buf_view(text), made));
    if (memcmp(made, digest, sizeof made) != 0) {
        return sr_fail(err, SR_CORRUPT, "a text is not what its digest says");
    }
    enum sr_status status = sr_buf_append(out, sr_buf_view(text));
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status, "a text of %zu bytes", sr_buf_view(text).len);
}
