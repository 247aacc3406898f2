/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/limits.h"

/* What is copied at a time: stays in a core's cache between reading and writing. */
#define COPY_BYTES ((size_t)256 << 10)
/* What is mapped at a time for hashing; also, below this a thread is not worth its start. */
#define HASH_BYTES ((size_t)4 << 20)
#define MEMORY_BYTES_MIN ((uint64_t)256 << 20)

struct sr_staging {
    int fd;
    uint64_t bytes;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* on the next three */
    pthread_cond_t more;
    uint64_t copied;
    bool is_given_up;
    enum sr_status status; /* of hashing; the thread's until it is joined */
    uint8_t digest[SR_SHA256_BYTES];
};

static void join(struct sr_staging *s)
{
    if (s->has_thread) {
        (void)pthread_join(s->thread, NULL);
        s->has_thread = false;
    }
}

static void tell(struct sr_staging *s, uint64_t copied, bool is_given_up)
{
    (void)pthread_mutex_lock(&s->lock);
    s->copied = copied;
    s->is_given_up = is_given_up;
    (void)pthread_cond_signal(&s->more);
    (void)pthread_mutex_unlock(&s->lock);
}

void sr_staging_free(struct sr_staging *s)
{
    if (s == NULL) {
        return;
    }
    tell(s, s->copied, true);
    join(s);
    sr_folder_close_fd(&s->fd);
    (void)pthread_cond_destroy(&s->more);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void sr_staging_fd(const struct sr_staging *s, int *out_fd)
{
    *out_fd = s->fd;
}

uint64_t sr_staging_bytes(const struct sr_staging *s)
{
    return s->bytes;
}

/*
 * Hashing.
 */

/* Wait until so many bytes are there; false when they never will be. */
static bool await_copied(struct sr_staging *s, uint64_t wanted)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->copied < wanted && !s->is_given_up) {
        (void)pthread_cond_wait(&s->more, &s->lock);
    }
    bool is_there = !s->is_given_up;
    (void)pthread_mutex_unlock(&s->lock);
    return is_there;
}

static enum sr_status hash_part(const struct sr_staging *s, struct sr_sha256 *hash, uint64_t at,
                                size_t len)
{
    void *part = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, s->fd, (off_t)at);
    if (part == MAP_FAILED) {
        return SR_IO;
    }
    enum sr_status status = sr_sha256_update(hash, sr_bytes(part, len));
    (void)munmap(part, len);
    return status;
}

static enum sr_status hash_all(struct sr_staging *s)
{
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(sr_sha256_new(&hash));
    for (uint64_t at = 0; at < s->bytes;) {
        size_t len = s->bytes - at < HASH_BYTES ? (size_t)(s->bytes - at) : HASH_BYTES;
        if (!await_copied(s, at + len)) {
            return SR_CANCELLED;
        }
        SR_TRY(hash_part(s, hash, at, len));
        at += len;
    }
    return sr_sha256_final(hash, s->digest);
}

static void *run(void *ctx)
{
    struct sr_staging *s = ctx;
    s->status = hash_all(s);
    return NULL;
}

enum sr_status sr_staging_sha256(struct sr_staging *s, uint8_t out[SR_SHA256_BYTES],
                                 struct sr_err *err)
{
    join(s);
    if (s->status != SR_OK) {
        return sr_fail(err, s->status, "cannot hash the copy of a file");
    }
    memcpy(out, s->digest, SR_SHA256_BYTES);
    return SR_OK;
}

/*
 * Copying.
 */

