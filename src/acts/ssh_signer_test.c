/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what an agent has signed comes out as an SSHSIG, or as DER by the seam, and
 * verifies; a signature that is another's, for something else or without a touch never comes out
 * (rules SA-3 to SA-6 of docs/formats/ssh-agent.md).
 */
#include "acts/ssh_signer.h"

#include "base/text.h"
#include "base/writer.h"
#include "tests/fake_agent.h"
#include "tests/ssh_samples.h"

enum { ROOM_BYTES = 4096 };

static const struct sr_ssh_demand ACT = {.name_space = SR_SSHSIG_NAMESPACE_ACT};

static void blob_of(size_t sample, struct sr_buf *out)
{
    struct sr_bytes comment;
    sr_buf_clear(out);
    CHECK(sr_ssh_key_from_line(sr_text_view(SSH_SAMPLES[sample].line), out, &comment, NULL) ==
          SR_OK);
}

/* An answer with its length: a signature. */
static void put_signature(struct sr_bytes signature, struct sr_buf *out)
{
    sr_buf_clear(out);
    CHECK(sr_writer_u32be(out, (uint32_t)signature.len + 5) == SR_OK);
    CHECK(sr_writer_u8(out, 14) == SR_OK);
    CHECK(sr_writer_block_u32be(out, signature) == SR_OK);
}

/* The sample's key, asked to sign message for acts, by an agent that answers so. */
static enum sr_status sign_by(size_t key, struct sr_bytes answer, const char *message,
                              struct sr_buf *out, struct sr_err *err)
{
    struct fake_agent a = {.answers = {{answer.ptr, answer.len}}, .count = 1};
    enum sr_status status;
    fake_agent_start(&a);
    {
        SR_AUTO(sr_ssh_connection) c = NULL;
        SR_AUTO(sr_ssh_verifier) v = NULL;
        SR_AUTO(sr_buf) blob = NULL;
        CHECK(sr_buf_new(ROOM_BYTES, &blob) == SR_OK);
        blob_of(key, blob);
        CHECK(sr_ssh_verifier_new(sr_buf_view(blob), &v, NULL) == SR_OK);
        CHECK(sr_ssh_connection_open(a.path, 60000, &c, NULL) == SR_OK);
        status = sr_ssh_signer_sshsig(c, v, &ACT, sr_text_view(message), out, err);
        CHECK(memcmp(a.request + 9, sr_buf_view(blob).ptr, sr_buf_view(blob).len) == 0);
    }
    fake_agent_stop(&a);
    return status;
}

/* By an agent that has the sample's signature over "hello". */
static enum sr_status sign(size_t key, size_t signature, const char *message, struct sr_buf *out,
                           struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_AUTO(sr_buf) answer = NULL;
    struct sr_sshsig sig = {0};
    CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK && sr_buf_new(ROOM_BYTES, &answer) == SR_OK);
    CHECK(sr_sshsig_unarmor(sr_text_view(SSH_SAMPLES[signature].armored), data, NULL) == SR_OK);
    CHECK(sr_sshsig_decode(sr_buf_view(data), &sig, NULL) == SR_OK);
    put_signature(sig.signature, answer);
    return sign_by(key, sr_buf_view(answer), message, out, err);
}

static void test_every_type_signs(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_TOUCHED; i++) {
        SR_AUTO(sr_buf) out = NULL;
        SR_AUTO(sr_buf) text = NULL;
        CHECK(sr_buf_new(ROOM_BYTES, &out) == SR_OK && sr_buf_new(ROOM_BYTES, &text) == SR_OK);
        if (i == SSH_SAMPLE_ED25519_SHA256) {
            continue; /* we sign with SHA-512 */
        }
        CHECK(sign(i, i, "hello", out, NULL) == SR_OK);
        CHECK(sr_sshsig_armor(sr_buf_view(out), text) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(text), sr_text_view(SSH_SAMPLES[i].armored)));
    }
}

static void refuses(size_t key, size_t signature, const char *message, enum sr_status expected,
                    const char *why)
{
    SR_AUTO(sr_buf) out = NULL;
    struct sr_err err = {0};
    CHECK(sr_buf_new(ROOM_BYTES, &out) == SR_OK);
    CHECK(sign(key, signature, message, out, &err) == expected);
    CHECK(strstr(err.message, "signature that is no good") != NULL);
    CHECK(strstr(err.message, why) != NULL);
    CHECK(sr_buf_view(out).len == 0);
}

