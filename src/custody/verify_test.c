/* SPDX-License-Identifier: Apache-2.0 */
/* A version verifies when every byte of it is what was deposited; what is not is named. */
#include "custody/verify.h"

#include "custody/room_impl.h"
#include "store/catalog_driver.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-verify-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version model;

struct bad {
    unsigned count;
    char path[64];
};

static void note_bad(void *ctx, const struct sr_catalog_file *file, const struct sr_err *err)
{
    struct bad *bad = ctx;
    bad->count++;
    CHECK(err->message[0] != '\0');
    (void)snprintf(bad->path, sizeof bad->path, "%.63s", file->path);
}

static enum sr_status verify(struct bad *bad, struct sr_verify_result *out, struct sr_err *err)
{
    struct sr_verify_params params = {.version = model.id, .bad = note_bad, .bad_ctx = bad};
    *bad = (struct bad){0};
    return sr_verify(r, &params, out, err);
}

static struct sr_catalog_file find(const char *path)
{
    struct sr_catalog_file file = {0};
    struct sr_bytes tensor;
    CHECK(sr_query_file(r, &model.id, sr_text_view(path), &file, &tensor, NULL) == SR_OK);
    return file;
}

static void accepts_what_is_whole(void)
{
    struct sr_err err = {0};
    struct bad bad;
    struct sr_verify_result result = {0};
    CHECK(verify(&bad, &result, &err) == SR_OK);
    CHECK(bad.count == 0 && result.files == 4 && result.bad == 0);
    CHECK(result.plain_bytes == model.plain_bytes);
}

static void finds_one_bit(void)
{
    struct sr_err err = {0};
    struct bad bad;
    struct sr_catalog_file file = find("model.safetensors");
    static const off_t places[] = {5, 4096, 5000, 4096 + (1 << 20) + 17};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct sr_verify_result result = {0};
        room_damage(r, &file, places[i]);
        CHECK(verify(&bad, &result, &err) == SR_CORRUPT);
        CHECK(strstr(err.message, "model.safetensors") != NULL);
        CHECK(bad.count == 1 && strcmp(bad.path, "model.safetensors") == 0);
        CHECK(result.files == 4 && result.bad == 1);
        room_damage(r, &file, places[i]);
    }
}

static void finds_swapped_and_missing_bodies(void)
{
    struct sr_err err = {0};
    struct bad bad;
    struct sr_verify_result result = {0};
    struct sr_catalog_file one = find("config.json");
    struct sr_catalog_file other = find("sub/data.bin");
    char *one_path = strdup(room_body_path(r, &one));
    char *other_path = strdup(room_body_path(r, &other));
    char *aside = strdup(room_path(scratch_dir, "aside"));
    CHECK(rename(one_path, aside) == 0);
    CHECK(verify(&bad, &result, &err) == SR_CORRUPT);
    CHECK(bad.count == 1 && strcmp(bad.path, "config.json") == 0);
    CHECK(rename(other_path, one_path) == 0 && rename(aside, other_path) == 0);
    CHECK(verify(&bad, &result, &err) == SR_CORRUPT);
    CHECK(bad.count == 2);
    CHECK(rename(other_path, aside) == 0 && rename(one_path, other_path) == 0 &&
          rename(aside, one_path) == 0);
    CHECK(verify(&bad, &result, &err) == SR_OK);
    free(one_path);
    free(other_path);
    free(aside);
}

/* The catalog with another digest for the version than its files have. */
static const struct sr_catalog_driver *real;

static enum sr_status alter_digest(struct sr_catalog *c, const struct sr_id *id,
                                   struct sr_catalog_version *out, struct sr_err *err)
{
    SR_TRY(real->version_by_id(c, id, out, err));
    out->digest[31] ^= 1;
    return SR_OK;
}

static void finds_another_digest(void)
{
    struct sr_err err = {0};
    struct bad bad;
    struct sr_verify_result result = {0};
    real = r->catalog->driver;
    struct sr_catalog_driver altering = *real;
    altering.version_by_id = alter_digest;
    r->catalog->driver = &altering;
    CHECK(verify(&bad, &result, &err) == SR_CORRUPT);
    CHECK(bad.count == 0 && strstr(err.message, "digest of 'model@1'") != NULL);
    r->catalog->driver = real;
    CHECK(verify(&bad, &result, &err) == SR_OK);
}

static void needs_keys_and_a_version(void)
{
    struct sr_err err = {0};
    struct sr_verify_params params = {.version = model.id};
    struct sr_verify_result result = {0};
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(sr_room_dir(r), ROOM_ACTOR, NULL, &locked, &err) == SR_OK);
    CHECK(sr_verify(locked, &params, &result, &err) == SR_UNAUTHENTICATED);
    params.version.bytes[3] ^= 1;
    CHECK(sr_verify(r, &params, &result, &err) == SR_NOT_FOUND);
}

static void computes_the_digest(void)
{
    struct sr_catalog_file files[2] = {{.path = "a"}, {.path = "b"}};
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t expected[SR_SHA256_BYTES];
    uint8_t both[2 * SR_SHA256_BYTES];
    memset(files[0].facts.sha256, 1, SR_SHA256_BYTES);
    memset(files[1].facts.sha256, 2, SR_SHA256_BYTES);
    memset(both, 1, SR_SHA256_BYTES);
    memset(both + SR_SHA256_BYTES, 2, SR_SHA256_BYTES);
    CHECK(sr_verify_digest(files, 2, digest) == SR_OK);
    CHECK(sr_sha256_once(sr_bytes(both, sizeof both), expected) == SR_OK);
    CHECK(memcmp(digest, expected, sizeof digest) == 0);
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
    RUN(finds_one_bit);
    RUN(finds_swapped_and_missing_bodies);
    RUN(finds_another_digest);
    RUN(needs_keys_and_a_version);
    RUN(computes_the_digest);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
