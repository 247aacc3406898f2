/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs driver "dir": a directory of files. docs/backends/blobs-dir.md names what it assumes of the
 * file system (D-An) and what holds at every moment, crashes included (D-In).
 *
 *     <root>/staged/<object>.part       being written; its holder has a lock on it
 *     <root>/<first byte>/<object>.body published
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/folder.h"
#include "store/blobs.h"

extern const struct sr_blobs_driver sr_blobs_dir;

#define STAGED_DIR "staged"
#define ID_CHARS (SR_ID_TEXT_BYTES - 1)
#define SUFFIX_CHARS 5 /* ".part", ".body" */
#define NAME_BYTES (ID_CHARS + SUFFIX_CHARS + 1)
#define SHARD_BYTES 3 /* two digits and the NUL */
/* How often to try again when the file under a name changes while we lock it. Each turn means that
 * another process got something done. */
#define HOLD_ATTEMPTS 100

struct dir_blobs {
    struct sr_blobs base;
    char *root; /* for messages */
    int root_fd;
    int staged_fd;
};

/* One open file, and how messages call it: <root>/<dir>/<name>. */
struct dir_file {
    const char *root;
    const char *dir;
    char name[NAME_BYTES];
    char shard[SHARD_BYTES];
    int fd;
    uint64_t bytes; /* when it was opened */
};

struct dir_staged {
    struct sr_staged base;
    struct sr_id object;
    struct dir_file file;
};

struct dir_blob {
    struct sr_blob base;
    struct dir_file file;
};

/* Move a descriptor out of a scope that would close it. */
static void fd_move(int *from, int *to)
{
    *to = *from;
    *from = -1;
}

static void name_part(const struct sr_id *object, char out[NAME_BYTES])
{
    sr_text_hex(sr_bytes(object->bytes, SR_ID_BYTES), out);
    memcpy(out + ID_CHARS, ".part", SUFFIX_CHARS + 1);
}

static void name_body(const struct sr_id *object, char out[NAME_BYTES])
{
    sr_text_hex(sr_bytes(object->bytes, SR_ID_BYTES), out);
    memcpy(out + ID_CHARS, ".body", SUFFIX_CHARS + 1);
}

static void name_shard(const struct sr_id *object, char out[SHARD_BYTES])
{
    sr_text_hex(sr_bytes(object->bytes, 1), out);
}

/* A failed call on <root>/<dir>/<name>; errno says what happened. */
static enum sr_status call_failed(struct sr_err *err, const char *call,
                                  const struct dir_blobs *self, const char *dir, const char *name)
{
    int error = errno;
    return sr_fail(err, SR_IO, "%s '%s/%s/%s': %s", call, self->root, dir, name, strerror(error));
}

/* A failed call on an open file at offset. */
static enum sr_status file_failed(struct sr_err *err, const char *call, const struct dir_file *file,
                                  uint64_t offset)
{
    int error = errno;
    return sr_fail(err, SR_IO, "%s '%s/%s/%s' at offset %llu: %s", call, file->root, file->dir,
                   file->name, (unsigned long long)offset, strerror(error));
}

/* Reading and writing at offsets; these are what sources and sinks point to. */

static enum sr_status file_read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                   struct sr_err *err)
{
    const struct dir_file *file = ctx;
    size_t done = 0;
    while (done < len) {
        uint64_t at = offset + done;
        /* Over INT64_MAX there is no file offset, so nothing to read. */
        ssize_t got = at > INT64_MAX ? 0 : pread(file->fd, out + done, len - done, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_failed(err, "read", file, at);
        }
        if (got == 0) {
            return sr_fail(err, SR_TRUNCATED, "'%s/%s/%s' ends at offset %llu, %zu bytes too early",
                           file->root, file->dir, file->name, (unsigned long long)at, len - done);
        }
        done += (size_t)got;
    }
    return SR_OK;
}

static enum sr_status file_write_at(void *ctx, uint64_t offset, struct sr_bytes data,
                                    struct sr_err *err)
{
    const struct dir_file *file = ctx;
    size_t done = 0;
    while (done < data.len) {
        uint64_t at = offset + done;
        if (at > INT64_MAX) {
            errno = EFBIG;
            return file_failed(err, "write", file, at);
        }
        ssize_t put = pwrite(file->fd, data.ptr + done, data.len - done, (off_t)at);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno; /* POSIX leaves 0 open; it is no progress */
            return file_failed(err, "write", file, at);
        }
        done += (size_t)put;
    }
    return SR_OK;
}

