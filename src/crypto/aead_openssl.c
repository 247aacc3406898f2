/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-GCM by OpenSSL: the portable implementation.
 *
 * The schedule is the raw key. Each call expands it anew into an OpenSSL context, which lives in
 * ordinary heap memory (not locked, not guarded) for the length of that call and is cleansed when
 * freed: OpenSSL offers no way to place it. At 1 MiB a segment the expansion costs under 0.1 %.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "crypto/aead_impl.h"

enum direction { DECRYPT = 0, ENCRYPT = 1 };

/* Fetched once, because a lookup takes a lock that all threads share; never freed. */
static EVP_CIPHER *aes_256_gcm;
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    ERR_clear_error();
}

static void cipher_freep(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

static void expand(const uint8_t key[SR_AEAD_KEY_BYTES], void *schedule)
{
    memcpy(schedule, key, SR_AEAD_KEY_BYTES);
}

static enum sr_status failed(enum sr_status status)
{
    ERR_clear_error();
    return status;
}

/* Feed aad and data. An empty update is left out: with a NULL output it would mean other things. */
static bool update(EVP_CIPHER_CTX *ctx, struct sr_bytes aad, struct sr_bytes data, uint8_t *out)
{
    int written = 0;
    if (aad.len > 0 && EVP_CipherUpdate(ctx, NULL, &written, aad.ptr, (int)aad.len) != 1) {
        return false;
    }
    if (data.len == 0) {
        return true;
    }
    return EVP_CipherUpdate(ctx, out, &written, data.ptr, (int)data.len) == 1 &&
           (size_t)written == data.len;
}

static enum sr_status gcm_seal(const void *schedule, const uint8_t iv[SR_AEAD_IV_BYTES],
                               struct sr_bytes aad, struct sr_bytes plain, uint8_t *out,
                               uint8_t tag[SR_AEAD_TAG_BYTES])
{
    SR_CLEANUP(cipher_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return failed(SR_NO_MEMORY);
    }
    uint8_t none[SR_AEAD_TAG_BYTES];
    int written = 0;
    if (EVP_CipherInit_ex(ctx, aes_256_gcm, NULL, schedule, iv, ENCRYPT) != 1 ||
        !update(ctx, aad, plain, out) || EVP_CipherFinal_ex(ctx, none, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SR_AEAD_TAG_BYTES, tag) != 1) {
        return failed(SR_INTERNAL);
    }
    return SR_OK;
}

static enum sr_status gcm_open(const void *schedule, const uint8_t iv[SR_AEAD_IV_BYTES],
                               struct sr_bytes aad, struct sr_bytes cipher,
                               const uint8_t tag[SR_AEAD_TAG_BYTES], uint8_t *out)
{
    SR_CLEANUP(cipher_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return failed(SR_NO_MEMORY);
    }
    uint8_t expected[SR_AEAD_TAG_BYTES]; /* the control call takes no const pointer */
    memcpy(expected, tag, sizeof expected);
    if (EVP_CipherInit_ex(ctx, aes_256_gcm, NULL, schedule, iv, DECRYPT) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SR_AEAD_TAG_BYTES, expected) != 1 ||
        !update(ctx, aad, cipher, out)) {
        return failed(SR_INTERNAL);
    }
    uint8_t none[SR_AEAD_TAG_BYTES];
    int written = 0;
    return EVP_CipherFinal_ex(ctx, none, &written) == 1 ? SR_OK : failed(SR_CORRUPT);
}

const struct sr_aead_impl *sr_aead_impl_openssl(void)
{
    static const struct sr_aead_impl impl = {
        .name = "openssl",
        .schedule_bytes = SR_AEAD_KEY_BYTES,
        .expand = expand,
        .seal = gcm_seal,
        .open = gcm_open,
    };
    (void)pthread_once(&fetch_once, fetch);
    return aes_256_gcm != NULL ? &impl : NULL;
}
