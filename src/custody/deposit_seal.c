/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit_seal.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder.h"
#include "custody/head.h"
#include "custody/room_impl.h"
#include "seal/write.h"

/* For plaintext and ciphertext on their way; a quarter of what a deposit may use in all. */
#define MEMORY_BYTES ((size_t)64 << 20)
/* The medium is told to begin writing when so much is there. */
#define FLUSH_BYTES ((uint64_t)8 << 20)
/* What a body is longer than its plaintext: header page, last segment, trailer; about. */
#define OVERHEAD_BYTES 65536

/* One file while it is being sealed. */
struct open_file {
    size_t index; /* in the version */
    int fd;
    struct sr_head *head;
    struct sr_staged *staged;
    struct sr_sink sink;     /* of staged */
    pthread_mutex_t writing; /* the file system takes one writer at a time, and makes others spin */
};

struct sealing {
    const struct sr_deposit_work *work;
    size_t *pending; /* indices of the files to seal */
    size_t count;
    struct open_file **open; /* one for each pending, while it is open */
    pthread_mutex_t catalog; /* which is for one thread at a time */
};

static void open_file_free(struct open_file *f)
{
    if (f == NULL) {
        return;
    }
    sr_staged_free(f->staged);
    sr_head_free(f->head);
    sr_folder_close_fd(&f->fd);
    (void)pthread_mutex_destroy(&f->writing);
    free(f);
}
SR_DEFINE_AUTO(open_file)

unsigned sr_deposit_threads(unsigned wanted)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = wanted != 0 ? wanted : cores < 1 ? 1 : (unsigned)cores;
    return threads < SR_SEAL_THREADS_MAX ? threads : SR_SEAL_THREADS_MAX;
}

/* One more than there are cores: one of them waits for the medium or for its turn to hash. */
static unsigned sealing_threads(unsigned wanted)
{
    unsigned threads = sr_deposit_threads(wanted);
    return wanted == 0 && threads < SR_SEAL_THREADS_MAX ? threads + 1 : threads;
}

/* Write, and hint at the block before the one that has just been filled. */
static enum sr_status write_at(void *ctx, uint64_t offset, struct sr_bytes data, struct sr_err *err)
{
    struct open_file *f = ctx;
    (void)pthread_mutex_lock(&f->writing);
    enum sr_status status = f->sink.write_at(f->sink.ctx, offset, data, err);
    (void)pthread_mutex_unlock(&f->writing);
    SR_TRY(status);
    uint64_t block = offset / FLUSH_BYTES;
    if (block > 0 && (offset + data.len) / FLUSH_BYTES > block) {
        sr_staged_flush_hint(f->staged, (block - 1) * FLUSH_BYTES, FLUSH_BYTES);
    }
    return SR_OK;
}

static enum sr_status stage(struct sr_room *r, const struct sr_id *object, struct sr_staged **out,
                            struct sr_err *err)
{
    enum sr_status status = sr_blobs_stage(r->blobs, object, out, err);
    if (status != SR_CONFLICT) {
        return status;
    }
    /* Published, but a crash came before the catalog heard of it. What it says of itself would have
     * to be computed again from all its bytes; sealing it anew costs the same and is one path. */
    SR_TRY(sr_blobs_remove(r->blobs, object, err));
    return sr_blobs_stage(r->blobs, object, out, err);
}

static enum sr_status open_file(const struct sealing *s, size_t index, struct open_file *f,
                                struct sr_err *err)
{
    const struct sr_deposit_work *work = s->work;
    const struct sr_walk_file *file = sr_walk_at(work->walk, index);
    uint64_t bytes = (uint64_t)file->found.st_size;
    f->index = index;
    SR_TRY(sr_walk_open(work->walk, index, &f->fd, err));
    SR_TRY(sr_head_new(f->fd, file->path, bytes, &f->head, err));
    SR_TRY(stage(work->room, &work->files[index].object, &f->staged, err));
    uint64_t segments = bytes / SR_BODY_PAYLOAD_BYTES;
    return sr_staged_reserve(f->staged, bytes + segments * 32 + OVERHEAD_BYTES, err);
}

