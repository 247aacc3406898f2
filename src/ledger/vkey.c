/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/vkey.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "formats/base64.h"
#include "formats/cosignature.h"
#include "formats/quote.h"

struct sr_vkey {
    enum sr_vkey_type type;
    uint8_t id[SR_NOTE_KEY_ID_BYTES];
    struct sr_public_key *key;
    struct sr_buf *name;
    struct sr_buf *material; /* type, then the key's bytes */
};

void sr_vkey_free(struct sr_vkey *vkey)
{
    if (vkey == NULL) {
        return;
    }
    sr_public_key_free(vkey->key);
    sr_buf_free(vkey->name);
    sr_buf_free(vkey->material);
    free(vkey);
}

struct sr_bytes sr_vkey_name(const struct sr_vkey *vkey)
{
    return sr_buf_view(vkey->name);
}

enum sr_vkey_type sr_vkey_type(const struct sr_vkey *vkey)
{
    return vkey->type;
}

const struct sr_public_key *sr_vkey_key(const struct sr_vkey *vkey)
{
    return vkey->key;
}

/* N-12: the first bytes of SHA-256 of name, newline, type and key; of ECDSA, of the key alone. */
static enum sr_status make_id(struct sr_vkey *v)
{
    SR_AUTO(sr_buf) input = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_bytes material = sr_buf_view(v->material);
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &input));
    if (v->type == SR_VKEY_ECDSA) {
        SR_TRY(sr_buf_append(input, sr_bytes(material.ptr + 1, material.len - 1)));
    } else {
        SR_TRY(sr_buf_append(input, sr_buf_view(v->name)));
        SR_TRY(sr_buf_append(input, sr_bytes("\n", 1)));
        SR_TRY(sr_buf_append(input, material));
    }
    SR_TRY(sr_sha256_once(sr_buf_view(input), digest));
    memcpy(v->id, digest, sizeof v->id);
    return SR_OK;
}

static enum sr_status make_key(struct sr_vkey *v, struct sr_err *err)
{
    struct sr_bytes material = sr_buf_view(v->material);
    if (material.len < 2) {
        return sr_fail(err, SR_MALFORMED, "a key without bytes (N-11)");
    }
    struct sr_bytes key = sr_bytes(material.ptr + 1, material.len - 1);
    switch (material.ptr[0]) {
    case SR_VKEY_ED25519:
    case SR_VKEY_COSIGNATURE:
        SR_TRY(sr_public_key_from_raw(SR_SIGN_ED25519, key, &v->key, err));
        break;
    case SR_VKEY_ECDSA:
        SR_TRY(sr_public_key_from_der(key, &v->key, err));
        if (sr_public_key_algorithm(v->key) != SR_SIGN_ECDSA_P256_SHA256) {
            return sr_fail(err, SR_UNSUPPORTED, "an ECDSA key that is not of P-256 (N-13)");
        }
        break;
    default:
        return sr_fail(err, SR_UNSUPPORTED, "keys of type %u are not supported (N-13)",
                       material.ptr[0]);
    }
    v->type = (enum sr_vkey_type)material.ptr[0];
    return make_id(v);
}

static enum sr_status make_empty(struct sr_bytes name, struct sr_vkey **out, struct sr_err *err)
{
    if (!sr_note_is_name(name)) {
        return sr_fail(err, SR_MALFORMED, "'%s' is not a name of keys (N-6)", sr_quote(name).text);
    }
    SR_AUTO(sr_vkey) v = calloc(1, sizeof *v);
    if (v == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a key");
    }
    SR_TRY(sr_buf_new(SR_NOTE_NAME_BYTES_MAX, &v->name));
    SR_TRY(sr_buf_append(v->name, name));
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &v->material));
    *out = SR_TAKE(v);
    return SR_OK;
}

