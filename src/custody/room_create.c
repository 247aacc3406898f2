/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/time.h"
#include "crypto/rand.h"
#include "custody/book.h"
#include "custody/deposit_facts.h"
#include "custody/found.h"
#include "custody/room_config.h"
#include "custody/room_impl.h"

/*
 * A room is there when room.json is. Until then that file has this name, which says that all else
 * in the folder is an unfinished room and may be cleared away.
 */
#define UNFINISHED "room.json.unfinished"

/* What making a room may have left behind, but for UNFINISHED. The catalog's driver puts files of
 * its own beside catalog.db. */
static const char *const parts[] = {"blobs", "keys", "ledger", SR_ROOM_DEPOSITS, SR_ROOM_LOCK_FILE};
static const char catalog_prefix[] = "catalog.db";

static bool is_part(const char *name)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(name, parts[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, catalog_prefix, sizeof catalog_prefix - 1) == 0;
}

struct contents {
    bool has_room;
    bool has_unfinished;
    char other[256]; /* something that is none of ours */
    bool has_parts;
};

static enum sr_status look_at(void *ctx, const char *name, struct sr_err *err)
{
    (void)err;
    struct contents *c = ctx;
    if (strcmp(name, SR_ROOM_CONFIG_FILE) == 0) {
        c->has_room = true;
        return SR_OK;
    }
    if (strcmp(name, UNFINISHED) == 0) {
        c->has_unfinished = true;
        return SR_OK;
    }
    if (is_part(name)) {
        c->has_parts = true;
        return SR_OK;
    }
    (void)snprintf(c->other, sizeof c->other, "%s", name);
    return SR_OK;
}

/* Refuse to make a room where there is anything but the rest of an unfinished one. */
static enum sr_status check_contents(int fd, const char *dir, bool is_ours, struct sr_err *err)
{
    struct contents c = {0};
    SR_TRY(sr_folder_list(fd, look_at, &c, err));
    if (c.has_room) {
        return sr_fail(err, SR_CONFLICT, "there is a room in '%s' already", dir);
    }
    if (c.other[0] != '\0') {
        return sr_fail(err, SR_CONFLICT,
                       "'%s' is not empty: it has '%s'; a room needs a folder "
                       "of its own",
                       dir, c.other);
    }
    if (c.has_parts && !c.has_unfinished && !is_ours) {
        return sr_fail(err, SR_CONFLICT,
                       "'%s' has parts of a room but no '%s'; remove the folder, or put back the "
                       "file if this was a room",
                       dir, SR_ROOM_CONFIG_FILE);
    }
    return SR_OK;
}

static enum sr_status clear_part(void *ctx, const char *name, struct sr_err *err)
{
    const int *fd = ctx;
    return is_part(name) ? sr_folder_remove_tree(*fd, name, err) : SR_OK;
}

static enum sr_status clear_parts(int fd, struct sr_err *err)
{
    return sr_folder_list(fd, clear_part, &fd, err);
}

/* Make the folder if it is not there; its path without links. */
static enum sr_status make_folder(const char *dir, int *out_fd, char **out_path, struct sr_err *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot make '%s': %s", dir,
                       strerror(errno));
    }
    char *path = realpath(dir, NULL);
    if (path == NULL) {
        return sr_fail(err, SR_IO, "cannot find '%s': %s", dir, strerror(errno));
    }
    *out_path = path;
    SR_TRY(sr_folder_open(AT_FDCWD, path, out_fd, err));
    SR_AUTO_FD parent = openat(*out_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) {
        return sr_fail(err, SR_IO, "cannot open the folder of '%s': %s", dir, strerror(errno));
    }
    return sr_folder_sync(parent, err);
}

/* What a room is made from. */
struct making {
    int fd; /* of its folder */
    const char *path;
    const char *actor;
    const struct sr_secret *passphrase;
    const struct sr_room_founding *founding;
};

static enum sr_status make_catalog(const struct making *m, struct sr_wrapper *wrapper,
                                   struct sr_room *r, struct sr_err *err)
{
    struct sr_id group_id;
    struct sr_group group;
    char uri[SR_ROOM_URI_BYTES];
    SR_AUTO(sr_secret) kek = NULL;
    r->facts.created_utc_ms = sr_time_now_utc_ms();
    if (sr_rand_id(&r->facts.id) != SR_OK || sr_rand_id(&group_id) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make a random id");
    }
    SR_TRY(sr_group_make(wrapper, &r->facts.id, &group_id, 1, &group, &kek, err));
    SR_TRY(sr_room_config_resolve(sr_room_config_default.catalog, m->path, uri, sizeof uri, err));
    SR_TRY(sr_catalog_create(uri, &r->facts, &group, NULL, err));
    return sr_catalog_open(uri, &r->catalog, err);
}

