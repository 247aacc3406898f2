/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/write.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "seal/sealing.h"

/*
 * Who does what: a thread takes up to FILES_AT_ONCE files for its own and goes through them side by
 * side, because the serial hash of one file leaves most of a core idle. When it has none and there
 * are none left, it helps where most is left. There are FILES_AT_ONCE places for each thread: a
 * file with nothing left to claim has a thread in it, so a thread in search of work finds either a
 * file to help with or a free place.
 */
#define FILES_AT_ONCE 4
#define PLACES_MAX (SR_SEAL_THREADS_MAX * FILES_AT_ONCE)

/* A file between begin() and close(). */
struct place {
    bool is_taken;
    bool is_ready; /* began; sealing is there */
    size_t index;  /* of the file in the plan */
    struct sr_seal_job job;
    struct sr_sealing *sealing;
    uint64_t segments;
    uint64_t claimed;   /* segments, from the first on */
    uint64_t committed; /* the same */
};

struct run {
    const struct sr_seal_plan *plan;
    pthread_mutex_t lock; /* of everything below, and of places but for their sealing */
    pthread_cond_t changed;
    pthread_mutex_t progress_lock;
    struct place places[PLACES_MAX];
    size_t place_count;
    size_t own_max; /* files that a thread takes for its own */
    size_t next;    /* file to begin */
    bool is_beginning;
    enum sr_status status; /* the first failure */
    struct sr_err err;
    atomic_bool has_failed;
};

struct worker {
    struct run *run;
    pthread_t thread;
    /* The files it began: where they are, and which: others may be in those places later. */
    struct place *own[FILES_AT_ONCE];
    size_t own_index[FILES_AT_ONCE];
    size_t own_count;
    struct sr_sealing_buffers buffers;
    /* What it has claimed, of different files. */
    struct place *claimed[FILES_AT_ONCE];
    struct sr_sealing_batch batches[FILES_AT_ONCE];
    size_t batch_count;
};

static void fail_run(struct run *run, enum sr_status status, const struct sr_err *err)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->status == SR_OK) {
        run->status = status;
        run->err = *err;
        if (err->status != status) { /* a callee without words */
            run->status = sr_context(&run->err, status, "seal");
        }
    }
    atomic_store(&run->has_failed, true);
    (void)pthread_cond_broadcast(&run->changed);
    (void)pthread_mutex_unlock(&run->lock);
}

static bool should_stop(void *ctx)
{
    struct run *run = ctx;
    const struct sr_seal_plan *plan = run->plan;
    return atomic_load(&run->has_failed) || (plan->cancelled != NULL && plan->cancelled(plan->ctx));
}

static uint64_t left_to_claim(const struct place *p)
{
    return p->is_ready ? p->segments - p->claimed : 0;
}

static struct place *free_place(struct run *run)
{
    for (size_t i = 0; i < run->place_count; i++) {
        if (!run->places[i].is_taken) {
            return &run->places[i];
        }
    }
    return NULL;
}

static struct place *place_to_help(struct run *run)
{
    struct place *most = NULL;
    for (size_t i = 0; i < run->place_count; i++) {
        struct place *p = &run->places[i];
        if (left_to_claim(p) > (most == NULL ? 0 : left_to_claim(most))) {
            most = p;
        }
    }
    return most;
}

/* Begin the plan's next file in p. Called with the lock, which is let go meanwhile. */
static void begin_file(struct run *run, struct place *p)
{
    const struct sr_seal_plan *plan = run->plan;
    struct sr_err err = {0};
    *p = (struct place){.is_taken = true, .index = run->next++};
    run->is_beginning = true;
    (void)pthread_mutex_unlock(&run->lock);

    bool has_begun = false;
    enum sr_status status = plan->begin(plan->ctx, p->index, &p->job, &err);
    if (status == SR_OK) {
        has_begun = true;
        status = sr_sealing_new(&p->job, plan->dek, &p->sealing, &err);
    }
    if (status != SR_OK) {
        fail_run(run, status, &err);
    }

    (void)pthread_mutex_lock(&run->lock);
    run->is_beginning = false;
    p->is_taken = has_begun;
    p->is_ready = status == SR_OK;
    p->segments = p->is_ready ? sr_sealing_segments(p->sealing) : 0;
    (void)pthread_cond_broadcast(&run->changed);
}

