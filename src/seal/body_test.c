/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was sealed is read back, in any range and by any thread; and a body that is not, to the last
 * bit, what was written under this name and key is refused. docs/formats/sealed-body.md
 */
#include "seal/body.h"

#include <pthread.h>

#include "crypto/merkle.h"
#include "seal/layout.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/sealed.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES
#define PAGE SR_LAYOUT_PAGE_BYTES
#define SMALL_BYTES 700

static const struct sr_body_name NAME = {
    .object = {{1, 2, 3}},
    .version = {{4, 5, 6}},
    .file_index = 7,
};

/* A sealed body with all that is needed to open it. */
struct sample {
    struct sr_pool *pool;
    struct sr_secret *dek;
    struct sr_tensors *tensors;
    struct sealed_memory plain;
    struct sealed_memory body;
    struct sr_body_facts facts;
};

static struct sr_secret *make_dek(uint8_t first)
{
    struct sr_secret *dek = NULL;
    CHECK(sr_secret_new(32, &dek, NULL) == SR_OK);
    sr_secret_bytes(dek)[0] = first;
    return dek;
}

static void seal_sample(struct sample *s, const struct sr_body_name *name, size_t plain_bytes,
                        uint64_t seed)
{
    *s = (struct sample){.dek = make_dek(9)};
    CHECK(sr_pool_new(S, 2, 1, &s->pool, NULL) == SR_OK);
    sealed_memory_new(&s->plain, plain_bytes);
    sealed_fill(s->plain.data, plain_bytes, seed);
    s->plain.bytes = plain_bytes;
    sealed_memory_new(&s->body, sealed_capacity(plain_bytes));

    static const uint64_t SHAPE[] = {2, 3};
    const struct sr_tensor tensor = {sr_bytes("layer.weight", 12), "BF16", 2, SHAPE, 8, 20};
    CHECK(sr_tensors_new(&s->tensors) == SR_OK);
    if (plain_bytes >= tensor.end) {
        CHECK(sr_tensors_add(s->tensors, &tensor) == SR_OK);
    }
    struct sealed_one one = {.job = {.name = *name,
                                     .kind = SR_FILE_SAFETENSORS,
                                     .tensors = s->tensors,
                                     .source = sealed_memory_source(&s->plain),
                                     .sink = sealed_memory_sink(&s->body)}};
    struct sr_err err = {0};
    enum sr_status status = sealed_write(&one, s->dek, 2, &err);
    CHECK(status == SR_OK);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(one.begun == 1 && one.ended == 1 && one.closed == 1);
    s->facts = one.facts;
}

static void drop_sample(struct sample *s)
{
    sealed_memory_free(&s->body);
    sealed_memory_free(&s->plain);
    sr_tensors_free(s->tensors);
    sr_secret_free(s->dek);
    sr_pool_free(s->pool);
}

static enum sr_status open_as(struct sample *s, const struct sr_body_name *name,
                              struct sr_body **out, struct sr_err *err)
{
    return sr_body_open(name, s->dek, sealed_memory_source(&s->body), s->pool, out, err);
}

/* Open and read everything, as `cat` does. */
static enum sr_status read_all(struct sample *s, struct sr_err *err)
{
    SR_AUTO(sr_body) b = NULL;
    SR_TRY(open_as(s, &NAME, &b, err));
    size_t len = (size_t)sr_body_facts(b)->plain_bytes;
    uint8_t *out = malloc(len + 1);
    CHECK(out != NULL && len == s->plain.bytes);
    enum sr_status status = sr_body_read(b, 0, out, len, err);
    CHECK(status != SR_OK || memcmp(out, s->plain.data, len) == 0);
    free(out);
    return status;
}

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

