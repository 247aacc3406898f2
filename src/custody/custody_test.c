/* SPDX-License-Identifier: Apache-2.0 */
/* An act that is allowed is on record before its permit is there; one that is refused, or only
 * asked about, leaves nothing. */
#include "custody/custody.h"

#include "formats/json.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-custody-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version model;

struct last {
    uint64_t count;
    uint64_t seq;
    int64_t time_utc_ms;
    char verb[32];
    char actor[128];
    char body[4096];
};

static enum sr_status note(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    struct last *last = ctx;
    last->count++;
    CHECK(act->seq == last->seq + 1);
    last->seq = act->seq;
    last->time_utc_ms = act->time_utc_ms;
    memcpy(last->verb, act->verb, sizeof last->verb);
    memcpy(last->actor, act->actor, sizeof last->actor);
    CHECK(act->body.len < sizeof last->body);
    memcpy(last->body, act->body.ptr, act->body.len);
    last->body[act->body.len] = '\0';
    return SR_OK;
}

static struct last history(void)
{
    struct last last = {0};
    CHECK(sr_query_acts(r, 0, note, &last, NULL) == SR_OK);
    return last;
}

static void records_what_it_permits(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_permit) permit = NULL;
    struct last before = history();
    struct sr_deed act = {.verb = SR_DEED_USE,
                          .actor = "somebody else",
                          .time_utc_ms = 1234,
                          .version = model.id,
                          .use = {.at = "/models/\"x\""}};
    CHECK(sr_custody_apply(r, &act, &permit, &err) == SR_OK);
    struct last after = history();
    CHECK(after.count == before.count + 1 && sr_permit_seq(permit) == after.seq);
    CHECK(strcmp(after.verb, "use") == 0 && strcmp(after.actor, "somebody else") == 0);
    CHECK(after.time_utc_ms == 1234);
    /* The record says the same as its columns, and names the version by its digest. */
    SR_AUTO(sr_json) json = NULL;
    struct sr_json_value value;
    CHECK(sr_json_decode(sr_text_view(after.body), 3, &json, &err) == SR_OK);
    CHECK(sr_json_find(sr_json_root(json), "at", &value) &&
          sr_text_equal(sr_json_string(value), sr_text_view("/models/\"x\"")));
    CHECK(sr_json_find(sr_json_root(json), "version", &value));
    char digest[2 * SR_SHA256_BYTES + 1];
    struct sr_json_value member;
    sr_text_hex(sr_bytes(model.digest, sizeof model.digest), digest);
    CHECK(sr_json_find(value, "digest", &member) &&
          sr_text_equal(sr_json_string(member), sr_text_view(digest)));
}

static void records_nothing_that_it_refuses(void)
{
    struct sr_err err = {0};
    struct sr_permit *permit = NULL;
    struct last before = history();
    struct sr_deed act = {.verb = SR_DEED_READ, .version = model.id, .read = {.file = "x"}};
    CHECK(sr_custody_apply(r, &act, &permit, &err) == SR_MALFORMED); /* no time */
    act.time_utc_ms = 1;
    act.actor = "";
    CHECK(sr_custody_apply(r, &act, &permit, &err) == SR_MALFORMED);
    act.actor = NULL;
    act.read.file = "";
    CHECK(sr_custody_apply(r, &act, &permit, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "read 'model@1'") != NULL);
    CHECK(permit == NULL);
    CHECK(history().count == before.count);
}

static void asking_records_nothing(void)
{
    struct sr_err err = {0};
    struct last before = history();
    struct sr_deed act = {.verb = SR_DEED_ROTATE, .time_utc_ms = 1, .rotate = {.epoch = 2}};
    CHECK(sr_custody_ask(r, &act, &err) == SR_OK);
    act.rotate.epoch = 0;
    CHECK(sr_custody_ask(r, &act, &err) == SR_MALFORMED);
    CHECK(history().count == before.count);
}

static void founds_no_room_for_nobody(void)
{
    struct sr_err err = {0};
    struct sr_catalog_room room = {.created_utc_ms = 1};
    struct sr_group group = {.epoch = 1};
    char uri[300];
    (void)snprintf(uri, sizeof uri, "sqlite:%s/none.db", scratch_dir);
    CHECK(sr_custody_found(uri, &room, &group, "", &err) == SR_MALFORMED);
    CHECK(access(room_path(scratch_dir, "none.db"), F_OK) != 0);
}

int main(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = room_new(scratch_dir, "room");
    room_write(scratch_dir, "config.json", "{}", 2);
    if (room_deposit(r, room_path(scratch_dir, "config.json"), "model", 0, &result, &err) !=
        SR_OK) {
        printf("# %s\n", err.message);
        return 1;
    }
    model = result.version;
    RUN(records_what_it_permits);
    RUN(records_nothing_that_it_refuses);
    RUN(asking_records_nothing);
    RUN(founds_no_room_for_nobody);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