static struct sr_source file_source(struct dir_file *file)
{
    return (struct sr_source){.read_at = file_read_at, .ctx = file, .bytes = file->bytes};
}

/* The store itself. */

static void dir_close(struct sr_blobs *b)
{
    struct dir_blobs *self = (struct dir_blobs *)b;
    sr_folder_close_fd(&self->staged_fd);
    sr_folder_close_fd(&self->root_fd);
    free(self->root);
    free(self);
}

static void dir_blobs_free(struct dir_blobs *self)
{
    if (self != NULL) {
        dir_close(&self->base);
    }
}
SR_DEFINE_AUTO(dir_blobs)

static void dir_stream_close(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A stream of its own over an open directory. NULL with errno set on failure. */
static DIR *open_stream(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL && fd >= 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
    }
    return stream;
}

/* CONFLICT if the directory has an entry. */
static enum sr_status refuse_entries(int dir_fd, const char *path, struct sr_err *err)
{
    SR_CLEANUP(dir_stream_close) DIR *stream = open_stream(dir_fd, ".");
    if (stream == NULL) {
        return sr_fail(err, SR_IO, "open '%s': %s", path, strerror(errno));
    }
    for (const struct dirent *e = readdir(stream); e != NULL; e = readdir(stream)) {
        if (!is_dot(e->d_name)) {
            return sr_fail(err, SR_CONFLICT, "'%s' is there already and not empty", path);
        }
    }
    return SR_OK;
}

