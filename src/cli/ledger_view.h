/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_LEDGER_VIEW_H
#define SR_CLI_LEDGER_VIEW_H

#include "cli/command.h"
#include "custody/ledger.h"

/* A room's ledger as several commands show it. was_asked: the witnesses have outcomes. */
enum sr_status sr_ledger_view(struct sr_cli *cli, const struct sr_custody_ledger *ledger,
                              bool was_asked, struct sr_err *err) SR_MUST_USE;

/*
 * What the witnesses have said, as one status: a fork above all, else whether anybody has signed
 * who could be asked.
 * errors  CONFLICT, UNAVAILABLE
 */
enum sr_status sr_ledger_judge(const struct sr_custody_ledger *ledger,
                               struct sr_err *err) SR_MUST_USE;

/* What it writes as JSON, for the descriptors. */
#define SR_LEDGER_VIEW_FIELDS                                                                      \
    {"origin", "string", "what the ledger calls itself"},                                          \
        {"vkey", "string", "its public key, for witnesses and for receipts"},                      \
        {"size", "integer", "acts in it"},                                                         \
        {"root", "string", "hash of the tree of all of them, SHA-256 in hexadecimal"},             \
        {"published", "integer", "under the last checkpoint"},                                     \
        {"published_at", "string or null", "when that was made; null: there is no pin here"},      \
        {"published_age_s", "integer or null", "how many seconds ago; 0 when that is to come"},    \
        {"pinned", "boolean", "whether this user and machine would notice an old copy"},           \
        {"cosigned", "integer", "acts under the checkpoint that was cosigned last; 0: none"},      \
        {"witnesses", "array", "those of the policy in force"},                                    \
        {"witnesses[].name", "string", "as in the policy"},                                        \
        {"witnesses[].cosigned_at", "string or null", "when it signed that checkpoint"},           \
        {"witnesses[].status", "string or null", "what became of asking it now; null: not asked"}, \
    {                                                                                              \
        "witnesses[].message", "string", "what was wrong; '' for nothing"                          \
    }

#endif /* SR_CLI_LEDGER_VIEW_H */
