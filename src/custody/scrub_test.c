/* SPDX-License-Identifier: Apache-2.0 */
/* Scrubbing finds what is damaged, missing or should not be there, without keys and with them. */
#include "custody/scrub.h"

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-scrub-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version model;

static unsigned found[4];

static void note(void *ctx, const struct sr_scrub_finding *finding)
{
    (void)ctx;
    found[finding->kind]++;
    CHECK(finding->what != NULL && finding->what[0] != '\0');
    bool has_file = finding->kind == SR_SCRUB_DAMAGED || finding->kind == SR_SCRUB_MISSING;
    CHECK((finding->file != NULL) == has_file && (finding->version != NULL) == has_file);
}

static enum sr_status scrub(bool with_keys, uint64_t sample, struct sr_scrub_totals *out,
                            struct sr_err *err)
{
    struct sr_scrub_params params = {.with_keys = with_keys, .sample = sample, .finding = note};
    memset(found, 0, sizeof found);
    return sr_scrub_room(r, &params, out, err);
}

static void accepts_what_is_whole(void)
{
    struct sr_err err = {0};
    struct sr_scrub_totals totals = {0};
    for (unsigned with_keys = 0; with_keys < 2; with_keys++) {
        CHECK(scrub(with_keys, 0, &totals, &err) == SR_OK);
        CHECK(totals.bodies == 4 && totals.pieces > 0 && totals.checked == totals.pieces);
        CHECK(totals.damaged + totals.missing + totals.orphans + totals.strays == 0);
        CHECK(totals.detectable_ppm == 0);
        CHECK(scrub(with_keys, 1, &totals, &err) == SR_OK);
        CHECK(totals.checked < totals.pieces && totals.detectable_ppm > 0);
    }
}

static void finds_damage(void)
{
    struct sr_err err = {0};
    struct sr_scrub_totals totals = {0};
    struct sr_catalog_file file;
    struct sr_bytes tensor;
    CHECK(sr_query_file(r, &model.id, sr_text_view("model.safetensors"), &file, &tensor, &err) ==
          SR_OK);
    room_damage(r, &file, 9000);
    for (unsigned with_keys = 0; with_keys < 2; with_keys++) {
        CHECK(scrub(with_keys, 0, &totals, &err) == SR_CORRUPT);
        CHECK(strstr(err.message, "model@1") != NULL);
        CHECK(strstr(err.message, "model.safetensors") != NULL);
        CHECK(totals.damaged == 1 && found[SR_SCRUB_DAMAGED] == 1 && totals.bodies == 4);
    }
    room_damage(r, &file, 9000);
    char *path = strdup(room_body_path(r, &file));
    char *aside = strdup(room_path(scratch_dir, "aside"));
    CHECK(rename(path, aside) == 0);
    CHECK(scrub(false, 0, &totals, &err) == SR_CORRUPT);
    CHECK(totals.missing == 1 && found[SR_SCRUB_MISSING] == 1 && totals.damaged == 0);
    CHECK(rename(aside, path) == 0);
    free(path);
    free(aside);
}

static void finds_what_should_not_be_there(void)
{
    struct sr_err err = {0};
    struct sr_scrub_totals totals = {0};
    const char *orphan = "00000000000000000000000000000000";
    char shard[64];
    char name[128];
    (void)snprintf(shard, sizeof shard, "blobs/%.2s", orphan);
    (void)snprintf(name, sizeof name, "%s/%s.body", shard, orphan);
    (void)mkdir(room_path(sr_room_dir(r), shard), 0700);
    room_write(sr_room_dir(r), name, "rubbish", 7);
    room_write(sr_room_dir(r), "blobs/notes.txt", "x", 1);
    CHECK(scrub(false, 0, &totals, &err) == SR_OK);
    CHECK(totals.orphans == 1 && found[SR_SCRUB_ORPHAN] == 1);
    CHECK(totals.strays >= 1 && found[SR_SCRUB_STRAY] == totals.strays);
    /* It removed the orphan, which was ours, and left the stray, which was not. */
    CHECK(access(room_path(sr_room_dir(r), name), F_OK) != 0);
    CHECK(access(room_path(sr_room_dir(r), "blobs/notes.txt"), F_OK) == 0);
    CHECK(unlink(room_path(sr_room_dir(r), "blobs/notes.txt")) == 0);
}

static void looks_at_one_version(void)
{
    struct sr_err err = {0};
    struct sr_scrub_totals totals = {0};
    struct sr_deposit_result other = {0};
    CHECK(room_deposit(r, room_path(scratch_dir, "model/config.json"), "other", 0, &other, &err) ==
          SR_OK);
    struct sr_scrub_params params = {.version = &other.version.id};
    CHECK(sr_scrub_room(r, &params, &totals, &err) == SR_OK);
    CHECK(totals.bodies == 1);
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(sr_room_dir(r), ROOM_ACTOR, NULL, &locked, &err) == SR_OK);
    CHECK(sr_scrub_room(locked, &params, &totals, &err) == SR_OK);
    params.with_keys = true;
    CHECK(sr_scrub_room(locked, &params, &totals, &err) == SR_UNAUTHENTICATED);
    struct sr_id none = {{7}};
    params = (struct sr_scrub_params){.version = &none};
    CHECK(sr_scrub_room(r, &params, &totals, &err) == SR_NOT_FOUND);
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
    RUN(accepts_what_is_whole);
    RUN(finds_damage);
    RUN(finds_what_should_not_be_there);
    RUN(looks_at_one_version);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
