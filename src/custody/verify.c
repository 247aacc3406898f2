/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/verify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "custody/crew.h"
#include "custody/deposit_seal.h"
#include "custody/room_impl.h"
#include "custody/room_signature.h"
#include "custody/verify_documents.h"
#include "seal/scrub.h"

enum sr_status sr_verify_digest(const struct sr_catalog_file *files, size_t count,
                                uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(sr_sha256_new(&hash));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_sha256_update(hash, sr_bytes(files[i].facts.sha256, SR_SHA256_BYTES)));
    }
    return sr_sha256_final(hash, out);
}

struct verifying {
    struct sr_room *room;
    const struct sr_verify_params *params;
    struct sr_catalog_file *files;
    size_t count;
    struct sr_pool *pool;
    pthread_mutex_t lock; /* on the room, on what follows, and around calls to the caller */
    struct sr_verify_result result;
    enum sr_status status; /* of the first that was bad */
    struct sr_err first;
};

static void verifying_clear(struct verifying *v)
{
    sr_pool_free(v->pool);
    free(v->files);
    (void)pthread_mutex_destroy(&v->lock);
}

static enum sr_status check_file(struct verifying *v, const struct sr_catalog_file *file,
                                 struct sr_err *err)
{
    SR_AUTO(sr_room_body) body = NULL;
    struct sr_scrub_result scrubbed;
    (void)pthread_mutex_lock(&v->lock);
    enum sr_status status =
        sr_room_open_unreleased(v->room, &v->params->version, file, v->pool, &body, err);
    (void)pthread_mutex_unlock(&v->lock);
    SR_TRY(status);
    status = sr_scrub_opened(sr_room_body_view(body), &file->facts, 0, &scrubbed, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", file->path);
}

/* What a damaged store looks like, as opposed to a machine that fails. */
static bool is_damage(enum sr_status status)
{
    return status == SR_CORRUPT || status == SR_NOT_FOUND || status == SR_TRUNCATED ||
           status == SR_UNSUPPORTED;
}

static void report(struct verifying *v, const struct sr_catalog_file *file, enum sr_status status,
                   const struct sr_err *err)
{
    v->result.files++;
    if (status == SR_OK) {
        v->result.plain_bytes += file->facts.plain_bytes;
        return;
    }
    v->result.bad++;
    if (v->status == SR_OK) {
        v->status = SR_CORRUPT;
        v->first = *err;
        v->first.status = SR_CORRUPT;
    }
    if (v->params->bad != NULL) {
        v->params->bad(v->params->bad_ctx, file, err);
    }
}

static enum sr_status step(void *ctx, unsigned worker, uint64_t index, struct sr_err *err)
{
    (void)worker;
    struct verifying *v = ctx;
    const struct sr_progress *p = &v->params->progress;
    const struct sr_catalog_file *file = &v->files[index];
    enum sr_status status = check_file(v, file, err);
    if (status != SR_OK && !is_damage(status)) {
        return status;
    }
    (void)pthread_mutex_lock(&v->lock);
    report(v, file, status, err);
    if (p->advance != NULL) {
        p->advance(p->ctx, file->facts.plain_bytes);
    }
    (void)pthread_mutex_unlock(&v->lock);
    return SR_OK;
}

static bool is_cancelled(void *ctx)
{
    const struct verifying *v = ctx;
    const struct sr_progress *p = &v->params->progress;
    return p->cancelled != NULL && p->cancelled(p->ctx);
}

static enum sr_status load(struct verifying *v, struct sr_catalog_version *version,
                           struct sr_err *err)
{
    SR_TRY(sr_room_need_keys(v->room, err));
    SR_TRY(sr_catalog_version_by_id(v->room->catalog, &v->params->version, version, err));
    if (version->state != SR_VERSION_SEALED) {
        return sr_fail(err, SR_CONFLICT, "'%s@%llu' is not in custody yet", version->name,
                       (unsigned long long)version->number);
    }
    SR_TRY(sr_catalog_files(v->room->catalog, &v->params->version, &v->files, &v->count, err));
    unsigned threads = sr_deposit_threads(0);
    return sr_pool_new(SR_BODY_SEGMENT_BYTES, 2 * (size_t)threads, 1, &v->pool, err);
}

static enum sr_status check_digest(const struct verifying *v,
                                   const struct sr_catalog_version *version, struct sr_err *err)
{
    uint8_t digest[SR_SHA256_BYTES];
    if (sr_verify_digest(v->files, v->count, digest) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute the digest of the version");
    }
    if (v->count != version->file_count || memcmp(digest, version->digest, sizeof digest) != 0) {
        return sr_fail(err, SR_CORRUPT, "the digest of '%s@%llu' is not that of its files",
                       version->name, (unsigned long long)version->number);
    }
    return SR_OK;
}

enum sr_status sr_verify(struct sr_room *r, const struct sr_verify_params *params,
                         struct sr_verify_result *out, struct sr_err *err)
{
    SR_CLEANUP(verifying_clear)
    struct verifying v = {.room = r, .params = params, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct sr_catalog_version version;
    SR_TRY(load(&v, &version, err));
    if (params->progress.start != NULL) {
        params->progress.start(params->progress.ctx, version.plain_bytes, v.count);
    }
    struct sr_crew crew = {.threads = sr_deposit_threads(0),
                           .count = v.count,
                           .ctx = &v,
                           .step = step,
                           .cancelled = is_cancelled};
    SR_TRY(sr_crew_run(&crew, err));
    *out = v.result;
    if (v.status != SR_OK) {
        if (err != NULL) {
            *err = v.first;
        }
        return v.status;
    }
    SR_TRY(check_digest(&v, &version, err));
    SR_TRY(sr_verify_documents(r, &params->version, err));
    return sr_room_signature_check(r, &params->version, v.files, v.count, &out->is_signed, err);
}
