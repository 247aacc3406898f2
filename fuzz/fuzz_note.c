/* SPDX-License-Identifier: Apache-2.0 */
/* A signed note: what is accepted is put together again byte for byte. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/note.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_AUTO(sr_buf) out = NULL;
    if (sr_note_decode(sr_bytes(data, size), &note, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(size, &out) == SR_OK);
    REQUIRE(sr_note_encode_text(note.text, out) == SR_OK);
    for (size_t i = 0; i < note.signatures; i++) {
        REQUIRE(sr_note_encode_signature(&note.signature[i], out) == SR_OK);
    }
    REQUIRE(sr_text_equal(sr_buf_view(out), sr_bytes(data, size)));
    return 0;
}
