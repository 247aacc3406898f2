/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: what is accepted is written back as the same text; any bytes come back from their text.
 */
#include <stdlib.h>

#include "base/text.h"
#include "formats/base64.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    SR_AUTO(sr_buf) bytes = NULL;
    SR_AUTO(sr_buf) text = NULL;
    REQUIRE(sr_buf_new(2 * size + 8, &bytes) == SR_OK);
    REQUIRE(sr_buf_new(2 * size + 8, &text) == SR_OK);
    if (sr_base64_decode(input, bytes) == SR_OK) {
        REQUIRE(sr_base64_encode(sr_buf_view(bytes), text) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(text), input));
    }
    sr_buf_clear(bytes);
    sr_buf_clear(text);
    REQUIRE(sr_base64_encode(input, text) == SR_OK);
    REQUIRE(sr_base64_decode(sr_buf_view(text), bytes) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(bytes), input));
    return 0;
}
