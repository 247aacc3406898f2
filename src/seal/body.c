/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/merkle.h"
#include "seal/bind.h"
#include "seal/floe.h"
#include "seal/layout.h"
#include "seal/trailer.h"

#define TABLE_CHUNK_BYTES ((size_t)64 << 10) /* a multiple of a row */

struct sr_body {
    struct sr_source stored;
    struct sr_pool *pool;
    struct sr_floe *floe;
    struct sr_layout layout;
    struct sr_body_facts facts;
    struct sr_tensors *tensors;
};

/* What one call of sr_body_open() knows besides the body it makes. */
struct opening {
    const struct sr_body_name *name;
    struct sr_secret *key; /* of the file */
    uint8_t page[SR_LAYOUT_PAGE_BYTES];
    uint8_t trailer_leaf[SR_SHA256_BYTES];
    uint8_t table_digest[SR_SHA256_BYTES];
};

static enum sr_status read_stored(const struct sr_body *b, uint64_t at, uint8_t *out, size_t len,
                                  const char *what, struct sr_err *err)
{
    enum sr_status status = b->stored.read_at(b->stored.ctx, at, out, len, err);
    if (status != SR_OK) {
        return sr_context(err, status, "%s of the sealed body", what);
    }
    return SR_OK;
}

/* Header page, then footer: the page first, because a later format may end in another way. */
static enum sr_status open_public_parts(struct sr_body *b, struct opening *o, struct sr_err *err)
{
    uint8_t footer[SR_LAYOUT_FOOTER_BYTES];
    if (b->stored.bytes < SR_LAYOUT_PAGE_BYTES + SR_LAYOUT_FOOTER_BYTES) {
        return sr_fail(err, SR_CORRUPT, "not a sealed body: it has only %llu bytes",
                       (unsigned long long)b->stored.bytes);
    }
    SR_TRY(read_stored(b, 0, o->page, sizeof o->page, "header page", err));
    SR_TRY(sr_layout_check_page(o->page, &o->name->object, err));
    SR_TRY(read_stored(b, b->stored.bytes - sizeof footer, footer, sizeof footer, "footer", err));
    return sr_layout_decode_footer(footer, b->stored.bytes, &b->layout, err);
}

/* B-9: the header tag, before anything else that the key can open. */
static enum sr_status open_stream(struct sr_body *b, const struct opening *o, struct sr_err *err)
{
    uint8_t aad[SR_BIND_BODY_AAD_BYTES];
    sr_bind_body_aad(o->name, aad);
    enum sr_status status =
        sr_floe_open(o->key, sr_bytes(aad, sizeof aad), (uint32_t)SR_BODY_SEGMENT_BYTES,
                     o->page + SR_LAYOUT_FLOE_AT, &b->floe, err);
    if (status != SR_OK) {
        return sr_context(err, status, "header page, at offset %d", SR_LAYOUT_FLOE_AT);
    }
    return SR_OK;
}

/* Take over what the trailer says, if it agrees with the lengths. B-10. */
static enum sr_status accept_trailer(struct sr_body *b, struct opening *o, struct sr_bytes plain,
                                     struct sr_err *err)
{
    struct sr_trailer t = {0};
    SR_TRY(sr_trailer_decode(plain, &t, &b->tensors, err));
    if (t.plain_bytes != b->layout.plain_bytes) {
        return sr_fail(err, SR_CORRUPT, "true length in the trailer is %llu, segments hold %llu",
                       (unsigned long long)t.plain_bytes,
                       (unsigned long long)b->layout.plain_bytes);
    }
    b->facts.kind = t.kind;
    b->facts.plain_bytes = t.plain_bytes;
    memcpy(b->facts.sha256, t.sha256, sizeof t.sha256);
    memcpy(b->facts.root, t.root, sizeof t.root);
    b->facts.tensor_count = sr_tensors_count(b->tensors);
    b->facts.body_bytes = b->layout.body_bytes;
    memcpy(o->table_digest, t.table_digest, sizeof t.table_digest);
    return SR_OK;
}

static enum sr_status open_trailer(struct sr_body *b, struct opening *o, struct sr_err *err)
{
    const struct sr_layout *l = &b->layout;
    size_t plain_bytes = (size_t)sr_layout_trailer_plain_bytes(l);
    SR_AUTO(sr_buf) sealed = NULL;
    SR_AUTO(sr_buf) plain = NULL;
    uint8_t *sealed_at = NULL;
    uint8_t *plain_at = NULL;
    SR_TRY(sr_buf_new((size_t)l->trailer_bytes, &sealed));
    SR_TRY(sr_buf_extend(sealed, (size_t)l->trailer_bytes, &sealed_at));
    SR_TRY(sr_buf_new(plain_bytes, &plain));
    SR_TRY(sr_buf_extend(plain, plain_bytes, &plain_at));
    SR_TRY(read_stored(b, l->stream_bytes, sealed_at, (size_t)l->trailer_bytes, "trailer", err));

