/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "custody/book_impl.h"
#include "ledger/commitment.h"

/* Acts are read from the catalog so many at a time: to take one in, the catalog may be needed. */
#define ROWS_AT_ONCE 64

/* An act as it was recorded, with memory of its own. */
struct row {
    struct sr_act_record record;
    struct sr_buf *bytes; /* entry, then body */
};
struct rows {
    struct row list[ROWS_AT_ONCE];
    size_t count;
};

static void rows_free(struct rows **rows)
{
    if (*rows != NULL) {
        for (size_t i = 0; i < (*rows)->count; i++) {
            sr_buf_free((*rows)->list[i].bytes);
        }
        free(*rows);
    }
}

static enum sr_status take_row(void *ctx, const struct sr_act_record *record, struct sr_err *err)
{
    struct rows *rows = ctx;
    if (rows->count == ROWS_AT_ONCE) {
        return sr_fail(err, SR_CANCELLED, "enough");
    }
    struct row *row = &rows->list[rows->count];
    SR_TRY(sr_buf_new(record->entry.len + record->body.len + 1, &row->bytes));
    rows->count++;
    row->record = *record;
    SR_TRY(sr_buf_append(row->bytes, record->entry));
    SR_TRY(sr_buf_append(row->bytes, record->body));
    struct sr_bytes both = sr_buf_view(row->bytes);
    row->record.entry = sr_bytes(both.ptr, record->entry.len);
    row->record.body = sr_bytes(both.ptr + record->entry.len, record->body.len);
    return SR_OK;
}

static enum sr_status read_rows(struct sr_room *r, enum sr_acts which, uint64_t after_seq,
                                struct rows **out, struct sr_err *err)
{
    struct sr_err ignored = {0};
    const struct sr_acts_query query = {
        .which = which, .after_seq = after_seq, .with_leaves = true};
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for acts");
    }
    enum sr_status status = sr_catalog_acts(r->catalog, &query, take_row, *out, &ignored);
    return status == SR_OK || status == SR_CANCELLED ? SR_OK
                                                     : sr_fail(err, status, "%s", ignored.message);
}

enum sr_status sr_book_corrupt(enum sr_status status, const char *what, struct sr_err *err)
{
    bool is_ours =
        status == SR_NO_MEMORY || status == SR_INTERNAL || status == SR_IO || status == SR_BUSY;
    return sr_context(err, is_ours ? status : SR_CORRUPT, "%s", what);
}

static enum sr_status corrupt(const struct row *row, const char *why, struct sr_err *err)
{
    return sr_fail(err, SR_CORRUPT, "act %" PRIu64 ": %s", row->record.seq, why);
}

/* One act while it is taken in. */
struct taking {
    struct sr_book_session *s;
    const struct row *row;
    struct sr_envelope *envelope;
    struct sr_entry entry;
    struct sr_book_signed who;
    struct sr_policy *policy;
};

static void taking_clear(struct taking *t)
{
    sr_envelope_free(t->envelope);
    sr_policy_free(t->policy);
}

/* Whether row, entry and envelope are of one act. */
static enum sr_status check_row(const struct taking *t, struct sr_err *err)
{
    const struct sr_act_record *record = &t->row->record;
    const struct sr_entry *entry = &t->entry;
    const uint8_t *digest = sr_envelope_digest(t->envelope);
    uint8_t body[SR_SHA256_BYTES];
    SR_TRY(sr_sha256_once(record->body, body));
    bool is_same = entry->seq == record->seq && entry->time_utc_ms == record->time_utc_ms &&
                   (entry->outcome == SR_OUTCOME_REFUSED) == record->is_refused &&
                   memcmp(entry->act, digest, SR_SHA256_BYTES) == 0 &&
                   memcmp(record->id.bytes, digest, SR_ID_BYTES) == 0 &&
                   memcmp(entry->envelope, body, sizeof body) == 0;
    return is_same ? SR_OK : corrupt(t->row, "the catalog and its entry do not agree", err);
}

static enum sr_status open_row(struct taking *t, struct sr_err *err)
{
    enum sr_status status = sr_envelope_open(t->row->record.body, &t->envelope, err);
    if (status == SR_OK) {
        status = sr_entry_decode(t->row->record.entry, &t->entry, err);
    }
    if (status != SR_OK) {
        return sr_book_corrupt(status, "an act in the catalog", err);
    }
    return check_row(t, err);
}

/* Whether the ledger has the leaf that the entry makes. */
static enum sr_status check_leaf(struct taking *t, struct sr_err *err)
{
    uint8_t leaf[SR_COMMITMENT_BYTES];
    SR_AUTO(sr_buf) kept = NULL;
    SR_TRY(sr_buf_new(2 * SR_COMMITMENT_BYTES, &kept));
    SR_TRY(sr_commitment_make(t->row->record.salt, t->row->record.entry, leaf));
    enum sr_status status = sr_log_entry(t->s->log, t->row->record.seq - 1, kept, err);
    if (status == SR_TOO_LARGE ||
        (status == SR_OK && !sr_text_equal(sr_buf_view(kept), sr_bytes(leaf, sizeof leaf)))) {
        return corrupt(t->row, "the ledger has another leaf", err);
    }
    return status;
}

