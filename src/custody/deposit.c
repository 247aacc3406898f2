/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/time.h"
#include "crypto/rand.h"
#include "custody/deposit_facts.h"
#include "custody/deposit_inspect.h"
#include "custody/deposit_lineage.h"
#include "custody/deposit_seal.h"
#include "custody/head.h"
#include "custody/hold.h"
#include "custody/kind.h"
#include "custody/query.h"
#include "custody/recover_impl.h"
#include "custody/ref.h"
#include "custody/room_impl.h"
#include "custody/room_signature.h"
#include "custody/signing_key.h"

/* What sealing adds to each file, about: header page, trailer, and what the file system rounds. */
#define FILE_OVERHEAD_BYTES 16384
#define COMPARE_BYTES ((size_t)1 << 20)

/* A deposit on its way. */
struct deposit {
    struct sr_room *room;
    const struct sr_deposit_params *params;
    const char *kind;
    struct sr_walk *walk;
    struct sr_hold *hold;
    struct sr_hold_intent intent;
    struct sr_catalog_version version; /* staged */
    struct sr_catalog_file *files;     /* of the version; NULL: none reserved yet */
    size_t file_count;
    struct sr_secret *dek;
    struct sr_deposit_lineage *lineage;
    struct sr_publisher publisher;
    bool is_resumed;
};

static void deposit_clear(struct deposit *d)
{
    sr_walk_free(d->walk);
    sr_hold_free(d->hold);
    free(d->files);
    sr_secret_free(d->dek);
    sr_deposit_lineage_free(d->lineage);
}

static void free_versions(struct sr_catalog_version **versions)
{
    free(*versions);
}

static void free_slots(struct sr_slot **slots)
{
    free(*slots);
}

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

static enum sr_status check_params(struct deposit *d, struct sr_err *err)
{
    assert(d->params->inspector != NULL && sr_report_count(d->params->report) == 0);
    SR_TRY(sr_deposit_check_reason(d->params->accept_review, err));
    SR_TRY(sr_room_need_keys(d->room, err));
    SR_TRY(sr_ref_check_name(sr_text_view(d->params->name), err));
    d->kind = d->params->kind == NULL ? SR_KIND_DEFAULT : d->params->kind;
    if (!sr_kind_is_known(d->kind)) {
        return sr_fail(err, SR_MALFORMED, "'%.64s' is not a kind of artifact", d->kind);
    }
    assert(strlen(sr_room_actor(d->room)) < sizeof d->intent.actor);
    memcpy(d->intent.actor, sr_room_actor(d->room), strlen(sr_room_actor(d->room)) + 1);
    return sr_deposit_lineage_new(d->room, d->params, &d->intent, &d->lineage, err);
}

/* Decode every file that must be of a format, before anything is sealed. */
static enum sr_status check_files(const struct deposit *d, struct sr_err *err)
{
    for (size_t i = 0; i < sr_walk_count(d->walk); i++) {
        const struct sr_walk_file *file = sr_walk_at(d->walk, i);
        SR_AUTO_FD fd = -1;
        SR_AUTO(sr_head) head = NULL;
        SR_TRY(sr_walk_open(d->walk, i, &fd, err));
        SR_TRY(sr_head_new(fd, file->path, (uint64_t)file->found.st_size, &head, err));
    }
    return SR_OK;
}

static enum sr_status check_source(struct deposit *d, struct sr_err *err)
{
    SR_TRY(sr_walk_new(d->params->path, d->room->dir_fd, &d->walk, err));
    const char *source = sr_walk_source(d->walk);
    if (!sr_text_is_utf8(sr_text_view(source)) || strlen(source) >= sizeof d->version.source) {
        return sr_fail(err, SR_MALFORMED, "'%s': its path is not UTF-8", source);
    }
    /* What it looks at is what is sealed: a file that has changed since the walk is refused. */
    SR_TRY(sr_deposit_signature_check(d->walk, d->params->signer, d->params->threads, &d->publisher,
                                      err));
    return check_files(d, err);
}

static bool is_resumable(const struct deposit *d, const struct sr_catalog_version *v)
{
    return v->state == SR_VERSION_STAGED &&
           (d->params->number == 0 || d->params->number == v->number) &&
           strcmp(v->kind, d->kind) == 0 && strcmp(v->source, sr_walk_source(d->walk)) == 0;
}

