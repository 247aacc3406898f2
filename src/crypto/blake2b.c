/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/blake2b.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct sr_blake2b {
    EVP_MD_CTX *ctx;
};

enum sr_status sr_blake2b_new(struct sr_blake2b **out)
{
    SR_AUTO(sr_blake2b) h = calloc(1, sizeof *h);
    if (h == NULL) {
        return SR_NO_MEMORY;
    }
    h->ctx = EVP_MD_CTX_new();
    if (h->ctx == NULL) {
        return SR_NO_MEMORY;
    }
    if (EVP_DigestInit_ex(h->ctx, EVP_blake2b512(), NULL) != 1) {
        ERR_clear_error();
        return SR_INTERNAL;
    }
    *out = SR_TAKE(h);
    return SR_OK;
}

void sr_blake2b_free(struct sr_blake2b *h)
{
    if (h != NULL) {
        EVP_MD_CTX_free(h->ctx);
        free(h);
    }
}

enum sr_status sr_blake2b_update(struct sr_blake2b *h, struct sr_bytes data)
{
    return EVP_DigestUpdate(h->ctx, data.ptr, data.len) == 1 ? SR_OK : SR_INTERNAL;
}

enum sr_status sr_blake2b_final(struct sr_blake2b *h, uint8_t out[SR_BLAKE2B_BYTES])
{
    return EVP_DigestFinal_ex(h->ctx, out, NULL) == 1 ? SR_OK : SR_INTERNAL;
}
