/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/pickle.h"
#include "artifact/report.h"
#include "base/text.h"
#include "build_config.h"

static void add(struct sr_sha256 *hash, const char *text)
{
    /* With its NUL, so that no two lists have the same bytes. */
    enum sr_status status = sr_sha256_update(hash, sr_bytes(text, strlen(text) + 1));
    assert(status == SR_OK);
}

void sr_report_ruleset(uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_sha256) hash = NULL;
    enum sr_status status = sr_sha256_new(&hash);
    assert(status == SR_OK);
    add(hash, SR_VERSION);
    for (const struct sr_format *const *f = sr_format_all; *f != NULL; f++) {
        add(hash, (*f)->name);
    }
    for (unsigned i = 0; i < SR_RULE_COUNT; i++) {
        const struct sr_rule_info *rule = sr_rule_info((enum sr_rule)i);
        add(hash, rule->id);
        add(hash, sr_verdict_name(rule->verdict));
    }
    status = sr_sha256_update(hash, sr_bytes(sr_pickle_rules_sha256(), SR_SHA256_BYTES));
    assert(status == SR_OK);
    status = sr_sha256_final(hash, out);
    assert(status == SR_OK);
}
