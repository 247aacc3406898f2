/* SPDX-License-Identifier: Apache-2.0 */
/* A hold is one process's; its intent is read back as it was written, and nothing else is read. */
#include "custody/hold.h"

#include "base/folder.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-hold-XXXXXX";
static int at = -1;

static const struct sr_id version = {{0xab, 1}};

static struct sr_hold_intent sample(void)
{
    struct sr_hold_intent intent = {.actor = "o", .parent_count = 2};
    intent.parents[0].bytes[0] = 5;
    intent.parents[1].bytes[15] = 6;
    return intent;
}

static void is_held_by_one(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_hold) one = NULL;
    SR_AUTO(sr_hold) other = NULL;
    CHECK(!sr_hold_is_live(at, &version));
    CHECK(sr_hold_take(at, &version, &one, &err) == SR_OK);
    CHECK(sr_hold_is_live(at, &version));
    CHECK(sr_hold_take(at, &version, &other, &err) == SR_BUSY);
    sr_hold_free(SR_TAKE(one));
    CHECK(!sr_hold_is_live(at, &version));
    CHECK(sr_hold_take(at, &version, &other, &err) == SR_OK);
}

static void keeps_the_intent(void)
{
    struct sr_err err = {0};
    struct sr_hold_intent intent = sample();
    struct sr_hold_intent back = {0};
    SR_AUTO(sr_hold) h = NULL;
    CHECK(sr_hold_take(at, &version, &h, &err) == SR_OK);
    CHECK(sr_hold_load(h, &back, &err) == SR_NOT_FOUND);
    CHECK(sr_hold_store(h, &intent, &err) == SR_OK);
    sr_hold_free(SR_TAKE(h));
    CHECK(sr_hold_take(at, &version, &h, &err) == SR_OK);
    CHECK(sr_hold_load(h, &back, &err) == SR_OK);
    CHECK(strcmp(back.actor, "o") == 0 && back.parent_count == 2);
    CHECK(memcmp(back.parents, intent.parents, 2 * sizeof(struct sr_id)) == 0);

    SR_CLEANUP(room_free_ids) struct sr_id *ids = NULL;
    size_t count = 0;
    room_write(scratch_dir, "README", "x", 1);
    CHECK(sr_hold_list(at, &ids, &count, &err) == SR_OK);
    CHECK(count == 1 && sr_text_id_equal(&ids[0], &version));
    CHECK(sr_hold_end(SR_TAKE(h), &err) == SR_OK);
    free(SR_TAKE(ids));
    CHECK(sr_hold_list(at, &ids, &count, &err) == SR_OK && count == 0);
    CHECK(access(room_path(scratch_dir, "README"), F_OK) == 0);
}

static void keeps_what_it_was_offered_by(void)
{
    struct sr_hold_intent intent = sample();
    struct sr_hold_intent back = {0};
    SR_AUTO(sr_buf) text = NULL;
    intent.is_offered = true;
    intent.offer[0] = 0xcc;
    CHECK(sr_buf_new(1024, &text) == SR_OK);
    CHECK(sr_hold_encode(&intent, text) == SR_OK);
    CHECK(sr_hold_decode(sr_buf_view(text), &back, NULL) == SR_OK);
    CHECK(back.is_offered && memcmp(back.offer, intent.offer, sizeof back.offer) == 0);
    struct sr_bytes bad =
        sr_text_view("{\"actor\":\"o\",\"format\":1,\"offer\":\"cc\",\"parents\":[]}");
    CHECK(sr_hold_decode(bad, &back, NULL) == SR_CORRUPT);
}

static void encodes_the_frozen_text(void)
{
    struct sr_hold_intent intent = sample();
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(1024, &text) == SR_OK);
    CHECK(sr_hold_encode(&intent, text) == SR_OK);
    CHECK(
        sr_text_equal(sr_buf_view(text), sr_text_view("{\"actor\":\"o\",\"format\":1,\"parents\":["
                                                      "\"05000000000000000000000000000000\","
                                                      "\"00000000000000000000000000000006\"]}")));
}

