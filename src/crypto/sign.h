/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_SIGN_H
#define SR_CRYPTO_SIGN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/secret.h"

/*
 * Signatures over messages: ECDSA with the hash that goes with the curve, in DER, and Ed25519. What
 * verifies is a public key; what signs is a struct sr_signer, which is a seam: a key in a file now,
 * an agent or a PKCS#11 token later. Whoever signs knows only this header.
 *
 * Keys are immutable; any number of threads may verify with one. A signer is for one thread.
 * source  FIPS 186-5; SEC 1, section 4.1; docs/signing.md
 */

enum sr_sign_algorithm {
    SR_SIGN_ECDSA_P256_SHA256,
    SR_SIGN_ECDSA_P384_SHA384,
    SR_SIGN_ECDSA_P521_SHA512,
    SR_SIGN_ED25519,
    SR_SIGN_ALGORITHM_COUNT
};
/* "ECDSA P-256 with SHA-256" */
const char *sr_sign_algorithm_name(enum sr_sign_algorithm algorithm);

#define SR_SIGN_SIGNATURE_BYTES_MAX 160
#define SR_SIGN_PEM_BYTES_MAX 65536
#define SR_SIGN_HINT_BYTES 65 /* 64 hexadecimal digits and a NUL */

struct sr_public_key;

/*
 * From PEM, "BEGIN PUBLIC KEY"; text around it is skipped. pem is hostile.
 *
 * errors  MALFORMED    no such key in it
 *         UNSUPPORTED  a key of another kind or curve, or with spelled-out curve parameters
 *         MALFORMED    also an Ed25519 key that sr_public_key_from_raw() refuses
 *         NO_MEMORY
 */
enum sr_status sr_public_key_from_pem(struct sr_bytes pem, struct sr_public_key **out,
                                      struct sr_err *err) SR_MUST_USE;
/*
 * From the bytes that SSH keys and notes have: a point in the uncompressed form (0x04, x, y), or
 * the 32 bytes of an Ed25519 key. raw is hostile.
 *
 * errors  MALFORMED  not of that length and form, not a point of the curve; Ed25519: not in its
 *                    one spelling, or of small order, under which anybody can make signatures
 *         NO_MEMORY, INTERNAL
 * source  SEC 1, section 2.3.4; RFC 8032, section 5.1.3
 */
enum sr_status sr_public_key_from_raw(enum sr_sign_algorithm algorithm, struct sr_bytes raw,
                                      struct sr_public_key **out, struct sr_err *err) SR_MUST_USE;
void sr_public_key_free(struct sr_public_key *key);
SR_DEFINE_AUTO(sr_public_key)

/* From DER, a SubjectPublicKeyInfo and nothing behind it. der is hostile. errors  as from PEM */
enum sr_status sr_public_key_from_der(struct sr_bytes der, struct sr_public_key **out,
                                      struct sr_err *err) SR_MUST_USE;
/* Append it as DER. errors  TOO_LARGE, NO_MEMORY, INTERNAL */
enum sr_status sr_public_key_der(const struct sr_public_key *key, struct sr_buf *out) SR_MUST_USE;

/* The bytes of an Ed25519 key. errors  UNSUPPORTED  of another kind; INTERNAL */
#define SR_SIGN_ED25519_KEY_BYTES 32
enum sr_status sr_public_key_ed25519_bytes(const struct sr_public_key *key,
                                           uint8_t out[SR_SIGN_ED25519_KEY_BYTES]) SR_MUST_USE;

enum sr_sign_algorithm sr_public_key_algorithm(const struct sr_public_key *key);
/* Append its PEM: 64 columns, a newline at the end. errors  TOO_LARGE, NO_MEMORY, INTERNAL */
enum sr_status sr_public_key_pem(const struct sr_public_key *key, struct sr_buf *out) SR_MUST_USE;
/* SHA-256 of that PEM in hexadecimal: how bundles name a key. errors  NO_MEMORY, INTERNAL */
enum sr_status sr_public_key_hint(const struct sr_public_key *key,
                                  char out[SR_SIGN_HINT_BYTES]) SR_MUST_USE;
