/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is deposited is in custody whole, or not at all; what is refused leaves no trace; who is
 * interrupted goes on where he was; of two who want one number, one gets it.
 */
#include "custody/deposit.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include "custody/recover.h"
#include "custody/verify.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-deposit-XXXXXX";
static struct sr_room *r;

static const char *source(const char *name)
{
    return room_path(scratch_dir, name);
}

static unsigned count_versions(void)
{
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    CHECK(sr_query_versions(r, NULL, &versions, &count, NULL) == SR_OK);
    return (unsigned)count;
}

static unsigned count_interrupted(void)
{
    SR_CLEANUP(room_free_interrupted) struct sr_query_interrupted *list = NULL;
    size_t count = 0;
    CHECK(sr_query_interrupted(r, &list, &count, NULL) == SR_OK);
    return (unsigned)count;
}

static bool verifies(const struct sr_id *version)
{
    struct sr_err err = {0};
    struct sr_verify_params params = {.version = *version};
    struct sr_verify_result result = {0};
    enum sr_status status = sr_verify(r, &params, &result, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return status == SR_OK && result.files > 0 && result.bad == 0;
}

static void takes_a_folder(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    CHECK(room_deposit(r, source("model"), "llama", 0, &result, &err) == SR_OK);
    const struct sr_catalog_version *v = &result.version;
    CHECK(strcmp(v->name, "llama") == 0 && v->number == 1 && v->state == SR_VERSION_SEALED);
    CHECK(strcmp(v->kind, "checkpoint") == 0 && v->file_count == 4 && !result.is_resumed);
    CHECK(verifies(&v->id));
    SR_CLEANUP(room_free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    CHECK(sr_query_files(r, &v->id, &files, &count, &err) == SR_OK);
    static const char *const paths[] = {".hidden", "config.json", "model.safetensors",
                                        "sub/data.bin"};
    CHECK(count == 4);
    for (size_t i = 0; i < count; i++) {
        CHECK(strcmp(files[i].path, paths[i]) == 0 && files[i].sealed);
    }
    CHECK(files[2].facts.kind == SR_FILE_SAFETENSORS && files[2].facts.tensor_count == 1);
    CHECK(files[0].facts.plain_bytes == 0 && files[3].facts.plain_bytes == 70000);
    CHECK(count_interrupted() == 0);
}

static void takes_one_file(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    CHECK(room_deposit(r, source("model/config.json"), "config", 7, &result, &err) == SR_OK);
    CHECK(result.version.number == 7 && result.version.file_count == 1);
    struct sr_catalog_file file;
    struct sr_bytes tensor;
    CHECK(sr_query_file(r, &result.version.id, sr_text_view("config.json"), &file, &tensor, &err) ==
          SR_OK);
    CHECK(file.facts.plain_bytes == 2);
    /* The next number follows the highest. */
    CHECK(room_deposit(r, source("model/config.json"), "config", 0, &result, &err) == SR_OK);
    CHECK(result.version.number == 8);
}

static void records_kind_and_parents(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    const char *parents[] = {"llama", "config@7"};
    struct sr_deposit_params params = {.path = source("model/config.json"),
                                       .name = "child",
                                       .kind = "adapter",
                                       .parents = parents,
                                       .parent_count = 2};
    CHECK(room_deposit_with(r, &params, &result, &err) == SR_OK);
    CHECK(strcmp(result.version.kind, "adapter") == 0);
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *found = NULL;
    size_t count = 0;
    CHECK(sr_query_parents(r, &result.version.id, &found, &count, &err) == SR_OK);
    CHECK(count == 2 && strcmp(found[0].name, "llama") == 0 && found[1].number == 7);
    params.kind = "Adapter";
    CHECK(room_deposit_with(r, &params, &result, &err) == SR_MALFORMED);
    params.kind = NULL;
    parents[1] = "llama@1";
    CHECK(room_deposit_with(r, &params, &result, &err) == SR_MALFORMED);
    parents[1] = "nobody";
    CHECK(room_deposit_with(r, &params, &result, &err) == SR_NOT_FOUND);
}

/* A source that must be refused with that status and words, and leave nothing behind. */
static void refuses(const char *path, enum sr_status expected, const char *words)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    unsigned before = count_versions();
    enum sr_status status = room_deposit(r, path, "refused", 0, &result, &err);
    CHECK(status == expected);
    CHECK(strstr(err.message, words) != NULL);
    if (status != expected || strstr(err.message, words) == NULL) {
        printf("# %d %s\n", (int)status, err.message);
    }
    CHECK(count_versions() == before && count_interrupted() == 0);
}

static void refuses_what_is_no_file(void)
{
    room_mkdir(scratch_dir, "odd");
    room_write(source("odd"), "fine", "x", 1);
    CHECK(symlink("fine", source("odd/link")) == 0);
    refuses(source("odd"), SR_UNSUPPORTED, "'link' is a symbolic link");
    CHECK(unlink(source("odd/link")) == 0);
    CHECK(mkfifo(source("odd/pipe"), 0600) == 0);
    refuses(source("odd"), SR_UNSUPPORTED, "'pipe' is a pipe");
    CHECK(unlink(source("odd/pipe")) == 0);
    room_write(source("odd"), "a\nb", "x", 1);
    refuses(source("odd"), SR_MALFORMED, "control");
    CHECK(unlink(source("odd/a\nb")) == 0);
    room_write(source("odd"), "\xff", "x", 1);
    refuses(source("odd"), SR_MALFORMED, "UTF-8");
    CHECK(unlink(source("odd/\xff")) == 0);
    room_mkdir(scratch_dir, "nothing");
    refuses(source("nothing"), SR_MALFORMED, "no files");
    refuses(source("absent"), SR_NOT_FOUND, "absent");
    refuses(scratch_dir, SR_CONFLICT, "the room itself");
    refuses(sr_room_dir(r), SR_CONFLICT, "the room itself");
    refuses("/dev/null", SR_UNSUPPORTED, "a device");
}

static void refuses_files_that_lie(void)
{
    room_mkdir(scratch_dir, "lies");
    room_write(source("lies"), "aaa.txt", "fine", 4);
    room_write(source("lies"), "zzz.safetensors", "\x08\0\0\0\0\0\0\0{\"a\":1} ", 16);
    refuses(source("lies"), SR_MALFORMED, "'zzz.safetensors'");
    room_write(source("lies"), "zzz.safetensors", "\x08\0\0", 3);
    refuses(source("lies"), SR_TRUNCATED, "'zzz.safetensors'");
    CHECK(unlink(source("lies/zzz.safetensors")) == 0);
    room_write(source("lies"), "zzz.gguf", "GGUX\3\0\0\0", 8);
    refuses(source("lies"), SR_MALFORMED, "'zzz.gguf'");
}

static void refuses_names_that_are_none(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    CHECK(room_deposit(r, source("model"), "Llama", 0, &result, &err) == SR_MALFORMED);
    CHECK(room_deposit(r, source("model"), "a/b", 0, &result, &err) == SR_MALFORMED);
    CHECK(room_deposit(r, source("model"), "", 0, &result, &err) == SR_MALFORMED);
    CHECK(room_deposit(r, source("model"), "llama", 1, &result, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "llama@1") != NULL);
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(sr_room_dir(r), ROOM_ACTOR, NULL, &locked, &err) == SR_OK);
    CHECK(room_deposit(locked, source("model"), "x", 0, &result, &err) == SR_UNAUTHENTICATED);
}

