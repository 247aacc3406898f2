/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/input.h"
#include "cli/session.h"
#include "custody/submit.h"

static enum sr_status from_room(struct sr_cli *cli, struct sr_policy **out, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    const struct sr_state *state = NULL;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_custody_state(room, &state, err));
    return sr_policy_parse(sr_state_policy(state)->text, out, err);
}

enum sr_status sr_policy_input(struct sr_cli *cli, const char *name, struct sr_policy **out,
                               struct sr_err *err)
{
    struct sr_bytes text = {0};
    if (name == NULL) {
        return from_room(cli, out, err);
    }
    if (sr_policy_builtin(name, &text) == SR_OK) {
        return sr_policy_parse(text, out, err);
    }
    SR_AUTO(sr_buf) file = NULL;
    SR_TRY(sr_buf_new(SR_POLICY_BYTES_MAX, &file));
    SR_TRY(sr_input_file(name, file, err));
    enum sr_status status = sr_policy_parse(sr_buf_view(file), out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", name);
}

enum sr_status sr_policy_input_cases(const struct sr_args *args, const char *policy,
                                     char out[PATH_MAX], bool *out_is_there, struct sr_err *err)
{
    static const char SUFFIX[] = ".cases";
    const char *given = sr_args_value(args, "cases");
    const char *dot = strrchr(policy, '.');
    size_t stem = dot == NULL || strchr(dot, '/') != NULL ? strlen(policy) : (size_t)(dot - policy);
    if ((given == NULL ? stem + sizeof SUFFIX : strlen(given) + 1) > PATH_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "the path of the cases is too long");
    }
    if (given == NULL) {
        (void)snprintf(out, PATH_MAX, "%.*s%s", (int)stem, policy, SUFFIX);
    } else {
        (void)snprintf(out, PATH_MAX, "%s", given);
    }
    *out_is_there = access(out, F_OK) == 0;
    return *out_is_there || given == NULL ? SR_OK : sr_fail(err, SR_NOT_FOUND, "no file '%s'", out);
}
