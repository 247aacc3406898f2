/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON: of any JSON the canonical text is accepted as it is, and nothing else is. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/jcs.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes text = sr_bytes(data, size);
    SR_AUTO(sr_json) any = NULL;
    SR_AUTO(sr_json) same = NULL;
    SR_AUTO(sr_json) canonical = NULL;
    SR_AUTO(sr_buf) out = NULL;
    enum sr_status status = sr_jcs_decode(text, &same, NULL);
    if (sr_json_decode(text, SR_JCS_DEPTH_MAX, &any, NULL) != SR_OK) {
        REQUIRE(status != SR_OK && !sr_jcs_is_plain(text));
        return 0;
    }
    REQUIRE(sr_buf_new(2 * size + 64, &out) == SR_OK);
    if (sr_jcs_encode(sr_json_root(any), out, NULL) != SR_OK) {
        REQUIRE(status != SR_OK);
        return 0;
    }
    REQUIRE((status == SR_OK) == sr_text_equal(sr_buf_view(out), text));
    REQUIRE(!sr_jcs_is_plain(text) || status == SR_OK);
    REQUIRE(sr_jcs_decode(sr_buf_view(out), &canonical, NULL) == SR_OK);
    return 0;
}