static void test_signatures_that_are_no_good(void)
{
    refuses(SSH_SAMPLE_P256, SSH_SAMPLE_P256, "hallo", SR_UNTRUSTED, "key and text");
    refuses(SSH_SAMPLE_P256, SSH_SAMPLE_P384, "hello", SR_MALFORMED, "the key is 'ecdsa-sha2");
    refuses(SSH_SAMPLE_ED25519, SSH_SAMPLE_ED25519_SHA256, "hello", SR_UNTRUSTED, "key and text");
    refuses(SSH_SAMPLE_SK_P256, SSH_SAMPLE_SK_P256_UNTOUCHED, "hello", SR_UNTRUSTED, "presence");
}

static void test_an_agent_that_refuses(void)
{
    SR_AUTO(sr_buf) out = NULL;
    struct sr_err err = {0};
    CHECK(sr_buf_new(ROOM_BYTES, &out) == SR_OK);
    CHECK(sign_by(SSH_SAMPLE_P256, sr_bytes("\0\0\0\1\5", 5), "hello", out, &err) ==
          SR_UNAVAILABLE);
    CHECK(strstr(err.message, "refuses to sign") != NULL);
    CHECK(sign_by(SSH_SAMPLE_P256, sr_bytes("\0\0\0\5\x0e\0\0\0\0", 9), "hello", out, NULL) ==
          SR_TRUNCATED);
    CHECK(sr_buf_view(out).len == 0);
}

/* Over "hello" itself, by the keys of SSH_SAMPLE_P256 and SSH_SAMPLE_P384. */
static const char RAW_P256[] =
    "0000001365636473612d736861322d6e69737470323536000000490000002100e7fdd7cf0f4958ce6e43a7dd1b5ccc"
    "487f871f64503f584060d8a20913f3131d00000020065e25640484c34b07e9190167fdbe6bdec9bcac05967f9a4177"
    "5f315d02d362";
static const char RAW_P384[] =
    "0000001365636473612d736861322d6e6973747033383400000069000000300791a726cd50e63bdbad4bd2495f2e65"
    "628eb9e72d918817d10c7ca75903f7899122053d8367055917d9fc28a72aef7100000031009ab3ff47045c5c80af68"
    "1a115f7be5bc801025311a048b7dac066c91a0e52eeaad19b3975d5abec75540b9fcbc08fea0";

static enum sr_status seam(size_t key, const char *hex, const char *message, struct sr_buf *out,
                           struct sr_err *err)
{
    uint8_t raw[256];
    SR_AUTO(sr_buf) answer = NULL;
    SR_AUTO(sr_buf) blob = NULL;
    CHECK(sr_buf_new(ROOM_BYTES, &answer) == SR_OK && sr_buf_new(ROOM_BYTES, &blob) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(hex), raw, strlen(hex) / 2) == SR_OK);
    put_signature(sr_bytes(raw, strlen(hex) / 2), answer);
    blob_of(key, blob);
    struct fake_agent a = {.answers = {{sr_buf_view(answer).ptr, sr_buf_view(answer).len}},
                           .count = 1};
    fake_agent_start(&a);
    enum sr_status status;
    {
        SR_AUTO(sr_signer) signer = NULL;
        struct sr_ssh_connection *c = NULL;
        CHECK(sr_ssh_connection_open(a.path, 60000, &c, NULL) == SR_OK);
        status = sr_ssh_signer_new(c, sr_buf_view(blob), &signer, err);
        if (status == SR_OK) {
            status = sr_signer_sign(signer, sr_text_view(message), out, err);
        }
    }
    fake_agent_stop(&a);
    return status;
}

