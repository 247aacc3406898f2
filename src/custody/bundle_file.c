/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/bundle_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "crypto/hash.h"
#include "crypto/rand.h"

#define CHUNK_BYTES ((size_t)1 << 20)
#define SUFFIX_BYTES 4

struct sr_bundle_file {
    int fd;
    struct sr_bundle_prefix prefix;
    uint8_t *head;
    struct sr_bundle bundle;
};

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* A file being written under its temporary name. */
struct output {
    int folder_fd;
    int fd;
    char name[NAME_MAX + 1];
    char temporary[NAME_MAX + 32];
    bool is_there; /* under the temporary name */
};

static void output_clear(struct output *o)
{
    if (o->is_there) {
        (void)unlinkat(o->folder_fd, o->temporary, 0);
    }
    sr_folder_close_fd(&o->fd);
    sr_folder_close_fd(&o->folder_fd);
}

static enum sr_status open_folder(const char *path, struct output *o, struct sr_err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char folder[PATH_MAX];
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (*name == '\0' || strlen(name) > NAME_MAX || len >= sizeof folder) {
        return sr_fail(err, SR_MALFORMED, "'%s' is not the name of a file", path);
    }
    memcpy(folder, path, len);
    folder[len] = '\0';
    memcpy(o->name, name, strlen(name) + 1);
    const char *where = slash == NULL ? "." : len == 0 ? "/" : folder;
    o->folder_fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->folder_fd < 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot open folder '%s': %s",
                       where, strerror(errno));
    }
    return SR_OK;
}

