/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every blobs driver must do, run against each one that is built in, and against the two that
 * exist for tests. A driver needs only a fixture here: how its URIs look.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/drivers.h"
#include "tests/check.h"
#include "tests/drivers/blobs_faulty.h"
#include "tests/fault.h"
#include "tests/scratch.h"

#define URI_BYTES 128

static char scratch_dir[] = "/tmp/sr-blobs-XXXXXX";

static const struct fixture {
    const char *scheme;
    const char *uri;       /* up to the path, which names a store that is not there yet */
    bool across_processes; /* a store is one store for several processes */
} FIXTURES[] = {
    {"dir", "dir:", true},
    {"memory", "memory:", false},
    {"faulty", "faulty:dir:", true},
};

static const struct fixture *fixture; /* of the driver under test */
static unsigned next_store;

static const struct sr_id ID_A = {{0xa1, 1, 2, 3}};
static const struct sr_id ID_B = {{0xb2, 4, 5, 6}};

static void fresh_uri(char uri[URI_BYTES])
{
    (void)snprintf(uri, URI_BYTES, "%s%s/%u", fixture->uri, scratch_dir, next_store++);
}

static struct sr_blobs *fresh_store(void)
{
    char uri[URI_BYTES];
    struct sr_blobs *b = NULL;
    fresh_uri(uri);
    CHECK(sr_blobs_create(uri, NULL) == SR_OK);
    CHECK(sr_blobs_open(uri, &b, NULL) == SR_OK);
    assert(b != NULL);
    return b;
}

static struct sr_staged *stage(struct sr_blobs *b, const struct sr_id *id)
{
    struct sr_staged *s = NULL;
    struct sr_err err = {0};
    if (sr_blobs_stage(b, id, &s, &err) != SR_OK) {
        printf("# %s\n", err.message);
    }
    assert(s != NULL);
    return s;
}

static enum sr_status write_text(struct sr_staged *s, uint64_t offset, const char *text,
                                 struct sr_err *err)
{
    struct sr_sink sink;
    struct sr_source source;
    sr_staged_io(s, &sink, &source);
    return sink.write_at(sink.ctx, offset, sr_text_view(text), err);
}

static bool source_holds(struct sr_source source, const char *text)
{
    char bytes[64] = {0};
    size_t len = strlen(text);
    assert(len <= sizeof bytes);
    return source.bytes == len &&
           source.read_at(source.ctx, 0, (uint8_t *)bytes, len, NULL) == SR_OK &&
           memcmp(bytes, text, len) == 0;
}

static bool staged_holds(struct sr_staged *s, const char *text)
{
    struct sr_sink sink;
    struct sr_source source;
    sr_staged_io(s, &sink, &source);
    return source_holds(source, text);
}

static bool blob_holds(struct sr_blobs *b, const struct sr_id *id, const char *text)
{
    SR_AUTO(sr_blob) blob = NULL;
    return sr_blobs_open_blob(b, id, &blob, NULL) == SR_OK &&
           source_holds(sr_blob_source(blob), text);
}

static bool has_blob(struct sr_blobs *b, const struct sr_id *id)
{
    SR_AUTO(sr_blob) blob = NULL;
    enum sr_status status = sr_blobs_open_blob(b, id, &blob, NULL);
    CHECK(status == SR_OK || status == SR_NOT_FOUND);
    CHECK((blob != NULL) == (status == SR_OK));
    return status == SR_OK;
}

static void put(struct sr_blobs *b, const struct sr_id *id, const char *text)
{
    struct sr_staged *s = stage(b, id);
    CHECK(write_text(s, 0, text, NULL) == SR_OK);
    CHECK(sr_staged_publish(s, strlen(text), NULL) == SR_OK);
}

