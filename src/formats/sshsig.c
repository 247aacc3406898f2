/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/sshsig.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "formats/base64.h"

#define MAGIC "SSHSIG"
#define MAGIC_BYTES 6
#define VERSION 1
#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END "-----END SSH SIGNATURE-----\n"
#define COLUMNS 70

static const struct {
    const char *name;
    size_t bytes;
} HASHES[] = {
    [SR_SSHSIG_SHA256] = {"sha256", 32},
    [SR_SSHSIG_SHA512] = {"sha512", 64},
};

size_t sr_sshsig_hash_bytes(enum sr_sshsig_hash hash)
{
    assert(hash < SR_SSHSIG_HASH_COUNT);
    return HASHES[hash].bytes;
}

static enum sr_status take(struct sr_reader *r, const char *what, struct sr_bytes *out,
                           struct sr_err *err)
{
    enum sr_status status = sr_reader_block_u32be(r, SR_SSHSIG_BYTES_MAX, out);
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status, "SSHSIG: %s at byte %zu is too long or cut off",
                                     what, r->offset);
}

/* SG-11 */
static enum sr_status take_head(struct sr_reader *r, struct sr_err *err)
{
    struct sr_bytes magic;
    uint32_t version;
    if (sr_reader_take(r, MAGIC_BYTES, &magic) != SR_OK ||
        !sr_text_equal(magic, sr_text_view(MAGIC))) {
        return sr_fail(err, SR_MALFORMED, "SSHSIG: it does not begin with '" MAGIC "'");
    }
    if (sr_reader_u32be(r, &version) != SR_OK) {
        return sr_fail(err, SR_TRUNCATED, "SSHSIG: it ends before its version");
    }
    if (version != VERSION) {
        return sr_fail(err, SR_UNSUPPORTED, "SSHSIG: version %u is not known", version);
    }
    return SR_OK;
}

/* SG-12 */
static enum sr_status take_name_space(struct sr_reader *r, struct sr_bytes *out, struct sr_err *err)
{
    SR_TRY(take(r, "namespace", out, err));
    if (out->len == 0 || out->len > SR_SSHSIG_NAMESPACE_BYTES_MAX) {
        return sr_fail(err, SR_MALFORMED, "SSHSIG: the namespace has %zu bytes", out->len);
    }
    for (size_t i = 0; i < out->len; i++) {
        if (out->ptr[i] < 0x21 || out->ptr[i] > 0x7e) {
            return sr_fail(err, SR_MALFORMED, "SSHSIG: the namespace is not printable text");
        }
    }
    return SR_OK;
}

/* SG-13, SG-14 */
static enum sr_status take_hash(struct sr_reader *r, enum sr_sshsig_hash *out, struct sr_err *err)
{
    struct sr_bytes reserved;
    struct sr_bytes name;
    SR_TRY(take(r, "reserved", &reserved, err));
    if (reserved.len > 0) {
        return sr_fail(err, SR_UNSUPPORTED, "SSHSIG: the reserved field is not empty");
    }
    SR_TRY(take(r, "hash algorithm", &name, err));
    for (enum sr_sshsig_hash i = 0; i < SR_SSHSIG_HASH_COUNT; i++) {
        if (sr_text_equal(name, sr_text_view(HASHES[i].name))) {
            *out = i;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_UNSUPPORTED, "SSHSIG: the hash algorithm is neither sha256 nor sha512");
}

/* SG-15 */
static enum sr_status check_parts(const struct sr_sshsig *sig, struct sr_err *err)
{
    struct sr_ssh_key key;
    struct sr_ssh_signature signature;
    SR_TRY(sr_ssh_key_decode(sig->key, &key, err));
    SR_TRY(sr_ssh_signature_decode(sig->signature, &signature, err));
    if (key.type != signature.type) {
        return sr_fail(err, SR_MALFORMED, "SSHSIG: the key is '%s', the signature '%s'",
                       sr_ssh_key_type_name(key.type), sr_ssh_key_type_name(signature.type));
    }
    return SR_OK;
}

enum sr_status sr_sshsig_decode(struct sr_bytes data, struct sr_sshsig *out, struct sr_err *err)
{
    struct sr_reader r = sr_reader(data);
    struct sr_sshsig sig = {0};
    if (data.len > SR_SSHSIG_BYTES_MAX) { /* SG-10 */
        return sr_fail(err, SR_TOO_LARGE, "SSHSIG: over %d bytes", SR_SSHSIG_BYTES_MAX);
    }
    SR_TRY(take_head(&r, err));
    SR_TRY(take(&r, "public key", &sig.key, err));
    SR_TRY(take_name_space(&r, &sig.name_space, err));
    SR_TRY(take_hash(&r, &sig.hash, err));
    SR_TRY(take(&r, "signature", &sig.signature, err));
    if (sr_reader_end(&r) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "SSHSIG: bytes after its end at byte %zu", r.offset);
    }
    SR_TRY(check_parts(&sig, err));
    *out = sig;
    return SR_OK;
}

