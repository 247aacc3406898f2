/* SPDX-License-Identifier: Apache-2.0 */
/* Acts are made of what the room says and what the actor says; asking records nothing. */
#include "custody/submit.h"

#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-do-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version model;

static enum sr_status see(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    const char **words = ctx;
    (void)err;
    words[1] = words[0] == NULL || room_act_says(act, words[0]) ? "yes" : NULL;
    return SR_OK;
}

/* Whether the last act has these words. */
static bool last_says(const char *words)
{
    const char *asked[2] = {words, NULL};
    CHECK(sr_query_acts(r, 0, see, asked, NULL) == SR_OK);
    return asked[1] != NULL;
}

static void says_where_it_is_used(void)
{
    const struct sr_custody_as as = {.host = "gpu-7"};
    SR_AUTO(sr_permit) permit = NULL;
    sr_room_act_as(r, &as);
    CHECK(room_act(r, SR_VERB_USE, &model, "/m", &permit, NULL) == SR_OK);
    CHECK(last_says("\"host\":\"gpu-7\""));
    CHECK(last_says("\"actor\":\"" ROOM_ACTOR "\""));
    CHECK(sr_custody_opened(r, permit, "config.json", NULL) == SR_OK);
    CHECK(last_says("\"verb\":\"opened\"") && last_says("\"file\":\"config.json\""));
    CHECK(!last_says("\"host\"")); /* which that record does not have */
    CHECK(sr_custody_served(r, permit, 12, 3, NULL) == SR_OK);
    CHECK(last_says("\"bytes\":12,") && last_says("\"files\":3,"));
    sr_room_act_as(r, NULL);
}

static void asking_records_nothing(void)
{
    struct sr_err err = {0};
    struct sr_act act = {.verb = SR_VERB_ROTATE};
    struct sr_custody_result result = {0};
    sr_act_set_number(&act, SR_FIELD_epoch, 2);
    CHECK(sr_custody_ask(r, NULL, &act, NULL, &result, &err) == SR_OK);
    CHECK(result.decision.ruling == SR_RULING_ALLOW);
    CHECK(last_says("\"verb\":\"served\""));
    struct sr_act denied = {.verb = SR_VERB_APPROVE};
    sr_act_set_digest(&denied, SR_FIELD_request, model.digest);
    CHECK(sr_custody_ask(r, NULL, &denied, NULL, &result, &err) != SR_OK);
    CHECK(result.decision.ruling == SR_RULING_DENY && strstr(err.message, "approve: ") != NULL);
    CHECK(last_says("\"verb\":\"served\""));
}

static void a_draft_is_of_now_and_here(void)
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    struct sr_act act = {.verb = SR_VERB_ROTATE};
    static const uint8_t zero[SR_SHA256_BYTES];
    CHECK(sr_custody_publish(r, 0, NULL) == SR_OK);
    sr_act_set_number(&act, SR_FIELD_epoch, 2);
    CHECK(sr_custody_draft(r, "ada", &act, NULL, name, &subject, NULL) == SR_OK);
    CHECK(sr_text_equal(act.actor, sr_text_view("ada")) && act.subjects == &subject);
    CHECK(sr_text_id_equal(&act.room, &sr_room_facts(r)->id));
    CHECK(act.ledger_size > 1 && memcmp(act.ledger_root, zero, sizeof zero) != 0);
    CHECK(memcmp(act.policy, zero, sizeof zero) != 0);
    CHECK(memcmp(act.nonce, zero, sizeof act.nonce) != 0);
}

int main(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = room_new(scratch_dir, "room");
    room_make_model(scratch_dir, "source", 1);
    if (room_deposit(r, room_path(scratch_dir, "source"), "model", 0, &result, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return 1;
    }
    model = result.version;
    RUN(says_where_it_is_used);
    RUN(asking_records_nothing);
    RUN(a_draft_is_of_now_and_here);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
