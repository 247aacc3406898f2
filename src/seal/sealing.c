/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/sealing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/merkle.h"
#include "seal/bind.h"
#include "seal/floe.h"
#include "seal/layout.h"
#include "seal/trailer.h"

/*
 * A leaf hash is over a prefix byte and a segment in one piece, so each segment has room for that
 * byte in front of it: plaintext starts at PLAIN_AT in a buffer that has room to spare, ciphertext
 * at the second page of one that has a page more, so that a sink gets aligned memory.
 */
#define PLAIN_AT (SR_BODY_SEGMENT_BYTES - SR_BODY_PAYLOAD_BYTES)
#define CIPHER_AT (SR_SEALING_CIPHER_BYTES - SR_BODY_SEGMENT_BYTES)

/* Rows of the leaf table that are kept until they are written: those of 2 GiB. */
#define ROWS_BYTES ((size_t)64 << 10)

struct sr_sealing {
    struct sr_seal_job job;
    struct sr_layout layout;
    struct sr_buf *tensor_index;
    struct sr_secret *key;
    struct sr_floe *floe;
    uint8_t floe_header[SR_FLOE_HEADER_BYTES];
    bool is_resumed; /* staged segments may be worth looking at */

    /* In order of segments; only commit() and finish() touch these. */
    uint64_t committed;
    struct sr_sha256 *sha256;
    struct sr_merkle plain_tree;
    struct sr_merkle stored_tree;
    struct sr_sha256 *table_digest;
    uint8_t *rows; /* ROWS_BYTES */
    size_t rows_len;
    uint64_t rows_written; /* bytes of the table that are in the sink */
};

void sr_sealing_free(struct sr_sealing *s)
{
    if (s == NULL) {
        return;
    }
    sr_buf_free(s->tensor_index);
    sr_secret_free(s->key);
    sr_floe_free(s->floe);
    sr_sha256_free(s->sha256);
    sr_sha256_free(s->table_digest);
    free(s->rows);
    free(s);
}

static enum sr_status write_body(struct sr_sealing *s, uint64_t at, struct sr_bytes data,
                                 struct sr_err *err)
{
    return s->job.sink.write_at(s->job.sink.ctx, at, data, err);
}

static enum sr_status encode_tensors(struct sr_sealing *s)
{
    SR_AUTO(sr_tensors) none = NULL;
    const struct sr_tensors *tensors = s->job.tensors;
    if (tensors == NULL) {
        SR_TRY(sr_tensors_new(&none));
        tensors = none;
    }
    SR_TRY(sr_buf_new(SR_LIMIT_TRAILER_BYTES - SR_TRAILER_FIXED_BYTES, &s->tensor_index));
    return sr_tensors_encode(tensors, s->tensor_index);
}

/* Whether the sink holds a header page of this very name and key; if so, go on under it. B-14. */
static enum sr_status open_staged(struct sr_sealing *s, struct sr_bytes aad, uint8_t *page,
                                  bool *out_is_ours)
{
    const struct sr_source *staged = &s->job.staged;
    if (staged->bytes < SR_LAYOUT_PAGE_BYTES) {
        *out_is_ours = false;
        return SR_OK;
    }
    enum sr_status status = staged->read_at(staged->ctx, 0, page, SR_LAYOUT_PAGE_BYTES, NULL);
    if (status == SR_OK) {
        status = sr_layout_check_page(page, &s->job.name.object, NULL);
    }
    if (status == SR_OK) {
        status = sr_floe_open(s->key, aad, (uint32_t)SR_BODY_SEGMENT_BYTES,
                              page + SR_LAYOUT_FLOE_AT, &s->floe, NULL);
    }
    *out_is_ours = status == SR_OK;
    bool is_garbage = status == SR_CORRUPT || status == SR_UNSUPPORTED || status == SR_TRUNCATED;
    return is_garbage ? SR_OK : status;
}

/* Begin the stream, or open the one that is staged; either way its header page is the first leaf.
 */
static enum sr_status start_stream(struct sr_sealing *s, struct sr_err *err)
{
    uint8_t page[SR_LAYOUT_PAGE_BYTES];
    uint8_t aad[SR_BIND_BODY_AAD_BYTES];
    const struct sr_bytes aad_view = sr_bytes(aad, sizeof aad);
    sr_bind_body_aad(&s->job.name, aad);

