/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/sign_impl.h"

struct sr_public_key {
    EVP_PKEY *pkey;
    enum sr_sign_algorithm algorithm;
};

static const struct {
    const char *name;
    const char *group; /* OpenSSL's */
    const char *digest;
} ALGORITHMS[] = {
    [SR_SIGN_ECDSA_P256_SHA256] = {"ECDSA P-256 with SHA-256", "prime256v1", "SHA256"},
    [SR_SIGN_ECDSA_P384_SHA384] = {"ECDSA P-384 with SHA-384", "secp384r1", "SHA384"},
    [SR_SIGN_ECDSA_P521_SHA512] = {"ECDSA P-521 with SHA-512", "secp521r1", "SHA512"},
    [SR_SIGN_ED25519] = {"Ed25519", "", NULL}, /* hashes by itself */
};

static void pkey_freep(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static void bio_freep(BIO **bio)
{
    BIO_free_all(*bio);
}

static void pkey_ctx_freep(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void md_ctx_freep(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

const char *sr_sign_algorithm_name(enum sr_sign_algorithm algorithm)
{
    assert(algorithm < SR_SIGN_ALGORITHM_COUNT);
    return ALGORITHMS[algorithm].name;
}

void sr_public_key_free(struct sr_public_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

/* Spelled-out parameters can make a curve of one's own that has a known name's order. */
static bool has_named_curve(EVP_PKEY *pkey, char *name, size_t name_bytes)
{
    char encoding[32] = "";
    size_t len = 0;
    return EVP_PKEY_is_a(pkey, "EC") == 1 &&
           EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
                                          sizeof encoding, &len) == 1 &&
           strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0 &&
           EVP_PKEY_get_group_name(pkey, name, name_bytes, &len) == 1;
}

static bool is_good_point(EVP_PKEY *pkey)
{
    SR_CLEANUP(pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    return ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
}

static bool find_algorithm(const char *group, enum sr_sign_algorithm *out)
{
    for (enum sr_sign_algorithm i = 0; i < SR_SIGN_ALGORITHM_COUNT; i++) {
        if (strcmp(group, ALGORITHMS[i].group) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

enum sr_status sr_public_key_from_pkey(EVP_PKEY *pkey, const char *what, struct sr_public_key **out,
                                       struct sr_err *err)
{
    char group[64] = "";
    enum sr_sign_algorithm algorithm;
    if (!has_named_curve(pkey, group, sizeof group) || !find_algorithm(group, &algorithm)) {
        ERR_clear_error();
        return sr_fail(err, SR_UNSUPPORTED, "%s is not of the curve P-256, P-384 or P-521", what);
    }
    if (!is_good_point(pkey)) {
        ERR_clear_error();
        return sr_fail(err, SR_MALFORMED, "%s is not a point of its curve", what);
    }
    return sr_public_key_wrap(pkey, algorithm, out, err);
}

enum sr_status sr_public_key_wrap(EVP_PKEY *pkey, enum sr_sign_algorithm algorithm,
                                  struct sr_public_key **out, struct sr_err *err)
{
    struct sr_public_key *key = calloc(1, sizeof *key);
    if (key == NULL || EVP_PKEY_up_ref(pkey) != 1) {
        free(key);
        return sr_fail(err, SR_NO_MEMORY, "no memory for a public key");
    }
    *key = (struct sr_public_key){.pkey = pkey, .algorithm = algorithm};
    *out = key;
    return SR_OK;
}

enum sr_status sr_public_key_ed25519_bytes(const struct sr_public_key *key,
                                           uint8_t out[SR_SIGN_ED25519_KEY_BYTES])
{
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    size_t len = sizeof raw;
    if (key->algorithm != SR_SIGN_ED25519) {
        return SR_UNSUPPORTED;
    }
    if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) != 1 || len != sizeof raw) {
        ERR_clear_error();
        return SR_INTERNAL;
    }
    memcpy(out, raw, sizeof raw);
    return SR_OK;
}

/* Of any kind that is supported; an Ed25519 key has to be as sr_public_key_from_raw() wants it. */
static enum sr_status from_any_pkey(EVP_PKEY *pkey, const char *what, struct sr_public_key **out,
                                    struct sr_err *err)
{
    SR_AUTO(sr_public_key) checked = NULL;
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    size_t len = sizeof raw;
    if (!EVP_PKEY_is_a(pkey, "ED25519")) {
        return sr_public_key_from_pkey(pkey, what, out, err);
    }
    if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1) {
        ERR_clear_error();
        return sr_fail(err, SR_MALFORMED, "%s cannot be read", what);
    }
    SR_TRY(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, len), &checked, err));
    return sr_public_key_wrap(pkey, SR_SIGN_ED25519, out, err);
}

enum sr_status sr_public_key_from_der(struct sr_bytes der, struct sr_public_key **out,
                                      struct sr_err *err)
{
    const uint8_t *at = der.ptr;
    SR_CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
    if (der.len > 0 && der.len <= SR_SIGN_PEM_BYTES_MAX) {
        pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
    }
    ERR_clear_error();
    if (pkey == NULL || at != der.ptr + der.len) {
        return sr_fail(err, SR_MALFORMED, "no public key in DER");
    }
    return from_any_pkey(pkey, "the public key", out, err);
}

enum sr_status sr_public_key_der(const struct sr_public_key *key, struct sr_buf *out)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(key->pkey, &der);
    if (len <= 0) {
        ERR_clear_error();
        return SR_INTERNAL;
    }
    enum sr_status status = sr_buf_append(out, sr_bytes(der, (size_t)len));
    OPENSSL_free(der);
    return status;
}

static BIO *open_pem(struct sr_bytes pem)
{
    return pem.len > 0 && pem.len <= SR_SIGN_PEM_BYTES_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len)
                                                           : NULL;
}

