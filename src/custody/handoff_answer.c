/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "custody/handoff_impl.h"
#include "custody/own_chain.h"
#include "custody/query.h"
#include "custody/room_impl.h"

/* ---- The giver: what the other room has said. */

struct hearing {
    struct sr_room *room;
    struct sr_chain *chain;
    struct sr_chain_verdict verdict;
    struct sr_catalog_version version;
    struct sr_id handoff;
    uint8_t offer[SR_SHA256_BYTES];
};

static void hearing_clear(struct hearing *h)
{
    sr_chain_free(h->chain);
}

/*
 * The chain is only as good as what it rests on: an offer that this room has made, which names the
 * receiver's card by its digest.
 */
static enum sr_status find_offer(struct hearing *h, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(h->room, &state, err));
    if (h->verdict.offer == NULL) {
        return sr_fail(err, SR_UNTRUSTED, "the chain has no offer of this room");
    }
    const struct sr_act *offer = h->verdict.offer->act;
    const struct sr_state_handoff *handoff =
        sr_state_handoff(state, &offer->field[SR_FIELD_handoff].id);
    if (handoff == NULL || handoff->is_incoming ||
        memcmp(handoff->offer, h->verdict.offer->digest, SR_SHA256_BYTES) != 0) {
        return sr_fail(err, SR_UNTRUSTED, "the chain's last offer is none that this room has made");
    }
    h->handoff = handoff->id;
    memcpy(h->offer, handoff->offer, sizeof h->offer);
    return sr_catalog_version_by_id(h->room->catalog, &handoff->version, &h->version, err);
}

/* The other room's event of a verb that is to this offer. */
static const struct sr_chain_event *find_event(const struct hearing *h, enum sr_verb verb)
{
    for (size_t i = 0; i < sr_chain_event_count(h->chain); i++) {
        const struct sr_chain_event *e = sr_chain_event_at(h->chain, i);
        if (e->act->verb == verb && !sr_text_id_equal(&e->act->room, &h->room->facts.id) &&
            sr_act_has(e->act, SR_FIELD_offer) &&
            memcmp(e->act->field[SR_FIELD_offer].digest, h->offer, SR_SHA256_BYTES) == 0) {
            return e;
        }
    }
    return NULL;
}

static enum sr_status record(struct hearing *h, enum sr_verb verb, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_act act = {.verb = verb};
    uint8_t results[SR_SHA256_BYTES];
    uint64_t event = 0;
    const struct sr_chain_event *answer = find_event(h, verb);
    if (answer == NULL) {
        return sr_fail(err, SR_UNTRUSTED, "the chain has no answer to this room's offer");
    }
    SR_TRY(sr_buf_new(SR_CATALOG_TEXT_BYTES_MAX, &text));
    enum sr_status status = sr_chain_encode_event(&answer->part, text);
    if (status != SR_OK) {
        return sr_fail(err, status, "the answer is too long");
    }
    SR_TRY(sr_custody_put_text(h->room, sr_buf_view(text), results, err));
    SR_TRY(sr_handoff_begin(h->room, &h->version, &h->handoff, &act, &event, err));
    sr_act_set_digest(&act, SR_FIELD_offer, h->offer);
    sr_act_set_digest(&act, SR_FIELD_results, results);
    return sr_custody_do(h->room, NULL, &act, h->version.digest, NULL, NULL, err);
}

static enum sr_status phase_of(const struct hearing *h, enum sr_handoff_phase *out,
                               struct sr_err *err)
{
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(h->room, &state, err));
    const struct sr_state_handoff *handoff = sr_state_handoff(state, &h->handoff);
    if (handoff == NULL) {
        return sr_fail(err, SR_INTERNAL, "the handoff is gone");
    }
    *out = handoff->phase;
    return SR_OK;
}

static enum sr_status record_all(struct hearing *h, enum sr_verb *out_verb, struct sr_err *err)
{
    enum sr_handoff_phase phase;
    enum sr_chain_state state = h->verdict.state;
    SR_TRY(phase_of(h, &phase, err));
    bool is_new = phase == SR_HANDOFF_OFFERED;
    if (state == SR_CHAIN_OFFERED) {
        return sr_fail(err, SR_CONFLICT, "the offer has not been answered yet");
    }
    if (is_new) {
        *out_verb = state == SR_CHAIN_REFUSED ? SR_VERB_REJECT : SR_VERB_ACCEPT;
        SR_TRY(record(h, *out_verb, err));
    }
    if (state == SR_CHAIN_RETURNED && phase != SR_HANDOFF_RETURNED) {
        *out_verb = SR_VERB_RETURN;
        return record(h, SR_VERB_RETURN, err);
    }
    return is_new ? SR_OK : sr_fail(err, SR_CONFLICT, "the answer is recorded already");
}

