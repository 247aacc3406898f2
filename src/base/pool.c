/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * In memory:   | guard page | buffer 0 | buffer 1 | ... | guard page |
 */
struct sr_pool {
    uint8_t *map; /* from the first guard page */
    size_t map_bytes;
    uint8_t *buffers;
    size_t buffer_bytes;
    size_t count;

    pthread_mutex_t lock;
    pthread_cond_t came_back;
    uint8_t **free_buffers; /* a stack: the one used last is warm in the cache */
    size_t free_count;
};

/*
 * Lock buffers from the first on until all wanted are or the limit is reached. In that case the
 * last one is given up again: keys need locked memory too, and would find none left.
 */
static enum sr_status lock_buffers(struct sr_pool *p, size_t wanted, size_t count_min,
                                   struct sr_err *err)
{
    size_t locked = 0;
    while (locked < wanted && mlock(p->buffers + locked * p->buffer_bytes, p->buffer_bytes) == 0) {
        locked++;
    }
    int error = errno;
    if (locked < wanted && locked > count_min) {
        locked--;
        (void)munlock(p->buffers + locked * p->buffer_bytes, p->buffer_bytes);
    }
    if (locked < count_min) {
        return sr_fail(err, SR_NO_MEMORY,
                       "lock %zu buffers of %zu bytes in memory: %s; raise the limit on locked "
                       "memory (ulimit -l, RLIMIT_MEMLOCK)",
                       count_min, p->buffer_bytes, strerror(error));
    }
    p->count = locked;
    return SR_OK;
}

/* Reserve the address space and turn it into memory that is fit to hold secrets. */
static enum sr_status map_buffers(struct sr_pool *p, size_t wanted, size_t count_min,
                                  struct sr_err *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    assert(p->buffer_bytes % page == 0);
    size_t bytes = p->buffer_bytes * wanted;
    void *map = mmap(NULL, page + bytes + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        return sr_fail(err, SR_NO_MEMORY, "map %zu bytes: %s", bytes, strerror(errno));
    }
    p->map = map;
    p->map_bytes = page + bytes + page;
    p->buffers = p->map + page;
    if (mprotect(p->buffers, bytes, PROT_READ | PROT_WRITE) != 0) {
        return sr_fail(err, SR_IO, "mprotect: %s", strerror(errno));
    }
    if (madvise(p->buffers, bytes, MADV_DONTDUMP) != 0 ||
        madvise(p->buffers, bytes, MADV_WIPEONFORK) != 0) {
        return sr_fail(err, SR_IO, "madvise: %s", strerror(errno));
    }
    return lock_buffers(p, wanted, count_min, err);
}

enum sr_status sr_pool_new(size_t buffer_bytes, size_t count_wanted, size_t count_min,
                           struct sr_pool **out, struct sr_err *err)
{
    assert(buffer_bytes > 0 && count_min >= 1 && count_min <= count_wanted);
    assert(count_wanted <= SR_POOL_BYTES_MAX / buffer_bytes);

    SR_AUTO(sr_pool) p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a pool");
    }
    p->buffer_bytes = buffer_bytes;
    (void)pthread_mutex_init(&p->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&p->came_back, NULL);
    p->free_buffers = calloc(count_wanted, sizeof *p->free_buffers);
    if (p->free_buffers == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a pool");
    }
    SR_TRY(map_buffers(p, count_wanted, count_min, err));

    /* Lent in order of address: the last on the stack goes first. */
    for (size_t i = p->count; i > 0; i--) {
        p->free_buffers[p->free_count++] = p->buffers + (i - 1) * buffer_bytes;
    }
    *out = SR_TAKE(p);
    return SR_OK;
}

void sr_pool_free(struct sr_pool *p)
{
    if (p == NULL) {
        return;
    }
    assert(p->free_count == p->count);
    if (p->map != NULL) {
        (void)munmap(p->map, p->map_bytes); /* each buffer was wiped when it came back */
    }
    (void)pthread_cond_destroy(&p->came_back);
    (void)pthread_mutex_destroy(&p->lock);
    free(p->free_buffers);
    free(p);
}

size_t sr_pool_buffer_bytes(const struct sr_pool *p)
{
    return p->buffer_bytes;
}

size_t sr_pool_count(const struct sr_pool *p)
{
    return p->count;
}

uint8_t *sr_pool_take(struct sr_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->free_count == 0) {
        (void)pthread_cond_wait(&p->came_back, &p->lock);
    }
    uint8_t *buffer = p->free_buffers[--p->free_count];
    (void)pthread_mutex_unlock(&p->lock);
    return buffer;
}

uint8_t *sr_pool_try_take(struct sr_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    uint8_t *buffer = p->free_count > 0 ? p->free_buffers[--p->free_count] : NULL;
    (void)pthread_mutex_unlock(&p->lock);
    return buffer;
}

void sr_pool_give(struct sr_pool *p, uint8_t *buffer, size_t used_bytes)
{
    assert(used_bytes <= p->buffer_bytes);
    assert(buffer >= p->buffers && buffer < p->buffers + p->count * p->buffer_bytes);
    assert((size_t)(buffer - p->buffers) % p->buffer_bytes == 0);
    explicit_bzero(buffer, used_bytes);

    (void)pthread_mutex_lock(&p->lock);
    assert(p->free_count < p->count);
    p->free_buffers[p->free_count++] = buffer;
    (void)pthread_cond_signal(&p->came_back);
    (void)pthread_mutex_unlock(&p->lock);
}
