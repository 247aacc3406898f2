/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_IDENTITY_H
#define SR_CLI_IDENTITY_H

#include "cli/cli.h"
#include "cli/command.h"
#include "custody/submit.h"

/*
 * Who acts in this run, and what signs for them:
 *
 *   --key FILE   a private key in PEM, or the .pub file of a key that the ssh-agent has
 *   otherwise    the key of the ssh-agent (SSH_AUTH_SOCK) that is enrolled in the room; where it
 * has those of several principals, --as NAME says whose none         whoever has unlocked the room,
 * by the room's own key; policy says what that is for
 */
struct sr_identity {
    char name[SR_ACT_ACTOR_BYTES_MAX + 1];
    struct sr_act_signer *signer; /* NULL: the room's own key */
    char host[256];               /* this machine's name */
    struct sr_custody_as as;      /* points to these */
};

/* For the OPTIONS of commands that act. */
#define SR_IDENTITY_OPTIONS                                                                        \
    {.name = "as",                                                                                 \
     .value = "NAME",                                                                              \
     .help = "the principal who acts; without it, whose key the ssh-agent has"},                   \
    {                                                                                              \
        .name = "key", .value = "FILE",                                                            \
        .help = "sign with this key: a private key in PEM, or the .pub file of one that the "      \
                "ssh-agent has",                                                                   \
        .completes = SR_COMPLETES_FILE                                                             \
    }
/* Of those that let plaintext out. */
#define SR_IDENTITY_WORKLOAD                                                                       \
    {                                                                                              \
        .name = "workload", .value = "NAME",                                                       \
        .help = "what this is for: the workload that the request names"                            \
    }
#define SR_IDENTITY_SYNOPSIS "[--as NAME] [--key FILE]"

/*
 * errors  UNAUTHENTICATED  --as or --key was given and the key is not there or not that
 * principal's; needs_person, and nobody's key was found USAGE            the agent has keys of
 * several principals, and --as was not given those of sr_custody_state(), the agent and the file
 * Clear also after a failure; start from all zero. It must outlive what it signs for.
 */
enum sr_status sr_identity_open(struct sr_cli *cli, const struct sr_args *args,
                                struct sr_room *room, bool needs_person, struct sr_identity *out,
                                struct sr_err *err) SR_MUST_USE;
void sr_identity_clear(struct sr_identity *identity);

#endif /* SR_CLI_IDENTITY_H */
