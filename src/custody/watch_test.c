/* SPDX-License-Identifier: Apache-2.0 */
/* A session knows when it is over, and sessions of one request share what it allows. */
#include "custody/watch.h"

#include <sys/syscall.h>
#include <time.h>

#include "custody/export.h"
#include "custody/query.h"
#include "custody/room_impl.h"
#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-watch-XXXXXX";

static const char POLICY[] = "policy \"test\"\n"
                             "role officer\n"
                             "role engineer\n"
                             "rule bring-in\n"
                             "    verbs deposit\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule use\n"
                             "    verbs use\n"
                             "    class any\n"
                             "    by engineer\n"
                             "    needs 1 of officer\n"
                             "    for at most 8h\n"
                             "rule read\n"
                             "    verbs read\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule copy\n"
                             "    verbs export\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule people\n"
                             "    verbs leave roles policy rotate\n"
                             "    by officer\n";

enum { ADA, CLEO, PEOPLE };
static struct person people[PEOPLE] = {
    [ADA] = {.name = "ada", .roles = "officer"},
    [CLEO] = {.name = "cleo", .roles = "engineer"},
};

static struct sr_room *r;
static struct sr_catalog_version model;

/* The clock of this program, moved; the one that never goes back, too. */
static int64_t clock_shift_s;
int clock_gettime(clockid_t id, struct timespec *out) /* lint: callback */
{
    long failed = syscall(SYS_clock_gettime, id, out);
    out->tv_sec += clock_shift_s;
    return (int)failed;
}

/* A granted request to use the model for an hour, and a use of it that has begun. bytes 0: no
 * quota */
static void begin(uint64_t bytes, uint8_t request[SR_SHA256_BYTES], struct sr_permit **permit)
{
    struct sr_act act = {.verb = SR_VERB_REQUEST};
    struct sr_custody_result result = {0};
    sr_act_set_word(&act, SR_FIELD_what, "use");
    sr_custody_about(&act, &model);
    sr_act_set_number(&act, SR_FIELD_lasts_ms, 3600000);
    if (bytes > 0) {
        sr_act_set_number(&act, SR_FIELD_bytes, bytes);
        sr_act_set_number(&act, SR_FIELD_files, 3);
    }
    CHECK(sr_custody_do(r, &people[CLEO].as, &act, model.digest, NULL, &result, NULL) == SR_OK);
    memcpy(request, result.digest, SR_SHA256_BYTES);
    struct sr_act approval = {.verb = SR_VERB_APPROVE};
    sr_act_set_digest(&approval, SR_FIELD_request, request);
    CHECK(sr_custody_do(r, &people[ADA].as, &approval, NULL, NULL, NULL, NULL) == SR_OK);
    struct sr_custody_as as = people[CLEO].as;
    as.request = request;
    sr_room_act_as(r, &as);
    CHECK(room_act(r, SR_VERB_USE, &model, "/m", permit, NULL) == SR_OK);
    sr_room_act_as(r, NULL);
}

static void revoke_grant(const uint8_t request[SR_SHA256_BYTES])
{
    struct sr_act act = {.verb = SR_VERB_REVOKE};
    sr_act_set_digest(&act, SR_FIELD_request, request);
    CHECK(sr_custody_do(r, &people[ADA].as, &act, NULL, NULL, NULL, NULL) == SR_OK);
}

static void sees_what_others_have_done(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    begin(0, request, &permit);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    CHECK(sr_watch_take(watch, UINT64_MAX, UINT64_MAX, &err) == SR_OK); /* no quota */
    revoke_grant(request);
    CHECK(sr_watch_go_on(watch, &err) == SR_OK); /* it has just looked */
    clock_shift_s += SR_WATCH_EVERY_MS / 1000;
    CHECK(sr_watch_go_on(watch, &err) == SR_DENIED);
    CHECK(strstr(err.message, "the grant was revoked") != NULL);
    CHECK(sr_watch_look(watch, NULL) == SR_DENIED);
}

static void its_time_runs_out(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    begin(0, request, &permit);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    clock_shift_s += 3590;
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    clock_shift_s += 20;
    CHECK(sr_watch_look(watch, &err) == SR_DENIED);
    CHECK(strstr(err.message, "expired") != NULL);
}

