/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "formats/oms.h"

#define MAGIC "SRBUNDLE"
#define VERSION 1
#define FLAG_BODIES 1

/* One field of the head that is wrong, in words. */
static enum sr_status wrong(struct sr_err *err, enum sr_status status, const char *field,
                            size_t index)
{
    return sr_fail(err, status, "bundle: %s %zu: %s", field, index,
                   status == SR_TRUNCATED   ? "ends too early"
                   : status == SR_TOO_LARGE ? "is over its limit"
                                            : "is not what it must be");
}

void sr_bundle_clear(struct sr_bundle *b)
{
    free(b->files);
    *b = (struct sr_bundle){0};
}

enum sr_status sr_bundle_put_prefix(const struct sr_bundle_prefix *prefix, struct sr_buf *out)
{
    SR_TRY(sr_buf_append(out, sr_text_view(MAGIC)));
    SR_TRY(sr_writer_u16be(out, VERSION));
    SR_TRY(sr_writer_u16be(out, prefix->has_bodies ? FLAG_BODIES : 0));
    SR_TRY(sr_writer_u32be(out, prefix->head_bytes));
    return sr_buf_append(out, sr_bytes(prefix->head_sha256, SR_BUNDLE_DIGEST_BYTES));
}

static enum sr_status take_bytes(struct sr_reader *r, uint8_t *out, size_t len)
{
    struct sr_bytes view;
    SR_TRY(sr_reader_take(r, len, &view));
    memcpy(out, view.ptr, len);
    return SR_OK;
}

static enum sr_status get_prefix(struct sr_reader *r, struct sr_bytes *magic, uint16_t *version,
                                 uint16_t *flags, struct sr_bundle_prefix *out)
{
    SR_TRY(sr_reader_take(r, strlen(MAGIC), magic));
    SR_TRY(sr_reader_u16be(r, version));
    SR_TRY(sr_reader_u16be(r, flags));
    SR_TRY(sr_reader_u32be(r, &out->head_bytes));
    SR_TRY(take_bytes(r, out->head_sha256, SR_BUNDLE_DIGEST_BYTES));
    return sr_reader_end(r);
}

enum sr_status sr_bundle_get_prefix(struct sr_bytes data, struct sr_bundle_prefix *out,
                                    struct sr_err *err)
{
    struct sr_bundle_prefix prefix;
    struct sr_reader r = sr_reader(data);
    struct sr_bytes magic;
    uint16_t version = 0;
    uint16_t flags = 0;
    enum sr_status status = get_prefix(&r, &magic, &version, &flags, &prefix);
    if (status != SR_OK) {
        return sr_fail(err, status, "bundle: not of %d bytes", SR_BUNDLE_PREFIX_BYTES);
    }
    if (!sr_text_equal(magic, sr_text_view(MAGIC))) { /* BU-1 */
        return sr_fail(err, SR_MALFORMED, "not a bundle: it does not begin with " MAGIC);
    }
    if (version != VERSION) {
        return sr_fail(err, SR_UNSUPPORTED, "bundle: format %u, this build knows %d", version,
                       VERSION);
    }
    if ((flags & ~FLAG_BODIES) != 0) {
        return sr_fail(err, SR_MALFORMED, "bundle: unknown flags %#x", flags);
    }
    if (prefix.head_bytes > SR_BUNDLE_HEAD_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "bundle: a head of %u bytes", prefix.head_bytes);
    }
    prefix.has_bodies = flags != 0;
    *out = prefix;
    return SR_OK;
}

/* BU-6 */
static bool is_document_name(struct sr_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-') {
            return false;
        }
    }
    return name.len > 0 && name.len <= SR_BUNDLE_DOCUMENT_NAME_BYTES_MAX && name.ptr[0] != '.';
}

/* Strictly: so there is one order, and no two are equal. */
static bool is_before(struct sr_bytes a, struct sr_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.ptr, b.ptr, shorter);
    return order < 0 || (order == 0 && a.len < b.len);
}

static bool is_good_file(const struct sr_bundle *b, size_t i)
{
    const struct sr_bundle_entry *file = &b->files[i];
    /* BU-5: no export may leave its folder. */
    return sr_oms_is_plain(file->path) && (i == 0 || is_before(b->files[i - 1].path, file->path)) &&
           file->kind < SR_FILE_KIND_COUNT && file->plain_bytes <= SR_LIMIT_FILE_BYTES &&
           file->body_bytes <= 2 * SR_LIMIT_FILE_BYTES && file->tensor_count <= SR_LIMIT_TENSORS;
}

