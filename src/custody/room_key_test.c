/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a room has one key of each name for good, also after rotations; nobody without
 * the passphrase can use it, make one for the room, or put another in its place, be it another
 * room's or this room's of another name.
 */
#include "custody/room_key.h"

#include "custody/rotate.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-room-key-XXXXXX";

static const char *const FILES[SR_ROOM_KEY_COUNT] = {
    [SR_ROOM_KEY_SIGNING] = "keys/signing.key",
    [SR_ROOM_KEY_TRANSPORT] = "keys/transport.key",
    [SR_ROOM_KEY_LEDGER] = "keys/ledger.key",
};

static const char *key_file(const char *room, enum sr_room_key which)
{
    return room_path(room_path(scratch_dir, room), FILES[which]);
}

static bool is_same_key(struct sr_room *a, struct sr_room *b, enum sr_room_key which)
{
    SR_AUTO(sr_secret) one = NULL;
    SR_AUTO(sr_secret) other = NULL;
    CHECK(sr_room_key_open(a, which, &one, NULL) == SR_OK);
    CHECK(sr_room_key_find(b, which, &other, NULL) == SR_OK);
    return one != NULL && other != NULL && sr_secret_equal(one, other);
}

static void made_once(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "once");
    SR_AUTO(sr_room) again = room_open(scratch_dir, "once");
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(room_path(scratch_dir, "once"), ROOM_ACTOR, NULL, &locked, NULL) == SR_OK);
    for (unsigned i = 0; i < SR_ROOM_KEY_COUNT; i++) {
        enum sr_room_key which = (enum sr_room_key)i;
        SR_AUTO(sr_secret) seed = NULL;
        struct stat found;
        if (which != SR_ROOM_KEY_LEDGER) { /* which signs the room's first act */
            CHECK(!sr_room_key_exists(r, which));
            CHECK(sr_room_key_find(r, which, &seed, NULL) == SR_NOT_FOUND);
        }
        CHECK(is_same_key(r, again, which));
        CHECK(sr_room_key_exists(locked, which));
        CHECK(stat(key_file("once", which), &found) == 0 && (found.st_mode & 0777) == 0600);
        CHECK(sr_room_key_find(locked, which, &seed, NULL) == SR_UNAUTHENTICATED);
        CHECK(sr_room_key_open(locked, which, &seed, NULL) == SR_UNAUTHENTICATED);
        CHECK(seed == NULL);
    }
}

static void all_differ(void)
{
    SR_AUTO(sr_room) r = room_open(scratch_dir, "once");
    for (unsigned i = 0; i < SR_ROOM_KEY_COUNT; i++) {
        SR_AUTO(sr_secret) one = NULL;
        CHECK(sr_room_key_find(r, (enum sr_room_key)i, &one, NULL) == SR_OK);
        CHECK(sr_secret_len(one) == SR_ROOM_KEY_SEED_BYTES);
        for (unsigned j = 0; j < i; j++) {
            SR_AUTO(sr_secret) other = NULL;
            CHECK(sr_room_key_find(r, (enum sr_room_key)j, &other, NULL) == SR_OK);
            CHECK(!sr_secret_equal(one, other));
        }
    }
}

static void rotate(struct sr_room *r)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    struct sr_rotate_result result;
    CHECK(sr_rotate(r, passphrase, NULL, &result, NULL) == SR_OK);
}

static void outlives_rotations(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "rotated");
    SR_AUTO(sr_room) before = room_open(scratch_dir, "rotated");
    struct sr_secret *keys[SR_ROOM_KEY_COUNT] = {NULL};
    SR_AUTO(sr_secret) none = NULL;
    for (unsigned k = 0; k < SR_ROOM_KEY_COUNT; k++) {
        CHECK(sr_room_key_open(before, (enum sr_room_key)k, &keys[k], NULL) == SR_OK);
    }
    for (int i = 0; i < 3; i++) {
        rotate(r);
        SR_AUTO(sr_room) after = room_open(scratch_dir, "rotated");
        for (unsigned k = 0; k < SR_ROOM_KEY_COUNT; k++) {
            SR_AUTO(sr_secret) same = NULL;
            CHECK(sr_room_key_find(after, (enum sr_room_key)k, &same, NULL) == SR_OK);
            CHECK(same != NULL && sr_secret_equal(keys[k], same));
            CHECK(is_same_key(after, r, (enum sr_room_key)k));
        }
    }
    /* Who has keys from long ago is told so, not that something is damaged. */
    for (unsigned k = 0; k < SR_ROOM_KEY_COUNT; k++) {
        CHECK(sr_room_key_find(before, (enum sr_room_key)k, &none, NULL) == SR_CONFLICT);
        sr_secret_free(keys[k]);
    }
}

