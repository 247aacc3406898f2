/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "custody/book.h"
#include "custody/bundle_file.h"
#include "custody/handoff_impl.h"
#include "custody/hold.h"
#include "custody/intake.h"
#include "custody/own_card.h"
#include "custody/own_chain.h"
#include "custody/pedigree.h"
#include "custody/recover_impl.h"
#include "custody/ref.h"
#include "custody/room_impl.h"
#include "custody/room_key.h"
#include "custody/room_signature.h"
#include "custody/verify.h"

/* ---- Taking in. */

struct taking {
    struct sr_room *room;
    const struct sr_handoff_take_params *params;
    struct sr_bundle_file *file;
    struct sr_chain *chain;
    struct sr_chain_verdict verdict;
    struct sr_room_card own;
    struct sr_blobs *bodies;
    struct sr_secret *dek;
};

static void taking_clear(struct taking *t)
{
    sr_secret_free(t->dek);
    sr_blobs_free(t->bodies);
    sr_chain_free(t->chain);
    sr_bundle_file_free(t->file);
}

/* The giver is who has custody by the chain, and somebody has compared that room's card. */
static enum sr_status check_giver(struct taking *t, struct sr_err *err)
{
    struct sr_room_card card;
    uint8_t known[SR_SHA256_BYTES];
    SR_TRY(sr_room_card_open(t->params->card, &card, known, err));
    const struct sr_room_card *giver = &t->verdict.custodian->card;
    /* Cards of one room may differ in what it calls itself; the keys may not. */
    if (!sr_text_id_equal(&giver->room, &card.room) || strcmp(giver->key, card.key) != 0) {
        return sr_fail(err, SR_UNTRUSTED,
                       "the offer is by another room than the card given ('%.64s'); do not take it",
                       card.origin);
    }
    return SR_OK;
}

static enum sr_status check_receiver(struct taking *t, struct sr_err *err)
{
    const struct sr_room_card *receiver = &t->verdict.receiver->card;
    SR_TRY(sr_own_card(t->room, NULL, &t->own, NULL, err));
    bool is_mine = sr_text_id_equal(&receiver->room, &t->own.room) &&
                   strcmp(receiver->key, t->own.key) == 0 &&
                   memcmp(receiver->transport, t->own.transport, SR_HPKE_KEY_BYTES) == 0;
    return is_mine ? SR_OK
                   : sr_fail(err, SR_UNTRUSTED, "the offer is for another room ('%.64s')",
                             receiver->origin);
}

static enum sr_status check_time(const struct sr_act *offer, struct sr_err *err)
{
    int64_t until = (int64_t)offer->field[SR_FIELD_until].number;
    char text[SR_TIME_TEXT_BYTES];
    if (sr_time_now_utc_ms() <= until) {
        return SR_OK;
    }
    sr_time_format(until, text);
    return sr_fail(err, SR_CONFLICT, "the offer ended at %s; ask for another", text);
}

static const struct sr_act_name *find_document(const struct sr_act *offer, struct sr_bytes name)
{
    const struct sr_act_value *documents = &offer->field[SR_FIELD_documents];
    size_t count = sr_act_has(offer, SR_FIELD_documents) ? documents->count : 0;
    for (size_t i = 0; i < count; i++) {
        if (sr_text_equal(documents->digests[i].name, name)) {
            return &documents->digests[i];
        }
    }
    return NULL;
}

/* BU-3: what is in the bundle is what the offer's signature covers. */
static enum sr_status check_bundle(const struct taking *t, struct sr_err *err)
{
    const struct sr_bundle *b = sr_bundle_file_view(t->file);
    const struct sr_act *offer = t->verdict.offer->act;
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_BUNDLE_DOCUMENT_BYTES_MAX, &text));
    if (!sr_text_id_equal(&b->version, &offer->field[SR_FIELD_version].id)) {
        return sr_fail(err, SR_UNTRUSTED, "the bundle holds another version than was offered");
    }
    for (size_t i = 0; i < b->document_count; i++) {
        const struct sr_act_name *offered = find_document(offer, b->document[i].name);
        if (offered == NULL ||
            memcmp(offered->sha256, b->document[i].sha256, SR_SHA256_BYTES) != 0) {
            return sr_fail(err, SR_UNTRUSTED, "the bundle holds a document that was not offered");
        }
        /* Now, and not after the bodies were copied. */
        sr_buf_clear(text);
        SR_TRY(sr_bundle_file_document(t->file, i, text, err));
    }
    return SR_OK;
}