enum sr_status sr_book_verify(const struct sr_book *b, const struct sr_envelope *e,
                              struct sr_book_signed *out, struct sr_err *err)
{
    const char *keyid = sr_envelope_keyid(e);
    const struct sr_state_key *enrolled = NULL;
    struct sr_book_signed who = {.fingerprint = sr_act_key_fingerprint(b->key), .is_room = true};
    const struct sr_act_key *key = b->key;
    if (strcmp(keyid, who.fingerprint) != 0) {
        if (b->state == NULL || sr_state_key_owner(b->state, keyid, &enrolled) == NULL) {
            return sr_fail(err, SR_UNTRUSTED, "the key that signed the act is nobody's");
        }
        key = enrolled->key;
        who.fingerprint = sr_act_key_fingerprint(key);
        who.is_room = false;
    }
    SR_TRY(sr_envelope_verify(e, key, &who.proof, err));
    *out = who;
    return SR_OK;
}

/* What the state keeps of a signature is read from it; and what no checkpoint covers is believed
 * only when it is verified. */
static enum sr_status verify_row(struct taking *t, bool is_covered, struct sr_err *err)
{
    const struct sr_book *b = t->s->book;
    enum sr_verb verb = sr_envelope_act(t->envelope)->verb;
    if (!is_covered || sr_verb_info(verb)->group == SR_VERB_GROUP_REVIEW) {
        enum sr_status status = sr_book_verify(b, t->envelope, &t->who, err);
        return status == SR_OK ? SR_OK : sr_book_corrupt(status, "an act in the catalog", err);
    }
    const char *keyid = sr_envelope_keyid(t->envelope);
    t->who.fingerprint = keyid;
    t->who.is_room = strcmp(keyid, sr_act_key_fingerprint(b->key)) == 0;
    return SR_OK;
}

static enum sr_status bring_policy(struct taking *t, struct sr_err *err)
{
    const struct sr_act *act = sr_envelope_act(t->envelope);
    bool brings =
        act->verb == SR_VERB_INIT || act->verb == SR_VERB_ADOPT || act->verb == SR_VERB_POLICY;
    if (!brings || t->entry.outcome == SR_OUTCOME_REFUSED) {
        return SR_OK;
    }
    enum sr_status status =
        sr_book_policy(t->s->room, act->field[SR_FIELD_policy].digest, &t->policy, err);
    return status == SR_OK ? SR_OK : sr_book_corrupt(status, "the policy of an act", err);
}

static struct sr_state_event event_of(const struct taking *t)
{
    return (struct sr_state_event){.act = sr_envelope_act(t->envelope),
                                   .digest = sr_envelope_digest(t->envelope),
                                   .fingerprint = t->who.fingerprint,
                                   .is_room = t->who.is_room,
                                   .proof = t->who.proof,
                                   .seq = t->entry.seq,
                                   .time_utc_ms = t->entry.time_utc_ms,
                                   .policy = t->policy};
}

/* The witnesses that the decision relied on then. */
static enum sr_status recall_witnesses(struct taking *t, struct sr_witnessed *out,
                                       struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t root[SR_SHA256_BYTES];
    if (!t->entry.has_cosigned) {
        return SR_OK;
    }
    SR_TRY(sr_buf_new(SR_CATALOG_TEXT_BYTES_MAX, &note));
    SR_TRY(sr_catalog_text(t->s->room->catalog, t->entry.cosigned, note, err));
    SR_TRY(sr_book_witnessed(t->s->book, sr_buf_view(note), out, err));
    SR_TRY(sr_sha256_once(sr_buf_view(note), digest));
    SR_TRY(sr_log_root(t->s->log, out->size, root, err));
    return memcmp(digest, t->entry.cosigned, sizeof digest) == 0 &&
                   memcmp(root, out->root, sizeof root) == 0
               ? SR_OK
               : corrupt(t->row, "its witnesses saw another ledger", err);
}

/* Decide again what was allowed, as it was then. */
static enum sr_status decide_again(struct taking *t, struct sr_err *err)
{
    struct sr_witnessed witnessed = {0};
    struct sr_state_event event = event_of(t);
    if (t->entry.outcome == SR_OUTCOME_REFUSED) {
        return SR_OK;
    }
    SR_TRY(recall_witnesses(t, &witnessed, err));
    const struct sr_moment moment = {.now_utc_ms = t->entry.time_utc_ms,
                                     .witnessed_utc_ms = witnessed.utc_ms,
                                     .witnessed = witnessed.count};
    struct sr_decision decision = sr_policy_decide(t->s->book->state, &event, &moment);
    return decision.ruling == SR_RULING_ALLOW ? SR_OK
                                              : corrupt(t->row, "it cannot have been allowed", err);
}

