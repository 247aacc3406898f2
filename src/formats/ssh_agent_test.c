/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules SA-1 to SA-6 of docs/formats/ssh-agent.md. */
#include "formats/ssh_agent.h"

#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "tests/check.h"

#define KEY                                                                                        \
    "\0\0\0\x0bssh-ed25519\0\0\0\x20"                                                              \
    "0123456789abcdef0123456789abcdef"
#define KEY_BYTES 51

static void test_requests(void)
{
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(1 << 20, &b) == SR_OK);
    CHECK(sr_ssh_agent_put_list(b) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(b), sr_bytes("\0\0\0\1\x0b", 5)));
    sr_buf_clear(b);
    CHECK(sr_ssh_agent_put_sign(sr_text_view("k"), sr_text_view("data"), b) == SR_OK);
    CHECK(
        sr_text_equal(sr_buf_view(b), sr_bytes("\0\0\0\x12\x0d\0\0\0\1k\0\0\0\4data\0\0\0\0", 22)));
    static const uint8_t BIG[SR_SSH_AGENT_MESSAGE_BYTES_MAX] = {0};
    CHECK(sr_ssh_agent_put_sign(sr_bytes(BIG, SR_SSH_KEY_BLOB_BYTES_MAX + 1), sr_text_view(""),
                                b) == SR_TOO_LARGE);
    CHECK(sr_ssh_agent_put_sign(sr_text_view("k"), sr_bytes(BIG, sizeof BIG), b) == SR_TOO_LARGE);
}

static void put_list(struct sr_buf *b)
{
    sr_buf_clear(b);
    CHECK(sr_writer_u8(b, 12) == SR_OK && sr_writer_u32be(b, 2) == SR_OK);
    CHECK(sr_writer_block_u32be(b, sr_bytes("\0\0\0\7ssh-rsa", 11)) == SR_OK);
    CHECK(sr_writer_block_u32be(b, sr_text_view("old")) == SR_OK);
    CHECK(sr_writer_block_u32be(b, sr_bytes(KEY, KEY_BYTES)) == SR_OK);
    CHECK(sr_writer_block_u32be(b, sr_text_view("")) == SR_OK);
}

static void test_list(void)
{
    SR_AUTO(sr_buf) b = NULL;
    struct sr_ssh_agent_list list;
    struct sr_ssh_agent_identity identity;
    CHECK(sr_buf_new(1024, &b) == SR_OK);
    put_list(b);
    CHECK(sr_ssh_agent_list_decode(sr_buf_view(b), &list, NULL) == SR_OK);
    CHECK(list.count == 2);
    CHECK(sr_ssh_agent_list_next(&list, &identity) && !identity.is_known);
    CHECK(sr_text_equal(identity.comment, sr_text_view("old")));
    CHECK(sr_ssh_agent_list_next(&list, &identity) && identity.is_known);
    CHECK(identity.blob.len == KEY_BYTES && identity.comment.len == 0);
    CHECK(!sr_ssh_agent_list_next(&list, &identity));
    struct sr_bytes all = sr_buf_view(b);
    for (size_t len = 0; len < all.len; len++) {
        CHECK(sr_ssh_agent_list_decode(sr_bytes(all.ptr, len), &list, NULL) == SR_TRUNCATED);
    }
    CHECK(sr_writer_u8(b, 0) == SR_OK);
    CHECK(sr_ssh_agent_list_decode(sr_buf_view(b), &list, NULL) == SR_MALFORMED);
}

static enum sr_status list_status(const char *body, size_t len)
{
    struct sr_ssh_agent_list list;
    return sr_ssh_agent_list_decode(sr_bytes(body, len), &list, NULL);
}

static void test_other_answers(void)
{
    static const uint8_t BIG[SR_SSH_AGENT_MESSAGE_BYTES_MAX + 1] = {12};
    struct sr_ssh_agent_list list;
    CHECK(list_status("\x0c\0\0\0\0", 5) == SR_OK);
    CHECK(list_status("\x0c\0\0\x08\x01", 5) == SR_TOO_LARGE);
    CHECK(list_status("\x0c\0\0\0\1\xff\xff\xff\xff", 9) == SR_TOO_LARGE);
    CHECK(list_status("\5", 1) == SR_UNAVAILABLE);
    CHECK(list_status("\5x", 2) == SR_MALFORMED);
    CHECK(list_status("\x0e\0\0\0\0", 5) == SR_MALFORMED);
    CHECK(sr_ssh_agent_list_decode(sr_bytes(BIG, sizeof BIG), &list, NULL) == SR_TOO_LARGE);
}

static enum sr_status signature_status(const char *body, size_t len, struct sr_bytes *out)
{
    return sr_ssh_agent_signature_decode(sr_bytes(body, len), out, NULL);
}

static void test_signature(void)
{
    struct sr_bytes blob = {0};
    CHECK(signature_status("\x0e\0\0\0\2ab", 7, &blob) == SR_OK);
    CHECK(sr_text_equal(blob, sr_text_view("ab")));
    CHECK(signature_status("\x0e\0\0\0\2ab", 6, &blob) == SR_TRUNCATED);
    CHECK(signature_status("\x0e\0\0\0\2abc", 8, &blob) == SR_MALFORMED);
    CHECK(signature_status("\x0c\0\0\0\2ab", 7, &blob) == SR_MALFORMED);
    CHECK(signature_status("\5", 1, &blob) == SR_UNAVAILABLE);
    CHECK(signature_status("", 0, &blob) == SR_TRUNCATED);
    CHECK(signature_status("\x0e\xff\xff\xff\xff", 5, &blob) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(test_requests);
    RUN(test_list);
    RUN(test_other_answers);
    RUN(test_signature);
    return check_done();
}