static enum sr_status open_key(struct taking *t, struct sr_err *err)
{
    SR_AUTO(sr_secret) seed = NULL;
    uint8_t info[SR_HANDOFF_INFO_BYTES];
    const struct sr_chain_event *offer = t->verdict.offer;
    const struct sr_bundle *b = sr_bundle_file_view(t->file);
    SR_TRY(sr_room_key_find(t->room, SR_ROOM_KEY_TRANSPORT, &seed, err));
    sr_handoff_info(offer->act, offer->digest, &t->own.room, info);
    enum sr_status status =
        sr_hpke_open(seed, sr_bytes(info, sizeof info), sr_bytes(NULL, 0), b->slot, &t->dek, err);
    if (status == SR_OK && sr_secret_len(t->dek) != SR_DEK_BYTES) {
        return sr_fail(err, SR_CORRUPT, "the bundle's data key has another length");
    }
    return status == SR_OK ? SR_OK : sr_context(err, status, "the bundle's data key");
}

static enum sr_status open_bodies(struct taking *t, struct sr_err *err)
{
    char uri[PATH_MAX + 8];
    if (t->params->bodies == NULL) {
        return SR_OK;
    }
    int bytes = snprintf(uri, sizeof uri, "dir:%s", t->params->bodies);
    if (bytes <= 0 || (size_t)bytes >= sizeof uri) {
        return sr_fail(err, SR_TOO_LARGE, "the path of the bodies is too long");
    }
    return sr_blobs_open(uri, &t->bodies, err);
}

static enum sr_status open_offer(struct taking *t, struct sr_err *err)
{
    SR_TRY(sr_room_need_keys(t->room, err));
    SR_TRY(sr_bundle_file_open(t->params->path, &t->file, err));
    SR_TRY(sr_chain_decode(sr_bundle_file_view(t->file)->chain, &t->chain, err));
    SR_TRY(sr_handoff_verify(t->chain, &t->verdict, err));
    if (t->verdict.state != SR_CHAIN_OFFERED) {
        return sr_fail(err, SR_CONFLICT, "the bundle holds no open offer; its chain is '%s'",
                       sr_chain_state_word(t->verdict.state));
    }
    SR_TRY(check_giver(t, err));
    SR_TRY(check_receiver(t, err));
    SR_TRY(check_bundle(t, err));
    return check_time(t->verdict.offer->act, err);
}

