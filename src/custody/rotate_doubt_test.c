/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A catalog that fails while it makes a rotation durable may have made it durable: which root key
 * the groups need is known only when it is read again. Neither may have been destroyed by then.
 */
#include "custody/rotate.h"

#include "custody/room_impl.h"
#include "store/catalog_driver.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-doubt-XXXXXX";

static const struct sr_catalog_driver *real;
static bool commits; /* whether the failing rotation is made all the same */

static enum sr_status
fail_to_rotate(struct sr_catalog *c, const struct sr_group *groups, size_t group_count,
               enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot, struct sr_err *err),
               void *ctx, struct sr_act_record *act, struct sr_err *err)
{
    if (commits) {
        SR_TRY(real->rotate(c, groups, group_count, rewrap, ctx, act, err));
    }
    return sr_fail(err, SR_IO, "sync: Input/output error");
}

/* Whether the room opens under this passphrase and its keys open. */
static bool opens(const char *passphrase_text)
{
    SR_AUTO(sr_secret) passphrase = room_secret(passphrase_text);
    SR_AUTO(sr_secret) kek = NULL;
    SR_AUTO(sr_room) r = NULL;
    struct sr_group group;
    return sr_room_open(room_path(scratch_dir, "room"), ROOM_ACTOR, passphrase, &r, NULL) ==
               SR_OK &&
           sr_room_first_group(r, &group, &kek, NULL) == SR_OK;
}

/* Rotate with a catalog that fails; the room must open all the same, and rotate once more. */
static void rotate_in_doubt(const char *new_passphrase_text)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_secret)
    new_passphrase = new_passphrase_text == NULL ? NULL : room_secret(new_passphrase_text);
    const char *now = new_passphrase_text == NULL ? ROOM_PASSPHRASE : new_passphrase_text;
    struct sr_rotate_result result;
    struct sr_room *r = room_new(scratch_dir, "room");
    struct sr_err err = {0};

    real = r->catalog->driver;
    struct sr_catalog_driver failing = *real;
    failing.rotate = fail_to_rotate;
    r->catalog->driver = &failing;
    CHECK(sr_rotate(r, passphrase, new_passphrase, &result, &err) == SR_IO);
    CHECK(strstr(err.message, "Input/output error") != NULL);
    r->catalog->driver = real;
    sr_room_free(r);

    CHECK(opens(now));
    CHECK(opens(now)); /* the first one cleared up what was left */
    SR_AUTO(sr_secret) current = room_secret(now);
    SR_AUTO(sr_room) again = NULL;
    CHECK(sr_room_open(room_path(scratch_dir, "room"), ROOM_ACTOR, current, &again, NULL) == SR_OK);
    CHECK(sr_rotate(again, current, NULL, &result, NULL) == SR_OK);
    CHECK(opens(now));
    scratch_remove(room_path(scratch_dir, "room"));
}

static void keys_survive_a_rotation_that_was_not_made(void)
{
    commits = false;
    rotate_in_doubt(NULL);
    rotate_in_doubt(ROOM_PASSPHRASE_NEW);
}

static void keys_survive_a_rotation_that_was_made_but_not_reported(void)
{
    commits = true;
    rotate_in_doubt(NULL);
    rotate_in_doubt(ROOM_PASSPHRASE_NEW);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(keys_survive_a_rotation_that_was_not_made);
    RUN(keys_survive_a_rotation_that_was_made_but_not_reported);
    scratch_remove(scratch_dir);
    return check_done();
}
