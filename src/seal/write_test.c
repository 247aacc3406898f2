/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the number of threads and files, every file comes out whole; begin() is called in order,
 * close() once for each file begun; the first failure stops all and is the one that is reported.
 */
#include "seal/write.h"

#include <time.h>

#include "tests/check.h"
#include "tests/sealed.h"

#define P SR_BODY_PAYLOAD_BYTES
#define FILES_MAX 40

struct file {
    struct sealed_memory plain;
    struct sealed_memory body;
    struct sr_body_facts facts;
    unsigned begun;
    unsigned ended;
    unsigned closed;
};

/* A plan over files in memory; what is to fail, and where. */
struct room {
    struct sr_secret *dek;
    struct sr_pool *pool;
    size_t count;
    struct file files[FILES_MAX];
    size_t next;
    uint64_t progress;
    atomic_int asked;
    int cancel_after; /* questions; -1: never */
    size_t fails_at;  /* file index; FILES_MAX: none */
    enum sr_status fail_begin;
    enum sr_status fail_end;
    enum sr_status fail_read;
    enum sr_status fail_write;
};

static struct sr_body_name name_of(size_t index)
{
    return (struct sr_body_name){.object = {{(uint8_t)index, 1}}, .file_index = (uint32_t)index};
}

static enum sr_status failing_read(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                   struct sr_err *err)
{
    (void)offset;
    (void)out;
    (void)len;
    const struct room *r = ctx;
    return sr_fail(err, r->fail_read, "the source failed");
}

static enum sr_status failing_write(void *ctx, uint64_t offset, struct sr_bytes data,
                                    struct sr_err *err)
{
    (void)offset;
    (void)data;
    const struct room *r = ctx;
    return sr_fail(err, r->fail_write, "the sink failed");
}

static enum sr_status begin(void *ctx, size_t index, struct sr_seal_job *out, struct sr_err *err)
{
    struct room *r = ctx;
    CHECK(index == r->next);
    r->next++;
    if (index == r->fails_at && r->fail_begin != SR_OK) {
        return sr_fail(err, r->fail_begin, "begin failed");
    }
    struct file *f = &r->files[index];
    f->begun++;
    *out = (struct sr_seal_job){
        .name = name_of(index),
        .source = sealed_memory_source(&f->plain),
        .sink = sealed_memory_sink(&f->body),
    };
    if (index == r->fails_at && r->fail_read != SR_OK) {
        out->source.read_at = failing_read;
        out->source.ctx = r;
    }
    if (index == r->fails_at && r->fail_write != SR_OK) {
        out->sink = (struct sr_sink){.write_at = failing_write, .ctx = r};
    }
    return SR_OK;
}

static enum sr_status end(void *ctx, size_t index, const struct sr_body_facts *facts,
                          struct sr_err *err)
{
    struct room *r = ctx;
    if (index == r->fails_at && r->fail_end != SR_OK) {
        return sr_fail(err, r->fail_end, "end failed");
    }
    r->files[index].ended++;
    r->files[index].facts = *facts;
    return SR_OK;
}

static void close_file(void *ctx, size_t index)
{
    struct room *r = ctx;
    r->files[index].closed++;
}

static void count_progress(void *ctx, uint64_t bytes)
{
    struct room *r = ctx;
    r->progress += bytes; /* TSan would see two calls at once */
}

static bool is_cancelled(void *ctx)
{
    struct room *r = ctx;
    return atomic_fetch_add(&r->asked, 1) == r->cancel_after;
}

static struct room *new_room(size_t count, const size_t *lengths, size_t lengths_count)
{
    struct room *r = calloc(1, sizeof *r);
    CHECK(r != NULL && count <= FILES_MAX);
    r->count = count;
    r->cancel_after = -1;
    r->fails_at = FILES_MAX;
    CHECK(sr_secret_new(32, &r->dek, NULL) == SR_OK);
    CHECK(sr_pool_new(SR_BODY_SEGMENT_BYTES, 1, 1, &r->pool, NULL) == SR_OK);
    for (size_t i = 0; i < count; i++) {
        size_t len = lengths[i % lengths_count];
        sealed_memory_new(&r->files[i].plain, len);
        sealed_fill(r->files[i].plain.data, len, i);
        r->files[i].plain.bytes = len;
        sealed_memory_new(&r->files[i].body, sealed_capacity(len));
    }
    return r;
}

