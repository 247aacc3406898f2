/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/base64.h"

#define SPKI "spki "
#define DER_BYTES_MAX 512
#define DER_BYTES_P256 91
#define DER_BYTES_P384 120

struct sr_act_key {
    struct sr_ssh_verifier *ssh; /* one of the two */
    struct sr_public_key *plain;
    char fingerprint[SR_SSH_VERIFIER_FINGERPRINT_BYTES];
    char line[SR_ACT_KEY_LINE_BYTES_MAX + 1];
};

void sr_act_key_free(struct sr_act_key *key)
{
    if (key != NULL) {
        sr_ssh_verifier_free(key->ssh);
        sr_public_key_free(key->plain);
        free(key);
    }
}

static enum sr_status new_key(struct sr_act_key **out, struct sr_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? SR_OK : sr_fail(err, SR_NO_MEMORY, "no memory for a key");
}

static enum sr_status keep_line(struct sr_act_key *key, const struct sr_buf *line,
                                struct sr_err *err)
{
    struct sr_bytes text = sr_buf_view(line);
    if (text.len >= sizeof key->line) {
        return sr_fail(err, SR_TOO_LARGE, "key: a line of over %d bytes",
                       SR_ACT_KEY_LINE_BYTES_MAX);
    }
    memcpy(key->line, text.ptr, text.len);
    return SR_OK;
}

static bool begins_with(struct sr_bytes text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.ptr, word, len) == 0;
}

static enum sr_status from_ssh(struct sr_bytes text, struct sr_act_key **out, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_buf) blob = NULL;
    SR_AUTO(sr_buf) line = NULL;
    struct sr_bytes comment;
    SR_TRY(new_key(&key, err));
    SR_TRY(sr_buf_new(SR_SSH_KEY_BLOB_BYTES_MAX, &blob));
    SR_TRY(sr_buf_new(2 * SR_ACT_KEY_LINE_BYTES_MAX, &line));
    SR_TRY(sr_ssh_key_from_line(text, blob, &comment, err));
    SR_TRY(sr_ssh_verifier_new(sr_buf_view(blob), &key->ssh, err));
    SR_TRY(sr_ssh_key_line(sr_buf_view(blob), line, err));
    SR_TRY(keep_line(key, line, err));
    memcpy(key->fingerprint, sr_ssh_verifier_fingerprint(key->ssh), sizeof key->fingerprint);
    *out = SR_TAKE(key);
    return SR_OK;
}

/* AC-15: points are not compressed, or one key would have two lines and two fingerprints. */
static enum sr_status copy_ecdsa(struct sr_bytes der, size_t expected, struct sr_public_key **out,
                                 struct sr_err *err)
{
    return der.len == expected ? sr_public_key_from_der(der, out, err)
                               : sr_fail(err, SR_MALFORMED,
                                         "key: a point that is compressed, or spelled otherwise");
}

static enum sr_status copy_plain(const struct sr_public_key *plain, struct sr_bytes der,
                                 struct sr_public_key **out, struct sr_err *err)
{
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    switch (sr_public_key_algorithm(plain)) {
    case SR_SIGN_ED25519:
        SR_TRY(sr_public_key_ed25519_bytes(plain, raw));
        return sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, sizeof raw), out, err);
    case SR_SIGN_ECDSA_P256_SHA256:
        return copy_ecdsa(der, DER_BYTES_P256, out, err);
    case SR_SIGN_ECDSA_P384_SHA384:
        return copy_ecdsa(der, DER_BYTES_P384, out, err);
    case SR_SIGN_ECDSA_P521_SHA512:
    case SR_SIGN_ALGORITHM_COUNT:
    default:
        return sr_fail(err, SR_UNSUPPORTED, "key: %s does not sign acts",
                       sr_sign_algorithm_name(sr_public_key_algorithm(plain)));
    }
}

enum sr_status sr_act_key_from_public(const struct sr_public_key *plain, struct sr_act_key **out,
                                      struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_buf) der = NULL;
    SR_AUTO(sr_buf) line = NULL;
    SR_TRY(new_key(&key, err));
    SR_TRY(sr_buf_new(DER_BYTES_MAX, &der));
    SR_TRY(sr_buf_new(SR_ACT_KEY_LINE_BYTES_MAX, &line));
    SR_TRY(sr_public_key_der(plain, der));
    SR_TRY(copy_plain(plain, sr_buf_view(der), &key->plain, err));
    SR_TRY(sr_ssh_fingerprint(sr_buf_view(der), key->fingerprint));
    SR_TRY(sr_buf_append(line, sr_text_view(SPKI)));
    SR_TRY(sr_base64_encode(sr_buf_view(der), line));
    SR_TRY(keep_line(key, line, err));
    *out = SR_TAKE(key);
    return SR_OK;
}

