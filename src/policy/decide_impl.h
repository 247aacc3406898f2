/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_DECIDE_IMPL_H
#define SR_POLICY_DECIDE_IMPL_H

#include "policy/decide.h"
#include "policy/matching.h"
#include "policy/people.h"

/* Shared by decide*.c, state_apply.c and explain*.c only. D-n: docs/decision.md. */

/* What is asked, with what was found out on the way. */
struct sr_ask {
    const struct sr_state *s;
    const struct sr_policy *policy; /* in force; NULL before there is a room */
    const struct sr_state_event *event;
    const struct sr_act *act;
    const struct sr_moment *moment;
    enum sr_verb verb; /* of the act; of a request what it asks for */
    bool is_request;
    bool is_break_glass;
    const struct sr_principal *actor;       /* NULL: the room */
    const struct sr_state_version *version; /* NULL: none, or a new one */
    const struct sr_request *request; /* that an act rests on or is about; NULL: none, or unknown */
    const struct sr_policy_rule *rule;
    char detail[SR_DECISION_DETAIL_BYTES];
};

/* Set the detail, one line without control characters, and return reason. */
enum sr_reason sr_ask_no(struct sr_ask *ask, enum sr_reason reason, const char *fmt, ...)
    SR_PRINTF(3, 4);

/* One thing that is looked at. */
struct sr_ask_step {
    const char *what; /* for people */
    enum sr_reason (*look)(struct sr_ask *ask);
};
/* The reason of the first step that gives one. */
enum sr_reason sr_ask_steps(struct sr_ask *ask, const struct sr_ask_step *steps, size_t count);

struct sr_bytes sr_ask_text(const struct sr_act *act, enum sr_act_field field); /* empty: none */
uint64_t sr_ask_number(const struct sr_act *act, enum sr_act_field field);      /* 0: none */

/* Groups of what is looked at, in order; each with the count of its steps. */
struct sr_ask_plan {
    const struct sr_ask_step *steps;
    size_t count;
};
/* Fill in all but rule and detail. */
void sr_ask_init(struct sr_ask *ask, const struct sr_state *s, const struct sr_state_event *event,
                 const struct sr_moment *moment);
/* What is looked at for an act: at most SR_ASK_PLANS_MAX plans, the rest are empty. */
#define SR_ASK_PLANS_MAX 2
void sr_ask_plans(const struct sr_ask *ask, struct sr_ask_plan out[SR_ASK_PLANS_MAX]);

/* D-6. */
enum sr_reason sr_ask_subject(struct sr_ask *ask);
/* D-7. */
enum sr_reason sr_ask_facts(struct sr_ask *ask);
/* D-19. */
enum sr_reason sr_ask_handoff(struct sr_ask *ask);
/* What may come into custody: what passed inspection, and what somebody answers for. */
enum sr_reason sr_ask_inspected(struct sr_ask *ask);
/* D-20. */
enum sr_reason sr_ask_first(struct sr_ask *ask);
/* D-18. roster: of an init; NULL: the principals of the state. */
enum sr_reason sr_ask_policy(struct sr_ask *ask, const struct sr_policy *policy,
                             const struct sr_act_value *roster);
/* A key that is new: parses in its one spelling, nobody's. */
enum sr_reason sr_ask_new_key(struct sr_ask *ask, struct sr_bytes line,
                              uint8_t out_material[SR_SHA256_BYTES]);
enum sr_reason sr_ask_roles(struct sr_ask *ask, const struct sr_policy *policy,
                            const struct sr_bytes *names, size_t count);

/* D-9. actor NULL: the room. */
enum sr_reason sr_ask_by(const struct sr_policy_rule *rule, const struct sr_principal *actor);
/* D-10: whether a rule allows a verb only on a request. */
bool sr_ask_needs_request(const struct sr_policy_rule *rule, enum sr_verb verb);
/* D-11. */
enum sr_reason sr_ask_conditions(struct sr_ask *ask);
/* D-17. */
enum sr_reason sr_ask_break_glass(struct sr_ask *ask);
/* D-15 to D-17: the verbs of group REVIEW but REQUEST. */
enum sr_reason sr_ask_review(struct sr_ask *ask);
/* D-16: whether somebody may end what is another's. actor NULL: the room. */
bool sr_ask_is_warden(const struct sr_state *s, const struct sr_principal *actor);

/* The first attribute of a list that p lacks at now; NULL: none. */
const char *sr_ask_lacks(const struct sr_principal *p, size_t count,
                         const char (*names)[SR_POLICY_NAME_BYTES], int64_t now_utc_ms);
/*
 * The attribute without which a human's rights rest (D-5); NULL: none. verb and principal: of what
 * is done or reviewed: who attests another person is not asked.
 */
const char *sr_ask_rests(const struct sr_state *s, const struct sr_principal *p,
                         const struct sr_act *act, enum sr_verb verb, int64_t now_utc_ms);

/*
 * D-14: seat everybody whose approval of request counts at now, in the order in which they came.
 * out_since: when it was full, not touched when it is not. ignores_age: also approvals that are too
 * old.
 */
bool sr_ask_quorum(const struct sr_state *s, const struct sr_request *request,
                   const struct sr_policy_rule *rule, int64_t now_utc_ms, bool ignores_age,
                   struct sr_matching *m, int64_t *out_since);
/* When a request is or was granted first, judged at now; false: it is not. */
bool sr_ask_granted(const struct sr_state *s, const struct sr_request *request, int64_t now_utc_ms,
                    int64_t *out_since);
/* D-14, of one review. */
bool sr_ask_counts(const struct sr_state *s, const struct sr_request *request,
                   const struct sr_policy_rule *rule, const struct sr_review *review,
                   int64_t now_utc_ms, bool ignores_age);
/* Whether a person has an approval of request, under the policy in force, that stands. */
bool sr_ask_has_approved(const struct sr_state *s, const struct sr_request *request,
                         const char *person);
/*
 * Whether p could approve an act of a verb that somebody (person) asks for: by who they are. act:
 * the request, or what it is about.
 */
bool sr_ask_could_review(const struct sr_state *s, const char *person, const struct sr_act *act,
                         enum sr_verb verb, const struct sr_policy_rule *rule,
                         const struct sr_principal *p, int64_t now_utc_ms);
bool sr_ask_is_holder(const struct sr_policy *policy, const struct sr_principal *p,
                      enum sr_verb verb);
/* What request asks for. */
enum sr_verb sr_ask_what(const struct sr_request *request);
/* a + b, at most INT64_MAX; both at least 0. */
int64_t sr_ask_add_ms(int64_t a, int64_t b);

#endif /* SR_POLICY_DECIDE_IMPL_H */
