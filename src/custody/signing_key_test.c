/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: the room's signing key is the one of its seed, the same each time, P-384, and
 * cannot be had from a locked room. What keeps the seed is tested in room_key_test.c.
 */
#include "custody/signing_key.h"

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-signing-key-XXXXXX";

static void the_key_of_its_seed(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "seed");
    SR_AUTO(sr_signer) one = NULL;
    SR_AUTO(sr_signer) again = NULL;
    SR_AUTO(sr_signer) same = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    CHECK(!sr_signing_key_exists(r));
    CHECK(sr_signing_key_find(r, &one, NULL) == SR_NOT_FOUND && one == NULL);
    CHECK(sr_signing_key_open(r, &one, NULL) == SR_OK);
    CHECK(sr_signing_key_exists(r));
    CHECK(sr_signing_key_find(r, &again, NULL) == SR_OK);
    CHECK(sr_room_key_find(r, SR_ROOM_KEY_SIGNING, &seed, NULL) == SR_OK);
    CHECK(sr_signer_from_seed(seed, &same, NULL) == SR_OK);
    CHECK(sr_public_key_algorithm(one->public_key) == SR_SIGN_ECDSA_P384_SHA384);
    CHECK(sr_public_key_equal(one->public_key, again->public_key));
    CHECK(sr_public_key_equal(one->public_key, same->public_key));
}

static void not_from_a_locked_room(void)
{
    SR_AUTO(sr_room) locked = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    CHECK(sr_room_open(room_path(scratch_dir, "seed"), ROOM_ACTOR, NULL, &locked, NULL) == SR_OK);
    CHECK(sr_signing_key_exists(locked));
    CHECK(sr_signing_key_find(locked, &signer, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_signing_key_open(locked, &signer, NULL) == SR_UNAUTHENTICATED);
    CHECK(signer == NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(the_key_of_its_seed);
    RUN(not_from_a_locked_room);
    scratch_remove(scratch_dir);
    return check_done();
}
