/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/fields.h"
#include "cli/identity.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/terms.h"
#include "cli/view.h"
#include "policy/explain.h"

extern const struct sr_command sr_command_policy_explain;

/* An act that nobody has made, to ask about. */
struct supposition {
    struct sr_act act;
    struct sr_act_name subject;
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_catalog_version version;
    struct sr_state_event event;
    uint8_t digest[SR_SHA256_BYTES];
};

static enum sr_status set_version(struct sr_room *room, const char *ref, struct supposition *s,
                                  struct sr_err *err)
{
    if (ref == NULL) {
        return sr_fail(err, SR_USAGE, "'%s' is about a version: name it",
                       sr_verb_info(s->act.verb)->word);
    }
    SR_TRY(sr_view_resolve(room, ref, &s->version, err));
    sr_custody_about(&s->act, &s->version);
    if (s->act.verb == SR_VERB_USE) {
        sr_act_set_word(&s->act, SR_FIELD_at, "anywhere");
    } else if (s->act.verb == SR_VERB_EXPORT) {
        sr_act_set_word(&s->act, SR_FIELD_to, "anywhere");
    } else if (s->act.verb == SR_VERB_READ) {
        sr_act_set_word(&s->act, SR_FIELD_file, "anything");
    }
    return SR_OK;
}

/* As it would come from the request of somebody, signed with the first of their keys. */
static enum sr_status suppose(struct sr_room *room, const struct sr_state *state,
                              const struct sr_args *args, struct supposition *s, struct sr_err *err)
{
    const char *as = sr_args_value(args, "as");
    const struct sr_principal *who =
        as == NULL ? NULL : sr_state_principal(state, sr_text_view(as));
    if (as != NULL && who == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "nobody of the name '%s' is enrolled", as);
    }
    SR_TRY(sr_custody_draft(room, as == NULL ? sr_room_actor(room) : as, &s->act, s->version.digest,
                            s->subject_name, &s->subject, err));
    s->event = (struct sr_state_event){
        .act = &s->act,
        .digest = s->digest,
        .fingerprint = who == NULL ? sr_act_key_fingerprint(sr_state_room_key(state)) : "",
        .is_room = who == NULL,
        .time_utc_ms = s->act.time_utc_ms,
    };
    for (size_t i = 0; who != NULL && i < who->keys; i++) {
        if (who->key[i].revoked_utc_ms == 0) {
            s->event.fingerprint = sr_act_key_fingerprint(who->key[i].key);
            s->event.proof.is_hardware = sr_act_key_is_hardware(who->key[i].key);
            s->event.proof.has_presence = s->event.proof.is_hardware;
            break;
        }
    }
    return SR_OK;
}

static enum sr_status parse_verb(const char *word, enum sr_verb *out, struct sr_err *err)
{
    if (!sr_verb_from_word(sr_text_view(word), out) || !sr_verb_releases(*out)) {
        return sr_fail(err, SR_USAGE, "'%.40s' is not 'use', 'read' or 'export'", word);
    }
    return SR_OK;
}

static enum sr_status report(struct sr_cli *cli, const struct sr_state *state,
                             const struct supposition *s, const struct sr_moment *moment,
                             struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    (void)err;
    SR_TRY(sr_buf_new((size_t)1 << 20, &text));
    SR_TRY(sr_explain_act(state, &s->event, moment, text));
    struct sr_decision decision = sr_policy_decide(state, &s->event, moment);
    if (!cli->is_json) {
        sr_screen_lines(sr_buf_view(text), 0);
        return SR_OK;
    }
    struct sr_json_writer *w = &cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "ruling",
                          decision.ruling == SR_RULING_ALLOW  ? "allow"
                          : decision.ruling == SR_RULING_DENY ? "deny"
                                                              : "pending"));
    SR_TRY(sr_fields_text(w, "reason", sr_reason_slug(decision.reason)));
    SR_TRY(decision.rule == NULL ? sr_fields_null(w, "rule")
                                 : sr_fields_text(w, "rule", decision.rule->name));
    SR_TRY(sr_fields_bytes(w, "text", sr_buf_view(text)));
    return sr_json_close_object(w);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    const struct sr_state *state = NULL;
    struct sr_moment moment = {0};
    struct supposition s = {0};
    SR_TRY(parse_verb(sr_args_positional(args, 0), &s.act.verb, err));
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(set_version(room, sr_args_positional(args, 1), &s, err));
    if (sr_args_has(args, "request")) {
        enum sr_verb what = s.act.verb;
        s.act = (struct sr_act){.verb = SR_VERB_REQUEST};
        sr_custody_about(&s.act, &s.version);
        sr_act_set_word(&s.act, SR_FIELD_what, sr_verb_info(what)->word);
        SR_TRY(sr_terms_set(args, &s.act, err));
    }
    SR_TRY(sr_custody_state(room, &state, err));
    SR_TRY(suppose(room, state, args, &s, err));
    SR_TRY(sr_custody_moment(room, &moment, err));
    return report(cli, state, &s, &moment, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "as",
     .value = "NAME",
     .help = "suppose that this principal did it; without it, whoever unlocks the room"},
    {.name = "request", .help = "suppose that they asked for it, with the terms that follow"},
    SR_TERMS_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "VERB", .help = "'use', 'read' or 'export'"},
    {.name = "REF", .help = "the version", .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom policy explain export llama@1 --as bob",
     "could bob take a copy, and if not, why not"},
    {"strongroom policy explain use llama@1 --as bob --request --for 8h --why launch",
     "what would become of such a request"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,
                                          SR_CORRUPT,   SR_BUSY,      SR_NO_MEMORY, SR_OK};
static const struct sr_field FIELDS[] = {
    {"ruling", "string", "'allow', 'deny' or 'pending'"},
    {"reason", "string", "one word, from a list that does not change"},
    {"rule", "string or null", "the rule of the policy that decided"},
    {"text", "string", "every step that was looked at"},
    {.name = NULL},
};

const struct sr_command sr_command_policy_explain = {
    .name = "policy explain",
    .group = "Policy",
    .synopsis = "VERB REF [--as NAME] [--request " SR_TERMS_SYNOPSIS "]",
    .summary = "say why something would be allowed or not",
    .description = "Asks the same function that decides, with an act that nobody has made: nothing "
                   "is recorded. The answer names the rule, its line in the policy, what it is "
                   "checked against, and who could still approve.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