#define RULESET                                                                                    \
    "dd000000000000000000000000000000"                                                             \
    "00000000000000000000000000000000"
#define INSPECTED(reason, verdict)                                                                 \
    "{\"actor\":\"o\",\"format\":1,\"inspection\":{\"profile\":\"sklearn\",\"reason\":\"" reason   \
    "\",\"ruleset\":\"" RULESET "\",\"verdict\":\"" verdict "\"},\"parents\":[]}"

static void keeps_what_inspection_said(void)
{
    struct sr_hold_intent back = {0};
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_hold_decode(sr_text_view(INSPECTED("read it", "REVIEW")), &back, NULL) == SR_OK);
    CHECK(back.is_inspected && back.inspection.verdict == SR_VERDICT_REVIEW);
    CHECK(back.inspection.profile == SR_PROFILE_SKLEARN && back.inspection.ruleset[0] == 0xdd);
    CHECK(strcmp(back.inspection.reason, "read it") == 0);
    CHECK(sr_buf_new(1024, &text) == SR_OK && sr_hold_encode(&back, text) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(text), sr_text_view(INSPECTED("read it", "REVIEW"))));
    CHECK(sr_hold_decode(sr_text_view(INSPECTED("", "PASS")), &back, NULL) == SR_OK);
    CHECK(back.inspection.verdict == SR_VERDICT_PASS);
    static const char *const bad[] = {
        INSPECTED("", "REVIEW"),
        INSPECTED("why", "PASS"),
        INSPECTED("why", "BLOCK"),
        INSPECTED("", "UNPARSABLE"),
        "{\"actor\":\"o\",\"format\":1,\"inspection\":{},\"parents\":[]}",
        "{\"actor\":\"o\",\"format\":1,\"inspection\":true,\"parents\":[]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(sr_hold_decode(sr_text_view(bad[i]), &back, NULL) == SR_CORRUPT);
    }
}

static void refuses_others(void)
{
    static const char *const bad[] = {
        "",
        "null",
        "{}",
        "{\"actor\":\"o\",\"format\":1}",
        "{\"actor\":\"o\",\"format\":2,\"parents\":[]}",
        "{\"actor\":\"\",\"format\":1,\"parents\":[]}",
        "{\"actor\":\"a\\n\",\"format\":1,\"parents\":[]}",
        "{\"actor\":1,\"format\":1,\"parents\":[]}",
        "{\"actor\":\"o\",\"format\":1,\"parents\":{}}",
        "{\"actor\":\"o\",\"format\":1,\"parents\":[1]}",
        "{\"actor\":\"o\",\"format\":1,\"parents\":[\"05\"]}",
        "{\"actor\":\"o\",\"format\":1,\"parents\":[\"0500000000000000000000000000000G\"]}",
        "{\"actor\":\"o\",\"format\":1,\"parents\":[],\"more\":1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sr_err err = {0};
        struct sr_hold_intent out = {.parent_count = 77};
        CHECK(sr_hold_decode(sr_text_view(bad[i]), &out, &err) == SR_CORRUPT);
        CHECK(out.parent_count == 77 && err.message[0] != '\0');
    }
    struct sr_hold_intent out = {0};
    CHECK(sr_hold_decode(sr_text_view("{\"parents\":[],\"format\":1,\"actor\":\"o\"}"), &out,
                         NULL) == SR_OK);
}

int main(void)
{
    if (!room_scratch(scratch_dir) || sr_folder_open(AT_FDCWD, scratch_dir, &at, NULL) != SR_OK) {
        return 1;
    }
    RUN(is_held_by_one);
    RUN(keeps_the_intent);
    RUN(keeps_what_it_was_offered_by);
    RUN(encodes_the_frozen_text);
    RUN(keeps_what_inspection_said);
    RUN(refuses_others);
    sr_folder_close_fd(&at);
    scratch_remove(scratch_dir);
    return check_done();
}
