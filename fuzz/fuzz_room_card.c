/* SPDX-License-Identifier: Apache-2.0 */
/* A card: what is accepted is written back to the same bytes; envelopes around it never crash. */
#include <stdlib.h>

#include "acts/room_card.h"
#include "base/text.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_room_card card;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_bytes input = sr_bytes(data, size);
    if (sr_room_card_open(input, &card, NULL, NULL) == SR_OK) {
        return 0;
    }
    if (sr_room_card_decode(input, &card, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    REQUIRE(sr_room_card_encode(&card, text, NULL) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(text), input));
    return 0;
}
