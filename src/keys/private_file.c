/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/private_file.h"
#include "base/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/rand.h"

#define SUFFIX ".new-"
#define SUFFIX_RANDOM_BYTES 8
#define SUFFIX_BYTES (sizeof SUFFIX - 1 + 2 * (size_t)SUFFIX_RANDOM_BYTES)

/* A file by its folder and its name there. */
struct place {
    const char *path; /* for messages */
    const char *name; /* the end of path */
    int folder;
};

static void place_close(struct place *p)
{
    sr_folder_close_fd(&p->folder);
}

/* Open the folder that path is in. */
static enum sr_status place_open(const char *path, struct place *out, struct sr_err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t folder_bytes = (size_t)(name - path);
    char folder[PATH_MAX] = ".";
    if (folder_bytes >= sizeof folder || name[0] == '\0' ||
        strlen(name) + SUFFIX_BYTES > NAME_MAX) {
        return sr_fail(err, SR_USAGE, "'%s' cannot be the path of a private file", path);
    }
    if (folder_bytes > 0) {
        memcpy(folder, path, folder_bytes);
        folder[folder_bytes] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "open folder '%s': %s", folder, strerror(errno));
    }
    *out = (struct place){.path = path, .name = name, .folder = fd};
    return SR_OK;
}

/* F-10: not through a link, not blocking on a pipe, and nothing but a file that is ours alone. */
static enum sr_status open_private(const struct place *p, int *out, struct stat *out_info,
                                   struct sr_err *err)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    SR_AUTO_FD fd = openat(p->folder, p->name, flags);
    if (fd < 0 && errno == ELOOP) {
        return sr_fail(err, SR_DENIED, "'%s' is a symbolic link", p->path);
    }
    if (fd < 0) {
        enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "open '%s': %s", p->path, strerror(errno));
    }
    if (fstat(fd, out_info) != 0) {
        return sr_fail(err, SR_IO, "stat '%s': %s", p->path, strerror(errno));
    }
    if (!S_ISREG(out_info->st_mode)) {
        return sr_fail(err, SR_DENIED, "'%s' is not a regular file", p->path);
    }
    if ((out_info->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return sr_fail(err, SR_DENIED, "'%s' is open to others; chmod 600 it", p->path);
    }
    *out = fd;
    fd = -1;
    return SR_OK;
}

static enum sr_status read_all(const struct place *p, int fd, size_t bytes_max, struct sr_buf *out,
                               struct sr_err *err)
{
    for (size_t total = 0;;) {
        uint8_t piece[512];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return sr_fail(err, SR_IO, "read '%s': %s", p->path, strerror(errno));
        }
        if (got == 0) {
            return SR_OK;
        }
        total += (size_t)got;
        enum sr_status status =
            total > bytes_max ? SR_TOO_LARGE : sr_buf_append(out, sr_bytes(piece, (size_t)got));
        if (status != SR_OK) {
            return sr_fail(err, status, "'%s' over %zu bytes, or no memory", p->path, bytes_max);
        }
    }
}

enum sr_status sr_private_file_read(const char *path, size_t bytes_max, struct sr_buf *out,
                                    struct sr_err *err)
{
    SR_CLEANUP(place_close) struct place p = {.folder = -1};
    SR_AUTO_FD fd = -1;
    struct stat info;
    SR_TRY(place_open(path, &p, err));
    SR_TRY(open_private(&p, &fd, &info, err));
    return read_all(&p, fd, bytes_max, out, err);
}

/* A file beside the real one, until it takes its place. */
struct draft {
    int folder;
    int fd;
    bool exists; /* under its own name */
    char name[NAME_MAX + 1];
};

static void draft_drop(struct draft *d)
{
    if (d->exists) {
        (void)unlinkat(d->folder, d->name, 0);
    }
    sr_folder_close_fd(&d->fd);
}

static enum sr_status write_all(int fd, struct sr_bytes data)
{
    while (data.len > 0) {
        ssize_t put = write(fd, data.ptr, data.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return SR_IO;
        }
        data = sr_bytes(data.ptr + put, data.len - (size_t)put);
    }
    return SR_OK;
}

/*
 * Write and sync a draft. It is locked as long as it is open, which is how remove_leftovers() of
 * another process knows it from one whose writer is dead.
 */
static enum sr_status draft_write(const struct place *p, struct sr_bytes content, struct draft *d,
                                  struct sr_err *err)
{
    uint8_t random[SUFFIX_RANDOM_BYTES];
    char digits[2 * SUFFIX_RANDOM_BYTES + 1];
    if (sr_rand_bytes(random, sizeof random) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "random bytes for a file name");
    }
    sr_text_hex(sr_bytes(random, sizeof random), digits);
    (void)snprintf(d->name, sizeof d->name, "%s" SUFFIX "%s", p->name, digits);

    d->folder = p->folder;
    d->fd = openat(p->folder, d->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    d->exists = d->fd >= 0;
    if (d->fd < 0 || flock(d->fd, LOCK_EX | LOCK_NB) != 0 || fchmod(d->fd, 0600) != 0 ||
        write_all(d->fd, content) != SR_OK || fsync(d->fd) != 0) {
        return sr_fail(err, SR_IO, "write '%s': %s", d->name, strerror(errno));
    }
    return SR_OK;
}

static bool is_draft_of(const struct place *p, const char *name)
{
    size_t len = strlen(p->name);
    uint8_t random[SUFFIX_RANDOM_BYTES];
    return strlen(name) == len + SUFFIX_BYTES && memcmp(name, p->name, len) == 0 &&
           memcmp(name + len, SUFFIX, sizeof SUFFIX - 1) == 0 &&
           sr_text_unhex(sr_text_view(name + len + sizeof SUFFIX - 1), random, sizeof random) ==
               SR_OK;
}

