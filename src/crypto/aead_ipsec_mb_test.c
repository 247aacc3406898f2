/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPsec-MB and OpenSSL give the same bytes for the same input, of every length, alignment and
 * amount of associated data; each opens what the other sealed, and both refuse every flipped bit
 * of the tag. Threads may share a key.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead_impl.h"
#include "tests/check.h"

enum { TEXT_BYTES_MAX = (1 << 20) + 64, AAD_BYTES_MAX = 4096, SLACK_BYTES = 64 };

/* Numbers that look random and are the same in every run (Knuth's MMIX generator). */
static uint64_t state = 20261121;

static uint64_t next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

static void fill(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)next();
    }
}

struct bench {
    struct sr_aead *openssl;
    struct sr_aead *ipsec_mb;
    uint8_t iv[SR_AEAD_IV_BYTES + SLACK_BYTES];
    uint8_t aad[AAD_BYTES_MAX + SLACK_BYTES];
    uint8_t plain[TEXT_BYTES_MAX + SLACK_BYTES];
    uint8_t one[TEXT_BYTES_MAX + SLACK_BYTES];
    uint8_t two[TEXT_BYTES_MAX + SLACK_BYTES];
};

static struct bench bench;

/* New keys, at an odd address. */
static void change_keys(void)
{
    uint8_t key[SR_AEAD_KEY_BYTES + 1];
    fill(key, sizeof key);
    sr_aead_free(bench.openssl);
    sr_aead_free(bench.ipsec_mb);
    CHECK(sr_aead_new_with(sr_aead_impl_openssl(), key + 1, &bench.openssl, NULL) == SR_OK);
    CHECK(sr_aead_new_with(sr_aead_impl_ipsec_mb(), key + 1, &bench.ipsec_mb, NULL) == SR_OK);
}

/* Whether both refuse cipher with each of the first flips bits of tag flipped. */
static bool both_refuse_flips(const uint8_t *iv, struct sr_bytes aad, struct sr_bytes cipher,
                              uint8_t *tag, uint8_t *out, unsigned flips)
{
    for (unsigned bit = 0; bit < flips; bit++) {
        tag[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bool refused = sr_aead_open(bench.openssl, iv, aad, cipher, tag, out) == SR_CORRUPT &&
                       sr_aead_open(bench.ipsec_mb, iv, aad, cipher, tag, out) == SR_CORRUPT;
        tag[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!refused) {
            return false;
        }
    }
    return true;
}

/*
 * Whether each opens, in place, what the other sealed. one and two both hold the ciphertext of
 * plain; afterwards one holds it again, sealed in place.
 */
static bool open_crosswise(const uint8_t *iv, struct sr_bytes aad, struct sr_bytes plain,
                           uint8_t *one, uint8_t *two, const uint8_t *tag)
{
    uint8_t again[SR_AEAD_TAG_BYTES] = {0};
    struct sr_bytes first = sr_bytes(one, plain.len);
    struct sr_bytes second = sr_bytes(two, plain.len);
    return sr_aead_open(bench.ipsec_mb, iv, aad, first, tag, one) == SR_OK &&
           sr_aead_open(bench.openssl, iv, aad, second, tag, two) == SR_OK &&
           memcmp(one, plain.ptr, plain.len) == 0 && memcmp(two, plain.ptr, plain.len) == 0 &&
           sr_aead_seal(bench.ipsec_mb, iv, aad, first, one, again) == SR_OK &&
           memcmp(again, tag, sizeof again) == 0;
}

/* Whether the two agree on one random message; where and shift are alignments in bytes. */
static bool agree(size_t len, size_t aad_len, size_t where, size_t shift, unsigned flips)
{
    struct sr_bytes plain = sr_bytes(bench.plain + where, len);
    struct sr_bytes aad = sr_bytes(bench.aad + where, aad_len);
    const uint8_t *iv = bench.iv + shift;
    uint8_t *one = bench.one + shift;
    uint8_t *two = bench.two + where;
    uint8_t tag_one[SR_AEAD_TAG_BYTES] = {0};
    uint8_t tag_two[SR_AEAD_TAG_BYTES] = {1};
    fill(bench.iv, sizeof bench.iv);
    one[len] = two[len] = 0x5a;
    bool good = sr_aead_seal(bench.openssl, iv, aad, plain, one, tag_one) == SR_OK &&
                sr_aead_seal(bench.ipsec_mb, iv, aad, plain, two, tag_two) == SR_OK &&
                memcmp(one, two, len) == 0 && memcmp(tag_one, tag_two, sizeof tag_one) == 0;
    good = good && open_crosswise(iv, aad, plain, one, two, tag_one);
    good = good && both_refuse_flips(iv, aad, sr_bytes(one, len), tag_one, two, flips);
    good = good && one[len] == 0x5a && two[len] == 0x5a; /* nothing was written behind them */
    if (!good) {
        printf("# text %zu, aad %zu, at %zu and %zu\n", len, aad_len, where, shift);
    }
    return good;
}

static void agree_on_every_short_length(void)
{
    change_keys();
    for (size_t len = 0; len <= 300; len++) {
        CHECK(agree(len, next() % 33, next() % 64, next() % 64, 128));
    }
}

static void agree_on_every_alignment(void)
{
    change_keys();
    for (size_t at = 0; at < 64; at++) {
        CHECK(agree(777, at, at, 0, 1));
        CHECK(agree(777, at, 0, at, 1));
    }
}

static void agree_on_long_messages(void)
{
    static const size_t edges[] = {512, 768, 1024, 2048, 4096, 8192, 65536, 1 << 20};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        change_keys();
        for (size_t len = edges[i] - 17; len <= edges[i] + 17; len += edges[i] > 8192 ? 17 : 1) {
            CHECK(agree(len, next() % 33, next() % 64, next() % 64, 2));
        }
    }
}

