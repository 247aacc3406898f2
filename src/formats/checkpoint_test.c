/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each rule of docs/formats/checkpoint.md has a text that breaks it alone. */
#include "formats/checkpoint.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

#define ROOT "6Uf+efEcGLoeT4JER8lEfDhZbzdKZIRbGO9fYGq6whM=\n"

static enum sr_status decode(const char *text, struct sr_checkpoint *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_checkpoint_decode(sr_text_view(text), out, &err);
    CHECK(status == SR_OK || err.message[0] != '\0');
    return status;
}

static void checkpoints_come_back(void)
{
    static const char *const TEXTS[] = {
        "example.org/log\n600\n" ROOT,
        "go.sum database tree\n0\n" ROOT,
        "o\n18446744073709551615\n" ROOT "more\nand more\n",
    };
    for (size_t i = 0; i < 3; i++) {
        struct sr_checkpoint c = {0};
        SR_AUTO(sr_buf) out = NULL;
        CHECK(decode(TEXTS[i], &c) == SR_OK);
        CHECK(sr_buf_new(1024, &out) == SR_OK);
        CHECK(sr_checkpoint_encode(&c, out) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(TEXTS[i])));
    }
}

static void broken_checkpoints_are_refused(void)
{
    static const char *const TEXTS[] = {
        "",
        "o\n1\n" ROOT "\xff\n",             /* C-1 */
        "\n1\n" ROOT,                       /* C-2 */
        "o\n",                              /* C-3 */
        "o\n01\n" ROOT,                     /* C-3 */
        "o\n-1\n" ROOT,                     /* C-3 */
        "o\n1 \n" ROOT,                     /* C-3 */
        "o\n18446744073709551616\n" ROOT,   /* C-3 */
        "o\n1\n",                           /* C-4 */
        "o\n1\nAAAA\n",                     /* C-4 */
        "o\n1\n" ROOT "\n",                 /* C-5 */
        "o\n1\n" ROOT "more\n\nand more\n", /* C-5 */
        "o\n1\n" ROOT "more",               /* C-1 */
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        struct sr_checkpoint c;
        CHECK(decode(TEXTS[i], &c) == SR_MALFORMED);
    }
}

static void limits_hold(void)
{
    static char text[SR_CHECKPOINT_BYTES_MAX + 16];
    struct sr_checkpoint c;
    (void)snprintf(text, sizeof text, "%0300d\n1\n" ROOT, 0);
    CHECK(decode(text, &c) == SR_TOO_LARGE);
    memset(text, 'a', sizeof text - 1);
    CHECK(decode(text, &c) == SR_TOO_LARGE);
}

static void what_cannot_be_read_is_not_written(void)
{
    SR_AUTO(sr_buf) out = NULL;
    struct sr_checkpoint c = {.origin = sr_text_view("a\nb")};
    CHECK(sr_buf_new(1024, &out) == SR_OK);
    CHECK(sr_checkpoint_encode(&c, out) == SR_MALFORMED);
    c = (struct sr_checkpoint){.origin = sr_text_view("a\n1\n" ROOT "b")};
    CHECK(sr_checkpoint_encode(&c, out) == SR_MALFORMED);
    c = (struct sr_checkpoint){.origin = sr_text_view("a"), .extensions = sr_text_view("x")};
    CHECK(sr_checkpoint_encode(&c, out) == SR_MALFORMED);
    CHECK(sr_buf_view(out).len == 0);
}

int main(void)
{
    RUN(checkpoints_come_back);
    RUN(broken_checkpoints_are_refused);
    RUN(limits_hold);
    RUN(what_cannot_be_read_is_not_written);
    return check_done();
}
