/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/rule.h"

#include <assert.h>
#include <stddef.h>

static const struct sr_rule_info RULES[] = {
#define RULE(name, id, verdict, severity, cwe, cve, happens, instead)                              \
    [SR_RULE_##                                                                                    \
        name] = {id, SR_VERDICT_##verdict, SR_SEVERITY_##severity, cwe, cve, happens, instead},
#include "artifact/rules/rules.def"
#undef RULE
};

const struct sr_rule_info *sr_rule_info(enum sr_rule rule)
{
    assert((unsigned)rule < SR_RULE_COUNT);
    return &RULES[rule];
}

const char *sr_severity_name(enum sr_severity severity)
{
    static const char *const NAMES[] = {"info", "low", "medium", "high", "critical"};
    assert((unsigned)severity < sizeof NAMES / sizeof NAMES[0]);
    return NAMES[severity];
}

const char *sr_verdict_name(enum sr_verdict verdict)
{
    static const char *const NAMES[] = {"PASS", "REVIEW", "UNPARSABLE", "BLOCK"};
    assert((unsigned)verdict < sizeof NAMES / sizeof NAMES[0]);
    return NAMES[verdict];
}
