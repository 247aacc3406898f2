/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

#include "crypto/sign_impl.h"

#define ED25519_BYTES 32

/* Public keys without a private half worth the name: y of the points whose order divides 8. */
static const uint8_t SMALL_ORDER[][ED25519_BYTES] = {
    {0},
    {1},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

static void pkey_freep(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static void pkey_ctx_freep(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

/* y with the sign of x taken off, at or over 2^255 - 19: another spelling of a smaller y. */
static bool is_canonical(const uint8_t y[ED25519_BYTES])
{
    if (y[0] < 0xed || y[ED25519_BYTES - 1] != 0x7f) {
        return true;
    }
    for (size_t i = 1; i < ED25519_BYTES - 1; i++) {
        if (y[i] != 0xff) {
            return true;
        }
    }
    return false;
}

static bool is_small_order(const uint8_t y[ED25519_BYTES])
{
    for (size_t i = 0; i < sizeof SMALL_ORDER / sizeof SMALL_ORDER[0]; i++) {
        if (memcmp(y, SMALL_ORDER[i], ED25519_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum sr_status from_ed25519(struct sr_bytes raw, struct sr_public_key **out,
                                   struct sr_err *err)
{
    if (raw.len != ED25519_BYTES) {
        return sr_fail(err, SR_MALFORMED, "the Ed25519 key has %zu bytes, not 32", raw.len);
    }
    uint8_t y[ED25519_BYTES];
    memcpy(y, raw.ptr, sizeof y);
    y[ED25519_BYTES - 1] &= 0x7f;
    if (!is_canonical(y) || is_small_order(y)) {
        return sr_fail(err, SR_MALFORMED, "the Ed25519 key is one that signs for anybody");
    }
    SR_CLEANUP(pkey_freep)
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw.ptr, raw.len);
    ERR_clear_error();
    if (pkey == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a public key");
    }
    return sr_public_key_wrap(pkey, SR_SIGN_ED25519, out, err);
}

/* The group's name lives in a buffer because OSSL_PARAM has no const. */
static EVP_PKEY *make_point(const char *group, struct sr_bytes raw)
{
    char name[32] = "";
    uint8_t point[256];
    SR_CLEANUP(pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    memcpy(name, group, strlen(group) + 1);
    memcpy(point, raw.ptr, raw.len);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, raw.len),
        OSSL_PARAM_construct_end(),
    };
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    ERR_clear_error();
    return pkey;
}

enum sr_status sr_public_key_from_raw(enum sr_sign_algorithm algorithm, struct sr_bytes raw,
                                      struct sr_public_key **out, struct sr_err *err)
{
    static const struct {
        const char *group;
        size_t bytes;
    } CURVES[SR_SIGN_ALGORITHM_COUNT] = {
        [SR_SIGN_ECDSA_P256_SHA256] = {"prime256v1", 65},
        [SR_SIGN_ECDSA_P384_SHA384] = {"secp384r1", 97},
        [SR_SIGN_ECDSA_P521_SHA512] = {"secp521r1", 133},
    };
    if (algorithm == SR_SIGN_ED25519) {
        return from_ed25519(raw, out, err);
    }
    assert(algorithm < SR_SIGN_ALGORITHM_COUNT && CURVES[algorithm].group != NULL);
    if (raw.len != CURVES[algorithm].bytes || raw.ptr[0] != 4) {
        return sr_fail(err, SR_MALFORMED, "the point is not of %zu bytes that begin with 4",
                       CURVES[algorithm].bytes);
    }
    SR_CLEANUP(pkey_freep) EVP_PKEY *pkey = make_point(CURVES[algorithm].group, raw);
    if (pkey == NULL) {
        return sr_fail(err, SR_MALFORMED, "the public key is not a point of its curve");
    }
    return sr_public_key_from_pkey(pkey, "the public key", out, err);
}
