/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: every built-in policy is a policy of its own name; the higher the tier, the more
 * it asks; nobody changes a policy more easily than they do anything else under it; and what it is
 * checked against exists.
 */
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/corpus.h"

static struct sr_policy *builtin(const char *name)
{
    struct sr_bytes text = {0};
    struct sr_policy *p = NULL;
    struct sr_err err = {0};
    CHECK(sr_policy_builtin(name, &text) == SR_OK);
    if (sr_policy_parse(text, &p, &err) != SR_OK) {
        printf("# %s: %s\n", name, err.message);
    }
    CHECK(p != NULL);
    return p;
}

static void each_is_a_policy_of_its_own_name(void)
{
    static const char *const NAMES[] = {"local",  "tier-1", "tier-2", "tier-3",
                                        "tier-4", "tier-5", NULL};
    struct sr_bytes text = {0};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const char *name = sr_policy_builtin_name(i);
        CHECK((name == NULL) == (NAMES[i] == NULL));
        if (name == NULL || NAMES[i] == NULL) {
            break;
        }
        CHECK(strcmp(name, NAMES[i]) == 0);
        SR_AUTO(sr_policy) p = builtin(name);
        CHECK(p != NULL && sr_text_equal(p->name, sr_text_view(name)));
    }
    CHECK(sr_policy_builtin("tier-6", &text) == SR_NOT_FOUND);
}

static const struct sr_policy_rule *rule_of(const struct sr_policy *p, enum sr_verb verb,
                                            unsigned tier)
{
    struct sr_policy_subject subject = {.is_version = tier > 0,
                                        .tier = tier,
                                        .kind = sr_text_view("base"),
                                        .artifact = sr_text_view("llama")};
    return sr_policy_rule_for(p, verb, &subject);
}

static unsigned persons(const struct sr_policy_rule *rule)
{
    unsigned count = 0;
    for (size_t i = 0; i < rule->needs; i++) {
        count += rule->need[i].count;
    }
    return count;
}

static void local_lets_whoever_unlocked_the_room_do_everything(void)
{
    SR_AUTO(sr_policy) p = builtin("local");
    for (enum sr_verb verb = 0; p != NULL && verb < SR_VERB_COUNT; verb++) {
        bool is_act = sr_verb_info(verb)->group == SR_VERB_GROUP_ACT;
        const struct sr_policy_rule *about_none = rule_of(p, verb, 0);
        const struct sr_policy_rule *about_some = rule_of(p, verb, 5);
        CHECK(is_act == (about_none != NULL && about_none->by_unlocked));
        CHECK(is_act == (about_some != NULL && about_some->by_unlocked));
    }
}

static struct sr_policy *tier(unsigned number)
{
    char name[16];
    (void)snprintf(name, sizeof name, "tier-%u", number);
    return builtin(name);
}

static void every_verb_has_a_rule_and_none_is_for_the_unlocked(void)
{
    for (unsigned number = 1; number <= 5; number++) {
        SR_AUTO(sr_policy) p = tier(number);
        for (enum sr_verb verb = 0; p != NULL && verb < SR_VERB_COUNT; verb++) {
            const struct sr_verb_info *info = sr_verb_info(verb);
            const struct sr_policy_rule *rule =
                rule_of(p, verb, info->about == SR_VERB_ABOUT_VERSION ? number : 0);
            CHECK((info->group == SR_VERB_GROUP_ACT) == (rule != NULL));
            CHECK(rule == NULL || !rule->by_unlocked);
        }
        for (size_t i = 0; p != NULL && i < p->rules; i++) {
            CHECK(p->rule[i].controls > 0);
        }
        static const char *const ROLES[] = {"officer", "security", "engineer"};
        for (size_t i = 0; p != NULL && i < 3; i++) {
            CHECK(p->roles == 3 && strcmp(p->role[i], ROLES[i]) == 0);
        }
    }
}

static void versions_of_higher_tiers_are_not_for_a_lower_room(void)
{
    static const enum sr_verb VERBS[] = {SR_VERB_DEPOSIT, SR_VERB_ACCEPT, SR_VERB_EXPORT,
                                         SR_VERB_READ, SR_VERB_USE};
    for (unsigned number = 1; number <= 5; number++) {
        SR_AUTO(sr_policy) p = tier(number);
        for (size_t i = 0; p != NULL && i < sizeof VERBS / sizeof VERBS[0]; i++) {
            for (unsigned of = 1; of <= 5; of++) {
                bool is_forbidden = of > number || (number == 5 && VERBS[i] == SR_VERB_EXPORT);
                CHECK(rule_of(p, VERBS[i], of)->forbids == is_forbidden);
            }
        }
    }
}

/* Whether b asks for all that a asks for. */
static bool is_stricter(const struct sr_policy_rule *a, const struct sr_policy_rule *b)
{
    return persons(b) >= persons(a) && b->lasts_ms_max <= a->lasts_ms_max &&
           b->wait_ms >= a->wait_ms && b->bytes_max <= a->bytes_max &&
           (b->needs_reason || !a->needs_reason) && (b->needs_ticket || !a->needs_ticket) &&
           (b->needs_hardware || !a->needs_hardware) &&
           (b->needs_verification || !a->needs_verification);
}

