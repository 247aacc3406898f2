/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers get the file's bytes whatever they do at once; a segment that fails to load is given to
 * nobody; the cache never grows; a reader in order finds segments loaded ahead of it; and what
 * leaves the cache is wiped.
 */
#include "agent/segment_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "tests/check.h"

#define SEGMENT 4096
#define FILES 3
#define BROKEN 7 /* this segment of file 1 never loads */

static const uint64_t FILE_BYTES[FILES] = {SEGMENT * 20 + 5, SEGMENT * 20, 0};
static atomic_uint loads;

static uint8_t byte_at(size_t file, uint64_t offset)
{
    return (uint8_t)(offset * 31 + offset / SEGMENT * 7 + file * 101);
}

static enum sr_status load(void *ctx, size_t file, uint64_t offset, uint8_t *out, size_t len,
                           struct sr_err *err)
{
    (void)ctx;
    atomic_fetch_add(&loads, 1);
    if (file == 1 && offset / SEGMENT == BROKEN) {
        return sr_fail(err, SR_CORRUPT, "segment %d does not authenticate", BROKEN);
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = byte_at(file, offset + i);
    }
    return SR_OK;
}

static uint64_t file_bytes(void *ctx, size_t file)
{
    (void)ctx;
    return FILE_BYTES[file];
}

static void open_cache(size_t buffers, unsigned threads, struct sr_pool **pool,
                       struct sr_segment_cache **cache)
{
    CHECK(sr_pool_new(SEGMENT, buffers, buffers, pool, NULL) == SR_OK);
    struct sr_segment_cache_params params = {
        .loader = {.load = load, .file_bytes = file_bytes},
        .segment_bytes = SEGMENT,
        .file_count = FILES,
        .threads = threads,
        .pool = *pool,
    };
    CHECK(sr_segment_cache_new(&params, cache, NULL) == SR_OK);
}

/* Whether segment number of file holds the right bytes. */
static bool reads_right(struct sr_segment_cache *c, size_t file, uint64_t number)
{
    struct sr_segment s;
    if (sr_segment_cache_get(c, file, number, &s, NULL) != SR_OK) {
        return false;
    }
    bool right = s.len == (file == 0 && number == 20 ? 5 : SEGMENT);
    for (size_t i = 0; i < s.len; i++) {
        right = right && s.data[i] == byte_at(file, number * SEGMENT + i);
    }
    sr_segment_cache_put(c, s);
    return right;
}

static void every_segment_reads_right_in_any_order(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(3, 0, &pool, &c);
    for (uint64_t i = 0; i < 300; i++) {
        CHECK(reads_right(c, 0, i * 13 % 21));
    }
    struct sr_segment s;
    CHECK(sr_segment_cache_get(c, 0, 21, &s, NULL) == SR_TOO_LARGE);
    CHECK(sr_segment_cache_get(c, 1, 20, &s, NULL) == SR_TOO_LARGE);
    CHECK(sr_segment_cache_get(c, 2, 0, &s, NULL) == SR_TOO_LARGE);
}

static void a_segment_is_loaded_once_while_it_is_kept(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(4, 0, &pool, &c);
    unsigned before = atomic_load(&loads);
    for (int i = 0; i < 10; i++) {
        CHECK(reads_right(c, 0, 5));
    }
    CHECK(atomic_load(&loads) == before + 1);
    sr_segment_cache_drop(c, 0);
    CHECK(reads_right(c, 0, 5));
    CHECK(atomic_load(&loads) == before + 2);
}

static void a_failed_segment_is_given_to_nobody(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(4, 2, &pool, &c);
    for (uint64_t n = 0; n < 20; n++) {
        struct sr_segment s = {0};
        struct sr_err err = {0};
        if (n == BROKEN) {
            CHECK(sr_segment_cache_get(c, 1, n, &s, &err) == SR_CORRUPT);
            CHECK(strstr(err.message, "does not authenticate") != NULL);
            CHECK(s.data == NULL);
            CHECK(sr_segment_cache_get(c, 1, n, &s, NULL) == SR_CORRUPT); /* again, not stale */
        } else {
            CHECK(reads_right(c, 1, n));
        }
    }
}

/* Wait, with a bound, until the threads have loaded so many segments. */
static bool loads_reach(unsigned count)
{
    for (int i = 0; i < 5000 && atomic_load(&loads) < count; i++) {
        struct timespec ms = {.tv_nsec = 1000000};
        (void)nanosleep(&ms, NULL);
    }
    return atomic_load(&loads) >= count;
}

static void reading_in_order_loads_ahead(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(12, 2, &pool, &c);
    unsigned before = atomic_load(&loads);
    CHECK(reads_right(c, 0, 0));
    CHECK(loads_reach(before + 7)); /* itself and six ahead: half of the entries */
    CHECK(atomic_load(&loads) == before + 7);
}

static void reading_at_random_does_not_load_ahead(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(12, 2, &pool, &c);
    unsigned before = atomic_load(&loads);
    CHECK(reads_right(c, 0, 9));
    CHECK(reads_right(c, 0, 3));
    CHECK(reads_right(c, 0, 15));
    struct timespec ms = {.tv_nsec = 20000000};
    (void)nanosleep(&ms, NULL);
    CHECK(atomic_load(&loads) == before + 3);
}

struct reader {
    struct sr_segment_cache *cache;
    uint64_t step;
    bool right;
};

static void *read_many(void *arg)
{
    struct reader *r = arg;
    r->right = true;
    for (uint64_t i = 0; i < 400; i++) {
        r->right = r->right && reads_right(r->cache, 0, i * r->step % 21);
        if (i % 97 == 0) {
            sr_segment_cache_drop(r->cache, 0);
        }
    }
    return NULL;
}

static void concurrent_readers_get_the_right_bytes(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(5, 2, &pool, &c);
    pthread_t threads[4];
    struct reader readers[4];
    for (size_t i = 0; i < 4; i++) {
        readers[i] = (struct reader){.cache = c, .step = i * 2 + 1};
        CHECK(pthread_create(&threads[i], NULL, read_many, &readers[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(readers[i].right);
    }
}

static void dropping_wipes_the_plaintext(void)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_segment_cache) c = NULL;
    open_cache(3, 0, &pool, &c);
    struct sr_segment s;
    CHECK(sr_segment_cache_get(c, 0, 1, &s, NULL) == SR_OK);
    const uint8_t *where = s.data;
    sr_segment_cache_drop(c, 0); /* pinned: stays */
    CHECK(where[1] == byte_at(0, SEGMENT + 1));
    sr_segment_cache_put(c, s);
    sr_segment_cache_drop(c, 0);
    for (size_t i = 0; i < SEGMENT; i++) {
        CHECK(where[i] == 0);
    }
}

int main(void)
{
    RUN(every_segment_reads_right_in_any_order);
    RUN(a_segment_is_loaded_once_while_it_is_kept);
    RUN(a_failed_segment_is_given_to_nobody);
    RUN(reading_in_order_loads_ahead);
    RUN(reading_at_random_does_not_load_ahead);
    RUN(concurrent_readers_get_the_right_bytes);
    RUN(dropping_wipes_the_plaintext);
    return check_done();
}
