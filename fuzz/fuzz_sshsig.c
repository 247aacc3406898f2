/* SPDX-License-Identifier: Apache-2.0 */
/* SSHSIG: what is accepted, binary or as text, is written back as the same. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/sshsig.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void binary(struct sr_bytes input)
{
    struct sr_sshsig sig;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_sshsig_decode(input, &sig, NULL) == SR_OK) {
        REQUIRE(sr_buf_new(input.len, &out) == SR_OK);
        REQUIRE(sr_sshsig_encode(&sig, out) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(out), input));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    SR_AUTO(sr_buf) bytes = NULL;
    SR_AUTO(sr_buf) text = NULL;
    binary(input);
    REQUIRE(sr_buf_new(SR_SSHSIG_ARMORED_BYTES_MAX, &bytes) == SR_OK);
    REQUIRE(sr_buf_new(SR_SSHSIG_ARMORED_BYTES_MAX, &text) == SR_OK);
    if (sr_sshsig_unarmor(input, bytes, NULL) == SR_OK) {
        REQUIRE(sr_sshsig_armor(sr_buf_view(bytes), text) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(text), input));
        binary(sr_buf_view(bytes));
    }
    return 0;
}
