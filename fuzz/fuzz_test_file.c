/* SPDX-License-Identifier: Apache-2.0 */
/* A file of cases beside a policy: an answer to any text, and as many results as are counted. */
#include <string.h>

#include "fuzz/require.h"
#include "policy/test_file.h"

static const char POLICY[] =
    "policy \"fuzz\"\nrole officer\nrole engineer\n"
    "class high\n tier 3..5\n"
    "rule use\n verbs use read export\n class high\n by engineer\n types human service agent\n"
    " needs 2 of officer\n requires reason\n for at most 8h\n wait 1h\n hours mon-fri 08:00-20:00\n"
    "rule rest\n verbs use deposit offer accept dispose rotate enrol roles add-key attribute leave "
    "policy\n"
    " class any\n by officer engineer\n"
    "break-glass\n holders officer\n verbs use\n for at most 30m\n review within 1h by officer\n";

struct seen {
    size_t cases;
    size_t wrong;
};

static void see(void *ctx, const struct sr_test_case *result)
{
    struct seen *seen = ctx;
    seen->cases++;
    seen->wrong += !result->is_right;
    REQUIRE(result->ruling != SR_RULING_ALLOW || result->reason == SR_REASON_NONE);
    REQUIRE(result->ruling == SR_RULING_ALLOW || result->reason != SR_REASON_NONE);
    REQUIRE(result->text.len > 0 && result->line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    SR_AUTO(sr_policy) p = NULL;
    struct seen seen = {0};
    struct sr_test_summary summary = {0};
    struct sr_err err = {0};
    REQUIRE(sr_policy_parse(sr_bytes(POLICY, sizeof POLICY - 1), &p, &err) == SR_OK);
    enum sr_status status = sr_test_file_run(p, sr_bytes(data, size), see, &seen, &summary, &err);
    REQUIRE(status == SR_OK || status == SR_MALFORMED || status == SR_TOO_LARGE);
    REQUIRE(status != SR_MALFORMED || err.message[0] != '\0');
    REQUIRE(status != SR_OK || (summary.cases == seen.cases && summary.wrong == seen.wrong));
    return 0;
}
