/* SPDX-License-Identifier: Apache-2.0 */
/* Checked: what is accepted ends where the file does, and no prefix of it is accepted as well. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/npy.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_npy npy = {0};
    struct sr_err err = {0};
    enum sr_status status = sr_npy_decode(sr_bytes(data, size), &npy, &err);
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(sr_text_is_utf8(sr_text_view(err.message)));
    if (status != SR_OK) {
        return 0;
    }
    uint64_t bytes = npy.item_bytes;
    for (uint8_t i = 0; i < npy.rank; i++) {
        bytes *= npy.shape[i];
    }
    REQUIRE(sr_npy_is(sr_bytes(data, size)) && npy.rank <= SR_NPY_RANK_MAX);
    REQUIRE(npy.data_offset <= size);
    REQUIRE(npy.has_object || npy.data_offset + bytes == size);
    REQUIRE(npy.has_object || bytes == 0 ||
            sr_npy_decode(sr_bytes(data, size - 1), &npy, NULL) == SR_TRUNCATED);
    return 0;
}
