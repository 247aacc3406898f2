/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/recover.h"

#include <stdlib.h>
#include <string.h>

#include "custody/pedigree.h"
#include "custody/recover_impl.h"
#include "custody/room_impl.h"
#include "custody/room_signature.h"
#include "custody/submit.h"
#include "custody/verify.h"

static void free_versions(struct sr_catalog_version **versions)
{
    free(*versions);
}

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

static void free_ids(struct sr_id **ids)
{
    free(*ids);
}

static enum sr_status ignore_missing(enum sr_status status)
{
    return status == SR_NOT_FOUND ? SR_OK : status;
}

static bool has_body(struct sr_room *r, const struct sr_catalog_file *file)
{
    SR_AUTO(sr_blob) blob = NULL;
    return sr_blobs_open_blob(r->blobs, &file->object, &blob, NULL) == SR_OK &&
           sr_blob_source(blob).bytes == file->facts.body_bytes;
}

bool sr_recover_has_bodies(struct sr_room *r, const struct sr_catalog_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].sealed && !has_body(r, &files[i])) {
            return false;
        }
    }
    return true;
}

bool sr_recover_is_whole(struct sr_room *r, const struct sr_catalog_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!files[i].sealed) {
            return false;
        }
    }
    return count > 0 && sr_recover_has_bodies(r, files, count);
}

/*
 * The lineage of a staged version, when it has one that says of inspection what the intent says.
 * One that is damaged is none: what is not in custody is not worth being stuck with.
 */
static enum sr_status find_lineage(struct sr_room *r, const struct sr_id *version,
                                   const struct sr_hold_intent *intent, unsigned *out_tier,
                                   enum sr_step *out_step, bool *out, struct sr_err *err)
{
    struct sr_lineage_record record = {0};
    bool is_found = false;
    enum sr_status status = sr_pedigree_load_record(r, version, &record, &is_found, err);
    if (status != SR_OK && status != SR_CORRUPT) {
        return status;
    }
    *out = is_found && record.verdict == intent->inspection.verdict &&
           memcmp(record.ruleset, intent->inspection.ruleset, sizeof record.ruleset) == 0;
    *out_tier = record.tier;
    *out_step = record.step;
    sr_lineage_record_clear(&record);
    return SR_OK;
}

enum sr_status sr_recover_is_ready(struct sr_room *r, const struct sr_id *version,
                                   const struct sr_hold *hold, struct sr_hold_intent *out_intent,
                                   bool *out, struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    struct sr_hold_intent intent;
    size_t count = 0;
    unsigned tier = 0;
    enum sr_step step = SR_STEP_UNKNOWN;
    bool is_ready = false;
    SR_TRY(sr_catalog_files(r->catalog, version, &files, &count, err));
    if (sr_recover_is_whole(r, files, count) && sr_hold_load(hold, &intent, NULL) == SR_OK &&
        intent.is_inspected) {
        SR_TRY(find_lineage(r, version, &intent, &tier, &step, &is_ready, err));
        *out_intent = intent;
    }
    *out = is_ready;
    return SR_OK;
}

/* The facts of a deposit, and the memory that its act points into. */
struct finishing {
    struct sr_catalog_version version;
    struct sr_catalog_file *files;
    size_t count;
    struct sr_deposit_document *documents;
    size_t document_count;
    struct sr_act_name *names;
    unsigned tier;
    enum sr_step step;
    bool has_lineage;
};

static void finishing_clear(struct finishing *f)
{
    free(f->files);
    free(f->documents);
    free(f->names);
}

static enum sr_status gather(struct sr_room *r, const struct sr_id *version,
                             const struct sr_hold_intent *intent, struct finishing *f,
                             struct sr_err *err)
{
    SR_TRY(sr_catalog_version_by_id(r->catalog, version, &f->version, err));
    SR_TRY(sr_catalog_files(r->catalog, version, &f->files, &f->count, err));
    SR_TRY(find_lineage(r, version, intent, &f->tier, &f->step, &f->has_lineage, err));
    SR_TRY(sr_pedigree_documents(r, version, &f->documents, &f->document_count, err));
    f->names = calloc(f->document_count + 1, sizeof *f->names);
    if (f->names == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the documents");
    }
    for (size_t i = 0; i < f->document_count; i++) {
        f->names[i].name = sr_text_view(f->documents[i].name);
        memcpy(f->names[i].sha256, f->documents[i].sha256, sizeof f->names[i].sha256);
    }
    return SR_OK;
}

