/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/export.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/folder.h"
#include "custody/crew.h"
#include "custody/deposit_seal.h"
#include "custody/export_place.h"
#include "custody/recover_impl.h"
#include "custody/room_impl.h"
#include "custody/room_signature.h"
#include "custody/submit.h"
#include "custody/watch.h"

/* What a worker takes at a time: enough that taking costs nothing, little enough to share one
 * file's end. */
#define UNIT_SEGMENTS 8
#define UNIT_BYTES (UNIT_SEGMENTS * (uint64_t)SR_BODY_PAYLOAD_BYTES)

/* One file while it is being written. */
struct target {
    struct sr_room_body *body; /* NULL: not opened yet, or done */
    int fd;
    uint64_t first_unit;
    uint64_t units;
    uint64_t units_done;
};

struct exporting {
    struct sr_room *room;
    const struct sr_export_params *params;
    struct sr_permit *permit;
    struct sr_watch *watch;
    atomic_uint_fast64_t written; /* bytes of plaintext */
    struct sr_catalog_version version;
    struct sr_catalog_file *files;
    struct target *targets;
    size_t count;
    uint64_t units;
    struct sr_export_place *place;
    struct sr_pool *segments; /* for reading bodies */
    struct sr_pool *plain;    /* one for each worker */
    struct sr_buf *signature; /* to be added; NULL: none */
    pthread_mutex_t lock;     /* on the room, the targets, and around calls to the caller */
};

static void exporting_clear(struct exporting *e)
{
    for (size_t i = 0; e->targets != NULL && i < e->count; i++) {
        sr_room_body_free(e->targets[i].body);
        sr_folder_close_fd(&e->targets[i].fd);
    }
    free(e->targets);
    free(e->files);
    sr_buf_free(e->signature);
    sr_pool_free(e->segments);
    sr_pool_free(e->plain);
    sr_watch_free(e->watch);
    sr_permit_free(e->permit);
    sr_export_place_free(e->place);
    (void)pthread_mutex_destroy(&e->lock);
}