static void free_room(struct room *r)
{
    for (size_t i = 0; i < r->count; i++) {
        sealed_memory_free(&r->files[i].plain);
        sealed_memory_free(&r->files[i].body);
    }
    sr_pool_free(r->pool);
    sr_secret_free(r->dek);
    free(r);
}

static enum sr_status write_room(struct room *r, unsigned threads, size_t memory_bytes,
                                 struct sr_err *err)
{
    const struct sr_seal_plan plan = {
        .count = r->count,
        .dek = r->dek,
        .threads = threads,
        .memory_bytes = memory_bytes,
        .ctx = r,
        .begin = begin,
        .end = end,
        .close = close_file,
        .progress = count_progress,
        .cancelled = is_cancelled,
    };
    return sr_seal_write(&plan, err);
}

static bool reads_back(struct room *r, size_t index)
{
    struct file *f = &r->files[index];
    const struct sr_body_name name = name_of(index);
    SR_AUTO(sr_body) b = NULL;
    bool is_same = false;
    uint8_t *out = malloc(f->plain.bytes + 1);
    if (sr_body_open(&name, r->dek, sealed_memory_source(&f->body), r->pool, &b, NULL) == SR_OK &&
        sr_body_read(b, 0, out, f->plain.bytes, NULL) == SR_OK) {
        is_same = memcmp(out, f->plain.data, f->plain.bytes) == 0 &&
                  memcmp(sr_body_facts(b)->sha256, f->facts.sha256, 32) == 0;
    }
    free(out);
    return is_same;
}

static void files_of_all_sizes_come_out_whole(void)
{
    static const size_t LENGTHS[] = {0, 100, 9 * P + 1, P, 3 * P, 70000, 1, 12 * P};
    static const size_t MEMORY[] = {0, SR_SEAL_MEMORY_BYTES_MIN, (size_t)22 << 20,
                                    (size_t)200 << 20};
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct room *r = new_room(16, LENGTHS, sizeof LENGTHS / sizeof LENGTHS[0]);
        struct sr_err err = {0};
        uint64_t total = 0;
        CHECK(write_room(r, threads, MEMORY[threads - 1], &err) == SR_OK);
        for (size_t i = 0; i < r->count; i++) {
            const struct file *f = &r->files[i];
            CHECK(f->begun == 1 && f->ended == 1 && f->closed == 1);
            CHECK(reads_back(r, i));
            total += f->plain.bytes;
        }
        CHECK(r->progress == total);
        free_room(r);
    }
}

/* The whole-file digests must not depend on who was faster. */
static void digests_do_not_depend_on_threads(void)
{
    static const size_t LENGTH[] = {30 * P + 5};
    struct sr_body_facts facts[2];
    for (unsigned i = 0; i < 2; i++) {
        struct room *r = new_room(1, LENGTH, 1);
        CHECK(write_room(r, 1 + 3 * i, (size_t)64 << 20, NULL) == SR_OK);
        facts[i] = r->files[0].facts;
        uint8_t digest[SR_SHA256_BYTES];
        CHECK(sr_sha256_once(sr_bytes(r->files[0].plain.data, LENGTH[0]), digest) == SR_OK);
        CHECK(memcmp(facts[i].sha256, digest, sizeof digest) == 0);
        free_room(r);
    }
    CHECK(memcmp(facts[0].root, facts[1].root, sizeof facts[0].root) == 0);
    CHECK(memcmp(facts[0].body_root, facts[1].body_root, sizeof facts[0].root) != 0); /* IVs */
}

static void a_plan_without_files_is_done(void)
{
    static const size_t LENGTH[] = {0};
    struct room *r = new_room(0, LENGTH, 1);
    CHECK(write_room(r, 2, 0, NULL) == SR_OK);
    free_room(r);
}

