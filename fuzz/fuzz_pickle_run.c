/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pickle interpreter, through the inspection of a file.
 * Checked: PASS covers every byte, what passes with fewer names on the list passes with more, a
 * file that a probe says would run never passes, and nothing is found that is not printable.
 */
#include <stdlib.h>
#include <string.h>

#include "artifact/pickle.h"
#include "fuzz/require.h"

static void on_finding(void *ctx, const struct sr_finding *finding)
{
    (void)ctx;
    for (const char *c = finding->evidence; *c != '\0'; c++) {
        REQUIRE(*c >= 0x20 && *c < 0x7f);
    }
}

static enum sr_verdict inspect(enum sr_profile profile, struct sr_bytes bytes)
{
    struct sr_inspection_events events = {.finding = on_finding};
    SR_AUTO(sr_inspection) in = NULL;
    struct sr_inspected result = {0};
    REQUIRE(sr_inspection_new(profile, &events, &in) == SR_OK);
    sr_inspection_file(in, sr_bytes("model.pkl", 9), bytes, &result);
    REQUIRE(result.verdict != SR_VERDICT_PASS || result.covered == bytes.len);
    return result.verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_bytes bytes = sr_bytes(data, size);
    enum sr_verdict tensors = inspect(SR_PROFILE_TENSORS, bytes);
    enum sr_verdict sklearn = inspect(SR_PROFILE_SKLEARN, bytes);
    REQUIRE(sklearn <= tensors);
    REQUIRE(tensors != SR_VERDICT_PASS || !sr_pickle_would_run(bytes));
    return 0;
}