/* The staged directory comes last: a store without it is not there yet (D-I1). */
static enum sr_status dir_create(const char *rest, struct sr_err *err)
{
    if (mkdir(rest, S_IRWXU) != 0 && errno != EEXIST) {
        return sr_fail(err, SR_IO, "make '%s': %s", rest, strerror(errno));
    }
    SR_AUTO_FD root_fd = open(rest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SR_AUTO_FD parent_fd =
        root_fd < 0 ? -1 : openat(root_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent_fd < 0) {
        return sr_fail(err, SR_IO, "open '%s': %s", rest, strerror(errno));
    }
    SR_TRY(refuse_entries(root_fd, rest, err));
    if (mkdirat(root_fd, STAGED_DIR, S_IRWXU) != 0) {
        enum sr_status status = errno == EEXIST ? SR_CONFLICT : SR_IO; /* somebody was faster */
        return sr_fail(err, status, "make '%s/" STAGED_DIR "': %s", rest, strerror(errno));
    }
    if (fsync(root_fd) != 0 || fsync(parent_fd) != 0) {
        return sr_fail(err, SR_IO, "sync '%s': %s", rest, strerror(errno));
    }
    return SR_OK;
}

static enum sr_status dir_open(const char *rest, struct sr_blobs **out, struct sr_err *err)
{
    SR_AUTO(dir_blobs) self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open '%s'", rest);
    }
    self->base.driver = &sr_blobs_dir;
    self->root_fd = -1;
    self->staged_fd = -1;
    self->root = calloc(1, strlen(rest) + 1);
    if (self->root == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open '%s'", rest);
    }
    memcpy(self->root, rest, strlen(rest) + 1);
    self->root_fd = open(rest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->root_fd >= 0) {
        self->staged_fd =
            openat(self->root_fd, STAGED_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (self->staged_fd < 0) {
        enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "open '%s%s': %s", rest,
                       self->root_fd < 0 ? "" : "/" STAGED_DIR, strerror(errno));
    }
    *out = &SR_TAKE(self)->base;
    return SR_OK;
}

/* Open the directory that object's body is, or will be, in; NOT_FOUND. */
static enum sr_status open_shard(const struct dir_blobs *self, const struct sr_id *object,
                                 int *out_fd, struct sr_err *err)
{
    char shard[SHARD_BYTES];
    char name[NAME_BYTES];
    name_shard(object, shard);
    name_body(object, name);
    int fd = openat(self->root_fd, shard, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return sr_fail(err, SR_NOT_FOUND, "no '%s/%s/%s'", self->root, shard, name);
    }
    if (fd < 0) {
        return call_failed(err, "open", self, shard, name);
    }
    *out_fd = fd;
    return SR_OK;
}

/* The same, making it durably if it is not there. */
static enum sr_status make_shard(const struct dir_blobs *self, const struct sr_id *object,
                                 int *out_fd, struct sr_err *err)
{
    char shard[SHARD_BYTES];
    name_shard(object, shard);
    if (mkdirat(self->root_fd, shard, S_IRWXU) != 0 && errno != EEXIST) {
        return call_failed(err, "make", self, shard, "");
    }
    /* Also when it was there: whoever made it may not have come to this line. */
    if (fsync(self->root_fd) != 0) {
        return call_failed(err, "sync", self, "", "");
    }
    return open_shard(self, object, out_fd, err);
}

/* Staged blobs. */

static enum sr_status open_part(const struct dir_blobs *self, const char *name, int flags,
                                int *out_fd, struct sr_err *err)
{
    flags |= O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    int fd = openat(self->staged_fd, name, flags, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EACCES && fchmodat(self->staged_fd, name, S_IRUSR | S_IWUSR, 0) == 0) {
        /* A publish was interrupted after it took away the right to write. */
        fd = openat(self->staged_fd, name, flags, S_IRUSR | S_IWUSR);
    }
    if (fd < 0 && errno == ENOENT) {
        return sr_fail(err, SR_NOT_FOUND, "no '%s/" STAGED_DIR "/%s'", self->root, name);
    }
    if (fd < 0) {
        return call_failed(err, "open", self, STAGED_DIR, name);
    }
    *out_fd = fd;
    return SR_OK;
}

/*
 * Open the staged file and lock it. Between the two, another process may publish or drop the file
 * that was opened, so a lock counts only if the name still leads to it (D-I3).
 */
static enum sr_status hold_part(const struct dir_blobs *self, const char *name, int flags,
                                int *out_fd, struct stat *out_info, struct sr_err *err)
{
    for (unsigned attempt = 0; attempt < HOLD_ATTEMPTS; attempt++) {
        SR_AUTO_FD fd = -1;
        SR_TRY(open_part(self, name, flags, &fd, err));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) {
                return sr_fail(err, SR_BUSY, "'%s/" STAGED_DIR "/%s' is held by a live process",
                               self->root, name);
            }
            return call_failed(err, "lock", self, STAGED_DIR, name);
        }
        struct stat locked;
        struct stat named;
        if (fstat(fd, &locked) != 0) {
            return call_failed(err, "stat", self, STAGED_DIR, name);
        }
        if (!S_ISREG(locked.st_mode)) {
            return sr_fail(err, SR_IO, "'%s/" STAGED_DIR "/%s' is not a regular file", self->root,
                           name);
        }
        if (fstatat(self->staged_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
            named.st_dev == locked.st_dev && named.st_ino == locked.st_ino) {
            fd_move(&fd, out_fd);
            *out_info = locked;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_BUSY, "'%s/" STAGED_DIR "/%s' changes hands all the time", self->root,
                   name);
}

static void dir_release(struct sr_staged *s)
{
    struct dir_staged *self = (struct dir_staged *)s;
    sr_folder_close_fd(&self->file.fd); /* and with it the lock */
    free(self);
}

static void dir_staged_free(struct dir_staged *self)
{
    if (self != NULL) {
        dir_release(&self->base);
    }
}
SR_DEFINE_AUTO(dir_staged)

/*
 * CONFLICT if object is published. A publish that was interrupted is brought to its end first: its
 * directories are synced and the staged name, which we hold, goes (D-I5).
 */
static enum sr_status refuse_published(const struct dir_blobs *self, const struct sr_id *object,
                                       struct sr_err *err)
{
    char body[NAME_BYTES];
    char part[NAME_BYTES];
    name_body(object, body);
    name_part(object, part);
    SR_AUTO_FD shard_fd = -1;
    enum sr_status status = open_shard(self, object, &shard_fd, NULL);
    if (status == SR_NOT_FOUND) {
        return SR_OK;
    }
    struct stat info;
    if (status == SR_OK && fstatat(shard_fd, body, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) {
            return SR_OK;
        }
        status = SR_IO;
    }
    if (status != SR_OK || fsync(shard_fd) != 0 || unlinkat(self->staged_fd, part, 0) != 0 ||
        fsync(self->staged_fd) != 0) {
        return call_failed(err, "look at", self, STAGED_DIR, part);
    }
    return sr_fail(err, SR_CONFLICT, "'%s' is published already", body);
}

static enum sr_status dir_stage(struct sr_blobs *b, const struct sr_id *object,
                                struct sr_staged **out, struct sr_err *err)
{
    struct dir_blobs *self = (struct dir_blobs *)b;
    SR_AUTO(dir_staged) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "stage a blob");
    }
    s->base.blobs = b;
    s->object = *object;
    s->file = (struct dir_file){.root = self->root, .dir = STAGED_DIR, .fd = -1};
    name_part(object, s->file.name);
    struct stat info;
    SR_TRY(hold_part(self, s->file.name, O_CREAT, &s->file.fd, &info, err));
    SR_TRY(refuse_published(self, object, err));
    s->file.bytes = (uint64_t)info.st_size;
    *out = &SR_TAKE(s)->base;
    return SR_OK;
}

