/* SPDX-License-Identifier: Apache-2.0 */
/* After a rotation the old passphrase and old keys open nothing, everything else is as it was, and
 * a deposit that was in flight still comes to its end. */
#include "custody/rotate.h"

#include "custody/submit.h"
#include "custody/verify.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-rotate-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version model;

static enum sr_status verify(struct sr_room *room, struct sr_err *err)
{
    struct sr_verify_params params = {.version = model.id};
    struct sr_verify_result result = {0};
    return sr_verify(room, &params, &result, err);
}

static struct stat stat_body(const char *path)
{
    struct sr_catalog_file file = {0};
    struct sr_bytes tensor;
    struct stat st = {0};
    CHECK(sr_query_file(r, &model.id, sr_text_view(path), &file, &tensor, NULL) == SR_OK);
    CHECK(stat(room_body_path(r, &file), &st) == 0);
    return st;
}

static void wraps_anew_and_leaves_bodies(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    struct sr_rotate_result result = {0};
    struct stat before = stat_body("model.safetensors");
    CHECK(sr_rotate(r, passphrase, NULL, &result, &err) == SR_OK);
    CHECK(result.slots == 4 && result.epoch == 2);
    struct stat after = stat_body("model.safetensors");
    CHECK(before.st_ino == after.st_ino && before.st_size == after.st_size &&
          before.st_mtim.tv_nsec == after.st_mtim.tv_nsec &&
          before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
    CHECK(verify(r, &err) == SR_OK);
    SR_AUTO(sr_room) again = room_open(scratch_dir, "room");
    CHECK(verify(again, &err) == SR_OK);
}

static void tells_who_has_the_old_keys(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_room) stale = room_open(scratch_dir, "room");
    struct sr_rotate_result result = {0};
    CHECK(sr_rotate(r, passphrase, NULL, &result, &err) == SR_OK);
    CHECK(verify(stale, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "open it again") != NULL);
    struct sr_deposit_result deposited = {0};
    CHECK(room_deposit(stale, room_path(scratch_dir, "model/config.json"), "x", 0, &deposited,
                       &err) == SR_CONFLICT);
}

static void changes_the_passphrase(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_secret) old = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_secret) new = room_secret(ROOM_PASSPHRASE_NEW);
    struct sr_rotate_result result = {0};
    struct sr_room *none = NULL;
    CHECK(sr_rotate(r, new, NULL, &result, &err) == SR_UNAUTHENTICATED);
    CHECK(sr_rotate(r, old, new, &result, &err) == SR_OK);
    CHECK(verify(r, &err) == SR_OK);
    CHECK(sr_room_open(sr_room_dir(r), ROOM_ACTOR, old, &none, &err) == SR_UNAUTHENTICATED);
    SR_AUTO(sr_room) again = NULL;
    CHECK(sr_room_open(sr_room_dir(r), ROOM_ACTOR, new, &again, &err) == SR_OK);
    CHECK(verify(again, &err) == SR_OK);
    CHECK(sr_rotate(again, new, old, &result, &err) == SR_OK);
    CHECK(sr_rotate(r, old, NULL, &result, &err) == SR_OK); /* also from a stale room */
    CHECK(verify(r, &err) == SR_OK);
}

/* A deposit during which the keys are rotated. */
static bool has_rotated;

static void rotate_meanwhile(void *ctx, uint64_t bytes)
{
    (void)ctx;
    (void)bytes;
    if (has_rotated) {
        return;
    }
    has_rotated = true;
    struct sr_err err = {0};
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_room) other = room_open(scratch_dir, "room");
    struct sr_rotate_result result = {0};
    CHECK(sr_rotate(other, passphrase, NULL, &result, &err) == SR_OK);
    CHECK(result.slots > 4); /* the slots of what is staged too */
}

static void lets_a_deposit_come_through(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) own = room_open(scratch_dir, "room");
    struct sr_deposit_params params = {.path = room_path(scratch_dir, "model"),
                                       .name = "in-flight",
                                       .threads = 2,
                                       .progress = {.advance = rotate_meanwhile}};
    struct sr_deposit_result result = {0};
    CHECK(room_deposit_with(own, &params, &result, &err) == SR_OK);
    CHECK(has_rotated);
    SR_AUTO(sr_room) again = room_open(scratch_dir, "room");
    struct sr_verify_params verify_params = {.version = result.version.id};
    struct sr_verify_result verified = {0};
    CHECK(sr_verify(again, &verify_params, &verified, &err) == SR_OK);
}

static enum sr_status count_rotations(void *ctx, const struct sr_act_record *act,
                                      struct sr_err *err)
{
    (void)err;
    *(unsigned *)ctx += strcmp(act->verb, "rotate") == 0;
    return SR_OK;
}

static void records_each(void)
{
    unsigned rotations = 0;
    CHECK(sr_query_acts(r, 0, count_rotations, &rotations, NULL) == SR_OK);
    CHECK(rotations == 6);
}

int main(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = room_new(scratch_dir, "room");
    room_make_model(scratch_dir, "model", 3);
    if (room_deposit(r, room_path(scratch_dir, "model"), "model", 0, &result, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return 1;
    }
    model = result.version;
    RUN(wraps_anew_and_leaves_bodies);
    RUN(tells_who_has_the_old_keys);
    RUN(changes_the_passphrase);
    RUN(lets_a_deposit_come_through);
    RUN(records_each);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
