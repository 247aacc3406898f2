/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules SG-10 to SG-16 of docs/formats/sshsig.md. */
#include "formats/sshsig.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "tests/check.h"
#include "tests/ssh_samples.h"

enum { ROOM_BYTES = 4096 };

static void unarmor(size_t sample, struct sr_buf *out)
{
    sr_buf_clear(out);
    CHECK(sr_sshsig_unarmor(sr_text_view(SSH_SAMPLES[sample].armored), out, NULL) == SR_OK);
}

static void test_samples_come_back_as_they_were(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_COUNT; i++) {
        SR_AUTO(sr_buf) data = NULL;
        SR_AUTO(sr_buf) again = NULL;
        SR_AUTO(sr_buf) text = NULL;
        struct sr_sshsig sig;
        CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK && sr_buf_new(ROOM_BYTES, &again) == SR_OK);
        CHECK(sr_buf_new(ROOM_BYTES, &text) == SR_OK);
        unarmor(i, data);
        CHECK(sr_sshsig_decode(sr_buf_view(data), &sig, NULL) == SR_OK);
        CHECK(sr_text_equal(sig.name_space, sr_text_view(SR_SSHSIG_NAMESPACE_ACT)));
        CHECK(sig.hash == (i == SSH_SAMPLE_ED25519_SHA256 ? SR_SSHSIG_SHA256 : SR_SSHSIG_SHA512));
        CHECK(sr_sshsig_encode(&sig, again) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(again), sr_buf_view(data)));
        CHECK(sr_sshsig_armor(sr_buf_view(data), text) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(text), sr_text_view(SSH_SAMPLES[i].armored)));
    }
}

static void test_every_cut(void)
{
    SR_AUTO(sr_buf) data = NULL;
    struct sr_sshsig sig;
    CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK);
    unarmor(SSH_SAMPLE_SK_P256, data);
    struct sr_bytes all = sr_buf_view(data);
    for (size_t len = 0; len < all.len; len++) {
        CHECK(sr_sshsig_decode(sr_bytes(all.ptr, len), &sig, NULL) ==
              (len < 6 ? SR_MALFORMED : SR_TRUNCATED));
    }
    CHECK(sr_writer_u8(data, 0) == SR_OK);
    struct sr_err err = {0};
    CHECK(sr_sshsig_decode(sr_buf_view(data), &sig, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "bytes after its end") != NULL);
    static const uint8_t BIG[SR_SSHSIG_BYTES_MAX + 1] = {0};
    CHECK(sr_sshsig_decode(sr_bytes(BIG, sizeof BIG), &sig, NULL) == SR_TOO_LARGE);
}

/* The fields that are wrong in turn. */
struct fields {
    const char *magic;
    uint32_t version;
    const char *name_space;
    const char *reserved;
    const char *hash;
    size_t signature; /* sample */
};

static enum sr_status decode_fields(const struct fields *f, struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_AUTO(sr_buf) other = NULL;
    SR_AUTO(sr_buf) made = NULL;
    struct sr_sshsig sig = {0};
    struct sr_sshsig from = {0};
    CHECK(sr_buf_new(ROOM_BYTES, &data) == SR_OK && sr_buf_new(ROOM_BYTES, &other) == SR_OK);
    CHECK(sr_buf_new(ROOM_BYTES, &made) == SR_OK);
    unarmor(SSH_SAMPLE_ED25519, data);
    unarmor(f->signature, other);
    CHECK(sr_sshsig_decode(sr_buf_view(data), &sig, NULL) == SR_OK);
    CHECK(sr_sshsig_decode(sr_buf_view(other), &from, NULL) == SR_OK);
    CHECK(sr_buf_append(made, sr_text_view(f->magic)) == SR_OK);
    CHECK(sr_writer_u32be(made, f->version) == SR_OK);
    CHECK(sr_writer_block_u32be(made, sig.key) == SR_OK);
    CHECK(sr_writer_block_u32be(made, sr_text_view(f->name_space)) == SR_OK);
    CHECK(sr_writer_block_u32be(made, sr_text_view(f->reserved)) == SR_OK);
    CHECK(sr_writer_block_u32be(made, sr_text_view(f->hash)) == SR_OK);
    CHECK(sr_writer_block_u32be(made, from.signature) == SR_OK);
    return sr_sshsig_decode(sr_buf_view(made), &sig, err);
}