static bool is_good_document(const struct sr_bundle *b, size_t i)
{
    const struct sr_bundle_document *document = &b->document[i];
    return is_document_name(document->name) &&
           (i == 0 || is_before(b->document[i - 1].name, document->name)) &&
           document->bytes <= SR_BUNDLE_DOCUMENT_BYTES_MAX;
}

static enum sr_status put_file(const struct sr_bundle_entry *file, struct sr_buf *out)
{
    SR_TRY(sr_writer_block_u16be(out, file->path));
    SR_TRY(sr_buf_append(out, sr_bytes(file->object.bytes, SR_ID_BYTES)));
    SR_TRY(sr_writer_u8(out, (uint8_t)file->kind));
    SR_TRY(sr_writer_u64be(out, file->plain_bytes));
    SR_TRY(sr_buf_append(out, sr_bytes(file->sha256, SR_BUNDLE_DIGEST_BYTES)));
    SR_TRY(sr_buf_append(out, sr_bytes(file->root, SR_BUNDLE_DIGEST_BYTES)));
    SR_TRY(sr_writer_u64be(out, file->tensor_count));
    SR_TRY(sr_writer_u64be(out, file->body_bytes));
    return sr_buf_append(out, sr_bytes(file->body_root, SR_BUNDLE_DIGEST_BYTES));
}

static enum sr_status put_document(const struct sr_bundle_document *document, struct sr_buf *out)
{
    SR_TRY(sr_writer_block_u16be(out, document->name));
    SR_TRY(sr_writer_u32be(out, document->bytes));
    return sr_buf_append(out, sr_bytes(document->sha256, SR_BUNDLE_DIGEST_BYTES));
}

static enum sr_status check(const struct sr_bundle *b, struct sr_err *err)
{
    if (b->slot.len != SR_BUNDLE_SLOT_BYTES || b->chain.len > SR_BUNDLE_CHAIN_BYTES_MAX) {
        return sr_fail(err, SR_MALFORMED, "bundle: slot or chain: not of a length that can be");
    }
    if (b->file_count == 0 || b->file_count > SR_LIMIT_FILES ||
        b->document_count > SR_BUNDLE_DOCUMENTS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "bundle: %zu files, %zu documents", b->file_count,
                       b->document_count);
    }
    for (size_t i = 0; i < b->document_count; i++) {
        if (!is_good_document(b, i)) {
            return wrong(err, SR_MALFORMED, "document", i);
        }
    }
    for (size_t i = 0; i < b->file_count; i++) {
        if (!is_good_file(b, i)) {
            return wrong(err, SR_MALFORMED, "file", i);
        }
    }
    return SR_OK;
}

enum sr_status sr_bundle_encode(const struct sr_bundle *b, struct sr_buf *out, struct sr_err *err)
{
    SR_TRY(check(b, err));
    SR_TRY(sr_buf_append(out, sr_bytes(b->version.bytes, SR_ID_BYTES)));
    SR_TRY(sr_writer_block_u32be(out, b->chain));
    SR_TRY(sr_writer_block_u16be(out, b->slot));
    SR_TRY(sr_writer_u8(out, (uint8_t)b->document_count));
    for (size_t i = 0; i < b->document_count; i++) {
        SR_TRY(put_document(&b->document[i], out));
    }
    SR_TRY(sr_writer_u32be(out, (uint32_t)b->file_count));
    for (size_t i = 0; i < b->file_count; i++) {
        SR_TRY(put_file(&b->files[i], out));
    }
    return SR_OK;
}

static enum sr_status get_file(struct sr_reader *r, struct sr_bundle_entry *out)
{
    uint8_t kind = 0;
    SR_TRY(sr_reader_block_u16be(r, SR_LIMIT_PATH_BYTES, &out->path));
    SR_TRY(take_bytes(r, out->object.bytes, SR_ID_BYTES));
    SR_TRY(sr_reader_u8(r, &kind));
    out->kind = kind < SR_FILE_KIND_COUNT ? (enum sr_file_kind)kind : SR_FILE_KIND_COUNT;
    SR_TRY(sr_reader_u64be(r, &out->plain_bytes));
    SR_TRY(take_bytes(r, out->sha256, SR_BUNDLE_DIGEST_BYTES));
    SR_TRY(take_bytes(r, out->root, SR_BUNDLE_DIGEST_BYTES));
    SR_TRY(sr_reader_u64be(r, &out->tensor_count));
    SR_TRY(sr_reader_u64be(r, &out->body_bytes));
    return take_bytes(r, out->body_root, SR_BUNDLE_DIGEST_BYTES);
}

