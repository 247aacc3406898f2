/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_SHA512_H
#define SR_CRYPTO_SHA512_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * SHA-512 (FIPS 180-4) of small messages, for signatures of others that were made over it. What we
 * hash ourselves is SHA-256: crypto/hash.h.
 *
 * errors  INTERNAL  OpenSSL failed
 */
#define SR_SHA512_BYTES 64
enum sr_status sr_sha512_once(struct sr_bytes data, uint8_t out[SR_SHA512_BYTES]) SR_MUST_USE;

#endif /* SR_CRYPTO_SHA512_H */
