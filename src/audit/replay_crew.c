/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "audit/replay_impl.h"

/*
 * A ring of batches. The caller fills and takes back at its two ends; threads take the oldest that
 * nobody has begun. A batch belongs to one of them at a time, so only the counters are shared.
 */

struct slot {
    struct sr_replay_batch batch;
    bool is_done;
};

struct sr_replay_crew {
    const struct sr_replay_keys *keys;
    size_t slots;
    struct slot *slot;
    unsigned started;
    pthread_t thread[SR_REPLAY_THREADS_MAX];
    pthread_mutex_t lock; /* on what follows; numbers count up, a slot is number modulo slots */
    pthread_cond_t there_is_work;
    pthread_cond_t one_is_done;
    uint64_t put;
    uint64_t begun;
    uint64_t dropped; /* only the caller's */
    bool is_over;
};

static void check_batch(struct sr_replay_batch *batch, const struct sr_replay_keys *keys)
{
    for (size_t i = 0; i < batch->count; i++) {
        sr_replay_line_check(&batch->item[i], keys);
    }
}

static struct slot *slot_of(struct sr_replay_crew *c, uint64_t number)
{
    return &c->slot[number % c->slots];
}

static void *work(void *arg)
{
    struct sr_replay_crew *c = arg;
    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->is_over && c->begun == c->put) {
            (void)pthread_cond_wait(&c->there_is_work, &c->lock);
        }
        if (c->is_over) {
            break;
        }
        struct slot *slot = slot_of(c, c->begun++);
        (void)pthread_mutex_unlock(&c->lock);
        check_batch(&slot->batch, c->keys);
        (void)pthread_mutex_lock(&c->lock);
        slot->is_done = true;
        (void)pthread_cond_signal(&c->one_is_done);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

static enum sr_status make_slots(struct sr_replay_crew *c, size_t count, struct sr_err *err)
{
    c->slot = calloc(count, sizeof *c->slot);
    if (c->slot == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to replay");
    }
    c->slots = count;
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_buf_new(SR_REPLAY_BATCH_BYTES + SR_PACK_LINE_BYTES_MAX, &c->slot[i].batch.bytes));
    }
    return SR_OK;
}

enum sr_status sr_replay_crew_new(unsigned threads, const struct sr_replay_keys *keys,
                                  struct sr_replay_crew **out, struct sr_err *err)
{
    assert(threads >= 1 && threads <= SR_REPLAY_THREADS_MAX);
    struct sr_replay_crew *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to replay");
    }
    c->keys = keys;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->there_is_work, NULL);
    (void)pthread_cond_init(&c->one_is_done, NULL);
    enum sr_status status = make_slots(c, threads == 1 ? 1 : 3 * (size_t)threads, err);
    if (status != SR_OK) {
        sr_replay_crew_free(c);
        return status;
    }
    /* With fewer threads it takes longer, that is all; with none the caller does it. */
    while (threads > 1 && c->started < threads &&
           pthread_create(&c->thread[c->started], NULL, work, c) == 0) {
        c->started++;
    }
    *out = c;
    return SR_OK;
}

void sr_replay_crew_free(struct sr_replay_crew *c)
{
    if (c == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&c->lock);
    c->is_over = true;
    (void)pthread_cond_broadcast(&c->there_is_work);
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->started; i++) {
        (void)pthread_join(c->thread[i], NULL);
    }
    for (size_t i = 0; i < c->slots; i++) {
        for (size_t k = 0; k < c->slot[i].batch.count; k++) {
            sr_replay_line_clear(&c->slot[i].batch.item[k]);
        }
        sr_buf_free(c->slot[i].batch.bytes);
    }
    free(c->slot);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->there_is_work);
    (void)pthread_cond_destroy(&c->one_is_done);
    free(c);
}

struct sr_replay_batch *sr_replay_crew_empty(struct sr_replay_crew *c)
{
    return c->put - c->dropped == c->slots ? NULL : &slot_of(c, c->put)->batch;
}

void sr_replay_crew_put(struct sr_replay_crew *c)
{
    (void)pthread_mutex_lock(&c->lock);
    slot_of(c, c->put)->is_done = false;
    c->put++;
    (void)pthread_cond_signal(&c->there_is_work);
    (void)pthread_mutex_unlock(&c->lock);
}

struct sr_replay_batch *sr_replay_crew_take(struct sr_replay_crew *c)
{
    if (c->dropped == c->put) {
        return NULL;
    }
    struct slot *slot = slot_of(c, c->dropped);
    if (c->started == 0) {
        check_batch(&slot->batch, c->keys);
        return &slot->batch;
    }
    (void)pthread_mutex_lock(&c->lock);
    while (!slot->is_done) {
        (void)pthread_cond_wait(&c->one_is_done, &c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return &slot->batch;
}

void sr_replay_crew_drop(struct sr_replay_crew *c)
{
    struct sr_replay_batch *batch = &slot_of(c, c->dropped)->batch;
    for (size_t i = 0; i < batch->count; i++) {
        sr_replay_line_clear(&batch->item[i]);
    }
    batch->count = 0;
    sr_buf_clear(batch->bytes);
    c->dropped++;
}