static void is_made_once_and_opened_often(void)
{
    char uri[URI_BYTES];
    struct sr_blobs *missing = NULL;
    struct sr_err err = {0};
    fresh_uri(uri);
    CHECK(sr_blobs_open(uri, &missing, &err) == SR_NOT_FOUND);
    CHECK(missing == NULL);
    CHECK(strstr(err.message, fixture->scheme) != NULL);

    CHECK(sr_blobs_create(uri, NULL) == SR_OK);
    CHECK(sr_blobs_create(uri, NULL) == SR_CONFLICT);
    SR_AUTO(sr_blobs) first = NULL;
    SR_AUTO(sr_blobs) second = NULL;
    CHECK(sr_blobs_open(uri, &first, NULL) == SR_OK);
    CHECK(sr_blobs_open(uri, &second, NULL) == SR_OK);
    put(first, &ID_A, "seen by both");
    CHECK(blob_holds(second, &ID_A, "seen by both"));
}

static void appears_under_its_name_only_when_published(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    struct sr_staged *s = stage(b, &ID_A);
    CHECK(staged_holds(s, ""));
    CHECK(write_text(s, 6, "world", NULL) == SR_OK);
    CHECK(write_text(s, 0, "hello ", NULL) == SR_OK);
    CHECK(staged_holds(s, "hello world"));
    CHECK(!has_blob(b, &ID_A));
    CHECK(sr_blobs_remove(b, &ID_A, NULL) == SR_NOT_FOUND);

    CHECK(sr_staged_publish(s, 11, NULL) == SR_OK);
    CHECK(blob_holds(b, &ID_A, "hello world"));
    CHECK(!has_blob(b, &ID_B));
}

static void publishes_exactly_the_length_that_was_asked_for(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    struct sr_staged *s = stage(b, &ID_A);
    CHECK(write_text(s, 0, "left over from a longer attempt", NULL) == SR_OK);
    CHECK(sr_staged_publish(s, 4, NULL) == SR_OK);
    CHECK(blob_holds(b, &ID_A, "left"));

    s = stage(b, &ID_B);
    CHECK(write_text(s, 0, "short", NULL) == SR_OK);
    CHECK(sr_staged_publish(s, 6, NULL) == SR_TRUNCATED);
    CHECK(!has_blob(b, &ID_B));
    s = stage(b, &ID_B); /* released, and still there */
    CHECK(staged_holds(s, "short"));
    CHECK(sr_staged_publish(s, 0, NULL) == SR_OK);
    CHECK(blob_holds(b, &ID_B, ""));
}

static void never_replaces_a_published_blob(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    put(b, &ID_A, "the first");
    struct sr_staged *s = NULL;
    CHECK(sr_blobs_stage(b, &ID_A, &s, NULL) == SR_CONFLICT);
    CHECK(s == NULL);
    CHECK(sr_blobs_drop_staged(b, &ID_A, NULL) == SR_NOT_FOUND);
    CHECK(blob_holds(b, &ID_A, "the first"));
}

static void is_held_by_one_and_resumed_by_the_next(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    struct sr_staged *second = NULL;
    struct sr_staged *s = stage(b, &ID_A);
    CHECK(write_text(s, 0, "so far", NULL) == SR_OK);
    CHECK(sr_blobs_stage(b, &ID_A, &second, NULL) == SR_BUSY);
    CHECK(second == NULL);
    CHECK(sr_blobs_drop_staged(b, &ID_A, NULL) == SR_BUSY);
    sr_staged_free(s);

    s = stage(b, &ID_A);
    CHECK(staged_holds(s, "so far"));
    sr_staged_free(s);
    CHECK(sr_blobs_drop_staged(b, &ID_A, NULL) == SR_OK);
    CHECK(sr_blobs_drop_staged(b, &ID_A, NULL) == SR_NOT_FOUND);
    s = stage(b, &ID_A);
    CHECK(staged_holds(s, ""));
    sr_staged_free(s);
}

static void removes_for_good(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    put(b, &ID_A, "a");
    put(b, &ID_B, "b");
    SR_AUTO(sr_blob) reader = NULL;
    CHECK(sr_blobs_open_blob(b, &ID_A, &reader, NULL) == SR_OK);
    CHECK(sr_blobs_remove(b, &ID_A, NULL) == SR_OK);
    CHECK(sr_blobs_remove(b, &ID_A, NULL) == SR_NOT_FOUND);
    CHECK(!has_blob(b, &ID_A));
    CHECK(has_blob(b, &ID_B));
    put(b, &ID_A, "again");
    CHECK(blob_holds(b, &ID_A, "again"));
}

