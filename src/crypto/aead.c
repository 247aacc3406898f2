/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/aead_impl.h"

enum {
    ALIGN_BYTES = 64,
    AAD_BYTES_MAX = 4096,
    TRIAL_BYTES = 64 << 10,
    TRIALS = 3,
    LONG_BYTES = 4109, /* no multiple of any stride: 256 bytes and a tail */
    LONG_AAD_BYTES = 21,
};
#define TEXT_BYTES_MAX ((size_t)16 << 20)

struct sr_aead {
    const struct sr_aead_impl *impl;
    struct sr_secret *memory; /* ALIGN_BYTES beginning with LIVE, then the schedule */
};

/*
 * Secret memory is empty in a forked child (base/secret.h), and an empty schedule would encrypt
 * under a key that everybody knows. So the memory says that it is still there.
 */
static const uint8_t LIVE = 0xa5;

static const uint8_t *schedule_of(const struct sr_aead *a)
{
    return sr_secret_view(a->memory) + ALIGN_BYTES;
}

static bool is_live(const struct sr_aead *a)
{
    return sr_secret_view(a->memory)[0] == LIVE;
}

enum sr_status sr_aead_new_with(const struct sr_aead_impl *impl,
                                const uint8_t key[SR_AEAD_KEY_BYTES], struct sr_aead **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_aead) a = calloc(1, sizeof *a);
    if (a == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a cipher key");
    }
    a->impl = impl;
    /* A secret ends with its last page, so one of whole units of ALIGN_BYTES begins aligned. */
    size_t units = (impl->schedule_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES;
    SR_TRY(sr_secret_new((1 + units) * ALIGN_BYTES, &a->memory, err));
    sr_secret_bytes(a->memory)[0] = LIVE;
    impl->expand(key, sr_secret_bytes(a->memory) + ALIGN_BYTES);
    *out = SR_TAKE(a);
    return SR_OK;
}

void sr_aead_free(struct sr_aead *a)
{
    if (a == NULL) {
        return;
    }
    sr_secret_free(a->memory);
    free(a);
}

/* at may be NULL when len is 0. */
static void wipe(uint8_t *at, size_t len)
{
    if (len > 0) {
        explicit_bzero(at, len);
    }
}

enum sr_status sr_aead_seal(const struct sr_aead *a, const uint8_t iv[SR_AEAD_IV_BYTES],
                            struct sr_bytes aad, struct sr_bytes plain, uint8_t *out,
                            uint8_t tag[SR_AEAD_TAG_BYTES])
{
    assert(aad.len <= AAD_BYTES_MAX);
    assert(plain.len <= TEXT_BYTES_MAX);

    enum sr_status status =
        is_live(a) ? a->impl->seal(schedule_of(a), iv, aad, plain, out, tag) : SR_INTERNAL;
    if (status != SR_OK) {
        wipe(out, plain.len);
        wipe(tag, SR_AEAD_TAG_BYTES);
    }
    return status;
}

enum sr_status sr_aead_open(const struct sr_aead *a, const uint8_t iv[SR_AEAD_IV_BYTES],
                            struct sr_bytes aad, struct sr_bytes cipher,
                            const uint8_t tag[SR_AEAD_TAG_BYTES], uint8_t *out)
{
    assert(aad.len <= AAD_BYTES_MAX);
    assert(cipher.len <= TEXT_BYTES_MAX);

    enum sr_status status =
        is_live(a) ? a->impl->open(schedule_of(a), iv, aad, cipher, tag, out) : SR_INTERNAL;
    if (status != SR_OK) {
        wipe(out, cipher.len);
    }
    return status;
}

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16. */
static const uint8_t SHORT_KEY[SR_AEAD_KEY_BYTES] = {
    0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
    0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
};
static const uint8_t SHORT_IV[SR_AEAD_IV_BYTES] = {
    0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88,
};
static const uint8_t SHORT_AAD[20] = {
    0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed,
    0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2,
};
static const uint8_t SHORT_PLAIN[60] = {
    0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26,
    0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31,
    0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49,
    0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
};
static const uint8_t SHORT_CIPHER[60] = {
    0x52, 0x2d, 0xc1, 0xf0, 0x99, 0x56, 0x7d, 0x07, 0xf4, 0x7f, 0x37, 0xa3, 0x2a, 0x84, 0x42,
    0x7d, 0x64, 0x3a, 0x8c, 0xdc, 0xbf, 0xe5, 0xc0, 0xc9, 0x75, 0x98, 0xa2, 0xbd, 0x25, 0x55,
    0xd1, 0xaa, 0x8c, 0xb0, 0x8e, 0x48, 0x59, 0x0d, 0xbb, 0x3d, 0xa7, 0xb0, 0x8b, 0x10, 0x56,
    0x82, 0x88, 0x38, 0xc5, 0xf6, 0x1e, 0x63, 0x93, 0xba, 0x7a, 0x0a, 0xbc, 0xc9, 0xf6, 0x62,
};
static const uint8_t SHORT_TAG[SR_AEAD_TAG_BYTES] = {
    0x76, 0xfc, 0x6e, 0xce, 0x0f, 0x4e, 0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53, 0xbb, 0x2d, 0x55, 0x1b,
};

