/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/principal_act.h"

#include <stdlib.h>
#include <string.h>

#include "cli/input.h"
#include "cli/session.h"

void sr_principal_act_clear(struct sr_principal_act *p)
{
    sr_act_key_free(p->key);
    free(p->roles_text);
}

void sr_principal_act_begin(const struct sr_args *args, enum sr_verb verb,
                            struct sr_principal_act *out)
{
    *out = (struct sr_principal_act){.act = {.verb = verb}};
    sr_act_set_word(&out->act, SR_FIELD_principal, sr_args_positional(args, 0));
}

enum sr_status sr_principal_act_key(const struct sr_args *args, const char *option,
                                    struct sr_principal_act *p, struct sr_err *err)
{
    const char *path = sr_args_value(args, option);
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &text));
    SR_TRY(sr_input_file(path, text, err));
    enum sr_status status = sr_act_key_parse(sr_buf_view(text), &p->key, err);
    if (status != SR_OK) {
        return sr_context(err, status, "'%s'", path);
    }
    sr_act_set_word(&p->act, SR_FIELD_key, sr_act_key_line(p->key));
    return SR_OK;
}

enum sr_status sr_principal_act_roles(const struct sr_args *args, const char *option,
                                      struct sr_principal_act *p, struct sr_err *err)
{
    const char *given = sr_args_value(args, option);
    if (given == NULL || given[0] == '\0') {
        return SR_OK;
    }
    p->roles_text = strdup(given);
    if (p->roles_text == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for roles");
    }
    size_t count = 0;
    for (char *at = p->roles_text; at != NULL;) {
        char *comma = strchr(at, ',');
        if (count == SR_PRINCIPAL_ACT_ROLES_MAX) {
            return sr_fail(err, SR_USAGE, "more than %d roles", SR_PRINCIPAL_ACT_ROLES_MAX);
        }
        if (comma != NULL) {
            *comma = '\0';
        }
        p->roles[count++] = sr_text_view(at);
        at = comma == NULL ? NULL : comma + 1;
    }
    sr_act_set_texts(&p->act, SR_FIELD_roles, p->roles, count);
    return SR_OK;
}

enum sr_status sr_principal_act_run(struct sr_cli *cli, const struct sr_args *args,
                                    struct sr_principal_act *p, const char *done,
                                    struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    struct sr_proposed proposed = {0};
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, true, &identity, err));
    SR_TRY(sr_propose(room, &identity, args, &p->act, NULL, &proposed, err));
    return sr_propose_report(cli, &proposed, done, err);
}
