/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/report.h"
#include "base/text.h"
#include "build_config.h"

/* Of data/ and rules/, as they were when this was built. */
static const uint8_t LISTS_SHA256[SR_SHA256_BYTES] = {
#include "ruleset.gen.h"
};

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
    status = sr_sha256_update(hash, sr_bytes(LISTS_SHA256, sizeof LISTS_SHA256));
    assert(status == SR_OK);
    status = sr_sha256_final(hash, out);
    assert(status == SR_OK);
}
