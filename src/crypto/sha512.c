/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sha512.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

enum sr_status sr_sha512_once(struct sr_bytes data, uint8_t out[SR_SHA512_BYTES])
{
    uint8_t digest[SR_SHA512_BYTES];
    size_t len = 0;
    if (EVP_Q_digest(NULL, "SHA512", NULL, data.ptr, data.len, digest, &len) != 1 ||
        len != sizeof digest) {
        ERR_clear_error();
        return SR_INTERNAL;
    }
    memcpy(out, digest, sizeof digest);
    return SR_OK;
}
