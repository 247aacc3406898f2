/* SPDX-License-Identifier: Apache-2.0 */
/* A cosignature: what is accepted is written again byte for byte. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/cosignature.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_cosignature c;
    uint8_t again[SR_COSIGNATURE_BYTES];
    if (sr_cosignature_decode(sr_bytes(data, size), &c, NULL) != SR_OK) {
        REQUIRE(size != SR_COSIGNATURE_BYTES);
        return 0;
    }
    sr_cosignature_encode(&c, again);
    REQUIRE(sr_text_equal(sr_bytes(again, sizeof again), sr_bytes(data, size)));
    return 0;
}
