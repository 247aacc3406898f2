/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers are apart from each other, come back wiped, are waited for when all are out, and a pool
 * that cannot lock all it wants makes do with fewer or says which limit to raise.
 */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fault.h"

#define BUFFER_BYTES ((size_t)8192)

static void lends_each_buffer_once(void)
{
    SR_AUTO(sr_pool) p = NULL;
    uint8_t *lent[4];
    CHECK(sr_pool_new(BUFFER_BYTES, 4, 4, &p, NULL) == SR_OK);
    CHECK(sr_pool_count(p) == 4);
    CHECK(sr_pool_buffer_bytes(p) == BUFFER_BYTES);
    for (size_t i = 0; i < 4; i++) {
        lent[i] = sr_pool_take(p);
        CHECK((uintptr_t)lent[i] % (uintptr_t)sysconf(_SC_PAGESIZE) == 0);
        memset(lent[i], (int)i + 1, BUFFER_BYTES);
    }
    CHECK(sr_pool_try_take(p) == NULL);
    for (size_t i = 0; i < 4; i++) {
        CHECK(lent[i][0] == i + 1 && lent[i][BUFFER_BYTES - 1] == i + 1); /* nobody else's */
        sr_pool_give(p, lent[i], BUFFER_BYTES);
    }
    uint8_t *again = sr_pool_try_take(p);
    CHECK(again == lent[3]);
    sr_pool_give(p, again, 0);
}

static void come_back_wiped(void)
{
    static const uint8_t ZERO[BUFFER_BYTES];
    SR_AUTO(sr_pool) p = NULL;
    CHECK(sr_pool_new(BUFFER_BYTES, 1, 1, &p, NULL) == SR_OK);
    uint8_t *buffer = sr_pool_take(p);
    memset(buffer, 0xa5, 100);
    sr_pool_give(p, buffer, 100);
    CHECK(sr_pool_take(p) == buffer);
    CHECK(memcmp(buffer, ZERO, BUFFER_BYTES) == 0);
    memset(buffer, 0xa5, BUFFER_BYTES);
    sr_pool_give(p, buffer, BUFFER_BYTES);
    sr_pool_free(SR_TAKE(p));
    CHECK(fault_unmapped_all_clean());
}

struct shared {
    struct sr_pool *pool;
    atomic_int out;
    atomic_int out_most;
};

static void *borrow_often(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 2000; i++) {
        uint8_t *buffer = sr_pool_take(s->pool);
        int out = atomic_fetch_add(&s->out, 1) + 1;
        int most = atomic_load(&s->out_most);
        while (out > most && !atomic_compare_exchange_weak(&s->out_most, &most, out)) {
        }
        buffer[0] = 1;
        atomic_fetch_sub(&s->out, 1);
        sr_pool_give(s->pool, buffer, 1);
    }
    return NULL;
}

static void more_borrowers_than_buffers_wait(void)
{
    pthread_t threads[4];
    SR_AUTO(sr_pool) p = NULL;
    CHECK(sr_pool_new(BUFFER_BYTES, 2, 2, &p, NULL) == SR_OK);
    struct shared s = {.pool = p};
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, borrow_often, &s) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(s.out == 0);
    CHECK(s.out_most >= 1 && s.out_most <= 2);
}

/* An ordinary user under a limit of 4 buffers: run probe there. Root is above the limit. */
static bool holds_under_limit(bool (*probe)(void))
{
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {4 * BUFFER_BYTES, 4 * BUFFER_BYTES};
        bool ready = setrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
                     (geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
        _exit(ready && probe() ? 0 : 1);
    }
    int wait_status = -1;
    CHECK(child > 0);
    CHECK(waitpid(child, &wait_status, 0) == child);
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

static bool gets_fewer_and_leaves_some(void)
{
    SR_AUTO(sr_pool) p = NULL;
    SR_AUTO(sr_secret) key = NULL;
    return sr_pool_new(BUFFER_BYTES, 100, 2, &p, NULL) == SR_OK && sr_pool_count(p) == 3 &&
           sr_secret_new(32, &key, NULL) == SR_OK;
}

static bool is_refused_and_told_why(void)
{
    SR_AUTO(sr_pool) p = NULL;
    struct sr_err err = {0};
    return sr_pool_new(BUFFER_BYTES, 100, 5, &p, &err) == SR_NO_MEMORY && p == NULL &&
           strstr(err.message, "ulimit -l") != NULL;
}

/* Sanitizers turn mlock() into nothing. */
static bool locks_nothing(void)
{
    static uint8_t memory[6 * BUFFER_BYTES];
    return mlock(memory, sizeof memory) == 0;
}

static void keeps_within_the_limit_on_locked_memory(void)
{
    if (holds_under_limit(locks_nothing)) {
        printf("# nothing is locked under this sanitizer\n");
        return;
    }
    CHECK(holds_under_limit(gets_fewer_and_leaves_some));
    CHECK(holds_under_limit(is_refused_and_told_why));
}

static void every_failure_is_reported(void)
{
    int live = fault_maps_live();
    FAULT_SWEEP {
        SR_AUTO(sr_pool) p = NULL;
        struct sr_err err = {0};
        enum sr_status status = sr_pool_new(BUFFER_BYTES, 2, 2, &p, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((p != NULL) == (status == SR_OK));
        CHECK(err.status == status);
    }
    CHECK(fault_sweep_faults() == 7); /* calloc twice, mmap, madvise twice, mlock twice */
    CHECK(fault_maps_live() == live);
}

int main(void)
{
    RUN(lends_each_buffer_once);
    RUN(come_back_wiped);
    RUN(more_borrowers_than_buffers_wait);
    RUN(keeps_within_the_limit_on_locked_memory);
    RUN(every_failure_is_reported);
    return check_done();
}