/* Progress that counts, and asks to stop after so many bytes. */
struct meter {
    uint64_t total;
    uint64_t files;
    uint64_t done;
    uint64_t stop_after; /* 0: never */
};

static void meter_start(void *ctx, uint64_t total, uint64_t files)
{
    struct meter *m = ctx;
    m->total = total;
    m->files = files;
}

static void meter_advance(void *ctx, uint64_t bytes)
{
    struct meter *m = ctx;
    __atomic_fetch_add(&m->done, bytes, __ATOMIC_SEQ_CST);
}

static bool meter_cancelled(void *ctx)
{
    struct meter *m = ctx;
    return m->stop_after != 0 && __atomic_load_n(&m->done, __ATOMIC_SEQ_CST) >= m->stop_after;
}

static enum sr_status deposit_metered(const char *path, const char *name, struct meter *m,
                                      struct sr_deposit_result *out, struct sr_err *err)
{
    struct sr_deposit_params params = {
        .path = path,
        .name = name,
        .threads = 2,
        .progress = {.ctx = m,
                     .start = meter_start,
                     .advance = meter_advance,
                     .cancelled = meter_cancelled},
    };
    return room_deposit_with(r, &params, out, err);
}

static void goes_on_after_a_stop(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    struct meter stopped = {.stop_after = 8 << 20};
    room_mkdir(scratch_dir, "big");
    room_write_random(source("big"), "one", (40 << 20) + 5, 11);
    room_write_random(source("big"), "two", 2 << 20, 12);
    CHECK(deposit_metered(source("big"), "big", &stopped, &result, &err) == SR_CANCELLED);
    CHECK(stopped.total == (42 << 20) + 5 && stopped.files == 2);
    CHECK(count_interrupted() == 1);
    struct meter whole = {0};
    CHECK(deposit_metered(source("big"), "big", &whole, &result, &err) == SR_OK);
    CHECK(result.is_resumed && result.version.number == 1 && whole.done == whole.total);
    CHECK(count_interrupted() == 0 && verifies(&result.version.id));
}

