/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each rule of docs/formats/witness.md has a request that breaks it alone. */
#include "formats/add_checkpoint.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

#define HASH "6Uf+efEcGLoeT4JER8lEfDhZbzdKZIRbGO9fYGq6whM=\n"

static enum sr_status decode(const char *text, struct sr_add_checkpoint *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_add_checkpoint_decode(sr_text_view(text), out, &err);
    CHECK(status == SR_OK || err.message[0] != '\0');
    return status;
}

static void requests_come_back(void)
{
    static const char *const TEXTS[] = {
        "old 0\n\ncheckpoint\n",
        "old 18446744073709551615\n" HASH HASH "\no\n1\n\nmore\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct sr_add_checkpoint r;
        SR_AUTO(sr_buf) out = NULL;
        CHECK(decode(TEXTS[i], &r) == SR_OK);
        CHECK(r.hashes == 2 * i && r.old_size == (i == 0 ? 0 : UINT64_MAX));
        CHECK(sr_buf_new(1024, &out) == SR_OK);
        CHECK(sr_add_checkpoint_encode(&r, out) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(TEXTS[i])));
    }
}

static void broken_requests_are_refused(void)
{
    static const char *const TEXTS[] = {
        "",
        "\n\nc\n",                    /* W-1 */
        "old\n\nc\n",                 /* W-1 */
        "old 01\n\nc\n",              /* W-1 */
        "old  1\n\nc\n",              /* W-1 */
        "Old 1\n\nc\n",               /* W-1 */
        "old 1\r\n\nc\n",             /* W-1 */
        "old 1\nAAAA\n\nc\n",         /* W-2 */
        "old 1\n " HASH "\nc\n",      /* W-2 */
        "old 1\nextra " HASH "\nc\n", /* W-2 */
        "old 1\n" HASH,               /* W-3 */
        "old 1\n\n",                  /* W-4 */
        "old 1\n\nc",                 /* W-4 */
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct sr_add_checkpoint r = {.hashes = 9};
        CHECK(decode(TEXTS[i], &r) == SR_MALFORMED && r.hashes == 9);
    }
}

static void limits_hold(void)
{
    struct sr_add_checkpoint r = {.hashes = 63, .checkpoint = sr_text_view("c\n")};
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_buf) large = NULL;
    uint8_t *space = NULL;
    CHECK(sr_buf_new(8192, &out) == SR_OK);
    CHECK(sr_add_checkpoint_encode(&r, out) == SR_OK);
    CHECK(sr_add_checkpoint_decode(sr_buf_view(out), &r, NULL) == SR_OK && r.hashes == 63);
    /* One more, right behind the first line. */
    SR_AUTO(sr_buf) more = NULL;
    CHECK(sr_buf_new(8192, &more) == SR_OK);
    CHECK(sr_buf_append(more, sr_text_view("old 0\n" HASH)) == SR_OK);
    CHECK(sr_buf_append(more, sr_bytes(sr_buf_view(out).ptr + 6, sr_buf_view(out).len - 6)) ==
          SR_OK);
    CHECK(sr_add_checkpoint_decode(sr_buf_view(more), &r, NULL) == SR_TOO_LARGE);
    CHECK(sr_buf_new(SR_ADD_CHECKPOINT_BYTES_MAX + 1, &large) == SR_OK);
    CHECK(sr_buf_extend(large, SR_ADD_CHECKPOINT_BYTES_MAX + 1, &space) == SR_OK);
    CHECK(sr_add_checkpoint_decode(sr_buf_view(large), &r, NULL) == SR_TOO_LARGE);
    r.hashes = 64;
    CHECK(sr_add_checkpoint_encode(&r, out) == SR_TOO_LARGE);
    r = (struct sr_add_checkpoint){.checkpoint = sr_text_view("c")};
    CHECK(sr_add_checkpoint_encode(&r, out) == SR_MALFORMED);
}

static void sizes_are_one_number(void)
{
    static const char *const BAD[] = {"",     "\n",   "3",    "3\n\n", "03\n",
                                      " 3\n", "3 \n", "-1\n", "x\n"};
    uint64_t size = 0;
    CHECK(sr_add_checkpoint_decode_size(sr_text_view("20852014\n"), &size) == SR_OK);
    CHECK(size == 20852014);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(sr_add_checkpoint_decode_size(sr_text_view(BAD[i]), &size) == SR_MALFORMED);
    }
}

int main(void)
{
    RUN(requests_come_back);
    RUN(broken_requests_are_refused);
    RUN(limits_hold);
    RUN(sizes_are_one_number);
    return check_done();
}
