/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy: groups have only members from before, nobody is a member twice, so that whoever counts
 * goes once through the nodes and ends. Where its keys are keys: all witnesses together suffice,
 * and one more never makes them too few.
 */
#include <stdlib.h>

#include "formats/tlog_policy.h"
#include "fuzz/require.h"
#include "ledger/quorum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_witnesses(struct sr_bytes text)
{
    SR_AUTO(sr_quorum) q = NULL;
    bool has_signed[SR_TLOG_POLICY_NODES_MAX] = {false};
    if (sr_quorum_parse(text, &q, NULL) != SR_OK) {
        return;
    }
    bool was_met = sr_quorum_is_met(q, has_signed);
    for (size_t i = 0; i < sr_quorum_witnesses(q); i++) {
        has_signed[i] = true;
        bool is_met = sr_quorum_is_met(q, has_signed);
        REQUIRE(is_met || !was_met);
        was_met = is_met;
    }
    REQUIRE(was_met);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sr_tlog_policy p;
    size_t members = 0;
    bool seen[SR_TLOG_POLICY_NODES_MAX] = {false};
    if (sr_tlog_policy_decode(sr_bytes(data, size), &p, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(p.logs <= SR_TLOG_POLICY_LOGS_MAX && p.nodes <= SR_TLOG_POLICY_NODES_MAX);
    REQUIRE(p.quorum == SR_TLOG_POLICY_NONE || p.quorum < p.nodes);
    for (size_t i = 0; i < p.nodes; i++) {
        const struct sr_tlog_policy_node *node = &p.node[i];
        REQUIRE(node->name.len > 0 && node->is_group == (node->key.len == 0));
        if (!node->is_group) {
            continue;
        }
        REQUIRE(node->first == members && node->needed >= 1 && node->needed <= node->count);
        for (size_t m = 0; m < node->count; m++, members++) {
            size_t member = p.member[members];
            REQUIRE(member < i && !seen[member]);
            seen[member] = true;
        }
    }
    REQUIRE(members == p.members);
    count_witnesses(sr_bytes(data, size));
    return 0;
}
