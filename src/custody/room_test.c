/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A room opens with its passphrase, and without it as far as the catalog goes. Plaintext comes out
 * under a permit only, and every permit has its act on record.
 */
#include "custody/room.h"

#include "custody/submit.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-room-XXXXXX";

static struct sr_secret *passphrase;
static const char *room_dir;

static void opens_locked_and_unlocked(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = NULL;
    CHECK(sr_room_open(room_dir, ROOM_ACTOR, NULL, &r, &err) == SR_OK);
    CHECK(!sr_room_is_unlocked(r));
    CHECK(strcmp(sr_room_actor(r), ROOM_ACTOR) == 0);
    CHECK(sr_room_facts(r)->created_utc_ms > 0);
    uint64_t free_bytes = 0;
    CHECK(sr_room_free_bytes(r, &free_bytes, &err) == SR_OK && free_bytes > 0);
    CHECK(sr_room_unlock(r, passphrase, &err) == SR_OK);
    CHECK(sr_room_is_unlocked(r));
    CHECK(sr_room_unlock(r, passphrase, &err) == SR_OK);
}

static void refuses_what_is_no_room(void)
{
    struct sr_err err = {0};
    struct sr_room *r = NULL;
    SR_AUTO(sr_secret) wrong = room_secret("another passphrase, and wrong");
    CHECK(sr_room_open(room_path(scratch_dir, "none"), ROOM_ACTOR, NULL, &r, &err) == SR_NOT_FOUND);
    CHECK(strstr(err.message, "strongroom init") != NULL);
    CHECK(sr_room_open(scratch_dir, ROOM_ACTOR, NULL, &r, &err) == SR_NOT_FOUND);
    CHECK(sr_room_open(room_dir, "a\nb", NULL, &r, &err) == SR_MALFORMED);
    CHECK(sr_room_open(room_dir, ROOM_ACTOR, wrong, &r, &err) == SR_UNAUTHENTICATED);
    CHECK(r == NULL);
}

static void refuses_another_configuration(void)
{
    struct sr_err err = {0};
    struct sr_room *r = NULL;
    size_t len = 0;
    uint8_t *config = room_read(room_dir, "room.json", &len);
    room_write(room_dir, "room.json", "{\"format\":2}", 12);
    CHECK(sr_room_open(room_dir, ROOM_ACTOR, NULL, &r, &err) == SR_UNSUPPORTED);
    room_write(room_dir, "room.json", "{", 1);
    CHECK(sr_room_open(room_dir, ROOM_ACTOR, NULL, &r, &err) == SR_CORRUPT);
    CHECK(r == NULL);
    room_write(room_dir, "room.json", config, len);
    free(config);
}

/* The room with one model in it. */
static struct sr_room *open_with_model(struct sr_catalog_version *out)
{
    struct sr_err err = {0};
    struct sr_room *r = NULL;
    CHECK(sr_room_open(room_dir, ROOM_ACTOR, passphrase, &r, &err) == SR_OK);
    if (room_resolve(r, "model", out, NULL) != SR_OK) {
        struct sr_deposit_result result;
        room_make_model(scratch_dir, "source", 1);
        CHECK(room_deposit(r, room_path(scratch_dir, "source"), "model", 0, &result, &err) ==
              SR_OK);
        CHECK(room_resolve(r, "model", out, &err) == SR_OK);
    }
    return r;
}

static enum sr_status count_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    struct sr_act_record *last = ctx;
    last->seq = act->seq;
    memcpy(last->verb, act->verb, sizeof last->verb);
    memcpy(last->actor, act->actor, sizeof last->actor);
    return SR_OK;
}

static void reads_under_a_permit(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version version = {0};
    SR_AUTO(sr_room) r = open_with_model(&version);
    SR_AUTO(sr_pool) pool = NULL;
    CHECK(sr_pool_new(SR_BODY_SEGMENT_BYTES, 2, 1, &pool, &err) == SR_OK);
    SR_AUTO(sr_permit) permit = NULL;
    CHECK(room_act(r, SR_VERB_READ, &version, "sub/data.bin", &permit, &err) == SR_OK);
    struct sr_act_record last = {0};
    CHECK(sr_query_acts(r, 0, count_act, &last, &err) == SR_OK);
    CHECK(last.seq == sr_permit_seq(permit) && strcmp(last.verb, "read") == 0);
    CHECK(strcmp(last.actor, ROOM_ACTOR) == 0);

    struct sr_catalog_file file;
    struct sr_bytes tensor;
    CHECK(sr_query_file(r, &version.id, sr_text_view("sub/data.bin"), &file, &tensor, &err) ==
          SR_OK);
    SR_AUTO(sr_room_body) body = NULL;
    CHECK(sr_room_open_body(r, permit, &file, pool, &body, &err) == SR_OK);
    size_t len = 0;
    uint8_t *expected = room_read(room_path(scratch_dir, "source"), "sub/data.bin", &len);
    uint8_t *got = calloc(1, len);
    CHECK(sr_body_read(sr_room_body_view(body), 0, got, len, &err) == SR_OK);
    CHECK(memcmp(got, expected, len) == 0);
    free(expected);
    free(got);
}

