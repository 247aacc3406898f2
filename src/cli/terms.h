/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_TERMS_H
#define SR_CLI_TERMS_H

#include "acts/act.h"
#include "cli/command.h"

/* The terms of a request, as the command line gives them: why, for how long, where, how much. */

#define SR_TERMS_OPTIONS                                                                           \
    {.name = "why", .value = "TEXT", .help = "the reason, which the approvers see and sign"},      \
        {.name = "ticket", .value = "TEXT", .help = "the number of a ticket or change"},           \
        {.name = "for",                                                                            \
         .value = "DURATION",                                                                      \
         .help = "how long the grant is wanted for: '30m', '8h', '2d'"},                           \
        {.name = "host", .value = "NAME", .help = "the machine it is for, and no other"},          \
        {.name = "workload",                                                                       \
         .value = "NAME",                                                                          \
         .help = "the service or workload it is for, as it is enrolled"},                          \
        {.name = "bytes",                                                                          \
         .value = "SIZE",                                                                          \
         .help = "plain bytes that may be handed out at most: '200GB', '16GiB'"},                  \
        {.name = "files", .value = "N", .help = "how many files may be opened at most"},           \
    {                                                                                              \
        .name = "break-glass",                                                                     \
        .help = "take the grant at once, in an emergency: it is short, everybody who was not "     \
                "asked is told, and a review is due"                                               \
    }
/* Those that make sense of people and policies. */
#define SR_PRINCIPAL_TERMS_OPTIONS                                                                 \
    {.name = "why", .value = "TEXT", .help = "the reason, which the approvers see and sign"},      \
    {                                                                                              \
        .name = "ticket", .value = "TEXT", .help = "the number of a ticket or change"              \
    }
#define SR_TERMS_SYNOPSIS                                                                          \
    "[--why TEXT] [--ticket TEXT] [--for DURATION] [--host NAME] [--workload NAME] [--bytes "      \
    "SIZE] [--files N] [--break-glass]"

/*
 * Set the terms that were given as fields of a request. Views of args.
 * errors  USAGE  a value that cannot be read
 */
enum sr_status sr_terms_set(const struct sr_args *args, struct sr_act *request,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_TERMS_H */
