/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a signature of a model passes, other files of that name do not. */
#include <string.h>

#include "base/text.h"
#include "formats/oms.h"
#include "tests/findings.h"

static enum sr_verdict verdict_of(const char *name, struct sr_bytes bytes)
{
    return findings_of(name, SR_PROFILE_TENSORS, bytes).verdict;
}

static void signatures_pass(void)
{
    struct sr_oms_resource file = {.name = sr_text_view("a")};
    struct sr_oms_statement made = {
        .subject = sr_text_view("model"), .resources = &file, .resource_count = 1};
    SR_AUTO(sr_buf) payload = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    CHECK(sr_buf_new(8192, &payload) == SR_OK && sr_buf_new(8192, &bundle) == SR_OK);
    CHECK(sr_oms_statement_encode(&made, payload) == SR_OK);
    CHECK(sr_oms_bundle_encode("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                               NULL, 0, sr_buf_view(payload), sr_text_view("s"), bundle) == SR_OK);
    struct sr_bytes text = sr_buf_view(bundle);
    CHECK(verdict_of("model.sig", text) == SR_VERDICT_PASS);
    CHECK(verdict_of("model.sig", sr_bytes(text.ptr, text.len - 4)) == SR_VERDICT_UNPARSABLE);
    CHECK(sr_buf_append(bundle, sr_text_view("import os")) == SR_OK);
    CHECK(verdict_of("model.sig", sr_buf_view(bundle)) == SR_VERDICT_UNPARSABLE);
}

static void others_do_not(void)
{
    CHECK(verdict_of("model.sig", sr_text_view("-----BEGIN PGP SIGNATURE-----")) ==
          SR_VERDICT_UNPARSABLE);
    CHECK(verdict_of("model.sig", sr_text_view("{}")) == SR_VERDICT_UNPARSABLE);
    /* A pickle stays one, whatever it is called. */
    CHECK(verdict_of("model.sig", sr_bytes("\x80\x04"
                                           "cos\nsystem\n(S'x'\ntR.",
                                           21)) == SR_VERDICT_BLOCK);
}

int main(void)
{
    RUN(signatures_pass);
    RUN(others_do_not);
    return check_done();
}