/* OpenSSL asks for passphrases on the terminal when it is given no callback. */
static int no_passphrase(char *out, int bytes, int rw, void *ctx) /* lint: callback */
{
    (void)out;
    (void)bytes;
    (void)rw;
    (void)ctx;
    return -1;
}

enum sr_status sr_public_key_from_pem(struct sr_bytes pem, struct sr_public_key **out,
                                      struct sr_err *err)
{
    SR_CLEANUP(bio_freep) BIO *bio = open_pem(pem);
    SR_CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
    if (bio != NULL) {
        pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    }
    ERR_clear_error();
    if (pkey == NULL) {
        return sr_fail(err, SR_MALFORMED, "no public key in PEM ('BEGIN PUBLIC KEY')");
    }
    return from_any_pkey(pkey, "the public key", out, err);
}

enum sr_sign_algorithm sr_public_key_algorithm(const struct sr_public_key *key)
{
    return key->algorithm;
}

enum sr_status sr_public_key_pem(const struct sr_public_key *key, struct sr_buf *out)
{
    SR_CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (bio == NULL) {
        return SR_NO_MEMORY;
    }
    if (PEM_write_bio_PUBKEY(bio, key->pkey) != 1) {
        ERR_clear_error();
        return SR_INTERNAL;
    }
    long len = BIO_get_mem_data(bio, &text);
    return sr_buf_append(out, sr_bytes(text, (size_t)len));
}

enum sr_status sr_public_key_hint(const struct sr_public_key *key, char out[SR_SIGN_HINT_BYTES])
{
    SR_AUTO(sr_buf) pem = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_public_key_pem(key, pem));
    SR_TRY(sr_sha256_once(sr_buf_view(pem), digest));
    sr_text_hex(sr_bytes(digest, sizeof digest), out);
    return SR_OK;
}

bool sr_public_key_equal(const struct sr_public_key *a, const struct sr_public_key *b)
{
    return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

static enum sr_status verify(const struct sr_public_key *key, const char *digest,
                             struct sr_bytes message, struct sr_bytes signature, struct sr_err *err)
{
    SR_CLEANUP(md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to verify a signature");
    }
    if (EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, key->pkey, NULL) != 1) {
        ERR_clear_error();
        return sr_fail(err, SR_INTERNAL, "cannot verify with this key");
    }
    bool is_good =
        EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len) == 1;
    ERR_clear_error();
    return is_good ? SR_OK
                   : sr_fail(err, SR_UNTRUSTED, "the signature is not of this key and text");
}

enum sr_status sr_public_key_verify(const struct sr_public_key *key, struct sr_bytes message,
                                    struct sr_bytes signature, struct sr_err *err)
{
    return verify(key, ALGORITHMS[key->algorithm].digest, message, signature, err);
}

enum sr_status sr_public_key_verify_sha256(const struct sr_public_key *key, struct sr_bytes message,
                                           struct sr_bytes signature, struct sr_err *err)
{
    if (key->algorithm == SR_SIGN_ED25519) {
        return sr_fail(err, SR_UNTRUSTED, "Ed25519 does not go with SHA-256");
    }
    return verify(key, "SHA256", message, signature, err);
}

enum sr_status sr_signer_sign(struct sr_signer *signer, struct sr_bytes message, struct sr_buf *out,
                              struct sr_err *err)
{
    SR_AUTO(sr_buf) signature = NULL;
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &signature));
    SR_TRY(signer->sign(signer, message, signature, err));
    enum sr_status status =
        sr_public_key_verify(signer->public_key, message, sr_buf_view(signature), err);
    if (status == SR_UNTRUSTED) {
        return sr_fail(err, SR_INTERNAL, "the signer made a signature that does not verify");
    }
    SR_TRY(status);
    return sr_buf_append(out, sr_buf_view(signature));
}