static void each_tier_asks_for_more_than_the_one_below(void)
{
    for (unsigned number = 1; number < 5; number++) {
        SR_AUTO(sr_policy) a = tier(number);
        SR_AUTO(sr_policy) b = tier(number + 1);
        for (enum sr_verb verb = 0; a != NULL && b != NULL && verb < SR_VERB_COUNT; verb++) {
            const struct sr_policy_rule *low = rule_of(a, verb, 1);
            const struct sr_policy_rule *high = rule_of(b, verb, 1);
            if (sr_verb_info(verb)->group == SR_VERB_GROUP_ACT && !high->forbids) {
                if (!is_stricter(low, high)) {
                    printf("# %s of tier %u\n", sr_verb_info(verb)->word, number + 1);
                }
                CHECK(is_stricter(low, high));
            }
        }
        CHECK(persons(rule_of(b, SR_VERB_USE, 1)) > persons(rule_of(a, SR_VERB_USE, 1)) ||
              number + 1 == 5 || number + 1 == 3);
    }
}

static void a_policy_is_changed_by_the_largest_quorum_after_a_wait(void)
{
    for (unsigned number = 1; number <= 5; number++) {
        SR_AUTO(sr_policy) p = tier(number);
        if (p == NULL) {
            return;
        }
        const struct sr_policy_rule *change = rule_of(p, SR_VERB_POLICY, 0);
        CHECK(change->wait_ms > 0);
        CHECK(change->wait_ms >= 86400000 || number < 4); /* APR-05 */
        for (size_t i = 0; i < p->rules; i++) {
            CHECK(persons(change) >= persons(&p->rule[i]));
        }
        CHECK(persons(rule_of(p, SR_VERB_ENROL, 0)) >= 2);
        CHECK(persons(rule_of(p, SR_VERB_ROLES, 0)) >= 2);
        const struct sr_policy_rule *leave = rule_of(p, SR_VERB_LEAVE, 0);
        CHECK(leave->needs == 0 && leave->wait_ms == 0 && leave->by.count > 0);
        CHECK(p->break_glass.is_allowed == (number >= 2 && number <= 4)); /* APR-06 */
    }
}

static void the_tiers_ask_for_what_their_page_says(void)
{
    SR_AUTO(sr_policy) three = tier(3);
    SR_AUTO(sr_policy) four = tier(4);
    SR_AUTO(sr_policy) five = tier(5);
    if (three == NULL || four == NULL || five == NULL) {
        return;
    }
    const struct sr_policy_rule *use = rule_of(three, SR_VERB_USE, 3);
    CHECK(use->needs == 1);
    CHECK(use->need[0].count == 2);
    CHECK(use->need[0].role == 0);
    CHECK(use->lasts_ms_max == 8 * 3600000);
    CHECK(use->needs_reason);
    CHECK(!use->needs_hardware);
    use = rule_of(four, SR_VERB_USE, 4);
    CHECK(use->needs == 2);
    CHECK(use->need[1].count == 1);
    CHECK(use->need[1].role == 1);
    CHECK(use->needs_hardware);
    CHECK(use->needs_ticket);
    CHECK(use->bytes_max != SR_POLICY_NO_LIMIT);
    use = rule_of(five, SR_VERB_USE, 5);
    CHECK(persons(use) >= 3);
    CHECK(use->needs_verification);
    CHECK(use->wait_ms > 0);
    CHECK(use->witnesses == 2);
    CHECK(use->witness_ms_max == 600000);
    CHECK(rule_of(five, SR_VERB_EXPORT, 5)->forbids);
    CHECK(four->suspending == 2 && five->suspending == 2);
}

/* The controls that there are: `"id": "ACC-01"` in the list of the test data. */
static char *read_controls(void)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/frameworks/frameworks-controls.json", corpus_root());
    FILE *f = fopen(path, "rb");
    size_t room = (size_t)1 << 20;
    char *text = f != NULL ? calloc(1, room) : NULL;
    if (text != NULL) {
        CHECK(fread(text, 1, room - 1, f) > 1000);
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return text;
}

static bool has_control(const char *list, struct sr_bytes id)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "\"id\": \"%.*s\"", (int)id.len, (const char *)id.ptr);
    return strstr(list, wanted) != NULL;
}

static void what_a_profile_is_checked_against_exists(void)
{
    char *list = read_controls();
    unsigned controls = 0;
    CHECK(list != NULL && has_control(list, sr_text_view("ACC-01")));
    CHECK(list != NULL && !has_control(list, sr_text_view("ACC-99")));
    for (size_t n = 0; list != NULL && sr_policy_builtin_name(n) != NULL; n++) {
        SR_AUTO(sr_policy) p = builtin(sr_policy_builtin_name(n));
        for (size_t i = 0; p != NULL && i < p->rules; i++) {
            for (size_t j = 0; j < p->rule[i].controls; j++, controls++) {
                struct sr_bytes id = p->rule[i].control[j];
                if (!has_control(list, id)) {
                    printf("# %s: %.*s\n", p->rule[i].name, (int)id.len, (const char *)id.ptr);
                }
                CHECK(has_control(list, id));
            }
        }
    }
    printf("# %u\n", controls);
    CHECK(controls > 100);
    free(list);
}

static bool has_frameworks(void)
{
    char *list = read_controls();
    free(list);
    return list != NULL;
}

int main(void)
{
    RUN(each_is_a_policy_of_its_own_name);
    RUN(local_lets_whoever_unlocked_the_room_do_everything);
    RUN(every_verb_has_a_rule_and_none_is_for_the_unlocked);
    RUN(versions_of_higher_tiers_are_not_for_a_lower_room);
    RUN(each_tier_asks_for_more_than_the_one_below);
    RUN(a_policy_is_changed_by_the_largest_quorum_after_a_wait);
    RUN(the_tiers_ask_for_what_their_page_says);
    if (has_frameworks()) {
        RUN(what_a_profile_is_checked_against_exists);
    } else {
        SKIP(what_a_profile_is_checked_against_exists,
             "no list of controls; set STRONGROOM_TESTDATA");
    }
    return check_done();
}