/* Look for an interrupted deposit of the same name, source and kind, and take its hold. */
static enum sr_status find_interrupted(struct deposit *d, struct sr_err *err)
{
    SR_CLEANUP(free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_versions(d->room->catalog, d->params->name, &versions, &count, err));
    for (size_t i = 0; i < count && d->hold == NULL; i++) {
        if (!is_resumable(d, &versions[i])) {
            continue;
        }
        enum sr_status status = sr_hold_take(d->room->deposits_fd, &versions[i].id, &d->hold, err);
        if (status != SR_BUSY) {
            SR_TRY(status);
            /* Now that it is ours: it may have been finished or removed before that. */
            status = sr_catalog_version_by_id(d->room->catalog, &versions[i].id, &d->version, err);
            if (status == SR_OK && d->version.state == SR_VERSION_STAGED) {
                return SR_OK;
            }
            sr_hold_free(SR_TAKE(d->hold));
        }
    }
    return SR_OK;
}

/* SHA-256 of a source file, whole. */
static enum sr_status hash_source(const struct deposit *d, size_t index,
                                  uint8_t out[SR_SHA256_BYTES], struct sr_err *err)
{
    const struct sr_walk_file *file = sr_walk_at(d->walk, index);
    const struct sr_progress *p = &d->params->progress;
    uint64_t bytes = (uint64_t)file->found.st_size;
    SR_AUTO_FD fd = -1;
    SR_AUTO(sr_head) head = NULL;
    SR_AUTO(sr_sha256) hash = NULL;
    SR_CLEANUP(free_bytes) uint8_t *chunk = malloc(COMPARE_BYTES);
    SR_TRY(sr_walk_open(d->walk, index, &fd, err));
    SR_TRY(sr_head_new(fd, file->path, bytes, &head, err));
    if (chunk == NULL || sr_sha256_new(&hash) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to compare '%s'", file->path);
    }
    struct sr_source source = sr_head_source(head);
    for (uint64_t at = 0; at < bytes;) {
        size_t len = bytes - at < COMPARE_BYTES ? (size_t)(bytes - at) : COMPARE_BYTES;
        if (p->cancelled != NULL && p->cancelled(p->ctx)) {
            return sr_fail(err, SR_CANCELLED, "the deposit was stopped");
        }
        SR_TRY(source.read_at(source.ctx, at, chunk, len, err));
        SR_TRY(sr_sha256_update(hash, sr_bytes(chunk, len)));
        at += len;
    }
    SR_TRY(sr_sha256_final(hash, out));
    return sr_walk_check(d->walk, index, fd, err);
}

/* Whether what the interrupted deposit has sealed is what the source has now. */
static enum sr_status compare(const struct deposit *d, bool *out, struct sr_err *err)
{
    bool same = d->file_count == sr_walk_count(d->walk);
    for (size_t i = 0; i < d->file_count && same; i++) {
        const struct sr_catalog_file *file = &d->files[i];
        same = strcmp(file->path, sr_walk_at(d->walk, i)->path) == 0;
        if (same && file->sealed) {
            uint8_t digest[SR_SHA256_BYTES];
            SR_TRY(hash_source(d, i, digest, err));
            same = memcmp(digest, file->facts.sha256, sizeof digest) == 0;
        }
    }
    /* A body that is gone cannot be made good: what is sealed is written once. */
    *out = same && sr_recover_has_bodies(d->room, d->files, d->file_count);
    return SR_OK;
}

static enum sr_status open_dek(struct deposit *d, struct sr_err *err)
{
    struct sr_body_name body = {.object = d->files[0].object,
                                .version = d->version.id,
                                .file_index = d->files[0].file_index};
    return sr_room_dek(d->room, &body, &d->dek, err);
}

/* The interrupted deposit is of something else by now: let it be what it was, or nothing. */
static enum sr_status give_up_interrupted(struct deposit *d, struct sr_err *err)
{
    struct sr_hold_intent intent;
    bool is_ready = false;
    SR_TRY(sr_recover_is_ready(d->room, &d->version.id, d->hold, &intent, &is_ready, err));
    if (is_ready) {
        SR_TRY(sr_recover_finish(d->room, &d->version.id, &intent, err));
    } else {
        SR_TRY(sr_recover_drop(d->room, &d->version.id, err));
    }
    free(SR_TAKE(d->files));
    return sr_hold_end(SR_TAKE(d->hold), err);
}