static enum sr_status begin(void *ctx, size_t index, struct sr_seal_job *out, struct sr_err *err)
{
    struct sealing *s = ctx;
    SR_AUTO(open_file) f = calloc(1, sizeof *f);
    if (f == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an open file");
    }
    f->fd = -1;
    (void)pthread_mutex_init(&f->writing, NULL);
    SR_TRY(open_file(s, s->pending[index], f, err));
    const struct sr_catalog_file *file = &s->work->files[f->index];
    struct sr_seal_job job = {
        .name = {.object = file->object,
                 .version = *s->work->version,
                 .file_index = file->file_index},
        .kind = sr_head_kind(f->head),
        .tensors = sr_head_tensors(f->head),
        .source = sr_head_source(f->head),
        .sink = {.write_at = write_at, .ctx = f},
    };
    sr_staged_io(f->staged, &f->sink, &job.staged);
    *out = job;
    s->open[index] = SR_TAKE(f);
    return SR_OK;
}

static enum sr_status end(void *ctx, size_t index, const struct sr_body_facts *facts,
                          struct sr_err *err)
{
    struct sealing *s = ctx;
    struct open_file *f = s->open[index];
    SR_TRY(sr_walk_check(s->work->walk, f->index, f->fd, err));
    SR_TRY(sr_staged_publish(SR_TAKE(f->staged), facts->body_bytes, err));
    (void)pthread_mutex_lock(&s->catalog);
    enum sr_status status = sr_catalog_file_sealed(s->work->room->catalog, s->work->version,
                                                   s->work->files[f->index].file_index, facts, err);
    (void)pthread_mutex_unlock(&s->catalog);
    return status;
}

static void close_file(void *ctx, size_t index)
{
    struct sealing *s = ctx;
    open_file_free(s->open[index]);
    s->open[index] = NULL;
}

static void progress(void *ctx, uint64_t bytes)
{
    const struct sealing *s = ctx;
    const struct sr_progress *p = s->work->progress;
    if (p->advance != NULL) {
        p->advance(p->ctx, bytes);
    }
}

static bool is_cancelled(void *ctx)
{
    const struct sealing *s = ctx;
    const struct sr_progress *p = s->work->progress;
    return p->cancelled != NULL && p->cancelled(p->ctx);
}

/* The largest first, so that the cores do not wait for one long file at the end. */
static int compare_sizes(const void *a, const void *b, void *ctx) /* lint: callback */
{
    const struct sr_walk *walk = ctx;
    off_t one = sr_walk_at(walk, *(const size_t *)a)->found.st_size;
    off_t other = sr_walk_at(walk, *(const size_t *)b)->found.st_size;
    return (one < other) - (one > other);
}

static void find_pending(struct sealing *s)
{
    const struct sr_deposit_work *work = s->work;
    for (size_t i = 0; i < sr_walk_count(work->walk); i++) {
        if (work->files[i].sealed) {
            progress(s, work->files[i].facts.plain_bytes);
        } else {
            s->pending[s->count++] = i;
        }
    }
    /* qsort_r() hands ctx to the comparison, which only reads it. */
    qsort_r(s->pending, s->count, sizeof *s->pending, compare_sizes, (void *)(uintptr_t)work->walk);
}

static void sealing_clear(struct sealing *s)
{
    for (size_t i = 0; s->open != NULL && i < s->count; i++) {
        assert(s->open[i] == NULL);
    }
    free(s->open);
    free(s->pending);
    (void)pthread_mutex_destroy(&s->catalog);
}

enum sr_status sr_deposit_seal(const struct sr_deposit_work *work, struct sr_err *err)
{
    size_t files = sr_walk_count(work->walk);
    SR_CLEANUP(sealing_clear)
    struct sealing s = {.work = work, .catalog = PTHREAD_MUTEX_INITIALIZER};
    s.pending = calloc(files, sizeof *s.pending);
    s.open = calloc(files, sizeof(struct open_file *));
    if (s.pending == NULL || s.open == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    if (work->progress->start != NULL) {
        work->progress->start(work->progress->ctx, sr_walk_bytes(work->walk), files);
    }
    find_pending(&s);
    if (s.count == 0) {
        return SR_OK;
    }
    struct sr_seal_plan plan = {
        .count = s.count,
        .dek = work->dek,
        .threads = sealing_threads(work->threads),
        .memory_bytes = MEMORY_BYTES,
        .ctx = &s,
        .begin = begin,
        .end = end,
        .close = close_file,
        .progress = progress,
        .cancelled = is_cancelled,
    };
    return sr_seal_write(&plan, err);
}