/* Forget files that are done with, or claimed to the end. Called with the lock. */
static void drop_own(struct worker *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->own_count; i++) {
        if (w->own[i]->index == w->own_index[i] && left_to_claim(w->own[i]) > 0) {
            w->own[kept] = w->own[i];
            w->own_index[kept++] = w->own_index[i];
        }
    }
    w->own_count = kept;
}

/* Claim up to segments of the file at p. Called with the lock. */
static void claim_batch(struct worker *w, struct place *p, size_t segments)
{
    uint64_t left = left_to_claim(p);
    struct sr_sealing_batch *b = &w->batches[w->batch_count];
    size_t slot = w->batch_count == 0 ? 0 : b[-1].slot + b[-1].count;
    b->file = p->sealing;
    b->buffers = &w->buffers;
    b->slot = slot;
    b->first = p->claimed;
    b->count = left < segments ? (size_t)left : segments;
    p->claimed += b->count;
    w->claimed[w->batch_count++] = p;
}

/*
 * Find something for w to do, its own files first, and claim it; none when there is nothing more.
 * Called with the lock.
 */
static void find_work(struct worker *w)
{
    struct run *run = w->run;
    while (run->status == SR_OK) {
        struct place *empty = free_place(run);
        drop_own(w);
        if (w->own_count < run->own_max && run->next < run->plan->count && !run->is_beginning &&
            empty != NULL) {
            w->own[w->own_count] = empty;
            w->own_index[w->own_count++] = run->next;
            begin_file(run, empty);
            continue;
        }
        struct place *helped = w->own_count > 0 ? NULL : place_to_help(run);
        if (helped != NULL) {
            claim_batch(w, helped, w->buffers.segments);
        }
        for (size_t i = 0; i < w->own_count; i++) {
            claim_batch(w, w->own[i], w->buffers.segments / w->own_count);
        }
        if (w->batch_count > 0 || !run->is_beginning) {
            return;
        }
        (void)pthread_cond_wait(&run->changed, &run->lock);
    }
}

/* Whether there was something for w to claim. */
static bool claim(struct worker *w)
{
    (void)pthread_mutex_lock(&w->run->lock);
    w->batch_count = 0;
    find_work(w);
    (void)pthread_mutex_unlock(&w->run->lock);
    return w->batch_count > 0;
}

/*
 * Wait until it is the turn of some of w's batches, all earlier ones of their files being
 * committed, and take these out; none when the run has failed. Not until it is the turn of all: two
 * threads could wait for each other.
 */
static size_t wait_for_turns(struct worker *w, bool is_done[FILES_AT_ONCE],
                             size_t out[FILES_AT_ONCE])
{
    struct run *run = w->run;
    size_t count = 0;
    (void)pthread_mutex_lock(&run->lock);
    while (run->status == SR_OK && count == 0) {
        for (size_t i = 0; i < w->batch_count; i++) {
            if (!is_done[i] && w->claimed[i]->committed == w->batches[i].first) {
                is_done[i] = true;
                out[count++] = i;
            }
        }
        if (count == 0) {
            (void)pthread_cond_wait(&run->changed, &run->lock);
        }
    }
    count = run->status == SR_OK ? count : 0;
    (void)pthread_mutex_unlock(&run->lock);
    return count;
}

/* Pass the turn on; whether the file is complete now. */
static bool end_turn(struct run *run, struct place *p, size_t count)
{
    (void)pthread_mutex_lock(&run->lock);
    p->committed += count;
    bool is_complete = p->committed == p->segments;
    (void)pthread_cond_broadcast(&run->changed);
    (void)pthread_mutex_unlock(&run->lock);
    return is_complete;
}

