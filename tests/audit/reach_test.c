/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what somebody could have reached is what the policy, their roles and their grants
 * gave them in that time, and nothing else. */
#include "audit/reach.h"

#include <string.h>

#include "audit/replay.h"
#include "base/text.h"
#include "tests/audit/story.h"
#include "tests/check.h"

struct pack {
    struct sr_bytes rest;
};

static enum sr_status read_pack(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                struct sr_err *err)
{
    struct pack *p = ctx;
    (void)err;
    *out_got = p->rest.len < len ? p->rest.len : len;
    memcpy(out, p->rest.ptr, *out_got);
    p->rest = sr_bytes(p->rest.ptr + *out_got, p->rest.len - *out_got);
    return SR_OK;
}

static void listen(void *ctx, const struct sr_replay_act *a)
{
    static const uint8_t NOTHING[SR_SHA256_BYTES];
    if (a->entry->outcome == SR_OUTCOME_ALLOWED) {
        CHECK(memcmp(a->entry->act, NOTHING, sizeof NOTHING) != 0);
        CHECK(sr_reach_step(ctx, a->act, a->entry->act, a->entry->time_utc_ms, a->before, NULL) ==
              SR_OK);
    }
}

/* What name could reach between two acts; "": from the beginning, to the end. */
static struct sr_reach *reach(const struct world *w, const char *name, const char *from,
                              const char *to)
{
    SR_AUTO(sr_buf) bytes = NULL;
    SR_AUTO(sr_state) state = NULL;
    struct sr_reach *r = NULL;
    struct sr_replay_report report;
    int64_t from_utc_ms = from[0] == '\0' ? 0 : world_find(w, from)->entry.time_utc_ms;
    int64_t to_utc_ms = to[0] == '\0' ? w->now_utc_ms : world_find(w, to)->entry.time_utc_ms;
    CHECK(sr_buf_new((size_t)4 << 20, &bytes) == SR_OK);
    world_pack(w, bytes);
    CHECK(sr_reach_new(sr_text_view(name), from_utc_ms, to_utc_ms, &r, NULL) == SR_OK);
    struct pack p = {.rest = sr_buf_view(bytes)};
    struct sr_pack_source source = {.read = read_pack, .ctx = &p};
    struct sr_replay_options options = {.threads = 1, .on_act = listen, .ctx = r};
    CHECK(sr_replay(&source, &options, &state, &report, NULL) == SR_OK);
    CHECK(sr_reach_end(r, state, NULL) == SR_OK);
    return r;
}

/* How often r has this, and from when: the time of the act from ("": not asked). */
static unsigned has(const struct world *w, const struct sr_reach *r, enum sr_verb verb,
                    enum sr_reach_way way, uint64_t number, const char *from)
{
    unsigned count = 0;
    for (size_t i = 0; i < sr_reach_count(r); i++) {
        const struct sr_reach_item *item = sr_reach_at(r, i);
        bool is_it = item->verb == verb && item->way == way && item->number == number;
        CHECK(strcmp(item->artifact, "llama") == 0);
        if (is_it && from[0] != '\0') {
            CHECK(item->from_utc_ms == world_find(w, from)->entry.time_utc_ms);
        }
        count += is_it;
    }
    return count;
}

static void test_an_engineer(void)
{
    SR_CLEANUP(world_clear) struct world w;
    story_tell(&w);
    SR_AUTO(sr_reach) r = reach(&w, "alice", "", "");
    CHECK(has(&w, r, SR_VERB_READ, SR_REACH_ALONE, 1, "deposit") == 1);
    CHECK(has(&w, r, SR_VERB_READ, SR_REACH_ALONE, 2, "deposit-2") == 1);
    CHECK(has(&w, r, SR_VERB_USE, SR_REACH_ALONE, 1, "") == 0);
    /* ask-use, ask-short, ask-taken, ask-ended: each was granted for a while */
    CHECK(has(&w, r, SR_VERB_USE, SR_REACH_GRANT, 1, "") == 4);
    CHECK(has(&w, r, SR_VERB_EXPORT, SR_REACH_GRANT, 1, "") == 0);
    CHECK(has(&w, r, SR_VERB_USE, SR_REACH_BREAK_GLASS, 1, "") == 0);
    CHECK(sr_reach_count(r) == 6);
}

