/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: the chain of a version that never left is empty and begins with this room's card;
 * a locked room cannot vouch for one. Chains with events are in handoff_test.c.
 */
#include "custody/own_chain.h"

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-own-chain-XXXXXX";

static struct sr_catalog_version version;

static void of_what_never_left(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "one");
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_chain) chain = NULL;
    struct sr_deposit_result result;
    struct sr_id unknown = {{1}};
    room_make_model(scratch_dir, "model", 1);
    CHECK(room_deposit(r, room_path(scratch_dir, "model"), "llama", 0, &result, NULL) == SR_OK);
    version = result.version;
    CHECK(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_own_chain(r, &version.id, text, NULL) == SR_OK);
    CHECK(sr_chain_decode(sr_buf_view(text), &chain, NULL) == SR_OK);
    CHECK(sr_chain_event_count(chain) == 0 && sr_chain_card_count(chain) == 1);
    CHECK(sr_text_id_equal(&sr_chain_card_at(chain, 0)->card.room, &sr_room_facts(r)->id));
    CHECK(sr_own_chain(r, &unknown, text, NULL) == SR_NOT_FOUND);
}

static void not_from_a_locked_room(void)
{
    SR_AUTO(sr_room) locked = NULL;
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_room_open(room_path(scratch_dir, "one"), ROOM_ACTOR, NULL, &locked, NULL) == SR_OK);
    CHECK(sr_own_chain(locked, &version.id, text, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_buf_view(text).len == 0);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(of_what_never_left);
    RUN(not_from_a_locked_room);
    scratch_remove(scratch_dir);
    return check_done();
}