/* A room that was opened before a rotation must not make a key under the root key that is gone. */
static void not_made_under_an_old_root(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "stale");
    SR_AUTO(sr_room) stale = room_open(scratch_dir, "stale");
    SR_AUTO(sr_secret) seed = NULL;
    rotate(r);
    CHECK(sr_room_key_open(stale, SR_ROOM_KEY_TRANSPORT, &seed, NULL) == SR_CONFLICT);
    CHECK(!sr_room_key_exists(r, SR_ROOM_KEY_TRANSPORT));
    CHECK(is_same_key(r, r, SR_ROOM_KEY_TRANSPORT));
}

static void copy_key(const char *from, const char *to)
{
    size_t len = 0;
    uint8_t *theirs = room_read(scratch_dir, from, &len);
    room_write(scratch_dir, to, theirs, len);
    free(theirs);
}

/* Each wrap says whose and what for it is. */
static void refuses_a_key_of_another_name(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "names");
    SR_AUTO(sr_secret) seed = NULL;
    CHECK(is_same_key(r, r, SR_ROOM_KEY_LEDGER));
    copy_key("names/keys/ledger.key", "names/keys/transport.key");
    CHECK(sr_room_key_find(r, SR_ROOM_KEY_TRANSPORT, &seed, NULL) == SR_CORRUPT);
    CHECK(seed == NULL);
}

static void refuses_another_file(void)
{
    static const char *const WRONG[] = {
        "",
        "{}",
        "{\"format\":2,\"wraps\":[{\"key\":\"00112233445566778899aabbccddeeff\",\"wrapped\":\"\"}]"
        "}",
        "{\"format\":1,\"wraps\":[]}",
        "{\"format\":1,\"wraps\":[{\"key\":\"0\",\"wrapped\":\"00\"}]}",
        "{\"format\":1,\"wraps\":[{\"key\":\"00112233445566778899aabbccddeeff\",\"wrapped\":\"00\"}"
        "]}",
        "{\"format\":1,\"wraps\":[{\"key\":\"00112233445566778899aabbccddeeff\",\"more\":\"00\"}]}",
    };
    SR_AUTO(sr_room) r = room_new(scratch_dir, "mine");
    SR_AUTO(sr_room) other = room_new(scratch_dir, "other");
    SR_AUTO(sr_secret) seed = NULL;
    CHECK(is_same_key(other, other, SR_ROOM_KEY_SIGNING));
    copy_key("other/keys/signing.key", "mine/keys/signing.key");
    CHECK(sr_room_key_find(r, SR_ROOM_KEY_SIGNING, &seed, NULL) == SR_CORRUPT);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        room_write(scratch_dir, "mine/keys/signing.key", WRONG[i], strlen(WRONG[i]));
        CHECK(sr_room_key_find(r, SR_ROOM_KEY_SIGNING, &seed, NULL) == SR_CORRUPT);
        CHECK(sr_room_key_open(r, SR_ROOM_KEY_SIGNING, &seed, NULL) == SR_CORRUPT);
    }
    CHECK(chmod(key_file("mine", SR_ROOM_KEY_SIGNING), 0644) == 0);
    CHECK(sr_room_key_find(r, SR_ROOM_KEY_SIGNING, &seed, NULL) == SR_DENIED);
    CHECK(seed == NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(made_once);
    RUN(all_differ);
    RUN(outlives_rotations);
    RUN(not_made_under_an_old_root);
    RUN(refuses_a_key_of_another_name);
    RUN(refuses_another_file);
    scratch_remove(scratch_dir);
    return check_done();
}
