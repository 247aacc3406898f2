/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_HPKE_H
#define SR_CRYPTO_HPKE_H

#include "base/buf.h"
#include "base/secret.h"

/*
 * Keys sent to somebody of whom only a public key is known: HPKE, base mode, single shot, with
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM (suite 0x0020, 0x0001, 0x0002).
 *
 * Base mode says nothing of who sealed: that is for a signature over something that names what is
 * sealed. What a sealed key is for goes into info and aad; who opens it under another purpose gets
 * nothing.
 *
 * The private key, the shared secret and what is sealed live in secret memory; OpenSSL holds copies
 * in ordinary memory for the length of a call, which it wipes.
 * source  RFC 9180, sections 4, 5.1 and 6.1; RFC 7748
 */

#define SR_HPKE_KEY_BYTES 32 /* of a private key (any 32 random bytes) and of a public one */
#define SR_HPKE_OVERHEAD_BYTES (32 + 16) /* the encapsulated key, and the tag */
#define SR_HPKE_CONTEXT_BYTES_MAX 4096   /* of info, and of aad */
#define SR_HPKE_PLAIN_BYTES_MAX 4096

/* The public key of a private one. errors  NO_MEMORY, INTERNAL */
enum sr_status sr_hpke_public_key(const struct sr_secret *private_key,
                                  uint8_t out[SR_HPKE_KEY_BYTES], struct sr_err *err) SR_MUST_USE;

/*
 * Whether a public key (hostile) is one to send to: in its one spelling, and not of small order,
 * for which everybody knows the shared secret.
 *
 * errors  MALFORMED  it is not
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_hpke_check(const uint8_t key[SR_HPKE_KEY_BYTES], struct sr_err *err) SR_MUST_USE;

/*
 * Append the encapsulated key, the encrypted plain and the tag to out: SR_HPKE_OVERHEAD_BYTES more
 * than plain has.
 *
 * receiver  public key; hostile
 * plain     1..SR_HPKE_PLAIN_BYTES_MAX bytes
 * info, aad at most SR_HPKE_CONTEXT_BYTES_MAX each
 * errors    MALFORMED  receiver, as sr_hpke_check()
 *           TOO_LARGE (out's limit), NO_MEMORY, IO (as sr_secret_new()), INTERNAL
 */
enum sr_status sr_hpke_seal(const uint8_t receiver[SR_HPKE_KEY_BYTES], struct sr_bytes info,
                            struct sr_bytes aad, const struct sr_secret *plain, struct sr_buf *out,
                            struct sr_err *err) SR_MUST_USE;

/*
 * Open what sr_hpke_seal() made.
 *
 * sealed  hostile
 * errors  MALFORMED  not of a length that can be, or its key is not one (as sr_hpke_check())
 *         CORRUPT    not sealed to this key, or not for this info and aad, or altered
 *         NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_hpke_open(const struct sr_secret *private_key, struct sr_bytes info,
                            struct sr_bytes aad, struct sr_bytes sealed, struct sr_secret **out,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_CRYPTO_HPKE_H */
