/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/steady.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/limits.h"
#include "base/writer.h"
#include "crypto/aead.h"
#include "crypto/rand.h"

/* Chunks on their way from the thread that reads to the one that hashes. */
#define RING 3

struct sr_steady {
    int fd;
    const char *path;
    uint64_t bytes;
    uint64_t chunks;
    const struct sr_progress *progress;
    struct sr_aead *aead;
    uint8_t *buffers; /* RING chunks, and what is encrypted only for its tag, of each thread */
    unsigned threads;
    pthread_t reader;
    pthread_t hasher;
    pthread_mutex_t lock; /* on all below */
    pthread_cond_t change;
    uint8_t (*tags)[SR_AEAD_TAG_BYTES];
    bool *has_tag;
    uint64_t produced; /* chunks */
    uint64_t consumed;
    bool is_stopped;
    enum sr_status status; /* of the threads */
    struct sr_err err;
    uint8_t digest[SR_SHA256_BYTES];
};

static void stop(struct sr_steady *s, enum sr_status status, const struct sr_err *err)
{
    (void)pthread_mutex_lock(&s->lock);
    if (!s->is_stopped && err != NULL) {
        s->status = status;
        s->err = *err;
    }
    s->is_stopped = true;
    (void)pthread_cond_broadcast(&s->change);
    (void)pthread_mutex_unlock(&s->lock);
}

static void join(struct sr_steady *s)
{
    if (s->threads > 0) {
        (void)pthread_join(s->reader, NULL);
    }
    if (s->threads > 1) {
        (void)pthread_join(s->hasher, NULL);
    }
    s->threads = 0;
}

void sr_steady_free(struct sr_steady *s)
{
    if (s == NULL) {
        return;
    }
    stop(s, SR_CANCELLED, NULL);
    join(s);
    (void)pthread_cond_destroy(&s->change);
    (void)pthread_mutex_destroy(&s->lock);
    sr_aead_free(s->aead);
    sr_folder_close_fd(&s->fd);
    free(s->has_tag);
    free(s->tags);
    free(s->buffers);
    free(s);
}

static size_t chunk_len(const struct sr_steady *s, uint64_t chunk)
{
    uint64_t rest = s->bytes - chunk * SR_STEADY_CHUNK_BYTES;
    return rest < SR_STEADY_CHUNK_BYTES ? (size_t)rest : SR_STEADY_CHUNK_BYTES;
}

static enum sr_status fail_changed(const struct sr_steady *s, struct sr_err *err)
{
    return sr_fail(err, SR_CONFLICT, "'%s' changed while it was read", s->path);
}

static enum sr_status read_file(const struct sr_steady *s, uint64_t offset, uint8_t *out,
                                size_t len, struct sr_err *err)
{
    while (len > 0) {
        ssize_t n = pread(s->fd, out, len, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_IO, "cannot read '%s' at %llu: %s", s->path,
                           (unsigned long long)offset, strerror(errno));
        }
        if (n == 0) {
            return fail_changed(s, err);
        }
        out += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return SR_OK;
}

/*
 * Whether these bytes are the chunk as it was when it was first read. The tag is that of AES-GCM;
 * the ciphertext is for nothing. One IV has several texts when the file changes: neither they nor
 * the tags are seen by anybody who could make use of that.
 */
static enum sr_status check_chunk(struct sr_steady *s, uint64_t chunk, struct sr_bytes bytes,
                                  uint8_t *scratch, struct sr_err *err)
{
    uint8_t iv[SR_AEAD_IV_BYTES] = {0};
    uint8_t tag[SR_AEAD_TAG_BYTES];
    sr_writer_put_u64be(iv + 4, chunk);
    if (sr_aead_seal(s->aead, iv, sr_bytes(NULL, 0), bytes, scratch, tag) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute a tag");
    }
    (void)pthread_mutex_lock(&s->lock);
    if (!s->has_tag[chunk]) {
        memcpy(s->tags[chunk], tag, sizeof tag);
        s->has_tag[chunk] = true;
    }
    bool is_same = memcmp(s->tags[chunk], tag, sizeof tag) == 0;
    (void)pthread_mutex_unlock(&s->lock);
    return is_same ? SR_OK : fail_changed(s, err);
}

