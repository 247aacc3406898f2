/* SPDX-License-Identifier: Apache-2.0 */
/* A request to a witness: what is accepted is written again byte for byte. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/add_checkpoint.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sr_add_checkpoint request;
    SR_AUTO(sr_buf) out = NULL;
    uint64_t number = 0;
    struct sr_bytes input = sr_bytes(data, size);
    if (sr_add_checkpoint_decode_size(input, &number) == SR_OK) {
        REQUIRE(size >= 2 && size <= 21);
    }
    if (sr_add_checkpoint_decode(input, &request, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(size, &out) == SR_OK);
    REQUIRE(sr_add_checkpoint_encode(&request, out) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(out), input));
    return 0;
}
