/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_BLAKE2B_H
#define SR_CRYPTO_BLAKE2B_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * BLAKE2b with 512 bits (RFC 7693), without a key: some signers of models hash files with it. For
 * checking their signatures only; everything of ours is SHA-256 (hash.h).
 */
#define SR_BLAKE2B_BYTES 64

/* One message in pieces, in order. One thread at a time. */
struct sr_blake2b;

/* errors  NO_MEMORY, INTERNAL */
enum sr_status sr_blake2b_new(struct sr_blake2b **out) SR_MUST_USE;
void sr_blake2b_free(struct sr_blake2b *h);
SR_DEFINE_AUTO(sr_blake2b)
/* errors  INTERNAL */
enum sr_status sr_blake2b_update(struct sr_blake2b *h, struct sr_bytes data) SR_MUST_USE;
/* May be called once; afterwards only free. errors  INTERNAL */
enum sr_status sr_blake2b_final(struct sr_blake2b *h, uint8_t out[SR_BLAKE2B_BYTES]) SR_MUST_USE;

#endif /* SR_CRYPTO_BLAKE2B_H */
