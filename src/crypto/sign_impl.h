/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_SIGN_IMPL_H
#define SR_CRYPTO_SIGN_IMPL_H

#include <openssl/evp.h>

#include "crypto/sign.h"

/* For crypto/sign*.c and x509.c only. */

/*
 * A public key from OpenSSL's, of which a reference is taken. what names it in messages.
 * errors  UNSUPPORTED  not one of enum sr_sign_algorithm
 *         MALFORMED    not a point of its curve
 *         NO_MEMORY
 */
enum sr_status sr_public_key_from_pkey(EVP_PKEY *pkey, const char *what, struct sr_public_key **out,
                                       struct sr_err *err) SR_MUST_USE;

/* The same for a public key of which all has been checked. errors  NO_MEMORY */
enum sr_status sr_public_key_wrap(EVP_PKEY *pkey, enum sr_sign_algorithm algorithm,
                                  struct sr_public_key **out, struct sr_err *err) SR_MUST_USE;

/* A signer with a private key of OpenSSL's, of which a reference is taken. errors  the same */
enum sr_status sr_signer_from_pkey(EVP_PKEY *pkey, struct sr_signer **out,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_CRYPTO_SIGN_IMPL_H */
