/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DECIDE_H
#define SR_CUSTODY_DECIDE_H

#include "custody/deed.h"

/*
 * The decision: a pure function of facts, act and time. Today the owner of a local room may do
 * everything that is well formed and fits the version's state; policy comes in here, and the same
 * function then explains in the console and replays for the auditor.
 */

enum sr_ruling { SR_RULING_ALLOW, SR_RULING_DENY, SR_RULING_PENDING };

/* All the decision may know. */
struct sr_facts {
    struct sr_id room;
    bool has_version;
    const struct sr_catalog_version *version; /* when has_version */
    uint64_t files_sealed;                    /* of the version */
    unsigned parent_tier; /* the highest of the parents of a deposit; 0: it has none */
    char parent[SR_LIMIT_NAME_BYTES + 24]; /* "llama@3": which has it */
};

#define SR_DECISION_REASON_BYTES 256

struct sr_decision {
    enum sr_ruling ruling;
    enum sr_status status; /* OK for ALLOW; else what the caller reports */
    char reason[SR_DECISION_REASON_BYTES];
};

/* act->actor must not be NULL here. Total: never fails. */
struct sr_decision sr_decide(const struct sr_facts *facts, const struct sr_deed *act,
                             int64_t now_utc_ms);

/* Whether actor (NUL-terminated, hostile) is what may stand in a record: 1..127 bytes of UTF-8
 * without control characters. */
bool sr_decide_is_actor(const char *actor);

/* The same for the reason why files that need review may come in: 1..SR_DEED_REASON_BYTES_MAX. */
bool sr_decide_is_reason(const char *reason);

#endif /* SR_CUSTODY_DECIDE_H */
