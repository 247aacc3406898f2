/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "formats/oms.h"

/*
 * A signature is data to whoever checks it: it passes when it is what the specification says, to
 * the last byte, whoever signed. Checking it is for `deposit` and `verify-signature`. Other
 * signatures have the extension, too; these are not understood.
 */
static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_oms_bundle) bundle = NULL;
    SR_AUTO(sr_oms_statement) statement = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_oms_bundle_decode(blob->bytes, &bundle, &err);
    if (status == SR_OK) {
        status = sr_oms_statement_decode(sr_buf_view(bundle->envelope.payload), &statement, &err);
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".sig", NULL};
const struct sr_format sr_format_oms = {
    .name = "oms",
    .title = "OpenSSF Model Signing",
    .extensions = EXTENSIONS,
    .match = NULL,
    .inspect = inspect,
};
