/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "formats/oms.h"

#define CHUNK_BYTES 65536
#define CERTIFICATES_BYTES_MAX                                                                     \
    ((size_t)4 << 20) /* the bundle of a whole distribution has 0.2 MiB */

static enum sr_status read_all(int fd, const char *path, struct sr_buf *out, struct sr_err *err)
{
    for (;;) {
        uint8_t chunk[CHUNK_BYTES];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0) {
            return SR_OK;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_IO, "cannot read '%s': %s", path, strerror(errno));
        }
        enum sr_status status = sr_buf_append(out, sr_bytes(chunk, (size_t)n));
        if (status != SR_OK) {
            return sr_fail(err, status, "'%s' is too large", path);
        }
    }
}

enum sr_status sr_input_file(const char *path, struct sr_buf *out, struct sr_err *err)
{
    struct stat found;
    SR_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &found) != 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot open '%s': %s", path,
                       strerror(errno));
    }
    if (!S_ISREG(found.st_mode)) {
        return sr_fail(err, SR_MALFORMED, "'%s' is not a file", path);
    }
    return read_all(fd, path, out, err);
}

enum sr_status sr_input_public_key(const char *path, struct sr_public_key **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) pem = NULL;
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_input_file(path, pem, err));
    enum sr_status status = sr_public_key_from_pem(sr_buf_view(pem), out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", path);
}

enum sr_status sr_input_certificates(const char *path, struct sr_x509 **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) pem = NULL;
    SR_TRY(sr_buf_new(CERTIFICATES_BYTES_MAX, &pem));
    SR_TRY(sr_input_file(path, pem, err));
    enum sr_status status = sr_x509_from_pem(sr_buf_view(pem), out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", path);
}

void sr_input_signer_clear(struct sr_input_signer *s)
{
    sr_public_key_free(s->key);
    sr_x509_free(s->roots);
}

/* Whether the file has certificates; else it should have a public key. */
static enum sr_status has_certificates(const char *path, bool *out, struct sr_err *err)
{
    static const char MARK[] = "-----BEGIN CERTIFICATE-----";
    SR_AUTO(sr_buf) pem = NULL;
    SR_TRY(sr_buf_new(CERTIFICATES_BYTES_MAX, &pem));
    SR_TRY(sr_input_file(path, pem, err));
    struct sr_bytes text = sr_buf_view(pem);
    *out = text.len > 0 && memmem(text.ptr, text.len, MARK, sizeof MARK - 1) != NULL;
    return SR_OK;
}

enum sr_status sr_input_signer(const struct sr_args *args, struct sr_input_signer *out,
                               struct sr_err *err)
{
    const char *path = sr_args_value(args, "require-signer");
    const char *name = sr_args_value(args, "signer-name");
    bool is_roots = false;
    if (path != NULL) {
        SR_TRY(has_certificates(path, &is_roots, err));
    }
    if (name != NULL && !is_roots) {
        return sr_fail(err, SR_USAGE,
                       "'--signer-name' is about certificates: it goes with '--require-signer' and "
                       "root certificates");
    }
    if (path == NULL) {
        return SR_OK;
    }
    SR_TRY(is_roots ? sr_input_certificates(path, &out->roots, err)
                    : sr_input_public_key(path, &out->key, err));
    out->trust =
        (struct sr_signature_trust){.key = out->key, .roots = out->roots, .policy = {.name = name}};
    out->is_given = true;
    return SR_OK;
}

enum sr_status sr_input_ignored(const struct sr_args *args, struct sr_bytes **out,
                                size_t *out_count, struct sr_err *err)
{
    size_t count = sr_args_count(args, "ignore");
    SR_CLEANUP(sr_input_free_ignored) struct sr_bytes *list = calloc(count + 1, sizeof *list);
    if (list == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the paths to ignore");
    }
    for (size_t i = 0; i < count; i++) {
        const char *given = sr_args_value_at(args, "ignore", i);
        struct sr_bytes path = sr_text_view(given);
        while (path.len > 2 && path.ptr[0] == '.' && path.ptr[1] == '/') {
            path = sr_bytes(path.ptr + 2, path.len - 2);
        }
        while (path.len > 1 && path.ptr[path.len - 1] == '/') {
            path.len--;
        }
        if (!sr_oms_is_plain(path)) {
            return sr_fail(err, SR_USAGE,
                           "'--ignore %s': not a path inside the model, relative to it", given);
        }
        list[i] = path;
    }
    *out = SR_TAKE(list);
    *out_count = count;
    return SR_OK;
}

void sr_input_free_ignored(struct sr_bytes **p)
{
    free(*p);
}
