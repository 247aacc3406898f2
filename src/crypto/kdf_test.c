/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HKDF-Expand gives the values of an independent implementation, however info is cut into parts;
 * scrypt gives the values of RFC 7914.
 */
#include "crypto/kdf.h"

#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "tests/check.h"
#include "tests/fault.h"

static bool is_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char text[2 * 128 + 1];
    sr_text_hex(sr_bytes(bytes, len), text);
    if (strcmp(text, expected) != 0) {
        printf("# got %s, expected %s\n", text, expected);
        return false;
    }
    return true;
}

static void fill(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(first + i);
    }
}

/*
 * RFC 5869 has no vectors for SHA-384. These have the inputs of its cases 1 and 2 (PRK by
 * HKDF-Extract with SHA-384) and the outputs of Python's hmac module.
 */
static void expand_gives_known_answers(void)
{
    uint8_t prk[48];
    uint8_t info[80];
    uint8_t out[82];
    CHECK(sr_text_unhex(
              sr_text_view("704b39990779ce1dc548052c7dc39f303570dd13fb39f7acc564680bef80e8dec"
                           "70ee9a7e1f3e293ef68eceb072a5ade"),
              prk, sizeof prk) == SR_OK);
    fill(info, 10, 0xf0);
    struct sr_bytes whole = sr_bytes(info, 10);
    CHECK(sr_kdf_expand(sr_bytes(prk, 48), &whole, 1, out, 42) == SR_OK);
    CHECK(
        is_hex(out, 42,
               "9b5097a86038b805309076a44b3a9f38063e25b516dcbf369f394cfab43685f748b6457763e4f0204fc"
               "5"));

    CHECK(sr_text_unhex(
              sr_text_view("b319f6831dff9314efb643baa29263b30e4a8d779fe31e9c901efd7de737c85b6"
                           "2e676d4dc87b0895c6a7dc97b52cebb"),
              prk, sizeof prk) == SR_OK);
    fill(info, 80, 0xb0);
    whole = sr_bytes(info, 80);
    CHECK(sr_kdf_expand(sr_bytes(prk, 48), &whole, 1, out, 82) == SR_OK);
    CHECK(is_hex(
        out, 82,
        "484ca052b8cc724fd1c4ec64d57b4e818c7e25a8e0f4569ed72a6a05fe0649eebf69f8d5c832856bf4e"
        "4fbc17967d54975324a94987f7f41835817d8994fdbd6f4c09c5500dca24a56222fea53d8967a8b2e"));
}

static void expand_takes_no_info_and_the_longest_output(void)
{
    uint8_t prk[32];
    fill(prk, sizeof prk, 0);
    static uint8_t out[255 * 48];
    CHECK(sr_kdf_expand(sr_bytes(prk, 32), NULL, 0, out, 32) == SR_OK);
    CHECK(is_hex(out, 32, "d02c7ac9ff48adef74f6ca71f0a8c32e5c0b707ce233aa923d277b8b171294a8"));

    struct sr_bytes info = sr_bytes("x", 1);
    uint8_t digest[SR_SHA256_BYTES];
    CHECK(sr_kdf_expand(sr_bytes(prk, 32), &info, 1, out, sizeof out) == SR_OK);
    CHECK(sr_sha256_once(sr_bytes(out, sizeof out), digest) == SR_OK);
    CHECK(is_hex(digest, 32, "26291a6d9ddd2f1c9698c2c8f69f8272902cf44b347679c657afab65ec95ee3d"));
}

static void expand_sees_parts_as_one(void)
{
    uint8_t prk[32] = {1};
    uint8_t whole[64];
    uint8_t cut[64];
    struct sr_bytes one = sr_bytes("abcdef", 6);
    struct sr_bytes parts[SR_KDF_INFO_PARTS_MAX] = {
        sr_bytes("a", 1), sr_bytes("bcd", 3), sr_bytes(NULL, 0), sr_bytes("e", 1), sr_bytes("f", 1),
    };
    CHECK(sr_kdf_expand(sr_bytes(prk, 32), &one, 1, whole, sizeof whole) == SR_OK);
    CHECK(sr_kdf_expand(sr_bytes(prk, 32), parts, SR_KDF_INFO_PARTS_MAX, cut, sizeof cut) == SR_OK);
    CHECK(memcmp(whole, cut, sizeof whole) == 0);
}

/* RFC 7914, section 12. The fourth, of 1 GiB, is left out. */
static void scrypt_gives_the_answers_of_the_rfc(void)
{
    uint8_t out[64];
    CHECK(sr_kdf_scrypt(sr_bytes(NULL, 0), sr_bytes(NULL, 0), 4, 1, 1, out, 64) == SR_OK);
    CHECK(
        is_hex(out, 64,
               "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326"
               "a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"));
    CHECK(sr_kdf_scrypt(sr_text_view("password"), sr_text_view("NaCl"), 10, 8, 16, out, 64) ==
          SR_OK);
    CHECK(
        is_hex(out, 64,
               "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff"
               "109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"));
    CHECK(sr_kdf_scrypt(sr_text_view("pleaseletmein"), sr_text_view("SodiumChloride"), 14, 8, 1,
                        out, 64) == SR_OK);
    CHECK(
        is_hex(out, 64,
               "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d"
               "49705242a9af9e61e85dc0d651e40dfcf017b45575887"));
}

/* OpenSSL's own limit is 32 MiB; ours is what the parameters need. */
static void scrypt_is_given_the_memory_it_needs(void)
{
    uint8_t out[32];
    CHECK(sr_kdf_scrypt(sr_text_view("p"), sr_text_view("s"), 16, 8, 1, out, 32) == SR_OK);
    CHECK(sr_kdf_scrypt(sr_text_view("p"), sr_text_view("s"), 1, 32, 16, out, 32) == SR_OK);
}

static void impossible_scrypt_is_refused_and_wiped(void)
{
    uint8_t out[32] = {1, 2, 3};
    const uint8_t zero[32] = {0};
    /* RFC 7914, section 2: N < 2^(128 * r / 8) */
    CHECK(sr_kdf_scrypt(sr_text_view("p"), sr_text_view("s"), 16, 1, 1, out, 32) == SR_INTERNAL);
    CHECK(memcmp(out, zero, sizeof out) == 0);
}

static void every_failure_is_reported(void)
{
    uint8_t prk[32] = {1};
    FAULT_SWEEP {
        uint8_t out[49];
        enum sr_status status = sr_kdf_expand(sr_bytes(prk, 32), NULL, 0, out, sizeof out);
        CHECK((status == SR_OK) == !fault_fired());
    }
    CHECK(fault_sweep_faults() == 1); /* EVP_MAC_CTX_new */
}

int main(void)
{
    RUN(expand_gives_known_answers);
    RUN(expand_takes_no_info_and_the_longest_output);
    RUN(expand_sees_parts_as_one);
    RUN(scrypt_gives_the_answers_of_the_rfc);
    RUN(scrypt_is_given_the_memory_it_needs);
    RUN(impossible_scrypt_is_refused_and_wiped);
    RUN(every_failure_is_reported);
    return check_done();
}
