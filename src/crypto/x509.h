/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_X509_H
#define SR_CRYPTO_X509_H

#include <stdbool.h>

#include "crypto/sign.h"

/*
 * Certificates of signers: a chain from a leaf to one of the roots that the caller trusts, and to
 * no other. Certificates that come with a signature help to build the chain and are never trusted.
 * No network: no revocation lists, nothing is fetched.
 *
 * Immutable; any number of threads.
 * source  RFC 5280, section 6; docs/signing.md
 */
struct sr_x509; /* one or more certificates, in order */

#define SR_X509_COUNT_MAX 64
#define SR_X509_NAME_BYTES 256

/*
 * From DER, one each; or all "BEGIN CERTIFICATE" blocks of a PEM text. Hostile.
 *
 * errors  MALFORMED  not a certificate; none at all
 *         TOO_LARGE  over SR_X509_COUNT_MAX
 *         NO_MEMORY
 */
enum sr_status sr_x509_from_der(const struct sr_bytes *der, size_t count, struct sr_x509 **out,
                                struct sr_err *err) SR_MUST_USE;
enum sr_status sr_x509_from_pem(struct sr_bytes pem, struct sr_x509 **out,
                                struct sr_err *err) SR_MUST_USE;
void sr_x509_free(struct sr_x509 *x);
SR_DEFINE_AUTO(sr_x509)

size_t sr_x509_count(const struct sr_x509 *x);
/* Append certificate index as DER. errors  TOO_LARGE, NO_MEMORY, INTERNAL */
enum sr_status sr_x509_der(const struct sr_x509 *x, size_t index, struct sr_buf *out) SR_MUST_USE;
/* The key of the first one. errors  UNSUPPORTED, MALFORMED (as sr_public_key_from_pem), NO_MEMORY
 */
enum sr_status sr_x509_leaf_key(const struct sr_x509 *x, struct sr_public_key **out,
                                struct sr_err *err) SR_MUST_USE;
/* The subject of the first one, RFC 2253, in ASCII with escapes, cut to fit. */
void sr_x509_leaf_subject(const struct sr_x509 *x, char out[SR_X509_NAME_BYTES]);

struct sr_x509_policy {
    int64_t at_utc_s; /* when all certificates must be valid; 0: now */
    /*
     * Accept a leaf as the reference does: KeyUsage digitalSignature or ExtendedKeyUsage
     * codeSigning. Without it codeSigning must be there, and digitalSignature where there is a
     * KeyUsage: else the certificate of any web server could sign models.
     */
    bool any_usage;
    const char *name; /* the leaf must have it: an alternative name (e-mail, URI, DNS), its common
                         name, or its whole subject; compared byte for byte. NULL: any */
};

/*
 * Whether the first certificate of chain, by way of the others, was issued under one of roots: RFC
 * 5280 path validation (signatures, validity, basic constraints, key usage of issuers, name
 * constraints, critical extensions, no SHA-1 or short RSA), and policy.
 *
 * errors  UNTRUSTED  err says what does not hold, and of which certificate
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_x509_verify(const struct sr_x509 *chain, const struct sr_x509 *roots,
                              const struct sr_x509_policy *policy, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CRYPTO_X509_H */
