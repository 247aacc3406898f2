/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/dsse.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/base64.h"
#include "formats/members.h"

#define TYPE_BYTES_MAX 256
#define SIGNATURE_BYTES_MAX 1024 /* DER of two integers of P-521: 139 */

void sr_dsse_clear(struct sr_dsse *d)
{
    sr_buf_free(d->payload_type);
    sr_buf_free(d->payload);
    sr_buf_free(d->signature);
    sr_buf_free(d->keyid);
    *d = (struct sr_dsse){0};
}

/* A member that is base64 of 1 to bytes_max bytes. */
static enum sr_status decode_bytes(struct sr_json_value object, const char *key, size_t bytes_max,
                                   struct sr_buf **out, struct sr_err *err)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(object, "dsseEnvelope", key, &text, err));
    SR_TRY(sr_buf_new(bytes_max, out));
    enum sr_status status = sr_base64_decode(text, *out);
    if (status == SR_MALFORMED || (status == SR_OK && sr_buf_view(*out).len == 0)) {
        return sr_fail(err, SR_MALFORMED, "dsseEnvelope: %s: not base64 of something", key);
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "dsseEnvelope: %s: too long", key);
}

static enum sr_status decode_keyid(struct sr_json_value signature, struct sr_dsse *out,
                                   struct sr_err *err)
{
    struct sr_json_value keyid;
    struct sr_bytes text = {0};
    if (sr_json_find(signature, "keyid", &keyid) && sr_json_kind(keyid) != SR_JSON_NULL) {
        if (sr_json_kind(keyid) != SR_JSON_STRING) {
            return sr_fail(err, SR_MALFORMED, "dsseEnvelope: keyid: neither a string nor null");
        }
        text = sr_json_string(keyid);
    }
    SR_TRY(sr_buf_new(text.len, &out->keyid));
    return sr_buf_append(out->keyid, text);
}

/* O-6, O-7 */
static enum sr_status decode_signatures(struct sr_json_value envelope, struct sr_dsse *out,
                                        struct sr_err *err)
{
    static const char *const MEMBERS[] = {"sig", "keyid", NULL};
    struct sr_json_value list;
    if (!sr_json_find(envelope, "signatures", &list) || sr_json_kind(list) != SR_JSON_ARRAY) {
        return sr_fail(err, SR_MALFORMED, "dsseEnvelope: signatures: not a list");
    }
    if (sr_json_count(list) != 1) {
        return sr_fail(err, SR_MALFORMED, "dsseEnvelope: signatures: %zu, not exactly one",
                       sr_json_count(list));
    }
    struct sr_json_value one = sr_json_at(list, 0);
    SR_TRY(sr_members_check(one, "dsseEnvelope: signatures", MEMBERS, err));
    SR_TRY(decode_keyid(one, out, err));
    return decode_bytes(one, "sig", SIGNATURE_BYTES_MAX, &out->signature, err);
}

enum sr_status sr_dsse_decode(struct sr_json_value value, struct sr_dsse *out, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"payload", "payloadType", "signatures", NULL};
    struct sr_bytes type;
    SR_TRY(sr_members_check(value, "dsseEnvelope", MEMBERS, err)); /* O-5 */
    SR_TRY(sr_members_string(value, "dsseEnvelope", "payloadType", &type, err));
    SR_TRY(sr_buf_new(TYPE_BYTES_MAX, &out->payload_type));
    if (sr_buf_append(out->payload_type, type) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "dsseEnvelope: payloadType: over %d bytes",
                       TYPE_BYTES_MAX);
    }
    SR_TRY(decode_bytes(value, "payload", SR_LIMIT_JSON_HEAP_BYTES, &out->payload, err));
    return decode_signatures(value, out, err);
}

static enum sr_status put_base64(struct sr_json_writer *w, const char *key, struct sr_bytes data)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_LIMIT_JSON_HEAP_BYTES, &text));
    SR_TRY(sr_base64_encode(data, text));
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_buf_view(text));
}

/* What is before the one signature, up to the brace of its object. */
static enum sr_status put_head(struct sr_json_writer *w, struct sr_bytes payload_type,
                               struct sr_bytes payload)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_base64(w, "payload", payload));
    SR_TRY(sr_json_key(w, "payloadType"));
    SR_TRY(sr_json_put_string(w, payload_type));
    SR_TRY(sr_json_key(w, "signatures"));
    SR_TRY(sr_json_open_array(w));
    return sr_json_open_object(w);
}

static enum sr_status put_keyid(struct sr_json_writer *w, struct sr_bytes keyid)
{
    SR_TRY(sr_json_key(w, "keyid"));
    return sr_json_put_string(w, keyid);
}

static enum sr_status put_tail(struct sr_json_writer *w)
{
    SR_TRY(sr_json_close_object(w));
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

enum sr_status sr_dsse_encode(struct sr_json_writer *w, struct sr_bytes payload_type,
                              struct sr_bytes payload, struct sr_bytes signature)
{
    SR_TRY(put_head(w, payload_type, payload));
    SR_TRY(put_base64(w, "sig", signature));
    SR_TRY(put_keyid(w, sr_text_view("")));
    return put_tail(w);
}

enum sr_status sr_dsse_encode_keyed(struct sr_json_writer *w, struct sr_bytes payload_type,
                                    struct sr_bytes payload, struct sr_bytes signature,
                                    struct sr_bytes keyid)
{
    SR_TRY(put_head(w, payload_type, payload));
    SR_TRY(put_keyid(w, keyid));
    SR_TRY(put_base64(w, "sig", signature));
    return put_tail(w);
}

static enum sr_status append_part(struct sr_buf *out, struct sr_bytes part)
{
    char length[32];
    int digits = snprintf(length, sizeof length, " %zu ", part.len);
    SR_TRY(sr_buf_append(out, sr_bytes(length, (size_t)digits)));
    return sr_buf_append(out, part);
}

/* O-8 */
enum sr_status sr_dsse_pae(struct sr_bytes payload_type, struct sr_bytes payload,
                           struct sr_buf *out)
{
    SR_TRY(sr_buf_append(out, sr_text_view("DSSEv1")));
    SR_TRY(append_part(out, payload_type));
    return append_part(out, payload);
}
