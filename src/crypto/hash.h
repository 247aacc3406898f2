/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_HASH_H
#define SR_CRYPTO_HASH_H

#include "base/bytes.h"
#include "base/status.h"

/* SHA-256 (FIPS 180-4): whole, in pieces, and many messages at a time. */

#define SR_SHA256_BYTES 32

/* One message being hashed in pieces, in order. One thread at a time. */
struct sr_sha256;

/* errors  NO_MEMORY, INTERNAL */
enum sr_status sr_sha256_new(struct sr_sha256 **out) SR_MUST_USE;
void sr_sha256_free(struct sr_sha256 *h);
SR_DEFINE_AUTO(sr_sha256)
/* errors  INTERNAL */
enum sr_status sr_sha256_update(struct sr_sha256 *h, struct sr_bytes data) SR_MUST_USE;
/* May be called once; afterwards only free. errors  INTERNAL */
enum sr_status sr_sha256_final(struct sr_sha256 *h, uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/* One message at once. errors  INTERNAL, NO_MEMORY */
enum sr_status sr_sha256_once(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/*
 * Hash count independent messages, several at a time in the CPU's vector lanes where IPsec-MB is
 * there; best with 16 or more messages of equal length. out[i] receives the digest of messages[i].
 * Safe to call from several threads.
 *
 * errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_sha256_many(const struct sr_bytes *messages, size_t count,
                              uint8_t (*out)[SR_SHA256_BYTES]) SR_MUST_USE;

#endif /* SR_CRYPTO_HASH_H */
