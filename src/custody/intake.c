/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/intake.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/time.h"
#include "build_config.h"
#include "custody/deposit_inspect.h"
#include "custody/kind.h"
#include "custody/pedigree.h"
#include "custody/recover_impl.h"
#include "custody/ref.h"
#include "custody/room_impl.h"
#include "custody/signing_key.h"
#include "custody/verify.h"
#include "seal/scrub.h"

#define COPY_BYTES ((size_t)1 << 20)
#define OFFERED_PREFIX "offered-"
#define RESULTS_BYTES_MAX 4096

/* A version on its way in. */
struct intake {
    struct sr_room *room;
    const struct sr_intake_params *params;
    const struct sr_bundle *bundle;
    struct sr_hold *hold;
    struct sr_hold_intent intent;
    struct sr_catalog_version version;
    struct sr_catalog_file *files;
    struct sr_pool *pool;
    bool is_resumed;
};

static void intake_clear(struct intake *t)
{
    sr_hold_free(t->hold);
    sr_pool_free(t->pool);
    free(t->files);
}

static void free_slots(struct sr_slot **slots)
{
    free(*slots);
}

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* What the bundle says of a file, as the catalog has it. */
static struct sr_body_facts facts_of(const struct sr_bundle_entry *entry)
{
    struct sr_body_facts facts = {.kind = entry->kind,
                                  .plain_bytes = entry->plain_bytes,
                                  .tensor_count = entry->tensor_count,
                                  .body_bytes = entry->body_bytes};
    memcpy(facts.sha256, entry->sha256, sizeof facts.sha256);
    memcpy(facts.root, entry->root, sizeof facts.root);
    memcpy(facts.body_root, entry->body_root, sizeof facts.body_root);
    return facts;
}

static enum sr_status make_files(struct intake *t, struct sr_err *err)
{
    size_t count = t->bundle->file_count;
    t->files = calloc(count, sizeof *t->files);
    if (t->files == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    for (size_t i = 0; i < count; i++) {
        const struct sr_bundle_entry *entry = &t->bundle->files[i];
        memcpy(t->files[i].path, entry->path.ptr, entry->path.len);
        t->files[i].file_index = (uint32_t)i;
        t->files[i].object = entry->object;
        t->files[i].facts = facts_of(entry);
    }
    return SR_OK;
}

/* The digest over the files' own comes first: what was not offered is not even copied. */
static enum sr_status check_offer(const struct intake *t, struct sr_err *err)
{
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_verify_digest(t->files, t->bundle->file_count, digest));
    if (memcmp(digest, t->params->digest, sizeof digest) != 0) {
        return sr_fail(err, SR_CORRUPT, "the bundle holds other files than were offered");
    }
    return SR_OK;
}

static enum sr_status check_params(struct intake *t, struct sr_err *err)
{
    const struct sr_intake_params *params = t->params;
    SR_TRY(sr_room_need_keys(t->room, err));
    SR_TRY(sr_deposit_check_reason(params->accept_review, err));
    SR_TRY(sr_ref_check_name(sr_text_view(params->name), err));
    if (!sr_kind_is_known(params->kind) || strlen(params->kind) >= sizeof t->version.kind) {
        return sr_fail(err, SR_MALFORMED, "'%.64s' is not a kind of artifact", params->kind);
    }
    assert(strlen(sr_room_actor(t->room)) < sizeof t->intent.actor);
    memcpy(t->intent.actor, sr_room_actor(t->room), strlen(sr_room_actor(t->room)) + 1);
    t->intent.is_offered = true;
    memcpy(t->intent.offer, params->offer, sizeof t->intent.offer);
    SR_TRY(make_files(t, err));
    return check_offer(t, err);
}

static bool is_same_file(const struct sr_catalog_file *a, const struct sr_catalog_file *b)
{
    return strcmp(a->path, b->path) == 0 && sr_text_id_equal(&a->object, &b->object);
}

/* Whether what is staged is an interrupted intake of the same offer; then what it has is taken
 * over.
 */
