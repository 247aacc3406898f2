/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules AC-15 and AC-17 of docs/formats/act.md. */
#include "acts/key.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/signing_key.h"
#include "tests/soft_signer.h"
#include "tests/ssh_samples.h"

/* The key of the first SSH sample, as its DER. */
static const char ED25519_SPKI[] =
    "spki MCowBQYDK2VwAyEAByRdeJLPa2mt+XaHitIVRrmkNxQaKakJpJZRSbCF5pI=";

static enum sr_status parse(const char *text, struct sr_act_key **out)
{
    return sr_act_key_parse(sr_text_view(text), out, NULL);
}

static void test_every_ssh_type(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_COUNT; i++) {
        const char *line = SSH_SAMPLES[i].line;
        char with_comment[512];
        SR_AUTO(sr_act_key) key = NULL;
        SR_AUTO(sr_act_key) again = NULL;
        SR_AUTO(sr_act_key) strict = NULL;
        (void)snprintf(with_comment, sizeof with_comment, "%s ada@example.org\n", line);
        CHECK(parse(line, &key) == SR_OK);
        CHECK(parse(with_comment, &again) == SR_OK);
        CHECK(strcmp(sr_act_key_line(key), line) == 0);
        CHECK(strcmp(sr_act_key_line(again), line) == 0);
        CHECK(strcmp(sr_act_key_fingerprint(key), sr_act_key_fingerprint(again)) == 0);
        CHECK(sr_act_key_equal(key, again));
        CHECK(sr_act_key_is_ssh(key) && sr_act_key_plain(key) == NULL);
        CHECK(sr_act_key_is_hardware(key) == (strncmp(line, "sk-", 3) == 0));
        CHECK(strcmp(sr_act_key_fingerprint(key),
                     sr_ssh_verifier_fingerprint(sr_act_key_ssh(key))) == 0);
        CHECK(sr_act_key_from_line(sr_text_view(with_comment), &strict, NULL) == SR_MALFORMED);
        CHECK(strict == NULL);
        CHECK(sr_act_key_from_line(sr_text_view(line), &strict, NULL) == SR_OK);
    }
}

static void test_plain_keys(void)
{
    SR_AUTO(sr_act_key) pem = NULL;
    SR_AUTO(sr_act_key) line = NULL;
    SR_AUTO(sr_act_key) ed25519 = NULL;
    SR_AUTO(sr_act_key) ssh = NULL;
    CHECK(parse(SIGNING_KEY_PUBLIC, &pem) == SR_OK);
    CHECK(strcmp(sr_act_key_line(pem),
                 "spki MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERecMQdPRTEuqLR5XoaCHsg8Pa1xi"
                 "9pEd8t9wTc6IEIgpHrLWy0knkPw6Kx1lA0OlNl9OrCGku67DSRGNa9OBZg==") == 0);
    CHECK(strncmp(sr_act_key_fingerprint(pem), "SHA256:", 7) == 0);
    CHECK(strlen(sr_act_key_fingerprint(pem)) == 50);
    CHECK(!sr_act_key_is_ssh(pem) && !sr_act_key_is_hardware(pem));
    CHECK(sr_act_key_ssh(pem) == NULL && sr_act_key_plain(pem) != NULL);
    CHECK(sr_act_key_from_line(sr_text_view(SIGNING_KEY_PUBLIC), &line, NULL) == SR_MALFORMED);
    CHECK(sr_act_key_from_line(sr_text_view(sr_act_key_line(pem)), &line, NULL) == SR_OK);
    CHECK(sr_act_key_equal(pem, line));
    CHECK(parse(ED25519_SPKI, &ed25519) == SR_OK);
    CHECK(strcmp(sr_act_key_line(ed25519), ED25519_SPKI) == 0);
    CHECK(!sr_act_key_equal(pem, ed25519));
    /* One key in two forms: told to be equal, though nothing else of them is. */
    CHECK(parse(SSH_SAMPLES[SSH_SAMPLE_ED25519].line, &ssh) == SR_OK);
    CHECK(sr_act_key_equal(ssh, ed25519));
    CHECK(strcmp(sr_act_key_fingerprint(ssh), sr_act_key_fingerprint(ed25519)) != 0);
}