/* What is before the next '+', which is taken as well. */
static bool take_part(struct sr_bytes *rest, struct sr_bytes *out)
{
    const uint8_t *plus = rest->len > 0 ? memchr(rest->ptr, '+', rest->len) : NULL;
    if (plus == NULL) {
        return false;
    }
    *out = sr_bytes(rest->ptr, (size_t)(plus - rest->ptr));
    *rest = sr_bytes(plus + 1, rest->len - out->len - 1);
    return true;
}

enum sr_status sr_vkey_parse(struct sr_bytes text, struct sr_vkey **out, struct sr_err *err)
{
    SR_AUTO(sr_vkey) v = NULL;
    struct sr_bytes rest = text;
    struct sr_bytes name;
    struct sr_bytes hash;
    uint8_t id[SR_NOTE_KEY_ID_BYTES];
    if (text.len > SR_VKEY_TEXT_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a key of over %d bytes", SR_VKEY_TEXT_BYTES_MAX);
    }
    if (!take_part(&rest, &name) || !take_part(&rest, &hash) ||
        sr_text_unhex(hash, id, sizeof id) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "not a key as name+hash+base64 (N-10)");
    }
    SR_TRY(make_empty(name, &v, err));
    enum sr_status status = sr_base64_decode(rest, v->material);
    if (status == SR_MALFORMED) {
        return sr_fail(err, status, "the key is not base64 (N-11)");
    }
    SR_TRY(status);
    SR_TRY(make_key(v, err));
    if (memcmp(v->id, id, sizeof id) != 0) {
        return sr_fail(err, SR_MALFORMED, "the hash is not that of name and key (N-12)");
    }
    *out = SR_TAKE(v);
    return SR_OK;
}

enum sr_status sr_vkey_new(struct sr_bytes name, enum sr_vkey_type type,
                           const struct sr_public_key *key, struct sr_vkey **out,
                           struct sr_err *err)
{
    SR_AUTO(sr_vkey) v = NULL;
    uint8_t first = (uint8_t)type;
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    bool is_ecdsa = type == SR_VKEY_ECDSA;
    SR_TRY(make_empty(name, &v, err));
    SR_TRY(sr_buf_append(v->material, sr_bytes(&first, 1)));
    if (is_ecdsa != (sr_public_key_algorithm(key) != SR_SIGN_ED25519)) {
        return sr_fail(err, SR_UNSUPPORTED, "the key is not of the type's kind (N-13)");
    }
    if (is_ecdsa) {
        SR_TRY(sr_public_key_der(key, v->material));
    } else {
        SR_TRY(sr_public_key_ed25519_bytes(key, raw));
        SR_TRY(sr_buf_append(v->material, sr_bytes(raw, sizeof raw)));
    }
    SR_TRY(make_key(v, err));
    *out = SR_TAKE(v);
    return SR_OK;
}

enum sr_status sr_vkey_text(const struct sr_vkey *vkey, struct sr_buf *out)
{
    char hex[2 * SR_NOTE_KEY_ID_BYTES + 1];
    sr_text_hex(sr_bytes(vkey->id, sizeof vkey->id), hex);
    SR_TRY(sr_buf_append(out, sr_buf_view(vkey->name)));
    SR_TRY(sr_buf_append(out, sr_bytes("+", 1)));
    SR_TRY(sr_buf_append(out, sr_text_view(hex)));
    SR_TRY(sr_buf_append(out, sr_bytes("+", 1)));
    return sr_base64_encode(sr_buf_view(vkey->material), out);
}

static enum sr_status verify_cosignature(const struct sr_vkey *vkey, struct sr_bytes text,
                                         struct sr_bytes signature, uint64_t *out_utc_s,
                                         struct sr_err *err)
{
    SR_AUTO(sr_buf) message = NULL;
    struct sr_cosignature c;
    enum sr_status status = sr_cosignature_decode(signature, &c, err);
    if (status != SR_OK) {
        return status == SR_MALFORMED ? sr_fail(err, SR_UNTRUSTED, "a cosignature of wrong length")
                                      : status;
    }
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX + 64, &message));
    SR_TRY(sr_cosignature_message(c.utc_s, text, message));
    *out_utc_s = c.utc_s;
    return sr_public_key_verify(vkey->key, sr_buf_view(message),
                                sr_bytes(c.signature, sizeof c.signature), err);
}