static enum sr_status get_document(struct sr_reader *r, struct sr_bundle_document *out)
{
    SR_TRY(sr_reader_block_u16be(r, SR_BUNDLE_DOCUMENT_NAME_BYTES_MAX, &out->name));
    SR_TRY(sr_reader_u32be(r, &out->bytes));
    return take_bytes(r, out->sha256, SR_BUNDLE_DIGEST_BYTES);
}

static enum sr_status get_documents(struct sr_reader *r, struct sr_bundle *out, struct sr_err *err)
{
    uint8_t count = 0;
    enum sr_status status = sr_reader_u8(r, &count);
    if (status == SR_OK && count > SR_BUNDLE_DOCUMENTS_MAX) {
        status = SR_TOO_LARGE;
    }
    for (size_t i = 0; status == SR_OK && i < count; i++) {
        status = get_document(r, &out->document[i]);
        out->document_count = i + 1;
    }
    return status == SR_OK ? SR_OK : wrong(err, status, "document", out->document_count);
}

static enum sr_status get_files(struct sr_reader *r, struct sr_bundle *out, struct sr_err *err)
{
    /* The least that a file takes: so that a short head cannot claim much memory. */
    const size_t least = 2 + 1 + SR_ID_BYTES + 1 + 3 * 8 + 3 * SR_BUNDLE_DIGEST_BYTES;
    uint32_t count = 0;
    enum sr_status status = sr_reader_u32be(r, &count);
    if (status != SR_OK || count > SR_LIMIT_FILES) {
        return wrong(err, status == SR_OK ? SR_TOO_LARGE : status, "files", 0);
    }
    if (count == 0 || count > r->rest.len / least) {
        return wrong(err, count == 0 ? SR_MALFORMED : SR_TRUNCATED, "files", count);
    }
    out->files = calloc(count, sizeof *out->files);
    if (out->files == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the files of a bundle");
    }
    for (out->file_count = 0; out->file_count < count; out->file_count++) {
        status = get_file(r, &out->files[out->file_count]);
        if (status != SR_OK) {
            return wrong(err, status, "file", out->file_count);
        }
    }
    return SR_OK;
}

enum sr_status sr_bundle_decode(struct sr_bytes head, struct sr_bundle *out, struct sr_err *err)
{
    struct sr_reader r = sr_reader(head);
    enum sr_status status = take_bytes(&r, out->version.bytes, SR_ID_BYTES);
    if (status == SR_OK) {
        status = sr_reader_block_u32be(&r, SR_BUNDLE_CHAIN_BYTES_MAX, &out->chain);
    }
    if (status == SR_OK) {
        status = sr_reader_block_u16be(&r, SR_BUNDLE_SLOT_BYTES, &out->slot);
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "bundle: version, chain or slot");
    }
    SR_TRY(get_documents(&r, out, err));
    SR_TRY(get_files(&r, out, err));
    status = sr_reader_end(&r);
    if (status != SR_OK) {
        return sr_fail(err, status, "bundle: its head goes on after the files");
    }
    return check(out, err);
}

uint64_t sr_bundle_documents_at(const struct sr_bundle_prefix *prefix)
{
    return SR_BUNDLE_PREFIX_BYTES + (uint64_t)prefix->head_bytes;
}

enum sr_status sr_bundle_total(const struct sr_bundle_prefix *prefix, const struct sr_bundle *b,
                               uint64_t *out)
{
    uint64_t total = sr_bundle_documents_at(prefix);
    for (size_t i = 0; i < b->document_count; i++) {
        total += b->document[i].bytes;
    }
    for (size_t i = 0; prefix->has_bodies && i < b->file_count; i++) {
        if (b->files[i].body_bytes > (uint64_t)INT64_MAX - total) {
            return SR_TOO_LARGE;
        }
        total += b->files[i].body_bytes;
    }
    *out = total;
    return SR_OK;
}
