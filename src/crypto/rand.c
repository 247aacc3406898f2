/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rand.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

/* OpenSSL keeps a generator per thread and reseeds it in a forked child (RAND(7)). */
enum sr_status sr_rand_bytes(uint8_t *out, size_t len)
{
    assert(len <= INT_MAX);

    if (RAND_priv_bytes(out, (int)len) != 1) {
        ERR_clear_error();
        explicit_bzero(out, len);
        return SR_INTERNAL;
    }
    return SR_OK;
}

enum sr_status sr_rand_id(struct sr_id *out)
{
    struct sr_id id = {{0}};
    SR_TRY(sr_rand_bytes(id.bytes, sizeof id.bytes));
    *out = id;
    return SR_OK;
}

enum sr_status sr_rand_secret(size_t len, struct sr_secret **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) s = NULL;
    SR_TRY(sr_secret_new(len, &s, err));
    enum sr_status status = sr_rand_bytes(sr_secret_bytes(s), len);
    if (status != SR_OK) {
        return sr_fail(err, status, "the random generator failed");
    }
    *out = SR_TAKE(s);
    return SR_OK;
}
