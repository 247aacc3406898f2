/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SOFT_SIGNER_H
#define SR_TESTS_SOFT_SIGNER_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "acts/envelope.h"
#include "base/text.h"
#include "base/writer.h"

/*
 * Signers of acts without an agent: an Ed25519 key made from one byte, which signs plainly, as an
 * SSH key, or as a FIDO2 authenticator that says what a test wants it to. Failures of the machine
 * stop the test.
 */
enum soft_kind { SOFT_PLAIN, SOFT_SSH, SOFT_SK };

struct soft_signer {
    struct sr_act_signer signer; /* first */
    enum soft_kind kind;
    const char *name_space;
    uint8_t flags; /* SOFT_SK: presence, unless changed */
    uint32_t counter;
    struct sr_signer *key;
    struct sr_act_key *act_key;
};

#define SOFT_APPLICATION "ssh:"

static inline void soft_must(enum sr_status status)
{
    assert(status == SR_OK);
    (void)status;
}

static inline struct sr_signer *soft_key(uint8_t seed_byte)
{
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_signer *signer = NULL;
    soft_must(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL));
    memset(sr_secret_bytes(seed), seed_byte, SR_SIGN_SEED_BYTES);
    soft_must(sr_signer_ed25519(seed, &signer, NULL));
    return signer;
}

/* Append the blob of a signature over data. */
static inline void soft_sign_data(struct soft_signer *s, struct sr_bytes data, struct sr_buf *out)
{
    SR_AUTO(sr_buf) signed_data = NULL;
    SR_AUTO(sr_buf) raw = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    bool is_sk = s->kind == SOFT_SK;
    soft_must(sr_buf_new(1024, &signed_data));
    soft_must(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &raw));
    if (is_sk) {
        s->counter++;
        soft_must(sr_sha256_once(sr_text_view(SOFT_APPLICATION), digest));
        soft_must(sr_buf_append(signed_data, sr_bytes(digest, sizeof digest)));
        soft_must(sr_writer_u8(signed_data, s->flags));
        soft_must(sr_writer_u32be(signed_data, s->counter));
        soft_must(sr_sha256_once(data, digest));
        soft_must(sr_buf_append(signed_data, sr_bytes(digest, sizeof digest)));
        data = sr_buf_view(signed_data);
    }
    soft_must(sr_signer_sign(s->key, data, raw, NULL));
    soft_must(sr_ssh_signature_encode(
        &(struct sr_ssh_signature){
            .type = is_sk ? SR_SSH_KEY_SK_ED25519 : SR_SSH_KEY_ED25519,
            .ed25519 = sr_buf_view(raw),
            .flags = is_sk ? s->flags : 0,
            .counter = is_sk ? s->counter : 0,
        },
        out));
}

static inline enum sr_status soft_sign(struct sr_act_signer *signer, struct sr_bytes message,
                                       struct sr_buf *out, struct sr_err *err)
{
    struct soft_signer *s = (struct soft_signer *)signer;
    SR_AUTO(sr_buf) data = NULL;
    SR_AUTO(sr_buf) blob = NULL;
    if (s->kind == SOFT_PLAIN) {
        return sr_signer_sign(s->key, message, out, err);
    }
    soft_must(sr_buf_new(1024, &data));
    soft_must(sr_buf_new(1024, &blob));
    soft_must(
        sr_ssh_verifier_signed_data(sr_text_view(s->name_space), SR_SSHSIG_SHA512, message, data));
    soft_sign_data(s, sr_buf_view(data), blob);
    return sr_sshsig_encode(
        &(struct sr_sshsig){
            .key = sr_ssh_verifier_blob(sr_act_key_ssh(s->act_key)),
            .name_space = sr_text_view(s->name_space),
            .hash = SR_SSHSIG_SHA512,
            .signature = sr_buf_view(blob),
        },
        out);
}

static inline void soft_close(struct sr_act_signer *signer)
{
    struct soft_signer *s = (struct soft_signer *)signer;
    sr_signer_free(s->key);
    sr_act_key_free(s->act_key);
    free(s);
}

static inline struct sr_act_key *soft_ssh_key(const struct sr_signer *key, enum soft_kind kind)
{
    SR_AUTO(sr_buf) blob = NULL;
    SR_AUTO(sr_buf) line = NULL;
    struct sr_act_key *out = NULL;
    uint8_t point[SR_SIGN_ED25519_KEY_BYTES];
    bool is_sk = kind == SOFT_SK;
    soft_must(sr_buf_new(SR_SSH_KEY_BLOB_BYTES_MAX, &blob));
    soft_must(sr_buf_new(SR_ACT_KEY_LINE_BYTES_MAX, &line));
    soft_must(sr_public_key_ed25519_bytes(key->public_key, point));
    soft_must(sr_ssh_key_encode(
        &(struct sr_ssh_key){
            .type = is_sk ? SR_SSH_KEY_SK_ED25519 : SR_SSH_KEY_ED25519,
            .point = sr_bytes(point, sizeof point),
            .application = sr_text_view(is_sk ? SOFT_APPLICATION : ""),
        },
        blob));
    soft_must(sr_ssh_key_line(sr_buf_view(blob), line, NULL));
    soft_must(sr_act_key_from_line(sr_buf_view(line), &out, NULL));
    return out;
}

/* Free it with sr_act_signer_free(&s->signer). */
static inline struct soft_signer *soft_signer(enum soft_kind kind, uint8_t seed_byte)
{
    struct soft_signer *s = calloc(1, sizeof *s);
    assert(s != NULL);
    *s = (struct soft_signer){
        .signer = {.sign = soft_sign, .close = soft_close},
        .kind = kind,
        .name_space = SR_SSHSIG_NAMESPACE_ACT,
        .flags = SR_SSH_SIGNATURE_PRESENCE,
        .key = soft_key(seed_byte),
    };
    if (kind == SOFT_PLAIN) {
        soft_must(sr_act_key_from_public(s->key->public_key, &s->act_key, NULL));
    } else {
        s->act_key = soft_ssh_key(s->key, kind);
    }
    s->signer.key = s->act_key;
    return s;
}

#endif /* SR_TESTS_SOFT_SIGNER_H */
