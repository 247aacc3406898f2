/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules SG-7 to SG-9 of docs/formats/sshsig.md. */
#include "formats/ssh_signature.h"

#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "tests/check.h"

static void put(struct sr_buf *b, const void *data, size_t len)
{
    CHECK(sr_writer_block_u32be(b, sr_bytes(data, len)) == SR_OK);
}

/* A signature of the type with two integers, each as the bytes of a hexadecimal text. */
static enum sr_status ecdsa(const char *type, const char *r_hex, const char *s_hex,
                            struct sr_buf *out, struct sr_ssh_signature *signature)
{
    uint8_t bytes[64];
    SR_AUTO(sr_buf) inner = NULL;
    CHECK(sr_buf_new(1024, &inner) == SR_OK);
    CHECK(sr_text_unhex(sr_text_view(r_hex), bytes, strlen(r_hex) / 2) == SR_OK);
    put(inner, bytes, strlen(r_hex) / 2);
    CHECK(sr_text_unhex(sr_text_view(s_hex), bytes, strlen(s_hex) / 2) == SR_OK);
    put(inner, bytes, strlen(s_hex) / 2);
    sr_buf_clear(out);
    put(out, type, strlen(type));
    put(out, sr_buf_view(inner).ptr, sr_buf_view(inner).len);
    return sr_ssh_signature_decode(sr_buf_view(out), signature, NULL);
}

#define P256 "ecdsa-sha2-nistp256"
#define P384 "ecdsa-sha2-nistp384"
#define BYTES_32 "7f000000000000000000000000000000000000000000000000000000000000ff"
#define HIGH_32 "80000000000000000000000000000000000000000000000000000000000000ff"

static void test_integers(void)
{
    SR_AUTO(sr_buf) b = NULL;
    struct sr_ssh_signature s;
    CHECK(sr_buf_new(1024, &b) == SR_OK);
    CHECK(ecdsa(P256, "01", "7f", b, &s) == SR_OK);
    CHECK(ecdsa(P256, BYTES_32, "00" HIGH_32, b, &s) == SR_OK);
    CHECK(s.s.len == 32 && s.s.ptr[0] == 0x80);
    CHECK(ecdsa(P256, HIGH_32, "01", b, &s) == SR_MALFORMED); /* negative */
    CHECK(ecdsa(P256, "01", "00" BYTES_32, b, &s) == SR_MALFORMED);
    CHECK(ecdsa(P256, "", "01", b, &s) == SR_MALFORMED);
    CHECK(ecdsa(P256, "00", "01", b, &s) == SR_MALFORMED);
    CHECK(ecdsa(P256, "01", "", b, &s) == SR_MALFORMED);
    CHECK(ecdsa(P256, BYTES_32 "00", "01", b, &s) == SR_MALFORMED);
    CHECK(ecdsa(P384, BYTES_32 "00", "01", b, &s) == SR_OK);
    CHECK(ecdsa(P384, "00" HIGH_32 "00000000000000000000000000000000", "01", b, &s) == SR_OK);
    CHECK(ecdsa(P384, BYTES_32 "0000000000000000000000000000000000", "01", b, &s) == SR_MALFORMED);
}

static void test_der(void)
{
    SR_AUTO(sr_buf) b = NULL;
    SR_AUTO(sr_buf) der = NULL;
    struct sr_ssh_signature s;
    CHECK(sr_buf_new(1024, &b) == SR_OK && sr_buf_new(1024, &der) == SR_OK);
    CHECK(ecdsa(P256, "0102", "0080", b, &s) == SR_OK);
    CHECK(sr_ssh_signature_raw(&s, der) == SR_OK);
    CHECK(
        sr_text_equal(sr_buf_view(der), sr_bytes("\x30\x08\x02\x02\x01\x02\x02\x02\x00\x80", 10)));
    sr_buf_clear(der);
    CHECK(sr_ssh_signature_encode(&s, der) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(der), sr_buf_view(b)));
}

/* Of sk-ed25519 with flags and a counter. */
static void put_sk(struct sr_buf *b)
{
    static const uint8_t SIGNATURE[64] = {9};
    sr_buf_clear(b);
    put(b, "sk-ssh-ed25519@openssh.com", 26);
    put(b, SIGNATURE, sizeof SIGNATURE);
    CHECK(sr_writer_u8(b, SR_SSH_SIGNATURE_PRESENCE | SR_SSH_SIGNATURE_VERIFICATION) == SR_OK);
    CHECK(sr_writer_u32be(b, 0x01020304) == SR_OK);
}

static void test_sk(void)
{
    SR_AUTO(sr_buf) b = NULL;
    SR_AUTO(sr_buf) raw = NULL;
    struct sr_ssh_signature s;
    CHECK(sr_buf_new(1024, &b) == SR_OK && sr_buf_new(1024, &raw) == SR_OK);
    put_sk(b);
    struct sr_bytes all = sr_buf_view(b);
    CHECK(sr_ssh_signature_decode(all, &s, NULL) == SR_OK);
    CHECK(s.type == SR_SSH_KEY_SK_ED25519 && s.flags == 5 && s.counter == 0x01020304);
    CHECK(sr_ssh_signature_raw(&s, raw) == SR_OK);
    CHECK(sr_buf_view(raw).len == 64 && sr_buf_view(raw).ptr[0] == 9);
    for (size_t len = 0; len < all.len; len++) {
        CHECK(sr_ssh_signature_decode(sr_bytes(all.ptr, len), &s, NULL) == SR_TRUNCATED);
    }
    CHECK(sr_writer_u8(b, 0) == SR_OK);
    CHECK(sr_ssh_signature_decode(sr_buf_view(b), &s, NULL) == SR_MALFORMED);
}

static void test_other_kinds_and_lengths(void)
{
    static const uint8_t SIGNATURE[65] = {9};
    SR_AUTO(sr_buf) b = NULL;
    struct sr_ssh_signature s;
    CHECK(sr_buf_new(2048, &b) == SR_OK);
    for (size_t len = 63; len <= 65; len++) {
        sr_buf_clear(b);
        put(b, "ssh-ed25519", 11);
        put(b, SIGNATURE, len);
        CHECK(sr_ssh_signature_decode(sr_buf_view(b), &s, NULL) ==
              (len == 64 ? SR_OK : SR_MALFORMED));
    }
    CHECK(ecdsa("rsa-sha2-512", "01", "01", b, &s) == SR_UNSUPPORTED);
    CHECK(ecdsa("ssh-ed25519", "01", "01", b, &s) == SR_MALFORMED);
    sr_buf_clear(b);
    put(b, P256, strlen(P256));
    put(b, "\0\0\0\1\1\0\0\0\1\1\0", 11);
    CHECK(sr_ssh_signature_decode(sr_buf_view(b), &s, NULL) == SR_MALFORMED);
    sr_buf_clear(b);
    CHECK(sr_writer_u32be(b, SR_SSH_SIGNATURE_BYTES_MAX + 1) == SR_OK);
    CHECK(sr_ssh_signature_decode(sr_buf_view(b), &s, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(test_integers);
    RUN(test_der);
    RUN(test_sk);
    RUN(test_other_kinds_and_lengths);
    return check_done();
}
