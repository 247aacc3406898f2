/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/inspection.h"

#include <string.h>

#include "tests/findings.h"

static struct sr_bytes text(const char *s)
{
    return sr_bytes(s, strlen(s));
}

/* The smallest safetensors file: `{}`. */
static const uint8_t EMPTY_SAFETENSORS[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};

static void what_is_understood_passes(void)
{
    struct findings f = findings_of("model.safetensors", SR_PROFILE_TENSORS,
                                    sr_bytes(EMPTY_SAFETENSORS, sizeof EMPTY_SAFETENSORS));
    CHECK(f.verdict == SR_VERDICT_PASS);
    CHECK(strcmp(f.format, "safetensors") == 0);
    CHECK(f.covered == sizeof EMPTY_SAFETENSORS);
    CHECK(f.count == 0);
}

static void what_nobody_knows_never_passes(void)
{
    struct findings f = findings_of("model.xyz", SR_PROFILE_TENSORS, text("\x01\x02\x03"));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    CHECK(findings_has(&f, SR_RULE_UNKNOWN_FORMAT));
    CHECK(strcmp(f.evidence, "begins with '\\x01\\x02\\x03'") == 0);
}

static void a_wrong_name_is_a_finding(void)
{
    struct findings f = findings_of("model.gguf", SR_PROFILE_TENSORS,
                                    sr_bytes(EMPTY_SAFETENSORS, sizeof EMPTY_SAFETENSORS));
    CHECK(f.verdict == SR_VERDICT_REVIEW);
    CHECK(findings_has(&f, SR_RULE_MISNAMED));
}

static void quoting_is_ascii_and_bounded(void)
{
    char out[SR_EVIDENCE_BYTES];
    uint8_t noise[1000];
    memset(noise, 0xff, sizeof noise);
    CHECK(strcmp(sr_inspection_quote(text("a\\\n\x7f"), out), "a\\\\\\x0a\\x7f") == 0);
    (void)sr_inspection_quote(sr_bytes(noise, sizeof noise), out);
    CHECK(strlen(out) < SR_EVIDENCE_BYTES);
    CHECK(strcmp(out + strlen(out) - 3, "...") == 0);
}

int main(void)
{
    RUN(what_is_understood_passes);
    RUN(what_nobody_knows_never_passes);
    RUN(a_wrong_name_is_a_finding);
    RUN(quoting_is_ascii_and_bounded);
    return check_done();
}
