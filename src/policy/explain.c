/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include <string.h>

#include "policy/decide_impl.h"
#include "policy/say.h"

/* ---- The steps of the decision. */

static enum sr_status say_steps(struct sr_ask *ask, const struct sr_ask_plan *plan,
                                enum sr_reason *reason, struct sr_buf *out)
{
    for (size_t i = 0; i < plan->count && *reason == SR_REASON_NONE; i++) {
        *reason = plan->steps[i].look(ask);
        if (*reason == SR_REASON_NONE) {
            SR_TRY(sr_say(out, "ok: %s\n", plan->steps[i].what));
        } else {
            SR_TRY(sr_say(out, "no: %s: %s%s%s\n", plan->steps[i].what, sr_reason_text(*reason),
                          ask->detail[0] == '\0' ? "" : ": ", ask->detail));
        }
    }
    return SR_OK;
}

static enum sr_status say_rule(const struct sr_policy *policy, const struct sr_policy_rule *rule,
                               struct sr_buf *out)
{
    SR_TRY(sr_say(out, "rule '%s', line %u: ", rule->name, rule->line));
    SR_TRY(sr_policy_rule_describe(policy, rule, out));
    SR_TRY(sr_say(out, "\n"));
    if (rule->controls == 0) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "checked against:"));
    for (size_t i = 0; i < rule->controls; i++) {
        SR_TRY(sr_say(out, " %.*s", (int)rule->control[i].len, (const char *)rule->control[i].ptr));
    }
    return sr_say(out, "\n");
}

/* ---- The request. */

static enum sr_status say_standing(const struct sr_ask *ask, const struct sr_request *request,
                                   struct sr_buf *out)
{
    struct sr_standing standing = sr_policy_standing(ask->s, request, ask->moment);
    return sr_say(out, "the request is %s%s%s\n", sr_request_state_word(standing.state),
                  standing.detail[0] == '\0' ? "" : ": ", standing.detail);
}

static enum sr_status say_reviews(const struct sr_ask *ask, const struct sr_request *request,
                                  struct sr_buf *out)
{
    for (size_t i = 0; i < request->reviews; i++) {
        const struct sr_review *r = &request->review[i];
        bool does_count = ask->rule != NULL && sr_ask_counts(ask->s, request, ask->rule, r,
                                                             ask->moment->now_utc_ms, false);
        const char *note = !r->approves || does_count ? ""
                           : r->is_withdrawn          ? ", withdrawn"
                                                      : ", which does not count now";
        SR_TRY(sr_say(out, "%s by %s%s\n", r->approves ? "approved" : "denied", r->reviewer, note));
    }
    return SR_OK;
}

/* Whether somebody could approve what is asked, which may not be a request yet. */
static bool could_approve(const struct sr_ask *ask, const struct sr_principal *p)
{
    if (ask->request != NULL) {
        return sr_policy_may_review(ask->s, ask->request, p, ask->moment) == SR_REASON_NONE &&
               !sr_ask_has_approved(ask->s, ask->request, p->person);
    }
    const char *person = ask->actor == NULL ? "" : ask->actor->person;
    return sr_ask_could_review(ask->s, person, ask->act, ask->verb, ask->rule, p,
                               ask->moment->now_utc_ms);
}

static enum sr_status say_approvers(const struct sr_ask *ask, const char *heading,
                                    struct sr_buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < sr_state_principal_count(ask->s); i++) {
        const struct sr_principal *p = sr_state_principal_at(ask->s, i);
        if (could_approve(ask, p)) {
            SR_TRY(sr_say(out, "%s%s", count == 0 ? heading : ", ", p->name));
            count++;
        }
    }
    return sr_say(out, count == 0 ? "%snobody\n" : "\n", heading);
}

static enum sr_status say_people(struct sr_ask *ask, struct sr_buf *out)
{
    const struct sr_request *request = ask->request;
    if (request != NULL) {
        ask->verb = sr_ask_what(request);
        ask->rule = sr_policy_rule_of(ask->s, ask->verb, sr_act_text_view(request->act));
        SR_TRY(say_standing(ask, request, out));
        SR_TRY(say_reviews(ask, request, out));
    }
    if (ask->rule == NULL || ask->rule->forbids || ask->rule->needs == 0) {
        return SR_OK;
    }
    if (!ask->is_break_glass) {
        return say_approvers(ask, "could approve: ", out);
    }
    /* Nobody reviews a break-glass: those whom the rule would have asked are passed over. */
    ask->request = NULL;
    return say_approvers(ask, "passed over: ", out);
}

enum sr_status sr_explain_act(const struct sr_state *s, const struct sr_state_event *event,
                              const struct sr_moment *moment, struct sr_buf *out)
{
    struct sr_ask ask;
    struct sr_ask_plan plans[SR_ASK_PLANS_MAX];
    enum sr_reason reason = SR_REASON_NONE;
    if ((unsigned)event->act->verb >= SR_VERB_COUNT) {
        return sr_say(out, "no: there is no such verb\n");
    }
    sr_ask_init(&ask, s, event, moment);
    sr_ask_plans(&ask, plans);
    for (size_t i = 0; i < SR_ASK_PLANS_MAX; i++) {
        SR_TRY(say_steps(&ask, &plans[i], &reason, out));
    }
    if (ask.rule != NULL) {
        SR_TRY(say_rule(ask.policy, ask.rule, out));
    }
    if (sr_state_has_room(s)) {
        SR_TRY(say_people(&ask, out));
    }
    if (reason == SR_REASON_NONE) {
        return sr_say(out, "so: allowed\n");
    }
    return sr_say(out, "so: %s: %s\n",
                  sr_reason_status(reason) == SR_PENDING ? "pending" : "refused",
                  sr_reason_text(reason));
}
