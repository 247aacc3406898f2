/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules SG-1 to SG-6 of docs/formats/sshsig.md. */
#include "formats/ssh_key.h"

#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "formats/base64.h"
#include "tests/check.h"
#include "tests/ssh_samples.h"

static const uint8_t POINT[97] = {4};

static void put(struct sr_buf *b, const void *data, size_t len)
{
    CHECK(sr_writer_block_u32be(b, sr_bytes(data, len)) == SR_OK);
}

static void put_text(struct sr_buf *b, const char *text)
{
    put(b, text, strlen(text));
}

static enum sr_status status_of(struct sr_buf *b, struct sr_err *err)
{
    struct sr_ssh_key key;
    return sr_ssh_key_decode(sr_buf_view(b), &key, err);
}

static void test_lines_of_every_type(void)
{
    for (size_t i = 0; i < SSH_SAMPLE_COUNT; i++) {
        SR_AUTO(sr_buf) blob = NULL;
        SR_AUTO(sr_buf) again = NULL;
        struct sr_bytes comment;
        struct sr_ssh_key key;
        CHECK(sr_buf_new(1024, &blob) == SR_OK && sr_buf_new(4096, &again) == SR_OK);
        struct sr_bytes line = sr_text_view(SSH_SAMPLES[i].line);
        CHECK(sr_ssh_key_from_line(line, blob, &comment, NULL) == SR_OK);
        CHECK(comment.len == 0);
        CHECK(sr_ssh_key_decode(sr_buf_view(blob), &key, NULL) == SR_OK);
        CHECK(sr_ssh_key_line(sr_buf_view(blob), again, NULL) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(again), line));
        sr_buf_clear(again);
        CHECK(sr_ssh_key_encode(&key, again) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(again), sr_buf_view(blob)));
        CHECK(strncmp(SSH_SAMPLES[i].line, sr_ssh_key_type_name(key.type),
                      strlen(sr_ssh_key_type_name(key.type))) == 0);
        CHECK(sr_ssh_key_type_is_sk(key.type) == (strncmp(SSH_SAMPLES[i].line, "sk-", 3) == 0));
        CHECK(sr_text_equal(key.application,
                            sr_text_view(sr_ssh_key_type_is_sk(key.type) ? "ssh:" : "")));
    }
}

static enum sr_status line_status(const char *text, struct sr_bytes *comment)
{
    SR_AUTO(sr_buf) blob = NULL;
    CHECK(sr_buf_new(1024, &blob) == SR_OK);
    return sr_ssh_key_from_line(sr_text_view(text), blob, comment, NULL);
}

#define ED25519 "ssh-ed25519"
#define BASE64 "AAAAC3NzaC1lZDI1NTE5AAAAIAckXXiSz2tprfl2h4rSFUa5pDcUGimpCaSWUUmwheaS"

static void test_lines(void)
{
    static const char *const WRONG[] = {
        ED25519,
        ED25519 " ",
        ED25519 "  " BASE64,
        ED25519 " AAAA",
        ED25519 " " BASE64 "=",
        ED25519 " " BASE64 "\nsecond",
        ED25519 " " BASE64 "\n\n",
        ED25519 " " BASE64 "\r\n",
        ED25519 " " BASE64 " \xff",
        "sk-ssh-ed25519@openssh.com " BASE64,
    };
    struct sr_bytes comment = {0};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(line_status(WRONG[i], &comment) != SR_OK);
        CHECK(comment.len == 0);
    }
    CHECK(line_status("sk-ssh-ed25519@openssh.com " BASE64, &comment) == SR_MALFORMED);
    CHECK(line_status("", &comment) == SR_UNSUPPORTED);
    CHECK(line_status("ssh-rsa " BASE64, &comment) == SR_UNSUPPORTED);
    CHECK(line_status("command=\"x\" " ED25519 " " BASE64, &comment) == SR_UNSUPPORTED);
    CHECK(line_status(ED25519 " " BASE64 " ada on her laptop\n", &comment) == SR_OK);
    CHECK(sr_text_equal(comment, sr_text_view("ada on her laptop")));
    static char big[9000];
    memset(big, 'a', sizeof big - 1);
    CHECK(line_status(big, &comment) == SR_TOO_LARGE);
    memcpy(big, ED25519 " ", sizeof ED25519);
    memset(big + sizeof ED25519, 'A', 4096);
    big[sizeof ED25519 + 4096] = '\0';
    CHECK(line_status(big, &comment) == SR_TOO_LARGE);
}

