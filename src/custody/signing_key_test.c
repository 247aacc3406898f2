/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a room has one signing key for good, also after rotations; nobody without the
 * passphrase can use it, make one for the room, or put another in its place.
 */
#include "custody/signing_key.h"

#include "custody/rotate.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-signing-key-XXXXXX";

static const char *key_file(const char *room)
{
    return room_path(room_path(scratch_dir, room), "keys/signing.key");
}

static bool is_same_key(struct sr_room *a, struct sr_room *b)
{
    SR_AUTO(sr_signer) one = NULL;
    SR_AUTO(sr_signer) other = NULL;
    CHECK(sr_signing_key_open(a, &one, NULL) == SR_OK);
    CHECK(sr_signing_key_find(b, &other, NULL) == SR_OK);
    return one != NULL && other != NULL && sr_public_key_equal(one->public_key, other->public_key);
}

static void made_once(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "once");
    SR_AUTO(sr_room) again = room_open(scratch_dir, "once");
    SR_AUTO(sr_signer) signer = NULL;
    struct stat found;
    CHECK(!sr_signing_key_exists(r));
    CHECK(sr_signing_key_find(r, &signer, NULL) == SR_NOT_FOUND);
    CHECK(is_same_key(r, again));
    CHECK(sr_signing_key_exists(r));
    CHECK(stat(key_file("once"), &found) == 0 && (found.st_mode & 0777) == 0600);
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(room_path(scratch_dir, "once"), ROOM_ACTOR, NULL, &locked, NULL) == SR_OK);
    CHECK(sr_signing_key_find(locked, &signer, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_signing_key_open(locked, &signer, NULL) == SR_UNAUTHENTICATED);
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
    SR_AUTO(sr_signer) key = NULL;
    SR_AUTO(sr_signer) none = NULL;
    CHECK(sr_signing_key_open(before, &key, NULL) == SR_OK);
    for (int i = 0; i < 3; i++) {
        rotate(r);
        SR_AUTO(sr_room) after = room_open(scratch_dir, "rotated");
        SR_AUTO(sr_signer) same = NULL;
        CHECK(sr_signing_key_find(after, &same, NULL) == SR_OK);
        CHECK(same != NULL && sr_public_key_equal(key->public_key, same->public_key));
        CHECK(is_same_key(after, r));
    }
    /* Who has keys from long ago is told so, not that something is damaged. */
    CHECK(sr_signing_key_find(before, &none, NULL) == SR_CONFLICT);
}

/* A room that was opened before a rotation must not make a key under the root key that is gone. */
static void not_made_under_an_old_root(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "stale");
    SR_AUTO(sr_room) stale = room_open(scratch_dir, "stale");
    SR_AUTO(sr_signer) signer = NULL;
    rotate(r);
    CHECK(sr_signing_key_open(stale, &signer, NULL) == SR_CONFLICT);
    CHECK(!sr_signing_key_exists(r));
    CHECK(is_same_key(r, r));
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
    SR_AUTO(sr_signer) signer = NULL;
    CHECK(sr_signing_key_open(other, &signer, NULL) == SR_OK);
    sr_signer_free(SR_TAKE(signer));
    size_t len = 0;
    uint8_t *theirs = room_read(scratch_dir, "other/keys/signing.key", &len);
    room_write(scratch_dir, "mine/keys/signing.key", theirs, len);
    free(theirs);
    CHECK(sr_signing_key_find(r, &signer, NULL) == SR_CORRUPT);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        room_write(scratch_dir, "mine/keys/signing.key", WRONG[i], strlen(WRONG[i]));
        CHECK(sr_signing_key_find(r, &signer, NULL) == SR_CORRUPT);
        CHECK(sr_signing_key_open(r, &signer, NULL) == SR_CORRUPT);
    }
    CHECK(chmod(key_file("mine"), 0644) == 0);
    CHECK(sr_signing_key_find(r, &signer, NULL) == SR_DENIED);
    CHECK(signer == NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(made_once);
    RUN(outlives_rotations);
    RUN(not_made_under_an_old_root);
    RUN(refuses_another_file);
    scratch_remove(scratch_dir);
    return check_done();
}
