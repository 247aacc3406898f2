/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a signature verifies with its key, its message and no other; each curve goes with
 * its own hash; keys of other kinds are refused; an encrypted key opens with its passphrase only;
 * no wrong signature leaves a signer.
 */
#include "crypto/sign.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/signing_key.h"

enum { PEM_BYTES = 8192 };

/* A new key as PEM; explicit spells the curve's parameters out. */
static struct sr_bytes make_pem(const char *type, const char *group, bool explicit,
                                char pem[PEM_BYTES])
{
    EVP_PKEY *pkey = group == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048)
                                   : EVP_PKEY_Q_keygen(NULL, NULL, type, group);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (explicit) {
        (void)EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit");
    }
    CHECK(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
    CHECK(PEM_write_bio_PUBKEY(bio, pkey) == 1);
    long len = BIO_get_mem_data(bio, &text);
    CHECK(len > 0 && len < PEM_BYTES);
    memcpy(pem, text, (size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return sr_bytes(pem, (size_t)len);
}

static void check_curve(const char *group, enum sr_sign_algorithm algorithm, size_t bytes_min)
{
    char pem[PEM_BYTES];
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    struct sr_bytes text = make_pem("EC", group, false, pem);
    CHECK(sr_signer_from_pem(text, NULL, &signer, NULL) == SR_OK);
    CHECK(sr_public_key_from_pem(text, &key, NULL) == SR_OK);
    CHECK(sr_public_key_algorithm(key) == algorithm);
    CHECK(sr_public_key_equal(key, signer->public_key));
    CHECK(sr_buf_new(1024, &signature) == SR_OK);
    CHECK(sr_signer_sign(signer, sr_text_view("message"), signature, NULL) == SR_OK);
    struct sr_bytes s = sr_buf_view(signature);
    CHECK(s.len >= bytes_min && s.len <= SR_SIGN_SIGNATURE_BYTES_MAX);
    CHECK(sr_public_key_verify(key, sr_text_view("message"), s, NULL) == SR_OK);
    CHECK(sr_public_key_verify(key, sr_text_view("massage"), s, NULL) == SR_UNTRUSTED);
    CHECK(sr_public_key_verify(key, sr_text_view("message"), sr_bytes(s.ptr, s.len - 1), NULL) ==
          SR_UNTRUSTED);
    CHECK(sr_public_key_verify(key, sr_text_view("message"), sr_bytes(NULL, 0), NULL) ==
          SR_UNTRUSTED);
    enum sr_status sha256 = sr_public_key_verify_sha256(key, sr_text_view("message"), s, NULL);
    CHECK(sha256 == (algorithm == SR_SIGN_ECDSA_P256_SHA256 ? SR_OK : SR_UNTRUSTED));
}

static void test_each_curve_with_its_hash(void)
{
    check_curve("P-256", SR_SIGN_ECDSA_P256_SHA256, 66);
    check_curve("P-384", SR_SIGN_ECDSA_P384_SHA384, 96);
    check_curve("P-521", SR_SIGN_ECDSA_P521_SHA512, 130);
    CHECK(strcmp(sr_sign_algorithm_name(SR_SIGN_ECDSA_P521_SHA512), "ECDSA P-521 with SHA-512") ==
          0);
}

static void test_other_kinds_of_keys(void)
{
    char pem[PEM_BYTES];
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    CHECK(sr_public_key_from_pem(make_pem("RSA", NULL, false, pem), &key, NULL) == SR_UNSUPPORTED);
    CHECK(sr_public_key_from_pem(make_pem("EC", "secp256k1", false, pem), &key, NULL) ==
          SR_UNSUPPORTED);
    CHECK(sr_public_key_from_pem(make_pem("EC", "P-256", true, pem), &key, NULL) == SR_UNSUPPORTED);
    CHECK(sr_signer_from_pem(make_pem("RSA", NULL, false, pem), NULL, &signer, NULL) ==
          SR_UNSUPPORTED);
    CHECK(sr_public_key_from_pem(sr_text_view("no key"), &key, NULL) == SR_MALFORMED);
    CHECK(sr_public_key_from_pem(sr_bytes(NULL, 0), &key, NULL) == SR_MALFORMED);
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY_PUBLIC), NULL, &signer, NULL) ==
          SR_MALFORMED);
    CHECK(key == NULL && signer == NULL);
}