static void test_bytes_too_many_or_too_few(void)
{
    SR_AUTO(sr_buf) b = NULL;
    struct sr_ssh_key key;
    CHECK(sr_buf_new(4096, &b) == SR_OK);
    put_text(b, "sk-ecdsa-sha2-nistp256@openssh.com");
    put_text(b, "nistp256");
    put(b, POINT, 65);
    put_text(b, "ssh:");
    CHECK(status_of(b, NULL) == SR_OK);
    struct sr_bytes all = sr_buf_view(b);
    for (size_t len = 0; len < all.len; len++) {
        CHECK(sr_ssh_key_decode(sr_bytes(all.ptr, len), &key, NULL) == SR_TRUNCATED);
    }
    CHECK(sr_writer_u8(b, 0) == SR_OK);
    CHECK(status_of(b, NULL) == SR_MALFORMED);
    static const uint8_t BIG[SR_SSH_KEY_BLOB_BYTES_MAX + 1] = {0};
    CHECK(sr_ssh_key_decode(sr_bytes(BIG, sizeof BIG), &key, NULL) == SR_TOO_LARGE);
}

/* One blob with a curve, a point and an application; NULL leaves one out. */
static enum sr_status blob_status(const char *type, const char *curve, size_t point_bytes,
                                  const char *application)
{
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(4096, &b) == SR_OK);
    put_text(b, type);
    if (curve != NULL) {
        put_text(b, curve);
    }
    put(b, POINT, point_bytes);
    if (application != NULL) {
        put_text(b, application);
    }
    return status_of(b, NULL);
}

static void test_fields(void)
{
    static const char SK[] = "sk-ssh-ed25519@openssh.com";
    char application[300] = "ssh:";
    memset(application + 4, 'x', 251);
    CHECK(blob_status("ssh-ed25519", NULL, 32, NULL) == SR_OK);
    CHECK(blob_status("ssh-ed25519", NULL, 31, NULL) == SR_MALFORMED);
    CHECK(blob_status("ssh-ed25519", NULL, 33, NULL) == SR_MALFORMED);
    CHECK(blob_status("ssh-ed25519", NULL, 32, "ssh:") == SR_MALFORMED);
    CHECK(blob_status("ecdsa-sha2-nistp256", "nistp256", 65, NULL) == SR_OK);
    CHECK(blob_status("ecdsa-sha2-nistp256", "nistp384", 65, NULL) == SR_MALFORMED);
    CHECK(blob_status("ecdsa-sha2-nistp256", "nistp256", 0, NULL) == SR_MALFORMED);
    CHECK(blob_status("ecdsa-sha2-nistp384", "nistp384", 97, NULL) == SR_OK);
    CHECK(blob_status("ecdsa-sha2-nistp384", "nistp384", 65, NULL) == SR_MALFORMED);
    CHECK(blob_status("ecdsa-sha2-nistp521", "nistp521", 97, NULL) == SR_UNSUPPORTED);
    CHECK(blob_status("ssh-ed25519-cert-v01@openssh.com", NULL, 32, NULL) == SR_UNSUPPORTED);
    CHECK(blob_status("", NULL, 32, NULL) == SR_UNSUPPORTED);
    CHECK(blob_status(SK, NULL, 32, "ssh:") == SR_OK);
    CHECK(blob_status(SK, NULL, 32, application) == SR_OK);
    CHECK(blob_status(SK, NULL, 32, "ssh:work") == SR_OK);
    CHECK(blob_status(SK, NULL, 32, "") == SR_UNSUPPORTED);
    CHECK(blob_status(SK, NULL, 32, "https://x") == SR_UNSUPPORTED);
    CHECK(blob_status(SK, NULL, 32, "ssh: x") == SR_MALFORMED);
    CHECK(blob_status(SK, NULL, 32, "ssh:\x7f") == SR_MALFORMED);
    application[255] = 'x';
    CHECK(blob_status(SK, NULL, 32, application) == SR_TOO_LARGE);
}

static void test_a_compressed_point(void)
{
    SR_AUTO(sr_buf) b = NULL;
    static const uint8_t COMPRESSED[65] = {2};
    CHECK(sr_buf_new(4096, &b) == SR_OK);
    put_text(b, "ecdsa-sha2-nistp256");
    put_text(b, "nistp256");
    put(b, COMPRESSED, 65);
    CHECK(status_of(b, NULL) == SR_MALFORMED);
}

int main(void)
{
    RUN(test_lines_of_every_type);
    RUN(test_lines);
    RUN(test_bytes_too_many_or_too_few);
    RUN(test_fields);
    RUN(test_a_compressed_point);
    return check_done();
}