/* Whatever bit is flipped, of whatever part: refused, at the latest when all is read. */
static void every_flipped_bit_is_refused(void)
{
    static const size_t LENGTHS[] = {SMALL_BYTES, 0};
    for (size_t i = 0; i < 2; i++) {
        struct sample s;
        seal_sample(&s, &NAME, LENGTHS[i], 5);
        size_t accepted = 0;
        for (size_t bit = 0; bit < s.body.bytes * 8; bit++) {
            s.body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            accepted += read_all(&s, NULL) == SR_OK;
            s.body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        CHECK(accepted == 0);
        CHECK(read_all(&s, NULL) == SR_OK);
        drop_sample(&s);
    }
}

static void every_truncation_and_extension_is_refused(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 6);
    size_t whole = s.body.bytes;
    size_t accepted = 0;
    for (size_t len = 0; len < whole; len++) {
        s.body.bytes = len;
        accepted += read_all(&s, NULL) == SR_OK;
    }
    for (size_t more = 1; more < 100; more++) {
        s.body.bytes = whole + more;
        accepted += read_all(&s, NULL) == SR_OK;
    }
    CHECK(accepted == 0);
    drop_sample(&s);
}

static void refused(struct sample *s, enum sr_status expected, const char *words)
{
    struct sr_err err = {0};
    CHECK(read_all(s, &err) == expected);
    CHECK(strstr(err.message, words) != NULL);
    if (strstr(err.message, words) == NULL) {
        printf("# '%s' is not in: %s\n", words, err.message);
    }
}

static void other_names_and_keys_are_refused(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 7);
    struct sr_body_name names[] = {NAME, NAME, NAME};
    names[0].object.bytes[15] ^= 1;
    names[1].version.bytes[0] ^= 1;
    names[2].file_index ^= 1;
    for (size_t i = 0; i < 3; i++) {
        SR_AUTO(sr_body) b = NULL;
        CHECK(open_as(&s, &names[i], &b, NULL) == SR_CORRUPT);
        CHECK(b == NULL);
    }
    /* The header page changed to match the name asked for: its object is in the key as well. */
    SR_AUTO(sr_body) b = NULL;
    s.body.data[16 + 15] ^= 1;
    CHECK(open_as(&s, &names[0], &b, NULL) == SR_CORRUPT);
    s.body.data[16 + 15] ^= 1;

    sr_secret_bytes(s.dek)[31] ^= 1; /* another room, another version */
    refused(&s, SR_CORRUPT, "under another key or name");
    drop_sample(&s);
}

static void other_versions_and_suites_are_refused_as_unsupported(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 8);
    static const struct {
        size_t at;
        const char *words;
    } CASES[] = {{9, "format version 2"}, {11, "suite 2"}, {15, "segments of"}};
    for (size_t i = 0; i < 3; i++) {
        s.body.data[CASES[i].at] ^= 3; /* 1 becomes 2 */
        refused(&s, SR_UNSUPPORTED, CASES[i].words);
        s.body.data[CASES[i].at] ^= 3;
    }
    drop_sample(&s);
}

