/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "formats/base64.h"
#include "formats/dsse.h"
#include "formats/jcs.h"
#include "formats/members.h"
#include "formats/quote.h"

#define PAYLOAD_TYPE "application/vnd.in-toto+json"
#define KEYID_BYTES_MAX 128
#define DEPTH_MAX 3 /* envelope, signatures, one of them */
#define PAE_BYTES_MAX (SR_ACT_BYTES_MAX + 128)
#define SIGNATURE_BYTES_MAX 1024 /* what formats/dsse.c takes */

/* The largest statement with the largest signature goes into an envelope. */
_Static_assert(SR_ACT_BYTES_MAX / 3 * 4 + SIGNATURE_BYTES_MAX / 3 * 4 + KEYID_BYTES_MAX + 256 <
                   SR_ENVELOPE_BYTES_MAX,
               "an envelope has room");

struct sr_envelope {
    struct sr_act_text *text;
    struct sr_buf *signature;
    char keyid[KEYID_BYTES_MAX + 1];
    size_t len;
    uint8_t bytes[]; /* as they came */
};

void sr_envelope_free(struct sr_envelope *e)
{
    if (e != NULL) {
        sr_act_text_free(e->text);
        sr_buf_free(e->signature);
        free(e);
    }
}

static enum sr_status keep_keyid(struct sr_envelope *e, struct sr_bytes keyid, struct sr_err *err)
{
    bool is_plain = keyid.len <= KEYID_BYTES_MAX;
    for (size_t i = 0; is_plain && i < keyid.len; i++) {
        is_plain = keyid.ptr[i] >= 0x20 && keyid.ptr[i] < 0x7f;
        e->keyid[i] = (char)keyid.ptr[i];
    }
    return is_plain ? SR_OK
                    : sr_fail(err, SR_MALFORMED, "envelope: keyid: not up to %d bytes of ASCII",
                              KEYID_BYTES_MAX);
}

/* The parts of an envelope as we write them: views of it. */
struct parts {
    struct sr_bytes payload; /* base64, as the signature */
    struct sr_bytes keyid;
    struct sr_bytes signature;
};

static bool find_parts(struct sr_bytes text, struct parts *out)
{
    struct sr_json_members walk = {.text = text};
    struct sr_bytes type;
    struct sr_bytes list;
    if (!sr_jcs_is_plain(text) || !sr_members_take_word(&walk, "payload", &out->payload) ||
        !sr_members_take_word(&walk, "payloadType", &type) ||
        !sr_text_equal(type, sr_text_view(PAYLOAD_TYPE)) ||
        !sr_members_take(&walk, "signatures", &list) || !sr_members_take_end(&walk) ||
        list.len < 2 || list.ptr[0] != '[') {
        return false;
    }
    walk = (struct sr_json_members){.text = sr_bytes(list.ptr + 1, list.len - 2)};
    return sr_members_take_word(&walk, "keyid", &out->keyid) &&
           sr_members_take_word(&walk, "sig", &out->signature) && sr_members_take_end(&walk);
}

/* errors  MALFORMED, TOO_LARGE, NO_MEMORY */
static enum sr_status decode_part(struct sr_bytes text, size_t bytes_max, struct sr_buf **out)
{
    SR_TRY(sr_buf_new(bytes_max, out));
    SR_TRY(sr_base64_decode(text, *out));
    return sr_buf_view(*out).len > 0 ? SR_OK : SR_MALFORMED;
}

/*
 * AC-1, AC-2, without a tree. *out_is_done is false when nothing is said: then it is taken apart as
 * any other envelope is, which also says what is wrong with it.
 */
static enum sr_status take_plain(struct sr_envelope *e, bool *out_is_done, struct sr_err *err)
{
    SR_AUTO(sr_buf) payload = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    struct parts parts;
    *out_is_done = false;
    if (!find_parts(sr_envelope_bytes(e), &parts)) {
        return SR_OK;
    }
    enum sr_status status = decode_part(parts.payload, SR_ENVELOPE_BYTES_MAX, &payload);
    status =
        status == SR_OK ? decode_part(parts.signature, SIGNATURE_BYTES_MAX, &signature) : status;
    if (status != SR_OK) {
        return status == SR_NO_MEMORY ? status : SR_OK;
    }
    *out_is_done = true;
    SR_TRY(keep_keyid(e, parts.keyid, err));
    e->signature = SR_TAKE(signature);
    return sr_act_decode(sr_buf_view(payload), &e->text, err);
}

