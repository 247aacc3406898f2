/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: rules SG-5 and SG-17 to SG-23 of docs/formats/sshsig.md, each refused with its
 * own error; no byte of a signature can be another.
 */
#include "acts/ssh_verifier.h"

#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/ssh_samples.h"

enum { ROOM_BYTES = 4096 };

static const struct sr_ssh_demand ACT = {.name_space = SR_SSHSIG_NAMESPACE_ACT};
static const struct sr_ssh_demand VERIFIED_ACT = {.name_space = SR_SSHSIG_NAMESPACE_ACT,
                                                  .needs_verification = true};

static struct sr_ssh_verifier *verifier_of(size_t sample)
{
    SR_AUTO(sr_buf) blob = NULL;
    struct sr_bytes comment;
    struct sr_ssh_verifier *v = NULL;
    CHECK(sr_buf_new(1024, &blob) == SR_OK);
    CHECK(sr_ssh_key_from_line(sr_text_view(SSH_SAMPLES[sample].line), blob, &comment, NULL) ==
          SR_OK);
    CHECK(sr_ssh_verifier_new(sr_buf_view(blob), &v, NULL) == SR_OK);
    return v;
}

static void signature_of(size_t sample, struct sr_buf *out)
{
    sr_buf_clear(out);
    CHECK(sr_sshsig_unarmor(sr_text_view(SSH_SAMPLES[sample].armored), out, NULL) == SR_OK);
}

static enum sr_status check(size_t key, size_t signature, const struct sr_ssh_demand *demand,
                            const char *message, struct sr_ssh_facts *facts, struct sr_err *err)
{
    SR_AUTO(sr_ssh_verifier) v = verifier_of(key);
    SR_AUTO(sr_buf) data = NULL;
    CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK);
    signature_of(signature, data);
    return sr_ssh_verifier_check(v, sr_buf_view(data), demand, sr_text_view(message), facts, err);
}

static void test_every_type_verifies(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_TOUCHED; i++) {
        struct sr_ssh_facts facts = {.flags = 0xff};
        struct sr_err err = {0};
        CHECK(check(i, i, &ACT, "hello", &facts, &err) == SR_OK);
        bool is_sk = strncmp(SSH_SAMPLES[i].line, "sk-", 3) == 0;
        CHECK(facts.counter == (is_sk ? 7 : 0));
        CHECK((facts.flags & SR_SSH_SIGNATURE_PRESENCE) == is_sk);
    }
}

static void refuses(size_t key, size_t signature, const struct sr_ssh_demand *demand,
                    const char *message, const char *why)
{
    struct sr_ssh_facts facts = {.flags = 0xff};
    struct sr_err err = {0};
    CHECK(check(key, signature, demand, message, &facts, &err) == SR_UNTRUSTED);
    CHECK(strstr(err.message, why) != NULL);
    CHECK(facts.flags == 0xff);
}

static void test_key_namespace_and_message(void)
{
    static const struct sr_ssh_demand FILES = {.name_space = "file"};
    static const struct sr_ssh_demand LONGER = {.name_space = "act@strongroom2"};
    for (size_t i = 0; i < SSH_SAMPLE_TOUCHED; i++) {
        refuses(i, i, &FILES, "hello", "for namespace 'act@strongroom', not 'file'");
        refuses(i, i, &LONGER, "hello", "not 'act@strongroom2'");
        refuses(i, i, &ACT, "hello ", "not of this key and text");
        refuses(i, i, &ACT, "", "not of this key and text");
    }
    refuses(SSH_SAMPLE_P256, SSH_SAMPLE_ED25519, &ACT, "hello", "of another key than SHA256:");
    refuses(SSH_SAMPLE_SK_P256, SSH_SAMPLE_P256, &ACT, "hello", "of another key than SHA256:");
}

static void test_flags(void)
{
    refuses(SSH_SAMPLE_SK_ED25519, SSH_SAMPLE_SK_ED25519_UNTOUCHED, &ACT, "hello",
            "without user presence");
    refuses(SSH_SAMPLE_SK_P256, SSH_SAMPLE_SK_P256_UNTOUCHED, &VERIFIED_ACT, "hello",
            "without user presence");
    refuses(SSH_SAMPLE_SK_ED25519, SSH_SAMPLE_SK_ED25519, &VERIFIED_ACT, "hello",
            "without user verification");
    refuses(SSH_SAMPLE_SK_P256, SSH_SAMPLE_SK_P256, &VERIFIED_ACT, "hello",
            "without user verification");
    refuses(SSH_SAMPLE_SK_P256, SSH_SAMPLE_SK_P256_COPIED, &ACT, "hello", "has flags 19");
    refuses(SSH_SAMPLE_ED25519, SSH_SAMPLE_ED25519, &VERIFIED_ACT, "hello",
            "'ssh-ed25519' cannot say so");
    CHECK(check(SSH_SAMPLE_SK_ED25519, SSH_SAMPLE_SK_ED25519_VERIFIED, &VERIFIED_ACT, "hello", NULL,
                NULL) == SR_OK);
    CHECK(check(SSH_SAMPLE_SK_P256, SSH_SAMPLE_SK_P256_VERIFIED, &VERIFIED_ACT, "hello", NULL,
                NULL) == SR_OK);
}