static void sessions_share_a_quota(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) one = NULL;
    SR_AUTO(sr_watch) two = NULL;
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    begin(1000, request, &permit);
    CHECK(sr_watch_new(r, permit, &one, NULL) == SR_OK);
    CHECK(sr_watch_new(r, permit, &two, NULL) == SR_OK);
    CHECK(sr_watch_take(one, 600, 1, &err) == SR_OK);
    CHECK(sr_watch_take(two, 401, 1, &err) == SR_DENIED);
    CHECK(strstr(err.message, "400 of 1000 bytes are left") != NULL);
    CHECK(sr_watch_take(two, 400, 2, &err) == SR_OK);
    CHECK(sr_watch_take(one, 1, 0, &err) == SR_DENIED);
    CHECK(sr_watch_take(one, 0, 1, &err) == SR_DENIED);
    CHECK(strstr(err.message, "0 of 3 files are left") != NULL);
    sr_watch_give_back(two, 100, 1);
    CHECK(sr_watch_take(one, 101, 0, &err) == SR_DENIED);
    CHECK(sr_watch_take(one, 100, 1, &err) == SR_OK);
    CHECK(sr_watch_take(one, UINT64_MAX, 0, &err) == SR_DENIED); /* no wrapping round */
    CHECK(sr_watch_look(one, &err) == SR_OK); /* used up to the last byte, and not over */
}

static void what_is_recorded_counts_when_the_count_is_lost(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    begin(1000, request, &permit);
    CHECK(sr_custody_served(r, permit, 700, 1, &err) == SR_OK);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    CHECK(sr_watch_take(watch, 301, 0, &err) == SR_DENIED);
    CHECK(sr_watch_take(watch, 200, 0, &err) == SR_OK);
    CHECK(sr_custody_served(r, permit, 250, 0, &err) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    CHECK(sr_watch_take(watch, 51, 0, &err) == SR_DENIED);
    CHECK(sr_watch_take(watch, 50, 0, &err) == SR_OK);
}

static void a_count_that_cannot_be_read_allows_nothing(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    uint8_t request[SR_SHA256_BYTES];
    char hex[2 * SR_SHA256_BYTES + 1];
    char name[128];
    begin(1000, request, &permit);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    sr_text_hex(sr_bytes(request, sizeof request), hex);
    (void)snprintf(name, sizeof name, "%s/%s", SR_ROOM_SESSIONS, hex);
    room_write(sr_room_dir(r), name, "short", 5);
    CHECK(sr_watch_take(watch, 1, 0, NULL) == SR_CORRUPT);
}

static void says_before_the_act_what_would_not_fit(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    begin(1000, request, &permit);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    CHECK(sr_watch_take(watch, 600, 1, NULL) == SR_OK);
    struct sr_custody_as as = people[CLEO].as;
    as.request = request;
    sr_room_act_as(r, &as);
    struct sr_act act = {.verb = SR_VERB_USE};
    sr_custody_about(&act, &model);
    sr_act_set_word(&act, SR_FIELD_at, "/m");
    CHECK(sr_watch_would_fit(r, &act, model.digest, 400, 1, &err) == SR_OK);
    CHECK(sr_watch_would_fit(r, &act, model.digest, 401, 1, &err) == SR_DENIED);
    CHECK(strstr(err.message, "use: the grant's bytes, files or count are used up") != NULL);
    as = people[ADA].as; /* she may not: that is for the act itself to say */
    CHECK(sr_watch_would_fit(r, &act, model.digest, 401, 1, &err) == SR_OK);
    sr_room_act_as(r, NULL);
}

static void a_state_that_cannot_be_read_is_no_after_three_looks(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    char aside[512];
    begin(0, request, &permit);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    (void)snprintf(aside, sizeof aside, "%s-aside", sr_room_dir(r));
    CHECK(rename(sr_room_dir(r), aside) == 0);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    CHECK(rename(aside, sr_room_dir(r)) == 0);
    CHECK(sr_watch_look(watch, &err) == SR_OK); /* the count begins anew */
    sr_watch_free(SR_TAKE(watch));
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    CHECK(rename(sr_room_dir(r), aside) == 0);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_DENIED);
    CHECK(strstr(err.message, "cannot be told") != NULL);
    CHECK(rename(aside, sr_room_dir(r)) == 0);
    CHECK(sr_watch_look(watch, &err) == SR_DENIED);
}

static void set_roles(const char *who, const char *role)
{
    struct sr_bytes roles[1] = {sr_text_view(role == NULL ? "" : role)};
    struct sr_act act = {.verb = SR_VERB_ROLES};
    struct sr_err err = {0};
    sr_act_set_word(&act, SR_FIELD_principal, who);
    if (role != NULL) {
        sr_act_set_texts(&act, SR_FIELD_roles, roles, 1);
    }
    CHECK(sr_custody_do(r, &people[ADA].as, &act, NULL, NULL, NULL, &err) == SR_OK);
}

