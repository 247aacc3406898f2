/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each rule of docs/formats/tlog-proof.md has a text that breaks it alone. */
#include "formats/tlog_proof.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

#define HEADER "c2sp.org/tlog-proof@v1\n"
#define HASH "6Uf+efEcGLoeT4JER8lEfDhZbzdKZIRbGO9fYGq6whM=\n"

static enum sr_status decode(const char *text, struct sr_tlog_proof *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_tlog_proof_decode(sr_text_view(text), out, &err);
    CHECK(status == SR_OK || err.message[0] != '\0');
    return status;
}

static void receipts_come_back(void)
{
    static const char *const TEXTS[] = {
        HEADER "index 0\n\ncheckpoint\n",
        HEADER "index 18446744073709551615\n" HASH HASH "\no\n1\n\nmore\n",
        HEADER "extra AQI=\nindex 7\n" HASH "\no\n",
    };
    for (size_t i = 0; i < 3; i++) {
        SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
        SR_AUTO(sr_buf) out = NULL;
        CHECK(decode(TEXTS[i], &p) == SR_OK);
        CHECK(p.hashes == (i == 0 ? 0 : 3 - i) && (p.extra != NULL) == (i == 2));
        CHECK(sr_buf_new(1024, &out) == SR_OK);
        CHECK(sr_tlog_proof_encode(&p, out) == SR_OK);
        CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(TEXTS[i])));
    }
}

static void broken_receipts_are_refused(void)
{
    static const char *const TEXTS[] = {
        "",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nc\n",        /* P-1 */
        "c2sp.org/tlog-proof@v1 \nindex 0\n\nc\n",       /* P-1 */
        HEADER "extra \nindex 0\n\nc\n",                 /* P-3 */
        HEADER "extra AQJ=\nindex 0\n\nc\n",             /* P-3 */
        HEADER "extra AQI=\nextra AQI=\nindex 0\n\nc\n", /* P-4 */
        HEADER "\nc\n",                                  /* P-4 */
        HEADER "index 00\n\nc\n",                        /* P-4 */
        HEADER "index -1\n\nc\n",                        /* P-4 */
        HEADER "index 0\nAAAA\n\nc\n",                   /* P-5 */
        HEADER "index 0\n" HASH,                         /* P-6 */
        HEADER "index 0\n\n",                            /* P-7 */
        HEADER "index 0\n\nc",                           /* P-7 */
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
        CHECK(decode(TEXTS[i], &p) == SR_MALFORMED);
    }
}

static void limits_hold(void)
{
    static char text[SR_TLOG_PROOF_BYTES_MAX + 2];
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof q = {0};
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof r = {0};
    size_t len = (size_t)snprintf(text, sizeof text, HEADER "index 0\n");
    for (size_t i = 0; i <= SR_TLOG_PROOF_HASHES_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, HASH);
    }
    (void)snprintf(text + len, sizeof text - len, "\nc\n");
    CHECK(decode(text, &p) == SR_TOO_LARGE);
    len = (size_t)snprintf(text, sizeof text, HEADER "extra ");
    memset(text + len, 'A', 100000);
    (void)snprintf(text + len + 100000, sizeof text - len - 100000, "\nindex 0\n\nc\n");
    CHECK(decode(text, &q) == SR_TOO_LARGE);
    memset(text, 'A', sizeof text - 1);
    CHECK(decode(text, &r) == SR_TOO_LARGE);
}

static void what_cannot_be_read_is_not_written(void)
{
    SR_AUTO(sr_buf) out = NULL;
    struct sr_tlog_proof p = {.checkpoint = sr_text_view("no newline")};
    CHECK(sr_buf_new(1024, &out) == SR_OK);
    CHECK(sr_tlog_proof_encode(&p, out) == SR_MALFORMED);
    p = (struct sr_tlog_proof){.hashes = SR_TLOG_PROOF_HASHES_MAX + 1};
    CHECK(sr_tlog_proof_encode(&p, out) == SR_TOO_LARGE);
    CHECK(sr_buf_view(out).len == 0);
}

int main(void)
{
    RUN(receipts_come_back);
    RUN(broken_receipts_are_refused);
    RUN(limits_hold);
    RUN(what_cannot_be_read_is_not_written);
    return check_done();
}
