/* SPDX-License-Identifier: Apache-2.0 */
/* An entry of the ledger: what is accepted is written back as the same. */
#include <stdlib.h>

#include "acts/entry.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    struct sr_entry entry;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_entry_decode(input, &entry, NULL) == SR_OK) {
        REQUIRE(sr_buf_new(input.len, &out) == SR_OK);
        REQUIRE(sr_entry_encode(&entry, out, NULL) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(out), input));
    }
    return 0;
}