static enum sr_status apply(struct taking *t, struct sr_err *err)
{
    struct sr_book *b = t->s->book;
    struct sr_state_event event = event_of(t);
    const struct sr_act *act = event.act;
    bool is_allowed = t->entry.outcome == SR_OUTCOME_ALLOWED;
    b->folds += is_allowed && sr_entry_folds(act);
    if (t->entry.folds != b->folds) {
        return corrupt(t->row, "acts before it are missing from the catalog", err);
    }
    if (is_allowed) {
        t->policy = NULL;
        SR_TRY(sr_state_apply(b->state, &event, err));
    }
    b->seq = t->entry.seq;
    b->time_utc_ms = t->entry.time_utc_ms;
    return SR_OK;
}

/* Take in one act: covered by a checkpoint, or replayed. */
static enum sr_status take_in(struct sr_book_session *s, const struct row *row, struct sr_err *err)
{
    SR_CLEANUP(taking_clear) struct taking t = {.s = s, .row = row};
    bool is_covered = row->record.seq <= sr_log_published(s->log);
    bool is_in_ledger = row->record.seq <= sr_log_size(s->log);
    SR_TRY(open_row(&t, err));
    if (is_in_ledger) {
        SR_TRY(check_leaf(&t, err));
    }
    if (t.entry.time_utc_ms < s->book->time_utc_ms) {
        return corrupt(row, "it is older than the act before it", err);
    }
    SR_TRY(verify_row(&t, is_covered, err));
    SR_TRY(bring_policy(&t, err));
    if (!is_covered) {
        SR_TRY(decide_again(&t, err));
    }
    SR_TRY(apply(&t, err));
    return is_in_ledger ? SR_OK : sr_book_append_leaf(s, row->record.salt, row->record.entry, err);
}

/* Take in the acts that the checkpoint covers and the state follows from. */
static enum sr_status take_covered(struct sr_book_session *s, uint64_t published,
                                   struct sr_err *err)
{
    for (bool more = s->book->seq < published; more;) {
        SR_CLEANUP(rows_free) struct rows *rows = NULL;
        SR_TRY(read_rows(s->room, SR_ACTS_THAT_FOLD, s->book->seq, &rows, err));
        more = rows->count == ROWS_AT_ONCE;
        for (size_t i = 0; i < rows->count; i++) {
            if (rows->list[i].record.seq > published) {
                more = false;
                break;
            }
            SR_TRY(take_in(s, &rows->list[i], err));
        }
    }
    return SR_OK;
}

/* The last act that the checkpoint covers says how many the state follows from. */
static enum sr_status check_covered(struct sr_book_session *s, uint64_t published,
                                    struct sr_err *err)
{
    SR_CLEANUP(rows_free) struct rows *rows = NULL;
    struct sr_book *b = s->book;
    if (b->seq >= published) {
        return SR_OK;
    }
    SR_TRY(read_rows(s->room, SR_ACTS_ALL, published - 1, &rows, err));
    if (rows->count == 0 || rows->list[0].record.seq != published) {
        return sr_fail(err, SR_CORRUPT, "act %" PRIu64 " is missing from the catalog", published);
    }
    SR_CLEANUP(taking_clear) struct taking t = {.s = s, .row = &rows->list[0]};
    SR_TRY(open_row(&t, err));
    SR_TRY(check_leaf(&t, err));
    if (t.entry.folds != b->folds) {
        return corrupt(t.row, "acts before it are missing from the catalog", err);
    }
    b->seq = published;
    b->time_utc_ms = t.entry.time_utc_ms;
    return SR_OK;
}

static enum sr_status take_rest(struct sr_book_session *s, struct sr_err *err)
{
    for (bool more = true; more;) {
        SR_CLEANUP(rows_free) struct rows *rows = NULL;
        SR_TRY(read_rows(s->room, SR_ACTS_ALL, s->book->seq, &rows, err));
        more = rows->count == ROWS_AT_ONCE;
        for (size_t i = 0; i < rows->count; i++) {
            if (rows->list[i].record.seq != s->book->seq + 1) {
                return sr_fail(err, SR_CORRUPT, "act %" PRIu64 " is missing from the catalog",
                               s->book->seq + 1);
            }
            SR_TRY(take_in(s, &rows->list[i], err));
        }
    }
    return SR_OK;
}

enum sr_status sr_book_catch_up(struct sr_book_session *s, struct sr_err *err)
{
    struct sr_book *b = s->book;
    uint64_t last = 0;
    int64_t unused = 0;
    uint64_t size = sr_log_size(s->log);
    uint64_t published = sr_log_published(s->log);
    SR_TRY(sr_catalog_last_act(s->room->catalog, &last, &unused, err));
    if (last < size || last < b->seq) {
        return sr_fail(err, SR_CONFLICT,
                       "the catalog has %" PRIu64 " acts, the ledger %" PRIu64
                       ": the catalog was restored from an old copy",
                       last, size);
    }
    if (b->state == NULL && sr_state_new(&b->state) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the state");
    }
    if (b->seq == last) {
        return SR_OK;
    }
    SR_TRY(take_covered(s, published, err));
    SR_TRY(check_covered(s, published, err));
    return take_rest(s, err);
}
