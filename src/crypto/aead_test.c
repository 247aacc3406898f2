/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-GCM: every implementation gives the published answers, opens what it sealed, in place
 * too, and hands out nothing when a single bit differs; a forked child cannot use a key; an
 * implementation that computes something else is refused.
 */
#include "crypto/aead.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/aead_impl.h"
#include "tests/check.h"
#include "tests/fault.h"

static const struct sr_bytes NOTHING = {NULL, 0};

/* McGrew and Viega, "The Galois/Counter Mode of Operation", cases 13 to 16. */
struct vector {
    const char *key;
    const char *iv;
    const char *aad;
    const char *plain;
    const char *cipher;
    const char *tag;
};

#define KEY_0 "0000000000000000000000000000000000000000000000000000000000000000"
#define KEY_1 "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define PLAIN_60                                                                                   \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6" \
    "b525b16aedf5aa0de657ba637b39"
#define CIPHER_60                                                                                  \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682" \
    "8838c5f61e6393ba7a0abcc9f662"

static const struct vector VECTORS[] = {
    {KEY_0, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {KEY_0, "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {KEY_1, "cafebabefacedbaddecaf888", "", PLAIN_60 "1aafd255", CIPHER_60 "898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {KEY_1, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", PLAIN_60,
     CIPHER_60, "76fc6ece0f4e1768cddf8853bb2d551b"},
};

/* Decode text to out, which has room; returns the view. */
static struct sr_bytes unhex(const char *text, uint8_t *out)
{
    size_t len = strlen(text) / 2;
    CHECK(sr_text_unhex(sr_text_view(text), out, len) == SR_OK);
    return sr_bytes(out, len);
}

static void check_vector(const struct sr_aead_impl *impl, const struct vector *v)
{
    uint8_t key[SR_AEAD_KEY_BYTES];
    uint8_t iv[SR_AEAD_IV_BYTES];
    uint8_t tag[SR_AEAD_TAG_BYTES];
    uint8_t aad_bytes[20];
    uint8_t plain_bytes[64];
    uint8_t cipher_bytes[64];
    (void)unhex(v->key, key);
    (void)unhex(v->iv, iv);
    (void)unhex(v->tag, tag);
    struct sr_bytes aad = unhex(v->aad, aad_bytes);
    struct sr_bytes plain = unhex(v->plain, plain_bytes);
    struct sr_bytes cipher = unhex(v->cipher, cipher_bytes);

    SR_AUTO(sr_aead) a = NULL;
    uint8_t out[64];
    uint8_t out_tag[SR_AEAD_TAG_BYTES];
    CHECK(sr_aead_new_with(impl, key, &a, NULL) == SR_OK);
    CHECK(sr_aead_seal(a, iv, aad, plain, out, out_tag) == SR_OK);
    CHECK(memcmp(out, cipher.ptr, cipher.len) == 0);
    CHECK(memcmp(out_tag, tag, sizeof tag) == 0);
    CHECK(sr_aead_open(a, iv, aad, cipher, tag, out) == SR_OK);
    CHECK(memcmp(out, plain.ptr, plain.len) == 0);

    /* in place */
    memcpy(out, plain.ptr, plain.len);
    CHECK(sr_aead_seal(a, iv, aad, sr_bytes(out, plain.len), out, out_tag) == SR_OK);
    CHECK(memcmp(out, cipher.ptr, cipher.len) == 0);
    CHECK(memcmp(out_tag, tag, sizeof tag) == 0);
    CHECK(sr_aead_open(a, iv, aad, sr_bytes(out, plain.len), tag, out) == SR_OK);
    CHECK(memcmp(out, plain.ptr, plain.len) == 0);
}

static void openssl_gives_the_published_answers(void)
{
    CHECK(sr_aead_impl_openssl() != NULL);
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        check_vector(sr_aead_impl_openssl(), &VECTORS[i]);
    }
}

static void ipsec_mb_gives_the_published_answers(void)
{
    const struct sr_aead_impl *impl = sr_aead_impl_ipsec_mb();
    for (size_t i = 0; impl != NULL && i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        check_vector(impl, &VECTORS[i]);
    }
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Whether opening fails with CORRUPT and leaves only zeroes. */
static bool is_refused(const struct sr_aead *a, const uint8_t *iv, struct sr_bytes aad,
                       struct sr_bytes cipher, const uint8_t *tag)
{
    uint8_t out[100];
    memset(out, 0x5a, sizeof out);
    return sr_aead_open(a, iv, aad, cipher, tag, out) == SR_CORRUPT && is_zero(out, cipher.len);
}

/* Whether flipping any bit of the len bytes at at makes the message be refused. */
static bool flips_are_refused(uint8_t *at, size_t len, const struct sr_aead *a, const uint8_t *iv,
                              struct sr_bytes aad, struct sr_bytes cipher, const uint8_t *tag)
{
    for (size_t bit = 0; bit < len * 8; bit++) {
        at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bool refused = is_refused(a, iv, aad, cipher, tag);
        at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!refused) {
            printf("# bit %zu may be flipped\n", bit);
            return false;
        }
    }
    return true;
}

static void every_flipped_bit_is_refused(void)
{
    uint8_t key[SR_AEAD_KEY_BYTES] = {1};
    uint8_t iv[SR_AEAD_IV_BYTES] = {2};
    uint8_t aad_bytes[21] = {3};
    uint8_t text[77] = {4};
    uint8_t tag[SR_AEAD_TAG_BYTES];
    SR_AUTO(sr_aead) a = NULL;
    struct sr_bytes aad = sr_bytes(aad_bytes, sizeof aad_bytes);
    struct sr_bytes cipher = sr_bytes(text, sizeof text);
    CHECK(sr_aead_new(key, &a, NULL) == SR_OK);
    CHECK(sr_aead_seal(a, iv, aad, cipher, text, tag) == SR_OK);

    CHECK(!is_refused(a, iv, aad, cipher, tag));
    CHECK(flips_are_refused(tag, sizeof tag, a, iv, aad, cipher, tag));
    CHECK(flips_are_refused(text, sizeof text, a, iv, aad, cipher, tag));
    CHECK(flips_are_refused(aad_bytes, sizeof aad_bytes, a, iv, aad, cipher, tag));
    CHECK(flips_are_refused(iv, sizeof iv, a, iv, aad, cipher, tag));
    CHECK(is_refused(a, iv, NOTHING, cipher, tag));
    CHECK(is_refused(a, iv, aad, sr_bytes(text, sizeof text - 1), tag));
    CHECK(is_refused(a, iv, aad, NOTHING, tag));

    /* in place, the ciphertext goes too */
    tag[0] ^= 1;
    CHECK(sr_aead_open(a, iv, aad, cipher, tag, text) == SR_CORRUPT);
    CHECK(is_zero(text, sizeof text));
}

static void forked_child_cannot_use_the_key(void)
{
    uint8_t key[SR_AEAD_KEY_BYTES] = {1};
    uint8_t iv[SR_AEAD_IV_BYTES] = {2};
    uint8_t text[16] = {3};
    uint8_t tag[SR_AEAD_TAG_BYTES];
    SR_AUTO(sr_aead) a = NULL;
    CHECK(sr_aead_new(key, &a, NULL) == SR_OK);
    pid_t child = fork();
    if (child == 0) {
        struct sr_bytes view = sr_bytes(text, sizeof text);
        bool refused = sr_aead_seal(a, iv, NOTHING, view, text, tag) == SR_INTERNAL &&
                       is_zero(text, sizeof text) && is_zero(tag, sizeof tag) &&
                       sr_aead_open(a, iv, NOTHING, view, tag, text) == SR_INTERNAL;
        _exit(refused ? 0 : 1);
    }
    int wait_status = -1;
    CHECK(child > 0);
    CHECK(waitpid(child, &wait_status, 0) == child);
    CHECK(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0);
}

static enum sr_status seal_wrongly(const void *schedule, const uint8_t *iv, struct sr_bytes aad,
                                   struct sr_bytes plain, uint8_t *out, uint8_t *tag)
{
    SR_TRY(sr_aead_impl_openssl()->seal(schedule, iv, aad, plain, out, tag));
    if (plain.len > 60) {
        out[plain.len - 1] ^= 1; /* the short known answer still comes out right */
    }
    return SR_OK;
}

static enum sr_status open_anything(const void *schedule, const uint8_t *iv, struct sr_bytes aad,
                                    struct sr_bytes cipher, const uint8_t *tag, uint8_t *out)
{
    enum sr_status status = sr_aead_impl_openssl()->open(schedule, iv, aad, cipher, tag, out);
    return status == SR_CORRUPT ? SR_OK : status;
}

static enum sr_status seal_never(const void *schedule, const uint8_t *iv, struct sr_bytes aad,
                                 struct sr_bytes plain, uint8_t *out, uint8_t *tag)
{
    (void)schedule, (void)iv, (void)aad, (void)plain, (void)out, (void)tag;
    return SR_NO_MEMORY;
}

/* How choosing among {impl, NULL} ends. */
static enum sr_status choose(const struct sr_aead_impl *impl, struct sr_err *err)
{
    const struct sr_aead_impl *const impls[] = {impl, NULL};
    const struct sr_aead_impl *out = NULL;
    enum sr_status status = sr_aead_choose(impls, 2, &out, err);
    CHECK(out == (status == SR_OK ? impl : NULL));
    CHECK(status == err->status);
    return status;
}

static void wrong_implementation_is_refused(void)
{
    struct sr_err err = {0};
    CHECK(choose(sr_aead_impl_openssl(), &err) == SR_OK);
    CHECK(choose(NULL, &err) == SR_INTERNAL);
    err = (struct sr_err){0};

    struct sr_aead_impl broken = *sr_aead_impl_openssl();
    broken.name = "broken";
    broken.seal = seal_wrongly;
    CHECK(choose(&broken, &err) == SR_INTERNAL);
    CHECK(strcmp(err.message, "AES-256-GCM by 'broken' fails its self-test") == 0);

    err = (struct sr_err){0};
    broken = *sr_aead_impl_openssl();
    broken.open = open_anything;
    CHECK(choose(&broken, &err) == SR_INTERNAL);

    err = (struct sr_err){0};
    broken = *sr_aead_impl_openssl();
    broken.seal = seal_never;
    CHECK(choose(&broken, &err) == SR_NO_MEMORY);
}

/*
 * In a child: whether starting with the nth call failing is reported, and what it leaves behind. A
 * lack of memory passes, a cipher that failed is not tried again.
 */
static bool start_fails_well(unsigned nth, bool *out_fired)
{
    struct sr_err err = {0};
    fault_arm(nth);
    enum sr_status status = sr_aead_start(&err);
    *out_fired = fault_fired();
    fault_arm(0);
    if ((status == SR_OK) == *out_fired || err.status != status) {
        return false;
    }
    return sr_aead_start(NULL) == (status == SR_INTERNAL ? SR_INTERNAL : SR_OK);
}

/* Runs first, because the choice is made once for a process. */
static void start_reports_every_failure(void)
{
    enum { FIRED = 10, PASSED = 11, WRONG = 12 };
    CHECK(strcmp(sr_aead_implementation(), "none") == 0);
    unsigned nth = 0;
    int ended = FIRED;
    while (ended == FIRED) {
        nth++;
        pid_t child = fork();
        if (child == 0) {
            bool was_fired = false;
            bool good = start_fails_well(nth, &was_fired);
            _exit(!good ? WRONG : was_fired ? FIRED : PASSED);
        }
        int wait_status = -1;
        CHECK(waitpid(child, &wait_status, 0) == child);
        ended = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : WRONG;
    }
    CHECK(ended == PASSED);
    CHECK(nth > 20); /* the trial and two known answers make many more calls */
    CHECK(sr_aead_start(NULL) == SR_OK);
    CHECK(strcmp(sr_aead_implementation(), "none") != 0);
}

static void every_failure_is_reported(void)
{
    const uint8_t key[SR_AEAD_KEY_BYTES] = {1};
    const uint8_t iv[SR_AEAD_IV_BYTES] = {2};
    FAULT_SWEEP {
        SR_AUTO(sr_aead) a = NULL;
        uint8_t text[20] = {3};
        uint8_t tag[SR_AEAD_TAG_BYTES] = {0x5a};
        const struct sr_aead_impl *impl = sr_aead_impl_openssl();
        enum sr_status status = sr_aead_new_with(impl, key, &a, NULL);
        struct sr_bytes view = sr_bytes(text, sizeof text);
        if (status == SR_OK) {
            status = sr_aead_seal(a, iv, view, view, text, tag);
            CHECK(status == SR_OK || (is_zero(text, sizeof text) && is_zero(tag, sizeof tag)));
        }
        if (status == SR_OK) {
            status = sr_aead_open(a, iv, NOTHING, view, tag, text);
            CHECK(is_zero(text, sizeof text)); /* the AAD was another one */
            status = status == SR_CORRUPT ? SR_OK : status;
        }
        CHECK((status == SR_OK) == !fault_fired());
    }
    /* calloc, the five of sr_secret_new(), 1 + 2 calls of OpenSSL to seal, 1 + 1 to open */
    CHECK(fault_sweep_faults() == 11);
}

int main(void)
{
    RUN(start_reports_every_failure);
    RUN(openssl_gives_the_published_answers);
    RUN(ipsec_mb_gives_the_published_answers);
    RUN(every_flipped_bit_is_refused);
    RUN(forked_child_cannot_use_the_key);
    RUN(wrong_implementation_is_refused);
    RUN(every_failure_is_reported);
    return check_done();
}
