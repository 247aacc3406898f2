/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct sr_sha256 {
    EVP_MD_CTX *ctx;
    bool is_final;
};

/*
 * Fetched once: looking an algorithm up takes longer than hashing a tree node, and takes a lock.
 * Never freed: it may be in use on another thread until the process ends.
 */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

static enum sr_status openssl_failed(void)
{
    ERR_clear_error();
    return SR_INTERNAL;
}

enum sr_status sr_sha256_new(struct sr_sha256 **out)
{
    (void)pthread_once(&sha256_once, fetch_sha256);
    if (sha256 == NULL) {
        return openssl_failed();
    }
    SR_AUTO(sr_sha256) h = calloc(1, sizeof *h);
    if (h == NULL) {
        return SR_NO_MEMORY;
    }
    h->ctx = EVP_MD_CTX_new();
    if (h->ctx == NULL) {
        return SR_NO_MEMORY;
    }
    if (EVP_DigestInit_ex(h->ctx, sha256, NULL) != 1) {
        return openssl_failed();
    }
    *out = SR_TAKE(h);
    return SR_OK;
}

void sr_sha256_free(struct sr_sha256 *h)
{
    if (h == NULL) {
        return;
    }
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

enum sr_status sr_sha256_update(struct sr_sha256 *h, struct sr_bytes data)
{
    assert(!h->is_final);

    if (EVP_DigestUpdate(h->ctx, data.ptr, data.len) != 1) {
        return openssl_failed();
    }
    return SR_OK;
}

enum sr_status sr_sha256_final(struct sr_sha256 *h, uint8_t out[SR_SHA256_BYTES])
{
    assert(!h->is_final);

    h->is_final = true;
    if (EVP_DigestFinal_ex(h->ctx, out, NULL) != 1) {
        return openssl_failed();
    }
    return SR_OK;
}

enum sr_status sr_sha256_once(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_sha256) h = NULL;
    SR_TRY(sr_sha256_new(&h));
    SR_TRY(sr_sha256_update(h, data));
    return sr_sha256_final(h, out);
}

enum sr_status sr_sha256_many(const struct sr_bytes *messages, size_t count,
                              uint8_t (*out)[SR_SHA256_BYTES])
{
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_sha256_once(messages[i], out[i]));
    }
    return SR_OK;
}
