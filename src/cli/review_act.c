/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_act.h"

#include <string.h>

#include "cli/fields.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/session.h"

/* A room, who acts in it, and the request. */
struct sitting {
    struct sr_room *room;
    struct sr_identity identity;
    const struct sr_state *state;
    const struct sr_request *request;
    struct sr_moment moment;
};

static void sitting_clear(struct sitting *s)
{
    sr_identity_clear(&s->identity);
    sr_room_free(s->room);
}

static enum sr_status look(struct sitting *s, const char *text, struct sr_err *err)
{
    SR_TRY(sr_custody_state(s->room, &s->state, err));
    SR_TRY(sr_custody_moment(s->room, &s->moment, err));
    return sr_request_view_find(s->state, text, &s->request, err);
}

static enum sr_status report(struct sr_cli *cli, const struct sitting *s,
                             const struct sr_custody_result *result, const char *done)
{
    struct sr_standing standing = sr_policy_standing(s->state, s->request, &s->moment);
    const char *state = sr_request_state_word(standing.state);
    if (cli->is_json) {
        struct sr_json_writer *w = &cli->json;
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_hex(w, "act", sr_bytes(result->digest, SR_SHA256_BYTES)));
        SR_TRY(sr_fields_hex(w, "request", sr_bytes(s->request->digest, SR_SHA256_BYTES)));
        SR_TRY(sr_fields_text(w, "state", state));
        return sr_json_close_object(w);
    }
    sr_screen_line("%s as '%s'; the request is %s now%s%s", done, s->identity.name, state,
                   standing.detail[0] == '\0' ? "" : ": ", standing.detail);
    return SR_OK;
}

enum sr_status sr_review_act(struct sr_cli *cli, const struct sr_args *args, enum sr_verb verb,
                             const char *done, struct sr_err *err)
{
    const char *text = sr_args_positional(args, 0);
    const char *why = sr_args_value(args, "why");
    const char *outcome = sr_args_value(args, "outcome");
    SR_CLEANUP(sitting_clear) struct sitting s = {0};
    struct sr_custody_result result = {0};
    struct sr_act act = {.verb = verb};
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_session_open(cli, &s.room, err));
    SR_TRY(sr_identity_open(cli, args, s.room, true, &s.identity, err));
    SR_TRY(look(&s, text, err));
    const struct sr_principal *who = sr_state_principal(s.state, sr_text_view(s.identity.name));
    if (!cli->is_json) {
        SR_TRY(sr_request_view_page(cli, s.state, s.request, who, &s.moment, err));
    }
    /* Not the digest that the state has: that of the bytes that were shown. */
    SR_TRY(sr_sha256_once(sr_act_text_statement(s.request->act), digest));
    sr_act_set_digest(&act, SR_FIELD_request, digest);
    if (why != NULL) {
        sr_act_set_word(&act, SR_FIELD_reason, why);
    }
    if (outcome != NULL) {
        sr_act_set_word(&act, SR_FIELD_outcome, outcome);
    }
    SR_TRY(sr_custody_do(s.room, &s.identity.as, &act, NULL, NULL, &result, err));
    SR_TRY(look(&s, text, err));
    return report(cli, &s, &result, done);
}