static enum sr_status plan_targets(struct exporting *e, struct sr_err *err)
{
    e->targets = calloc(e->count, sizeof *e->targets);
    if (e->targets == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    for (size_t i = 0; i < e->count; i++) {
        uint64_t bytes = e->files[i].facts.plain_bytes;
        struct target *t = &e->targets[i];
        t->fd = -1;
        t->first_unit = e->units;
        t->units = bytes == 0 ? 1 : (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
        e->units += t->units;
    }
    return SR_OK;
}

/* The file that unit is of: the last that begins at or before it. */
static size_t find_target(const struct exporting *e, uint64_t unit)
{
    size_t low = 0;
    size_t high = e->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (e->targets[middle].first_unit <= unit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Open body and file at the first unit of either. Under the lock. */
static enum sr_status open_target(struct exporting *e, size_t index, struct sr_err *err)
{
    struct target *t = &e->targets[index];
    const struct sr_catalog_file *file = &e->files[index];
    if (t->body != NULL) {
        return SR_OK;
    }
    SR_TRY(sr_export_place_open(e->place, file->path, file->facts.plain_bytes, &t->fd, err));
    return sr_room_open_body(e->room, e->permit, file, e->segments, &t->body, err);
}

static enum sr_status write_all(int fd, const uint8_t *data, size_t len, uint64_t offset,
                                const char *path, struct sr_err *err)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return sr_fail(err, SR_IO, "cannot write '%s': %s", path,
                           n == 0 ? "no progress" : strerror(errno));
        }
        data += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return SR_OK;
}

/* Read, authenticated, and write one unit, a segment at a time. */
static enum sr_status copy_unit(struct exporting *e, size_t index, uint64_t begin, uint64_t end,
                                struct sr_err *err)
{
    struct target *t = &e->targets[index];
    const char *path = e->files[index].path;
    struct sr_body *body = sr_room_body_view(t->body);
    uint8_t *plain = sr_pool_take(e->plain);
    enum sr_status status = SR_OK;
    for (uint64_t at = begin; at < end && status == SR_OK;) {
        size_t len = end - at < SR_BODY_PAYLOAD_BYTES ? (size_t)(end - at) : SR_BODY_PAYLOAD_BYTES;
        status = sr_body_read(body, at, plain, len, err);
        if (status != SR_OK) {
            status = sr_context(err, status, "'%s'", path);
        } else {
            status = write_all(t->fd, plain, len, at, path, err);
            atomic_fetch_add(&e->written, len); /* also of what was written in part */
        }
        at += len;
    }
    sr_pool_give(e->plain, plain, SR_BODY_PAYLOAD_BYTES);
    if (status == SR_OK && !e->params->skip_sync) {
        /* A hint: the medium works while the next unit is decrypted, and the sync at the end is
         * short. */
        (void)sync_file_range(t->fd, (off_t)begin, (off_t)(end - begin), SYNC_FILE_RANGE_WRITE);
    }
    return status;
}

/* Count a unit. *out_fd is the descriptor of its file when it was the last, else -1. */
static void count_unit(struct exporting *e, size_t index, uint64_t bytes, int *out_fd)
{
    struct target *t = &e->targets[index];
    const struct sr_progress *p = &e->params->progress;
    *out_fd = -1;
    (void)pthread_mutex_lock(&e->lock);
    if (p->advance != NULL) {
        p->advance(p->ctx, bytes);
    }
    if (++t->units_done == t->units) {
        sr_room_body_free(SR_TAKE(t->body));
        *out_fd = t->fd;
        t->fd = -1;
    }
    (void)pthread_mutex_unlock(&e->lock);
}

static enum sr_status step(void *ctx, unsigned worker, uint64_t unit, struct sr_err *err)
{
    (void)worker;
    struct exporting *e = ctx;
    size_t index = find_target(e, unit);
    uint64_t bytes = e->files[index].facts.plain_bytes;
    uint64_t begin = (unit - e->targets[index].first_unit) * UNIT_BYTES;
    uint64_t end = bytes - begin < UNIT_BYTES ? bytes : begin + UNIT_BYTES;
    (void)pthread_mutex_lock(&e->lock);
    enum sr_status status = open_target(e, index, err);
    (void)pthread_mutex_unlock(&e->lock);
    SR_TRY(status);
    SR_TRY(sr_watch_go_on(e->watch, err));
    SR_TRY(copy_unit(e, index, begin, end, err));
    SR_AUTO_FD fd = -1;
    count_unit(e, index, end - begin, &fd);
    return fd < 0 || e->params->skip_sync ? SR_OK
                                          : sr_export_place_sync(e->files[index].path, fd, err);
}

static bool is_cancelled(void *ctx)
{
    const struct exporting *e = ctx;
    const struct sr_progress *p = &e->params->progress;
    return p->cancelled != NULL && p->cancelled(p->ctx);
}

static enum sr_status prepare(struct exporting *e, unsigned threads, struct sr_err *err)
{
    SR_TRY(sr_room_need_keys(e->room, err));
    SR_TRY(sr_catalog_version_by_id(e->room->catalog, &e->params->version, &e->version, err));
    SR_TRY(sr_catalog_files(e->room->catalog, &e->params->version, &e->files, &e->count, err));
    if (e->count == 0) {
        return sr_fail(err, SR_CORRUPT, "'%s@%llu' has no files", e->version.name,
                       (unsigned long long)e->version.number);
    }
    SR_TRY(plan_targets(e, err));
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, threads, 1, &e->plain, err));
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, threads, 1, &e->segments, err));
    return sr_export_place_new(e->params->dir, e->version.plain_bytes, &e->place, err);
}

/* Checked before it is handed out, and before anything else is: to the version's files as they are
 * in the catalog. */
