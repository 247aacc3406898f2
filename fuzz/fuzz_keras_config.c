/* SPDX-License-Identifier: Apache-2.0 */
/* A Keras configuration as a whole file: the verdict is that of its findings. */
#include "artifact/format.h"
#include "artifact/keras.h"
#include "fuzz/inspect.h"

static void inspect_config(struct sr_inspection *in, const struct sr_subject *blob)
{
    sr_keras_config_inspect(in, blob->bytes, 0);
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const struct sr_format CONFIG = {
    .name = "config", .title = "configuration", .inspect = inspect_config};

static void on_finding(void *ctx, const struct sr_finding *finding)
{
    enum sr_verdict *worst = ctx;
    fuzz_plain(finding->evidence);
    *worst = sr_verdict_worst(*worst, sr_rule_info(finding->rule)->verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    enum sr_verdict worst = SR_VERDICT_PASS;
    struct sr_inspection_events events = {.finding = on_finding, .ctx = &worst};
    SR_AUTO(sr_inspection) in = NULL;
    if (sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) != SR_OK) {
        return 0;
    }
    enum sr_verdict verdict =
        sr_inspection_member(in, sr_bytes("config", 6), sr_bytes(data, size), &CONFIG);
    fuzz_require(verdict == worst);
    return 0;
}
