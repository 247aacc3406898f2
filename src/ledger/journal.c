/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "formats/tile.h"

/* "SRLJ" */
#define MAGIC UINT32_C(0x53524c4a)
enum { HEAD_BYTES = 4 + 8 + 4 + 4 };

static enum sr_status fail_io(struct sr_err *err, const char *what)
{
    return sr_fail(err, SR_IO, "cannot %s the journal: %s", what, strerrordesc_np(errno));
}

enum sr_status sr_journal_open(int folder, const char *name, struct sr_journal *out,
                               struct sr_err *err)
{
    SR_AUTO_FD fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (end < 0) {
        return fail_io(err, "open");
    }
    if (end == 0) { /* who first wrote to it has made its name durable */
        SR_TRY(sr_folder_sync(folder, err));
    }
    out->bytes = (uint64_t)end;
    sr_folder_move_fd(&fd, &out->fd);
    return SR_OK;
}

struct batch {
    uint64_t first;
    uint32_t count;
    struct sr_bytes bundle;
};

/* The whole batch at the start of data, whose length is *out_len; false when there is none. */
static bool find_batch(struct sr_bytes data, struct batch *out, size_t *out_len)
{
    struct sr_reader r = sr_reader(data);
    uint32_t magic = 0;
    uint32_t bytes = 0;
    struct sr_bytes sum;
    uint8_t digest[SR_SHA256_BYTES];
    if (sr_reader_u32be(&r, &magic) != SR_OK || magic != MAGIC ||
        sr_reader_u64be(&r, &out->first) != SR_OK || sr_reader_u32be(&r, &out->count) != SR_OK ||
        sr_reader_u32be(&r, &bytes) != SR_OK || sr_reader_take(&r, bytes, &out->bundle) != SR_OK) {
        return false;
    }
    size_t len = r.offset;
    if (sr_reader_take(&r, sizeof digest, &sum) != SR_OK ||
        sr_sha256_once(sr_bytes(data.ptr, len), digest) != SR_OK ||
        memcmp(digest, sum.ptr, sizeof digest) != 0) {
        return false;
    }
    *out_len = r.offset;
    return true;
}

static bool has_batch_behind(struct sr_bytes data)
{
    static const uint8_t START[] = {'S', 'R', 'L', 'J'};
    struct batch b;
    size_t len = 0;
    while (data.len > 1) {
        data = sr_bytes(data.ptr + 1, data.len - 1);
        const uint8_t *at = memmem(data.ptr, data.len, START, sizeof START);
        if (at == NULL) {
            return false;
        }
        data = sr_bytes(at, data.len - (size_t)(at - data.ptr));
        if (find_batch(data, &b, &len)) {
            return true;
        }
    }
    return false;
}

static enum sr_status visit_batch(const struct batch *b, uint64_t *next,
                                  enum sr_status (*visit)(void *ctx, struct sr_bytes entry,
                                                          struct sr_err *err),
                                  void *ctx, struct sr_err *err)
{
    struct sr_bytes rest = b->bundle;
    struct sr_bytes entry;
    if (b->first > *next) {
        return sr_fail(err, SR_CORRUPT, "the journal has a gap");
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if (sr_tile_next_entry(&rest, &entry) != SR_OK) {
            return sr_fail(err, SR_CORRUPT, "a batch of the journal ends too early");
        }
        if (b->first + i == *next) {
            SR_TRY(visit(ctx, entry, err));
            (*next)++;
        }
    }
    return SR_OK;
}

static enum sr_status cut(struct sr_journal *j, uint64_t bytes, struct sr_err *err)
{
    if (ftruncate(j->fd, (off_t)bytes) != 0 || fdatasync(j->fd) != 0) {
        return fail_io(err, "cut");
    }
    j->bytes = bytes;
    return SR_OK;
}

static enum sr_status read_all(const struct sr_journal *j, struct sr_buf *out, struct sr_err *err)
{
    uint8_t *to = NULL;
    SR_TRY(sr_buf_extend(out, (size_t)j->bytes, &to));
    for (size_t done = 0; done < j->bytes;) {
        ssize_t n = pread(j->fd, to + done, (size_t)j->bytes - done, (off_t)done);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            return fail_io(err, "read");
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SR_OK;
}

enum sr_status sr_journal_replay(struct sr_journal *j, uint64_t first,
                                 enum sr_status (*visit)(void *ctx, struct sr_bytes entry,
                                                         struct sr_err *err),
                                 void *ctx, struct sr_err *err)
{
    SR_AUTO(sr_buf) all = NULL;
    struct batch b;
    size_t len = 0;
    uint64_t next = first;
    SR_TRY(sr_buf_new(2 * SR_JOURNAL_BYTES_MAX, &all));
    SR_TRY(read_all(j, all, err));
    struct sr_bytes rest = sr_buf_view(all);
    while (rest.len > 0 && find_batch(rest, &b, &len)) {
        SR_TRY(visit_batch(&b, &next, visit, ctx, err));
        rest = sr_bytes(rest.ptr + len, rest.len - len);
    }
    if (rest.len == 0) {
        return SR_OK;
    }
    if (has_batch_behind(rest)) {
        return sr_fail(err, SR_CORRUPT, "the journal is damaged before its last batch");
    }
    return cut(j, j->bytes - rest.len, err);
}

enum sr_status sr_journal_write(struct sr_journal *j, uint64_t first, uint32_t count,
                                struct sr_bytes bundle, struct sr_err *err)
{
    SR_AUTO(sr_buf) out = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    if (j->bytes + bundle.len > SR_JOURNAL_BYTES_MAX) {
        return sr_fail(err, SR_BUSY, "the journal is full: a checkpoint is due");
    }
    SR_TRY(sr_buf_new(HEAD_BYTES + bundle.len + sizeof digest, &out));
    SR_TRY(sr_writer_u32be(out, MAGIC));
    SR_TRY(sr_writer_u64be(out, first));
    SR_TRY(sr_writer_u32be(out, count));
    SR_TRY(sr_writer_u32be(out, (uint32_t)bundle.len));
    SR_TRY(sr_buf_append(out, bundle));
    SR_TRY(sr_sha256_once(sr_buf_view(out), digest));
    SR_TRY(sr_buf_append(out, sr_bytes(digest, sizeof digest)));
    struct sr_bytes rest = sr_buf_view(out);
    while (rest.len > 0) {
        ssize_t n = pwrite(j->fd, rest.ptr, rest.len, (off_t)j->bytes);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            return fail_io(err, "write");
        }
        size_t done = n > 0 ? (size_t)n : 0;
        j->bytes += done;
        rest = sr_bytes(rest.ptr + done, rest.len - done);
    }
    return fdatasync(j->fd) == 0 ? SR_OK : fail_io(err, "sync");
}

enum sr_status sr_journal_empty(struct sr_journal *j, struct sr_err *err)
{
    return cut(j, 0, err);
}
