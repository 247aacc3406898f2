/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/oms.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/base64.h"
#include "formats/members.h"

#define MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
/* Log entries of keyless bundles have six levels. */
#define BUNDLE_DEPTH_MAX 16
#define CERTIFICATE_BYTES_MAX 65536
#define PUBLIC_KEY_BYTES_MAX 4096

const char SR_OMS_PAYLOAD_TYPE[] = "application/vnd.in-toto+json";

void sr_oms_bundle_free(struct sr_oms_bundle *b)
{
    if (b == NULL) {
        return;
    }
    sr_buf_free(b->public_key_pem);
    for (size_t i = 0; i < b->certificate_count; i++) {
        sr_buf_free(b->certificates[i]);
    }
    sr_dsse_clear(&b->envelope);
    free(b);
}

static enum sr_status decode_raw_bytes(struct sr_json_value object, const char *what,
                                       size_t bytes_max, struct sr_buf **out, struct sr_err *err)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(object, what, "rawBytes", &text, err));
    SR_AUTO(sr_buf) bytes = NULL;
    SR_TRY(sr_buf_new(bytes_max, &bytes));
    enum sr_status status = sr_base64_decode(text, bytes);
    if (status != SR_OK) {
        return sr_fail(err, status, "%s: rawBytes: %s", what,
                       status == SR_MALFORMED ? "not base64" : "too long");
    }
    if (sr_buf_view(bytes).len == 0) {
        return sr_fail(err, SR_MALFORMED, "%s: rawBytes: empty", what);
    }
    *out = SR_TAKE(bytes);
    return SR_OK;
}

/* O-10 */
static enum sr_status decode_public_key(struct sr_json_value value, struct sr_oms_bundle *b,
                                        struct sr_err *err)
{
    static const char *const MEMBERS[] = {"hint", "rawBytes", "keyDetails", NULL};
    struct sr_json_value hint;
    struct sr_json_value other;
    uint8_t digest[32];
    b->material = SR_OMS_KEY;
    SR_TRY(sr_members_check(value, "publicKey", MEMBERS, err));
    if (sr_json_find(value, "hint", &hint)) {
        if (sr_json_kind(hint) != SR_JSON_STRING ||
            sr_text_unhex(sr_json_string(hint), digest, sizeof digest) != SR_OK) {
            return sr_fail(err, SR_MALFORMED, "publicKey: hint: not 64 hexadecimal digits");
        }
        sr_text_hex(sr_bytes(digest, sizeof digest), b->hint);
    }
    if (sr_json_find(value, "keyDetails", &other) && sr_json_kind(other) != SR_JSON_STRING) {
        return sr_fail(err, SR_MALFORMED, "publicKey: keyDetails: not a string");
    }
    return !sr_json_find(value, "rawBytes", &other)
               ? SR_OK
               : decode_raw_bytes(value, "publicKey", PUBLIC_KEY_BYTES_MAX, &b->public_key_pem,
                                  err);
}

static enum sr_status decode_certificate(struct sr_json_value value, struct sr_oms_bundle *b,
                                         struct sr_err *err)
{
    static const char *const MEMBERS[] = {"rawBytes", NULL};
    SR_TRY(sr_members_check(value, "certificate", MEMBERS, err));
    SR_TRY(decode_raw_bytes(value, "certificate", CERTIFICATE_BYTES_MAX,
                            &b->certificates[b->certificate_count], err));
    b->certificate_count++;
    return SR_OK;
}

