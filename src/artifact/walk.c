/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/walk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"

struct sr_walk {
    char *source;
    int root_fd;     /* the folder that paths are relative to */
    bool is_lenient; /* list everything */
    bool has_room;
    struct stat room;
    struct sr_walk_file *files;
    size_t count;
    size_t capacity;
    uint64_t bytes;
};

/* Where the walk is: an open folder and its path, "" or ending with '/'. */
struct place {
    struct sr_walk *walk;
    int fd;
    unsigned depth;
    const char *path;
};

void sr_walk_free(struct sr_walk *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; i < w->count; i++) {
        free(w->files[i].path);
    }
    free(w->files);
    sr_folder_close_fd(&w->root_fd);
    free(w->source);
    free(w);
}

size_t sr_walk_count(const struct sr_walk *w)
{
    return w->count;
}

const struct sr_walk_file *sr_walk_at(const struct sr_walk *w, size_t index)
{
    assert(index < w->count);
    return &w->files[index];
}

uint64_t sr_walk_bytes(const struct sr_walk *w)
{
    return w->bytes;
}

const char *sr_walk_source(const struct sr_walk *w)
{
    return w->source;
}

void sr_walk_root(const struct sr_walk *w, int *out_fd)
{
    *out_fd = w->root_fd;
}

static enum sr_status check_name(const struct sr_walk *w, const char *path, struct sr_err *err)
{
    size_t len = strlen(path);
    if (len > SR_LIMIT_PATH_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "'%.64s...': its path is over %u bytes", path,
                       SR_LIMIT_PATH_BYTES);
    }
    bool is_good = w->is_lenient || sr_text_is_utf8(sr_bytes(path, len));
    for (size_t i = 0; i < len && is_good && !w->is_lenient; i++) {
        uint8_t c = (uint8_t)path[i];
        is_good = c >= 0x20 && c != 0x7f && !(c == 0xc2 && (uint8_t)path[i + 1] < 0xa0);
    }
    return is_good ? SR_OK
                   : sr_fail(err, SR_MALFORMED,
                             "'%s': its name is not UTF-8 or has control characters", path);
}

static enum sr_status grow(struct sr_walk *w, struct sr_err *err)
{
    if (w->count < w->capacity) {
        return SR_OK;
    }
    if (w->count >= SR_LIMIT_FILES) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' has more than %u files", w->source, SR_LIMIT_FILES);
    }
    size_t capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
    struct sr_walk_file *files = reallocarray(w->files, capacity, sizeof *files);
    if (files == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    w->files = files;
    w->capacity = capacity;
    return SR_OK;
}

static enum sr_status add_file(struct sr_walk *w, const char *path, const struct stat *found,
                               struct sr_err *err)
{
    if (S_ISREG(found->st_mode) && (uint64_t)found->st_size > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' has more than %llu bytes", path,
                       (unsigned long long)SR_LIMIT_FILE_BYTES);
    }
    SR_TRY(grow(w, err));
    char *copy = strdup(path);
    if (copy == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    w->files[w->count++] = (struct sr_walk_file){.path = copy, .found = *found};
    w->bytes += S_ISREG(found->st_mode) ? (uint64_t)found->st_size : 0;
    return SR_OK;
}

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFLNK:
        return "a symbolic link; deposit a copy in which it is a file ('cp -rL')";
    case S_IFIFO:
        return "a pipe";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

static bool is_room(const struct sr_walk *w, const struct stat *found)
{
    return w->has_room && found->st_dev == w->room.st_dev && found->st_ino == w->room.st_ino;
}

static enum sr_status visit(void *ctx, const char *name, struct sr_err *err);

static enum sr_status walk_folder(const struct place *at, const char *name, const char *path,
                                  struct sr_err *err)
{
    if (at->depth >= SR_WALK_DEPTH_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' is more than %u folders deep", path,
                       SR_WALK_DEPTH_MAX);
    }
    char below[SR_LIMIT_PATH_BYTES + 2];
    size_t len = strlen(path);
    assert(len <= SR_LIMIT_PATH_BYTES);
    memcpy(below, path, len);
    memcpy(below + len, "/", 2);
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_folder_open(at->fd, name, &fd, err));
    struct place place = {.walk = at->walk, .fd = fd, .depth = at->depth + 1, .path = below};
    return sr_folder_list(fd, visit, &place, err);
}

