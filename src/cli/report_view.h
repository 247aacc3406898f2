/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_REPORT_VIEW_H
#define SR_CLI_REPORT_VIEW_H

#include "artifact/report.h"
#include "cli/command.h"

/*
 * What inspection found, for people: each file with its verdict, the findings that led to it, what
 * would happen on load and what to do instead.
 */
void sr_report_view(const struct sr_report *report);

/* What sr_report_json() writes, for the descriptors. prefix is "" or "inspection.". */
#define SR_REPORT_VIEW_FIELDS(prefix)                                                              \
    {prefix "schema", "string", "'strongroom-inspection/1'"},                                      \
        {prefix "version", "string", "of this program"},                                           \
        {prefix "ruleset", "string", "SHA-256 over the rules and lists that decided"},             \
        {prefix "profile", "string", "'tensors' or 'sklearn'"},                                    \
        {prefix "verdict", "string", "the worst: 'PASS', 'REVIEW', 'UNPARSABLE' or 'BLOCK'"},      \
        {prefix "files", "array", "every file, by path"},                                          \
        {prefix "files[].path", "string", "in the artifact"},                                      \
        {prefix "files[].verdict", "string", "of this file"},                                      \
        {prefix "files[].format", "string", "what it is; 'unknown'"},                              \
        {prefix "files[].bytes", "integer", "its length"},                                         \
        {prefix "files[].covered", "integer", "how many of its bytes were understood"},            \
        {prefix "files[].sha256", "string or null", "of the bytes that were inspected"},           \
        {prefix "files[].findings", "array", "in the order they were found"},                      \
        {prefix "files[].findings[].rule", "string", "stable id"},                                 \
        {prefix "files[].findings[].verdict", "string", "what the rule does to the file"},         \
        {prefix "files[].findings[].severity", "string", "'info' to 'critical'"},                  \
        {prefix "files[].findings[].offset", "integer", "where, in the file or member"},           \
        {prefix "files[].findings[].length", "integer", "of the bytes it is about; may be 0"},     \
        {prefix "files[].findings[].member", "string", "path inside the file; '' for itself"},     \
        {prefix "files[].findings[].evidence", "string", "what was seen, made printable"},         \
        {prefix "files[].findings[].happens", "string", "what would happen on load"},              \
        {prefix "files[].findings[].instead", "string", "what to do instead"},                     \
        {prefix "files[].findings[].cwe", "string", "weakness; '' for none"},                      \
        {prefix "files[].findings[].cve", "string", "known cases; '' for none"},                   \
        {prefix "files[].globals", "array", "what its pickles import"},                            \
        {prefix "files[].globals[].module", "string", "as imported"},                              \
        {prefix "files[].globals[].name", "string", "in the module"},                              \
        {prefix "files[].globals[].role", "string", "what the allow list says, or 'unknown'"},     \
        {prefix "files[].facts", "array", "what it says of the model: claims, not evidence"},      \
        {prefix "files[].facts[].key", "string", "'licence', 'base-model', 'architecture'..."},    \
    {                                                                                              \
        prefix "files[].facts[].value", "string", "made printable"                                 \
    }

#endif /* SR_CLI_REPORT_VIEW_H */
