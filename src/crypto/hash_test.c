/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 gives the published digests, in pieces as at once, and many at a time as one by one. Run
 * twice: with what this CPU offers, and (hash_portable_test.c) without.
 */
#include "crypto/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sha256_lanes.h"
#include "tests/check.h"
#include "tests/fault.h"

static bool is_hex(const uint8_t digest[SR_SHA256_BYTES], const char *expected)
{
    char text[2 * SR_SHA256_BYTES + 1];
    sr_text_hex(sr_bytes(digest, SR_SHA256_BYTES), text);
    return strcmp(text, expected) == 0;
}

/* The first two and the last of NIST's examples for FIPS 180-4. */
static void gives_the_published_digests(void)
{
    uint8_t out[SR_SHA256_BYTES];
    CHECK(sr_sha256_once(sr_text_view("abc"), out) == SR_OK);
    CHECK(is_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CHECK(sr_sha256_once(sr_text_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                         out) == SR_OK);
    CHECK(is_hex(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    CHECK(sr_sha256_once(sr_bytes(NULL, 0), out) == SR_OK);
    CHECK(is_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));

    SR_AUTO(sr_sha256) h = NULL;
    uint8_t thousand[1000];
    memset(thousand, 'a', sizeof thousand);
    CHECK(sr_sha256_new(&h) == SR_OK);
    for (int i = 0; i < 1000; i++) {
        CHECK(sr_sha256_update(h, sr_bytes(thousand, sizeof thousand)) == SR_OK);
    }
    CHECK(sr_sha256_final(h, out) == SR_OK);
    CHECK(is_hex(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

enum { POOL_BYTES = 5000, MESSAGES = 40 };

static uint8_t pool[POOL_BYTES];

static void fill_pool(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof pool; i++) {
        x = x * 1664525u + 1013904223u; /* Numerical Recipes: any varied bytes do */
        pool[i] = (uint8_t)(x >> 24);
    }
}

/* The reference for everything below. */
static void openssl_digest(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES])
{
    CHECK(EVP_Digest(data.ptr, data.len, out, NULL, EVP_sha256(), NULL) == 1);
}

static void every_length_is_as_openssl_has_it(void)
{
    for (size_t len = 0; len <= 300; len++) {
        uint8_t expected[SR_SHA256_BYTES];
        uint8_t out[SR_SHA256_BYTES];
        struct sr_bytes data = sr_bytes(pool + len % 64, len);
        openssl_digest(data, expected);
        CHECK(sr_sha256_once(data, out) == SR_OK);
        CHECK(memcmp(out, expected, sizeof out) == 0);
    }
}

static void pieces_make_the_whole(void)
{
    uint8_t whole[SR_SHA256_BYTES];
    openssl_digest(sr_bytes(pool, sizeof pool), whole);
    for (size_t piece = 1; piece < 200; piece += 13) {
        SR_AUTO(sr_sha256) h = NULL;
        uint8_t out[SR_SHA256_BYTES];
        CHECK(sr_sha256_new(&h) == SR_OK);
        for (size_t at = 0; at < sizeof pool; at += piece) {
            size_t len = sizeof pool - at < piece ? sizeof pool - at : piece;
            CHECK(sr_sha256_update(h, sr_bytes(pool + at, len)) == SR_OK);
        }
        CHECK(sr_sha256_final(h, out) == SR_OK);
        CHECK(memcmp(out, whole, sizeof out) == 0);
    }
}

/* Whether messages of len + i * step bytes hash as they should, for every count up to MESSAGES. */
static bool many_agrees(size_t len, size_t step)
{
    struct sr_bytes messages[MESSAGES];
    uint8_t expected[MESSAGES][SR_SHA256_BYTES];
    for (size_t i = 0; i < MESSAGES; i++) {
        messages[i] = sr_bytes(pool + i, len + i * step);
        openssl_digest(messages[i], expected[i]);
    }
    for (size_t count = 0; count <= MESSAGES; count++) {
        uint8_t out[MESSAGES + 1][SR_SHA256_BYTES] = {{0}};
        if (sr_sha256_many(messages, count, out) != SR_OK ||
            memcmp(out, expected, count * SR_SHA256_BYTES) != 0 || out[count][0] != 0) {
            printf("# %zu messages of %zu + i * %zu bytes\n", count, len, step);
            return false;
        }
    }
    return true;
}

static void many_are_as_one_by_one(void)
{
    for (size_t len = 0; len < 200; len++) {
        CHECK(many_agrees(len, 0));
    }
    CHECK(many_agrees(4096, 0));
    CHECK(many_agrees(4097, 0));
    CHECK(many_agrees(0, 1));
    CHECK(many_agrees(0, 64));
    CHECK(many_agrees(17, 100));
}

/* What a side-by-side update makes of streams of different lengths, cut in odd places. */
static bool update_many_agrees(size_t count, size_t piece, size_t step)
{
    struct sr_sha256 *hs[SR_SHA256_UPDATE_MAX] = {0};
    struct sr_bytes pieces[SR_SHA256_UPDATE_MAX];
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        good = good && sr_sha256_new(&hs[i]) == SR_OK;
    }
    for (size_t round = 0; good && round < 3; round++) {
        for (size_t i = 0; i < count; i++) {
            pieces[i] = sr_bytes(pool + round * (piece + i * step), piece + i * step);
        }
        good = sr_sha256_update_many(hs, pieces, count) == SR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t whole[SR_SHA256_BYTES];
        uint8_t cut[SR_SHA256_BYTES];
        openssl_digest(sr_bytes(pool, 3 * (piece + i * step)), whole);
        good =
            good && sr_sha256_final(hs[i], cut) == SR_OK && memcmp(whole, cut, sizeof whole) == 0;
        sr_sha256_free(hs[i]);
    }
    if (!good) {
        printf("# %zu streams, three times %zu + i * %zu bytes\n", count, piece, step);
    }
    return good;
}

static void streams_advance_side_by_side(void)
{
    for (size_t count = 0; count <= SR_SHA256_UPDATE_MAX; count++) {
        for (size_t piece = 0; piece < 200; piece += 7) {
            CHECK(update_many_agrees(count, piece, 0));
            CHECK(update_many_agrees(count, piece, 1));
        }
        CHECK(update_many_agrees(count, 64, 64));
        CHECK(update_many_agrees(count, 63, 100));
    }
}

/* The length goes into the last block as 64 bits: over 512 MiB it needs more than 32. */
static void counts_bits_beyond_32(void)
{
    static uint8_t zeroes[1 << 20];
    SR_AUTO(sr_sha256) h = NULL;
    uint8_t out[SR_SHA256_BYTES];
    CHECK(sr_sha256_new(&h) == SR_OK);
    for (int i = 0; i < 513; i++) {
        CHECK(sr_sha256_update(h, sr_bytes(zeroes, sizeof zeroes)) == SR_OK);
    }
    CHECK(sr_sha256_final(h, out) == SR_OK);
    CHECK(is_hex(out, "a3e2acbb469e4e59dde406f912e754c933c1ac0fb0092a3634d61d5073309c0c"));
}

static void *hash_many(void *unused)
{
    (void)unused;
    static const uint8_t good;
    for (int i = 0; i < 20; i++) {
        if (!many_agrees(1000, 10)) {
            return NULL;
        }
    }
    return (void *)(uintptr_t)&good;
}

static void threads_do_not_disturb_each_other(void)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, hash_many, NULL) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *good = NULL;
        CHECK(pthread_join(threads[i], &good) == 0);
        CHECK(good != NULL);
    }
}