enum sr_status sr_handoff_answer(struct sr_room *r, struct sr_bytes text,
                                 struct sr_handoff_answer_result *out, struct sr_err *err)
{
    SR_CLEANUP(hearing_clear) struct hearing h = {.room = r};
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_chain_decode(text, &h.chain, err));
    SR_TRY(sr_handoff_verify(h.chain, &h.verdict, err));
    SR_TRY(find_offer(&h, err));
    struct sr_handoff_answer_result result = {
        .version = h.version, .handoff = h.handoff, .from = h.verdict.receiver->card};
    SR_TRY(record_all(&h, &result.verb, err));
    *out = result;
    return SR_OK;
}

/* ---- The holder: back, or gone. */

/* The handoff by which a version came in; false when it did not. */
static enum sr_status find_incoming(struct sr_room *r, const struct sr_id *version,
                                    struct sr_id *handoff, uint8_t offer[SR_SHA256_BYTES],
                                    bool *out, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(r, &state, err));
    *out = false;
    for (size_t i = 0; i < sr_state_handoff_count(state); i++) {
        const struct sr_state_handoff *h = sr_state_handoff_at(state, i);
        if (h->is_incoming && sr_text_id_equal(&h->version, version)) {
            *handoff = h->id;
            memcpy(offer, h->offer, SR_SHA256_BYTES);
            *out = true;
        }
    }
    return SR_OK;
}

static enum sr_status finish(struct sr_room *r, const struct sr_catalog_version *version,
                             const struct sr_act *act, struct sr_buf *chain,
                             struct sr_handoff_answer_result *out, struct sr_err *err)
{
    *out = (struct sr_handoff_answer_result){
        .version = *version, .handoff = act->field[SR_FIELD_handoff].id, .verb = act->verb};
    return chain == NULL ? SR_OK : sr_own_chain(r, &version->id, chain, err);
}

enum sr_status sr_handoff_return(struct sr_room *r, const char *ref, const char *reason,
                                 struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                 struct sr_err *err)
{
    struct sr_catalog_version version;
    struct sr_act act = {.verb = SR_VERB_RETURN};
    struct sr_id handoff;
    uint8_t offer[SR_SHA256_BYTES];
    uint64_t event = 0;
    bool is_found = false;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_query_resolve(r, sr_text_view(ref), &version, err));
    SR_TRY(find_incoming(r, &version.id, &handoff, offer, &is_found, err));
    if (!is_found) {
        return sr_fail(err, SR_CONFLICT, "'%s@%llu' came from no other room", version.name,
                       (unsigned long long)version.number);
    }
    SR_TRY(sr_handoff_begin(r, &version, &handoff, &act, &event, err));
    sr_act_set_digest(&act, SR_FIELD_offer, offer);
    sr_handoff_set(&act, SR_FIELD_reason, reason);
    SR_TRY(sr_custody_do(r, NULL, &act, version.digest, NULL, NULL, err));
    return finish(r, &version, &act, chain, out, err);
}

enum sr_status sr_handoff_dispose(struct sr_room *r, const char *ref, const char *reason,
                                  struct sr_buf *chain, struct sr_handoff_answer_result *out,
                                  struct sr_err *err)
{
    struct sr_catalog_version version;
    struct sr_act act = {.verb = SR_VERB_DISPOSE};
    struct sr_id handoff;
    uint8_t offer[SR_SHA256_BYTES];
    uint64_t event = 0;
    bool is_found = false;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_query_resolve(r, sr_text_view(ref), &version, err));
    SR_TRY(find_incoming(r, &version.id, &handoff, offer, &is_found, err));
    if (!is_found && sr_rand_id(&handoff) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make a random id");
    }
    SR_TRY(sr_handoff_begin(r, &version, &handoff, &act, &event, err));
    if (is_found) {
        sr_act_set_digest(&act, SR_FIELD_offer, offer);
    }
    sr_handoff_set(&act, SR_FIELD_reason, reason);
    SR_TRY(sr_custody_do(r, NULL, &act, version.digest, NULL, NULL, err));
    return finish(r, &version, &act, chain, out, err);
}
