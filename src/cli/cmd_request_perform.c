/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/propose.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/session.h"

extern const struct sr_command sr_command_request_perform;

/* The act that a request asks for: all its fields but the terms. */
static enum sr_status act_of(const struct sr_request *request, struct sr_act *out,
                             struct sr_err *err)
{
    const struct sr_act *asked = sr_act_text_view(request->act);
    enum sr_verb verb;
    if (!sr_verb_from_word(asked->field[SR_FIELD_what].text, &verb) || sr_verb_releases(verb)) {
        return sr_fail(err, SR_USAGE,
                       "this request is to hand something out: 'strongroom mount', 'cat' or "
                       "'export' does it, and finds the grant itself");
    }
    if (verb == SR_VERB_DEPOSIT || verb == SR_VERB_ACCEPT || verb == SR_VERB_ROTATE) {
        return sr_fail(err, SR_USAGE,
                       "this request is for 'strongroom %s': the same command does it now",
                       verb == SR_VERB_DEPOSIT  ? "deposit"
                       : verb == SR_VERB_ACCEPT ? "handoff accept"
                                                : "keys rotate");
    }
    *out = (struct sr_act){.verb = verb};
    const struct sr_verb_info *info = sr_verb_info(verb);
    out->has = asked->has & (info->must | info->may);
    memcpy(out->field, asked->field, sizeof out->field);
    sr_act_set_digest(out, SR_FIELD_request, request->digest);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    const struct sr_state *state = NULL;
    const struct sr_request *request = NULL;
    struct sr_custody_result result = {0};
    struct sr_proposed proposed = {.is_done = true};
    struct sr_act act = {0};
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, true, &identity, err));
    SR_TRY(sr_custody_state(room, &state, err));
    SR_TRY(sr_request_view_find(state, sr_args_positional(args, 0), &request, err));
    SR_TRY(act_of(request, &act, err));
    memcpy(digest, sr_act_text_view(request->act)->subjects[0].sha256, sizeof digest);
    SR_TRY(sr_custody_do(room, &identity.as, &act, digest, NULL, &result, err));
    memcpy(proposed.digest, result.digest, sizeof proposed.digest);
    return sr_propose_report(cli, &proposed, "done as it was requested and approved", err);
}

static const struct sr_option OPTIONS[] = {
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REQUEST", .help = "its digest, or the first digits of it"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom request perform 3fa92b1c04de", "change the policy, now that it is approved"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_request_perform = {
    .name = "request perform",
    .group = "Requests",
    .synopsis = "REQUEST " SR_IDENTITY_SYNOPSIS,
    .summary = "do what was requested and approved",
    .description =
        "For requests to change people or policy: the act is made from the request's own "
        "fields, so it is what was approved. Only the requester can do it, once.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