    enum sr_status status = open_staged(s, aad_view, page, &s->is_resumed);
    if (status != SR_OK) {
        return sr_context(err, status, "header page of what is staged");
    }
    if (!s->is_resumed) {
        SR_TRY(sr_floe_create(s->key, aad_view, (uint32_t)SR_BODY_SEGMENT_BYTES, s->floe_header,
                              &s->floe, err));
        sr_layout_encode_page(&s->job.name.object, s->floe_header, page);
        SR_TRY(write_body(s, 0, sr_bytes(page, sizeof page), err));
    }
    memcpy(s->floe_header, page + SR_LAYOUT_FLOE_AT, sizeof s->floe_header);

    SR_TRY(sr_merkle_leaf(sr_bytes(page, sizeof page), s->rows));
    s->rows_len = SR_LAYOUT_ROW_BYTES;
    SR_TRY(sr_sha256_update(s->table_digest, sr_bytes(s->rows, SR_LAYOUT_ROW_BYTES)));
    return sr_merkle_add(&s->stored_tree, s->rows);
}

enum sr_status sr_sealing_new(const struct sr_seal_job *job, const struct sr_secret *dek,
                              struct sr_sealing **out, struct sr_err *err)
{
    assert(job->kind < SR_FILE_KIND_COUNT);
    if (job->source.bytes > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "a file of %llu bytes",
                       (unsigned long long)job->source.bytes);
    }
    SR_AUTO(sr_sealing) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a file to seal");
    }
    s->job = *job;
    s->rows = calloc(1, ROWS_BYTES);
    if (s->rows == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a leaf table");
    }
    SR_TRY(encode_tensors(s));
    s->layout =
        sr_layout_of(job->source.bytes, SR_TRAILER_FIXED_BYTES + sr_buf_view(s->tensor_index).len);
    SR_TRY(sr_sha256_new(&s->sha256));
    SR_TRY(sr_sha256_new(&s->table_digest));
    SR_TRY(sr_bind_file_key(dek, &job->name.object, &s->key, err));
    SR_TRY(start_stream(s, err));
    *out = SR_TAKE(s);
    return SR_OK;
}

uint64_t sr_sealing_segments(const struct sr_sealing *s)
{
    return s->layout.segments;
}

/* Segment i of the batch. */
static struct sr_layout_segment segment_of(const struct sr_sealing_batch *b, size_t i)
{
    return sr_layout_segment(&b->file->layout, b->first + i);
}

static uint8_t *plain_of(const struct sr_sealing_batch *b, size_t i)
{
    return b->buffers->plain[b->slot + i] + PLAIN_AT;
}

static uint8_t *cipher_of(const struct sr_sealing_batch *b, size_t i)
{
    return b->buffers->cipher[b->slot + i] + CIPHER_AT;
}

uint64_t sr_sealing_batch_bytes(const struct sr_sealing_batch *b)
{
    struct sr_layout_segment last = segment_of(b, b->count - 1);
    return last.plain_at + last.plain_bytes - segment_of(b, 0).plain_at;
}

/*
 * Whether what is staged for a segment is genuine and holds these bytes; then cipher has it. It is
 * opened and compared, not sealed again under its IV and compared: whoever wrote the staged bytes
 * chose that IV. B-14.
 */
static enum sr_status find_staged(struct sr_sealing *s, const struct sr_layout_segment *segment,
                                  const uint8_t *plain, uint8_t *cipher, uint8_t *compared,
                                  bool *out_is_same)
{
    const struct sr_source *staged = &s->job.staged;
    *out_is_same = false;
    if (!s->is_resumed || staged->bytes < segment->at ||
        staged->bytes - segment->at < segment->sealed_bytes) {
        return SR_OK;
    }
    enum sr_status status =
        staged->read_at(staged->ctx, segment->at, cipher, segment->sealed_bytes, NULL);
    if (status == SR_OK) {
        struct sr_floe_segment parts = sr_floe_split(sr_bytes(cipher, segment->sealed_bytes));
        status = sr_floe_unseal(s->floe, segment->index, segment->is_final, &parts, compared, NULL);
    }
    if (status == SR_CORRUPT || status == SR_TRUNCATED) {
        return SR_OK;
    }
    *out_is_same = status == SR_OK && memcmp(plain, compared, segment->plain_bytes) == 0;
    return status;
}

