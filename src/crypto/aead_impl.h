/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CRYPTO_AEAD_IMPL_H
#define SR_CRYPTO_AEAD_IMPL_H

#include "crypto/aead.h"

/*
 * Between aead.c and the implementations of AES-256-GCM under it, and for their tests: nobody else
 * includes this. docs/design/0003-aead-implementations.md
 *
 * A schedule is what an implementation makes of a key: schedule_bytes in secret memory, aligned to
 * 64 bytes, never written after expand(). The functions may be called by many threads at once, on
 * one schedule too. Their arguments are within the limits of aead.h. open() compares tags in
 * constant time and returns CORRUPT if they differ; what it then left in out, aead.c wipes.
 */
struct sr_aead_impl {
    const char *name; /* as sr_aead_implementation() */
    size_t schedule_bytes;
    void (*expand)(const uint8_t key[SR_AEAD_KEY_BYTES], void *schedule);
    enum sr_status (*seal)(const void *schedule, const uint8_t iv[SR_AEAD_IV_BYTES],
                           struct sr_bytes aad, struct sr_bytes plain, uint8_t *out,
                           uint8_t tag[SR_AEAD_TAG_BYTES]);
    enum sr_status (*open)(const void *schedule, const uint8_t iv[SR_AEAD_IV_BYTES],
                           struct sr_bytes aad, struct sr_bytes cipher,
                           const uint8_t tag[SR_AEAD_TAG_BYTES], uint8_t *out);
};

/* NULL where the implementation is not built in or this CPU or process cannot run it. */
const struct sr_aead_impl *sr_aead_impl_openssl(void);
const struct sr_aead_impl *sr_aead_impl_ipsec_mb(void);

/* As sr_aead_new(), with an implementation of the caller's choice. errors  NO_MEMORY, IO */
enum sr_status sr_aead_new_with(const struct sr_aead_impl *impl,
                                const uint8_t key[SR_AEAD_KEY_BYTES], struct sr_aead **out,
                                struct sr_err *err) SR_MUST_USE;

/*
 * Take the fastest of count implementations (NULL entries are passed over; a later one must be an
 * eighth faster than an earlier one) and test it. There is no second choice: an implementation that
 * is fast and wrong means that this machine or this build is not what we think it is.
 *
 * errors  INTERNAL       a known-answer test failed, or there is nothing to choose from
 *         NO_MEMORY, IO  as sr_secret_new()
 */
enum sr_status sr_aead_choose(const struct sr_aead_impl *const *impls, size_t count,
                              const struct sr_aead_impl **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CRYPTO_AEAD_IMPL_H */
