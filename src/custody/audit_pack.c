/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/audit_pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "custody/book.h"
#include "formats/nameset.h"
#include "ledger/receipt.h"

#define BATCH 64

/* A leaf as the catalog has it; the walk over it must not read anything else meanwhile. */
struct kept {
    uint64_t seq;
    bool may_be_withheld;
    uint8_t salt[SR_CATALOG_SALT_BYTES];
    struct sr_buf *entry;
    struct sr_buf *envelope;
};

struct told { /* a digest of a text that is in the pack */
    struct told *next;
    uint8_t digest[SR_SHA256_BYTES];
};

struct packing {
    struct sr_room *room;
    struct sr_book_session *s;
    struct sr_pack_writer *writer;
    uint64_t since;
    struct sr_buf *note;
    struct sr_checkpoint checkpoint; /* views of note */
    struct sr_vkey *key;
    struct sr_merkle tree;
    struct sr_nameset *names; /* of told */
    struct told *told;
    struct kept kept[BATCH];
    size_t kept_count;
    struct sr_audit_packed done;
};

static void drop_batch(struct packing *p)
{
    for (size_t i = 0; i < BATCH; i++) {
        sr_buf_free(p->kept[i].entry);
        sr_buf_free(p->kept[i].envelope);
        p->kept[i] = (struct kept){0};
    }
    p->kept_count = 0;
}

static void packing_clear(struct packing *p)
{
    drop_batch(p);
    sr_pack_writer_free(p->writer);
    sr_buf_free(p->note);
    sr_vkey_free(p->key);
    sr_nameset_free(p->names);
    while (p->told != NULL) {
        struct told *next = p->told->next;
        free(p->told);
        p->told = next;
    }
}

static enum sr_status put(struct packing *p, const struct sr_pack_line *line, struct sr_err *err)
{
    return sr_pack_writer_put(p->writer, line, err);
}

/* Head, keys, witnesses. */

static enum sr_status put_head(struct packing *p, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_pack_line line = {.kind = SR_PACK_HEAD,
                                .room = *sr_state_room(p->s->book->state),
                                .origin = sr_text_view(p->s->book->origin),
                                .since = p->since};
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &text));
    SR_TRY(sr_vkey_text(p->key, text));
    line.key = sr_buf_view(text);
    return put(p, &line, err);
}

/* All that ever were somebody's; who they were of follows from the acts. */
static enum sr_status put_keys(struct packing *p, struct sr_err *err)
{
    const struct sr_state *state = p->s->book->state;
    for (size_t i = 0; i < sr_state_principal_count(state); i++) {
        const struct sr_principal *who = sr_state_principal_at(state, i);
        for (size_t k = 0; k < who->keys; k++) {
            struct sr_pack_line line = {.kind = SR_PACK_KEY,
                                        .key = sr_text_view(sr_act_key_line(who->key[k].key))};
            SR_TRY(put(p, &line, err));
        }
    }
    return SR_OK;
}

/* Those of the policy in force who have cosigned the checkpoint. */
static enum sr_status put_witnesses(struct packing *p, struct sr_err *err)
{
    const struct sr_policy *policy = sr_state_policy(p->s->book->state);
    for (size_t i = 0; policy != NULL && i < policy->witnesses; i++) {
        SR_AUTO(sr_vkey) vkey = NULL;
        struct sr_vkey_mark marks[2] = {0};
        struct sr_checkpoint ignored;
        struct sr_pack_line line = {.kind = SR_PACK_WITNESS, .key = policy->witness[i].vkey};
        if (sr_vkey_parse(line.key, &vkey, NULL) != SR_OK) {
            continue;
        }
        const struct sr_vkey *keys[] = {p->key, vkey};
        enum sr_status status = sr_receipt_checkpoint(
            sr_buf_view(p->note), sr_text_view(p->s->book->origin), keys, 2, &ignored, marks, err);
        SR_TRY(status);
        if (marks[1].has_signed) {
            SR_TRY(put(p, &line, err));
        }
    }
    return SR_OK;
}

/* Texts. */

static enum sr_status remember(struct packing *p, const uint8_t digest[SR_SHA256_BYTES])
{
    struct told *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return SR_NO_MEMORY;
    }
    memcpy(t->digest, digest, sizeof t->digest);
    t->next = p->told;
    p->told = t;
    return sr_nameset_add(p->names, sr_bytes(t->digest, sizeof t->digest));
}

/* A text goes before the first leaf that names it. One that the room does not have is left out: the
 * auditor sees that it is missing. */
static enum sr_status put_text(struct packing *p, const uint8_t digest[SR_SHA256_BYTES],
                               struct sr_err *err)
{
    SR_AUTO(sr_buf) body = NULL;
    size_t index;
    if (sr_nameset_find(p->names, sr_bytes(digest, SR_SHA256_BYTES), &index)) {
        return SR_OK;
    }
    SR_TRY(remember(p, digest));
    SR_TRY(sr_buf_new(SR_CATALOG_TEXT_BYTES_MAX, &body));
    enum sr_status status = sr_catalog_text(p->room->catalog, digest, body, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK;
    }
    SR_TRY(status);
    struct sr_pack_line line = {.kind = SR_PACK_TEXT, .text = sr_buf_view(body)};
    memcpy(line.digest, digest, sizeof line.digest);
    p->done.texts++;
    return put(p, &line, err);
}

