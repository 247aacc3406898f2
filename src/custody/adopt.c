/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "custody/book_impl.h"
#include "custody/found.h"
#include "custody/found_impl.h"
#include "custody/pedigree.h"
#include "custody/submit.h"

/*
 * A room from before acts were signed: ADOPT, which names the digest of what was recorded then, and
 * a deposit by the room of each version that is in custody. Decided as any act; one transaction.
 */

static const char BECAUSE[] = "it was in custody before acts were signed";

struct adopting {
    struct sr_room *room;
    struct sr_book_session *s;
    int64_t now_utc_ms;
    struct sr_catalog_version *versions;
    size_t version_count;
    bool *is_entered;
    struct sr_found_act *acts;
    size_t count;
    struct sr_state *state; /* to decide on, before anything is written */
};

static void adopting_clear(struct adopting *a)
{
    for (size_t i = 0; a->acts != NULL && i < a->count; i++) {
        sr_found_act_clear(&a->acts[i]);
    }
    free(a->acts);
    free(a->versions);
    free(a->is_entered);
    sr_state_free(a->state);
}

/* Decide an act on what the acts before it lead to, and keep it. */
static enum sr_status add(struct adopting *a, struct sr_act *act, const uint8_t *digest,
                          struct sr_err *err)
{
    struct sr_found_act *out = &a->acts[a->count];
    act->time_utc_ms = a->now_utc_ms;
    SR_TRY(sr_found_sign(a->s, act, digest, out, err));
    SR_TRY(sr_found_decide(a->state, out, ++a->count, err));
    struct sr_state_event event = sr_book_event(&out->book);
    event.seq = a->count;
    if (out->policy != NULL) {
        SR_TRY(sr_policy_parse(out->policy->text, &event.policy, err));
    }
    SR_TRY(sr_state_apply(a->state, &event, err));
    out->book.policy = SR_TAKE(out->policy);
    return SR_OK;
}

/* "SEQ ID SHA256\n" of each record; hashed, and kept as far as it fits a text. */
struct listing {
    struct sr_sha256 *hash;
    struct sr_buf *text;
    bool is_whole;
    uint64_t count;
};

static enum sr_status list_deed(void *ctx, const struct sr_deed_record *deed, struct sr_err *err)
{
    struct listing *l = ctx;
    char id[SR_ID_TEXT_BYTES];
    char body[2 * SR_SHA256_BYTES + 1];
    char line[160];
    uint8_t digest[SR_SHA256_BYTES];
    (void)err;
    SR_TRY(sr_sha256_once(deed->body, digest));
    sr_text_hex(sr_bytes(deed->id.bytes, SR_ID_BYTES), id);
    sr_text_hex(sr_bytes(digest, sizeof digest), body);
    (void)snprintf(line, sizeof line, "%llu %s %s\n", (unsigned long long)deed->seq, id, body);
    l->count++;
    SR_TRY(sr_sha256_update(l->hash, sr_text_view(line)));
    if (l->is_whole && sr_buf_append(l->text, sr_text_view(line)) != SR_OK) {
        l->is_whole = false;
    }
    return SR_OK;
}

static void listing_clear(struct listing *l)
{
    sr_sha256_free(l->hash);
    sr_buf_free(l->text);
}

/* The digest of all that was recorded before. */
static enum sr_status list_deeds(struct sr_room *r, uint8_t out[SR_SHA256_BYTES],
                                 struct sr_err *err)
{
    SR_CLEANUP(listing_clear) struct listing l = {.is_whole = true};
    if (sr_sha256_new(&l.hash) != SR_OK ||
        sr_buf_new(SR_CATALOG_TEXT_BYTES_MAX, &l.text) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to list what was recorded");
    }
    SR_TRY(sr_catalog_deeds(r->catalog, 0, list_deed, &l, err));
    SR_TRY(sr_sha256_final(l.hash, out));
    return l.is_whole ? sr_catalog_put_text(r->catalog, out, sr_buf_view(l.text), err) : SR_OK;
}

