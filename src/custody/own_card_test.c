/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a room's card names its keys and its ledger, opens by its own signature, is the
 * same each time, and cannot be had from a locked room.
 */
#include "custody/own_card.h"

#include "custody/room_key.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-own-card-XXXXXX";

static void says_what_the_room_is(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "one");
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) again = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_room_card card;
    struct sr_room_card opened;
    uint8_t transport[SR_HPKE_KEY_BYTES];
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &again) == SR_OK);
    CHECK(sr_own_card(r, NULL, &card, text, NULL) == SR_OK);
    CHECK(sr_own_card(r, NULL, &card, again, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(text), sr_buf_view(again)));
    CHECK(sr_room_card_open(sr_buf_view(text), &opened, NULL, NULL) == SR_OK);
    CHECK(sr_text_id_equal(&opened.room, &sr_room_facts(r)->id));
    CHECK(opened.organisation[0] == '\0' && strncmp(opened.origin, "strongroom", 10) == 0);
    CHECK(sr_room_key_find(r, SR_ROOM_KEY_TRANSPORT, &seed, NULL) == SR_OK);
    CHECK(sr_hpke_public_key(seed, transport, NULL) == SR_OK);
    CHECK(memcmp(transport, opened.transport, sizeof transport) == 0);
}

static void says_whose_it_is(void)
{
    SR_AUTO(sr_room) r = room_open(scratch_dir, "one");
    SR_AUTO(sr_buf) text = NULL;
    struct sr_room_card card;
    char too_long[200];
    memset(too_long, 'x', sizeof too_long);
    too_long[sizeof too_long - 1] = '\0';
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_own_card(r, "Example Ltd", &card, text, NULL) == SR_OK);
    CHECK(strcmp(card.organisation, "Example Ltd") == 0);
    CHECK(sr_own_card(r, too_long, &card, text, NULL) == SR_MALFORMED);
    CHECK(sr_own_card(r, "a\nb", &card, text, NULL) == SR_MALFORMED);
}

static void not_from_a_locked_room(void)
{
    SR_AUTO(sr_room) locked = NULL;
    struct sr_room_card card;
    CHECK(sr_room_open(room_path(scratch_dir, "one"), ROOM_ACTOR, NULL, &locked, NULL) == SR_OK);
    CHECK(sr_own_card(locked, NULL, &card, NULL, NULL) == SR_UNAUTHENTICATED);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(says_what_the_room_is);
    RUN(says_whose_it_is);
    RUN(not_from_a_locked_room);
    scratch_remove(scratch_dir);
    return check_done();
}
