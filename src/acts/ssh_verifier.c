/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/ssh_verifier.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "crypto/sha512.h"
#include "formats/base64.h"

#define SIGNED_BYTES_MAX 512 /* of a namespace of 255 bytes: 354 */

struct sr_ssh_verifier {
    uint8_t blob[SR_SSH_KEY_BLOB_BYTES_MAX];
    size_t blob_len;
    struct sr_ssh_key key; /* points into blob */
    struct sr_public_key *public_key;
    uint8_t application[SR_SHA256_BYTES]; /* of sk: its hash */
    char fingerprint[SR_SSH_VERIFIER_FINGERPRINT_BYTES];
};

static enum sr_sign_algorithm algorithm_of(enum sr_ssh_key_type type)
{
    if (!sr_ssh_key_type_is_ecdsa(type)) {
        return SR_SIGN_ED25519;
    }
    return type == SR_SSH_KEY_ECDSA_P384 ? SR_SIGN_ECDSA_P384_SHA384 : SR_SIGN_ECDSA_P256_SHA256;
}

enum sr_status sr_ssh_fingerprint(struct sr_bytes key, char out[SR_SSH_VERIFIER_FINGERPRINT_BYTES])
{
    static const char PREFIX[] = "SHA256:";
    uint8_t digest[SR_SHA256_BYTES];
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_sha256_once(key, digest));
    SR_TRY(sr_buf_new(64, &text));
    SR_TRY(sr_buf_append(text, sr_text_view(PREFIX)));
    SR_TRY(sr_base64_encode(sr_bytes(digest, sizeof digest), text));
    /* Without the padding, one `=`: the NUL takes its place. */
    memcpy(out, sr_buf_view(text).ptr, SR_SSH_VERIFIER_FINGERPRINT_BYTES - 1);
    out[SR_SSH_VERIFIER_FINGERPRINT_BYTES - 1] = '\0';
    return SR_OK;
}

static enum sr_status fill(struct sr_ssh_verifier *v, struct sr_err *err)
{
    SR_TRY(sr_ssh_key_decode(sr_ssh_verifier_blob(v), &v->key, err));
    SR_TRY(sr_public_key_from_raw(algorithm_of(v->key.type), v->key.point, &v->public_key, err));
    SR_TRY(sr_sha256_once(v->key.application, v->application));
    return sr_ssh_fingerprint(sr_ssh_verifier_blob(v), v->fingerprint);
}

enum sr_status sr_ssh_verifier_new(struct sr_bytes key, struct sr_ssh_verifier **out,
                                   struct sr_err *err)
{
    if (key.len > SR_SSH_KEY_BLOB_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "SSH key: over %d bytes", SR_SSH_KEY_BLOB_BYTES_MAX);
    }
    SR_AUTO(sr_ssh_verifier) v = calloc(1, sizeof *v);
    if (v == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an SSH key");
    }
    if (key.len > 0) {
        memcpy(v->blob, key.ptr, key.len);
    }
    v->blob_len = key.len;
    SR_TRY(fill(v, err));
    *out = SR_TAKE(v);
    return SR_OK;
}

void sr_ssh_verifier_free(struct sr_ssh_verifier *v)
{
    if (v != NULL) {
        sr_public_key_free(v->public_key);
        free(v);
    }
}

struct sr_bytes sr_ssh_verifier_blob(const struct sr_ssh_verifier *v)
{
    return sr_bytes(v->blob, v->blob_len);
}

enum sr_ssh_key_type sr_ssh_verifier_type(const struct sr_ssh_verifier *v)
{
    return v->key.type;
}

const struct sr_public_key *sr_ssh_verifier_public_key(const struct sr_ssh_verifier *v)
{
    return v->public_key;
}

const char *sr_ssh_verifier_fingerprint(const struct sr_ssh_verifier *v)
{
    return v->fingerprint;
}

enum sr_status sr_ssh_verifier_signed_data(struct sr_bytes name_space, enum sr_sshsig_hash hash,
                                           struct sr_bytes message, struct sr_buf *out)
{
    uint8_t digest[SR_SSHSIG_DIGEST_BYTES_MAX];
    if (hash == SR_SSHSIG_SHA256) {
        SR_TRY(sr_sha256_once(message, digest));
    } else {
        SR_TRY(sr_sha512_once(message, digest));
    }
    return sr_sshsig_signed_data(name_space, hash, digest, out);
}

