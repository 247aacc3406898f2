/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker says: whatever is accepted is bounded, plain, and written back byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "artifact/worker_records.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_record(struct sr_bytes datagram)
{
    uint8_t again[SR_RECORD_BYTES_MAX];
    struct sr_record record;
    if (sr_record_decode(datagram, &record) != SR_OK) {
        return;
    }
    REQUIRE(record.kind >= SR_RECORD_READY && record.kind < SR_RECORD_KIND_COUNT);
    REQUIRE(record.rule < SR_RULE_COUNT && record.verdict < SR_VERDICT_COUNT);
    REQUIRE(record.covered <= record.bytes);
    for (size_t i = 0; i < SR_RECORD_TEXTS; i++) {
        size_t len = strnlen(record.text[i], SR_RECORD_TEXT_BYTES);
        REQUIRE(len < SR_RECORD_TEXT_BYTES);
        for (size_t n = 0; n < len && record.kind != SR_RECORD_REFERENCE; n++) {
            REQUIRE(record.text[i][n] >= 0x20 && record.text[i][n] < 0x7f);
        }
    }
    size_t len = sr_record_encode(&record, again);
    REQUIRE(len == datagram.len && memcmp(again, datagram.ptr, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[SR_REQUEST_BYTES_MAX];
    struct sr_request request;
    look_at_record(sr_bytes(data, size));
    if (sr_request_decode(sr_bytes(data, size), &request) == SR_OK) {
        size_t len = sr_request_encode(&request, again);
        REQUIRE(len == size && memcmp(again, data, len) == 0);
    }
    return 0;
}