/* O-11 */
static enum sr_status decode_chain(struct sr_json_value value, struct sr_oms_bundle *b,
                                   struct sr_err *err)
{
    static const char *const MEMBERS[] = {"certificates", NULL};
    struct sr_json_value list;
    b->material = SR_OMS_CERTIFICATES;
    SR_TRY(sr_members_check(value, "x509CertificateChain", MEMBERS, err));
    SR_TRY(
        sr_members_get(value, "x509CertificateChain", "certificates", SR_JSON_ARRAY, &list, err));
    size_t count = sr_json_count(list);
    if (count == 0 || count > SR_OMS_CERTIFICATES_MAX) {
        return sr_fail(err, count == 0 ? SR_MALFORMED : SR_TOO_LARGE,
                       "x509CertificateChain: %zu certificates, not 1 to %d", count,
                       SR_OMS_CERTIFICATES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        SR_TRY(decode_certificate(sr_json_at(list, i), b, err));
    }
    return SR_OK;
}

static enum sr_status check_logs(struct sr_json_value material, struct sr_err *err)
{
    struct sr_json_value value;
    if (sr_json_find(material, "tlogEntries", &value) && sr_json_kind(value) != SR_JSON_ARRAY) {
        return sr_fail(err, SR_MALFORMED, "verificationMaterial: tlogEntries: not an array");
    }
    if (sr_json_find(material, "timestampVerificationData", &value) &&
        sr_json_kind(value) != SR_JSON_OBJECT && sr_json_kind(value) != SR_JSON_NULL) {
        return sr_fail(err, SR_MALFORMED,
                       "verificationMaterial: timestampVerificationData: not an object");
    }
    return SR_OK;
}

/* O-9 */
static enum sr_status decode_material(struct sr_json_value material, struct sr_oms_bundle *b,
                                      struct sr_err *err)
{
    static const char *const MEMBERS[] = {"publicKey",   "x509CertificateChain",      "certificate",
                                          "tlogEntries", "timestampVerificationData", NULL};
    struct sr_json_value key;
    struct sr_json_value chain;
    struct sr_json_value leaf;
    SR_TRY(sr_members_check(material, "verificationMaterial", MEMBERS, err));
    SR_TRY(check_logs(material, err));
    bool has_key = sr_json_find(material, "publicKey", &key);
    bool has_chain = sr_json_find(material, "x509CertificateChain", &chain);
    bool has_leaf = sr_json_find(material, "certificate", &leaf);
    if (has_key + has_chain + has_leaf != 1) {
        return sr_fail(err, SR_MALFORMED,
                       "verificationMaterial: not exactly one of 'publicKey', "
                       "'x509CertificateChain' and 'certificate'");
    }
    if (has_key) {
        return decode_public_key(key, b, err);
    }
    if (has_chain) {
        return decode_chain(chain, b, err);
    }
    b->material = SR_OMS_KEYLESS;
    return decode_certificate(leaf, b, err);
}

enum sr_status sr_oms_bundle_decode(struct sr_bytes text, struct sr_oms_bundle **out,
                                    struct sr_err *err)
{
    static const char *const MEMBERS[] = {"mediaType", "verificationMaterial", "dsseEnvelope",
                                          NULL};
    SR_AUTO(sr_json) j = NULL;
    SR_AUTO(sr_oms_bundle) b = NULL;
    struct sr_bytes media_type;
    struct sr_json_value value;
    if (text.len > SR_OMS_BUNDLE_BYTES_MAX) { /* O-1 */
        return sr_fail(err, SR_TOO_LARGE, "bundle: over %zu bytes", SR_OMS_BUNDLE_BYTES_MAX);
    }
    SR_TRY(sr_json_decode_within(text, BUNDLE_DEPTH_MAX, SR_LIMIT_SIGNATURE_HEAP_BYTES, &j,
                                 err)); /* O-2 */
    b = calloc(1, sizeof *b);
    if (b == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a bundle");
    }
    struct sr_json_value root = sr_json_root(j);
    SR_TRY(sr_members_check(root, "bundle", MEMBERS, err)); /* O-3 */
    SR_TRY(sr_members_string(root, "bundle", "mediaType", &media_type, err));
    if (!sr_text_equal(media_type, sr_text_view(MEDIA_TYPE))) { /* O-4 */
        return sr_fail(err, SR_MALFORMED, "bundle: mediaType: not '" MEDIA_TYPE "'");
    }
    SR_TRY(sr_members_get(root, "bundle", "verificationMaterial", SR_JSON_OBJECT, &value, err));
    SR_TRY(decode_material(value, b, err));
    SR_TRY(sr_members_get(root, "bundle", "dsseEnvelope", SR_JSON_OBJECT, &value, err));
    SR_TRY(sr_dsse_decode(value, &b->envelope, err));
    *out = SR_TAKE(b);
    return SR_OK;
}

static enum sr_status put_certificate(struct sr_json_writer *w, struct sr_bytes der)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(2 * CERTIFICATE_BYTES_MAX, &text));
    SR_TRY(sr_base64_encode(der, text));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_key(w, "rawBytes"));
    SR_TRY(sr_json_put_string(w, sr_buf_view(text)));
    return sr_json_close_object(w);
}

