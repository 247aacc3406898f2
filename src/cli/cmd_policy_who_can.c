/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/submit.h"
#include "policy/explain.h"

extern const struct sr_command sr_command_policy_who_can;

/* More sets than that nobody reads. */
#define SETS_MAX 1000

static void free_sets(struct sr_who_set **sets)
{
    free(*sets);
}

static void print_set(const struct sr_who_set *set)
{
    char line[1024];
    size_t used = 0;
    line[0] = '\0';
    for (size_t i = 0; i < set->approvers && used + 64 < sizeof line; i++) {
        int n = snprintf(line + used, sizeof line - used, "%s%.60s", i == 0 ? "" : ", ",
                         set->approver[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    sr_screen_line("%s%s%s", set->requester, set->approvers == 0 ? " alone" : ", approved by ",
                   line);
}

static enum sr_status put_set(struct sr_json_writer *w, const struct sr_who_set *set)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "requester", set->requester));
    SR_TRY(sr_fields_array(w, "approvers"));
    for (size_t i = 0; i < set->approvers; i++) {
        SR_TRY(sr_fields_element(w, sr_text_view(set->approver[i])));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status print(struct sr_cli *cli, const struct sr_who_set *sets, size_t count,
                            uint64_t total)
{
    struct sr_json_writer *w = &cli->json;
    if (!cli->is_json) {
        for (size_t i = 0; i < count; i++) {
            print_set(&sets[i]);
        }
        sr_screen_line(total == 0 ? "nobody can"
                       : total > count
                           ? "and %llu more sets"
                           : "%llu sets of people, no one of them with anybody to spare",
                       (unsigned long long)(total > count ? total - count : total));
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_u64(w, "total", total));
    SR_TRY(sr_fields_array(w, "sets"));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(put_set(w, &sets[i]));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static enum sr_status find_version(struct sr_room *room, const struct sr_state *state,
                                   const char *ref, const struct sr_state_version **out,
                                   struct sr_err *err)
{
    struct sr_catalog_version version;
    if (ref == NULL) {
        return SR_OK;
    }
    SR_TRY(sr_view_resolve(room, ref, &version, err));
    *out = sr_state_version(state, &version.id);
    return *out != NULL ? SR_OK : sr_fail(err, SR_CORRUPT, "'%s' is not in the ledger", ref);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(free_sets) struct sr_who_set *sets = NULL;
    const struct sr_state *state = NULL;
    const struct sr_state_version *version = NULL;
    struct sr_moment moment = {0};
    enum sr_verb verb;
    size_t count = 0;
    uint64_t total = 0;
    const char *word = sr_args_positional(args, 0);
    if (!sr_verb_from_word(sr_text_view(word), &verb) ||
        sr_verb_info(verb)->group != SR_VERB_GROUP_ACT) {
        return sr_fail(err, SR_USAGE, "'%.40s' is no verb of a policy", word);
    }
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_custody_state(room, &state, err));
    SR_TRY(sr_custody_moment(room, &moment, err));
    SR_TRY(find_version(room, state, sr_args_positional(args, 1), &version, err));
    SR_TRY(sr_explain_who_can(state, verb, version, &moment, SETS_MAX, &sets, &count, &total, err));
    return print(cli, sets, count, total);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "VERB", .help = "'use', 'export', 'policy', 'enrol', ..."},
    {.name = "REF",
     .help = "the version, for a verb that is about one",
     .completes = SR_COMPLETES_REF,
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom policy who-can export llama@1",
     "every set of people who together could take a copy"},
    {"strongroom policy who-can policy", "who could change the rules"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,
                                          SR_CORRUPT,   SR_BUSY,      SR_NO_MEMORY, SR_OK};
static const struct sr_field FIELDS[] = {
    {"total", "integer", "how many sets there are"},
    {"sets", "array", "the first 1000 of them"},
    {"sets[].requester", "string", "who would do it"},
    {"sets[].approvers", "array", "whose approval they would need; no one to spare"},
    {.name = NULL},
};

const struct sr_command sr_command_policy_who_can = {
    .name = "policy who-can",
    .group = "Policy",
    .synopsis = "VERB [REF]",
    .summary = "list all sets of people who suffice for something",
    .description =
        "As of now: with the roles, keys and attributes that people have, under the policy in "
        "force. Each set is smallest: without any one of them it is not enough.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