/* The long one, which reaches the wide loops, is our own: the tag that pyca/cryptography gives. */
static const uint8_t LONG_TAG[SR_AEAD_TAG_BYTES] = {
    0x30, 0x68, 0x97, 0x6e, 0x7d, 0x91, 0xc9, 0x07, 0x61, 0x44, 0x43, 0x4e, 0x0f, 0xad, 0xc3, 0x31,
};

struct known_answer {
    const uint8_t *key;
    const uint8_t *iv;
    struct sr_bytes aad;
    struct sr_bytes plain;
    const uint8_t *cipher; /* NULL: the tag vouches for it */
    const uint8_t *tag;
};

/* work has room for the text. errors  INTERNAL  a wrong answer; others as the implementation */
static enum sr_status check_answer(const struct sr_aead_impl *impl, const struct known_answer *k,
                                   uint8_t *work)
{
    SR_AUTO(sr_aead) a = NULL;
    SR_TRY(sr_aead_new_with(impl, k->key, &a, NULL));
    uint8_t tag[SR_AEAD_TAG_BYTES] = {0};
    SR_TRY(sr_aead_seal(a, k->iv, k->aad, k->plain, work, tag));
    if (memcmp(tag, k->tag, sizeof tag) != 0 ||
        (k->cipher != NULL && memcmp(work, k->cipher, k->plain.len) != 0)) {
        return SR_INTERNAL;
    }
    enum sr_status status =
        sr_aead_open(a, k->iv, k->aad, sr_bytes(work, k->plain.len), k->tag, work);
    if (status == SR_CORRUPT) {
        return SR_INTERNAL;
    }
    SR_TRY(status);
    if (memcmp(work, k->plain.ptr, k->plain.len) != 0) {
        return SR_INTERNAL;
    }
    tag[15] ^= 1;
    status = sr_aead_open(a, k->iv, k->aad, sr_bytes(k->plain.ptr, k->plain.len), tag, work);
    return status == SR_CORRUPT ? SR_OK : SR_INTERNAL;
}

static enum sr_status self_test(const struct sr_aead_impl *impl)
{
    uint8_t work[LONG_BYTES];
    const struct known_answer short_one = {
        .key = SHORT_KEY,
        .iv = SHORT_IV,
        .aad = sr_bytes(SHORT_AAD, sizeof SHORT_AAD),
        .plain = sr_bytes(SHORT_PLAIN, sizeof SHORT_PLAIN),
        .cipher = SHORT_CIPHER,
        .tag = SHORT_TAG,
    };
    SR_TRY(check_answer(impl, &short_one, work));

    uint8_t key[SR_AEAD_KEY_BYTES];
    uint8_t iv[SR_AEAD_IV_BYTES];
    uint8_t aad[LONG_AAD_BYTES];
    uint8_t plain[LONG_BYTES];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof iv; i++) {
        iv[i] = (uint8_t)(0xa0 + i);
    }
    for (size_t i = 0; i < sizeof aad; i++) {
        aad[i] = (uint8_t)(0x40 + i);
    }
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    const struct known_answer long_one = {
        .key = key,
        .iv = iv,
        .aad = sr_bytes(aad, sizeof aad),
        .plain = sr_bytes(plain, sizeof plain),
        .tag = LONG_TAG,
    };
    return check_answer(impl, &long_one, work);
}

