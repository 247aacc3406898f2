/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/commitment.h"

#include "base/text.h"
#include "crypto/rand.h"

enum sr_status sr_commitment_salt(uint8_t out[SR_COMMITMENT_SALT_BYTES])
{
    return sr_rand_bytes(out, SR_COMMITMENT_SALT_BYTES);
}

enum sr_status sr_commitment_make(const uint8_t salt[SR_COMMITMENT_SALT_BYTES],
                                  struct sr_bytes canonical, uint8_t out[SR_COMMITMENT_BYTES])
{
    SR_AUTO(sr_sha256) h = NULL;
    SR_TRY(sr_sha256_new(&h));
    SR_TRY(sr_sha256_update(h, sr_bytes(salt, SR_COMMITMENT_SALT_BYTES)));
    SR_TRY(sr_sha256_update(h, canonical));
    return sr_sha256_final(h, out);
}

enum sr_status sr_commitment_check(const uint8_t salt[SR_COMMITMENT_SALT_BYTES],
                                   struct sr_bytes canonical, struct sr_bytes commitment,
                                   struct sr_err *err)
{
    uint8_t expected[SR_COMMITMENT_BYTES];
    SR_TRY(sr_commitment_make(salt, canonical, expected));
    if (!sr_text_equal(commitment, sr_bytes(expected, sizeof expected))) {
        return sr_fail(err, SR_UNTRUSTED, "the leaf is not of this act and salt");
    }
    return SR_OK;
}