static void test_windows(void)
{
    SR_CLEANUP(world_clear) struct world w;
    story_tell(&w);
    SR_AUTO(sr_reach) before = reach(&w, "alice", "", "init");
    CHECK(sr_reach_count(before) == 0);
    SR_AUTO(sr_reach) early = reach(&w, "alice", "deposit", "ask-use");
    CHECK(sr_reach_count(early) == 2 && has(&w, early, SR_VERB_READ, SR_REACH_ALONE, 1, "") == 1);
    CHECK(has(&w, early, SR_VERB_READ, SR_REACH_ALONE, 2, "") == 1);
    SR_AUTO(sr_reach) granted = reach(&w, "alice", "approve-use", "approve-use");
    CHECK(has(&w, granted, SR_VERB_USE, SR_REACH_GRANT, 1, "approve-use") == 1);
    SR_AUTO(sr_reach) taken = reach(&w, "alice", "taken-carol", "taken-carol");
    SR_AUTO(sr_reach) back = reach(&w, "alice", "taken-back", "taken-back");
    CHECK(has(&w, taken, SR_VERB_USE, SR_REACH_GRANT, 1, "") ==
          has(&w, back, SR_VERB_USE, SR_REACH_GRANT, 1, "") + 1);
}

static void test_others(void)
{
    SR_CLEANUP(world_clear) struct world w;
    story_tell(&w);
    SR_AUTO(sr_reach) erin = reach(&w, "erin", "", "");
    CHECK(has(&w, erin, SR_VERB_EXPORT, SR_REACH_GRANT, 1, "export-dave") == 1);
    CHECK(has(&w, erin, SR_VERB_EXPORT, SR_REACH_GRANT, 2, "") == 0); /* denied */
    SR_AUTO(sr_reach) gone = reach(&w, "erin", "leave", "");
    CHECK(sr_reach_count(gone) == 0);
    SR_AUTO(sr_reach) frank = reach(&w, "frank", "", "");
    CHECK(has(&w, frank, SR_VERB_READ, SR_REACH_ALONE, 1, "enrol") == 1);
    CHECK(has(&w, frank, SR_VERB_USE, SR_REACH_GRANT, 1, "") == 0); /* one approval of two */
    SR_AUTO(sr_reach) dave = reach(&w, "dave", "", "");
    CHECK(has(&w, dave, SR_VERB_USE, SR_REACH_BREAK_GLASS, 1, "deposit") == 1);
    CHECK(has(&w, dave, SR_VERB_USE, SR_REACH_GRANT, 2, "") == 2); /* the glass that he broke */
    CHECK(has(&w, dave, SR_VERB_EXPORT, SR_REACH_BREAK_GLASS, 1, "") == 0);
    SR_AUTO(sr_reach) bob = reach(&w, "bob", "", "");
    SR_AUTO(sr_reach) nobody = reach(&w, "mallory", "", "");
    CHECK(sr_reach_count(bob) == 0 && sr_reach_count(nobody) == 0);
}

/* Where a rule has hours, the first of them in the window counts; where none is in it, nothing. */
static void test_hours(void)
{
    SR_CLEANUP(world_clear) struct world w;
    SR_AUTO(sr_buf) text = NULL;
    struct story_fields f;
    story_tell(&w);
    CHECK(sr_buf_new(65536, &text) == SR_OK);
    CHECK(sr_buf_append(text, sr_buf_view(w.text[0].body)) == SR_OK);
    CHECK(sr_buf_append(text, sr_text_view("rule night\n    verbs read\n    class any\n"
                                           "    by engineer\n    hours mon-sun 03:00-03:05\n")) ==
          SR_OK);
    f = (struct story_fields){.act = {.verb = SR_VERB_POLICY}, .has_digest = true};
    world_put_text(&w, sr_buf_view(text), f.digest);
    f.policy = sr_buf_view(text);
    sr_act_set_digest(&f.act, SR_FIELD_policy, f.digest);
    story_ask(&w, "ask-night", BOB, &f);
    story_review(&w, "night-carol", CAROL2, SR_VERB_APPROVE, "ask-night");
    story_review(&w, "night-dave", DAVE, SR_VERB_APPROVE, "ask-night");
    story_do(&w, "night", BOB, &f, "ask-night");
    story_deposit(&f, 9);
    sr_act_set_number(&f.act, SR_FIELD_tier, 2); /* not of the class that the others are of */
    story_do(&w, "deposit-9", ALICE, &f, NULL);
    CHECK(world_find(&w, "deposit-9")->entry.outcome == SR_OUTCOME_ALLOWED);
    world_checkpoint(&w, w.leaves, true, w.note);
    SR_AUTO(sr_reach) evening = reach(&w, "alice", "deposit-9", "");
    CHECK(has(&w, evening, SR_VERB_READ, SR_REACH_ALONE, 9, "") == 0);
    w.now_utc_ms += 24 * 60 * WORLD_MINUTE_MS;
    SR_AUTO(sr_reach) day = reach(&w, "alice", "deposit-9", "");
    CHECK(has(&w, day, SR_VERB_READ, SR_REACH_ALONE, 9, "") == 1);
}

int main(void)
{
    RUN(test_an_engineer);
    RUN(test_windows);
    RUN(test_others);
    RUN(test_hours);
    return check_done();
}
