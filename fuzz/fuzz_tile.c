/* SPDX-License-Identifier: Apache-2.0 */
/* A tile's path, which comes back as it was; and a bundle, whose entries fill it. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/tile.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_tile t;
    char path[SR_TILE_PATH_BYTES_MAX];
    struct sr_bytes rest = sr_bytes(data, size);
    struct sr_bytes entry;
    size_t taken = 0;
    if (sr_tile_decode(rest, &t, NULL) == SR_OK) {
        sr_tile_path(&t, path);
        REQUIRE(sr_text_equal(sr_text_view(path), rest));
    }
    while (rest.len > 0 && sr_tile_next_entry(&rest, &entry) == SR_OK) {
        taken += 2 + entry.len;
    }
    REQUIRE(taken + rest.len == size);
    return 0;
}
