/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/room.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "custody/book.h"
#include "custody/deposit_facts.h"
#include "custody/room_config.h"
#include "custody/room_impl.h"
#include "custody/submit.h"

void sr_room_free(struct sr_room *r)
{
    if (r == NULL) {
        return;
    }
    sr_book_free(r->book);
    sr_wrapper_free(r->wrapper);
    sr_blobs_free(r->blobs);
    sr_catalog_free(r->catalog);
    sr_folder_close_fd(&r->deposits_fd);
    sr_folder_close_fd(&r->dir_fd);
    free(r->dir);
    free(r);
}

bool sr_room_is_unlocked(const struct sr_room *r)
{
    return r->wrapper != NULL;
}

const char *sr_room_actor(const struct sr_room *r)
{
    return r->as != NULL && r->as->name != NULL ? r->as->name : r->actor;
}

const char *sr_room_dir(const struct sr_room *r)
{
    return r->dir;
}

const struct sr_catalog_room *sr_room_facts(const struct sr_room *r)
{
    return &r->facts;
}

enum sr_status sr_room_free_bytes(struct sr_room *r, uint64_t *out, struct sr_err *err)
{
    return sr_blobs_free_bytes(r->blobs, out, err);
}

static enum sr_status open_folder(struct sr_room *r, const char *dir, struct sr_err *err)
{
    r->dir = realpath(dir, NULL);
    if (r->dir == NULL) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO,
                       "no room at '%s': %s; make one with 'strongroom init'", dir,
                       strerror(errno));
    }
    return sr_folder_open(AT_FDCWD, r->dir, &r->dir_fd, err);
}

static enum sr_status read_config(const struct sr_room *r, struct sr_room_config *out,
                                  struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_ROOM_CONFIG_BYTES_MAX, &text));
    enum sr_status status = sr_folder_read_file(r->dir_fd, SR_ROOM_CONFIG_FILE, text, err);
    if (status == SR_NOT_FOUND) {
        return sr_fail(err, status,
                       "no room at '%s': it has no '%s'; make one with "
                       "'strongroom init'",
                       r->dir, SR_ROOM_CONFIG_FILE);
    }
    if (status == SR_TOO_LARGE) {
        return sr_fail(err, SR_CORRUPT, "'%s' is too large", SR_ROOM_CONFIG_FILE);
    }
    SR_TRY(status);
    return sr_room_config_decode(sr_buf_view(text), out, err);
}

static enum sr_status open_parts(struct sr_room *r, struct sr_err *err)
{
    struct sr_room_config config;
    char uri[SR_ROOM_URI_BYTES];
    SR_TRY(read_config(r, &config, err));
    SR_TRY(sr_room_config_resolve(config.keys, r->dir, r->keys_uri, sizeof r->keys_uri, err));
    SR_TRY(sr_folder_open(r->dir_fd, SR_ROOM_DEPOSITS, &r->deposits_fd, err));
    SR_TRY(sr_room_config_resolve(config.catalog, r->dir, uri, sizeof uri, err));
    SR_TRY(sr_catalog_open(uri, &r->catalog, err));
    SR_TRY(sr_catalog_room(r->catalog, &r->facts, err));
    SR_TRY(sr_room_config_resolve(config.blobs, r->dir, uri, sizeof uri, err));
    return sr_blobs_open(uri, &r->blobs, err);
}

enum sr_status sr_room_open(const char *dir, const char *actor, const struct sr_secret *passphrase,
                            struct sr_room **out, struct sr_err *err)
{
    if (!sr_deposit_is_actor(actor)) {
        return sr_fail(err, SR_MALFORMED, "the actor is not plain UTF-8 text of 1 to %u bytes",
                       SR_ROOM_ACTOR_BYTES_MAX);
    }
    SR_AUTO(sr_room) r = calloc(1, sizeof *r);
    if (r == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a room");
    }
    r->dir_fd = -1;
    r->deposits_fd = -1;
    memcpy(r->actor, actor, strlen(actor) + 1);
    SR_TRY(open_folder(r, dir, err));
    SR_TRY(open_parts(r, err));
    if (passphrase != NULL) {
        SR_TRY(sr_room_unlock(r, passphrase, err));
    }
    *out = SR_TAKE(r);
    return SR_OK;
}

static void free_groups(struct sr_group **groups)
{
    free(*groups);
}

/* The root key all groups are wrapped by; false when they differ. */
static bool common_key(const struct sr_group *groups, size_t count, struct sr_id *out)
{
    for (size_t i = 1; i < count; i++) {
        if (!sr_text_id_equal(&groups[i].wrapped.key_id, &groups[0].wrapped.key_id)) {
            return false;
        }
    }
    *out = groups[0].wrapped.key_id;
    return count > 0;
}

