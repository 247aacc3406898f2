/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was sealed is read back, in any range and by any thread, and failures of the medium are told
 * from damage. That damage and deceit are refused is in cheats_test.c.
 */
#include "seal/body.h"

#include <pthread.h>

#include "crypto/merkle.h"
#include "seal/layout.h"
#include "tests/fault.h"
#include "tests/sealed_sample.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES
#define PAGE SR_LAYOUT_PAGE_BYTES
#define SMALL_BYTES 700

static void facts_and_tensors_come_back(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 1);
    SR_AUTO(sr_body) b = NULL;
    CHECK(open_as(&s, &NAME, &b, NULL) == SR_OK);
    const struct sr_body_facts *facts = sr_body_facts(b);
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t leaf[SR_SHA256_BYTES];
    CHECK(sr_sha256_once(sr_bytes(s.plain.data, SMALL_BYTES), digest) == SR_OK);
    CHECK(sr_merkle_leaf(sr_bytes(s.plain.data, SMALL_BYTES), leaf) == SR_OK);
    CHECK(facts->kind == SR_FILE_SAFETENSORS);
    CHECK(facts->plain_bytes == SMALL_BYTES);
    CHECK(facts->body_bytes == s.body.bytes);
    CHECK(facts->tensor_count == 1);
    CHECK(memcmp(facts->sha256, digest, sizeof digest) == 0);
    CHECK(memcmp(facts->root, leaf, sizeof leaf) == 0);
    CHECK(memcmp(facts->root, s.facts.root, sizeof leaf) == 0);
    CHECK(s.facts.body_bytes == s.body.bytes && s.facts.tensor_count == 1);

    struct sr_tensor tensor = {0};
    CHECK(sr_tensors_find(sr_body_tensors(b), sr_bytes("layer.weight", 12), &tensor));
    CHECK(tensor.begin == 8 && tensor.end == 20 && strcmp(tensor.dtype, "BF16") == 0);
    drop_sample(&s);
}

/* B-15, computed here from the stored bytes and the format's document alone. */
static void body_root_is_over_the_stored_pieces(void)
{
    struct sample s;
    seal_sample(&s, &NAME, P + 5, 2);
    const size_t cuts[] = {0, PAGE, PAGE + S, PAGE + S + 5 + 32,
                           (size_t)s.body.bytes - 32 - 4 * SR_SHA256_BYTES};
    struct sr_merkle tree = {0};
    for (size_t i = 0; i < 4; i++) {
        uint8_t leaf[SR_SHA256_BYTES];
        CHECK(sr_merkle_leaf(sr_bytes(s.body.data + cuts[i], cuts[i + 1] - cuts[i]), leaf) ==
              SR_OK);
        CHECK(memcmp(leaf, s.body.data + cuts[4] + i * sizeof leaf, sizeof leaf) == 0);
        CHECK(sr_merkle_add(&tree, leaf) == SR_OK);
    }
    uint8_t root[SR_SHA256_BYTES];
    CHECK(sr_merkle_root(&tree, root) == SR_OK);
    CHECK(memcmp(root, s.facts.body_root, sizeof root) == 0);
    drop_sample(&s);
}

static void lengths_around_the_segment(void)
{
    static const size_t LENGTHS[] = {0, 1, P - 1, P, P + 1, 2 * P - 1, 2 * P, 2 * P + 1};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        struct sample s;
        seal_sample(&s, &NAME, LENGTHS[i], i);
        CHECK(read_all(&s, NULL) == SR_OK);
        size_t segments = LENGTHS[i] == 0 ? 1 : (LENGTHS[i] + P - 1) / P; /* B-5 */
        CHECK(s.facts.body_bytes >= PAGE + LENGTHS[i] + 32 * segments);
        drop_sample(&s);
    }
}

/* Wherever a range begins and ends, and whether or not the source can lend its memory. */
static void any_range_is_read(void)
{
    static const size_t EDGES[] = {0, 1, 4096, P - 1, P, P + 1, 2 * P, 2 * P + 17, 3 * P + 100};
    const size_t count = sizeof EDGES / sizeof EDGES[0];
    struct sample s;
    seal_sample(&s, &NAME, 3 * P + 100, 3);
    uint8_t *out = malloc(3 * P + 101);
    for (int lends = 0; lends < 2; lends++) {
        SR_AUTO(sr_body) b = NULL;
        struct sr_source stored = sealed_memory_source(&s.body);
        stored.view_at = lends == 1 ? sealed_memory_view : NULL;
        CHECK(sr_body_open(&NAME, s.dek, stored, s.pool, &b, NULL) == SR_OK);
        CHECK(sr_body_pool(b) == s.pool);
        for (size_t from = 0; from < count; from++) {
            for (size_t to = from; to < count; to++) {
                size_t len = EDGES[to] - EDGES[from];
                out[len] = 0xee;
                CHECK(sr_body_read(b, EDGES[from], out, len, NULL) == SR_OK);
                CHECK(memcmp(out, s.plain.data + EDGES[from], len) == 0);
                CHECK(out[len] == 0xee);
            }
        }
        CHECK(sr_body_read(b, 3 * P + 100, out, 1, NULL) == SR_TOO_LARGE);
        CHECK(sr_body_read(b, 3 * P + 101, out, 0, NULL) == SR_TOO_LARGE);
        CHECK(sr_body_read(b, UINT64_MAX, out, 2, NULL) == SR_TOO_LARGE);
    }
    free(out);
    drop_sample(&s);
}