/* Run a plan of 12 files that fails with expected in file 6; look at what is left. */
static void check_failure(struct room *r, unsigned threads, enum sr_status expected,
                          const char *words)
{
    struct sr_err err = {0};
    CHECK(write_room(r, threads, (size_t)16 << 20, &err) == expected);
    CHECK(err.status == expected && strstr(err.message, words) != NULL);
    for (size_t i = 0; i < r->count; i++) {
        CHECK(r->files[i].closed == r->files[i].begun);
        CHECK(r->files[i].ended <= r->files[i].begun);
        CHECK(r->files[i].ended == 0 || reads_back(r, i));
    }
    if (r->fails_at < FILES_MAX) {
        CHECK(r->files[r->fails_at].ended == 0);
        CHECK(r->fail_begin == SR_OK || r->next == r->fails_at + 1); /* none is begun after */
    }
    free_room(r);
}

static void first_failure_stops_all(void)
{
    static const size_t LENGTHS[] = {3 * P, 100, 2 * P + 7};
    for (unsigned threads = 1; threads <= 3; threads++) {
        for (int what = 0; what < 4; what++) {
            static const char *const WORDS[] = {"begin failed", "end failed", "the source failed",
                                                "the sink failed"};
            static const enum sr_status STATUSES[] = {SR_NOT_FOUND, SR_CONFLICT, SR_TRUNCATED,
                                                      SR_IO};
            struct room *r = new_room(12, LENGTHS, 3);
            r->fails_at = 6;
            r->fail_begin = what == 0 ? STATUSES[0] : SR_OK;
            r->fail_end = what == 1 ? STATUSES[1] : SR_OK;
            r->fail_read = what == 2 ? STATUSES[2] : SR_OK;
            r->fail_write = what == 3 ? STATUSES[3] : SR_OK;
            check_failure(r, threads, STATUSES[what], WORDS[what]);
        }
    }
}

/* A failure in the middle of a file that all threads work at: those that wait for their turn after
 * it, which never comes, must be let go. */
static enum sr_status read_to_the_middle(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                         struct sr_err *err)
{
    if (offset == 5 * P) {
        const struct timespec later = {.tv_nsec = 50000000}; /* the others get ahead */
        (void)nanosleep(&later, NULL);
        return sr_fail(err, SR_IO, "the source failed in the middle");
    }
    return sealed_memory_read(ctx, offset, out, len, err);
}

static void failure_lets_those_go_who_wait(void)
{
    static const size_t LENGTHS[] = {12 * P};
    struct room *r = new_room(1, LENGTHS, 1);
    struct sr_err err = {0};
    struct sealed_one one = {.job = {.name = name_of(0),
                                     .source = sealed_memory_source(&r->files[0].plain),
                                     .sink = sealed_memory_sink(&r->files[0].body)}};
    one.job.source.read_at = read_to_the_middle;
    CHECK(sealed_write(&one, r->dek, 3, &err) == SR_IO);
    CHECK(strstr(err.message, "in the middle") != NULL);
    CHECK(one.ended == 0 && one.closed == 1);
    free_room(r);
}

static void cancelling_stops_soon(void)
{
    static const size_t LENGTHS[] = {3 * P};
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct room *r = new_room(12, LENGTHS, 1);
        r->cancel_after = 10;
        check_failure(r, threads, SR_CANCELLED, "stopped");
    }
}

static void files_over_the_limit_are_refused(void)
{
    static const size_t LENGTHS[] = {10};
    struct room *r = new_room(1, LENGTHS, 1);
    struct sr_err err = {0};
    struct sealed_one one = {.job = {.name = name_of(0),
                                     .source = sealed_memory_source(&r->files[0].plain),
                                     .sink = sealed_memory_sink(&r->files[0].body)}};
    one.job.source.bytes = ((uint64_t)1 << 44) + 1;
    CHECK(sealed_write(&one, r->dek, 1, &err) == SR_TOO_LARGE);
    CHECK(one.begun == 1 && one.ended == 0 && one.closed == 1);
    free_room(r);
}

int main(void)
{
    RUN(files_of_all_sizes_come_out_whole);
    RUN(digests_do_not_depend_on_threads);
    RUN(a_plan_without_files_is_done);
    RUN(first_failure_stops_all);
    RUN(failure_lets_those_go_who_wait);
    RUN(cancelling_stops_soon);
    RUN(files_over_the_limit_are_refused);
    return check_done();
}
