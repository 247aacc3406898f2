/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_RULE_H
#define SR_ARTIFACT_RULE_H

#include <stdint.h>

#include "artifact/verdict.h"

/*
 * The rules of inspection, as data (the .def files in rules/): what a finding means, what it does
 * to the verdict and what the reader is told. A rule never takes a verdict back; each stands for
 * itself.
 */

enum sr_severity {
    SR_SEVERITY_INFO, /* worth knowing; the file still passes */
    SR_SEVERITY_LOW,
    SR_SEVERITY_MEDIUM,
    SR_SEVERITY_HIGH,
    SR_SEVERITY_CRITICAL
};
/* "info", "low", "medium", "high", "critical". */
const char *sr_severity_name(enum sr_severity severity);

enum sr_rule {
#define RULE(name, id, verdict, severity, cwe, cve, happens, instead) SR_RULE_##name,
#include "artifact/rules/rules.def"
#undef RULE
    SR_RULE_COUNT
};

struct sr_rule_info {
    const char *id; /* stable, "pickle-global-dangerous"; never reused */
    enum sr_verdict verdict;
    enum sr_severity severity;
    const char *cwe;     /* "CWE-502"; "" where there is none */
    const char *cve;     /* "CVE-2024-3660 CVE-2025-1550"; "" where there is none */
    const char *happens; /* what would happen on load, or what is wrong; lower case, no full stop */
    const char *instead; /* what to do about it; lower case, no full stop */
};

/* Valid for every enum value. Static. */
const struct sr_rule_info *sr_rule_info(enum sr_rule rule);

#endif /* SR_ARTIFACT_RULE_H */
