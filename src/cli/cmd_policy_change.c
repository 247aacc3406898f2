/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "cli/input.h"
#include "cli/policy_input.h"
#include "cli/propose.h"
#include "cli/session.h"
#include "cli/terms.h"
#include "policy/test_file.h"

extern const struct sr_command sr_command_policy_change;

static enum sr_status load(const char *path, struct sr_buf *text, struct sr_policy **out,
                           struct sr_err *err)
{
    SR_TRY(sr_input_file(path, text, err));
    enum sr_status status = sr_policy_parse(sr_buf_view(text), out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", path);
}

/* A change that breaks the cases that are kept beside the policy is not proposed. */
static enum sr_status run_cases(const struct sr_args *args, const struct sr_policy *policy,
                                struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_test_summary summary = {0};
    char path[PATH_MAX];
    bool is_there = false;
    SR_TRY(sr_policy_input_cases(args, sr_args_positional(args, 0), path, &is_there, err));
    if (!is_there) {
        return SR_OK;
    }
    SR_TRY(sr_buf_new(SR_TEST_FILE_BYTES_MAX, &text));
    SR_TRY(sr_input_file(path, text, err));
    enum sr_status status = sr_test_file_run(policy, sr_buf_view(text), NULL, NULL, &summary, err);
    if (status != SR_OK) {
        return sr_context(err, status, "'%s'", path);
    }
    return summary.wrong == 0
               ? SR_OK
               : sr_fail(err, SR_REFUSED,
                         "%zu of %zu cases of '%s' are wrong under the new policy; 'strongroom "
                         "policy test' shows which",
                         summary.wrong, summary.cases, path);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_policy) policy = NULL;
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    struct sr_proposed proposed = {0};
    struct sr_act act = {.verb = SR_VERB_POLICY};
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_POLICY_BYTES_MAX, &text));
    SR_TRY(load(sr_args_positional(args, 0), text, &policy, err));
    SR_TRY(run_cases(args, policy, err));
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    SR_TRY(sr_custody_put_text(room, sr_buf_view(text), digest, err));
    sr_act_set_digest(&act, SR_FIELD_policy, digest);
    SR_TRY(sr_propose(room, &identity, args, &act, digest, &proposed, err));
    return sr_propose_report(cli, &proposed, "the policy is in force", err);
}

static const struct sr_option OPTIONS[] = {
    SR_POLICY_CASES_OPTION,
    SR_PRINCIPAL_TERMS_OPTIONS,
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FILE", .help = "the new policy", .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom policy change lab.policy --why 'shorter grants'",
     "propose it; the quorum of the policy in force decides"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_REFUSED, SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_PROPOSE_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_policy_change = {
    .name = "policy change",
    .group = "Policy",
    .synopsis = "FILE [--cases FILE] [--why TEXT] [--ticket TEXT] " SR_IDENTITY_SYNOPSIS,
    .summary = "put another policy into force, or ask for it",
    .description =
        "The cases that are kept beside the file, under its name with '.cases' at the end, have to "
        "be right first. "
        "A policy is changed under the policy that it replaces: where that demands others, this "
        "makes a request, and 'strongroom request perform' changes the policy once it is approved. "
        "A policy under which nobody could change it again is refused. Grants are counted anew "
        "under the new policy.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