static enum sr_status load_signature(struct exporting *e, struct sr_err *err)
{
    bool is_signed = false;
    if (!e->params->with_signature) {
        return SR_OK;
    }
    SR_TRY(
        sr_room_signature_check(e->room, &e->params->version, e->files, e->count, &is_signed, err));
    if (!is_signed) {
        return sr_fail(err, SR_NOT_FOUND, "'%s@%llu' was taken in before the room signed versions",
                       e->version.name, (unsigned long long)e->version.number);
    }
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &e->signature));
    return sr_room_signature_load(e->room, &e->params->version, e->signature, err);
}

static enum sr_status write_signature(struct exporting *e, const char **out_name,
                                      struct sr_err *err)
{
    if (e->signature == NULL) {
        return SR_OK;
    }
    const char *name = sr_room_signature_name(e->files, e->count);
    struct sr_bytes data = sr_buf_view(e->signature);
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_export_place_open(e->place, name, data.len, &fd, err));
    SR_TRY(write_all(fd, data.ptr, data.len, 0, name, err));
    *out_name = name;
    return e->params->skip_sync ? SR_OK : sr_export_place_sync(name, fd, err);
}

static enum sr_status record(struct exporting *e, struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_EXPORT};
    sr_custody_about(&act, &e->version);
    sr_act_set_word(&act, SR_FIELD_to, sr_export_place_path(e->place));
    SR_TRY(sr_watch_would_fit(e->room, &act, e->version.digest, e->version.plain_bytes, e->count,
                              err));
    SR_TRY(sr_custody_do(e->room, NULL, &act, e->version.digest, &e->permit, NULL, err));
    SR_TRY(sr_watch_new(e->room, e->permit, &e->watch, err));
    return sr_watch_take(e->watch, e->version.plain_bytes, e->count, err);
}

static enum sr_status copy_all(struct exporting *e, unsigned threads, struct sr_err *err)
{
    const struct sr_progress *p = &e->params->progress;
    SR_TRY(sr_export_place_begin(e->place, err));
    if (p->start != NULL) {
        p->start(p->ctx, e->version.plain_bytes, e->count);
    }
    struct sr_crew crew = {
        .threads = threads, .count = e->units, .ctx = e, .step = step, .cancelled = is_cancelled};
    return sr_crew_run(&crew, err);
}

/* What was written is on record, also when not all of it was, and all of that is cleared away. */
static enum sr_status record_served(struct exporting *e, enum sr_status status, struct sr_err *err)
{
    uint64_t written = atomic_load(&e->written);
    written = written < e->version.plain_bytes ? written : e->version.plain_bytes;
    if (status != SR_OK && written == 0) {
        sr_watch_give_back(e->watch, e->version.plain_bytes, e->count);
        return status;
    }
    enum sr_status recorded =
        sr_custody_served(e->room, e->permit, written, e->count, status == SR_OK ? err : NULL);
    sr_watch_give_back(e->watch, e->version.plain_bytes - written, 0);
    return status == SR_OK ? recorded : status;
}

enum sr_status sr_export(struct sr_room *r, const struct sr_export_params *params,
                         struct sr_export_result *out, struct sr_err *err)
{
    SR_CLEANUP(exporting_clear)
    struct exporting e = {.room = r, .params = params, .lock = PTHREAD_MUTEX_INITIALIZER};
    unsigned threads = sr_deposit_threads(params->threads);
    struct sr_recover_result recovered;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_recover_deposits(r, &recovered, err));
    SR_TRY(prepare(&e, threads, err));
    SR_TRY(load_signature(&e, err));
    SR_TRY(record(&e, err));
    SR_TRY(record_served(&e, copy_all(&e, threads, err), err));
    const char *signature = NULL;
    SR_TRY(write_signature(&e, &signature, err));
    SR_TRY(sr_export_place_finish(e.place, !params->skip_sync, err));
    *out = (struct sr_export_result){.files = e.count,
                                     .bytes = e.version.plain_bytes,
                                     .seq = sr_permit_seq(e.permit),
                                     .signature = signature};
    return SR_OK;
}