static void dir_staged_io(struct sr_staged *s, struct sr_sink *out_sink,
                          struct sr_source *out_source)
{
    struct dir_staged *self = (struct dir_staged *)s;
    struct stat info;
    if (fstat(self->file.fd, &info) == 0) {
        self->file.bytes = (uint64_t)info.st_size;
    }
    *out_sink = (struct sr_sink){.write_at = file_write_at, .ctx = &self->file};
    *out_source = file_source(&self->file);
}

static enum sr_status dir_staged_reserve(struct sr_staged *s, uint64_t bytes, struct sr_err *err)
{
    struct dir_staged *self = (struct dir_staged *)s;
    if (bytes == 0 || bytes > INT64_MAX) {
        return SR_OK; /* nothing to reserve; what is too large fails when it is written */
    }
    while (fallocate(self->file.fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) != 0) {
        if (errno == EOPNOTSUPP || errno == ENOSYS) {
            return SR_OK; /* the file system cannot; writing will tell */
        }
        if (errno != EINTR) {
            return file_failed(err, "reserve", &self->file, bytes);
        }
    }
    return SR_OK;
}

static void dir_staged_flush_hint(struct sr_staged *s, uint64_t offset, uint64_t len)
{
    struct dir_staged *self = (struct dir_staged *)s;
    if (offset <= INT64_MAX && len <= INT64_MAX) {
        /* A hint: what cannot be started now will be waited for in publish(). */
        (void)sync_file_range(self->file.fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
    }
}

/* Bring the held file to its final length and mode and put it on the medium. */
static enum sr_status settle_part(struct dir_staged *s, uint64_t bytes, struct sr_err *err)
{
    struct stat info;
    if (fstat(s->file.fd, &info) != 0) {
        return file_failed(err, "stat", &s->file, bytes);
    }
    if ((uint64_t)info.st_size < bytes) {
        return sr_fail(err, SR_TRUNCATED, "'%s/%s/%s' has %llu bytes instead of %llu", s->file.root,
                       s->file.dir, s->file.name, (unsigned long long)info.st_size,
                       (unsigned long long)bytes);
    }
    /* Also at equal length: this gives back what was reserved beyond the end. */
    if (ftruncate(s->file.fd, (off_t)bytes) != 0) {
        return file_failed(err, "cut", &s->file, bytes);
    }
    if (fchmod(s->file.fd, S_IRUSR) != 0) {
        return file_failed(err, "chmod", &s->file, 0);
    }
    if (fsync(s->file.fd) != 0) {
        /* After a failed sync the kernel may call lost pages clean, and the next sync would
         * succeed without them: what is there must not be built upon (D-I6). */
        enum sr_status status = file_failed(err, "sync", &s->file, bytes);
        (void)!ftruncate(s->file.fd, 0);
        return status;
    }
    return SR_OK;
}

/* Give the held file its published name, atomically and never over another. */
static enum sr_status move_part(const struct dir_blobs *self, const struct dir_staged *s,
                                int shard_fd, const char *body, struct sr_err *err)
{
    if (renameat2(self->staged_fd, s->file.name, shard_fd, body, RENAME_NOREPLACE) == 0) {
        return SR_OK;
    }
    /* Some file systems (NFS) have no RENAME_NOREPLACE; link() does not replace either. */
    if ((errno == EINVAL || errno == ENOSYS) &&
        linkat(self->staged_fd, s->file.name, shard_fd, body, 0) == 0 &&
        unlinkat(self->staged_fd, s->file.name, 0) == 0) {
        return SR_OK;
    }
    if (errno == EEXIST) {
        return sr_fail(err, SR_CONFLICT, "'%s' is published already", body);
    }
    return call_failed(err, "publish", self, STAGED_DIR, s->file.name);
}

static enum sr_status dir_publish(struct sr_staged *staged, uint64_t bytes, struct sr_err *err)
{
    SR_AUTO(dir_staged) s = (struct dir_staged *)staged;
    const struct dir_blobs *self = (const struct dir_blobs *)staged->blobs;
    char body[NAME_BYTES];
    name_body(&s->object, body);
    SR_TRY(settle_part(s, bytes, err));
    SR_AUTO_FD shard_fd = -1;
    SR_TRY(make_shard(self, &s->object, &shard_fd, err));
    SR_TRY(move_part(self, s, shard_fd, body, err));
    if (fsync(shard_fd) != 0 || fsync(self->staged_fd) != 0) {
        return call_failed(err, "sync the directory of", self, STAGED_DIR, s->file.name);
    }
    return SR_OK;
}

static enum sr_status dir_drop_staged(struct sr_blobs *b, const struct sr_id *object,
                                      struct sr_err *err)
{
    const struct dir_blobs *self = (const struct dir_blobs *)b;
    char name[NAME_BYTES];
    name_part(object, name);
    SR_AUTO_FD fd = -1;
    struct stat info;
    SR_TRY(hold_part(self, name, 0, &fd, &info, err));
    if (unlinkat(self->staged_fd, name, 0) != 0 || fsync(self->staged_fd) != 0) {
        return call_failed(err, "remove", self, STAGED_DIR, name);
    }
    return SR_OK;
}

/* Published blobs. */

static void dir_close_blob(struct sr_blob *blob)
{
    struct dir_blob *self = (struct dir_blob *)blob;
    sr_folder_close_fd(&self->file.fd);
    free(self);
}

static void dir_blob_free(struct dir_blob *self)
{
    if (self != NULL) {
        dir_close_blob(&self->base);
    }
}
SR_DEFINE_AUTO(dir_blob)

static enum sr_status dir_open_blob(struct sr_blobs *b, const struct sr_id *object,
                                    struct sr_blob **out, struct sr_err *err)
{
    const struct dir_blobs *self = (const struct dir_blobs *)b;
    SR_AUTO(dir_blob) blob = calloc(1, sizeof *blob);
    if (blob == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a blob");
    }
    blob->base.blobs = b;
    blob->file = (struct dir_file){.root = self->root, .fd = -1};
    name_body(object, blob->file.name);
    name_shard(object, blob->file.shard);
    blob->file.dir = blob->file.shard;
    SR_AUTO_FD shard_fd = -1;
    SR_TRY(open_shard(self, object, &shard_fd, err));
    blob->file.fd =
        openat(shard_fd, blob->file.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (blob->file.fd < 0 && errno == ENOENT) {
        return sr_fail(err, SR_NOT_FOUND, "no '%s/%s/%s'", self->root, blob->file.dir,
                       blob->file.name);
    }
    struct stat info;
    if (blob->file.fd < 0 || fstat(blob->file.fd, &info) != 0) {
        return call_failed(err, "open", self, blob->file.dir, blob->file.name);
    }
    if (!S_ISREG(info.st_mode)) {
        return sr_fail(err, SR_IO, "'%s/%s/%s' is not a regular file", self->root, blob->file.dir,
                       blob->file.name);
    }
    blob->file.bytes = (uint64_t)info.st_size;
    *out = &SR_TAKE(blob)->base;
    return SR_OK;
}

static struct sr_source dir_blob_source(struct sr_blob *blob)
{
    return file_source(&((struct dir_blob *)blob)->file);
}

static enum sr_status dir_remove(struct sr_blobs *b, const struct sr_id *object, struct sr_err *err)
{
    const struct dir_blobs *self = (const struct dir_blobs *)b;
    char name[NAME_BYTES];
    char shard[SHARD_BYTES];
    name_body(object, name);
    name_shard(object, shard);
    SR_AUTO_FD shard_fd = -1;
    SR_TRY(open_shard(self, object, &shard_fd, err));
    if (unlinkat(shard_fd, name, 0) != 0) {
        if (errno == ENOENT) {
            return sr_fail(err, SR_NOT_FOUND, "no '%s/%s/%s'", self->root, shard, name);
        }
        return call_failed(err, "remove", self, shard, name);
    }
    if (fsync(shard_fd) != 0) {
        return call_failed(err, "sync the directory of", self, shard, name);
    }
    return SR_OK;
}

/* Listing. */

struct listing {
    const struct dir_blobs *store;
    enum sr_status (*visit)(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                            uint64_t bytes, struct sr_err *err);
    void (*stray)(void *ctx, const char *name);
    void *ctx;
};

static void report_stray(const struct listing *l, const char *dir, const char *name)
{
    char path[NAME_MAX + 16];
    if (l->stray != NULL) {
        (void)snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name);
        l->stray(l->ctx, path);
    }
}

/* Whether name is an object id and suffix; if so, *out is the id. */
static bool parse_name(const char *name, const char *suffix, struct sr_id *out)
{
    return strlen(name) == ID_CHARS + SUFFIX_CHARS && strcmp(name + ID_CHARS, suffix) == 0 &&
           sr_text_unhex(sr_bytes(name, ID_CHARS), out->bytes, SR_ID_BYTES) == SR_OK;
}

static enum sr_status list_entry(const struct listing *l, int dir_fd, const char *dir,
                                 const char *name, struct sr_err *err)
{
    bool staged = strcmp(dir, STAGED_DIR) == 0;
    struct sr_id object;
    struct stat info;
    if (fstatat(dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) {
            return SR_OK; /* gone since the directory was read */
        }
        return call_failed(err, "stat", l->store, dir, name);
    }
    if (!S_ISREG(info.st_mode) || !parse_name(name, staged ? ".part" : ".body", &object) ||
        (!staged && memcmp(name, dir, SHARD_BYTES - 1) != 0)) {
        report_stray(l, dir, name);
        return SR_OK;
    }
    return l->visit(l->ctx, &object, staged ? SR_BLOB_STAGED : SR_BLOB_PUBLISHED,
                    (uint64_t)info.st_size, err);
}

static enum sr_status list_root_entry(const struct listing *l, const char *name,
                                      struct sr_err *err);

/* Go through the entries of root ("") or of one directory in it. */
static enum sr_status list_dir(const struct listing *l, const char *dir, struct sr_err *err)
{
    bool root = dir[0] == '\0';
    SR_CLEANUP(dir_stream_close)
    DIR *stream = open_stream(l->store->root_fd, root ? "." : dir);
    if (stream == NULL) {
        return call_failed(err, "open", l->store, dir, "");
    }
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(stream);
        if (e == NULL) {
            return errno == 0 ? SR_OK : call_failed(err, "read", l->store, dir, "");
        }
        if (!is_dot(e->d_name)) {
            SR_TRY(root ? list_root_entry(l, e->d_name, err)
                        : list_entry(l, dirfd(stream), dir, e->d_name, err));
        }
    }
}

