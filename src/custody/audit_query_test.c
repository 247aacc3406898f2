/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: who touched a version, what somebody did and what they could have reached are
 * what the acts of a room of people say; and an auditor finds that room consistent, refusals and
 * all.
 */
#include "custody/audit_query.h"

#include "tests/auditor.h"
#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-audit-query-XXXXXX";

static const char POLICY[] = "policy \"test\"\n"
                             "role officer\n"
                             "role engineer\n"
                             "rule bring-in\n"
                             "    verbs deposit\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule look\n"
                             "    verbs read\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule use\n"
                             "    verbs use export\n"
                             "    class any\n"
                             "    by engineer\n"
                             "    needs 2 of officer\n"
                             "rule people\n"
                             "    verbs enrol policy rotate\n"
                             "    by officer\n";

enum { ADA, BEN, CLEO, EVE, PEOPLE };
static struct person people[PEOPLE] = {
    [ADA] = {.name = "ada", .roles = "officer"},
    [BEN] = {.name = "ben", .roles = "officer"},
    [CLEO] = {.name = "cleo", .roles = "engineer"},
    [EVE] = {.name = "eve", .roles = "engineer"},
};
static struct sr_room *r;
static struct sr_catalog_version model;
static uint8_t request[SR_SHA256_BYTES];

static void say(enum sr_status status, const struct sr_err *err)
{
    if (status != SR_OK) {
        printf("# %s\n", err->message);
    }
}

static void review(const struct person *who, enum sr_status expected)
{
    struct sr_err err = {0};
    struct sr_act act = {.verb = SR_VERB_APPROVE};
    sr_act_set_digest(&act, SR_FIELD_request, request);
    CHECK(sr_custody_do(r, &who->as, &act, NULL, NULL, NULL, &err) == expected);
}

static void use(const struct person *who, enum sr_status expected)
{
    struct sr_err err = {0};
    SR_AUTO(sr_permit) permit = NULL;
    sr_room_act_as(r, &who->as);
    CHECK(room_act(r, SR_VERB_USE, &model, "/m", &permit, &err) == expected);
    sr_room_act_as(r, NULL);
    if (permit != NULL) {
        CHECK(sr_custody_served(r, permit, 1000, 1, &err) == SR_OK);
    }
}

/* cleo uses the model with the leave of ada and ben; eve tries without. */
static void make_history(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    struct sr_custody_result asked = {0};
    struct sr_act act = {.verb = SR_VERB_REQUEST};
    room_make_model(scratch_dir, "model", 3);
    sr_room_act_as(r, &people[CLEO].as);
    enum sr_status status =
        room_deposit(r, room_path(scratch_dir, "model"), "model", 0, &result, &err);
    sr_room_act_as(r, NULL);
    say(status, &err);
    CHECK(status == SR_OK);
    model = result.version;
    use(&people[EVE], SR_DENIED);
    sr_act_set_word(&act, SR_FIELD_what, "use");
    sr_custody_about(&act, &model);
    sr_act_set_number(&act, SR_FIELD_lasts_ms, 3600000);
    CHECK(sr_custody_do(r, &people[CLEO].as, &act, model.digest, NULL, &asked, &err) == SR_OK);
    memcpy(request, asked.digest, sizeof request);
    review(&people[ADA], SR_OK);
    review(&people[ADA], SR_CONFLICT);
    review(&people[BEN], SR_OK);
    use(&people[CLEO], SR_OK);
}

struct list {
    char words[512];
};

static enum sr_status write_down(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct list *l = ctx;
    size_t len = strlen(l->words);
    (void)err;
    (void)snprintf(l->words + len, sizeof l->words - len, "%s%s%s ", act->verb,
                   act->is_refused ? "-" : "+", act->actor);
    return SR_OK;
}

static void test_who_touched_it(void)
{
    struct list l = {{0}};
    CHECK(sr_audit_query_touched(r, &model.id, write_down, &l, NULL) == SR_OK);
    printf("# %s\n", l.words);
    CHECK(strcmp(l.words, "deposit+cleo use-eve request+cleo use+cleo served+tester ") == 0);
}

static void test_what_somebody_did(void)
{
    struct list ada = {{0}};
    struct list nobody = {{0}};
    CHECK(sr_audit_query_did(r, "ada", write_down, &ada, NULL) == SR_OK);
    CHECK(strcmp(ada.words, "approve+ada approve-ada ") == 0);
    CHECK(sr_audit_query_did(r, "adam", write_down, &nobody, NULL) == SR_OK);
    CHECK(nobody.words[0] == '\0');
}

static unsigned reaches(const char *name, enum sr_verb verb, enum sr_reach_way way)
{
    SR_AUTO(sr_reach) reach = NULL;
    struct sr_err err = {0};
    unsigned count = 0;
    enum sr_status status = sr_audit_query_reach(r, name, 0, INT64_MAX, &reach, &err);
    say(status, &err);
    CHECK(status == SR_OK);
    for (size_t i = 0; reach != NULL && i < sr_reach_count(reach); i++) {
        const struct sr_reach_item *item = sr_reach_at(reach, i);
        CHECK(strcmp(item->artifact, "model") == 0 && item->number == 1);
        count += item->verb == verb && item->way == way;
    }
    return count;
}

static void test_what_somebody_could_have_reached(void)
{
    SR_AUTO(sr_reach) none = NULL;
    SR_AUTO(sr_reach) early = NULL;
    CHECK(reaches("cleo", SR_VERB_READ, SR_REACH_ALONE) == 1);
    CHECK(reaches("cleo", SR_VERB_USE, SR_REACH_GRANT) == 1);
    CHECK(reaches("cleo", SR_VERB_USE, SR_REACH_ALONE) == 0);
    CHECK(reaches("cleo", SR_VERB_EXPORT, SR_REACH_GRANT) == 0);
    CHECK(reaches("eve", SR_VERB_READ, SR_REACH_ALONE) == 1);
    CHECK(reaches("eve", SR_VERB_USE, SR_REACH_GRANT) == 0);
    CHECK(reaches("ada", SR_VERB_READ, SR_REACH_ALONE) == 0);
    CHECK(sr_audit_query_reach(r, "adam", 0, INT64_MAX, &none, NULL) == SR_NOT_FOUND);
    CHECK(sr_audit_query_reach(r, "cleo", 0, 1, &early, NULL) == SR_NOT_FOUND);
}

static void test_an_auditor_agrees(void)
{
    CHECK(auditor_agrees(r));
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = people_room(scratch_dir, "room", people, PEOPLE, POLICY);
    make_history();
    RUN(test_who_touched_it);
    RUN(test_what_somebody_did);
    RUN(test_what_somebody_could_have_reached);
    RUN(test_an_auditor_agrees);
    people_clear(people, PEOPLE);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
