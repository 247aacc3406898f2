/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot opens for the room, object, version, file, group and epoch it was made for and for no
 * other; no bit of it can be changed; and the data key that comes out is the one that was put in,
 * even against somebody who holds the group's key.
 */
#include "keys/slot.h"

#include <stdio.h>
#include <string.h>

#include "crypto/rand.h"
#include "keys/passphrase.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-slot-XXXXXX";
static char uri[64];
static struct sr_wrapper *root;
static struct sr_secret *kek;
static struct sr_group group;
static const struct sr_id ROOM = {{1}};
static const struct sr_body_name BODY = {.object = {{2}}, .version = {{3}}, .file_index = 4};

static void set_up(void)
{
    SR_AUTO(sr_secret) passphrase = NULL;
    struct sr_id id;
    CHECK(scratch_make(scratch_dir));
    (void)snprintf(uri, sizeof uri, "file:%s/key", scratch_dir);
    CHECK(sr_passphrase_generate(&passphrase, NULL) == SR_OK);
    CHECK(sr_wrapper_create(uri, passphrase, NULL) == SR_OK);
    CHECK(sr_wrapper_open(uri, passphrase, &root, NULL) == SR_OK);
    CHECK(sr_rand_id(&id) == SR_OK);
    CHECK(sr_group_make(root, &ROOM, &id, 1, &group, &kek, NULL) == SR_OK);
}

static void tear_down(void)
{
    sr_wrapper_free(root);
    sr_secret_free(kek);
    scratch_remove(scratch_dir);
}

static struct sr_secret *make_dek(void)
{
    struct sr_secret *dek = NULL;
    CHECK(sr_dek_make(&dek, NULL) == SR_OK);
    CHECK(sr_secret_len(dek) == SR_DEK_BYTES);
    return dek;
}

static struct sr_slot make_slot(const struct sr_secret *dek)
{
    struct sr_slot slot;
    CHECK(sr_slot_make(kek, &group, &ROOM, &BODY, dek, &slot, NULL) == SR_OK);
    return slot;
}

/* What opening slot for this body says; nothing may come out but from a success. */
static enum sr_status open_for(const struct sr_id *room, const struct sr_group *g,
                               const struct sr_body_name *body, const struct sr_slot *slot)
{
    SR_AUTO(sr_secret) dek = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_slot_open(kek, g, room, body, slot, &dek, &err);
    CHECK((status == SR_OK) == (dek != NULL));
    CHECK(status == SR_OK || strstr(err.message, "slot '") == err.message);
    return status;
}

static void gives_the_data_key_back(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    SR_AUTO(sr_secret) back = NULL;
    struct sr_slot slot = make_slot(dek);
    struct sr_slot again = make_slot(dek);
    CHECK(sr_slot_open(kek, &group, &ROOM, &BODY, &slot, &back, NULL) == SR_OK);
    CHECK(sr_secret_equal(dek, back));
    CHECK(!sr_text_id_equal(&slot.id, &again.id));
    CHECK(memcmp(slot.wrapped, again.wrapped, sizeof slot.wrapped) != 0);
    CHECK(memcmp(slot.commitment, again.commitment, sizeof slot.commitment) == 0);
}

static void group_key_opens_for_its_room_group_and_epoch(void)
{
    SR_AUTO(sr_secret) back = NULL;
    SR_AUTO(sr_secret) none = NULL;
    struct sr_err err = {0};
    CHECK(sr_group_open(root, &ROOM, &group, &back, NULL) == SR_OK);
    CHECK(sr_secret_equal(back, kek));

    const struct sr_id other = {{9}};
    struct sr_group changed = group;
    CHECK(sr_group_open(root, &other, &group, &none, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "epoch 1") != NULL);
    changed.id = other;
    CHECK(sr_group_open(root, &ROOM, &changed, &none, NULL) == SR_CORRUPT);
    changed = group;
    changed.epoch = 2;
    CHECK(sr_group_open(root, &ROOM, &changed, &none, NULL) == SR_CORRUPT);
    for (size_t bit = 0; bit < 8 * group.wrapped.len; bit++) {
        changed = group;
        changed.wrapped.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(sr_group_open(root, &ROOM, &changed, &none, NULL) == SR_CORRUPT);
    }
    CHECK(none == NULL);
}

