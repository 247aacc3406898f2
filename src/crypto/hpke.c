/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/rand.h"

#define HASH_BYTES 32
#define VERSION "HPKE-v1"
#define LABELLED_BYTES_MAX (SR_HPKE_CONTEXT_BYTES_MAX + 64)

/* RFC 9180, sections 4.1 and 5.1: which algorithms a derived value is for. */
static const uint8_t KEM_SUITE[] = {'K', 'E', 'M', 0x00, 0x20};
static const uint8_t HPKE_SUITE[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x02};

/* What encrypts one message. */
struct schedule {
    struct sr_secret *key;
    uint8_t nonce[SR_AEAD_IV_BYTES];
};

static void schedule_clear(struct schedule *s)
{
    sr_secret_free(s->key);
}

static void pkey_freep(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static void pkey_ctx_freep(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void kdf_freep(EVP_KDF **kdf)
{
    EVP_KDF_free(*kdf);
}

static void kdf_ctx_freep(EVP_KDF_CTX **ctx)
{
    EVP_KDF_CTX_free(*ctx);
}

static enum sr_status failed(struct sr_err *err)
{
    ERR_clear_error();
    return sr_fail(err, SR_INTERNAL, "the key agreement failed");
}

static struct sr_bytes view(const struct sr_secret *s)
{
    return sr_bytes(sr_secret_view(s), sr_secret_len(s));
}

/* HKDF of RFC 5869: mode extracts (other is the salt) or expands (other is the info). */
static enum sr_status hkdf(int mode, struct sr_bytes key, struct sr_bytes other, uint8_t *out,
                           size_t out_bytes, struct sr_err *err)
{
    SR_CLEANUP(kdf_freep) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    SR_CLEANUP(kdf_ctx_freep) EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    char digest[] = "SHA256";
    const char *name =
        mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY ? OSSL_KDF_PARAM_SALT : OSSL_KDF_PARAM_INFO;
    /* OSSL_PARAM has no const; OpenSSL only reads these. */
    union {
        const uint8_t *in;
        void *out;
    } key_bytes = {.in = key.ptr}, other_bytes = {.in = other.ptr};
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key_bytes.out, key.len),
        OSSL_PARAM_construct_octet_string(name, other_bytes.out, other.len),
        OSSL_PARAM_construct_end(),
    };
    if (other.len == 0) {
        params[3] = OSSL_PARAM_construct_end(); /* as good as a salt of zeros */
    }
    if (ctx == NULL || EVP_KDF_derive(ctx, out, out_bytes, params) != 1) {
        explicit_bzero(out, out_bytes);
        return failed(err);
    }
    return SR_OK;
}

/* The parts one after the other, in secret memory: some are key material. */
static enum sr_status join(const struct sr_bytes *parts, size_t count, struct sr_secret **out,
                           struct sr_err *err)
{
    SR_AUTO(sr_secret) whole = NULL;
    size_t len = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        assert(parts[i].len <= LABELLED_BYTES_MAX - len);
        len += parts[i].len;
    }
    SR_TRY(sr_secret_new(len, &whole, err));
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(sr_secret_bytes(whole) + at, parts[i].ptr, parts[i].len);
        }
        at += parts[i].len;
    }
    *out = SR_TAKE(whole);
    return SR_OK;
}

/* LabeledExtract() of RFC 9180, section 4. */
static enum sr_status extract(struct sr_bytes suite, struct sr_bytes salt, const char *label,
                              struct sr_bytes ikm, uint8_t out[HASH_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_secret) labelled = NULL;
    struct sr_bytes parts[] = {sr_text_view(VERSION), suite, sr_text_view(label), ikm};
    SR_TRY(join(parts, sizeof parts / sizeof parts[0], &labelled, err));
    return hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, view(labelled), salt, out, HASH_BYTES, err);
}

/* LabeledExpand() of the same. */
static enum sr_status expand(struct sr_bytes suite, struct sr_bytes prk, const char *label,
                             struct sr_bytes info, uint8_t *out, uint8_t out_bytes,
                             struct sr_err *err)
{
    SR_AUTO(sr_secret) labelled = NULL;
    const uint8_t length[2] = {0, out_bytes};
    struct sr_bytes parts[] = {sr_bytes(length, sizeof length), sr_text_view(VERSION), suite,
                               sr_text_view(label), info};
    SR_TRY(join(parts, sizeof parts / sizeof parts[0], &labelled, err));
    return hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, prk, view(labelled), out, out_bytes, err);
}

enum sr_status sr_hpke_public_key(const struct sr_secret *private_key,
                                  uint8_t out[SR_HPKE_KEY_BYTES], struct sr_err *err)
{
    assert(sr_secret_len(private_key) == SR_HPKE_KEY_BYTES);
    size_t len = SR_HPKE_KEY_BYTES;
    SR_CLEANUP(pkey_freep)
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(
        NULL, "X25519", NULL, sr_secret_view(private_key), SR_HPKE_KEY_BYTES);
    if (pkey == NULL || EVP_PKEY_get_raw_public_key(pkey, out, &len) != 1 ||
        len != SR_HPKE_KEY_BYTES) {
        return failed(err);
    }
    return SR_OK;
}

