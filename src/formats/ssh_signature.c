/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ssh_signature.h"

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

#define ED25519_BYTES 64
#define INTEGER_BYTES_MAX 48 /* P-384 */

static enum sr_status take(struct sr_reader *r, const char *what, struct sr_bytes *out,
                           struct sr_err *err)
{
    enum sr_status status = sr_reader_block_u32be(r, SR_SSH_SIGNATURE_BYTES_MAX, out);
    return status == SR_OK
               ? SR_OK
               : sr_fail(err, status, "SSH signature: %s at byte %zu is too long or cut off", what,
                         r->offset);
}

/* SG-8: a positive `mpint` in its shortest form, as its magnitude. */
static enum sr_status take_integer(struct sr_reader *r, size_t bytes_max, const char *what,
                                   struct sr_bytes *out, struct sr_err *err)
{
    struct sr_bytes v;
    SR_TRY(take(r, what, &v, err));
    if (v.len == 0 || v.ptr[0] > 0x7f) {
        return sr_fail(err, SR_MALFORMED, "SSH signature: %s is not positive", what);
    }
    if (v.ptr[0] == 0) {
        v = sr_bytes(v.ptr + 1, v.len - 1);
        if (v.len == 0 || v.ptr[0] < 0x80) {
            return sr_fail(err, SR_MALFORMED, "SSH signature: %s is not in its shortest form",
                           what);
        }
    }
    if (v.len > bytes_max) {
        return sr_fail(err, SR_MALFORMED, "SSH signature: %s is over its curve's %zu bytes", what,
                       bytes_max);
    }
    *out = v;
    return SR_OK;
}

static enum sr_status decode_ecdsa(struct sr_bytes inner, struct sr_ssh_signature *out,
                                   struct sr_err *err)
{
    struct sr_reader r = sr_reader(inner);
    size_t bytes_max = out->type == SR_SSH_KEY_ECDSA_P384 ? INTEGER_BYTES_MAX : 32;
    SR_TRY(take_integer(&r, bytes_max, "r", &out->r, err));
    SR_TRY(take_integer(&r, bytes_max, "s", &out->s, err));
    return sr_reader_end(&r) == SR_OK ? SR_OK
                                      : sr_fail(err, SR_MALFORMED, "SSH signature: bytes after s");
}

static enum sr_status decode_inner(struct sr_bytes inner, struct sr_ssh_signature *out,
                                   struct sr_err *err)
{
    if (sr_ssh_key_type_is_ecdsa(out->type)) {
        return decode_ecdsa(inner, out, err);
    }
    if (inner.len != ED25519_BYTES) {
        return sr_fail(err, SR_MALFORMED, "SSH signature: %zu bytes for Ed25519's %d", inner.len,
                       ED25519_BYTES);
    }
    out->ed25519 = inner;
    return SR_OK;
}

enum sr_status sr_ssh_signature_decode(struct sr_bytes blob, struct sr_ssh_signature *out,
                                       struct sr_err *err)
{
    struct sr_reader r = sr_reader(blob);
    struct sr_ssh_signature signature = {0};
    struct sr_bytes name;
    struct sr_bytes inner;
    SR_TRY(take(&r, "type", &name, err));
    SR_TRY(sr_ssh_key_type_from_name(name, &signature.type, err));
    SR_TRY(take(&r, "signature", &inner, err));
    SR_TRY(decode_inner(inner, &signature, err));
    if (sr_ssh_key_type_is_sk(signature.type) &&
        (sr_reader_u8(&r, &signature.flags) != SR_OK ||
         sr_reader_u32be(&r, &signature.counter) != SR_OK)) {
        return sr_fail(err, SR_TRUNCATED, "SSH signature: flags and counter are cut off");
    }
    if (sr_reader_end(&r) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "SSH signature: bytes after its end at byte %zu",
                       r.offset);
    }
    *out = signature;
    return SR_OK;
}

/* Both `mpint` of SSH and INTEGER of DER have a zero where the first bit would be a sign. */
static enum sr_status put_magnitude(struct sr_buf *out, struct sr_bytes v)
{
    if (v.ptr[0] > 0x7f) {
        SR_TRY(sr_writer_u8(out, 0));
    }
    return sr_buf_append(out, v);
}

static size_t magnitude_bytes(struct sr_bytes v)
{
    return v.len + (v.ptr[0] > 0x7f);
}

static enum sr_status put_mpint(struct sr_buf *out, struct sr_bytes v)
{
    SR_TRY(sr_writer_u32be(out, (uint32_t)magnitude_bytes(v)));
    return put_magnitude(out, v);
}

static enum sr_status put_inner(struct sr_buf *out, const struct sr_ssh_signature *signature)
{
    if (!sr_ssh_key_type_is_ecdsa(signature->type)) {
        return sr_writer_block_u32be(out, signature->ed25519);
    }
    size_t bytes = 8 + magnitude_bytes(signature->r) + magnitude_bytes(signature->s);
    SR_TRY(sr_writer_u32be(out, (uint32_t)bytes));
    SR_TRY(put_mpint(out, signature->r));
    return put_mpint(out, signature->s);
}

enum sr_status sr_ssh_signature_encode(const struct sr_ssh_signature *signature, struct sr_buf *out)
{
    const char *name = sr_ssh_key_type_name(signature->type);
    SR_TRY(sr_writer_block_u32be(out, sr_text_view(name)));
    SR_TRY(put_inner(out, signature));
    if (!sr_ssh_key_type_is_sk(signature->type)) {
        return SR_OK;
    }
    SR_TRY(sr_writer_u8(out, signature->flags));
    return sr_writer_u32be(out, signature->counter);
}

static enum sr_status put_der_integer(struct sr_buf *out, struct sr_bytes v)
{
    SR_TRY(sr_writer_u8(out, 0x02));
    SR_TRY(sr_writer_u8(out, (uint8_t)magnitude_bytes(v)));
    return put_magnitude(out, v);
}

enum sr_status sr_ssh_signature_raw(const struct sr_ssh_signature *signature, struct sr_buf *out)
{
    if (!sr_ssh_key_type_is_ecdsa(signature->type)) {
        return sr_buf_append(out, signature->ed25519);
    }
    /* At most 2 * (2 + 49) = 102: one byte of length will do. */
    size_t bytes = 4 + magnitude_bytes(signature->r) + magnitude_bytes(signature->s);
    SR_TRY(sr_writer_u8(out, 0x30));
    SR_TRY(sr_writer_u8(out, (uint8_t)bytes));
    SR_TRY(put_der_integer(out, signature->r));
    return put_der_integer(out, signature->s);
}
