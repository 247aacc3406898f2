/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going on after a crash (B-14): what is staged and genuine is kept to the byte, everything else is
 * sealed anew under another IV, and the body opens whatever was found.
 */
#include "seal/sealing.h"

#include "seal/layout.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/sealed.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES
#define PAGE SR_LAYOUT_PAGE_BYTES
#define SEGMENTS 5
#define PLAIN_BYTES ((SEGMENTS - 1) * P + 1234)

static const struct sr_body_name NAME = {.object = {{1}}, .version = {{2}}, .file_index = 3};

/* A file, where its body goes, and which writes went there. */
struct attempt {
    struct sr_pool *pool;
    struct sr_secret *dek;
    struct sealed_memory plain;
    struct sealed_memory body;
    struct sealed_memory before; /* the body as the attempt found it */
    bool wrote_page;
    bool wrote_segment[SEGMENTS];
    int writes_until_failure; /* -1: never */
    uint64_t fails_from;      /* offset, for failing_read() */
};

static enum sr_status note_write(void *ctx, uint64_t offset, struct sr_bytes data,
                                 struct sr_err *err)
{
    struct attempt *a = ctx;
    if (a->writes_until_failure == 0) {
        return sr_fail(err, SR_IO, "the power went");
    }
    a->writes_until_failure -= a->writes_until_failure > 0;
    if (offset == 0) {
        a->wrote_page = true;
    } else if (offset < PAGE + PLAIN_BYTES + SEGMENTS * 32) {
        CHECK((offset - PAGE) % S == 0);
        CHECK(!a->wrote_segment[(offset - PAGE) / S]);
        a->wrote_segment[(offset - PAGE) / S] = true;
    }
    return sealed_memory_write(&a->body, offset, data, err);
}

static void begin_attempt(struct attempt *a)
{
    *a = (struct attempt){.writes_until_failure = -1};
    CHECK(sr_pool_new(S, 1, 1, &a->pool, NULL) == SR_OK);
    CHECK(sr_secret_new(32, &a->dek, NULL) == SR_OK);
    sealed_memory_new(&a->plain, PLAIN_BYTES);
    sealed_fill(a->plain.data, PLAIN_BYTES, 1);
    a->plain.bytes = PLAIN_BYTES;
    sealed_memory_new(&a->body, sealed_capacity(PLAIN_BYTES) + S);
    sealed_memory_new(&a->before, a->body.capacity);
}

static void end_attempt(struct attempt *a)
{
    sealed_memory_free(&a->before);
    sealed_memory_free(&a->body);
    sealed_memory_free(&a->plain);
    sr_secret_free(a->dek);
    sr_pool_free(a->pool);
}

/* Seal into the body, going on with what is there. One thread, so that writes come in order. */
static enum sr_status seal_on(struct attempt *a, struct sr_err *err)
{
    memcpy(a->before.data, a->body.data, a->body.capacity);
    a->before.bytes = a->body.bytes;
    a->wrote_page = false;
    memset(a->wrote_segment, 0, sizeof a->wrote_segment);
    struct sealed_one one = {.job = {.name = NAME,
                                     .source = sealed_memory_source(&a->plain),
                                     .sink = {.write_at = note_write, .ctx = a},
                                     .staged = sealed_memory_source(&a->body)}};
    enum sr_status status = sealed_write(&one, a->dek, 1, err);
    if (status == SR_OK) {
        a->body.bytes = one.facts.body_bytes; /* as publish() cuts it */
    }
    return status;
}

/* Each segment was written anew under another IV, or not at all; exactly those in anew. */
static void check_kept_but(const struct attempt *a, const bool anew[SEGMENTS])
{
    CHECK(!a->wrote_page);
    for (size_t i = 0; i < SEGMENTS; i++) {
        const uint8_t *now = a->body.data + PAGE + i * S;
        const uint8_t *before = a->before.data + PAGE + i * S;
        size_t len = i < SEGMENTS - 1 ? S : 1234 + 32;
        CHECK(a->wrote_segment[i] == anew[i]);
        CHECK((memcmp(now, before, len) == 0) == !anew[i]);
        CHECK((memcmp(now + 4, before + 4, 12) == 0) == !anew[i]);
    }
}

static void check_opens(struct attempt *a)
{
    SR_AUTO(sr_body) b = NULL;
    struct sr_err err = {0};
    uint8_t *out = malloc(PLAIN_BYTES);
    CHECK(sr_body_open(&NAME, a->dek, sealed_memory_source(&a->body), a->pool, &b, &err) == SR_OK);
    CHECK(b != NULL && sr_body_read(b, 0, out, PLAIN_BYTES, &err) == SR_OK &&
          memcmp(out, a->plain.data, PLAIN_BYTES) == 0);
    free(out);
}

static void goes_on_where_it_was_interrupted(void)
{
    for (int writes = 1; writes <= 1 + SEGMENTS + 2; writes++) {
        struct attempt a;
        struct sr_err err = {0};
        begin_attempt(&a);
        a.writes_until_failure = writes; /* the page, the segments, trailer, table, footer */
        CHECK(seal_on(&a, &err) == SR_IO);
        CHECK(strstr(err.message, "the power went") != NULL);

        a.writes_until_failure = -1;
        CHECK(seal_on(&a, &err) == SR_OK);
        bool anew[SEGMENTS];
        for (int i = 0; i < SEGMENTS; i++) {
            anew[i] = i + 1 >= writes;
        }
        check_kept_but(&a, anew);
        check_opens(&a);
        end_attempt(&a);
    }
}

