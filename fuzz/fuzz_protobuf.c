/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk along the schema of ONNX. Checked: items come in the order of the bytes and lie in the
 * input, messages are left in the order they were entered, every byte is walked over.
 */
#include <stdlib.h>

#include "formats/onnx.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_protobuf p;
    struct sr_protobuf_item item = {.event = SR_PROTOBUF_UNKNOWN};
    struct sr_err err = {0};
    unsigned depth = 0;
    uint64_t last = 0;
    sr_protobuf_init(&p, sr_bytes(data, size), &sr_onnx_model);
    while (item.event != SR_PROTOBUF_END) {
        enum sr_status status = sr_protobuf_next(&p, &item, &err);
        if (status != SR_OK) {
            REQUIRE(status == SR_MALFORMED || status == SR_TRUNCATED || status == SR_TOO_LARGE);
            REQUIRE(err.status == status && err.message[0] != '\0');
            return 0;
        }
        REQUIRE(item.offset <= size && item.bytes.len <= size - item.offset);
        REQUIRE(item.bytes.ptr == data + item.offset);
        depth += item.event == SR_PROTOBUF_ENTER;
        REQUIRE(item.depth == depth && depth < SR_PROTOBUF_DEPTH_MAX);
        if (item.event == SR_PROTOBUF_LEAVE) {
            depth--;
        } else if (item.event != SR_PROTOBUF_END) {
            REQUIRE(item.offset >= last);
            last = item.offset;
        }
    }
    REQUIRE(depth == 0 && p.at == size);
    return 0;
}
