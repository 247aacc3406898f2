/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/examine.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/output_file.h"
#include "cli/report_view.h"
#include "cli/screen.h"
#include "cli/signals.h"

extern const struct sr_command sr_command_inspect;

#define SARIF_BYTES_MAX ((size_t)512 << 20)

static enum sr_status read_profile(const struct sr_args *args, enum sr_profile *out,
                                   struct sr_err *err)
{
    const char *word = sr_args_value(args, "profile");
    if (word == NULL) {
        *out = SR_PROFILE_TENSORS;
        return SR_OK;
    }
    for (unsigned i = 0; i < SR_PROFILE_COUNT; i++) {
        if (strcmp(word, sr_profile_name((enum sr_profile)i)) == 0) {
            *out = (enum sr_profile)i;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_USAGE, "'--profile %s' is neither 'tensors' nor 'sklearn'", word);
}

/* One PATH. With several, its files stand under it in the report. */
static enum sr_status look_at(const char *path, bool is_only, struct sr_examine_params *params,
                              struct sr_report *report, struct sr_err *err)
{
    SR_AUTO(sr_report) own = NULL;
    params->path = path;
    if (is_only) {
        return sr_examine(params, report, err);
    }
    SR_TRY(sr_report_new(params->profile, &own));
    SR_TRY(sr_examine(params, own, err));
    enum sr_status status = sr_report_take(report, own, path);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "'%s' cannot be reported", path);
}

static enum sr_status look(const struct sr_args *args, struct sr_examine_params *params,
                           struct sr_report *report, struct sr_err *err)
{
    size_t count = sr_args_positional_count(args);
    for (size_t i = 0; i < count; i++) {
        SR_TRY(look_at(sr_args_positional(args, i), count == 1, params, report, err));
    }
    sr_report_sort(report);
    return SR_OK;
}

static enum sr_status write_sarif(const struct sr_report *report, const char *path,
                                  struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SARIF_BYTES_MAX, &text));
    enum sr_status status = sr_report_sarif(report, text);
    if (status != SR_OK) {
        return sr_fail(err, status, "the findings do not fit into '%s'", path);
    }
    return sr_output_file_write(path, sr_buf_view(text), err);
}

static enum sr_status deliver(struct sr_cli *cli, const struct sr_report *report, const char *sarif,
                              struct sr_err *err)
{
    if (sarif != NULL) {
        SR_TRY(write_sarif(report, sarif, err));
    }
    if (!cli->is_json) {
        sr_report_view(report);
        return SR_OK;
    }
    SR_TRY(sr_report_json(report, &cli->json));
    cli->has_result = true;
    return SR_OK;
}

static enum sr_status inspect(struct sr_cli *cli, const struct sr_args *args,
                              enum sr_profile profile, struct sr_err *err)
{
    SR_AUTO(sr_report) report = NULL;
    struct sr_bar bar = sr_bar(cli, "inspecting");
    struct sr_examine_params params = {.profile = profile, .progress = sr_bar_progress(&bar)};
    sr_signals_catch();
    SR_TRY(sr_report_new(profile, &report));
    enum sr_status status = look(args, &params, report, err);
    sr_bar_clear(&bar);
    SR_TRY(status);
    SR_TRY(deliver(cli, report, sr_args_value(args, "sarif"), err));
    return sr_report_status(report, err);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    enum sr_profile profile = SR_PROFILE_TENSORS;
    SR_TRY(read_profile(args, &profile, err));
    enum sr_status status = inspect(cli, args, profile, err);
    /* Scripts see 0, 1 or 2: what could not be looked at ends like what could not be understood. */
    if (status == SR_OK || status == SR_REFUSED || status == SR_UNINSPECTED) {
        return status;
    }
    return sr_fail(err, SR_UNINSPECTED, "%s",
                   err->message[0] != '\0' ? err->message : sr_status_info(status)->title);
}

static const struct sr_option OPTIONS[] = {
    {.name = "profile",
     .value = "PROFILE",
     .help = "what pickles may name: 'tensors' (if not given), or 'sklearn' for the classes of "
             "scikit-learn too"},
    {.name = "sarif",
     .value = "FILE",
     .help = "also write the findings there as SARIF 2.1.0, for code scanning",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "PATH",
     .help = "a model file, or a folder with all that is in it",
     .completes = SR_COMPLETES_FILE,
     .is_repeatable = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom inspect ./llama", "what would happen if somebody loaded this?"},
    {"strongroom inspect model.pkl --profile sklearn", "an estimator of scikit-learn"},
    {"strongroom inspect ./models --json | jq -r '.files[] | select(.verdict != \"PASS\") | .path'",
     "what does not pass, for a script"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_REFUSED, SR_UNINSPECTED, SR_OK};
static const struct sr_field FIELDS[] = {
    SR_REPORT_VIEW_FIELDS(""),
    {.name = NULL},
};

const struct sr_command sr_command_inspect = {
    .name = "inspect",
    .group = "Models",
    .synopsis = "PATH... [--profile PROFILE] [--sarif FILE]",
    .summary = "say what loading a model would do, without loading it",
    .description =
        "Looks at every file without running any of it, in a process that can reach nothing. PASS "
        "means that every byte was understood and is on the allow list. REVIEW: nothing that runs "
        "by itself, but something that a person has to look at. BLOCK: evidence of code that runs, "
        "of a path that leaves the folder, of a program. UNPARSABLE: malformed, encrypted, over a "
        "budget, or of a format that is known by name only.\n\n"
        "Ends with 0 only when everything passes, with 1 for REVIEW and BLOCK, with 2 for "
        "UNPARSABLE and when it could not look. Needs no room and no passphrase.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom deposit PATH --name NAME' puts what passes into custody.",
    .run = run,
};
