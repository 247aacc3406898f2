/* SPDX-License-Identifier: Apache-2.0 */
/* The statement of an act: what is accepted is written back as the same. */
#include <stdlib.h>

#include "acts/act.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    SR_AUTO(sr_act_text) t = NULL;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_act_decode(input, &t, NULL) == SR_OK) {
        REQUIRE(sr_buf_new(input.len, &out) == SR_OK);
        REQUIRE(sr_act_encode(sr_act_text_view(t), out, NULL) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(out), input));
    }
    return 0;
}
