/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of an act: what is accepted is kept as it came, its parts are those that a reader
 * of any DSSE envelope finds, and its act is written back as the same. No signature of a key that
 * is not there is found good. What is refused, the other reader refuses or has no act in it.
 */
#include <stdlib.h>

#include "acts/envelope.h"
#include "formats/dsse.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of RFC 8032's second test: nobody signs for it here. */
static const char KEY[] = "spki MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

static bool is_same(struct sr_bytes a, const struct sr_buf *b)
{
    return sr_text_equal(a, sr_buf_view(b));
}

/* How the general reader takes it; e is NULL when ours refused it. */
static void compare(struct sr_bytes input, const struct sr_envelope *e)
{
    SR_AUTO(sr_json) json = NULL;
    SR_AUTO(sr_act_text) text = NULL;
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    bool is_dsse = sr_json_decode(input, 3, &json, NULL) == SR_OK &&
                   sr_dsse_decode(sr_json_root(json), &d, NULL) == SR_OK;
    if (e != NULL) {
        REQUIRE(is_dsse);
        REQUIRE(is_same(sr_text_view("application/vnd.in-toto+json"), d.payload_type));
        REQUIRE(is_same(sr_envelope_statement(e), d.payload));
        REQUIRE(is_same(sr_envelope_signature(e), d.signature));
        REQUIRE(is_same(sr_text_view(sr_envelope_keyid(e)), d.keyid));
    } else if (is_dsse && is_same(sr_text_view("application/vnd.in-toto+json"), d.payload_type) &&
               sr_buf_view(d.keyid).len == 0) {
        REQUIRE(sr_act_decode(sr_buf_view(d.payload), &text, NULL) != SR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    SR_AUTO(sr_envelope) e = NULL;
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_envelope_open(input, &e, NULL) != SR_OK) {
        if (size <= SR_ENVELOPE_BYTES_MAX) {
            compare(input, NULL);
        }
        return 0;
    }
    compare(input, e);
    REQUIRE(sr_text_equal(sr_envelope_bytes(e), input));
    REQUIRE(sr_buf_new(SR_ACT_BYTES_MAX, &out) == SR_OK);
    REQUIRE(sr_act_encode(sr_envelope_act(e), out, NULL) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(out), sr_envelope_statement(e)));
    REQUIRE(sr_act_key_from_line(sr_text_view(KEY), &key, NULL) == SR_OK);
    REQUIRE(sr_envelope_verify(e, key, NULL, NULL) == SR_UNTRUSTED);
    return 0;
}
