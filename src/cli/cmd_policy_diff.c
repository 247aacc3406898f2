/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fields.h"
#include "cli/policy_input.h"
#include "cli/screen.h"
#include "policy/explain.h"

extern const struct sr_command sr_command_policy_diff;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *one = sr_args_positional(args, 0);
    const char *other = sr_args_positional(args, 1);
    SR_AUTO(sr_policy) a = NULL;
    SR_AUTO(sr_policy) b = NULL;
    SR_AUTO(sr_buf) text = NULL;
    /* One name: what the room has now, against it. */
    SR_TRY(sr_policy_input(cli, other == NULL ? NULL : one, &a, err));
    SR_TRY(sr_policy_input(cli, other == NULL ? one : other, &b, err));
    SR_TRY(sr_buf_new((size_t)1 << 20, &text));
    SR_TRY(sr_explain_diff(a, b, text));
    if (!cli->is_json) {
        sr_screen_lines(sr_buf_view(text), 0);
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_hex(&cli->json, "from", sr_bytes(a->digest, sizeof a->digest)));
    SR_TRY(sr_fields_hex(&cli->json, "to", sr_bytes(b->digest, sizeof b->digest)));
    SR_TRY(sr_fields_bytes(&cli->json, "text", sr_buf_view(text)));
    return sr_json_close_object(&cli->json);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "A",
     .help = "a file, or the name of a built-in policy",
     .completes = SR_COMPLETES_FILE},
    {.name = "B",
     .help = "the same; without it, A is compared with what is in force",
     .completes = SR_COMPLETES_FILE,
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom policy diff lab.policy", "what would change if it came into force"},
    {"strongroom policy diff tier-3 tier-4", "what the next tier demands"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CORRUPT,
                                          SR_BUSY,      SR_NO_MEMORY, SR_OK};
static const struct sr_field FIELDS[] = {
    {"from", "string", "digest of the one policy"},
    {"to", "string", "digest of the other"},
    {"text", "string", "one difference a line"},
    {.name = NULL},
};

const struct sr_command sr_command_policy_diff = {
    .name = "policy diff",
    .group = "Policy",
    .synopsis = "A [B]",
    .summary = "show whose power grows or shrinks between two policies",
    .description = "Not the lines that differ, but what they mean: for every verb, class of "
                   "versions and role, who may do more and who may do less.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