static enum sr_status resume(struct deposit *d, struct sr_err *err)
{
    bool same = false;
    SR_TRY(sr_catalog_files(d->room->catalog, &d->version.id, &d->files, &d->file_count, err));
    SR_TRY(compare(d, &same, err));
    if (same) {
        SR_TRY(sr_deposit_lineage_fits(d->lineage, d->room, &d->version.id, &same, err));
    }
    if (!same) {
        return give_up_interrupted(d, err);
    }
    d->is_resumed = true;
    SR_TRY(open_dek(d, err));
    return sr_hold_store(d->hold, &d->intent, err);
}

static enum sr_status check_space(const struct deposit *d, struct sr_err *err)
{
    uint64_t free_bytes_now = 0;
    SR_TRY(sr_blobs_free_bytes(d->room->blobs, &free_bytes_now, err));
    uint64_t plain = sr_walk_bytes(d->walk);
    uint64_t needed = plain + plain / 16384 + sr_walk_count(d->walk) * FILE_OVERHEAD_BYTES;
    if (needed > free_bytes_now) {
        return sr_fail(err, SR_IO, "the store has %llu MiB free, the deposit needs %llu MiB",
                       (unsigned long long)(free_bytes_now >> 20),
                       (unsigned long long)(needed >> 20) + 1);
    }
    return SR_OK;
}

