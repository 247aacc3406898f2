/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/opening.h"
#include "base/time.h"
#include "custody/book_impl.h"
#include "formats/tile.h"
#include "ledger/receipt.h"

enum { URL_BYTES = 1024 };

/* The keys that the ledger's notes are verified with: the room's, then those of its witnesses. */
struct parties {
    struct sr_vkey *room;
    size_t witnesses;
    struct sr_vkey *key[SR_POLICY_WITNESSES_MAX]; /* NULL: the policy's text of it is none */
    char url[SR_POLICY_WITNESSES_MAX][URL_BYTES];
};

static void free_parties(struct parties **all)
{
    struct parties *p = *all;
    for (size_t i = 0; p != NULL && i < SR_POLICY_WITNESSES_MAX; i++) {
        sr_vkey_free(p->key[i]);
    }
    if (p != NULL) {
        sr_vkey_free(p->room);
    }
    free(p);
}

static enum sr_status make_parties(const struct sr_book_session *s, struct parties **out,
                                   struct sr_err *err)
{
    const struct sr_policy *policy = sr_state_policy(s->book->state);
    SR_CLEANUP(free_parties) struct parties *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for witnesses");
    }
    SR_TRY(sr_vkey_new(sr_text_view(s->book->origin), SR_VKEY_ED25519,
                       sr_act_key_plain(s->book->key), &p->room, err));
    for (; policy != NULL && p->witnesses < policy->witnesses; p->witnesses++) {
        const struct sr_policy_witness *w = &policy->witness[p->witnesses];
        struct sr_vkey *key = NULL;
        (void)snprintf(p->url[p->witnesses], URL_BYTES, "%.*s", (int)w->url.len,
                       (const char *)w->url.ptr);
        /* One that is no key of witnesses has no outcome but that. */
        if (sr_vkey_parse(w->vkey, &key, NULL) == SR_OK &&
            sr_vkey_type(key) != SR_VKEY_COSIGNATURE) {
            sr_vkey_free(SR_TAKE(key));
        }
        p->key[p->witnesses] = key;
    }
    *out = SR_TAKE(p);
    return SR_OK;
}

/* When each witness has signed the checkpoint that was cosigned last; how many leaves that has. */
static enum sr_status read_cosigned(const struct sr_book_session *s, const struct parties *p,
                                    struct sr_custody_ledger *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    const struct sr_vkey *room = p->room;
    struct sr_checkpoint c;
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &data));
    enum sr_status status = sr_log_cosigned(s->log, data, err);
    if (status != SR_OK) {
        return status == SR_NOT_FOUND ? SR_OK : status;
    }
    SR_TRY(sr_receipt_checkpoint(sr_buf_view(data), sr_text_view(s->book->origin), &room, 1, &c,
                                 NULL, err));
    SR_TRY(sr_note_decode(sr_buf_view(data), &note, err));
    out->cosigned = c.size;
    for (size_t i = 0; i < p->witnesses; i++) {
        struct sr_vkey_mark mark = {0};
        const struct sr_vkey *key = p->key[i];
        if (key != NULL && sr_vkey_verify_note(&key, 1, &note, &mark, NULL) == SR_OK &&
            mark.utc_s <= INT64_MAX / 1000) {
            out->witness[i].cosigned_utc_ms = (int64_t)mark.utc_s * 1000;
        }
    }
    return SR_OK;
}

static enum sr_status describe(const struct sr_book_session *s, const struct parties *p,
                               struct sr_custody_ledger *out, struct sr_err *err)
{
    const struct sr_policy *policy = sr_state_policy(s->book->state);
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(sizeof out->vkey - 1, &text));
    SR_TRY(sr_vkey_text(p->room, text));
    (void)snprintf(out->vkey, sizeof out->vkey, "%.*s", (int)sr_buf_view(text).len,
                   (const char *)sr_buf_view(text).ptr);
    (void)snprintf(out->origin, sizeof out->origin, "%s", s->book->origin);
    out->size = sr_log_size(s->log);
    out->published = sr_log_published(s->log);
    out->published_utc_ms = sr_log_published_utc_ms(s->log);
    out->has_pin = out->published_utc_ms > 0;
    SR_TRY(sr_log_root(s->log, out->size, out->root, err));
    out->witnesses = p->witnesses;
    for (size_t i = 0; i < p->witnesses; i++) {
        out->witness[i].is_askable = p->key[i] != NULL && p->url[i][0] != '\0';
        (void)snprintf(out->witness[i].name, sizeof out->witness[i].name, "%.*s",
                       (int)policy->witness[i].name.len, (const char *)policy->witness[i].name.ptr);
    }
    return read_cosigned(s, p, out, err);
}

enum sr_status sr_custody_ledger(struct sr_room *r, struct sr_custody_ledger *out,
                                 struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
    SR_CLEANUP(free_parties) struct parties *p = NULL;
    *out = (struct sr_custody_ledger){.size = 0};
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(make_parties(&s, &p, err));
    return describe(&s, p, out, err);
}