static uint8_t *buffer_at(const struct sr_steady *s, size_t index)
{
    return s->buffers + index * SR_STEADY_CHUNK_BYTES;
}

/* For who reads a source; the thread has one of its own. */
static uint8_t *scratch_of_source(const struct sr_steady *s)
{
    return buffer_at(s, RING);
}

static uint8_t *scratch_of_reader(const struct sr_steady *s)
{
    return buffer_at(s, RING + 1);
}

/*
 * The thread that reads: each chunk, checked, into the ring.
 */

static bool await_room(struct sr_steady *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->produced - s->consumed >= RING && !s->is_stopped) {
        (void)pthread_cond_wait(&s->change, &s->lock);
    }
    bool goes_on = !s->is_stopped;
    (void)pthread_mutex_unlock(&s->lock);
    return goes_on;
}

static void count_produced(struct sr_steady *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->produced++;
    (void)pthread_cond_broadcast(&s->change);
    (void)pthread_mutex_unlock(&s->lock);
}

static enum sr_status check_progress(const struct sr_progress *p, size_t len, struct sr_err *err)
{
    if (p != NULL && p->advance != NULL) {
        p->advance(p->ctx, len);
    }
    if (p != NULL && p->cancelled != NULL && p->cancelled(p->ctx)) {
        return sr_fail(err, SR_CANCELLED, "it was stopped");
    }
    return SR_OK;
}

static enum sr_status read_chunk(struct sr_steady *s, uint64_t chunk, struct sr_err *err)
{
    size_t len = chunk_len(s, chunk);
    uint8_t *buffer = buffer_at(s, chunk % RING);
    SR_TRY(read_file(s, chunk * SR_STEADY_CHUNK_BYTES, buffer, len, err));
    SR_TRY(check_chunk(s, chunk, sr_bytes(buffer, len), scratch_of_reader(s), err));
    count_produced(s);
    return check_progress(s->progress, len, err);
}

/* What is beyond the length that the file had was never looked at. */
static enum sr_status check_end(const struct sr_steady *s, struct sr_err *err)
{
    uint8_t beyond = 0;
    return pread(s->fd, &beyond, 1, (off_t)s->bytes) == 0 ? SR_OK : fail_changed(s, err);
}

static void *run_reader(void *ctx)
{
    struct sr_steady *s = ctx;
    struct sr_err err = {0};
    enum sr_status status = SR_OK;
    for (uint64_t chunk = 0; chunk < s->chunks && status == SR_OK && await_room(s); chunk++) {
        status = read_chunk(s, chunk, &err);
    }
    if (status == SR_OK) {
        status = check_end(s, &err);
    }
    if (status != SR_OK) {
        stop(s, status, &err);
    }
    return NULL;
}

/*
 * The thread that hashes.
 */

static bool await_chunk(struct sr_steady *s, uint64_t chunk)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->produced <= chunk && !s->is_stopped) {
        (void)pthread_cond_wait(&s->change, &s->lock);
    }
    bool is_there = !s->is_stopped;
    (void)pthread_mutex_unlock(&s->lock);
    return is_there;
}

static void count_consumed(struct sr_steady *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->consumed++;
    (void)pthread_cond_broadcast(&s->change);
    (void)pthread_mutex_unlock(&s->lock);
}

static enum sr_status hash_all(struct sr_steady *s)
{
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(sr_sha256_new(&hash));
    for (uint64_t chunk = 0; chunk < s->chunks; chunk++) {
        if (!await_chunk(s, chunk)) {
            return SR_OK; /* who stopped it has said why */
        }
        SR_TRY(sr_sha256_update(hash, sr_bytes(buffer_at(s, chunk % RING), chunk_len(s, chunk))));
        count_consumed(s);
    }
    return sr_sha256_final(hash, s->digest);
}