bool sr_public_key_equal(const struct sr_public_key *a, const struct sr_public_key *b);

/*
 * Whether signature is key's over message. Both are hostile.
 *
 * errors  UNTRUSTED  it is not
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_public_key_verify(const struct sr_public_key *key, struct sr_bytes message,
                                    struct sr_bytes signature, struct sr_err *err) SR_MUST_USE;
/* The same, ECDSA with SHA-256 whatever the curve: for signatures that old signers made. */
enum sr_status sr_public_key_verify_sha256(const struct sr_public_key *key, struct sr_bytes message,
                                           struct sr_bytes signature,
                                           struct sr_err *err) SR_MUST_USE;

/* Somebody who signs. A driver embeds this as the first member of its own struct. */
struct sr_signer {
    const struct sr_public_key *public_key; /* the driver's */
    /* Append the signature of message. errors  those of the driver, UNTRUSTED not among them */
    enum sr_status (*sign)(struct sr_signer *signer, struct sr_bytes message, struct sr_buf *out,
                           struct sr_err *err);
    void (*close)(struct sr_signer *signer);
};

/*
 * Append the signature of message, checked with the signer's public key before it is handed out: a
 * faulty signer must not get a wrong one into the world.
 *
 * errors  those of the driver; INTERNAL  the signature is wrong; TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_signer_sign(struct sr_signer *signer, struct sr_bytes message, struct sr_buf *out,
                              struct sr_err *err) SR_MUST_USE;
void sr_signer_free(struct sr_signer *signer);
SR_DEFINE_AUTO(sr_signer)

/* Whether pem holds a private key that only a passphrase opens. */
bool sr_signer_pem_is_encrypted(struct sr_bytes pem);

/*
 * A key in PEM: PKCS#8 or SEC 1, encrypted or not. The private key lives in OpenSSL's memory, which
 * wipes it when the signer is freed, but does not lock it.
 *
 * passphrase  of an encrypted key; NULL: none
 * errors  MALFORMED        no private key in it
 *         UNAUTHENTICATED  the passphrase is missing or wrong
 *         UNSUPPORTED      as sr_public_key_from_pem()
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_signer_from_pem(struct sr_bytes pem, const struct sr_secret *passphrase,
                                  struct sr_signer **out, struct sr_err *err) SR_MUST_USE;

/*
 * A P-384 key that is made from a seed, the same for the same seed: so what has to be kept secret,
 * wrapped and rotated is 32 random bytes like any other key.
 *
 * seed    SR_SIGN_SEED_BYTES, of sr_rand_secret() or what sr_wrapper_unwrap() gave back
 * errors  NO_MEMORY, IO (as sr_secret_new), INTERNAL
 * source  FIPS 186-5, A.2.1 (extra random bits), with HKDF-SHA-384-Expand as the generator
 */
#define SR_SIGN_SEED_BYTES 32
enum sr_status sr_signer_from_seed(const struct sr_secret *seed, struct sr_signer **out,
                                   struct sr_err *err) SR_MUST_USE;

/*
 * An Ed25519 key: seed is RFC 8032's private key itself, SR_SIGN_SEED_BYTES of sr_rand_secret().
 * errors  NO_MEMORY, INTERNAL
 */
enum sr_status sr_signer_ed25519(const struct sr_secret *seed, struct sr_signer **out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * Append that Ed25519 key as PEM (PKCS#8, RFC 5208), which sr_signer_from_pem() and openssl read.
 *
 * passphrase  encrypt it under this one (scrypt, AES-256-CBC); NULL: do not
 * errors      TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_signer_ed25519_pem(const struct sr_secret *seed,
                                     const struct sr_secret *passphrase, struct sr_buf *out,
                                     struct sr_err *err) SR_MUST_USE;

#endif /* SR_CRYPTO_SIGN_H */