/* Have segment i of the batch in plain and cipher. */
static enum sr_status fill_one(struct sr_sealing_batch *b, size_t i, struct sr_err *err)
{
    struct sr_sealing *s = b->file;
    struct sr_layout_segment segment = segment_of(b, i);
    const struct sr_source *source = &s->job.source;
    uint8_t *plain = plain_of(b, i);
    uint8_t *cipher = cipher_of(b, i);
    if (segment.plain_bytes > 0) {
        SR_TRY(source->read_at(source->ctx, segment.plain_at, plain, segment.plain_bytes, err));
    }
    enum sr_status status =
        find_staged(s, &segment, plain, cipher, b->buffers->compared, &b->is_kept[i]);
    if (status != SR_OK) {
        return sr_context(err, status, "segment %llu of what is staged",
                          (unsigned long long)segment.index);
    }
    if (b->is_kept[i]) {
        return SR_OK;
    }
    /* B-13: a new IV, whatever was tried before. */
    return sr_floe_seal(s->floe, segment.index, segment.is_final,
                        sr_bytes(plain, segment.plain_bytes), cipher, err);
}

enum sr_status sr_sealing_fill(struct sr_sealing_batch *b, bool (*stop)(void *ctx), void *ctx,
                               struct sr_err *err)
{
    assert(b->count >= 1 && b->slot + b->count <= b->buffers->segments);
    for (size_t i = 0; i < b->count; i++) {
        if (stop(ctx)) {
            return sr_fail(err, SR_CANCELLED, "stopped before segment %llu",
                           (unsigned long long)(b->first + i));
        }
        SR_TRY(fill_one(b, i, err));
    }
    return SR_OK;
}

/* The leaves of plaintext and ciphertext, all in one call so that the CPU's lanes are full. */
enum sr_status sr_sealing_hash(struct sr_sealing_batch *batches, size_t count)
{
    struct sr_bytes messages[2 * SR_SEAL_BATCH_MAX] = {{NULL, 0}};
    uint8_t leaves[2 * SR_SEAL_BATCH_MAX][SR_SHA256_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < batches[i].count; j++) {
            struct sr_layout_segment segment = segment_of(&batches[i], j);
            uint8_t *plain = plain_of(&batches[i], j) - 1;
            uint8_t *cipher = cipher_of(&batches[i], j) - 1;
            assert(used + 2 <= 2 * SR_SEAL_BATCH_MAX);
            *plain = SR_MERKLE_LEAF_PREFIX;
            *cipher = SR_MERKLE_LEAF_PREFIX;
            messages[used++] = sr_bytes(plain, 1 + segment.plain_bytes);
            messages[used++] = sr_bytes(cipher, 1 + segment.sealed_bytes);
        }
    }
    SR_TRY(sr_sha256_many(messages, used, leaves));
    used = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < batches[i].count; j++) {
            memcpy(batches[i].plain_leaf[j], leaves[used++], SR_SHA256_BYTES);
            memcpy(batches[i].cipher_leaf[j], leaves[used++], SR_SHA256_BYTES);
        }
    }
    return SR_OK;
}

enum sr_status sr_sealing_store(struct sr_sealing_batch *b, struct sr_err *err)
{
    for (size_t i = 0; i < b->count; i++) {
        struct sr_layout_segment segment = segment_of(b, i);
        if (!b->is_kept[i]) {
            SR_TRY(write_body(b->file, segment.at, sr_bytes(cipher_of(b, i), segment.sealed_bytes),
                              err));
        }
    }
    return SR_OK;
}

static enum sr_status write_rows(struct sr_sealing *s, struct sr_err *err)
{
    SR_TRY(
        write_body(s, s->layout.table_at + s->rows_written, sr_bytes(s->rows, s->rows_len), err));
    s->rows_written += s->rows_len;
    s->rows_len = 0;
    return SR_OK;
}

/* Put a row at the end of the leaf table and into the tree over it. */
static enum sr_status add_row(struct sr_sealing *s, const uint8_t leaf[SR_SHA256_BYTES],
                              struct sr_err *err)
{
    if (s->rows_len == ROWS_BYTES) {
        SR_TRY(write_rows(s, err));
    }
    memcpy(s->rows + s->rows_len, leaf, SR_LAYOUT_ROW_BYTES);
    s->rows_len += SR_LAYOUT_ROW_BYTES;
    return sr_merkle_add(&s->stored_tree, leaf);
}