static void *run_hasher(void *ctx)
{
    struct sr_steady *s = ctx;
    struct sr_err err = {0};
    enum sr_status status = hash_all(s);
    if (status != SR_OK) {
        stop(s, sr_fail(&err, status, "cannot hash '%s'", s->path), &err);
    }
    return NULL;
}

enum sr_status sr_steady_sha256(struct sr_steady *s, uint8_t out[SR_SHA256_BYTES],
                                struct sr_err *err)
{
    join(s);
    if (s->status != SR_OK) {
        return sr_fail(err, s->status, "%s", s->err.message);
    }
    memcpy(out, s->digest, SR_SHA256_BYTES);
    return SR_OK;
}

static enum sr_status read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                              struct sr_err *err)
{
    struct sr_steady *s = ctx;
    uint64_t chunk = offset / SR_STEADY_CHUNK_BYTES;
    assert(offset % SR_STEADY_CHUNK_BYTES == 0 && len == chunk_len(s, chunk));
    SR_TRY(read_file(s, offset, out, len, err));
    return check_chunk(s, chunk, sr_bytes(out, len), scratch_of_source(s), err);
}

struct sr_source sr_steady_source(struct sr_steady *s)
{
    return (struct sr_source){.read_at = read_at, .ctx = s, .bytes = s->bytes};
}

static enum sr_status check_file(int fd, const char *path, uint64_t *out_bytes, struct sr_err *err)
{
    struct stat found;
    if (fstat(fd, &found) != 0) {
        return sr_fail(err, SR_IO, "cannot stat '%s': %s", path, strerror(errno));
    }
    if (!S_ISREG(found.st_mode)) {
        return sr_fail(err, SR_UNSUPPORTED, "'%s' is no file", path);
    }
    if ((uint64_t)found.st_size > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' has more than %llu bytes", path,
                       (unsigned long long)SR_LIMIT_FILE_BYTES);
    }
    *out_bytes = (uint64_t)found.st_size;
    return SR_OK;
}

static enum sr_status allocate(struct sr_steady *s, struct sr_err *err)
{
    uint8_t key[SR_AEAD_KEY_BYTES];
    s->tags = calloc(s->chunks + 1, sizeof *s->tags);
    s->has_tag = calloc(s->chunks + 1, sizeof *s->has_tag);
    s->buffers = malloc((RING + 2) * SR_STEADY_CHUNK_BYTES);
    if (s->tags == NULL || s->has_tag == NULL || s->buffers == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to read '%s'", s->path);
    }
    if (sr_rand_bytes(key, sizeof key) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot draw a key");
    }
    enum sr_status status = sr_aead_new(key, &s->aead, err);
    explicit_bzero(key, sizeof key);
    return status;
}

static enum sr_status start(struct sr_steady *s, struct sr_err *err)
{
    if (pthread_create(&s->reader, NULL, run_reader, s) != 0) {
        return sr_fail(err, SR_NO_MEMORY, "cannot start a thread");
    }
    s->threads = 1;
    if (pthread_create(&s->hasher, NULL, run_hasher, s) != 0) {
        return sr_fail(err, SR_NO_MEMORY, "cannot start a thread");
    }
    s->threads = 2;
    return SR_OK;
}

enum sr_status sr_steady_new(int fd, const char *path, const struct sr_progress *progress,
                             struct sr_steady **out, struct sr_err *err)
{
    uint64_t bytes = 0;
    SR_TRY(check_file(fd, path, &bytes, err));
    SR_AUTO(sr_steady) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to read '%s'", path);
    }
    s->path = path;
    s->bytes = bytes;
    s->chunks = (bytes + SR_STEADY_CHUNK_BYTES - 1) / SR_STEADY_CHUNK_BYTES;
    s->progress = progress;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->change, NULL);
    s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (s->fd < 0) {
        return sr_fail(err, SR_IO, "cannot open '%s': %s", path, strerror(errno));
    }
    SR_TRY(allocate(s, err));
    SR_TRY(start(s, err));
    *out = SR_TAKE(s);
    return SR_OK;
}