static void reads_all_or_says_truncated(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    put(b, &ID_A, "0123456789");
    SR_AUTO(sr_blob) blob = NULL;
    CHECK(sr_blobs_open_blob(b, &ID_A, &blob, NULL) == SR_OK);
    struct sr_source source = sr_blob_source(blob);
    uint8_t bytes[16];
    CHECK(source.read_at(source.ctx, 4, bytes, 6, NULL) == SR_OK);
    CHECK(memcmp(bytes, "456789", 6) == 0);
    CHECK(source.read_at(source.ctx, 10, bytes, 0, NULL) == SR_OK);
    CHECK(source.read_at(source.ctx, 4, bytes, 7, NULL) == SR_TRUNCATED);
    CHECK(source.read_at(source.ctx, 11, bytes, 1, NULL) == SR_TRUNCATED);
    CHECK(source.read_at(source.ctx, UINT64_MAX - 3, bytes, 8, NULL) == SR_TRUNCATED);
}

struct listed {
    unsigned staged;
    unsigned published;
    uint64_t staged_bytes;
    uint64_t published_bytes;
    unsigned strays;
    unsigned stop_after; /* 0: never */
};

static enum sr_status note(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                           uint64_t bytes, struct sr_err *err)
{
    struct listed *l = ctx;
    const struct sr_id *expected = state == SR_BLOB_STAGED ? &ID_A : &ID_B;
    CHECK(sr_text_id_equal(object, expected));
    *(state == SR_BLOB_STAGED ? &l->staged : &l->published) += 1;
    *(state == SR_BLOB_STAGED ? &l->staged_bytes : &l->published_bytes) += bytes;
    if (l->stop_after != 0 && l->staged + l->published >= l->stop_after) {
        return sr_fail(err, SR_CANCELLED, "enough");
    }
    return SR_OK;
}

static void note_stray(void *ctx, const char *name)
{
    printf("# stray %s\n", name);
    ((struct listed *)ctx)->strays++;
}

static void lists_what_is_there(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    struct listed l = {0};
    CHECK(sr_blobs_list(b, note, note_stray, &l, NULL) == SR_OK);
    CHECK(l.staged + l.published == 0);

    SR_AUTO(sr_staged) s = stage(b, &ID_A);
    CHECK(write_text(s, 0, "abc", NULL) == SR_OK);
    put(b, &ID_B, "defgh");
    CHECK(sr_blobs_list(b, note, note_stray, &l, NULL) == SR_OK);
    CHECK(l.staged == 1 && l.staged_bytes == 3);
    CHECK(l.published == 1 && l.published_bytes == 5);
    CHECK(l.strays == 0);
    CHECK(sr_blobs_list(b, note, NULL, &l, NULL) == SR_OK);

    struct listed cut = {.stop_after = 1};
    CHECK(sr_blobs_list(b, note, note_stray, &cut, NULL) == SR_CANCELLED);
    CHECK(cut.staged + cut.published == 1);
}

static void hints_and_reservations_change_nothing(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    uint64_t free_bytes = 0;
    CHECK(sr_blobs_free_bytes(b, &free_bytes, NULL) == SR_OK);
    CHECK(free_bytes > 0);
    struct sr_staged *s = stage(b, &ID_A);
    CHECK(sr_staged_reserve(s, 1 << 20, NULL) == SR_OK);
    CHECK(staged_holds(s, ""));
    CHECK(write_text(s, 0, "x", NULL) == SR_OK);
    sr_staged_flush_hint(s, 0, 1);
    sr_staged_flush_hint(s, UINT64_MAX, UINT64_MAX);
    CHECK(staged_holds(s, "x"));
    CHECK(sr_staged_publish(s, 1, NULL) == SR_OK);
    CHECK(blob_holds(b, &ID_A, "x"));
}

