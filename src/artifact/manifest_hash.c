/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "artifact/manifest_impl.h"
#include "base/folder.h"
#include "crypto/blake2b.h"
#include "crypto/hash.h"

#define CHUNK_BYTES ((size_t)1 << 20)
#define THREADS_MAX 64

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* One hash of either kind. */
struct hasher {
    struct sr_sha256 *sha256;
    struct sr_blake2b *blake2b;
};

static void hasher_clear(struct hasher *h)
{
    sr_sha256_free(h->sha256);
    sr_blake2b_free(h->blake2b);
}

static enum sr_status hasher_init(struct hasher *h, enum sr_oms_hash hash)
{
    return hash == SR_OMS_SHA256 ? sr_sha256_new(&h->sha256) : sr_blake2b_new(&h->blake2b);
}

static enum sr_status hasher_update(struct hasher *h, struct sr_bytes data)
{
    return h->sha256 != NULL ? sr_sha256_update(h->sha256, data)
                             : sr_blake2b_update(h->blake2b, data);
}

static enum sr_status hasher_final(struct hasher *h, uint8_t *out)
{
    return h->sha256 != NULL ? sr_sha256_final(h->sha256, out) : sr_blake2b_final(h->blake2b, out);
}

/* The work that all threads share. */
struct work {
    const struct sr_manifest *m;
    enum sr_oms_hash hash;
    struct sr_manifest_piece *pieces;
    size_t count;
    atomic_size_t next;
    pthread_mutex_t lock; /* for what is below */
    enum sr_status status;
    struct sr_err err;
};

static enum sr_status hash_range(int fd, const struct sr_manifest_piece *piece, const char *path,
                                 struct hasher *h, uint8_t *chunk, struct sr_err *err)
{
    for (uint64_t at = piece->begin; at < piece->end;) {
        uint64_t left = piece->end - at;
        ssize_t n = pread(fd, chunk, left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return sr_fail(err, n == 0 ? SR_CONFLICT : SR_IO, "cannot read '%s' at byte %llu: %s",
                           path, (unsigned long long)at, n == 0 ? "it ends" : strerror(errno));
        }
        SR_TRY(hasher_update(h, sr_bytes(chunk, (size_t)n)));
        at += (uint64_t)n;
    }
    return SR_OK;
}

static enum sr_status hash_piece(const struct work *w, struct sr_manifest_piece *piece,
                                 uint8_t *chunk, struct sr_err *err)
{
    size_t index = w->m->files[piece->file];
    const char *path = sr_walk_at(w->m->walk, index)->path;
    SR_CLEANUP(hasher_clear) struct hasher h = {0};
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_walk_open(w->m->walk, index, &fd, err));
    SR_TRY(hasher_init(&h, w->hash));
    SR_TRY(hash_range(fd, piece, path, &h, chunk, err));
    SR_TRY(hasher_final(&h, piece->digest));
    return sr_walk_check(w->m->walk, index, fd, err);
}

static void note_failure(struct work *w, enum sr_status status, const struct sr_err *err)
{
    (void)pthread_mutex_lock(&w->lock);
    if (w->status == SR_OK) {
        w->status = status;
        w->err = *err;
    }
    (void)pthread_mutex_unlock(&w->lock);
    atomic_store(&w->next, w->count);
}

static void *run(void *ctx)
{
    struct work *w = ctx;
    struct sr_err err = {0};
    SR_CLEANUP(free_bytes) uint8_t *chunk = malloc(CHUNK_BYTES);
    enum sr_status status =
        chunk != NULL ? SR_OK : sr_fail(&err, SR_NO_MEMORY, "no memory to read files");
    while (status == SR_OK) {
        size_t index = atomic_fetch_add(&w->next, 1);
        if (index >= w->count) {
            return NULL;
        }
        status = hash_piece(w, &w->pieces[index], chunk, &err);
    }
    note_failure(w, status, &err);
    return NULL;
}

static size_t thread_count(unsigned wanted, size_t pieces)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = wanted != 0 ? wanted : cores > 0 ? (size_t)cores : 1;
    count = count < THREADS_MAX ? count : THREADS_MAX;
    return count < pieces ? count : pieces;
}

enum sr_status sr_manifest_hash(const struct sr_manifest *m, enum sr_oms_hash hash,
                                struct sr_manifest_piece *pieces, size_t count, unsigned threads,
                                struct sr_err *err)
{
    struct work work = {.m = m, .hash = hash, .pieces = pieces, .count = count};
    pthread_t helpers[THREADS_MAX];
    size_t started = 0;
    size_t wanted = thread_count(threads, count);
    (void)pthread_mutex_init(&work.lock, NULL);
    while (started + 1 < wanted && pthread_create(&helpers[started], NULL, run, &work) == 0) {
        started++;
    }
    (void)run(&work);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(helpers[i], NULL);
    }
    (void)pthread_mutex_destroy(&work.lock);
    if (work.status != SR_OK && err != NULL) {
        *err = work.err;
    }
    return work.status;
}
