/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "custody/submit.h"

extern const struct sr_command sr_command_policy_show;

/* A built-in policy, or the one of the room. *room stays NULL for a built-in one. */
static enum sr_status find(struct sr_cli *cli, const char *name, struct sr_room **room,
                           struct sr_bytes *out, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    if (name != NULL) {
        return sr_policy_builtin(name, out) == SR_OK
                   ? SR_OK
                   : sr_fail(err, SR_NOT_FOUND,
                             "there is no built-in policy '%s'; they are 'local' and 'tier-1' to "
                             "'tier-5'",
                             name);
    }
    SR_TRY(sr_session_open(cli, room, err));
    SR_TRY(sr_custody_state(*room, &state, err));
    *out = sr_state_policy(state)->text;
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    struct sr_bytes text = {0};
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(find(cli, sr_args_positional(args, 0), &room, &text, err));
    SR_TRY(sr_sha256_once(text, digest));
    if (!cli->is_json) {
        sr_screen_lines(text, 0);
        return SR_OK;
    }
    struct sr_json_writer *w = &cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_hex(w, "digest", sr_bytes(digest, sizeof digest)));
    SR_TRY(sr_fields_bytes(w, "text", text));
    return sr_json_close_object(w);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME",
     .help = "a built-in policy: 'local', 'tier-1' to 'tier-5'; without it, that of the room",
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom policy show", "the policy in force"},
    {"strongroom policy show tier-3 > lab.policy", "a beginning for your own"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_NOT_FOUND, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK};
static const struct sr_field FIELDS[] = {
    {"digest", "string", "SHA-256 of the text: its version"},
    {"text", "string", "the policy, as it was written"},
    {.name = NULL},
};

const struct sr_command sr_command_policy_show = {
    .name = "policy show",
    .group = "Policy",
    .synopsis = "[NAME]",
    .summary = "print the policy in force, or a built-in one",
    .description = "The text is printed as it was written, so that it can be edited and proposed.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom policy diff FILE' shows what your changes would mean.",
    .run = run,
};
