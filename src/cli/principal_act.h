/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_PRINCIPAL_ACT_H
#define SR_CLI_PRINCIPAL_ACT_H

#include "cli/propose.h"

/* Commands that change something about a principal. Each is an act, or a request for it. */

#define SR_PRINCIPAL_ACT_ROLES_MAX 32

/* The memory that an act's fields point into. */
struct sr_principal_act {
    struct sr_act act;
    struct sr_act_key *key;
    char *roles_text;
    struct sr_bytes roles[SR_PRINCIPAL_ACT_ROLES_MAX];
};
void sr_principal_act_clear(struct sr_principal_act *p);

/* Field principal from the first argument. */
void sr_principal_act_begin(const struct sr_args *args, enum sr_verb verb,
                            struct sr_principal_act *out);
/* Field key, from the file that the option names. errors  those of the file and sr_act_key_parse()
 */
enum sr_status sr_principal_act_key(const struct sr_args *args, const char *option,
                                    struct sr_principal_act *p, struct sr_err *err) SR_MUST_USE;
/* Field roles, "officer,security"; an option that was not given, or is "", leaves it out.
 * errors  USAGE, NO_MEMORY */
enum sr_status sr_principal_act_roles(const struct sr_args *args, const char *option,
                                      struct sr_principal_act *p, struct sr_err *err) SR_MUST_USE;

/* Open the room and do it, or ask for it; then say so. */
enum sr_status sr_principal_act_run(struct sr_cli *cli, const struct sr_args *args,
                                    struct sr_principal_act *p, const char *done,
                                    struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_PRINCIPAL_ACT_H */
