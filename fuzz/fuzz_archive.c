/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container as the inspection sees it. The first byte says what it is called; the rest is the
 * file. Checked: it ends, PASS is only for what is covered whole, and text that leaves is plain.
 */
#include <stdlib.h>

#include "artifact/inspection.h"
#include "base/text.h"
#include "fuzz/require.h"

static void keep_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        REQUIRE(*text >= 0x20 && *text < 0x7f);
    }
}

static void finding(void *ctx, const struct sr_finding *f)
{
    unsigned *count = ctx;
    (*count)++;
    REQUIRE(f->rule < SR_RULE_COUNT);
    keep_plain(f->member);
    keep_plain(f->evidence);
}

static void global(void *ctx, const struct sr_global *g)
{
    (void)ctx;
    keep_plain(g->module);
    keep_plain(g->name);
}

static void reference(void *ctx, const char *path)
{
    (void)ctx;
    REQUIRE(path[0] != '/' && path[0] != '\0');
}

static const char *const NAMES[] = {"a",    "a.zip", "a.tar", "a.gz",    "a.z", "a.xz",
                                    "a.pt", "a.npz", "a.lz4", "a.skops", "a.py"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    unsigned findings = 0;
    struct sr_inspection_events events = {
        .finding = finding, .global = global, .reference = reference, .ctx = &findings};
    struct sr_inspected result = {0};
    SR_AUTO(sr_inspection) in = NULL;
    if (size == 0 || sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) != SR_OK) {
        return 0;
    }
    const char *name = NAMES[data[0] % (sizeof NAMES / sizeof NAMES[0])];
    sr_inspection_file(in, sr_text_view(name), sr_bytes(data + 1, size - 1), &result);
    REQUIRE(result.verdict != SR_VERDICT_PASS || result.covered == size - 1);
    REQUIRE(result.verdict == SR_VERDICT_PASS || findings > 0);
    return 0;
}