static void close_place(struct run *run, struct place *p)
{
    sr_sealing_free(p->sealing);
    run->plan->close(run->plan->ctx, p->index);
    (void)pthread_mutex_lock(&run->lock);
    *p = (struct place){0};
    (void)pthread_cond_broadcast(&run->changed);
    (void)pthread_mutex_unlock(&run->lock);
}

static void report_progress(struct run *run, uint64_t bytes)
{
    const struct sr_seal_plan *plan = run->plan;
    if (plan->progress != NULL) {
        (void)pthread_mutex_lock(&run->progress_lock);
        plan->progress(plan->ctx, bytes);
        (void)pthread_mutex_unlock(&run->progress_lock);
    }
}

/* After the last batch of a file. */
static enum sr_status complete(struct run *run, struct place *p, struct sr_err *err)
{
    struct sr_body_facts facts = {0};
    SR_TRY(sr_sealing_finish(p->sealing, &facts, err));
    SR_TRY(run->plan->end(run->plan->ctx, p->index, &facts, err));
    close_place(run, p);
    return SR_OK;
}

/* Commit w's batches, those together whose turn it is at the same time. */
static enum sr_status commit(struct worker *w, struct sr_err *err)
{
    bool is_done[FILES_AT_ONCE] = {false};
    for (size_t left = w->batch_count; left > 0;) {
        size_t turns[FILES_AT_ONCE] = {0};
        struct sr_sealing_batch *batches[FILES_AT_ONCE];
        size_t count = wait_for_turns(w, is_done, turns);
        if (count == 0) {
            return SR_OK; /* somebody else's failure, which is known already */
        }
        for (size_t i = 0; i < count; i++) {
            batches[i] = &w->batches[turns[i]];
        }
        SR_TRY(sr_sealing_commit(batches, count, err));
        for (size_t i = 0; i < count; i++) {
            struct place *p = w->claimed[turns[i]];
            uint64_t bytes = sr_sealing_batch_bytes(batches[i]);
            if (end_turn(w->run, p, batches[i]->count)) {
                SR_TRY(complete(w->run, p, err));
            }
            report_progress(w->run, bytes);
        }
        left -= count;
    }
    return SR_OK;
}

/* Bring what w has claimed through; the last batch of a file completes it. */
static enum sr_status process(struct worker *w, struct sr_err *err)
{
    for (size_t i = 0; i < w->batch_count; i++) {
        SR_TRY(sr_sealing_fill(&w->batches[i], should_stop, w->run, err));
    }
    SR_TRY(sr_sealing_hash(w->batches, w->batch_count));
    for (size_t i = 0; i < w->batch_count; i++) {
        SR_TRY(sr_sealing_store(&w->batches[i], err));
    }
    return commit(w, err);
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;
    while (claim(w)) {
        struct sr_err err = {0};
        enum sr_status status = process(w, &err);
        if (status != SR_OK) {
            fail_run(w->run, status, &err);
        }
    }
    return NULL;
}

/* What all threads together hold. */
struct crew {
    struct worker workers[SR_SEAL_THREADS_MAX];
    unsigned threads;
    struct sr_pool *plain;
    uint8_t *cipher;
};