static void test_the_seam(void)
{
    SR_AUTO(sr_buf) out = NULL;
    struct sr_err err = {0};
    CHECK(sr_buf_new(ROOM_BYTES, &out) == SR_OK);
    CHECK(seam(SSH_SAMPLE_P256, RAW_P256, "hello", out, NULL) == SR_OK);
    CHECK(sr_buf_view(out).len == 71 && sr_buf_view(out).ptr[0] == 0x30);
    CHECK(seam(SSH_SAMPLE_P384, RAW_P384, "hello", out, NULL) == SR_OK);
    sr_buf_clear(out);
    CHECK(seam(SSH_SAMPLE_P256, RAW_P256, "hallo", out, NULL) == SR_INTERNAL);
    CHECK(seam(SSH_SAMPLE_P256, RAW_P384, "hello", out, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "by a key of 'ecdsa-sha2-nistp256'") != NULL);
    CHECK(seam(SSH_SAMPLE_ED25519, RAW_P256, "hello", out, NULL) == SR_UNSUPPORTED);
    CHECK(seam(SSH_SAMPLE_SK_P256, RAW_P256, "hello", out, NULL) == SR_UNSUPPORTED);
    CHECK(sr_buf_view(out).len == 0);
}

static void test_list(void)
{
    SR_AUTO(sr_buf) blob = NULL;
    SR_AUTO(sr_buf) answer = NULL;
    SR_AUTO(sr_buf) store = NULL;
    struct sr_ssh_agent_list list = {0};
    struct sr_ssh_agent_identity identity = {0};
    CHECK(sr_buf_new(ROOM_BYTES, &blob) == SR_OK && sr_buf_new(ROOM_BYTES, &answer) == SR_OK);
    CHECK(sr_buf_new(SR_SSH_AGENT_MESSAGE_BYTES_MAX, &store) == SR_OK);
    blob_of(SSH_SAMPLE_SK_P256, blob);
    struct sr_bytes key = sr_buf_view(blob);
    CHECK(sr_writer_u32be(answer, (uint32_t)(5 + 4 + key.len + 4 + 3)) == SR_OK);
    CHECK(sr_writer_u8(answer, 12) == SR_OK && sr_writer_u32be(answer, 1) == SR_OK);
    CHECK(sr_writer_block_u32be(answer, key) == SR_OK);
    CHECK(sr_writer_block_u32be(answer, sr_text_view("ada")) == SR_OK);
    struct fake_agent a = {.answers = {{sr_buf_view(answer).ptr, sr_buf_view(answer).len},
                                       {sr_buf_view(answer).ptr, sr_buf_view(answer).len}},
                           .count = 2};
    fake_agent_start(&a);
    {
        SR_AUTO(sr_ssh_connection) c = NULL;
        CHECK(sr_ssh_connection_open(a.path, 60000, &c, NULL) == SR_OK);
        CHECK(sr_ssh_signer_list(c, store, &list, NULL) == SR_OK);
        CHECK(sr_ssh_signer_list(c, store, &list, NULL) == SR_OK);
    }
    fake_agent_stop(&a);
    CHECK(list.count == 1 && sr_ssh_agent_list_next(&list, &identity) && identity.is_known);
    CHECK(sr_text_equal(identity.blob, key));
    CHECK(sr_text_equal(identity.comment, sr_text_view("ada")));
}

static void test_a_message_over_what_an_agent_takes(void)
{
    static const uint8_t BIG[SR_SSH_AGENT_MESSAGE_BYTES_MAX] = {0};
    SR_AUTO(sr_buf) blob = NULL;
    SR_AUTO(sr_buf) out = NULL;
    struct fake_agent a = {.hangs_up = false};
    CHECK(sr_buf_new(ROOM_BYTES, &blob) == SR_OK && sr_buf_new(ROOM_BYTES, &out) == SR_OK);
    blob_of(SSH_SAMPLE_P256, blob);
    fake_agent_start(&a);
    {
        SR_AUTO(sr_signer) signer = NULL;
        struct sr_ssh_connection *c = NULL;
        CHECK(sr_ssh_connection_open(a.path, 60000, &c, NULL) == SR_OK);
        CHECK(sr_ssh_signer_new(c, sr_buf_view(blob), &signer, NULL) == SR_OK);
        CHECK(sr_signer_sign(signer, sr_bytes(BIG, sizeof BIG), out, NULL) == SR_TOO_LARGE);
    }
    fake_agent_stop(&a);
}

int main(void)
{
    RUN(test_every_type_signs);
    RUN(test_signatures_that_are_no_good);
    RUN(test_an_agent_that_refuses);
    RUN(test_the_seam);
    RUN(test_list);
    RUN(test_a_message_over_what_an_agent_takes);
    return check_done();
}