struct reading {
    struct sample *s;
    struct sr_body *body;
    uint64_t seed;
    bool all_right;
};

static void *read_here_and_there(void *arg)
{
    struct reading *r = arg;
    uint64_t x = r->seed;
    uint8_t *out = malloc(r->s->plain.bytes);
    for (int i = 0; i < 30; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        uint64_t offset = (x >> 20) % r->s->plain.bytes;
        size_t len = (size_t)((x >> 40) % (r->s->plain.bytes - offset));
        r->all_right = r->all_right && sr_body_read(r->body, offset, out, len, NULL) == SR_OK &&
                       memcmp(out, r->s->plain.data + offset, len) == 0;
    }
    free(out);
    return NULL;
}

static void many_threads_read_one_body(void)
{
    struct sample s;
    seal_sample(&s, &NAME, 3 * P + 100, 4);
    SR_AUTO(sr_body) b = NULL;
    CHECK(open_as(&s, &NAME, &b, NULL) == SR_OK);
    pthread_t threads[4];
    struct reading readings[4];
    for (size_t i = 0; i < 4; i++) {
        readings[i] = (struct reading){&s, b, i, true};
        CHECK(pthread_create(&threads[i], NULL, read_here_and_there, &readings[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(readings[i].all_right);
    }
    drop_sample(&s);
}

/* A source that fails, or gives less than it said, from a certain offset on. */
struct failing {
    struct sealed_memory *memory;
    uint64_t good_bytes;
    enum sr_status status;
};

static enum sr_status failing_read(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                   struct sr_err *err)
{
    const struct failing *f = ctx;
    if (offset + len > f->good_bytes) {
        return sr_fail(err, f->status, "the medium failed");
    }
    return sealed_memory_read(f->memory, offset, out, len, err);
}

static void failing_media_are_reported(void)
{
    struct sample s;
    seal_sample(&s, &NAME, 2 * P + 5, 13);
    uint8_t *out = malloc(2 * P);
    static const enum sr_status STATUSES[] = {SR_IO, SR_TRUNCATED};
    for (size_t i = 0; i < 2; i++) {
        struct failing f = {&s.body, UINT64_MAX, STATUSES[i]};
        struct sr_source source = {.read_at = failing_read, .ctx = &f, .bytes = s.body.bytes};
        struct sr_err err = {0};
        SR_AUTO(sr_body) b = NULL;
        CHECK(sr_body_open(&NAME, s.dek, source, s.pool, &b, &err) == SR_OK);
        f.good_bytes = PAGE + S + 100;
        memset(out, 0xee, 2 * P);
        CHECK(sr_body_read(b, 0, out, 2 * P, &err) == STATUSES[i]);
        CHECK(strstr(err.message, "segment 1, at offset 1052672 of the sealed body: the medium") !=
              NULL);
        CHECK(out[0] == 0 && memcmp(out, out + 1, 2 * P - 1) == 0); /* wiped */

        for (f.good_bytes = 0; f.good_bytes < s.body.bytes; f.good_bytes += 4095) {
            SR_AUTO(sr_body) none = NULL;
            CHECK(sr_body_open(&NAME, s.dek, source, s.pool, &none, NULL) == STATUSES[i]);
        }
    }
    free(out);
    drop_sample(&s);
}

static void every_failure_is_reported(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 14);
    FAULT_SWEEP {
        struct sr_err err = {0};
        enum sr_status status = read_all(&s, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(err.status == SR_OK || err.status == status);
    }
    CHECK(fault_sweep_faults() > 20);
    drop_sample(&s);
}

int main(void)
{
    RUN(facts_and_tensors_come_back);
    RUN(body_root_is_over_the_stored_pieces);
    RUN(lengths_around_the_segment);
    RUN(any_range_is_read);
    RUN(many_threads_read_one_body);
    RUN(failing_media_are_reported);
    RUN(every_failure_is_reported);
    return check_done();
}
