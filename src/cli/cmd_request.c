/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/fields.h"
#include "cli/propose.h"
#include "cli/request_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/terms.h"
#include "cli/view.h"

extern const struct sr_command sr_command_request;

static enum sr_status parse_verb(const char *word, enum sr_verb *out, struct sr_err *err)
{
    if (!sr_verb_from_word(sr_text_view(word), out) || !sr_verb_releases(*out)) {
        return sr_fail(err, SR_USAGE,
                       "a request is to 'use', 'read' or 'export' a version; changes of people and "
                       "policy are asked for by 'strongroom principal' and 'strongroom policy'");
    }
    return SR_OK;
}

static enum sr_status report(struct sr_cli *cli, struct sr_room *room,
                             const uint8_t digest[SR_SHA256_BYTES], struct sr_err *err)
{
    const struct sr_state *state = NULL;
    struct sr_moment moment = {0};
    SR_TRY(sr_custody_state(room, &state, err));
    SR_TRY(sr_custody_moment(room, &moment, err));
    const struct sr_request *request = sr_state_request(state, digest);
    if (request == NULL) {
        return sr_fail(err, SR_INTERNAL, "the request is not in the state");
    }
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_request_view_put(&cli->json, state, request, &moment));
        SR_TRY(sr_json_close_object(&cli->json));
    } else {
        SR_TRY(sr_request_view_page(cli, state, request, NULL, &moment, err));
    }
    char id[SR_REQUEST_VIEW_ID_BYTES];
    sr_request_view_id(digest, id);
    struct sr_standing standing = sr_policy_standing(state, request, &moment);
    if (standing.state == SR_REQUEST_GRANTED) {
        return SR_OK;
    }
    cli->has_result = true;
    return sr_fail(err, SR_PENDING,
                   "request %s is made and is %s; 'strongroom request wait %s' waits for it", id,
                   sr_request_state_word(standing.state), id);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    struct sr_catalog_version version;
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_act act = {0};
    SR_TRY(parse_verb(sr_args_positional(args, 0), &act.verb, err));
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_view_resolve(room, sr_args_positional(args, 1), &version, err));
    SR_TRY(sr_identity_open(cli, args, room, true, &identity, err));
    sr_custody_about(&act, &version);
    SR_TRY(sr_propose_request(room, &identity, args, &act, version.digest, digest, err));
    return report(cli, room, digest, err);
}

static const struct sr_option OPTIONS[] = {
    SR_TERMS_OPTIONS,
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "VERB", .help = "'use', 'read' or 'export'"},
    {.name = "REF", .help = "the version: 'llama', 'llama@3'", .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom request use llama@1 --for 8h --why 'launch' --host rack7",
     "ask to mount a version on one machine for a working day"},
    {"strongroom request export llama@1 --why 'hand to the evaluators' --ticket EVAL-12",
     "ask for a plain copy"},
    {"strongroom request use llama@1 --for 30m --why 'outage' --break-glass",
     "take it at once; a review is due afterwards"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REQUEST_VIEW_FIELDS(""),
    {.name = NULL},
};

const struct sr_command sr_command_request = {
    .name = "request",
    .group = "Requests",
    .synopsis = "VERB REF " SR_TERMS_SYNOPSIS " " SR_IDENTITY_SYNOPSIS,
    .summary = "ask to use, read or export a version",
    .description =
        "The request is signed with your key and says all of it: what, which version by its "
        "digest, on which machine, how many bytes, for how long and why. Approvers sign exactly "
        "that; to change anything is to make another request.\n\n"
        "The exit status is 22 while approvals are missing and 0 once it is granted, which may be "
        "at once where policy needs nobody else.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom request wait REQUEST' waits for the approvals.",
    .run = run,
};
