/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a deposit that ended in the middle has left is finished if that needs nothing more, else
 * removed; a live one is left alone. A store that fails is reported and loses nothing.
 * tests/faults/custody_crash_test.c has the same for kills.
 */
#include "custody/recover.h"

#include <signal.h>
#include <sys/wait.h>

#include "custody/hold.h"
#include "custody/pedigree.h"
#include "custody/recover_impl.h"
#include "custody/room_impl.h"
#include "custody/scrub.h"
#include "custody/submit.h"
#include "custody/verify.h"
#include "tests/check.h"
#include "tests/drivers/blobs_faulty.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-recover-XXXXXX";
static struct sr_room *r;

/* Open the room again with the faulty driver in front of its store. */
static void make_faulty(void)
{
    static const char config[] = "{\"blobs\":\"faulty:dir:blobs\",\"catalog\":"
                                 "\"sqlite:catalog.db\",\"format\":1,"
                                 "\"keys\":\"file:keys/root.key\"}\n";
    sr_room_free(r);
    room_write(room_path(scratch_dir, "room"), "room.json", config, sizeof config - 1);
    r = room_open(scratch_dir, "room");
}

static unsigned count_interrupted(bool *is_running)
{
    SR_CLEANUP(room_free_interrupted) struct sr_query_interrupted *list = NULL;
    size_t count = 0;
    CHECK(sr_query_interrupted(r, &list, &count, NULL) == SR_OK);
    if (is_running != NULL) {
        *is_running = count > 0 && list[0].is_running;
    }
    return (unsigned)count;
}

static enum sr_status deposit(const char *path, const char *name, struct sr_err *err)
{
    struct sr_deposit_result result = {0};
    return room_deposit(r, room_path(scratch_dir, path), name, 0, &result, err);
}

static bool is_clean(void)
{
    struct sr_err err = {0};
    struct sr_scrub_params params = {0};
    struct sr_scrub_totals totals = {0};
    enum sr_status status = sr_scrub_room(r, &params, &totals, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return status == SR_OK && totals.orphans == 0 && totals.strays == 0;
}

static bool base_verifies(void)
{
    struct sr_catalog_version v;
    struct sr_verify_result result = {0};
    if (room_resolve(r, "base", &v, NULL) != SR_OK) {
        return false;
    }
    struct sr_verify_params params = {.version = v.id};
    return sr_verify(r, &params, &result, NULL) == SR_OK;
}

/* The store fails at the nth call of a sort, in this way. Whatever is said, nothing is lost. */
static void fail_deposit(enum faulty_call call, enum faulty_kind kind, unsigned nth)
{
    struct sr_err err = {0};
    char name[64];
    (void)snprintf(name, sizeof name, "f-%u-%u-%u", call, kind, nth);
    faulty_arm(call, kind, nth);
    enum sr_status status = deposit("model", name, &err);
    bool fired = faulty_fired();
    faulty_disarm();
    if (fired && kind != FAULTY_SLOW) {
        CHECK(status == SR_OK || err.message[0] != '\0');
    } else {
        CHECK(status == SR_OK);
    }
    struct sr_catalog_version v;
    if (status != SR_OK) {
        CHECK(room_resolve(r, name, &v, NULL) == SR_NOT_FOUND);
        CHECK(deposit("model", name, &err) == SR_OK);
    }
    CHECK(room_resolve(r, name, &v, NULL) == SR_OK && v.number == 1);
    struct sr_verify_params params = {.version = v.id};
    struct sr_verify_result result = {0};
    CHECK(sr_verify(r, &params, &result, &err) == SR_OK);
    CHECK(count_interrupted(NULL) == 0);
    CHECK(base_verifies());
}

static void survives_a_store_that_fails(void)
{
    static const enum faulty_call calls[] = {FAULTY_STAGE, FAULTY_RESERVE, FAULTY_STAGED_READ,
                                             FAULTY_WRITE, FAULTY_PUBLISH, FAULTY_FREE_BYTES};
    static const enum faulty_kind kinds[] = {FAULTY_EIO, FAULTY_ENOSPC, FAULTY_SHORT};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
            fail_deposit(calls[i], kinds[j], 1);
            fail_deposit(calls[i], kinds[j], 3);
        }
    }
    fail_deposit(FAULTY_PUBLISH, FAULTY_TORN, 1);
    fail_deposit(FAULTY_STAGE, FAULTY_TORN, 2);
    fail_deposit(FAULTY_PUBLISH, FAULTY_SLOW, 1);
}