static enum sr_status create(const char *path, struct output *o, struct sr_err *err)
{
    struct stat found;
    uint8_t random[SUFFIX_BYTES];
    char suffix[2 * SUFFIX_BYTES + 1];
    SR_TRY(open_folder(path, o, err));
    if (fstatat(o->folder_fd, o->name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
        return sr_fail(err, SR_CONFLICT, "'%s' is there already", path);
    }
    SR_TRY(sr_rand_bytes(random, sizeof random));
    sr_text_hex(sr_bytes(random, sizeof random), suffix);
    (void)snprintf(o->temporary, sizeof o->temporary, ".%s.partial-%s", o->name, suffix);
    o->fd = openat(o->folder_fd, o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (o->fd < 0) {
        return sr_fail(err, SR_IO, "cannot make '%s': %s", path, strerror(errno));
    }
    o->is_there = true;
    return SR_OK;
}

static enum sr_status put(const struct output *o, struct sr_bytes data, struct sr_err *err)
{
    while (data.len > 0) {
        ssize_t n = write(o->fd, data.ptr, data.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return sr_fail(err, SR_IO, "cannot write '%s': %s", o->name, strerror(errno));
        }
        data = sr_bytes(data.ptr + n, data.len - (size_t)n);
    }
    return SR_OK;
}

static enum sr_status put_body(const struct output *o, const struct sr_bundle_entry *file,
                               struct sr_blobs *blobs, uint8_t *chunk, const struct sr_progress *p,
                               struct sr_err *err)
{
    SR_AUTO(sr_blob) blob = NULL;
    SR_TRY(sr_blobs_open_blob(blobs, &file->object, &blob, err));
    struct sr_source source = sr_blob_source(blob);
    if (source.bytes != file->body_bytes) {
        return sr_fail(err, SR_CORRUPT, "a body has another length than the catalog says");
    }
    for (uint64_t at = 0; at < source.bytes;) {
        size_t len = source.bytes - at < CHUNK_BYTES ? (size_t)(source.bytes - at) : CHUNK_BYTES;
        if (p->cancelled != NULL && p->cancelled(p->ctx)) {
            return sr_fail(err, SR_CANCELLED, "the bundle was stopped");
        }
        SR_TRY(source.read_at(source.ctx, at, chunk, len, err));
        SR_TRY(put(o, sr_bytes(chunk, len), err));
        if (p->advance != NULL) {
            p->advance(p->ctx, len);
        }
        at += len;
    }
    return SR_OK;
}

static enum sr_status put_bodies(const struct output *o, const struct sr_bundle *b,
                                 struct sr_blobs *blobs, const struct sr_progress *p,
                                 struct sr_err *err)
{
    SR_CLEANUP(free_bytes) uint8_t *chunk = malloc(CHUNK_BYTES);
    uint64_t total = 0;
    if (chunk == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to copy bodies");
    }
    for (size_t i = 0; i < b->file_count; i++) {
        total += b->files[i].body_bytes;
    }
    if (p->start != NULL) {
        p->start(p->ctx, total, b->file_count);
    }
    for (size_t i = 0; i < b->file_count; i++) {
        enum sr_status status = put_body(o, &b->files[i], blobs, chunk, p, err);
        if (status != SR_OK) {
            return sr_context(err, status, "file %zu", i);
        }
    }
    return SR_OK;
}

static enum sr_status finish(struct output *o, struct sr_err *err)
{
    if (fsync(o->fd) != 0) {
        return sr_fail(err, SR_IO, "cannot sync '%s': %s", o->name, strerror(errno));
    }
    /* link() never replaces, on any file system. */
    if (linkat(o->folder_fd, o->temporary, o->folder_fd, o->name, 0) != 0) {
        return sr_fail(err, errno == EEXIST ? SR_CONFLICT : SR_IO, "cannot put '%s' in place: %s",
                       o->name, strerror(errno));
    }
    (void)unlinkat(o->folder_fd, o->temporary, 0);
    o->is_there = false;
    return sr_folder_sync(o->folder_fd, err);
}

enum sr_status sr_bundle_file_write(const char *path, const struct sr_bundle *b,
                                    const struct sr_bytes *documents, struct sr_blobs *blobs,
                                    const struct sr_progress *progress, struct sr_err *err)
{
    SR_CLEANUP(output_clear) struct output o = {.folder_fd = -1, .fd = -1};
    SR_AUTO(sr_buf) head = NULL;
    SR_AUTO(sr_buf) front = NULL;
    struct sr_bundle_prefix prefix = {.has_bodies = blobs != NULL};
    SR_TRY(sr_buf_new(SR_BUNDLE_HEAD_BYTES_MAX, &head));
    SR_TRY(sr_buf_new(SR_BUNDLE_PREFIX_BYTES, &front));
    SR_TRY(sr_bundle_encode(b, head, err));
    prefix.head_bytes = (uint32_t)sr_buf_view(head).len;
    SR_TRY(sr_sha256_once(sr_buf_view(head), prefix.head_sha256));
    SR_TRY(sr_bundle_put_prefix(&prefix, front));
    SR_TRY(create(path, &o, err));
    SR_TRY(put(&o, sr_buf_view(front), err));
    SR_TRY(put(&o, sr_buf_view(head), err));
    for (size_t i = 0; i < b->document_count; i++) {
        SR_TRY(put(&o, documents[i], err));
    }
    if (blobs != NULL) {
        SR_TRY(put_bodies(&o, b, blobs, progress, err));
    }
    return finish(&o, err);
}

void sr_bundle_file_free(struct sr_bundle_file *f)
{
    if (f == NULL) {
        return;
    }
    sr_bundle_clear(&f->bundle);
    free(f->head);
    sr_folder_close_fd(&f->fd);
    free(f);
}

static enum sr_status read_at(const struct sr_bundle_file *f, uint64_t offset, uint8_t *out,
                              size_t len, struct sr_err *err)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(f->fd, out + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sr_fail(err, SR_IO, "cannot read the bundle: %s", strerror(errno));
        }
        if (n == 0) {
            return sr_fail(err, SR_TRUNCATED, "the bundle ends too early");
        }
        done += (size_t)n;
    }
    return SR_OK;
}