/* Namespace, reserved and hash: in this order in the signature and in what is signed. */
static enum sr_status put_purpose(struct sr_buf *out, struct sr_bytes name_space,
                                  enum sr_sshsig_hash hash)
{
    assert(hash < SR_SSHSIG_HASH_COUNT);
    SR_TRY(sr_writer_block_u32be(out, name_space));
    SR_TRY(sr_writer_block_u32be(out, sr_text_view("")));
    return sr_writer_block_u32be(out, sr_text_view(HASHES[hash].name));
}

enum sr_status sr_sshsig_encode(const struct sr_sshsig *sig, struct sr_buf *out)
{
    SR_TRY(sr_buf_append(out, sr_text_view(MAGIC)));
    SR_TRY(sr_writer_u32be(out, VERSION));
    SR_TRY(sr_writer_block_u32be(out, sig->key));
    SR_TRY(put_purpose(out, sig->name_space, sig->hash));
    return sr_writer_block_u32be(out, sig->signature);
}

enum sr_status sr_sshsig_signed_data(struct sr_bytes name_space, enum sr_sshsig_hash hash,
                                     const uint8_t *digest, struct sr_buf *out)
{
    assert(hash < SR_SSHSIG_HASH_COUNT);
    assert(name_space.len > 0 && name_space.len <= SR_SSHSIG_NAMESPACE_BYTES_MAX);
    SR_TRY(sr_buf_append(out, sr_text_view(MAGIC)));
    SR_TRY(put_purpose(out, name_space, hash));
    return sr_writer_block_u32be(out, sr_bytes(digest, HASHES[hash].bytes));
}

enum sr_status sr_sshsig_armor(struct sr_bytes data, struct sr_buf *out)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_SSHSIG_ARMORED_BYTES_MAX, &text));
    SR_TRY(sr_base64_encode(data, text));
    struct sr_bytes rest = sr_buf_view(text);
    SR_TRY(sr_buf_append(out, sr_text_view(BEGIN)));
    while (rest.len > 0) {
        size_t len = rest.len < COLUMNS ? rest.len : COLUMNS;
        SR_TRY(sr_buf_append(out, sr_bytes(rest.ptr, len)));
        SR_TRY(sr_buf_append(out, sr_text_view("\n")));
        rest = sr_bytes(rest.ptr + len, rest.len - len);
    }
    return sr_buf_append(out, sr_text_view(END));
}

/* Append the lines between BEGIN and END without their newlines. */
static enum sr_status join_lines(struct sr_bytes lines, struct sr_buf *out, struct sr_err *err)
{
    while (lines.len > 0) {
        const uint8_t *newline = memchr(lines.ptr, '\n', lines.len);
        size_t len = newline != NULL ? (size_t)(newline - lines.ptr) : 0;
        bool is_last = newline != NULL && len + 1 == lines.len;
        if (len == 0 || len > COLUMNS || (len < COLUMNS && !is_last)) {
            return sr_fail(err, SR_MALFORMED, "SSH signature: its lines are not of %d columns",
                           COLUMNS);
        }
        SR_TRY(sr_buf_append(out, sr_bytes(lines.ptr, len)));
        lines = sr_bytes(newline + 1, lines.len - len - 1);
    }
    return SR_OK;
}

enum sr_status sr_sshsig_unarmor(struct sr_bytes text, struct sr_buf *out, struct sr_err *err)
{
    const size_t begin = sizeof BEGIN - 1;
    const size_t end = sizeof END - 1;
    SR_AUTO(sr_buf) base64 = NULL;
    if (text.len > SR_SSHSIG_ARMORED_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "SSH signature: over %d bytes",
                       SR_SSHSIG_ARMORED_BYTES_MAX);
    }
    if (text.len < begin + end || memcmp(text.ptr, BEGIN, begin) != 0 ||
        memcmp(text.ptr + text.len - end, END, end) != 0) {
        return sr_fail(err, SR_MALFORMED, "SSH signature: not exactly one 'BEGIN SSH SIGNATURE'");
    }
    SR_TRY(sr_buf_new(SR_SSHSIG_ARMORED_BYTES_MAX, &base64));
    SR_TRY(join_lines(sr_bytes(text.ptr + begin, text.len - begin - end), base64, err));
    if (sr_buf_view(base64).len == 0) {
        return sr_fail(err, SR_MALFORMED, "SSH signature: it is empty");
    }
    enum sr_status status = sr_base64_decode(sr_buf_view(base64), out);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "SSH signature: it is not base64");
}
