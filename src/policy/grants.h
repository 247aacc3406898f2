/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_GRANTS_H
#define SR_POLICY_GRANTS_H

#include "policy/decide.h"

/*
 * Which request an act may rest on. A person says "use llama@1"; that there is a grant for it is
 * for the program to know. What is found here is only proposed: sr_policy_decide() decides. Pure.
 */

/* What there is for an act. */
struct sr_grants_found {
    const struct sr_request *granted; /* the newest that is granted now and fits; NULL: none */
    const struct sr_request *open; /* else the newest that fits and may be granted yet; or NULL */
    struct sr_standing standing;   /* of that one */
};

/*
 * act   complete but for its field request
 * host, workload  NUL-terminated, or NULL: where the act is done. A request that names a machine or
 * a workload fits only an act that says the same; sr_grants_place() makes it say so
 */
struct sr_grants_found sr_grants_find(const struct sr_state *s, const struct sr_act *act,
                                      const char *host, const char *workload,
                                      const struct sr_moment *moment);

/* Have act name the request, and machine and workload where that does. */
void sr_grants_place(const struct sr_request *request, const char *host, const char *workload,
                     struct sr_act *act);

#endif /* SR_POLICY_GRANTS_H */
