/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/provenance_envelope.h"

#include <string.h>

#include "base/text.h"
#include "formats/dsse.h"

#define PAYLOAD_TYPE "application/vnd.in-toto+json"
#define DEPTH_MAX 32

/* The message that is signed. *out is new. */
static enum sr_status make_message(struct sr_bytes payload, struct sr_buf **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) message = NULL;
    enum sr_status status = sr_buf_new(payload.len + 256, &message);
    if (status == SR_OK) {
        status = sr_dsse_pae(sr_text_view(PAYLOAD_TYPE), payload, message);
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "no memory for a signed statement");
    }
    *out = SR_TAKE(message);
    return SR_OK;
}

static enum sr_status verify(const struct sr_dsse *envelope, const struct sr_public_key *key,
                             struct sr_err *err)
{
    SR_AUTO(sr_buf) message = NULL;
    if (!sr_text_equal(sr_buf_view(envelope->payload_type), sr_text_view(PAYLOAD_TYPE))) {
        return sr_fail(err, SR_MALFORMED, "provenance: payloadType: not '" PAYLOAD_TYPE "'");
    }
    if (key == NULL) {
        return sr_fail(err, SR_UNTRUSTED, "the provenance is signed, and no key says by whom");
    }
    SR_TRY(make_message(sr_buf_view(envelope->payload), &message, err));
    enum sr_status status =
        sr_public_key_verify(key, sr_buf_view(message), sr_buf_view(envelope->signature), err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "provenance");
}

enum sr_status sr_provenance_open(struct sr_bytes text, const struct sr_public_key *key,
                                  struct sr_provenance **out, char out_hint[SR_SIGN_HINT_BYTES],
                                  struct sr_err *err)
{
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse envelope = {0};
    SR_AUTO(sr_json) json = NULL;
    struct sr_json_value type;
    char hint[SR_SIGN_HINT_BYTES] = "";
    if (text.len > SR_PROVENANCE_ENVELOPE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "provenance: over %zu bytes",
                       SR_PROVENANCE_ENVELOPE_BYTES_MAX);
    }
    enum sr_status status = sr_json_decode(text, DEPTH_MAX, &json, err);
    if (status != SR_OK) {
        return sr_context(err, status, "provenance");
    }
    struct sr_json_value root = sr_json_root(json);
    bool is_signed =
        sr_json_kind(root) == SR_JSON_OBJECT && sr_json_find(root, "payloadType", &type);
    if (!is_signed && key != NULL) {
        return sr_fail(err, SR_UNTRUSTED, "the provenance is not signed");
    }
    if (is_signed) {
        SR_TRY(sr_dsse_decode(root, &envelope, err));
        SR_TRY(verify(&envelope, key, err));
        text = sr_buf_view(envelope.payload);
        SR_TRY(sr_public_key_hint(key, hint));
    }
    SR_TRY(sr_provenance_decode(text, out, err));
    memcpy(out_hint, hint, sizeof hint);
    return SR_OK;
}

enum sr_status sr_provenance_seal(struct sr_bytes statement, struct sr_signer *signer,
                                  struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    SR_TRY(make_message(statement, &message, err));
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &signature));
    SR_TRY(sr_signer_sign(signer, sr_buf_view(message), signature, err));
    struct sr_json_writer w = {.out = out};
    enum sr_status status =
        sr_dsse_encode(&w, sr_text_view(PAYLOAD_TYPE), statement, sr_buf_view(signature));
    return status == SR_OK ? SR_OK : sr_fail(err, status, "cannot write a signed statement");
}