static enum sr_status list_root_entry(const struct listing *l, const char *name, struct sr_err *err)
{
    uint8_t byte = 0;
    struct stat info;
    if (strcmp(name, STAGED_DIR) == 0) {
        return SR_OK; /* it had its turn */
    }
    if (sr_text_unhex(sr_text_view(name), &byte, 1) != SR_OK ||
        fstatat(l->store->root_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(info.st_mode)) {
        report_stray(l, "", name);
        return SR_OK;
    }
    return list_dir(l, name, err);
}

/* Staged ones first: a blob that is published meanwhile is then seen twice, and not missed. */
static enum sr_status
dir_list(struct sr_blobs *b,
         enum sr_status (*visit)(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                                 uint64_t bytes, struct sr_err *err),
         void (*stray)(void *ctx, const char *name), void *ctx, struct sr_err *err)
{
    const struct listing l = {(const struct dir_blobs *)b, visit, stray, ctx};
    SR_TRY(list_dir(&l, STAGED_DIR, err));
    return list_dir(&l, "", err);
}

static enum sr_status dir_free_bytes(struct sr_blobs *b, uint64_t *out, struct sr_err *err)
{
    const struct dir_blobs *self = (const struct dir_blobs *)b;
    struct statvfs info;
    if (fstatvfs(self->root_fd, &info) != 0) {
        return call_failed(err, "stat", self, "", "");
    }
    *out = (uint64_t)info.f_bavail * info.f_frsize;
    return SR_OK;
}

const struct sr_blobs_driver sr_blobs_dir = {
    .scheme = "dir",
    .summary = "files in a directory",
    .create = dir_create,
    .open = dir_open,
    .close = dir_close,
    .stage = dir_stage,
    .staged_io = dir_staged_io,
    .staged_reserve = dir_staged_reserve,
    .staged_flush_hint = dir_staged_flush_hint,
    .publish = dir_publish,
    .release = dir_release,
    .drop_staged = dir_drop_staged,
    .open_blob = dir_open_blob,
    .blob_source = dir_blob_source,
    .close_blob = dir_close_blob,
    .remove = dir_remove,
    .list = dir_list,
    .free_bytes = dir_free_bytes,
};

static_assert(sizeof(off_t) == sizeof(int64_t), "offsets over 2 GiB");
