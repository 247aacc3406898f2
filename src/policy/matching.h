/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_MATCHING_H
#define SR_POLICY_MATCHING_H

#include <stdbool.h>

#include "policy/policy.h"

/*
 * Who fills which place of a rule's needs: a largest matching of persons to places, made one person
 * at a time. A person whom it does not take when offered would not be taken later either (the sets
 * of persons that can be seated are the independent sets of a matroid), so it keeps only those
 * that it took, and the order in which persons come does not change how many are seated. Bounded,
 * without allocation.
 */

#define SR_MATCHING_SEATS_MAX 128

struct sr_matching_seat {
    const char *person; /* borrowed; NULL: somebody */
    uint8_t mask;       /* the needs that this person could fill, bit i need i */
    uint8_t need;       /* the one they fill */
};
struct sr_matching {
    size_t needs;
    unsigned capacity[SR_POLICY_NEEDS_MAX];
    unsigned used[SR_POLICY_NEEDS_MAX];
    size_t places;
    size_t seats; /* persons seated; all places are filled when it is places */
    struct sr_matching_seat seat[SR_MATCHING_SEATS_MAX];
};

void sr_matching_init(struct sr_matching *m, const struct sr_policy_rule *rule);
/*
 * Offer a person (NULL: somebody who is nobody else). mask: as in sr_matching_seat. Whether they
 * were seated; false also for a person who is seated already.
 */
bool sr_matching_offer(struct sr_matching *m, const char *person, uint8_t mask);
bool sr_matching_is_full(const struct sr_matching *m);
/* The needs of a rule that somebody with these roles (bits by index in the policy) could fill. */
uint8_t sr_matching_mask(const struct sr_policy_rule *rule, uint64_t role_bits);

#endif /* SR_POLICY_MATCHING_H */
