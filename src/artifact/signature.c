/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/signature.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/signature_impl.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/quote.h"

const char *sr_signature_problem_name(enum sr_signature_problem problem)
{
    static const char *const NAMES[] = {[SR_SIGNATURE_DIFFERS] = "differs",
                                        [SR_SIGNATURE_MISSING] = "missing",
                                        [SR_SIGNATURE_EXTRA] = "extra"};
    return NAMES[problem];
}

static enum sr_status decode_chain(const struct sr_oms_bundle *b, struct sr_x509 **out,
                                   struct sr_err *err)
{
    struct sr_bytes der[SR_OMS_CERTIFICATES_MAX];
    for (size_t i = 0; i < b->certificate_count; i++) {
        der[i] = sr_buf_view(b->certificates[i]);
    }
    return sr_x509_from_der(der, b->certificate_count, out, err);
}

/* The key of a certificate that is trusted, or that nobody was asked to trust. */
static enum sr_status key_of_chain(const struct sr_signature_trust *trust,
                                   const struct sr_oms_bundle *b, struct sr_signature_result *out,
                                   struct sr_public_key **key, struct sr_err *err)
{
    SR_AUTO(sr_x509) chain = NULL;
    SR_TRY(decode_chain(b, &chain, err));
    sr_x509_leaf_subject(chain, out->signer);
    if (trust->key != NULL) {
        return sr_fail(err, SR_UNTRUSTED,
                       "it is signed with a certificate; give the roots to trust, not a key");
    }
    if (trust->roots != NULL) {
        SR_TRY(sr_x509_verify(chain, trust->roots, &trust->policy, err));
        out->is_trusted = true;
    }
    return sr_x509_leaf_key(chain, key, err);
}

/* What the bundle says of its key has to be the key that is trusted. */
static enum sr_status check_key(const struct sr_public_key *trusted, const struct sr_oms_bundle *b,
                                struct sr_err *err)
{
    char hint[SR_SIGN_HINT_BYTES];
    SR_TRY(sr_public_key_hint(trusted, hint));
    if (b->hint[0] != '\0' && strcmp(hint, b->hint) != 0) {
        return sr_fail(err, SR_UNTRUSTED, "it is signed by key %.16s..., not by %.16s...", b->hint,
                       hint);
    }
    if (b->public_key_pem == NULL) {
        return SR_OK;
    }
    SR_AUTO(sr_public_key) key = NULL;
    SR_TRY(sr_public_key_from_pem(sr_buf_view(b->public_key_pem), &key, err));
    return sr_public_key_equal(trusted, key)
               ? SR_OK
               : sr_fail(err, SR_UNTRUSTED, "it is signed by another key");
}

/* The key to verify with; NULL when there is none to be had and nobody to be trusted. */
static enum sr_status key_of_bundle(const struct sr_signature_trust *trust,
                                    const struct sr_oms_bundle *b, struct sr_public_key **key,
                                    struct sr_err *err)
{
    SR_AUTO(sr_buf) pem = NULL;
    if (trust->roots != NULL) {
        return sr_fail(err, SR_UNTRUSTED,
                       "it is signed with a key; give the public key to trust, not roots");
    }
    if (trust->key == NULL) {
        return b->public_key_pem == NULL
                   ? SR_OK
                   : sr_public_key_from_pem(sr_buf_view(b->public_key_pem), key, err);
    }
    SR_TRY(check_key(trust->key, b, err));
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_public_key_pem(trust->key, pem));
    return sr_public_key_from_pem(sr_buf_view(pem), key, err);
}

/*
 * Verify over the specification's message. What v0.2 signed was another message, with SHA-256
 * whatever the curve; its prefix differs, so neither can be taken for the other.
 */
static enum sr_status verify(const struct sr_public_key *key, const struct sr_oms_bundle *b,
                             bool *is_old, struct sr_err *err)
{
    struct sr_bytes payload = sr_buf_view(b->envelope.payload);
    struct sr_bytes signature = sr_buf_view(b->envelope.signature);
    SR_AUTO(sr_buf) message = NULL;
    if (sr_public_key_algorithm(key) == SR_SIGN_ED25519) {
        return sr_fail(err, SR_UNSUPPORTED, "models are not signed with Ed25519 keys");
    }
    SR_TRY(sr_buf_new(5 * SR_OMS_BUNDLE_BYTES_MAX, &message));
    SR_TRY(sr_dsse_pae(sr_text_view(SR_OMS_PAYLOAD_TYPE), payload, message));
    enum sr_status status = sr_public_key_verify(key, sr_buf_view(message), signature, err);
    if (status != SR_UNTRUSTED || b->material != SR_OMS_CERTIFICATES) {
        return status;
    }
    sr_buf_clear(message);
    SR_TRY(sr_oms_old_message(payload, message));
    *is_old = true;
    return sr_public_key_verify_sha256(key, sr_buf_view(message), signature, err);
}

