/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/rotate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/folder.h"
#include "custody/book.h"
#include "custody/recover_impl.h"
#include "custody/room_impl.h"
#include "custody/room_key.h"
#include "custody/submit_impl.h"

/* An unlock that clears up after a killed rotation has the lock for a moment. */
#define LOCK_WAIT_MS 2000

struct rotation {
    struct sr_room *room;
    struct sr_wrapper *wrapper;
    struct sr_group *old; /* as the catalog has them */
    struct sr_group *new; /* their next epochs */
    struct sr_secret **old_keks;
    struct sr_secret **new_keks;
    size_t count;
    uint64_t slots;
};

static void free_keks(struct sr_secret **keks, size_t count)
{
    for (size_t i = 0; keks != NULL && i < count; i++) {
        sr_secret_free(keks[i]);
    }
    free(keks);
}

static void rotation_clear(struct rotation *t)
{
    free_keks(t->old_keks, t->count);
    free_keks(t->new_keks, t->count);
    free(t->old);
    free(t->new);
    sr_wrapper_free(t->wrapper);
}

/* Open every group with the current root key, before anything changes. */
static enum sr_status open_groups(struct rotation *t, struct sr_err *err)
{
    const struct sr_id *room = &t->room->facts.id;
    SR_TRY(sr_catalog_groups(t->room->catalog, &t->old, &t->count, err));
    if (t->count == 0) {
        return sr_fail(err, SR_CORRUPT, "the catalog has no key group");
    }
    t->new = calloc(t->count, sizeof *t->new);
    t->old_keks = calloc(t->count, sizeof(struct sr_secret *));
    t->new_keks = calloc(t->count, sizeof(struct sr_secret *));
    if (t->new == NULL || t->old_keks == NULL || t->new_keks == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the key groups");
    }
    for (size_t i = 0; i < t->count; i++) {
        SR_TRY(sr_group_open(t->wrapper, room, &t->old[i], &t->old_keks[i], err));
    }
    return SR_OK;
}

static enum sr_status make_groups(struct rotation *t, struct sr_err *err)
{
    for (size_t i = 0; i < t->count; i++) {
        SR_TRY(sr_group_make(t->wrapper, &t->room->facts.id, &t->old[i].id, t->old[i].epoch + 1,
                             &t->new[i], &t->new_keks[i], err));
    }
    return SR_OK;
}

static enum sr_status rewrap(void *ctx, struct sr_slot *slot, struct sr_err *err)
{
    struct rotation *t = ctx;
    size_t at = 0;
    while (at < t->count && !sr_text_id_equal(&t->old[at].id, &slot->group)) {
        at++;
    }
    if (at == t->count) {
        return sr_fail(err, SR_CORRUPT, "a slot is of no key group");
    }
    SR_AUTO(sr_secret) dek = NULL;
    struct sr_slot fresh;
    const struct sr_id *room = &t->room->facts.id;
    SR_TRY(sr_slot_open(t->old_keks[at], &t->old[at], room, &slot->body, slot, &dek, err));
    SR_TRY(sr_slot_make(t->new_keks[at], &t->new[at], room, &slot->body, dek, &fresh, err));
    *slot = fresh;
    t->slots++;
    return SR_OK;
}

static enum sr_status commit(void *ctx, struct sr_room *r, struct sr_act_record *record,
                             struct sr_err *err)
{
    struct rotation *t = ctx;
    return sr_catalog_rotate(r->catalog, t->new, t->count, rewrap, t, record, err);
}

static enum sr_status change(struct rotation *t, struct sr_act *act, struct sr_err *err)
{
    SR_TRY(make_groups(t, err));
    const struct sr_book_change change = {.commit = commit, .ctx = t};
    return sr_do_with(t->room, NULL, act, NULL, &change, NULL, NULL, err);
}

static enum sr_status rotate(struct rotation *t, const struct sr_secret *new_passphrase,
                             struct sr_err *err)
{
    SR_TRY(open_groups(t, err));
    uint64_t epoch = 0;
    for (size_t i = 0; i < t->count; i++) {
        epoch = t->old[i].epoch > epoch ? t->old[i].epoch : epoch;
    }
    struct sr_act act = {.verb = SR_VERB_ROTATE};
    sr_act_set_number(&act, SR_FIELD_epoch, epoch + 1);
    SR_TRY(sr_custody_ask(t->room, NULL, &act, NULL, NULL, err));
    struct sr_id new_key;
    size_t generations = 0;
    SR_TRY(sr_wrapper_add_generation(t->wrapper, new_passphrase, err));
    sr_wrapper_current(t->wrapper, &new_key, &generations);
    enum sr_status status = sr_room_key_rewrap_all(t->room, t->wrapper, err);
    if (status == SR_OK) {
        status = change(t, &act, err);
    }
    if (status == SR_OK) {
        status = sr_wrapper_keep_only(t->wrapper, &new_key, err);
        return status == SR_OK ? SR_OK
                               : sr_context(err, status,
                                            "the keys are rotated, but the old root "
                                            "key is still there");
    }
    /*
     * A catalog that failed to make it durable may have made it so: both root keys stay, and the
     * next unlock keeps the one that the catalog, read again, uses.
     */
    return sr_context(err, status, "the keys are rotated wholly or not at all%s",
                      new_passphrase == NULL ? "" : ", under the new passphrase");
}

enum sr_status sr_rotate(struct sr_room *r, const struct sr_secret *passphrase,
                         const struct sr_secret *new_passphrase, struct sr_rotate_result *out,
                         struct sr_err *err)
{
    SR_CLEANUP(rotation_clear) struct rotation t = {.room = r};
    SR_AUTO_FD lock = -1;
    struct sr_recover_result recovered;
    enum sr_status status =
        sr_folder_lock(r->dir_fd, SR_ROOM_LOCK_FILE, SR_LOCK_EXCLUSIVE, LOCK_WAIT_MS, &lock, err);
    if (status == SR_BUSY) {
        return sr_fail(err, status, "another process rotates the keys of this room");
    }
    SR_TRY(status);
    SR_TRY(sr_room_open_wrapper(r, passphrase, &t.wrapper, err));
    /* Recovery may have to sign, so the room is unlocked for it. */
    sr_wrapper_free(r->wrapper);
    r->wrapper = SR_TAKE(t.wrapper);
    SR_TRY(sr_recover_deposits(r, &recovered, err));
    SR_TRY(sr_book_unlock(r, err)); /* the room's key signs while the root key is changed */
    t.wrapper = SR_TAKE(r->wrapper);
    status = rotate(&t, new_passphrase, err);
    /* Whichever way it went, the holder that is open now is the one that is true. */
    sr_wrapper_free(r->wrapper);
    r->wrapper = SR_TAKE(t.wrapper);
    SR_TRY(status);
    out->slots = t.slots;
    out->epoch = t.new[0].epoch;
    return SR_OK;
}