/* For sr_cosign(): the book is open only while it is read, so that acts can come in meanwhile. */
static enum sr_status prove(void *ctx, uint64_t old_size, uint64_t size, struct sr_tree_proof *out,
                            struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = ctx};
    SR_TRY(sr_book_open(ctx, &s, err));
    return sr_log_prove_consistency(s.log, old_size, size, out, err);
}

/* Sign, whatever is there: the checkpoint of an idle ledger has a time, too. */
static enum sr_status sign_now(struct sr_book_session *s, struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    if (!sr_room_is_unlocked(s->room)) {
        return sr_fail(err, SR_UNAUTHENTICATED, "the room is locked, so its ledger is not signed");
    }
    if (!s->can_sign) {
        return sr_fail(err, SR_CONFLICT,
                       "nothing is remembered here of what this room's ledger signed last; if this "
                       "is its newest copy, say so: 'strongroom ledger trust'");
    }
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    int64_t now = sr_time_now_utc_ms();
    int64_t last = sr_log_published_utc_ms(s->log);
    bool is_set_right = now < last && last - now <= SR_BOOK_CLOCK_BACK_MS;
    return sr_log_publish(s->log, is_set_right ? last : now, note, err);
}

/* Publish, and take down what is asked. */
static enum sr_status begin(struct sr_room *r, bool must_sign, struct parties **p,
                            struct sr_buf *note, struct sr_custody_ledger *out, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(must_sign ? sign_now(&s, err) : sr_book_publish(&s, sr_time_now_utc_ms(), 0, err));
    SR_TRY(make_parties(&s, p, err));
    SR_TRY(describe(&s, *p, out, err));
    if (out->witnesses == 0 && !must_sign) {
        return sr_fail(err, SR_NOT_FOUND, "the policy in force has no witnesses");
    }
    return sr_log_checkpoint(s.log, note, err);
}

/* Ask those that have a key; *out has an outcome for each. */
static enum sr_status ask(struct sr_room *r, const struct parties *p, struct sr_bytes note,
                          unsigned timeout_ms, struct sr_custody_ledger *out,
                          struct sr_buf *cosigned, struct sr_err *err)
{
    struct sr_cosign_witness asked[SR_POLICY_WITNESSES_MAX];
    struct sr_cosign_outcome outcomes[SR_POLICY_WITNESSES_MAX];
    size_t index[SR_POLICY_WITNESSES_MAX];
    size_t count = 0;
    const struct sr_cosign_proofs proofs = {.prove = prove, .ctx = r};
    for (size_t i = 0; i < p->witnesses; i++) {
        struct sr_cosign_outcome *o = &out->witness[i].outcome;
        if (!out->witness[i].is_askable) {
            o->status = sr_fail(&o->err, SR_MALFORMED, "the policy has no %s for it",
                                p->key[i] == NULL ? "key of a witness" : "URL");
            continue;
        }
        index[count] = i;
        asked[count++] = (struct sr_cosign_witness){
            .key = p->key[i],
            .url = sr_text_view(p->url[i]),
            .last_size = out->witness[i].cosigned_utc_ms > 0 ? out->cosigned : 0,
        };
    }
    SR_TRY(sr_cosign(note, sr_text_view(out->origin), p->room, &proofs, asked, count, timeout_ms,
                     cosigned, outcomes, err));
    for (size_t i = 0; i < count; i++) {
        out->witness[index[i]].outcome = outcomes[i];
    }
    return SR_OK;
}

static bool any_has_signed(const struct sr_custody_ledger *l)
{
    for (size_t i = 0; i < l->witnesses; i++) {
        if (l->witness[i].outcome.mark.has_signed) {
            return true;
        }
    }
    return false;
}

static enum sr_status cosign(struct sr_room *r, bool must_sign, unsigned timeout_ms,
                             struct sr_custody_ledger *out, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
    SR_CLEANUP(free_parties) struct parties *p = NULL;
    SR_AUTO(sr_buf) note = NULL;
    SR_AUTO(sr_buf) cosigned = NULL;
    *out = (struct sr_custody_ledger){.size = 0};
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &cosigned));
    SR_TRY(begin(r, must_sign, &p, note, out, err));
    assert(p != NULL);
    SR_TRY(ask(r, p, sr_buf_view(note), timeout_ms, out, cosigned, err));
    if (!any_has_signed(out)) {
        return SR_OK;
    }
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(sr_log_store_cosigned(s.log, sr_buf_view(cosigned), err));
    return read_cosigned(&s, p, out, err);
}

enum sr_status sr_custody_cosign(struct sr_room *r, unsigned timeout_ms,
                                 struct sr_custody_ledger *out, struct sr_err *err)
{
    return cosign(r, false, timeout_ms, out, err);
}

enum sr_status sr_custody_checkpoint(struct sr_room *r, unsigned timeout_ms,
                                     struct sr_custody_ledger *out, struct sr_err *err)
{
    return cosign(r, true, timeout_ms, out, err);
}

