/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses a name, the rest is a file of it: what is looked at for PyTorch and NumPy,
 * through the whole inspection. Checked: what passes is covered to the last byte, the verdict is
 * the worst of the findings', and their texts are printable.
 */
#include <stdlib.h>
#include <string.h>

#include "artifact/inspection.h"
#include "fuzz/require.h"

struct seen {
    enum sr_verdict worst;
};

static void on_finding(void *ctx, const struct sr_finding *finding)
{
    struct seen *seen = ctx;
    enum sr_verdict verdict = sr_rule_info(finding->rule)->verdict;
    seen->worst = sr_verdict_worst(seen->worst, verdict);
    for (const char *c = finding->evidence; *c != '\0'; c++) {
        REQUIRE(*c >= 0x20 && *c < 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    static const char *const NAMES[] = {"m.pt", "m.npz", "m.npy", "m.bin", "m.pt2", "m.pkl"};
    struct seen seen = {0};
    struct sr_inspection_events events = {.finding = on_finding, .ctx = &seen};
    SR_AUTO(sr_inspection) in = NULL;
    struct sr_inspected inspected = {0};
    if (size == 0 || sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) != SR_OK) {
        return 0;
    }
    const char *name = NAMES[data[0] % (sizeof NAMES / sizeof NAMES[0])];
    sr_inspection_file(in, sr_bytes(name, strlen(name)), sr_bytes(data + 1, size - 1), &inspected);
    REQUIRE(inspected.verdict == seen.worst);
    REQUIRE(inspected.verdict != SR_VERDICT_PASS || inspected.covered == size - 1);
    return 0;
}
