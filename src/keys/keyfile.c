/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keyfile.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"

/* Not text, and damaged by whatever converts line ends (the idea is PNG's). */
static const uint8_t MAGIC[8] = {0x89, 'S', 'R', 'K', 'E', 'Y', '\r', '\n'};

#define VERSION 1
#define TAIL_BYTES (SR_KEYFILE_MAC_BYTES + SR_SHA256_BYTES) /* seal, checksum */

struct sr_bytes sr_keyfile_sealed(struct sr_bytes image)
{
    assert(image.len >= SR_KEYFILE_FIXED_BYTES);
    return sr_bytes(image.ptr, image.len - TAIL_BYTES);
}

/* F-1, F-2, F-3: what holds for key files of every version. */
static enum sr_status check_frame(struct sr_bytes image, struct sr_err *err)
{
    if (image.len < sizeof MAGIC || memcmp(image.ptr, MAGIC, sizeof MAGIC) != 0) {
        return sr_fail(err, SR_CORRUPT, "not a key file");
    }
    if (image.len < SR_KEYFILE_FIXED_BYTES || image.len > SR_KEYFILE_BYTES_MAX) {
        return sr_fail(err, SR_CORRUPT, "a key file cannot have %zu bytes", image.len);
    }
    size_t summed = image.len - SR_SHA256_BYTES;
    uint8_t digest[SR_SHA256_BYTES];
    enum sr_status status = sr_sha256_once(sr_bytes(image.ptr, summed), digest);
    if (status != SR_OK) {
        return sr_fail(err, status, "SHA-256 of the key file");
    }
    if (memcmp(digest, image.ptr + summed, sizeof digest) != 0) {
        return sr_fail(err, SR_CORRUPT, "checksum at offset %zu does not match", summed);
    }
    return SR_OK;
}

/* A fixed-size field; only a file shorter than its fields say makes this fail. */
static enum sr_status take(struct sr_reader *r, const char *field, uint8_t *out, size_t len,
                           struct sr_err *err)
{
    struct sr_bytes view;
    if (sr_reader_take(r, len, &view) != SR_OK) {
        return sr_fail(err, SR_CORRUPT, "%s at offset %zu passes the end", field, r->offset);
    }
    memcpy(out, view.ptr, len);
    return SR_OK;
}

/* F-4, F-5: the 16 bytes at the start. */
static enum sr_status decode_header(struct sr_reader *r, struct sr_keyfile *f, struct sr_err *err)
{
    uint8_t header[16];
    SR_TRY(take(r, "header", header, sizeof header, err));
    unsigned version = (unsigned)header[8] << 8 | header[9];
    if (version != VERSION) {
        return sr_fail(err, SR_UNSUPPORTED, "key file version %u at offset 8", version);
    }
    f->log2_n = header[10];
    f->r = header[11];
    f->p = header[12];
    if (f->log2_n < SR_KEYFILE_LOG2_N_MIN || f->log2_n > SR_KEYFILE_LOG2_N_MAX ||
        f->r != SR_KEYFILE_R || f->p < 1 || f->p > SR_KEYFILE_P_MAX) {
        return sr_fail(err, SR_CORRUPT, "scrypt parameters %u, %u, %u at offset 10", f->log2_n,
                       f->r, f->p);
    }
    f->generation_count = header[13];
    if (f->generation_count < 1 || f->generation_count > SR_WRAPPER_GENERATIONS_MAX) {
        return sr_fail(err, SR_CORRUPT, "%zu generations at offset 13", f->generation_count);
    }
    if (header[14] != 0 || header[15] != 0) {
        return sr_fail(err, SR_CORRUPT, "reserved bytes at offset 14 are not zero");
    }
    return SR_OK;
}

/* F-6: no key id twice. */
static enum sr_status decode_generations(struct sr_reader *r, struct sr_keyfile *f,
                                         struct sr_err *err)
{
    for (size_t i = 0; i < f->generation_count; i++) {
        struct sr_keyfile_generation *g = &f->generations[i];
        size_t at = r->offset;
        SR_TRY(take(r, "key id", g->id.bytes, sizeof g->id.bytes, err));
        SR_TRY(take(r, "wrapped key", g->wrapped, sizeof g->wrapped, err));
        for (size_t j = 0; j < i; j++) {
            if (sr_text_id_equal(&f->generations[j].id, &g->id)) {
                return sr_fail(err, SR_CORRUPT, "key id at offset %zu is there twice", at);
            }
        }
    }
    return SR_OK;
}

enum sr_status sr_keyfile_decode(struct sr_bytes image, struct sr_keyfile *out, struct sr_err *err)
{
    struct sr_keyfile f = {0};
    SR_TRY(check_frame(image, err));
    struct sr_reader r = sr_reader(sr_bytes(image.ptr, image.len - SR_SHA256_BYTES));
    SR_TRY(decode_header(&r, &f, err));
    SR_TRY(take(&r, "salt", f.salt, sizeof f.salt, err));
    SR_TRY(take(&r, "passphrase check", f.check, sizeof f.check, err));
    SR_TRY(decode_generations(&r, &f, err));
    SR_TRY(take(&r, "seal", f.seal, sizeof f.seal, err));
    if (sr_reader_end(&r) != SR_OK) {
        return sr_fail(err, SR_CORRUPT, "%zu bytes too many at offset %zu", r.rest.len, r.offset);
    }
    *out = f;
    return SR_OK;
}

enum sr_status sr_keyfile_encode(const struct sr_keyfile *file, struct sr_buf *out)
{
    assert(file->generation_count >= 1);
    assert(file->generation_count <= SR_WRAPPER_GENERATIONS_MAX);
    assert(sr_buf_view(out).len == 0);

    SR_TRY(sr_buf_append(out, sr_bytes(MAGIC, sizeof MAGIC)));
    SR_TRY(sr_writer_u16be(out, VERSION));
    SR_TRY(sr_writer_u8(out, file->log2_n));
    SR_TRY(sr_writer_u8(out, file->r));
    SR_TRY(sr_writer_u8(out, file->p));
    SR_TRY(sr_writer_u8(out, (uint8_t)file->generation_count));
    SR_TRY(sr_writer_u16be(out, 0));
    SR_TRY(sr_buf_append(out, sr_bytes(file->salt, sizeof file->salt)));
    SR_TRY(sr_buf_append(out, sr_bytes(file->check, sizeof file->check)));
    for (size_t i = 0; i < file->generation_count; i++) {
        const struct sr_keyfile_generation *g = &file->generations[i];
        SR_TRY(sr_buf_append(out, sr_bytes(g->id.bytes, sizeof g->id.bytes)));
        SR_TRY(sr_buf_append(out, sr_bytes(g->wrapped, sizeof g->wrapped)));
    }
    SR_TRY(sr_buf_append(out, sr_bytes(file->seal, sizeof file->seal)));

    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_sha256_once(sr_buf_view(out), digest));
    return sr_buf_append(out, sr_bytes(digest, sizeof digest));
}