/* Exchange two stretches of memory of the same length. */
static void swap(uint8_t *a, uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void segments_stay_in_place_and_in_their_file(void)
{
    struct sr_body_name other_name = NAME;
    struct sample s;
    struct sample other;
    other_name.file_index++;
    seal_sample(&s, &NAME, 3 * P, 9);
    seal_sample(&other, &other_name, 3 * P, 9); /* the same bytes under the same data key */
    uint8_t *first = s.body.data + PAGE;

    swap(first, first + S, S);
    refused(&s, SR_CORRUPT, "segment 0, at offset 4096");
    swap(first, first + S, S);
    CHECK(read_all(&s, NULL) == SR_OK);

    swap(first + S, other.body.data + PAGE + S, S); /* across files */
    refused(&s, SR_CORRUPT, "segment 1, at offset 1052672");
    swap(first + S, other.body.data + PAGE + S, S);

    memcpy(first + S, first, S); /* repeated */
    refused(&s, SR_CORRUPT, "segment 1");
    drop_sample(&other);
    drop_sample(&s);
}

/* Take segment index out of s and give it a footer that agrees with what is left. */
static void drop_segment(struct sample *s, size_t index, uint64_t plain_bytes)
{
    struct sr_layout before;
    size_t at = PAGE + index * S;
    size_t len = index == 2 ? (size_t)(plain_bytes - 2 * P + 32) : S;
    CHECK(sr_layout_decode_footer(s->body.data + s->body.bytes - 32, s->body.bytes, &before,
                                  NULL) == SR_OK);
    memmove(s->body.data + at, s->body.data + at + len, s->body.bytes - at - len);
    s->body.bytes -= len;
    /* The table loses a row; which one does not matter, it is vouched for as a whole. */
    uint8_t *table = s->body.data + s->body.bytes - 32 - before.table_bytes;
    memmove(table, table + 32, before.table_bytes);
    s->body.bytes -= 32;
    struct sr_layout after =
        sr_layout_of(plain_bytes - (len - 32), sr_layout_trailer_plain_bytes(&before));
    CHECK(after.body_bytes == s->body.bytes);
    sr_layout_encode_footer(&after, s->body.data + s->body.bytes - 32);
}

static void dropped_segments_are_missed(void)
{
    for (size_t index = 0; index < 3; index++) {
        struct sample s;
        seal_sample(&s, &NAME, 2 * P + 1000, 10);
        drop_segment(&s, index, 2 * P + 1000);
        refused(&s, SR_CORRUPT, "trailer, at offset"); /* it is bound to the stream's length */
        drop_sample(&s);
    }
}

/* A last segment cannot pose as one before, nor the other way. */
static void finality_cannot_be_moved(void)
{
    struct sample s;
    seal_sample(&s, &NAME, 2 * P, 11);
    uint8_t *last = s.body.data + PAGE + S;
    CHECK(last[0] == 0 && last[1] == 0x10); /* a full last segment: its length, 2^20 */
    memset(last, 0xff, 4);
    refused(&s, SR_CORRUPT, "segment 1, at offset");
    static const uint8_t FULL[4] = {0, 0x10, 0, 0};
    memcpy(last, FULL, 4);
    memcpy(s.body.data + PAGE, FULL, 4);
    refused(&s, SR_CORRUPT, "segment 0, at offset");
    drop_sample(&s);
}

/* Parts of two bodies sealed under one name and key do not make a third. */
static void parts_of_another_attempt_are_refused(void)
{
    struct sample s;
    struct sample again;
    seal_sample(&s, &NAME, P + 1000, 12);
    seal_sample(&again, &NAME, P + 1000, 12);
    CHECK(s.body.bytes == again.body.bytes);
    size_t trailer_at = PAGE + S + 1032;
    size_t end_bytes = s.body.bytes - trailer_at;

    swap(s.body.data + PAGE, again.body.data + PAGE, S);
    refused(&s, SR_CORRUPT, "segment 0");
    swap(s.body.data + PAGE, again.body.data + PAGE, S);
    swap(s.body.data + trailer_at, again.body.data + trailer_at, end_bytes);
    refused(&s, SR_CORRUPT, "trailer");
    swap(s.body.data, again.body.data, PAGE);
    CHECK(read_all(&s, NULL) == SR_CORRUPT);
    drop_sample(&again);
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
    RUN(every_flipped_bit_is_refused);
    RUN(every_truncation_and_extension_is_refused);
    RUN(other_names_and_keys_are_refused);
    RUN(other_versions_and_suites_are_refused_as_unsupported);
    RUN(segments_stay_in_place_and_in_their_file);
    RUN(dropped_segments_are_missed);
    RUN(finality_cannot_be_moved);
    RUN(parts_of_another_attempt_are_refused);
    RUN(failing_media_are_reported);
    RUN(every_failure_is_reported);
    return check_done();
}
