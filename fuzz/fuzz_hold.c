/* SPDX-License-Identifier: Apache-2.0 */
/* The intent of a deposit: whatever is accepted is written back to a text that is accepted as the
 * same, and its actor may stand in a record. */
#include <stdlib.h>
#include <string.h>

#include "custody/deposit_facts.h"
#include "custody/hold.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_hold_intent intent;
    struct sr_hold_intent again;
    SR_AUTO(sr_buf) text = NULL;
    if (sr_hold_decode(sr_bytes(data, size), &intent, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(intent.parent_count <= SR_DEPOSIT_PARENTS_MAX);
    REQUIRE(sr_deposit_is_actor(intent.actor));
    REQUIRE(sr_buf_new(16384, &text) == SR_OK);
    REQUIRE(sr_hold_encode(&intent, text) == SR_OK);
    REQUIRE(sr_hold_decode(sr_buf_view(text), &again, NULL) == SR_OK);
    REQUIRE(strcmp(intent.actor, again.actor) == 0 && intent.parent_count == again.parent_count);
    REQUIRE(intent.is_offered == again.is_offered &&
            memcmp(intent.offer, again.offer, sizeof intent.offer) == 0);
    REQUIRE(memcmp(intent.parents, again.parents, intent.parent_count * sizeof(struct sr_id)) == 0);
    return 0;
}