/* Pointed into: all of it has to live as long as the act. */
static void say_inspection(struct sr_act *act, const struct sr_deposit_inspection *inspection)
{
    sr_act_set_word(act, SR_FIELD_profile, sr_profile_name(inspection->profile));
    sr_act_set_digest(act, SR_FIELD_ruleset, inspection->ruleset);
    sr_act_set_word(act, SR_FIELD_verdict, sr_verdict_name(inspection->verdict));
    if (inspection->reason[0] != '\0') {
        sr_act_set_word(act, SR_FIELD_because, inspection->reason);
    }
}

static void say_deposit(struct sr_act *act, const struct finishing *f,
                        const struct sr_hold_intent *intent)
{
    sr_custody_about(act, &f->version);
    sr_act_set_word(act, SR_FIELD_kind, f->version.kind);
    sr_act_set_number(act, SR_FIELD_files, f->count);
    sr_act_set_number(act, SR_FIELD_tier, f->tier);
    sr_act_set_word(act, SR_FIELD_step, sr_step_name(f->step));
    say_inspection(act, &intent->inspection);
    if (intent->parent_count > 0) {
        sr_act_set_ids(act, SR_FIELD_parents, intent->parents, intent->parent_count);
    }
    if (f->document_count > 0) {
        sr_act_set_digests(act, SR_FIELD_documents, f->names, f->document_count);
    }
}

/* Whoever began the deposit made it, as far as the room's key can say; with keys of their own only
 * they can. */
static enum sr_status actor_of(const struct sr_room *r, const struct sr_hold_intent *intent,
                               struct sr_custody_as *out, struct sr_err *err)
{
    *out = (struct sr_custody_as){0};
    if (r->as != NULL) {
        *out = *r->as;
    }
    if (out->signer != NULL && strcmp(out->name, intent->actor) != 0) {
        return sr_fail(err, SR_DENIED, "the deposit is for '%s' to finish", intent->actor);
    }
    out->name = intent->actor;
    return SR_OK;
}

/* only_if_allowed: an act that would be refused is not tried, so that no refusal is on record. */
static enum sr_status finish(struct sr_room *r, const struct sr_id *version,
                             const struct sr_hold_intent *intent, bool only_if_allowed,
                             struct sr_err *err)
{
    SR_CLEANUP(finishing_clear) struct finishing f = {0};
    struct sr_act act = {.verb = SR_VERB_DEPOSIT};
    struct sr_custody_as as;
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(actor_of(r, intent, &as, err));
    SR_TRY(gather(r, version, intent, &f, err));
    if (!intent->is_inspected || !f.has_lineage) {
        return sr_fail(err, SR_DENIED, "deposit '%s@%llu': it was not inspected, or has no lineage",
                       f.version.name, (unsigned long long)f.version.number);
    }
    if (sr_verify_digest(f.files, f.count, digest) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute the digest of the version");
    }
    say_deposit(&act, &f, intent);
    if (only_if_allowed) {
        SR_TRY(sr_custody_ask(r, &as, &act, digest, NULL, err));
    }
    SR_TRY(sr_room_signature_make(r, version, f.files, f.count, err));
    return sr_custody_do(r, &as, &act, digest, NULL, NULL, err);
}

enum sr_status sr_recover_finish(struct sr_room *r, const struct sr_id *version,
                                 const struct sr_hold_intent *intent, struct sr_err *err)
{
    return finish(r, version, intent, false, err);
}

/* Remove what the store has under an id that no version has any more. */
static enum sr_status remove_blob(struct sr_room *r, const struct sr_id *object, struct sr_err *err)
{
    SR_TRY(ignore_missing(sr_blobs_drop_staged(r->blobs, object, err)));
    return ignore_missing(sr_blobs_remove(r->blobs, object, err));
}

enum sr_status sr_recover_drop(struct sr_room *r, const struct sr_id *version, struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_files(r->catalog, version, &files, &count, err));
    SR_TRY(sr_room_signature_remove(r, version, err));
    /* The catalog first: a version never stands there as sealed in part without its bodies. What a
     * crash leaves of these is found by its hold, which goes last. */
    SR_TRY(sr_catalog_drop_staged(r->catalog, version, err));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(remove_blob(r, &files[i].object, err));
    }
    return SR_OK;
}

/* The ids of blobs in the store that the catalog does not know. */
struct orphans {
    struct sr_room *room;
    struct sr_id *array;
    size_t count;
    size_t capacity;
};

static void orphans_clear(struct orphans *o)
{
    free(o->array);
}

