/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "crypto/sign_impl.h"

/* scrypt of 16 MiB, four times: as much as OpenSSL opens again without being told to. */
enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 4 };

/* What OpenSSL needs for it; all that holds the key is wiped when it is freed. */
struct writing {
    EVP_PKEY *pkey;
    PKCS8_PRIV_KEY_INFO *info;
    X509_SIG *sealed;
    BIO *bio;
};

static void writing_clear(struct writing *w)
{
    EVP_PKEY_free(w->pkey);
    PKCS8_PRIV_KEY_INFO_free(w->info);
    X509_SIG_free(w->sealed);
    BIO_free_all(w->bio);
    ERR_clear_error();
}

static X509_SIG *seal(PKCS8_PRIV_KEY_INFO *info, const struct sr_secret *passphrase)
{
    X509_ALGOR *how =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    X509_SIG *sealed = NULL;
    if (how != NULL) {
        sealed = PKCS8_set0_pbe((const char *)sr_secret_view(passphrase),
                                (int)sr_secret_len(passphrase), info, how);
    }
    if (sealed == NULL) {
        X509_ALGOR_free(how);
    }
    return sealed;
}

static bool write_pem(struct writing *w, const struct sr_secret *seed,
                      const struct sr_secret *passphrase)
{
    w->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, sr_secret_view(seed),
                                           SR_SIGN_SEED_BYTES);
    w->info = w->pkey == NULL ? NULL : EVP_PKEY2PKCS8(w->pkey);
    w->bio = BIO_new(BIO_s_secmem());
    if (w->info == NULL || w->bio == NULL) {
        return false;
    }
    if (passphrase == NULL) {
        return PEM_write_bio_PKCS8_PRIV_KEY_INFO(w->bio, w->info) == 1;
    }
    w->sealed = seal(w->info, passphrase);
    return w->sealed != NULL && PEM_write_bio_PKCS8(w->bio, w->sealed) == 1;
}

enum sr_status sr_signer_ed25519_pem(const struct sr_secret *seed,
                                     const struct sr_secret *passphrase, struct sr_buf *out,
                                     struct sr_err *err)
{
    SR_CLEANUP(writing_clear) struct writing w = {0};
    char *text = NULL;
    assert(sr_secret_len(seed) == SR_SIGN_SEED_BYTES);
    if (!write_pem(&w, seed, passphrase)) {
        return sr_fail(err, SR_INTERNAL, "cannot write the private key as PEM");
    }
    long len = BIO_get_mem_data(w.bio, &text);
    return sr_buf_append(out, sr_bytes(text, (size_t)len));
}