static enum sr_status is_same(struct intake *t, bool *out, struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    struct sr_hold_intent intent = {0};
    size_t count = 0;
    SR_TRY(sr_catalog_files(t->room->catalog, &t->version.id, &files, &count, err));
    bool same = sr_hold_load(t->hold, &intent, NULL) == SR_OK && intent.is_offered &&
                memcmp(intent.offer, t->params->offer, sizeof intent.offer) == 0 &&
                count == t->bundle->file_count && sr_recover_has_bodies(t->room, files, count);
    for (size_t i = 0; i < count && same; i++) {
        same = is_same_file(&files[i], &t->files[i]);
    }
    for (size_t i = 0; i < count && same; i++) {
        t->files[i].sealed = files[i].sealed;
    }
    *out = same;
    if (same && intent.is_inspected) {
        return sr_fail(err, SR_CONFLICT,
                       "it is waiting here already as '%s@%llu'; accept or reject it",
                       t->version.name, (unsigned long long)t->version.number);
    }
    return SR_OK;
}

/* Look for the version: in custody here, or an intake that was interrupted. */
static enum sr_status find_interrupted(struct intake *t, struct sr_err *err)
{
    bool same = false;
    enum sr_status status =
        sr_catalog_version_by_id(t->room->catalog, &t->bundle->version, &t->version, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK;
    }
    SR_TRY(status);
    if (t->version.state == SR_VERSION_SEALED) {
        return sr_fail(err, SR_CONFLICT, "it is in this room already, as '%s@%llu'",
                       t->version.name, (unsigned long long)t->version.number);
    }
    SR_TRY(sr_hold_take(t->room->deposits_fd, &t->version.id, &t->hold, err));
    SR_TRY(is_same(t, &same, err));
    t->is_resumed = same;
    if (!same) {
        SR_TRY(sr_recover_drop(t->room, &t->version.id, err));
        SR_TRY(sr_hold_end(SR_TAKE(t->hold), err));
    }
    return SR_OK;
}

static enum sr_status reserve(struct intake *t, struct sr_err *err)
{
    SR_AUTO(sr_secret) kek = NULL;
    struct sr_group group;
    size_t count = t->bundle->file_count;
    SR_CLEANUP(free_slots) struct sr_slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for slots");
    }
    SR_TRY(sr_room_first_group(t->room, &group, &kek, err));
    for (size_t i = 0; i < count; i++) {
        struct sr_body_name body = {.object = t->files[i].object,
                                    .version = t->version.id,
                                    .file_index = t->files[i].file_index};
        SR_TRY(
            sr_slot_make(kek, &group, &t->room->facts.id, &body, t->params->dek, &slots[i], err));
    }
    return sr_catalog_reserve(t->room->catalog, &t->version, t->files, slots, err);
}

static void describe(struct intake *t)
{
    const struct sr_intake_params *params = t->params;
    char offer[2 * SR_SHA256_BYTES + 1];
    t->version = (struct sr_catalog_version){
        .id = t->bundle->version,
        .number = params->number,
        .state = SR_VERSION_STAGED,
        .created_utc_ms = sr_time_now_utc_ms(),
        .file_count = t->bundle->file_count,
    };
    for (size_t i = 0; i < t->bundle->file_count; i++) {
        t->version.plain_bytes += t->bundle->files[i].plain_bytes;
    }
    memcpy(t->version.name, params->name, strlen(params->name) + 1);
    memcpy(t->version.kind, params->kind, strlen(params->kind) + 1);
    /* Not a path, so that no deposit ever takes it for its own. */
    sr_text_hex(sr_bytes(params->offer, SR_SHA256_BYTES), offer);
    (void)snprintf(t->version.source, sizeof t->version.source, "offer:%s", offer);
}

static enum sr_status check_space(const struct intake *t, struct sr_err *err)
{
    uint64_t available = 0;
    uint64_t needed = 0;
    SR_TRY(sr_blobs_free_bytes(t->room->blobs, &available, err));
    for (size_t i = 0; i < t->bundle->file_count; i++) {
        needed += t->bundle->files[i].body_bytes;
    }
    return needed <= available
               ? SR_OK
               : sr_fail(err, SR_IO, "the store has %llu MiB free, the version needs %llu MiB",
                         (unsigned long long)(available >> 20),
                         (unsigned long long)(needed >> 20) + 1);
}

