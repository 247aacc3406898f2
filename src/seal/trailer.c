/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/trailer.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "seal/floe.h"

#define TRAILER_VERSION 1

enum sr_status sr_trailer_encode(const struct sr_trailer *t, struct sr_bytes tensor_index,
                                 struct sr_buf *out)
{
    SR_TRY(sr_writer_u16be(out, TRAILER_VERSION));
    SR_TRY(sr_writer_u8(out, (uint8_t)t->kind));
    SR_TRY(sr_writer_u8(out, 0));
    SR_TRY(sr_writer_u64be(out, t->plain_bytes));
    SR_TRY(sr_buf_append(out, sr_bytes(t->sha256, sizeof t->sha256)));
    SR_TRY(sr_buf_append(out, sr_bytes(t->root, sizeof t->root)));
    SR_TRY(sr_buf_append(out, sr_bytes(t->table_digest, sizeof t->table_digest)));
    return sr_buf_append(out, tensor_index);
}

static enum sr_status take_digest(struct sr_reader *r, uint8_t out[SR_SHA256_BYTES])
{
    struct sr_bytes view = sr_bytes(NULL, 0);
    SR_TRY(sr_reader_take(r, SR_SHA256_BYTES, &view));
    memcpy(out, view.ptr, SR_SHA256_BYTES);
    return SR_OK;
}

/* Everything, without a word about what is wrong; *r stays where it was found. */
static enum sr_status decode(struct sr_reader *r, struct sr_trailer *out,
                             struct sr_tensors **out_tensors)
{
    uint16_t version;
    uint8_t kind;
    uint8_t zero;
    SR_TRY(sr_reader_u16be(r, &version));
    SR_TRY(sr_reader_u8(r, &kind));
    if (version != TRAILER_VERSION || kind >= SR_FILE_KIND_COUNT) {
        return SR_UNSUPPORTED;
    }
    out->kind = (enum sr_file_kind)kind;
    SR_TRY(sr_reader_u8(r, &zero));
    if (zero != 0) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_reader_u64be(r, &out->plain_bytes));
    SR_TRY(take_digest(r, out->sha256));
    SR_TRY(take_digest(r, out->root));
    SR_TRY(take_digest(r, out->table_digest));
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_TRY(sr_tensors_decode(r, &tensors));
    SR_TRY(sr_reader_end(r));
    *out_tensors = SR_TAKE(tensors);
    return SR_OK;
}

/* B-10: no tensor reaches past the end of the file it is in. */
static bool tensors_fit(const struct sr_tensors *tensors, uint64_t plain_bytes)
{
    for (size_t i = 0; i < sr_tensors_count(tensors); i++) {
        if (sr_tensors_at(tensors, i).end > plain_bytes) {
            return false;
        }
    }
    return true;
}

enum sr_status sr_trailer_decode(struct sr_bytes plain, struct sr_trailer *out,
                                 struct sr_tensors **out_tensors, struct sr_err *err)
{
    struct sr_reader r = sr_reader(plain);
    struct sr_trailer t = {0};
    SR_AUTO(sr_tensors) tensors = NULL;
    enum sr_status status = decode(&r, &t, &tensors);
    if (status == SR_NO_MEMORY || status == SR_UNSUPPORTED) {
        return sr_context(err, status, "trailer of the sealed body");
    }
    if (status != SR_OK) {
        return sr_fail(err, SR_CORRUPT, "trailer of the sealed body, at offset %zu in it: %s",
                       r.offset, sr_status_info(status)->title);
    }
    if (!tensors_fit(tensors, t.plain_bytes)) {
        return sr_fail(err, SR_CORRUPT, "a tensor in the trailer ends after its file");
    }
    *out = t;
    *out_tensors = SR_TAKE(tensors);
    return SR_OK;
}

enum sr_status sr_trailer_seal(const struct sr_secret *key, struct sr_bytes aad,
                               const struct sr_layout *l, struct sr_bytes plain, uint8_t *out,
                               struct sr_err *err)
{
    SR_AUTO(sr_floe) f = NULL;
    SR_TRY(sr_floe_create(key, aad, (uint32_t)SR_BODY_SEGMENT_BYTES, out, &f, err));
    for (uint64_t i = 0; i < sr_layout_trailer_segments(l); i++) {
        struct sr_layout_segment s = sr_layout_trailer_segment(l, i);
        SR_TRY(sr_floe_seal(f, i, s.is_final, sr_bytes(plain.ptr + s.plain_at, s.plain_bytes),
                            out + s.at, err));
    }
    return SR_OK;
}

enum sr_status sr_trailer_unseal(const struct sr_secret *key, struct sr_bytes aad,
                                 const struct sr_layout *l, const uint8_t *sealed, uint8_t *out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_floe) f = NULL;
    SR_TRY(sr_floe_open(key, aad, (uint32_t)SR_BODY_SEGMENT_BYTES, sealed, &f, err));
    for (uint64_t i = 0; i < sr_layout_trailer_segments(l); i++) {
        struct sr_layout_segment s = sr_layout_trailer_segment(l, i);
        struct sr_floe_segment segment = sr_floe_split(sr_bytes(sealed + s.at, s.sealed_bytes));
        SR_TRY(sr_floe_unseal(f, i, s.is_final, &segment, out + s.plain_at, err));
    }
    return SR_OK;
}