static enum sr_status visit(void *ctx, const char *name, struct sr_err *err)
{
    const struct place *at = ctx;
    char path[2 * SR_LIMIT_PATH_BYTES];
    struct stat found;
    (void)snprintf(path, sizeof path, "%s%s", at->path, name);
    SR_TRY(check_name(at->walk, path, err));
    if (fstatat(at->fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
        return sr_fail(err, SR_IO, "cannot stat '%s': %s", path, strerror(errno));
    }
    if (S_ISREG(found.st_mode) || (at->walk->is_lenient && !S_ISDIR(found.st_mode))) {
        return add_file(at->walk, path, &found, err);
    }
    if (!S_ISDIR(found.st_mode)) {
        return sr_fail(err, SR_UNSUPPORTED, "'%s' is %s", path, kind_of(found.st_mode));
    }
    if (is_room(at->walk, &found)) {
        return sr_fail(err, SR_CONFLICT, "'%s' is the room itself", path);
    }
    return walk_folder(at, name, path, err);
}

static int compare_files(const void *a, const void *b) /* lint: callback */
{
    const struct sr_walk_file *one = a;
    const struct sr_walk_file *other = b;
    return strcmp(one->path, other->path);
}

static enum sr_status walk_root(struct sr_walk *w, const struct stat *found, struct sr_err *err)
{
    if (S_ISDIR(found->st_mode)) {
        SR_TRY(sr_folder_open(AT_FDCWD, w->source, &w->root_fd, err));
        if (is_room(w, found)) {
            return sr_fail(err, SR_CONFLICT, "'%s' is the room itself", w->source);
        }
        struct place place = {.walk = w, .fd = w->root_fd, .path = ""};
        return sr_folder_list(w->root_fd, visit, &place, err);
    }
    if (!S_ISREG(found->st_mode)) {
        return sr_fail(err, SR_UNSUPPORTED, "'%s' is %s", w->source, kind_of(found->st_mode));
    }
    char *slash = strrchr(w->source, '/');
    assert(slash != NULL);
    SR_TRY(check_name(w, slash + 1, err));
    *slash = '\0';
    enum sr_status status =
        sr_folder_open(AT_FDCWD, w->source[0] == '\0' ? "/" : w->source, &w->root_fd, err);
    *slash = '/';
    SR_TRY(status);
    return add_file(w, slash + 1, found, err);
}

static struct sr_walk *new_walk(void)
{
    struct sr_walk *w = calloc(1, sizeof *w);
    if (w != NULL) {
        w->root_fd = -1;
    }
    return w;
}

static enum sr_status walk(struct sr_walk *w, const char *path, struct sr_err *err)
{
    w->source = realpath(path, NULL);
    struct stat found;
    if (w->source == NULL || lstat(w->source, &found) != 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot find '%s': %s", path,
                       strerror(errno));
    }
    SR_TRY(walk_root(w, &found, err));
    if (w->count == 0) {
        return sr_fail(err, SR_MALFORMED, "'%s' has no files", path);
    }
    qsort(w->files, w->count, sizeof *w->files, compare_files);
    return SR_OK;
}

enum sr_status sr_walk_new(const char *path, int room_fd, struct sr_walk **out, struct sr_err *err)
{
    SR_AUTO(sr_walk) w = new_walk();
    if (w == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    if (fstat(room_fd, &w->room) != 0) {
        return sr_fail(err, SR_IO, "cannot stat the room: %s", strerror(errno));
    }
    w->has_room = true;
    SR_TRY(walk(w, path, err));
    *out = SR_TAKE(w);
    return SR_OK;
}

enum sr_status sr_walk_all(const char *path, struct sr_walk **out, struct sr_err *err)
{
    SR_AUTO(sr_walk) w = new_walk();
    if (w == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    w->is_lenient = true;
    SR_TRY(walk(w, path, err));
    *out = SR_TAKE(w);
    return SR_OK;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

enum sr_status sr_walk_check(const struct sr_walk *w, size_t index, int fd, struct sr_err *err)
{
    const struct sr_walk_file *file = sr_walk_at(w, index);
    struct stat now;
    if (fstat(fd, &now) != 0) {
        return sr_fail(err, SR_IO, "cannot stat '%s': %s", file->path, strerror(errno));
    }
    if (!is_same(&file->found, &now)) {
        return sr_fail(err, SR_CONFLICT,
                       "'%s' changed while it was read; try again when nothing writes to it",
                       file->path);
    }
    return SR_OK;
}

/* Open path part by part, so that no part of it is a link that somebody put there meanwhile. */
static enum sr_status open_parts(const struct sr_walk *w, const char *path, int *out_fd,
                                 struct sr_err *err)
{
    SR_AUTO_FD at = fcntl(w->root_fd, F_DUPFD_CLOEXEC, 0);
    if (at < 0) {
        return sr_fail(err, SR_IO, "cannot open '%s': %s", path, strerror(errno));
    }
    char part[SR_LIMIT_PATH_BYTES + 1];
    for (const char *rest = path;;) {
        const char *slash = strchr(rest, '/');
        if (slash == NULL) {
            *out_fd = openat(at, rest, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
            return *out_fd >= 0
                       ? SR_OK
                       : sr_fail(err, errno == ENOENT || errno == ELOOP ? SR_CONFLICT : SR_IO,
                                 "cannot open '%s': %s", path, strerror(errno));
        }
        memcpy(part, rest, (size_t)(slash - rest));
        part[slash - rest] = '\0';
        int below = -1;
        SR_TRY(sr_folder_open(at, part, &below, err));
        sr_folder_close_fd(&at);
        at = below;
        rest = slash + 1;
    }
}

enum sr_status sr_walk_open(const struct sr_walk *w, size_t index, int *out_fd, struct sr_err *err)
{
    SR_AUTO_FD fd = -1;
    SR_TRY(open_parts(w, sr_walk_at(w, index)->path, &fd, err));
    SR_TRY(sr_walk_check(w, index, fd, err));
    sr_folder_move_fd(&fd, out_fd);
    return SR_OK;
}
