/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/crew.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

struct run {
    const struct sr_crew *crew;
    atomic_uint_fast64_t next;
    atomic_bool stop;
    pthread_mutex_t lock; /* on what follows */
    enum sr_status status;
    struct sr_err err;
};

struct worker {
    struct run *run;
    unsigned number;
    pthread_t thread;
};

static void fail(struct run *run, enum sr_status status, const struct sr_err *err)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->status == SR_OK) {
        run->status = status;
        run->err = *err;
    }
    (void)pthread_mutex_unlock(&run->lock);
    atomic_store(&run->stop, true);
}

static void work(struct run *run, unsigned number)
{
    const struct sr_crew *crew = run->crew;
    while (!atomic_load(&run->stop)) {
        uint64_t index = atomic_fetch_add(&run->next, 1);
        if (index >= crew->count) {
            return;
        }
        struct sr_err err = {0};
        enum sr_status status = crew->cancelled != NULL && crew->cancelled(crew->ctx)
                                    ? sr_fail(&err, SR_CANCELLED, "stopped as asked")
                                    : crew->step(crew->ctx, number, index, &err);
        if (status != SR_OK) {
            fail(run, status, &err);
        }
    }
}

static void *work_thread(void *arg)
{
    const struct worker *w = arg;
    work(w->run, w->number);
    return NULL;
}

enum sr_status sr_crew_run(const struct sr_crew *crew, struct sr_err *err)
{
    assert(crew->threads >= 1 && crew->threads <= SR_CREW_THREADS_MAX);
    struct run run = {.crew = crew, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct worker workers[SR_CREW_THREADS_MAX];
    unsigned started = 1;
    for (; started < crew->threads && started < crew->count; started++) {
        workers[started] = (struct worker){.run = &run, .number = started};
        /* With fewer threads it takes longer, that is all. */
        if (pthread_create(&workers[started].thread, NULL, work_thread, &workers[started]) != 0) {
            break;
        }
    }
    work(&run, 0);
    for (unsigned i = 1; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    (void)pthread_mutex_destroy(&run.lock);
    if (run.status != SR_OK && err != NULL) {
        *err = run.err;
    }
    return run.status;
}
