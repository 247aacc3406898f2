/* SPDX-License-Identifier: Apache-2.0 */
/* A DSSE envelope: what is accepted is written back as an envelope that is accepted as the same. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/dsse.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool decode(struct sr_bytes text, struct sr_dsse *out)
{
    SR_AUTO(sr_json) j = NULL;
    return sr_json_decode(text, 8, &j, NULL) == SR_OK &&
           sr_dsse_decode(sr_json_root(j), out, NULL) == SR_OK;
}

static bool is_same(const struct sr_buf *a, const struct sr_buf *b)
{
    return sr_text_equal(sr_buf_view(a), sr_buf_view(b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse again = {0};
    SR_AUTO(sr_buf) text = NULL;
    if (!decode(sr_bytes(data, size), &d)) {
        return 0;
    }
    REQUIRE(sr_buf_new(8 * size + 1024, &text) == SR_OK);
    struct sr_json_writer w = {.out = text};
    REQUIRE(sr_dsse_encode_keyed(&w, sr_buf_view(d.payload_type), sr_buf_view(d.payload),
                                 sr_buf_view(d.signature), sr_buf_view(d.keyid)) == SR_OK);
    REQUIRE(decode(sr_buf_view(text), &again));
    REQUIRE(is_same(d.payload_type, again.payload_type) && is_same(d.payload, again.payload) &&
            is_same(d.signature, again.signature) && is_same(d.keyid, again.keyid));
    return 0;
}
