/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_SHA256_LANES_H
#define SR_CRYPTO_SHA256_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The compression function of SHA-256 (FIPS 180-4, section 6.2.2) for several messages at once.
 * Between hash.c and the kernels under it, and for their tests: nobody else includes this.
 *
 * One message cannot be hashed faster than the latency of its chain of rounds; two or more
 * independent ones fill the gaps. Neither OpenSSL nor IPsec-MB can do that with messages of 1 MiB
 * (docs/design/0003-aead-implementations.md, "SHA-256").
 *
 * The kernels are the one place with compiler extensions beside base/attr.h: intrinsics,
 * __builtin_cpu_supports() and unrolling pragmas, all of which GCC and Clang share.
 */

#define SR_SHA256_LANES_MAX 16
#define SR_SHA256_BLOCK_BYTES 64

struct sr_sha256_lane {
    uint32_t state[8];
    const uint8_t *at; /* the next block; moves on as blocks are folded in */
};

/* The state before the first block (section 5.3.3). */
extern const uint32_t sr_sha256_lanes_start[8];

/*
 * Whether this CPU runs the kernels. Decided once, with a known-answer test of each; a failed one
 * sets *out_is_broken, and then nothing may be hashed.
 */
bool sr_sha256_lanes_usable(bool *out_is_broken);
/* Whether the 16-lane kernel is among them. */
bool sr_sha256_lanes_are_wide(void);

/* For tests, before the first use: from now on this CPU does not run the kernels. */
void sr_sha256_lanes_forbid(void);

/* Fold blocks blocks into each of count lanes, 1..SR_SHA256_LANES_MAX. Only when usable. */
void sr_sha256_lanes_advance(struct sr_sha256_lane *const *lanes, size_t count, size_t blocks);

/* The kernels. Each takes as many lanes as its name says; CPU support is the caller's duty. */
void sr_sha256_lanes_ni_1(struct sr_sha256_lane *const *lanes, size_t blocks);
void sr_sha256_lanes_ni_2(struct sr_sha256_lane *const *lanes, size_t blocks);
void sr_sha256_lanes_ni_3(struct sr_sha256_lane *const *lanes, size_t blocks);
void sr_sha256_lanes_ni_4(struct sr_sha256_lane *const *lanes, size_t blocks);
void sr_sha256_lanes_avx512_16(struct sr_sha256_lane *const *lanes, size_t blocks);

/* The round constants (section 4.2.2). */
extern const uint32_t sr_sha256_lanes_k[64];

#endif /* SR_CRYPTO_SHA256_LANES_H */
