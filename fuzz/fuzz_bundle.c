/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's prefix and head: what is accepted is written back to the same bytes, and its length
 * can be computed or is refused. */
#include <stdlib.h>

#include "formats/bundle.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_prefix(struct sr_bytes input)
{
    struct sr_bundle_prefix prefix;
    SR_AUTO(sr_buf) text = NULL;
    if (sr_bundle_get_prefix(input, &prefix, NULL) != SR_OK) {
        return;
    }
    REQUIRE(sr_buf_new(SR_BUNDLE_PREFIX_BYTES, &text) == SR_OK);
    REQUIRE(sr_bundle_put_prefix(&prefix, text) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(text), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_CLEANUP(sr_bundle_clear) struct sr_bundle b = {0};
    SR_AUTO(sr_buf) text = NULL;
    struct sr_bytes input = sr_bytes(data, size);
    struct sr_bundle_prefix prefix = {.has_bodies = true, .head_bytes = (uint32_t)size};
    uint64_t total = 0;
    check_prefix(input);
    if (sr_bundle_decode(input, &b, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(size, &text) == SR_OK);
    REQUIRE(sr_bundle_encode(&b, text, NULL) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(text), input));
    if (sr_bundle_total(&prefix, &b, &total) == SR_OK) {
        REQUIRE(total >= size + SR_BUNDLE_PREFIX_BYTES);
    }
    return 0;
}
