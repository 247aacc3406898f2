/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/room_card.h"

#include <string.h>

#include "formats/base64.h"
#include "formats/dsse.h"
#include "formats/jcs.h"
#include "formats/members.h"

#define PAYLOAD_TYPE "application/vnd.strongroom.card+json"
#define WHAT "card"
#define FORMAT 1
#define KEY_PREFIX "spki "
#define ENVELOPE_DEPTH 4

/* CA-4: text for people, and for policies to compare. */
static bool is_text(struct sr_bytes text)
{
    if (text.len == 0 || text.len >= SR_ROOM_CARD_TEXT_BYTES || !sr_text_is_utf8(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* What a SubjectPublicKeyInfo of Ed25519 begins with; the key follows. RFC 8410, section 10.1 */
static const uint8_t DER_PREFIX[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                     0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
#define DER_BYTES (sizeof DER_PREFIX + SR_SIGN_ED25519_KEY_BYTES)

/* CA-5: one spelling of an Ed25519 key, and none that signs for anybody. */
static enum sr_status key_of(struct sr_bytes line, struct sr_public_key **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) der = NULL;
    size_t prefix = strlen(KEY_PREFIX);
    SR_TRY(sr_buf_new(SR_ROOM_CARD_KEY_BYTES, &der));
    if (line.len <= prefix || line.len >= SR_ROOM_CARD_KEY_BYTES ||
        memcmp(line.ptr, KEY_PREFIX, prefix) != 0 ||
        sr_base64_decode(sr_bytes(line.ptr + prefix, line.len - prefix), der) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, WHAT ": key: not the line of a public key");
    }
    struct sr_bytes bytes = sr_buf_view(der);
    if (bytes.len != DER_BYTES || memcmp(bytes.ptr, DER_PREFIX, sizeof DER_PREFIX) != 0) {
        return sr_fail(err, SR_UNSUPPORTED, WHAT ": key: not an Ed25519 key");
    }
    struct sr_bytes raw = sr_bytes(bytes.ptr + sizeof DER_PREFIX, SR_SIGN_ED25519_KEY_BYTES);
    enum sr_status status = sr_public_key_from_raw(SR_SIGN_ED25519, raw, out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, WHAT ": key");
}

enum sr_status sr_room_card_key_line(const struct sr_public_key *key,
                                     char out[SR_ROOM_CARD_KEY_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_buf) line = NULL;
    uint8_t der[DER_BYTES];
    memcpy(der, DER_PREFIX, sizeof DER_PREFIX);
    enum sr_status status = sr_public_key_ed25519_bytes(key, der + sizeof DER_PREFIX);
    if (status != SR_OK) {
        return sr_fail(err, status, "the room's key is not an Ed25519 key");
    }
    SR_TRY(sr_buf_new(SR_ROOM_CARD_KEY_BYTES - 1, &line));
    SR_TRY(sr_buf_append(line, sr_text_view(KEY_PREFIX)));
    SR_TRY(sr_base64_encode(sr_bytes(der, sizeof der), line));
    struct sr_bytes text = sr_buf_view(line);
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return SR_OK;
}

static enum sr_status check(const struct sr_room_card *card, struct sr_err *err)
{
    SR_AUTO(sr_public_key) key = NULL;
    if (!is_text(sr_text_view(card->origin))) {
        return sr_fail(err, SR_MALFORMED, WHAT ": origin: not 1 to %d bytes of printable text",
                       SR_ROOM_CARD_TEXT_BYTES - 1);
    }
    if (card->organisation[0] != '\0' && !is_text(sr_text_view(card->organisation))) {
        return sr_fail(err, SR_MALFORMED,
                       WHAT ": organisation: not 1 to %d bytes of printable text",
                       SR_ROOM_CARD_TEXT_BYTES - 1);
    }
    SR_TRY(key_of(sr_text_view(card->key), &key, err));
    enum sr_status status = sr_hpke_check(card->transport, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, WHAT ": transport");
}

enum sr_status sr_room_card_encode(const struct sr_room_card *card, struct sr_buf *out,
                                   struct sr_err *err)
{
    SR_TRY(check(card, err));
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(sr_json_key(&w, "format"));
    SR_TRY(sr_json_put_u64(&w, FORMAT));
    SR_TRY(sr_json_key(&w, "key"));
    SR_TRY(sr_json_put_string(&w, sr_text_view(card->key)));
    if (card->organisation[0] != '\0') {
        SR_TRY(sr_json_key(&w, "organisation"));
        SR_TRY(sr_json_put_string(&w, sr_text_view(card->organisation)));
    }
    SR_TRY(sr_json_key(&w, "origin"));
    SR_TRY(sr_json_put_string(&w, sr_text_view(card->origin)));
    SR_TRY(sr_json_key(&w, "room"));
    SR_TRY(sr_json_put_hex(&w, sr_bytes(card->room.bytes, SR_ID_BYTES)));
    SR_TRY(sr_json_key(&w, "transport"));
    SR_TRY(sr_json_put_hex(&w, sr_bytes(card->transport, SR_HPKE_KEY_BYTES)));
    return sr_json_close_object(&w);
}

static enum sr_status get_text(struct sr_json_value root, const char *key, char *out,
                               size_t out_bytes, struct sr_err *err)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(root, WHAT, key, &text, err));
    if (text.len == 0 || text.len >= out_bytes) {
        return sr_fail(err, SR_MALFORMED, WHAT ": %s: has %zu bytes", key, text.len);
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return SR_OK;
}

static enum sr_status get_hex(struct sr_json_value root, const char *key, uint8_t *out,
                              size_t out_bytes, struct sr_err *err)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(root, WHAT, key, &text, err));
    return sr_text_unhex(text, out, out_bytes) == SR_OK
               ? SR_OK
               : sr_fail(err, SR_MALFORMED, WHAT ": %s: not %zu hexadecimal digits", key,
                         2 * out_bytes);
}

