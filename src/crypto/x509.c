/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sign_impl.h"

#define CHAIN_DEPTH_MAX 10
/* 112 bits: no SHA-1, no RSA under 2048 */
#define SECURITY_LEVEL 2

struct sr_x509 {
    STACK_OF(X509) * list;
};

static void bio_freep(BIO **bio)
{
    BIO_free_all(*bio);
}

static void certificate_freep(X509 **certificate)
{
    X509_free(*certificate);
}

static void store_freep(X509_STORE **store)
{
    X509_STORE_free(*store);
}

static void store_ctx_freep(X509_STORE_CTX **ctx)
{
    X509_STORE_CTX_free(*ctx);
}

static void names_freep(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}

static void openssl_freep(unsigned char **p)
{
    OPENSSL_free(*p);
}

static enum sr_status new_list(struct sr_x509 **out, struct sr_err *err)
{
    SR_AUTO(sr_x509) x = calloc(1, sizeof *x);
    if (x != NULL) {
        x->list = sk_X509_new_null();
    }
    if (x == NULL || x->list == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for certificates");
    }
    *out = SR_TAKE(x);
    return SR_OK;
}

void sr_x509_free(struct sr_x509 *x)
{
    if (x != NULL) {
        sk_X509_pop_free(x->list, X509_free);
        free(x);
    }
}

/* Takes *certificate. */
static enum sr_status add(struct sr_x509 *x, X509 **certificate, struct sr_err *err)
{
    if (sk_X509_num(x->list) >= SR_X509_COUNT_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "more than %d certificates", SR_X509_COUNT_MAX);
    }
    if (sk_X509_push(x->list, *certificate) == 0) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for certificates");
    }
    *certificate = NULL;
    return SR_OK;
}

enum sr_status sr_x509_from_der(const struct sr_bytes *der, size_t count, struct sr_x509 **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_x509) x = NULL;
    SR_TRY(new_list(&x, err));
    for (size_t i = 0; i < count; i++) {
        const unsigned char *at = der[i].ptr;
        SR_CLEANUP(certificate_freep)
        X509 *certificate = der[i].len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der[i].len) : NULL;
        ERR_clear_error();
        if (certificate == NULL || at != der[i].ptr + der[i].len) {
            return sr_fail(err, SR_MALFORMED, "certificate %zu is not one", i);
        }
        SR_TRY(add(x, &certificate, err));
    }
    if (count == 0) {
        return sr_fail(err, SR_MALFORMED, "no certificate");
    }
    *out = SR_TAKE(x);
    return SR_OK;
}

/* Certificates are never encrypted; without a callback OpenSSL would ask on the terminal. */
static int no_passphrase(char *out, int bytes, int rw, void *ctx) /* lint: callback */
{
    (void)out;
    (void)bytes;
    (void)rw;
    (void)ctx;
    return -1;
}

enum sr_status sr_x509_from_pem(struct sr_bytes pem, struct sr_x509 **out, struct sr_err *err)
{
    SR_AUTO(sr_x509) x = NULL;
    SR_CLEANUP(bio_freep) BIO *bio = NULL;
    SR_TRY(new_list(&x, err));
    if (pem.len > 0 && pem.len <= INT_MAX) {
        bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    }
    for (bool more = bio != NULL; more;) {
        SR_CLEANUP(certificate_freep)
        X509 *certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
        unsigned long error = ERR_peek_last_error();
        ERR_clear_error();
        more = certificate != NULL;
        if (!more && ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
            return sr_fail(err, SR_MALFORMED, "certificate %zu is damaged", sr_x509_count(x));
        }
        if (more) {
            SR_TRY(add(x, &certificate, err));
        }
    }
    if (sr_x509_count(x) == 0) {
        return sr_fail(err, SR_MALFORMED, "no certificate in PEM ('BEGIN CERTIFICATE')");
    }
    *out = SR_TAKE(x);
    return SR_OK;
}

size_t sr_x509_count(const struct sr_x509 *x)
{
    return (size_t)sk_X509_num(x->list);
}

static X509 *leaf_of(const struct sr_x509 *x)
{
    return sk_X509_value(x->list, 0);
}

enum sr_status sr_x509_der(const struct sr_x509 *x, size_t index, struct sr_buf *out)
{
    assert(index < sr_x509_count(x));
    SR_CLEANUP(openssl_freep) unsigned char *der = NULL;
    int len = i2d_X509(sk_X509_value(x->list, (int)index), &der);
    if (len <= 0) {
        ERR_clear_error();
        return SR_INTERNAL;
    }
    return sr_buf_append(out, sr_bytes(der, (size_t)len));
}

enum sr_status sr_x509_leaf_key(const struct sr_x509 *x, struct sr_public_key **out,
                                struct sr_err *err)
{
    EVP_PKEY *pkey = X509_get0_pubkey(leaf_of(x));
    if (pkey == NULL) {
        ERR_clear_error();
        return sr_fail(err, SR_MALFORMED, "the certificate's key cannot be read");
    }
    return sr_public_key_from_pkey(pkey, "the certificate's key", out, err);
}