/* SG-20. data: what plain keys sign; sk keys sign its hash between what the authenticator adds. */
static enum sr_status verify(const struct sr_ssh_verifier *v,
                             const struct sr_ssh_signature *signature, struct sr_bytes data,
                             struct sr_err *err)
{
    SR_AUTO(sr_buf) raw = NULL;
    SR_AUTO(sr_buf) wrapped = NULL;
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &raw));
    SR_TRY(sr_ssh_signature_raw(signature, raw));
    if (!sr_ssh_key_type_is_sk(signature->type)) {
        return sr_public_key_verify(v->public_key, data, sr_buf_view(raw), err);
    }
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_sha256_once(data, digest));
    SR_TRY(sr_buf_new(SIGNED_BYTES_MAX, &wrapped));
    SR_TRY(sr_buf_append(wrapped, sr_bytes(v->application, sizeof v->application)));
    SR_TRY(sr_writer_u8(wrapped, signature->flags));
    SR_TRY(sr_writer_u32be(wrapped, signature->counter));
    SR_TRY(sr_buf_append(wrapped, sr_bytes(digest, sizeof digest)));
    return sr_public_key_verify(v->public_key, sr_buf_view(wrapped), sr_buf_view(raw), err);
}

/* SG-21 to SG-23: only after the signature is good, as the flags are under it. */
static enum sr_status check_flags(const struct sr_ssh_signature *signature,
                                  const struct sr_ssh_demand *demand, struct sr_err *err)
{
    const uint8_t known = SR_SSH_SIGNATURE_PRESENCE | SR_SSH_SIGNATURE_VERIFICATION;
    if (!sr_ssh_key_type_is_sk(signature->type)) {
        return demand->needs_verification
                   ? sr_fail(err, SR_UNTRUSTED,
                             "user verification is demanded, and '%s' cannot say so",
                             sr_ssh_key_type_name(signature->type))
                   : SR_OK;
    }
    if ((signature->flags & SR_SSH_SIGNATURE_PRESENCE) == 0) {
        return sr_fail(err, SR_UNTRUSTED, "the signature is without user presence (no touch)");
    }
    if (demand->needs_verification && (signature->flags & SR_SSH_SIGNATURE_VERIFICATION) == 0) {
        return sr_fail(err, SR_UNTRUSTED,
                       "the signature is without user verification (no PIN, no finger)");
    }
    if ((signature->flags & ~known) != 0) {
        return sr_fail(err, SR_UNTRUSTED,
                       "the signature has flags %02x: a key that may be copied, or unknown ones",
                       signature->flags);
    }
    return SR_OK;
}

/* SG-18, SG-19 */
static enum sr_status check_purpose(const struct sr_ssh_verifier *v, const struct sr_sshsig *sig,
                                    const struct sr_ssh_demand *demand, struct sr_err *err)
{
    if (!sr_text_equal(sig->key, sr_ssh_verifier_blob(v))) {
        return sr_fail(err, SR_UNTRUSTED, "the signature is of another key than %s",
                       v->fingerprint);
    }
    if (!sr_text_equal(sig->name_space, sr_text_view(demand->name_space))) {
        return sr_fail(err, SR_UNTRUSTED, "the signature is for namespace '%.*s', not '%s'",
                       (int)sig->name_space.len, (const char *)sig->name_space.ptr,
                       demand->name_space);
    }
    return SR_OK;
}

enum sr_status sr_ssh_verifier_check(const struct sr_ssh_verifier *v, struct sr_bytes sshsig,
                                     const struct sr_ssh_demand *demand, struct sr_bytes message,
                                     struct sr_ssh_facts *out_facts, struct sr_err *err)
{
    struct sr_sshsig sig;
    struct sr_ssh_signature signature;
    SR_AUTO(sr_buf) data = NULL;
    SR_TRY(sr_sshsig_decode(sshsig, &sig, err));
    SR_TRY(sr_ssh_signature_decode(sig.signature, &signature, err));
    SR_TRY(check_purpose(v, &sig, demand, err));
    SR_TRY(sr_buf_new(SIGNED_BYTES_MAX, &data));
    SR_TRY(sr_ssh_verifier_signed_data(sig.name_space, sig.hash, message, data));
    SR_TRY(verify(v, &signature, sr_buf_view(data), err));
    SR_TRY(check_flags(&signature, demand, err));
    if (out_facts != NULL) {
        *out_facts = (struct sr_ssh_facts){.flags = signature.flags, .counter = signature.counter};
    }
    return SR_OK;
}
