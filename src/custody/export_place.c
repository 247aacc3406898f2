/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/export_place.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/rand.h"

#define NAME_BYTES 256
#define SUFFIX_DIGITS 8

struct sr_export_place {
    char *path;       /* absolute */
    const char *name; /* its last part */
    int parent_fd;
    int fd; /* of the folder being filled; -1: not begun, or finished */
    char partial[NAME_BYTES + 32];
};

void sr_export_place_free(struct sr_export_place *p)
{
    if (p == NULL) {
        return;
    }
    if (p->fd >= 0 && sr_folder_remove_tree(p->parent_fd, p->partial, NULL) != SR_OK) {
        p->partial[0] = '\0'; /* the next export to the same place removes it */
    }
    sr_folder_close_fd(&p->fd);
    sr_folder_close_fd(&p->parent_fd);
    free(p->path);
    free(p);
}

const char *sr_export_place_path(const struct sr_export_place *p)
{
    return p->path;
}

static void free_text(char **text)
{
    free(*text);
}

/* Cut path, without slashes at its end, before its last part, which is returned. */
static const char *cut_name(char *path, const char **out_parent)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        path[--len] = '\0';
    }
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        *out_parent = ".";
        return path;
    }
    *out_parent = slash == path ? "/" : path;
    *slash = '\0';
    return slash + 1;
}

static bool is_good_part(const char *part, size_t len)
{
    bool is_dots = (len == 1 && part[0] == '.') || (len == 2 && memcmp(part, "..", 2) == 0);
    return len > 0 && len < NAME_BYTES && !is_dots;
}

/* Split dir into its parent, which must be there, and its name. */
static enum sr_status find_parent(struct sr_export_place *p, const char *dir, struct sr_err *err)
{
    SR_CLEANUP(free_text) char *copy = strdup(dir);
    if (copy == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a path");
    }
    const char *above = NULL;
    const char *name = cut_name(copy, &above);
    if (!is_good_part(name, strlen(name))) {
        return sr_fail(err, SR_MALFORMED, "'%s' is not the name of a folder to make", dir);
    }
    SR_CLEANUP(free_text) char *parent = realpath(above, NULL);
    if (parent == NULL) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO,
                       "cannot find the folder of '%s': %s", dir, strerror(errno));
    }
    SR_TRY(sr_folder_open(AT_FDCWD, parent, &p->parent_fd, err));
    if (asprintf(&p->path, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name) < 0) {
        p->path = NULL;
        return sr_fail(err, SR_NO_MEMORY, "no memory for a path");
    }
    p->name = strrchr(p->path, '/') + 1;
    return SR_OK;
}

static enum sr_status refuse_entry(void *ctx, const char *name, struct sr_err *err)
{
    return sr_fail(err, SR_CONFLICT, "'%s' is not empty: it has '%s'", (const char *)ctx, name);
}

static enum sr_status check_target(const struct sr_export_place *p, struct sr_err *err)
{
    struct stat st;
    if (fstatat(p->parent_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT
                   ? SR_OK
                   : sr_fail(err, SR_IO, "cannot stat '%s': %s", p->path, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        return sr_fail(err, SR_CONFLICT, "'%s' is there and not a folder", p->path);
    }
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_folder_open(p->parent_fd, p->name, &fd, err));
    return sr_folder_list(fd, refuse_entry, p->path, err);
}

/* Remove entry if it is the folder of an export to here whose process is gone. */
static enum sr_status clear_entry(void *ctx, const char *entry, struct sr_err *err)
{
    const struct sr_export_place *p = ctx;
    char prefix[NAME_BYTES + 16];
    (void)snprintf(prefix, sizeof prefix, ".%s.partial-", p->name);
    size_t len = strlen(prefix);
    uint8_t digits[SUFFIX_DIGITS / 2];
    if (strncmp(entry, prefix, len) != 0 ||
        sr_text_unhex(sr_text_view(entry + len), digits, sizeof digits) != SR_OK) {
        return SR_OK;
    }
    SR_AUTO_FD fd = -1;
    if (sr_folder_open(p->parent_fd, entry, &fd, NULL) != SR_OK ||
        flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return SR_OK; /* in use, or no folder */
    }
    return sr_folder_remove_tree(p->parent_fd, entry, err);
}

static enum sr_status check_space(const struct sr_export_place *p, uint64_t bytes,
                                  struct sr_err *err)
{
    struct statvfs st;
    if (fstatvfs(p->parent_fd, &st) != 0) {
        return sr_fail(err, SR_IO, "cannot ask for free space: %s", strerror(errno));
    }
    uint64_t available = (uint64_t)st.f_bavail * st.f_frsize;
    if (available < bytes) {
        return sr_fail(err, SR_IO,
                       "'%s' has %" PRIu64 " MiB free, the export needs %" PRIu64 " MiB", p->path,
                       available >> 20, (bytes >> 20) + 1);
    }
    return SR_OK;
}

enum sr_status sr_export_place_new(const char *dir, uint64_t bytes, struct sr_export_place **out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_export_place) p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an export");
    }
    p->fd = -1;
    p->parent_fd = -1;
    SR_TRY(find_parent(p, dir, err));
    SR_TRY(check_target(p, err));
    SR_TRY(sr_folder_list(p->parent_fd, clear_entry, p, err));
    SR_TRY(check_space(p, bytes, err));
    *out = SR_TAKE(p);
    return SR_OK;
}