void sr_x509_leaf_subject(const struct sr_x509 *x, char out[SR_X509_NAME_BYTES])
{
    SR_CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    int len = 0;
    if (bio != NULL &&
        X509_NAME_print_ex(bio, X509_get_subject_name(leaf_of(x)), 0, XN_FLAG_RFC2253) >= 0) {
        len = BIO_read(bio, out, SR_X509_NAME_BYTES - 1);
    }
    ERR_clear_error();
    out[len > 0 ? len : 0] = '\0';
}

static bool is_string(const ASN1_STRING *s, const char *name)
{
    size_t len = strlen(name);
    return s != NULL && ASN1_STRING_length(s) >= 0 && (size_t)ASN1_STRING_length(s) == len &&
           memcmp(ASN1_STRING_get0_data(s), name, len) == 0;
}

static bool has_alternative_name(X509 *leaf, const char *name)
{
    SR_CLEANUP(names_freep)
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);
        bool is_text = one->type == GEN_EMAIL || one->type == GEN_DNS || one->type == GEN_URI;
        if (is_text && is_string(one->d.ia5, name)) {
            return true;
        }
    }
    return false;
}

static bool has_common_name(X509 *leaf, const char *name)
{
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    /* Of several, none: which one counts is where two readers differ. */
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) {
        return false;
    }
    SR_CLEANUP(openssl_freep) unsigned char *text = NULL;
    int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return len >= 0 && sr_text_equal(sr_bytes(text, (size_t)len), sr_text_view(name));
}

static enum sr_status check_name(const struct sr_x509 *chain, const char *name, struct sr_err *err)
{
    char subject[SR_X509_NAME_BYTES];
    sr_x509_leaf_subject(chain, subject);
    X509 *leaf = leaf_of(chain);
    bool has_name = has_alternative_name(leaf, name) || has_common_name(leaf, name) ||
                    (strlen(subject) < SR_X509_NAME_BYTES - 1 && strcmp(subject, name) == 0);
    ERR_clear_error();
    return has_name ? SR_OK
                    : sr_fail(err, SR_UNTRUSTED, "the certificate is of '%s', not of '%.100s'",
                              subject, name);
}

static enum sr_status check_usage(X509 *leaf, bool any_usage, struct sr_err *err)
{
    uint32_t flags = X509_get_extension_flags(leaf);
    bool has_usage = (flags & EXFLAG_KUSAGE) != 0;
    bool may_sign = (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0;
    bool is_for_code =
        (flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) != 0;
    if (any_usage ? (has_usage && may_sign) || is_for_code
                  : is_for_code && (!has_usage || may_sign)) {
        return SR_OK;
    }
    return sr_fail(err, SR_UNTRUSTED,
                   is_for_code || any_usage
                       ? "the certificate's key usage does not allow signatures"
                       : "the certificate is not for code signing (extended key usage)");
}

/* An issuer that is limited to other purposes cannot make certificates for this one. */
static enum sr_status check_issuers(X509_STORE_CTX *ctx, struct sr_err *err)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    for (int i = 1; i < sk_X509_num(path) - 1; i++) {
        X509 *issuer = sk_X509_value(path, i);
        uint32_t wanted = XKU_CODE_SIGN | XKU_ANYEKU;
        if ((X509_get_extension_flags(issuer) & EXFLAG_XKUSAGE) != 0 &&
            (X509_get_extended_key_usage(issuer) & wanted) == 0) {
            return sr_fail(err, SR_UNTRUSTED,
                           "issuer %d of the certificate is limited to other purposes", i);
        }
    }
    return SR_OK;
}

static enum sr_status add_roots(X509_STORE *store, const struct sr_x509 *roots, struct sr_err *err)
{
    for (int i = 0; i < sk_X509_num(roots->list); i++) {
        if (X509_STORE_add_cert(store, sk_X509_value(roots->list, i)) != 1) {
            ERR_clear_error();
            return sr_fail(err, SR_NO_MEMORY, "no memory for root certificates");
        }
    }
    return SR_OK;
}

static enum sr_status build_path(X509_STORE_CTX *ctx, const struct sr_x509_policy *policy,
                                 struct sr_err *err)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    if (policy->at_utc_s != 0) {
        X509_VERIFY_PARAM_set_time(param, (time_t)policy->at_utc_s);
    }
    bool is_good = X509_verify_cert(ctx) == 1;
    ERR_clear_error();
    if (!is_good) {
        return sr_fail(err, SR_UNTRUSTED, "certificate %d of the chain: %s",
                       X509_STORE_CTX_get_error_depth(ctx),
                       X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    }
    return policy->any_usage ? SR_OK : check_issuers(ctx, err);
}

enum sr_status sr_x509_verify(const struct sr_x509 *chain, const struct sr_x509 *roots,
                              const struct sr_x509_policy *policy, struct sr_err *err)
{
    SR_CLEANUP(store_freep) X509_STORE *store = X509_STORE_new();
    SR_CLEANUP(store_ctx_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (store == NULL || ctx == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to verify certificates");
    }
    SR_TRY(add_roots(store, roots, err));
    if (X509_STORE_CTX_init(ctx, store, leaf_of(chain), chain->list) != 1) {
        ERR_clear_error();
        return sr_fail(err, SR_INTERNAL, "cannot verify certificates");
    }
    SR_TRY(build_path(ctx, policy, err));
    SR_TRY(check_usage(leaf_of(chain), policy->any_usage, err));
    return policy->name == NULL ? SR_OK : check_name(chain, policy->name, err);
}