static enum sr_status start(struct intake *t, struct sr_err *err)
{
    SR_TRY(check_space(t, err));
    describe(t);
    SR_TRY(sr_hold_take(t->room->deposits_fd, &t->version.id, &t->hold, err));
    enum sr_status status = sr_hold_store(t->hold, &t->intent, err);
    if (status == SR_OK) {
        status = reserve(t, err);
    }
    if (status != SR_OK) {
        sr_hold_abandon(SR_TAKE(t->hold));
    }
    return status;
}

/* Nothing of it stays; what cannot be removed now is for the next recovery. */
static void drop(struct intake *t)
{
    if (sr_recover_drop(t->room, &t->version.id, NULL) == SR_OK) {
        sr_hold_abandon(SR_TAKE(t->hold));
    }
}

static enum sr_status copy(const struct intake *t, struct sr_source from, struct sr_staged *to,
                           uint8_t *chunk, struct sr_err *err)
{
    const struct sr_progress *p = &t->params->progress;
    struct sr_sink sink;
    struct sr_source unused;
    sr_staged_io(to, &sink, &unused);
    SR_TRY(sr_staged_reserve(to, from.bytes, err));
    for (uint64_t at = 0; at < from.bytes;) {
        size_t len = from.bytes - at < COPY_BYTES ? (size_t)(from.bytes - at) : COPY_BYTES;
        if (p->cancelled != NULL && p->cancelled(p->ctx)) {
            return sr_fail(err, SR_CANCELLED, "it was stopped");
        }
        SR_TRY(from.read_at(from.ctx, at, chunk, len, err));
        SR_TRY(sink.write_at(sink.ctx, at, sr_bytes(chunk, len), err));
        if (p->advance != NULL) {
            p->advance(p->ctx, len);
        }
        at += len;
    }
    return SR_OK;
}

static enum sr_status copy_from(const struct intake *t, struct sr_source from,
                                const struct sr_catalog_file *file, uint8_t *chunk,
                                struct sr_err *err)
{
    SR_AUTO(sr_staged) staged = NULL;
    if (from.bytes != file->facts.body_bytes) {
        return sr_fail(err, SR_CORRUPT, "its body has %llu bytes and should have %llu",
                       (unsigned long long)from.bytes, (unsigned long long)file->facts.body_bytes);
    }
    enum sr_status status = sr_blobs_stage(t->room->blobs, &file->object, &staged, err);
    if (status == SR_CONFLICT) {
        /* Published before a crash, and the catalog had not heard of it. What it is shows when it
         * is decrypted. */
        return SR_OK;
    }
    SR_TRY(status);
    SR_TRY(copy(t, from, staged, chunk, err));
    return sr_staged_publish(SR_TAKE(staged), from.bytes, err);
}

static enum sr_status copy_body(const struct intake *t, size_t i, uint8_t *chunk,
                                struct sr_err *err)
{
    const struct sr_catalog_file *file = &t->files[i];
    struct sr_bundle_body ctx;
    if (sr_bundle_file_has_bodies(t->params->file)) {
        return copy_from(t, sr_bundle_file_body(t->params->file, i, &ctx), file, chunk, err);
    }
    SR_AUTO(sr_blob) blob = NULL;
    if (t->params->bodies == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "the bodies are not in the bundle; say where they are");
    }
    SR_TRY(sr_blobs_open_blob(t->params->bodies, &file->object, &blob, err));
    return copy_from(t, sr_blob_source(blob), file, chunk, err);
}

/* Every segment, the SHA-256 and the tree of what is in this room's store now. */
static enum sr_status check_body(const struct intake *t, size_t i, struct sr_err *err)
{
    SR_AUTO(sr_room_body) body = NULL;
    SR_AUTO(sr_blob) blob = NULL;
    struct sr_scrub_result scrubbed;
    const struct sr_catalog_file *file = &t->files[i];
    SR_TRY(sr_room_open_under(t->room, &t->version.id, file, t->params->dek, t->pool, &body, err));
    SR_TRY(sr_scrub_opened(sr_room_body_view(body), &file->facts, 0, &scrubbed, err));
    /* The root over the stored bytes is what scrub will go by; nothing encrypted vouches for it. */
    SR_TRY(sr_blobs_open_blob(t->room->blobs, &file->object, &blob, err));
    return sr_scrub_stored(sr_blob_source(blob), file->facts.body_bytes, file->facts.body_root, 0,
                           &scrubbed, err);
}