static enum sr_status check_signer(const struct sr_signature_trust *trust,
                                   const struct sr_oms_bundle *b, bool *is_old,
                                   struct sr_signature_result *out, struct sr_err *err)
{
    SR_AUTO(sr_public_key) key = NULL;
    out->material = b->material;
    memcpy(out->hint, b->hint, sizeof out->hint);
    switch (b->material) {
    case SR_OMS_KEYLESS:
        return sr_fail(err, SR_UNSUPPORTED,
                       "it is a keyless (Sigstore) signature, which this program cannot check");
    case SR_OMS_CERTIFICATES:
        SR_TRY(key_of_chain(trust, b, out, &key, err));
        break;
    case SR_OMS_KEY:
        SR_TRY(key_of_bundle(trust, b, &key, err));
        break;
    }
    if (key == NULL) {
        return SR_OK;
    }
    SR_TRY(sr_public_key_hint(key, out->hint));
    bool is_trusted = out->is_trusted || trust->key != NULL;
    out->is_trusted = false;
    SR_TRY(verify(key, b, is_old, err));
    out->is_trusted = is_trusted;
    return SR_OK;
}

/* The root is over the digests in the order in which they are listed. */
static enum sr_status check_root(const struct sr_oms_statement *s, struct sr_err *err)
{
    uint8_t root[SR_SHA256_BYTES];
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(sr_sha256_new(&hash));
    for (size_t i = 0; i < s->resource_count; i++) {
        SR_TRY(
            sr_sha256_update(hash, sr_bytes(s->resources[i].digest, sr_oms_hash_bytes(s->hash))));
    }
    SR_TRY(sr_sha256_final(hash, root));
    return memcmp(root, s->root, sizeof root) == 0
               ? SR_OK
               : sr_fail(err, SR_MALFORMED,
                         "statement: the root digest is not that of the listed files");
}

static enum sr_status check_statement(const struct sr_oms_bundle *b, bool is_old,
                                      struct sr_oms_statement **out, struct sr_err *err)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    struct sr_bytes type = sr_buf_view(b->envelope.payload_type);
    if (!sr_text_equal(type, sr_text_view(SR_OMS_PAYLOAD_TYPE))) {
        return sr_fail(err, SR_MALFORMED, "bundle: payloadType '%s' is not '%s'",
                       sr_quote(type).text, SR_OMS_PAYLOAD_TYPE);
    }
    SR_TRY(sr_oms_statement_decode(sr_buf_view(b->envelope.payload), &s, err));
    assert(s != NULL);
    if (is_old != (s->method == SR_OMS_DIGESTS)) {
        return sr_fail(err, SR_MALFORMED,
                       "statement: a predicate that goes with another form of signature");
    }
    if (s->method != SR_OMS_DIGESTS) {
        SR_TRY(check_root(s, err));
    }
    *out = SR_TAKE(s);
    return SR_OK;
}

static void free_views(struct sr_bytes **views)
{
    free(*views);
}

static enum sr_status find_files(const struct sr_signature_check *p,
                                 const struct sr_oms_statement *s, struct sr_manifest **out,
                                 struct sr_err *err)
{
    size_t count = 0;
    SR_CLEANUP(free_views)
    struct sr_bytes *ignored = calloc(p->ignored_count + s->ignored_count + 1, sizeof *ignored);
    if (ignored == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to check a signature");
    }
    for (size_t i = 0; i < p->ignored_count; i++) {
        ignored[count++] = p->ignored[i];
    }
    for (size_t i = 0; i < s->ignored_count; i++) {
        ignored[count++] = s->ignored[i];
    }
    struct sr_manifest_params params = {.path = p->path,
                                        .ignored = ignored,
                                        .ignored_count = count,
                                        .signature = p->signature,
                                        .ignore_git = true};
    return sr_manifest_new(&params, out, err);
}

enum sr_status sr_signature_open(struct sr_bytes bundle, const struct sr_signature_trust *trust,
                                 struct sr_signature_result *out,
                                 struct sr_oms_statement **out_statement, struct sr_err *err)
{
    SR_AUTO(sr_oms_bundle) b = NULL;
    bool is_old = false;
    SR_TRY(sr_oms_bundle_decode(bundle, &b, err));
    assert(b != NULL);
    SR_TRY(check_signer(trust, b, &is_old, out, err));
    SR_TRY(check_statement(b, is_old, out_statement, err));
    out->method = (*out_statement)->method;
    memcpy(out->root, (*out_statement)->root, sizeof out->root);
    return SR_OK;
}

enum sr_status sr_signature_check(const struct sr_signature_check *params,
                                  struct sr_signature_result *out, struct sr_err *err)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    SR_TRY(sr_signature_open(params->bundle, &params->trust, out, &s, err));
    SR_TRY(find_files(params, s, &out->files_found, err));
    return sr_signature_compare(params, s, out->files_found, out, err);
}
