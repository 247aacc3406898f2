/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/head.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/gguf.h"
#include "formats/safetensors.h"

/* What the length of a safetensors header takes. */
#define SAFETENSORS_PREFIX_BYTES 8
/* A first look at a GGUF file; doubled until its metadata fit. */
#define GGUF_FIRST_BYTES ((size_t)1 << 20)

struct sr_head {
    int fd;
    const char *path;
    uint64_t file_bytes;
    enum sr_file_kind kind;
    struct sr_tensors *tensors;
    uint8_t *bytes;
    size_t len;
};

void sr_head_free(struct sr_head *h)
{
    if (h == NULL) {
        return;
    }
    sr_tensors_free(h->tensors);
    free(h->bytes);
    free(h);
}

static enum sr_status read_file(const struct sr_head *h, uint64_t offset, uint8_t *out, size_t len,
                                struct sr_err *err)
{
    while (len > 0) {
        ssize_t n = pread(h->fd, out, len, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_IO, "cannot read '%s' at %llu: %s", h->path,
                           (unsigned long long)offset, strerror(errno));
        }
        if (n == 0) {
            return sr_fail(err, SR_CONFLICT, "'%s' changed while it was deposited: it ends at %llu",
                           h->path, (unsigned long long)offset);
        }
        out += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return SR_OK;
}

/* Read on until the head has len bytes. What was read is kept, and never read again. */
static enum sr_status extend(struct sr_head *h, size_t len, struct sr_err *err)
{
    if (len <= h->len) {
        return SR_OK;
    }
    uint8_t *bytes = realloc(h->bytes, len);
    if (bytes == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the head of '%s'", h->path);
    }
    h->bytes = bytes;
    SR_TRY(read_file(h, h->len, h->bytes + h->len, len - h->len, err));
    h->len = len;
    return SR_OK;
}

static struct sr_bytes view(const struct sr_head *h)
{
    return sr_bytes(h->bytes, h->len);
}

static size_t at_most(uint64_t wanted, uint64_t file_bytes)
{
    return (size_t)(wanted < file_bytes ? wanted : file_bytes);
}

static enum sr_status load_safetensors(struct sr_head *h, struct sr_err *err)
{
    uint64_t needed = 0;
    SR_TRY(extend(h, at_most(SAFETENSORS_PREFIX_BYTES, h->file_bytes), err));
    SR_TRY(sr_safetensors_head_bytes(view(h), h->file_bytes, &needed, err));
    SR_TRY(extend(h, at_most(needed, h->file_bytes), err));
    return sr_safetensors_decode(view(h), h->file_bytes, &h->tensors, err);
}

static enum sr_status load_gguf(struct sr_head *h, struct sr_err *err)
{
    for (uint64_t wanted = GGUF_FIRST_BYTES;; wanted *= 2) {
        bool is_last = wanted >= SR_LIMIT_GGUF_HEADER_BYTES;
        SR_TRY(
            extend(h, at_most(is_last ? SR_LIMIT_GGUF_HEADER_BYTES : wanted, h->file_bytes), err));
        enum sr_status status = sr_gguf_decode(view(h), h->file_bytes, &h->tensors, err);
        if (status != SR_TRUNCATED || h->len == h->file_bytes) {
            return status;
        }
        if (is_last) {
            return sr_fail(err, SR_TOO_LARGE, "its metadata are over %llu bytes",
                           (unsigned long long)SR_LIMIT_GGUF_HEADER_BYTES);
        }
    }
}

enum sr_status sr_head_new(int fd, const char *path, uint64_t bytes, struct sr_head **out,
                           struct sr_err *err)
{
    SR_AUTO(sr_head) h = calloc(1, sizeof *h);
    if (h == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the head of '%s'", path);
    }
    *h = (struct sr_head){.fd = fd, .path = path, .file_bytes = bytes, .kind = SR_FILE_OTHER};
    struct sr_bytes name = sr_text_view(path);
    enum sr_status status = SR_OK;
    if (sr_safetensors_is_name(name)) {
        h->kind = SR_FILE_SAFETENSORS;
        status = load_safetensors(h, err);
    } else if (sr_gguf_is_name(name)) {
        h->kind = SR_FILE_GGUF;
        status = load_gguf(h, err);
    }
    if (status != SR_OK) {
        return status == SR_IO || status == SR_CONFLICT ? status
                                                        : sr_context(err, status, "'%s'", path);
    }
    *out = SR_TAKE(h);
    return SR_OK;
}

enum sr_file_kind sr_head_kind(const struct sr_head *h)
{
    return h->kind;
}

const struct sr_tensors *sr_head_tensors(const struct sr_head *h)
{
    return h->tensors;
}

static enum sr_status read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                              struct sr_err *err)
{
    const struct sr_head *h = ctx;
    if (offset < h->len) {
        size_t part = h->len - (size_t)offset;
        part = part < len ? part : len;
        memcpy(out, h->bytes + offset, part);
        out += part;
        offset += part;
        len -= part;
    }
    return read_file(h, offset, out, len, err);
}

struct sr_source sr_head_source(struct sr_head *h)
{
    return (struct sr_source){.read_at = read_at, .ctx = h, .bytes = h->file_bytes};
}