static void starts_again_when_the_source_changed(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    struct meter stopped = {.stop_after = 24 << 20};
    CHECK(deposit_metered(source("big"), "again", &stopped, &result, &err) == SR_CANCELLED);
    room_write_random(source("big"), "one", (40 << 20) + 5, 13);
    room_write_random(source("big"), "two", 2 << 20, 14);
    struct meter whole = {0};
    CHECK(deposit_metered(source("big"), "again", &whole, &result, &err) == SR_OK);
    CHECK(result.version.number == 1 && verifies(&result.version.id));
    struct sr_catalog_file file;
    struct sr_bytes tensor;
    CHECK(sr_query_file(r, &result.version.id, sr_text_view("two"), &file, &tensor, &err) == SR_OK);
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t *bytes = room_bytes(2 << 20, 14);
    CHECK(sr_sha256_once(sr_bytes(bytes, 2 << 20), digest) == SR_OK);
    CHECK(memcmp(digest, file.facts.sha256, sizeof digest) == 0);
    free(bytes);
    CHECK(count_interrupted() == 0);
}

static void another_deposit_clears_up(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    struct meter stopped = {.stop_after = 1 << 20};
    CHECK(deposit_metered(source("big"), "given-up", &stopped, &result, &err) == SR_CANCELLED);
    CHECK(count_interrupted() == 1);
    CHECK(room_deposit(r, source("model/config.json"), "config", 0, &result, &err) == SR_OK);
    CHECK(count_interrupted() == 0);
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "given-up", &v, &err) == SR_NOT_FOUND);
}

/* A source that somebody writes to while it is sealed. */
static void meter_meddle(void *ctx, uint64_t bytes)
{
    struct meter *m = ctx;
    if (m->done == 0) {
        room_write_random(source("big"), "one", (40 << 20) + 5, 99);
    }
    m->done += bytes;
}

static void refuses_a_source_that_changes(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    struct meter m = {0};
    struct sr_deposit_params params = {.path = source("big"),
                                       .name = "restless",
                                       .threads = 2,
                                       .progress = {.ctx = &m, .advance = meter_meddle}};
    enum sr_status status = room_deposit_with(r, &params, &result, &err);
    CHECK(status == SR_CONFLICT);
    CHECK(strstr(err.message, "changed while") != NULL);
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "restless", &v, &err) == SR_NOT_FOUND);
}

/* In a child: open the room anew and deposit; 0 won, 1 refused as it should be, 2 otherwise. */
static pid_t deposit_in_child(const char *path, const char *name, uint64_t number)
{
    pid_t child = fork();
    if (child == 0) {
        struct sr_err err = {0};
        struct sr_deposit_result result = {0};
        SR_AUTO(sr_room) own = room_open(scratch_dir, "room");
        enum sr_status status = room_deposit(own, path, name, number, &result, &err);
        if (status != SR_OK && status != SR_CONFLICT) {
            printf("# %s\n", err.message);
            (void)fflush(stdout);
        }
        sr_room_free(SR_TAKE(own));
        _exit(status == SR_OK ? 0 : status == SR_CONFLICT ? 1 : 2);
    }
    return child;
}

static unsigned wait_for(const pid_t *children, size_t count, unsigned outcome)
{
    unsigned matched = 0;
    for (size_t i = 0; i < count; i++) {
        int ended = 0;
        CHECK(waitpid(children[i], &ended, 0) == children[i]);
        CHECK(WIFEXITED(ended) && WEXITSTATUS(ended) != 2);
        matched += WIFEXITED(ended) && WEXITSTATUS(ended) == (int)outcome;
    }
    return matched;
}

