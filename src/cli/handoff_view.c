/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/handoff_view.h"

#include <inttypes.h>

#include "base/time.h"
#include "cli/args.h"
#include "cli/fields.h"
#include "cli/identity.h"
#include "cli/input.h"
#include "cli/output_file.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"

enum sr_status sr_handoff_view_card(const char *path, struct sr_buf **out, struct sr_err *err)
{
    SR_TRY(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, out));
    return sr_input_file(path, *out, err);
}

/* The origin of the room that an act is of, by the chain's cards. */
static const char *origin_of(const struct sr_chain *chain, const struct sr_act *act)
{
    for (size_t i = 0; i < sr_chain_card_count(chain); i++) {
        const struct sr_room_card *card = &sr_chain_card_at(chain, i)->card;
        if (sr_text_id_equal(&card->room, &act->room)) {
            return card->organisation[0] != '\0' ? card->organisation : card->origin;
        }
    }
    return "a room without a card";
}

static enum sr_status put_event(struct sr_json_writer *w, const struct sr_chain *chain,
                                const struct sr_chain_event *e)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "verb", sr_verb_info(e->act->verb)->word));
    SR_TRY(sr_fields_u64(w, "event", e->act->field[SR_FIELD_event].number));
    SR_TRY(sr_fields_text(w, "room", origin_of(chain, e->act)));
    SR_TRY(sr_fields_bytes(w, "actor", e->act->actor));
    SR_TRY(sr_fields_time(w, "time", e->act->time_utc_ms));
    SR_TRY(sr_fields_bytes(w, "subject", e->act->subjects[0].name));
    SR_TRY(sr_fields_hex(w, "act", sr_bytes(e->digest, SR_SHA256_BYTES)));
    SR_TRY(sr_fields_text(w, "key", e->keyid));
    return sr_json_close_object(w);
}

static enum sr_status put_chain(struct sr_json_writer *w, const struct sr_chain *chain,
                                const struct sr_chain_verdict *v)
{
    bool is_broken = v->state == SR_CHAIN_BROKEN;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "state", sr_chain_state_word(v->state)));
    SR_TRY(sr_fields_bool(w, "anchored", v->is_anchored));
    SR_TRY(v->custodian != NULL ? sr_fields_text(w, "custodian", v->custodian->card.origin)
                                : sr_fields_null(w, "custodian"));
    SR_TRY(is_broken ? sr_fields_text(w, "reason", v->reason) : sr_fields_null(w, "reason"));
    SR_TRY(is_broken ? sr_fields_u64(w, "at", v->at) : sr_fields_null(w, "at"));
    SR_TRY(sr_fields_array(w, "events"));
    for (size_t i = 0; i < sr_chain_event_count(chain); i++) {
        SR_TRY(put_event(w, chain, sr_chain_event_at(chain, i)));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

/* The giver's own record of what the other room has answered. */
static bool is_record(const struct sr_act *act)
{
    return act->verb != SR_VERB_OFFER && sr_act_has(act, SR_FIELD_results) &&
           !(act->verb == SR_VERB_ACCEPT && sr_act_has(act, SR_FIELD_from));
}

static void draw_event(const struct sr_chain *chain, const struct sr_chain_event *e, bool is_bad)
{
    char when[SR_TIME_TEXT_BYTES];
    struct sr_bytes name = e->act->subjects[0].name;
    sr_time_format(e->act->time_utc_ms, when);
    sr_screen_line("%s %" PRIu64 "  %s%s %s", is_bad ? "x" : "o",
                   e->act->field[SR_FIELD_event].number, sr_verb_info(e->act->verb)->word,
                   is_record(e->act) ? ", recorded by" : " by", origin_of(chain, e->act));
    sr_screen_line("|      %.*s by %.*s, %s", (int)name.len, (const char *)name.ptr,
                   (int)e->act->actor.len, (const char *)e->act->actor.ptr, when);
    if (e->act->verb == SR_VERB_OFFER) {
        struct sr_bytes to = e->act->field[SR_FIELD_to].text;
        sr_screen_line("|      to %.*s", (int)to.len, (const char *)to.ptr);
    }
}

static void draw(const struct sr_chain *chain, const struct sr_chain_verdict *v)
{
    bool is_broken = v->state == SR_CHAIN_BROKEN;
    for (size_t i = 0; i < sr_chain_event_count(chain); i++) {
        draw_event(chain, sr_chain_event_at(chain, i), is_broken && i == v->at);
    }
    if (is_broken) {
        sr_screen_line("broken(event %zu: %s)", v->at, v->reason);
        return;
    }
    sr_screen_line("%s", sr_chain_state_word(v->state));
    if (v->custodian != NULL) {
        sr_screen_line("custodian of record: %s", v->custodian->card.origin);
    }
}

enum sr_status sr_handoff_view_chain(struct sr_cli *cli, const struct sr_chain *chain,
                                     const uint8_t *known, size_t known_count,
                                     struct sr_chain_verdict *out_verdict, struct sr_err *err)
{
    SR_TRY(sr_chain_verify(chain, known, known_count, out_verdict, err));
    if (cli->is_json) {
        return put_chain(&cli->json, chain, out_verdict);
    }
    draw(chain, out_verdict);
    return SR_OK;
}

enum sr_status sr_handoff_view_answer(struct sr_cli *cli,
                                      const struct sr_handoff_answer_result *result,
                                      const struct sr_buf *chain, const char *path,
                                      struct sr_err *err)
{
    char ref[SR_VIEW_REF_BYTES];
    const char *word = sr_verb_info(result->verb)->word;
    sr_view_ref(&result->version, ref);
    if (path != NULL) {
        SR_TRY(sr_output_file_write(path, sr_buf_view(chain), err));
    }
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "ref", ref));
        SR_TRY(sr_fields_hex(&cli->json, "handoff", sr_bytes(result->handoff.bytes, SR_ID_BYTES)));
        SR_TRY(sr_fields_text(&cli->json, "verb", word));
        SR_TRY(path != NULL ? sr_fields_text(&cli->json, "chain", path)
                            : sr_fields_null(&cli->json, "chain"));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("%s: %s is recorded", ref, word);
    if (path != NULL) {
        sr_screen_line("the custody chain is in %s; send it to the other room", path);
    }
    return SR_OK;
}

enum sr_status sr_handoff_view_do(struct sr_cli *cli, const struct sr_args *args,
                                  enum sr_status (*make)(struct sr_room *r, const char *ref,
                                                         const char *text, struct sr_buf *chain,
                                                         struct sr_handoff_answer_result *out,
                                                         struct sr_err *err),
                                  const char *option, struct sr_err *err)
{
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) chain = NULL;
    struct sr_handoff_answer_result result = {0};
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    identity.as.asks = true;
    sr_room_act_as(room, &identity.as);
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &chain));
    SR_TRY(
        make(room, sr_args_positional(args, 0), sr_args_value(args, option), chain, &result, err));
    return sr_handoff_view_answer(cli, &result, chain, sr_args_value(args, "out"), err);
}
