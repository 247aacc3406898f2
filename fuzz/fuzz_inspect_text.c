/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file beside weights: the first byte says which name it has. Checked: no more bytes are covered
 * than there are, a file that passes is covered, and findings are plain text.
 */
#include <stdlib.h>
#include <string.h>

#include "artifact/inspection.h"
#include "base/text.h"
#include "fuzz/require.h"

static void finding(void *ctx, const struct sr_finding *f)
{
    (void)ctx;
    REQUIRE(f->rule < SR_RULE_COUNT && f->file == 0);
    REQUIRE(strlen(f->evidence) < SR_EVIDENCE_BYTES && strlen(f->member) < SR_MEMBER_BYTES);
    for (const char *c = f->evidence; *c != '\0'; c++) {
        REQUIRE(*c >= 0x20 && *c < 0x7f);
    }
}

static void reference(void *ctx, const char *path)
{
    (void)ctx;
    REQUIRE(path[0] != '/' && strstr(path, "/../") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    static const char *const NAMES[] = {"m/config.json",
                                        "m/tokenizer_config.json",
                                        "m/tokenizer.json",
                                        "m/model_index.json",
                                        "m/modules.json",
                                        "m/model.safetensors.index.json",
                                        "m/config.yaml",
                                        "m/README.md",
                                        "m/chat_template.jinja",
                                        "m/model.safetensors",
                                        "m/vocab.txt",
                                        "m/tokenizer.model",
                                        "m/model-00001-of-00002.gguf"};
    if (size == 0) {
        return 0;
    }
    const char *name = NAMES[data[0] % (sizeof NAMES / sizeof NAMES[0])];
    struct sr_inspection_events events = {.finding = finding, .reference = reference};
    SR_AUTO(sr_inspection) in = NULL;
    struct sr_inspected result = {.verdict = SR_VERDICT_UNPARSABLE};
    REQUIRE(sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) == SR_OK);
    sr_inspection_file(in, sr_text_view(name), sr_bytes(data + 1, size - 1), &result);
    REQUIRE(result.verdict < SR_VERDICT_COUNT);
    REQUIRE(result.covered <= result.bytes || result.verdict != SR_VERDICT_PASS);
    REQUIRE(result.covered == result.bytes || result.verdict != SR_VERDICT_PASS);
    (void)sr_inspection_end(in);
    return 0;
}
