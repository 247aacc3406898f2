/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_HASH_H
#define SR_CRYPTO_HASH_H

#include "base/bytes.h"
#include "base/status.h"

/*
 * SHA-256 (FIPS 180-4): whole, in pieces, and many messages at a time.
 *
 * A single message is hashed at the latency of its chain of rounds; independent ones side by side
 * are 1.5 to 3 times as fast for each core, where the CPU has SHA extensions (and AVX-512). So
 * whoever has several messages, or several files under way, should hand them over together
 * (docs/design/0003-aead-implementations.md). Without such a CPU, OpenSSL does the work, one by
 * one.
 *
 * INTERNAL from any of these: OpenSSL failed, or this CPU gave a wrong answer to a known question.
 */

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

/*
 * sr_sha256_update(hs[i], data[i]) for each i, side by side: for several files under way, or for
 * one piece of data that goes into two hashes. Lengths should be about equal; what one message has
 * beyond the others goes at the speed of fewer.
 *
 * hs     distinct
 * count  0..SR_SHA256_UPDATE_MAX
 * errors  INTERNAL  and then none of hs is good for anything but free
 */
#define SR_SHA256_UPDATE_MAX 16
enum sr_status sr_sha256_update_many(struct sr_sha256 *const *hs, const struct sr_bytes *data,
                                     size_t count) SR_MUST_USE;

/* One message at once. errors  INTERNAL, NO_MEMORY */
enum sr_status sr_sha256_once(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/*
 * Hash count independent messages side by side; best with 16 or more messages of equal length.
 * out[i] receives the digest of messages[i]. Safe to call from several threads.
 *
 * errors  INTERNAL, NO_MEMORY
 */
enum sr_status sr_sha256_many(const struct sr_bytes *messages, size_t count,
                              uint8_t (*out)[SR_SHA256_BYTES]) SR_MUST_USE;

/* The same, of prefix followed by each message: the leaves of a Merkle tree. */
enum sr_status sr_sha256_many_prefixed(uint8_t prefix, const struct sr_bytes *messages,
                                       size_t count, uint8_t (*out)[SR_SHA256_BYTES]) SR_MUST_USE;

/* How several are hashed on this machine, for `doctor`: "16 lanes", "4 lanes" or "one by one". */
const char *sr_sha256_implementation(void);

#endif /* SR_CRYPTO_HASH_H */