/* Inspection reads what was sealed, so it is found at once, and the next deposit is a good one. */
static void finds_out_about_a_store_that_lies(void)
{
    fail_deposit(FAULTY_WRITE, FAULTY_TORN, 1);
    for (unsigned nth = 2; nth < 6; nth++) {
        fail_deposit(FAULTY_WRITE, FAULTY_FLIP, nth);
    }
    CHECK(is_clean() && base_verifies());
}

static void removes_what_is_not_whole(void)
{
    struct sr_err err = {0};
    struct sr_recover_result result = {0};
    faulty_arm(FAULTY_PUBLISH, FAULTY_TORN, 4);
    CHECK(deposit("model", "nearly", &err) == SR_IO);
    faulty_disarm();
    CHECK(count_interrupted(NULL) == 1);
    /* The fourth body is there, but the catalog was not told. */
    CHECK(sr_recover(r, &result, &err) == SR_OK);
    CHECK(result.removed == 1 && result.finished == 0);
    CHECK(count_interrupted(NULL) == 0 && is_clean() && base_verifies());
}

/* A body that was sealed and is gone cannot be made good: the deposit begins anew. */
static void begins_anew_without_a_body(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    faulty_arm(FAULTY_PUBLISH, FAULTY_EIO, 4);
    CHECK(deposit("model", "gone", &err) == SR_IO);
    faulty_disarm();
    SR_CLEANUP(room_free_interrupted) struct sr_query_interrupted *list = NULL;
    SR_CLEANUP(room_free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    CHECK(sr_query_interrupted(r, &list, &count, &err) == SR_OK && count == 1);
    CHECK(list[0].files_sealed >= 1 && list[0].files_sealed < 4);
    CHECK(sr_query_files(r, &list[0].version.id, &files, &count, &err) == SR_OK && count == 4);
    for (size_t i = 0; i < count; i++) {
        if (files[i].sealed) {
            CHECK(unlink(room_body_path(r, &files[i])) == 0);
        }
    }
    CHECK(room_deposit(r, room_path(scratch_dir, "model"), "gone", 0, &result, &err) == SR_OK);
    CHECK(!result.is_resumed && result.version.number == 1);
    CHECK(count_interrupted(NULL) == 0 && is_clean());
}

/* A deposit in a child that waits for its parent. */
struct stopper {
    pid_t child;
    int to_parent;
    int to_child;
};

/* In the child: say that it is under way, and wait to be told to go on, or for death. */
static void pause_once(void *ctx, uint64_t bytes)
{
    struct stopper *s = ctx;
    char c = 'x';
    (void)bytes;
    if (s->to_parent >= 0) {
        bool told = write(s->to_parent, &c, 1) == 1 && read(s->to_child, &c, 1) == 1;
        s->to_parent = told ? -1 : -2;
    }
}

/* Begin a deposit of the model in a child and return when it is under way. */
static struct stopper begin_in_child(const char *name)
{
    int up[2];
    int down[2];
    struct stopper s = {0};
    CHECK(pipe(up) == 0 && pipe(down) == 0);
    s.child = fork();
    if (s.child == 0) {
        struct stopper own = {.to_parent = up[1], .to_child = down[0]};
        SR_AUTO(sr_room) room = room_open(scratch_dir, "room");
        struct sr_deposit_result deposited;
        struct sr_deposit_params params = {.path = room_path(scratch_dir, "model"),
                                           .name = name,
                                           .threads = 1,
                                           .progress = {.ctx = &own, .advance = pause_once}};
        _exit(room_deposit_with(room, &params, &deposited, NULL) == SR_OK ? 0 : 1);
    }
    char c = 0;
    CHECK(read(up[0], &c, 1) == 1);
    (void)close(up[0]);
    (void)close(up[1]);
    (void)close(down[0]);
    s.to_child = down[1];
    return s;
}

static void leaves_a_live_one_alone(void)
{
    struct sr_err err = {0};
    struct sr_recover_result result = {0};
    bool is_running = false;
    struct stopper s = begin_in_child("live");
    CHECK(count_interrupted(&is_running) == 1 && is_running);
    CHECK(sr_recover(r, &result, &err) == SR_OK);
    CHECK(result.removed == 0 && result.finished == 0 && result.orphans == 0);
    /* Others come and go meanwhile. */
    CHECK(deposit("model/config.json", "passing", &err) == SR_OK);
    CHECK(count_interrupted(&is_running) == 1 && is_running);
    CHECK(write(s.to_child, "x", 1) == 1);
    int ended = 0;
    CHECK(waitpid(s.child, &ended, 0) == s.child && WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    (void)close(s.to_child);
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "live@1", &v, &err) == SR_OK);
    CHECK(count_interrupted(NULL) == 0 && is_clean());
}