static void refuses(struct fields f, enum sr_status status, const char *why)
{
    struct sr_err err = {0};
    CHECK(decode_fields(&f, &err) == status);
    CHECK(strstr(err.message, why) != NULL);
}

static void test_fields(void)
{
    const struct fields good = {"SSHSIG", 1, "act@strongroom", "", "sha512", SSH_SAMPLE_ED25519};
    char name_space[300] = {0};
    CHECK(decode_fields(&good, NULL) == SR_OK);
    struct fields f = good;
    f.magic = "SSHSIh";
    refuses(f, SR_MALFORMED, "does not begin with");
    f = good;
    f.version = 2;
    refuses(f, SR_UNSUPPORTED, "version 2");
    f = good;
    f.name_space = "";
    refuses(f, SR_MALFORMED, "namespace has 0 bytes");
    f.name_space = "act\n";
    refuses(f, SR_MALFORMED, "namespace is not printable");
    memset(name_space, 'n', 255);
    f.name_space = name_space;
    CHECK(decode_fields(&f, NULL) == SR_OK);
    name_space[255] = 'n';
    refuses(f, SR_MALFORMED, "namespace has 256 bytes");
    f = good;
    f.reserved = "x";
    refuses(f, SR_UNSUPPORTED, "reserved");
    f = good;
    f.hash = "sha1";
    refuses(f, SR_UNSUPPORTED, "hash algorithm");
    f.hash = "sha5122";
    refuses(f, SR_UNSUPPORTED, "hash algorithm");
    f = good;
    f.signature = SSH_SAMPLE_P256;
    refuses(f, SR_MALFORMED, "the signature 'ecdsa-sha2-nistp256'");
}

static enum sr_status unarmor_status(const char *text)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(ROOM_BYTES, &out) == SR_OK);
    return sr_sshsig_unarmor(sr_text_view(text), out, NULL);
}

#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END "-----END SSH SIGNATURE-----\n"
#define LINE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void test_armor(void)
{
    static const char *const WRONG[] = {
        "",
        BEGIN,
        BEGIN END,
        BEGIN "\n" END,
        BEGIN "AAAA" END,
        BEGIN "AAAA\n" END "\n",
        "\n" BEGIN "AAAA\n" END,
        BEGIN "AAAA\nAAAA\n" END,
        BEGIN LINE "A\n" END,
        BEGIN LINE "AAAAAA\n" LINE "AAAAAA\n" END,
        BEGIN LINE "\n\nAA\n" END,
        BEGIN "AAA\n" END,
        BEGIN "AAA \n" END,
        BEGIN "AAAA\r\n" END,
        "-----BEGIN SSH SIGNATURE-----\r\nAAAA\n" END,
        BEGIN "AAAA\n-----END SSH SIGNATURE-----",
        BEGIN "AAAA\n" END BEGIN "AAAA\n" END,
    };
    CHECK(unarmor_status(BEGIN "AAAA\n" END) == SR_OK);
    CHECK(unarmor_status(BEGIN LINE "\nAA\n" END) == SR_OK);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(unarmor_status(WRONG[i]) == SR_MALFORMED);
    }
    static char big[SR_SSHSIG_ARMORED_BYTES_MAX + 2];
    memset(big, 'A', sizeof big - 1);
    CHECK(unarmor_status(big) == SR_TOO_LARGE);
}

static void test_signed_data(void)
{
    static const uint8_t DIGEST[64] = {1};
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(ROOM_BYTES, &b) == SR_OK);
    CHECK(sr_sshsig_signed_data(sr_text_view("n"), SR_SSHSIG_SHA256, DIGEST, b) == SR_OK);
    struct sr_bytes v = sr_buf_view(b);
    CHECK(v.len == 6 + 5 + 4 + 10 + 4 + 32);
    CHECK(memcmp(v.ptr, "SSHSIG\0\0\0\1n\0\0\0\0\0\0\0\6sha256\0\0\0\x20\1", 30) == 0);
    sr_buf_clear(b);
    CHECK(sr_sshsig_signed_data(sr_text_view("n"), SR_SSHSIG_SHA512, DIGEST, b) == SR_OK);
    CHECK(sr_buf_view(b).len == 6 + 5 + 4 + 10 + 4 + 64);
    CHECK(sr_sshsig_hash_bytes(SR_SSHSIG_SHA512) == 64);
}

int main(void)
{
    RUN(test_samples_come_back_as_they_were);
    RUN(test_every_cut);
    RUN(test_fields);
    RUN(test_armor);
    RUN(test_signed_data);
    return check_done();
}
