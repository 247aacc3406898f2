/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what was sealed opens with the receiver's key, for the same info and aad, and
 * under no other circumstances; an independent implementation seals what we open; keys to which
 * everybody knows the secret are refused, by who seals and by who opens.
 */
#include "crypto/hpke.h"

#include <string.h>

#include "base/text.h"
#include "crypto/rand.h"
#include "tests/check.h"

/* RFC 9180, A.1.1: the receiver's private key and its public key. */
static const char PRIVATE[] = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
static const char PUBLIC[] = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
/*
 * The bytes 0 to 31, sealed to that with the ephemeral key, info and aad of A.1.1 but AES-256-GCM,
 * of which the RFC has no vector. By tests/vectors/hpke.py, which gives the values of A.1.1 too.
 */
static const char SEALED[] = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
                             "4b6f1eb4553db913d2c1ca19c7b6ddb592091902b7e6b665aeef95ece07ea504"
                             "663218c05ab9c117fe1fdc0d69cb97f9";
#define SEALED_BYTES 80

static struct sr_secret *secret_of(const char *hex)
{
    struct sr_secret *s = NULL;
    CHECK(sr_secret_new(32, &s, NULL) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(hex), sr_secret_bytes(s), 32) == SR_OK);
    return s;
}

static struct sr_bytes info(void)
{
    return sr_text_view("Ode on a Grecian Urn");
}

static struct sr_bytes aad(void)
{
    return sr_text_view("Count-0");
}

static void opens_what_another_sealed(void)
{
    SR_AUTO(sr_secret) key = secret_of(PRIVATE);
    SR_AUTO(sr_secret) plain = NULL;
    uint8_t sealed[SEALED_BYTES];
    uint8_t public_key[32];
    uint8_t expected[32];
    CHECK(sr_text_unhex(sr_text_view(SEALED), sealed, sizeof sealed) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(PUBLIC), expected, sizeof expected) == SR_OK);
    CHECK(sr_hpke_public_key(key, public_key, NULL) == SR_OK);
    CHECK(memcmp(public_key, expected, 32) == 0);
    CHECK(sr_hpke_open(key, info(), aad(), sr_bytes(sealed, sizeof sealed), &plain, NULL) == SR_OK);
    CHECK(plain != NULL && sr_secret_len(plain) == 32);
    for (unsigned i = 0; plain != NULL && i < 32; i++) {
        CHECK(sr_secret_view(plain)[i] == i);
    }
}

static void every_altered_byte_is_noticed(void)
{
    SR_AUTO(sr_secret) key = secret_of(PRIVATE);
    SR_AUTO(sr_secret) plain = NULL;
    uint8_t sealed[SEALED_BYTES];
    CHECK(sr_text_unhex(sr_text_view(SEALED), sealed, sizeof sealed) == SR_OK);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 0x80;
        enum sr_status status =
            sr_hpke_open(key, info(), aad(), sr_bytes(sealed, sizeof sealed), &plain, NULL);
        CHECK(status == (i == 31 ? SR_MALFORMED : SR_CORRUPT));
        sealed[i] ^= 0x80;
    }
    for (size_t len = 0; len < sizeof sealed; len++) {
        enum sr_status status =
            sr_hpke_open(key, info(), aad(), sr_bytes(sealed, len), &plain, NULL);
        CHECK(status == (len <= SR_HPKE_OVERHEAD_BYTES ? SR_MALFORMED : SR_CORRUPT));
    }
    CHECK(plain == NULL);
}

static void for_one_receiver_and_purpose(void)
{
    SR_AUTO(sr_secret) key = secret_of(PRIVATE);
    SR_AUTO(sr_secret) other = NULL;
    SR_AUTO(sr_secret) message = NULL;
    SR_AUTO(sr_secret) plain = NULL;
    SR_AUTO(sr_secret) none = NULL;
    SR_AUTO(sr_buf) one = NULL;
    SR_AUTO(sr_buf) two = NULL;
    uint8_t public_key[32];
    CHECK(sr_rand_secret(32, &other, NULL) == SR_OK);
    CHECK(sr_rand_secret(48, &message, NULL) == SR_OK);
    CHECK(sr_buf_new(512, &one) == SR_OK && sr_buf_new(512, &two) == SR_OK);
    CHECK(sr_hpke_public_key(key, public_key, NULL) == SR_OK);
    CHECK(sr_hpke_seal(public_key, info(), aad(), message, one, NULL) == SR_OK);
    CHECK(sr_hpke_seal(public_key, info(), aad(), message, two, NULL) == SR_OK);
    CHECK(sr_buf_view(one).len == 48 + SR_HPKE_OVERHEAD_BYTES);
    /* Each time another ephemeral key. */
    CHECK(memcmp(sr_buf_view(one).ptr, sr_buf_view(two).ptr, 32) != 0);
    struct sr_bytes sealed = sr_buf_view(one);
    CHECK(sr_hpke_open(key, info(), aad(), sealed, &plain, NULL) == SR_OK);
    CHECK(plain != NULL && sr_secret_equal(plain, message));
    CHECK(sr_hpke_open(other, info(), aad(), sealed, &none, NULL) == SR_CORRUPT);
    CHECK(sr_hpke_open(key, aad(), aad(), sealed, &none, NULL) == SR_CORRUPT);
    CHECK(sr_hpke_open(key, info(), info(), sealed, &none, NULL) == SR_CORRUPT);
    CHECK(sr_hpke_open(key, info(), sr_bytes(NULL, 0), sealed, &none, NULL) == SR_CORRUPT);
    CHECK(none == NULL);
}

/* The points of small order and the other spellings that RFC 7748 has readers take. */
static void refuses_keys_of_small_order(void)
{
    static const char *const WEAK[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815ccd",
    };
    SR_AUTO(sr_secret) key = secret_of(PRIVATE);
    SR_AUTO(sr_secret) plain = NULL;
    SR_AUTO(sr_buf) out = NULL;
    uint8_t good[32];
    CHECK(sr_buf_new(512, &out) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(PUBLIC), good, sizeof good) == SR_OK);
    CHECK(sr_hpke_check(good, NULL) == SR_OK);
    for (size_t i = 0; i < sizeof WEAK / sizeof WEAK[0]; i++) {
        uint8_t sealed[SEALED_BYTES] = {0};
        CHECK(sr_text_unhex(sr_text_view(WEAK[i]), sealed, 32) == SR_OK);
        CHECK(sr_hpke_check(sealed, NULL) == SR_MALFORMED);
        CHECK(sr_hpke_seal(sealed, info(), aad(), key, out, NULL) == SR_MALFORMED);
        CHECK(sr_hpke_open(key, info(), aad(), sr_bytes(sealed, sizeof sealed), &plain, NULL) ==
              SR_MALFORMED);
    }
    CHECK(sr_buf_view(out).len == 0 && plain == NULL);
}

int main(void)
{
    RUN(opens_what_another_sealed);
    RUN(every_altered_byte_is_noticed);
    RUN(for_one_receiver_and_purpose);
    RUN(refuses_keys_of_small_order);
    return check_done();
}