static enum sr_status note_orphan(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                                  uint64_t bytes, struct sr_err *err)
{
    (void)state;
    (void)bytes;
    struct orphans *o = ctx;
    bool is_known = false;
    SR_TRY(sr_catalog_knows_object(o->room->catalog, object, &is_known, err));
    if (is_known) {
        return SR_OK;
    }
    if (o->count == o->capacity) {
        size_t capacity = o->capacity == 0 ? 16 : 2 * o->capacity;
        struct sr_id *array = reallocarray(o->array, capacity, sizeof *array);
        if (array == NULL) {
            return sr_fail(err, SR_NO_MEMORY, "no memory for a list of blobs");
        }
        o->array = array;
        o->capacity = capacity;
    }
    o->array[o->count++] = *object;
    return SR_OK;
}

/*
 * A depositor's version is in the catalog before its first blob is in the store, so a blob that is
 * not known is nobody's and never will be.
 */
static enum sr_status sweep(struct sr_room *r, uint64_t *removed, struct sr_err *err)
{
    SR_CLEANUP(orphans_clear) struct orphans o = {.room = r};
    SR_TRY(sr_blobs_list(r->blobs, note_orphan, NULL, &o, err));
    for (size_t i = 0; i < o.count; i++) {
        enum sr_status status = remove_blob(r, &o.array[i], err);
        if (status != SR_BUSY) {
            SR_TRY(status);
            *removed += 1;
        }
    }
    return SR_OK;
}

/* Whether an act that was refused may be allowed later: then what it is about has to wait. */
static bool may_wait(enum sr_status status)
{
    /* UNAUTHENTICATED: the room would sign it, but is locked. */
    return status == SR_DENIED || status == SR_PENDING || status == SR_CONFLICT ||
           status == SR_UNAUTHENTICATED;
}

/* A staged version whose holder is dead: finish it if that needs nothing more, else remove it. */
static enum sr_status settle(struct sr_room *r, const struct sr_id *version,
                             const struct sr_hold *hold, struct sr_recover_result *result,
                             bool *is_settled, struct sr_err *err)
{
    struct sr_hold_intent intent;
    bool is_ready = false;
    SR_TRY(sr_recover_is_ready(r, version, hold, &intent, &is_ready, err));
    if (is_ready && intent.is_offered) {
        *is_settled = false; /* taken in whole; to accept or reject it is for a person */
        return SR_OK;
    }
    if (is_ready) {
        enum sr_status status = finish(r, version, &intent, true, err);
        if (may_wait(status)) {
            *is_settled = false;
            return SR_OK;
        }
        SR_TRY(status);
        result->finished++;
        return SR_OK;
    }
    SR_TRY(sr_recover_drop(r, version, err));
    result->removed++;
    return SR_OK;
}

static enum sr_status recover_one(struct sr_room *r, const struct sr_id *id,
                                  struct sr_recover_result *result, struct sr_err *err)
{
    SR_AUTO(sr_hold) hold = NULL;
    enum sr_status status = sr_hold_take(r->deposits_fd, id, &hold, err);
    if (status == SR_BUSY) {
        return SR_OK; /* somebody works on it */
    }
    SR_TRY(status);
    struct sr_catalog_version version;
    status = sr_catalog_version_by_id(r->catalog, id, &version, err);
    bool is_settled = true;
    if (status == SR_OK && version.state == SR_VERSION_STAGED) {
        SR_TRY(settle(r, id, hold, result, &is_settled, err));
    } else if (status == SR_NOT_FOUND) {
        /* Its removal was interrupted, or its reservation never came; the store may have bodies. */
        SR_TRY(sweep(r, &result->orphans, err));
    } else {
        SR_TRY(status);
    }
    return is_settled ? sr_hold_end(SR_TAKE(hold), err) : SR_OK;
}

enum sr_status sr_recover_deposits(struct sr_room *r, struct sr_recover_result *out,
                                   struct sr_err *err)
{
    struct sr_recover_result result = {0};
    SR_CLEANUP(free_versions) struct sr_catalog_version *versions = NULL;
    SR_CLEANUP(free_ids) struct sr_id *held = NULL;
    size_t version_count = 0;
    size_t held_count = 0;
    SR_TRY(sr_catalog_versions(r->catalog, NULL, &versions, &version_count, err));
    for (size_t i = 0; i < version_count; i++) {
        if (versions[i].state == SR_VERSION_STAGED) {
            SR_TRY(recover_one(r, &versions[i].id, &result, err));
        }
    }
    SR_TRY(sr_hold_list(r->deposits_fd, &held, &held_count, err));
    for (size_t i = 0; i < held_count; i++) {
        SR_TRY(recover_one(r, &held[i], &result, err));
    }
    *out = result;
    return SR_OK;
}

enum sr_status sr_recover(struct sr_room *r, struct sr_recover_result *out, struct sr_err *err)
{
    struct sr_recover_result result;
    SR_TRY(sr_recover_deposits(r, &result, err));
    SR_TRY(sweep(r, &result.orphans, err));
    *out = result;
    return SR_OK;
}
