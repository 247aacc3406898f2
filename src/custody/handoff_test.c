/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a version goes from room to room only by an offer and its acceptance; until then
 * its custodian is the giver; what the receiver gets is what was offered, to it and nobody else;
 * and whoever looks at the chain afterwards, in whichever room or in none, sees the same.
 */
#include "custody/handoff.h"

#include "artifact/inspection.h"
#include "base/time.h"
#include "custody/own_card.h"
#include "custody/own_chain.h"
#include "custody/recover.h"
#include "custody/room_impl.h"
#include "custody/submit.h"
#include "custody/verify.h"
#include "tests/auditor.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-handoff-XXXXXX";

#define DAY_MS INT64_C(86400000)
#define ANY SR_INTERNAL /* whichever it is */

static struct sr_room *north;
static struct sr_room *south;
static struct sr_room *west;

static struct sr_buf *card_of(struct sr_room *r)
{
    struct sr_buf *text = NULL;
    struct sr_room_card card;
    struct sr_err err = {0};
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    enum sr_status status = sr_own_card(r, NULL, &card, text, &err);
    CHECK(status == SR_OK);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return text;
}

static enum sr_status say(enum sr_status status, enum sr_status expected, const struct sr_err *err)
{
    if (status != expected && expected != ANY) {
        printf("# %s: %s\n", sr_status_info(status)->slug, err->message);
    }
    return status;
}

static enum sr_status offer(struct sr_room *from, struct sr_room *to, const char *ref,
                            const char *file, bool with_bodies, enum sr_status expected)
{
    SR_AUTO(sr_buf) card = card_of(to);
    struct sr_handoff_offer_result result;
    struct sr_err err = {0};
    struct sr_handoff_offer_params params = {.ref = ref,
                                             .card = sr_buf_view(card),
                                             .out = room_path(scratch_dir, file),
                                             .with_bodies = with_bodies,
                                             .until_utc_ms = sr_time_now_utc_ms() + DAY_MS,
                                             .reason = "launch",
                                             .conditions = "return by June"};
    return say(sr_handoff_offer(from, &params, &result, &err), expected, &err);
}

static enum sr_status take(struct sr_room *to, struct sr_room *from, const char *file,
                           const char *bodies, enum sr_status expected)
{
    SR_AUTO(sr_buf) card = card_of(from);
    SR_AUTO(sr_report) report = NULL;
    SR_AUTO(sr_inspector) inspector = NULL;
    struct sr_handoff_take_result result;
    struct sr_err err = {0};
    struct sr_inspector_params how = {.look = &ROOM_PASSES};
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &report) == SR_OK);
    CHECK(sr_inspector_start(&how, &inspector, NULL) == SR_OK);
    struct sr_handoff_take_params params = {.path = room_path(scratch_dir, file),
                                            .bodies = bodies,
                                            .card = sr_buf_view(card),
                                            .inspector = inspector,
                                            .report = report};
    return say(sr_handoff_take(to, &params, &result, &err), expected, &err);
}