/* A thread needs one buffer to compare with, and one of each kind for each segment of a batch. */
static enum sr_status equip(struct crew *c, const struct sr_seal_plan *plan, struct sr_err *err)
{
    size_t per_thread = plan->memory_bytes / plan->threads;
    size_t segments = 1;
    while (segments < SR_SEAL_BATCH_MAX && (2 * segments + 4) << 20 <= per_thread) {
        segments++;
    }
    size_t fit = plan->memory_bytes / SR_SEAL_MEMORY_BYTES_MIN;
    c->threads = fit < 1 ? 1 : fit < plan->threads ? (unsigned)fit : plan->threads;
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, c->threads * (segments + 1), 2, &c->plain, err));
    size_t locked = sr_pool_count(c->plain);
    c->threads = locked / 2 < c->threads ? (unsigned)(locked / 2) : c->threads;
    segments = locked / c->threads - 1 < segments ? locked / c->threads - 1 : segments;

    size_t count = c->threads * segments;
    c->cipher = aligned_alloc(4096, count * SR_SEALING_CIPHER_BYTES);
    if (c->cipher == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate %zu buffers", count);
    }
    for (unsigned t = 0; t < c->threads; t++) {
        struct sr_sealing_buffers *b = &c->workers[t].buffers;
        b->segments = segments;
        b->compared = sr_pool_take(c->plain);
        for (size_t i = 0; i < segments; i++) {
            b->plain[i] = sr_pool_take(c->plain);
            b->cipher[i] = c->cipher + (t * segments + i) * SR_SEALING_CIPHER_BYTES;
        }
    }
    return SR_OK;
}

static void dismiss(struct crew *c)
{
    for (unsigned t = 0; t < c->threads; t++) {
        struct sr_sealing_buffers *b = &c->workers[t].buffers;
        for (size_t i = 0; i < b->segments; i++) {
            sr_pool_give(c->plain, b->plain[i], SR_BODY_SEGMENT_BYTES);
        }
        if (b->compared != NULL) {
            sr_pool_give(c->plain, b->compared, SR_BODY_SEGMENT_BYTES);
        }
    }
    sr_pool_free(c->plain);
    free(c->cipher);
    free(c);
}

/* So many that each thread gets its share of few files, and each file room for a segment. */
static size_t own_files(size_t files, const struct crew *c)
{
    size_t share = (files + c->threads - 1) / c->threads;
    size_t most = c->workers[0].buffers.segments;
    most = most < FILES_AT_ONCE ? most : FILES_AT_ONCE;
    share = share < most ? share : most;
    return share > 0 ? share : 1;
}

/* Let all threads work, this one among them; one that cannot be started is done without. */
static void work_together(struct run *run, struct crew *c)
{
    bool is_started[SR_SEAL_THREADS_MAX] = {false};
    run->place_count = c->threads * FILES_AT_ONCE;
    run->own_max = own_files(run->plan->count, c);
    for (unsigned t = 0; t < c->threads; t++) {
        c->workers[t].run = run;
        is_started[t] =
            t > 0 && pthread_create(&c->workers[t].thread, NULL, run_worker, &c->workers[t]) == 0;
    }
    (void)run_worker(&c->workers[0]);
    for (unsigned t = 1; t < c->threads; t++) {
        if (is_started[t]) {
            (void)pthread_join(c->workers[t].thread, NULL);
        }
    }
}

/* Run the plan and close what a failure has left open. */
static enum sr_status run_plan(const struct sr_seal_plan *plan, struct crew *c, struct sr_err *err)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a plan's state");
    }
    run->plan = plan;
    (void)pthread_mutex_init(&run->lock, NULL); /* none of these can fail on Linux */
    (void)pthread_mutex_init(&run->progress_lock, NULL);
    (void)pthread_cond_init(&run->changed, NULL);
    work_together(run, c);

    for (size_t i = 0; i < run->place_count; i++) {
        if (run->places[i].is_taken) {
            close_place(run, &run->places[i]);
        }
    }
    (void)pthread_cond_destroy(&run->changed);
    (void)pthread_mutex_destroy(&run->progress_lock);
    (void)pthread_mutex_destroy(&run->lock);
    enum sr_status status = run->status;
    if (status != SR_OK && err != NULL) {
        *err = run->err;
    }
    free(run);
    return status;
}

enum sr_status sr_seal_write(const struct sr_seal_plan *plan, struct sr_err *err)
{
    assert(plan->threads >= 1 && plan->threads <= SR_SEAL_THREADS_MAX);
    struct crew *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate threads");
    }
    enum sr_status status = equip(c, plan, err);
    if (status == SR_OK) {
        status = run_plan(plan, c, err);
    }
    dismiss(c);
    return status;
}
