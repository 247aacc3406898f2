/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/scrub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody/recover.h"
#include "custody/room_impl.h"

struct scrubbing {
    struct sr_room *room;
    const struct sr_scrub_params *params;
    struct sr_pool *pool; /* with keys */
    struct sr_scrub_totals totals;
    const struct sr_catalog_version *version;
    enum sr_status status;
    struct sr_err first;
};

static void scrubbing_clear(struct scrubbing *s)
{
    sr_pool_free(s->pool);
}

static void free_versions(struct sr_catalog_version **versions)
{
    free(*versions);
}

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

static void find(const struct scrubbing *s, enum sr_scrub_finding_kind kind,
                 const struct sr_catalog_file *file, const char *what)
{
    struct sr_scrub_finding finding = {
        .kind = kind, .version = file == NULL ? NULL : s->version, .file = file, .what = what};
    if (s->params->finding != NULL) {
        s->params->finding(s->params->finding_ctx, &finding);
    }
}

static void note_bad(struct scrubbing *s, const struct sr_catalog_file *file, enum sr_status status,
                     struct sr_err *err)
{
    bool is_missing = status == SR_NOT_FOUND;
    s->totals.missing += is_missing;
    s->totals.damaged += !is_missing;
    if (s->status == SR_OK) {
        s->first = *err;
        s->status = sr_context(&s->first, SR_CORRUPT, "'%s@%llu'", s->version->name,
                               (unsigned long long)s->version->number);
        s->first.status = SR_CORRUPT;
    }
    find(s, is_missing ? SR_SCRUB_MISSING : SR_SCRUB_DAMAGED, file, err->message);
}

static enum sr_status check_stored(struct scrubbing *s, const struct sr_catalog_file *file,
                                   struct sr_scrub_result *out, struct sr_err *err)
{
    SR_AUTO(sr_blob) blob = NULL;
    enum sr_status status = sr_blobs_open_blob(s->room->blobs, &file->object, &blob, err);
    if (status == SR_OK) {
        status = sr_scrub_stored(sr_blob_source(blob), file->facts.body_bytes,
                                 file->facts.body_root, s->params->sample, out, err);
    }
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", file->path);
}

static enum sr_status check_opened(struct scrubbing *s, const struct sr_catalog_file *file,
                                   struct sr_scrub_result *out, struct sr_err *err)
{
    SR_AUTO(sr_room_body) body = NULL;
    SR_TRY(sr_room_open_unreleased(s->room, &s->version->id, file, s->pool, &body, err));
    enum sr_status status =
        sr_scrub_opened(sr_room_body_view(body), &file->facts, s->params->sample, out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", file->path);
}

static bool is_damage(enum sr_status status)
{
    return status == SR_CORRUPT || status == SR_NOT_FOUND || status == SR_TRUNCATED ||
           status == SR_UNSUPPORTED;
}

static enum sr_status scrub_file(struct scrubbing *s, const struct sr_catalog_file *file,
                                 struct sr_err *err)
{
    const struct sr_progress *p = &s->params->progress;
    if (p->cancelled != NULL && p->cancelled(p->ctx)) {
        return sr_fail(err, SR_CANCELLED, "stopped as asked");
    }
    struct sr_scrub_result result = {0};
    struct sr_err local = {0};
    enum sr_status status = s->params->with_keys ? check_opened(s, file, &result, &local)
                                                 : check_stored(s, file, &result, &local);
    s->totals.bodies++;
    if (p->advance != NULL) {
        p->advance(p->ctx, file->facts.body_bytes);
    }
    if (is_damage(status)) {
        note_bad(s, file, status, &local);
        return SR_OK;
    }
    if (status != SR_OK) {
        return sr_context(err, status, "%s", local.message);
    }
    s->totals.pieces += result.pieces;
    s->totals.checked += result.checked;
    uint64_t ppm = sr_scrub_detectable_ppm(result.pieces, result.checked);
    s->totals.detectable_ppm = ppm > s->totals.detectable_ppm ? ppm : s->totals.detectable_ppm;
    return SR_OK;
}

static enum sr_status scrub_version(struct scrubbing *s, const struct sr_catalog_version *version,
                                    struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    s->version = version;
    SR_TRY(sr_catalog_files(s->room->catalog, &version->id, &files, &count, err));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(scrub_file(s, &files[i], err));
    }
    return SR_OK;
}

static enum sr_status visit_blob(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                                 uint64_t bytes, struct sr_err *err)
{
    (void)state;
    (void)bytes;
    struct scrubbing *s = ctx;
    bool is_known = false;
    SR_TRY(sr_catalog_knows_object(s->room->catalog, object, &is_known, err));
    if (!is_known) {
        char id[SR_ID_TEXT_BYTES];
        sr_text_hex(sr_bytes(object->bytes, SR_ID_BYTES), id);
        s->totals.orphans++;
        find(s, SR_SCRUB_ORPHAN, NULL, id);
    }
    return SR_OK;
}

static void visit_stray(void *ctx, const char *name)
{
    struct scrubbing *s = ctx;
    s->totals.strays++;
    find(s, SR_SCRUB_STRAY, NULL, name);
}

/* The stored bytes of what is to be scrubbed, about: what sealing adds is a thousandth. */
static void announce(const struct scrubbing *s, const struct sr_catalog_version *versions,
                     size_t count)
{
    uint64_t bytes = 0;
    uint64_t files = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += versions[i].plain_bytes;
        files += versions[i].file_count;
    }
    if (s->params->progress.start != NULL) {
        s->params->progress.start(s->params->progress.ctx, bytes, files);
    }
}

static enum sr_status scrub_all(struct scrubbing *s, struct sr_err *err)
{
    SR_CLEANUP(free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    size_t sealed = 0;
    SR_TRY(sr_catalog_versions(s->room->catalog, NULL, &versions, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (versions[i].state == SR_VERSION_SEALED) {
            versions[sealed++] = versions[i];
        }
    }
    announce(s, versions, sealed);
    for (size_t i = 0; i < sealed; i++) {
        SR_TRY(scrub_version(s, &versions[i], err));
    }
    SR_TRY(sr_blobs_list(s->room->blobs, visit_blob, visit_stray, s, err));
    struct sr_recover_result recovered;
    return sr_recover(s->room, &recovered, err);
}

static enum sr_status scrub_one(struct scrubbing *s, struct sr_err *err)
{
    struct sr_catalog_version version;
    SR_TRY(sr_catalog_version_by_id(s->room->catalog, s->params->version, &version, err));
    if (version.state != SR_VERSION_SEALED) {
        return sr_fail(err, SR_NOT_FOUND, "'%s@%llu' is not in custody yet", version.name,
                       (unsigned long long)version.number);
    }
    announce(s, &version, 1);
    enum sr_status status = scrub_version(s, &version, err);
    s->version = NULL;
    return status;
}

enum sr_status sr_scrub_room(struct sr_room *r, const struct sr_scrub_params *params,
                             struct sr_scrub_totals *out, struct sr_err *err)
{
    SR_CLEANUP(scrubbing_clear) struct scrubbing s = {.room = r, .params = params};
    if (params->with_keys) {
        SR_TRY(sr_room_need_keys(r, err));
        SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, 4, 1, &s.pool, err));
    }
    SR_TRY(params->version == NULL ? scrub_all(&s, err) : scrub_one(&s, err));
    *out = s.totals;
    if (s.status != SR_OK && err != NULL) {
        *err = s.first;
    }
    return s.status;
}