static void agree_on_associated_data(void)
{
    static const size_t longer[] = {33,  47,  48,  49,  63,  64,  65,  127,  128,  129, 255,
                                    256, 257, 511, 512, 767, 768, 769, 1024, 4095, 4096};
    change_keys();
    for (size_t len = 0; len <= 32; len++) {
        CHECK(agree(0, len, next() % 64, next() % 64, 128));
        CHECK(agree(100, len, next() % 64, next() % 64, 1));
    }
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        CHECK(agree(0, longer[i], next() % 64, next() % 64, 1));
        CHECK(agree(1000, longer[i], next() % 64, next() % 64, 1));
    }
}

static void agree_under_many_keys(void)
{
    for (int i = 0; i < 100; i++) {
        change_keys();
        CHECK(agree(next() % 5000, next() % 100, next() % 64, next() % 64, 1));
    }
}

enum { THREADS = 4, ROUNDS = 200, SHARED_BYTES = 5000 };

struct worker {
    pthread_t thread;
    bool good;
    uint8_t iv[SR_AEAD_IV_BYTES];
};

static void *seal_and_open(void *argument)
{
    struct worker *w = argument;
    uint8_t text[SHARED_BYTES];
    uint8_t tag[SR_AEAD_TAG_BYTES];
    struct sr_bytes view = sr_bytes(text, sizeof text);
    struct sr_bytes none = sr_bytes(NULL, 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        memset(text, (int)i, sizeof text);
        if (sr_aead_seal(bench.ipsec_mb, w->iv, none, view, text, tag) != SR_OK ||
            sr_aead_open(bench.openssl, w->iv, none, view, tag, text) != SR_OK ||
            text[0] != (uint8_t)i || memcmp(text, text + 1, sizeof text - 1) != 0) {
            return NULL;
        }
    }
    w->good = true;
    return NULL;
}

static void threads_share_a_key(void)
{
    struct worker workers[THREADS] = {0};
    change_keys();
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].iv[0] = (uint8_t)i;
        CHECK(pthread_create(&workers[i].thread, NULL, seal_and_open, &workers[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
        CHECK(workers[i].good);
    }
}

int main(void)
{
    if (sr_aead_impl_ipsec_mb() == NULL) {
        printf("1..0 # SKIP no IPsec-MB in this build or for this CPU\n");
        return 0;
    }
    printf("# %s\n", sr_aead_impl_ipsec_mb()->name);
    fill(bench.aad, sizeof bench.aad);
    fill(bench.plain, sizeof bench.plain);
    RUN(agree_on_every_short_length);
    RUN(agree_on_every_alignment);
    RUN(agree_on_long_messages);
    RUN(agree_on_associated_data);
    RUN(agree_under_many_keys);
    RUN(threads_share_a_key);
    sr_aead_free(bench.openssl);
    sr_aead_free(bench.ipsec_mb);
    return check_done();
}