/* The first piece is written: the engineer is none any more. */
static void take_role_away(void *ctx, uint64_t bytes)
{
    bool *is_done = ctx;
    (void)bytes;
    if (!*is_done) {
        *is_done = true;
        set_roles("cleo", NULL);
        clock_shift_s += SR_WATCH_EVERY_MS / 1000;
    }
}

static enum sr_status note(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    *(bool *)ctx = strcmp(act->verb, "served") == 0 && room_act_says(act, "\"bytes\":8388352");
    return SR_OK;
}

static void an_export_stops_between_pieces(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result big = {0};
    struct sr_export_result result = {0};
    bool is_taken = false;
    bool is_recorded = false;
    room_mkdir(scratch_dir, "big");
    room_write_safetensors(scratch_dir, "big/model.safetensors", 20 << 20, 3);
    sr_room_act_as(r, &people[CLEO].as);
    CHECK(room_deposit(r, room_path(scratch_dir, "big"), "big", 0, &big, &err) == SR_OK);
    const struct sr_export_params params = {
        .version = big.version.id,
        .dir = room_path(scratch_dir, "out"),
        .threads = 1,
        .skip_sync = true,
        .progress = {.advance = take_role_away, .ctx = &is_taken},
    };
    CHECK(sr_export(r, &params, &result, &err) == SR_DENIED);
    CHECK(strstr(err.message, "the rule is not for the actor's roles") != NULL);
    sr_room_act_as(r, NULL);
    CHECK(access(room_path(scratch_dir, "out"), F_OK) != 0);
    CHECK(sr_query_acts(r, 0, note, &is_recorded, NULL) == SR_OK);
    CHECK(is_recorded); /* the last act: 8 segments were written */
    set_roles("cleo", "engineer");
}

static void without_a_request_it_lasts_as_long_as_the_actor(void)
{
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_err err = {0};
    uint8_t digest[SR_SHA256_BYTES];
    sr_room_act_as(r, &people[CLEO].as);
    CHECK(room_act(r, SR_VERB_READ, &model, "config.json", &permit, &err) == SR_OK);
    sr_room_act_as(r, NULL);
    CHECK(sr_watch_new(r, permit, &watch, NULL) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_OK);
    struct sr_act act = {.verb = SR_VERB_LEAVE};
    CHECK(sr_custody_put_text(r, sr_text_view("{}"), digest, NULL) == SR_OK);
    sr_act_set_word(&act, SR_FIELD_principal, "cleo");
    sr_act_set_digest(&act, SR_FIELD_report, digest);
    CHECK(sr_custody_do(r, &people[ADA].as, &act, NULL, NULL, NULL, &err) == SR_OK);
    CHECK(sr_watch_look(watch, &err) == SR_DENIED);
    CHECK(strstr(err.message, "has left") != NULL);
}

static void in_a_local_room_it_lasts(void)
{
    SR_AUTO(sr_room) local = room_new(scratch_dir, "local");
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_watch) watch = NULL;
    struct sr_deposit_result result = {0};
    CHECK(room_deposit(local, room_path(scratch_dir, "source"), "model", 0, &result, NULL) ==
          SR_OK);
    CHECK(room_act(local, SR_VERB_USE, &result.version, "/m", &permit, NULL) == SR_OK);
    CHECK(sr_watch_new(local, permit, &watch, NULL) == SR_OK);
    CHECK(sr_watch_take(watch, 1, 1, NULL) == SR_OK);
    CHECK(sr_watch_look(watch, NULL) == SR_OK);
}

static bool deposit(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    room_make_model(scratch_dir, "source", 1);
    sr_room_act_as(r, &people[CLEO].as);
    enum sr_status status =
        room_deposit(r, room_path(scratch_dir, "source"), "model", 0, &result, &err);
    sr_room_act_as(r, NULL);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    model = result.version;
    return status == SR_OK;
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
    RUN(sees_what_others_have_done);
    RUN(its_time_runs_out);
    RUN(sessions_share_a_quota);
    RUN(what_is_recorded_counts_when_the_count_is_lost);
    RUN(a_count_that_cannot_be_read_allows_nothing);
    RUN(says_before_the_act_what_would_not_fit);
    RUN(a_state_that_cannot_be_read_is_no_after_three_looks);
    RUN(an_export_stops_between_pieces);
    RUN(without_a_request_it_lasts_as_long_as_the_actor);
    RUN(in_a_local_room_it_lasts);
    sr_room_free(r);
    people_clear(people, PEOPLE);
    scratch_remove(scratch_dir);
    return check_done();
}
