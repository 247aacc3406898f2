/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file beyond 4 GiB: offsets and lengths do not wrap. The plaintext is made up as it is read; of
 * the body only the parts around the edges are kept, so neither memory nor disk is needed.
 */
#include "crypto/merkle.h"
#include "seal/layout.h"
#include "tests/check.h"
#include "tests/sealed.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES
#define PLAIN_BYTES (((uint64_t)5 << 30) + 12345)
#define SEGMENTS (PLAIN_BYTES / P + 1)
#define STREAM_BYTES (SR_LAYOUT_PAGE_BYTES + PLAIN_BYTES + SEGMENTS * 32)
#define END_BYTES_MAX ((size_t)1 << 20) /* trailer, table and footer */

static const struct sr_body_name NAME = {.object = {{1}}, .version = {{2}}, .file_index = 3};

/* The segments that are kept: first, around 2^32 of plaintext and of ciphertext, last. */
static const uint64_t KEPT[] = {0, 4094, 4095, 4096, 4097, SEGMENTS - 2, SEGMENTS - 1};
#define KEPT_COUNT (sizeof KEPT / sizeof KEPT[0])

struct window {
    uint8_t page[SR_LAYOUT_PAGE_BYTES];
    uint8_t segment[KEPT_COUNT][S];
    uint8_t end[END_BYTES_MAX];
    atomic_uint_fast64_t segments_written;
    uint64_t body_bytes;
};

/* Byte i of the plaintext, from the whole of i: a repeat every 2^32 would show. */
static uint8_t plain_byte(uint64_t i)
{
    uint64_t word = (i / 8 + 1) * 0x9e3779b97f4a7c15u;
    return (uint8_t)(word >> (i % 8 * 8));
}

static enum sr_status make_plain(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                 struct sr_err *err)
{
    (void)ctx;
    (void)err;
    CHECK(offset % 8 == 0 && len <= PLAIN_BYTES - offset);
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word = ((offset + i) / 8 + 1) * 0x9e3779b97f4a7c15u;
        memcpy(out + i, &word, sizeof word); /* little-endian, as plain_byte() */
    }
    for (; i < len; i++) {
        out[i] = plain_byte(offset + i);
    }
    return SR_OK;
}

/* Where the bytes from offset on are kept, and how many; NULL if they are not. */
static uint8_t *find_kept(struct window *w, uint64_t offset, size_t *out_len)
{
    if (offset < sizeof w->page) {
        *out_len = sizeof w->page - (size_t)offset;
        return w->page + offset;
    }
    if (offset >= STREAM_BYTES) {
        *out_len = offset - STREAM_BYTES < END_BYTES_MAX
                       ? END_BYTES_MAX - (size_t)(offset - STREAM_BYTES)
                       : 0;
        return w->end + (offset - STREAM_BYTES);
    }
    uint64_t index = (offset - SR_LAYOUT_PAGE_BYTES) / S;
    size_t within = (size_t)((offset - SR_LAYOUT_PAGE_BYTES) % S);
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        if (KEPT[i] == index) {
            *out_len = S - within;
            return w->segment[i] + within;
        }
    }
    return NULL;
}

static enum sr_status keep(void *ctx, uint64_t offset, struct sr_bytes data, struct sr_err *err)
{
    struct window *w = ctx;
    size_t room = 0;
    uint8_t *at = find_kept(w, offset, &room);
    if (at != NULL && data.len > room) {
        return sr_fail(err, SR_INTERNAL, "a write of %zu bytes where %zu fit", data.len, room);
    }
    if (at != NULL) {
        memcpy(at, data.ptr, data.len);
    }
    if (offset >= SR_LAYOUT_PAGE_BYTES && offset < STREAM_BYTES) {
        atomic_fetch_add(&w->segments_written, 1);
    }
    return SR_OK;
}