enum sr_status sr_export_place_begin(struct sr_export_place *p, struct sr_err *err)
{
    uint8_t digits[SUFFIX_DIGITS / 2];
    char suffix[SUFFIX_DIGITS + 1];
    if (sr_rand_bytes(digits, sizeof digits) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make a random name");
    }
    sr_text_hex(sr_bytes(digits, sizeof digits), suffix);
    (void)snprintf(p->partial, sizeof p->partial, ".%s.partial-%s", p->name, suffix);
    if (mkdirat(p->parent_fd, p->partial, 0700) != 0) {
        return sr_fail(err, SR_IO, "cannot make '%s' beside '%s': %s", p->partial, p->path,
                       strerror(errno));
    }
    SR_TRY(sr_folder_open(p->parent_fd, p->partial, &p->fd, err));
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0) {
        return sr_fail(err, SR_IO, "cannot lock '%s': %s", p->partial, strerror(errno));
    }
    return SR_OK;
}

/* Step into the folder part below *at, which is made if need be. */
static enum sr_status enter(int *at, const char *part, struct sr_err *err)
{
    int below = -1;
    if (mkdirat(*at, part, 0700) != 0 && errno != EEXIST) {
        return sr_fail(err, SR_IO, "cannot make folder '%s': %s", part, strerror(errno));
    }
    SR_TRY(sr_folder_open(*at, part, &below, err));
    sr_folder_close_fd(at);
    *at = below;
    return SR_OK;
}

static enum sr_status make_file(int at, const char *name, const char *path, uint64_t bytes,
                                int *out_fd, struct sr_err *err)
{
    SR_AUTO_FD fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0) {
        return sr_fail(err, SR_IO, "cannot make '%s': %s", path, strerror(errno));
    }
    sr_folder_move_fd(&fd, out_fd);
    return SR_OK;
}

enum sr_status sr_export_place_open(struct sr_export_place *p, const char *path, uint64_t bytes,
                                    int *out_fd, struct sr_err *err)
{
    assert(p->fd >= 0);
    SR_AUTO_FD at = fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
    if (at < 0) {
        return sr_fail(err, SR_IO, "cannot make '%s': %s", path, strerror(errno));
    }
    for (const char *rest = path;;) {
        const char *slash = strchr(rest, '/');
        size_t len = slash == NULL ? strlen(rest) : (size_t)(slash - rest);
        if (!is_good_part(rest, len)) {
            return sr_fail(err, SR_CORRUPT, "'%s' is not a path inside an artifact", path);
        }
        if (slash == NULL) {
            return make_file(at, rest, path, bytes, out_fd, err);
        }
        char part[NAME_BYTES];
        memcpy(part, rest, len);
        part[len] = '\0';
        SR_TRY(enter(&at, part, err));
        rest = slash + 1;
    }
}

enum sr_status sr_export_place_sync(const char *path, int fd, struct sr_err *err)
{
    if (fsync(fd) != 0) {
        return sr_fail(err, SR_IO, "cannot sync '%s': %s", path, strerror(errno));
    }
    return SR_OK;
}

static enum sr_status sync_below(void *ctx, const char *name, struct sr_err *err)
{
    const int *at = ctx;
    SR_AUTO_FD fd = openat(*at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return SR_OK; /* a file */
    }
    SR_TRY(sr_folder_list(fd, sync_below, &fd, err));
    return sr_folder_sync(fd, err);
}

enum sr_status sr_export_place_finish(struct sr_export_place *p, bool sync, struct sr_err *err)
{
    if (sync) {
        SR_TRY(sync_below(&p->parent_fd, p->partial, err));
    }
    /* Over an empty folder too, and over nothing else. */
    if (renameat(p->parent_fd, p->partial, p->parent_fd, p->name) != 0) {
        enum sr_status status =
            errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR ? SR_CONFLICT : SR_IO;
        return sr_fail(err, status, "cannot rename the export to '%s': %s", p->path,
                       strerror(errno));
    }
    sr_folder_close_fd(&p->fd);
    return sync ? sr_folder_sync(p->parent_fd, err) : SR_OK;
}