/* u below 2^255 - 19: RFC 7748 has readers take other spellings too, we have one. */
static bool is_canonical(const uint8_t u[SR_HPKE_KEY_BYTES])
{
    if (u[SR_HPKE_KEY_BYTES - 1] != 0x7f) {
        return u[SR_HPKE_KEY_BYTES - 1] < 0x7f;
    }
    for (size_t i = SR_HPKE_KEY_BYTES - 2; i > 0; i--) {
        if (u[i] != 0xff) {
            return true;
        }
    }
    return u[0] < 0xed;
}

/* errors  MALFORMED  the shared secret is zero, as it is for points of small order (RFC 7748, 6.1)
 */
static enum sr_status agree(const struct sr_secret *private_key, const uint8_t *public_key,
                            uint8_t out[SR_HPKE_KEY_BYTES], struct sr_err *err)
{
    static const uint8_t ZERO[SR_HPKE_KEY_BYTES];
    if (!is_canonical(public_key)) {
        return sr_fail(err, SR_MALFORMED, "the X25519 key is not in its one spelling");
    }
    size_t len = SR_HPKE_KEY_BYTES;
    SR_CLEANUP(pkey_freep)
    EVP_PKEY *mine = EVP_PKEY_new_raw_private_key_ex(
        NULL, "X25519", NULL, sr_secret_view(private_key), SR_HPKE_KEY_BYTES);
    SR_CLEANUP(pkey_freep)
    EVP_PKEY *theirs =
        EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, public_key, SR_HPKE_KEY_BYTES);
    SR_CLEANUP(pkey_ctx_freep)
    EVP_PKEY_CTX *ctx = mine != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL) : NULL;
    if (theirs == NULL || ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
        EVP_PKEY_derive_set_peer(ctx, theirs) != 1) {
        return failed(err);
    }
    /* OpenSSL refuses a result of zero; compared again because all rests on it. */
    bool is_agreed = EVP_PKEY_derive(ctx, out, &len) == 1 && len == SR_HPKE_KEY_BYTES &&
                     !sr_secret_equal_bytes(sr_bytes(out, len), sr_bytes(ZERO, sizeof ZERO));
    ERR_clear_error();
    return is_agreed ? SR_OK
                     : sr_fail(err, SR_MALFORMED,
                               "the X25519 key is of small order: everybody could open it");
}

enum sr_status sr_hpke_check(const uint8_t key[SR_HPKE_KEY_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_secret) any = NULL;
    SR_AUTO(sr_secret) shared = NULL;
    SR_TRY(sr_secret_new(SR_HPKE_KEY_BYTES, &any, err)); /* zeros, clamped, are a scalar */
    SR_TRY(sr_secret_new(SR_HPKE_KEY_BYTES, &shared, err));
    return agree(any, key, sr_secret_bytes(shared), err);
}

/*
 * The shared secret of section 4.1, of the agreement of private_key with public_key. enc and
 * receiver are the two public keys.
 */
static enum sr_status shared_secret(const struct sr_secret *private_key, const uint8_t *public_key,
                                    const uint8_t *enc, const uint8_t *receiver,
                                    struct sr_secret *out, struct sr_err *err)
{
    SR_AUTO(sr_secret) dh = NULL;
    SR_AUTO(sr_secret) prk = NULL;
    uint8_t context[2 * SR_HPKE_KEY_BYTES];
    struct sr_bytes suite = sr_bytes(KEM_SUITE, sizeof KEM_SUITE);
    memcpy(context, enc, SR_HPKE_KEY_BYTES);
    memcpy(context + SR_HPKE_KEY_BYTES, receiver, SR_HPKE_KEY_BYTES);
    SR_TRY(sr_secret_new(SR_HPKE_KEY_BYTES, &dh, err));
    SR_TRY(sr_secret_new(HASH_BYTES, &prk, err));
    SR_TRY(agree(private_key, public_key, sr_secret_bytes(dh), err));
    SR_TRY(extract(suite, sr_bytes(NULL, 0), "eae_prk", view(dh), sr_secret_bytes(prk), err));
    return expand(suite, view(prk), "shared_secret", sr_bytes(context, sizeof context),
                  sr_secret_bytes(out), HASH_BYTES, err);
}

