/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"
#include "crypto/rand.h"

#define NAME_BYTES_MAX 200
#define SUFFIX_BYTES 8

struct sr_new_file {
    char *path; /* as it was given */
    const char *name;
    int folder_fd;
    int fd;
    char partial[NAME_BYTES_MAX + 2 * SUFFIX_BYTES + 32]; /* empty: it is not there */
};

void sr_new_file_free(struct sr_new_file *f)
{
    if (f == NULL) {
        return;
    }
    if (f->partial[0] != '\0') {
        (void)unlinkat(f->folder_fd, f->partial, 0);
    }
    sr_folder_close_fd(&f->fd);
    sr_folder_close_fd(&f->folder_fd);
    free(f->path);
    free(f);
}

static void free_text(char **text)
{
    free(*text);
}

static enum sr_status open_folder(struct sr_new_file *f, struct sr_err *err)
{
    SR_CLEANUP(free_text) char *folder = strdup(f->path);
    if (folder == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a path");
    }
    char *slash = strrchr(folder, '/');
    f->name = slash != NULL ? f->path + (slash - folder) + 1 : f->path;
    if (f->name[0] == '\0' || strlen(f->name) > NAME_BYTES_MAX) {
        return sr_fail(err, f->name[0] == '\0' ? SR_USAGE : SR_TOO_LARGE,
                       "'%s' is no name for a file here", f->path);
    }
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    return sr_folder_open(AT_FDCWD, slash != NULL ? folder : ".", &f->folder_fd, err);
}

static enum sr_status open_partial(struct sr_new_file *f, struct sr_err *err)
{
    uint8_t digits[SUFFIX_BYTES];
    char suffix[2 * SUFFIX_BYTES + 1];
    if (sr_rand_bytes(digits, sizeof digits) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make a random name");
    }
    sr_text_hex(sr_bytes(digits, sizeof digits), suffix);
    (void)snprintf(f->partial, sizeof f->partial, ".%s.partial-%s", f->name, suffix);
    f->fd =
        openat(f->folder_fd, f->partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f->fd < 0) {
        enum sr_status status =
            sr_fail(err, SR_IO, "cannot make '%s': %s", f->partial, strerror(errno));
        f->partial[0] = '\0';
        return status;
    }
    return SR_OK;
}

enum sr_status sr_new_file_new(const char *path, struct sr_new_file **out, struct sr_err *err)
{
    struct stat st;
    SR_AUTO(sr_new_file) f = calloc(1, sizeof *f);
    if (f == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a path");
    }
    f->fd = -1;
    f->folder_fd = -1;
    f->path = strdup(path);
    if (f->path == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a path");
    }
    SR_TRY(open_folder(f, err));
    if (fstatat(f->folder_fd, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        return sr_fail(err, SR_CONFLICT, "'%s' is there; choose another name", path);
    }
    SR_TRY(open_partial(f, err));
    *out = SR_TAKE(f);
    return SR_OK;
}

void sr_new_file_fd(const struct sr_new_file *f, int *out_fd)
{
    *out_fd = f->fd;
}

enum sr_status sr_new_file_finish(struct sr_new_file *f, struct sr_err *err)
{
    if (fsync(f->fd) != 0) {
        return sr_fail(err, SR_IO, "cannot sync '%s': %s", f->path, strerror(errno));
    }
    /* Unlike renaming, linking never takes the place of another file. */
    if (linkat(f->folder_fd, f->partial, f->folder_fd, f->name, 0) != 0) {
        return sr_fail(err, errno == EEXIST ? SR_CONFLICT : SR_IO, "cannot make '%s': %s", f->path,
                       strerror(errno));
    }
    if (unlinkat(f->folder_fd, f->partial, 0) == 0) {
        f->partial[0] = '\0';
    }
    return sr_folder_sync(f->folder_fd, err);
}
