/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/still.h"

#include <stdio.h>

#include "policy/decide_impl.h"

static struct sr_decision ends(enum sr_reason reason, const char *detail)
{
    struct sr_decision d = {.ruling = SR_RULING_DENY, .reason = reason};
    (void)snprintf(d.detail, sizeof d.detail, "%s", detail);
    return d;
}

static struct sr_decision holds(void)
{
    return (struct sr_decision){.ruling = SR_RULING_ALLOW, .reason = SR_REASON_NONE};
}

static uint64_t limit_of(const struct sr_act *asked, enum sr_act_field field)
{
    return sr_act_has(asked, field) ? sr_ask_number(asked, field) : SR_POLICY_NO_LIMIT;
}

struct sr_allowance sr_policy_allowance(const struct sr_request *request)
{
    const struct sr_act *asked = sr_act_text_view(request->act);
    return (struct sr_allowance){.bytes_max = limit_of(asked, SR_FIELD_bytes),
                                 .files_max = limit_of(asked, SR_FIELD_files),
                                 .bytes_used = request->bytes_served,
                                 .files_used = request->files_opened > request->files_served
                                                   ? request->files_opened
                                                   : request->files_served};
}

static struct sr_decision look_at_actor(const struct sr_state *s, const struct sr_serving *serving,
                                        const struct sr_principal *actor)
{
    const struct sr_state_key *key = NULL;
    if (serving->is_room) {
        return holds();
    }
    if (actor == NULL) {
        return ends(SR_REASON_UNKNOWN_ACTOR, "");
    }
    if (!sr_people_is_here(actor)) {
        return ends(SR_REASON_ACTOR_LEFT, actor->name);
    }
    return sr_state_key_owner(s, serving->fingerprint, &key) == actor && key->revoked_utc_ms == 0
               ? holds()
               : ends(SR_REASON_KEY_REVOKED, serving->fingerprint);
}

static struct sr_decision look_at_version(const struct sr_state *s,
                                          const struct sr_serving *serving)
{
    const struct sr_state_version *v = sr_state_version(s, serving->version);
    if (v == NULL || v->is_disposed) {
        return ends(SR_REASON_NO_SUCH_VERSION, v == NULL ? "" : v->name);
    }
    return v->custodian == NULL ? holds() : ends(SR_REASON_WRONG_CUSTODIAN, v->custodian);
}

static struct sr_decision look_at_grant(const struct sr_state *s, const struct sr_request *request,
                                        const struct sr_moment *moment)
{
    struct sr_standing standing = sr_policy_standing(s, request, moment);
    struct sr_allowance a = sr_policy_allowance(request);
    bool is_used_up =
        standing.state == SR_REQUEST_EXHAUSTED && moment->now_utc_ms >= standing.from_utc_ms;
    if (standing.state != SR_REQUEST_GRANTED && !is_used_up) {
        return ends(standing.reason, standing.detail);
    }
    if (a.bytes_used > a.bytes_max || a.files_used > a.files_max) {
        return ends(SR_REASON_GRANT_EXHAUSTED, a.bytes_used > a.bytes_max ? "bytes" : "files");
    }
    return holds();
}

/* What a rule allows without a request. */
static struct sr_decision look_at_rule(const struct sr_state *s, const struct sr_serving *serving,
                                       const struct sr_principal *actor, int64_t now)
{
    struct sr_act act = {.verb = serving->verb, .actor = serving->actor};
    sr_act_set_id(&act, SR_FIELD_version, serving->version);
    const struct sr_policy_rule *rule = sr_policy_rule_of(s, serving->verb, &act);
    if (rule == NULL || rule->forbids) {
        return ends(rule == NULL ? SR_REASON_NO_RULE : SR_REASON_FORBIDDEN,
                    rule == NULL ? "" : rule->name);
    }
    enum sr_reason reason = sr_ask_by(rule, actor);
    if (reason == SR_REASON_NONE && sr_ask_needs_request(rule, serving->verb)) {
        reason = SR_REASON_NEEDS_REQUEST;
    }
    if (reason != SR_REASON_NONE) {
        return ends(reason, rule->name);
    }
    const char *lacks = NULL;
    if (actor != NULL) {
        lacks = sr_ask_rests(s, actor, &act, serving->verb, now);
        lacks = lacks != NULL ? lacks : sr_ask_lacks(actor, rule->attributes, rule->attribute, now);
    }
    return lacks == NULL ? holds() : ends(SR_REASON_ATTRIBUTE_EXPIRED, lacks);
}

struct sr_decision sr_policy_still_holds(const struct sr_state *s, const struct sr_serving *serving,
                                         const struct sr_moment *moment)
{
    const struct sr_principal *actor =
        serving->is_room ? NULL : sr_state_principal(s, serving->actor);
    if (sr_state_policy(s) == NULL) {
        return ends(SR_REASON_OTHER_ROOM, "");
    }
    struct sr_decision d = look_at_actor(s, serving, actor);
    if (d.ruling == SR_RULING_ALLOW) {
        d = look_at_version(s, serving);
    }
    if (d.ruling != SR_RULING_ALLOW) {
        return d;
    }
    if (serving->request == NULL) {
        return look_at_rule(s, serving, actor, moment->now_utc_ms);
    }
    const struct sr_request *request = sr_state_request(s, serving->request);
    return request == NULL ? ends(SR_REASON_NO_SUCH_REQUEST, "")
                           : look_at_grant(s, request, moment);
}
