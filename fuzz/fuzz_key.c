/* SPDX-License-Identifier: Apache-2.0 */
/* A public key, as people paste it: what is accepted has one line, which is accepted as itself. */
#include <stdlib.h>

#include "acts/key.h"
#include "base/text.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_act_key) again = NULL;
    if (sr_act_key_parse(sr_bytes(data, size), &key, NULL) == SR_OK) {
        struct sr_bytes line = sr_text_view(sr_act_key_line(key));
        REQUIRE(sr_act_key_from_line(line, &again, NULL) == SR_OK);
        REQUIRE(sr_act_key_equal(key, again));
        REQUIRE(sr_text_equal(line, sr_text_view(sr_act_key_line(again))));
        REQUIRE(sr_text_equal(sr_text_view(sr_act_key_fingerprint(key)),
                              sr_text_view(sr_act_key_fingerprint(again))));
    }
    return 0;
}