static void test_refuses(void)
{
    static const struct {
        const char *text;
        enum sr_status status;
    } WRONG[] = {
        {"", SR_MALFORMED},
        {"ssh", SR_MALFORMED},
        {"ssh-ed25519", SR_TRUNCATED},
        {"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQ==", SR_UNSUPPORTED},
        {"spki ", SR_MALFORMED},
        {"spki AAAA", SR_MALFORMED},
        {"spki MCowBQYDK2VwAyEAByRdeJLPa2mt+XaHitIVRrmkNxQaKakJpJZRSbCF5pI", SR_MALFORMED},
        {"spki MCowBQYDK2VwAyEAByRdeJLPa2mt+XaHitIVRrmkNxQaKakJpJZRSbCF5pI= x", SR_MALFORMED},
        {"spki  MCowBQYDK2VwAyEAByRdeJLPa2mt+XaHitIVRrmkNxQaKakJpJZRSbCF5pI=", SR_MALFORMED},
        /* Ed25519, the neutral element: it signs everything. */
        {"spki MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", SR_MALFORMED},
        /* X25519 */
        {"spki MCowBQYDK2VuAyEAByRdeJLPa2mt+XaHitIVRrmkNxQaKakJpJZRSbCF5pI=", SR_UNSUPPORTED},
        {SIGNING_KEY, SR_MALFORMED},
        {"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", SR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        SR_AUTO(sr_act_key) key = NULL;
        enum sr_status status = parse(WRONG[i].text, &key);
        if (status != WRONG[i].status) {
            printf("# case %zu: %d\n", i, (int)status);
            CHECK(false);
        }
        CHECK(key == NULL);
    }
    static char big[SR_ACT_KEY_LINE_BYTES_MAX + 2];
    SR_AUTO(sr_act_key) key = NULL;
    memset(big, 'A', sizeof big - 1);
    memcpy(big, "spki ", 5);
    CHECK(sr_act_key_from_line(sr_text_view(big), &key, NULL) == SR_TOO_LARGE);
    CHECK(parse(big, &key) == SR_TOO_LARGE);
}

/* A compressed point of P-256, which is another spelling of a key; and P-384. */
static void test_curves_and_spellings(void)
{
    static const char COMPRESSED[] =
        "spki MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACRecMQdPRTEuqLR5XoaCHsg8Pa1xi9pEd8t9wTc6IEIg=";
    SR_AUTO(sr_act_key) key = NULL;
    CHECK(sr_act_key_from_line(sr_text_view(COMPRESSED), &key, NULL) == SR_MALFORMED);
    CHECK(key == NULL);
    SR_AUTO(sr_secret) seed = NULL;
    SR_AUTO(sr_signer) p384 = NULL;
    CHECK(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL) == SR_OK);
    CHECK(sr_signer_from_seed(seed, &p384, NULL) == SR_OK);
    CHECK(sr_act_key_from_public(p384->public_key, &key, NULL) == SR_OK);
    SR_AUTO(sr_act_key) again = NULL;
    CHECK(sr_act_key_from_line(sr_text_view(sr_act_key_line(key)), &again, NULL) == SR_OK);
    CHECK(sr_act_key_equal(key, again));
}

/* Signatures over "hello" that others made, in tests/ssh_samples.h. */
static enum sr_status verify(size_t key_of, size_t sample, const char *message,
                             struct sr_act_proof *out, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    CHECK(parse(SSH_SAMPLES[key_of].line, &key) == SR_OK);
    CHECK(sr_buf_new(SR_SSHSIG_BYTES_MAX, &signature) == SR_OK);
    CHECK(sr_sshsig_unarmor(sr_text_view(SSH_SAMPLES[sample].armored), signature, NULL) == SR_OK);
    return sr_act_key_verify(key, sr_text_view(message), sr_buf_view(signature), out, err);
}

