/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a commitment is SHA-256 of salt and bytes, and fits no other salt or bytes. */
#include "ledger/commitment.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static void it_is_the_hash_of_salt_and_act(void)
{
    uint8_t salt[SR_COMMITMENT_SALT_BYTES] = {1, 2, 3};
    uint8_t joined[SR_COMMITMENT_SALT_BYTES + 3];
    uint8_t expected[SR_SHA256_BYTES];
    uint8_t made[SR_COMMITMENT_BYTES];
    memcpy(joined, salt, sizeof salt);
    memcpy(joined + sizeof salt, "act", 3);
    CHECK(sr_sha256_once(sr_bytes(joined, sizeof joined), expected) == SR_OK);
    CHECK(sr_commitment_make(salt, sr_text_view("act"), made) == SR_OK);
    CHECK(memcmp(made, expected, sizeof made) == 0);
    struct sr_bytes view = sr_bytes(made, sizeof made);
    CHECK(sr_commitment_check(salt, sr_text_view("act"), view, NULL) == SR_OK);
    CHECK(sr_commitment_check(salt, sr_text_view("acts"), view, NULL) == SR_UNTRUSTED);
    view.len--;
    CHECK(sr_commitment_check(salt, sr_text_view("act"), view, NULL) == SR_UNTRUSTED);
    salt[31] ^= 1;
    view.len++;
    CHECK(sr_commitment_check(salt, sr_text_view("act"), view, NULL) == SR_UNTRUSTED);
}

static void salts_differ(void)
{
    uint8_t a[SR_COMMITMENT_SALT_BYTES];
    uint8_t b[SR_COMMITMENT_SALT_BYTES];
    CHECK(sr_commitment_salt(a) == SR_OK && sr_commitment_salt(b) == SR_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
}

int main(void)
{
    RUN(it_is_the_hash_of_salt_and_act);
    RUN(salts_differ);
    return check_done();
}