static enum sr_status put_texts(struct packing *p, const struct kept *leaf, struct sr_err *err)
{
    static const enum sr_act_field FIELDS[] = {SR_FIELD_policy, SR_FIELD_report, SR_FIELD_results,
                                               SR_FIELD_card};
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_entry entry;
    SR_TRY(sr_entry_decode(sr_buf_view(leaf->entry), &entry, err));
    if (entry.has_cosigned) {
        SR_TRY(put_text(p, entry.cosigned, err));
    }
    SR_TRY(sr_envelope_open(sr_buf_view(leaf->envelope), &e, err));
    const struct sr_act *act = sr_envelope_act(e);
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        if (sr_act_has(act, FIELDS[i])) {
            SR_TRY(put_text(p, act->field[FIELDS[i]].digest, err));
        }
    }
    return SR_OK;
}

/* Leaves. */

static enum sr_status copy(struct sr_bytes data, struct sr_buf **out)
{
    SR_TRY(sr_buf_new(data.len, out));
    return sr_buf_append(*out, data);
}

static enum sr_status keep(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct packing *p = ctx;
    if (p->kept_count == BATCH || act->seq > p->checkpoint.size) {
        return SR_CANCELLED; /* enough for now */
    }
    struct kept *k = &p->kept[p->kept_count++];
    k->seq = act->seq;
    k->may_be_withheld = act->is_refused || !act->folds;
    memcpy(k->salt, act->salt, sizeof k->salt);
    enum sr_status status = copy(act->entry, &k->entry);
    status = status == SR_OK ? copy(act->body, &k->envelope) : status;
    return status == SR_OK
               ? SR_OK
               : sr_fail(err, status, "no memory for act %llu", (unsigned long long)act->seq);
}

static enum sr_status put_leaf(struct packing *p, const struct kept *k, struct sr_err *err)
{
    struct sr_pack_line line = {.kind = SR_PACK_LEAF,
                                .seq = k->seq,
                                .is_withheld = k->may_be_withheld && k->seq < p->since,
                                .entry = sr_buf_view(k->entry),
                                .envelope = sr_buf_view(k->envelope)};
    uint8_t commitment[SR_COMMITMENT_BYTES];
    memcpy(line.salt, k->salt, sizeof line.salt);
    SR_TRY(sr_commitment_make(k->salt, line.entry, commitment));
    SR_TRY(sr_merkle_leaf(sr_bytes(commitment, sizeof commitment), line.hash));
    SR_TRY(sr_merkle_add(&p->tree, line.hash));
    p->done.acts++;
    p->done.withheld += line.is_withheld;
    if (!line.is_withheld) {
        SR_TRY(put_texts(p, k, err));
    }
    return put(p, &line, err);
}

/* Acts in batches: texts are looked up between two walks. */
static enum sr_status put_batch(struct packing *p, bool *out_is_over, struct sr_err *err)
{
    const struct sr_acts_query query = {
        .which = SR_ACTS_ALL, .after_seq = p->done.acts, .with_leaves = true};
    drop_batch(p);
    enum sr_status status = sr_catalog_acts(p->room->catalog, &query, keep, p, err);
    if (status != SR_OK && status != SR_CANCELLED) {
        return status;
    }
    *out_is_over = p->kept_count == 0;
    for (size_t i = 0; i < p->kept_count; i++) {
        SR_TRY(put_leaf(p, &p->kept[i], err));
    }
    return SR_OK;
}

/* What the checkpoint speaks for has to be what was written. */
static enum sr_status put_end(struct packing *p, struct sr_err *err)
{
    uint8_t root[SR_SHA256_BYTES];
    SR_TRY(sr_merkle_root(&p->tree, root));
    if (p->done.acts != p->checkpoint.size || memcmp(root, p->checkpoint.root, sizeof root) != 0) {
        return sr_fail(err, SR_CORRUPT,
                       "the catalog does not have the acts that the ledger was signed over");
    }
    struct sr_pack_line line = {.kind = SR_PACK_CHECKPOINT, .text = sr_buf_view(p->note)};
    return put(p, &line, err);
}

static enum sr_status get_checkpoint(struct packing *p, struct sr_err *err)
{
    const struct sr_book *book = p->s->book;
    SR_TRY(sr_book_publish(p->s, sr_time_now_utc_ms(), 0, err));
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &p->note));
    SR_TRY(sr_log_checkpoint(p->s->log, p->note, err));
    struct sr_bytes origin = sr_text_view(book->origin);
    SR_TRY(sr_vkey_new(origin, SR_VKEY_ED25519, sr_act_key_plain(book->key), &p->key, err));
    const struct sr_vkey *key = p->key;
    SR_TRY(sr_receipt_checkpoint(sr_buf_view(p->note), origin, &key, 1, &p->checkpoint, NULL, err));
    return p->since <= p->checkpoint.size
               ? SR_OK
               : sr_fail(err, SR_NOT_FOUND, "there is no act %llu; the last one is %llu",
                         (unsigned long long)p->since, (unsigned long long)p->checkpoint.size);
}

enum sr_status sr_audit_pack_write(struct sr_room *r, uint64_t since,
                                   const struct sr_pack_sink *sink, struct sr_audit_packed *out,
                                   struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_CLEANUP(packing_clear)
    struct packing p = {.room = r, .s = &s, .since = since < 1 ? 1 : since};
    bool is_over = false;
    SR_TRY(sr_book_open(r, &s, err));
    SR_TRY(get_checkpoint(&p, err));
    SR_TRY(sr_nameset_new(&p.names));
    SR_TRY(sr_pack_writer_new(sink, &p.writer, err));
    SR_TRY(put_head(&p, err));
    SR_TRY(put_keys(&p, err));
    SR_TRY(put_witnesses(&p, err));
    while (!is_over) {
        SR_TRY(put_batch(&p, &is_over, err));
    }
    SR_TRY(put_end(&p, err));
    *out = p.done;
    return SR_OK;
}
