/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the known answers of FIPS 180-4. */
#include "crypto/sha512.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static bool hashes_to(const char *message, const char *hex)
{
    uint8_t digest[SR_SHA512_BYTES] = {0};
    uint8_t expected[SR_SHA512_BYTES] = {1};
    return sr_sha512_once(sr_text_view(message), digest) == SR_OK &&
           sr_text_unhex(sr_text_view(hex), expected, sizeof expected) == SR_OK &&
           memcmp(digest, expected, sizeof digest) == 0;
}

static void test_known_answers(void)
{
    CHECK(hashes_to("abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
    CHECK(hashes_to("", "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"));
}

int main(void)
{
    RUN(test_known_answers);
    return check_done();
}
