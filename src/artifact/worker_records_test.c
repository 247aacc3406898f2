/* SPDX-License-Identifier: Apache-2.0 */
/* A record has one spelling, what is not a record is refused, and what a parser says wrong is put
 * right instead of ending its worker. */
#include "artifact/worker_records.h"

#include <string.h>

#include "tests/check.h"

static const struct sr_record FINDING = {
    .kind = SR_RECORD_FINDING,
    .rule = SR_RULE_TRUNCATED,
    .file = 3,
    .offset = UINT64_MAX,
    .length = 5,
    .text = {"archive/data.pkl", "it ends"},
};

static enum sr_status decode(const uint8_t *bytes, size_t len, struct sr_record *out)
{
    return sr_record_decode(sr_bytes(bytes, len), out);
}

static void comes_back_as_it_was(void)
{
    uint8_t bytes[SR_RECORD_BYTES_MAX];
    struct sr_record back;
    size_t len = sr_record_encode(&FINDING, bytes);
    CHECK(decode(bytes, len, &back) == SR_OK);
    CHECK(back.kind == FINDING.kind && back.rule == FINDING.rule && back.file == 3);
    CHECK(back.offset == UINT64_MAX && back.length == 5);
    CHECK(strcmp(back.text[0], FINDING.text[0]) == 0 && strcmp(back.text[1], "it ends") == 0);
    struct sr_record fact = {.kind = SR_RECORD_FACT, .key = SR_FACT_COUNT - 1, .text = {"MIT"}};
    len = sr_record_encode(&fact, bytes);
    CHECK(decode(bytes, len, &back) == SR_OK && back.key == SR_FACT_COUNT - 1);
    CHECK(strcmp(back.text[0], "MIT") == 0);
    bytes[1]++;
    CHECK(decode(bytes, len, &back) == SR_MALFORMED);
    struct sr_record ended = {.kind = SR_RECORD_ENDED,
                              .verdict = SR_VERDICT_BLOCK,
                              .bytes = 10,
                              .covered = 9,
                              .text = {"pytorch-zip"}};
    len = sr_record_encode(&ended, bytes);
    CHECK(decode(bytes, len, &back) == SR_OK && back.verdict == SR_VERDICT_BLOCK);
    CHECK(back.bytes == 10 && back.covered == 9 && strcmp(back.text[0], "pytorch-zip") == 0);
}

static void refuses_every_cut_and_every_addition(void)
{
    uint8_t bytes[SR_RECORD_BYTES_MAX + 1];
    struct sr_record back;
    size_t len = sr_record_encode(&FINDING, bytes);
    for (size_t cut = 0; cut < len; cut++) {
        CHECK(decode(bytes, cut, &back) != SR_OK);
    }
    bytes[len] = 0;
    CHECK(decode(bytes, len + 1, &back) == SR_MALFORMED);
}

static void refuses_what_no_worker_says(void)
{
    uint8_t bytes[SR_RECORD_BYTES_MAX];
    struct sr_record back;
    for (unsigned kind = 0; kind < 256; kind++) {
        bytes[0] = (uint8_t)kind;
        bool is_alone = kind == SR_RECORD_READY || kind == SR_RECORD_DEFERRED;
        CHECK((decode(bytes, 1, &back) == SR_OK) == is_alone);
    }
    size_t len = sr_record_encode(&FINDING, bytes);
    bytes[1] = 0xff; /* the rule */
    CHECK(decode(bytes, len, &back) == SR_MALFORMED);
    len = sr_record_encode(&FINDING, bytes);
    bytes[len - 1] = '\n';
    CHECK(decode(bytes, len, &back) == SR_MALFORMED);
    struct sr_record ended = {.kind = SR_RECORD_ENDED, .bytes = 10, .text = {"x"}};
    len = sr_record_encode(&ended, bytes);
    bytes[1] = SR_VERDICT_COUNT;
    CHECK(decode(bytes, len, &back) == SR_MALFORMED);
    bytes[1] = 0;
    bytes[17] = 11; /* covered */
    CHECK(decode(bytes, len, &back) == SR_MALFORMED);
}

static void puts_texts_right(void)
{
    uint8_t bytes[SR_RECORD_BYTES_MAX];
    struct sr_record back;
    struct sr_record record = FINDING;
    memset(record.text[1], 'e', SR_RECORD_TEXT_BYTES - 1);
    record.text[0][0] = '\x1b';
    CHECK(decode(bytes, sr_record_encode(&record, bytes), &back) == SR_OK);
    CHECK(back.text[0][0] == '?' && strlen(back.text[1]) == SR_EVIDENCE_BYTES - 1);
    struct sr_record global = {.kind = SR_RECORD_GLOBAL, .text = {"m", "n", "A role"}};
    CHECK(decode(bytes, sr_record_encode(&global, bytes), &back) == SR_OK);
    CHECK(strcmp(back.text[2], "--role") == 0);
}

static void asks_for_files(void)
{
    uint8_t bytes[SR_REQUEST_BYTES_MAX];
    struct sr_request back;
    struct sr_request request = {
        .kind = SR_REQUEST_FILE, .is_fetched = true, .bytes = 77, .path = "a/\xff"};
    size_t len = sr_request_encode(&request, bytes);
    CHECK(sr_request_decode(sr_bytes(bytes, len), &back) == SR_OK);
    CHECK(back.is_fetched && !back.may_defer && back.bytes == 77);
    CHECK(strcmp(back.path, "a/\xff") == 0);
    bytes[1] = 2;
    CHECK(sr_request_decode(sr_bytes(bytes, len), &back) == SR_MALFORMED);
    bytes[0] = 3;
    CHECK(sr_request_decode(sr_bytes(bytes, len), &back) == SR_MALFORMED);
    request.kind = SR_REQUEST_FINISH;
    len = sr_request_encode(&request, bytes);
    CHECK(len == 1 && sr_request_decode(sr_bytes(bytes, len), &back) == SR_OK);
    CHECK(back.kind == SR_REQUEST_FINISH);
    CHECK(sr_request_decode(sr_bytes(bytes, 0), &back) == SR_TRUNCATED);
}

int main(void)
{
    RUN(comes_back_as_it_was);
    RUN(refuses_every_cut_and_every_addition);
    RUN(refuses_what_no_worker_says);
    RUN(puts_texts_right);
    RUN(asks_for_files);
    return check_done();
}
