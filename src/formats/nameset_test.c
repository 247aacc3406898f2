/* SPDX-License-Identifier: Apache-2.0 */
/* Each name once, numbered in the order of adding, whatever the names are. */
#include "formats/nameset.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"

/* source  Aumasson and Bernstein, appendix A, and the authors' vectors for lengths 0 and 8 */
static void hash_is_siphash_2_4(void)
{
    uint8_t key[SR_NAMESET_KEY_BYTES];
    uint8_t data[15];
    for (uint8_t i = 0; i < sizeof key; i++) {
        key[i] = i;
    }
    for (uint8_t i = 0; i < sizeof data; i++) {
        data[i] = i;
    }
    CHECK(sr_nameset_hash(key, sr_bytes(data, 15)) == 0xa129ca6149be45e5);
    CHECK(sr_nameset_hash(key, sr_bytes(NULL, 0)) == 0x726fdb47dd0e0e31);
    CHECK(sr_nameset_hash(key, sr_bytes(data, 8)) == 0x93f5f5799a932462);
}

#define NAMES 3000
static char names[NAMES][8];

static void numbers_follow_the_order_of_adding(void)
{
    SR_AUTO(sr_nameset) s = NULL;
    CHECK(sr_nameset_new(&s) == SR_OK);
    size_t index = 77;
    CHECK(!sr_nameset_find(s, sr_text_view("0"), &index));
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(names[i], sizeof names[i], "%x", i);
        CHECK(sr_nameset_add(s, sr_text_view(names[i])) == SR_OK);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        CHECK(sr_nameset_find(s, sr_text_view(names[i]), &index) && index == i);
        CHECK(sr_nameset_add(s, sr_text_view(names[i])) == SR_CONFLICT);
    }
    CHECK(!sr_nameset_find(s, sr_text_view("nobody"), &index) && index == NAMES - 1);
    CHECK(sr_nameset_count(s) == NAMES);
}

static void empty_name_is_a_name(void)
{
    SR_AUTO(sr_nameset) s = NULL;
    CHECK(sr_nameset_new(&s) == SR_OK);
    CHECK(sr_nameset_add(s, sr_bytes(NULL, 0)) == SR_OK);
    CHECK(sr_nameset_add(s, sr_bytes("", 0)) == SR_CONFLICT);
    CHECK(sr_nameset_add(s, sr_bytes("\0", 1)) == SR_OK);
}

/* What there is room for can be added without memory. */
static void room_that_was_made_is_there(void)
{
    SR_AUTO(sr_nameset) s = NULL;
    CHECK(sr_nameset_new(&s) == SR_OK);
    CHECK(sr_nameset_add(s, sr_text_view("first")) == SR_OK);
    CHECK(sr_nameset_reserve(s, NAMES) == SR_OK);
    fault_arm(1);
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(names[i], sizeof names[i], "%x", i);
        CHECK(sr_nameset_add(s, sr_text_view(names[i])) == SR_OK);
    }
    CHECK(!fault_fired());
    fault_arm(0);
    size_t index = 0;
    CHECK(sr_nameset_count(s) == NAMES + 1);
    CHECK(sr_nameset_find(s, sr_text_view("first"), &index) && index == 0);
}

static void survives_failing_memory(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_nameset) s = NULL;
        enum sr_status status = sr_nameset_new(&s);
        for (unsigned i = 0; status == SR_OK && i < 100; i++) {
            status = sr_nameset_add(s, sr_text_view(names[i]));
        }
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
    }
    CHECK(fault_sweep_faults() == 1 + 3 * 2);
}

int main(void)
{
    RUN(hash_is_siphash_2_4);
    RUN(numbers_follow_the_order_of_adding);
    RUN(empty_name_is_a_name);
    RUN(room_that_was_made_is_there);
    RUN(survives_failing_memory);
    return check_done();
}
