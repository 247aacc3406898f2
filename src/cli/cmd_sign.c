/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/signature.h"
#include "base/folder.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "keys/private_file.h"

extern const struct sr_command sr_command_sign;

/* Where the signature goes: beside a file, in a folder. */
static enum sr_status place(const struct sr_args *args, char out[PATH_MAX], struct sr_err *err)
{
    const char *path = sr_args_positional(args, 0);
    const char *given = sr_args_value(args, "signature");
    struct stat found;
    if (stat(path, &found) != 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot find '%s': %s", path,
                       strerror(errno));
    }
    size_t len = strlen(path);
    const char *suffix = !S_ISDIR(found.st_mode) ? ".sig"
                         : path[len - 1] == '/'  ? "model.sig"
                                                 : "/model.sig";
    int bytes = given != NULL ? snprintf(out, PATH_MAX, "%s", given)
                              : snprintf(out, PATH_MAX, "%s%s", path, suffix);
    if (bytes <= 0 || bytes >= PATH_MAX) {
        return sr_fail(err, SR_USAGE, "the signature's path is too long");
    }
    if (lstat(out, &found) == 0) {
        return sr_fail(err, SR_CONFLICT, "'%s' is there already; remove it first", out);
    }
    return SR_OK;
}

static enum sr_status load_signer(const struct sr_cli *cli, const char *path,
                                  struct sr_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) pem = NULL;
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_private_file_read(path, SR_SIGN_PEM_BYTES_MAX, pem, err));
    if (sr_signer_pem_is_encrypted(sr_buf_view(pem))) {
        SR_TRY(
            sr_session_passphrase(cli, "Passphrase of the signing key", false, &passphrase, err));
    }
    enum sr_status status = sr_signer_from_pem(sr_buf_view(pem), passphrase, out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", path);
}

/* The leaf's file first, then those of its issuers, as one chain. */
static enum sr_status load_chain(const struct sr_args *args, struct sr_x509 **out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_buf) pem = NULL;
    size_t count = sr_args_count(args, "cert-chain");
    if (count == 0) {
        return SR_OK;
    }
    SR_TRY(sr_buf_new((size_t)4 << 20, &pem));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_input_file(sr_args_value_at(args, "cert-chain", i), pem, err));
        SR_TRY(sr_buf_append(pem, sr_text_view("\n")));
    }
    enum sr_status status = sr_x509_from_pem(sr_buf_view(pem), out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'--cert-chain'");
}

/* Write the whole of it under another name first: nobody finds half a signature, and none is
 * overwritten. */
static enum sr_status write_new(const char *path, struct sr_bytes data, struct sr_err *err)
{
    char temporary[PATH_MAX + 16];
    (void)snprintf(temporary, sizeof temporary, "%s.%ld.new", path, (long)getpid());
    SR_AUTO_FD fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot write '%s': %s", path,
                       strerror(errno));
    }
    bool is_good = true;
    for (size_t done = 0; done < data.len && is_good;) {
        ssize_t n = write(fd, data.ptr + done, data.len - done);
        is_good = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (size_t)n : 0;
    }
    is_good = is_good && fsync(fd) == 0 && link(temporary, path) == 0;
    int error = errno;
    (void)unlink(temporary);
    return is_good ? SR_OK
                   : sr_fail(err, error == EEXIST ? SR_CONFLICT : SR_IO, "cannot write '%s': %s",
                             path, strerror(error));
}

static enum sr_status report(struct sr_cli *cli, const char *signature, const char *hint,
                             const struct sr_signature_made *made)
{
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "signature", signature));
        SR_TRY(sr_fields_text(&cli->json, "key_hint", hint));
        SR_TRY(sr_fields_hex(&cli->json, "root", sr_bytes(made->root, sizeof made->root)));
        SR_TRY(sr_fields_u64(&cli->json, "files", made->files));
        SR_TRY(sr_fields_u64(&cli->json, "bytes", made->bytes));
        return sr_json_close_object(&cli->json);
    }
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(made->bytes, size);
    sr_screen_line("signed %llu file%s, %s, with key %.16s...: %s", (unsigned long long)made->files,
                   made->files == 1 ? "" : "s", size, hint, signature);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    char signature[PATH_MAX];
    char hint[SR_SIGN_HINT_BYTES];
    size_t ignored_count = 0;
    SR_CLEANUP(sr_input_free_ignored) struct sr_bytes *ignored = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_x509) chain = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    SR_TRY(sr_input_ignored(args, &ignored, &ignored_count, err));
    SR_TRY(place(args, signature, err));
    SR_TRY(load_chain(args, &chain, err));
    SR_TRY(load_signer(cli, sr_args_value(args, "key"), &signer, err));
    struct sr_signature_make params = {
        .path = sr_args_positional(args, 0),
        .signature = signature,
        .ignored = ignored,
        .ignored_count = ignored_count,
        .signer = signer,
        .certificates = chain,
    };
    struct sr_signature_made made = {0};
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &bundle));
    SR_TRY(sr_public_key_hint(signer->public_key, hint));
    SR_TRY(sr_signature_make(&params, bundle, &made, err));
    SR_TRY(write_new(signature, sr_buf_view(bundle), err));
    return report(cli, signature, hint, &made);
}

static const struct sr_option OPTIONS[] = {
    {.name = "key",
     .value = "FILE",
     .help = "the private key in PEM, EC of the curve P-256, P-384 or P-521; readable by you alone",
     .completes = SR_COMPLETES_FILE,
     .is_required = true},
    {.name = "cert-chain",
     .value = "FILE",
     .help = "certificates in PEM that go into the signature: first the key's own, then its "
             "issuers without the root",
     .completes = SR_COMPLETES_FILE,
     .is_repeatable = true},
    {.name = "signature",
     .value = "FILE",
     .help = "where to write the signature; if not given, 'model.sig' in the folder, or the file's "
             "name with '.sig'",
     .completes = SR_COMPLETES_FILE},
    {.name = "ignore",
     .value = "PATH",
     .help = "a file or folder that is not signed, relative to the model",
     .is_repeatable = true},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "PATH",
     .help = "the file, or the folder with all that is in it",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom sign ./llama --key signing.pem", "writes ./llama/model.sig"},
    {"strongroom sign ./llama --key signing.pem --cert-chain leaf.pem --cert-chain issuer.pem",
     "for readers who trust a root certificate"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,       SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,
    SR_UNAUTHENTICATED, SR_DENIED,    SR_UNTRUSTED, SR_UNSUPPORTED,
    SR_CANCELLED,       SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"signature", "string", "where it was written"},
    {"key_hint", "string", "SHA-256 of the public key in PEM, in hexadecimal"},
    {"root", "string", "SHA-256 over the digests of all files, in hexadecimal"},
    {"files", "integer", "how many were signed"},
    {"bytes", "integer", "of all of them"},
    {.name = NULL},
};

const struct sr_command sr_command_sign = {
    .name = "sign",
    .group = "Signatures",
    .synopsis = "PATH --key FILE [--cert-chain FILE]... [--signature FILE] [--ignore PATH]...",
    .summary = "sign the files of a model",
    .description =
        "Hashes every file and signs the list of them, as OpenSSF Model Signing v1.0 says: whoever "
        "checks such signatures, with this program or another, can check this one. Links and "
        "special files are refused. Not signed are, at the top of the folder, '.git', "
        "'.gitattributes', '.github' and '.gitignore', then what '--ignore' names, and the "
        "signature itself; the signature says so.\n\n"
        "A key that is encrypted is opened with the passphrase of the common options.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom verify-signature PATH --signature FILE --public-key FILE' checks it.",
    .run = run,
};