/* Processor time of this thread, so that a busy machine does not decide. */
static uint64_t now_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The best time of sealing TRIAL_BYTES at text in place. A failure shows in the self-test. */
static enum sr_status measure(const struct sr_aead_impl *impl, uint8_t *text, uint64_t *out_ns)
{
    SR_AUTO(sr_aead) a = NULL;
    SR_TRY(sr_aead_new_with(impl, SHORT_KEY, &a, NULL));
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < TRIALS; i++) {
        uint8_t tag[SR_AEAD_TAG_BYTES];
        uint64_t start = now_ns();
        SR_TRY(
            sr_aead_seal(a, SHORT_IV, sr_bytes(NULL, 0), sr_bytes(text, TRIAL_BYTES), text, tag));
        uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    *out_ns = best;
    return SR_OK;
}

static void heap_freep(uint8_t **p)
{
    free(*p);
}

enum sr_status sr_aead_choose(const struct sr_aead_impl *const *impls, size_t count,
                              const struct sr_aead_impl **out, struct sr_err *err)
{
    SR_CLEANUP(heap_freep) uint8_t *text = calloc(1, TRIAL_BYTES);
    if (text == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate %d bytes", TRIAL_BYTES);
    }
    const struct sr_aead_impl *fastest = NULL;
    uint64_t least_ns = 0;
    for (size_t i = 0; i < count; i++) {
        if (impls[i] == NULL) {
            continue;
        }
        uint64_t took_ns = 0;
        enum sr_status status = measure(impls[i], text, &took_ns);
        if (status != SR_OK) {
            return sr_fail(err, status, "AES-256-GCM by '%s' does not run", impls[i]->name);
        }
        /* Times waver; without a clear gain the first stays, so that the choice does not. */
        if (fastest == NULL || took_ns < least_ns - least_ns / 8) {
            fastest = impls[i];
            least_ns = took_ns;
        }
    }
    if (fastest == NULL) {
        return sr_fail(err, SR_INTERNAL, "there is no AES-256-GCM");
    }
    enum sr_status status = self_test(fastest);
    if (status != SR_OK) {
        return sr_fail(err, status, "AES-256-GCM by '%s' fails its self-test", fastest->name);
    }
    *out = fastest;
    return SR_OK;
}

/* Set once and read by everybody afterwards. */
static const struct sr_aead_impl *_Atomic chosen;
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sr_err
    start_err; /* under start_lock: a failed test is final, lack of memory is not */

enum sr_status sr_aead_start(struct sr_err *err)
{
    if (atomic_load(&chosen) != NULL) {
        return SR_OK;
    }
    (void)pthread_mutex_lock(&start_lock);
    if (atomic_load(&chosen) == NULL && start_err.status != SR_INTERNAL) {
        const struct sr_aead_impl *const impls[] = {sr_aead_impl_openssl(),
                                                    sr_aead_impl_ipsec_mb()};
        const struct sr_aead_impl *choice = NULL;
        start_err = (struct sr_err){0};
        if (sr_aead_choose(impls, sizeof impls / sizeof impls[0], &choice, &start_err) == SR_OK) {
            atomic_store(&chosen, choice);
        }
    }
    struct sr_err result = start_err;
    (void)pthread_mutex_unlock(&start_lock);
    return result.status == SR_OK ? SR_OK : sr_fail(err, result.status, "%s", result.message);
}

const char *sr_aead_implementation(void)
{
    const struct sr_aead_impl *impl = atomic_load(&chosen);
    return impl != NULL ? impl->name : "none";
}

enum sr_status sr_aead_new(const uint8_t key[SR_AEAD_KEY_BYTES], struct sr_aead **out,
                           struct sr_err *err)
{
    SR_TRY(sr_aead_start(err));
    return sr_aead_new_with(atomic_load(&chosen), key, out, err);
}