static void test_ssh_signatures(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_COUNT; i++) {
        struct sr_act_proof proof = {.counter = 99};
        struct sr_err err = {0};
        bool is_good = i < SSH_SAMPLE_TOUCHED;
        CHECK(verify(i, i, "hello", &proof, &err) == (is_good ? SR_OK : SR_UNTRUSTED));
        CHECK(verify(i, i, "hallo", NULL, NULL) == SR_UNTRUSTED);
        if (!is_good) {
            CHECK(proof.counter == 99);
            continue;
        }
        bool is_sk = strncmp(SSH_SAMPLES[i].line, "sk-", 3) == 0;
        CHECK(proof.is_hardware == is_sk && proof.has_presence == is_sk);
        CHECK(proof.has_verification ==
              (i == SSH_SAMPLE_SK_ED25519_VERIFIED || i == SSH_SAMPLE_SK_P256_VERIFIED));
        CHECK(proof.counter == (is_sk ? 7 : 0));
    }
    struct sr_err err = {0};
    CHECK(verify(SSH_SAMPLE_SK_P256, SSH_SAMPLE_SK_P256_UNTOUCHED, "hello", NULL, &err) ==
          SR_UNTRUSTED);
    CHECK(strstr(err.message, "without user presence") != NULL);
    CHECK(err.status == SR_UNTRUSTED);
}

static void test_the_key_decides_the_form(void)
{
    SR_AUTO(sr_act_key) plain = NULL;
    SR_AUTO(sr_act_key) ssh = NULL;
    SR_AUTO(sr_buf) sshsig = NULL;
    SR_AUTO(sr_buf) raw = NULL;
    SR_AUTO(sr_signer) signer = soft_key(7);
    struct sr_err err = {0};
    struct sr_act_proof proof = {.is_hardware = true};
    CHECK(parse(ED25519_SPKI, &plain) == SR_OK);
    CHECK(sr_buf_new(SR_SSHSIG_BYTES_MAX, &sshsig) == SR_OK);
    CHECK(sr_sshsig_unarmor(sr_text_view(SSH_SAMPLES[SSH_SAMPLE_ED25519].armored), sshsig, NULL) ==
          SR_OK);
    /* The same key, enrolled plainly: an SSHSIG is no signature of it. */
    CHECK(sr_act_key_verify(plain, sr_text_view("hello"), sr_buf_view(sshsig), NULL, &err) ==
          SR_UNTRUSTED);
    /* And enrolled as SSH, a plain signature is none; its decoder's error is not handed on. */
    CHECK(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &raw) == SR_OK);
    CHECK(sr_signer_sign(signer, sr_text_view("hello"), raw, NULL) == SR_OK);
    ssh = soft_ssh_key(signer, SOFT_SSH);
    CHECK(sr_act_key_verify(ssh, sr_text_view("hello"), sr_buf_view(raw), NULL, &err) ==
          SR_UNTRUSTED);
    CHECK(err.status == SR_UNTRUSTED && strstr(err.message, "signature: SSHSIG: ") != NULL);
    SR_AUTO(sr_act_key) own = NULL;
    CHECK(sr_act_key_from_public(signer->public_key, &own, NULL) == SR_OK);
    CHECK(sr_act_key_verify(own, sr_text_view("hello"), sr_buf_view(raw), &proof, NULL) == SR_OK);
    CHECK(!proof.is_hardware && !proof.has_presence && proof.counter == 0);
    CHECK(sr_act_key_verify(own, sr_text_view("hello"), sr_bytes("", 0), &proof, NULL) ==
          SR_UNTRUSTED);
}

static void test_faults(void)
{
    static const char *const LINES[] = {ED25519_SPKI, SIGNING_KEY_PUBLIC};
    for (size_t i = 0; i < 3; i++) {
        const char *line = i < 2 ? LINES[i] : SSH_SAMPLES[SSH_SAMPLE_SK_P256].line;
        FAULT_SWEEP {
            SR_AUTO(sr_act_key) key = NULL;
            enum sr_status status = parse(line, &key);
            CHECK((status == SR_OK) == !fault_fired());
            CHECK((key != NULL) == (status == SR_OK));
        }
        CHECK(fault_sweep_faults() >= 5);
    }
}

int main(void)
{
    RUN(test_every_ssh_type);
    RUN(test_plain_keys);
    RUN(test_refuses);
    RUN(test_curves_and_spellings);
    RUN(test_ssh_signatures);
    RUN(test_the_key_decides_the_form);
    RUN(test_faults);
    return check_done();
}
