/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_KDF_H
#define SR_CRYPTO_KDF_H

#include "base/bytes.h"
#include "base/secret.h"

/* Keys from keys (HKDF) and from passphrases (scrypt). */

#define SR_KDF_INFO_PARTS_MAX 8

/*
 * HKDF-Expand with SHA-384 (RFC 5869, section 2.3). prk is a uniformly random key of 32 bytes or
 * more; info is the concatenation of parts, at most SR_KDF_INFO_PARTS_MAX of them and 8192 bytes
 * in all. out_bytes <= 255 * 48. When it fails, out is wiped. OpenSSL holds a copy of prk in
 * ordinary memory for the length of the call.
 *
 * errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_kdf_expand(struct sr_bytes prk, const struct sr_bytes *parts, size_t part_count,
                             uint8_t *out, size_t out_bytes) SR_MUST_USE;

/*
 * scrypt (RFC 7914): out = scrypt(passphrase, salt, N = 2^log2_n, r, p). Uses 128 * N * r bytes of
 * ordinary memory, which OpenSSL cleanses afterwards but does not lock. When it fails, out is
 * wiped.
 *
 * log2_n  1..20 and, as RFC 7914 demands, below 16 * r; r 1..32, p 1..16: checked by the caller
 *         against its own limits
 * errors  NO_MEMORY, INTERNAL
 */
enum sr_status sr_kdf_scrypt(struct sr_bytes passphrase, struct sr_bytes salt, uint8_t log2_n,
                             uint32_t r, uint32_t p, uint8_t *out, size_t out_bytes) SR_MUST_USE;

#endif /* SR_CRYPTO_KDF_H */