static enum sr_status read_head(struct sr_bundle_file *f, uint64_t file_bytes, struct sr_err *err)
{
    uint8_t prefix[SR_BUNDLE_PREFIX_BYTES];
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(read_at(f, 0, prefix, sizeof prefix, err));
    SR_TRY(sr_bundle_get_prefix(sr_bytes(prefix, sizeof prefix), &f->prefix, err));
    if (f->prefix.head_bytes > file_bytes - sizeof prefix) {
        return sr_fail(err, SR_TRUNCATED, "the bundle ends within its head");
    }
    f->head = malloc((size_t)f->prefix.head_bytes + 1);
    if (f->head == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the head of a bundle");
    }
    struct sr_bytes head = sr_bytes(f->head, f->prefix.head_bytes);
    SR_TRY(read_at(f, sizeof prefix, f->head, head.len, err));
    SR_TRY(sr_sha256_once(head, digest));
    if (memcmp(digest, f->prefix.head_sha256, sizeof digest) != 0) {
        return sr_fail(err, SR_MALFORMED, "bundle: its head was altered");
    }
    return sr_bundle_decode(head, &f->bundle, err);
}

enum sr_status sr_bundle_file_open(const char *path, struct sr_bundle_file **out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_bundle_file) f = calloc(1, sizeof *f);
    struct stat found;
    uint64_t total = 0;
    if (f == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a bundle");
    }
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (f->fd < 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot open '%s': %s", path,
                       strerror(errno));
    }
    if (fstat(f->fd, &found) != 0 || !S_ISREG(found.st_mode)) {
        return sr_fail(err, SR_MALFORMED, "'%s' is not a file", path);
    }
    if (found.st_size < SR_BUNDLE_PREFIX_BYTES) {
        return sr_fail(err, SR_MALFORMED, "'%s' is not a bundle: it is too short", path);
    }
    SR_TRY(read_head(f, (uint64_t)found.st_size, err));
    SR_TRY(sr_bundle_total(&f->prefix, &f->bundle, &total));
    if (total != (uint64_t)found.st_size) { /* BU-1 */
        return sr_fail(err, total > (uint64_t)found.st_size ? SR_TRUNCATED : SR_MALFORMED,
                       "bundle: has %llu bytes and should have %llu",
                       (unsigned long long)found.st_size, (unsigned long long)total);
    }
    *out = SR_TAKE(f);
    return SR_OK;
}

const struct sr_bundle *sr_bundle_file_view(const struct sr_bundle_file *f)
{
    return &f->bundle;
}

bool sr_bundle_file_has_bodies(const struct sr_bundle_file *f)
{
    return f->prefix.has_bodies;
}

enum sr_status sr_bundle_file_document(const struct sr_bundle_file *f, size_t index,
                                       struct sr_buf *out, struct sr_err *err)
{
    const struct sr_bundle_document *document = &f->bundle.document[index];
    uint64_t at = sr_bundle_documents_at(&f->prefix);
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t *bytes = NULL;
    for (size_t i = 0; i < index; i++) {
        at += f->bundle.document[i].bytes;
    }
    if (document->bytes > 0) {
        SR_TRY(sr_buf_extend(out, document->bytes, &bytes));
        SR_TRY(read_at(f, at, bytes, document->bytes, err));
    }
    SR_TRY(sr_sha256_once(sr_bytes(bytes, document->bytes), digest));
    return memcmp(digest, document->sha256, sizeof digest) == 0
               ? SR_OK
               : sr_fail(err, SR_CORRUPT, "bundle: document %zu was altered", index);
}

static enum sr_status read_body(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                struct sr_err *err)
{
    const struct sr_bundle_body *body = ctx;
    return read_at(body->file, body->at + offset, out, len, err);
}

struct sr_source sr_bundle_file_body(const struct sr_bundle_file *f, size_t index,
                                     struct sr_bundle_body *ctx)
{
    ctx->file = f;
    ctx->at = sr_bundle_documents_at(&f->prefix);
    for (size_t i = 0; i < f->bundle.document_count; i++) {
        ctx->at += f->bundle.document[i].bytes;
    }
    for (size_t i = 0; i < index; i++) {
        ctx->at += f->bundle.files[i].body_bytes;
    }
    return (struct sr_source){
        .read_at = read_body, .ctx = ctx, .bytes = f->bundle.files[index].body_bytes};
}
