/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tensor index. Checked: what decodes encodes to the very bytes that were read, every tensor is
 * found by its name, and a failed decode does not move the reader.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/tensors.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_reader r = sr_reader(sr_bytes(data, size));
    SR_AUTO(sr_tensors) t = NULL;
    if (sr_tensors_decode(&r, &t) != SR_OK) {
        REQUIRE(t == NULL && r.offset == 0 && r.rest.len == size);
        return 0;
    }
    for (size_t i = 0; i < sr_tensors_count(t); i++) {
        struct sr_tensor tensor = sr_tensors_at(t, i);
        struct sr_tensor found = {0};
        REQUIRE(sr_text_is_utf8(tensor.name) && tensor.name.len > 0);
        REQUIRE(tensor.begin <= tensor.end && tensor.rank <= SR_LIMIT_TENSOR_RANK);
        REQUIRE(sr_tensors_find(t, tensor.name, &found));
        REQUIRE(found.name.ptr == tensor.name.ptr && found.shape == tensor.shape);
    }
    SR_AUTO(sr_buf) buf = NULL;
    REQUIRE(sr_buf_new(size, &buf) == SR_OK);
    REQUIRE(sr_tensors_encode(t, buf) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(buf), sr_bytes(data, r.offset)));
    return 0;
}
