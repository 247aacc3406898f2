/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_RAND_H
#define SR_CRYPTO_RAND_H

#include "base/secret.h"
#include "base/text.h"

/*
 * Random bytes fit for keys and IVs: OpenSSL's generator, seeded by the kernel. Safe after fork and
 * from several threads.
 *
 * errors  INTERNAL  the generator failed; out was wiped
 */
enum sr_status sr_rand_bytes(uint8_t *out, size_t len) SR_MUST_USE;
enum sr_status sr_rand_id(struct sr_id *out) SR_MUST_USE;
/* A new random secret of len bytes. errors  also those of sr_secret_new() */
enum sr_status sr_rand_secret(size_t len, struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CRYPTO_RAND_H */
