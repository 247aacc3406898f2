/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TREE_DEPTH_MAX 128
#define LOCK_POLL_MS 5

void sr_folder_close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

void sr_folder_move_fd(int *from, int *to)
{
    *to = *from;
    *from = -1;
}

static enum sr_status fail_errno(struct sr_err *err, const char *what, const char *name)
{
    enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
    return sr_fail(err, status, "cannot %s '%s': %s", what, name, strerror(errno));
}

enum sr_status sr_folder_open(int at, const char *name, int *out_fd, struct sr_err *err)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(err, "open folder", name);
    }
    *out_fd = fd;
    return SR_OK;
}

enum sr_status sr_folder_sync(int fd, struct sr_err *err)
{
    if (fsync(fd) != 0) {
        return sr_fail(err, SR_IO, "cannot sync a folder: %s", strerror(errno));
    }
    return SR_OK;
}

enum sr_status sr_folder_make(int at, const char *name, struct sr_err *err)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST) {
        return fail_errno(err, "make folder", name);
    }
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_folder_open(at, name, &fd, err));
    SR_TRY(sr_folder_sync(fd, err));
    SR_AUTO_FD parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) {
        return fail_errno(err, "open the folder of", name);
    }
    return sr_folder_sync(parent, err);
}

static enum sr_status write_all(int fd, struct sr_bytes data, const char *name, struct sr_err *err)
{
    for (size_t done = 0; done < data.len;) {
        ssize_t n = write(fd, data.ptr + done, data.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return fail_errno(err, "write", name);
        }
        done += (size_t)n;
    }
    if (fsync(fd) != 0) {
        return fail_errno(err, "sync", name);
    }
    return SR_OK;
}

enum sr_status sr_folder_write_file(int at, const char *name, struct sr_bytes data,
                                    struct sr_err *err)
{
    char temporary[128];
    int len = snprintf(temporary, sizeof temporary, "%s.new", name);
    assert(len > 0 && (size_t)len < sizeof temporary);
    SR_AUTO_FD fd =
        openat(at, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_errno(err, "make", temporary);
    }
    enum sr_status status = write_all(fd, data, temporary, err);
    if (status == SR_OK && renameat(at, temporary, at, name) != 0) {
        status = fail_errno(err, "rename into place", name);
    }
    if (status != SR_OK) {
        (void)unlinkat(at, temporary, 0);
        return status;
    }
    return sr_folder_sync(at, err);
}

enum sr_status sr_folder_read_file(int at, const char *name, struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO_FD fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return fail_errno(err, "open", name);
    }
    if (!S_ISREG(st.st_mode)) {
        return sr_fail(err, SR_IO, "'%s' is not a file", name);
    }
    uint8_t *to = NULL;
    enum sr_status status = sr_buf_extend(out, (size_t)st.st_size, &to);
    if (status != SR_OK) {
        return sr_fail(err, status, "'%s' is too large", name);
    }
    for (size_t done = 0; done < (size_t)st.st_size;) {
        ssize_t n = read(fd, to + done, (size_t)st.st_size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return sr_fail(err, SR_IO, "cannot read '%s'", name);
        }
        done += (size_t)n;
    }
    return SR_OK;
}

enum sr_status sr_folder_remove_file(int at, const char *name, struct sr_err *err)
{
    if (unlinkat(at, name, 0) != 0 && errno != ENOENT) {
        return fail_errno(err, "remove", name);
    }
    return SR_OK;
}

static void close_dir(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}

enum sr_status
sr_folder_list(int fd, enum sr_status (*visit)(void *ctx, const char *name, struct sr_err *err),
               void *ctx, struct sr_err *err)
{
    /* A descriptor of its own: a copy would share the position with fd. */
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SR_CLEANUP(close_dir) DIR *dir = own < 0 ? NULL : fdopendir(own);
    if (dir == NULL) {
        sr_folder_close_fd(&own);
        return sr_fail(err, SR_IO, "cannot list a folder: %s", strerror(errno));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir); /* a stream of our own: nobody shares it */
        if (entry == NULL) {
            return errno == 0 ? SR_OK
                              : sr_fail(err, SR_IO, "cannot list a folder: %s", strerror(errno));
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            SR_TRY(visit(ctx, entry->d_name, err));
        }
    }
}

struct tree {
    int fd;
    unsigned depth;
};

static enum sr_status remove_below(void *ctx, const char *name, struct sr_err *err)
{
    const struct tree *tree = ctx;
    if (unlinkat(tree->fd, name, 0) == 0 || errno == ENOENT) {
        return SR_OK;
    }
    if (errno != EISDIR && errno != EPERM) {
        return fail_errno(err, "remove", name);
    }
    if (tree->depth >= TREE_DEPTH_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' is too deep to remove", name);
    }
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_folder_open(tree->fd, name, &fd, err));
    struct tree below = {.fd = fd, .depth = tree->depth + 1};
    SR_TRY(sr_folder_list(fd, remove_below, &below, err));
    if (unlinkat(tree->fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        return fail_errno(err, "remove", name);
    }
    return SR_OK;
}

enum sr_status sr_folder_remove_tree(int at, const char *name, struct sr_err *err)
{
    struct tree tree = {.fd = at, .depth = 0};
    return remove_below(&tree, name, err);
}

static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static enum sr_status try_lock(int at, const char *name, enum sr_lock_mode mode, int *out_fd,
                               struct sr_err *err)
{
    SR_AUTO_FD fd = openat(at, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_errno(err, "open lock", name);
    }
    struct flock lock = whole_file(mode == SR_LOCK_SHARED ? F_RDLCK : F_WRLCK);
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno == EAGAIN || errno == EACCES) {
            return SR_BUSY;
        }
        return fail_errno(err, "lock", name);
    }
    /* Its last holder may have removed the name between our open and our lock. */
    struct stat ours;
    struct stat named;
    if (fstat(fd, &ours) != 0) {
        return fail_errno(err, "stat", name);
    }
    if (fstatat(at, name, &named, AT_SYMLINK_NOFOLLOW) != 0 || named.st_ino != ours.st_ino ||
        named.st_dev != ours.st_dev) {
        return SR_BUSY;
    }
    sr_folder_move_fd(&fd, out_fd);
    return SR_OK;
}

enum sr_status sr_folder_lock(int at, const char *name, enum sr_lock_mode mode, unsigned wait_ms,
                              int *out_fd, struct sr_err *err)
{
    const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};
    /* The second try settles a name that was removed under the first. */
    unsigned tries = 2 + wait_ms / LOCK_POLL_MS;
    for (unsigned i = 0; i < tries; i++) {
        enum sr_status status = try_lock(at, name, mode, out_fd, err);
        if (status != SR_BUSY) {
            return status;
        }
        if (i > 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return sr_fail(err, SR_BUSY, "another process holds the lock '%s'", name);
}

bool sr_folder_is_locked(int at, const char *name)
{
    SR_AUTO_FD fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct flock lock = whole_file(F_WRLCK);
    return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
