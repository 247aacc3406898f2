/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grants.h"

static bool may_be_granted(enum sr_request_state state)
{
    return state == SR_REQUEST_PENDING || state == SR_REQUEST_WAITING;
}

void sr_grants_place(const struct sr_request *request, const char *host, const char *workload,
                     struct sr_act *act)
{
    const struct sr_act *asked = sr_act_text_view(request->act);
    uint64_t may = sr_verb_info(act->verb)->may;
    sr_act_set_digest(act, SR_FIELD_request, request->digest);
    if (host != NULL && sr_act_has(asked, SR_FIELD_host) && (may & SR_FIELD_BIT(host)) != 0) {
        sr_act_set_word(act, SR_FIELD_host, host);
    }
    if (workload != NULL && sr_act_has(asked, SR_FIELD_workload) &&
        (may & SR_FIELD_BIT(workload)) != 0) {
        sr_act_set_word(act, SR_FIELD_workload, workload);
    }
}

struct sr_grants_found sr_grants_find(const struct sr_state *s, const struct sr_act *act,
                                      const char *host, const char *workload,
                                      const struct sr_moment *moment)
{
    struct sr_grants_found found = {0};
    for (size_t i = sr_state_request_count(s); i-- > 0;) {
        const struct sr_request *request = sr_state_request_at(s, i);
        const struct sr_act *asked = sr_act_text_view(request->act);
        struct sr_act placed = *act;
        struct sr_err err = {0};
        sr_grants_place(request, host, workload, &placed);
        if (!sr_text_equal(asked->actor, act->actor) ||
            sr_act_fits_request(&placed, asked, &err) != SR_OK) {
            continue;
        }
        struct sr_standing standing = sr_policy_standing(s, request, moment);
        if (standing.state == SR_REQUEST_GRANTED) {
            found.granted = request;
            found.standing = standing;
            return found;
        }
        if (found.open == NULL && may_be_granted(standing.state)) {
            found.open = request;
            found.standing = standing;
        }
    }
    return found;
}
