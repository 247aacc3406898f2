/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "policy/decide_impl.h"

/* Handing over: docs/decision.md, D-19; docs/handoff.md. */

static bool has_digest(const struct sr_act *act, enum sr_act_field field, const uint8_t *digest)
{
    return sr_act_has(act, field) && memcmp(act->field[field].digest, digest, SR_SHA256_BYTES) == 0;
}

/* The next of the version's chain, and joined to the last. */
static enum sr_reason look_at_chain(struct sr_ask *ask)
{
    const struct sr_state_version *v = ask->version;
    if (v->is_disposed) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "%s is disposed of", v->name);
    }
    if (sr_ask_number(ask->act, SR_FIELD_event) != v->event + 1) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_FORK, "event %" PRIu64 " is next of %s",
                         v->event + 1, v->name);
    }
    bool is_joined = v->event == 0 ? !sr_act_has(ask->act, SR_FIELD_previous)
                                   : has_digest(ask->act, SR_FIELD_previous, v->event_digest);
    return is_joined ? SR_REASON_NONE
                     : sr_ask_no(ask, SR_REASON_HANDOFF_FORK,
                                 "previous is not the last event of %s", v->name);
}

static bool has_open_offer(const struct sr_ask *ask)
{
    return ask->version->has_offer && ask->moment->now_utc_ms < ask->version->offer_until_utc_ms;
}

static enum sr_reason look_at_offer(struct sr_ask *ask)
{
    const struct sr_state_version *v = ask->version;
    if (v->custodian != NULL) {
        return sr_ask_no(ask, SR_REASON_WRONG_CUSTODIAN, "it is %s", v->custodian);
    }
    if (sr_ask_number(ask->act, SR_FIELD_tier) != v->tier ||
        !sr_text_equal(sr_ask_text(ask->act, SR_FIELD_kind), sr_text_view(v->kind))) {
        return sr_ask_no(ask, SR_REASON_ALTERED_SUBJECT, "tier or kind of %s", v->name);
    }
    if (sr_state_handoff(ask->s, &ask->act->field[SR_FIELD_handoff].id) != NULL) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "there is a handoff of that name");
    }
    if (has_open_offer(ask)) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "%s is on offer already", v->name);
    }
    return (uint64_t)ask->moment->now_utc_ms < sr_ask_number(ask->act, SR_FIELD_until)
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_CLOCK, "the offer ends before it begins");
}

/* The handoff that is answered is there, of this version, on this offer, and as far as it must be.
 */
static enum sr_reason look_at_answered(struct sr_ask *ask, const struct sr_state_handoff *h,
                                       enum sr_handoff_phase phase)
{
    bool is_it = h != NULL && sr_text_id_equal(&h->version, &ask->version->id) &&
                 has_digest(ask->act, SR_FIELD_offer, h->offer);
    if (!is_it) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "there is no such offer of %s",
                         ask->version->name);
    }
    return h->phase == phase ? SR_REASON_NONE
                             : sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "it was answered already");
}

static enum sr_reason look_at_answer(struct sr_ask *ask, const struct sr_state_handoff *h)
{
    enum sr_reason reason = look_at_answered(ask, h, SR_HANDOFF_OFFERED);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    /* That it was answered in time is for the answer to show, whenever it arrives; once there is
     * another offer, it is too late. */
    if (h->event != ask->version->event) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "there is a later offer");
    }
    /* An offer is only made by the custodian, and nothing but an answer takes that away. */
    return ask->version->custodian == NULL ? SR_REASON_NONE : SR_REASON_WRONG_CUSTODIAN;
}

static enum sr_reason look_at_return(struct sr_ask *ask, const struct sr_state_handoff *h)
{
    enum sr_reason reason = look_at_answered(ask, h, SR_HANDOFF_ACCEPTED);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    const char *custodian = ask->version->custodian;
    bool is_it =
        h->is_incoming ? custodian == NULL : custodian != NULL && strcmp(custodian, h->to) == 0;
    if (!is_it) {
        return SR_REASON_WRONG_CUSTODIAN;
    }
    return has_open_offer(ask)
               ? sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "%s is on offer", ask->version->name)
               : SR_REASON_NONE;
}

static enum sr_reason look_at_disposal(struct sr_ask *ask)
{
    if (ask->version->custodian != NULL) {
        return sr_ask_no(ask, SR_REASON_WRONG_CUSTODIAN, "it is %s", ask->version->custodian);
    }
    return has_open_offer(ask)
               ? sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "%s is on offer", ask->version->name)
               : SR_REASON_NONE;
}

static enum sr_reason look_at_offer_of_others(struct sr_ask *ask)
{
    const struct sr_act *act = ask->act;
    return sr_ask_number(act, SR_FIELD_event) < 2 || !sr_act_has(act, SR_FIELD_offer) ||
                   !has_digest(act, SR_FIELD_previous, act->field[SR_FIELD_offer].digest)
               ? sr_ask_no(ask, SR_REASON_HANDOFF_FORK, "previous is not the offer")
               : SR_REASON_NONE;
}

/* A version of another room comes in: its tier, kind and inspection as of a deposit. */
static enum sr_reason look_at_incoming(struct sr_ask *ask)
{
    const struct sr_act *act = ask->act;
    uint64_t tier = sr_ask_number(act, SR_FIELD_tier);
    if (!sr_act_has(act, SR_FIELD_from) || !sr_act_has(act, SR_FIELD_kind) || tier < 1 ||
        tier > 5 || sr_ask_number(act, SR_FIELD_files) == 0 || !sr_act_has(act, SR_FIELD_verdict)) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "from, tier, kind, files or verdict");
    }
    enum sr_reason reason = look_at_offer_of_others(ask);
    return reason == SR_REASON_NONE ? sr_ask_inspected(ask) : reason;
}

enum sr_reason sr_ask_handoff(struct sr_ask *ask)
{
    const struct sr_state_handoff *h =
        sr_state_handoff(ask->s, &ask->act->field[SR_FIELD_handoff].id);
    if (ask->version == NULL) { /* sr_ask_subject() lets only accept and reject through */
        return ask->verb == SR_VERB_REJECT ? look_at_offer_of_others(ask) : look_at_incoming(ask);
    }
    enum sr_reason reason = look_at_chain(ask);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    if (ask->verb == SR_VERB_OFFER) {
        return look_at_offer(ask);
    }
    if (ask->verb == SR_VERB_RETURN) {
        return look_at_return(ask, h);
    }
    return ask->verb == SR_VERB_DISPOSE ? look_at_disposal(ask) : look_at_answer(ask, h);
}
