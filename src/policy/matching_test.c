/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: as many places are filled as can be, whatever the order in which people come; a
 * person fills one place; nobody is put where they have no role. Compared with trying everything.
 */
#include "policy/matching.h"

#include <stdio.h>
#include <string.h>

#include "tests/check.h"

static struct sr_policy_rule rule_of(size_t needs, const unsigned *counts)
{
    struct sr_policy_rule rule = {.needs = needs};
    for (size_t i = 0; i < needs; i++) {
        rule.need[i] = (struct sr_policy_need){.count = counts[i], .role = (uint8_t)i};
    }
    return rule;
}

static const char *const NAMES[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

/* The most places that people can fill, by trying all. */
static size_t best(const unsigned *left, const uint8_t *masks, size_t people)
{
    if (people == 0) {
        return 0;
    }
    size_t most = best(left, masks + 1, people - 1);
    for (size_t need = 0; need < 3; need++) {
        if ((masks[0] >> need & 1) != 0 && left[need] > 0) {
            unsigned rest[3] = {left[0], left[1], left[2]};
            rest[need]--;
            size_t with = 1 + best(rest, masks + 1, people - 1);
            most = with > most ? with : most;
        }
    }
    return most;
}

static bool is_sound(const struct sr_matching *m, const unsigned *counts)
{
    unsigned used[SR_POLICY_NEEDS_MAX] = {0};
    for (size_t i = 0; i < m->seats; i++) {
        const struct sr_matching_seat *s = &m->seat[i];
        used[s->need]++;
        if ((s->mask >> s->need & 1) == 0 || used[s->need] > counts[s->need]) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(m->seat[k].person, s->person) == 0) {
                return false;
            }
        }
    }
    return memcmp(used, m->used, sizeof used) == 0;
}

/* Five people with every combination of three roles, places 0 to 3 for each. */
static void fills_as_many_places_as_can_be(void)
{
    size_t wrong = 0;
    for (unsigned c = 0; c < 4 * 4 * 4; c++) {
        unsigned counts[3] = {c & 3, c >> 2 & 3, c >> 4};
        struct sr_policy_rule rule = rule_of(3, counts);
        for (unsigned who = 0; who < 1U << 15; who++) {
            uint8_t masks[5];
            struct sr_matching m;
            sr_matching_init(&m, &rule);
            for (size_t i = 0; i < 5; i++) {
                masks[i] = (uint8_t)(who >> 3 * i & 7);
                (void)sr_matching_offer(&m, NAMES[i], masks[i]);
            }
            wrong += m.seats != best(counts, masks, 5) || !is_sound(&m, counts);
        }
    }
    CHECK(wrong == 0);
}

static void one_person_fills_one_place(void)
{
    unsigned counts[2] = {1, 1};
    struct sr_policy_rule rule = rule_of(2, counts);
    struct sr_matching m;
    sr_matching_init(&m, &rule);
    CHECK(sr_matching_offer(&m, "ann", 3));
    CHECK(!sr_matching_offer(&m, "ann", 3));
    CHECK(!sr_matching_is_full(&m));
    CHECK(sr_matching_offer(&m, "ben", 1)); /* ann moves to the other place */
    CHECK(sr_matching_is_full(&m));
    CHECK(!sr_matching_offer(&m, "cat", 3));
    CHECK(m.used[0] == 1 && m.used[1] == 1);
}

/* Somebody without a name is nobody who is there. */
static void counts_people_without_names(void)
{
    unsigned counts[1] = {2};
    struct sr_policy_rule rule = rule_of(1, counts);
    struct sr_matching m;
    sr_matching_init(&m, &rule);
    CHECK(sr_matching_offer(&m, NULL, 1) && sr_matching_offer(&m, NULL, 1));
    CHECK(!sr_matching_offer(&m, NULL, 1) && sr_matching_is_full(&m));
}

static void a_long_chain_moves(void)
{
    unsigned counts[SR_POLICY_NEEDS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    struct sr_policy_rule rule = rule_of(SR_POLICY_NEEDS_MAX, counts);
    struct sr_matching m;
    sr_matching_init(&m, &rule);
    for (unsigned i = 0; i + 1 < SR_POLICY_NEEDS_MAX; i++) { /* person i: place i or i + 1 */
        CHECK(sr_matching_offer(&m, NAMES[i], (uint8_t)(3U << i)));
    }
    CHECK(sr_matching_offer(&m, NAMES[7], 1)); /* all move by one */
    CHECK(sr_matching_is_full(&m) && is_sound(&m, counts));
}

static void a_mask_has_the_needs_of_the_roles(void)
{
    struct sr_policy_rule rule = {.needs = 3, .need = {{.count = 1, .role = 63}, {1, 2}, {1, 63}}};
    CHECK(sr_matching_mask(&rule, 0) == 0);
    CHECK(sr_matching_mask(&rule, UINT64_C(1) << 2) == 2);
    CHECK(sr_matching_mask(&rule, UINT64_C(1) << 63) == 5);
}

static void most_places_there_can_be_fit(void)
{
    struct sr_policy_rule rule = {.needs = SR_POLICY_NEEDS_MAX};
    for (size_t i = 0; i < SR_POLICY_NEEDS_MAX; i++) {
        rule.need[i] = (struct sr_policy_need){.count = 16, .role = 0};
    }
    struct sr_matching m;
    sr_matching_init(&m, &rule);
    for (size_t i = 0; i < SR_MATCHING_SEATS_MAX; i++) {
        CHECK(!sr_matching_is_full(&m) && sr_matching_offer(&m, NULL, 0xff));
    }
    CHECK(sr_matching_is_full(&m));
}

int main(void)
{
    RUN(fills_as_many_places_as_can_be);
    RUN(one_person_fills_one_place);
    RUN(counts_people_without_names);
    RUN(a_long_chain_moves);
    RUN(a_mask_has_the_needs_of_the_roles);
    RUN(most_places_there_can_be_fit);
    return check_done();
}
