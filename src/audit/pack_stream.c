/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define READ_BYTES ((size_t)1 << 18)

struct sr_pack_reader {
    struct sr_pack_source source;
    struct sr_sha256 *hash;
    uint8_t *data;
    size_t capacity;
    size_t begin; /* of what was not taken */
    size_t end;
    size_t taken; /* length of the last line, newline included; it ends at begin; not hashed yet */
    uint64_t number;
    bool is_at_end;
};

enum sr_status sr_pack_reader_new(const struct sr_pack_source *source, struct sr_pack_reader **out,
                                  struct sr_err *err)
{
    SR_AUTO(sr_pack_reader) r = calloc(1, sizeof *r);
    if (r == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to read a pack");
    }
    r->source = *source;
    r->capacity = 2 * READ_BYTES;
    r->data = calloc(1, r->capacity);
    if (r->data == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to read a pack");
    }
    SR_TRY(sr_sha256_new(&r->hash));
    *out = SR_TAKE(r);
    return SR_OK;
}

void sr_pack_reader_free(struct sr_pack_reader *r)
{
    if (r == NULL) {
        return;
    }
    sr_sha256_free(r->hash);
    free(r->data);
    free(r);
}

/* Make room for READ_BYTES behind what there is: at the front first, then by a larger buffer. */
static enum sr_status make_room(struct sr_pack_reader *r, struct sr_err *err)
{
    size_t held = r->end - r->begin;
    if (r->capacity - r->end >= READ_BYTES) {
        return SR_OK;
    }
    if (r->capacity - held < READ_BYTES || held > r->capacity / 2) {
        size_t capacity = 2 * r->capacity;
        uint8_t *data = calloc(1, capacity);
        if (data == NULL) {
            return sr_fail(err, SR_NO_MEMORY, "no memory for a line of a pack");
        }
        memcpy(data, r->data + r->begin, held);
        free(r->data);
        r->data = data;
        r->capacity = capacity;
    } else {
        memmove(r->data, r->data + r->begin, held);
    }
    r->begin = 0;
    r->end = held;
    return SR_OK;
}

static enum sr_status fill(struct sr_pack_reader *r, struct sr_err *err)
{
    if (r->end - r->begin > SR_PACK_LINE_BYTES_MAX) { /* EP-1 */
        return sr_fail(err, SR_TOO_LARGE, "line %llu: over %zu bytes",
                       (unsigned long long)r->number + 1, SR_PACK_LINE_BYTES_MAX);
    }
    SR_TRY(make_room(r, err));
    size_t got = 0;
    SR_TRY(r->source.read(r->source.ctx, r->data + r->end, READ_BYTES, &got, err));
    r->end += got;
    r->is_at_end = got == 0;
    return SR_OK;
}

static bool is_end_line(struct sr_bytes line)
{
    static const char BEFORE[] = "{\"digest\":\"";
    static const char AFTER[] = "\",\"kind\":\"end\"}";
    size_t tail = sizeof AFTER - 1;
    return line.len == sizeof BEFORE - 1 + 2 * (size_t)SR_SHA256_BYTES + tail &&
           memcmp(line.ptr, BEFORE, sizeof BEFORE - 1) == 0 &&
           memcmp(line.ptr + line.len - tail, AFTER, tail) == 0;
}

/* Hash the line that was taken last; nothing may follow the END (EP-11). */
static enum sr_status leave_line(struct sr_pack_reader *r, struct sr_err *err)
{
    if (r->taken == 0) {
        return SR_OK;
    }
    struct sr_bytes line = sr_bytes(r->data + r->begin - r->taken, r->taken);
    if (is_end_line(sr_bytes(line.ptr, line.len - 1)) && !(r->is_at_end && r->begin == r->end)) {
        if (r->begin == r->end) {
            SR_TRY(fill(r, err));
        }
        return r->begin == r->end
                   ? SR_OK
                   : sr_fail(err, SR_MALFORMED, "line %llu: behind the end of the pack",
                             (unsigned long long)r->number + 1);
    }
    r->taken = 0;
    return sr_sha256_update(r->hash, line);
}

enum sr_status sr_pack_reader_next(struct sr_pack_reader *r, struct sr_bytes *out,
                                   uint64_t *out_number, struct sr_err *err)
{
    SR_TRY(leave_line(r, err));
    size_t seen = 0;
    const uint8_t *newline = NULL;
    while (newline == NULL) {
        newline = memchr(r->data + r->begin + seen, '\n', r->end - r->begin - seen);
        seen = r->end - r->begin;
        if (newline == NULL && r->is_at_end) {
            break;
        }
        if (newline == NULL) {
            SR_TRY(fill(r, err));
        }
    }
    if (newline == NULL && seen > 0) {
        return sr_fail(err, SR_TRUNCATED, "line %llu: ends without a newline",
                       (unsigned long long)r->number + 1);
    }
    if (newline == NULL) {
        *out = sr_bytes(NULL, 0);
        *out_number = 0;
        return SR_OK;
    }
    size_t len = (size_t)(newline - (r->data + r->begin));
    if (len == 0 || len > SR_PACK_LINE_BYTES_MAX) { /* EP-1 */
        return sr_fail(err, len == 0 ? SR_MALFORMED : SR_TOO_LARGE, "line %llu: %s",
                       (unsigned long long)r->number + 1, len == 0 ? "empty" : "too long");
    }
    *out = sr_bytes(r->data + r->begin, len);
    r->begin += len + 1;
    r->taken = len + 1;
    r->number++;
    *out_number = r->number;
    return SR_OK;
}

enum sr_status sr_pack_reader_digest(struct sr_pack_reader *r, uint8_t out[SR_SHA256_BYTES])
{
    return sr_sha256_final(r->hash, out);
}

struct sr_pack_writer {
    struct sr_pack_sink sink;
    struct sr_sha256 *hash;
    struct sr_buf *line;
    unsigned order;
};

enum sr_status sr_pack_writer_new(const struct sr_pack_sink *sink, struct sr_pack_writer **out,
                                  struct sr_err *err)
{
    SR_AUTO(sr_pack_writer) w = calloc(1, sizeof *w);
    if (w == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to write a pack");
    }
    w->sink = *sink;
    SR_TRY(sr_buf_new(SR_PACK_LINE_BYTES_MAX + 1, &w->line));
    SR_TRY(sr_sha256_new(&w->hash));
    *out = SR_TAKE(w);
    return SR_OK;
}

void sr_pack_writer_free(struct sr_pack_writer *w)
{
    if (w == NULL) {
        return;
    }
    sr_sha256_free(w->hash);
    sr_buf_free(w->line);
    free(w);
}

static enum sr_status put(struct sr_pack_writer *w, const struct sr_pack_line *line,
                          struct sr_err *err)
{
    SR_TRY(sr_pack_order(&w->order, line->kind, err));
    sr_buf_clear(w->line);
    SR_TRY(sr_pack_line_encode(line, w->line, err));
    return w->sink.write(w->sink.ctx, sr_buf_view(w->line), err);
}

enum sr_status sr_pack_writer_put(struct sr_pack_writer *w, const struct sr_pack_line *line,
                                  struct sr_err *err)
{
    SR_TRY(put(w, line, err));
    SR_TRY(sr_sha256_update(w->hash, sr_buf_view(w->line)));
    if (line->kind != SR_PACK_CHECKPOINT) {
        return SR_OK;
    }
    struct sr_pack_line end = {.kind = SR_PACK_END};
    SR_TRY(sr_sha256_final(w->hash, end.digest));
    return put(w, &end, err);
}