static void seals_damaged_segments_anew(void)
{
    static const bool ANEW[SEGMENTS] = {true, false, true, false, true};
    struct attempt a;
    begin_attempt(&a);
    CHECK(seal_on(&a, NULL) == SR_OK);
    memset(a.body.data + PAGE, 0, 4096);  /* lost in a crash */
    a.body.data[PAGE + 2 * S + 500] ^= 1; /* damaged */
    a.body.bytes = PAGE + 4 * S + 100;    /* cut */
    CHECK(seal_on(&a, NULL) == SR_OK);
    check_kept_but(&a, ANEW);
    check_opens(&a);
    end_attempt(&a);
}

/* A genuine segment that holds other bytes than the source has now. */
static void seals_changed_segments_anew(void)
{
    static const bool ANEW[SEGMENTS] = {false, true, false, false, false};
    struct attempt a;
    begin_attempt(&a);
    CHECK(seal_on(&a, NULL) == SR_OK);
    a.plain.data[P + 17] ^= 1;
    CHECK(seal_on(&a, NULL) == SR_OK);
    check_kept_but(&a, ANEW);
    check_opens(&a);
    end_attempt(&a);
}

/* Genuine segments that were moved are not taken for those of their new places. */
static void seals_moved_segments_anew(void)
{
    static const bool ANEW[SEGMENTS] = {false, true, false, false, false};
    struct attempt a;
    begin_attempt(&a);
    CHECK(seal_on(&a, NULL) == SR_OK);
    memcpy(a.body.data + PAGE + S, a.body.data + PAGE, S);
    memcpy(a.plain.data + P, a.plain.data, P);
    CHECK(seal_on(&a, NULL) == SR_OK);
    check_kept_but(&a, ANEW);
    check_opens(&a);
    end_attempt(&a);
}

/* Nothing is kept under a header page that is torn, or of another key; no key stream is shared. */
static void starts_afresh_under_another_header(void)
{
    for (int i = 0; i < 3; i++) {
        struct attempt a;
        begin_attempt(&a);
        CHECK(seal_on(&a, NULL) == SR_OK);
        if (i == 0) {
            sr_secret_bytes(a.dek)[0] ^= 1;
        } else {
            a.body.data[i == 1 ? PAGE - 1 : 0] ^= 1;
        }
        CHECK(seal_on(&a, NULL) == SR_OK);
        CHECK(a.wrote_page);
        CHECK(memcmp(a.body.data + PAGE - 64, a.before.data + PAGE - 64, 32) != 0);
        for (size_t segment = 0; segment < SEGMENTS; segment++) {
            CHECK(a.wrote_segment[segment]);
        }
        check_opens(&a);
        end_attempt(&a);
    }
}

static void ignores_what_is_staged_after_the_end(void)
{
    struct attempt a;
    begin_attempt(&a);
    CHECK(seal_on(&a, NULL) == SR_OK);
    memset(a.body.data + a.body.bytes, 0xa5, 5000);
    a.body.bytes += 5000;
    CHECK(seal_on(&a, NULL) == SR_OK);
    CHECK(!a.wrote_page && !a.wrote_segment[0]);
    check_opens(&a);
    end_attempt(&a);
}

/* A medium that cannot be read is not garbage: nothing is written over. */
static enum sr_status failing_read(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                   struct sr_err *err)
{
    struct attempt *a = ctx;
    if (offset >= a->fails_from) {
        return sr_fail(err, SR_IO, "the medium failed");
    }
    return sealed_memory_read(&a->body, offset, out, len, err);
}

static void stops_when_what_is_staged_cannot_be_read(void)
{
    struct attempt a;
    struct sr_err err = {0};
    begin_attempt(&a);
    CHECK(seal_on(&a, NULL) == SR_OK);
    struct sealed_one one = {.job = {.name = NAME,
                                     .source = sealed_memory_source(&a.plain),
                                     .sink = {.write_at = note_write, .ctx = &a}}};
    one.job.staged = (struct sr_source){.read_at = failing_read, .ctx = &a, .bytes = a.body.bytes};
    memset(a.wrote_segment, 0, sizeof a.wrote_segment);
    a.wrote_page = false;
    a.fails_from = PAGE + S;
    CHECK(sealed_write(&one, a.dek, 1, &err) == SR_IO);
    CHECK(strstr(err.message, "segment 1 of what is staged") != NULL);
    CHECK(!a.wrote_segment[1] && one.ended == 0 && one.closed == 1);

    a.fails_from = 0;
    CHECK(sealed_write(&one, a.dek, 1, &err) == SR_IO);
    CHECK(strstr(err.message, "header page of what is staged") != NULL);
    CHECK(!a.wrote_page && one.ended == 0 && one.closed == 2);
    end_attempt(&a);
}

static void every_failure_is_reported(void)
{
    struct attempt a;
    begin_attempt(&a);
    a.plain.bytes = 100;
    struct sealed_one one = {.job = {.name = NAME,
                                     .source = sealed_memory_source(&a.plain),
                                     .sink = sealed_memory_sink(&a.body)}};
    FAULT_SWEEP {
        struct sr_err err = {0};
        one.job.staged = sealed_memory_source(&a.body); /* grows from round to round */
        enum sr_status status = sealed_write(&one, a.dek, 1, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(err.status == SR_OK || err.status == status);
        CHECK(one.closed == one.begun);
    }
    CHECK(fault_sweep_faults() > 25);
    end_attempt(&a);
}

int main(void)
{
    RUN(goes_on_where_it_was_interrupted);
    RUN(seals_damaged_segments_anew);
    RUN(seals_changed_segments_anew);
    RUN(seals_moved_segments_anew);
    RUN(starts_afresh_under_another_header);
    RUN(ignores_what_is_staged_after_the_end);
    RUN(stops_when_what_is_staged_cannot_be_read);
    RUN(every_failure_is_reported);
    return check_done();
}