static enum sr_status add_adopt(struct adopting *a, struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_ADOPT};
    struct sr_bytes text = {0};
    uint8_t policy[SR_SHA256_BYTES];
    uint8_t report[SR_SHA256_BYTES];
    SR_TRY(sr_policy_builtin("local", &text));
    SR_TRY(sr_found_policy(a->room, text, policy, &a->acts[0].policy, err));
    SR_TRY(list_deeds(a->room, report, err));
    sr_act_set_word(&act, SR_FIELD_key, sr_act_key_line(a->s->book->key));
    sr_act_set_digest(&act, SR_FIELD_policy, policy);
    sr_act_set_digest(&act, SR_FIELD_report, report);
    return add(a, &act, NULL, err);
}

/* What is known of a version, and the memory that its act points into. */
struct known {
    struct sr_lineage_record lineage;
    bool has_lineage;
    struct sr_deposit_document *documents;
    struct sr_act_name *names;
    size_t document_count;
    struct sr_id *parents;
    size_t parent_count;
};

static void known_clear(struct known *k)
{
    sr_lineage_record_clear(&k->lineage);
    free(k->documents);
    free(k->names);
    free(k->parents);
}

/* A version from before there were lineages gets the one that says so, among the room's texts. */
static enum sr_status make_lineage(struct adopting *a, struct known *k, struct sr_act_name *out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    k->lineage.tier = SR_LINEAGE_TIER_MIN;
    k->lineage.step = SR_STEP_UNKNOWN;
    k->lineage.verdict = SR_VERDICT_REVIEW;
    (void)snprintf(k->lineage.reason, sizeof k->lineage.reason, "%s", BECAUSE);
    SR_TRY(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text));
    SR_TRY(sr_lineage_encode(&k->lineage, text));
    out->name = sr_text_view(SR_PEDIGREE_DOCUMENT);
    return sr_custody_put_text(a->room, sr_buf_view(text), out->sha256, err);
}

/* DIGESTS are in byte order of their names. */
static int by_name(const void *a, const void *b) /* lint: callback */
{
    const struct sr_act_name *x = a;
    const struct sr_act_name *y = b;
    size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
    int order = memcmp(x->name.ptr, y->name.ptr, len);
    return order != 0 ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static enum sr_status gather(struct adopting *a, const struct sr_id *version, struct known *k,
                             struct sr_err *err)
{
    struct sr_room *r = a->room;
    SR_TRY(sr_pedigree_load_record(r, version, &k->lineage, &k->has_lineage, err));
    SR_TRY(sr_pedigree_documents(r, version, &k->documents, &k->document_count, err));
    SR_TRY(sr_catalog_parents(r->catalog, version, &k->parents, &k->parent_count, err));
    k->names = calloc(k->document_count + 1, sizeof *k->names);
    if (k->names == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the documents");
    }
    for (size_t i = 0; i < k->document_count; i++) {
        k->names[i].name = sr_text_view(k->documents[i].name);
        memcpy(k->names[i].sha256, k->documents[i].sha256, sizeof k->names[i].sha256);
    }
    if (!k->has_lineage) {
        SR_TRY(make_lineage(a, k, &k->names[k->document_count++], err));
        qsort(k->names, k->document_count, sizeof *k->names, by_name);
    }
    return SR_OK;
}

static void say_version(struct sr_act *act, const struct sr_catalog_version *v,
                        const struct known *k)
{
    bool passed = k->lineage.verdict == SR_VERDICT_PASS;
    sr_custody_about(act, v);
    sr_act_set_word(act, SR_FIELD_kind, v->kind);
    sr_act_set_number(act, SR_FIELD_files, v->file_count);
    sr_act_set_number(act, SR_FIELD_tier, k->lineage.tier);
    sr_act_set_word(act, SR_FIELD_step, sr_step_name(k->lineage.step));
    sr_act_set_word(act, SR_FIELD_profile, sr_profile_name(k->lineage.profile));
    sr_act_set_digest(act, SR_FIELD_ruleset, k->lineage.ruleset);
    sr_act_set_word(act, SR_FIELD_verdict, sr_verdict_name(k->lineage.verdict));
    if (!passed) {
        sr_act_set_word(act, SR_FIELD_because,
                        k->lineage.reason[0] == '\0' ? BECAUSE : k->lineage.reason);
    }
    if (k->parent_count > 0) {
        sr_act_set_ids(act, SR_FIELD_parents, k->parents, k->parent_count);
    }
    sr_act_set_digests(act, SR_FIELD_documents, k->names, k->document_count);
}

/* Enter a version when its parents are entered. */
static enum sr_status enter(struct adopting *a, size_t index, bool *out_entered, struct sr_err *err)
{
    SR_CLEANUP(known_clear) struct known k = {0};
    const struct sr_catalog_version *v = &a->versions[index];
    struct sr_act act = {.verb = SR_VERB_DEPOSIT};
    SR_TRY(gather(a, &v->id, &k, err));
    for (size_t i = 0; i < k.parent_count; i++) {
        if (sr_state_version(a->state, &k.parents[i]) == NULL) {
            return SR_OK;
        }
    }
    memcpy(act.policy, sr_state_policy(a->state)->digest, sizeof act.policy);
    say_version(&act, v, &k);
    SR_TRY(add(a, &act, v->digest, err));
    a->is_entered[index] = true;
    *out_entered = true;
    return SR_OK;
}

static enum sr_status enter_all(struct adopting *a, struct sr_err *err)
{
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (size_t i = 0; i < a->version_count; i++) {
            if (!a->is_entered[i] && a->versions[i].state == SR_VERSION_SEALED) {
                SR_TRY(enter(a, i, &goes_on, err));
            }
        }
    }
    for (size_t i = 0; i < a->version_count; i++) {
        if (!a->is_entered[i] && a->versions[i].state == SR_VERSION_SEALED) {
            return sr_fail(err, SR_CORRUPT, "'%s@%llu' is its own ancestor", a->versions[i].name,
                           (unsigned long long)a->versions[i].number);
        }
    }
    return SR_OK;
}

