/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the vector of RFC 7693, in one piece and in several. */
#include "crypto/blake2b.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

/* RFC 7693, appendix A */
static const char ABC[] = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                          "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";

static void test_vector_of_the_rfc(void)
{
    for (size_t cut = 0; cut <= 3; cut++) {
        SR_AUTO(sr_blake2b) h = NULL;
        uint8_t digest[SR_BLAKE2B_BYTES] = {0};
        char text[2 * SR_BLAKE2B_BYTES + 1];
        CHECK(sr_blake2b_new(&h) == SR_OK);
        CHECK(sr_blake2b_update(h, sr_bytes("abc", cut)) == SR_OK);
        CHECK(sr_blake2b_update(h, sr_bytes(&"abc"[cut], 3 - cut)) == SR_OK);
        CHECK(sr_blake2b_final(h, digest) == SR_OK);
        sr_text_hex(sr_bytes(digest, sizeof digest), text);
        CHECK(strcmp(text, ABC) == 0);
    }
}

int main(void)
{
    RUN(test_vector_of_the_rfc);
    return check_done();
}
