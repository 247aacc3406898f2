/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a roster: what is accepted is written back as the same. */
#include <stdlib.h>

#include "acts/act.h"
#include "acts/roster.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    struct sr_roster line;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_roster_parse(input, &line, NULL) == SR_OK) {
        REQUIRE(sr_buf_new(input.len, &out) == SR_OK);
        REQUIRE(sr_roster_put(&line, out) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(out), input));
    }
    return 0;
}
