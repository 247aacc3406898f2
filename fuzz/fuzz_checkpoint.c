/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint: what is accepted is written again byte for byte. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/checkpoint.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_checkpoint c;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_checkpoint_decode(sr_bytes(data, size), &c, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(size, &out) == SR_OK);
    REQUIRE(sr_checkpoint_encode(&c, out) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(out), sr_bytes(data, size)));
    return 0;
}
