/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/segment_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum entry_state { EMPTY, LOADING, READY };

struct entry {
    uint8_t *data;
    enum entry_state state;
    size_t file;
    uint64_t number;
    size_t len;
    unsigned pins;
    uint64_t used_at; /* the cache's clock when it was last wanted */
};

/* What one file's reader has been doing; decides whether to decrypt ahead. */
struct stream {
    uint64_t last;  /* the segment read last */
    uint64_t ahead; /* segments below this have been queued */
    bool seen;
};

struct wish {
    size_t file;
    uint64_t number;
};

#define QUEUE_MAX 64
#define THREADS_MAX 16

struct sr_segment_cache {
    struct sr_segment_loader loader;
    struct sr_pool *pool;
    size_t segment_bytes;
    size_t depth; /* how many segments to stay ahead of a reader */

    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t changed;
    pthread_cond_t wanted;
    struct entry *entries;
    size_t entry_count;
    struct stream *streams;
    size_t file_count;
    struct wish queue[QUEUE_MAX];
    size_t queue_head, queue_len;
    uint64_t clock;
    bool stopping;
    bool locks_made;
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
};

static uint64_t segment_count(const struct sr_segment_cache *c, size_t file)
{
    uint64_t bytes = c->loader.file_bytes(c->loader.ctx, file);
    return bytes / c->segment_bytes + (bytes % c->segment_bytes != 0);
}

static size_t segment_len(const struct sr_segment_cache *c, size_t file, uint64_t number)
{
    uint64_t left = c->loader.file_bytes(c->loader.ctx, file) - number * c->segment_bytes;
    return left < c->segment_bytes ? (size_t)left : c->segment_bytes;
}

static struct entry *find(struct sr_segment_cache *c, size_t file, uint64_t number)
{
    for (size_t i = 0; i < c->entry_count; i++) {
        struct entry *e = &c->entries[i];
        if (e->state != EMPTY && e->file == file && e->number == number) {
            return e;
        }
    }
    return NULL;
}

/* The entry to give up next: an empty one, else the one that nobody pins and that rested longest.
 */
static struct entry *victim(struct sr_segment_cache *c)
{
    struct entry *best = NULL;
    for (size_t i = 0; i < c->entry_count; i++) {
        struct entry *e = &c->entries[i];
        if (e->state == EMPTY) {
            return e;
        }
        if (e->state == READY && e->pins == 0 && (best == NULL || e->used_at < best->used_at)) {
            best = e;
        }
    }
    return best;
}

static void empty(struct entry *e)
{
    explicit_bzero(e->data, e->len);
    e->state = EMPTY;
    e->len = 0;
}

/* Load a segment into e, which is EMPTY or a READY one to give up. Drops the lock while it works.
 */
static enum sr_status load(struct sr_segment_cache *c, struct entry *e, size_t file,
                           uint64_t number, struct sr_err *err)
{
    if (e->state == READY && e->len > segment_len(c, file, number)) {
        empty(e); /* a shorter segment would leave the tail of the old one behind */
    }
    e->state = LOADING;
    e->file = file;
    e->number = number;
    e->len = segment_len(c, file, number);
    e->pins = 0;
    (void)pthread_mutex_unlock(&c->lock);
    enum sr_status status =
        c->loader.load(c->loader.ctx, file, number * c->segment_bytes, e->data, e->len, err);
    (void)pthread_mutex_lock(&c->lock);
    e->state = READY;
    if (status != SR_OK) {
        empty(e);
    }
    e->used_at = ++c->clock;
    (void)pthread_cond_broadcast(&c->changed);
    return status;
}

