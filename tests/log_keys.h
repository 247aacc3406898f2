/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_LOG_KEYS_H
#define SR_TESTS_LOG_KEYS_H

#include <string.h>

#include "base/text.h"
#include "ledger/vkey.h"
#include "tests/check.h"

/* An Ed25519 signer from a seed of equal bytes, for tests only. */
static inline struct sr_signer *log_signer(uint8_t seed_byte)
{
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_signer *signer = NULL;
    CHECK(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL) == SR_OK);
    memset(sr_secret_bytes(seed), seed_byte, SR_SIGN_SEED_BYTES);
    CHECK(sr_signer_ed25519(seed, &signer, NULL) == SR_OK);
    return signer;
}

static inline struct sr_vkey *log_vkey(const char *name, enum sr_vkey_type type,
                                       const struct sr_signer *signer)
{
    struct sr_vkey *vkey = NULL;
    CHECK(sr_vkey_new(sr_text_view(name), type, signer->public_key, &vkey, NULL) == SR_OK);
    return vkey;
}

#endif /* SR_TESTS_LOG_KEYS_H */