static void gives_nothing_without_one(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version version = {0};
    SR_AUTO(sr_room) r = open_with_model(&version);
    SR_AUTO(sr_room) locked = NULL;
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_pool) pool = NULL;
    CHECK(sr_pool_new(SR_BODY_SEGMENT_BYTES, 2, 1, &pool, &err) == SR_OK);
    CHECK(sr_room_open(room_dir, ROOM_ACTOR, NULL, &locked, &err) == SR_OK);
    struct sr_catalog_file file;
    struct sr_bytes tensor;
    CHECK(sr_query_file(r, &version.id, sr_text_view("config.json"), &file, &tensor, &err) ==
          SR_OK);

    /* Who is nobody but the one who unlocks the room cannot act in a locked one. */
    struct sr_room_body *body = NULL;
    CHECK(room_act(locked, SR_VERB_USE, &version, "/m", &permit, &err) == SR_UNAUTHENTICATED);
    CHECK(permit == NULL && strstr(err.message, "locked") != NULL);

    /* A file of another version is not what the permit is for. */
    struct sr_deposit_result other;
    CHECK(room_deposit(r, room_path(scratch_dir, "source"), "other", 0, &other, &err) == SR_OK);
    struct sr_catalog_file others;
    CHECK(sr_query_file(r, &other.version.id, sr_text_view("config.json"), &others, &tensor,
                        &err) == SR_OK);
    CHECK(room_act(r, SR_VERB_USE, &version, "/m", &permit, &err) == SR_OK);
    CHECK(sr_room_open_body(r, permit, &others, pool, &body, &err) == SR_CORRUPT);
    CHECK(body == NULL);
}

/* The catalog was restored from another time, or altered: it describes another body. */
static void refuses_a_body_that_is_not_as_described(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version version = {0};
    SR_AUTO(sr_room) r = open_with_model(&version);
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_pool) pool = NULL;
    struct sr_catalog_file file;
    struct sr_bytes tensor;
    struct sr_room_body *body = NULL;
    CHECK(sr_pool_new(SR_BODY_SEGMENT_BYTES, 2, 1, &pool, &err) == SR_OK);
    CHECK(room_act(r, SR_VERB_USE, &version, "/m", &permit, &err) == SR_OK);
    CHECK(sr_query_file(r, &version.id, sr_text_view("config.json"), &file, &tensor, &err) ==
          SR_OK);
    struct sr_catalog_file altered[6] = {file, file, file, file, file, file};
    altered[0].facts.sha256[31] ^= 1;
    altered[1].facts.root[0] ^= 1;
    altered[2].facts.plain_bytes++;
    altered[3].facts.body_bytes++;
    altered[4].facts.tensor_count++;
    altered[5].file_index++;
    for (size_t i = 0; i < 6; i++) {
        CHECK(sr_room_open_body(r, permit, &altered[i], pool, &body, &err) == SR_CORRUPT);
        CHECK(strstr(err.message, "'config.json'") != NULL);
    }
    CHECK(body == NULL);
    CHECK(sr_room_open_body(r, permit, &file, pool, &body, &err) == SR_OK);
    sr_room_body_free(body);
}

static void refuses_acts_that_do_not_fit(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version version = {0};
    SR_AUTO(sr_room) r = open_with_model(&version);
    struct sr_catalog_version other = version;
    struct sr_permit *permit = NULL;
    struct sr_act act = {.verb = SR_VERB_ROTATE};
    sr_act_set_number(&act, SR_FIELD_epoch, 2);
    CHECK(sr_custody_do(r, NULL, &act, NULL, &permit, NULL, &err) == SR_USAGE);
    other.id.bytes[0] ^= 0x77;
    CHECK(room_act(r, SR_VERB_EXPORT, &other, "/x", &permit, &err) == SR_NOT_FOUND);
    CHECK(strstr(err.message, "export 'model@1'") != NULL);
    other = version;
    other.digest[0] ^= 1;
    CHECK(room_act(r, SR_VERB_EXPORT, &other, "/x", &permit, &err) == SR_DENIED);
    CHECK(room_act(r, SR_VERB_EXPORT, &version, "/\x1b", &permit, &err) == SR_MALFORMED);
    CHECK(permit == NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    passphrase = room_secret(ROOM_PASSPHRASE);
    char room[64];
    (void)snprintf(room, sizeof room, "%s/room", scratch_dir);
    room_dir = room;
    struct sr_err err = {0};
    if (sr_room_create(room, ROOM_ACTOR, passphrase, NULL, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return 1;
    }
    RUN(opens_locked_and_unlocked);
    RUN(refuses_what_is_no_room);
    RUN(refuses_another_configuration);
    RUN(reads_under_a_permit);
    RUN(gives_nothing_without_one);
    RUN(refuses_a_body_that_is_not_as_described);
    RUN(refuses_acts_that_do_not_fit);
    sr_secret_free(passphrase);
    scratch_remove(scratch_dir);
    return check_done();
}