/* AC-1, AC-2 */
static enum sr_status take_apart(struct sr_envelope *e, struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    bool is_done = false;
    SR_TRY(take_plain(e, &is_done, err));
    if (is_done) {
        return SR_OK;
    }
    SR_TRY(sr_json_decode(sr_envelope_bytes(e), DEPTH_MAX, &json, err));
    SR_TRY(sr_dsse_decode(sr_json_root(json), &d, err));
    struct sr_bytes type = sr_buf_view(d.payload_type);
    if (!sr_text_equal(type, sr_text_view(PAYLOAD_TYPE))) {
        return sr_fail(err, SR_UNSUPPORTED, "envelope: payloadType '%s', not '" PAYLOAD_TYPE "'",
                       sr_quote(type).text);
    }
    SR_TRY(keep_keyid(e, sr_buf_view(d.keyid), err));
    e->signature = SR_TAKE(d.signature);
    return sr_act_decode(sr_buf_view(d.payload), &e->text, err);
}

enum sr_status sr_envelope_open(struct sr_bytes data, struct sr_envelope **out, struct sr_err *err)
{
    if (data.len > SR_ENVELOPE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "envelope: over %d bytes", SR_ENVELOPE_BYTES_MAX);
    }
    SR_AUTO(sr_envelope) e = calloc(1, sizeof *e + data.len);
    if (e == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an envelope");
    }
    if (data.len > 0) {
        memcpy(e->bytes, data.ptr, data.len);
    }
    e->len = data.len;
    SR_TRY(take_apart(e, err));
    *out = SR_TAKE(e);
    return SR_OK;
}

const struct sr_act *sr_envelope_act(const struct sr_envelope *e)
{
    return sr_act_text_view(e->text);
}

const uint8_t *sr_envelope_digest(const struct sr_envelope *e)
{
    return sr_act_text_digest(e->text);
}

struct sr_bytes sr_envelope_statement(const struct sr_envelope *e)
{
    return sr_act_text_statement(e->text);
}

struct sr_bytes sr_envelope_bytes(const struct sr_envelope *e)
{
    return sr_bytes(e->bytes, e->len);
}

struct sr_bytes sr_envelope_signature(const struct sr_envelope *e)
{
    return sr_buf_view(e->signature);
}

const char *sr_envelope_keyid(const struct sr_envelope *e)
{
    return e->keyid;
}

/* What a statement's signature is made over. */
static enum sr_status make_pae(struct sr_bytes statement, struct sr_buf **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) pae = NULL;
    SR_TRY(sr_buf_new(PAE_BYTES_MAX, &pae));
    enum sr_status status = sr_dsse_pae(sr_text_view(PAYLOAD_TYPE), statement, pae);
    if (status != SR_OK) {
        return sr_fail(err, status, "envelope: cannot make what is signed");
    }
    *out = SR_TAKE(pae);
    return SR_OK;
}

enum sr_status sr_envelope_verify(const struct sr_envelope *e, const struct sr_act_key *key,
                                  struct sr_act_proof *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) pae = NULL;
    SR_TRY(make_pae(sr_envelope_statement(e), &pae, err));
    return sr_act_key_verify(key, sr_buf_view(pae), sr_buf_view(e->signature), out, err);
}

/* AC-18: nothing leaves that does not verify. */
static enum sr_status sign(struct sr_bytes statement, struct sr_act_signer *signer,
                           struct sr_buf *signature, struct sr_err *err)
{
    SR_AUTO(sr_buf) pae = NULL;
    SR_TRY(make_pae(statement, &pae, err));
    SR_TRY(signer->sign(signer, sr_buf_view(pae), signature, err));
    return sr_act_key_verify(signer->key, sr_buf_view(pae), sr_buf_view(signature), NULL, err);
}

static enum sr_status seal(struct sr_bytes statement, struct sr_act_signer *signer,
                           struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) signature = NULL;
    SR_AUTO(sr_buf) made = NULL;
    SR_TRY(sr_buf_new(SIGNATURE_BYTES_MAX, &signature));
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &made));
    SR_TRY(sign(statement, signer, signature, err));
    struct sr_json_writer w = {.out = made};
    enum sr_status status =
        sr_dsse_encode_keyed(&w, sr_text_view(PAYLOAD_TYPE), statement, sr_buf_view(signature),
                             sr_text_view(sr_act_key_fingerprint(signer->key)));
    if (status == SR_OK) {
        status = sr_buf_append(out, sr_buf_view(made));
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "envelope: no room for it");
}

enum sr_status sr_envelope_make(const struct sr_act *act, struct sr_act_signer *signer,
                                struct sr_buf *out, uint8_t out_digest[SR_SHA256_BYTES],
                                struct sr_err *err)
{
    SR_AUTO(sr_buf) statement = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_ACT_BYTES_MAX, &statement));
    SR_TRY(sr_act_encode(act, statement, err));
    SR_TRY(sr_sha256_once(sr_buf_view(statement), digest));
    SR_TRY(seal(sr_buf_view(statement), signer, out, err));
    if (out_digest != NULL) {
        memcpy(out_digest, digest, sizeof digest);
    }
    return SR_OK;
}

enum sr_status sr_envelope_make_of(struct sr_bytes statement, struct sr_act_signer *signer,
                                   struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_act_text) t = NULL;
    SR_TRY(sr_act_decode(statement, &t, err));
    return seal(statement, signer, out, err);
}