static void lets_one_of_two_have_the_number(void)
{
    pid_t same[3];
    for (size_t i = 0; i < 3; i++) {
        same[i] = deposit_in_child(source("big"), "wanted", 5);
    }
    CHECK(wait_for(same, 3, 0) == 1);
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "wanted@5", &v, NULL) == SR_OK);
    CHECK(verifies(&v.id));
    CHECK(count_interrupted() == 0);
}

static void lets_different_ones_go_side_by_side(void)
{
    pid_t children[3] = {deposit_in_child(source("big"), "left", 0),
                         deposit_in_child(source("model"), "right", 0),
                         deposit_in_child(source("model"), "right", 0)};
    /* Readers meanwhile. */
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "llama", &v, NULL) == SR_OK);
    CHECK(verifies(&v.id));
    CHECK(wait_for(children, 3, 0) == 3);
    CHECK(room_resolve(r, "left@1", &v, NULL) == SR_OK && verifies(&v.id));
    CHECK(room_resolve(r, "right@1", &v, NULL) == SR_OK && verifies(&v.id));
    CHECK(room_resolve(r, "right@2", &v, NULL) == SR_OK && verifies(&v.id));
    CHECK(count_interrupted() == 0);
}

/*
 * With the inspection that the program has.
 */

static enum sr_status deposit_inspected(const char *name, const char *reason,
                                        struct sr_report *report, struct sr_deposit_result *out,
                                        struct sr_err *err)
{
    struct sr_deposit_params params = {
        .path = source(name), .name = "inspected", .threads = 2, .accept_review = reason};
    return room_deposit_looked(r, &params, NULL, report, out, err);
}

static struct sr_report *new_report(void)
{
    struct sr_report *report = NULL;
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &report) == SR_OK);
    return report;
}

static enum sr_status find_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    return room_act_says(act, ctx) ? SR_CANCELLED : SR_OK;
}

static bool is_on_record(const char *words)
{
    return sr_query_acts(r, 0, find_act, (void *)(uintptr_t)words, NULL) == SR_CANCELLED;
}

static void takes_what_passes_inspection(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_report) report = new_report();
    room_mkdir(scratch_dir, "good");
    room_write_safetensors(source("good"), "a.safetensors", 100, 1);
    room_write_safetensors(source("good"), "b.safetensors", 3 << 20, 2);
    CHECK(deposit_inspected("good", NULL, report, &result, &err) == SR_OK);
    CHECK(verifies(&result.version.id));
    CHECK(sr_report_count(report) == 2 && sr_report_verdict(report) == SR_VERDICT_PASS);
    struct sr_report_file b = sr_report_at(report, 1);
    CHECK(strcmp(b.path, "b.safetensors") == 0 && strcmp(b.format, "safetensors") == 0);
    CHECK(b.has_sha256 && b.covered == b.bytes && b.bytes > 3 << 20);
    CHECK(is_on_record("\"profile\":\"tensors\",\"ruleset\":"));
    CHECK(is_on_record("\"verdict\":\"PASS\"") && !is_on_record("\"because\":"));
}

static void refuses_what_inspection_does_not_know(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_report) report = new_report();
    unsigned before = count_versions();
    room_mkdir(scratch_dir, "unknown");
    room_write_safetensors(source("unknown"), "a.safetensors", 100, 1);
    room_write_random(source("unknown"), "weights.bin", 5000, 2);
    CHECK(deposit_inspected("unknown", "because", report, &result, &err) == SR_UNINSPECTED);
    CHECK(strstr(err.message, "weights.bin") != NULL);
    CHECK(sr_report_count(report) == 2 && sr_report_at(report, 0).verdict == SR_VERDICT_PASS);
    CHECK(count_versions() == before && count_interrupted() == 0);
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "inspected@2", &v, &err) == SR_NOT_FOUND);
}