static enum sr_status put_material(struct sr_json_writer *w, const char *hint,
                                   const struct sr_bytes *certificates, size_t count)
{
    SR_TRY(sr_json_key(w, count == 0 ? "publicKey" : "x509CertificateChain"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_json_key(w, count == 0 ? "hint" : "certificates"));
    if (count == 0) {
        SR_TRY(sr_json_put_string(w, sr_text_view(hint)));
        return sr_json_close_object(w);
    }
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(put_certificate(w, certificates[i]));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

enum sr_status sr_oms_bundle_encode(const char *hint, const struct sr_bytes *certificates,
                                    size_t certificate_count, struct sr_bytes payload,
                                    struct sr_bytes signature, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(sr_json_key(&w, "mediaType"));
    SR_TRY(sr_json_put_string(&w, sr_text_view(MEDIA_TYPE)));
    SR_TRY(sr_json_key(&w, "verificationMaterial"));
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_material(&w, hint, certificates, certificate_count));
    SR_TRY(sr_json_key(&w, "tlogEntries"));
    SR_TRY(sr_json_open_array(&w));
    SR_TRY(sr_json_close_array(&w));
    SR_TRY(sr_json_close_object(&w));
    SR_TRY(sr_json_key(&w, "dsseEnvelope"));
    SR_TRY(sr_dsse_encode(&w, sr_text_view(SR_OMS_PAYLOAD_TYPE), payload, signature));
    SR_TRY(sr_json_close_object(&w));
    return sr_buf_append(out, sr_text_view("\n"));
}

/* One byte as Python's repr() of bytes shows it between quotes. */
static size_t put_repr(uint8_t c, char quote, uint8_t out[4])
{
    static const char HEX[] = "0123456789abcdef";
    const char *named = c == '\t' ? "t" : c == '\n' ? "n" : c == '\r' ? "r" : NULL;
    out[0] = '\\';
    if (named != NULL) {
        out[1] = (uint8_t)named[0];
        return 2;
    }
    if (c == '\\' || c == (uint8_t)quote) {
        out[1] = c;
        return 2;
    }
    if (c >= 0x20 && c < 0x7f) {
        out[0] = c;
        return 1;
    }
    out[1] = 'x';
    out[2] = (uint8_t)HEX[c >> 4];
    out[3] = (uint8_t)HEX[c & 15];
    return 4;
}

/* O-20 */
enum sr_status sr_oms_old_message(struct sr_bytes payload, struct sr_buf *out)
{
    /* The lengths are as in the PAE; only the prefix and the payload's form differ. */
    SR_AUTO(sr_buf) pae = NULL;
    SR_TRY(sr_buf_new(payload.len + 256, &pae));
    SR_TRY(sr_dsse_pae(sr_text_view(SR_OMS_PAYLOAD_TYPE), payload, pae));
    struct sr_bytes head = sr_buf_view(pae);
    head.len -= payload.len;
    bool has_single = payload.len > 0 && memchr(payload.ptr, '\'', payload.len) != NULL;
    bool has_double = payload.len > 0 && memchr(payload.ptr, '"', payload.len) != NULL;
    char quote = has_single && !has_double ? '"' : '\'';
    SR_TRY(sr_buf_append(out, sr_text_view("DSSEV1")));
    SR_TRY(sr_buf_append(out, sr_bytes(head.ptr + 6, head.len - 6)));
    SR_TRY(sr_buf_append(out, sr_text_view("b")));
    SR_TRY(sr_buf_append(out, sr_bytes(&quote, 1)));
    for (size_t i = 0; i < payload.len; i++) {
        uint8_t shown[4];
        SR_TRY(sr_buf_append(out, sr_bytes(shown, put_repr(payload.ptr[i], quote, shown))));
    }
    return sr_buf_append(out, sr_bytes(&quote, 1));
}