static void refuses_every_flipped_bit(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    const struct sr_slot slot = make_slot(dek);
    /* Every field, byte by byte; padding is between none of them. */
    for (size_t bit = 0; bit < 8 * SR_SLOT_WRAPPED_BYTES; bit++) {
        struct sr_slot changed = slot;
        changed.wrapped[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(open_for(&ROOM, &group, &BODY, &changed) == SR_CORRUPT);
    }
    for (size_t bit = 0; bit < 8 * sizeof slot.commitment; bit++) {
        struct sr_slot changed = slot;
        changed.commitment[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(open_for(&ROOM, &group, &BODY, &changed) == SR_CORRUPT);
    }
    for (size_t bit = 0; bit < 8 * (size_t)SR_ID_BYTES; bit++) {
        struct sr_id *fields[4];
        struct sr_slot changed = slot;
        fields[0] = &changed.id;
        fields[1] = &changed.body.object;
        fields[2] = &changed.body.version;
        fields[3] = &changed.group;
        for (size_t i = 0; i < 4; i++) {
            fields[i]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            CHECK(open_for(&ROOM, &group, &BODY, &changed) == SR_CORRUPT);
            fields[i]->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        CHECK(open_for(&ROOM, &group, &BODY, &changed) == SR_OK);
    }
    for (size_t bit = 0; bit < 64; bit++) {
        struct sr_slot changed = slot;
        changed.group_epoch ^= (uint64_t)1 << bit;
        CHECK(open_for(&ROOM, &group, &BODY, &changed) == SR_CORRUPT);
        changed = slot;
        changed.body.file_index ^= (uint32_t)1 << bit % 32;
        CHECK(open_for(&ROOM, &group, &BODY, &changed) == SR_CORRUPT);
    }
}

/*
 * Somebody who can write the catalog moves a slot and writes the new place into it: its fields
 * then agree with what is asked for, and only the associated data knows better.
 */
static void refuses_a_slot_that_was_moved(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    const struct sr_slot slot = make_slot(dek);
    const struct sr_id other = {{9}};
    struct sr_body_name bodies[3] = {BODY, BODY, BODY};
    bodies[0].object = other;
    bodies[1].version = other;
    bodies[2].file_index = 5;
    for (size_t i = 0; i < 3; i++) {
        struct sr_slot moved = slot;
        CHECK(open_for(&ROOM, &group, &bodies[i], &moved) == SR_CORRUPT);
        moved.body = bodies[i];
        CHECK(open_for(&ROOM, &group, &bodies[i], &moved) == SR_CORRUPT);
    }
    CHECK(open_for(&other, &group, &BODY, &slot) == SR_CORRUPT);

    struct sr_group other_group = group;
    struct sr_slot moved = slot;
    other_group.id = other;
    moved.group = other;
    CHECK(open_for(&ROOM, &other_group, &BODY, &moved) == SR_CORRUPT);
    other_group = group;
    moved = slot;
    other_group.epoch = moved.group_epoch = 2;
    CHECK(open_for(&ROOM, &other_group, &BODY, &moved) == SR_CORRUPT);
}

static void refuses_parts_of_two_slots(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    const struct sr_slot a = make_slot(dek);
    const struct sr_slot b = make_slot(dek);
    struct sr_slot mixed = a;
    memcpy(mixed.wrapped, b.wrapped, sizeof b.wrapped);
    CHECK(open_for(&ROOM, &group, &BODY, &mixed) == SR_CORRUPT);
    mixed.id = b.id;
    CHECK(open_for(&ROOM, &group, &BODY, &mixed) == SR_OK); /* that is b, all of it */
}

/*
 * "Invisible salamander": a slot that decrypts, under the right key and with the right associated
 * data, to another data key than the one committed to. source  CVE-2025-14763 and its siblings
 */
static void refuses_another_data_key_under_the_old_commitment(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    SR_AUTO(sr_secret) other = make_dek();
    const struct sr_slot slot = make_slot(dek);
    struct sr_slot salamander = make_slot(other);
    CHECK(open_for(&ROOM, &group, &BODY, &salamander) == SR_OK);
    memcpy(salamander.commitment, slot.commitment, sizeof slot.commitment);

    SR_AUTO(sr_secret) back = NULL;
    struct sr_err err = {0};
    CHECK(sr_slot_open(kek, &group, &ROOM, &BODY, &salamander, &back, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "commitment") != NULL);
    CHECK(back == NULL);
}

static void the_commitment_says_nothing_across_objects(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    struct sr_body_name other = BODY;
    other.object.bytes[15] = 1;
    const struct sr_slot a = make_slot(dek);
    struct sr_slot b;
    CHECK(sr_slot_make(kek, &group, &ROOM, &other, dek, &b, NULL) == SR_OK);
    CHECK(memcmp(a.commitment, b.commitment, sizeof a.commitment) != 0);
}

static void another_group_key_does_not_open_it(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    SR_AUTO(sr_secret) next_kek = NULL;
    SR_AUTO(sr_secret) back = NULL;
    const struct sr_slot slot = make_slot(dek);
    struct sr_group next;
    CHECK(sr_group_make(root, &ROOM, &group.id, 2, &next, &next_kek, NULL) == SR_OK);
    CHECK(!sr_secret_equal(kek, next_kek));
    CHECK(sr_slot_open(next_kek, &group, &ROOM, &BODY, &slot, &back, NULL) == SR_CORRUPT);
    CHECK(back == NULL);
}

/* `keys rotate`: a new root key, every group wrapped again, the old one destroyed; slots stay. */
static void slots_stay_when_the_root_key_changes(void)
{
    SR_AUTO(sr_secret) dek = make_dek();
    SR_AUTO(sr_secret) same_kek = NULL;
    SR_AUTO(sr_secret) none = NULL;
    const struct sr_slot slot = make_slot(dek);
    struct sr_group rewrapped;
    CHECK(sr_wrapper_add_generation(root, NULL, NULL) == SR_OK);
    CHECK(sr_group_rewrap(root, &ROOM, &group, &rewrapped, NULL) == SR_OK);
    CHECK(!sr_text_id_equal(&rewrapped.wrapped.key_id, &group.wrapped.key_id));
    CHECK(sr_wrapper_keep_only(root, &rewrapped.wrapped.key_id, NULL) == SR_OK);
    CHECK(sr_group_open(root, &ROOM, &group, &none, NULL) == SR_CORRUPT);
    CHECK(sr_group_open(root, &ROOM, &rewrapped, &same_kek, NULL) == SR_OK);
    CHECK(sr_secret_equal(kek, same_kek));
    CHECK(none == NULL);
    CHECK(open_for(&ROOM, &rewrapped, &BODY, &slot) == SR_OK);
    group = rewrapped;
}

static void survives_every_failing_call(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_secret) a_kek = NULL;
        SR_AUTO(sr_secret) same_kek = NULL;
        SR_AUTO(sr_secret) dek = NULL;
        SR_AUTO(sr_secret) back = NULL;
        struct sr_group g;
        struct sr_slot slot;
        enum sr_status status = sr_group_make(root, &ROOM, &ROOM, 1, &g, &a_kek, NULL);
        status = status != SR_OK ? status : sr_group_open(root, &ROOM, &g, &same_kek, NULL);
        status = status != SR_OK ? status : sr_group_rewrap(root, &ROOM, &g, &g, NULL);
        status = status != SR_OK ? status : sr_dek_make(&dek, NULL);
        if (status == SR_OK) {
            status = sr_slot_make(a_kek, &g, &ROOM, &BODY, dek, &slot, NULL);
        }
        if (status == SR_OK) {
            status = sr_slot_open(a_kek, &g, &ROOM, &BODY, &slot, &back, NULL);
        }
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((back != NULL) == (status == SR_OK));
    }
    CHECK(fault_sweep_faults() >= 10);
}

int main(void)
{
    set_up();
    RUN(gives_the_data_key_back);
    RUN(group_key_opens_for_its_room_group_and_epoch);
    RUN(refuses_every_flipped_bit);
    RUN(refuses_a_slot_that_was_moved);
    RUN(refuses_parts_of_two_slots);
    RUN(refuses_another_data_key_under_the_old_commitment);
    RUN(the_commitment_says_nothing_across_objects);
    RUN(another_group_key_does_not_open_it);
    RUN(slots_stay_when_the_root_key_changes);
    RUN(survives_every_failing_call);
    tear_down();
    return check_done();
}