static void use_clears_up_and_reading_does_not(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version base;
    struct stopper s = begin_in_child("dead-too");
    CHECK(kill(s.child, SIGKILL) == 0 && waitpid(s.child, NULL, 0) == s.child);
    (void)close(s.to_child);
    CHECK(room_resolve(r, "base", &base, &err) == SR_OK);
    CHECK(room_act(r, SR_VERB_READ, &base, "config.json", NULL, &err) == SR_OK);
    CHECK(count_interrupted(NULL) == 1);
    CHECK(room_act(r, SR_VERB_USE, &base, "/m", NULL, &err) == SR_OK);
    CHECK(count_interrupted(NULL) == 0 && is_clean());
}

static void removes_a_dead_ones(void)
{
    struct sr_err err = {0};
    struct sr_recover_result result = {0};
    bool is_running = true;
    struct stopper s = begin_in_child("dead");
    CHECK(kill(s.child, SIGKILL) == 0 && waitpid(s.child, NULL, 0) == s.child);
    (void)close(s.to_child);
    /* A question sees it and leaves it. */
    CHECK(count_interrupted(&is_running) == 1 && !is_running);
    CHECK(count_interrupted(&is_running) == 1);
    CHECK(sr_recover(r, &result, &err) == SR_OK);
    CHECK(result.removed == 1);
    CHECK(count_interrupted(NULL) == 0 && is_clean() && base_verifies());
    CHECK(sr_recover(r, &result, &err) == SR_OK);
    CHECK(result.removed == 0 && result.orphans == 0);
}

/*
 * A deposit that ended before its documents were written, of which somebody says nevertheless that
 * it was inspected. Returns the version.
 */
static struct sr_id pretend_inspected_of(const char *name, const struct sr_id *parent)
{
    struct sr_err err = {0};
    SR_AUTO(sr_hold) hold = NULL;
    struct sr_id id = {0};
    SR_CLEANUP(room_free_interrupted) struct sr_query_interrupted *list = NULL;
    size_t count = 0;
    faulty_arm(FAULTY_READ, FAULTY_EIO, 1);
    CHECK(deposit("model", name, &err) == SR_IO);
    faulty_disarm();
    CHECK(sr_query_interrupted(r, &list, &count, &err) == SR_OK && count == 1);
    if (count != 1) {
        return id;
    }
    CHECK(list[0].files_sealed == list[0].version.file_count);
    id = list[0].version.id;
    struct sr_hold_intent intent;
    CHECK(sr_hold_take(r->deposits_fd, &id, &hold, &err) == SR_OK);
    CHECK(sr_hold_load(hold, &intent, &err) == SR_OK && !intent.is_inspected);
    intent.is_inspected = true;
    intent.parent_count = parent != NULL;
    intent.parents[0] = parent != NULL ? *parent : intent.parents[0];
    intent.inspection = (struct sr_deposit_inspection){.verdict = SR_VERDICT_PASS};
    CHECK(sr_hold_store(hold, &intent, &err) == SR_OK);
    return id;
}

static struct sr_id pretend_inspected(const char *name)
{
    return pretend_inspected_of(name, NULL);
}