/* Each byte with each of its bits turned. */
static void test_no_byte_can_be_another(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_TOUCHED; i++) {
        SR_AUTO(sr_ssh_verifier) v = verifier_of(i);
        SR_AUTO(sr_buf) data = NULL;
        uint8_t changed[1024];
        CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK);
        signature_of(i, data);
        size_t len = sr_buf_view(data).len;
        CHECK(len <= sizeof changed);
        memcpy(changed, sr_buf_view(data).ptr, len);
        size_t accepted = 0;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            changed[bit / 8] ^= (uint8_t)(1U << bit % 8);
            accepted += sr_ssh_verifier_check(v, sr_bytes(changed, len), &ACT,
                                              sr_text_view("hello"), NULL, NULL) == SR_OK;
            changed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        CHECK(accepted == 0);
        CHECK(sr_writer_u8(data, 0) == SR_OK);
        CHECK(sr_ssh_verifier_check(v, sr_buf_view(data), &ACT, sr_text_view("hello"), NULL,
                                    NULL) == SR_MALFORMED);
    }
}

static void test_what_it_is(void)
{
    SR_AUTO(sr_ssh_verifier) v = verifier_of(SSH_SAMPLE_ED25519);
    SR_AUTO(sr_ssh_verifier) p384 = verifier_of(SSH_SAMPLE_P384);
    SR_AUTO(sr_ssh_verifier) sk = verifier_of(SSH_SAMPLE_SK_P256);
    CHECK(strcmp(sr_ssh_verifier_fingerprint(v),
                 "SHA256:j7wb+WK5xRRCazSB/ppUF/d/BMYLcukAAnP2UtvlZNg") == 0);
    CHECK(sr_ssh_verifier_type(v) == SR_SSH_KEY_ED25519);
    CHECK(sr_ssh_verifier_blob(v).len == 51);
    CHECK(sr_public_key_algorithm(sr_ssh_verifier_public_key(v)) == SR_SIGN_ED25519);
    CHECK(sr_public_key_algorithm(sr_ssh_verifier_public_key(p384)) == SR_SIGN_ECDSA_P384_SHA384);
    CHECK(sr_public_key_algorithm(sr_ssh_verifier_public_key(sk)) == SR_SIGN_ECDSA_P256_SHA256);
}

static void test_keys_that_are_none(void)
{
    SR_AUTO(sr_ssh_verifier) good = verifier_of(SSH_SAMPLE_P256);
    SR_AUTO(sr_ssh_verifier) v = NULL;
    uint8_t blob[SR_SSH_KEY_BLOB_BYTES_MAX + 1] = {0};
    struct sr_bytes b = sr_ssh_verifier_blob(good);
    CHECK(sr_ssh_verifier_new(sr_bytes(NULL, 0), &v, NULL) == SR_TRUNCATED);
    CHECK(sr_ssh_verifier_new(sr_bytes(blob, sizeof blob), &v, NULL) == SR_TOO_LARGE);
    memcpy(blob, b.ptr, b.len);
    blob[b.len - 1] ^= 1; /* no longer on the curve */
    CHECK(sr_ssh_verifier_new(sr_bytes(blob, b.len), &v, NULL) == SR_MALFORMED);
    static const uint8_t WEAK[] = "\0\0\0\x0bssh-ed25519\0\0\0\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    CHECK(sizeof WEAK == 51);
    CHECK(sr_ssh_verifier_new(sr_bytes(WEAK, 51), &v, NULL) == SR_MALFORMED);
    CHECK(v == NULL);
}

static void test_no_memory(void)
{
    SR_AUTO(sr_ssh_verifier) good = verifier_of(SSH_SAMPLE_SK_ED25519);
    SR_AUTO(sr_buf) data = NULL;
    CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK);
    signature_of(SSH_SAMPLE_SK_ED25519, data);
    FAULT_SWEEP {
        SR_AUTO(sr_ssh_verifier) v = NULL;
        enum sr_status status = sr_ssh_verifier_new(sr_ssh_verifier_blob(good), &v, NULL);
        if (status == SR_OK) {
            status = sr_ssh_verifier_check(v, sr_buf_view(data), &ACT, sr_text_view("hello"), NULL,
                                           NULL);
        }
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(status != SR_UNTRUSTED);
    }
    CHECK(fault_sweep_faults() >= 5);
}

int main(void)
{
    RUN(test_every_type_verifies);
    RUN(test_key_namespace_and_message);
    RUN(test_flags);
    RUN(test_no_byte_can_be_another);
    RUN(test_what_it_is);
    RUN(test_keys_that_are_none);
    RUN(test_no_memory);
    return check_done();
}