/* The whole-file hashes, those of the files side by side, one segment of each after the other. */
static enum sr_status hash_files(struct sr_sealing_batch *const *batches, size_t count)
{
    size_t taken = 1;
    for (size_t j = 0; taken > 0; j++) {
        struct sr_sha256 *hashes[SR_SEAL_BATCH_MAX];
        struct sr_bytes data[SR_SEAL_BATCH_MAX];
        taken = 0;
        for (size_t i = 0; i < count; i++) {
            if (j < batches[i]->count) {
                hashes[taken] = batches[i]->file->sha256;
                data[taken++] =
                    sr_bytes(plain_of(batches[i], j), segment_of(batches[i], j).plain_bytes);
            }
        }
        SR_TRY(sr_sha256_update_many(hashes, data, taken));
    }
    return SR_OK;
}

/* The leaves of one batch into the trees and the table of its file. */
static enum sr_status add_leaves(struct sr_sealing_batch *b, struct sr_err *err)
{
    struct sr_sealing *s = b->file;
    assert(b->first == s->committed);
    SR_TRY(sr_sha256_update(s->table_digest,
                            sr_bytes(b->cipher_leaf, b->count * SR_LAYOUT_ROW_BYTES)));
    for (size_t i = 0; i < b->count; i++) {
        if (segment_of(b, i).plain_bytes > 0) { /* B-10: the tree of an empty file has no leaves */
            SR_TRY(sr_merkle_add(&s->plain_tree, b->plain_leaf[i]));
        }
        SR_TRY(add_row(s, b->cipher_leaf[i], err));
    }
    s->committed += b->count;
    return SR_OK;
}

enum sr_status sr_sealing_commit(struct sr_sealing_batch *const *batches, size_t count,
                                 struct sr_err *err)
{
    assert(count <= SR_SEAL_BATCH_MAX);
    SR_TRY(hash_files(batches, count));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(add_leaves(batches[i], err));
    }
    return SR_OK;
}

/* The trailer, sealed; its leaf is the table's last row. */
static enum sr_status write_trailer(struct sr_sealing *s, const struct sr_trailer *t,
                                    struct sr_err *err)
{
    const struct sr_layout *l = &s->layout;
    uint8_t aad[SR_BIND_TRAILER_AAD_BYTES];
    uint8_t leaf[SR_SHA256_BYTES];
    uint8_t *sealed_at = NULL;
    SR_AUTO(sr_buf) plain = NULL;
    SR_AUTO(sr_buf) sealed = NULL;
    SR_TRY(sr_buf_new(SR_LIMIT_TRAILER_BYTES, &plain));
    SR_TRY(sr_trailer_encode(t, sr_buf_view(s->tensor_index), plain));
    SR_TRY(sr_buf_new((size_t)l->trailer_bytes, &sealed));
    SR_TRY(sr_buf_extend(sealed, (size_t)l->trailer_bytes, &sealed_at));

    sr_bind_trailer_aad(&s->job.name, l->stream_bytes, s->floe_header, aad);
    SR_TRY(
        sr_trailer_seal(s->key, sr_bytes(aad, sizeof aad), l, sr_buf_view(plain), sealed_at, err));
    SR_TRY(write_body(s, l->stream_bytes, sr_buf_view(sealed), err));
    SR_TRY(sr_merkle_leaf(sr_buf_view(sealed), leaf));
    return add_row(s, leaf, err);
}

enum sr_status sr_sealing_finish(struct sr_sealing *s, struct sr_body_facts *out,
                                 struct sr_err *err)
{
    assert(s->committed == s->layout.segments);
    struct sr_trailer t = {.kind = s->job.kind, .plain_bytes = s->layout.plain_bytes};
    SR_TRY(sr_sha256_final(s->sha256, t.sha256));
    SR_TRY(sr_merkle_root(&s->plain_tree, t.root));
    SR_TRY(sr_sha256_final(s->table_digest, t.table_digest));
    SR_TRY(write_trailer(s, &t, err));
    SR_TRY(write_rows(s, err));
    uint8_t footer[SR_LAYOUT_FOOTER_BYTES];
    sr_layout_encode_footer(&s->layout, footer);
    SR_TRY(write_body(s, s->layout.footer_at, sr_bytes(footer, sizeof footer), err));

    struct sr_body_facts facts = {
        .kind = t.kind,
        .plain_bytes = t.plain_bytes,
        .tensor_count = s->job.tensors == NULL ? 0 : sr_tensors_count(s->job.tensors),
        .body_bytes = s->layout.body_bytes,
    };
    memcpy(facts.sha256, t.sha256, sizeof t.sha256);
    memcpy(facts.root, t.root, sizeof t.root);
    SR_TRY(sr_merkle_root(&s->stored_tree, facts.body_root));
    *out = facts;
    return SR_OK;
}