enum sr_status sr_room_open_wrapper(struct sr_room *r, const struct sr_secret *passphrase,
                                    struct sr_wrapper **out, struct sr_err *err)
{
    SR_AUTO(sr_wrapper) wrapper = NULL;
    SR_TRY(sr_wrapper_open(r->keys_uri, passphrase, &wrapper, err));
    struct sr_id newest;
    size_t generations = 0;
    sr_wrapper_current(wrapper, &newest, &generations);
    if (generations > 1) {
        SR_CLEANUP(free_groups) struct sr_group *groups = NULL;
        size_t count = 0;
        struct sr_id used;
        SR_TRY(sr_catalog_groups(r->catalog, &groups, &count, err));
        if (!common_key(groups, count, &used)) {
            return sr_fail(err, SR_CORRUPT, "the groups are not all wrapped by one root key");
        }
        SR_TRY(sr_wrapper_keep_only(wrapper, &used, err));
    }
    *out = SR_TAKE(wrapper);
    return SR_OK;
}

enum sr_status sr_room_unlock(struct sr_room *r, const struct sr_secret *passphrase,
                              struct sr_err *err)
{
    if (r->wrapper != NULL) {
        return SR_OK;
    }
    SR_AUTO(sr_wrapper) wrapper = NULL;
    SR_TRY(sr_wrapper_open(r->keys_uri, passphrase, &wrapper, err));
    struct sr_id newest;
    size_t generations = 0;
    sr_wrapper_current(wrapper, &newest, &generations);
    SR_AUTO_FD lock = -1;
    /* Left over from a rotation that was killed; or one is running, and its lock is held. */
    if (generations > 1 &&
        sr_folder_lock(r->dir_fd, SR_ROOM_LOCK_FILE, SR_LOCK_EXCLUSIVE, 0, &lock, NULL) == SR_OK) {
        sr_wrapper_free(SR_TAKE(wrapper));
        SR_TRY(sr_room_open_wrapper(r, passphrase, &wrapper, err));
    }
    r->wrapper = SR_TAKE(wrapper);
    return SR_OK;
}

enum sr_status sr_room_need_keys(const struct sr_room *r, struct sr_err *err)
{
    if (r->wrapper == NULL) {
        return sr_fail(err, SR_UNAUTHENTICATED,
                       "the room is locked; give its passphrase with --passphrase-file or "
                       "--passphrase-fd, or type it on a terminal");
    }
    return SR_OK;
}

/* Take group's KEK, with the wrapper's generations as they were when the room was unlocked. */
static enum sr_status open_group(const struct sr_room *r, const struct sr_group *group,
                                 struct sr_secret **out_kek, struct sr_err *err)
{
    struct sr_id newest;
    size_t generations = 0;
    sr_wrapper_current(r->wrapper, &newest, &generations);
    /* With more generations a rotation is running; the wrapper itself knows which it has. */
    if (generations == 1 && !sr_text_id_equal(&newest, &group->wrapped.key_id)) {
        return sr_fail(err, SR_CONFLICT,
                       "the keys were rotated since the room was opened; open it again");
    }
    return sr_group_open(r->wrapper, &r->facts.id, group, out_kek, err);
}

enum sr_status sr_room_first_group(struct sr_room *r, struct sr_group *out,
                                   struct sr_secret **out_kek, struct sr_err *err)
{
    SR_TRY(sr_room_need_keys(r, err));
    SR_CLEANUP(free_groups) struct sr_group *groups = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_groups(r->catalog, &groups, &count, err));
    if (count == 0) {
        return sr_fail(err, SR_CORRUPT, "the catalog has no key group");
    }
    SR_TRY(open_group(r, &groups[0], out_kek, err));
    *out = groups[0];
    return SR_OK;
}

enum sr_status sr_room_dek(struct sr_room *r, const struct sr_body_name *body,
                           struct sr_secret **out, struct sr_err *err)
{
    SR_TRY(sr_room_need_keys(r, err));
    SR_AUTO(sr_secret) kek = NULL;
    struct sr_group group;
    struct sr_slot slot;
    enum sr_status status = sr_catalog_slot(r->catalog, &body->object, &slot, &group, err);
    if (status == SR_NOT_FOUND) {
        return sr_fail(err, SR_CORRUPT, "the catalog has no slot for this body");
    }
    SR_TRY(status);
    SR_TRY(open_group(r, &group, &kek, err));
    return sr_slot_open(kek, &group, &r->facts.id, body, &slot, out, err);
}
