/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/text.h"
#include "crypto/kdf.h"
#include "crypto/sign_impl.h"

/* 384 bits and 64 more, so that the remainder is as good as uniform. */
#define WIDE_BYTES 56
#define POINT_BYTES 97 /* uncompressed */
#define LABEL "strongroom signing key P-384 v1"

/* What OpenSSL needs for it. */
struct material {
    EC_GROUP *group;
    BN_CTX *ctx;
    BIGNUM *d; /* the private key: wiped */
    EC_POINT *q;
    OSSL_PARAM_BLD *builder;
    OSSL_PARAM *params; /* d is in it: wiped */
    EVP_PKEY_CTX *pkey_ctx;
    EVP_PKEY *pkey;
};

static void material_clear(struct material *m)
{
    EVP_PKEY_free(m->pkey);
    EVP_PKEY_CTX_free(m->pkey_ctx);
    OSSL_PARAM_free(m->params);
    OSSL_PARAM_BLD_free(m->builder);
    EC_POINT_free(m->q);
    BN_clear_free(m->d);
    BN_CTX_free(m->ctx);
    EC_GROUP_free(m->group);
}

/* d = wide mod (n - 1) + 1 */
static bool reduce(struct material *m, const struct sr_secret *wide)
{
    BIGNUM *limit = BN_dup(EC_GROUP_get0_order(m->group));
    m->d = BN_secure_new();
    bool is_good = limit != NULL && m->d != NULL && BN_sub_word(limit, 1) == 1 &&
                   BN_bin2bn(sr_secret_view(wide), WIDE_BYTES, m->d) != NULL;
    if (is_good) {
        BN_set_flags(m->d, BN_FLG_CONSTTIME);
        is_good = BN_mod(m->d, m->d, limit, m->ctx) == 1 && BN_add_word(m->d, 1) == 1;
    }
    BN_free(limit);
    return is_good;
}

static bool build(struct material *m)
{
    uint8_t point[POINT_BYTES];
    bool is_good = EC_POINT_mul(m->group, m->q, m->d, NULL, NULL, m->ctx) == 1 &&
                   EC_POINT_point2oct(m->group, m->q, POINT_CONVERSION_UNCOMPRESSED, point,
                                      sizeof point, m->ctx) == sizeof point &&
                   OSSL_PARAM_BLD_push_utf8_string(m->builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                                   "secp384r1", 0) == 1 &&
                   OSSL_PARAM_BLD_push_octet_string(m->builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                    sizeof point) == 1 &&
                   OSSL_PARAM_BLD_push_BN(m->builder, OSSL_PKEY_PARAM_PRIV_KEY, m->d) == 1;
    if (!is_good) {
        return false;
    }
    m->params = OSSL_PARAM_BLD_to_param(m->builder);
    return m->params != NULL && EVP_PKEY_fromdata_init(m->pkey_ctx) == 1 &&
           EVP_PKEY_fromdata(m->pkey_ctx, &m->pkey, EVP_PKEY_KEYPAIR, m->params) == 1;
}

enum sr_status sr_signer_from_seed(const struct sr_secret *seed, struct sr_signer **out,
                                   struct sr_err *err)
{
    assert(sr_secret_len(seed) == SR_SIGN_SEED_BYTES);
    SR_AUTO(sr_secret) wide = NULL;
    SR_CLEANUP(material_clear) struct material m = {0};
    struct sr_bytes label = sr_text_view(LABEL);
    SR_TRY(sr_secret_new(WIDE_BYTES, &wide, err));
    SR_TRY(sr_kdf_expand(sr_bytes(sr_secret_view(seed), SR_SIGN_SEED_BYTES), &label, 1,
                         sr_secret_bytes(wide), WIDE_BYTES));
    m.group = EC_GROUP_new_by_curve_name(NID_secp384r1);
    m.ctx = BN_CTX_secure_new();
    m.builder = OSSL_PARAM_BLD_new();
    m.pkey_ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    m.q = m.group != NULL ? EC_POINT_new(m.group) : NULL;
    if (m.ctx == NULL || m.builder == NULL || m.pkey_ctx == NULL || m.q == NULL) {
        ERR_clear_error();
        return sr_fail(err, SR_NO_MEMORY, "no memory for a signing key");
    }
    bool is_good = reduce(&m, wide) && build(&m);
    ERR_clear_error();
    return is_good ? sr_signer_from_pkey(m.pkey, out, err)
                   : sr_fail(err, SR_INTERNAL, "cannot make a signing key");
}
