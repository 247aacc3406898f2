/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FUZZ_INSPECT_H
#define SR_FUZZ_INSPECT_H

#include <stdlib.h>
#include <string.h>

#include "artifact/inspection.h"

/*
 * Inspect bytes as a file of that name. Checked, whatever they are: a verdict other than PASS has a
 * finding that says so, PASS has none that says otherwise and covers every byte, text is printable.
 */
struct fuzz_inspected {
    enum sr_verdict worst;
    size_t bytes;
};

static void fuzz_require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void fuzz_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        fuzz_require(*text >= 0x20 && *text < 0x7f);
    }
}

static inline void fuzz_finding(void *ctx, const struct sr_finding *finding)
{
    struct fuzz_inspected *seen = ctx;
    fuzz_plain(finding->evidence);
    fuzz_plain(finding->member);
    fuzz_require(finding->member[0] != '\0' || finding->offset <= seen->bytes);
    seen->worst = sr_verdict_worst(seen->worst, sr_rule_info(finding->rule)->verdict);
}

static inline void fuzz_reference(void *ctx, const char *path)
{
    (void)ctx;
    fuzz_require(path[0] != '/' && strstr(path, "..//") == NULL && strncmp(path, "../", 3) != 0);
}

static inline void fuzz_inspect(const char *name, const uint8_t *data, size_t size)
{
    struct fuzz_inspected seen = {.worst = SR_VERDICT_PASS, .bytes = size};
    struct sr_inspection_events events = {
        .finding = fuzz_finding, .reference = fuzz_reference, .ctx = &seen};
    struct sr_inspected result = {0};
    SR_AUTO(sr_inspection) in = NULL;
    if (sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) != SR_OK) {
        return;
    }
    sr_inspection_file(in, sr_bytes(name, strlen(name)), sr_bytes(data, size), &result);
    fuzz_require(result.verdict == seen.worst);
    fuzz_require(result.verdict != SR_VERDICT_PASS || result.covered == size);
}

#endif /* SR_FUZZ_INSPECT_H */