/* The room as far as its first act needs it. */
static enum sr_status half_open(const struct making *m, struct sr_room **out, struct sr_err *err)
{
    SR_AUTO(sr_room) r = calloc(1, sizeof *r);
    if (r == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a room");
    }
    r->dir_fd = r->deposits_fd = -1;
    r->dir = strdup(m->path);
    if (r->dir == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a room");
    }
    memcpy(r->actor, m->actor, strlen(m->actor) + 1);
    SR_TRY(sr_folder_open(m->fd, ".", &r->dir_fd, err));
    *out = SR_TAKE(r);
    return SR_OK;
}

static enum sr_status make_keys(const struct making *m, struct sr_room *r, struct sr_err *err)
{
    char uri[SR_ROOM_URI_BYTES];
    SR_AUTO_FD lock = -1;
    SR_TRY(sr_folder_lock(m->fd, SR_ROOM_LOCK_FILE, SR_LOCK_EXCLUSIVE, 0, &lock, err));
    SR_TRY(sr_room_config_resolve(sr_room_config_default.keys, m->path, uri, sizeof uri, err));
    SR_TRY(sr_wrapper_create(uri, m->passphrase, err));
    SR_TRY(sr_wrapper_open(uri, m->passphrase, &r->wrapper, err));
    return make_catalog(m, r->wrapper, r, err);
}

static enum sr_status make_parts(const struct making *m, struct sr_err *err)
{
    char uri[SR_ROOM_URI_BYTES];
    SR_AUTO(sr_room) r = NULL;
    SR_TRY(sr_folder_make(m->fd, "keys", err));
    SR_TRY(sr_folder_make(m->fd, SR_ROOM_DEPOSITS, err));
    SR_TRY(half_open(m, &r, err));
    SR_TRY(make_keys(m, r, err));
    SR_TRY(sr_room_config_resolve(sr_room_config_default.blobs, m->path, uri, sizeof uri, err));
    SR_TRY(sr_blobs_create(uri, err));
    enum sr_status status = sr_found(r, m->founding, err);
    if (status != SR_OK) {
        sr_found_undo(r);
    }
    return status;
}

/* Put what room.json will say into the file that is locked. */
static enum sr_status write_config(int file, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_ROOM_CONFIG_BYTES_MAX, &text));
    SR_TRY(sr_room_config_encode(&sr_room_config_default, text));
    struct sr_bytes data = sr_buf_view(text);
    if (ftruncate(file, 0) != 0 || pwrite(file, data.ptr, data.len, 0) != (ssize_t)data.len ||
        fsync(file) != 0) {
        return sr_fail(err, SR_IO, "cannot write '%s': %s", UNFINISHED, strerror(errno));
    }
    return SR_OK;
}

static enum sr_status make(const struct making *m, int file, struct sr_err *err)
{
    if (fchmod(m->fd, 0700) != 0) { /* it may have been there, open to others */
        return sr_fail(err, SR_IO, "cannot make the folder private: %s", strerror(errno));
    }
    SR_TRY(write_config(file, err));
    SR_TRY(sr_folder_sync(m->fd, err));
    SR_TRY(clear_parts(m->fd, err));
    return make_parts(m, err);
}

/* The last step, which makes it a room. */
static enum sr_status finish(int fd, struct sr_err *err)
{
    if (renameat(fd, UNFINISHED, fd, SR_ROOM_CONFIG_FILE) != 0) {
        return sr_fail(err, SR_IO, "cannot rename '%s': %s", UNFINISHED, strerror(errno));
    }
    enum sr_status status = sr_folder_sync(fd, err);
    return status == SR_OK ? SR_OK
                           : sr_context(err, status,
                                        "the room is made, but may not outlast a "
                                        "loss of power");
}

static void free_text(char **text)
{
    free(*text);
}

enum sr_status sr_room_create(const char *dir, const char *actor,
                              const struct sr_secret *passphrase,
                              const struct sr_room_founding *founding, struct sr_err *err)
{
    if (!sr_deposit_is_actor(actor)) {
        return sr_fail(err, SR_MALFORMED, "the actor is not plain UTF-8 text of 1 to %u bytes",
                       SR_ROOM_ACTOR_BYTES_MAX);
    }
    SR_AUTO_FD fd = -1;
    SR_CLEANUP(free_text) char *path = NULL;
    SR_TRY(make_folder(dir, &fd, &path, err));
    SR_TRY(check_contents(fd, dir, false, err));
    SR_AUTO_FD lock = -1;
    enum sr_status status = sr_folder_lock(fd, UNFINISHED, SR_LOCK_EXCLUSIVE, 0, &lock, err);
    if (status == SR_BUSY) {
        return sr_fail(err, status, "another process is making a room in '%s'", dir);
    }
    SR_TRY(status);
    /* Again, now that nobody else works here. */
    status = check_contents(fd, dir, true, err);
    if (status == SR_OK) {
        const struct making m = {
            .fd = fd, .path = path, .actor = actor, .passphrase = passphrase, .founding = founding};
        status = make(&m, lock, err);
        if (status == SR_OK) {
            return finish(fd, err);
        }
        if (clear_parts(fd, NULL) != SR_OK) {
            return status; /* the unfinished room stays marked as one */
        }
    }
    (void)unlinkat(fd, UNFINISHED, 0);
    return status;
}
