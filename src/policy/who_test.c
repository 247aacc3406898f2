/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: every set that is named does suffice, no smaller one does, none is left out, and
 * the count is right also when not all are listed. Compared with trying all sets in the room
 * itself.
 */
#include "policy/explain.h"

#include "tests/check.h"
#include "tests/policy_room.h"

static const char POLICY[] =
    "policy \"who\"\nrole officer\nrole security\nrole engineer\nrole commander\nrole legal\n"
    "rule deposit\n  verbs deposit\n  class any\n  by engineer\n"
    "rule no\n  verbs export\n  class any\n  forbid\n"
    "rule use\n  verbs use\n  class any\n  by engineer\n  types human service\n"
    "  needs 2 of officer and 1 of security and 1 of legal\n"
    "rule people\n  verbs enrol roles leave\n  by officer\n"
    "rule offer\n  verbs offer accept\n  class any\n  by officer\n"
    "rule read\n  verbs read\n  class any\n  by engineer\n  needs 1 of officer\n"
    "  requires hardware-key\n"
    "rule change\n  verbs policy\n  by officer security\n  types human\n  needs 2 of officer\n"
    "break-glass\n  holders commander\n  verbs use\n  for at most 1h\n"
    "  review within 24h by security\n";
static const char *const ROSTER[] = {
    "alice engineer",        "bob officer", "carol officer,legal", "dave security",
    "erin officer,security", "frank legal", "grace commander",     "heidi engineer,officer",
    "ivan security,legal",   "judy officer"};
#define PEOPLE (sizeof ROSTER / sizeof ROSTER[0])

static void open_room(struct proom *r)
{
    CHECK(proom_init(r, POLICY, ROSTER, PEOPLE) == SR_REASON_NONE);
    CHECK(proom_deposit(r, "alice", "llama@1", 2) == SR_REASON_NONE);
}

static const struct sr_state_version *llama(const struct proom *r)
{
    return sr_state_version_at(r->s, 0);
}

/* Whether a request of requester's is granted once these have approved, and not before the last. */
static bool suffices(struct proom *r, const char *requester, const char *const *approver,
                     size_t count)
{
    struct sr_act act = proom_request_act(r, requester, SR_VERB_USE, "llama@1");
    uint8_t request[SR_SHA256_BYTES];
    if (proom_try(r, &act) != SR_REASON_NONE) {
        return false;
    }
    memcpy(request, r->last, sizeof request);
    for (size_t i = 0; i < count; i++) {
        if (proom_standing(r, request).state == SR_REQUEST_GRANTED ||
            proom_say(r, approver[i], SR_VERB_APPROVE, request) != SR_REASON_NONE) {
            return false;
        }
    }
    return proom_standing(r, request).state == SR_REQUEST_GRANTED;
}

/* How many sets of four there are, by asking the room for each. */
static size_t try_all(struct proom *r, const char *requester)
{
    size_t found = 0;
    for (unsigned set = 0; set < 1U << PEOPLE; set++) {
        const char *approver[PEOPLE];
        size_t count = 0;
        for (size_t i = 0; i < PEOPLE; i++) {
            if ((set >> i & 1) != 0) {
                approver[count++] = sr_state_principal_at(r->s, i)->name;
            }
        }
        found += count == 4 && suffices(r, requester, approver, count);
    }
    return found;
}

static void all_sets_that_suffice_are_named(void)
{
    PROOM r = {0};
    struct sr_who_set *sets = NULL;
    size_t count = 0;
    uint64_t total = 0;
    open_room(&r);
    CHECK(sr_explain_who_can(r.s, SR_VERB_USE, llama(&r), &r.moment, 1000, &sets, &count, &total,
                             NULL) == SR_OK);
    CHECK(count == total && count > 10);
    size_t of_alice = 0;
    size_t of_heidi = 0;
    for (size_t i = 0; i < count; i++) {
        if (sets[i].is_break_glass) {
            CHECK(i == count - 1 && strcmp(sets[i].requester, "grace") == 0);
            CHECK(sets[i].approvers == 0);
            continue;
        }
        CHECK(sets[i].approvers == 4);
        CHECK(suffices(&r, sets[i].requester, sets[i].approver, sets[i].approvers));
        of_alice += strcmp(sets[i].requester, "alice") == 0;
        of_heidi += strcmp(sets[i].requester, "heidi") == 0;
        for (size_t k = 0; k < i; k++) { /* no set is there twice */
            CHECK(strcmp(sets[i].requester, sets[k].requester) != 0 ||
                  memcmp(sets[i].approver, sets[k].approver, sizeof sets[i].approver) != 0);
        }
    }
    CHECK(of_alice + of_heidi + 1 == count);
    CHECK(of_alice == try_all(&r, "alice") && of_heidi == try_all(&r, "heidi"));
    free(sets);
}

