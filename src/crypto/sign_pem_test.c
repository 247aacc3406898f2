/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a key that was written is read again as itself, and only with its passphrase. */
#include <string.h>

#include "base/text.h"
#include "crypto/sign.h"
#include "tests/check.h"

static struct sr_secret *make_secret(const char *text)
{
    struct sr_secret *s = NULL;
    CHECK(sr_secret_new(strlen(text), &s, NULL) == SR_OK);
    memcpy(sr_secret_bytes(s), text, strlen(text));
    return s;
}

static void what_is_written_is_read(void)
{
    SR_AUTO(sr_secret) seed = make_secret("0123456789abcdef0123456789abcdef");
    SR_AUTO(sr_signer) direct = NULL;
    SR_AUTO(sr_signer) read = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    CHECK(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &direct, NULL) == SR_OK);
    CHECK(sr_signer_ed25519_pem(seed, NULL, pem, NULL) == SR_OK);
    CHECK(!sr_signer_pem_is_encrypted(sr_buf_view(pem)));
    CHECK(sr_signer_from_pem(sr_buf_view(pem), NULL, &read, NULL) == SR_OK);
    CHECK(sr_public_key_equal(read->public_key, direct->public_key));
}

/* Two keys of the same seed: the public one as PEM and DER is read as itself. */
static void public_keys_come_back(void)
{
    SR_AUTO(sr_secret) seed = make_secret("0123456789abcdef0123456789abcdef");
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_public_key) from_pem = NULL;
    SR_AUTO(sr_public_key) from_der = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    SR_AUTO(sr_buf) der = NULL;
    CHECK(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem) == SR_OK && sr_buf_new(256, &der) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &signer, NULL) == SR_OK);
    CHECK(sr_public_key_pem(signer->public_key, pem) == SR_OK);
    CHECK(sr_public_key_der(signer->public_key, der) == SR_OK && sr_buf_view(der).len == 44);
    CHECK(sr_public_key_from_pem(sr_buf_view(pem), &from_pem, NULL) == SR_OK);
    CHECK(sr_public_key_from_der(sr_buf_view(der), &from_der, NULL) == SR_OK);
    CHECK(sr_public_key_equal(from_pem, signer->public_key));
    CHECK(sr_public_key_algorithm(from_der) == SR_SIGN_ED25519);
    /* The identity: anybody signs for it. */
    uint8_t small[44];
    SR_AUTO(sr_public_key) weak = NULL;
    memcpy(small, sr_buf_view(der).ptr, 12);
    memset(small + 12, 0, 32);
    small[12] = 1;
    CHECK(sr_public_key_from_der(sr_bytes(small, sizeof small), &weak, NULL) == SR_MALFORMED);
}

static void a_passphrase_is_needed_again(void)
{
    SR_AUTO(sr_secret) seed = make_secret("0123456789abcdef0123456789abcdef");
    SR_AUTO(sr_secret) right = make_secret("correct horse");
    SR_AUTO(sr_secret) wrong = make_secret("correct house");
    SR_AUTO(sr_signer) direct = NULL;
    SR_AUTO(sr_signer) read = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    CHECK(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &direct, NULL) == SR_OK);
    CHECK(sr_signer_ed25519_pem(seed, right, pem, NULL) == SR_OK);
    CHECK(sr_signer_pem_is_encrypted(sr_buf_view(pem)));
    CHECK(sr_signer_from_pem(sr_buf_view(pem), NULL, &read, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_signer_from_pem(sr_buf_view(pem), wrong, &read, NULL) == SR_UNAUTHENTICATED);
    CHECK(sr_signer_from_pem(sr_buf_view(pem), right, &read, NULL) == SR_OK);
    CHECK(sr_public_key_equal(read->public_key, direct->public_key));
}

int main(void)
{
    RUN(what_is_written_is_read);
    RUN(public_keys_come_back);
    RUN(a_passphrase_is_needed_again);
    return check_done();
}