    uint8_t aad[SR_BIND_TRAILER_AAD_BYTES];
    sr_bind_trailer_aad(o->name, l->stream_bytes, o->page + SR_LAYOUT_FLOE_AT, aad);
    enum sr_status status =
        sr_trailer_unseal(o->key, sr_bytes(aad, sizeof aad), l, sealed_at, plain_at, err);
    if (status != SR_OK) {
        return sr_context(err, status, "trailer, at offset %llu",
                          (unsigned long long)l->stream_bytes);
    }
    SR_TRY(sr_merkle_leaf(sr_buf_view(sealed), o->trailer_leaf));
    return accept_trailer(b, o, sr_buf_view(plain), err);
}

/* Hash the rows of the leaf table but the last, which comes out. */
static enum sr_status digest_table(const struct sr_body *b, uint8_t *chunk,
                                   uint8_t out_digest[SR_SHA256_BYTES],
                                   uint8_t out_last[SR_LAYOUT_ROW_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(sr_sha256_new(&hash));
    uint64_t left = b->layout.table_bytes;
    while (left > 0) {
        size_t len = left < TABLE_CHUNK_BYTES ? (size_t)left : TABLE_CHUNK_BYTES;
        SR_TRY(read_stored(b, b->layout.footer_at - left, chunk, len, "leaf table", err));
        left -= len;
        size_t hashed = left > 0 ? len : len - SR_LAYOUT_ROW_BYTES;
        SR_TRY(sr_sha256_update(hash, sr_bytes(chunk, hashed)));
        memcpy(out_last, chunk + len - SR_LAYOUT_ROW_BYTES, SR_LAYOUT_ROW_BYTES);
    }
    return sr_sha256_final(hash, out_digest);
}

/* B-11: the trailer vouches for every row but its own, which is computed. */
static enum sr_status check_table(const struct sr_body *b, const struct opening *o,
                                  struct sr_err *err)
{
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t last[SR_LAYOUT_ROW_BYTES] = {0};
    SR_AUTO(sr_buf) buf = NULL;
    uint8_t *chunk = NULL;
    SR_TRY(sr_buf_new(TABLE_CHUNK_BYTES, &buf));
    SR_TRY(sr_buf_extend(buf, TABLE_CHUNK_BYTES, &chunk));
    SR_TRY(digest_table(b, chunk, digest, last, err));
    if (memcmp(digest, o->table_digest, sizeof digest) != 0 ||
        memcmp(last, o->trailer_leaf, sizeof last) != 0) {
        return sr_fail(err, SR_CORRUPT, "leaf table, at offset %llu, is not what was written",
                       (unsigned long long)b->layout.table_at);
    }
    return SR_OK;
}

static enum sr_status read_segment(struct sr_body *b, const struct sr_layout_segment *s,
                                   uint8_t *out, struct sr_err *err);

/* An empty file has a segment that no read asks for; it must be genuine all the same. */
static enum sr_status check_empty(struct sr_body *b, struct sr_err *err)
{
    uint8_t nothing[1];
    struct sr_layout_segment s = sr_layout_segment(&b->layout, 0);
    return b->layout.plain_bytes == 0 ? read_segment(b, &s, nothing, err) : SR_OK;
}

static enum sr_status open_parts(struct sr_body *b, struct opening *o, const struct sr_secret *dek,
                                 struct sr_err *err)
{
    SR_TRY(open_public_parts(b, o, err));
    SR_TRY(sr_bind_file_key(dek, &o->name->object, &o->key, err));
    SR_TRY(open_stream(b, o, err));
    SR_TRY(open_trailer(b, o, err));
    SR_TRY(check_table(b, o, err));
    return check_empty(b, err);
}

enum sr_status sr_body_open(const struct sr_body_name *name, const struct sr_secret *dek,
                            struct sr_source stored, struct sr_pool *pool, struct sr_body **out,
                            struct sr_err *err)
{
    assert(sr_pool_buffer_bytes(pool) >= SR_BODY_SEGMENT_BYTES);
    SR_AUTO(sr_body) b = calloc(1, sizeof *b);
    if (b == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a body");
    }
    b->stored = stored;
    b->pool = pool;
    struct opening o = {.name = name};
    enum sr_status status = open_parts(b, &o, dek, err);
    sr_secret_free(o.key);
    if (status != SR_OK) {
        return status;
    }
    *out = SR_TAKE(b);
    return SR_OK;
}

void sr_body_free(struct sr_body *b)
{
    if (b == NULL) {
        return;
    }
    sr_tensors_free(b->tensors);
    sr_floe_free(b->floe);
    free(b);
}

const struct sr_body_facts *sr_body_facts(const struct sr_body *b)
{
    return &b->facts;
}

const struct sr_tensors *sr_body_tensors(const struct sr_body *b)
{
    return b->tensors;
}

struct sr_pool *sr_body_pool(const struct sr_body *b)
{
    return b->pool;
}

/* The segment in memory, if the source has it there. */
static const uint8_t *lend_segment(const struct sr_body *b, const struct sr_layout_segment *s)
{
    const struct sr_source *from = &b->stored;
    return from->view_at != NULL ? from->view_at(from->ctx, s->at, s->sealed_bytes) : NULL;
}

/* Decrypt one whole segment straight to out, which has room for its plaintext. B-9. */
static enum sr_status read_segment(struct sr_body *b, const struct sr_layout_segment *s,
                                   uint8_t *out, struct sr_err *err)
{
    const struct sr_source *from = &b->stored;
    const uint8_t *lent = lend_segment(b, s);
    if (lent != NULL) {
        struct sr_floe_segment segment = sr_floe_split(sr_bytes(lent, s->sealed_bytes));
        return sr_floe_unseal(b->floe, s->index, s->is_final, &segment, out, err);
    }
    /* The long read first: the medium is asked once, the ends come with it from its cache. */
    uint8_t head[SR_FLOE_HEAD_BYTES];
    uint8_t tag[SR_FLOE_TAG_BYTES];
    uint64_t body_at = s->at + sizeof head;
    SR_TRY(from->read_at(from->ctx, body_at, out, s->plain_bytes, err));
    SR_TRY(from->read_at(from->ctx, s->at, head, sizeof head, err));
    SR_TRY(from->read_at(from->ctx, body_at + s->plain_bytes, tag, sizeof tag, err));
    const struct sr_floe_segment segment = {head, sr_bytes(out, s->plain_bytes), tag};
    return sr_floe_unseal(b->floe, s->index, s->is_final, &segment, out, err);
}

/* Decrypt one segment in buffer and let *out_plain point to its plaintext there. */
static enum sr_status read_aside(struct sr_body *b, const struct sr_layout_segment *s,
                                 uint8_t *buffer, const uint8_t **out_plain, struct sr_err *err)
{
    const struct sr_source *from = &b->stored;
    const uint8_t *sealed = lend_segment(b, s);
    if (sealed == NULL) {
        SR_TRY(from->read_at(from->ctx, s->at, buffer, s->sealed_bytes, err));
        sealed = buffer;
    }
    struct sr_floe_segment segment = sr_floe_split(sr_bytes(sealed, s->sealed_bytes));
    SR_TRY(
        sr_floe_unseal(b->floe, s->index, s->is_final, &segment, buffer + SR_FLOE_HEAD_BYTES, err));
    *out_plain = buffer + SR_FLOE_HEAD_BYTES;
    return SR_OK;
}

/* Decrypt one segment aside and copy len bytes from offset within it. */
static enum sr_status read_part(struct sr_body *b, const struct sr_layout_segment *s, size_t within,
                                uint8_t *out, size_t len, struct sr_err *err)
{
    const uint8_t *plain = NULL;
    uint8_t *buffer = sr_pool_take(b->pool);
    enum sr_status status = read_aside(b, s, buffer, &plain, err);
    if (status == SR_OK) {
        memcpy(out, plain + within, len);
    }
    sr_pool_give(b->pool, buffer, s->sealed_bytes);
    return status;
}

enum sr_status sr_body_read(struct sr_body *b, uint64_t offset, uint8_t *out, size_t len,
                            struct sr_err *err)
{
    const struct sr_layout *l = &b->layout;
    if (offset > l->plain_bytes || len > l->plain_bytes - offset) {
        return sr_fail(err, SR_TOO_LARGE, "%zu bytes from %llu pass the end of a file of %llu", len,
                       (unsigned long long)offset, (unsigned long long)l->plain_bytes);
    }
    size_t done = 0;
    while (done < len) {
        struct sr_layout_segment s = sr_layout_segment(l, (offset + done) / SR_BODY_PAYLOAD_BYTES);
        size_t within = (size_t)(offset + done - s.plain_at);
        size_t part = s.plain_bytes - within;
        part = part < len - done ? part : len - done;
        enum sr_status status = part == s.plain_bytes
                                    ? read_segment(b, &s, out + done, err)
                                    : read_part(b, &s, within, out + done, part, err);
        if (status != SR_OK) {
            explicit_bzero(out, done + part);
            return sr_context(err, status, "segment %llu, at offset %llu of the sealed body",
                              (unsigned long long)s.index, (unsigned long long)s.at);
        }
        done += part;
    }
    return SR_OK;
}