static enum sr_status read_kept(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                struct sr_err *err)
{
    size_t room = 0;
    const uint8_t *at = find_kept(ctx, offset, &room);
    if (at == NULL || len > room) {
        return sr_fail(err, SR_IO, "offset %llu was not kept", (unsigned long long)offset);
    }
    memcpy(out, at, len);
    return SR_OK;
}

static void check_range(struct sr_body *b, uint64_t offset, size_t len)
{
    static uint8_t out[2 * P];
    struct sr_err err = {0};
    CHECK(sr_body_read(b, offset, out, len, &err) == SR_OK);
    if (err.status != SR_OK) {
        printf("# %s\n", err.message);
    }
    size_t wrong = 0;
    for (size_t i = 0; i < len; i++) {
        wrong += out[i] != plain_byte(offset + i);
    }
    CHECK(wrong == 0);
}

/* The tree over the rows that were stored is the one that was reported. */
static void check_table(struct window *w, const struct sr_body_facts *facts)
{
    const uint8_t *row = w->end + (facts->body_bytes - STREAM_BYTES) - SR_LAYOUT_FOOTER_BYTES -
                         (SEGMENTS + 2) * SR_LAYOUT_ROW_BYTES;
    struct sr_merkle tree = {0};
    uint8_t root[SR_SHA256_BYTES];
    uint8_t leaf[SR_SHA256_BYTES];
    for (uint64_t i = 0; i < SEGMENTS + 2; i++) {
        CHECK(sr_merkle_add(&tree, row + i * SR_LAYOUT_ROW_BYTES) == SR_OK);
    }
    CHECK(sr_merkle_root(&tree, root) == SR_OK);
    CHECK(memcmp(root, facts->body_root, sizeof root) == 0);
    CHECK(sr_merkle_leaf(sr_bytes(w->segment[3], S), leaf) == SR_OK);
    CHECK(memcmp(leaf, row + (1 + KEPT[3]) * SR_LAYOUT_ROW_BYTES, sizeof leaf) == 0);
}

static void five_gib_are_sealed_and_read(void)
{
    struct window *w = calloc(1, sizeof *w);
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_body) b = NULL;
    struct sr_err err = {0};
    CHECK(w != NULL);
    if (w == NULL) {
        return;
    }
    CHECK(sr_secret_new(32, &dek, NULL) == SR_OK);
    CHECK(sr_pool_new(S, 1, 1, &pool, NULL) == SR_OK);
    struct sealed_one one = {
        .job = {.name = NAME,
                .source = {.read_at = make_plain, .bytes = PLAIN_BYTES},
                .sink = {.write_at = keep, .ctx = w}},
    };
    CHECK(sealed_write(&one, dek, 2, &err) == SR_OK);
    CHECK(one.facts.plain_bytes == PLAIN_BYTES);
    CHECK(w->segments_written == SEGMENTS);
    CHECK(one.facts.body_bytes > STREAM_BYTES &&
          one.facts.body_bytes - STREAM_BYTES <= END_BYTES_MAX);
    check_table(w, &one.facts);

    const struct sr_source stored = {.read_at = read_kept, .ctx = w, .bytes = one.facts.body_bytes};
    CHECK(sr_body_open(&NAME, dek, stored, pool, &b, &err) == SR_OK);
    if (b != NULL) {
        check_range(b, 0, 100);
        check_range(b, ((uint64_t)1 << 32) - 1000, 2000); /* of plaintext */
        check_range(b, 4095 * (uint64_t)P - 10, P + 20);  /* of ciphertext */
        check_range(b, 4096 * (uint64_t)P, 2 * P);
        check_range(b, PLAIN_BYTES - P, P);
        uint8_t byte;
        CHECK(sr_body_read(b, PLAIN_BYTES, &byte, 1, NULL) == SR_TOO_LARGE);
        CHECK(sr_body_read(b, 2000 * (uint64_t)P, &byte, 1, NULL) == SR_IO);
    }
    sr_body_free(SR_TAKE(b));
    free(w);
}

int main(void)
{
    RUN(five_gib_are_sealed_and_read);
    return check_done();
}
