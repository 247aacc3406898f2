/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-GCM by Intel IPsec-MB: VAES and AVX-512 where the CPU has them.
 *
 * The schedule is the library's own, 1 KiB, in our secret memory. Of the library's manager only the
 * table of functions is used, which nobody writes after the start; so it is shared by all threads
 * and lives as long as the process.
 *
 * The one-call functions report no error: given arguments they refuse, they return without having
 * done anything, and the error number is shared by all threads. So we never pass NULL, and fill
 * the place of the tag with something it would not leave there.
 */
#include "crypto/aead_impl.h"

#include "build_config.h"

#if SR_HAVE_IPSEC_MB

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

static IMB_MGR *manager;
static struct sr_aead_impl impl;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;

static const uint8_t EMPTY[1];

/* The library is handed data of no length at a valid address. */
static const uint8_t *address_of(struct sr_bytes data)
{
    return data.len > 0 ? data.ptr : EMPTY;
}

/* It holds counter blocks, the hash so far and a block of key stream. */
static void wipe_context(struct gcm_context_data *context)
{
    explicit_bzero(context, sizeof *context);
}

static void expand(const uint8_t key[SR_AEAD_KEY_BYTES], void *schedule)
{
    IMB_AES256_GCM_PRE(manager, key, schedule);
}

static enum sr_status gcm_seal(const void *schedule, const uint8_t iv[SR_AEAD_IV_BYTES],
                               struct sr_bytes aad, struct sr_bytes plain, uint8_t *out,
                               uint8_t tag[SR_AEAD_TAG_BYTES])
{
    SR_CLEANUP(wipe_context) struct gcm_context_data context = {0};
    uint8_t nowhere[1];
    static const uint8_t untouched[SR_AEAD_TAG_BYTES] = {0};
    memcpy(tag, untouched, SR_AEAD_TAG_BYTES);
    IMB_AES256_GCM_ENC(manager, schedule, &context, plain.len > 0 ? out : nowhere,
                       address_of(plain), plain.len, iv, address_of(aad), aad.len, tag,
                       SR_AEAD_TAG_BYTES);
    /* A true tag of all zero comes once in 2^128. */
    return memcmp(tag, untouched, SR_AEAD_TAG_BYTES) != 0 ? SR_OK : SR_INTERNAL;
}

static enum sr_status gcm_open(const void *schedule, const uint8_t iv[SR_AEAD_IV_BYTES],
                               struct sr_bytes aad, struct sr_bytes cipher,
                               const uint8_t tag[SR_AEAD_TAG_BYTES], uint8_t *out)
{
    SR_CLEANUP(wipe_context) struct gcm_context_data context = {0};
    uint8_t nowhere[1];
    uint8_t computed[SR_AEAD_TAG_BYTES];
    for (size_t i = 0; i < sizeof computed; i++) {
        computed[i] = (uint8_t)~tag[i];
    }
    IMB_AES256_GCM_DEC(manager, schedule, &context, cipher.len > 0 ? out : nowhere,
                       address_of(cipher), cipher.len, iv, address_of(aad), aad.len, computed,
                       sizeof computed);
    bool matches = CRYPTO_memcmp(computed, tag, sizeof computed) == 0;
    explicit_bzero(computed, sizeof computed); /* the right tag of a message that is refused */
    return matches ? SR_OK : SR_CORRUPT;
}

static const char *name_of(IMB_ARCH arch, uint64_t features)
{
    const uint64_t vaes = IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ;
    switch (arch) {
    case IMB_ARCH_AVX512:
        return (features & vaes) == vaes ? "ipsec-mb avx512 vaes" : "ipsec-mb avx512";
    case IMB_ARCH_AVX2:
        return "ipsec-mb avx2";
    case IMB_ARCH_AVX:
        return "ipsec-mb avx";
    case IMB_ARCH_SSE:
        return "ipsec-mb sse";
    case IMB_ARCH_NONE:
    case IMB_ARCH_NOAESNI:
    case IMB_ARCH_NUM:
    default:
        return NULL; /* without AES instructions it is slower than OpenSSL, and not constant-time */
    }
}

static void start(void)
{
    IMB_ARCH arch = IMB_ARCH_NONE;
    IMB_MGR *m = alloc_mb_mgr(0);
    if (m == NULL) {
        return;
    }
    init_mb_mgr_auto(m, &arch);
    const char *name = name_of(arch, m->features);
    /* Its own self-test, if it has one, sets an error when it fails. */
    if (imb_get_errno(m) != 0 || name == NULL) {
        free_mb_mgr(m);
        return;
    }
    manager = m;
    impl = (struct sr_aead_impl){
        .name = name,
        .schedule_bytes = sizeof(struct gcm_key_data),
        .expand = expand,
        .seal = gcm_seal,
        .open = gcm_open,
    };
}

const struct sr_aead_impl *sr_aead_impl_ipsec_mb(void)
{
    (void)pthread_once(&start_once, start);
    return manager != NULL ? &impl : NULL;
}

#else

const struct sr_aead_impl *sr_aead_impl_ipsec_mb(void)
{
    return NULL;
}

#endif