static enum sr_status take_file(struct intake *t, size_t i, uint8_t *chunk, struct sr_err *err)
{
    if (t->files[i].sealed) {
        return SR_OK;
    }
    SR_TRY(copy_body(t, i, chunk, err));
    SR_TRY(check_body(t, i, err));
    SR_TRY(sr_catalog_file_sealed(t->room->catalog, &t->version.id, t->files[i].file_index,
                                  &t->files[i].facts, err));
    t->files[i].sealed = true;
    return SR_OK;
}

static bool is_damage(enum sr_status status)
{
    return status == SR_CORRUPT || status == SR_TRUNCATED || status == SR_MALFORMED ||
           status == SR_UNSUPPORTED || status == SR_NOT_FOUND;
}

static enum sr_status take_files(struct intake *t, struct sr_err *err)
{
    const struct sr_progress *p = &t->params->progress;
    SR_CLEANUP(free_bytes) uint8_t *chunk = malloc(COPY_BYTES);
    uint64_t total = 0;
    if (chunk == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to copy bodies");
    }
    for (size_t i = 0; i < t->bundle->file_count; i++) {
        total += t->files[i].sealed ? 0 : t->files[i].facts.body_bytes;
    }
    if (p->start != NULL) {
        p->start(p->ctx, total, t->bundle->file_count);
    }
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, 2, 1, &t->pool, err));
    for (size_t i = 0; i < t->bundle->file_count; i++) {
        enum sr_status status = take_file(t, i, chunk, err);
        if (is_damage(status)) {
            drop(t);
        }
        if (status != SR_OK) {
            return sr_context(err, status, "'%s'", t->files[i].path);
        }
    }
    return SR_OK;
}

static enum sr_status put(const struct intake *t, const char *name, struct sr_bytes body,
                          struct sr_err *err)
{
    return sr_catalog_put_document(t->room->catalog, &t->version.id, name, body, err);
}

static bool is_named(struct sr_bytes name, const char *word)
{
    return sr_text_equal(name, sr_text_view(word));
}

/* What the giver had written of it, under a name that is not this room's own. */
static enum sr_status keep_offered(const struct intake *t, struct sr_lineage_record *lineage,
                                   struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_BUNDLE_DOCUMENT_BYTES_MAX, &text));
    for (size_t i = 0; i < t->bundle->document_count; i++) {
        struct sr_bytes name = t->bundle->document[i].name;
        char kept[SR_CATALOG_DOCUMENT_NAME_BYTES];
        bool is_lineage = is_named(name, SR_PEDIGREE_DOCUMENT);
        if (!is_lineage && !is_named(name, SR_DEPOSIT_REPORT) &&
            !is_named(name, SR_PEDIGREE_PROVENANCE)) {
            continue; /* of no use here */
        }
        sr_buf_clear(text);
        SR_TRY(sr_bundle_file_document(t->params->file, i, text, err));
        (void)snprintf(kept, sizeof kept, OFFERED_PREFIX "%.*s", (int)name.len,
                       (const char *)name.ptr);
        SR_TRY(put(t, kept, sr_buf_view(text), err));
        if (is_named(name, SR_PEDIGREE_PROVENANCE)) {
            SR_TRY(put(t, SR_PEDIGREE_PROVENANCE, sr_buf_view(text), err));
        }
        if (is_lineage) {
            sr_lineage_record_clear(lineage);
            SR_TRY(sr_lineage_decode(sr_buf_view(text), lineage, err));
        }
    }
    return SR_OK;
}

/* This room's lineage: the giver's facts, this room's verdict. */
static enum sr_status keep_lineage(const struct intake *t, struct sr_lineage_record *lineage,
                                   struct sr_err *err)
{
    const struct sr_deposit_inspection *inspection = &t->intent.inspection;
    SR_AUTO(sr_buf) text = NULL;
    lineage->tier = t->params->tier;
    lineage->verdict = inspection->verdict;
    lineage->profile = inspection->profile;
    memcpy(lineage->ruleset, inspection->ruleset, sizeof lineage->ruleset);
    (void)sr_inspection_quote(sr_text_view(inspection->reason), lineage->reason);
    SR_TRY(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text));
    enum sr_status status = sr_lineage_encode(lineage, text);
    return status == SR_OK ? put(t, SR_PEDIGREE_DOCUMENT, sr_buf_view(text), err)
                           : sr_fail(err, status, "cannot write down a lineage");
}

