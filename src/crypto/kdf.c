/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

enum { HASH_BYTES = 48, INFO_BYTES_MAX = 8192 };

static void mac_freep(EVP_MAC **mac)
{
    EVP_MAC_free(*mac);
}

/* OpenSSL cleanses its copy of the key here. */
static void mac_ctx_freep(EVP_MAC_CTX **ctx)
{
    EVP_MAC_CTX_free(*ctx);
}

static enum sr_status openssl_failed(void)
{
    bool no_memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    return no_memory ? SR_NO_MEMORY : SR_INTERNAL;
}

/* T(n) = HMAC(PRK, T(n - 1) || info || n). before has HASH_BYTES, or none for T(1). */
static enum sr_status next_block(EVP_MAC_CTX *ctx, struct sr_bytes before,
                                 const struct sr_bytes *parts, size_t part_count, uint8_t n,
                                 uint8_t block[HASH_BYTES])
{
    bool good = EVP_MAC_update(ctx, before.ptr, before.len) == 1;
    for (size_t i = 0; good && i < part_count; i++) {
        good = EVP_MAC_update(ctx, parts[i].ptr, parts[i].len) == 1;
    }
    size_t written = 0;
    good = good && EVP_MAC_update(ctx, &n, 1) == 1 &&
           EVP_MAC_final(ctx, block, &written, HASH_BYTES) == 1 && written == HASH_BYTES;
    return good ? SR_OK : openssl_failed();
}

static enum sr_status expand(EVP_MAC_CTX *ctx, struct sr_bytes prk, const struct sr_bytes *parts,
                             size_t part_count, uint8_t block[HASH_BYTES], uint8_t *out,
                             size_t out_bytes)
{
    char digest[] = OSSL_DIGEST_NAME_SHA2_384;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    uint8_t n = 0;
    for (size_t done = 0; done < out_bytes;) {
        /* Only the first call sets the key; later ones start again with it. */
        bool ready = n == 0 ? EVP_MAC_init(ctx, prk.ptr, prk.len, params) == 1
                            : EVP_MAC_init(ctx, NULL, 0, NULL) == 1;
        if (!ready) {
            return openssl_failed();
        }
        struct sr_bytes before = sr_bytes(block, n == 0 ? 0 : HASH_BYTES);
        n++;
        SR_TRY(next_block(ctx, before, parts, part_count, n, block));
        size_t take = out_bytes - done < HASH_BYTES ? out_bytes - done : HASH_BYTES;
        memcpy(out + done, block, take);
        done += take;
    }
    return SR_OK;
}

enum sr_status sr_kdf_expand(struct sr_bytes prk, const struct sr_bytes *parts, size_t part_count,
                             uint8_t *out, size_t out_bytes)
{
    assert(prk.len >= 32);
    assert(part_count <= SR_KDF_INFO_PARTS_MAX);
    assert(out_bytes <= (size_t)255 * HASH_BYTES);
    size_t info_bytes = 0;
    for (size_t i = 0; i < part_count; i++) {
        assert(parts[i].len <= INFO_BYTES_MAX - info_bytes);
        info_bytes += parts[i].len;
    }

    SR_CLEANUP(mac_freep) EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    if (mac == NULL) {
        return openssl_failed();
    }
    SR_CLEANUP(mac_ctx_freep) EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    if (ctx == NULL) {
        return SR_NO_MEMORY;
    }
    uint8_t block[HASH_BYTES] = {0};
    enum sr_status status = expand(ctx, prk, parts, part_count, block, out, out_bytes);
    explicit_bzero(block, sizeof block);
    if (status != SR_OK) {
        explicit_bzero(out, out_bytes);
    }
    return status;
}

enum sr_status sr_kdf_scrypt(struct sr_bytes passphrase, struct sr_bytes salt, uint8_t log2_n,
                             uint32_t r, uint32_t p, uint8_t *out, size_t out_bytes)
{
    assert(log2_n >= 1 && log2_n <= 20);
    assert(r >= 1 && r <= 32);
    assert(p >= 1 && p <= 16);

    uint64_t n = (uint64_t)1 << log2_n;
    /* What OpenSSL allocates: V and two work blocks of 128 * r bytes each, and B of p of them. */
    uint64_t memory_bytes = (uint64_t)128 * r * (n + 2 + p);
    if (EVP_PBE_scrypt((const char *)passphrase.ptr, passphrase.len, salt.ptr, salt.len, n, r, p,
                       memory_bytes, out, out_bytes) != 1) {
        explicit_bzero(out, out_bytes);
        return openssl_failed();
    }
    return SR_OK;
}
