/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of an ssh-agent: a list that is accepted has as many keys as it says. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/ssh_agent.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes body = sr_bytes(data, size);
    struct sr_bytes blob;
    struct sr_ssh_agent_list list;
    struct sr_ssh_agent_identity identity;
    size_t count = 0;
    if (sr_ssh_agent_list_decode(body, &list, NULL) == SR_OK) {
        while (sr_ssh_agent_list_next(&list, &identity)) {
            REQUIRE(identity.blob.len + identity.comment.len <= size);
            count++;
        }
        REQUIRE(count == list.count);
    }
    if (sr_ssh_agent_signature_decode(body, &blob, NULL) == SR_OK) {
        REQUIRE(blob.len + 5 == size);
    }
    return 0;
}