static void test_hint(void)
{
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    char hint[SR_SIGN_HINT_BYTES];
    CHECK(sr_public_key_from_pem(sr_text_view(SIGNING_KEY_PUBLIC), &key, NULL) == SR_OK);
    CHECK(sr_public_key_hint(key, hint) == SR_OK);
    CHECK(strcmp(hint, SIGNING_KEY_HINT) == 0);
    CHECK(sr_buf_new(4096, &pem) == SR_OK);
    CHECK(sr_public_key_pem(key, pem) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(pem), sr_text_view(SIGNING_KEY_PUBLIC)));
}

static struct sr_secret *secret(const char *text)
{
    struct sr_secret *s = NULL;
    CHECK(sr_secret_new(strlen(text), &s, NULL) == SR_OK);
    memcpy(sr_secret_bytes(s), text, strlen(text));
    return s;
}

static void test_encrypted_keys(void)
{
    struct sr_bytes pem = sr_text_view(SIGNING_KEY_ENCRYPTED);
    SR_AUTO(sr_secret) right = secret("correct");
    SR_AUTO(sr_secret) wrong = secret("wrong");
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    CHECK(sr_signer_pem_is_encrypted(pem));
    CHECK(sr_signer_pem_is_encrypted(sr_text_view("Proc-Type: 4,ENCRYPTED\n")));
    CHECK(!sr_signer_pem_is_encrypted(sr_text_view(SIGNING_KEY)));
    CHECK(!sr_signer_pem_is_encrypted(sr_bytes(NULL, 0)));
    CHECK(sr_signer_from_pem(pem, NULL, &signer, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_signer_from_pem(pem, wrong, &signer, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_signer_from_pem(pem, right, &signer, NULL) == SR_OK);
    CHECK(sr_public_key_from_pem(sr_text_view(SIGNING_KEY_PUBLIC), &key, NULL) == SR_OK);
    CHECK(sr_public_key_equal(key, signer->public_key));
}

/* The hint was computed with Python's cryptography from the same seed. */
static void test_key_from_a_seed(void)
{
    static const char HINT[] = "28b7f6ab42ec11a6f93e57ce8e024a1811620d39f8f6af77c1e2f23e3dd454ed";
    SR_AUTO(sr_secret) seed = NULL;
    SR_AUTO(sr_signer) one = NULL;
    SR_AUTO(sr_signer) again = NULL;
    SR_AUTO(sr_signer) other = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    char hint[SR_SIGN_HINT_BYTES];
    CHECK(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL) == SR_OK);
    CHECK(sr_signer_from_seed(seed, &one, NULL) == SR_OK);
    CHECK(sr_signer_from_seed(seed, &again, NULL) == SR_OK);
    CHECK(sr_public_key_equal(one->public_key, again->public_key));
    CHECK(sr_public_key_algorithm(one->public_key) == SR_SIGN_ECDSA_P384_SHA384);
    CHECK(sr_public_key_hint(one->public_key, hint) == SR_OK && strcmp(hint, HINT) == 0);
    CHECK(sr_buf_new(1024, &signature) == SR_OK);
    CHECK(sr_signer_sign(one, sr_text_view("message"), signature, NULL) == SR_OK);
    CHECK(sr_public_key_verify(again->public_key, sr_text_view("message"), sr_buf_view(signature),
                               NULL) == SR_OK);
    sr_secret_bytes(seed)[31] = 1;
    CHECK(sr_signer_from_seed(seed, &other, NULL) == SR_OK);
    CHECK(!sr_public_key_equal(one->public_key, other->public_key));
}

/* A driver that signs something else than it was asked to. */
static struct sr_signer *good_signer;

static enum sr_status sign_other(struct sr_signer *signer, struct sr_bytes message,
                                 struct sr_buf *out, struct sr_err *err)
{
    (void)signer;
    return good_signer->sign(good_signer, sr_bytes(message.ptr, message.len - 1), out, err);
}

static void close_nothing(struct sr_signer *signer)
{
    (void)signer;
}

static void test_a_faulty_signer_is_caught(void)
{
    SR_AUTO(sr_signer) good = NULL;
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &good, NULL) == SR_OK);
    good_signer = good;
    struct sr_signer faulty = {
        .public_key = good->public_key, .sign = sign_other, .close = close_nothing};
    CHECK(sr_buf_new(1024, &out) == SR_OK);
    CHECK(sr_signer_sign(&faulty, sr_text_view("message"), out, NULL) == SR_INTERNAL);
    CHECK(sr_buf_view(out).len == 0);
}