static uint64_t total_of(struct proom *r, enum sr_verb verb, const struct sr_state_version *v,
                         size_t limit, size_t *out_count)
{
    struct sr_who_set *sets = NULL;
    uint64_t total = 77;
    CHECK(sr_explain_who_can(r->s, verb, v, &r->moment, limit, &sets, out_count, &total, NULL) ==
          SR_OK);
    CHECK(sets != NULL);
    free(sets);
    return total;
}

static void a_list_stops_and_the_count_does_not(void)
{
    PROOM r = {0};
    size_t all = 0;
    size_t some = 0;
    open_room(&r);
    uint64_t total = total_of(&r, SR_VERB_USE, llama(&r), 1000, &all);
    CHECK(total_of(&r, SR_VERB_USE, llama(&r), 3, &some) == total && some == 3);
    CHECK(total_of(&r, SR_VERB_USE, llama(&r), 0, &some) == total && some == 0);
    CHECK(total == all);
}

static void who_cannot_is_not_named(void)
{
    PROOM r = {0};
    size_t count = 0;
    open_room(&r);
    CHECK(total_of(&r, SR_VERB_EXPORT, llama(&r), 10, &count) == 0 && count == 0);
    CHECK(total_of(&r, SR_VERB_ROTATE, NULL, 10, &count) == 0);    /* there is no rule */
    CHECK(total_of(&r, SR_VERB_READ, llama(&r), 10, &count) == 0); /* nobody has a hardware key */
    CHECK(total_of(&r, SR_VERB_USE, NULL, 10, &count) == 0);       /* of nothing */
    CHECK(total_of(&r, SR_VERB_LEAVE, NULL, 10, &count) == 5);     /* each officer alone */
    CHECK(total_of(&r, SR_VERB_DEPOSIT, NULL, 10, &count) == 2);
    /* Five officers: each of the two others asks, or is asked. */
    CHECK(total_of(&r, SR_VERB_POLICY, NULL, 100, &count) == 5 * 6 + 2 * 10 && count == 50);
    CHECK(proom_leave(&r, "bob", "judy") == SR_REASON_NONE);
    CHECK(total_of(&r, SR_VERB_LEAVE, NULL, 10, &count) == 4);
    CHECK(total_of(&r, SR_VERB_POLICY, NULL, 100, &count) == 4 * 3 + 2 * 6);
}

/* Thousands of people: counted by kinds, and listed without looking at dead ends. */
static void many_people_are_counted(void)
{
    PROOM r = {0};
    size_t count = 0;
    open_room(&r);
    for (size_t i = 0; i < 200; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%zu", i);
        CHECK(proom_enrol(&r, "bob", name, "human", NULL, i % 2 == 0 ? "officer" : "security",
                          PEOPLE + 1 + i) == SR_REASON_NONE);
    }
    uint64_t total = total_of(&r, SR_VERB_POLICY, NULL, 50, &count);
    /* 105 officers, 102 only with security: C(104, 2) each of the first, C(105, 2) the others. */
    CHECK(total == 105 * 5356 + 102 * 5460 && count == 50);
}

static void a_local_room_is_whose_unlocks_it(void)
{
    struct sr_bytes text = {NULL, 0};
    char copy[4096];
    CHECK(sr_policy_builtin("local", &text) == SR_OK);
    (void)snprintf(copy, sizeof copy, "%.*s", (int)text.len, (const char *)text.ptr);
    PROOM r = {0};
    size_t count = 0;
    CHECK(proom_init(&r, copy, NULL, 0) == SR_REASON_NONE);
    CHECK(total_of(&r, SR_VERB_POLICY, NULL, 10, &count) == 1 && count == 1);
}

int main(void)
{
    RUN(all_sets_that_suffice_are_named);
    RUN(a_list_stops_and_the_count_does_not);
    RUN(who_cannot_is_not_named);
    RUN(many_people_are_counted);
    RUN(a_local_room_is_whose_unlocks_it);
    return check_done();
}
