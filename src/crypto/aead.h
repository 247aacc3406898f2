/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_AEAD_H
#define SR_CRYPTO_AEAD_H

#include "base/bytes.h"
#include "base/secret.h"

/*
 * AES-256-GCM (NIST SP 800-38D) with 96-bit IVs and 128-bit tags.
 *
 * Two implementations give identical bytes: Intel IPsec-MB (VAES and AVX-512 where the CPU has
 * them) and OpenSSL. The faster of the two on this machine is chosen once per process by a short
 * measurement, and must pass its known-answer tests before it is used; if it fails, nothing is
 * sealed or opened (docs/design/0003-aead-implementations.md).
 *
 * An expanded key is immutable: any number of threads may use one at once. It lives in secret
 * memory, of which it takes one page: a process without privileges may lock 8 MiB in all, so keep
 * few. A forked child finds it empty and is refused with INTERNAL. While OpenSSL seals or opens, a
 * copy of the key is in ordinary memory, cleansed when the call ends; IPsec-MB makes none.
 *
 * This layer neither chooses IVs nor counts them: seal/ and keys/ do.
 */

#define SR_AEAD_KEY_BYTES 32
#define SR_AEAD_IV_BYTES 12
#define SR_AEAD_TAG_BYTES 16

struct sr_aead;

/*
 * Choose and self-test an implementation; what every other function here does first by itself.
 *
 * errors  INTERNAL       a known-answer test failed: this process must not encrypt, and will not
 *         NO_MEMORY, IO  as sr_secret_new(); may be tried again
 */
enum sr_status sr_aead_start(struct sr_err *err) SR_MUST_USE;

/* The implementation in use, for `doctor`: "ipsec-mb avx512 vaes" or "openssl"; "none" before
 * start. */
const char *sr_aead_implementation(void);

/*
 * Expand a key. key has SR_AEAD_KEY_BYTES and is copied.
 *
 * errors  NO_MEMORY, IO (as sr_secret_new), INTERNAL (as sr_aead_start)
 */
enum sr_status sr_aead_new(const uint8_t key[SR_AEAD_KEY_BYTES], struct sr_aead **out,
                           struct sr_err *err) SR_MUST_USE;
void sr_aead_free(struct sr_aead *a);
SR_DEFINE_AUTO(sr_aead)

/*
 * Encrypt plain to out, which has plain.len bytes and may be plain itself but not overlap it
 * otherwise, and write the tag. aad at most 4096 bytes; plain at most 16 MiB. When it fails, out
 * and tag are wiped.
 *
 * errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_aead_seal(const struct sr_aead *a, const uint8_t iv[SR_AEAD_IV_BYTES],
                            struct sr_bytes aad, struct sr_bytes plain, uint8_t *out,
                            uint8_t tag[SR_AEAD_TAG_BYTES]) SR_MUST_USE;

/*
 * Decrypt cipher (hostile) to out, which has cipher.len bytes and may be cipher itself. When it
 * fails for any reason, out is wiped before this returns.
 *
 * errors  CORRUPT  the tag does not match: nothing may be believed
 *         INTERNAL, NO_MEMORY
 */
enum sr_status sr_aead_open(const struct sr_aead *a, const uint8_t iv[SR_AEAD_IV_BYTES],
                            struct sr_bytes aad, struct sr_bytes cipher,
                            const uint8_t tag[SR_AEAD_TAG_BYTES], uint8_t *out) SR_MUST_USE;

#endif /* SR_CRYPTO_AEAD_H */
