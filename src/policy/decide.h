/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_DECIDE_H
#define SR_POLICY_DECIDE_H

#include "policy/state.h"

/*
 * The decision: a pure function of state, act and moment. The same code decides in the room,
 * explains to people and decides again for the auditor. It has no clock, reads no file and keeps
 * nothing. Signatures are verified before it is asked.
 * source  docs/decision.md (rules D-n)
 */

enum sr_ruling { SR_RULING_ALLOW, SR_RULING_DENY, SR_RULING_PENDING };

enum sr_reason {
#define REASON(name, slug, status, text) SR_REASON_##name,
#include "policy/reasons.def"
#undef REASON
    SR_REASON_COUNT
};
const char *sr_reason_slug(enum sr_reason reason);
const char *sr_reason_text(enum sr_reason reason);
enum sr_status sr_reason_status(enum sr_reason reason) SR_MUST_USE;
/* slug is hostile. */
bool sr_reason_from_slug(struct sr_bytes slug, enum sr_reason *out);

/* What the function may know beside state and act. */
struct sr_moment {
    int64_t now_utc_ms;
    const int64_t *witnessed_utc_ms; /* when each distinct witness of the policy last cosigned */
    size_t witnessed;
};

#define SR_DECISION_DETAIL_BYTES 224

struct sr_decision {
    enum sr_ruling ruling;
    enum sr_reason reason;             /* NONE when allowed */
    const struct sr_policy_rule *rule; /* that decided; NULL: none, or not needed. Of the policy. */
    char detail[SR_DECISION_DETAIL_BYTES]; /* what it is about: names, numbers; one line, no
                                              control characters; may be "" */
};

/*
 * Decide one act that came in. event->seq and event->policy are not looked at, but for POLICY, INIT
 * and ADOPT, which bring the new policy. Total: every input has an answer, and doubt is denial.
 */
struct sr_decision sr_policy_decide(const struct sr_state *s, const struct sr_state_event *event,
                                    const struct sr_moment *moment);

/* A request's state, computed. */
enum sr_request_state {
    SR_REQUEST_PENDING,
    SR_REQUEST_WAITING, /* approved, in its waiting period */
    SR_REQUEST_GRANTED,
    SR_REQUEST_DENIED,
    SR_REQUEST_WITHDRAWN,
    SR_REQUEST_EXPIRED,
    SR_REQUEST_REVOKED,
    SR_REQUEST_EXHAUSTED,
    SR_REQUEST_SUSPENDED, /* was granted; a role, key or attribute it rests on is gone */
    SR_REQUEST_USED,      /* one-time verbs (all but EXPORT, READ, USE): done */
    SR_REQUEST_STATE_COUNT
};
const char *sr_request_state_word(enum sr_request_state state);

#define SR_STANDING_PEOPLE_MAX 128 /* places that the needs of one rule can have */

struct sr_standing {
    enum sr_request_state state;
    enum sr_reason reason; /* why, when not granted */
    const struct sr_policy_rule *rule;
    unsigned have[SR_POLICY_NEEDS_MAX]; /* approvals that count towards each need of the rule */
    int64_t from_utc_ms;                /* granted, waiting: usable from then */
    int64_t until_utc_ms; /* granted, waiting: usable until then; pending: when it expires;
                             INT64_MAX: no limit */
    char detail[SR_DECISION_DETAIL_BYTES];
};
/* How a request stands now: quorum is counted anew, with the roles and keys of now. */
struct sr_standing sr_policy_standing(const struct sr_state *s, const struct sr_request *request,
                                      const struct sr_moment *moment);

/*
 * The rule that decides about an act, NULL when there is none: by what its subject is in the state,
 * of a DEPOSIT and an ACCEPT that brings a version in, by what it says itself. act may be a REQUEST
 * for the verb.
 */
const struct sr_policy_rule *sr_policy_rule_of(const struct sr_state *s, enum sr_verb verb,
                                               const struct sr_act *act);

/* Whether a principal could review a request now, and if not, why. */
enum sr_reason sr_policy_may_review(const struct sr_state *s, const struct sr_request *request,
                                    const struct sr_principal *who, const struct sr_moment *moment);

#endif /* SR_POLICY_DECIDE_H */
