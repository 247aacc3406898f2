/* SPDX-License-Identifier: Apache-2.0 */
/* Each thing is done once; the first failure stops the rest and is the one that is reported. */
#include "custody/crew.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/check.h"

#define COUNT 1000

struct job {
    atomic_uint done[COUNT];
    atomic_uint total;
    atomic_uint workers; /* bits of those that did something */
    uint64_t fail_at;    /* COUNT: never */
    atomic_uint asked;
    unsigned cancel_after; /* 0: never */
};

static enum sr_status step(void *ctx, unsigned worker, uint64_t index, struct sr_err *err)
{
    struct job *job = ctx;
    atomic_fetch_or(&job->workers, 1U << worker);
    atomic_fetch_add(&job->done[index], 1);
    atomic_fetch_add(&job->total, 1);
    return index == job->fail_at ? sr_fail(err, SR_CORRUPT, "thing %u", (unsigned)index) : SR_OK;
}

static bool is_cancelled(void *ctx)
{
    struct job *job = ctx;
    return job->cancel_after != 0 && atomic_fetch_add(&job->asked, 1) >= job->cancel_after;
}

static struct sr_crew crew_of(struct job *job, unsigned threads)
{
    return (struct sr_crew){
        .threads = threads, .count = COUNT, .ctx = job, .step = step, .cancelled = is_cancelled};
}

static void does_each_once(void)
{
    for (unsigned threads = 1; threads <= 4; threads++) {
        static struct job job;
        memset(&job, 0, sizeof job);
        job.fail_at = COUNT;
        struct sr_crew crew = crew_of(&job, threads);
        CHECK(sr_crew_run(&crew, NULL) == SR_OK);
        for (unsigned i = 0; i < COUNT; i++) {
            CHECK(atomic_load(&job.done[i]) == 1);
        }
        CHECK(atomic_load(&job.workers) >> threads == 0);
    }
}

static void stops_at_a_failure(void)
{
    static struct job job;
    struct sr_err err = {0};
    memset(&job, 0, sizeof job);
    job.fail_at = 3;
    struct sr_crew crew = crew_of(&job, 1);
    CHECK(sr_crew_run(&crew, &err) == SR_CORRUPT);
    CHECK(strcmp(err.message, "thing 3") == 0);
    CHECK(atomic_load(&job.total) == 4);
    memset(&job, 0, sizeof job);
    job.fail_at = 3;
    crew = crew_of(&job, 4);
    CHECK(sr_crew_run(&crew, &err) == SR_CORRUPT);
    CHECK(sr_crew_run(&crew, NULL) == SR_CORRUPT);
}

static void stops_when_asked(void)
{
    static struct job job;
    struct sr_err err = {0};
    memset(&job, 0, sizeof job);
    job.fail_at = COUNT;
    job.cancel_after = 5;
    struct sr_crew crew = crew_of(&job, 2);
    CHECK(sr_crew_run(&crew, &err) == SR_CANCELLED);
    CHECK(atomic_load(&job.total) == 5);
}

static void does_nothing_for_nothing(void)
{
    static struct job job;
    struct sr_crew crew = crew_of(&job, 4);
    crew.count = 0;
    CHECK(sr_crew_run(&crew, NULL) == SR_OK);
    CHECK(atomic_load(&job.total) == 0);
}

int main(void)
{
    RUN(does_each_once);
    RUN(stops_at_a_failure);
    RUN(stops_when_asked);
    RUN(does_nothing_for_nothing);
    return check_done();
}