static enum sr_status make_files(struct deposit *d, struct sr_err *err)
{
    d->file_count = sr_walk_count(d->walk);
    d->files = calloc(d->file_count, sizeof *d->files);
    if (d->files == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    for (size_t i = 0; i < d->file_count; i++) {
        const char *path = sr_walk_at(d->walk, i)->path;
        memcpy(d->files[i].path, path, strlen(path) + 1);
        d->files[i].file_index = (uint32_t)i;
        if (sr_rand_id(&d->files[i].object) != SR_OK) {
            return sr_fail(err, SR_INTERNAL, "cannot make a random id");
        }
    }
    return SR_OK;
}

/* Wrap the data key for each file and reserve the version with all of it. */
static enum sr_status reserve(struct deposit *d, struct sr_err *err)
{
    SR_AUTO(sr_secret) kek = NULL;
    struct sr_group group;
    SR_CLEANUP(free_slots)
    struct sr_slot *slots = calloc(d->file_count, sizeof *slots);
    if (slots == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for slots");
    }
    SR_TRY(sr_room_first_group(d->room, &group, &kek, err));
    for (size_t i = 0; i < d->file_count; i++) {
        struct sr_body_name body = {.object = d->files[i].object,
                                    .version = d->version.id,
                                    .file_index = d->files[i].file_index};
        SR_TRY(sr_slot_make(kek, &group, &d->room->facts.id, &body, d->dek, &slots[i], err));
    }
    return sr_catalog_reserve(d->room->catalog, &d->version, d->files, slots, err);
}

static void describe(struct deposit *d)
{
    d->version = (struct sr_catalog_version){
        .number = d->params->number,
        .state = SR_VERSION_STAGED,
        .created_utc_ms = sr_time_now_utc_ms(),
        .file_count = d->file_count,
        .plain_bytes = sr_walk_bytes(d->walk),
    };
    const char *source = sr_walk_source(d->walk);
    assert(strlen(d->kind) < sizeof d->version.kind);
    memcpy(d->version.name, d->params->name, strlen(d->params->name) + 1);
    memcpy(d->version.kind, d->kind, strlen(d->kind) + 1);
    memcpy(d->version.source, source, strlen(source) + 1);
}

static enum sr_status start(struct deposit *d, struct sr_err *err)
{
    SR_TRY(check_space(d, err));
    SR_TRY(make_files(d, err));
    SR_TRY(sr_dek_make(&d->dek, err));
    describe(d);
    if (sr_rand_id(&d->version.id) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make a random id");
    }
    SR_TRY(sr_hold_take(d->room->deposits_fd, &d->version.id, &d->hold, err));
    enum sr_status status = sr_hold_store(d->hold, &d->intent, err);
    if (status == SR_OK) {
        status = reserve(d, err);
    }
    if (status != SR_OK) {
        sr_hold_abandon(SR_TAKE(d->hold));
    }
    return status;
}

/* Whether nothing but another source would make it go on. */
static bool is_hopeless(enum sr_status status)
{
    return status == SR_MALFORMED || status == SR_TRUNCATED || status == SR_TOO_LARGE ||
           status == SR_UNSUPPORTED;
}

/* Nothing of it stays; what cannot be removed now is for the next recovery. */
static void drop(struct deposit *d)
{
    if (sr_recover_drop(d->room, &d->version.id, NULL) == SR_OK) {
        sr_hold_abandon(SR_TAKE(d->hold));
    }
}

static enum sr_status seal(struct deposit *d, struct sr_err *err)
{
    struct sr_deposit_work work = {
        .room = d->room,
        .walk = d->walk,
        .version = &d->version.id,
        .files = d->files,
        .dek = d->dek,
        .threads = d->params->threads,
        .progress = &d->params->progress,
    };
    enum sr_status status = sr_deposit_seal(&work, err);
    if (is_hopeless(status)) {
        drop(d);
    }
    return status;
}

/* The room signs what it takes in, so its key has to be there before a version can be whole. */
static enum sr_status need_signing_key(struct sr_room *r, struct sr_err *err)
{
    SR_AUTO(sr_signer) signer = NULL;
    return sr_signing_key_open(r, &signer, err);
}

/* What was found of the publisher's signature, so that it is known also after a crash. */
static enum sr_status keep_publisher(struct deposit *d, struct sr_err *err)
{
    if (d->publisher.state == SR_PUBLISHER_NONE && !d->is_resumed) {
        return SR_OK;
    }
    return sr_room_publisher_store(d->room, &d->version.id, &d->publisher, err);
}

/* That provenance is about these files shows when they are read. */
static enum sr_status check_lineage(struct deposit *d, struct sr_err *err)
{
    enum sr_status status = sr_deposit_lineage_check(d->lineage, d->room, &d->version.id, err);
    if (status == SR_CONFLICT) {
        drop(d);
    }
    return status;
}

/* What a store looks like that did not keep what it was given: then it is sealed anew next time. */
static bool is_damage(enum sr_status status)
{
    return status == SR_CORRUPT || status == SR_NOT_FOUND || status == SR_TRUNCATED ||
           status == SR_UNSUPPORTED;
}

static enum sr_status inspect(struct deposit *d, struct sr_err *err)
{
    struct sr_report *report = d->params->report;
    struct sr_deposit_inspection *inspection = &d->intent.inspection;
    struct sr_deposit_look look = {.room = d->room,
                                   .version = &d->version.id,
                                   .dek = d->dek,
                                   .inspector = d->params->inspector,
                                   .report = report,
                                   .progress = &d->params->progress};
    enum sr_status status = sr_deposit_look(&look, err);
    bool is_lost = is_damage(status);
    if (status != SR_OK && !is_lost) {
        return status;
    }
    status = is_lost ? status : sr_deposit_judge(report, d->params->accept_review, inspection, err);
    if (status != SR_OK) {
        drop(d);
        return status;
    }
    SR_TRY(sr_deposit_keep_report(d->room, &d->version.id, report, err));
    SR_TRY(sr_deposit_lineage_keep(d->lineage, d->room, &d->version.id, inspection, report, err));
    d->intent.is_inspected = true;
    /* From here on a crash is followed by the act; before, by removal. */
    return sr_hold_store(d->hold, &d->intent, err);
}

enum sr_status sr_deposit(struct sr_room *r, const struct sr_deposit_params *params,
                          struct sr_deposit_result *out, struct sr_err *err)
{
    SR_CLEANUP(deposit_clear) struct deposit d = {.room = r, .params = params};
    struct sr_recover_result recovered;
    SR_TRY(check_params(&d, err));
    SR_TRY(check_source(&d, err));
    SR_TRY(find_interrupted(&d, err));
    SR_TRY(need_signing_key(r, err));
    SR_TRY(sr_recover_deposits(r, &recovered, err));
    if (d.hold != NULL) {
        SR_TRY(resume(&d, err));
    }
    if (d.hold == NULL) {
        SR_TRY(start(&d, err));
    }
    SR_TRY(keep_publisher(&d, err));
    SR_TRY(seal(&d, err));
    SR_TRY(check_lineage(&d, err));
    SR_TRY(inspect(&d, err));
    SR_TRY(sr_recover_finish(r, &d.version.id, &d.intent, err));
    /* It is in custody; files that cannot be removed are for the next recovery. */
    sr_hold_abandon(SR_TAKE(d.hold));
    struct sr_catalog_version sealed;
    SR_TRY(sr_catalog_version_by_id(r->catalog, &d.version.id, &sealed, err));
    out->version = sealed;
    out->is_resumed = d.is_resumed;
    out->publisher = d.publisher;
    return SR_OK;
}
