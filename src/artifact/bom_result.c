/* SPDX-License-Identifier: Apache-2.0 */
/* source  in-toto Attestation Framework: Statement v1; predicate Simple Verification Result v0.2 */
#include <stdio.h>

#include "artifact/bom.h"
#include "artifact/doc.h"
#include "base/text.h"

enum sr_status sr_bom_verification_result(const struct sr_lineage *l, struct sr_buf *out,
                                          struct sr_err *err)
{
    char ref[192];
    char hex[2 * SR_SHA256_BYTES + 1];
    char policy[32 + sizeof hex];
    if (!l->has_verdict || l->verdict != SR_VERDICT_PASS) {
        return sr_fail(err, SR_CONFLICT, "'%s@%llu' has no verdict PASS to state", l->name,
                       (unsigned long long)l->number);
    }
    (void)snprintf(ref, sizeof ref, "%s@%llu", l->name, (unsigned long long)l->number);
    sr_text_hex(sr_bytes(l->ruleset, SR_SHA256_BYTES), hex);
    (void)snprintf(policy, sizeof policy, "urn:strongroom:ruleset:%s", hex);
    struct sr_doc d = sr_doc(out);
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "_type", "https://in-toto.io/Statement/v1");
    sr_doc_open_array(&d, "subject");
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "name", ref);
    sr_doc_open_object(&d, "digest");
    sr_doc_hex(&d, "sha256", sr_bytes(l->digest, SR_SHA256_BYTES));
    sr_doc_close_object(&d);
    sr_doc_close_object(&d);
    sr_doc_close_array(&d);
    sr_doc_text(&d, "predicateType", "https://in-toto.io/attestation/svr/v0.2");
    sr_doc_open_object(&d, "predicate");
    sr_doc_open_object(&d, "verifier");
    sr_doc_text(&d, "id", "urn:strongroom:inspector");
    sr_doc_open_array(&d, "policies");
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "uri", policy);
    sr_doc_close_object(&d);
    sr_doc_close_array(&d);
    sr_doc_close_object(&d);
    sr_doc_time(&d, "timeCreated", l->created_utc_ms);
    sr_doc_open_array(&d, "properties");
    sr_doc_text(&d, NULL, "STRONGROOM_INSPECT_PASS");
    sr_doc_close_array(&d);
    sr_doc_close_object(&d);
    sr_doc_close_object(&d);
    return d.status;
}