/* A thread that decrypts ahead. What fails here fails again, loudly, when a reader comes to it. */
static void *work(void *arg)
{
    struct sr_segment_cache *c = arg;
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        if (c->queue_len == 0) {
            (void)pthread_cond_wait(&c->wanted, &c->lock);
            continue;
        }
        struct wish wish = c->queue[c->queue_head];
        c->queue_head = (c->queue_head + 1) % QUEUE_MAX;
        c->queue_len--;
        struct entry *e = victim(c);
        if (e != NULL && find(c, wish.file, wish.number) == NULL) {
            enum sr_status ignored = load(c, e, wish.file, wish.number, NULL);
            (void)ignored;
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Note that number is being read; when the file is read in order, queue what comes next. */
static void look_ahead(struct sr_segment_cache *c, size_t file, uint64_t number)
{
    struct stream *s = &c->streams[file];
    bool in_order = s->seen ? number == s->last || number == s->last + 1 : number == 0;
    bool advanced = !s->seen || number != s->last;
    if (!in_order) {
        s->ahead = 0;
    }
    s->seen = true;
    s->last = number;
    if (c->thread_count == 0 || !in_order || !advanced) {
        return;
    }
    uint64_t count = segment_count(c, file);
    uint64_t from = s->ahead > number + 1 ? s->ahead : number + 1;
    for (uint64_t n = from; n < count && n <= number + c->depth; n++) {
        if (c->queue_len == QUEUE_MAX) {
            return;
        }
        c->queue[(c->queue_head + c->queue_len++) % QUEUE_MAX] = (struct wish){file, n};
        s->ahead = n + 1;
        (void)pthread_cond_signal(&c->wanted);
    }
}

/* With the lock held: the READY entry of that segment, loading or waiting as needed. */
static enum sr_status get_ready(struct sr_segment_cache *c, size_t file, uint64_t number,
                                struct entry **out, struct sr_err *err)
{
    for (;;) {
        struct entry *e = find(c, file, number);
        if (e != NULL && e->state == READY) {
            *out = e;
            return SR_OK;
        }
        struct entry *free_entry = e == NULL ? victim(c) : NULL;
        if (free_entry != NULL) {
            SR_TRY(load(c, free_entry, file, number, err));
            continue;
        }
        (void)pthread_cond_wait(&c->changed, &c->lock);
    }
}

enum sr_status sr_segment_cache_get(struct sr_segment_cache *c, size_t file, uint64_t number,
                                    struct sr_segment *out, struct sr_err *err)
{
    assert(file < c->file_count);
    if (number >= segment_count(c, file)) {
        return sr_fail(err, SR_TOO_LARGE, "segment %llu is past the end of the file",
                       (unsigned long long)number);
    }
    (void)pthread_mutex_lock(&c->lock);
    look_ahead(c, file, number);
    struct entry *e = NULL;
    enum sr_status status = get_ready(c, file, number, &e, err);
    if (status == SR_OK) {
        e->pins++;
        e->used_at = ++c->clock;
        *out =
            (struct sr_segment){.data = e->data, .len = e->len, .entry = (size_t)(e - c->entries)};
    }
    (void)pthread_mutex_unlock(&c->lock);
    return status;
}

void sr_segment_cache_put(struct sr_segment_cache *c, struct sr_segment segment)
{
    assert(segment.entry < c->entry_count);
    (void)pthread_mutex_lock(&c->lock);
    struct entry *e = &c->entries[segment.entry];
    assert(e->pins > 0);
    if (--e->pins == 0) {
        (void)pthread_cond_broadcast(&c->changed);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void sr_segment_cache_drop(struct sr_segment_cache *c, size_t file)
{
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->entry_count; i++) {
        struct entry *e = &c->entries[i];
        if (e->state == READY && e->pins == 0 && e->file == file) {
            empty(e);
        }
    }
    c->streams[file] = (struct stream){0};
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

void sr_segment_cache_free(struct sr_segment_cache *c)
{
    if (c == NULL) {
        return;
    }
    if (c->locks_made) {
        (void)pthread_mutex_lock(&c->lock);
        c->stopping = true;
        (void)pthread_cond_broadcast(&c->wanted);
        (void)pthread_mutex_unlock(&c->lock);
        for (unsigned i = 0; i < c->thread_count; i++) {
            (void)pthread_join(c->threads[i], NULL);
        }
        (void)pthread_cond_destroy(&c->wanted);
        (void)pthread_cond_destroy(&c->changed);
        (void)pthread_mutex_destroy(&c->lock);
    }
    for (size_t i = 0; i < c->entry_count; i++) {
        assert(c->entries[i].pins == 0);
        sr_pool_give(c->pool, c->entries[i].data, c->segment_bytes);
    }
    free(c->entries);
    free(c->streams);
    free(c);
}

/* Take every buffer of the pool. */
static enum sr_status take_buffers(struct sr_segment_cache *c, struct sr_err *err)
{
    size_t count = sr_pool_count(c->pool);
    c->entries = calloc(count, sizeof *c->entries);
    c->streams = calloc(c->file_count > 0 ? c->file_count : 1, sizeof *c->streams);
    if (c->entries == NULL || c->streams == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a segment cache");
    }
    while (c->entry_count < count) {
        c->entries[c->entry_count++].data = sr_pool_take(c->pool);
    }
    /* Half the entries stay for what readers hold and come back to. */
    c->depth = count / 2 < 8 ? count / 2 : 8;
    return SR_OK;
}

enum sr_status sr_segment_cache_new(const struct sr_segment_cache_params *params,
                                    struct sr_segment_cache **out, struct sr_err *err)
{
    assert(params->segment_bytes <= sr_pool_buffer_bytes(params->pool));
    /* Two readers may each pin two, and one more has to be free for a load. */
    assert(sr_pool_count(params->pool) >= 3);

    SR_AUTO(sr_segment_cache) c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a segment cache");
    }
    c->loader = params->loader;
    c->pool = params->pool;
    c->segment_bytes = params->segment_bytes;
    c->file_count = params->file_count;
    SR_TRY(take_buffers(c, err));
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    (void)pthread_cond_init(&c->wanted, NULL);
    c->locks_made = true;
    unsigned threads = params->threads < THREADS_MAX ? params->threads : THREADS_MAX;
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&c->threads[i], NULL, work, c) != 0) {
            return sr_fail(err, SR_INTERNAL, "start a thread that decrypts ahead");
        }
        c->thread_count++;
    }
    *out = SR_TAKE(c);
    return SR_OK;
}
