/* SPDX-License-Identifier: Apache-2.0 */
/* A custody chain: what is accepted is written back to the same bytes, and a verdict can be given
 * of it. */
#include <stdlib.h>

#include "audit/chain.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_AUTO(sr_chain) chain = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_chain_verdict verdict;
    struct sr_bytes cards[SR_CHAIN_CARDS_MAX];
    static struct sr_chain_part parts[SR_CHAIN_EVENTS_MAX];
    struct sr_bytes input = sr_bytes(data, size);
    if (sr_chain_decode(input, &chain, NULL) != SR_OK) {
        return 0;
    }
    for (size_t i = 0; i < sr_chain_card_count(chain); i++) {
        cards[i] = sr_chain_card_at(chain, i)->envelope;
    }
    for (size_t i = 0; i < sr_chain_event_count(chain); i++) {
        parts[i] = sr_chain_event_at(chain, i)->part;
    }
    REQUIRE(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    REQUIRE(sr_chain_encode(cards, sr_chain_card_count(chain), parts, sr_chain_event_count(chain),
                            text) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(text), input));
    REQUIRE(sr_chain_verify(chain, NULL, 0, &verdict, NULL) == SR_OK);
    REQUIRE(verdict.state != SR_CHAIN_BROKEN || verdict.reason[0] != '\0');
    return 0;
}