enum sr_status sr_room_card_decode(struct sr_bytes payload, struct sr_room_card *out,
                                   struct sr_err *err)
{
    static const char *const MEMBERS[] = {"format",    "key", "organisation", "origin", "room",
                                          "transport", NULL};
    SR_AUTO(sr_json) json = NULL;
    struct sr_json_value format;
    struct sr_json_value organisation;
    struct sr_room_card card = {0};
    if (payload.len > SR_ROOM_CARD_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, WHAT ": over %d bytes", SR_ROOM_CARD_BYTES_MAX);
    }
    SR_TRY(sr_jcs_decode(payload, &json, err)); /* CA-2 */
    struct sr_json_value root = sr_json_root(json);
    SR_TRY(sr_members_check(root, WHAT, MEMBERS, err));
    SR_TRY(sr_members_get(root, WHAT, "format", SR_JSON_INTEGER, &format, err));
    if (sr_json_integer(format) != FORMAT) {
        return sr_fail(err, SR_UNSUPPORTED, WHAT ": format: %lld, this build knows %d",
                       (long long)sr_json_integer(format), FORMAT);
    }
    SR_TRY(get_text(root, "key", card.key, sizeof card.key, err));
    SR_TRY(get_text(root, "origin", card.origin, sizeof card.origin, err));
    if (sr_json_find(root, "organisation", &organisation)) {
        SR_TRY(get_text(root, "organisation", card.organisation, sizeof card.organisation, err));
    }
    SR_TRY(get_hex(root, "room", card.room.bytes, SR_ID_BYTES, err));
    SR_TRY(get_hex(root, "transport", card.transport, sizeof card.transport, err));
    SR_TRY(check(&card, err));
    *out = card;
    return SR_OK;
}

static enum sr_status pae_of(struct sr_bytes payload, struct sr_buf **out)
{
    SR_TRY(sr_buf_new(payload.len + 256, out));
    return sr_dsse_pae(sr_text_view(PAYLOAD_TYPE), payload, *out);
}

enum sr_status sr_room_card_sign(const struct sr_room_card *card, struct sr_signer *signer,
                                 struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) payload = NULL;
    SR_AUTO(sr_buf) pae = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    char line[SR_ROOM_CARD_KEY_BYTES];
    SR_TRY(sr_room_card_key_line(signer->public_key, line, err));
    if (strcmp(line, card->key) != 0) {
        return sr_fail(err, SR_INTERNAL, WHAT ": names another key than the room's");
    }
    SR_TRY(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &payload));
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &signature));
    SR_TRY(sr_room_card_encode(card, payload, err));
    SR_TRY(pae_of(sr_buf_view(payload), &pae));
    SR_TRY(sr_signer_sign(signer, sr_buf_view(pae), signature, err));
    struct sr_json_writer w = {.out = out};
    return sr_dsse_encode(&w, sr_text_view(PAYLOAD_TYPE), sr_buf_view(payload),
                          sr_buf_view(signature));
}

static enum sr_status verify(const struct sr_room_card *card, const struct sr_dsse *d,
                             struct sr_err *err)
{
    SR_AUTO(sr_buf) pae = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    SR_TRY(key_of(sr_text_view(card->key), &key, err));
    SR_TRY(pae_of(sr_buf_view(d->payload), &pae));
    enum sr_status status =
        sr_public_key_verify(key, sr_buf_view(pae), sr_buf_view(d->signature), err);
    return status == SR_OK ? SR_OK : sr_context(err, status, WHAT);
}

struct sr_bytes sr_room_card_trim(struct sr_bytes data)
{
    size_t len = data.len;
    return sr_bytes(data.ptr, len > 0 && data.ptr[len - 1] == '\n' ? len - 1 : len);
}

enum sr_status sr_room_card_open(struct sr_bytes data, struct sr_room_card *out,
                                 uint8_t out_digest[SR_SHA256_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    SR_CLEANUP(sr_dsse_clear) struct sr_dsse d = {0};
    struct sr_room_card card;
    if (data.len > SR_ROOM_CARD_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, WHAT ": over %d bytes", SR_ROOM_CARD_BYTES_MAX);
    }
    SR_TRY(sr_json_decode(data, ENVELOPE_DEPTH, &json, err));
    SR_TRY(sr_dsse_decode(sr_json_root(json), &d, err));
    if (!sr_text_equal(sr_buf_view(d.payload_type), sr_text_view(PAYLOAD_TYPE))) {
        return sr_fail(err, SR_MALFORMED, WHAT ": the envelope holds something else");
    }
    SR_TRY(sr_room_card_decode(sr_buf_view(d.payload), &card, err));
    SR_TRY(verify(&card, &d, err));
    if (out_digest != NULL) {
        SR_TRY(sr_sha256_once(sr_room_card_trim(data), out_digest));
    }
    *out = card;
    return SR_OK;
}