/*
 * Whether the writer of a draft may be alive. mine is the file that this process has locked: it has
 * two names when its creator was killed between link() and unlink().
 */
static bool is_in_use(int fd, const struct stat *mine)
{
    struct stat info;
    if (mine != NULL && fstat(fd, &info) == 0 && info.st_ino == mine->st_ino &&
        info.st_dev == mine->st_dev) {
        return false;
    }
    return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/*
 * Remove a draft that nobody has locked. Should it be one that was made a moment ago and not locked
 * yet, its writer will find it gone when it wants to put it in place, and fail; drafts have random
 * names, so it can find no other instead.
 */
static enum sr_status remove_leftover(const struct place *p, const char *name,
                                      const struct stat *mine, struct sr_err *err)
{
    SR_AUTO_FD fd = openat(p->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if ((fd < 0 && errno == ENOENT) || (fd >= 0 && is_in_use(fd, mine))) {
        return SR_OK;
    }
    if (unlinkat(p->folder, name, 0) != 0 && errno != ENOENT) {
        return sr_fail(err, SR_IO, "remove '%s': %s", name, strerror(errno));
    }
    return SR_OK;
}

static void dir_close(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}

/* What killed processes left. Strict: a draft may hold keys that were meant to be destroyed. */
static enum sr_status remove_leftovers(const struct place *p, const struct stat *mine,
                                       struct sr_err *err)
{
    SR_AUTO_FD fd = openat(p->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SR_CLEANUP(dir_close) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        return sr_fail(err, SR_IO, "list the folder of '%s': %s", p->path, strerror(errno));
    }
    fd = -1; /* closed with dir */
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL && errno != 0) {
            return sr_fail(err, SR_IO, "list the folder of '%s': %s", p->path, strerror(errno));
        }
        if (entry == NULL) {
            return SR_OK;
        }
        if (is_draft_of(p, entry->d_name)) {
            SR_TRY(remove_leftover(p, entry->d_name, mine, err));
        }
    }
}

static enum sr_status sync_folder(const struct place *p, struct sr_err *err)
{
    if (fsync(p->folder) != 0) {
        return sr_fail(err, SR_IO, "sync the folder of '%s': %s", p->path, strerror(errno));
    }
    return SR_OK;
}

enum sr_status sr_private_file_create(const char *path, struct sr_bytes content, struct sr_err *err)
{
    SR_CLEANUP(place_close) struct place p = {.folder = -1};
    SR_CLEANUP(draft_drop) struct draft d = {.fd = -1};
    SR_TRY(place_open(path, &p, err));
    SR_TRY(remove_leftovers(&p, NULL, err));
    SR_TRY(draft_write(&p, content, &d, err));
    /* link(), not rename(): it does not replace. */
    if (linkat(p.folder, d.name, p.folder, p.name, 0) != 0) {
        enum sr_status status = errno == EEXIST ? SR_CONFLICT : SR_IO;
        return sr_fail(err, status, "create '%s': %s", path, strerror(errno));
    }
    if (unlinkat(p.folder, d.name, 0) != 0) {
        return sr_fail(err, SR_IO, "remove '%s': %s", d.name, strerror(errno));
    }
    d.exists = false;
    return sync_folder(&p, err);
}

/* F-11: lock the file; it must still be the one at its path, and hold what we think. */
static enum sr_status lock_expected(const struct place *p, int fd, const struct stat *info,
                                    struct sr_bytes expected, struct sr_err *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum sr_status status = errno == EWOULDBLOCK ? SR_BUSY : SR_IO;
        return sr_fail(err, status, "lock '%s': %s", p->path, strerror(errno));
    }
    struct stat now;
    if (fstatat(p->folder, p->name, &now, AT_SYMLINK_NOFOLLOW) != 0) {
        return sr_fail(err, SR_IO, "stat '%s': %s", p->path, strerror(errno));
    }
    SR_AUTO(sr_buf) content = NULL;
    if (sr_buf_new(expected.len + 1, &content) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "compare '%s'", p->path);
    }
    enum sr_status status = read_all(p, fd, expected.len, content, err);
    if (status == SR_TOO_LARGE || now.st_ino != info->st_ino || now.st_dev != info->st_dev ||
        (status == SR_OK && !sr_text_equal(sr_buf_view(content), expected))) {
        return sr_fail(err, SR_CONFLICT, "another process has changed '%s'", p->path);
    }
    return status;
}

enum sr_status sr_private_file_replace(const char *path, struct sr_bytes expected,
                                       struct sr_bytes content, struct sr_err *err)
{
    SR_CLEANUP(place_close) struct place p = {.folder = -1};
    SR_AUTO_FD fd = -1; /* locked until the new content is durable */
    SR_CLEANUP(draft_drop) struct draft d = {.fd = -1};
    struct stat info;
    SR_TRY(place_open(path, &p, err));
    SR_TRY(open_private(&p, &fd, &info, err));
    SR_TRY(lock_expected(&p, fd, &info, expected, err));
    SR_TRY(remove_leftovers(&p, &info, err));
    SR_TRY(draft_write(&p, content, &d, err));
    if (renameat(p.folder, d.name, p.folder, p.name) != 0) {
        return sr_fail(err, SR_IO, "replace '%s': %s", path, strerror(errno));
    }
    d.exists = false;
    return sync_folder(&p, err);
}