static uint64_t free_memory(void)
{
    long pages = sysconf(_SC_AVPHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

static bool fits_memory(uint64_t bytes, uint64_t memory_bytes)
{
    if (memory_bytes == 0) {
        memory_bytes = free_memory() / 4;
        memory_bytes = memory_bytes < MEMORY_BYTES_MIN ? MEMORY_BYTES_MIN : memory_bytes;
    }
    return bytes <= memory_bytes;
}

static enum sr_status make_memory(struct sr_staging *s, struct sr_err *err)
{
    s->fd = memfd_create("staging", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return s->fd >= 0 ? SR_OK
                      : sr_fail(err, SR_IO, "cannot make a copy in memory: %s", strerror(errno));
}

/* An unlinked file in $TMPDIR. */
static enum sr_status make_file(struct sr_staging *s, struct sr_err *err)
{
    const char *dir = getenv("TMPDIR");
    dir = dir != NULL && dir[0] != '\0' ? dir : "/tmp";
    s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return s->fd >= 0 ? SR_OK
                      : sr_fail(err, SR_IO, "cannot make a copy in '%s' (TMPDIR): %s", dir,
                                strerror(errno));
}

static enum sr_status write_all(int fd, const uint8_t *bytes, size_t len, struct sr_err *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, bytes + done, len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return sr_fail(err, SR_IO, "cannot write a copy: %s; TMPDIR names where large ones go",
                           strerror(errno));
        }
        done += (size_t)n;
    }
    return SR_OK;
}

/* The next bytes of a file, at most COPY_BYTES; fewer only at its end. */
static enum sr_status read_some(int fd, const char *path, uint8_t *out, size_t *out_len,
                                struct sr_err *err)
{
    size_t len = 0;
    while (len < COPY_BYTES) {
        ssize_t n = read(fd, out + len, COPY_BYTES - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_IO, "cannot read '%s': %s", path, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    }
    *out_len = len;
    return SR_OK;
}

static enum sr_status check_progress(const struct sr_progress *progress, uint64_t bytes,
                                     struct sr_err *err)
{
    if (progress != NULL && progress->advance != NULL) {
        progress->advance(progress->ctx, bytes);
    }
    if (progress != NULL && progress->cancelled != NULL && progress->cancelled(progress->ctx)) {
        return sr_fail(err, SR_CANCELLED, "it was stopped");
    }
    return SR_OK;
}

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

static enum sr_status copy(struct sr_staging *s, int fd, const char *path,
                           const struct sr_progress *progress, struct sr_err *err)
{
    SR_CLEANUP(free_bytes) uint8_t *buffer = malloc(COPY_BYTES);
    if (buffer == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to copy '%s'", path);
    }
    uint64_t copied = 0;
    size_t len = COPY_BYTES;
    while (len == COPY_BYTES && copied <= s->bytes) {
        SR_TRY(read_some(fd, path, buffer, &len, err));
        SR_TRY(write_all(s->fd, buffer, len, err));
        copied += len;
        tell(s, copied, false);
        SR_TRY(check_progress(progress, len, err));
    }
    if (copied != s->bytes) {
        return sr_fail(err, SR_CONFLICT, "'%s' changed while it was read", path);
    }
    return SR_OK;
}

/* Share the blocks of the file instead of copying them, where its file system is also $TMPDIR's. */
static enum sr_status share(struct sr_staging *s, int fd, const char *path, bool *out_is_shared,
                            struct sr_err *err)
{
    struct stat made;
    *out_is_shared = ioctl(s->fd, FICLONE, fd) == 0;
    if (!*out_is_shared) {
        return SR_OK;
    }
    if (fstat(s->fd, &made) != 0 || (uint64_t)made.st_size != s->bytes) {
        return sr_fail(err, SR_CONFLICT, "'%s' changed while it was read", path);
    }
    tell(s, s->bytes, false);
    return SR_OK;
}

/* From now on nobody writes to it, through this descriptor or a mapping of it. */
static enum sr_status close_to_writers(struct sr_staging *s, bool is_memory, struct sr_err *err)
{
    if (is_memory) {
        int seals = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
        return fcntl(s->fd, F_ADD_SEALS, seals) == 0
                   ? SR_OK
                   : sr_fail(err, SR_IO, "cannot seal a copy: %s", strerror(errno));
    }
    char name[64];
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", s->fd);
    int reader = open(name, O_RDONLY | O_CLOEXEC);
    if (reader < 0) {
        return sr_fail(err, SR_IO, "cannot open a copy for reading: %s", strerror(errno));
    }
    /* In place, so that the thread that hashes sees one descriptor only. */
    if (dup3(reader, s->fd, O_CLOEXEC) < 0) {
        (void)close(reader);
        return sr_fail(err, SR_IO, "cannot open a copy for reading: %s", strerror(errno));
    }
    (void)close(reader);
    return SR_OK;
}

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode)) {
        return "a folder";
    }
    if (S_ISFIFO(mode)) {
        return "a pipe";
    }
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

static enum sr_status check(int fd, const char *path, uint64_t *out_bytes, struct sr_err *err)
{
    struct stat found;
    if (fstat(fd, &found) != 0) {
        return sr_fail(err, SR_IO, "cannot stat '%s': %s", path, strerror(errno));
    }
    if (!S_ISREG(found.st_mode)) {
        return sr_fail(err, SR_UNSUPPORTED, "'%s' is %s", path, kind_of(found.st_mode));
    }
    if ((uint64_t)found.st_size > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' has more than %llu bytes", path,
                       (unsigned long long)SR_LIMIT_FILE_BYTES);
    }
    *out_bytes = (uint64_t)found.st_size;
    return SR_OK;
}

static enum sr_status fill(struct sr_staging *s, int fd, const char *path, uint64_t memory_bytes,
                           const struct sr_progress *progress, struct sr_err *err)
{
    bool is_memory = fits_memory(s->bytes, memory_bytes);
    SR_TRY(is_memory ? make_memory(s, err) : make_file(s, err));
    bool is_shared = false;
    if (!is_memory) {
        SR_TRY(share(s, fd, path, &is_shared, err));
    }
    if (s->bytes > HASH_BYTES) {
        s->has_thread = pthread_create(&s->thread, NULL, run, s) == 0;
    }
    bool is_late = !s->has_thread;
    if (!is_shared) {
        SR_TRY(copy(s, fd, path, progress, err));
    }
    SR_TRY(close_to_writers(s, is_memory, err));
    if (is_late) {
        s->status = hash_all(s);
    }
    return SR_OK;
}

enum sr_status sr_staging_new(int fd, const char *path, uint64_t memory_bytes,
                              const struct sr_progress *progress, struct sr_staging **out,
                              struct sr_err *err)
{
    uint64_t bytes = 0;
    SR_TRY(check(fd, path, &bytes, err));
    SR_AUTO(sr_staging) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to copy '%s'", path);
    }
    s->fd = -1;
    s->bytes = bytes;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->more, NULL);
    SR_TRY(fill(s, fd, path, memory_bytes, progress, err));
    *out = SR_TAKE(s);
    return SR_OK;
}
