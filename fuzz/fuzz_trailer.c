/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is the plaintext of a trailer, which is authenticated but decoded as if hostile. What
 * decodes encodes to the same bytes, its tensors lie in the file, and a failure changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "fuzz/require.h"
#include "seal/trailer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_trailer t = {.plain_bytes = 77};
    struct sr_err err = {0};
    SR_AUTO(sr_tensors) tensors = NULL;
    enum sr_status status = sr_trailer_decode(sr_bytes(data, size), &t, &tensors, &err);
    REQUIRE(err.status == status);
    if (status != SR_OK) {
        REQUIRE(status == SR_CORRUPT || status == SR_UNSUPPORTED);
        REQUIRE(tensors == NULL && t.plain_bytes == 77 && err.message[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < sr_tensors_count(tensors); i++) {
        REQUIRE(sr_tensors_at(tensors, i).end <= t.plain_bytes);
    }
    SR_AUTO(sr_buf) index = NULL;
    SR_AUTO(sr_buf) again = NULL;
    REQUIRE(sr_buf_new(SR_LIMIT_TRAILER_BYTES, &index) == SR_OK);
    REQUIRE(sr_buf_new(SR_LIMIT_TRAILER_BYTES, &again) == SR_OK);
    REQUIRE(sr_tensors_encode(tensors, index) == SR_OK);
    REQUIRE(sr_trailer_encode(&t, sr_buf_view(index), again) == SR_OK);
    REQUIRE(sr_buf_view(again).len == size && memcmp(sr_buf_view(again).ptr, data, size) == 0);
    return 0;
}