static enum sr_status put_hex(struct sr_json_writer *w, const char *key, const uint8_t *digest)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(digest, SR_SHA256_BYTES));
}

static enum sr_status put_number(struct sr_json_writer *w, const char *key, uint64_t number)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, number);
}

static enum sr_status put_word(struct sr_json_writer *w, const char *key, const char *word)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(word));
}

/* Members in byte order: it is canonical JSON. */
static enum sr_status encode_results(const struct intake *t, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    uint64_t tensors = 0;
    for (size_t i = 0; i < t->bundle->file_count; i++) {
        tensors += t->files[i].facts.tensor_count;
    }
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_number(&w, "bytes", t->version.plain_bytes));
    SR_TRY(put_number(&w, "checked_utc_ms", (uint64_t)sr_time_now_utc_ms()));
    SR_TRY(put_hex(&w, "digest", t->params->digest));
    SR_TRY(put_number(&w, "files", t->bundle->file_count));
    SR_TRY(put_number(&w, "format", 1));
    SR_TRY(put_hex(&w, "offer", t->params->offer));
    SR_TRY(put_hex(&w, "ruleset", t->intent.inspection.ruleset));
    SR_TRY(put_number(&w, "tensors", tensors));
    SR_TRY(put_word(&w, "tool", "strongroom " SR_VERSION));
    SR_TRY(put_word(&w, "verdict", sr_verdict_name(t->intent.inspection.verdict)));
    return sr_json_close_object(&w);
}

static enum sr_status keep_documents(const struct intake *t, struct sr_err *err)
{
    SR_CLEANUP(sr_lineage_record_clear) struct sr_lineage_record lineage = {0};
    SR_AUTO(sr_buf) results = NULL;
    SR_TRY(keep_offered(t, &lineage, err));
    SR_TRY(keep_lineage(t, &lineage, err));
    SR_TRY(sr_deposit_keep_report(t->room, &t->version.id, t->params->report, err));
    SR_TRY(sr_buf_new(RESULTS_BYTES_MAX, &results));
    enum sr_status status = encode_results(t, results);
    if (status != SR_OK) {
        return sr_fail(err, status, "cannot write down the results");
    }
    SR_TRY(put(t, SR_INTAKE_RESULTS, sr_buf_view(results), err));
    return put(t, SR_INTAKE_CHAIN, t->bundle->chain, err);
}

static enum sr_status inspect(struct intake *t, struct sr_err *err)
{
    const struct sr_intake_params *params = t->params;
    struct sr_deposit_look look = {.room = t->room,
                                   .version = &t->version.id,
                                   .dek = params->dek,
                                   .inspector = params->inspector,
                                   .report = params->report,
                                   .progress = &params->progress};
    SR_TRY(sr_deposit_look(&look, err));
    enum sr_status status =
        sr_deposit_judge(params->report, params->accept_review, &t->intent.inspection, err);
    if (status != SR_OK) {
        drop(t);
    }
    return status;
}

static enum sr_status need_signing_key(struct sr_room *r, struct sr_err *err)
{
    SR_AUTO(sr_signer) signer = NULL;
    return sr_signing_key_open(r, &signer, err);
}

enum sr_status sr_intake(struct sr_room *r, const struct sr_intake_params *params,
                         struct sr_intake_result *out, struct sr_err *err)
{
    SR_CLEANUP(intake_clear)
    struct intake t = {.room = r, .params = params, .bundle = sr_bundle_file_view(params->file)};
    struct sr_recover_result recovered;
    SR_TRY(check_params(&t, err));
    SR_TRY(find_interrupted(&t, err));
    SR_TRY(need_signing_key(r, err));
    SR_TRY(sr_recover_deposits(r, &recovered, err));
    if (t.hold == NULL) {
        SR_TRY(start(&t, err));
    }
    SR_TRY(take_files(&t, err));
    SR_TRY(inspect(&t, err));
    SR_TRY(keep_documents(&t, err));
    t.intent.is_inspected = true;
    /* From here on a crash leaves it waiting; before, it is removed. */
    SR_TRY(sr_hold_store(t.hold, &t.intent, err));
    out->version = t.version;
    out->is_resumed = t.is_resumed;
    return SR_OK;
}
