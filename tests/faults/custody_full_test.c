/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that is full: a deposit that does not fit is refused before it begins; one for which the
 * space runs out under way says so, keeps what was in custody, and goes on when there is space.
 * On a small file system of its own, which takes root; else skipped, visibly.
 */
#include <errno.h>
#include <sys/mount.h>

#include "custody/export.h"
#include "custody/scrub.h"
#include "custody/verify.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

#define DISK_OPTIONS "size=24m"

static char scratch_dir[] = "/dev/shm/sr-full-XXXXXX";
static struct sr_room *r;

static bool verifies(const char *ref)
{
    struct sr_catalog_version v;
    struct sr_verify_result result = {0};
    if (room_resolve(r, ref, &v, NULL) != SR_OK) {
        return false;
    }
    struct sr_verify_params params = {.version = v.id};
    return sr_verify(r, &params, &result, NULL) == SR_OK;
}

static void refuses_what_does_not_fit(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    room_write_random(scratch_dir, "large", 32 << 20, 1);
    CHECK(room_deposit(r, room_path(scratch_dir, "large"), "large", 0, &result, &err) == SR_IO);
    CHECK(strstr(err.message, "MiB free") != NULL);
    CHECK(verifies("base"));
}

/* Take all the space that is left, in the middle of a deposit. */
static void fill_disk(void *ctx, uint64_t bytes)
{
    (void)bytes;
    static uint8_t junk[65536];
    bool *is_full = ctx;
    if (*is_full) {
        return;
    }
    *is_full = true;
    int fd = open(room_path(scratch_dir, "disk/filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    while (write(fd, junk, sizeof junk) > 0) {
    }
    (void)close(fd);
}

/* More files than are open at once: those that are open have their space reserved already. */
static void says_when_space_runs_out(void)
{
    static const char *const FILES[] = {"two/a", "two/b", "two/c", "two/d", "two/e", "two/f"};
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    bool is_full = false;
    room_mkdir(scratch_dir, "two");
    for (unsigned i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        room_write_random(scratch_dir, FILES[i], 900000, 2 + i);
    }
    struct sr_deposit_params params = {.path = room_path(scratch_dir, "two"),
                                       .name = "two",
                                       .threads = 1,
                                       .progress = {.ctx = &is_full, .advance = fill_disk}};
    enum sr_status status = room_deposit_with(r, &params, &result, &err);
    CHECK(is_full && status == SR_IO);
    CHECK(strstr(err.message, "No space left") != NULL || strstr(err.message, "full") != NULL);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(verifies("base"));
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "two", &v, NULL) == SR_NOT_FOUND);
    CHECK(unlink(room_path(scratch_dir, "disk/filler")) == 0);
    params.progress = (struct sr_progress){0};
    CHECK(room_deposit_with(r, &params, &result, &err) == SR_OK);
    CHECK(verifies("two") && verifies("base"));
}

static void refuses_an_export_that_does_not_fit(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v;
    struct sr_export_result result = {0};
    bool is_full = false;
    fill_disk(&is_full, 0);
    CHECK(room_resolve(r, "two", &v, NULL) == SR_OK);
    struct sr_export_params params = {.version = v.id, .dir = room_path(scratch_dir, "disk/out")};
    CHECK(sr_export(r, &params, &result, &err) == SR_IO);
    CHECK(strstr(err.message, "MiB free") != NULL);
    CHECK(access(room_path(scratch_dir, "disk/out"), F_OK) != 0);
    CHECK(unlink(room_path(scratch_dir, "disk/filler")) == 0);
    struct sr_scrub_params scrub = {0};
    struct sr_scrub_totals totals = {0};
    CHECK(sr_scrub_room(r, &scrub, &totals, &err) == SR_OK);
    CHECK(totals.orphans == 0 && totals.strays == 0);
}

int main(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    room_mkdir(scratch_dir, "disk");
    char disk[300];
    (void)snprintf(disk, sizeof disk, "%s/disk", scratch_dir);
    if (mount("tmpfs", disk, "tmpfs", MS_NOSUID | MS_NODEV, DISK_OPTIONS) != 0) {
        printf("1..0 # SKIP cannot mount a small file system: %s\n", strerror(errno));
        scratch_remove(scratch_dir);
        return 0;
    }
    r = room_new(disk, "room");
    room_make_model(scratch_dir, "model", 3);
    CHECK(room_deposit(r, room_path(scratch_dir, "model"), "base", 0, &result, &err) == SR_OK);
    RUN(refuses_what_does_not_fit);
    RUN(says_when_space_runs_out);
    RUN(refuses_an_export_that_does_not_fit);
    sr_room_free(r);
    (void)umount(disk);
    scratch_remove(scratch_dir);
    return check_done();
}