static void put_lineage(const struct sr_id *version, enum sr_verdict verdict)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_lineage_record record = {.tier = 2, .verdict = verdict};
    CHECK(sr_buf_new(4096, &text) == SR_OK && sr_lineage_encode(&record, text) == SR_OK);
    CHECK(sr_catalog_put_document(r->catalog, version, SR_PEDIGREE_DOCUMENT, sr_buf_view(text),
                                  NULL) == SR_OK);
}

/* What is on record decides, whatever came before. */
static void finishes_nothing_below_a_parent(void)
{
    struct sr_err err = {0};
    struct sr_recover_result result = {0};
    struct sr_deposit_result parent = {0};
    struct sr_deposit_params params = {
        .path = room_path(scratch_dir, "model"), .name = "high", .tier = 4};
    CHECK(room_deposit_with(r, &params, &parent, &err) == SR_OK);
    struct sr_id id = pretend_inspected_of("below", &parent.version.id);
    put_lineage(&id, SR_VERDICT_PASS); /* tier 2 */
    CHECK(sr_recover(r, &result, &err) == SR_OK && result.finished == 0 && result.removed == 0);
    CHECK(count_interrupted(NULL) == 1 && sr_recover_drop(r, &id, &err) == SR_OK);
    CHECK(sr_recover(r, &result, &err) == SR_OK && is_clean());
}

/* Who goes on with a deposit does not take over a provenance that he did not give. */
static void resumes_with_its_own_provenance_only(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_buf) text = NULL;
    struct sr_id id = pretend_inspected("provenance");
    CHECK(sr_catalog_put_document(r->catalog, &id, SR_PEDIGREE_PROVENANCE, sr_text_view("{}"),
                                  NULL) == SR_OK);
    CHECK(room_deposit(r, room_path(scratch_dir, "model"), "provenance", 0, &result, &err) ==
          SR_OK);
    CHECK(!result.is_resumed);
    CHECK(sr_buf_new(4096, &text) == SR_OK);
    CHECK(sr_catalog_document(r->catalog, &result.version.id, SR_PEDIGREE_PROVENANCE, text, NULL) ==
          SR_NOT_FOUND);
    id = pretend_inspected("none");
    CHECK(room_deposit(r, room_path(scratch_dir, "model"), "none", 0, &result, &err) == SR_OK);
    CHECK(result.is_resumed && sr_text_id_equal(&result.version.id, &id));
}

static bool is_removed(void)
{
    struct sr_err err = {0};
    struct sr_recover_result result = {0};
    CHECK(sr_recover(r, &result, &err) == SR_OK);
    return result.removed == 1 && result.finished == 0 && count_interrupted(NULL) == 0;
}

static void finishes_nothing_without_its_lineage(void)
{
    struct sr_err err = {0};
    struct sr_recover_result result = {0};
    (void)pretend_inspected("nameless");
    CHECK(is_removed());
    struct sr_id id = pretend_inspected("contradicted");
    put_lineage(&id, SR_VERDICT_REVIEW);
    CHECK(is_removed());
    id = pretend_inspected("damaged");
    CHECK(sr_catalog_put_document(r->catalog, &id, SR_PEDIGREE_DOCUMENT, sr_text_view("{}"),
                                  NULL) == SR_OK);
    CHECK(is_removed());
    id = pretend_inspected("agreed");
    put_lineage(&id, SR_VERDICT_PASS);
    CHECK(sr_recover(r, &result, &err) == SR_OK && result.finished == 1 && result.removed == 0);
    CHECK(count_interrupted(NULL) == 0 && is_clean() && base_verifies());
}

int main(void)
{
    struct sr_err err = {0};
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = room_new(scratch_dir, "room");
    room_make_model(scratch_dir, "model", 3);
    if (deposit("model", "base", &err) != SR_OK) {
        printf("# %s\n", err.message);
        return 1;
    }
    make_faulty();
    RUN(survives_a_store_that_fails);
    RUN(removes_what_is_not_whole);
    RUN(begins_anew_without_a_body);
    RUN(leaves_a_live_one_alone);
    RUN(use_clears_up_and_reading_does_not);
    RUN(removes_a_dead_ones);
    RUN(finds_out_about_a_store_that_lies);
    RUN(finishes_nothing_without_its_lineage);
    RUN(finishes_nothing_below_a_parent);
    RUN(resumes_with_its_own_provenance_only);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