#define PIECES 64U
#define PIECE_BYTES 5000U
#define WRITERS 4U

struct writer {
    struct sr_sink sink;
    unsigned index;
    bool failed;
};

static void *write_pieces(void *arg)
{
    struct writer *w = arg;
    uint8_t piece[PIECE_BYTES];
    for (unsigned i = w->index; i < PIECES; i += WRITERS) {
        memset(piece, (int)i, sizeof piece);
        w->failed |= w->sink.write_at(w->sink.ctx, (uint64_t)i * PIECE_BYTES,
                                      sr_bytes(piece, sizeof piece), NULL) != SR_OK;
    }
    return NULL;
}

static void is_written_by_many_threads(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    struct sr_staged *s = stage(b, &ID_A);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct sr_source unused;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.index = i};
        sr_staged_io(s, &writers[i].sink, &unused);
        assert(pthread_create(&threads[i], NULL, write_pieces, &writers[i]) == 0);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(!writers[i].failed);
    }
    CHECK(sr_staged_publish(s, (uint64_t)PIECES * PIECE_BYTES, NULL) == SR_OK);

    SR_AUTO(sr_blob) blob = NULL;
    CHECK(sr_blobs_open_blob(b, &ID_A, &blob, NULL) == SR_OK);
    struct sr_source source = sr_blob_source(blob);
    unsigned wrong = 0;
    for (unsigned i = 0; i < PIECES; i++) {
        uint8_t piece[PIECE_BYTES];
        CHECK(source.read_at(source.ctx, (uint64_t)i * PIECE_BYTES, piece, sizeof piece, NULL) ==
              SR_OK);
        for (size_t j = 0; j < sizeof piece; j++) {
            wrong += piece[j] != i;
        }
    }
    CHECK(wrong == 0);
}

static void survives_every_failing_allocation(void)
{
    char uri[URI_BYTES];
    fresh_uri(uri);
    CHECK(sr_blobs_create(uri, NULL) == SR_OK);
    struct sr_id id = ID_A;
    FAULT_SWEEP {
        SR_AUTO(sr_blobs) b = NULL;
        SR_AUTO(sr_staged) s = NULL;
        SR_AUTO(sr_blob) blob = NULL;
        struct sr_err err = {0};
        id.bytes[15]++;
        enum sr_status status = sr_blobs_open(uri, &b, &err);
        if (status == SR_OK) {
            status = sr_blobs_stage(b, &id, &s, &err);
        }
        if (status == SR_OK) {
            status = write_text(s, 0, "x", &err);
        }
        if (status == SR_OK) {
            status = sr_staged_publish(SR_TAKE(s), 1, &err);
        }
        if (status == SR_OK) {
            status = sr_blobs_open_blob(b, &id, &blob, &err);
        }
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((blob != NULL) == (status == SR_OK));
        CHECK(status == SR_OK || strlen(err.message) > 0);
    }
    CHECK(fault_sweep_faults() >= 3);
}

/* Between processes. */

static enum sr_status open_from(char *uri, struct sr_blobs **out)
{
    return sr_blobs_open(uri, out, NULL);
}

static void a_hold_ends_with_its_process(void)
{
    char uri[URI_BYTES];
    int ready[2];
    fresh_uri(uri);
    CHECK(sr_blobs_create(uri, NULL) == SR_OK);
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct sr_blobs *b = NULL;
        struct sr_staged *s = NULL;
        char ok = open_from(uri, &b) == SR_OK && sr_blobs_stage(b, &ID_A, &s, NULL) == SR_OK &&
                          write_text(s, 0, "by the dead", NULL) == SR_OK
                      ? 'y'
                      : 'n';
        (void)!write(ready[1], &ok, 1);
        for (;;) {
            (void)pause();
        }
    }
    char ok = 'n';
    CHECK(read(ready[0], &ok, 1) == 1);
    CHECK(ok == 'y');
    SR_AUTO(sr_blobs) b = NULL;
    struct sr_staged *s = NULL;
    CHECK(open_from(uri, &b) == SR_OK);
    CHECK(sr_blobs_stage(b, &ID_A, &s, NULL) == SR_BUSY);
    CHECK(sr_blobs_drop_staged(b, &ID_A, NULL) == SR_BUSY);
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
    s = stage(b, &ID_A);
    CHECK(staged_holds(s, "by the dead"));
    sr_staged_free(s);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