/* For sr_catalog_acts(): salt and entry of one act. */
static enum sr_status take_leaf(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct sr_buf *out = ctx;
    (void)err;
    SR_TRY(sr_buf_append(out, sr_bytes(act->salt, sizeof act->salt)));
    SR_TRY(sr_buf_append(out, act->entry));
    return SR_CANCELLED; /* that is all */
}

/* Put what opens the leaf into a receipt, once it is seen to: the catalog is not the ledger. */
static enum sr_status open_receipt(struct sr_room *r, uint64_t seq, struct sr_bytes closed,
                                   struct sr_bytes leaf, struct sr_buf *out, struct sr_err *err)
{
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof proof = {0};
    struct sr_err ignored = {0};
    struct sr_entry entry;
    uint8_t made[SR_COMMITMENT_BYTES];
    const struct sr_acts_query query = {.after_seq = seq - 1, .with_leaves = true};
    SR_TRY(sr_tlog_proof_decode(closed, &proof, err));
    SR_TRY(sr_buf_new(SR_OPENING_BYTES_MAX, &proof.extra));
    enum sr_status status = sr_catalog_acts(r->catalog, &query, take_leaf, proof.extra, &ignored);
    if (status != SR_CANCELLED) {
        return sr_fail(err, status == SR_OK ? SR_CORRUPT : status, "act %" PRIu64 ": %s", seq,
                       status == SR_OK ? "it is in the ledger only" : ignored.message);
    }
    status = sr_opening_read(sr_buf_view(proof.extra), made, &entry, &ignored);
    if (status != SR_OK || !sr_text_equal(sr_bytes(made, sizeof made), leaf)) {
        return sr_fail(err, status == SR_NO_MEMORY ? status : SR_CORRUPT,
                       "act %" PRIu64 " is not what its leaf commits to", seq);
    }
    return sr_tlog_proof_encode(&proof, out);
}

/* For sr_catalog_acts(), which finds acts by half of their digest. */
struct wanted {
    const uint8_t *digest;
    uint64_t seq; /* 0: not found */
};

static enum sr_status take_seq(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct wanted *w = ctx;
    struct sr_entry entry;
    enum sr_status status = sr_entry_decode(act->entry, &entry, err);
    if (status != SR_OK) {
        return sr_book_corrupt(status, "the entry of an act", err);
    }
    w->seq = memcmp(entry.act, w->digest, sizeof entry.act) == 0 ? act->seq : w->seq;
    return SR_OK;
}

enum sr_status sr_custody_seq_of(struct sr_room *r, const uint8_t digest[SR_SHA256_BYTES],
                                 uint64_t *out, struct sr_err *err)
{
    struct sr_id id;
    struct wanted wanted = {.digest = digest};
    memcpy(id.bytes, digest, sizeof id.bytes);
    const struct sr_acts_query query = {.which = SR_ACTS_BY_ID, .id = &id, .with_leaves = true};
    SR_TRY(sr_catalog_acts(r->catalog, &query, take_seq, &wanted, err));
    if (wanted.seq == 0) {
        return sr_fail(err, SR_NOT_FOUND, "the room has no act with this digest");
    }
    *out = wanted.seq;
    return SR_OK;
}

enum sr_status sr_custody_receipt(struct sr_room *r, uint64_t seq, bool opened,
                                  struct sr_buf *out_receipt, struct sr_buf *out_entry,
                                  struct sr_err *err)
{
    SR_AUTO(sr_buf) closed = NULL;
    SR_AUTO(sr_buf) leaf = NULL;
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
    SR_AUTO(sr_buf) note = NULL;
    SR_TRY(sr_book_open(r, &s, err));
    if (seq == 0 || seq > sr_log_published(s.log)) {
        return sr_fail(err, SR_NOT_FOUND,
                       "no checkpoint covers act %" PRIu64 "; the last one covers %" PRIu64, seq,
                       sr_log_published(s.log));
    }
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    SR_TRY(sr_buf_new(SR_TLOG_PROOF_BYTES_MAX, &closed));
    enum sr_status status = sr_log_cosigned(s.log, note, err);
    if (status == SR_OK) {
        status = sr_log_receipt(s.log, seq - 1, sr_buf_view(note), closed, err);
    }
    if (status == SR_NOT_FOUND) {
        status = sr_log_receipt(s.log, seq - 1, sr_bytes(NULL, 0), closed, err);
    }
    SR_TRY(status);
    SR_TRY(sr_buf_new(SR_TILE_LEAF_BYTES_MAX, &leaf));
    SR_TRY(sr_log_entry(s.log, seq - 1, leaf, err));
    struct sr_bytes proof = sr_buf_view(closed);
    SR_TRY(opened ? open_receipt(r, seq, proof, sr_buf_view(leaf), out_receipt, err)
                  : sr_buf_append(out_receipt, proof));
    return sr_buf_append(out_entry, sr_buf_view(leaf));
}

enum sr_status sr_custody_trust(struct sr_room *r, struct sr_err *err)
{
    {
        SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
        SR_TRY(sr_book_open(r, &s, err)); /* replays all of it */
    }
    const struct sr_log_options options = sr_book_log_options(r->book, false);
    return sr_log_trust(&options, sr_time_now_utc_ms(), err);
}
