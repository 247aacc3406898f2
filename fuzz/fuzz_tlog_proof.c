/* SPDX-License-Identifier: Apache-2.0 */
/* A receipt: what is accepted is written again byte for byte. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/tlog_proof.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
    SR_AUTO(sr_buf) out = NULL;
    if (sr_tlog_proof_decode(sr_bytes(data, size), &p, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(size, &out) == SR_OK);
    REQUIRE(sr_tlog_proof_encode(&p, out) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(out), sr_bytes(data, size)));
    return 0;
}