#define RACERS 4
#define RACES 25

/* Stage, write the racer's own letter, publish. Exit with 0 for the winner, 1 for losers, 2 for
 * anything that must not happen. */
static void race(char *uri, int racer, const struct sr_id *id)
{
    char text[2] = {(char)('a' + racer), '\0'};
    struct sr_blobs *b = NULL;
    struct sr_staged *s = NULL;
    if (open_from(uri, &b) != SR_OK) {
        _exit(2);
    }
    enum sr_status status = sr_blobs_stage(b, id, &s, NULL);
    if (status == SR_BUSY || status == SR_CONFLICT) {
        _exit(1);
    }
    if (status != SR_OK || write_text(s, 0, text, NULL) != SR_OK ||
        sr_staged_publish(s, 1, NULL) != SR_OK) {
        _exit(2);
    }
    _exit(0);
}

static void a_race_for_one_name_has_one_winner(void)
{
    char uri[URI_BYTES];
    fresh_uri(uri);
    CHECK(sr_blobs_create(uri, NULL) == SR_OK);
    SR_AUTO(sr_blobs) b = NULL;
    CHECK(open_from(uri, &b) == SR_OK);
    struct sr_id id = ID_A;
    for (int i = 0; i < RACES; i++) {
        id.bytes[15] = (uint8_t)i;
        pid_t racers[RACERS];
        int winners = 0;
        char winner[2] = {0};
        for (int r = 0; r < RACERS; r++) {
            racers[r] = fork();
            if (racers[r] == 0) {
                race(uri, r, &id);
            }
        }
        for (int r = 0; r < RACERS; r++) {
            int status = 0;
            CHECK(waitpid(racers[r], &status, 0) == racers[r]);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 2);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                winners++;
                winner[0] = (char)('a' + r);
            }
        }
        CHECK(winners == 1);
        CHECK(blob_holds(b, &id, winner));
        CHECK(sr_blobs_drop_staged(b, &id, NULL) == SR_NOT_FOUND);
    }
}

/* Particular to "faulty": each fault shows, once or for ever, and only where it was armed. */

static void faulty_shows_each_fault_where_it_was_armed(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    struct sr_err err = {0};
    struct sr_staged *s = stage(b, &ID_A);

    faulty_arm(FAULTY_WRITE, FAULTY_EIO, 2);
    CHECK(write_text(s, 0, "0123", &err) == SR_OK);
    CHECK(!faulty_fired());
    CHECK(write_text(s, 4, "4567", &err) == SR_IO);
    CHECK(faulty_fired());
    CHECK(strstr(err.message, "injected") != NULL);
    CHECK(staged_holds(s, "0123"));
    CHECK(write_text(s, 4, "4567", NULL) == SR_OK);
    CHECK(faulty_count(FAULTY_WRITE) == 3);

    faulty_arm(FAULTY_WRITE, FAULTY_ENOSPC, 1);
    CHECK(write_text(s, 8, "89", NULL) == SR_IO);
    CHECK(write_text(s, 8, "89", NULL) == SR_IO);
    faulty_arm(FAULTY_WRITE, FAULTY_SHORT, 1);
    CHECK(write_text(s, 8, "89", NULL) == SR_IO);
    CHECK(staged_holds(s, "012345678"));
    faulty_arm(FAULTY_WRITE, FAULTY_TORN, 1);
    CHECK(write_text(s, 8, "89ab", NULL) == SR_OK);
    CHECK(staged_holds(s, "0123456789"));
    faulty_arm(FAULTY_WRITE, FAULTY_FLIP, 1);
    CHECK(write_text(s, 8, "8", NULL) == SR_OK);
    CHECK(staged_holds(s, "0123456799"));
    faulty_arm(FAULTY_WRITE, FAULTY_SLOW, 1);
    CHECK(write_text(s, 8, "8", NULL) == SR_OK);
    CHECK(faulty_fired());
    faulty_arm(FAULTY_PUBLISH, FAULTY_EIO, 1);
    CHECK(sr_staged_publish(s, 10, NULL) == SR_IO);
    CHECK(!has_blob(b, &ID_A));
    s = stage(b, &ID_A);
    faulty_arm(FAULTY_PUBLISH, FAULTY_TORN, 1);
    CHECK(sr_staged_publish(s, 10, NULL) == SR_IO);
    faulty_disarm();
    CHECK(blob_holds(b, &ID_A, "0123456789"));
}