static struct sr_buf *new_chain(void)
{
    struct sr_buf *text = NULL;
    CHECK(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    return text;
}

static struct sr_buf *accept(struct sr_room *r, const char *ref, enum sr_status expected)
{
    struct sr_buf *text = new_chain();
    struct sr_handoff_answer_result result;
    struct sr_err err = {0};
    enum sr_status status = sr_handoff_accept(r, ref, NULL, text, &result, &err);
    CHECK(say(status, expected, &err) == expected);
    return text;
}

static enum sr_status answer(struct sr_room *r, struct sr_bytes text, enum sr_status expected)
{
    struct sr_handoff_answer_result result;
    struct sr_err err = {0};
    return say(sr_handoff_answer(r, text, &result, &err), expected, &err);
}

static bool is_chain(struct sr_bytes text, enum sr_chain_state state, struct sr_room *custodian)
{
    SR_AUTO(sr_chain) chain = NULL;
    struct sr_chain_verdict verdict;
    struct sr_err err = {0};
    if (sr_chain_decode(text, &chain, &err) != SR_OK ||
        sr_chain_verify(chain, NULL, 0, &verdict, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return false;
    }
    if (verdict.state != state) {
        printf("# %s: %s\n", sr_chain_state_word(verdict.state), verdict.reason);
        return false;
    }
    return verdict.custodian == NULL ||
           sr_text_id_equal(&verdict.custodian->card.room, &custodian->facts.id);
}

static bool knows_chain(struct sr_room *r, const char *ref, enum sr_chain_state state,
                        struct sr_room *custodian)
{
    SR_AUTO(sr_buf) text = new_chain();
    struct sr_catalog_version version;
    struct sr_err err = {0};
    CHECK(room_resolve(r, ref, &version, NULL) == SR_OK);
    enum sr_status status = sr_own_chain(r, &version.id, text, &err);
    CHECK(say(status, SR_OK, &err) == SR_OK);
    return status == SR_OK && is_chain(sr_buf_view(text), state, custodian);
}

/* Whether the state says that r has custody. */
static bool has_custody(struct sr_room *r, const char *ref)
{
    const struct sr_state *state = NULL;
    struct sr_catalog_version version;
    CHECK(room_resolve(r, ref, &version, NULL) == SR_OK);
    CHECK(sr_custody_state(r, &state, NULL) == SR_OK);
    const struct sr_state_version *v = sr_state_version(state, &version.id);
    return v != NULL && v->custodian == NULL;
}

static bool is_whole(struct sr_room *r, const char *ref)
{
    struct sr_catalog_version version;
    struct sr_verify_result result;
    struct sr_err err = {0};
    CHECK(room_resolve(r, ref, &version, NULL) == SR_OK);
    struct sr_verify_params params = {.version = version.id};
    return say(sr_verify(r, &params, &result, &err), SR_OK, &err) == SR_OK;
}

static void deposit(struct sr_room *r, const char *model, const char *name)
{
    struct sr_deposit_result result;
    struct sr_err err = {0};
    CHECK(say(room_deposit(r, room_path(scratch_dir, model), name, 0, &result, &err), SR_OK,
              &err) == SR_OK);
}

static void there_and_noted(void)
{
    SR_AUTO(sr_buf) chain = NULL;
    CHECK(knows_chain(north, "llama", SR_CHAIN_EMPTY, north));
    CHECK(offer(north, south, "llama", "one", true, SR_OK) == SR_OK);
    CHECK(knows_chain(north, "llama", SR_CHAIN_OFFERED, north));
    CHECK(take(south, north, "one", NULL, SR_OK) == SR_OK);
    /* Taken in is not accepted. */
    struct sr_catalog_version version;
    CHECK(room_resolve(south, "llama", &version, NULL) == SR_NOT_FOUND);
    CHECK(has_custody(north, "llama"));
    chain = accept(south, "llama@1", SR_OK);
    CHECK(is_chain(sr_buf_view(chain), SR_CHAIN_COMPLETE, south));
    CHECK(has_custody(south, "llama") && is_whole(south, "llama"));
    CHECK(answer(north, sr_buf_view(chain), SR_OK) == SR_OK);
    CHECK(!has_custody(north, "llama"));
    CHECK(knows_chain(north, "llama", SR_CHAIN_COMPLETE, south));
    CHECK(knows_chain(south, "llama", SR_CHAIN_COMPLETE, south));
    /* Once is enough. */
    CHECK(answer(north, sr_buf_view(chain), SR_CONFLICT) == SR_CONFLICT);
    CHECK(offer(north, west, "llama", "not-mine", true, SR_DENIED) == SR_DENIED);
    CHECK(access(room_path(scratch_dir, "not-mine"), F_OK) != 0);
}

static void on_to_a_third_without_bodies(void)
{
    SR_AUTO(sr_buf) chain = NULL;
    const char *bodies = room_path(sr_room_dir(south), "blobs");
    char folder[2048];
    (void)snprintf(folder, sizeof folder, "%s", bodies);
    CHECK(offer(south, west, "llama", "two", false, SR_OK) == SR_OK);
    CHECK(take(west, south, "two", folder, SR_OK) == SR_OK);
    chain = accept(west, "llama", SR_OK);
    CHECK(is_chain(sr_buf_view(chain), SR_CHAIN_COMPLETE, west));
    CHECK(answer(south, sr_buf_view(chain), SR_OK) == SR_OK);
    CHECK(knows_chain(west, "llama", SR_CHAIN_COMPLETE, west));
    CHECK(is_whole(west, "llama"));
}

static void and_back(void)
{
    SR_AUTO(sr_buf) chain = new_chain();
    struct sr_handoff_answer_result result;
    struct sr_err err = {0};
    CHECK(say(sr_handoff_return(west, "llama", "done", chain, &result, &err), SR_OK, &err) ==
          SR_OK);
    CHECK(!has_custody(west, "llama"));
    CHECK(is_chain(sr_buf_view(chain), SR_CHAIN_RETURNED, south));
    CHECK(answer(south, sr_buf_view(chain), SR_OK) == SR_OK);
    CHECK(has_custody(south, "llama"));
    CHECK(knows_chain(south, "llama", SR_CHAIN_RETURNED, south));
    CHECK(sr_handoff_return(west, "llama", "again", NULL, &result, NULL) != SR_OK);
    sr_buf_clear(chain);
    CHECK(say(sr_handoff_dispose(south, "llama", "end of life", chain, &result, &err), SR_OK,
              &err) == SR_OK);
    CHECK(is_chain(sr_buf_view(chain), SR_CHAIN_DISPOSED, south));
}

/* What was written before is written again, and no second offer made. */
static void a_lost_bundle_is_written_again(void)
{
    deposit(north, "model", "twice");
    CHECK(offer(north, south, "twice", "lost", true, SR_OK) == SR_OK);
    CHECK(offer(north, south, "twice", "lost", true, SR_CONFLICT) == SR_CONFLICT);
    CHECK(unlink(room_path(scratch_dir, "lost")) == 0);
    CHECK(offer(north, south, "twice", "lost", true, SR_OK) == SR_OK);
    CHECK(knows_chain(north, "twice", SR_CHAIN_OFFERED, north));
    CHECK(offer(north, west, "twice", "other", true, SR_CONFLICT) == SR_CONFLICT);
    CHECK(take(south, north, "lost", NULL, SR_OK) == SR_OK);
}

static void for_another_room(void)
{
    CHECK(take(west, north, "lost", NULL, SR_UNTRUSTED) == SR_UNTRUSTED);
}

/* The card that was compared is not of who made the offer. */
static void by_another_room(void)
{
    CHECK(take(south, west, "lost", NULL, SR_UNTRUSTED) == SR_UNTRUSTED);
}

/* One bit anywhere: in the head, a document, or a body. */
static void altered_bundle(void)
{
    size_t len = 0;
    deposit(north, "small", "altered");
    CHECK(offer(north, west, "altered", "good", true, SR_OK) == SR_OK);
    uint8_t *whole = room_read(scratch_dir, "good", &len);
    for (size_t i = 0; i < 24; i++) {
        size_t at = i * (len / 24) + i;
        whole[at] ^= 1;
        room_write(scratch_dir, "bad", whole, len);
        CHECK(take(west, north, "bad", NULL, ANY) != SR_OK);
        whole[at] ^= 1;
    }
    free(whole);
    struct sr_handoff_answer_result result;
    CHECK(sr_handoff_accept(west, "altered", NULL, NULL, &result, NULL) == SR_NOT_FOUND);
}

/* A bundle of one offer with the key of another: sealed for that one only. */
static void a_slot_cannot_be_moved(void)
{
    SR_AUTO(sr_buf) card = card_of(south);
    size_t one_len = 0;
    size_t other_len = 0;
    deposit(north, "small", "first");
    deposit(north, "small", "second");
    CHECK(offer(north, south, "first", "first.bundle", true, SR_OK) == SR_OK);
    CHECK(offer(north, south, "second", "second.bundle", true, SR_OK) == SR_OK);
    uint8_t *one = room_read(scratch_dir, "first.bundle", &one_len);
    uint8_t *other = room_read(scratch_dir, "second.bundle", &other_len);
    uint32_t chain = (uint32_t)one[64] << 24 | (uint32_t)one[65] << 16 | (uint32_t)one[66] << 8 |
                     (uint32_t)one[67];
    uint32_t chain_other = (uint32_t)other[64] << 24 | (uint32_t)other[65] << 16 |
                           (uint32_t)other[66] << 8 | (uint32_t)other[67];
    memcpy(one + 68 + chain + 2, other + 68 + chain_other + 2, 80);
    uint32_t head = (uint32_t)one[12] << 24 | (uint32_t)one[13] << 16 | (uint32_t)one[14] << 8 |
                    (uint32_t)one[15];
    CHECK(sr_sha256_once(sr_bytes(one + 48, head), one + 16) == SR_OK);
    room_write(scratch_dir, "moved.bundle", one, one_len);
    free(one);
    free(other);
    CHECK(take(south, north, "moved.bundle", NULL, SR_CORRUPT) == SR_CORRUPT);
}

static void an_answer_to_nothing(void)
{
    SR_AUTO(sr_buf) chain = new_chain();
    struct sr_catalog_version version;
    CHECK(room_resolve(north, "first", &version, NULL) == SR_OK);
    CHECK(sr_own_chain(north, &version.id, chain, NULL) == SR_OK);
    CHECK(answer(north, sr_buf_view(chain), SR_CONFLICT) == SR_CONFLICT); /* no answer in it */
    CHECK(answer(west, sr_buf_view(chain), SR_UNTRUSTED) == SR_UNTRUSTED);
    CHECK(answer(north, sr_text_view("{}"), SR_MALFORMED) == SR_MALFORMED);
}

static void an_offer_that_has_ended(void)
{
    SR_AUTO(sr_buf) card = card_of(west);
    struct sr_handoff_offer_result result;
    struct sr_err err = {0};
    deposit(north, "small", "brief");
    struct sr_handoff_offer_params params = {.ref = "brief",
                                             .card = sr_buf_view(card),
                                             .out = room_path(scratch_dir, "brief.bundle"),
                                             .with_bodies = true,
                                             .until_utc_ms = sr_time_now_utc_ms() + 1500};
    CHECK(say(sr_handoff_offer(north, &params, &result, &err), SR_OK, &err) == SR_OK);
    while (sr_time_now_utc_ms() <= params.until_utc_ms) {
        (void)usleep(50000);
    }
    CHECK(take(west, north, "brief.bundle", NULL, SR_CONFLICT) == SR_CONFLICT);
    /* Then there is another. */
    CHECK(offer(north, west, "brief", "brief-2.bundle", true, SR_OK) == SR_OK);
    CHECK(take(west, north, "brief-2.bundle", NULL, SR_OK) == SR_OK);
}

/* The database says that something else was taken in. */
static void what_waits_is_verified_again(void)
{
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *waiting = NULL;
    size_t count = 0;
    struct sr_handoff_answer_result result;
    CHECK(sr_handoff_waiting(west, &waiting, &count, NULL) == SR_OK && count == 1);
    CHECK(strcmp(waiting[0].name, "brief") == 0);
    CHECK(sr_catalog_put_document(west->catalog, &waiting[0].id, "chain.json",
                                  sr_text_view("{\"cards\":[],\"events\":[],\"format\":1}"),
                                  NULL) == SR_OK);
    CHECK(sr_handoff_accept(west, "brief", NULL, NULL, &result, NULL) == SR_CORRUPT);
}

/* Rejected, nothing of it stays; offered anew, it may be accepted after all. */
static void rejected_and_offered_anew(void)
{
    SR_AUTO(sr_buf) chain = new_chain();
    SR_AUTO(sr_buf) second = NULL;
    struct sr_handoff_answer_result result;
    struct sr_err err = {0};
    struct sr_recover_result recovered;
    deposit(north, "small", "unwanted");
    CHECK(offer(north, south, "unwanted", "unwanted.bundle", true, SR_OK) == SR_OK);
    CHECK(take(south, north, "unwanted.bundle", NULL, SR_OK) == SR_OK);
    CHECK(say(sr_handoff_reject(south, "unwanted", "not agreed", chain, &result, &err), SR_OK,
              &err) == SR_OK);
    CHECK(is_chain(sr_buf_view(chain), SR_CHAIN_REFUSED, north));
    CHECK(sr_handoff_accept(south, "unwanted", NULL, NULL, &result, NULL) == SR_NOT_FOUND);
    CHECK(sr_recover(south, &recovered, NULL) == SR_OK && recovered.orphans == 0);
    CHECK(answer(north, sr_buf_view(chain), SR_OK) == SR_OK);
    CHECK(has_custody(north, "unwanted"));
    CHECK(knows_chain(north, "unwanted", SR_CHAIN_REFUSED, north));
    CHECK(offer(north, south, "unwanted", "unwanted-2.bundle", true, SR_OK) == SR_OK);
    CHECK(take(south, north, "unwanted-2.bundle", NULL, SR_OK) == SR_OK);
    second = accept(south, "unwanted", SR_OK);
    CHECK(is_chain(sr_buf_view(second), SR_CHAIN_COMPLETE, south));
    CHECK(answer(north, sr_buf_view(second), SR_OK) == SR_OK);
    CHECK(!has_custody(north, "unwanted") && has_custody(south, "unwanted"));
}

static void own_card_is_no_receiver(void)
{
    CHECK(offer(north, north, "first", "self", true, SR_CONFLICT) == SR_CONFLICT);
}

static void locked_rooms_do_nothing(void)
{
    SR_AUTO(sr_room) locked = NULL;
    struct sr_handoff_answer_result result;
    CHECK(sr_room_open(room_path(scratch_dir, "north"), ROOM_ACTOR, NULL, &locked, NULL) == SR_OK);
    CHECK(sr_handoff_accept(locked, "x", NULL, NULL, &result, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_handoff_return(locked, "x", NULL, NULL, &result, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_handoff_answer(locked, sr_text_view("{}"), &result, NULL) == SR_UNAUTHENTICATED);
}

/* Of each room: what it gave, took, refused and sent back follows from its policy. */
static void auditors_agree(void)
{
    CHECK(auditor_agrees(north) && auditor_agrees(south) && auditor_agrees(west));
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    room_make_model(scratch_dir, "model", 1);
    room_mkdir(scratch_dir, "small");
    room_write_safetensors(room_path(scratch_dir, "small"), "model.safetensors", 4000, 2);
    north = room_new(scratch_dir, "north");
    south = room_new(scratch_dir, "south");
    west = room_new(scratch_dir, "west");
    deposit(north, "model", "llama");
    RUN(there_and_noted);
    RUN(on_to_a_third_without_bodies);
    RUN(and_back);
    RUN(a_lost_bundle_is_written_again);
    RUN(for_another_room);
    RUN(by_another_room);
    RUN(altered_bundle);
    RUN(a_slot_cannot_be_moved);
    RUN(an_answer_to_nothing);
    RUN(an_offer_that_has_ended);
    RUN(what_waits_is_verified_again);
    RUN(rejected_and_offered_anew);
    RUN(own_card_is_no_receiver);
    RUN(locked_rooms_do_nothing);
    RUN(auditors_agree);
    sr_room_free(north);
    sr_room_free(south);
    sr_room_free(west);
    scratch_remove(scratch_dir);
    return check_done();
}