void sr_signer_free(struct sr_signer *signer)
{
    if (signer != NULL) {
        signer->close(signer);
    }
}

/* A key in a file. */
struct pem_signer {
    struct sr_signer signer;   /* first */
    struct sr_public_key *key; /* with the private half */
};

static enum sr_status pem_sign(struct sr_signer *signer, struct sr_bytes message,
                               struct sr_buf *out, struct sr_err *err)
{
    const struct sr_public_key *key = signer->public_key;
    SR_CLEANUP(md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[SR_SIGN_SIGNATURE_BYTES_MAX];
    size_t len = sizeof signature;
    if (ctx == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to sign");
    }
    if (EVP_DigestSignInit_ex(ctx, NULL, ALGORITHMS[key->algorithm].digest, NULL, NULL, key->pkey,
                              NULL) != 1 ||
        EVP_DigestSign(ctx, signature, &len, message.ptr, message.len) != 1) {
        ERR_clear_error();
        return sr_fail(err, SR_INTERNAL, "the key does not sign");
    }
    return sr_buf_append(out, sr_bytes(signature, len));
}

static void pem_close(struct sr_signer *signer)
{
    struct pem_signer *s = (struct pem_signer *)signer;
    sr_public_key_free(s->key);
    free(s);
}

static bool contains(struct sr_bytes text, const char *word)
{
    return text.len > 0 && memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

bool sr_signer_pem_is_encrypted(struct sr_bytes pem)
{
    return contains(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
           contains(pem, "Proc-Type: 4,ENCRYPTED");
}

static int give_passphrase(char *out, int bytes, int rw, void *ctx) /* lint: callback */
{
    const struct sr_secret *passphrase = ctx;
    (void)rw;
    if (passphrase == NULL || bytes < 0 || sr_secret_len(passphrase) > (size_t)bytes) {
        return -1;
    }
    /* OpenSSL wipes its buffer. */
    memcpy(out, sr_secret_view(passphrase), sr_secret_len(passphrase));
    return (int)sr_secret_len(passphrase);
}

/* Takes *key when it succeeds. */
static enum sr_status new_signer(struct sr_public_key **key, struct sr_signer **out,
                                 struct sr_err *err)
{
    struct pem_signer *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a key");
    }
    s->signer = (struct sr_signer){.public_key = *key, .sign = pem_sign, .close = pem_close};
    s->key = SR_TAKE(*key);
    *out = &s->signer;
    return SR_OK;
}

enum sr_status sr_signer_from_pkey(EVP_PKEY *pkey, struct sr_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_public_key) key = NULL;
    SR_TRY(sr_public_key_from_pkey(pkey, "the private key", &key, err));
    return new_signer(&key, out, err);
}

enum sr_status sr_signer_ed25519(const struct sr_secret *seed, struct sr_signer **out,
                                 struct sr_err *err)
{
    assert(sr_secret_len(seed) == SR_SIGN_SEED_BYTES);
    SR_AUTO(sr_public_key) key = NULL;
    SR_CLEANUP(pkey_freep)
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, sr_secret_view(seed),
                                                  SR_SIGN_SEED_BYTES);
    if (pkey == NULL) {
        ERR_clear_error();
        return sr_fail(err, SR_INTERNAL, "cannot make an Ed25519 key");
    }
    SR_TRY(sr_public_key_wrap(pkey, SR_SIGN_ED25519, &key, err));
    return new_signer(&key, out, err);
}

enum sr_status sr_signer_from_pem(struct sr_bytes pem, const struct sr_secret *passphrase,
                                  struct sr_signer **out, struct sr_err *err)
{
    bool is_encrypted = sr_signer_pem_is_encrypted(pem);
    SR_CLEANUP(bio_freep) BIO *bio = open_pem(pem);
    SR_CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
    if (is_encrypted && passphrase == NULL) {
        return sr_fail(err, SR_UNAUTHENTICATED, "the private key needs its passphrase");
    }
    if (bio != NULL) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, is_encrypted ? give_passphrase : no_passphrase,
                                       (void *)(uintptr_t)passphrase);
    }
    ERR_clear_error();
    if (pkey == NULL && is_encrypted) {
        return sr_fail(err, SR_UNAUTHENTICATED, "that is not the passphrase of the private key");
    }
    if (pkey == NULL) {
        return sr_fail(err, SR_MALFORMED, "no private key in PEM ('BEGIN PRIVATE KEY')");
    }
    SR_AUTO(sr_public_key) key = NULL;
    SR_TRY(from_any_pkey(pkey, "the private key", &key, err));
    return new_signer(&key, out, err);
}