/* A text of an act as a string. errors  MALFORMED  too long */
static enum sr_status text_of(const struct sr_act *act, enum sr_act_field field, char *out,
                              size_t out_bytes, struct sr_err *err)
{
    struct sr_bytes text = act->field[field].text;
    if (text.len >= out_bytes) {
        return sr_fail(err, SR_MALFORMED, "the offer: %s: too long", sr_field_info(field)->name);
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return SR_OK;
}

enum sr_status sr_handoff_take(struct sr_room *r, const struct sr_handoff_take_params *params,
                               struct sr_handoff_take_result *out, struct sr_err *err)
{
    SR_CLEANUP(taking_clear) struct taking t = {.room = r, .params = params};
    char name[SR_LIMIT_NAME_BYTES + 1];
    char kind[SR_CATALOG_KIND_BYTES];
    struct sr_intake_result taken = {0};
    SR_TRY(open_offer(&t, err));
    SR_TRY(open_key(&t, err));
    SR_TRY(open_bodies(&t, err));
    const struct sr_act *offer = t.verdict.offer->act;
    SR_TRY(text_of(offer, SR_FIELD_artifact, name, sizeof name, err));
    SR_TRY(text_of(offer, SR_FIELD_kind, kind, sizeof kind, err));
    struct sr_intake_params intake = {
        .file = t.file,
        .bodies = t.bodies,
        .dek = t.dek,
        .digest = offer->subjects[0].sha256,
        .offer = t.verdict.offer->digest,
        .name = params->name != NULL ? params->name : name,
        .kind = kind,
        .tier = (unsigned)offer->field[SR_FIELD_tier].number,
        .inspector = params->inspector,
        .report = params->report,
        .accept_review = params->accept_review,
        .progress = params->progress,
    };
    SR_TRY(sr_intake(r, &intake, &taken, err));
    *out = (struct sr_handoff_take_result){
        .version = taken.version,
        .handoff = offer->field[SR_FIELD_handoff].id,
        .from = t.verdict.custodian->card,
        .until_utc_ms = (int64_t)offer->field[SR_FIELD_until].number,
        .tier = intake.tier,
        .is_resumed = taken.is_resumed,
        .is_from_origin = t.verdict.first == t.verdict.custodian,
    };
    return SR_OK;
}

/* ---- What waits, and the answer to it. */

enum sr_status sr_handoff_waiting(struct sr_room *r, struct sr_catalog_version **out,
                                  size_t *out_count, struct sr_err *err)
{
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    size_t kept = 0;
    SR_TRY(sr_catalog_versions(r->catalog, NULL, &versions, &count, err));
    for (size_t i = 0; i < count; i++) {
        SR_AUTO(sr_hold) hold = NULL;
        struct sr_hold_intent intent;
        if (versions[i].state == SR_VERSION_STAGED &&
            sr_hold_take(r->deposits_fd, &versions[i].id, &hold, NULL) == SR_OK &&
            sr_hold_load(hold, &intent, NULL) == SR_OK && intent.is_offered &&
            intent.is_inspected) {
            versions[kept++] = versions[i];
        }
    }
    *out = versions;
    *out_count = kept;
    return SR_OK;
}

/* One of them, held, with what its answer is made of. */
struct answering {
    struct sr_room *room;
    struct sr_catalog_version version;
    struct sr_hold *hold;
    struct sr_hold_intent intent;
    struct sr_buf *chain_text;
    struct sr_chain *chain;
    struct sr_chain_verdict verdict;
    struct sr_buf *results;
    struct sr_catalog_file *files;
    size_t count;
    struct sr_deposit_document *documents;
    struct sr_act_name *names;
    size_t document_count;
    struct sr_lineage_record lineage;
};

static void answering_clear(struct answering *a)
{
    sr_hold_free(a->hold);
    sr_chain_free(a->chain);
    sr_buf_free(a->chain_text);
    sr_buf_free(a->results);
    free(a->files);
    free(a->documents);
    free(a->names);
    sr_lineage_record_clear(&a->lineage);
}

static void free_versions(struct sr_catalog_version **versions)
{
    free(*versions);
}

static bool is_named(const struct sr_catalog_version *v, const char *ref)
{
    char name[SR_LIMIT_NAME_BYTES + 24];
    (void)snprintf(name, sizeof name, "%s@%llu", v->name, (unsigned long long)v->number);
    return strcmp(v->name, ref) == 0 || strcmp(name, ref) == 0;
}

static enum sr_status find_waiting(struct answering *a, const char *ref, struct sr_err *err)
{
    SR_CLEANUP(free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    size_t found = 0;
    SR_TRY(sr_handoff_waiting(a->room, &versions, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (is_named(&versions[i], ref)) {
            a->version = versions[i];
            found++;
        }
    }
    if (found != 1) {
        return sr_fail(err, found == 0 ? SR_NOT_FOUND : SR_CONFLICT,
                       found == 0 ? "nothing named '%.128s' waits to be accepted"
                                  : "several versions of '%.128s' wait; say which, as NAME@NUMBER",
                       ref);
    }
    SR_TRY(sr_hold_take(a->room->deposits_fd, &a->version.id, &a->hold, err));
    return sr_hold_load(a->hold, &a->intent, err);
}

static enum sr_status load(struct answering *a, const char *name, size_t bytes_max,
                           struct sr_buf **out, struct sr_err *err)
{
    SR_TRY(sr_buf_new(bytes_max, out));
    enum sr_status status = sr_catalog_document(a->room->catalog, &a->version.id, name, *out, err);
    return status == SR_NOT_FOUND
               ? sr_fail(err, SR_CORRUPT, "what was taken in has no '%s'; reject it", name)
               : status;
}

/* The offer, verified again: the catalog is no place to be believed. */
static enum sr_status read_offer(struct answering *a, struct sr_err *err)
{
    SR_TRY(load(a, SR_INTAKE_CHAIN, SR_CHAIN_BYTES_MAX, &a->chain_text, err));
    SR_TRY(sr_chain_decode(sr_buf_view(a->chain_text), &a->chain, err));
    SR_TRY(sr_handoff_verify(a->chain, &a->verdict, err));
    bool is_it = a->verdict.state == SR_CHAIN_OFFERED &&
                 memcmp(a->verdict.offer->digest, a->intent.offer, SR_SHA256_BYTES) == 0 &&
                 sr_text_id_equal(&a->verdict.receiver->card.room, &a->room->facts.id);
    return is_it ? SR_OK
                 : sr_fail(err, SR_CORRUPT, "what was taken in is not what was offered; reject it");
}

static enum sr_status open_waiting(struct answering *a, const char *ref, struct sr_err *err)
{
    SR_TRY(sr_room_need_keys(a->room, err));
    SR_TRY(find_waiting(a, ref, err));
    SR_TRY(sr_catalog_files(a->room->catalog, &a->version.id, &a->files, &a->count, err));
    return read_offer(a, err);
}

/* The fields of the answer that follow from the offer. */
static void begin_answer(const struct answering *a, struct sr_act *act)
{
    const struct sr_chain_event *offer = a->verdict.offer;
    sr_custody_about(act, &a->version);
    sr_act_set_id(act, SR_FIELD_handoff, &offer->act->field[SR_FIELD_handoff].id);
    sr_act_set_number(act, SR_FIELD_event, offer->act->field[SR_FIELD_event].number + 1);
    sr_act_set_digest(act, SR_FIELD_previous, offer->digest);
    sr_act_set_digest(act, SR_FIELD_offer, offer->digest);
}

static enum sr_status gather(struct answering *a, struct sr_err *err)
{
    bool is_found = false;
    SR_TRY(load(a, SR_INTAKE_RESULTS, SR_CATALOG_TEXT_BYTES_MAX, &a->results, err));
    SR_TRY(sr_pedigree_load_record(a->room, &a->version.id, &a->lineage, &is_found, err));
    SR_TRY(sr_pedigree_documents(a->room, &a->version.id, &a->documents, &a->document_count, err));
    a->names = calloc(a->document_count + 1, sizeof *a->names);
    if (a->names == NULL || !is_found) {
        return sr_fail(err, is_found ? SR_NO_MEMORY : SR_CORRUPT,
                       "what was taken in has no lineage");
    }
    for (size_t i = 0; i < a->document_count; i++) {
        a->names[i].name = sr_text_view(a->documents[i].name);
        memcpy(a->names[i].sha256, a->documents[i].sha256, SR_SHA256_BYTES);
    }
    return SR_OK;
}

static enum sr_status fill_accept(struct answering *a, const char *discrepancies,
                                  struct sr_act *act, struct sr_err *err)
{
    const struct sr_deposit_inspection *inspection = &a->intent.inspection;
    uint8_t results[SR_SHA256_BYTES];
    SR_TRY(sr_custody_put_text(a->room, sr_buf_view(a->results), results, err));
    begin_answer(a, act);
    sr_act_set_digest(act, SR_FIELD_results, results);
    sr_act_set_word(act, SR_FIELD_from, a->verdict.custodian->card.origin);
    sr_act_set_number(act, SR_FIELD_tier, a->lineage.tier);
    sr_act_set_word(act, SR_FIELD_kind, a->version.kind);
    sr_act_set_number(act, SR_FIELD_files, a->count);
    sr_act_set_word(act, SR_FIELD_step, sr_step_name(a->lineage.step));
    sr_act_set_word(act, SR_FIELD_profile, sr_profile_name(inspection->profile));
    sr_act_set_digest(act, SR_FIELD_ruleset, inspection->ruleset);
    sr_act_set_word(act, SR_FIELD_verdict, sr_verdict_name(inspection->verdict));
    if (inspection->reason[0] != '\0') {
        sr_act_set_word(act, SR_FIELD_because, inspection->reason);
    }
    sr_act_set_digests(act, SR_FIELD_documents, a->names, a->document_count);
    sr_handoff_set(act, SR_FIELD_discrepancies, discrepancies);
    return SR_OK;
}

static void report(const struct answering *a, enum sr_verb verb,
                   struct sr_handoff_answer_result *out)
{
    *out = (struct sr_handoff_answer_result){
        .version = a->version,
        .handoff = a->verdict.offer->act->field[SR_FIELD_handoff].id,
        .verb = verb,
        .from = a->verdict.custodian->card,
    };
}

enum sr_status sr_handoff_accept(struct sr_room *r, const char *ref, const char *discrepancies,
                                 struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                 struct sr_err *err)
{
    SR_CLEANUP(answering_clear) struct answering a = {.room = r};
    struct sr_act act = {.verb = SR_VERB_ACCEPT};
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(open_waiting(&a, ref, err));
    SR_TRY(check_time(a.verdict.offer->act, err));
    SR_TRY(gather(&a, err));
    SR_TRY(fill_accept(&a, discrepancies, &act, err));
    SR_TRY(sr_verify_digest(a.files, a.count, digest));
    SR_TRY(sr_room_signature_make(r, &a.version.id, a.files, a.count, err));
    SR_TRY(sr_custody_do(r, NULL, &act, digest, NULL, NULL, err));
    /* It is in custody; files that cannot be removed are for the next recovery. */
    sr_hold_abandon(SR_TAKE(a.hold));
    report(&a, SR_VERB_ACCEPT, out);
    return chain == NULL ? SR_OK : sr_own_chain(r, &a.version.id, chain, err);
}

/* The envelope of an act of this room, by its digest. */
static enum sr_status copy_body(void *ctx, const struct sr_act_record *record, struct sr_err *err)
{
    (void)err;
    return sr_buf_append(ctx, record->body);
}

static enum sr_status find_act(struct sr_room *r, const uint8_t *digest, struct sr_buf *out,
                               struct sr_err *err)
{
    struct sr_id id;
    memcpy(id.bytes, digest, SR_ID_BYTES);
    const struct sr_acts_query query = {.which = SR_ACTS_BY_ID, .id = &id, .with_leaves = true};
    return sr_catalog_acts(r->catalog, &query, copy_body, out, err);
}

/* The chain with the refusal: the version is gone from the catalog by then. */
static enum sr_status encode_refusal(struct answering *a, const uint8_t *digest, struct sr_buf *out,
                                     struct sr_err *err)
{
    SR_AUTO(sr_buf) body = NULL;
    SR_AUTO(sr_buf) again = NULL;
    SR_AUTO(sr_buf) alone = NULL;
    SR_AUTO(sr_chain) refusal = NULL;
    SR_AUTO(sr_envelope) e = NULL;
    SR_AUTO(sr_chain) merged = NULL;
    struct sr_chain_part part = {0};
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &body));
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &again));
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &alone));
    SR_TRY(find_act(a->room, digest, body, err));
    SR_TRY(sr_envelope_open(sr_buf_view(body), &e, err));
    part.act = sr_buf_view(body);
    if (strcmp(sr_envelope_keyid(e), sr_act_key_fingerprint(a->room->book->key)) != 0) {
        SR_TRY(sr_envelope_make_of(sr_envelope_statement(e), a->room->book->signer, again, err));
        part.room = sr_buf_view(again);
    }
    SR_TRY(sr_chain_encode(NULL, 0, &part, 1, alone));
    SR_TRY(sr_chain_decode(sr_buf_view(alone), &refusal, err));
    const struct sr_chain *both[] = {a->chain, refusal};
    SR_TRY(sr_chain_merge(both, 2, &merged, err));
    return sr_chain_write(merged, out);
}

enum sr_status sr_handoff_reject(struct sr_room *r, const char *ref, const char *reason,
                                 struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                 struct sr_err *err)
{
    SR_CLEANUP(answering_clear) struct answering a = {.room = r};
    struct sr_act act = {.verb = SR_VERB_REJECT};
    struct sr_custody_result done = {0};
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(open_waiting(&a, ref, err));
    begin_answer(&a, &act);
    sr_act_set_number(&act, SR_FIELD_tier, a.verdict.offer->act->field[SR_FIELD_tier].number);
    sr_act_set_word(&act, SR_FIELD_kind, a.version.kind);
    sr_handoff_set(&act, SR_FIELD_reason, reason);
    SR_TRY(sr_verify_digest(a.files, a.count, digest));
    SR_TRY(sr_custody_do(r, NULL, &act, digest, NULL, &done, err));
    if (chain != NULL) {
        SR_TRY(encode_refusal(&a, done.digest, chain, err));
    }
    report(&a, SR_VERB_REJECT, out);
    SR_TRY(sr_recover_drop(r, &a.version.id, err));
    sr_hold_abandon(SR_TAKE(a.hold));
    return SR_OK;
}
