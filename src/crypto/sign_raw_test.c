/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a raw key is the key whose bytes it has and verifies what that signed; points
 * off the curve, other forms, and Ed25519 keys that sign for anybody are refused.
 */
#include <openssl/evp.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sign.h"
#include "tests/check.h"

/* RFC 8032, section 7.1, test 2: key, message, signature. */
static const char ED_KEY[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
static const char ED_SIGNATURE[] =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

static enum sr_status ed_from(const char *hex, struct sr_public_key **out)
{
    uint8_t raw[32];
    CHECK(sr_text_unhex(sr_text_view(hex), raw, sizeof raw) == SR_OK);
    return sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, sizeof raw), out, NULL);
}

static void test_ed25519(void)
{
    SR_AUTO(sr_public_key) key = NULL;
    uint8_t signature[65] = {0};
    CHECK(ed_from(ED_KEY, &key) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(ED_SIGNATURE), signature, 64) == SR_OK);
    CHECK(sr_public_key_algorithm(key) == SR_SIGN_ED25519);
    CHECK(strcmp(sr_sign_algorithm_name(SR_SIGN_ED25519), "Ed25519") == 0);
    struct sr_bytes message = sr_text_view("\x72");
    CHECK(sr_public_key_verify(key, message, sr_bytes(signature, 64), NULL) == SR_OK);
    CHECK(sr_public_key_verify(key, message, sr_bytes(signature, 65), NULL) == SR_UNTRUSTED);
    CHECK(sr_public_key_verify(key, message, sr_bytes(signature, 63), NULL) == SR_UNTRUSTED);
    CHECK(sr_public_key_verify(key, sr_text_view("\x73"), sr_bytes(signature, 64), NULL) ==
          SR_UNTRUSTED);
    CHECK(sr_public_key_verify_sha256(key, message, sr_bytes(signature, 64), NULL) == SR_UNTRUSTED);
    signature[63] |= 0x10; /* S + L is another spelling of S */
    CHECK(sr_public_key_verify(key, message, sr_bytes(signature, 64), NULL) == SR_UNTRUSTED);
}

static void test_keys_that_sign_for_anybody(void)
{
    static const char *const WEAK[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    SR_AUTO(sr_public_key) key = NULL;
    for (size_t i = 0; i < sizeof WEAK / sizeof WEAK[0]; i++) {
        CHECK(ed_from(WEAK[i], &key) == SR_MALFORMED);
    }
    uint8_t raw[33] = {9};
    CHECK(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, 33), &key, NULL) == SR_MALFORMED);
    CHECK(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, 31), &key, NULL) == SR_MALFORMED);
    CHECK(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(NULL, 0), &key, NULL) == SR_MALFORMED);
    CHECK(key == NULL);
}

/* y >= 2^255 - 19 only when all bytes between are 0xff. */
static void test_keys_near_the_end_of_the_field(void)
{
    SR_AUTO(sr_public_key) key = NULL;
    CHECK(ed_from("edffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffff7f", &key) ==
          SR_OK);
}

static void check_point(const char *group, enum sr_sign_algorithm algorithm, size_t bytes)
{
    uint8_t raw[200];
    size_t len = 0;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_public_key) other = NULL;
    CHECK(EVP_PKEY_get_octet_string_param(pkey, "pub", raw, sizeof raw, &len) == 1);
    EVP_PKEY_free(pkey);
    CHECK(len == bytes);
    CHECK(sr_public_key_from_raw(algorithm, sr_bytes(raw, len), &key, NULL) == SR_OK);
    CHECK(key != NULL && sr_public_key_algorithm(key) == algorithm);
    CHECK(sr_public_key_from_raw(algorithm, sr_bytes(raw, len - 1), &other, NULL) == SR_MALFORMED);
    CHECK(sr_public_key_from_raw(algorithm, sr_bytes(raw, len + 1), &other, NULL) == SR_MALFORMED);
    raw[0] = 6; /* the hybrid form */
    CHECK(sr_public_key_from_raw(algorithm, sr_bytes(raw, len), &other, NULL) == SR_MALFORMED);
    raw[0] = 4;
    raw[len - 1] ^= 1;
    CHECK(sr_public_key_from_raw(algorithm, sr_bytes(raw, len), &other, NULL) == SR_MALFORMED);
    CHECK(other == NULL);
}

static void test_points(void)
{
    check_point("P-256", SR_SIGN_ECDSA_P256_SHA256, 65);
    check_point("P-384", SR_SIGN_ECDSA_P384_SHA384, 97);
    check_point("P-521", SR_SIGN_ECDSA_P521_SHA512, 133);
}

int main(void)
{
    RUN(test_ed25519);
    RUN(test_keys_that_sign_for_anybody);
    RUN(test_keys_near_the_end_of_the_field);
    RUN(test_points);
    return check_done();
}