/* KeySchedule() of section 5.1 for the base mode. */
static enum sr_status make_schedule(const struct sr_secret *shared, struct sr_bytes info,
                                    struct schedule *out, struct sr_err *err)
{
    SR_AUTO(sr_secret) secret = NULL;
    uint8_t context[1 + 2 * HASH_BYTES] = {0}; /* the mode: base */
    struct sr_bytes none = sr_bytes(NULL, 0);
    struct sr_bytes suite = sr_bytes(HPKE_SUITE, sizeof HPKE_SUITE);
    SR_TRY(extract(suite, none, "psk_id_hash", none, context + 1, err));
    SR_TRY(extract(suite, none, "info_hash", info, context + 1 + HASH_BYTES, err));
    SR_TRY(sr_secret_new(HASH_BYTES, &secret, err));
    SR_TRY(sr_secret_new(SR_AEAD_KEY_BYTES, &out->key, err));
    SR_TRY(extract(suite, view(shared), "secret", none, sr_secret_bytes(secret), err));
    struct sr_bytes all = sr_bytes(context, sizeof context);
    SR_TRY(
        expand(suite, view(secret), "key", all, sr_secret_bytes(out->key), SR_AEAD_KEY_BYTES, err));
    return expand(suite, view(secret), "base_nonce", all, out->nonce, SR_AEAD_IV_BYTES, err);
}

enum sr_status sr_hpke_seal(const uint8_t receiver[SR_HPKE_KEY_BYTES], struct sr_bytes info,
                            struct sr_bytes aad, const struct sr_secret *plain, struct sr_buf *out,
                            struct sr_err *err)
{
    size_t len = sr_secret_len(plain);
    assert(len <= SR_HPKE_PLAIN_BYTES_MAX);
    assert(info.len <= SR_HPKE_CONTEXT_BYTES_MAX && aad.len <= SR_HPKE_CONTEXT_BYTES_MAX);
    SR_AUTO(sr_secret) ephemeral = NULL;
    SR_AUTO(sr_secret) shared = NULL;
    SR_AUTO(sr_aead) aead = NULL;
    SR_CLEANUP(schedule_clear) struct schedule s = {0};
    uint8_t sealed[SR_HPKE_OVERHEAD_BYTES + SR_HPKE_PLAIN_BYTES_MAX];
    SR_TRY(sr_rand_secret(SR_HPKE_KEY_BYTES, &ephemeral, err));
    SR_TRY(sr_hpke_public_key(ephemeral, sealed, err));
    SR_TRY(sr_secret_new(HASH_BYTES, &shared, err));
    SR_TRY(shared_secret(ephemeral, receiver, sealed, receiver, shared, err));
    SR_TRY(make_schedule(shared, info, &s, err));
    SR_TRY(sr_aead_new(sr_secret_view(s.key), &aead, err));
    SR_TRY(sr_aead_seal(aead, s.nonce, aad, view(plain), sealed + SR_HPKE_KEY_BYTES,
                        sealed + SR_HPKE_KEY_BYTES + len));
    return sr_buf_append(out, sr_bytes(sealed, SR_HPKE_OVERHEAD_BYTES + len));
}

enum sr_status sr_hpke_open(const struct sr_secret *private_key, struct sr_bytes info,
                            struct sr_bytes aad, struct sr_bytes sealed, struct sr_secret **out,
                            struct sr_err *err)
{
    assert(info.len <= SR_HPKE_CONTEXT_BYTES_MAX && aad.len <= SR_HPKE_CONTEXT_BYTES_MAX);
    if (sealed.len <= SR_HPKE_OVERHEAD_BYTES ||
        sealed.len > SR_HPKE_OVERHEAD_BYTES + SR_HPKE_PLAIN_BYTES_MAX) {
        return sr_fail(err, SR_MALFORMED, "a sealed key has %zu bytes", sealed.len);
    }
    SR_AUTO(sr_secret) shared = NULL;
    SR_AUTO(sr_secret) plain = NULL;
    SR_AUTO(sr_aead) aead = NULL;
    SR_CLEANUP(schedule_clear) struct schedule s = {0};
    uint8_t receiver[SR_HPKE_KEY_BYTES];
    size_t len = sealed.len - SR_HPKE_OVERHEAD_BYTES;
    const uint8_t *cipher = sealed.ptr + SR_HPKE_KEY_BYTES;
    SR_TRY(sr_hpke_public_key(private_key, receiver, err));
    SR_TRY(sr_secret_new(HASH_BYTES, &shared, err));
    SR_TRY(shared_secret(private_key, sealed.ptr, sealed.ptr, receiver, shared, err));
    SR_TRY(make_schedule(shared, info, &s, err));
    SR_TRY(sr_aead_new(sr_secret_view(s.key), &aead, err));
    SR_TRY(sr_secret_new(len, &plain, err));
    enum sr_status status = sr_aead_open(aead, s.nonce, aad, sr_bytes(cipher, len), cipher + len,
                                         sr_secret_bytes(plain));
    if (status != SR_OK) {
        return sr_fail(err, status, "not sealed to this key, or for something else");
    }
    *out = SR_TAKE(plain);
    return SR_OK;
}
