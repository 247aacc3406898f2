/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/witness_folder.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/folder.h"
#include "base/text.h"
#include "cli/session.h"
#include "crypto/rand.h"
#include "formats/quote.h"
#include "keys/private_file.h"

static const char KEY[] = "witness.key";
static const char VKEY[] = "witness.vkey";

void sr_witness_folder_clear(struct sr_witness_folder *f)
{
    sr_folder_close_fd(&f->fd);
    sr_vkey_free(f->key);
    sr_signer_free(f->signer);
    *f = (struct sr_witness_folder){.fd = -1};
}

static enum sr_status path_in(const char *folder, const char *name, char out[PATH_MAX],
                              struct sr_err *err)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < PATH_MAX ? SR_OK
                                     : sr_fail(err, SR_TOO_LARGE, "'%.64s...' is too long", folder);
}

/* A new key, stored; *out is its public part under name. */
static enum sr_status make_key(const struct sr_cli *cli, const char *path, const char *name,
                               struct sr_vkey **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) seed = NULL;
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_vkey) key = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    if (sr_session_has_passphrase(cli)) {
        SR_TRY(sr_session_passphrase(cli, "New passphrase for the witness's key", true, &passphrase,
                                     err));
    }
    SR_TRY(sr_rand_secret(SR_SIGN_SEED_BYTES, &seed, err));
    SR_TRY(sr_signer_ed25519(seed, &signer, err));
    SR_TRY(sr_vkey_new(sr_text_view(name), SR_VKEY_COSIGNATURE, signer->public_key, &key, err));
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_signer_ed25519_pem(seed, passphrase, pem, err));
    SR_TRY(sr_private_file_create(path, sr_buf_view(pem), err));
    *out = SR_TAKE(key);
    return SR_OK;
}

enum sr_status sr_witness_folder_make(const struct sr_cli *cli, const char *path, const char *name,
                                      struct sr_witness_folder *out, struct sr_err *err)
{
    char key_path[PATH_MAX];
    SR_AUTO(sr_buf) text = NULL;
    if (!sr_note_is_name(sr_text_view(name))) {
        return sr_fail(err, SR_MALFORMED,
                       "'%s' cannot be the name of a key: no spaces, no '+' (N-6)",
                       sr_quote(sr_text_view(name)).text);
    }
    SR_TRY(path_in(path, KEY, key_path, err));
    SR_TRY(sr_folder_make(AT_FDCWD, path, err));
    SR_TRY(sr_folder_open(AT_FDCWD, path, &out->fd, err));
    SR_TRY(make_key(cli, key_path, name, &out->key, err));
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &text));
    SR_TRY(sr_vkey_text(out->key, text));
    SR_TRY(sr_buf_append(text, sr_bytes("\n", 1)));
    return sr_folder_write_file(out->fd, VKEY, sr_buf_view(text), err);
}

static enum sr_status open_signer(const struct sr_cli *cli, const char *path,
                                  struct sr_witness_folder *f, struct sr_err *err)
{
    char key_path[PATH_MAX];
    SR_AUTO(sr_buf) pem = NULL;
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_TRY(path_in(path, KEY, key_path, err));
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_private_file_read(key_path, SR_SIGN_PEM_BYTES_MAX, pem, err));
    if (sr_signer_pem_is_encrypted(sr_buf_view(pem))) {
        SR_TRY(
            sr_session_passphrase(cli, "Passphrase of the witness's key", false, &passphrase, err));
    }
    enum sr_status status = sr_signer_from_pem(sr_buf_view(pem), passphrase, &f->signer, err);
    if (status != SR_OK) {
        return sr_context(err, status, "'%s'", key_path);
    }
    return sr_public_key_equal(f->signer->public_key, sr_vkey_key(f->key))
               ? SR_OK
               : sr_fail(err, SR_CONFLICT, "'%s' is not the key of '%s/%s'", key_path, path, VKEY);
}

enum sr_status sr_witness_folder_open(const struct sr_cli *cli, const char *path, bool with_signer,
                                      struct sr_witness_folder *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_folder_open(AT_FDCWD, path, &out->fd, err));
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &text));
    enum sr_status status = sr_folder_read_file(out->fd, VKEY, text, err);
    if (status != SR_OK) {
        return sr_context(err, status, "'%s' is no witness's folder", path);
    }
    struct sr_bytes line = sr_buf_view(text);
    if (line.len > 0 && line.ptr[line.len - 1] == '\n') {
        line.len--;
    }
    SR_TRY(sr_vkey_parse(line, &out->key, err));
    return with_signer ? open_signer(cli, path, out, err) : SR_OK;
}