static enum sr_status from_spki(struct sr_bytes text, struct sr_act_key **out, struct sr_err *err)
{
    SR_AUTO(sr_public_key) plain = NULL;
    SR_AUTO(sr_buf) der = NULL;
    struct sr_bytes base64 = sr_bytes(text.ptr + strlen(SPKI), text.len - strlen(SPKI));
    SR_TRY(sr_buf_new(DER_BYTES_MAX, &der));
    enum sr_status status = sr_base64_decode(base64, der);
    if (status != SR_OK) {
        return sr_fail(err, status, "key: not base64 of up to %d bytes after '" SPKI "'",
                       DER_BYTES_MAX);
    }
    SR_TRY(sr_public_key_from_der(sr_buf_view(der), &plain, err));
    return sr_act_key_from_public(plain, out, err);
}

static enum sr_status from_pem(struct sr_bytes text, struct sr_act_key **out, struct sr_err *err)
{
    SR_AUTO(sr_public_key) plain = NULL;
    SR_TRY(sr_public_key_from_pem(text, &plain, err));
    return sr_act_key_from_public(plain, out, err);
}

enum sr_status sr_act_key_parse(struct sr_bytes text, struct sr_act_key **out, struct sr_err *err)
{
    if (begins_with(text, "ssh-") || begins_with(text, "ecdsa-") || begins_with(text, "sk-")) {
        return from_ssh(text, out, err);
    }
    return begins_with(text, SPKI) ? from_spki(text, out, err) : from_pem(text, out, err);
}

enum sr_status sr_act_key_from_line(struct sr_bytes text, struct sr_act_key **out,
                                    struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    if (text.len > SR_ACT_KEY_LINE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "key: a line of over %d bytes",
                       SR_ACT_KEY_LINE_BYTES_MAX);
    }
    SR_TRY(sr_act_key_parse(text, &key, err));
    if (!sr_text_equal(text, sr_text_view(key->line))) {
        return sr_fail(err, SR_MALFORMED, "key: not the line of %s and nothing else",
                       key->fingerprint);
    }
    *out = SR_TAKE(key);
    return SR_OK;
}

const char *sr_act_key_line(const struct sr_act_key *key)
{
    return key->line;
}

const char *sr_act_key_fingerprint(const struct sr_act_key *key)
{
    return key->fingerprint;
}

bool sr_act_key_is_ssh(const struct sr_act_key *key)
{
    return key->ssh != NULL;
}

bool sr_act_key_is_hardware(const struct sr_act_key *key)
{
    return key->ssh != NULL && sr_ssh_key_type_is_sk(sr_ssh_verifier_type(key->ssh));
}

const struct sr_ssh_verifier *sr_act_key_ssh(const struct sr_act_key *key)
{
    return key->ssh;
}

const struct sr_public_key *sr_act_key_plain(const struct sr_act_key *key)
{
    return key->plain;
}

static const struct sr_public_key *public_key(const struct sr_act_key *key)
{
    return key->ssh != NULL ? sr_ssh_verifier_public_key(key->ssh) : key->plain;
}

bool sr_act_key_equal(const struct sr_act_key *a, const struct sr_act_key *b)
{
    return sr_public_key_equal(public_key(a), public_key(b));
}

static enum sr_status verify_ssh(const struct sr_act_key *key, struct sr_bytes message,
                                 struct sr_bytes signature, struct sr_act_proof *out,
                                 struct sr_err *err)
{
    static const struct sr_ssh_demand DEMAND = {.name_space = SR_SSHSIG_NAMESPACE_ACT};
    struct sr_ssh_facts facts;
    SR_TRY(sr_ssh_verifier_check(key->ssh, signature, &DEMAND, message, &facts, err));
    *out = (struct sr_act_proof){
        .is_hardware = sr_act_key_is_hardware(key),
        .has_presence = (facts.flags & SR_SSH_SIGNATURE_PRESENCE) != 0,
        .has_verification = (facts.flags & SR_SSH_SIGNATURE_VERIFICATION) != 0,
        .counter = facts.counter,
    };
    return SR_OK;
}

enum sr_status sr_act_key_verify(const struct sr_act_key *key, struct sr_bytes message,
                                 struct sr_bytes signature, struct sr_act_proof *out,
                                 struct sr_err *err)
{
    struct sr_act_proof proof = {0};
    enum sr_status status = key->ssh != NULL
                                ? verify_ssh(key, message, signature, &proof, err)
                                : sr_public_key_verify(key->plain, message, signature, err);
    if (status == SR_NO_MEMORY || status == SR_INTERNAL) {
        return status;
    }
    if (status != SR_OK) {
        if (err != NULL && err->status == status) {
            err->status = SR_UNTRUSTED; /* what is wrong with it stays */
        }
        return sr_context(err, SR_UNTRUSTED, "signature");
    }
    if (out != NULL) {
        *out = proof;
    }
    return SR_OK;
}
