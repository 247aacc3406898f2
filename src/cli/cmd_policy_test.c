/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "cli/fields.h"
#include "cli/input.h"
#include "cli/policy_input.h"
#include "cli/screen.h"
#include "policy/test_file.h"

extern const struct sr_command sr_command_policy_test;

/* What the cases are shown with. */
struct show {
    struct sr_cli *cli;
    enum sr_status status; /* of writing JSON */
};

static const char *ruling_word(enum sr_ruling ruling)
{
    return ruling == SR_RULING_ALLOW ? "allow" : ruling == SR_RULING_DENY ? "deny" : "pending";
}

static enum sr_status put_case(struct sr_json_writer *w, const struct sr_test_case *c)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_u64(w, "line", c->line));
    SR_TRY(sr_fields_bytes(w, "text", c->text));
    SR_TRY(sr_fields_text(w, "ruling", ruling_word(c->ruling)));
    SR_TRY(sr_fields_text(w, "reason", sr_reason_slug(c->reason)));
    SR_TRY(sr_fields_bool(w, "right", c->is_right));
    return sr_json_close_object(w);
}

static void seen(void *ctx, const struct sr_test_case *c)
{
    struct show *show = ctx;
    if (show->cli->is_json) {
        show->status = show->status == SR_OK ? put_case(&show->cli->json, c) : show->status;
        return;
    }
    sr_screen_line("%-5s  line %u: %.*s", c->is_right ? "right" : "WRONG", c->line,
                   (int)c->text.len, (const char *)c->text.ptr);
    if (!c->is_right) {
        sr_screen_line("       it is %s, %s%s%s", ruling_word(c->ruling), sr_reason_slug(c->reason),
                       c->detail[0] == '\0' ? "" : ": ", c->detail);
    }
}

static enum sr_status find_cases(const struct sr_args *args, struct sr_buf *out, struct sr_err *err)
{
    char path[PATH_MAX];
    bool is_there = false;
    SR_TRY(sr_policy_input_cases(args, sr_args_positional(args, 0), path, &is_there, err));
    if (!is_there) {
        return sr_fail(err, SR_NOT_FOUND, "no cases in '%s'; name them with '--cases FILE'", path);
    }
    return sr_input_file(path, out, err);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_policy) policy = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct show show = {.cli = cli};
    struct sr_test_summary summary = {0};
    SR_TRY(sr_policy_input(cli, sr_args_positional(args, 0), &policy, err));
    SR_TRY(sr_buf_new(SR_TEST_FILE_BYTES_MAX, &text));
    SR_TRY(find_cases(args, text, err));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_array(&cli->json, "cases"));
    }
    SR_TRY(sr_test_file_run(policy, sr_buf_view(text), seen, &show, &summary, err));
    SR_TRY(show.status);
    if (cli->is_json) {
        SR_TRY(sr_json_close_array(&cli->json));
        SR_TRY(sr_fields_u64(&cli->json, "wrong", summary.wrong));
        SR_TRY(sr_json_close_object(&cli->json));
    } else {
        sr_screen_line("%zu cases, %zu wrong", summary.cases, summary.wrong);
    }
    cli->has_result = true;
    return summary.wrong == 0 ? SR_OK
                              : sr_fail(err, SR_REFUSED, "%zu of %zu cases are wrong",
                                        summary.wrong, summary.cases);
}

static const struct sr_option OPTIONS[] = {
    SR_POLICY_CASES_OPTION,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "POLICY",
     .help = "a file, or the name of a built-in policy",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom policy test lab.policy", "what lab.cases says has to come of it"},
    {"strongroom policy test tier-3 --cases lab.cases", "would the built-in one do"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_REFUSED,   SR_MALFORMED, SR_TOO_LARGE,
                                          SR_NOT_FOUND, SR_NO_MEMORY, SR_OK};
static const struct sr_field FIELDS[] = {
    {"cases", "array", "in the order of the file"},
    {"cases[].line", "integer", "of the file"},
    {"cases[].text", "string", "the case"},
    {"cases[].ruling", "string", "what came of it: 'allow', 'deny' or 'pending'"},
    {"cases[].reason", "string", "one word, from a list that does not change"},
    {"cases[].right", "boolean", "it is what the case wants"},
    {"wrong", "integer", "how many are not"},
    {.name = NULL},
};

const struct sr_command sr_command_policy_test = {
    .name = "policy test",
    .group = "Policy",
    .synopsis = "POLICY [--cases FILE]",
    .summary = "check a policy against the cases that are kept beside it",
    .description = "Each case says who does what and what has to come of it; each happens in a "
                   "room of its own and is decided by the function that decides in real rooms. "
                   "docs/policy.md has the form.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
