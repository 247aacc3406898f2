/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first 4 bytes say how much longer than the input the file is (little-endian, 0 for a whole
 * file); the rest is the file's head. Checked: ranges are in the file, in order, aligned, and as
 * long as dtype and shape say; and a shorter head either asks for more or says the same.
 */
#include <stdlib.h>

#include "base/text.h"
#include "formats/dtype.h"
#include "formats/gguf.h"
#include "fuzz/require.h"

static void check_tensors(const struct sr_tensors *t, uint64_t file_bytes)
{
    uint64_t end = 24;
    for (size_t i = 0; i < sr_tensors_count(t); i++) {
        struct sr_tensor tensor = sr_tensors_at(t, i);
        struct sr_tensor found = {0};
        const struct sr_dtype *dtype = sr_dtype_by_name(sr_text_view(tensor.dtype));
        uint64_t elements = 0;
        uint64_t bytes = 0;
        REQUIRE(dtype != NULL && dtype->gguf_type >= 0);
        REQUIRE(sr_dtype_elements(tensor.shape, tensor.rank, &elements));
        REQUIRE(sr_dtype_bytes(dtype, elements, &bytes));
        REQUIRE(tensor.begin >= end);
        REQUIRE(tensor.end - tensor.begin == bytes);
        REQUIRE(sr_tensors_find(t, tensor.name, &found) && found.name.ptr == tensor.name.ptr);
        end = tensor.end;
    }
    REQUIRE(sr_tensors_count(t) == 0 || end <= file_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_reader r = sr_reader(sr_bytes(data, size));
    uint32_t beyond = 0;
    if (sr_reader_u32le(&r, &beyond) != SR_OK) {
        return 0;
    }
    struct sr_bytes head = r.rest;
    uint64_t file_bytes = (uint64_t)head.len + beyond;
    SR_AUTO(sr_tensors) t = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_gguf_decode(head, file_bytes, &t, &err);
    REQUIRE((status == SR_OK) == (t != NULL));
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(sr_text_is_utf8(sr_text_view(err.message)));
    REQUIRE(status != SR_NO_MEMORY && status != SR_CONFLICT);
    if (t != NULL) {
        check_tensors(t, file_bytes);
    }
    SR_AUTO(sr_tensors) shorter = NULL;
    struct sr_bytes half = sr_bytes(head.ptr, head.len / 2);
    enum sr_status half_status = sr_gguf_decode(half, file_bytes, &shorter, NULL);
    REQUIRE(half_status == SR_TRUNCATED || half_status == status);
    return 0;
}
