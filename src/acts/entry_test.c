/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules AC-20 to AC-22 of docs/formats/act.md. */
#include "acts/entry.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static const struct sr_entry ALLOWED = {
    .seq = 9,
    .time_utc_ms = 1700000000000,
    .act = {0xa0},
    .envelope = {0xe0},
    .folds = 5,
};

static enum sr_status encode(const struct sr_entry *entry, struct sr_buf **out)
{
    SR_TRY(sr_buf_new(SR_ENTRY_BYTES_MAX, out));
    return sr_entry_encode(entry, *out, NULL);
}

#define Z30 "000000000000000000000000000000"
#define ACT "\"act\":\"a0" Z30 Z30 "00\","
#define ENVELOPE "\"envelope\":\"e0" Z30 Z30 "00\","
#define END "\"seq\":9,\"time_utc_ms\":1700000000000}"

static void test_exact_text(void)
{
    struct sr_entry refused = ALLOWED;
    SR_AUTO(sr_buf) a = NULL;
    SR_AUTO(sr_buf) b = NULL;
    CHECK(encode(&ALLOWED, &a) == SR_OK);
    CHECK(sr_text_equal(
        sr_buf_view(a),
        sr_text_view("{" ACT ENVELOPE "\"folds\":5,\"format\":1,\"outcome\":\"allowed\"," END)));
    refused.outcome = SR_OUTCOME_REFUSED;
    memcpy(refused.reason, "self-approval", 14);
    refused.has_cosigned = true;
    refused.cosigned[0] = 0xc0;
    CHECK(encode(&refused, &b) == SR_OK);
    CHECK(sr_text_equal(
        sr_buf_view(b),
        sr_text_view(
            "{" ACT "\"cosigned\":\"c0" Z30 Z30 "00\"," ENVELOPE
            "\"folds\":5,\"format\":1,\"outcome\":\"refused\",\"reason\":\"self-approval\"," END)));
    struct sr_entry again;
    memset(&again, 0xff, sizeof again);
    CHECK(sr_entry_decode(sr_buf_view(b), &again, NULL) == SR_OK);
    CHECK(memcmp(again.act, refused.act, sizeof again.act) == 0);
    CHECK(memcmp(again.envelope, refused.envelope, sizeof again.envelope) == 0);
    CHECK(again.has_cosigned && memcmp(again.cosigned, refused.cosigned, 32) == 0);
    CHECK(again.folds == 5);
    CHECK(again.seq == 9 && again.time_utc_ms == 1700000000000);
    CHECK(again.outcome == SR_OUTCOME_REFUSED && strcmp(again.reason, "self-approval") == 0);
    CHECK(sr_entry_decode(sr_buf_view(a), &again, NULL) == SR_OK);
    CHECK(again.outcome == SR_OUTCOME_ALLOWED && again.reason[0] == '\0' && !again.has_cosigned);
}

static void test_what_cannot_be_written(void)
{
    struct sr_entry e = ALLOWED;
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(SR_ENTRY_BYTES_MAX, &out) == SR_OK);
    e.seq = 0;
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    e.seq = UINT64_C(1) << 53;
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    e = ALLOWED;
    e.folds = 10; /* more than there are acts */
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    e = ALLOWED;
    e.time_utc_ms = 0;
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    e = ALLOWED;
    e.reason[0] = 'x';
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    e = ALLOWED;
    e.outcome = SR_OUTCOME_REFUSED;
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    e.reason[0] = 'X';
    CHECK(sr_entry_encode(&e, out, NULL) == SR_MALFORMED);
    CHECK(sr_buf_view(out).len == 0);
    SR_AUTO(sr_buf) small = NULL;
    CHECK(sr_buf_new(100, &small) == SR_OK);
    CHECK(sr_entry_encode(&ALLOWED, small, NULL) == SR_TOO_LARGE);
}

static void test_other_texts_are_refused(void)
{
#define ALL "\"folds\":5,\"format\":1,\"outcome\":\"allowed\","
#define NO "\"folds\":5,\"format\":1,\"outcome\":\"refused\","
    static const char *const WRONG[] = {
        "",
        "[]",
        "{}",
        "{" ENVELOPE ALL END,
        "{" ACT ALL END,
        "{" ACT ENVELOPE "\"outcome\":\"allowed\"," END,
        "{" ACT ENVELOPE "\"folds\":5,\"format\":1," END,
        "{" ACT ENVELOPE "\"folds\":5,\"format\":1,\"outcome\":\"perhaps\"," END,
        "{" ACT ENVELOPE ALL "\"reason\":\"x\"," END,
        "{" ACT ENVELOPE NO END,
        "{" ACT ENVELOPE NO "\"reason\":\"\"," END,
        "{" ACT ENVELOPE NO "\"reason\":\"A\"," END,
        "{" ACT ENVELOPE NO "\"reason\":\"x" Z30 Z30 "000\"," END,
        "{" ACT ENVELOPE ALL "\"seq\":0,\"time_utc_ms\":1}",
        "{" ACT ENVELOPE ALL "\"seq\":1,\"time_utc_ms\":0}",
        "{" ACT ENVELOPE ALL "\"seq\":1}",
        "{" ACT ENVELOPE ALL "\"seq\":1,\"time_utc_ms\":1,\"zone\":1}",
        "{" ACT ENVELOPE ALL "\"seq\":1, \"time_utc_ms\":1}",
        "{\"act\":\"A0" Z30 Z30 "00\"," ENVELOPE ALL END,
        "{" ACT "\"cosigned\":\"c0\"," ENVELOPE ALL END,
        "{" ACT "\"cosigned\":null," ENVELOPE ALL END,
    };
    struct sr_entry e;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(sr_entry_decode(sr_text_view(WRONG[i]), &e, NULL) == SR_MALFORMED);
    }
    CHECK(sr_entry_decode(sr_text_view("{" ACT ENVELOPE
                                       "\"folds\":5,\"format\":2,\"outcome\":\"allowed\"," END),
                          &e, NULL) == SR_UNSUPPORTED);
    char big[SR_ENTRY_BYTES_MAX + 1];
    memset(big, ' ', sizeof big);
    CHECK(sr_entry_decode(sr_bytes(big, sizeof big), &e, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(test_exact_text);
    RUN(test_what_cannot_be_written);
    RUN(test_other_texts_are_refused);
    return check_done();
}