static void takes_what_needs_review_with_a_reason(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_report) again = new_report();
    SR_AUTO(sr_report) last = new_report();
    unsigned before = count_versions();
    room_mkdir(scratch_dir, "review");
    room_write_safetensors(source("review"), "a.gguf", 100, 1);
    CHECK(deposit_inspected("review", NULL, report, &result, &err) != SR_OK);
    CHECK(deposit_inspected("review", "not\nplain", last, &result, &err) == SR_MALFORMED);
    CHECK(deposit_inspected("review", "", last, &result, &err) == SR_MALFORMED);
    CHECK(count_versions() == before && count_interrupted() == 0);
    room_mkdir(scratch_dir, "misnamed");
    room_write_safetensors(source("misnamed"), "a.zip", 100, 1);
    CHECK(deposit_inspected("misnamed", NULL, last, &result, &err) == SR_REFUSED);
    CHECK(strstr(err.message, "a.zip") != NULL && strstr(err.message, "REVIEW") != NULL);
    CHECK(deposit_inspected("misnamed", "we know it", again, &result, &err) == SR_OK);
    CHECK(is_on_record("\"because\":\"we know it\"") && is_on_record("\"verdict\":\"REVIEW\""));
}

/* In place of the inspection: dies of one file. */
static void die(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                struct sr_inspected *out)
{
    if (path.ptr[0] == 'b') {
        (void)syscall(SYS_exit_group, 1);
    }
    room_pass(in, path, bytes, out);
}

static void refuses_what_ends_the_worker(void)
{
    const struct sr_worker_look look = {.file = die};
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_report) report = new_report();
    struct sr_deposit_params params = {
        .path = source("good"), .name = "fatal", .threads = 2, .accept_review = "because"};
    CHECK(room_deposit_looked(r, &params, &look, report, &result, &err) == SR_UNINSPECTED);
    CHECK(strstr(err.message, "b.safetensors") != NULL);
    CHECK(sr_report_at(report, 0).verdict == SR_VERDICT_PASS);
    CHECK(sr_report_at(report, 1).findings[0].rule == SR_RULE_WORKER_DIED);
    CHECK(count_interrupted() == 0);
}

static bool has_report(void *ctx)
{
    return sr_report_count(ctx) > 0;
}

/* Stop when all is sealed and some of it is inspected. */
static void stop_while_inspecting(const char *name)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_report) report = new_report();
    struct sr_deposit_params params = {.path = source("good"),
                                       .name = name,
                                       .threads = 2,
                                       .progress = {.ctx = report, .cancelled = has_report}};
    CHECK(room_deposit_looked(r, &params, NULL, report, &result, &err) == SR_CANCELLED);
    SR_CLEANUP(room_free_interrupted) struct sr_query_interrupted *list = NULL;
    size_t count = 0;
    CHECK(sr_query_interrupted(r, &list, &count, NULL) == SR_OK && count == 1);
    CHECK(list[0].files_sealed == 2);
}

static void inspects_again_when_taken_up(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_report) report = new_report();
    stop_while_inspecting("inspected");
    CHECK(deposit_inspected("good", NULL, report, &result, &err) == SR_OK);
    CHECK(result.is_resumed && sr_report_count(report) == 2 && verifies(&result.version.id));
}

/* All of it is sealed, but nobody knows that it may come in. */
static void nothing_comes_in_without_inspection(void)
{
    struct sr_err err = {0};
    struct sr_recover_result recovered = {0};
    stop_while_inspecting("uninspected");
    CHECK(sr_recover(r, &recovered, &err) == SR_OK);
    CHECK(recovered.finished == 0 && recovered.removed == 1 && count_interrupted() == 0);
    struct sr_catalog_version v;
    CHECK(room_resolve(r, "uninspected", &v, &err) == SR_NOT_FOUND);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = room_new(scratch_dir, "room");
    room_make_model(scratch_dir, "model", 1);
    RUN(takes_a_folder);
    RUN(takes_one_file);
    RUN(records_kind_and_parents);
    RUN(refuses_what_is_no_file);
    RUN(refuses_files_that_lie);
    RUN(refuses_names_that_are_none);
    RUN(goes_on_after_a_stop);
    RUN(starts_again_when_the_source_changed);
    RUN(another_deposit_clears_up);
    RUN(refuses_a_source_that_changes);
    RUN(lets_one_of_two_have_the_number);
    RUN(lets_different_ones_go_side_by_side);
    RUN(takes_what_passes_inspection);
    RUN(refuses_what_inspection_does_not_know);
    RUN(takes_what_needs_review_with_a_reason);
    RUN(refuses_what_ends_the_worker);
    RUN(inspects_again_when_taken_up);
    RUN(nothing_comes_in_without_inspection);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