static void faulty_reads_short_and_wrong(void)
{
    SR_AUTO(sr_blobs) b = fresh_store();
    put(b, &ID_A, "0123");
    SR_AUTO(sr_blob) blob = NULL;
    CHECK(sr_blobs_open_blob(b, &ID_A, &blob, NULL) == SR_OK);
    struct sr_source source = sr_blob_source(blob);
    uint8_t bytes[4];
    faulty_arm(FAULTY_READ, FAULTY_SHORT, 1);
    CHECK(source.read_at(source.ctx, 0, bytes, 4, NULL) == SR_TRUNCATED);
    faulty_arm(FAULTY_READ, FAULTY_FLIP, 1);
    CHECK(source.read_at(source.ctx, 0, bytes, 4, NULL) == SR_OK);
    CHECK(memcmp(bytes, "0133", 4) == 0);
    faulty_arm(FAULTY_READ, FAULTY_EIO, 1);
    CHECK(source.read_at(source.ctx, 0, bytes, 4, NULL) == SR_IO);
    CHECK(source.read_at(source.ctx, 0, bytes, 4, NULL) == SR_OK);
    CHECK(memcmp(bytes, "0123", 4) == 0);
    faulty_disarm();
}

static void unknown_scheme_is_named_in_the_message(void)
{
    struct sr_blobs *b = NULL;
    struct sr_err err = {0};
    CHECK(sr_blobs_open("floppy:a", &b, &err) == SR_UNSUPPORTED);
    CHECK(strstr(err.message, "floppy") != NULL);
    CHECK(sr_blobs_open("floppy", &b, NULL) == SR_USAGE);
    CHECK(sr_blobs_create("floppy:a", NULL) == SR_UNSUPPORTED);
    CHECK(b == NULL);
}

static void run_suite(void)
{
    RUN(is_made_once_and_opened_often);
    RUN(appears_under_its_name_only_when_published);
    RUN(publishes_exactly_the_length_that_was_asked_for);
    RUN(never_replaces_a_published_blob);
    RUN(is_held_by_one_and_resumed_by_the_next);
    RUN(removes_for_good);
    RUN(reads_all_or_says_truncated);
    RUN(lists_what_is_there);
    RUN(hints_and_reservations_change_nothing);
    RUN(is_written_by_many_threads);
    RUN(survives_every_failing_allocation);
    if (fixture->across_processes) {
        RUN(a_hold_ends_with_its_process);
        RUN(a_race_for_one_name_has_one_winner);
    }
    if (strcmp(fixture->scheme, "faulty") == 0) {
        RUN(faulty_shows_each_fault_where_it_was_armed);
        RUN(faulty_reads_short_and_wrong);
    }
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    for (size_t i = 0; sr_drivers_blobs[i] != NULL; i++) {
        fixture = NULL;
        for (size_t j = 0; j < sizeof FIXTURES / sizeof FIXTURES[0]; j++) {
            if (strcmp(FIXTURES[j].scheme, sr_drivers_blobs[i]->scheme) == 0) {
                fixture = &FIXTURES[j];
            }
        }
        assert(fixture != NULL); /* a driver without a fixture is untested: add one above */
        printf("# driver %s\n", fixture->scheme);
        run_suite();
    }
    RUN(unknown_scheme_is_named_in_the_message);
    scratch_remove(scratch_dir);
    return check_done();
}
