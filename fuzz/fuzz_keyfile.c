/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a key file, first as it is and then with its checksum made to fit, as somebody with
 * bad intentions would. Checked: what decodes is within the limits and encodes to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "keys/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct sr_bytes image)
{
    struct sr_keyfile f;
    struct sr_err err = {0};
    enum sr_status status = sr_keyfile_decode(image, &f, &err);
    if (status != SR_OK) {
        REQUIRE(status == SR_CORRUPT || status == SR_UNSUPPORTED);
        REQUIRE(err.status == status && err.message[0] != '\0');
        return;
    }
    REQUIRE(f.log2_n >= SR_KEYFILE_LOG2_N_MIN && f.log2_n <= SR_KEYFILE_LOG2_N_MAX);
    REQUIRE(f.r == SR_KEYFILE_R && f.p >= 1 && f.p <= SR_KEYFILE_P_MAX);
    REQUIRE(f.generation_count >= 1 && f.generation_count <= SR_WRAPPER_GENERATIONS_MAX);

    SR_AUTO(sr_buf) again = NULL;
    REQUIRE(sr_buf_new(SR_KEYFILE_BYTES_MAX, &again) == SR_OK);
    REQUIRE(sr_keyfile_encode(&f, again) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(again), image));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode(sr_bytes(data, size));
    if (size >= SR_SHA256_BYTES) {
        uint8_t *fit = malloc(size);
        REQUIRE(fit != NULL);
        memcpy(fit, data, size);
        size_t summed = size - SR_SHA256_BYTES;
        REQUIRE(sr_sha256_once(sr_bytes(fit, summed), fit + summed) == SR_OK);
        decode(sr_bytes(fit, size));
        free(fit);
    }
    return 0;
}
