/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each rule of docs/formats/tlog-policy.md has a policy that breaks it alone. */
#include "formats/tlog_policy.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "tests/check.h"

#define RAW "0ec7e16843119b120377a73913ac6acbc2d03d82432e2c36b841b09a95841f25"

static enum sr_status decode(const char *text, struct sr_tlog_policy *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_tlog_policy_decode(sr_text_view(text), out, &err);
    CHECK(status == SR_OK || err.message[0] != '\0');
    return status;
}

static bool is(struct sr_bytes text, const char *expected)
{
    return sr_text_equal(text, sr_text_view(expected));
}

/* Two organisations, and whatever else may be in a file. */
static void decode_two(struct sr_tlog_policy *p)
{
    CHECK(decode("log a+1+k https://a.example/\n"
                 "  # comment\n\n \t\n"
                 "witness\tx1   x+1+k\t \n"
                 " witness x2 x+2+k https://x.example/w # by hand\n"
                 "witness x3 x+3+k #comment\n"
                 "group xs 2 x1 x2 x3\n"
                 "witness y y+1+k\n"
                 "group both all xs y\n"
                 "quorum both\n"
                 "log b+1+k\n",
                 p) == SR_OK);
}

static void keys_and_urls_are_understood(void)
{
    static struct sr_tlog_policy p;
    decode_two(&p);
    CHECK(!p.is_sigsum && p.logs == 2 && p.nodes == 6 && p.members == 5 && p.quorum == 5);
    CHECK(is(p.log[0].key, "a+1+k") && is(p.log[0].url, "https://a.example/"));
    CHECK(is(p.log[1].key, "b+1+k") && p.log[1].url.len == 0);
    CHECK(is(p.node[1].name, "x2") && is(p.node[1].key, "x+2+k"));
    CHECK(is(p.node[1].url, "https://x.example/w") && p.node[2].url.len == 0);
}

static void groups_are_understood(void)
{
    static struct sr_tlog_policy p;
    decode_two(&p);
    CHECK(p.node[3].is_group && p.node[3].needed == 2 && p.node[3].count == 3);
    CHECK(p.node[3].first == 0 && p.member[0] == 0 && p.member[2] == 2);
    CHECK(p.node[5].needed == 2 && p.node[5].first == 3 && p.member[3] == 3 && p.member[4] == 4);
    CHECK(decode("quorum none\n", &p) == SR_OK && p.quorum == SR_TLOG_POLICY_NONE);
    CHECK(decode("witness \xc3\xa9 k\nquorum \xc3\xa9\n", &p) == SR_OK && p.quorum == 0);
    CHECK(decode("witness w k\ngroup g any w\nquorum g\n", &p) == SR_OK && p.node[1].needed == 1);
}

static void sigsum_is_another_dialect(void)
{
    static struct sr_tlog_policy p;
    CHECK(decode("log " RAW " https://a\nwitness w " RAW "\nquorum w\n", &p) == SR_OK);
    CHECK(p.is_sigsum && is(p.node[0].key, RAW));
    CHECK(decode("log " RAW "\nwitness w k\nquorum w\n", &p) == SR_MALFORMED); /* TP-8 */
    CHECK(decode("witness w k\nlog " RAW "\nquorum w\n", &p) == SR_MALFORMED); /* TP-8 */
}

static void broken_policies_are_refused(void)
{
    static const char *const TEXTS[] = {
        "quorum none",                                           /* TP-1 */
        "quorum none\r\n",                                       /* TP-1 */
        "quorum none\n\x01",                                     /* TP-1 */
        "quorum none\n#\x7f\n",                                  /* TP-1 */
        "Quorum none\n",                                         /* TP-2 */
        "logs k\nquorum none\n",                                 /* TP-2 */
        "log\nquorum none\n",                                    /* TP-3 */
        "log #k\nquorum none\n",                                 /* TP-3 */
        "log k u x\nquorum none\n",                              /* TP-3 */
        "witness w k u x\nquorum w\n",                           /* TP-3 */
        "witness w\nquorum none\n",                              /* TP-3 */
        "witness\nquorum none\n",                                /* TP-4 */
        "witness none k\nquorum none\n",                         /* TP-4 */
        "witness #w k\nquorum none\n",                           /* TP-4 */
        "witness w k\nwitness w l\nquorum w\n",                  /* TP-4 */
        "witness w k\ngroup w any w\nquorum w\n",                /* TP-4 */
        "group g any\nquorum g\n",                               /* TP-5 */
        "group g\nquorum g\n",                                   /* TP-5 */
        "witness w k\ngroup g 0 w\nquorum g\n",                  /* TP-5 */
        "witness w k\ngroup g 2 w\nquorum g\n",                  /* TP-5 */
        "witness w k\ngroup g 01 w\nquorum g\n",                 /* TP-5 */
        "witness w k\ngroup g some w\nquorum g\n",               /* TP-5 */
        "witness w k\ngroup g any w #x\nquorum g\n",             /* TP-6 */
        "witness w k\ngroup g all g w\nquorum g\n",              /* TP-6 */
        "group g any w\nwitness w k\nquorum g\n",                /* TP-6 */
        "witness w k\ngroup g all w w\nquorum g\n",              /* TP-6 */
        "witness w k\ngroup g any none\nquorum g\n",             /* TP-6 */
        "witness w k\ngroup g any w\ngroup h any w\nquorum h\n", /* TP-6 */
        "",                                                      /* TP-7 */
        "witness w k\n",                                         /* TP-7 */
        "quorum\n",                                              /* TP-7 */
        "quorum w\nwitness w k\n",                               /* TP-7 */
        "quorum none\nquorum none\n",                            /* TP-7 */
        "quorum none #x\n",                                      /* TP-7 */
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        static struct sr_tlog_policy p;
        if (decode(TEXTS[i], &p) != SR_MALFORMED) {
            printf("# accepted: %s\n", TEXTS[i]);
            CHECK(false);
        }
    }
}

/* So many lines of a kind, and a quorum. */
static enum sr_status decode_many(const char *word, size_t count)
{
    static struct sr_tlog_policy p;
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_TLOG_POLICY_BYTES_MAX, &text) == SR_OK);
    for (size_t i = 0; i < count; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "%s %zu k\n", word, i);
        CHECK(sr_buf_append(text, sr_text_view(line)) == SR_OK);
    }
    CHECK(sr_buf_append(text, sr_text_view("quorum none\n")) == SR_OK);
    return sr_tlog_policy_decode(sr_buf_view(text), &p, NULL);
}

static void limits_hold(void)
{
    static struct sr_tlog_policy p;
    static uint8_t large[SR_TLOG_POLICY_BYTES_MAX + 1];
    CHECK(decode_many("log", SR_TLOG_POLICY_LOGS_MAX) == SR_OK);
    CHECK(decode_many("log", SR_TLOG_POLICY_LOGS_MAX + 1) == SR_TOO_LARGE);
    CHECK(decode_many("witness", SR_TLOG_POLICY_NODES_MAX) == SR_OK);
    CHECK(decode_many("witness", SR_TLOG_POLICY_NODES_MAX + 1) == SR_TOO_LARGE);
    memset(large, '\n', sizeof large);
    CHECK(sr_tlog_policy_decode(sr_bytes(large, sizeof large), &p, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(keys_and_urls_are_understood);
    RUN(groups_are_understood);
    RUN(sigsum_is_another_dialect);
    RUN(broken_policies_are_refused);
    RUN(limits_hold);
    return check_done();
}
