/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of an act: what is accepted is kept as it came, and its act is written back as the
 * same. No signature of a key that is not there is found good. */
#include <stdlib.h>

#include "acts/envelope.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of RFC 8032's second test: nobody signs for it here. */
static const char KEY[] = "spki MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    SR_AUTO(sr_envelope) e = NULL;
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_envelope_open(input, &e, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_text_equal(sr_envelope_bytes(e), input));
    REQUIRE(sr_buf_new(SR_ACT_BYTES_MAX, &out) == SR_OK);
    REQUIRE(sr_act_encode(sr_envelope_act(e), out, NULL) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(out), sr_envelope_statement(e)));
    REQUIRE(sr_act_key_from_line(sr_text_view(KEY), &key, NULL) == SR_OK);
    REQUIRE(sr_envelope_verify(e, key, NULL, NULL) == SR_UNTRUSTED);
    return 0;
}
