/* SPDX-License-Identifier: Apache-2.0 */
/* An export is the model, byte for byte, for its owner only; or nothing, and its act is on record
 * before the first byte. */
#include "custody/export.h"

#include <dirent.h>

#include "custody/submit.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-export-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version model;

static const char *const files[] = {"model.safetensors", "config.json", ".hidden", "sub/data.bin"};

static enum sr_status export_to(const char *dir, struct sr_err *err)
{
    struct sr_export_params params = {.version = model.id, .dir = dir, .threads = 2};
    struct sr_export_result result = {0};
    enum sr_status status = sr_export(r, &params, &result, err);
    CHECK(status != SR_OK || (result.files == 4 && result.bytes == model.plain_bytes));
    return status;
}

static enum sr_status last_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    memcpy(ctx, act->verb, sizeof act->verb);
    return SR_OK;
}

static uint64_t count_acts(char verb[32])
{
    uint64_t seq = 0;
    CHECK(sr_query_acts(r, 0, last_act, verb, NULL) == SR_OK);
    SR_AUTO(sr_permit) permit = NULL;
    CHECK(room_act(r, SR_VERB_USE, &model, "/count", &permit, NULL) == SR_OK);
    seq = sr_permit_seq(permit) - 1;
    return seq;
}

static void gives_back_what_was_deposited(void)
{
    struct sr_err err = {0};
    char verb[32] = "";
    CHECK(export_to(room_path(scratch_dir, "out"), &err) == SR_OK);
    for (size_t i = 0; i < 4; i++) {
        struct stat st;
        CHECK(room_same_file(room_path(scratch_dir, "out"), files[i],
                             room_path(scratch_dir, "model"), files[i]));
        CHECK(stat(room_path(room_path(scratch_dir, "out"), files[i]), &st) == 0 &&
              (st.st_mode & 07777) == 0600);
    }
    struct stat st;
    CHECK(stat(room_path(scratch_dir, "out"), &st) == 0 && (st.st_mode & 07777) == 0700);
    CHECK(stat(room_path(scratch_dir, "out/sub"), &st) == 0 && (st.st_mode & 07777) == 0700);
    (void)count_acts(verb);
    CHECK(strcmp(verb, "served") == 0); /* the last; before it, the act */
}

static void fills_an_empty_folder_only(void)
{
    struct sr_err err = {0};
    room_mkdir(scratch_dir, "empty");
    CHECK(export_to(room_path(scratch_dir, "empty/"), &err) == SR_OK);
    CHECK(export_to(room_path(scratch_dir, "empty"), &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "is not empty") != NULL);
    room_write(scratch_dir, "file", "x", 1);
    CHECK(export_to(room_path(scratch_dir, "file"), &err) == SR_CONFLICT);
    CHECK(symlink("empty", room_path(scratch_dir, "link")) == 0);
    CHECK(export_to(room_path(scratch_dir, "link"), &err) == SR_CONFLICT);
    CHECK(export_to(room_path(scratch_dir, "no/parent"), &err) == SR_NOT_FOUND);
    CHECK(export_to("/", &err) == SR_MALFORMED);
    CHECK(export_to(room_path(scratch_dir, ".."), &err) == SR_MALFORMED);
    CHECK(export_to("", &err) == SR_MALFORMED);
}

static void needs_keys_and_a_version(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(sr_room_dir(r), ROOM_ACTOR, NULL, &locked, &err) == SR_OK);
    struct sr_export_params params = {.version = model.id, .dir = room_path(scratch_dir, "never")};
    struct sr_export_result result = {0};
    char verb[32];
    uint64_t acts = count_acts(verb);
    CHECK(sr_export(locked, &params, &result, &err) == SR_UNAUTHENTICATED);
    params.version.bytes[0] ^= 1;
    CHECK(sr_export(r, &params, &result, &err) == SR_NOT_FOUND);
    params.version = model.id;
    params.dir = room_path(scratch_dir, "bad\nname");
    CHECK(sr_export(r, &params, &result, &err) == SR_MALFORMED);
    CHECK(access(room_path(scratch_dir, "never"), F_OK) != 0);
    CHECK(count_acts(verb) == acts + 1); /* the counting itself */
}

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static unsigned count_entries(const char *dir)
{
    unsigned count = 0;
    DIR *d = opendir(dir);
    CHECK(d != NULL);
    for (struct dirent *e = d == NULL ? NULL : readdir(d); e != NULL; e = readdir(d)) {
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    (void)closedir(d);
    return count;
}

static void leaves_nothing_when_stopped(void)
{
    struct sr_err err = {0};
    room_mkdir(scratch_dir, "stopped");
    struct sr_export_params params = {.version = model.id,
                                      .dir = room_path(scratch_dir, "stopped/out"),
                                      .progress = {.cancelled = always}};
    struct sr_export_result result = {0};
    CHECK(sr_export(r, &params, &result, &err) == SR_CANCELLED);
    CHECK(count_entries(room_path(scratch_dir, "stopped")) == 0);
}

static void refuses_a_damaged_body(void)
{
    struct sr_err err = {0};
    struct sr_catalog_file file;
    struct sr_bytes tensor;
    room_mkdir(scratch_dir, "damaged");
    CHECK(sr_query_file(r, &model.id, sr_text_view("model.safetensors"), &file, &tensor, &err) ==
          SR_OK);
    room_damage(r, &file, 4096 + (1 << 20) + 500);
    CHECK(export_to(room_path(scratch_dir, "damaged/out"), &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "'model.safetensors'") != NULL);
    CHECK(count_entries(room_path(scratch_dir, "damaged")) == 0);
    room_damage(r, &file, 4096 + (1 << 20) + 500);
    CHECK(export_to(room_path(scratch_dir, "damaged/out"), &err) == SR_OK);
    room_damage(r, &file, 20);
    CHECK(export_to(room_path(scratch_dir, "damaged/again"), &err) == SR_CORRUPT);
    room_damage(r, &file, 20);
}

static void clears_what_killed_exports_left(void)
{
    struct sr_err err = {0};
    room_mkdir(scratch_dir, "left");
    room_mkdir(scratch_dir, "left/.out.partial-0123abcd");
    room_write(scratch_dir, "left/.out.partial-0123abcd/weights", "x", 1);
    room_mkdir(scratch_dir, "left/.other.partial-0123abcd");
    CHECK(export_to(room_path(scratch_dir, "left/out"), &err) == SR_OK);
    CHECK(access(room_path(scratch_dir, "left/.out.partial-0123abcd"), F_OK) != 0);
    CHECK(access(room_path(scratch_dir, "left/.other.partial-0123abcd"), F_OK) == 0);
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
    RUN(gives_back_what_was_deposited);
    RUN(fills_an_empty_folder_only);
    RUN(needs_keys_and_a_version);
    RUN(leaves_nothing_when_stopped);
    RUN(refuses_a_damaged_body);
    RUN(clears_what_killed_exports_left);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
