/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "custody/book_impl.h"
#include "ledger/commitment.h"

enum sr_status sr_book_append_leaf(struct sr_book_session *s, const uint8_t *salt,
                                   struct sr_bytes entry, struct sr_err *err)
{
    uint8_t leaf[SR_COMMITMENT_BYTES];
    uint64_t index = 0;
    uint64_t expected = sr_log_size(s->log);
    SR_TRY(sr_commitment_make(salt, entry, leaf));
    struct sr_bytes bytes = sr_bytes(leaf, sizeof leaf);
    enum sr_status status = sr_log_append(s->log, &bytes, 1, &index, err);
    if (status == SR_BUSY && s->can_sign) { /* the journal is full */
        SR_TRY(sr_book_publish(s, s->book->time_utc_ms, INT64_MIN, err));
        status = sr_log_append(s->log, &bytes, 1, &index, err);
    }
    SR_TRY(status);
    return index == expected
               ? SR_OK
               : sr_fail(err, SR_INTERNAL, "a leaf came to another place than its act's");
}

struct sr_state_event sr_book_event(const struct sr_book_act *act)
{
    return (struct sr_state_event){.act = sr_envelope_act(act->envelope),
                                   .digest = sr_envelope_digest(act->envelope),
                                   .fingerprint = act->who.fingerprint,
                                   .is_room = act->who.is_room,
                                   .proof = act->who.proof,
                                   .seq = act->seq,
                                   .time_utc_ms = act->time_utc_ms,
                                   .policy = act->policy};
}

/* Records on their way into the catalog, with the texts of their entries. */
struct writing {
    struct sr_act_record *records;
    struct sr_buf **entries;
    size_t count;
};

static void writing_clear(struct writing *w)
{
    for (size_t i = 0; w->entries != NULL && i < w->count; i++) {
        sr_buf_free(w->entries[i]);
    }
    free(w->entries);
    free(w->records);
}

static void copy_text(char *out, size_t out_bytes, struct sr_bytes text)
{
    assert(text.len < out_bytes);
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

/* What the catalog is asked by. */
static void describe(const struct sr_book_act *a, struct sr_act_record *record)
{
    const struct sr_act *act = sr_envelope_act(a->envelope);
    const uint8_t *digest = sr_envelope_digest(a->envelope);
    bool is_request = act->verb == SR_VERB_REQUEST;
    memcpy(record->id.bytes, digest, SR_ID_BYTES);
    memcpy(record->nonce, act->nonce, sizeof record->nonce);
    copy_text(record->verb, sizeof record->verb, sr_text_view(sr_verb_info(act->verb)->word));
    copy_text(record->actor, sizeof record->actor, act->actor);
    record->seq = a->seq;
    record->time_utc_ms = a->time_utc_ms;
    record->is_refused = a->outcome == SR_OUTCOME_REFUSED;
    record->folds = !record->is_refused && sr_entry_folds(act);
    record->has_version = sr_act_has(act, SR_FIELD_version);
    if (record->has_version) {
        record->version = act->field[SR_FIELD_version].id;
    }
    record->has_request = is_request || sr_act_has(act, SR_FIELD_request);
    if (record->has_request) {
        memcpy(record->request, is_request ? digest : act->field[SR_FIELD_request].digest,
               sizeof record->request);
    }
    record->body = sr_envelope_bytes(a->envelope);
}

static enum sr_status make_record(const struct sr_book_act *a, uint64_t folds,
                                  struct sr_buf *entry_text, struct sr_act_record *record,
                                  struct sr_err *err)
{
    struct sr_entry entry = {.seq = a->seq,
                             .time_utc_ms = a->time_utc_ms,
                             .outcome = a->outcome,
                             .has_cosigned = a->has_cosigned,
                             .folds = folds};
    describe(a, record);
    memcpy(entry.act, sr_envelope_digest(a->envelope), sizeof entry.act);
    memcpy(entry.cosigned, a->cosigned, sizeof entry.cosigned);
    SR_TRY(sr_sha256_once(record->body, entry.envelope));
    if (record->is_refused) {
        struct sr_bytes slug = sr_text_view(sr_reason_slug(a->reason));
        copy_text(entry.reason, sizeof entry.reason, slug);
        copy_text(record->reason, sizeof record->reason, slug);
    }
    SR_TRY(sr_entry_encode(&entry, entry_text, err));
    record->entry = sr_buf_view(entry_text);
    return sr_commitment_salt(record->salt);
}

static enum sr_status prepare(struct sr_book_session *s, struct sr_book_act *acts, size_t count,
                              struct writing *w, struct sr_err *err)
{
    uint64_t folds = s->book->folds;
    w->records = calloc(count, sizeof *w->records);
    w->entries = calloc(count, sizeof(struct sr_buf *));
    if (w->records == NULL || w->entries == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to record an act");
    }
    w->count = count;
    for (size_t i = 0; i < count; i++) {
        acts[i].seq = s->book->seq + 1 + i;
        folds += acts[i].outcome == SR_OUTCOME_ALLOWED &&
                 sr_entry_folds(sr_envelope_act(acts[i].envelope));
        SR_TRY(sr_buf_new(SR_ENTRY_BYTES_MAX, &w->entries[i]));
        SR_TRY(make_record(&acts[i], folds, w->entries[i], &w->records[i], err));
    }
    return SR_OK;
}

/* Into the state first: what it does not take must not be written down. */
static enum sr_status fold(struct sr_book *b, struct sr_book_act *acts, size_t count,
                           struct sr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (acts[i].outcome == SR_OUTCOME_ALLOWED) {
            struct sr_state_event event = sr_book_event(&acts[i]);
            acts[i].policy = NULL;
            SR_TRY(sr_state_apply(b->state, &event, err));
            b->folds += sr_entry_folds(event.act);
        }
        b->seq = acts[i].seq;
        b->time_utc_ms = acts[i].time_utc_ms;
    }
    return SR_OK;
}

static enum sr_status write_down(struct sr_book_session *s, struct sr_book_act *acts,
                                 struct writing *w, const struct sr_book_change *change,
                                 struct sr_err *err)
{
    struct sr_room *r = s->room;
    SR_TRY(fold(s->book, acts, w->count, err));
    SR_TRY(change != NULL && change->commit != NULL
               ? change->commit(change->ctx, r, &w->records[0], err)
               : sr_catalog_append_acts(r->catalog, w->records, w->count, err));
    for (size_t i = 0; i < w->count; i++) {
        SR_TRY(sr_book_append_leaf(s, w->records[i].salt, w->records[i].entry, err));
    }
    return SR_OK;
}

enum sr_status sr_book_write(struct sr_book_session *s, struct sr_book_act *acts, size_t count,
                             const struct sr_book_change *change, struct sr_err *err)
{
    SR_CLEANUP(writing_clear) struct writing w = {0};
    assert(count == 1 || change == NULL);
    SR_TRY(prepare(s, acts, count, &w, err));
    enum sr_status status = write_down(s, acts, &w, change, err);
    if (status != SR_OK) {
        /* Whatever is on disk now, the next opening finds out. */
        sr_book_forget(s->book);
    }
    return status;
}