/* RFC 8032, section 7.1, TEST 2. */
static void ed25519_signs_as_the_standard_says(void)
{
    static const char SEED[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    static const char KEY[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    static const char SIGNATURE[] =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    uint8_t expected[64];
    SR_AUTO(sr_secret) seed = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_buf) out = NULL;
    struct sr_bytes message = sr_bytes("\x72", 1);
    CHECK(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(SEED), sr_secret_bytes(seed), SR_SIGN_SEED_BYTES) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(SIGNATURE), expected, sizeof expected) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &signer, NULL) == SR_OK);
    CHECK(sr_public_key_ed25519_bytes(signer->public_key, raw) == SR_OK);
    char hex[2 * sizeof raw + 1];
    sr_text_hex(sr_bytes(raw, sizeof raw), hex);
    CHECK(strcmp(hex, KEY) == 0);
    CHECK(sr_buf_new(1024, &out) == SR_OK);
    CHECK(sr_signer_sign(signer, message, out, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_bytes(expected, sizeof expected)));

    CHECK(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, sizeof raw), &key, NULL) == SR_OK);
    CHECK(sr_public_key_algorithm(key) == SR_SIGN_ED25519);
    CHECK(sr_public_key_verify(key, message, sr_bytes(expected, 64), NULL) == SR_OK);
    CHECK(sr_public_key_verify(key, message, sr_bytes(expected, 63), NULL) == SR_UNTRUSTED);
    CHECK(sr_public_key_verify(key, sr_bytes("\x73", 1), sr_bytes(expected, 64), NULL) ==
          SR_UNTRUSTED);
    CHECK(sr_public_key_verify_sha256(key, message, sr_bytes(expected, 64), NULL) == SR_UNTRUSTED);
    for (size_t bit = 0; bit < 8 * sizeof expected; bit += 37) {
        expected[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(sr_public_key_verify(key, message, sr_bytes(expected, 64), NULL) == SR_UNTRUSTED);
        expected[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void keys_come_back_from_der(void)
{
    char pem[PEM_BYTES];
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_public_key) again = NULL;
    SR_AUTO(sr_buf) der = NULL;
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    CHECK(sr_public_key_from_pem(make_pem("EC", "P-256", false, pem), &key, NULL) == SR_OK);
    CHECK(sr_public_key_ed25519_bytes(key, raw) == SR_UNSUPPORTED);
    CHECK(sr_buf_new(1024, &der) == SR_OK);
    CHECK(sr_public_key_der(key, der) == SR_OK);
    CHECK(sr_public_key_from_der(sr_buf_view(der), &again, NULL) == SR_OK);
    CHECK(sr_public_key_equal(key, again));
    SR_AUTO(sr_public_key) bad = NULL;
    CHECK(sr_public_key_from_der(sr_bytes(NULL, 0), &bad, NULL) == SR_MALFORMED);
    CHECK(sr_buf_append(der, sr_bytes("", 1)) == SR_OK);
    CHECK(sr_public_key_from_der(sr_buf_view(der), &bad, NULL) == SR_MALFORMED);
}

int main(void)
{
    RUN(test_each_curve_with_its_hash);
    RUN(test_other_kinds_of_keys);
    RUN(test_hint);
    RUN(test_encrypted_keys);
    RUN(test_key_from_a_seed);
    RUN(test_a_faulty_signer_is_caught);
    RUN(ed25519_signs_as_the_standard_says);
    RUN(keys_come_back_from_der);
    return check_done();
}
