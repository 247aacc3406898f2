/* SPDX-License-Identifier: Apache-2.0 */
/* Who leaves: all that they did and asked for is in the report, and nothing of others. */
#include "custody/look_back.h"

#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-lookback-XXXXXX";

static const char POLICY[] = "policy \"test\"\n"
                             "role officer\n"
                             "role engineer\n"
                             "rule bring-in\n  verbs deposit\n  class any\n  by engineer\n"
                             "rule use\n  verbs use read\n  class any\n  by engineer\n"
                             "  needs 1 of officer\n"
                             "rule people\n  verbs enrol policy rotate leave\n  by officer\n";

enum { ADA, CLEO, DAN, PEOPLE };
static struct person people[PEOPLE] = {
    [ADA] = {.name = "ada", .roles = "officer"},
    [CLEO] = {.name = "cleo", .roles = "engineer"},
    [DAN] = {.name = "dan", .roles = "engineer"},
};

static struct sr_room *r;
static struct sr_catalog_version model;

static bool deposit(void)
{
    struct sr_deposit_result result = {0};
    room_make_model(scratch_dir, "source", 1);
    sr_room_act_as(r, &people[CLEO].as);
    enum sr_status status =
        room_deposit(r, room_path(scratch_dir, "source"), "model", 0, &result, NULL);
    sr_room_act_as(r, NULL);
    model = result.version;
    return status == SR_OK;
}

static void ask_and_approve(const struct person *who, bool is_approved)
{
    struct sr_act act = {.verb = SR_VERB_REQUEST};
    struct sr_custody_result result = {0};
    sr_act_set_word(&act, SR_FIELD_what, "use");
    sr_custody_about(&act, &model);
    CHECK(sr_custody_do(r, &who->as, &act, model.digest, NULL, &result, NULL) == SR_OK);
    if (is_approved) {
        act = (struct sr_act){.verb = SR_VERB_APPROVE};
        sr_act_set_digest(&act, SR_FIELD_request, result.digest);
        CHECK(sr_custody_do(r, &people[ADA].as, &act, NULL, NULL, NULL, NULL) == SR_OK);
    }
}

static enum sr_status use(const struct person *who)
{
    struct sr_permit *permit = NULL;
    sr_room_act_as(r, &who->as);
    enum sr_status status = room_act(r, SR_VERB_USE, &model, "/m", &permit, NULL);
    sr_room_act_as(r, NULL);
    sr_permit_free(permit);
    return status;
}

static struct sr_look_back_counts look(const struct person *who, struct sr_buf *out)
{
    const struct sr_state *state = NULL;
    struct sr_look_back_counts counts = {0};
    struct sr_err err = {0};
    CHECK(sr_custody_state(r, &state, &err) == SR_OK);
    const struct sr_principal *p = sr_state_principal(state, sr_text_view(who->name));
    CHECK(p != NULL && sr_look_back(r, p, out, &counts, &err) == SR_OK);
    return counts;
}

static bool says(const struct sr_buf *text, const char *what)
{
    struct sr_bytes all = sr_buf_view(text);
    return memmem(all.ptr, all.len, what, strlen(what)) != NULL;
}

static void what_somebody_did_is_in_it(void)
{
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_LOOK_BACK_BYTES_MAX, &text) == SR_OK);
    CHECK(use(&people[CLEO]) == SR_DENIED);
    ask_and_approve(&people[CLEO], true);
    CHECK(use(&people[CLEO]) == SR_OK);
    CHECK(use(&people[CLEO]) == SR_OK);
    ask_and_approve(&people[CLEO], false);
    struct sr_look_back_counts counts = look(&people[CLEO], text);
    CHECK(counts.releases == 2 && counts.versions == 1 && counts.open == 2 && counts.reviews == 0);
    CHECK(counts.acts == 5); /* the deposit, two requests, two uses */
    CHECK(says(text, "\"principal\":\"cleo\",\"refused\":1,"));
    CHECK(says(text, "{\"count\":2,") && says(text, "\"subject\":\"model@1\",\"verb\":\"use\"}"));
    CHECK(says(text, "\"state\":\"granted\"") && says(text, "\"state\":\"pending\""));
}

static void nothing_of_others_is_in_it(void)
{
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_LOOK_BACK_BYTES_MAX, &text) == SR_OK);
    struct sr_look_back_counts counts = look(&people[DAN], text);
    CHECK(counts.acts == 0 && counts.releases == 0 && counts.open == 0);
    CHECK(says(text, "\"touched\":[]") && says(text, "\"requests\":[]"));
}

static void reviews_are_in_it(void)
{
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_LOOK_BACK_BYTES_MAX, &text) == SR_OK);
    CHECK(look(&people[ADA], text).reviews == 1);
    CHECK(!says(text, "\"reviewed\":[]"));
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = people_room(scratch_dir, "room", people, PEOPLE, POLICY);
    if (!deposit()) {
        return 1;
    }
    RUN(what_somebody_did_is_in_it);
    RUN(nothing_of_others_is_in_it);
    RUN(reviews_are_in_it);
    sr_room_free(r);
    people_clear(people, PEOPLE);
    scratch_remove(scratch_dir);
    return check_done();
}