static void every_failure_is_reported(void)
{
    bool is_portable = strcmp(sr_sha256_implementation(), "one by one") == 0;
    FAULT_SWEEP {
        uint8_t out[SR_SHA256_BYTES];
        enum sr_status status = sr_sha256_once(sr_bytes(pool, 100), out);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(status == SR_OK || status == SR_NO_MEMORY);
    }
    CHECK(fault_sweep_faults() == (is_portable ? 1 : 0)); /* EVP_MD_CTX_new */
    FAULT_SWEEP {
        SR_AUTO(sr_sha256) h = NULL;
        enum sr_status status = sr_sha256_new(&h);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((h != NULL) == (status == SR_OK));
    }
    CHECK(fault_sweep_faults() == (is_portable ? 2 : 1)); /* calloc too */
}

int main(void)
{
#ifdef TEST_PORTABLE
    sr_sha256_lanes_forbid();
#endif
    printf("# %s\n", sr_sha256_implementation());
    fill_pool();
    RUN(gives_the_published_digests);
    RUN(every_length_is_as_openssl_has_it);
    RUN(pieces_make_the_whole);
    RUN(many_are_as_one_by_one);
    RUN(streams_advance_side_by_side);
    RUN(counts_bits_beyond_32);
    RUN(threads_do_not_disturb_each_other);
    RUN(every_failure_is_reported);
    return check_done();
}
