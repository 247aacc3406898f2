/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of SSH: what is accepted is written back as the same bytes. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/ssh_signature.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_ssh_signature signature;
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_buf) raw = NULL;
    if (sr_ssh_signature_decode(sr_bytes(data, size), &signature, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(size, &out) == SR_OK && sr_buf_new(128, &raw) == SR_OK);
    REQUIRE(sr_ssh_signature_encode(&signature, out) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(out), sr_bytes(data, size)));
    REQUIRE(sr_ssh_signature_raw(&signature, raw) == SR_OK);
    return 0;
}