static enum sr_status write_all(struct adopting *a, struct sr_err *err)
{
    struct sr_book_act *acts = calloc(a->count, sizeof *acts);
    if (acts == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the acts of a room");
    }
    for (size_t i = 0; i < a->count; i++) {
        acts[i] = a->acts[i].book;
        a->acts[i].book.policy = NULL;
    }
    enum sr_status status = sr_book_write(a->s, acts, a->count, NULL, err);
    sr_policy_free(acts[0].policy); /* the state has taken it, or never saw it */
    free(acts);
    return status;
}

static enum sr_status adopt(struct sr_room *r, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_CLEANUP(adopting_clear)
    struct adopting a = {.room = r, .s = &s, .now_utc_ms = sr_time_now_utc_ms()};
    SR_TRY(sr_book_begin(r, a.now_utc_ms, &s, err));
    SR_TRY(sr_catalog_versions(r->catalog, NULL, &a.versions, &a.version_count, err));
    a.acts = calloc(a.version_count + 1, sizeof *a.acts);
    a.is_entered = calloc(a.version_count + 1, sizeof *a.is_entered);
    if (a.acts == NULL || a.is_entered == NULL || sr_state_new(&a.state) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to take over the room");
    }
    SR_TRY(add_adopt(&a, err));
    SR_TRY(enter_all(&a, err));
    SR_TRY(write_all(&a, err));
    return sr_book_publish(&s, a.now_utc_ms, 0, err);
}

enum sr_status sr_found_adopt(struct sr_room *r, struct sr_err *err)
{
    uint64_t last = 0;
    int64_t unused = 0;
    if (r->book->key != NULL || r->book->signer == NULL) {
        return SR_OK; /* it has begun, or is locked */
    }
    SR_TRY(sr_catalog_last_act(r->catalog, &last, &unused, err));
    if (last != 0) {
        return SR_OK;
    }
    struct sr_err failed = {0};
    enum sr_status status = adopt(r, &failed);
    if (status == SR_CONFLICT) {
        return SR_OK; /* another process was quicker */
    }
    return status == SR_OK
               ? SR_OK
               : sr_fail(err, status, "the room could not be taken over: %s", failed.message);
}