static enum sr_status verify_line(const struct sr_vkey *vkey, struct sr_bytes text,
                                  const struct sr_note_signature *line, struct sr_vkey_mark *mark,
                                  struct sr_err *err)
{
    uint64_t utc_s = 0;
    enum sr_status status = vkey->type == SR_VKEY_COSIGNATURE
                                ? verify_cosignature(vkey, text, line->signature, &utc_s, err)
                                : sr_public_key_verify(vkey->key, text, line->signature, err);
    if (status != SR_OK) {
        return sr_context(err, status, "signature of '%s'", sr_quote(line->name).text);
    }
    mark->has_signed = true;
    mark->utc_s = utc_s > mark->utc_s ? utc_s : mark->utc_s;
    return SR_OK;
}

bool sr_vkey_has_line(const struct sr_vkey *vkey, const struct sr_note_signature *line)
{
    return sr_text_equal(line->name, sr_buf_view(vkey->name)) &&
           memcmp(line->key_id, vkey->id, sizeof vkey->id) == 0;
}

enum sr_status sr_vkey_verify_note(const struct sr_vkey *const *keys, size_t count,
                                   const struct sr_note *note, struct sr_vkey_mark *marks,
                                   struct sr_err *err)
{
    size_t known = 0;
    for (size_t k = 0; k < count; k++) {
        struct sr_vkey_mark mark = {0};
        for (size_t i = 0; i < note->signatures; i++) {
            if (sr_vkey_has_line(keys[k], &note->signature[i])) {
                SR_TRY(verify_line(keys[k], note->text, &note->signature[i], &mark, err));
            }
        }
        known += mark.has_signed;
        if (marks != NULL) {
            marks[k] = mark;
        }
    }
    if (known == 0) {
        return sr_fail(err, SR_UNTRUSTED, "no known key has signed the note");
    }
    return SR_OK;
}

/* What is behind the key's ID in the line. */
static enum sr_status make_signature(const struct sr_vkey *vkey, struct sr_signer *signer,
                                     uint64_t utc_s, struct sr_bytes text, struct sr_buf *out,
                                     struct sr_err *err)
{
    if (vkey->type != SR_VKEY_COSIGNATURE) {
        return sr_signer_sign(signer, text, out, err);
    }
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    struct sr_cosignature c = {.utc_s = utc_s};
    uint8_t payload[SR_COSIGNATURE_BYTES];
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX + 64, &message));
    SR_TRY(sr_buf_new(SR_COSIGNATURE_ED25519_BYTES, &signature));
    SR_TRY(sr_cosignature_message(utc_s, text, message));
    SR_TRY(sr_signer_sign(signer, sr_buf_view(message), signature, err));
    assert(sr_buf_view(signature).len == sizeof c.signature);
    memcpy(c.signature, sr_buf_view(signature).ptr, sizeof c.signature);
    sr_cosignature_encode(&c, payload);
    return sr_buf_append(out, sr_bytes(payload, sizeof payload));
}

enum sr_status sr_vkey_sign(const struct sr_vkey *vkey, struct sr_signer *signer, uint64_t utc_s,
                            struct sr_bytes text, struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) signature = NULL;
    if (!sr_public_key_equal(vkey->key, signer->public_key)) {
        return sr_fail(err, SR_CONFLICT, "the signer does not have the key of '%s'",
                       sr_quote(sr_buf_view(vkey->name)).text);
    }
    if (!sr_note_is_text(text)) {
        return sr_fail(err, SR_MALFORMED, "not lines of text in UTF-8 (N-1, N-2)");
    }
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &signature));
    SR_TRY(make_signature(vkey, signer, utc_s, text, signature, err));
    struct sr_note_signature line = {.name = sr_buf_view(vkey->name),
                                     .signature = sr_buf_view(signature)};
    memcpy(line.key_id, vkey->id, sizeof line.key_id);
    return sr_note_encode_signature(&line, out);
}
